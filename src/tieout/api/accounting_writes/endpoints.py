"""GET the writes of a connection, those of one synced record, and one of them with all its evidence."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import ColumnElement, Select, false, or_, select

from tieout.api.accounting_connections.service import load_connection
from tieout.api.accounting_writes.schemas import WriteFilters, WriteList, WriteResponse, WriteWholeResponse
from tieout.api.dependencies import CallForEntity, EntityCall
from tieout.api.filtering import conditions
from tieout.api.paging import Asked, Listing, NewestFirst, page_of
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.storage.tables.connections import Link
from tieout.storage.tables.work import Intent
from tieout.sync.write_ledger import detail_fields, load_evidence, summary_fields

router = APIRouter(tags=["Accounting writes"])

_WRITES = Listing(
    name="accounting_writes",
    id_column=Intent.id,
    sorts={"created_at": Intent.created_at, "updated_at": Intent.updated_at},
    sort_default="created_at",
    is_limit_resent=True,
)
_FILTERED: Final = {
    "state": Intent.state,
    "operation": Intent.operation,
    "object_type": Intent.object_type,
    "object_id": Intent.object_id,
    "created_at": Intent.created_at,
    "updated_at": Intent.updated_at,
}


@router.get("/accounting_connections/{connection_id}/writes")
async def list_writes_of_connection(
    call: EntityCall, connection_id: UUID, paging: NewestFirst, filters: Annotated[WriteFilters, Query()]
) -> WriteList:
    """Everything that was written to the books of a connection, or is to be, newest first (an addition of Tieout)."""
    company = (await load_connection(call, connection_id)).company
    of_books = false() if company is None else Intent.company_id == company.id
    return await _page(call, of_books, connection_id, paging, filters)


@router.get("/accounting_synced_records/{synced_record_id}/writes")
async def list_writes_of_record(
    call: EntityCall, synced_record_id: UUID, paging: NewestFirst, filters: Annotated[WriteFilters, Query()]
) -> WriteList:
    """The ledger of one record and its parts, such as a bill's file, newest first (an addition of Tieout)."""
    link = await load_of_entity(call, Link, synced_record_id, "synced record")
    parts = select(Link.id).where(Link.part_of == link.id)
    mine = or_(Intent.link_id == link.id, Intent.link_id.in_(parts))
    return await _page(call, mine, link.id, paging, filters)


@router.get("/accounting_writes/{write_id}")
async def get_write(call: EntityCall, write_id: UUID) -> WriteWholeResponse:
    """One write: the exact request, every attempt, and what came back (an addition of Tieout)."""
    intent = await load_of_entity(call, Intent, write_id, "write")
    return WriteWholeResponse(**detail_fields(await load_evidence(call.session, intent)))


async def _page(
    call: CallForEntity, mine: ColumnElement[bool], owner_id: UUID, paging: Asked, filters: WriteFilters
) -> WriteList:
    def query(filters: WriteFilters) -> Select[Any]:
        return rows_of_entity(call, Intent).where(mine, *conditions(filters, _FILTERED))

    page = await page_of(call, _WRITES, owner_id=owner_id, asked=paging, filters=filters, query=query)
    return WriteList(data=[WriteResponse(**summary_fields(row)) for row in page.rows], **page.tokens())
