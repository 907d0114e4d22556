"""Calling the books about writes: a request is made or a record looked for, and what became of each intent is told.

Nothing here touches the database; what is told is recorded by `recording`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from tieout.books.changes import Change, Tombstone
from tieout.books.records import Kind
from tieout.engine.running import told
from tieout.platforms.errors import (
    BatchRefused,
    Explanation,
    NotSent,
    PermissionMissing,
    PlatformRefusal,
    StaleVersion,
    Unavailable,
)
from tieout.platforms.port import Answer, Cause, Operation, Request
from tieout.sync.attempts import Act, Attempt, Outcome, outcome_of, was_not_tried
from tieout.sync.intents import ABSENT, State
from tieout.sync.open_books import OpenBooks
from tieout.sync.verdicts import (
    Absent,
    Done,
    Ending,
    Entry,
    Made,
    Poisoned,
    PutOff,
    Refused,
    Result,
    Stale,
    Verdict,
    verdict_by_answer,
    verdict_by_looking,
)

SEND_WITHIN_S: Final = 15
"""A call that is begun later than this after its intents were marked is not made: its process was held up, and others
may have judged by then that it will never be made."""

_HELD_UP: Final = Explanation(
    code="held_up",
    message="The machine was held up before the write was sent.",
    fix="Nothing to do: it is sent again by itself.",
)
_CHANGED_MEANWHILE: Final = Explanation(
    code="stale",
    message="Somebody changed the record in the books since Tieout last read it.",
    fix="Nothing to do: what is there now is read, and the write is planned anew.",
)
_FAULT: Final = Explanation(
    code="fault_of_ours",
    message="Something went wrong on our side while the write's answer was read.",
    fix="Nothing to do in the books: it is looked at again by itself. If it lasts, the log says more.",
)

log = structlog.get_logger(__name__)


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
    """Looking in the books for what an intent may have left, or those of a batch; `key` is what it was sent under."""

    entries: tuple[Entry, ...]
    key: str


async def make(books: OpenBooks, work: Call | Look) -> Made:
    """Make one call, and look where it leaves a doubt that looking may end. Raises nothing but cancellation.

    A fault of ours leaves its intents in doubt: they hold up nothing else, and are looked at again later.
    """
    if isinstance(work, Look):
        before = {entry.intent.id: interrupted(entry, work.key) for entry in work.entries}
        return Made(tuple(await _looked(books, work.entries, work.key, before)))
    try:
        return await _sent(books, work)
    except Exception as error:
        log.exception("write_not_settled", key=work.key)
        return Made(tuple(_faulted(entry, (), error) for entry in work.entries), send_id=work.send_id)


def interrupted(entry: Entry, key: str) -> tuple[Attempt, ...]:
    """The attempt of a process that died: nobody saw its end. None if the intent was not left as being sent."""
    intent = entry.intent
    if intent.state != State.SENDING.value:
        return ()
    began_at = intent.last_sent_at or intent.updated_at
    return (
        Attempt(
            act=Act.SENT, key=key, place=entry.place, began_at=began_at, ended_at=None, outcome=Outcome.INTERRUPTED
        ),
    )


async def _sent(books: OpenBooks, call: Call) -> Made:
    if (ending := await _read_before(books, call)) is not None:
        return Made((ending,))
    began_at = books.services.clock.now()
    answer: Answer | None = None
    results: Sequence[Result]
    try:
        if began_at > call.marked_at + timedelta(seconds=SEND_WITHIN_S):
            raise NotSent(_HELD_UP)
        answer = await books.transport(Cause.PUSH).send(call.request)
        results = _read(books, call, answer)
    except PlatformRefusal as refusal:
        results = [refusal] * len(call.entries)
    told = dict(zip([entry.intent.id for entry in call.entries], results, strict=True))
    attempts = {
        entry.intent.id: _attempts(books, call, entry, told[entry.intent.id], answer=answer, began_at=began_at)
        for entry in call.entries
    }
    verdicts = {entry.intent.id: verdict_by_answer(entry, told[entry.intent.id], answer) for entry in call.entries}
    endings = [
        await _read_again(books, Ending(entry, verdict, attempts[entry.intent.id]), call.key)
        for entry in call.entries
        if (verdict := verdicts[entry.intent.id]) is not None
    ]
    in_doubt = [entry for entry in call.entries if verdicts[entry.intent.id] is None]
    looked = await _looked(books, in_doubt, call.key, attempts)
    endings += [_alone_if_absent(ending, told[ending.entry.intent.id]) for ending in looked]
    trace_id = None if answer is None else answer.headers.get(books.platform.trace_header)
    return Made(tuple(endings), send_id=call.send_id, answer=answer, trace_id=trace_id)


def _read(books: OpenBooks, call: Call, answer: Answer) -> Sequence[Result]:
    writes = [entry.write for entry in call.entries]
    if call.send_id is None:
        return (books.platform.read_written(writes[0], answer),)
    return books.platform.read_batch(writes, answer)


def _attempts(
    books: OpenBooks, call: Call, entry: Entry, result: Result, *, answer: Answer | None, began_at: datetime
) -> tuple[Attempt, ...]:
    """The attempt that a call was for one of its intents; none if our own budget kept it from being made."""
    refusal = result if isinstance(result, PlatformRefusal) else None
    if refusal is not None and was_not_tried(refusal):
        return ()
    attempt = Attempt(
        act=Act.SENT,
        key=call.key,
        place=entry.place,
        began_at=began_at,
        ended_at=books.services.clock.now(),
        outcome=Outcome.CARRIED_OUT if refusal is None else outcome_of(refusal),
        answer=answer if call.send_id is None else None,
        trace_id=None if answer is None else answer.headers.get(books.platform.trace_header),
        external_id=result.ref.external_id if isinstance(result, Change) else None,
        refusal=refusal,
    )
    return (attempt,)


def _alone_if_absent(ending: Ending, result: Result) -> Ending:
    """A batch that was answered with a refusal carries nothing out later: what is absent then goes alone, at once.

    So not when it was sent before: that sending may be on its way still.
    """
    if not isinstance(ending.verdict, Absent) or not isinstance(result, BatchRefused) or ending.entry.may_have_happened:
        return ending
    if isinstance(result.whole, PermissionMissing):
        return replace(ending, verdict=Refused(result.whole))
    return replace(ending, verdict=Poisoned())


async def _read_again(books: OpenBooks, ending: Ending, key: str) -> Ending:
    """Read the record where an answer does not tell what it is now: it was changed meanwhile, or is a repetition's."""
    match ending.verdict:
        case Refused(StaleVersion() as refusal) if ending.entry.write.operation is not Operation.CREATE:
            return await _read_stale(books, ending, refusal, key)
        case Done(Change() as change, Answer()) as done if _may_be_old(ending.entry):
            return await _read_repeated(books, ending, done, change, key)
        case _:
            return ending


