"""Sending intents, several at once, and finding out about those whose answer never came.

Each intent has three steps, ready → sending → outcome, and the commits of a wave are shared: one marks all of it as
being sent, and the outcomes are recorded together as they arrive. No transaction is open while anybody waits. Should
the process die in between, each intent of the wave is found out about on its own (a batch: as a whole while its key
lives).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, case, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlalchemy.orm.attributes import set_committed_value

from tieout.engine.port import Turn
from tieout.kit.errors import LeaseLost, TieoutError
from tieout.kit.identifiers import new_id
from tieout.platforms.errors import CompanyEnded, GrantEnded, PlatformRefusal, Throttled
from tieout.platforms.port import SendingRules
from tieout.storage.tables.work import Intent
from tieout.storage.tables.writes import Send
from tieout.storage.types import UtcDateTime
from tieout.sync.attempts import note_attempts
from tieout.sync.calling import Call, Look, interrupted, make
from tieout.sync.intents import (
    KEY_PREFIX,
    UNRESOLVED_STATES,
    Kept,
    State,
    Step,
    decode_write,
    plan_resolution,
    request_of,
)
from tieout.sync.open_books import OpenBooks
from tieout.sync.recording import ends_turn, record
from tieout.sync.verdicts import Entry, Made
from tieout.sync.waves import Sendable, plan_wave, touched_by

IN_DOUBT_MAX: Final = 200
"""Writes in doubt or put off that are looked at in one go, so that what touches the same records waits for them."""
PLANNED_AHEAD: Final = 16
"""Writes that are planned in one go where each is sent alone: one commit for all of them."""
TOGETHER_WITHIN_S: Final = 0.02
"""Outcomes that arrive so shortly after one another are recorded in one commit."""


log = structlog.get_logger(__name__)


PlanMore = Callable[[], Awaitable[bool]]
"""Plans some more of what is wanted; False when there is nothing to plan."""
Refill = Callable[[int], Awaitable[list[Call]]]
"""What else may go, given how many calls are under way."""


class _ChangedMeanwhileError(TieoutError):
    """An intent was cancelled between its choice and its marking."""


def planned_ahead(rules: SendingRules) -> int:
    """How many writes are planned before the first of them goes: a wave at least."""
    return max(rules.in_flight_max * rules.batch_max, PLANNED_AHEAD)


async def send_ready(books: OpenBooks, turn: Turn, *, plan_more: PlanMore) -> bool:
    """Send what is ready, as many at once as may be in flight; False when nothing is.

    Whenever a call has ended and was recorded, the next one goes, and what is wanted is planned while others are under
    way, until nothing is left or the turn is over. A refusal that ends the whole turn is raised when all that was under
    way has been recorded.
    """
    in_flight_max = books.platform.sending_rules.in_flight_max
    calls = await _next_calls(books, in_flight_max)
    if not calls:
        return False

    async def refill(under_way: int) -> list[Call]:
        if turn.is_over() or (room := in_flight_max - under_way) <= 0:
            return []
        more = await _next_calls(books, room)
        if not more and await plan_more():
            more = await _next_calls(books, room)
        return more

    await _carry_out(books, turn, calls, refill)
    return True


async def _next_calls(books: OpenBooks, calls_max: int) -> list[Call]:
    """What may go now beside what is under way, oldest first."""
    now = books.services.clock.now()
    rules = books.platform.sending_rules
    is_ready, is_due = Intent.state == State.READY.value, or_(Intent.resolve_at.is_(None), Intent.resolve_at <= now)
    async with books.services.database.read() as session:
        due = await _load_open(session, books, is_ready & is_due, IN_DOUBT_MAX + planned_ahead(rules))
        if not due:
            return []
        in_doubt, rests = Intent.state.in_(UNRESOLVED_STATES), is_ready & (Intent.resolve_at > now)
        waiting = await _load_open(session, books, in_doubt | rests, IN_DOUBT_MAX)
        resting = [one for one in waiting if one[0].intent.state == State.READY.value]
        ready = sorted([*due, *resting], key=lambda one: (one[0].intent.created_at, one[0].intent.id))
        entries = {entry.intent.id: entry for entry, _ in due}
        wave = plan_wave(
            [_sendable(books, entry, size, rests=entry.intent.id not in entries) for entry, size in ready],
            replace(rules, in_flight_max=calls_max),
            in_doubt=_touched(entry for entry, _ in waiting if entry.intent.state != State.READY.value),
        )
        chosen = [intent_id for members in wave for intent_id in members]
        await _load_bodies(session, [entries[intent_id].intent for intent_id in chosen])
    return [_call(books, [entries[intent_id] for intent_id in members], now) for members in wave]


async def _load_open(
    session: AsyncSession, books: OpenBooks, which: ColumnElement[bool], count: int
) -> list[tuple[Entry, int]]:
    """Writes with the size of their requests, what is in doubt and then the oldest first.

    The requests themselves, which may be files, stay where they are.
    """
    found = await session.execute(
        select(Intent, func.length(Intent.body))
        .where(Intent.company_id == books.company.id, which)
        .options(defer(Intent.body))
        .order_by(case((Intent.state == State.READY.value, 1), else_=0), Intent.created_at, Intent.id)
        .limit(count)
    )
    return [(Entry(row, decode_write(row.planned)), size) for row, size in found]


async def _load_bodies(session: AsyncSession, intents: Sequence[Intent]) -> None:
    """The requests of what goes now."""
    by_id = {intent.id: intent for intent in intents}
    for intent_id, body in await session.execute(select(Intent.id, Intent.body).where(Intent.id.in_(by_id))):
        set_committed_value(by_id[intent_id], "body", body)


def _sendable(books: OpenBooks, entry: Entry, size_bytes: int, *, rests: bool) -> Sendable:
    may_share = books.platform.sending_rules.batch_max > 1 and not entry.intent.goes_alone
    return Sendable(
        intent_id=entry.intent.id,
        batch=books.platform.batch_of(entry.write) if may_share else None,
        body_bytes=size_bytes,
        touches=touched_by(entry.write, entry.intent.link_id),
        rests=rests,
    )


def _touched(entries: Iterable[Entry]) -> set[str]:
    return {word for entry in entries for word in touched_by(entry.write, entry.intent.link_id)}


def _call(books: OpenBooks, entries: Sequence[Entry], now: datetime) -> Call:
    """One's own request, or a batch under a key of its own. Should that not be planned, the first goes by itself."""
    first = entries[0]
    alone = Call(request_of(first.intent), first.intent.key, (first,), marked_at=now)
    if len(entries) == 1:
        return alone
    placed = tuple(Entry(entry.intent, entry.write, place) for place, entry in enumerate(entries))
    key = KEY_PREFIX + new_id().hex
    try:
        request = books.platform.plan_batch(books.company.external_id, [entry.write for entry in placed], key)
    except (NotImplementedError, ValueError):
        log.exception("batch_not_planned", count=len(placed))
        return alone
    return Call(request, key, placed, marked_at=now, send_id=new_id())


