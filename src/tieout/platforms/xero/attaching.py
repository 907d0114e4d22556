"""Hanging files on documents: `PUT /{Invoices|CreditNotes}/{id}/Attachments/{FileName}` with the raw bytes. Pure.

Source: attachments page. A file of the same name replaces the one that is there, and none can be deleted. So every name
carries a short form of our mark: nobody's file is ever replaced, a re-send replaces only itself, and a file whose
upload was not answered is found by its name.
"""

from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Struct, field

from tieout.books.changes import Change, ExternalRef, Version
from tieout.books.records import Attachment, Kind
from tieout.platforms.file_names import joined, stem_and_ending
from tieout.platforms.port import Answer, Operation, Request, Write
from tieout.platforms.xero.client import file_request, segment, unreadable
from tieout.platforms.xero.errors import TRACE_HEADER
from tieout.platforms.xero.refusing import refused
from tieout.platforms.xero.writing_documents import FORMS

FILE_BYTES_MAX: Final = 10 * 1024 * 1024
"""The largest file (attachments page; other pages speak of 25 MB, the smaller of the two is sure)."""
FILE_NAME_MAX: Final = 255
"""Characters of a file's name."""
UNTYPED: Final = "application/octet-stream"


class File(Struct, frozen=True, gc=False):
    """A file as lists and uploads tell of it."""

    attachment_id: str = field(name="AttachmentID")
    name: str = field(name="FileName", default="")
    media_type: str | None = field(name="MimeType", default=None)
    size_bytes: int = field(name="ContentLength", default=0)


_file = msgspec.json.Decoder(File)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[msgspec.Raw])


def list_path(record: Attachment) -> str:
    """Where the files of a document are."""
    form = FORMS.get(record.document_kind)
    if form is None:
        raise NotImplementedError(f"files are not attached to a {record.document_kind} in Xero")
    return f"{form.plural}/{segment(record.document_id)}/Attachments"


def written_file_name(record: Attachment) -> str:
    """The name under which a file is written: its own, made safe, with a short form of its mark."""
    stem, ending = stem_and_ending(record.name, record.media_type)
    mark = f" ({_short(record.marker)})" if record.marker else ""
    return joined(stem, ending, FILE_NAME_MAX, mark=mark)


def _short(marker: str) -> str:
    return blake2b(marker.encode(), digest_size=4).hexdigest()


def plan_attachment(company_id: str, write: Write, record: Attachment) -> Request:
    """The upload. Raises WriteRefused for a file that Xero does not take."""
    if write.operation is not Operation.CREATE:
        raise NotImplementedError("Xero's API has no way to change or remove a file: do it in Xero")
    path = list_path(record)
    if not record.size_bytes:
        raise refused("file_empty", "The file is empty.", "Attach another file.", "file")
    if record.size_bytes > FILE_BYTES_MAX:
        raise refused(
            "file_too_large",
            f"Xero takes files of up to {FILE_BYTES_MAX // 1024**2} MB.",
            "Attach a smaller file.",
            "file",
        )
    if record.size_bytes != len(write.content):
        raise ValueError(f"the file has {len(write.content)} bytes, its record says {record.size_bytes}")
    return file_request(
        company_id,
        f"{path}/{segment(written_file_name(record))}",
        write.content,
        media_type=record.media_type or UNTYPED,
        key=write.key,
    )


def read_attached(record: Attachment, answer: Answer) -> Change:
    """The file that was hung on the document. Raises Unavailable for another answer."""
    found = files_in(record, answer)
    if len(found) != 1:
        raise unreadable(answer.headers.get(TRACE_HEADER), f"{len(found)} files for one upload")
    return found[0]


def files_in(record: Attachment, answer: Answer) -> list[Change]:
    """The files of an answer as changes."""
    try:
        raws = _list.decode(_members.decode(answer.body)["Attachments"])
        return [_change(record, bytes(raw), _file.decode(raw)) for raw in raws]
    except (msgspec.DecodeError, KeyError) as error:
        raise unreadable(answer.headers.get(TRACE_HEADER), type(error).__name__) from error


def _change(record: Attachment, raw: bytes, found: File) -> Change:
    is_ours = record.marker is not None and found.name == written_file_name(record)
    attachment = Attachment(
        external_id=found.attachment_id,
        document_kind=record.document_kind,
        document_id=record.document_id,
        name=found.name,
        media_type=found.media_type or UNTYPED,
        size_bytes=found.size_bytes,
        marker=record.marker if is_ours else None,
    )
    return Change(ExternalRef(Kind.ATTACHMENT, found.attachment_id), Version(None, None), attachment, raw)


def sought(record: Attachment, found: list[Change]) -> Change | None:
    """Which of a document's files is the one that was written: by its name and size."""
    wanted = (written_file_name(record), record.size_bytes)
    for change in found:
        there = change.record
        if isinstance(there, Attachment) and (there.name, there.size_bytes) == wanted:
            return change
    return None
