"""How many calls may be made now: pure arithmetic over a little state per limit, which its owner keeps in a row.

Two things decide. While the platform itself says how many calls are left in its window, that counts and nothing else.
Otherwise the generic cell rate algorithm does: a limit of `calls` per window with a `burst` lets `burst` calls go at
once and then one every (window ÷ sustained calls), so that burst and sustained rate together never exceed the
platform's fixed window (DECISIONS: limits). Routine work never takes the last share: that is kept for people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import ceil
from typing import Any, Final, Protocol

ROUNDING_S: Final = 1e-6
"""A wait shorter than this is what adding up floating-point seconds leaves over, and no wait."""
RESERVED_SHARE: Final = 0.15
"""The share of every limit that routine work leaves to people, pushes and look-ups."""
LOOK_AGAIN_SHARE: Final = 1 / 24
"""After this share of a window one call finds out whether an exhausted limit was renewed: an hour of a day."""
WAIT_S_MAX: Final = 60.0
"""Nobody reserves a moment further ahead."""
REST_S_MAX: Final = 25 * 3600.0
"""No rest is longer: a day's window, and an hour for clocks that differ."""
THROTTLES_IN_ROW_MAX: Final = 3
"""After so many refusals that waiting did not cure, a minute's limit cannot be the reason: a quota is used up."""
QUOTA_REST_S: Final = 3600.0
QUOTA_REST_S_MAX: Final = 6 * 3600.0


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


@dataclass(slots=True)
class LimitState:
    """How far one limit is used up. Moments are seconds since 1970.

    `arrival_s` is the theoretical arrival time. `left` is what the platform last said is left, less what began since,
    `told_at_s` is when; `resets_at_s` is the end of one of the platform's windows, once it has told one.
    """

    arrival_s: float = 0.0
    left: int | None = None
    told_at_s: float = 0.0
    resets_at_s: float | None = None


@dataclass(slots=True)
class Rest:
    """No call before `until_s`; `in_row` counts the refusals that waiting did not cure."""

    until_s: float = 0.0
    in_row: int = 0


def interval_of(limit: Limit) -> float:
    """Seconds between two calls at the sustained rate."""
    return limit.window_s / max(limit.calls - limit.burst, 1)


def wait_for(limit: Limit, state: LimitState, *, now_s: float, is_routine: bool) -> float:
    """Seconds until a call may go by one limit; 0.0 when it may now."""
    if state.left is not None and not _is_stale(limit, state, now_s):
        return _wait_as_told(limit, state, state.left, now_s=now_s, is_routine=is_routine)
    interval_s = interval_of(limit)
    burst = max(limit.burst - ceil(limit.burst * RESERVED_SHARE), 1) if is_routine else limit.burst
    longest_s = limit.burst * interval_s + limit.window_s + WAIT_S_MAX  # only a clock that was wrong wrote more
    arrival_s = min(state.arrival_s, now_s + longest_s)
    wait_s = arrival_s - interval_s * (burst - 1) - now_s
    return wait_s if wait_s > ROUNDING_S else 0.0


def floor_of(limit: Limit, *, is_routine: bool) -> int:
    """How many calls are to be left over."""
    return ceil(limit.calls * RESERVED_SHARE) if is_routine else 0


def take_from(limit: Limit, state: LimitState, *, at_s: float) -> None:
    """Count a call that goes at `at_s`."""
    interval_s = interval_of(limit)
    state.arrival_s = min(max(state.arrival_s, at_s), at_s + (limit.burst - 1) * interval_s) + interval_s
    if state.left is not None:
        if state.left <= floor_of(limit, is_routine=True):
            state.told_at_s = max(state.told_at_s, at_s)  # this call finds out; the next one waits for its answer
        state.left = max(state.left - 1, 0)


def _wait_as_told(limit: Limit, state: LimitState, left: int, *, now_s: float, is_routine: bool) -> float:
    """As much as the platform said is left may go at once; then nothing until its window ends, if that is known."""
    if left > floor_of(limit, is_routine=is_routine):
        return 0.0
    look_s = state.told_at_s + limit.window_s * LOOK_AGAIN_SHARE - now_s
    reset_s = _window_end(limit, state)
    wait_s = look_s if reset_s is None else reset_s - now_s
    return wait_s if wait_s > ROUNDING_S else 0.0


def _is_stale(limit: Limit, state: LimitState, now_s: float) -> bool:
    """Whether the window that the platform spoke of is over."""
    return now_s >= (_window_end(limit, state) or state.told_at_s + limit.window_s)


def _window_end(limit: Limit, state: LimitState) -> float | None:
    """The end of the window in which the platform last spoke; windows are fixed, so one known end tells all."""
    if state.resets_at_s is None:
        return None
    windows = ceil((state.told_at_s - state.resets_at_s) / limit.window_s)
    return state.resets_at_s + windows * limit.window_s


