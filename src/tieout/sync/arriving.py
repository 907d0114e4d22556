"""Arriving: what a page of the books means for the partner's own records, such as a payment made in the books."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change, Tombstone
from tieout.books.records import Allocation, CreditNote, DocumentStatus, Kind, Payment, Record, VendorCredit
from tieout.kit.money import rounded, to_minor
from tieout.storage.tables.business import PaymentRecord, Receivable
from tieout.storage.tables.connections import Link
from tieout.storage.tables.payable_credit_notes import PayableCreditNote
from tieout.sync.entity_books import day_at
from tieout.sync.keying import find_by_keys
from tieout.sync.marking import note_changed_there
from tieout.sync.matching.keys import SETTLES
from tieout.sync.settling import DocumentType, apply_payment, load_document, unapply_payment
from tieout.sync.sides import Sides
from tieout.sync.snapshots import load_records

PAYMENT_KINDS: Final = (Kind.PAYMENT, Kind.BILL_PAYMENT)
IDS_PER_QUERY_MAX: Final = 500

_OBJECT_TYPES: Final[dict[str, DocumentType]] = {"receivable": "receivable", "bill": "payable"}
_LINKED_TYPES: Final = (*_OBJECT_TYPES, "payable_credit_note")
_SETTLED_KINDS: Final = (Kind.INVOICE, Kind.BILL)
_CREDITS: Final = (Kind.CREDIT_NOTE, Kind.VENDOR_CREDIT)
_CREDIT_KINDS: Final = tuple(kind.value for kind in _CREDITS)


async def apply_arrivals(
    session: AsyncSession, sides: Sides, changes: Sequence[Change | Tombstone], *, now: datetime
) -> None:
    """What a page means for the partner, in the caller's transaction; twice is harmless.

    Its payments are carried over to the documents they settle; what credits settle comes likewise where the platform
    tells it on the credit itself. What else it changed of records that both sides have is marked.
    """
    await note_changed_there(session, sides, changes, now=now)
    payments = {
        change.ref.external_id: payment
        for change in changes
        if isinstance(change, Change) and (payment := as_payment(change.record)) is not None
    }
    gone = {
        stone.ref.external_id for stone in changes if isinstance(stone, Tombstone) and stone.ref.kind in PAYMENT_KINDS
    }
    if payments or gone:
        await _apply_payments(session, sides, payments, gone, now=now)


async def apply_payments_of(
    session: AsyncSession, sides: Sides, document_ids: Collection[str], *, now: datetime, adopts: bool = False
) -> None:
    """Carry over payments that arrived before we knew that documents of ours are those that they settle.

    With `adopts`, a payment that the partner has told of is taken for one of the books over the same amount.
    """
    keys = {SETTLES + document_id for document_id in document_ids}
    payments: dict[str, Payment] = {}
    for kind in (*PAYMENT_KINDS, *_CREDITS):
        ids = await find_by_keys(session, sides.company.id, kind, keys)
        for external_id, record in (await load_records(session, sides.company.id, kind, ids)).items():
            if (payment := as_payment(record)) is not None:
                payments[external_id] = payment
    if payments and adopts:
        await _adopt_told(session, sides, payments)
    if payments:
        await _apply_payments(session, sides, payments, set(), now=now)


def as_payment(record: Record) -> Payment | None:
    """A payment as it is, and a credit that tells what it settles as the payment of zero that other books make of it.

    None for everything else, also for a credit of which nothing is told: its id may be that of a payment there.
    """
    if isinstance(record, Payment):
        return record
    if not isinstance(record, CreditNote | VendorCredit) or record.allocations is None or record.external_id is None:
        return None
    is_sale = isinstance(record, CreditNote)
    used = sum((part.amount for part in record.allocations), Decimal(0))
    own = Allocation(
        document_kind=Kind.CREDIT_NOTE if is_sale else Kind.VENDOR_CREDIT, document_id=record.external_id, amount=used
    )
    return Payment(
        external_id=record.external_id,
        kind=Kind.PAYMENT if is_sale else Kind.BILL_PAYMENT,
        party_id=record.party_id,
        currency=record.currency,
        exchange_rate=record.exchange_rate,
        paid_on=record.issued_on,
        amount=Decimal(0),
        allocations=(*record.allocations, own) if record.allocations else (),
        is_allocation_only=True,
        is_void=record.status in (DocumentStatus.VOID, DocumentStatus.DELETED),
    )


async def _adopt_told(session: AsyncSession, sides: Sides, payments: Mapping[str, Payment]) -> None:
    """Know payments that both sides entered before their documents were matched: each once, by document and amount."""
    links = await _links_of_documents(session, sides, payments.values())
    known = await _known_payments(session, sides, set(payments))
    for external_id, payment in sorted(payments.items()):
        if external_id in known or payment.is_void or payment.is_allocation_only:
            continue
        for link, amount in plan_settled(payment, links, {}).values():
            record = await session.scalar(
                select(PaymentRecord)
                .where(
                    PaymentRecord.partner_id == link.partner_id,
                    PaymentRecord.entity_id == link.entity_id,
                    PaymentRecord.object_id == link.object_id,
                    PaymentRecord.external_id.is_(None),
                    PaymentRecord.status == "succeeded",
                    PaymentRecord.currency == payment.currency,
                    PaymentRecord.amount == to_minor(rounded(amount, payment.currency), payment.currency),
                )
                .order_by(PaymentRecord.created_at, PaymentRecord.id)
                .limit(1)
            )
            if record is not None:
                record.company_id, record.external_id = sides.company.id, external_id
                await session.flush()


async def know_payment(session: AsyncSession, link: Link) -> None:
    """A payment of ours is in the books: from now on it is known by its id there, and so comes back as the same one."""
    if link.object_type != "payment_record":
        return
    record = await session.get(PaymentRecord, link.object_id, with_for_update=True)
    if record is not None:
        record.company_id, record.external_id = link.company_id, link.external_id


async def _adopt_ours(session: AsyncSession, sides: Sides, payments: Mapping[str, Payment]) -> None:
    """Know payments that we wrote, by their mark, also if they come back before the answer to the write did."""
    marked = {UUID(payment.marker): external_id for external_id, payment in payments.items() if _is_id(payment.marker)}
    for part in _parts({str(record_id) for record_id in marked}):
        records = await session.scalars(
            select(PaymentRecord).where(
                PaymentRecord.partner_id == sides.company.partner_id,
                PaymentRecord.entity_id == sides.entity_id,
                PaymentRecord.id.in_([UUID(record_id) for record_id in part]),
                PaymentRecord.external_id.is_(None),
            )
        )
        for record in records.all():
            record.company_id, record.external_id = sides.company.id, marked[record.id]
    await session.flush()


def _is_id(marker: str | None) -> bool:
    try:
        return marker is not None and bool(UUID(marker))
    except ValueError:
        return False


async def _apply_payments(
    session: AsyncSession, sides: Sides, payments: Mapping[str, Payment], gone: set[str], *, now: datetime
) -> None:
    await _adopt_ours(session, sides, payments)
    links = await _links_of_documents(session, sides, payments.values())
    credited = await _own_credits(session, links.values())
    known = await _known_payments(session, sides, {*payments, *gone})
    for external_id, payment in payments.items():
        settled = {} if payment.is_void else plan_settled(payment, links, credited)
        for link, amount in settled.values():
            await _settle(session, sides, link, payment, external_id=external_id, amount=amount, now=now)
        if external_id in known:
            await _unsettle(session, sides, external_id, keep=set(settled), now=now)
    for external_id in gone & known:
        await _unsettle(session, sides, external_id, keep=set(), now=now)


def plan_settled(
    payment: Payment, links: Mapping[tuple[str, str], Link], credited: Mapping[UUID, UUID]
) -> dict[UUID, tuple[Link, Decimal]]:
    """How much of a payment settles which of the partner's documents.

    `credited` says which documents our credit notes are based on: what those give is no payment, for the documents are
    credited on our side already.
    """
    amounts: dict[UUID, Decimal] = defaultdict(Decimal)
    by_object: dict[UUID, Link] = {}
    for part in payment.allocations:
        link = links.get((part.document_kind.value, part.document_id))
        if link is None:
            continue
        if part.document_kind in _SETTLED_KINDS:
            by_object[link.object_id] = link
            amounts[link.object_id] += part.amount
        elif link.object_id in credited:
            amounts[credited[link.object_id]] -= part.amount
    return {object_id: (link, amounts[object_id]) for object_id, link in by_object.items() if amounts[object_id] > 0}


async def _own_credits(session: AsyncSession, links: Iterable[Link]) -> dict[UUID, UUID]:
    """The documents that credit notes of ours are based on, by our id of the credit note."""
    named = {link.object_id for link in links if link.external_kind in _CREDIT_KINDS}
    found: dict[UUID, UUID] = {}
    for model in (Receivable, PayableCreditNote) if named else ():
        rows = await session.execute(
            select(model.id, model.based_on).where(model.id.in_(named), model.based_on.is_not(None))
        )
        found |= {note_id: document_id for note_id, document_id in rows if document_id is not None}
    return found


async def _settle(
    session: AsyncSession,
    sides: Sides,
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
        company_id=sides.company.id,
        external_id=external_id,
        day_of=partial(day_at, sides.company),
    )


async def _unsettle(session: AsyncSession, sides: Sides, external_id: str, *, keep: set[UUID], now: datetime) -> None:
    await unapply_payment(
        session,
        partner_id=sides.company.partner_id,
        entity_id=sides.entity_id,
        company_id=sides.company.id,
        external_id=external_id,
        now=now,
        keep=keep,
    )


async def _links_of_documents(
    session: AsyncSession, sides: Sides, payments: Iterable[Payment]
) -> dict[tuple[str, str], Link]:
    named = {part.document_id for payment in payments for part in payment.allocations}
    rows: list[Any] = []
    for part in _parts(named):
        rows += await session.scalars(
            select(Link).where(
                Link.company_id == sides.company.id,
                Link.entity_id == sides.entity_id,
                Link.object_type.in_(_LINKED_TYPES),
                Link.external_id.in_(part),
            )
        )
    return {(str(link.external_kind), str(link.external_id)): link for link in rows}


async def _known_payments(session: AsyncSession, sides: Sides, external_ids: set[str]) -> set[str]:
    """Those payments that have settled something of the partner's before."""
    known: set[str] = set()
    for part in _parts(external_ids):
        rows = await session.scalars(
            select(PaymentRecord.external_id).where(
                PaymentRecord.partner_id == sides.company.partner_id,
                PaymentRecord.entity_id == sides.entity_id,
                PaymentRecord.company_id == sides.company.id,
                PaymentRecord.external_id.in_(part),
            )
        )
        known |= {external_id for external_id in rows if external_id is not None}
    return known


def _parts(values: set[str]) -> Iterable[list[str]]:
    ordered = sorted(values)
    return (ordered[start : start + IDS_PER_QUERY_MAX] for start in range(0, len(ordered), IDS_PER_QUERY_MAX))
