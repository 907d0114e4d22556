"""Hanging files on documents: `POST /upload`, one file a request, whose answer may refuse under HTTP 200. Pure.

Source: the reference page of Attachable and recorded uploads. A request of the same write is the same bytes: the
boundary of its parts is made from its key.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b

import msgspec

from tieout.books.changes import Change, ExternalRef
from tieout.books.records import Attachment, Company, Kind
from tieout.platforms.errors import WriteRefused
from tieout.platforms.file_names import joined, stem_and_ending
from tieout.platforms.port import Request, Write
from tieout.platforms.quickbooks.bodies import encoded, fitted
from tieout.platforms.quickbooks.client import ROWS_MAX, quoted, write_request
from tieout.platforms.quickbooks.errors import refused
from tieout.platforms.quickbooks.marker import marked_note, read_note
from tieout.platforms.quickbooks.refusal_table import Rule
from tieout.platforms.quickbooks.translate import in_utc, version_of
from tieout.platforms.quickbooks.translate_files import ENTITY_OF, decode_attachable
from tieout.platforms.quickbooks.wire import Wire

UPLOAD_BYTES_MAX = 100 * 1024 * 1024
"""The largest upload request."""
FILE_NAME_CHARS_MAX = 1000
"""The longest FileName (field reference)."""
MEDIA_TYPES = {
    "ai": "application/postscript",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "eps": "application/postscript",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "pdf": "application/pdf",
    "png": "image/png",
    "rtf": "text/rtf",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "txt": "text/plain",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "text/xml",
}
"""The endings that QuickBooks takes (page on attaching files), and what each is."""
FILE_EMPTY = Rule(WriteRefused, "file_empty", "The file is empty.", "Attach another file.", "file")
FILE_TOO_LARGE = Rule(
    WriteRefused,
    "file_too_large",
    f"QuickBooks takes files of up to {UPLOAD_BYTES_MAX // 1024**2} MB.",
    "Attach a smaller file.",
    "file",
)
FILE_TYPE_REFUSED = Rule(
    WriteRefused,
    "file_type_not_accepted",
    "QuickBooks does not take files of this type.",
    f"Attach it as one of these: {', '.join(sorted(MEDIA_TYPES))}.",
    "file",
)


class UploadedFile(Wire):
    """What became of one file of an upload that was not refused."""

    attachable: msgspec.Raw


class UploadAnswer(Wire):
    """The answer to an upload."""

    attachable_response: list[UploadedFile]


_decode_upload = msgspec.json.Decoder(UploadAnswer).decode


def written_file_name(record: Attachment, company: Company) -> str:
    """The name under which a file is written; raises WriteRefused for a type that QuickBooks does not take."""
    stem, ending = stem_and_ending(record.name, record.media_type)
    if ending not in MEDIA_TYPES:
        message = f"QuickBooks does not take files of the type of {record.name}."
        raise refused(FILE_TYPE_REFUSED, message)
    return joined(fitted(stem, company, FILE_NAME_CHARS_MAX) or stem, ending, FILE_NAME_CHARS_MAX)


def upload_request(company_id: str, write: Write, record: Attachment) -> Request:
    """The request that uploads a file and hangs it on its document. Raises WriteRefused for one that is not taken."""
    if record.document_kind not in ENTITY_OF:
        raise NotImplementedError(f"files are not attached to a {record.document_kind} in QuickBooks")
    name = written_file_name(record, write.company)
    if not record.size_bytes:
        raise refused(FILE_EMPTY)
    if record.size_bytes != len(write.content):
        raise ValueError(f"the file has {len(write.content)} bytes, its record says {record.size_bytes}")
    media_type = MEDIA_TYPES[name.rpartition(".")[2]]
    described = encoded(
        {
            "AttachableRef": [
                {
                    "EntityRef": {"type": ENTITY_OF[record.document_kind], "value": record.document_id},
                    "IncludeOnSend": False,
                }
            ],
            "FileName": name,
            "ContentType": media_type,
            "Note": marked_note(None, record.marker),
        }
    )
    boundary = _boundary(write.key, write.content)
    called = name.encode("ascii", "replace").decode("ascii")
    parts = (
        _part(boundary, 'name="file_metadata_01"', "application/json; charset=UTF-8", described),
        _part(boundary, f'name="file_content_01"; filename="{called}"', media_type, write.content),
    )
    body = b"".join((*parts, f"--{boundary}--\r\n".encode("ascii")))
    if len(body) > UPLOAD_BYTES_MAX:
        raise refused(FILE_TOO_LARGE)
    return write_request(
        company_id, "upload", body, key=write.key, media_type=f"multipart/form-data; boundary={boundary}"
    )


def _boundary(key: str, content: bytes) -> str:
    """What parts the parts: made from the key, so that a re-send is the same bytes, and found nowhere in the file."""
    for attempt in range(100):
        boundary = f"tieout-{blake2b(f'{key}:{attempt}'.encode(), digest_size=16).hexdigest()}"
        if boundary.encode("ascii") not in content:
            return boundary
    raise ValueError("the file holds every boundary that its key makes")


def _part(boundary: str, disposition: str, media_type: str, content: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\nContent-Type: {media_type}\r\n\r\n"
    return head.encode("ascii") + content + b"\r\n"


def read_uploaded(write: Write, body: bytes) -> Change:
    """The file of an upload's answer; raises msgspec.DecodeError or LookupError where there is none."""
    return attachment_change(write, bytes(_decode_upload(body).attachable_response[0].attachable))


def attachment_change(write: Write, raw: bytes) -> Change:
    """An attachable as the file on the document that the write names: a file may hang on several."""
    found = decode_attachable(raw)
    record = write.record
    assert isinstance(record, Attachment)
    attachment = Attachment(
        external_id=found.id,
        document_kind=record.document_kind,
        document_id=record.document_id,
        name=found.file_name or "",
        media_type=found.content_type or record.media_type,
        size_bytes=found.size or 0,
        marker=read_note(found.note)[1],
    )
    return Change(ExternalRef(Kind.ATTACHMENT, found.id), version_of(found), attachment, raw)


def plan_file_search(record: Attachment) -> str:
    """The query for the files of a document."""
    return (
        f"SELECT * FROM Attachable WHERE AttachableRef.EntityRef.Type = {quoted(ENTITY_OF[record.document_kind])} "  # noqa: S608 - every value is quoted
        f"AND AttachableRef.EntityRef.value = {quoted(record.document_id)} MAXRESULTS {ROWS_MAX}"
    )


def adopted_file(write: Write, record: Attachment, rows: Iterable[bytes], since: datetime) -> Change | None:
    """The file that an unanswered upload left: by its mark, or without one by name, size and time."""
    name = written_file_name(record, write.company)
    for raw in rows:
        change = attachment_change(write, raw)
        there = change.record
        assert isinstance(there, Attachment)
        if record.marker is not None:
            is_ours = there.marker == record.marker
        else:
            made = decode_attachable(raw).meta_data
            is_ours = (
                there.marker is None
                and (there.name, there.size_bytes) == (name, record.size_bytes)
                and made is not None
                and made.create_time is not None
                and in_utc(made.create_time) >= since
            )
        if is_ours:
            return change
    return None
