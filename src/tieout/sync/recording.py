"""Recording what became of intents, several in one commit, and each by itself where one of them cannot be recorded."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.port import Turn
from tieout.engine.running import told
from tieout.kit.errors import LeaseLost
from tieout.kit.identifiers import new_id
from tieout.platforms.errors import PlatformRefusal, Throttled
from tieout.storage.database import Table
from tieout.storage.tables.connections import Company, Connection, Link
from tieout.storage.tables.work import Intent
from tieout.storage.tables.writes import Send
from tieout.sync.attempts import Act, Outcome, note_attempts
from tieout.sync.calling import SEND_WITHIN_S
from tieout.sync.intents import (
    ABSENT,
    KEY_PREFIX,
    Kept,
    State,
    backoff,
    forget_file,
    judge_absence,
    keep_request,
    put_request,
    request_of,
)
from tieout.sync.open_books import OpenBooks
from tieout.sync.parking import forget_faults, is_fault_of_ours, note_push_fault, push_unit
from tieout.sync.parts import load_locked
from tieout.sync.rereading import settle_stale
from tieout.sync.runs import note_calls, note_push, run_of
from tieout.sync.settlements import confirm, refuse
from tieout.sync.verdicts import Absent, Done, Ending, Made, Poisoned, PutOff, Refused, Stale

LOOKING_RESTS_S: Final = 600
"""How long a write in doubt waits where the books cannot be looked at for another reason than that they fail."""

log = structlog.get_logger(__name__)


async def record(books: OpenBooks, turn: Turn, made: Sequence[Made]) -> None:
    """Record what has ended in one commit; should that fail, each intent in one of its own. Raises LeaseLost."""
    try:
        await _record(books, turn, made)
    except LeaseLost:
        raise
    except Exception:
        log.exception("writes_not_recorded", count=sum(len(one.endings) for one in made))
        for one in made:
            for ending in one.endings:
                await _record_or_park(books, turn, replace(one, endings=(ending,)))


async def _record_or_park(books: OpenBooks, turn: Turn, made: Made) -> None:
    try:
        await _record(books, turn, [made])
    except LeaseLost:
        raise
    except Exception as error:
        (ending,) = made.endings
        log.exception("write_not_recorded", intent=str(ending.entry.intent.id))
        if not is_fault_of_ours(error):
            raise
        now = books.services.clock.now()
        async with turn.commit() as session:
            intent = await session.get_one(Intent, ending.entry.intent.id)
            _stays_uncertain(intent, now=now)
            note_attempts(session, intent, ending.attempts)
            await note_push_fault(session, books.faults, intent, told(error), now=now)


async def _record(books: OpenBooks, turn: Turn, made: Sequence[Made]) -> None:
    now = books.services.clock.now()
    endings = [ending for one in made for ending in one.endings]
    async with turn.commit() as session:
        shared: list[Table] = [await session.get_one(Company, books.company.id, with_for_update=True)]
        if any(isinstance(ending.verdict, Done | Refused) for ending in endings):
            shared.append(await run_of(session, books, now=now))
        connection = await session.get_one(Connection, books.connection.id, with_for_update=True)
        is_left = connection.status == "disconnected"
        ids = [ending.entry.intent.id for ending in endings]
        intents = {row.id: row for row in await session.scalars(select(Intent).where(Intent.id.in_(ids)))}
        links = await load_locked(session, {intent.link_id for intent in intents.values()})
        for one in made:
            if one.send_id is not None:
                await _note_batch(session, one)
        for ending in endings:
            intent = intents[ending.entry.intent.id]
            note_attempts(session, intent, ending.attempts)
            await _settle(session, books, intent, links[intent.link_id], ending, now=now)
            if is_left and intent.state == State.READY.value:
                _cancel(intent, now=now)
            if intent.settled_at is not None:
                forget_file(intent)
        await note_calls(session, books, now=now)
        shared.clear()  # held until here: a session lets go of rows that nobody holds, and would read them for each


async def _note_batch(session: AsyncSession, made: Made) -> None:
    """Keep what a batch was answered; one that was never sent is forgotten."""
    send = await session.get_one(Send, made.send_id)
    if made.answer is not None:
        send.answer_status = made.answer.status
        send.answer = made.answer.body
        send.trace_id = made.trace_id
        return
    verdicts = [ending.verdict for ending in made.endings]
    for one in verdicts:
        if not isinstance(one, PutOff):
            continue
        if not one.was_sent and not one.may_have_happened:
            await session.delete(send)
            return
        send.answer_status, send.answer = one.refusal.answer_status, one.refusal.answer_body
        send.trace_id = one.refusal.trace_id


async def _settle(
    session: AsyncSession, books: OpenBooks, intent: Intent, link: Link, ending: Ending, *, now: datetime
) -> None:
    match ending.verdict:
        case Done(change, answer, since):
            await forget_faults(session, books.faults, [push_unit(link.id)])
            await confirm(session, books, intent, link, change=change, answer=answer, since=since, now=now)
        case Refused(refusal):
            await forget_faults(session, books.faults, [push_unit(link.id)])
            await refuse(session, intent, link, refusal, now=now)
            await note_push(session, books, link.object_type, "refused", now=now)
        case Stale(refusal, there):
            await settle_stale(session, books, intent, link, refusal=refusal, there=there, now=now)
        case PutOff() as verdict:
            _put_off(intent, verdict, ending, now=now)
            if verdict.is_fault:
                await note_push_fault(session, books.faults, intent, verdict.fault, now=now)
        case Poisoned():
            _make_ready(intent, now=now)
            intent.goes_alone = True
        case Absent():
            if _judge(books, intent, ending, now=now):
                await _end_absent(session, books, intent, link, ending, now=now)


def _put_off(intent: Intent, verdict: PutOff, ending: Ending, *, now: datetime) -> None:
    """What may have been carried out stays uncertain, whatever befell its repetition; else it is as it was before."""
    if not verdict.was_sent:
        intent.attempts -= 1
    rest = backoff(max(intent.attempts, intent.attempts_noted))
    if isinstance(verdict.refusal, Throttled):
        rest = max(rest, timedelta(seconds=verdict.refusal.retry_after_s))
    if verdict.is_of_looking:
        rest = timedelta(seconds=LOOKING_RESTS_S)
    if verdict.may_have_happened:
        _stays_uncertain(intent, now=now)
        if any(attempt.act is Act.SENT and attempt.ended_at is not None for attempt in ending.attempts):
            intent.last_sent_at = now
    else:
        _make_ready(intent, now=now)
    intent.resolve_at = now + rest


def _stays_uncertain(intent: Intent, *, now: datetime) -> None:
    intent.state = State.UNCERTAIN.value
    intent.updated_at = now


def _make_ready(intent: Intent, *, now: datetime) -> None:
    """Nothing of it is in the books, nor on its way: it may be sent as if for the first time."""
    intent.state = State.READY.value
    intent.send_id = intent.place = None
    intent.first_sent_at = intent.last_sent_at = intent.resolve_at = None
    intent.updated_at = now


def _cancel(intent: Intent, *, now: datetime) -> None:
    """Into books that were left meanwhile, nothing is sent any more."""
    intent.state = State.CANCELLED.value
    intent.settled_at = now
    intent.evidence = {**intent.evidence, "cancelled": "disconnected before it was in the books"}


def _judge(books: OpenBooks, intent: Intent, ending: Ending, *, now: datetime) -> bool:
    """It was not found. Returns whether that counts; else it is looked at again when it does."""
    rules = books.platform.writing_rules
    if intent.first_sent_at is not None and intent.first_sent_at > now:
        _reckon_anew(intent, rules.key_lifetime_s, now=now)
    if any(attempt.outcome is Outcome.INTERRUPTED for attempt in ending.attempts) and intent.last_sent_at is not None:
        intent.last_sent_at += timedelta(seconds=SEND_WITHIN_S)
    absence = judge_absence(rules, last_sent_at=intent.last_sent_at or intent.created_at, now=now)
    if not absence.counts:
        _stays_uncertain(intent, now=now)
        intent.resolve_at = absence.counts_from
    return absence.counts


async def _end_absent(
    session: AsyncSession,
    books: OpenBooks,
    intent: Intent,
    link: Link,
    ending: Ending,
    *,
    now: datetime,
) -> None:
    """Surely absent: it is sent anew, unless something else has its number or name."""
    taken = ending.verdict.taken if isinstance(ending.verdict, Absent) else None
    if taken is None:
        _send_anew(session, books, intent, ending, now=now)
        return
    await refuse(session, intent, link, taken, now=now)
    await note_push(session, books, link.object_type, "refused", now=now)


def _reckon_anew(intent: Intent, key_lifetime_s: int, *, now: datetime) -> None:
    """The clock was set back: it was sent some time before now, nobody knows how long, so no key is trusted."""
    intent.first_sent_at = now - timedelta(seconds=key_lifetime_s)
    intent.last_sent_at = now


def _send_anew(session: AsyncSession, books: OpenBooks, intent: Intent, ending: Ending, *, now: datetime) -> None:
    """Surely absent: ready to be sent again, under a new key where the old one may replay a failure.

    What was in a batch goes under its own key, which nobody has seen, and alone.
    """
    was_in_batch = intent.send_id is not None
    if not was_in_batch and not books.platform.writing_rules.recreates_with_same_key:
        renewed = replace(ending.entry.write, key=KEY_PREFIX + new_id().hex)
        request = books.platform.renew_key(request_of(intent), renewed.key)
        keep_request(session, intent, Kept.ABSENT, now=now)
        put_request(intent, renewed, request)
    elif not was_in_batch:
        intent.evidence = {**intent.evidence, ABSENT: now.isoformat()}
    intent.goes_alone = intent.goes_alone or was_in_batch
    _make_ready(intent, now=now)


def ends_turn(made: Made) -> list[PlatformRefusal]:
    """The refusals after which a turn makes no more calls."""
    verdicts = [ending.verdict for ending in made.endings]
    return [one.refusal for one in verdicts if isinstance(one, PutOff) and not (one.is_fault or one.is_of_looking)]
