"""The file of a payable: one at most, sent with the payable, alone, or afterwards."""

from typing import Final
from uuid import UUID

from tieout.api.dependencies import CallForEntity
from tieout.api.files.contents import SCANNED, decode_file, media_type_of
from tieout.api.files.service import check_size, load_files, store_file
from tieout.api.payables.answers import PayableResponseSchema
from tieout.api.payables.judging import refresh
from tieout.api.payables.noting import note
from tieout.api.payables.schemas import PayableUploadWithDataSchema
from tieout.api.payables.showing import tell
from tieout.api.payables.states import Action, plan_transition
from tieout.api.payables.writing import OBJECT_TYPE, changed, load_payable, make
from tieout.api.tags.service import put_tags
from tieout.api.wanting import follow_status, want_file
from tieout.kit.errors import Conflict, Fault, NotFound, Unprocessable
from tieout.storage.tables.business import Payable
from tieout.sync.payable_history import HistoryEvent
from tieout.sync.stored_files import OF_PAYABLES

_ALREADY: Final = (
    "The file cannot be attached because another file is already attached. Please note that only one file attachment "
    "is allowed."
)


async def create(call: CallForEntity, body: PayableUploadWithDataSchema) -> PayableResponseSchema:
    """A new payable, with its file if one was sent; raises what `make` raises, and ContentTooLarge."""
    content = _decoded(body)
    row = await make(call, body)
    if content is not None:
        await _keep(call, row, content, body.file_name)
        await refresh(call, row)
    return await tell(call, row, "created")


async def upload(call: CallForEntity, content: bytes, name: str | None) -> PayableResponseSchema:
    """A draft with nothing but its file: nobody reads it by machine. Raises Conflict for what is no scan of a bill."""
    if media_type_of(content) not in SCANNED:
        message = "Error uploading the file: it is none of PDF, PNG, JPEG and TIFF."
        raise Conflict(message)
    row = await make(call, PayableUploadWithDataSchema())
    await _keep(call, row, content, name)
    await refresh(call, row)
    return await tell(call, row, "created")


async def attach(call: CallForEntity, payable_id: UUID, content: bytes, name: str | None) -> PayableResponseSchema:
    """Attach a file to a payable that has none; raises NotFound and Conflict.

    A file says nothing that the books would post, so an approved payable takes one as well; there it follows.
    """
    row = await load_payable(call, payable_id)
    plan_transition(Action.ATTACH, row.status)
    if row.file_id is not None:
        raise Conflict(_ALREADY)
    await _keep(call, row, content, name)
    await refresh(call, row)
    row.updated_at = call.now
    await want_file(call, row)
    return await tell(call, row, "updated")


async def detach(call: CallForEntity, payable_id: UUID) -> None:
    """Remove the file of a payable that can still be changed, for good; raises NotFound and Conflict."""
    row = await load_payable(call, payable_id)
    if row.file_id is None:
        message = f"The payable {payable_id} has no file."
        raise NotFound(message)
    plan_transition(Action.UPDATE, row.status)
    await remove_file(call, row)
    await changed(call, row)


async def delete(call: CallForEntity, payable_id: UUID) -> None:
    """Delete a payable that is not approved, and its file; raises NotFound and Conflict."""
    row = await load_payable(call, payable_id)
    plan_transition(Action.DELETE, row.status)
    await remove_file(call, row)
    row.deleted_at = row.updated_at = call.now
    await tell(call, row, "deleted")
    await put_tags(call, OBJECT_TYPE, row.id, None)
    await follow_status(call, row, row.status)


async def remove_file(call: CallForEntity, row: Payable) -> None:
    """Delete the bytes of a payable's file, if it has one: links to it lead nowhere from now on."""
    for file in (await load_files(call, (row.file_id,))).values():
        await call.session.delete(file)
    row.file_id = None


async def _keep(call: CallForEntity, row: Payable, content: bytes, name: str | None) -> None:
    file = store_file(call, content, name, object_type=OF_PAYABLES, object_id=row.id)
    row.file_id = file.id
    details = {"file_id": str(file.id), "file_name": file.name, "file_size": file.size_bytes}
    await note(call, row, HistoryEvent.FILE_ATTACHED, details)


def _decoded(body: PayableUploadWithDataSchema) -> bytes | None:
    """The file that a new payable brings; raises Unprocessable and ContentTooLarge."""
    if not body.base64_encoded_file:
        if body.file_name:
            raise Unprocessable(Fault(("body", "file_name"), "there is no file of this name: base64_encoded_file"))
        return None
    place = ("body", "base64_encoded_file")
    content = decode_file(body.base64_encoded_file)
    if content is None:
        raise Unprocessable(Fault(place, "Input should be base64", "value_error.base64"))
    check_size(content, place)
    return content
