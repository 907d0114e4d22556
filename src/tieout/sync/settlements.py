"""How an intent ends: confirmed, refused or uncertain, together with its link, its snapshot and its event."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change, ExternalRef, Tombstone
from tieout.books.encoding import encode_record
from tieout.books.records import Bill, Invoice
from tieout.platforms.cures import remedy_of
from tieout.platforms.errors import Cure, Explanation, Gone, PlatformRefusal, WriteRefused
from tieout.platforms.port import Answer, Operation, Write
from tieout.storage.tables.business import Entity
from tieout.storage.tables.connections import Company, Link, Snapshot
from tieout.storage.tables.work import Intent
from tieout.sync.arriving import apply_payments_of, know_payment
from tieout.sync.conflicts import keep_held, load_open
from tieout.sync.cures import cures_of
from tieout.sync.curing import remember_cure
from tieout.sync.dependents import WAS_REFUSED, want_dependents
from tieout.sync.differences import (
    ACCEPTED,
    DIFFERS,
    LEFT_BEHIND,
    accepted_totals,
    differs,
    is_rounding,
    is_the_books_own,
    left_there,
    taken_out,
)
from tieout.sync.faces import keeping
from tieout.sync.intents import State, decode_write, intent_for, put_request
from tieout.sync.marking import base_of, note_if_changed_there
from tieout.sync.open_books import OpenBooks
from tieout.sync.parts import forget_parts, show_settled, tell_whole
from tieout.sync.rules import rules_of
from tieout.sync.runs import RunCause, note_push
from tieout.sync.sides import sides_of
from tieout.sync.snapshots import save_changes
from tieout.sync.standing import held_fields
from tieout.sync.synced_records import tell_link

TAKEN_CODES: Final = ("name_taken", "item_code_taken")
"""Refusals that say that the books know something that we do not: it is pulled at once, and matched if it fits."""
READ_WITHIN_S: Final = 300
"""After a refusal the books are read at once, unless they were read so shortly before."""
REVERSES: Final = "reverses"
"""Where the evidence of a deletion names the write that made a wrong total."""
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
        "candidates": [{"id": each.id, "name": each.name} for each in explanation.candidates] or None,
        "next": refusal.next_step.value,
        "retries": cures_of(refusal),
        "trace_id": refusal.trace_id,
        "native": refusal.native,
    }
    return {name: value for name, value in shown.items() if value is not None}


async def refuse_link(
    session: AsyncSession,
    link: Link,
    refusal: PlatformRefusal,
    *,
    now: datetime,
    operation: str | None = None,
    write: Write | None = None,
) -> None:
    """What is wanted of the record is not in the books, and the record says why, and which operation failed."""
    remember_cure(link, refusal, write, now=now)
    link.sync_status = "error"
    link.errors = errors_of(refusal) | ({} if operation is None else {"operation": operation})
    link.push_wanted_at = None
    link.evidence = {**(link.evidence or {}), WAS_REFUSED: now.isoformat()}
    link.updated_at = now
    await tell_link(session, link, "failed", now=now)
    await tell_whole(session, link, now=now)


async def settle_link(session: AsyncSession, link: Link, *, now: datetime) -> None:
    """Nothing is wanted of the record itself any more; it is done once nothing of its parts is."""
    link.push_wanted_at = None
    link.last_pulled_at = link.updated_at = now
    await show_settled(session, link, now=now)
    await tell_whole(session, link, now=now)


async def refuse(session: AsyncSession, intent: Intent, link: Link, refusal: PlatformRefusal, *, now: datetime) -> None:
    """The platform refused the write; nothing was written."""
    if isinstance(refusal, Gone) and intent.operation in (Operation.VOID.value, Operation.DELETE.value):
        intent.state = State.CONFIRMED.value
        intent.settled_at = intent.updated_at = now
        await _settle_taken_out(session, intent, link, decode_write(intent.planned), None, now=now)
        return
    intent.state = State.REFUSED.value
    intent.settled_at = intent.updated_at = now
    intent.trace_id = refusal.trace_id
    if refusal.explanation.code in TAKEN_CODES and link.object_type in LISTED:
        company = await session.get_one(Company, link.company_id)
        company.pull_due_at = now
        company.pull_cause = RunCause.REFUSAL.value
    elif Cure.BOOKS_CHANGE in remedy_of(refusal).cures:
        await _read_what_refused(session, link, now=now)
    if REVERSES in intent.evidence:
        refusal = WriteRefused(_left_behind(refusal), trace_id=refusal.trace_id, native=refusal.native)
        left = decode_write(intent.planned)
        named = {"kind": left.kind.value, "external_id": left.external_id}
        link.evidence = {**(link.evidence or {}), LEFT_BEHIND: named}
    if link.wishes > intent.wish and link.push_wanted_at is not None and REVERSES not in intent.evidence:
        return  # it was changed while this was on its way: what is wanted now is planned anew
    await refuse_link(session, link, refusal, now=now, operation=intent.operation, write=decode_write(intent.planned))


async def _read_what_refused(session: AsyncSession, link: Link, *, now: datetime) -> None:
    """The books refuse for something in them that we may not have read yet: only what was read is seen to change."""
    company = await session.get_one(Company, link.company_id)
    if company.last_pulled_at is None or now - company.last_pulled_at < timedelta(seconds=READ_WITHIN_S):
        return
    if company.pull_due_at is not None and company.pull_due_at > now:
        company.pull_due_at = now
        company.pull_cause = RunCause.REFUSAL.value


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
    since: Change | Tombstone | None = None,
) -> None:
    """The write is in the books, and its reply becomes the snapshot. It is agreed on unless its total is not ours.

    `answer` is None when the record was found by looking, not from the write's own answer. `since` is what has become
    of the record, where the reply is that of an earlier sending.
    """
    write = decode_write(intent.planned)
    intent.state = State.CONFIRMED.value
    intent.settled_at = intent.updated_at = now
    if answer is not None:
        intent.trace_id = answer.headers.get(books.platform.trace_header)
    if write.operation in (Operation.VOID, Operation.DELETE) or change is None:
        await _settle_taken_out(session, intent, link, write, change, now=now)
        if REVERSES not in intent.evidence:
            await note_push(session, books, link.object_type, "pushed", now=now)
        return
    intent.external_id = change.ref.external_id
    await _keep(session, intent, write, change, since, now=now)
    is_own = is_the_books_own(write, change, answer=answer, attempts=intent.attempts, since=since)
    if isinstance(since, Change):
        change = replace(change, version=since.version)
    if await _is_linked_elsewhere(session, link, change):
        await refuse(session, intent, link, WriteRefused(_ELSEWHERE), now=now)
        await note_push(session, books, link.object_type, "refused", now=now)
        return
    is_other = not isinstance(since, Tombstone) and differs(write, change)
    is_accepted = is_other and await _is_accepted(session, link, write, change)
    is_wrong = is_other and not is_accepted
    if is_wrong and is_own:
        await _reverse(session, books, intent, link, change=change, now=now)
    elif is_wrong:
        await _leave_there(session, intent, link, change, is_found=answer is None, now=now)
    else:
        await _agree(session, intent, link, change, is_found=answer is None, now=now)
    if is_accepted:
        link.evidence = {**(link.evidence or {}), ACCEPTED: accepted_totals(write, change)}
    await note_push(session, books, link.object_type, "refused" if is_wrong else "pushed", now=now)
    if write.operation is Operation.CREATE and not (is_wrong and is_own):
        await _know_what_settles(session, books, intent, link, change, now=now)


async def _know_what_settles(
    session: AsyncSession, books: OpenBooks, intent: Intent, link: Link, change: Change, *, now: datetime
) -> None:
    """Payments that are known, or may have arrived before we knew that the document is there."""
    await know_payment(session, link)
    if _may_have_been_paid(intent, change):
        await session.flush()
        await apply_payments_of(session, sides_of(books), {change.ref.external_id}, now=now)


async def _is_accepted(session: AsyncSession, link: Link, write: Write, change: Change) -> bool:
    """Whether the entity's rules take another total for rounding, and leave the document as the books have it."""
    entity = await session.get_one(Entity, link.entity_id)
    return is_rounding(write, change, tolerance=rules_of(entity.settings).total_tolerance)


