"""Settling: payments make documents paid, and only a payment that is voided or deleted in the books un-pays them.

The API and the pull use the same two functions. `amount_paid` of a document is always the sum of its succeeded payment
records, so applying the same news twice changes nothing.

A payment that the partner told of is pushed (`wanting.want_payment`); once the books have it, its record names it there
(`company_id`, `external_id`), so that the pull finds the payment as one it knows.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.kit.identifiers import new_id
from tieout.storage.tables.business import Payable, PaymentRecord, Receivable
from tieout.storage.tables.payable_credit_notes import PayableCreditNote
from tieout.sync.events import record_event
from tieout.sync.payable_history import record_status
from tieout.sync.receivable_history import BOOKS, PARTNER, HistoryEvent, enter_history, enter_status_change

DocumentType = Literal["receivable", "payable"]
Paid = Receivable | Payable
DayOf = Callable[[datetime], date]
PayloadOf = Callable[[Paid], Awaitable[dict[str, Any]]]
"""What an event says of a document: given by the API, which knows how a document is shown."""

CREDITING = ("approved", "applied")
"""Statuses in which a vendor's credit note counts."""

_UNTOUCHED = frozenset(("draft", "canceled", "deleted", "rejected"))
_UNPAID: dict[DocumentType, str] = {"receivable": "issued", "payable": "waiting_to_be_paid"}
_UNAPPROVED = frozenset(("new", "approve_in_progress"))
_PAID_STATES = frozenset(("paid", "partially_paid"))
_TOLD_STATES = _PAID_STATES | {"canceled"}


def plan_status(
    object_type: DocumentType, status: str, *, owed: int, paid: int, credited: int = 0, is_of_books: bool = False
) -> str:
    """The status that follows from what is owed in all, after credits, and what was paid of it.

    A document that is not in force keeps its status, and so does one that is given up or not approved yet as long as
    nothing was paid. An invoice that was credited in full and never paid is cancelled (Monite, 'Credit notes'). What
    the books tell of (`is_of_books`) approves nothing: a bill that was reopened stays so when it is paid there.
    """
    if status in _UNTOUCHED or (is_of_books and status in _UNAPPROVED):
        return status
    if object_type == "receivable" and credited > 0 and owed <= 0 and paid == 0:
        return "canceled"
    if paid >= owed:
        return "paid"
    if paid > 0:
        return "partially_paid"
    return _UNPAID[object_type] if status in _PAID_STATES else status


def document_type(document: Paid) -> DocumentType:
    """The contract's word for it."""
    return "receivable" if isinstance(document, Receivable) else "payable"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDetails:
    """What is only stored and shown of a payment; `comment` is told in the history of an invoice."""

    payment_method: str | None = None
    payment_intent_id: UUID | None = None
    payment_intent_status: str | None = None
    planned_payment_date: date | None = None
    entity_user_id: UUID | None = None
    comment: str | None = None


