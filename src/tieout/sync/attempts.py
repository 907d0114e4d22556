"""Attempts: what was done about an intent, one row a try, written down when it ended and never changed.

A call whose process died is written down by whoever finds the intent in its place. So the rows of an intent, in their
order, are all that ever went out for it: when, under which key, and what came back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.kit.identifiers import new_id
from tieout.platforms.errors import (
    CompanyEnded,
    GrantEnded,
    NoAnswer,
    NotSent,
    PlatformRefusal,
    Throttled,
    TokenExpired,
    Unavailable,
)
from tieout.platforms.port import Answer
from tieout.storage.tables.work import Intent
from tieout.storage.tables.writes import IntentAttempt

NOTHING_HAPPENED = (NotSent, Throttled, TokenExpired, GrantEnded, CompanyEnded)
MAY_HAVE_HAPPENED = (NoAnswer, Unavailable)


class Act(StrEnum):
    """What was done."""

    SENT = "sent"
    LOOKED_UP = "looked_up"


class Outcome(StrEnum):
    """What came of it."""

    CARRIED_OUT = "carried_out"
    REFUSED = "refused"
    NOTHING_HAPPENED = "nothing_happened"
    NO_ANSWER = "no_answer"
    INTERRUPTED = "interrupted"
    FOUND = "found"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try and its end. `answer` is None where it is kept with the batch, or did not come."""

    act: Act
    key: str
    began_at: datetime
    ended_at: datetime | None
    outcome: Outcome
    place: int | None = None
    answer: Answer | None = None
    trace_id: str | None = None
    external_id: str | None = None
    refusal: PlatformRefusal | None = None


def outcome_of(refusal: PlatformRefusal) -> Outcome:
    """What a refusal says of the call."""
    if isinstance(refusal, NOTHING_HAPPENED):
        return Outcome.NOTHING_HAPPENED
    return Outcome.NO_ANSWER if isinstance(refusal, MAY_HAVE_HAPPENED) else Outcome.REFUSED


def was_not_tried(refusal: PlatformRefusal) -> bool:
    """Whether our own budget, and not the platform, kept a call from being made."""
    return isinstance(refusal, Throttled) and refusal.answer_status is None


def note_attempts(session: AsyncSession, intent: Intent, attempts: Sequence[Attempt]) -> None:
    """Write attempts down, in the caller's transaction; what the process of before left in the air comes first."""
    for attempt in attempts:
        refusal = attempt.refusal
        intent.attempts_noted += 1
        session.add(
            IntentAttempt(
                id=new_id(),
                partner_id=intent.partner_id,
                entity_id=intent.entity_id,
                intent_id=intent.id,
                number=intent.attempts_noted,
                act=attempt.act.value,
                key=attempt.key,
                place=attempt.place,
                began_at=attempt.began_at,
                ended_at=attempt.ended_at,
                outcome=attempt.outcome.value,
                answer_status=_status_of(attempt),
                answer=_body_of(attempt),
                trace_id=attempt.trace_id or (refusal.trace_id if refusal is not None else None),
                external_id=attempt.external_id,
                refusal=None if refusal is None else _told(refusal),
            )
        )


def _status_of(attempt: Attempt) -> int | None:
    if attempt.answer is not None:
        return attempt.answer.status
    return attempt.refusal.answer_status if attempt.refusal is not None else None


def _body_of(attempt: Attempt) -> bytes | None:
    if attempt.answer is not None:
        return attempt.answer.body
    return attempt.refusal.answer_body if attempt.refusal is not None else None


def _told(refusal: PlatformRefusal) -> dict[str, Any]:
    explanation = refusal.explanation
    told = {"code": explanation.code, "message": explanation.message, "native": refusal.native}
    return {name: value for name, value in told.items() if value is not None}
