"""How many calls may be made now: the generic cell rate algorithm, as pure functions over one number per limit.

A limit of `calls` per window with a `burst` lets `burst` calls go at once and then one every (window ÷ sustained
calls). Burst
and sustained rate together never exceed the platform's fixed window (DECISIONS: limits).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

ROUNDING_S = 1e-6
"""A wait shorter than this is what adding up floating-point seconds leaves over, and no wait."""


class Limit(Protocol):
    """At most `calls` in any window of `window_s` seconds, of which `burst` at once."""

    @property
    def name(self) -> str:
        """Which limit it is."""

    @property
    def calls(self) -> int:
        """Calls in any window."""

    @property
    def window_s(self) -> int:
        """The window's length."""

    @property
    def burst(self) -> int:
        """Calls at once."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may go now, and otherwise in how many seconds; `arrival_s` is the new state."""

    wait_s: float
    arrival_s: float


def judge(limit: Limit, *, arrival_s: float, now_s: float) -> Verdict:
    """Decide one call against one limit; `arrival_s` is the theoretical arrival time, the limit's only state."""
    interval_s = limit.window_s / max(limit.calls - limit.burst, 1)
    tolerance_s = interval_s * (limit.burst - 1)
    expected_s = max(arrival_s, now_s)
    wait_s = expected_s - tolerance_s - now_s
    if wait_s > ROUNDING_S:
        return Verdict(wait_s=wait_s, arrival_s=arrival_s)
    return Verdict(wait_s=0.0, arrival_s=expected_s + interval_s)


@dataclass(slots=True)
class CallBudget:
    """The limits of one company at one platform, and how far each is used up.

    Raises ValueError for a limit that lets nothing pass, or more at once than in its window.
    """

    limits: Sequence[Limit]
    blocked_until_s: float = 0.0
    _arrivals_s: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the limits."""
        for limit in self.limits:
            if not 1 <= limit.burst <= limit.calls or limit.window_s <= 0:
                msg = f"the limit {limit.name!r} cannot be kept: {limit.burst} of {limit.calls} in {limit.window_s} s"
                raise ValueError(msg)

    def take(self, now_s: float) -> float:
        """Take one call out and return 0.0, or take nothing and return the seconds to wait."""
        if now_s < self.blocked_until_s:
            return self.blocked_until_s - now_s
        verdicts = {
            limit.name: judge(limit, arrival_s=self._arrivals_s.get(limit.name, 0.0), now_s=now_s)
            for limit in self.limits
        }
        longest_s = max((verdict.wait_s for verdict in verdicts.values()), default=0.0)
        if longest_s > 0:
            return longest_s
        self._arrivals_s.update({name: verdict.arrival_s for name, verdict in verdicts.items()})
        return 0.0

    def block(self, *, now_s: float, for_s: float) -> None:
        """Obey the platform's own word: no call before so many seconds have passed."""
        self.blocked_until_s = max(self.blocked_until_s, now_s + for_s)