async def resolve_open(books: OpenBooks, turn: Turn) -> bool:
    """Find out about writes whose answer never came, those that are due; False when none is.

    While the key surely lives, the same bytes are sent again, of a batch as a whole; else each is looked up. Into books
    that were left nothing is sent any more: there they are only looked up. What was sent in the future, by a clock that
    was set back since, is due too.
    """
    now = books.services.clock.now()
    async with books.services.database.read() as session:
        due = await session.scalars(
            select(Intent)
            .where(
                Intent.company_id == books.company.id,
                Intent.state.in_(UNRESOLVED_STATES),
                or_(Intent.resolve_at.is_(None), Intent.resolve_at <= now, Intent.last_sent_at > now),
            )
            .order_by(Intent.created_at, Intent.id)
            .limit(books.platform.sending_rules.in_flight_max)
        )
        work = await _plan_resolving(session, books, list(due), now)
    if not work:
        return False
    await _carry_out(books, turn, work)
    return True


async def _plan_resolving(
    session: AsyncSession, books: OpenBooks, due: Sequence[Intent], now: datetime
) -> list[Call | Look]:
    work: list[Call | Look] = []
    batches: set[UUID] = set()
    for intent in due:
        if intent.send_id is None:
            entry = Entry(intent, decode_write(intent.planned))
            is_sent_again = _is_sent_again(books, intent.first_sent_at or intent.created_at, now)
            request = request_of(intent)
            call = Call(request, intent.key, (entry,), marked_at=now, is_new=False)
            work.append(call if is_sent_again else Look((entry,), intent.key))
        elif intent.send_id not in batches:
            batches.add(intent.send_id)
            work.append(await _plan_resolving_batch(session, books, intent.send_id, now))
    return work


async def _plan_resolving_batch(session: AsyncSession, books: OpenBooks, send_id: UUID, now: datetime) -> Call | Look:
    """A batch is repeated only while all of it is in doubt; else what is left of it is looked up."""
    send = await session.get_one(Send, send_id)
    members = await _load_members(session, send)
    if len(members) == send.size and _is_sent_again(books, send.first_sent_at or send.created_at, now):
        return Call(request_of(send), send.key, members, marked_at=now, send_id=send.id, is_new=False)
    return Look(members, send.key)


def _is_sent_again(books: OpenBooks, first_sent_at: datetime, now: datetime) -> bool:
    rules = books.platform.writing_rules
    return books.is_live and plan_resolution(rules, first_sent_at=first_sent_at, now=now) is Step.SEND_AGAIN


