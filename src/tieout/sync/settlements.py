"""How an intent ends: confirmed, refused or uncertain, together with its link, its snapshot and its event."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change, ExternalRef, Tombstone
from tieout.books.encoding import encode_record
from tieout.books.records import Document
from tieout.platforms.errors import Explanation, PlatformRefusal, WriteRefused
from tieout.platforms.port import Answer, Operation, Write
from tieout.storage.tables.connections import Company, Link
from tieout.storage.tables.work import Intent
from tieout.sync.arriving import apply_payments_of
from tieout.sync.intents import State, decode_write, intent_for, put_request
from tieout.sync.open_books import OpenBooks
from tieout.sync.runs import RunCause, note_push
from tieout.sync.snapshots import save_changes
from tieout.sync.synced_records import tell_link

TAKEN_CODES: Final = ("name_taken", "item_code_taken")
"""Refusals that say that the books know something that we do not: it is pulled at once, and matched if it fits."""
LISTED: Final = ("customer", "vendor", "product")

_ELSEWHERE: Final = Explanation(
    code="linked_to_another",
    message="What the books have under this name or number is linked to another record of yours already.",
    fix="Give the two different names or numbers, or use one record for both; then push again.",
)


def errors_of(refusal: PlatformRefusal) -> dict[str, Any]:
    """What a synced record shows of a refusal: code, message, fix, what happens next, and the platform's trace id."""
    explanation = refusal.explanation
    shown = {
        "code": explanation.code,
        "message": explanation.message,
        "fix": explanation.fix,
        "field": explanation.field,
        "next": refusal.next_step.value,
        "trace_id": refusal.trace_id,
        "native": refusal.native,
    }
    return {name: value for name, value in shown.items() if value is not None}


async def refuse_link(session: AsyncSession, link: Link, refusal: PlatformRefusal, *, now: datetime) -> None:
    """The record is not in the books, and says why."""
    link.sync_status = "error"
    link.errors = errors_of(refusal)
    link.push_wanted_at = None
    link.updated_at = now
    await tell_link(session, link, "failed", now=now)


async def refuse(session: AsyncSession, intent: Intent, link: Link, refusal: PlatformRefusal, *, now: datetime) -> None:
    """The platform refused the write; nothing was written."""
    intent.state = State.REFUSED.value
    intent.settled_at = intent.updated_at = now
    intent.trace_id = refusal.trace_id
    if refusal.explanation.code in TAKEN_CODES and link.object_type in LISTED:
        company = await session.get_one(Company, link.company_id)
        company.pull_due_at = now
        company.pull_cause = RunCause.REFUSAL.value
    if intent.operation == Operation.DELETE.value:
        refusal = WriteRefused(_left_behind(refusal), trace_id=refusal.trace_id, native=refusal.native)
    await refuse_link(session, link, refusal, now=now)


def _left_behind(refusal: PlatformRefusal) -> Explanation:
    return Explanation(
        code="not_taken_back",
        message=f"A document with a wrong total could not be taken out of the books: {refusal.explanation.message}",
        fix=f"Delete it in the books by hand. {refusal.explanation.fix}",
    )