async def _keep(
    session: AsyncSession,
    intent: Intent,
    write: Write,
    change: Change,
    since: Change | Tombstone | None,
    *,
    now: datetime,
) -> None:
    """The newest that is known of the record becomes its snapshot."""
    currency = write.company.base_currency
    if since is not None or not await _is_known_better(session, intent, change):
        await save_changes(session, intent.company_id, [change], base_currency=currency, now=now)
    if since is not None:
        await save_changes(session, intent.company_id, [since], base_currency=currency, now=now)


async def _is_known_better(session: AsyncSession, intent: Intent, change: Change) -> bool:
    """Whether a pull has brought something newer of the record than the answer of a repetition tells."""
    if intent.attempts <= 1 or change.version.updated_at is None:
        return False
    kept = await session.get(Snapshot, (intent.company_id, change.ref.kind.value, change.ref.external_id))
    return kept is not None and kept.changed_at is not None and kept.changed_at > change.version.updated_at


async def _agree(
    session: AsyncSession, intent: Intent, link: Link, change: Change, *, is_found: bool, now: datetime
) -> None:
    """Both sides say the same from now on, unless ours has been changed since this was planned."""
    await _link(session, intent, link, change, is_found=is_found, now=now)
    link.base = encode_record(keeping(change.record, base_of(link), held_fields(link)))
    link.agreed = intent.agreed
    await note_if_changed_there(session, link, now=now)
    await _settle_wish(session, intent, link, now=now)


