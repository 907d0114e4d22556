"""Spending waits a little in the lane, or gives it back; at once too, and never past what may be in flight."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.engine.budgets import CallBudget
from tieout.platforms.errors import Next, Throttled
from tieout.platforms.port import Allowance, CallKind, Cause, RateLimit
from tieout.sync.spending import WAIT_IN_LANE_S_MAX, LaneBudget


class Time:
    """Seconds that pass only by being slept."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    passing = Time()
    monkeypatch.setattr("tieout.sync.spending.asyncio.sleep", passing.sleep)
    return passing


def lane_budget(time: Time, limit: RateLimit) -> tuple[CallBudget, Callable[[], Awaitable[None]]]:
    budget = CallBudget([limit])
    lane = LaneBudget(budget, now_s=lambda: time.now_s)

    async def call() -> None:
        await lane.spend(Cause.PUSH, CallKind.WRITE)
        lane.settle(CallKind.WRITE, None)

    return budget, call


async def test_a_call_within_the_budget_does_not_wait(time: Time) -> None:
    _, spend = lane_budget(time, RateLimit(name="x", calls=10, window_s=1, burst=5))
    for _ in range(5):
        await spend()
    assert time.slept == []


async def test_a_short_wait_is_slept_in_the_lane(time: Time) -> None:
    _, spend = lane_budget(time, RateLimit(name="x", calls=10, window_s=1, burst=5))
    for _ in range(6):
        await spend()
    assert sum(time.slept) == pytest.approx(0.2)


async def test_a_long_wait_gives_the_lane_back_and_takes_nothing_out(time: Time) -> None:
    budget, spend = lane_budget(time, RateLimit(name="x", calls=10, window_s=60, burst=1))
    await spend()
    for _ in range(3):
        with pytest.raises(Throttled) as refusal:
            await spend()
        assert refusal.value.retry_after_s == pytest.approx(60 / 9)
    assert refusal.value.explanation.code == "budget_used_up"
    assert refusal.value.next_step is Next.RETRIES_BY_ITSELF
    assert time.slept == []

    budget.note_refused(now_s=time.now_s, for_s=60)
    with pytest.raises(Throttled) as refusal:
        await spend()
    assert refusal.value.retry_after_s == pytest.approx(60)


@given(st.integers(1, 20), st.integers(1, 60), st.integers(1, 60))
async def test_no_sleep_in_a_lane_is_longer_than_its_limit(calls: int, window_s: int, wanted: int) -> None:
    time = Time()
    given_back: list[float] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tieout.sync.spending.asyncio.sleep", time.sleep)
        _, spend = lane_budget(time, RateLimit(name="x", calls=calls, window_s=window_s, burst=1))
        for _ in range(wanted):
            try:
                await spend()
            except Throttled as refusal:
                given_back.append(refusal.retry_after_s)
                time.now_s += refusal.retry_after_s
    assert all(seconds > WAIT_IN_LANE_S_MAX for seconds in given_back)
    assert all(seconds <= WAIT_IN_LANE_S_MAX for seconds in time.slept)


async def test_a_wave_gets_one_moment_each_and_what_would_wait_too_long_goes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("tieout.sync.spending.asyncio.sleep", sleep)
    limit = RateLimit(name="x", calls=61, window_s=60, burst=1)
    lane = LaneBudget(CallBudget([limit]), now_s=lambda: 1_000.0, in_flight_max=4)
    wave = await asyncio.gather(*[lane.spend(Cause.PUSH, CallKind.WRITE) for _ in range(4)], return_exceptions=True)
    assert [type(one) for one in wave] == [type(None), type(None), type(None), Throttled]
    assert slept == [1.0, 2.0]
    assert lane.budget.in_flight == 3


async def _turn() -> None:
    """One turn of the loop."""
    done = asyncio.Event()
    asyncio.get_running_loop().call_soon(done.set)
    await done.wait()


async def test_no_more_calls_are_in_flight_than_the_platform_takes_at_once(time: Time) -> None:
    lane = LaneBudget(CallBudget([]), now_s=lambda: time.now_s, in_flight_max=4)
    most = 0

    async def call() -> None:
        nonlocal most
        await lane.spend(Cause.PUSH, CallKind.WRITE)
        most = max(most, lane.budget.in_flight)
        await _turn()
        lane.settle(CallKind.WRITE, Allowance())

    await asyncio.gather(*[call() for _ in range(30)])
    assert (most, lane.budget.in_flight) == (4, 0)


async def test_whoever_waits_while_another_call_is_refused_does_not_go(monkeypatch: pytest.MonkeyPatch) -> None:
    passing = Time()
    lane = LaneBudget(
        CallBudget([RateLimit(name="x", calls=61, window_s=60, burst=1)]), now_s=lambda: passing.now_s, in_flight_max=2
    )
    await lane.spend(Cause.PUSH, CallKind.WRITE)

    async def refused_meanwhile(seconds: float) -> None:
        passing.now_s += seconds
        lane.settle(CallKind.WRITE, Allowance(rest_s=26.0, limit="minute"))

    monkeypatch.setattr("tieout.sync.spending.asyncio.sleep", refused_meanwhile)
    with pytest.raises(Throttled) as refusal:
        await lane.spend(Cause.PUSH, CallKind.WRITE)
    assert refusal.value.retry_after_s == pytest.approx(26.0)
    assert lane.budget.in_flight == 0


async def test_people_pass_where_routine_work_waits(time: Time) -> None:
    lane = LaneBudget(CallBudget([RateLimit(name="day", calls=100, window_s=86_400, burst=50)]), lambda: time.now_s, 9)
    await lane.spend(Cause.PULL, CallKind.READ)
    lane.settle(CallKind.READ, Allowance(left={"day": 15}))
    for cause in (Cause.PULL, Cause.TIE_OUT):
        with pytest.raises(Throttled) as refusal:
            await lane.spend(cause, CallKind.READ)
        assert refusal.value.retry_after_s == pytest.approx(3600)
    for cause in (Cause.PERSON, Cause.PUSH, Cause.RESOLVE):
        await lane.spend(cause, CallKind.READ)
    assert lane.budget.in_flight == 3


async def test_a_quota_that_is_used_up_is_said_in_words_for_the_operator(time: Time) -> None:
    lane = LaneBudget(CallBudget([]), now_s=lambda: time.now_s)
    for _ in range(4):
        await lane.spend(Cause.PULL, CallKind.READ)
        lane.settle(CallKind.READ, Allowance(rest_s=60.0, is_told=False))
        time.now_s += 60.0
    with pytest.raises(Throttled) as refusal:
        await lane.spend(Cause.PULL, CallKind.READ)
    assert refusal.value.explanation.code == "quota_used_up"
    assert refusal.value.retry_after_s == pytest.approx(3540.0)
    await lane.spend(Cause.PUSH, CallKind.WRITE)
