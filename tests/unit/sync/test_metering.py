"""What calls cost adds up; and spending waits a little in the lane, or gives it back."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from tests.support.databases import BACKENDS, empty_database
from tests.support.stage import AT

from tieout.engine.budgets import CallBudget
from tieout.kit.identifiers import new_id
from tieout.platforms.errors import Next, Throttled
from tieout.platforms.port import CallKind, Cause, RateLimit
from tieout.storage.database import Database
from tieout.storage.tables.access import Partner, PlatformApp
from tieout.storage.tables.connections import Company
from tieout.storage.tables.work import MeterReading
from tieout.sync.metering import WAIT_IN_LANE_S_MAX, CompanyMeter, LaneBudget

DAY, NEXT_DAY = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture(params=BACKENDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with empty_database(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
async def company_id(database: Database) -> UUID:
    partner_id, app_id, company_id = new_id(), new_id(), new_id()
    dated = {"created_at": AT, "updated_at": AT}
    async with database.write() as session:
        session.add(Partner(id=partner_id, name="Payables Inc", **dated))
        await session.flush()
        owned = {"partner_id": partner_id, "platform": "ledgerly", "environment": "simulated", **dated}
        session.add(PlatformApp(id=app_id, client_id="c", client_secret=b"s", **owned))
        await session.flush()
        session.add(Company(id=company_id, app_id=app_id, external_id="1", name="Books", **owned))
    return company_id


async def readings(database: Database) -> dict[tuple[date, str, str], tuple[int, int, int]]:
    async with database.read() as session:
        rows = await session.scalars(select(MeterReading))
        return {(row.day, row.cause, row.kind): (row.calls, row.sent_bytes, row.received_bytes) for row in rows}


def count(meter: CompanyMeter, cause: Cause, kind: CallKind, sent: int = 10, received: int = 100) -> None:
    meter.count(cause=cause, kind=kind, sent_bytes=sent, received_bytes=received, status=200)


async def save(database: Database, meter: CompanyMeter, day: date = DAY) -> None:
    async with database.write() as session:
        await meter.save(session, day)


async def test_calls_and_bytes_add_up_by_day_cause_and_kind(database: Database, company_id: UUID) -> None:
    meter, other_worker = CompanyMeter(company_id), CompanyMeter(company_id)
    count(meter, Cause.PULL, CallKind.READ)
    count(meter, Cause.PULL, CallKind.READ, sent=1, received=2)
    count(meter, Cause.PUSH, CallKind.WRITE)
    await save(database, meter)
    count(meter, Cause.PULL, CallKind.READ)
    await save(database, meter)
    count(other_worker, Cause.PULL, CallKind.READ, sent=2**40, received=2**40)
    await save(database, other_worker)
    count(meter, Cause.PULL, CallKind.READ)
    await save(database, meter, NEXT_DAY)

    assert await readings(database) == {
        (DAY, "pull", "read"): (4, 21 + 2**40, 202 + 2**40),
        (DAY, "push", "write"): (1, 10, 100),
        (NEXT_DAY, "pull", "read"): (1, 10, 100),
    }


async def test_what_was_saved_is_not_saved_again(database: Database, company_id: UUID) -> None:
    meter = CompanyMeter(company_id)
    count(meter, Cause.PULL, CallKind.READ)
    for _ in range(3):
        await save(database, meter)
    assert await readings(database) == {(DAY, "pull", "read"): (1, 10, 100)}


async def test_an_unanswered_call_counts_too(database: Database, company_id: UUID) -> None:
    meter = CompanyMeter(company_id)
    meter.count(cause=Cause.RESOLVE, kind=CallKind.READ, sent_bytes=5, received_bytes=0, status=None)
    await save(database, meter)
    assert await readings(database) == {(DAY, "resolve", "read"): (1, 5, 0)}


async def test_what_a_failed_transaction_would_have_saved_is_saved_by_the_next(
    database: Database, company_id: UUID
) -> None:
    meter = CompanyMeter(company_id)
    count(meter, Cause.PULL, CallKind.READ)

    async def save_and_fail() -> None:
        async with database.write() as session:
            await meter.save(session, DAY)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await save_and_fail()
    count(meter, Cause.PULL, CallKind.READ)
    await save(database, meter)
    assert await readings(database) == {(DAY, "pull", "read"): (2, 20, 200)}


async def test_calls_made_while_saving_are_kept_for_the_next_time(database: Database, company_id: UUID) -> None:
    meter = CompanyMeter(company_id)
    count(meter, Cause.PULL, CallKind.READ)
    async with database.write() as session:
        await meter.save(session, DAY)
        count(meter, Cause.PULL, CallKind.READ)
    await save(database, meter)
    assert await readings(database) == {(DAY, "pull", "read"): (2, 20, 200)}


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
    monkeypatch.setattr("tieout.sync.metering.asyncio.sleep", passing.sleep)
    return passing


def lane_budget(time: Time, limit: RateLimit) -> tuple[CallBudget, Callable[[], Awaitable[None]]]:
    budget = CallBudget([limit])
    lane = LaneBudget(budget, now_s=lambda: time.now_s)
    return budget, lambda: lane.spend(Cause.PULL)


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

    budget.block(now_s=time.now_s, for_s=60)
    with pytest.raises(Throttled) as refusal:
        await spend()
    assert refusal.value.retry_after_s == pytest.approx(60)


@given(st.integers(1, 20), st.integers(1, 60), st.integers(1, 60))
async def test_no_sleep_in_a_lane_is_longer_than_its_limit(calls: int, window_s: int, wanted: int) -> None:
    time = Time()
    given_back: list[float] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tieout.sync.metering.asyncio.sleep", time.sleep)
        _, spend = lane_budget(time, RateLimit(name="x", calls=calls, window_s=window_s, burst=1))
        for _ in range(wanted):
            try:
                await spend()
            except Throttled as refusal:
                given_back.append(refusal.retry_after_s)
                time.now_s += refusal.retry_after_s
    assert all(seconds > WAIT_IN_LANE_S_MAX for seconds in given_back)
    assert all(seconds <= WAIT_IN_LANE_S_MAX for seconds in time.slept)
