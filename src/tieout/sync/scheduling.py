"""When a company is pulled and compared next. Pure: what is known stands in its row, and chance is handed in.

Webhooks lead and polling is the backstop. While they are healthy it is polled seldom; where none are expected, or none
has come yet, at the usual interval; and more often while they are silent although something happened. Nobody believes
that webhooks tell everything: the platforms' documented blind spots are swept by the pulls themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final

from tieout.books.records import Kind

JITTER_SHARE: Final = 0.1
"""Pulls of many companies spread over this share of the interval, after its end."""
SILENT_SHARE: Final = 0.5
"""While webhooks are silent although something happened, so much of the usual interval passes between two pulls."""
HEARD_WITHIN_S: Final = 7 * 24 * 3600
"""Webhooks that told nothing for so long are not counted on."""
DOUBTED_S: Final = 24 * 3600
"""So long after one was missed webhooks are not counted on, also if others come: one kind may be switched off."""
DELAYED_S_MAX: Final = 15 * 60
"""A webhook that has not come so long after a change was missed: platforms gather for minutes and try again."""
PAUSE_S: Final = 30.0
"""How long a company rests after its first trouble; twice as long after each further one."""
PAUSE_S_MAX: Final = 300.0
TIE_OUT_EVERY_S: Final = 24 * 3600
TIE_OUT_JITTER_SHARE: Final = 1 / 24
"""Companies that were connected together do not fetch their reports together for ever."""
SPREAD_S_MAX: Final = 1_800
"""Over so long are routine pulls spread that fell due while nobody ran lanes."""
ANNOUNCED: Final = frozenset({Kind.INVOICE, Kind.CREDIT_NOTE, Kind.BILL, Kind.VENDOR_CREDIT})
"""What every platform's webhooks tell of: finding these changed without having been told means that they are silent."""


class Webhooks(StrEnum):
    """How far a company's webhooks can be counted on."""

    NOT_EXPECTED = "not_expected"
    """The partner's app has no webhook key."""
    UNPROVEN = "unproven"
    """None has come for long, of this company or any other of the app."""
    HEALTHY = "healthy"
    SILENT = "silent"
    """Something happened of which none told, and none has come since."""
    DOUBTED = "doubted"
    """They come, but lately something happened of which none told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookFacts:
    """Since when webhooks are expected of a company, when its last came, and when one was last missed.

    `app_last_at` is when one last came of any company of the app: the platform has but one address for all of them.
    """

    expected_at: datetime | None = None
    last_at: datetime | None = None
    missed_at: datetime | None = None
    app_last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Seconds between two pulls: usually, and while webhooks lead."""

    usual_s: int
    with_webhooks_s: int


def judge_webhooks(facts: WebhookFacts, now: datetime) -> Webhooks:
    """A webhook that comes after one was missed proves that they come again, not that all of them do."""
    if facts.expected_at is None:
        return Webhooks.NOT_EXPECTED
    if facts.missed_at is not None and (facts.last_at is None or facts.last_at <= facts.missed_at):
        return Webhooks.SILENT
    if facts.missed_at is not None and now - facts.missed_at < timedelta(seconds=DOUBTED_S):
        return Webhooks.DOUBTED
    heard = [at for at in (facts.last_at, facts.app_last_at) if at is not None]
    if not heard or now - max(heard) > timedelta(seconds=HEARD_WITHIN_S):
        return Webhooks.UNPROVEN
    return Webhooks.HEALTHY


def plan_next_pull(intervals: Intervals, facts: WebhookFacts, *, now: datetime, draw: float) -> datetime:
    """When the next routine pull is due after one that ended now; `draw` is from 0 up to 1."""
    match judge_webhooks(facts, now):
        case Webhooks.HEALTHY:
            interval_s = float(max(intervals.with_webhooks_s, intervals.usual_s))
        case Webhooks.SILENT:
            interval_s = intervals.usual_s * SILENT_SHARE
        case Webhooks.NOT_EXPECTED | Webhooks.UNPROVEN | Webhooks.DOUBTED:
            interval_s = float(intervals.usual_s)
    return now + timedelta(seconds=interval_s * (1 + JITTER_SHARE * draw))


def plan_next_tie_out(*, now: datetime, draw: float) -> datetime:
    """When the books are compared next: a day later, or up to an hour earlier than that."""
    return now + timedelta(seconds=TIE_OUT_EVERY_S * (1 - TIE_OUT_JITTER_SHARE * draw))


def plan_pause(troubles_in_row: int, *, draw: float) -> timedelta:
    """How long routine work rests after the company's so-manieth trouble in a row: 30 s, a minute … five minutes."""
    pause_s = min(PAUSE_S * 2 ** min(max(troubles_in_row - 1, 0), 10), PAUSE_S_MAX)
    return timedelta(seconds=pause_s * (1 + JITTER_SHARE * draw))


def plan_spread(overdue: int, *, now: datetime, interval_s: int) -> Sequence[datetime]:
    """Moments for pulls that fell due while nobody ran lanes, evenly and at most half an interval from now."""
    within_s = min(interval_s / 2, SPREAD_S_MAX)
    return [now + timedelta(seconds=within_s * number / max(overdue, 1)) for number in range(overdue)]


def may_have_been_missed(kind: Kind, changed_at: datetime | None, facts: WebhookFacts, *, read_at: datetime) -> bool:
    """Whether a webhook should have told of a change by the time at which the books were read."""
    if facts.expected_at is None or changed_at is None or kind not in ANNOUNCED:
        return False
    return facts.expected_at < changed_at <= read_at - timedelta(seconds=DELAYED_S_MAX)


def drawn(*seeds: object) -> float:
    """A number from 0 up to 1 that only depends on the seeds: another for each company and moment, and repeatable."""
    digest = sha256("|".join(map(str, seeds)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
