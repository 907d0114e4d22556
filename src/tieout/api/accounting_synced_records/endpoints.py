"""GET /accounting_synced_records, one of them, and pushing one or many again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import Select, select

from tieout.api.accounting_synced_records.push_again import load_connected, push_many
from tieout.api.accounting_synced_records.relinking import check_connected, link_record, unlink_record
from tieout.api.accounting_synced_records.schemas import (
    LinkAnyPayload,
    LinkPayload,
    PushPayload,
    PushResponse,
    SyncRecordFilters,
    SyncRecordResource,
    SyncRecordResourceList,
    UnlinkPayload,
    UnlinkResponse,
    show_synced_record,
)
from tieout.api.dependencies import CallForEntity, EntityCall
from tieout.api.filtering import conditions
from tieout.api.paging import AccountingPaging, Listing, page_of
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.kit.errors import Conflict, NotFound
from tieout.storage.tables.connections import Company, Link
from tieout.sync.synced_records import PARTS
from tieout.sync.wanting import push_again

router = APIRouter(prefix="/accounting_synced_records", tags=["Accounting synced records"])

_LISTING = Listing(
    name="accounting_synced_records",
    id_column=Link.id,
    sorts={"created_at": Link.created_at, "updated_at": Link.updated_at},
    sort_default="created_at",
    is_limit_resent=True,
)
_FILTERED = {
    "object_type": Link.object_type,
    "object_id": Link.object_id,
    "sync_status": Link.sync_status,
    "created_at": Link.created_at,
    "updated_at": Link.updated_at,
}


@router.get("")
async def list_synced_records(
    call: EntityCall, paging: AccountingPaging, filters: Annotated[SyncRecordFilters, Query()]
) -> SyncRecordResourceList:
    """Synced records of one object type, of all books that the entity was ever connected to."""

    def query(filters: SyncRecordFilters) -> Select[Link]:
        return rows_of_entity(call, Link).where(*conditions(filters, _FILTERED))

    answer = await page_of(call, _LISTING, owner_id=call.entity_id, asked=paging, filters=filters, query=query)
    companies = await _companies(call, {link.company_id for link in answer.rows})
    return SyncRecordResourceList(
        data=[show_synced_record(link, companies[link.company_id]) for link in answer.rows], **answer.tokens()
    )


async def _companies(call: CallForEntity, ids: set[UUID]) -> dict[UUID, Company]:
    rows = await call.session.scalars(select(Company).where(Company.partner_id == call.partner_id, Company.id.in_(ids)))
    return {company.id: company for company in rows}


async def _shown(call: CallForEntity, link: Link) -> SyncRecordResource:
    return show_synced_record(link, (await _companies(call, {link.company_id}))[link.company_id])


@router.get("/{synced_record_id}")
async def get_synced_record(call: EntityCall, synced_record_id: UUID) -> SyncRecordResource:
    """One synced record."""
    return await _shown(call, await _load(call, synced_record_id))


async def _load(call: CallForEntity, synced_record_id: UUID, *, for_update: bool = False) -> Link:
    """A synced record; raises NotFound, also for the parts of one, which are told on it."""
    link = await load_of_entity(call, Link, synced_record_id, "synced record", for_update=for_update)
    if link.object_type in PARTS:
        message = f"There is no synced record {synced_record_id}."
        raise NotFound(message)
    return link


@router.post("/{synced_record_id}/push")
async def push_synced_record(call: EntityCall, synced_record_id: UUID) -> SyncRecordResource:
    """Push the record again. One that is in the books already stays as it is there: nothing is written twice."""
    link = await _load(call, synced_record_id, for_update=True)
    if (await load_connected(call)).id != link.company_id:
        message = "The books of this synced record are not connected."
        raise Conflict(message)
    await push_again(call.session, call.services.engine, link, now=call.now)
    return await _shown(call, link)


@router.post("/{synced_record_id}/link")
async def link_synced_record(call: EntityCall, synced_record_id: UUID, body: LinkPayload) -> SyncRecordResource:
    """Link the record to one of the books that was not found to be the same (an addition of Tieout)."""
    link = await _load(call, synced_record_id, for_update=True)
    await check_connected(call, link)
    return await _shown(call, await link_record(call, link.object_type, link.object_id, body.platform_object_id))


@router.post("/link")
async def link_any_record(call: EntityCall, body: LinkAnyPayload) -> SyncRecordResource:
    """The same of a record that has no synced record, since nothing of it was written yet (an addition of Tieout)."""
    return await _shown(call, await link_record(call, body.object_type, body.object_id, body.platform_object_id))


@router.post("/{synced_record_id}/unlink")
async def unlink_synced_record(
    call: EntityCall, synced_record_id: UUID, body: UnlinkPayload | None = None
) -> UnlinkResponse:
    """Undo the link; what was linked stays in the books as it is, and is never linked again by itself.

    With `dry_run` only what would follow is told (an addition of Tieout).
    """
    link = await _load(call, synced_record_id, for_update=True)
    return await unlink_record(call, link, is_rehearsal=body is not None and body.dry_run)


@router.post("/push")
async def push_synced_records(call: EntityCall, body: PushPayload) -> PushResponse:
    """Push many again: the named ones, or all that a filter fits (an addition of Tieout)."""
    return await push_many(call, body)
