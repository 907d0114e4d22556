"""Calling the books about writes: a request is made or a record looked for, and what became of each intent is told.

Nothing here touches the database; what is told is recorded by `recording`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from tieout.books.changes import Change
from tieout.platforms.errors import (
    Explanation,
    Gone,
    NotSent,
    PermissionMissing,
    PlatformRefusal,
    Unavailable,
)
from tieout.platforms.port import Answer, Cause, Operation, Request, Write
from tieout.storage.tables.work import Intent
from tieout.sync.attempts import MAY_HAVE_HAPPENED, NOTHING_HAPPENED, Act, Attempt, Outcome, outcome_of
from tieout.sync.intents import State
from tieout.sync.open_books import OpenBooks

SEND_WITHIN_S: Final = 15
"""A call that is begun later than this after its intents were marked is not made: its process was held up, and others
may have judged by then that it will never be made."""

_HELD_UP: Final = Explanation(
    code="held_up",
    message="The machine was held up before the write was sent.",
    fix="Nothing to do: it is sent again by itself.",
)
_FAULT: Final = Explanation(
    code="fault_of_ours",
    message="Something went wrong on our side while the write's answer was read.",
    fix="Nothing to do in the books: it is looked at again by itself. If it lasts, the log says more.",
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """An intent as it was read, with what it carries out and where it stands in a batch."""

    intent: Intent
    write: Write
    place: int | None = None

    @property
    def may_have_happened(self) -> bool:
        """Whether it was sent before, and may have been carried out then."""
        return self.intent.first_sent_at is not None


@dataclass(frozen=True, slots=True)
class Call:
    """One request, of one intent or of a batch (`send_id`), marked at `marked_at` as being sent."""

    request: Request
    key: str
    entries: tuple[Entry, ...]
    marked_at: datetime
    send_id: UUID | None = None
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class Look:
    """Looking in the books for what one intent may have left; `key` is what it was last sent under."""

    entry: Entry
    key: str


@dataclass(frozen=True, slots=True)
class Done:
    """It is in the books; `answer` is None when it was found there. `change` is None for what was deleted."""

    change: Change | None
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The books do not take it, and nothing was written."""

    refusal: PlatformRefusal


@dataclass(frozen=True, slots=True)
class PutOff:
    """Nobody knows yet, or nothing happened: later. `is_fault` marks a fault of ours, which ends no turn."""

    refusal: PlatformRefusal
    may_have_happened: bool
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class Absent:
    """It was looked for and is not there; whether that counts is a matter of time."""


@dataclass(frozen=True, slots=True)
class Poisoned:
    """The batch was refused as a whole and nothing of it was carried out: each of it goes alone."""


Verdict = Done | Refused | PutOff | Absent | Poisoned


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of one intent, and all that was tried to get there."""

    entry: Entry
    verdict: Verdict
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A call that has ended: the endings of its intents, and the answer that a batch had as a whole."""

    endings: tuple[Ending, ...]
    send_id: UUID | None = None
    answer: Answer | None = None
    trace_id: str | None = None
    notes: tuple[str, ...] = field(default=())


async def make(books: OpenBooks, work: Call | Look) -> Made:
    """Make one call, and look where it leaves a doubt that looking may end. Raises nothing but cancellation."""
    if isinstance(work, Look):
        return Made((await _looked(books, work.entry, work.key, _left_in_the_air(work)),))
    try:
        return await _sent(books, work)
    except Exception:
        log.exception("write_not_settled", key=work.key)
        return Made(tuple(_faulted(entry) for entry in work.entries), send_id=work.send_id)


def _faulted(entry: Entry, attempts: Sequence[Attempt] = ()) -> Ending:
    return Ending(entry, PutOff(Unavailable(_FAULT), may_have_happened=True, is_fault=True), tuple(attempts))


def _left_in_the_air(work: Look) -> tuple[Attempt, ...]:
    """A call whose process died: nobody saw its end."""
    return interrupted(work.entry, work.key)


def interrupted(entry: Entry, key: str) -> tuple[Attempt, ...]:
    """The attempt that nobody lived to write down; none if the intent was not left as being sent."""
    intent = entry.intent
    if intent.state != State.SENDING.value:
        return ()
    began_at = intent.last_sent_at or intent.updated_at
    return (
        Attempt(
            act=Act.SENT,
            key=key,
            place=entry.place,
            began_at=began_at,
            ended_at=None,
            outcome=Outcome.INTERRUPTED,
        ),
    )


async def _sent(books: OpenBooks, call: Call) -> Made:
    began_at = books.services.clock.now()
    try:
        if began_at > call.marked_at + timedelta(seconds=SEND_WITHIN_S):
            raise NotSent(_HELD_UP)
        answer = await books.transport(Cause.PUSH).send(call.request)
        results = _read(books, call, answer)
    except PlatformRefusal as refusal:
        return await _refused_whole(books, call, refusal, began_at)
    endings = [
        await _ended(books, call, entry, result, answer=answer, began_at=began_at)
        for entry, result in zip(call.entries, results, strict=True)
    ]
    trace_id = answer.headers.get(books.platform.trace_header)
    return Made(tuple(endings), send_id=call.send_id, answer=answer, trace_id=trace_id)


