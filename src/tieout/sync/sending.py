"""Sending an intent, and finding out about one whose answer never came."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.port import Turn
from tieout.kit.identifiers import new_id
from tieout.platforms.errors import (
    CompanyEnded,
    Gone,
    GrantEnded,
    NoAnswer,
    NotSent,
    PlatformRefusal,
    Throttled,
    TokenExpired,
    Unavailable,
)
from tieout.platforms.port import Cause, Operation, Write
from tieout.storage.tables.connections import Link
from tieout.storage.tables.work import Intent
from tieout.sync.intents import (
    State,
    Step,
    backoff,
    decode_write,
    judge_absence,
    plan_resolution,
    put_request,
    request_of,
)
from tieout.sync.open_books import OpenBooks
from tieout.sync.runs import note_calls, note_push
from tieout.sync.settlements import confirm, refuse

NOTHING_HAPPENED = (NotSent, Throttled, TokenExpired, GrantEnded, CompanyEnded)
MAY_HAVE_HAPPENED = (NoAnswer, Unavailable)


async def next_intent(books: OpenBooks, states: tuple[State, ...], now: datetime) -> Intent | None:
    """The oldest intent in one of these states whose time has come."""
    async with books.services.database.read() as session:
        found: Intent | None = await session.scalar(
            select(Intent)
            .where(
                Intent.company_id == books.company.id,
                Intent.state.in_([state.value for state in states]),
                or_(Intent.resolve_at.is_(None), Intent.resolve_at <= now),
            )
            .order_by(Intent.created_at, Intent.id)
            .limit(1)
        )
        return found


async def send(books: OpenBooks, turn: Turn, intent: Intent) -> None:
    """Send the very bytes that the intent keeps. A refusal that ends the whole turn is raised after it was noted.

    What was sent before, and may have been carried out then, stays uncertain whatever befalls a repetition.
    """
    now = books.services.clock.now()
    async with turn.commit() as session:
        row = await session.get_one(Intent, intent.id)
        is_repeated = row.first_sent_at is not None
        row.state = State.SENDING.value
        row.attempts += 1
        row.first_sent_at = row.first_sent_at or now
        row.last_sent_at = row.updated_at = now
        row.resolve_at = None
    write = decode_write(row.planned)
    try:
        answer = await books.transport(Cause.PUSH).send(request_of(row))
        change = books.platform.read_written(write, answer)
    except NOTHING_HAPPENED as refusal:
        await _put_off(books, turn, row.id, State.UNCERTAIN if is_repeated else State.READY, refusal)
        raise
    except MAY_HAVE_HAPPENED as refusal:
        await _put_off(books, turn, row.id, State.UNCERTAIN, refusal)
        raise
    except PlatformRefusal as refusal:
        if is_repeated or _is_gone_already(write, refusal):
            await _look(books, turn, row)
        else:
            await _settle_refused(books, turn, row.id, refusal)
        return
    async with _settling(books, turn, row.id) as (session, row, link):
        await confirm(session, books, row, link, change=change, answer=answer, now=books.services.clock.now())


def _is_gone_already(write: Write, refusal: PlatformRefusal) -> bool:
    return write.operation is Operation.DELETE and isinstance(refusal, Gone)


async def resolve(books: OpenBooks, turn: Turn, intent: Intent) -> None:
    """Find out about a write whose answer never came: send it again while its key lives, else look, then judge."""
    rules, now = books.platform.writing_rules, books.services.clock.now()
    first_sent_at = intent.first_sent_at or intent.created_at
    if plan_resolution(rules, first_sent_at=first_sent_at, now=now) is Step.SEND_AGAIN:
        await send(books, turn, intent)
    else:
        await _look(books, turn, intent)


async def _look(books: OpenBooks, turn: Turn, intent: Intent) -> None:
    """Look in the books for what a write may have left.

    So too when a repetition was refused: its first sending may be why, and may yet be carried out. What is surely
    absent is sent anew, and a refusal of that is believed.
    """
    rules, now = books.platform.writing_rules, books.services.clock.now()
    first_sent_at = intent.first_sent_at or intent.created_at
    write = decode_write(intent.planned)
    try:
        found = await books.platform.look_up(
            books.transport(Cause.RESOLVE), books.company.external_id, write, first_sent_at=first_sent_at
        )
    except (*NOTHING_HAPPENED, *MAY_HAVE_HAPPENED) as refusal:
        await _put_off(books, turn, intent.id, State.UNCERTAIN, refusal)
        raise
    except PlatformRefusal as refusal:
        await _settle_refused(books, turn, intent.id, refusal)
        return
    absence = judge_absence(rules, last_sent_at=intent.last_sent_at or first_sent_at, now=now)
    async with _settling(books, turn, intent.id) as (session, row, link):
        if _is_done(write, found):
            await confirm(session, books, row, link, change=found, answer=None, now=now)
        elif absence.counts:
            _send_anew(books, row, write, now)
        else:
            row.state = State.UNCERTAIN.value
            row.resolve_at = absence.counts_from
            row.updated_at = now


def _is_done(write: Write, found: object | None) -> bool:
    """A deletion is done when nothing is found; everything else when it is."""
    return (found is None) if write.operation is Operation.DELETE else (found is not None)


def _send_anew(books: OpenBooks, intent: Intent, write: Write, now: datetime) -> None:
    """Surely absent: ready to be sent again, under a new key where the old one may replay a failure."""
    if not books.platform.writing_rules.recreates_with_same_key:
        intent.evidence = {**intent.evidence, f"absent at {now.isoformat()}": {"key": intent.key}}
        renewed = replace(write, key=f"tieout-{new_id().hex}")
        put_request(intent, renewed, books.platform.renew_key(request_of(intent), renewed.key))
    intent.state = State.READY.value
    intent.first_sent_at = intent.last_sent_at = intent.resolve_at = None
    intent.updated_at = now


@asynccontextmanager
async def _settling(books: OpenBooks, turn: Turn, intent_id: UUID) -> AsyncIterator[tuple[AsyncSession, Intent, Link]]:
    async with turn.commit() as session:
        intent = await session.get_one(Intent, intent_id)
        link = await session.get_one(Link, intent.link_id)
        yield session, intent, link
        await note_calls(session, books, now=books.services.clock.now())


async def _put_off(books: OpenBooks, turn: Turn, intent_id: UUID, state: State, refusal: PlatformRefusal) -> None:
    now = books.services.clock.now()
    async with _settling(books, turn, intent_id) as (_, intent, _link):
        intent.state = state.value
        intent.resolve_at = now + backoff(intent.attempts)
        intent.updated_at = now
        intent.evidence = {**intent.evidence, "last_refusal": refusal.explanation.code}
        if state is State.READY:
            intent.first_sent_at = intent.last_sent_at = None


async def _settle_refused(books: OpenBooks, turn: Turn, intent_id: UUID, refusal: PlatformRefusal) -> None:
    async with _settling(books, turn, intent_id) as (session, intent, link):
        now = books.services.clock.now()
        await refuse(session, intent, link, refusal, now=now)
        await note_push(session, books, link.object_type, "refused", now=now)
