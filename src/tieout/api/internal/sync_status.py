"""Reading a page of sync statuses: by key, like every list, with tokens that are UUIDs."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_, select

from tieout.api.accounting_connections.service import load_connection
from tieout.api.dependencies import CallForEntity
from tieout.api.internal.progress_tokens import SORTS, TIE_HEX_DIGITS, Chosen, Place, read_token, write_token
from tieout.api.internal.schemas import SyncStatusFilters, SyncStatusResponse, SyncStatusResponseList
from tieout.api.paging import Asked, Order
from tieout.kit.errors import Fault, Unprocessable
from tieout.storage.tables.connections import Link
from tieout.sync.synced_records import PARTS

_ID = cast(Link.id, String)
_TIE: ColumnElement[str] = func.substr(_ID, func.length(_ID) - (TIE_HEX_DIGITS - 1))
_COLUMNS: dict[str, Any] = {"created_at": Link.created_at, "updated_at": Link.updated_at}


async def list_sync_statuses(
    call: CallForEntity, connection_id: UUID, asked: Asked, filters: SyncStatusFilters
) -> SyncStatusResponseList:
    """A page of what became of the records of one connection's books; raises NotFound and Unprocessable."""
    company_id = (await load_connection(call, connection_id)).connection.company_id
    chosen, begins = _reading(call, connection_id, asked, filters)
    if company_id is None:
        return SyncStatusResponseList(data=[])
    query = _query(call, company_id, chosen, begins).limit(asked.limit + 1)
    rows = list(await call.session.execute(query))
    has_more, rows = len(rows) > asked.limit, rows[: asked.limit]
    is_backwards = begins is not None and begins.backwards
    if is_backwards:
        rows.reverse()

    def token(row: Any, *, backwards: bool) -> UUID:
        place = Place(at=row.at, tie=row.tie, backwards=backwards)
        return write_token(call.services.vault.signer, connection_id, chosen, place)

    has_next = has_more or is_backwards
    has_previous = has_more if is_backwards else begins is not None
    return SyncStatusResponseList(
        data=[SyncStatusResponse(id=row.id, sync_status=row.sync_status, type=row.object_type) for row in rows],
        next_pagination_token=token(rows[-1], backwards=False) if rows and has_next else None,
        prev_pagination_token=token(rows[0], backwards=True) if rows and has_previous else None,
    )


def _reading(
    call: CallForEntity, connection_id: UUID, asked: Asked, filters: SyncStatusFilters
) -> tuple[Chosen, Place | None]:
    """What the token says, if there is one, else what was asked for."""
    if asked.token is not None:
        said = read_token(call.services.vault.signer, connection_id, asked.token)
        if said is None:
            message = "not a pagination token of this list"
            raise Unprocessable(Fault(("query", "pagination_token"), message, "value_error.pagination_token"))
        return said
    sort = asked.sort or SORTS[0]
    if sort not in SORTS:
        raise Unprocessable(Fault(("query", "sort"), f"Input should be one of: {', '.join(SORTS)}", "enum"))
    return Chosen(sort=sort, order=asked.order, sync_status=filters.sync_status, type=filters.type), None


def _query(call: CallForEntity, company_id: UUID, chosen: Chosen, begins: Place | None) -> Select[Any]:
    column = _COLUMNS[chosen.sort]
    query = select(Link.id, Link.sync_status, Link.object_type, column.label("at"), _TIE.label("tie")).where(
        Link.partner_id == call.partner_id,
        Link.entity_id == call.entity_id,
        Link.company_id == company_id,
        Link.object_type.not_in(PARTS),
    )
    if chosen.sync_status is not None:
        query = query.where(Link.sync_status == chosen.sync_status.value)
    if chosen.type is not None:
        query = query.where(Link.object_type == chosen.type.value)
    upwards = (chosen.order is Order.ASC) is not (begins is not None and begins.backwards)
    if begins is not None:
        beyond = column > begins.at if upwards else column < begins.at
        by_tie = begins.tie < _TIE if upwards else begins.tie > _TIE
        query = query.where(or_(beyond, and_(column == begins.at, by_tie)))
    return query.order_by(*(key.asc() if upwards else key.desc() for key in (column, _TIE)))
