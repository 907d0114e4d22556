"""`POST /upload`: files with their descriptions, in numbered pairs, each answered on its own under HTTP 200."""

import re
from collections.abc import Mapping
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.rendering import wire
from tieout.platforms.quickbooks.sandbox.accounting.writing import create, find
from tieout.platforms.quickbooks.sandbox.attachments.keeping import Kept
from tieout.platforms.quickbooks.sandbox.attachments.multipart import MalformedMultipartError, Part, read_parts
from tieout.platforms.quickbooks.sandbox.attachments.shaping import WITH_FILE
from tieout.platforms.quickbooks.sandbox.figures import encode
from tieout.platforms.quickbooks.sandbox.gateway import faults
from tieout.platforms.quickbooks.sandbox.gateway.calls import Call
from tieout.platforms.quickbooks.sandbox.gateway.conditions import check_kind
from tieout.platforms.quickbooks.sandbox.gateway.dialect import fault_alone
from tieout.platforms.quickbooks.sandbox.refusals import NotSimulatedError, Refusal
from tieout.sandbox.wire import BODY_BYTES_MAX, MalformedJsonError, decode

UPLOAD_BYTES_MAX = 100 * 1024 * 1024
_ENVELOPE_BYTES_MAX = 1024 * 1024
"""How much larger a request is read, to be refused in the platform's words."""
_NAME = re.compile(r"file_(?P<what>metadata|content)_(?P<number>\d{1,4})")
_KIND = KINDS["Attachable"]
_UNTYPED = "application/octet-stream"


def answer_upload(call: Call) -> bytes:
    """Keep every file that can be kept. Raises `Refusal` for the request as a whole: 2010, 6030, 6041."""
    if len(call.body) > UPLOAD_BYTES_MAX:
        raise faults.upload_too_big(len(call.body))
    pairs = _pairs(call)
    call.books.files.check_room(sum(len(pair["content"].content) for pair in pairs if "content" in pair))
    answers = []
    for pair in pairs:
        try:
            answers.append(b'{"Attachable":%s}' % _upload(call, pair))
        except Refusal as refusal:
            answers.append(encode(fault_alone(refusal)))
    return call.envelope("AttachableResponse", b"[%s]" % b",".join(answers))


def answer_download(call: Call, attachable_id: str) -> bytes:
    """`GET /download/{id}`: the bare address of a file as text. Raises `Refusal` 610 for a note."""
    check_kind(call.books, _KIND)
    record = find(call.books, _KIND, attachable_id)
    if not call.books.files.has(record.id):
        raise refusals.not_found()
    return call.books.files.address(record.id, call.now).encode()


def body_bytes_max(path: str) -> int:
    """The largest body that is read at a path: uploads may be larger than everything else."""
    return UPLOAD_BYTES_MAX + _ENVELOPE_BYTES_MAX if path.endswith("/upload") else BODY_BYTES_MAX


def _pairs(call: Call) -> list[dict[str, Part]]:
    """The parts by their number, in the order of the numbers."""
    try:
        parts = read_parts(call.content_type, call.body)
    except MalformedMultipartError as error:
        raise faults.upload_invalid(str(error)) from None
    pairs: dict[int, dict[str, Part]] = {}
    for part in parts:
        named = _NAME.fullmatch(part.name)
        if named is None:
            raise refusals.unknown_property(part.name, "Attachable", ["file_metadata_01", "file_content_01"])
        pair = pairs.setdefault(int(named["number"]), {})
        if named["what"] in pair:
            raise faults.conflicting(f"The part {part.name} comes twice")
        pair[named["what"]] = part
    if not pairs:
        raise faults.upload_invalid("There is no part")
    return [pairs[number] for number in sorted(pairs)]


def _upload(call: Call, pair: Mapping[str, Part]) -> bytes:
    check_kind(call.books, _KIND)
    described, content = _description(pair.get("metadata")), pair.get("content")
    if content is None:
        raise refusals.missing("file_content")
    name = described.get("FileName") or content.filename
    if not name:
        raise refusals.missing("FileName")
    content_type = described.get("ContentType") or content.content_type or _UNTYPED
    file = Kept(str(name), str(content_type), content.content)
    body = {**described, "FileName": file.name, "ContentType": file.content_type, "Size": len(file.content)}
    record = create(call.books, _KIND, body, frozenset({WITH_FILE}))
    call.books.files.keep(record.id, file)
    return wire(call.books, record)


def _description(part: Part | None) -> dict[str, Any]:
    """The Attachable that describes a file; nothing where there is none."""
    if part is None:
        return {}
    if part.content_type.endswith("xml"):
        raise NotSimulatedError("descriptions of files in XML; send JSON")
    try:
        described = decode(part.content)
    except MalformedJsonError:
        raise refusals.malformed() from None
    if not isinstance(described, dict):
        raise faults.not_attachable(part.name)
    return described
