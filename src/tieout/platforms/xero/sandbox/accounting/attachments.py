"""Files that are attached to records. Source: attachments page; recorded upload of 2020.

A file of the same name replaces the one that was there; none is ever deleted. Attaching does not change the date of
change of the record (unknown at Xero: a client must not rely on it).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tieout.platforms.xero.sandbox.accounting.elements import InvalidError
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Row

FILES_MAX = 10
"""How many files a record may have."""
NAME_CHARACTERS_MAX = 255
ILLEGAL = frozenset('<>:"/\\|?*\0')
_TYPES = {
    "pdf": "application/pdf", "png": "image/png", "jpg": "image/jpg", "jpeg": "image/jpeg", "gif": "image/gif",
    "bmp": "image/bmp", "tif": "image/tiff", "tiff": "image/tiff", "txt": "text/plain", "csv": "text/csv",
    "doc": "application/msword", "xls": "application/vnd.ms-excel", "xml": "application/xml",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "zip": "application/zip",
    "json": "application/json", "html": "text/html", "rtf": "application/rtf", "eml": "message/rfc822",
}  # fmt: skip
"""Types by extension; `image/jpg` as the API description's examples have it."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file."""

    id: str
    name: str
    mime_type: str
    content: bytes
    online: bool = False
    """Whether it goes out with the online invoice."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way; `content_type` is what its sender calls it, which counts if the name has no known ending."""

    name: str
    content: bytes
    content_type: str
    online: bool


def attachments_of(organisation: Organisation, record_id: str) -> Sequence[Attachment]:
    """The files of a record, oldest first."""
    return tuple(organisation.attachments.get(record_id, {}).values())


def find_attachment(organisation: Organisation, record_id: str, key: str) -> Attachment | None:
    """By file name, or by AttachmentID."""
    files = organisation.attachments.get(record_id, {})
    known = files.get(key.lower())
    return known or next((one for one in files.values() if one.id == key.lower()), None)


def attach(organisation: Organisation, row: Row, upload: Upload, *, bytes_max: int) -> Attachment:
    """Store a file. Raises `InvalidError`."""
    name = upload.name
    if not name or ILLEGAL & set(name) or not name.isprintable() or len(name) > NAME_CHARACTERS_MAX:
        raise InvalidError("The file name is empty, too long, or contains characters that are not allowed")
    if not upload.content:
        raise InvalidError("The attachment has no content")
    if len(upload.content) > bytes_max:
        raise InvalidError(f"The attachment is larger than {bytes_max // (1024 * 1024)}MB")
    files = organisation.attachments.setdefault(row.id, {})
    known = files.get(name.lower())
    if known is None and len(files) >= FILES_MAX:
        raise InvalidError(f"A maximum of {FILES_MAX} attachments is allowed")
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    stored = Attachment(
        id=known.id if known is not None else organisation.ids.uuid(),
        name=name,
        mime_type=_TYPES.get(extension, upload.content_type or "application/octet-stream"),
        content=upload.content,
        online=upload.online,
    )
    files[name.lower()] = stored
    row.touch()
    return stored


def show_attachment(origin: str, endpoint: str, record_id: str, file: Attachment) -> Mapping[str, Any]:
    """A file as lists and uploads tell of it; IncludeOnline only when it is true, as recorded."""
    told: dict[str, Any] = {
        "AttachmentID": file.id,
        "FileName": file.name,
        "Url": f"{origin}/api.xro/2.0/{endpoint}/{record_id}/Attachments/{quote(file.name)}",
        "MimeType": file.mime_type,
        "ContentLength": len(file.content),
    }
    return told | ({"IncludeOnline": True} if file.online else {})
