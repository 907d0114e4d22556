"""When a grant is to be refreshed for its own sake, and when its end is to be foretold: decided purely.

A refresh token that is not used lapses after weeks or months, so each is used once a week at least. Some grants
end years after their consent, whatever is done: that is foretold while somebody can still renew them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

KEEP_EVERY_S: Final = 7 * 86_400
"""How long a grant may go unused."""
KEEP_JITTER_S: Final = 12 * 3_600
"""Up to so much earlier, other for each grant: those of one day's consents are not all kept at once."""
KEEP_MARGIN_S: Final = 7 * 86_400
"""How long before it lapses a refresh token is used at the latest, should its life be short."""
PAUSE_S_MIN: Final = 3_600
"""The shortest time between two refreshes for the grant's own sake."""
FORETOLD_DAYS: Final = (90, 30, 7)
"""How many days before its end a grant's end is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepingFacts:
    """What is known of a grant. `jitter` is a number of its own; `foretold_at` is when its end was told last."""

    refreshed_at: datetime
    lapses_at: datetime | None
    ends_at: datetime | None
    foretold_at: datetime | None
    jitter: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepingPlan:
    """Whether to refresh, whether to tell of the end, and when to look again if neither changes anything."""

    refreshes: bool
    foretells: bool
    look_at: datetime


def plan_keeping(facts: KeepingFacts, now: datetime) -> KeepingPlan:
    """Decide. An end that has come is put to the platform by a refresh, and believed only from it."""
    refresh_at = _refresh_at(facts)
    tellings = _tellings(facts)
    due = [at for at in tellings if at <= now]
    foretells = bool(due) and (facts.foretold_at is None or facts.foretold_at < due[-1])
    ahead = [at for at in (refresh_at, *tellings) if at > now]
    return KeepingPlan(
        refreshes=refresh_at <= now,
        foretells=foretells and not _has_come(facts, now),
        look_at=min(ahead, default=now + timedelta(seconds=PAUSE_S_MIN)),
    )


def is_foretold(ends_at: datetime | None, now: datetime) -> bool:
    """Whether a grant is so near to its end that it may be renewed while it lives."""
    return ends_at is not None and now >= ends_at - timedelta(days=max(FORETOLD_DAYS))


def _refresh_at(facts: KeepingFacts) -> datetime:
    weekly = facts.refreshed_at + timedelta(seconds=KEEP_EVERY_S - facts.jitter % KEEP_JITTER_S)
    moments = [weekly]
    if facts.lapses_at is not None:
        moments.append(facts.lapses_at - timedelta(seconds=KEEP_MARGIN_S))
    if facts.ends_at is not None and facts.refreshed_at < facts.ends_at:
        moments.append(facts.ends_at)
    return max(min(moments), facts.refreshed_at + timedelta(seconds=PAUSE_S_MIN))


def _tellings(facts: KeepingFacts) -> tuple[datetime, ...]:
    """The moments at which the end is told, earliest first."""
    ends_at = facts.ends_at
    return () if ends_at is None else tuple(_before(ends_at, sorted(FORETOLD_DAYS, reverse=True)))


def _before(moment: datetime, days: Iterable[int]) -> Iterable[datetime]:
    return (moment - timedelta(days=one) for one in days)


def _has_come(facts: KeepingFacts, now: datetime) -> bool:
    return facts.ends_at is not None and now >= facts.ends_at