def _may_be_old(entry: Entry) -> bool:
    """Whether an answer may be that of an earlier sending, since which people may have changed the record.

    Those of a batch are not read singly: books that take batches show in a pull what became of a record, also of one
    that we do not know to be ours, and `settlements` keeps what is newer.
    """
    is_pulled = entry.write.kind not in (Kind.ALLOCATION, Kind.ATTACHMENT)
    was_sent = entry.may_have_happened or ABSENT in entry.intent.evidence
    return entry.write.operation is Operation.CREATE and entry.place is None and was_sent and is_pulled


async def _read_before(books: OpenBooks, call: Call) -> Ending | None:
    """Why a change is not sent to books that would take it unseen: the record is not as it was when it was planned.

    Of one that was sent before, that may be its own doing: then the same bytes are sent again, for what was answered.
    """
    entry = call.entries[0]
    write = entry.write
    if books.platform.writing_rules.refuses_stale or write.operation is Operation.CREATE or write.version_token is None:
        return None
    looked = await _read_now(books, Ending(entry, Absent()), call.key, external_id=write.external_id)
    read = replace(looked, entry=entry)
    match looked.verdict:
        case Absent(Change() as there) if there.version.token == write.version_token:
            return None
        case PutOff() as later:
            may_have_happened = entry.may_have_happened
            return replace(read, verdict=replace(later, may_have_happened=may_have_happened, was_sent=False))
        case Absent() | Done() if entry.may_have_happened:
            (ending,) = await _looked(books, [entry], call.key, {entry.intent.id: ()})
            return None if isinstance(ending.verdict, Done) else ending
        case Absent() | Done() as verdict:
            stale = Stale(StaleVersion(_CHANGED_MEANWHILE), verdict.there if isinstance(verdict, Absent) else None)
            return replace(read, verdict=stale)
    return read


