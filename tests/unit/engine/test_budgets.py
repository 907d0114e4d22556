"""Budgets: in no window do more calls pass than the platform allows, and none waits longer than it must."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tieout.engine.budgets import CallBudget, judge
from tieout.platforms.port import RateLimit
from tieout.platforms.registry import all_platforms

TINY_S = 1e-5
CALLS_MAX = 400


@st.composite
def limits(draw: st.DrawFn, name: str = "limit") -> RateLimit:
    calls = draw(st.integers(1, 60))
    return RateLimit(name=name, calls=calls, window_s=draw(st.integers(1, 120)), burst=draw(st.integers(1, calls)))


def spend_all(budget: CallBudget, pauses: list[float], start_s: float) -> list[float]:
    """Calls that wait exactly as long as they are told to, with pauses in between; the moments at which they went."""
    now_s, went = start_s, []
    for pause_s in pauses:
        now_s += pause_s
        while (wait_s := budget.take(now_s)) > 0:
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
    assert [budget.take(100.0) for _ in range(limit.burst)] == [0.0] * limit.burst
    assert budget.take(100.0) > 0


@given(limits(), st.floats(0, 1e6))
def test_a_call_that_is_refused_takes_nothing_out(limit: RateLimit, now_s: float) -> None:
    budget = CallBudget([limit])
    while (wait_s := budget.take(now_s)) == 0:
        pass
    assert [budget.take(now_s) for _ in range(5)] == [wait_s] * 5
    assert budget.take(now_s + wait_s + TINY_S) == 0


@given(limits(), st.floats(0, 1e6))
def test_after_a_window_of_rest_the_whole_burst_is_back(limit: RateLimit, now_s: float) -> None:
    budget = CallBudget([limit])
    spend_all(budget, [0.0] * limit.calls, now_s)
    later_s = now_s + 10 * limit.window_s * (limit.calls + 1)
    assert [budget.take(later_s) for _ in range(limit.burst)] == [0.0] * limit.burst


def test_a_call_that_one_limit_refuses_is_not_counted_by_another() -> None:
    tight, wide = RateLimit(name="t", calls=1, window_s=60, burst=1), RateLimit(name="w", calls=9, window_s=60, burst=3)
    budget = CallBudget([tight, wide])
    assert budget.take(0.0) == 0
    for _ in range(20):
        assert budget.take(1.0) > 0
    assert [CallBudget([wide], _arrivals_s=dict(budget._arrivals_s)).take(1.0)] == [0.0]  # noqa: SLF001 - the state itself


def test_the_platforms_own_word_is_obeyed_and_never_shortened() -> None:
    budget = CallBudget([RateLimit(name="x", calls=10, window_s=1, burst=5)])
    budget.block(now_s=100.0, for_s=60.0)
    budget.block(now_s=110.0, for_s=5.0)

    assert budget.take(120.0) == pytest.approx(40.0)
    assert budget.take(159.9) == pytest.approx(0.1)
    assert budget.take(160.0) == 0


def test_a_budget_without_limits_lets_everything_pass() -> None:
    assert CallBudget([]).take(0.0) == 0


@pytest.mark.parametrize(("calls", "burst", "window_s"), [(5, 0, 60), (5, 6, 60), (0, 0, 60), (5, 1, 0)])
def test_a_limit_that_cannot_be_kept_is_refused(calls: int, burst: int, window_s: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        CallBudget([RateLimit(name="x", calls=calls, window_s=window_s, burst=burst)])


@given(limits(), st.floats(0, 1e6), st.floats(0, 1e6))
def test_one_judgement_never_asks_to_wait_longer_than_it_must(limit: RateLimit, arrival_s: float, now_s: float) -> None:
    verdict = judge(limit, arrival_s=arrival_s, now_s=now_s)
    if verdict.wait_s > 0:
        assert verdict.arrival_s == arrival_s
        assert judge(limit, arrival_s=arrival_s, now_s=now_s + verdict.wait_s + TINY_S).wait_s == 0
    else:
        assert verdict.arrival_s > max(arrival_s, now_s)
