"""Keeping and showing files."""

import hashlib
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from fastapi import UploadFile

from tieout.api.dependencies import Call, CallForEntity
from tieout.api.files.contents import FILE_BYTES_MAX, clean_name, media_type_of
from tieout.api.files.schemas import FileSchema
from tieout.api.scope import rows_of_entity
from tieout.kit.errors import ContentTooLarge, Fault, Unprocessable
from tieout.kit.identifiers import new_id
from tieout.storage.tables.files import StoredFile
from tieout.sync.stored_files import file_link

FORM_BYTES_MAX: Final = FILE_BYTES_MAX + 64 * 1024
"""A file, and the form around it."""
JSON_BYTES_MAX: Final = FILE_BYTES_MAX // 3 * 4 + 1024 * 1024
"""A file as base64, and the record around it."""
REGION: Final = "local"
"""Files lie in the database of whoever runs Tieout."""


async def read_upload(upload: UploadFile) -> bytes:
    """The bytes of an upload; raises ContentTooLarge and Unprocessable."""
    content = await upload.read(FILE_BYTES_MAX + 1)
    check_size(content, ("body", "file"))
    return content


def check_size(content: bytes, place: tuple[str, ...]) -> None:
    """Raise ContentTooLarge or Unprocessable for a file that is too large or empty."""
    if len(content) > FILE_BYTES_MAX:
        message = f"The file is larger than {FILE_BYTES_MAX // 1024 // 1024} MB."
        raise ContentTooLarge(message)
    if not content:
        raise Unprocessable(Fault(place, "the file is empty", "value_error.empty"))


def store_file(
    call: CallForEntity, content: bytes, name: str | None, *, object_type: str, object_id: UUID
) -> StoredFile:
    """Keep a file of a record in the caller's transaction."""
    row = StoredFile(
        id=new_id(),
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        object_type=object_type,
        object_id=object_id,
        name=clean_name(name),
        media_type=media_type_of(content),
        size_bytes=len(content),
        md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
        sha256=hashlib.sha256(content).hexdigest(),
        created_at=call.now,
        content=content,
    )
    call.session.add(row)
    return row


def show_file(call: Call, row: StoredFile) -> FileSchema:
    """A file as callers see it, with a fresh link."""
    return FileSchema(
        id=row.id,
        created_at=row.created_at,
        file_type=row.object_type,
        md5=row.md5,
        mimetype=row.media_type,
        name=row.name,
        region=REGION,
        size=row.size_bytes,
        url=file_url(call, row.id),
    )


def file_url(call: Call, file_id: UUID) -> str:
    """A fresh link to a file."""
    settings = call.services.settings
    return file_link(
        call.services.vault.signer,
        settings.public_url,
        file_id,
        now=call.now,
        lifetime_s=settings.file_link_lifetime_s,
    )


async def load_files(call: CallForEntity, file_ids: Iterable[UUID | None]) -> dict[UUID, StoredFile]:
    """Those of the files that belong to the call's entity, without their bytes."""
    wanted = {file_id for file_id in file_ids if file_id is not None}
    if not wanted:
        return {}
    found = await call.session.scalars(rows_of_entity(call, StoredFile).where(StoredFile.id.in_(wanted)))
    return {row.id: row for row in found}
