"""Arriving: what a page of the books means for the partner's own records, such as a payment made in the books."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change, Tombstone
from tieout.books.records import Kind, Payment
from tieout.kit.money import rounded, to_minor
from tieout.storage.tables.business import PaymentRecord
from tieout.storage.tables.connections import Link
from tieout.sync.open_books import OpenBooks
from tieout.sync.settling import DocumentType, apply_payment, load_document, unapply_payment
from tieout.sync.snapshots import load_records

PAYMENT_KINDS: Final = (Kind.PAYMENT, Kind.BILL_PAYMENT)
IDS_PER_QUERY_MAX: Final = 500

_OBJECT_TYPES: Final[dict[str, DocumentType]] = {"receivable": "receivable", "bill": "payable"}


async def apply_arrivals(
    session: AsyncSession, books: OpenBooks, changes: Sequence[Change | Tombstone], *, now: datetime
) -> None:
    """Carry a page's payments over to the documents they settle, in the caller's transaction. Twice is harmless."""
    payments = {
        change.ref.external_id: change.record
        for change in changes
        if isinstance(change, Change) and isinstance(change.record, Payment)
    }
    gone = {
        stone.ref.external_id for stone in changes if isinstance(stone, Tombstone) and stone.ref.kind in PAYMENT_KINDS
    }
    if payments or gone:
        await _apply_payments(session, books, payments, gone, now=now)


async def apply_payments_of(session: AsyncSession, books: OpenBooks, document_id: str, *, now: datetime) -> None:
    """Carry over payments that arrived before we knew that a document of ours is the one they settle."""
    payments = {
        external_id: record
        for kind in PAYMENT_KINDS
        for external_id, record in (await load_records(session, books.company.id, kind)).items()
        if isinstance(record, Payment) and any(part.document_id == document_id for part in record.allocations)
    }
    if payments:
        await _apply_payments(session, books, payments, set(), now=now)


async def _apply_payments(
    session: AsyncSession, books: OpenBooks, payments: Mapping[str, Payment], gone: set[str], *, now: datetime
) -> None:
    links = await _links_of_documents(session, books, payments.values())
    known = await _known_payments(session, books, {*payments, *gone})
    for external_id, payment in payments.items():
        settled = {} if payment.is_void else plan_settled(payment, links)
        for link, amount in settled.values():
            await _settle(session, books, link, payment, external_id=external_id, amount=amount, now=now)
        if external_id in known:
            await _unsettle(session, books, external_id, keep=set(settled), now=now)
    for external_id in gone & known:
        await _unsettle(session, books, external_id, keep=set(), now=now)


def plan_settled(payment: Payment, links: dict[tuple[str, str], Link]) -> dict[UUID, tuple[Link, Decimal]]:
    """How much of a payment settles which of the partner's documents."""
    amounts: dict[UUID, Decimal] = defaultdict(Decimal)
    by_object: dict[UUID, Link] = {}
    for part in payment.allocations:
        link = links.get((part.document_kind.value, part.document_id))
        if link is not None:
            by_object[link.object_id] = link
            amounts[link.object_id] += part.amount
    return {object_id: (by_object[object_id], amount) for object_id, amount in amounts.items() if amount > 0}


async def _settle(
    session: AsyncSession,
    books: OpenBooks,
    link: Link,
    payment: Payment,
    *,
    external_id: str,
    amount: Decimal,
    now: datetime,
) -> None:
    document = await load_document(
        session,
        partner_id=link.partner_id,
        entity_id=link.entity_id,
        object_type=_OBJECT_TYPES[link.object_type],
        object_id=link.object_id,
    )
    if document is None or document.currency is None:
        return
    await apply_payment(
        session,
        document,
        amount=to_minor(rounded(amount, document.currency), document.currency),
        paid_at=datetime.combine(payment.paid_on, time(), UTC),
        now=now,
        company_id=books.company.id,
        external_id=external_id,
    )


async def _unsettle(
    session: AsyncSession, books: OpenBooks, external_id: str, *, keep: set[UUID], now: datetime
) -> None:
    await unapply_payment(
        session,
        partner_id=books.company.partner_id,
        entity_id=books.connection.entity_id,
        company_id=books.company.id,
        external_id=external_id,
        now=now,
        keep=keep,
    )


async def _links_of_documents(
    session: AsyncSession, books: OpenBooks, payments: Iterable[Payment]
) -> dict[tuple[str, str], Link]:
    named = {part.document_id for payment in payments for part in payment.allocations}
    rows: list[Any] = []
    for part in _parts(named):
        rows += await session.scalars(
            select(Link).where(
                Link.company_id == books.company.id,
                Link.entity_id == books.connection.entity_id,
                Link.object_type.in_(tuple(_OBJECT_TYPES)),
                Link.external_id.in_(part),
            )
        )
    return {(str(link.external_kind), str(link.external_id)): link for link in rows}


async def _known_payments(session: AsyncSession, books: OpenBooks, external_ids: set[str]) -> set[str]:
    """Those payments that have settled something of the partner's before."""
    known: set[str] = set()
    for part in _parts(external_ids):
        rows = await session.scalars(
            select(PaymentRecord.external_id).where(
                PaymentRecord.partner_id == books.company.partner_id,
                PaymentRecord.entity_id == books.connection.entity_id,
                PaymentRecord.company_id == books.company.id,
                PaymentRecord.external_id.in_(part),
            )
        )
        known |= {external_id for external_id in rows if external_id is not None}
    return known


def _parts(values: set[str]) -> Iterable[list[str]]:
    ordered = sorted(values)
    return (ordered[start : start + IDS_PER_QUERY_MAX] for start in range(0, len(ordered), IDS_PER_QUERY_MAX))