async def _read_stale(books: OpenBooks, ending: Ending, refusal: StaleVersion, key: str) -> Ending:
    """The record that is no longer as we know it."""
    looked = await _read_now(books, ending, key, external_id=ending.entry.write.external_id)
    found: Verdict = ending.verdict
    match looked.verdict:
        case Done():
            found = Stale(refusal, None)
        case Absent(there):
            found = Stale(refusal, there)
        case PutOff() as later:
            found = replace(later, may_have_happened=False)
    return replace(ending, verdict=found, attempts=looked.attempts)


async def _read_repeated(books: OpenBooks, ending: Ending, done: Done, change: Change, key: str) -> Ending:
    """What a repetition found done. A pull that has passed already does not bring what people did to it again."""
    looked = await _read_now(books, ending, key, external_id=change.ref.external_id)
    found: Verdict = done
    match looked.verdict:
        case Done():
            found = replace(done, since=Tombstone(change.ref, books.services.clock.now()))
        case Absent(there):
            found = replace(done, since=there)
        case PutOff() as later:
            found = later
    return replace(ending, verdict=found, attempts=looked.attempts)


async def _read_now(books: OpenBooks, ending: Ending, key: str, *, external_id: str | None) -> Ending:
    """Looking for what a deletion left is looking at the record."""
    write = replace(ending.entry.write, operation=Operation.DELETE, external_id=external_id)
    asked = replace(ending.entry, write=write)
    (looked,) = await _looked(books, [asked], key, {asked.intent.id: ending.attempts})
    return looked


async def _looked(
    books: OpenBooks, entries: Sequence[Entry], key: str, before: Mapping[UUID, tuple[Attempt, ...]]
) -> list[Ending]:
    """Look in the books for what writes may have left: of a batch, for all of them in as few calls as will do."""
    if not entries:
        return []
    began_at = books.services.clock.now()
    try:
        found = await _look_up(books, entries, began_at)
    except PlatformRefusal as refusal:
        found = [refusal] * len(entries)
    except Exception as error:
        log.exception("write_not_looked_up", key=key)
        return [_faulted(entry, before[entry.intent.id], error) for entry in entries]
    endings = []
    for entry, result in zip(entries, found, strict=True):
        refusal_or_none = result if isinstance(result, PlatformRefusal) else None
        if refusal_or_none is not None and was_not_tried(refusal_or_none):
            endings.append(Ending(entry, verdict_by_looking(entry, result), before[entry.intent.id]))
            continue
        tried = Attempt(
            act=Act.LOOKED_UP,
            key=key,
            began_at=began_at,
            ended_at=books.services.clock.now(),
            outcome=_seen(result),
            external_id=result.ref.external_id if isinstance(result, Change) else None,
            refusal=refusal_or_none,
        )
        endings.append(Ending(entry, verdict_by_looking(entry, result), (*before[entry.intent.id], tried)))
    return endings


async def _look_up(books: OpenBooks, entries: Sequence[Entry], now: datetime) -> Sequence[Result]:
    first_sent_at = min(now, *(entry.intent.first_sent_at or entry.intent.created_at for entry in entries))
    transport, company_id = books.transport(Cause.RESOLVE), books.company.external_id
    writes = [entry.write for entry in entries]
    if len(writes) > 1:
        return await books.platform.look_up_batch(transport, company_id, writes, first_sent_at=first_sent_at)
    return [await books.platform.look_up(transport, company_id, writes[0], first_sent_at=first_sent_at)]


def _seen(result: Result) -> Outcome:
    if isinstance(result, PlatformRefusal):
        return outcome_of(result)
    return Outcome.ABSENT if result is None else Outcome.FOUND


def _faulted(entry: Entry, attempts: tuple[Attempt, ...], error: Exception) -> Ending:
    verdict = PutOff(Unavailable(_FAULT), may_have_happened=True, is_fault=True, fault=told(error))
    return Ending(entry, verdict, attempts)
