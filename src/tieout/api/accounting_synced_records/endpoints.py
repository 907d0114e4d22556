"""GET /accounting_synced_records, one of them, and pushing one again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import Select, select

from tieout.api.accounting_synced_records.schemas import (
    SyncRecordFilters,
    SyncRecordResource,
    SyncRecordResourceList,
    show_synced_record,
)
from tieout.api.dependencies import CallForEntity, EntityCall
from tieout.api.paging import AccountingPaging, Listing, page_of
from tieout.kit.errors import Conflict, NotFound
from tieout.storage.tables.connections import Company, Link
from tieout.sync.connected import load_company
from tieout.sync.wanting import push_again

router = APIRouter(prefix="/accounting_synced_records", tags=["Accounting synced records"])

_LISTING = Listing(
    name="accounting_synced_records",
    id_column=Link.id,
    sorts={"created_at": Link.created_at, "updated_at": Link.updated_at},
    sort_default="created_at",
    is_limit_resent=True,
)


def _links_of(call: CallForEntity) -> Select[Link]:
    return select(Link).where(Link.partner_id == call.partner_id, Link.entity_id == call.entity_id)


def _filtered(call: CallForEntity, filters: SyncRecordFilters) -> Select[Link]:
    query = _links_of(call).where(Link.object_type == filters.object_type.value)
    if filters.object_id is not None:
        query = query.where(Link.object_id == filters.object_id)
    if filters.object_id__in is not None:
        query = query.where(Link.object_id.in_(filters.object_id__in))
    for name, column in (("created_at", Link.created_at), ("updated_at", Link.updated_at)):
        if (bound := getattr(filters, f"{name}__gt")) is not None:
            query = query.where(column > bound)
        if (bound := getattr(filters, f"{name}__lt")) is not None:
            query = query.where(column < bound)
        if (bound := getattr(filters, f"{name}__gte")) is not None:
            query = query.where(column >= bound)
        if (bound := getattr(filters, f"{name}__lte")) is not None:
            query = query.where(column <= bound)
    return query


@router.get("")
async def list_synced_records(
    call: EntityCall, paging: AccountingPaging, filters: Annotated[SyncRecordFilters, Query()]
) -> SyncRecordResourceList:
    """Synced records of one object type."""
    answer = await page_of(
        call,
        _LISTING,
        owner_id=call.entity_id,
        asked=paging,
        filters=filters,
        query=lambda asked: _filtered(call, asked),
    )
    companies = await _companies(call, answer.rows)
    return SyncRecordResourceList(
        data=[show_synced_record(link, companies[link.company_id]) for link in answer.rows],
        next_pagination_token=answer.next_pagination_token,
        prev_pagination_token=answer.prev_pagination_token,
    )


async def _companies(call: CallForEntity, links: list[Link]) -> dict[UUID, Company]:
    ids = {link.company_id for link in links}
    rows = await call.session.scalars(select(Company).where(Company.partner_id == call.partner_id, Company.id.in_(ids)))
    return {company.id: company for company in rows}


async def _synced_record(call: CallForEntity, synced_record_id: UUID) -> tuple[Link, Company]:
    link = await call.session.scalar(_links_of(call).where(Link.id == synced_record_id))
    if link is None:
        message = f"There is no synced record {synced_record_id}."
        raise NotFound(message)
    return link, (await _companies(call, [link]))[link.company_id]


@router.get("/{synced_record_id}")
async def get_synced_record(call: EntityCall, synced_record_id: UUID) -> SyncRecordResource:
    """One synced record."""
    return show_synced_record(*await _synced_record(call, synced_record_id))


@router.post("/{synced_record_id}/push")
async def push_synced_record(call: EntityCall, synced_record_id: UUID) -> SyncRecordResource:
    """Push the record again. One that is in the books already stays as it is there: nothing is written twice."""
    link, company = await _synced_record(call, synced_record_id)
    connected = await load_company(call.session, call.partner_id, call.entity_id)
    if connected is None or connected.id != company.id:
        message = "The books of this synced record are not connected."
        raise Conflict(message)
    await push_again(call.session, call.services.engine, link, now=call.now)
    return show_synced_record(link, company)
