"""Limits on calls, end to end: nobody waits long with a lane in hand, and people go before routine."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.house import House
from tests.support.trading import PLATFORMS, Trade, open_trade, set_up, unhurried

from tieout.engine.budgets import RESERVED_SHARE
from tieout.platforms.registry import all_platforms
from tieout.storage.tables.budgets import RateBudget
from tieout.sync.spending import WAIT_IN_LANE_S_MAX


@pytest.fixture
def slept(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Every sleep in the process, during which only the time of the house passes."""
    seconds: list[float] = []
    sleep = asyncio.sleep

    async def at_once(delay: float, result: Any = None) -> Any:
        seconds.append(delay)
        house.clock.move(timedelta(seconds=delay))
        return await sleep(0, result)

    monkeypatch.setattr("asyncio.sleep", at_once)
    monkeypatch.setattr("tieout.sync.open_books.seconds_of", lambda clock: lambda: clock.now().timestamp())
    yield seconds
    assert max(seconds, default=0) <= WAIT_IN_LANE_S_MAX


@pytest.fixture
async def trade(house: House, platform: str, monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> Trade:
    """Books whose platform limits calls, and a Tieout that keeps to its budgets."""
    limits = {one.name: one.rate_limits for one in all_platforms().values()}
    unhurried(monkeypatch)
    trade = await open_trade(house, platform, settle=False)
    for one in all_platforms().values():
        monkeypatch.setattr(one, "rate_limits", limits[one.name])
        one_by_one = replace(one.sending_rules, in_flight_max=1)  # the house's time cannot pass for several sleepers
        monkeypatch.setattr(one, "sending_rules", one_by_one)
    house.simulators["quickbooks"].state.quickbooks.rest.limits.watched = True
    house.simulators["xero"].state.xero.api.limits.enforced = True
    await trade.settle_all(step_s=7)
    await pass_time(trade, minutes=3)
    await set_up(trade)
    slept.clear()
    return trade


async def pass_time(trade: Trade, *, minutes: float, step_s: int = 10) -> None:
    """Time passes in small steps, as for a worker that never stops."""
    for _ in range(int(minutes * 60 / step_s)):
        await trade.settle(seconds=step_s)


def refusals(trade: Trade) -> int:
    return sum(one.status == 429 for one in trade.house.simulator(trade.platform).requests.listed(limit=10_000))


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_pile_of_work_keeps_to_the_limits_and_holds_the_lane_for_no_long_sleep(
    trade: Trade, slept: list[float]
) -> None:
    customer = await trade.counterpart("Northwind Traders")
    invoices = [await trade.issue(customer) for _ in range(12)]
    trade.fault("rate_limited", path_prefix="/", count=1, retry_after_s=30)
    await pass_time(trade, minutes=2)
    for invoice in invoices:
        await trade.done("receivable", invoice)
    assert refusals(trade) == 1, "but for the one that was made to happen"
    assert all(seconds <= WAIT_IN_LANE_S_MAX for seconds in slept)
    async with trade.house.services.database.read() as session:
        budget = await session.get_one(RateBudget, f"company:{trade.company_id}")
    assert budget.state["limits"]["minute"]["arrival_s"] > 0


@pytest.mark.parametrize("platform", ["xero"])
async def test_routine_stops_at_the_days_last_calls_and_people_do_not(trade: Trade) -> None:
    limits = trade.house.simulators["xero"].state.xero.api.limits
    used = limits.day_max - int(
        limits.remaining(*app_and_tenant(trade), trade.house.clock.now())["X-DayLimit-Remaining"]
    )
    limits.day_max = used + int(1_000 * RESERVED_SHARE) + 3
    await trade.settle(minutes=70)
    stopped = (await trade.company()).last_pulled_at
    calls = trade.calls()
    await pass_time(trade, minutes=30, step_s=120)
    assert (await trade.company()).last_pulled_at == stopped
    assert trade.calls() - calls <= 2, "it is only looked at again every hour"

    invoice = await trade.issue(await trade.counterpart("Northwind Traders"))
    await pass_time(trade, minutes=1)
    await trade.done("receivable", invoice)
    await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/sync")
    await pass_time(trade, minutes=1)
    company = await trade.company()
    assert company.last_pulled_at is not None
    assert stopped is None or company.last_pulled_at > stopped
    assert refusals(trade) == 0


def app_and_tenant(trade: Trade) -> tuple[str, str]:
    (key,) = [key for key in trade.house.simulators["xero"].state.xero.api.limits._windows if key[0] == "day"]  # noqa: SLF001 - the one there is
    return key[1], key[2]


@pytest.mark.parametrize("platform", ["quickbooks"])
async def test_a_quota_that_is_used_up_is_told_and_writing_goes_on(trade: Trade) -> None:
    customer = await trade.counterpart("Northwind Traders")
    await pass_time(trade, minutes=1)
    trade.fault("rate_limited", method="GET", path_prefix="/v3", count=1_000)
    await trade.settle(minutes=70)
    assert (await trade.connection())["errors"] is None, "a minute's limit passes by itself"
    for _ in range(4):
        await trade.settle(seconds=61)
    (told,) = (await trade.connection())["errors"]
    assert "allowance seems to be used up" in told["message"]
    calls = trade.calls(method="GET")
    invoice = await trade.issue(customer)
    await pass_time(trade, minutes=20, step_s=60)
    await trade.done("receivable", invoice)
    assert trade.calls(method="GET") == calls, "reading rests for an hour"
    trade.no_more_faults()
    trade.house.clock.move(timedelta(hours=1))
    await pass_time(trade, minutes=2)
    assert (await trade.connection())["errors"] is None
