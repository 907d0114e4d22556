"""Budgets: in no window do more calls pass than the platform allows, and none waits longer than it must."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tieout.engine.budgets import (
    QUOTA_REST_S,
    QUOTA_REST_S_MAX,
    REST_S_MAX,
    THROTTLES_IN_ROW_MAX,
    CallBudget,
    floor_of,
    restored,
)
from tieout.platforms.port import RateLimit
from tieout.platforms.registry import all_platforms

TINY_S = 1e-5
CALLS_MAX = 400


@st.composite
def limits(draw: st.DrawFn, name: str = "limit") -> RateLimit:
    calls = draw(st.integers(1, 60))
    return RateLimit(name=name, calls=calls, window_s=draw(st.integers(1, 120)), burst=draw(st.integers(1, calls)))


def take(budget: CallBudget, now_s: float, *, is_routine: bool = False) -> float:
    """Take one call that may go now, else nothing; the seconds to wait."""
    wait_s = budget.reserve(now_s=now_s, is_routine=is_routine)
    if wait_s == 0:
        budget.settle(now_s=now_s, left={})
    return wait_s


def spend_all(budget: CallBudget, pauses: list[float], start_s: float) -> list[float]:
    """Calls that wait exactly as long as they are told to, with pauses in between; the moments at which they went."""
    now_s, went = start_s, []
    for pause_s in pauses:
        now_s += pause_s
        while (wait_s := take(budget, now_s)) > 0:
            now_s += max(wait_s, TINY_S / 10)
        went.append(now_s)
    return went


def most_in_a_window(went: list[float], window_s: float) -> int:
    most = first = 0
    for last, moment in enumerate(went):
        while went[first] <= moment - window_s:
            first += 1
        most = max(most, last - first + 1)
    return most


pauses_of_callers = st.lists(st.just(0.0) | st.floats(0, 30), min_size=1, max_size=CALLS_MAX)


@given(limits(), pauses_of_callers, st.floats(0, 1e7))
def test_no_window_ever_holds_more_calls_than_allowed(limit: RateLimit, pauses: list[float], start_s: float) -> None:
    went = spend_all(CallBudget([limit]), pauses, start_s)
    assert most_in_a_window(went, limit.window_s - TINY_S) <= limit.calls


@given(limits("one"), limits("other"), pauses_of_callers)
def test_every_one_of_several_limits_holds(one: RateLimit, other: RateLimit, pauses: list[float]) -> None:
    went = spend_all(CallBudget([one, other]), pauses, 1_000.0)
    for limit in (one, other):
        assert most_in_a_window(went, limit.window_s - TINY_S) <= limit.calls


def test_the_limits_of_every_platform_hold_under_full_load() -> None:
    for limit in [limit for platform in all_platforms().values() for limit in platform.rate_limits]:
        went = spend_all(CallBudget([limit]), [0.0] * (3 * limit.calls), 1_000.0)
        assert most_in_a_window(went, limit.window_s - TINY_S) <= limit.calls, limit
        assert most_in_a_window(went, limit.window_s + TINY_S) >= limit.calls, limit


@given(limits())
@example(RateLimit(name="x", calls=1, window_s=60, burst=1))
def test_a_burst_goes_at_once_and_the_next_call_waits(limit: RateLimit) -> None:
    budget = CallBudget([limit])
    assert [take(budget, 100.0) for _ in range(limit.burst)] == [0.0] * limit.burst
    assert take(budget, 100.0) > 0


@given(limits(), st.floats(0, 1e6))
def test_a_call_that_is_refused_takes_nothing_out(limit: RateLimit, now_s: float) -> None:
    budget = CallBudget([limit])
    while (wait_s := take(budget, now_s)) == 0:
        pass
    assert [take(budget, now_s) for _ in range(5)] == [wait_s] * 5
    assert take(budget, now_s + wait_s + TINY_S) == 0


@given(limits(), st.floats(0, 1e6))
def test_after_a_window_of_rest_the_whole_burst_is_back(limit: RateLimit, now_s: float) -> None:
    budget = CallBudget([limit])
    spend_all(budget, [0.0] * limit.calls, now_s)
    later_s = now_s + 10 * limit.window_s * (limit.calls + 1)
    assert [take(budget, later_s) for _ in range(limit.burst)] == [0.0] * limit.burst


def test_a_call_that_one_limit_refuses_is_not_counted_by_another() -> None:
    tight, wide = RateLimit(name="t", calls=1, window_s=60, burst=1), RateLimit(name="w", calls=9, window_s=60, burst=3)
    budget = CallBudget([tight, wide])
    assert take(budget, 0.0) == 0
    for _ in range(20):
        assert take(budget, 1.0) > 0
    assert take(restored([wide], budget.stored()), 1.0) == 0


def test_the_platforms_own_word_is_obeyed_and_never_shortened() -> None:
    budget = CallBudget([RateLimit(name="x", calls=10, window_s=1, burst=5)])
    budget.note_refused(now_s=100.0, for_s=60.0)
    budget.note_refused(now_s=110.0, for_s=5.0)

    assert take(budget, 120.0) == pytest.approx(40.0)
    assert take(budget, 159.9) == pytest.approx(0.1)
    assert take(budget, 160.0) == 0


def test_a_budget_without_limits_lets_everything_pass() -> None:
    assert take(CallBudget([]), 0.0) == 0


@pytest.mark.parametrize(("calls", "burst", "window_s"), [(5, 0, 60), (5, 6, 60), (0, 0, 60), (5, 1, 0)])
def test_a_limit_that_cannot_be_kept_is_refused(calls: int, burst: int, window_s: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        CallBudget([RateLimit(name="x", calls=calls, window_s=window_s, burst=burst)])


@given(limits(), pauses_of_callers, st.integers(1, 6))
def test_moments_reserved_by_callers_that_wait_at_once_keep_the_limit_too(
    limit: RateLimit, pauses: list[float], at_once: int
) -> None:
    budget, now_s, went = CallBudget([limit]), 1_000.0, []
    for pause_s in pauses:
        now_s += pause_s
        waits = [budget.reserve(now_s=now_s, wait_s_max=2.0) for _ in range(at_once)]
        went += [now_s + wait_s for wait_s in waits if wait_s <= 2.0]
    went.sort()
    assert len(went) == budget.in_flight
    assert most_in_a_window(went, limit.window_s - TINY_S) <= limit.calls


@given(limits(), pauses_of_callers)
def test_routine_work_leaves_the_last_of_the_burst_to_people(limit: RateLimit, pauses: list[float]) -> None:
    budget, now_s = CallBudget([limit]), 1_000.0
    for pause_s in pauses:
        now_s += pause_s
        while take(budget, now_s, is_routine=True) == 0:
            pass
    if limit.burst > 1:
        assert take(budget, now_s) == 0
    assert take(budget, now_s, is_routine=True) > 0


DAY = RateLimit(name="day", calls=1_000, window_s=86_400, burst=500)


def told(budget: CallBudget, left: int, now_s: float) -> None:
    """One call whose answer says how many are left."""
    assert budget.reserve(now_s=now_s) == 0
    budget.settle(now_s=now_s, left={"day": left, "unheard_of": 3})


def test_what_the_platform_says_is_left_counts_and_not_our_own_arithmetic() -> None:
    budget = CallBudget([DAY])
    told(budget, 4_900, 0.0)
    assert [take(budget, 1.0) for _ in range(4_900)] == [0.0] * 4_900, "a higher tier than was thought"
    assert take(budget, 1.0) > 0
    other = CallBudget([DAY])
    told(other, 2, 0.0)
    assert [take(other, 1.0) == 0 for _ in range(3)] == [True, True, False], "somebody else used them"


def test_what_is_in_flight_may_not_be_counted_yet_in_what_is_left() -> None:
    budget = CallBudget([DAY])
    for _ in range(4):
        assert budget.reserve(now_s=0.0) == 0
    budget.settle(now_s=1.0, left={"day": 10})
    assert [take(budget, 2.0) == 0 for _ in range(8)] == [True] * 7 + [False]


def test_at_the_floor_routine_work_stops_and_people_go_on_to_the_last_call() -> None:
    budget = CallBudget([DAY])
    floor = floor_of(DAY, is_routine=True)
    assert floor == 150
    told(budget, floor + 1, 0.0)
    assert [take(budget, 1.0, is_routine=True) == 0 for _ in range(2)] == [True, False]
    assert [take(budget, 2.0) == 0 for _ in range(floor + 1)] == [True] * floor + [False]


def test_an_exhausted_day_is_looked_at_again_every_hour_by_one_call() -> None:
    budget, went = CallBudget([DAY]), 0
    told(budget, 0, 0.0)
    for minute in range(1, 12 * 60):
        went += take(budget, minute * 60.0, is_routine=True) == 0
    assert went == 11
    told(budget, 1_000, 12 * 3600.0 + 60)
    assert take(budget, 12 * 3600.0 + 61, is_routine=True) == 0, "the window was renewed"


def test_once_the_platform_told_when_its_window_ends_nothing_is_tried_before() -> None:
    minute = RateLimit(name="minute", calls=60, window_s=60, burst=10)
    budget = CallBudget([minute])
    assert budget.reserve(now_s=100.0) == 0
    budget.settle(now_s=100.0, left={"minute": 0})
    budget.note_refused(now_s=100.0, for_s=22.0, limit="minute")
    assert take(budget, 121.0) == pytest.approx(1.0)
    assert take(budget, 122.0) == 0
    assert budget.reserve(now_s=150.0) == 0
    budget.settle(now_s=150.0, left={"minute": 0})
    assert take(budget, 160.0) == pytest.approx(22.0), "the windows are fixed: the next one ends at 182"
    assert take(budget, 182.0) == 0


def test_refusals_that_a_minute_does_not_cure_are_a_quota_that_concerns_reading_only() -> None:
    budget, now_s = CallBudget([]), 0.0
    for _ in range(THROTTLES_IN_ROW_MAX):
        for _ in range(4):  # all that were in flight are refused at once, which is one refusal
            budget.note_refused(now_s=now_s, for_s=60.0, kind="read", is_told=False)
        assert budget.reserve(now_s=now_s, kind="read") == 60.0
        assert not budget.is_quota_used_up("read")
        now_s += 60.0
    rests = []
    for _ in range(5):
        budget.note_refused(now_s=now_s, for_s=60.0, kind="read", is_told=False)
        assert budget.is_quota_used_up("read")
        rests.append(budget.rest_s(now_s, "read"))
        assert budget.rest_s(now_s, "write") == 60.0
        now_s += rests[-1]
    assert rests == [QUOTA_REST_S, 2 * QUOTA_REST_S, 4 * QUOTA_REST_S, QUOTA_REST_S_MAX, QUOTA_REST_S_MAX]
    budget.note_served("write")
    assert budget.is_quota_used_up("read")
    budget.note_served("read")
    assert not budget.is_quota_used_up("read")


def test_a_wait_that_the_platform_names_is_no_sign_of_a_quota() -> None:
    budget = CallBudget([])
    for moment in range(20):
        budget.note_refused(now_s=moment * 100.0, for_s=77_000.0, kind="read")
    assert not budget.is_quota_used_up("read")
    assert budget.rest_s(1_900.0, "write") == 77_000.0


@given(limits(), pauses_of_callers, st.none() | st.integers(0, 80))
def test_a_budget_goes_on_from_its_row_as_if_nothing_had_been(
    limit: RateLimit, pauses: list[float], left: int | None
) -> None:
    kept, saved, now_s = CallBudget([limit]), CallBudget([limit]), 1_000.0
    for pause_s in pauses[:40]:
        now_s += pause_s
        waits = []
        for budget in (kept, saved):
            waits.append(wait_s := budget.reserve(now_s=now_s))
            if wait_s == 0:
                budget.settle(now_s=now_s, left={} if left is None else {limit.name: left})
        assert waits[0] == waits[1]
        saved = restored([limit], saved.stored())


def test_a_clock_that_was_wrong_stops_nobody_for_ever() -> None:
    minute = RateLimit(name="minute", calls=60, window_s=60, burst=10)
    budget = CallBudget([minute])
    assert take(budget, 4e9) == 0
    budget.note_refused(now_s=4e9, for_s=60)
    assert take(restored([minute], budget.stored()), 1_000.0) <= REST_S_MAX
    rested = restored([minute], {**budget.stored(), "rests": {}})
    assert take(rested, 1_000.0) <= 3 * minute.window_s
