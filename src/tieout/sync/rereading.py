"""Rereading: the books refused a write because somebody changed the record meanwhile. It is read, and planned anew.

What is planned then is decided by what was read: nothing that somebody changed in the books is overwritten unseen.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change, ExternalRef, Tombstone
from tieout.kit.identifiers import new_id
from tieout.platforms.errors import Explanation, PlatformRefusal, WriteRefused
from tieout.platforms.port import Write
from tieout.storage.tables.connections import Link
from tieout.storage.tables.work import Intent
from tieout.sync.intents import KEY_PREFIX, STALE, Kept, State, decode_write, keep_request, put_request
from tieout.sync.open_books import OpenBooks
from tieout.sync.runs import note_push
from tieout.sync.settlements import REVERSES, errors_of, refuse
from tieout.sync.snapshots import save_changes

STALE_MAX: Final = 3
"""How often one wish is planned anew because the record was changed meanwhile."""

_KEEPS_CHANGING: Final = Explanation(
    code="keeps_changing",
    message="Somebody, or another program, kept changing the record in the books while Tieout was writing to it.",
    fix="Wait until they are done with it, then push again.",
)


async def settle_stale(
    session: AsyncSession,
    books: OpenBooks,
    intent: Intent,
    link: Link,
    *,
    refusal: PlatformRefusal,
    there: Change | None,
    now: datetime,
) -> None:
    """Keep what was read of the record, None if it is gone, and leave its wish to be planned anew, at most so often."""
    write = decode_write(intent.planned)
    news: Change | Tombstone | None = there
    if there is None and write.external_id is not None:
        news = Tombstone(ExternalRef(write.kind, write.external_id), now)
    if news is not None:
        await save_changes(session, books.company.id, [news], base_currency=write.company.base_currency, now=now)
    times = _times(intent) + 1
    if REVERSES in intent.evidence and there is not None and there.record == write.record and times <= STALE_MAX:
        _put_again(session, books, intent, replace(write, version_token=there.version.token), times, now=now)
        return
    intent.evidence = {**intent.evidence, STALE: {"wish": intent.wish, "times": times}}
    if times > STALE_MAX or REVERSES in intent.evidence:
        final = refusal if REVERSES in intent.evidence else WriteRefused(_KEEPS_CHANGING, trace_id=refusal.trace_id)
        await refuse(session, intent, link, final, now=now)
        await note_push(session, books, link.object_type, "refused", now=now)
        return
    intent.state = State.REFUSED.value
    intent.settled_at = intent.updated_at = now
    intent.trace_id = refusal.trace_id
    intent.evidence = {**intent.evidence, "refusal": errors_of(refusal)}


def _put_again(
    session: AsyncSession, books: OpenBooks, intent: Intent, write: Write, times: int, *, now: datetime
) -> None:
    """Of a reversal: what was to be taken out says the same still, as another version."""
    renewed = replace(write, key=KEY_PREFIX + new_id().hex)
    keep_request(session, intent, Kept.CHANGED, now=now)
    put_request(intent, renewed, books.platform.plan_write(books.company.external_id, renewed))
    intent.evidence = {**intent.evidence, STALE: {"wish": intent.wish, "times": times}}
    intent.state = State.READY.value
    intent.first_sent_at = intent.last_sent_at = intent.resolve_at = None
    intent.updated_at = now


def _times(intent: Intent) -> int:
    """How often this wish was planned anew before."""
    before: dict[str, Any] = intent.evidence.get(STALE) or {}
    return int(before["times"]) if before.get("wish") == intent.wish else 0
