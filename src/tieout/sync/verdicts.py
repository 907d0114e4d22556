"""What is known of a write after a call: purely, from what came back and from what was tried before."""

from dataclasses import dataclass
from uuid import UUID

from tieout.books.changes import Change, Tombstone
from tieout.platforms.errors import BatchRefused, Gone, PlatformRefusal, StaleVersion, Taken
from tieout.platforms.port import Answer, Operation, Write
from tieout.storage.tables.work import Intent
from tieout.sync.attempts import MAY_HAVE_HAPPENED, NOTHING_HAPPENED, Attempt, was_not_tried


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
class Done:
    """It is in the books; `answer` is None when it was found there. `change` is None for what was deleted.

    A repetition is answered with what its first sending left: `since` is what has become of that by now.
    """

    change: Change | None
    answer: Answer | None
    since: Change | Tombstone | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The books do not take it, and nothing was written."""

    refusal: PlatformRefusal


@dataclass(frozen=True, slots=True)
class PutOff:
    """Nobody knows yet, or nothing happened: later. `is_fault` marks a fault of ours, which ends no turn.

    `was_sent` is false where the write itself was never sent, though it was marked: its budget had no call left, or the
    record could not be read before. `is_of_looking` marks what refuses the looking alone: it says nothing of the write,
    and ends no turn.
    """

    refusal: PlatformRefusal
    may_have_happened: bool
    was_sent: bool = True
    is_fault: bool = False
    is_of_looking: bool = False
    fault: str = ""
    """What went wrong, for the operator."""


@dataclass(frozen=True, slots=True)
class Absent:
    """It was looked for and not found; whether that counts is a matter of time.

    `there` is what was to be deleted; `taken` is what keeps it from being created, for as long as it is absent.
    """

    there: Change | None = None
    taken: Taken | None = None


@dataclass(frozen=True, slots=True)
class Poisoned:
    """The batch was refused as a whole and nothing of it was carried out: each of it goes alone."""


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody changed the record meanwhile: `there` is what it is now, None when it is gone. Nothing was written."""

    refusal: StaleVersion
    there: Change | None


Verdict = Done | Refused | PutOff | Absent | Poisoned | Stale
Result = Change | PlatformRefusal | None


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


def verdict_by_answer(entry: Entry, result: Result, answer: Answer | None) -> Verdict | None:
    """What is known of a write by its answer alone; None when the books must be looked at.

    A refusal is believed the first time; of a repetition, the first sending may be the cause.
    """
    if not isinstance(result, PlatformRefusal):
        return Done(result, answer)
    if isinstance(result, NOTHING_HAPPENED):
        return PutOff(result, may_have_happened=entry.may_have_happened, was_sent=not was_not_tried(result))
    if isinstance(result, MAY_HAVE_HAPPENED):
        return PutOff(result, may_have_happened=True)
    if isinstance(result, BatchRefused) or entry.may_have_happened or _is_gone_already(entry.write, result):
        return None
    return Refused(result)


def _is_gone_already(write: Write, refusal: PlatformRefusal) -> bool:
    return write.operation is Operation.DELETE and isinstance(refusal, Gone)


def verdict_by_looking(entry: Entry, result: Result) -> Verdict:
    """A deletion is done when nothing is found; everything else when it is.

    What keeps us from looking, a missing permission say, tells nothing of the write: it stays in doubt.
    """
    match result:
        case Taken():
            return Absent(taken=result)
        case Gone() if entry.write.operation is not Operation.CREATE:
            return Refused(result)
        case PlatformRefusal():
            is_known = isinstance(result, (*NOTHING_HAPPENED, *MAY_HAVE_HAPPENED))
            return PutOff(result, may_have_happened=True, is_of_looking=not is_known)
    is_deletion = entry.write.operation is Operation.DELETE
    is_done = (result is None) if is_deletion else (result is not None)
    return Done(result, None) if is_done else Absent(result)
