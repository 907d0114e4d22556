"""Wanting a push.

The partner's record and the wish to have it in the books commit together, and the lane is woken with them.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.port import Engine
from tieout.kit.identifiers import new_id
from tieout.storage.tables.business import Entity, OfEntity, Payable, PaymentRecord, Receivable
from tieout.storage.tables.connections import Connection, Link
from tieout.storage.tables.payable_credit_notes import PayableCreditNote
from tieout.sync.accounting_defaults import payments_account_id
from tieout.sync.connected import LIVE
from tieout.sync.drafting_payments import LINKED_AS
from tieout.sync.parking import retry_push
from tieout.sync.parts import is_refused_itself, load_parts, tell_whole
from tieout.sync.settling import CREDITING
from tieout.sync.synced_records import Verb, tell_link

ObjectType = Literal[
    "product",
    "customer",
    "vendor",
    "receivable",
    "bill",
    "payable_credit_note",
    "payment_record",
    "credit_allocation",
    "attachment",
]


def company_lane(company_id: UUID) -> str:
    """The key of a company's lane."""
    return f"company:{company_id}"


async def want_push(
    session: AsyncSession,
    engine: Engine,
    whose: OfEntity,
    object_type: ObjectType,
    object_id: UUID,
    *,
    object_updated_at: datetime,
    now: datetime,
    part_of: Link | None = None,
) -> Link | None:
    """Mark a record as wanted in the books as it now is, in the caller's transaction.

    Returns its link, or None when the entity has no connection: documents from before a connection are not pushed.
    """
    company_id = await session.scalar(
        select(Connection.company_id).where(
            Connection.entity_id == whose.entity_id,
            Connection.partner_id == whose.partner_id,
            Connection.status.in_(LIVE),
        )
    )
    if company_id is None:
        return None
    link = await session.scalar(
        select(Link)
        .where(
            Link.company_id == company_id,
            Link.entity_id == whose.entity_id,
            Link.object_type == object_type,
            Link.object_id == object_id,
        )
        .with_for_update()
    )
    is_new = link is None
    if link is None:
        link = Link(
            id=new_id(),
            partner_id=whose.partner_id,
            entity_id=whose.entity_id,
            company_id=company_id,
            object_type=object_type,
            object_id=object_id,
            wishes=0,
            last_pulled_at=now,
            created_at=now,
            updated_at=now,
        )
        session.add(link)
    link.object_updated_at = object_updated_at
    link.part_of = None if part_of is None else part_of.id
    await want_link(session, engine, link, now=now, verb="created" if is_new else "updated")
    return link


async def want_link(
    session: AsyncSession, engine: Engine, link: Link, *, now: datetime, verb: Verb = "updated"
) -> None:
    """Mark what a link is about as wanted, count the wish, tell it and wake the lane, in the caller's transaction."""
    link.push_wanted_at = now
    link.wishes += 1
    link.sync_status = "pending"
    link.errors = None
    link.updated_at = now
    await retry_push(session, company_lane(link.company_id), link.id, now=now)
    await tell_link(session, link, verb, now=now)
    await tell_whole(session, link, now=now)
    await engine.wake(session, company_lane(link.company_id))


async def want_change(
    session: AsyncSession, engine: Engine, row: Receivable, object_type: ObjectType, *, now: datetime
) -> None:
    """Want a document as it now is in the books that have it or are to have it; others never hear of it.

    Books that are not connected now follow once they are connected again.
    """
    links = await session.scalars(
        select(Link)
        .where(
            Link.partner_id == row.partner_id,
            Link.entity_id == row.entity_id,
            Link.object_type == object_type,
            Link.object_id == row.id,
        )
        .with_for_update()
    )
    for link in links.all():
        link.object_updated_at = row.updated_at
        await want_link(session, engine, link, now=now)


async def want_payment(session: AsyncSession, engine: Engine, record: PaymentRecord, *, now: datetime) -> Link | None:
    """Want a payment that the partner told of in the books.

    Only where the entity has an account for payments, and of a document that the books have or are to have: all else
    shows as a difference.
    """
    entity = await session.get_one(Entity, record.entity_id)
    document = await _live_link(session, record, LINKED_AS[record.object_type], record.object_id)
    if document is None or payments_account_id(entity.settings) is None:
        return None
    await session.flush()
    return await want_push(
        session, engine, record, "payment_record", record.id, object_updated_at=record.updated_at, now=now
    )