async def _load_members(session: AsyncSession, send: Send) -> tuple[Entry, ...]:
    """Those of a batch that are in doubt still, in their order."""
    rows = await session.scalars(
        select(Intent).where(Intent.send_id == send.id, Intent.state.in_(UNRESOLVED_STATES)).order_by(Intent.place)
    )
    return tuple(Entry(row, decode_write(row.planned), row.place) for row in rows)


async def _carry_out(books: OpenBooks, turn: Turn, work: Sequence[Call | Look], refill: Refill | None = None) -> None:
    """Mark, call, record. What ends the turn, a fault while refilling too, is raised when all has been recorded."""
    tasks = await _begin(books, turn, work)
    running = set(tasks)
    refusals: list[PlatformRefusal] = []
    fault: Exception | None = None
    try:
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            if running:
                more, running = await asyncio.wait(running, timeout=TOGETHER_WITHIN_S)
                done |= more
            made: list[Made] = [task.result() for task in tasks if task in done]
            await record(books, turn, made)
            refusals += [refusal for one in made for refusal in ends_turn(one)]
            if refill is None or refusals or fault is not None:
                continue
            try:
                begun = await _begin(books, turn, await refill(len(running)))
            except LeaseLost:
                raise
            except Exception as error:  # noqa: BLE001 - raised below: what is under way is not to be torn out
                fault = error
            else:
                tasks = [task for task in tasks if task in running] + begun
                running |= set(begun)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    if refusals:
        raise min(refusals, key=_weight)
    if fault is not None:
        raise fault


async def _begin(books: OpenBooks, turn: Turn, work: Sequence[Call | Look]) -> list[asyncio.Task[Made]]:
    """Mark the calls as being sent, and start all of it; nothing if some must not be sent any more."""
    calls = [one for one in work if isinstance(one, Call)]
    if calls:
        try:
            await _mark(books, turn, calls)
        except _ChangedMeanwhileError:
            return []
    return [asyncio.create_task(make(books, one)) for one in work]


def _weight(refusal: PlatformRefusal) -> int:
    """Which of several refusals a turn ends with: the one that nothing but a person can mend comes first."""
    if isinstance(refusal, GrantEnded | CompanyEnded):
        return 0
    return 1 if isinstance(refusal, Throttled) else 2


async def _mark(books: OpenBooks, turn: Turn, calls: Sequence[Call]) -> None:
    """One commit says of all of a wave that it is being sent; raises _ChangedMeanwhileError if some must not be."""
    now = books.services.clock.now()
    ids = [entry.intent.id for call in calls for entry in call.entries]
    states = {entry.intent.state for call in calls for entry in call.entries}
    async with turn.commit(is_unit=False) as session:
        for call in calls:
            await _note_interrupted(session, call)
            await _mark_batch(session, call, now)
        await session.flush()
        marked = await session.execute(
            update(Intent)
            .where(Intent.id.in_(ids), Intent.state.in_(states))
            .values(
                state=State.SENDING.value,
                attempts=Intent.attempts + 1,
                first_sent_at=case(
                    (Intent.first_sent_at.is_(None), literal(now, UtcDateTime)), else_=Intent.first_sent_at
                ),
                last_sent_at=now,
                resolve_at=None,
                updated_at=now,
                **_placed(calls),
            )
            .returning(Intent.id)
            .execution_options(synchronize_session=False)
        )
        if len(marked.all()) != len(ids):
            raise _ChangedMeanwhileError


async def _note_interrupted(session: AsyncSession, call: Call) -> None:
    for entry in call.entries:
        if attempts := interrupted(entry, call.key):
            note_attempts(session, await session.get_one(Intent, entry.intent.id), attempts)


async def _mark_batch(session: AsyncSession, call: Call, now: datetime) -> None:
    if call.send_id is None:
        return
    if not call.is_new:
        (await session.get_one(Send, call.send_id)).last_sent_at = now
        return
    of = call.entries[0].intent
    session.add(
        Send(
            id=call.send_id,
            partner_id=of.partner_id,
            entity_id=of.entity_id,
            company_id=of.company_id,
            reason=Kept.BATCH.value,
            key=call.key,
            method=call.request.method,
            path=call.request.path,
            headers=dict(call.request.headers),
            body=call.request.body,
            size=len(call.entries),
            created_at=now,
            first_sent_at=now,
            last_sent_at=now,
        )
    )


def _placed(calls: Sequence[Call]) -> dict[str, object]:
    """Which batch each intent goes in, and where it stands there; nothing to say when all go singly."""
    batched = [(entry, call.send_id) for call in calls if call.send_id is not None for entry in call.entries]
    if not batched:
        return {}
    return {
        "send_id": case({entry.intent.id: send_id for entry, send_id in batched}, value=Intent.id, else_=None),
        "place": case({entry.intent.id: entry.place for entry, _ in batched}, value=Intent.id, else_=None),
    }
