"""From a change in the books to the partner, with webhooks: how soon, with how many calls, and with how much work."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import quantiles

from tests.support.endpoint import Endpoint, listening_endpoint
from tests.support.house import House, build_house
from tests.support.platform_hooks import Hooks, hook_up
from tests.support.trading import Trade, open_trade

from benchmarks.empty_pulls import Metered
from tieout.app import run_lanes_until
from tieout.platforms.registry import all_platforms
from tieout.sync.hinting import APART_S

CHANGES = 60
NEWS_S_MAX = 30.0
TICK_S = 0.005
MANY = 1_000
WRITERS = {"quickbooks": "customer", "xero": "contact"}
"""What people call the party of an invoice."""


async def rows(folder: Path) -> list[str]:
    """Five rows for each platform."""
    made: list[str] = []
    for platform in all_platforms():
        (folder / platform).mkdir()
        async with _opened(folder / platform, platform) as (hooks, endpoint):
            made.append(await _measure_news(hooks, endpoint))
            made += await _measure_pulls(hooks)
    return made


@asynccontextmanager
async def _opened(folder: Path, platform: str) -> AsyncIterator[tuple[Hooks, Endpoint]]:
    """Books with a webhook at the platform, and a partner who listens; nobody limits calls."""
    house = await build_house(folder, allow_private_addresses=True)
    adapter = all_platforms()[platform]
    kept_limits, adapter.rate_limits = adapter.rate_limits, ()
    try:
        async with listening_endpoint() as endpoint:
            trade = await open_trade(house, platform)
            hooks = await hook_up(trade)
            await trade.ask("POST", "/webhook_subscriptions", {"object_type": "receivable", "url": endpoint.url})
            yield hooks, endpoint
    finally:
        adapter.rate_limits = kept_limits
        await house.close()


async def _measure_news(hooks: Hooks, endpoint: Endpoint) -> str:
    """People pay invoices one after the other, each after the last was told and some time had passed."""
    trade = hooks.trade
    customer = await trade.counterpart("Bench Customer")
    invoices = [await trade.issue(customer) for _ in range(CHANGES + 1)]
    await trade.settle_all()
    paid = [await trade.done("receivable", invoice) for invoice in invoices]
    await hooks.deliver()
    await trade.settle(seconds=APART_S)
    stop = asyncio.Event()
    beside = [
        asyncio.create_task(run_lanes_until(trade.house.services, stop)),
        asyncio.create_task(_let_time_pass(trade.house, stop)),
    ]
    waited_ms: list[float] = []
    for number, external_id in enumerate(paid):
        trade.house.clock.move(timedelta(seconds=APART_S))
        endpoint.came.clear()
        trade.act("pay", document_id=external_id)
        told_s = time.perf_counter()
        await hooks.deliver(settle=False)
        await _until_told(endpoint)
        if number:
            waited_ms.append((time.perf_counter() - told_s) * 1000)
    stop.set()
    await asyncio.gather(*beside)
    cuts = quantiles(waited_ms, n=20)
    return (
        f"news, {_title(trade)}: from the platform's webhook to the partner's p50 {cuts[9]:.0f} ms, p95 "
        f"{cuts[18]:.0f} ms of {len(waited_ms)} payments, platform without latency (target: p95 below 2,000 ms)"
    )


async def _until_told(endpoint: Endpoint) -> None:
    for _ in range(int(NEWS_S_MAX / TICK_S)):
        if any(b'"receivable.paid"' in one.body for one in endpoint.came):
            return
        await asyncio.sleep(TICK_S)
    raise TimeoutError("the partner was not told")


async def _let_time_pass(house: House, stop: asyncio.Event) -> None:
    """The house's clock stands still unless somebody moves it."""
    seen_s = time.monotonic()
    while not stop.is_set():
        await asyncio.sleep(TICK_S)
        now_s = time.monotonic()
        house.clock.move(timedelta(seconds=now_s - seen_s))
        seen_s = now_s


async def _measure_pulls(hooks: Hooks) -> list[str]:
    """An interval without news, a pull that somebody asked for, and webhooks that tell of one change and of many."""
    trade = hooks.trade
    await trade.pull()
    metered = Metered(trade.house.services.http)
    trade.house.services = trade.house.app.state.services = replace(trade.house.services, http=metered)
    interval = timedelta(seconds=trade.house.services.settings.sync_interval_s)

    async def wait() -> None:
        trade.house.clock.move(interval)
        await trade.house.settle()

    made = [await _row(trade, metered, "an interval in which nothing happened, webhooks healthy", wait)]
    made.append(await _row(trade, metered, "somebody asked, and nothing had changed", trade.pull))
    for changes in (1, MANY):
        known = len(await trade.snapshots("invoice"))
        for _ in range(changes):
            trade.act("create_invoice", **{WRITERS[trade.platform]: "Bench Customer"}, amount="100.00")
        await hooks.deliver(settle=False)
        trade.house.clock.move(timedelta(seconds=APART_S))
        made.append(await _row(trade, metered, f"webhooks told of {changes:,} new invoices", trade.house.settle))
        assert len(await trade.snapshots("invoice")) == known + changes
    return made


async def _row(trade: Trade, metered: Metered, what: str, work: Callable[[], Awaitable[object]]) -> str:
    """What it cost, without the simulated platform's own work; a renewed access token is no call to the books."""
    calls, spent_s = await trade.metered_calls(but="tie_out"), metered.spent_s
    started_s, began_s = time.process_time(), time.perf_counter()
    await work()
    took_ms = (time.perf_counter() - began_s) * 1000
    worked_ms = (time.process_time() - started_s - (metered.spent_s - spent_s)) * 1000
    calls = await trade.metered_calls(but="tie_out") - calls
    return (
        f"incremental pull, {_title(trade)}: {what}: {calls} calls, {took_ms:.0f} ms, {worked_ms:.0f} ms of processor "
        "time without the platform's"
    )


def _title(trade: Trade) -> str:
    return all_platforms()[trade.platform].title