@dataclass(slots=True)
class CallBudget:
    """The limits of one company at one platform, and how far each is used up.

    `kind` is a word for calls that a quota may refuse while it lets others pass. Nothing here waits for anything, so
    any number of tasks may share a budget. Raises ValueError for a limit that lets nothing pass, or more at once than
    in its window.
    """

    limits: Sequence[Limit]
    states: dict[str, LimitState] = field(default_factory=dict)
    rests: dict[str, Rest] = field(default_factory=dict)
    in_flight: int = 0

    def __post_init__(self) -> None:
        """Check the limits."""
        for limit in self.limits:
            if not 1 <= limit.burst <= limit.calls or limit.window_s <= 0:
                msg = f"the limit {limit.name!r} cannot be kept: {limit.burst} of {limit.calls} in {limit.window_s} s"
                raise ValueError(msg)
            self.states.setdefault(limit.name, LimitState())

    def reserve(self, *, now_s: float, wait_s_max: float = 0.0, kind: str = "", is_routine: bool = False) -> float:
        """Reserve the next call's moment and return the seconds until then; whoever asks later gets a later one.

        Reserves nothing when that is longer than `wait_s_max`. What was reserved is ended by `settle` or `give_up`.
        """
        waits = [wait_for(one, self.states[one.name], now_s=now_s, is_routine=is_routine) for one in self.limits]
        wait_s = max([self.rest_s(now_s, kind), *waits])
        if wait_s <= min(wait_s_max, WAIT_S_MAX):
            self.in_flight += 1
            for limit in self.limits:
                take_from(limit, self.states[limit.name], at_s=now_s + wait_s)
        return wait_s

    def rest_s(self, now_s: float, kind: str = "") -> float:
        """How long the platform wants no calls of this kind."""
        until_s = max((self.rests[name].until_s for name in {"", kind} if name in self.rests), default=0.0)
        return min(max(until_s - now_s, 0.0), REST_S_MAX)

    def give_up(self) -> None:
        """End a reservation whose call was never made; its moment passes unused."""
        self.in_flight -= 1

    def settle(self, *, now_s: float, left: Mapping[str, int]) -> None:
        """End a call, and believe what the platform says is left. It may not have counted yet what is in flight."""
        self.in_flight -= 1
        for name in left.keys() & self.states.keys():
            state = self.states[name]
            state.left = max(left[name] - self.in_flight, 0)
            state.told_at_s = now_s

    def note_served(self, kind: str) -> None:
        """The platform served a call of this kind: no quota refuses them."""
        if kind in self.rests:
            self.rests[kind].in_row = 0

    def note_refused(
        self, *, now_s: float, for_s: float, kind: str = "", limit: str | None = None, is_told: bool = True
    ) -> None:
        """Obey a refusal for too many calls: none before so many seconds have passed, and never a shorter rest.

        `limit` names the limit whose window ends then. Where the seconds are only the usual ones (`is_told` is false)
        and waiting did not help again and again, a quota is used up: calls of this kind rest for hours.
        """
        if limit in self.states:
            state = self.states[limit]
            state.left, state.told_at_s, state.resets_at_s = 0, now_s, now_s + for_s
        if not is_told:
            own = self.rests.setdefault(kind, Rest())
            own.in_row += now_s >= max(own.until_s, self.rests.setdefault("", Rest()).until_s)
            if self.is_quota_used_up(kind):
                again = own.in_row - THROTTLES_IN_ROW_MAX - 1
                own.until_s = max(own.until_s, now_s + min(QUOTA_REST_S * 2**again, QUOTA_REST_S_MAX))
        every = self.rests.setdefault("", Rest())
        every.until_s = max(every.until_s, now_s + for_s)

    def is_quota_used_up(self, kind: str) -> bool:
        """Whether waiting has not helped calls of this kind, again and again."""
        return kind in self.rests and self.rests[kind].in_row > THROTTLES_IN_ROW_MAX

    def stored(self) -> dict[str, Any]:
        """The state in the form in which a row keeps it."""
        return {
            "limits": {name: asdict(state) for name, state in self.states.items()},
            "rests": {name: asdict(rest) for name, rest in self.rests.items()},
        }


def restored(limits: Sequence[Limit], stored: Mapping[str, Any] | None) -> CallBudget:
    """The budget that goes on from what a row keeps; limits that are no longer kept are forgotten."""
    states, rests = (stored or {}).get("limits", {}), (stored or {}).get("rests", {})
    known = {limit.name: LimitState(**states[limit.name]) for limit in limits if limit.name in states}
    return CallBudget(limits, known, {name: Rest(**rest) for name, rest in rests.items()})