async def _leave_there(
    session: AsyncSession, intent: Intent, link: Link, change: Change, *, is_found: bool, now: datetime
) -> None:
    """The document is there with another total, which may be somebody's doing: it is ours, and the record says so.

    What we wrote stays the base, so that nothing is written over what is there as long as it differs.
    """
    write = decode_write(intent.planned)
    if write.operation is Operation.CREATE:
        await _link(session, intent, link, change, is_found=is_found, now=now)
        link.base = encode_record(write.record)
        link.agreed = intent.agreed
        link.evidence = {**(link.evidence or {}), DIFFERS: True}
    link.changed_there_at = now
    if link.wishes > intent.wish and link.push_wanted_at is not None:
        await _settle_wish(session, intent, link, now=now)
        return
    refusal = WriteRefused(left_there(write, change), trace_id=intent.trace_id)
    await refuse_link(session, link, refusal, now=now, operation=intent.operation, write=write)


async def _link(
    session: AsyncSession, intent: Intent, link: Link, change: Change, *, is_found: bool, now: datetime
) -> None:
    """From now on the record has its twin in the books."""
    was_refused = link.evidence or {}
    link.external_kind = change.ref.kind.value
    link.external_id = change.ref.external_id
    link.external_version = change.version.token
    link.external_updated_at = change.version.updated_at
    if intent.operation == Operation.CREATE.value:
        link.matched_by = "adopted" if is_found else "pushed"
        link.evidence = {"intent": str(intent.id)}
        await want_dependents(session, link, was_refused, now=now)


async def _settle_wish(session: AsyncSession, intent: Intent, link: Link, *, now: datetime) -> None:
    """What was wanted is done; what was wanted since is planned next."""
    link.last_pulled_at = link.updated_at = now
    if link.wishes <= intent.wish:
        await settle_link(session, link, now=now)
        return
    link.push_wanted_at = link.push_wanted_at or now
    link.sync_status = "pending"
    link.errors = None
    await tell_link(session, link, "updated", now=now)


def _may_have_been_paid(intent: Intent, change: Change) -> bool:
    """Whether a payment may have arrived before we knew that the document is there; a replayed answer is an old one."""
    record = change.record
    return isinstance(record, Invoice | Bill) and (intent.attempts > 1 or record.balance != record.total)


async def _settle_taken_out(
    session: AsyncSession, intent: Intent, link: Link, write: Write, change: Change | None, *, now: datetime
) -> None:
    """What was voided or deleted; some books keep it, with a status that says so.

    What was reversed for a wrong total stays refused; what was voided keeps its link, for its number stays in use.
    """
    left: Change | Tombstone | None = change
    if change is None and write.external_id is not None:
        left = Tombstone(ExternalRef(write.kind, write.external_id), now)
    if left is not None:
        await save_changes(session, link.company_id, [left], base_currency=write.company.base_currency, now=now)
    if REVERSES in intent.evidence:
        _undone(link, now)
        await tell_link(session, link, "updated", now=now)
        return
    if write.operation is Operation.VOID and change is not None:
        link.external_version = change.version.token
        link.external_updated_at = change.version.updated_at
        link.base = encode_record(change.record)
    else:
        link.evidence = {**(link.evidence or {}), "taken_out": {"external_id": link.external_id, "at": now.isoformat()}}
        _undone(link, now)
        link.base = link.agreed = None
        await keep_held(session, link, await load_open(session, link, for_update=True), [], now=now)
        await forget_parts(session, link, now=now)
    await _settle_wish(session, intent, link, now=now)


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


async def _reverse(
    session: AsyncSession,
    books: OpenBooks,
    intent: Intent,
    link: Link,
    *,
    change: Change,
    now: datetime,
) -> None:
    """Take a document to which the books gave a wrong total out of them at once, by an intent of its own."""
    write = decode_write(intent.planned)
    difference = taken_out(write, change)
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
    reversal.evidence = {**reversal.evidence, REVERSES: str(intent.id), "because": difference.code}
    reversal.wish = link.wishes
    put_request(reversal, undo, books.platform.plan_write(books.company.external_id, undo))
    refusal = WriteRefused(difference, trace_id=intent.trace_id)
    await refuse_link(session, link, refusal, now=now, operation=intent.operation)


def _undone(link: Link, now: datetime) -> None:
    link.external_id = None
    link.external_version = None
    link.updated_at = now
