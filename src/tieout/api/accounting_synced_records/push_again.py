"""Pushing many synced records again at once: those named, or all that a filter fits (an addition of Tieout)."""

from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from tieout.api.accounting_synced_records.schemas import PUSHED_AT_ONCE_MAX, PushPayload, PushResponse, SyncStatus
from tieout.api.dependencies import CallForEntity
from tieout.kit.errors import Conflict, Fault, NotFound, Unprocessable
from tieout.storage.tables.connections import Company, Link
from tieout.sync.connected import load_company
from tieout.sync.synced_records import PARTS
from tieout.sync.wanting import push_again


async def load_connected(call: CallForEntity) -> Company:
    """The books that the entity is connected to; raises Conflict when there are none."""
    company = await load_company(call.session, call.partner_id, call.entity_id)
    if company is None:
        message = "No books are connected, so nothing can be pushed."
        raise Conflict(message)
    return company


async def push_many(call: CallForEntity, body: PushPayload) -> PushResponse:
    """Want records again; raises Unprocessable, Conflict, and NotFound for ids of which nothing was pushed then."""
    company = await load_connected(call)
    found, remaining = await (_named(call, company, body.ids) if body.ids else _fitting(call, company, body))
    wanted = [await push_again(call.session, call.services.engine, link, now=call.now) for link in found]
    return PushResponse(wanted=sum(wanted), in_the_books_already=len(wanted) - sum(wanted), remaining=remaining)


async def _named(call: CallForEntity, company: Company, ids: list[UUID]) -> tuple[list[Link], int]:
    links = {link.id: link for link in await _load(call, Link.id.in_(ids))}
    unknown = [str(link_id) for link_id in dict.fromkeys(ids) if link_id not in links]
    if unknown:
        message = f"There is no synced record {', '.join(unknown)}."
        raise NotFound(message)
    if any(link.company_id != company.id for link in links.values()):
        message = "Some of these synced records are about books that are not connected."
        raise Conflict(message)
    return list(links.values()), 0


async def _fitting(call: CallForEntity, company: Company, body: PushPayload) -> tuple[list[Link], int]:
    """What a filter fits: refused records, unless it says another status. What is done already is not worth a call."""
    if body.sync_status is None and body.object_type is None and body.error_code is None:
        message = "name the records by ids, or say which by sync_status, object_type or error_code"
        raise Unprocessable(Fault(("body",), message, "value_error.missing"))
    conditions = [Link.company_id == company.id, Link.sync_status == (body.sync_status or SyncStatus.ERROR).value]
    if body.object_type is not None:
        conditions.append(Link.object_type == body.object_type.value)
    if body.error_code is not None:
        conditions.append(Link.errors["code"].as_string() == body.error_code)
    found = await _load(call, *conditions)
    more = 0
    if len(found) > PUSHED_AT_ONCE_MAX:
        counted = select(func.count()).select_from(Link).where(*_of(call), *conditions)
        more = int(await call.session.scalar(counted) or 0) - PUSHED_AT_ONCE_MAX
    return found[:PUSHED_AT_ONCE_MAX], more


def _of(call: CallForEntity) -> tuple[ColumnElement[bool], ...]:
    return Link.partner_id == call.partner_id, Link.entity_id == call.entity_id, Link.object_type.not_in(PARTS)


async def _load(call: CallForEntity, *conditions: ColumnElement[bool]) -> list[Link]:
    """Oldest first, locked until the call is over, one more than are wanted at once."""
    query = select(Link).where(*_of(call), *conditions).order_by(Link.created_at, Link.id)
    return list(await call.session.scalars(query.limit(PUSHED_AT_ONCE_MAX + 1).with_for_update()))
