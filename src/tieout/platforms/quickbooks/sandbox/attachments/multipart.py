"""Taking a `multipart/form-data` body apart. Pure; content keeps its bytes, base64 is undone where a part says so."""

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

PARTS_MAX = 200


class MalformedMultipartError(ValueError):
    """No multipart body, or one that breaks off."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its form name, the name of its file if it has one, its type, its content."""

    name: str
    filename: str | None
    content_type: str
    content: bytes


def read_parts(content_type: str, body: bytes) -> list[Part]:
    """The parts in their order. Raises `MalformedMultipartError`."""
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str) or not boundary:
        raise MalformedMultipartError("the content type is no multipart/form-data with a boundary")
    chunks = re.split(rb"\r?\n--" + re.escape(boundary.encode()), b"\n" + body)  # some clients end lines without \r
    if len(chunks) < 2 or len(chunks) > PARTS_MAX or not chunks[-1].startswith(b"--"):  # noqa: PLR2004 - what is before the first, and one
        raise MalformedMultipartError("the body does not end with its boundary")
    return [_part(chunk) for chunk in chunks[1:-1]]


def _part(chunk: bytes) -> Part:
    halves = re.split(rb"\r?\n\r?\n", chunk, maxsplit=1)
    if len(halves) == 1:
        raise MalformedMultipartError("a part without an end of its headers")
    head, content = halves
    headers = HeaderParser().parsestr(re.sub(r"^[ \t]*\r?\n", "", head.decode("utf-8", "replace")))
    name = headers.get_param("name", header="content-disposition")
    filename = headers.get_filename()
    if not isinstance(name, str):
        raise MalformedMultipartError("a part without a name")
    if headers.get("content-transfer-encoding", "").strip().lower() == "base64":
        try:
            content = b64decode(re.sub(rb"\s", b"", content), validate=True)
        except binascii.Error:
            raise MalformedMultipartError(f"the part {name} is no base64") from None
    return Part(name, filename, headers.get("content-type", "").partition(";")[0].strip(), content)
