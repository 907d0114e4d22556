"""Records of the books that have no meaning here: kept as they were sent, counted and shown (an addition of Tieout)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, select

from tieout.api.accounting_connections.service import load_connection
from tieout.api.dependencies import CallForEntity
from tieout.api.paging import Asked, Listing, page_of
from tieout.api.schemas import Filters, Page, Shown
from tieout.books.records import Kind
from tieout.kit.errors import NotFound
from tieout.storage.tables.connections import Snapshot


class UntranslatedRecord(Shown):
    """One record: what it is to the books as far as that is known, its id there, and why it has no meaning here."""

    kind: str
    external_id: str
    reason: str
    first_seen_at: datetime
    last_seen_at: datetime
    changed_at: datetime | None


class UntranslatedRecordResponse(UntranslatedRecord):
    """One record with what the platform sent."""

    raw: str


class UntranslatedRecordList(Page):
    """A page of them; `total` counts all of the connection's books, whatever the page."""

    data: list[UntranslatedRecord]
    total: int


class UntranslatedFilters(Filters):
    """What they can be narrowed by."""

    kind: Kind | None = None


_KEY: ColumnElement[str] = Snapshot.kind + literal(":") + Snapshot.external_id
_UNTRANSLATED = Listing(
    name="untranslated_records",
    id_column=Snapshot.company_id,  # the key alone tells them apart
    sorts={},
    sort_default="key",
    hidden_sorts={"key": _KEY},
    is_limit_resent=True,
)


async def list_untranslated(
    call: CallForEntity, connection_id: UUID, paging: Asked, filters: UntranslatedFilters
) -> UntranslatedRecordList:
    """What of the books is there and has no meaning here, by kind and id; raises NotFound."""
    company_id = await _company_id(call, connection_id)

    def query(filters: UntranslatedFilters) -> Select[Any]:
        mine = select(Snapshot).where(*_kept_raw(company_id))
        return mine if filters.kind is None else mine.where(Snapshot.kind == filters.kind.value)

    page = await page_of(call, _UNTRANSLATED, owner_id=connection_id, asked=paging, filters=filters, query=query)
    total = await call.session.scalar(select(func.count()).select_from(Snapshot).where(*_kept_raw(company_id)))
    return UntranslatedRecordList(
        data=[UntranslatedRecord(**_told(row)) for row in page.rows], total=total or 0, **page.tokens()
    )


async def get_untranslated(
    call: CallForEntity, connection_id: UUID, kind: Kind, external_id: str
) -> UntranslatedRecordResponse:
    """One of them; raises NotFound, also for a record that has a meaning."""
    company_id = await _company_id(call, connection_id)
    row = await call.session.scalar(
        select(Snapshot).where(*_kept_raw(company_id), Snapshot.kind == kind.value, Snapshot.external_id == external_id)
    )
    if row is None:
        message = f"There is no untranslated {kind.value} {external_id!r} in the books of this connection."
        raise NotFound(message)
    return UntranslatedRecordResponse(**_told(row), raw=row.raw.decode("utf-8", "replace"))


async def _company_id(call: CallForEntity, connection_id: UUID) -> UUID | None:
    """The books of a connection; None, which no record has, before it has any and when it has ended."""
    connection = (await load_connection(call, connection_id)).connection
    return None if connection.status == "disconnected" else connection.company_id


def _kept_raw(company_id: UUID | None) -> tuple[ColumnElement[bool], ...]:
    """The condition of the index that they are found by."""
    return (Snapshot.company_id == company_id, Snapshot.gone_at.is_(None), Snapshot.untranslated.is_not(None))


def _told(row: Snapshot) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "external_id": row.external_id,
        "reason": row.untranslated or "",
        "first_seen_at": row.first_seen_at,
        "last_seen_at": row.seen_at,
        "changed_at": row.changed_at,
    }
