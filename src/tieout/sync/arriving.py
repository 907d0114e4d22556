"""Arriving: what a page of the books means for the partner's own records, such as a payment made in the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change, Tombstone
from tieout.books.records import Kind, Payment
from tieout.storage.tables.connections import Link
from tieout.sync.open_books import OpenBooks
from tieout.sync.settling import settle_from_books, unsettle_from_books

PAYMENT_KINDS = (Kind.PAYMENT, Kind.BILL_PAYMENT)


@dataclass(frozen=True, slots=True)
class Settlement:
    """A part of a payment in the books that settles one of the partner's documents.

    Amount in the document's currency.
    """

    object_type: str
    object_id: UUID
    external_id: str
    amount: Decimal
    currency: str
    paid_on: datetime


async def apply_arrivals(
    session: AsyncSession, books: OpenBooks, changes: Sequence[Change | Tombstone], *, now: datetime
) -> None:
    """Carry a page's payments over to the documents they settle, in the caller's transaction. Twice is harmless."""
    payments = [
        change.record for change in changes if isinstance(change, Change) and isinstance(change.record, Payment)
    ]
    gone = [stone for stone in changes if isinstance(stone, Tombstone) and stone.ref.kind in PAYMENT_KINDS]
    if not payments and not gone:
        return
    links = await _links_of_documents(session, books, payments)
    scope = {"partner_id": books.company.partner_id, "entity_id": books.connection.entity_id}
    for payment in payments:
        if payment.external_id is None:
            continue
        if payment.is_void:
            await unsettle_from_books(session, **scope, external_id=payment.external_id, now=now)
            continue
        settled: dict[UUID, tuple[str, Decimal]] = {}
        for part in payment.allocations:
            link = links.get((part.document_kind.value, part.document_id))
            if link is not None and part.amount > 0:
                before = settled.get(link.object_id, (link.object_type, Decimal(0)))[1]
                settled[link.object_id] = (link.object_type, before + part.amount)
        await settle_from_books(
            session,
            **scope,
            external_id=payment.external_id,
            paid_on=payment.paid_on,
            currency=payment.currency,
            settled=settled,
            now=now,
        )
    for stone in gone:
        await unsettle_from_books(session, **scope, external_id=stone.ref.external_id, now=now)


async def _links_of_documents(
    session: AsyncSession, books: OpenBooks, payments: Sequence[Payment]
) -> dict[tuple[str, str], Link]:
    named = {part.document_id for payment in payments for part in payment.allocations}
    links: dict[tuple[str, str], Link] = {}
    wanted = sorted(named)
    for start in range(0, len(wanted), 500):
        rows = await session.scalars(
            select(Link).where(
                Link.company_id == books.company.id,
                Link.entity_id == books.connection.entity_id,
                Link.object_type.in_(("receivable", "bill")),
                Link.external_id.in_(wanted[start : start + 500]),
            )
        )
        links.update({(str(link.external_kind), str(link.external_id)): link for link in rows})
    return links
