"""How an intent ends: confirmed, refused or uncertain, together with its link, its snapshot and its event."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change
from tieout.books.encoding import encode_record
from tieout.books.records import Document
from tieout.kit.identifiers import new_id
from tieout.platforms.errors import Explanation, PlatformRefusal, WriteRefused
from tieout.platforms.port import Answer, Operation, Write
from tieout.storage.tables.connections import Link
from tieout.storage.tables.work import Intent
from tieout.sync.events import record_event
from tieout.sync.intents import State, decode_write, put_request
from tieout.sync.open_books import OpenBooks
from tieout.sync.snapshots import save_changes


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


def refuse_link(session: AsyncSession, link: Link, refusal: PlatformRefusal, *, now: datetime) -> None:
    """The record is not in the books, and says why."""
    link.sync_status = "error"
    link.errors = errors_of(refusal)
    link.push_wanted_at = None
    link.updated_at = now
    _tell(session, link, "refused", now, {"code": refusal.explanation.code})


def refuse(session: AsyncSession, intent: Intent, link: Link, refusal: PlatformRefusal, *, now: datetime) -> None:
    """The platform refused the write; nothing was written."""
    intent.state = State.REFUSED.value
    intent.settled_at = intent.updated_at = now
    intent.trace_id = refusal.trace_id
    intent.evidence = {**intent.evidence, "refusal": errors_of(refusal)}
    if intent.operation == Operation.DELETE.value:
        refusal = WriteRefused(_left_behind(refusal), trace_id=refusal.trace_id, native=refusal.native)
    refuse_link(session, link, refusal, now=now)


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
        intent.answer_status = answer.status
        intent.answer = answer.body
        intent.trace_id = answer.headers.get(books.platform.trace_header)
    else:
        intent.evidence = {**intent.evidence, "adopted_at": now.isoformat()}
    if change is None:
        _undone(link, now)
        return
    intent.external_id = change.ref.external_id
    await save_changes(session, books.company.id, [change], base_currency=write.company.base_currency, now=now)
    if difference := difference_of(write, change):
        _reverse(session, books, intent, link, change=change, difference=difference, now=now)
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
    _tell(session, link, "done", now, {"external_id": change.ref.external_id})


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


def _reverse(
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
    reversal = Intent(
        id=new_id(),
        partner_id=intent.partner_id,
        entity_id=intent.entity_id,
        company_id=intent.company_id,
        link_id=link.id,
        object_type=intent.object_type,
        object_id=intent.object_id,
        object_version=intent.object_version,
        operation=Operation.DELETE.value,
        state=State.READY.value,
        evidence={"reverses": str(intent.id), "because": difference.code},
        created_at=now,
        updated_at=now,
    )
    put_request(reversal, undo, books.platform.plan_write(books.company.external_id, undo))
    session.add(reversal)
    refuse_link(session, link, WriteRefused(difference, trace_id=intent.trace_id), now=now)


def _undone(link: Link, now: datetime) -> None:
    link.external_id = None
    link.external_version = None
    link.updated_at = now


def _tell(session: AsyncSession, link: Link, verb: str, now: datetime, payload: dict[str, Any]) -> None:
    record_event(
        session,
        partner_id=link.partner_id,
        entity_id=link.entity_id,
        object_type="accounting_synced_record",
        object_id=link.id,
        action=f"accounting_synced_record.{verb}",
        at=now,
        payload={"object_type": link.object_type, "object_id": str(link.object_id), **payload},
    )
