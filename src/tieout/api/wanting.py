"""Wanting the documents of a call in the books, which follow what is changed of parties and products, too.

Everything commits with the call.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from uuid import UUID

from tieout.api.dependencies import CallForEntity
from tieout.storage.tables.business import Payable, PaymentRecord, Receivable
from tieout.storage.tables.payable_credit_notes import PayableCreditNote
from tieout.sync import following, wanting, withdrawing
from tieout.sync.push_statuses import BILLED, Follow, plan_follow
from tieout.sync.rules import rules_of

DocumentType = Literal["receivable", "bill"]


async def want_in_books(call: CallForEntity, row: Receivable | Payable | PayableCreditNote) -> None:
    """Mark a document as wanted in the books, with what belongs to it; without a connection nothing is marked."""
    session, engine = call.session, call.services.engine
    await session.flush()
    if isinstance(row, PayableCreditNote) or (isinstance(row, Receivable) and row.type == "credit_note"):
        await wanting.want_credit(session, engine, row, now=call.now)
        return
    object_type: DocumentType = "receivable" if isinstance(row, Receivable) else "bill"
    await wanting.want_push(session, engine, row, object_type, row.id, object_updated_at=row.updated_at, now=call.now)
    if isinstance(row, Payable):
        await wanting.want_file(session, engine, row, now=call.now)


async def want_by_status(call: CallForEntity, row: Receivable | Payable, old_status: str) -> bool:
    """Want a document whose status changed, where the entity's rules name the new one and did not name the old.

    With it goes what befell it before. Returns whether it is wanted by this.
    """
    if plan_follow(await _push_statuses(call, row), old_status, row.status) is not Follow.WANT:
        return False
    await want_in_books(call, row)
    await wanting.want_belongings(call.session, call.services.engine, row, now=call.now)
    return True


async def follow_status(call: CallForEntity, row: Payable, old_status: str) -> None:
    """Bring the books in step with a new status of a bill, or its deletion, as the entity's rules say."""
    status = row.status if row.deleted_at is None else "deleted"
    if plan_follow(await _push_statuses(call, row), old_status, status) is Follow.WITHDRAW:
        await withdraw(call, "bill", row.id)
    else:
        await want_by_status(call, row, old_status)


async def want_credit(call: CallForEntity, note: Receivable | PayableCreditNote) -> None:
    """Want a credit note that begins to count, if documents of its side are pushed or the books have its document."""
    names = await _push_statuses(call, note)
    if not set(names) & {"issued", *BILLED} and not await _is_based_on_wanted(call, note):
        return
    await want_in_books(call, note)


async def _is_based_on_wanted(call: CallForEntity, note: Receivable | PayableCreditNote) -> bool:
    if note.based_on is None:
        return False
    base = await call.session.get(Receivable if isinstance(note, Receivable) else Payable, note.based_on)
    return isinstance(base, Receivable | Payable) and await wanting.is_wanted(call.session, base)


async def _push_statuses(call: CallForEntity, row: Receivable | Payable | PayableCreditNote) -> tuple[str, ...]:
    rules = rules_of((await call.load_entity()).settings)
    return rules.push_statuses["receivable" if isinstance(row, Receivable) else "payable"]


async def want_change(call: CallForEntity, row: Receivable) -> None:
    """Want an issued document as it now is in the books that have it, or are to have it."""
    await wanting.want_change(call.session, call.services.engine, row, "receivable", now=call.now)


async def want_payment(call: CallForEntity, record: PaymentRecord) -> None:
    """Want a payment that succeeded in the books, where the entity has an account for payments."""
    await wanting.want_payment(call.session, call.services.engine, record, now=call.now)


async def want_file(call: CallForEntity, bill: Payable) -> None:
    """Want a bill's file on it, if the books have the bill or are to have it."""
    await wanting.want_file(call.session, call.services.engine, bill, now=call.now)


async def withdraw(call: CallForEntity, object_type: DocumentType, object_id: UUID) -> None:
    """A document counts no more: it is never sent, or taken out of the books."""
    await call.session.flush()
    await withdrawing.withdraw(
        call.session,
        call.services.engine,
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        object_type=object_type,
        object_id=object_id,
        now=call.now,
    )


@asynccontextmanager
async def followed(
    call: CallForEntity, kind: Literal["counterpart", "product"], object_id: UUID
) -> AsyncIterator[None]:
    """Let the books follow what is changed of a counterpart or product inside."""
    before = await following.load_followers(
        call.session,
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        object_types=("customer", "vendor") if kind == "counterpart" else ("product",),
        object_id=object_id,
    )
    yield
    await call.session.flush()
    await following.want_followed(call.session, call.services.engine, before, now=call.now)