async def want_credit(
    session: AsyncSession, engine: Engine, note: Receivable | PayableCreditNote, *, now: datetime
) -> None:
    """Want a credit note in the books, and its use on the document that it is based on, if the books have that."""
    link = await want_push(
        session, engine, note, _type_of_credit(note), note.id, object_updated_at=note.updated_at, now=now
    )
    if link is not None:
        await _want_use(session, engine, note, link, now=now)


async def _want_use(
    session: AsyncSession, engine: Engine, note: Receivable | PayableCreditNote, link: Link, *, now: datetime
) -> None:
    """Want the use of a credit note on the document that it is based on, if the books have or are to have that."""
    if note.based_on is None:
        return
    is_sale = isinstance(note, Receivable)
    document = await _live_link(session, note, "receivable" if is_sale else "bill", note.based_on)
    if document is not None:
        await want_push(
            session,
            engine,
            note,
            "credit_allocation",
            note.id,
            object_updated_at=note.updated_at,
            now=now,
            part_of=link,
        )


async def want_belongings(session: AsyncSession, engine: Engine, row: Receivable | Payable, *, now: datetime) -> None:
    """Want with a document what befell it before it was wanted itself: payments that we were told of, and credits."""
    records = await session.scalars(
        select(PaymentRecord)
        .where(
            PaymentRecord.partner_id == row.partner_id,
            PaymentRecord.entity_id == row.entity_id,
            PaymentRecord.object_id == row.id,
            PaymentRecord.status == "succeeded",
            PaymentRecord.source == "partner",
            PaymentRecord.external_id.is_(None),
        )
        .order_by(PaymentRecord.paid_at, PaymentRecord.id)
    )
    for record in records.all():
        await want_payment(session, engine, record, now=now)
    for note in await _credits_of(session, row):
        link = await _live_link(session, note, _type_of_credit(note), note.id)
        if link is None:
            await want_credit(session, engine, note, now=now)
        elif await _live_link(session, note, "credit_allocation", note.id) is None:
            await _want_use(session, engine, note, link, now=now)


def _type_of_credit(note: Receivable | PayableCreditNote) -> ObjectType:
    return "receivable" if isinstance(note, Receivable) else "payable_credit_note"


async def _credits_of(session: AsyncSession, row: Receivable | Payable) -> list[Receivable | PayableCreditNote]:
    """The credit notes in force that are based on a document."""
    model: Any = Receivable if isinstance(row, Receivable) else PayableCreditNote
    in_force = ("issued",) if model is Receivable else CREDITING
    found = await session.scalars(
        select(model)
        .where(
            model.partner_id == row.partner_id,
            model.entity_id == row.entity_id,
            model.based_on == row.id,
            model.status.in_(in_force),
            model.deleted_at.is_(None),
        )
        .order_by(model.id)
    )
    return list(found)


async def is_wanted(session: AsyncSession, row: Receivable | Payable) -> bool:
    """Whether the books have a document, or are to have it."""
    object_type = "receivable" if isinstance(row, Receivable) else "bill"
    return await _live_link(session, row, object_type, row.id) is not None


async def want_file(session: AsyncSession, engine: Engine, bill: Payable, *, now: datetime) -> None:
    """Want the file of a bill on it, if it has one and the books have the bill or are to have it."""
    document = await _live_link(session, bill, "bill", bill.id)
    if document is None or bill.file_id is None:
        return
    await want_push(
        session, engine, bill, "attachment", bill.file_id, object_updated_at=bill.updated_at, now=now, part_of=document
    )


async def _live_link(session: AsyncSession, owner: OfEntity, object_type: str, object_id: UUID) -> Link | None:
    """The link of a record to the books that its entity is connected to, locked."""
    await session.flush()
    found: Link | None = await session.scalar(
        select(Link)
        .join(Connection, Connection.company_id == Link.company_id)
        .where(
            Connection.entity_id == owner.entity_id,
            Connection.partner_id == owner.partner_id,
            Connection.status.in_(LIVE),
            Link.entity_id == owner.entity_id,
            Link.object_type == object_type,
            Link.object_id == object_id,
        )
        .with_for_update(of=Link)
    )
    return found


async def push_again(session: AsyncSession, engine: Engine, link: Link, *, now: datetime) -> bool:
    """Want a record's push once more, in the caller's transaction; what is in the books already is left alone.

    Of a document that is there only the parts that were refused are wanted again. Returns whether anything is.
    """
    if link.external_id is not None and link.sync_status == "done":
        return False
    if link.external_id is None or is_refused_itself(link) or link.push_wanted_at is not None:
        await want_link(session, engine, link, now=now)
    for part in await load_parts(session, link):
        if part.sync_status == "error":
            await want_link(session, engine, part, now=now)
    return True