def _read(books: OpenBooks, call: Call, answer: Answer) -> Sequence[Change | PlatformRefusal | None]:
    writes = [entry.write for entry in call.entries]
    if call.send_id is None:
        return (books.platform.read_written(writes[0], answer),)
    return books.platform.read_batch(writes, answer)


async def _ended(
    books: OpenBooks,
    call: Call,
    entry: Entry,
    result: Change | PlatformRefusal | None,
    *,
    answer: Answer,
    began_at: datetime,
) -> Ending:
    """What an answer says of one intent."""
    refusal = result if isinstance(result, PlatformRefusal) else None
    change = result if isinstance(result, Change) else None
    attempt = Attempt(
        act=Act.SENT,
        key=call.key,
        place=entry.place,
        began_at=began_at,
        ended_at=books.services.clock.now(),
        outcome=Outcome.CARRIED_OUT if refusal is None else outcome_of(refusal),
        answer=answer if call.send_id is None else None,
        trace_id=answer.headers.get(books.platform.trace_header),
        external_id=change.ref.external_id if change is not None else None,
        refusal=refusal,
    )
    if refusal is not None:
        return await _refused(books, call, entry, refusal, attempt)
    return Ending(entry, Done(change, answer), (attempt,))


async def _refused_whole(books: OpenBooks, call: Call, refusal: PlatformRefusal, began_at: datetime) -> Made:
    """What a refusal of the call says of each of its intents."""
    endings = []
    for entry in call.entries:
        attempt = Attempt(
            act=Act.SENT,
            key=call.key,
            place=entry.place,
            began_at=began_at,
            ended_at=books.services.clock.now(),
            outcome=outcome_of(refusal),
            refusal=refusal,
        )
        endings.append(await _refused(books, call, entry, refusal, attempt, is_whole=call.send_id is not None))
    return Made(tuple(endings), send_id=call.send_id)


async def _refused(
    books: OpenBooks, call: Call, entry: Entry, refusal: PlatformRefusal, attempt: Attempt, *, is_whole: bool = False
) -> Ending:
    """A refusal is believed the first time; of a repetition, the first sending may be the cause: then it is looked."""
    if isinstance(refusal, NOTHING_HAPPENED):
        return Ending(entry, PutOff(refusal, may_have_happened=entry.may_have_happened), (attempt,))
    if isinstance(refusal, MAY_HAVE_HAPPENED):
        return Ending(entry, PutOff(refusal, may_have_happened=True), (attempt,))
    if entry.may_have_happened or _is_gone_already(entry.write, refusal):
        return await _looked(books, entry, call.key, (attempt,))
    if is_whole and not isinstance(refusal, PermissionMissing):
        return Ending(entry, Poisoned(), (attempt,))
    return Ending(entry, Refused(refusal), (attempt,))


def _is_gone_already(write: Write, refusal: PlatformRefusal) -> bool:
    return write.operation is Operation.DELETE and isinstance(refusal, Gone)


async def _looked(books: OpenBooks, entry: Entry, key: str, before: tuple[Attempt, ...]) -> Ending:
    """Look in the books for what a write may have left."""
    began_at = books.services.clock.now()
    first_sent_at = min(entry.intent.first_sent_at or entry.intent.created_at, began_at)

    def attempt(outcome: Outcome, refusal: PlatformRefusal | None = None, found: Change | None = None) -> Attempt:
        return Attempt(
            act=Act.LOOKED_UP,
            key=key,
            began_at=began_at,
            ended_at=books.services.clock.now(),
            outcome=outcome,
            external_id=found.ref.external_id if found is not None else None,
            refusal=refusal,
        )

    try:
        found = await books.platform.look_up(
            books.transport(Cause.RESOLVE), books.company.external_id, entry.write, first_sent_at=first_sent_at
        )
    except PlatformRefusal as refusal:
        tried = (*before, attempt(outcome_of(refusal), refusal))
        if isinstance(refusal, (*NOTHING_HAPPENED, *MAY_HAVE_HAPPENED)):
            return Ending(entry, PutOff(refusal, may_have_happened=True), tried)
        return Ending(entry, Refused(refusal), tried)
    except Exception:
        log.exception("write_not_looked_up", key=key)
        return _faulted(entry, before)
    is_done = (found is None) if entry.write.operation is Operation.DELETE else (found is not None)
    tried = (*before, attempt(Outcome.FOUND if found is not None else Outcome.ABSENT, found=found))
    return Ending(entry, Done(found, None) if is_done else Absent(), tried)