async def confirm(
    session: AsyncSession,
    books: OpenBooks,
    intent: Intent,
    link: Link,
    *,
    change: Change | None,
    answer: Answer | None,
    now: datetime,
) -> None:
    """The write is in the books: its reply becomes the snapshot, unless the total is another than ours.

    `answer` is None when the record was found by looking, not from the write's own answer.
    """
    write = decode_write(intent.planned)
    intent.state = State.CONFIRMED.value
    intent.settled_at = intent.updated_at = now
    if answer is not None:
        intent.trace_id = answer.headers.get(books.platform.trace_header)
    if write.operation is Operation.DELETE or change is None:
        await _settle_deleted(session, books, write, change, link, now=now)
        return
    intent.external_id = change.ref.external_id
    await save_changes(session, books.company.id, [change], base_currency=write.company.base_currency, now=now)
    if await _is_linked_elsewhere(session, link, change):
        await refuse(session, intent, link, WriteRefused(_ELSEWHERE), now=now)
        await note_push(session, books, link.object_type, "refused", now=now)
        return
    if difference := difference_of(write, change):
        await _reverse(session, books, intent, link, change=change, difference=difference, now=now)
        await note_push(session, books, link.object_type, "refused", now=now)
        return
    link.external_kind = change.ref.kind.value
    link.external_id = change.ref.external_id
    link.external_version = change.version.token
    link.external_updated_at = change.version.updated_at
    link.matched_by = "adopted" if answer is None else "pushed"
    link.evidence = {"intent": str(intent.id)}
    link.base = encode_record(change.record)
    link.sync_status = "done"
    link.errors = None
    link.push_wanted_at = None
    link.last_pulled_at = link.updated_at = now
    await tell_link(session, link, "done", now=now)
    await note_push(session, books, link.object_type, "pushed", now=now)
    if _may_have_been_paid(intent, change):
        await session.flush()
        await apply_payments_of(session, books, change.ref.external_id, now=now)


def _may_have_been_paid(intent: Intent, change: Change) -> bool:
    """Whether a payment may have arrived before we knew that the document is there; a replayed answer is an old one."""
    record = change.record
    return isinstance(record, Document) and (intent.attempts > 1 or record.balance != record.total)


async def _settle_deleted(
    session: AsyncSession, books: OpenBooks, write: Write, change: Change | None, link: Link, *, now: datetime
) -> None:
    """What was taken back is gone from the books; some keep it, with a status that says so. Its link stays refused."""
    left: Change | Tombstone | None = change
    if change is None and write.external_id is not None:
        left = Tombstone(ExternalRef(write.kind, write.external_id), now)
    if left is not None:
        await save_changes(session, books.company.id, [left], base_currency=write.company.base_currency, now=now)
    _undone(link, now)
    await tell_link(session, link, "updated", now=now)


async def _is_linked_elsewhere(session: AsyncSession, link: Link, change: Change) -> bool:
    """Whether the record that was found is known to be another one of ours: two of the same name, say."""
    other = await session.scalar(
        select(Link.id).where(
            Link.company_id == link.company_id,
            Link.entity_id == link.entity_id,
            Link.object_type == link.object_type,
            Link.external_id == change.ref.external_id,
            Link.id != link.id,
        )
    )
    return other is not None


def difference_of(write: Write, change: Change) -> Explanation | None:
    """What is wrong with a document whose total in the books is not the partner's; None when they agree."""
    ours, theirs = write.record, change.record
    if not isinstance(ours, Document) or not isinstance(theirs, Document) or ours.total == theirs.total:
        return None
    return Explanation(
        code="total_differs",
        message=f"The books made the total {theirs.total} {theirs.currency} instead of {ours.total} {ours.currency}.",
        fix="The document was taken out of the books again. Compare its tax rates with those in the books.",
        field="total_amount",
    )


async def _reverse(
    session: AsyncSession,
    books: OpenBooks,
    intent: Intent,
    link: Link,
    *,
    change: Change,
    difference: Explanation,
    now: datetime,
) -> None:
    """Take a document with a wrong total out of the books at once, by an intent of its own."""
    write = decode_write(intent.planned)
    undo = Write(
        operation=Operation.DELETE,
        kind=change.ref.kind,
        record=change.record,
        key=f"{write.key}-undo",
        company=write.company,
        external_id=change.ref.external_id,
        version_token=change.version.token,
    )
    reversal = await intent_for(session, link, undo.operation, intent.object_version, now=now)
    reversal.evidence = {**reversal.evidence, "reverses": str(intent.id), "because": difference.code}
    put_request(reversal, undo, books.platform.plan_write(books.company.external_id, undo))
    await refuse_link(session, link, WriteRefused(difference, trace_id=intent.trace_id), now=now)


def _undone(link: Link, now: datetime) -> None:
    link.external_id = None
    link.external_version = None
    link.updated_at = now