async def load_document(
    session: AsyncSession, *, partner_id: UUID, entity_id: UUID, object_type: DocumentType, object_id: UUID
) -> Paid | None:
    """A document, locked until the transaction ends: to be loaded like this before it is settled."""
    model = Receivable if object_type == "receivable" else Payable
    found: Paid | None = await session.scalar(
        select(model)
        .where(
            model.id == object_id,
            model.partner_id == partner_id,
            model.entity_id == entity_id,
            model.deleted_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found


async def credited_amount(session: AsyncSession, document: Paid) -> int:
    """What credit notes in force take off an invoice or a bill."""
    query: Select[Any]
    if isinstance(document, Receivable):
        query = select(func.coalesce(func.sum(Receivable.total_amount), 0)).where(
            Receivable.based_on == document.id,
            Receivable.entity_id == document.entity_id,
            Receivable.type == "credit_note",
            Receivable.status == "issued",
            Receivable.deleted_at.is_(None),
        )
    else:
        query = select(func.coalesce(func.sum(PayableCreditNote.total_amount), 0)).where(
            PayableCreditNote.based_on == document.id,
            PayableCreditNote.entity_id == document.entity_id,
            PayableCreditNote.status.in_(CREDITING),
            PayableCreditNote.deleted_at.is_(None),
        )
    return int(await session.scalar(query) or 0)


async def apply_payment(  # noqa: PLR0913 - all named; a payment has that many parts
    session: AsyncSession,
    document: Paid,
    *,
    amount: int,
    paid_at: datetime,
    now: datetime,
    company_id: UUID | None = None,
    external_id: str | None = None,
    details: PaymentDetails | None = None,
    payload_of: PayloadOf | None = None,
    entity_user_id: UUID | None = None,
    day_of: DayOf = datetime.date,
) -> PaymentRecord:
    """Record that `amount` (minor units of the document's currency) was paid; a payment of the books names itself.

    A payment that is known by company, external id and document is brought up to date instead; so repeating the call
    changes nothing. `day_of` says which day a moment is in the books, which know no more. The document must come from
    `load_document`. Raises ValueError for an amount that is not positive.
    """
    if amount <= 0:
        msg = "a payment has a positive amount"
        raise ValueError(msg)
    record = await _known(session, document, company_id, external_id)
    if record is None:
        record = new_record(document, amount=amount, now=now, details=details)
        record.source = "partner" if external_id is None else "books"
        record.company_id, record.external_id = company_id, external_id
        session.add(record)
    elif _says_the_same(record, amount, paid_at):
        if record.source == "partner" and record.paid_at is not None and day_of(record.paid_at) != paid_at.date():
            record.paid_at, record.updated_at = paid_at, now
        return record
    record.amount = amount
    record.paid_at = paid_at
    await succeed(
        session,
        document,
        record,
        now=now,
        payload_of=payload_of,
        entity_user_id=entity_user_id,
        comment=None if details is None else details.comment,
        is_of_books=external_id is not None,
    )
    return record


def _says_the_same(record: PaymentRecord, amount: int, paid_at: datetime) -> bool:
    """Whether a known payment comes back over the same: one that we pushed keeps what was too much."""
    if record.status != "succeeded":
        return False
    if record.source == "partner":
        return amount in (record.amount, record.amount - record.overpaid_amount)
    return (record.amount, record.paid_at) == (amount, paid_at)


def new_record(
    document: Paid, *, amount: int, now: datetime, status: str = "created", details: PaymentDetails | None = None
) -> PaymentRecord:
    """A payment record that has settled nothing yet."""
    assert document.currency is not None
    more = details or PaymentDetails()
    return PaymentRecord(
        id=new_id(),
        partner_id=document.partner_id,
        entity_id=document.entity_id,
        object_type=document_type(document),
        object_id=document.id,
        amount=amount,
        overpaid_amount=0,
        currency=document.currency,
        status=status,
        old_status=document.status,
        new_status=document.status,
        payment_method=more.payment_method,
        payment_intent_id=more.payment_intent_id,
        payment_intent_status=more.payment_intent_status,
        planned_payment_date=more.planned_payment_date,
        entity_user_id=more.entity_user_id,
        history=[],
        created_at=now,
        updated_at=now,
    )


def enter(record: PaymentRecord, status: str, now: datetime, *, entity_user_id: UUID | None = None) -> None:
    """Put a record into a status and its history, with the user who did it."""
    record.status = status
    by = {} if entity_user_id is None else {"entity_user_id": str(entity_user_id)}
    record.history = [*record.history, {"status": status, "timestamp": now.isoformat(), **by}]
    record.updated_at = now


async def succeed(
    session: AsyncSession,
    document: Paid,
    record: PaymentRecord,
    *,
    now: datetime,
    payload_of: PayloadOf | None = None,
    entity_user_id: UUID | None = None,
    comment: str | None = None,
    is_of_books: bool = False,
) -> None:
    """The record's money has moved: settle the document with it."""
    enter(record, "succeeded", now, entity_user_id=entity_user_id)
    record.old_status = document.status
    if isinstance(document, Receivable):
        paid, _ = await _paid(session, document)
        due = document.total_amount - await credited_amount(session, document) - paid
        told = {"amount_paid": record.amount, "amount_due": max(due, 0), "comment": comment}
        enter_history(
            session,
            document,
            HistoryEvent.PAYMENT_RECEIVED,
            at=now,
            entity_user_id=entity_user_id,
            source=BOOKS if is_of_books else PARTNER,
            **told,
        )
    excess = await settle(
        session, document, now=now, payload_of=payload_of, entity_user_id=entity_user_id, is_of_books=is_of_books
    )
    record.new_status = document.status
    record.overpaid_amount = min(max(excess, 0), record.amount)


async def unapply_payment(
    session: AsyncSession,
    *,
    partner_id: UUID,
    entity_id: UUID,
    company_id: UUID,
    external_id: str,
    now: datetime,
    keep: Collection[UUID] = (),
) -> list[Paid]:
    """A payment was voided or deleted in the books, or settles only the documents in `keep` any more: un-pay the rest.

    Returns the documents that this changed; repeating it changes nothing.
    """
    records = await session.scalars(
        select(PaymentRecord).where(
            PaymentRecord.partner_id == partner_id,
            PaymentRecord.entity_id == entity_id,
            PaymentRecord.company_id == company_id,
            PaymentRecord.external_id == external_id,
            PaymentRecord.status != "canceled",
        )
    )
    changed: list[Paid] = []
    for record in records.all():
        if record.object_id in keep:
            continue
        enter(record, "canceled", now)
        object_type: DocumentType = "receivable" if record.object_type == "receivable" else "payable"
        document = await load_document(
            session, partner_id=partner_id, entity_id=entity_id, object_type=object_type, object_id=record.object_id
        )
        if document is not None:
            await settle(session, document, now=now, is_of_books=True)
            changed.append(document)
    return changed


async def settle(
    session: AsyncSession,
    document: Paid,
    *,
    now: datetime,
    payload_of: PayloadOf | None = None,
    entity_user_id: UUID | None = None,
    is_of_books: bool = False,
) -> int:
    """Bring a document's paid amount and status in line with its payments and credits, with the event of it.

    Returns what was paid too much (negative: what is still owed).
    """
    paid, last_paid_at = await _paid(session, document)
    credited = await credited_amount(session, document)
    owed = (document.total_amount or 0) - credited
    status = plan_status(
        document_type(document), document.status, owed=owed, paid=paid, credited=credited, is_of_books=is_of_books
    )
    source = BOOKS if is_of_books else PARTNER
    if (status, paid) != (document.status, document.amount_paid):
        old_status, document.status, document.amount_paid = document.status, status, paid
        if isinstance(document, Receivable):
            await enter_status_change(
                session, document, old_status, at=now, entity_user_id=entity_user_id, source=source
            )
        else:
            await record_status(session, document, old_status, at=now, entity_user_id=entity_user_id, source=source)
        document.paid_at = (last_paid_at or now) if status == "paid" else None
        document.updated_at = now
        verb = status if status in _TOLD_STATES else "updated"
        payload = None if payload_of is None else await payload_of(document)
        record_document_event(session, document, verb, at=now, payload=payload)
    return paid - owed


async def _paid(session: AsyncSession, document: Paid) -> tuple[int, datetime | None]:
    """The sum of a document's succeeded payments, and when the last one was made."""
    await session.flush()
    paid, last_paid_at = (
        await session.execute(
            select(func.coalesce(func.sum(PaymentRecord.amount), 0), func.max(PaymentRecord.paid_at)).where(
                PaymentRecord.object_type == document_type(document),
                PaymentRecord.object_id == document.id,
                PaymentRecord.entity_id == document.entity_id,
                PaymentRecord.status == "succeeded",
            )
        )
    ).one()
    return int(paid), last_paid_at


def record_document_event(
    session: AsyncSession, document: Paid, verb: str, *, at: datetime, payload: dict[str, Any] | None = None
) -> None:
    """Add the event of a document to the caller's transaction."""
    object_type = document_type(document)
    record_event(
        session,
        partner_id=document.partner_id,
        entity_id=document.entity_id,
        object_type=object_type,
        object_id=document.id,
        action=f"{object_type}.{verb}",
        at=at,
        payload=payload,
    )


async def _known(
    session: AsyncSession, document: Paid, company_id: UUID | None, external_id: str | None
) -> PaymentRecord | None:
    if external_id is None:
        return None
    if company_id is None:
        msg = "a payment of the books names its company"
        raise ValueError(msg)
    known: PaymentRecord | None = await session.scalar(
        select(PaymentRecord).where(
            PaymentRecord.partner_id == document.partner_id,
            PaymentRecord.company_id == company_id,
            PaymentRecord.external_id == external_id,
            PaymentRecord.object_type == document_type(document),
            PaymentRecord.object_id == document.id,
        )
    )
    return known
