"""A thousand bills at once, in real time: the limits are on, and every call takes 300 ms longer.

The floor is what the simulated platform's own limiter would let anybody do who has four calls in flight; on a platform
that takes many bills in one call, the fewest calls.
"""

import asyncio
import heapq
import math
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from tests.support.house import AT

from benchmarks.connected import Connected, connected_company
from tieout.app import run_lanes_until
from tieout.kit.clock import ManualClock
from tieout.platforms.port import Answer, HttpClient
from tieout.platforms.quickbooks.sandbox.gateway.limits import Limits
from tieout.platforms.quickbooks.sandbox.refusals import Refusal
from tieout.storage.tables.connections import Link
from tieout.storage.tables.work import MeterReading

BILLS = 1_000
LATENCY_S = 0.3
IN_FLIGHT = 4
BATCH = 50
PRICE_MINOR = 8_000
TICK_S = 0.005
PUSH_S_MAX = 900.0
LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Far:
    """An HTTP client whose every call takes a while longer."""

    inner: HttpClient

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Wait, then send."""
        await asyncio.sleep(LATENCY_S)
        return await self.inner.send(method, url, headers, body)


async def rows(folder: Path) -> list[str]:
    """One row for each platform."""
    return [await _measure(folder, "quickbooks"), await _measure(folder, "xero")]


async def _measure(folder: Path, platform: str) -> str:
    async with connected_company(folder, platform, documents=0, is_limited=True) as connected:
        house = connected.house
        async with _passing(house.clock):
            await house.settle()
            await _make_bills(connected, 1)
            await house.settle()
            await _make_bills(connected, BILLS)
            house.services = replace(house.services, http=Far(house.services.http))
            before = await _calls(connected)
            stop = asyncio.Event()
            started_s, cpu_s = time.perf_counter(), time.process_time()
            lanes = asyncio.create_task(run_lanes_until(house.services, stop))
            async with asyncio.timeout(PUSH_S_MAX):
                while await _done(connected) < BILLS + 1:  # noqa: ASYNC110 - rows set no event
                    await asyncio.sleep(LOOK_S)
            spent_s, cpu_s = time.perf_counter() - started_s, time.process_time() - cpu_s
            stop.set()
            await lanes
            calls = await _calls(connected) - before
    told = (
        f"bulk, {connected.title}: {BILLS:,} bills in {spent_s:.0f} s ({cpu_s:.0f} s of processor time), {calls} calls"
    )
    if platform == "quickbooks":
        floor_s = quickbooks_floor_s()
        return f"{told}, {spent_s / floor_s:.2f} x the {floor_s:.0f} s that its limiter allows (target 1.2)"
    fewest = math.ceil(BILLS / BATCH)
    return f"{told}, {calls / fewest:.2f} x the fewest, which are {fewest} (target 1.2)"


def quickbooks_floor_s() -> float:
    """When the last of the calls would be answered if somebody knew the limiter's windows in advance."""
    limits, clock_s, free_s = Limits(watched=True), 0.0, [0.0] * IN_FLIGHT
    for _ in range(BILLS):
        clock_s = max(clock_s, heapq.heappop(free_s))
        while not _admits(limits, clock_s):
            clock_s += TICK_S
        heapq.heappush(free_s, clock_s + LATENCY_S)
    return max(free_s)


def _admits(limits: Limits, at_s: float) -> bool:
    try:
        limits.admit("realm", "app", AT + timedelta(seconds=at_s))
    except Refusal:
        return False
    return True


@asynccontextmanager
async def _passing(clock: ManualClock) -> AsyncIterator[None]:
    """Let a clock that stands still go as fast as the machine's."""

    async def go() -> None:
        last_s = time.perf_counter()
        while True:
            await asyncio.sleep(TICK_S)
            now_s = time.perf_counter()
            clock.move(timedelta(seconds=now_s - last_s))
            last_s = now_s

    going = asyncio.create_task(go())
    try:
        yield
    finally:
        going.cancel()


async def _make_bills(connected: Connected, count: int) -> None:
    partner = connected.partner
    address = {"country": "US", "city": "Springfield", "postal_code": "12345", "line1": "1 Main Street"}
    organization = {"legal_name": "Bench Vendor", "is_customer": False, "is_vendor": True, "address": address}
    found = (await partner.get("/counterparts?is_vendor=true")).json()["data"]
    vendor: dict[str, Any] = (
        found[0]
        if found
        else (await partner.post("/counterparts", json={"type": "organization", "organization": organization})).json()
    )
    accounts = (await partner.get("/ledger_accounts?limit=100")).json()["data"]
    expense = next(row["id"] for row in accounts if row["type"] == "Expense" and row["status"] == "Active")
    rates = (await partner.get("/accounting_tax_rates?limit=100")).json()["data"]
    usable = (
        one for one in rates if one["on_purchases"] and one["status"] == "Active" and "Capital" not in one["name"]
    )
    rate = next((one for one in usable if one["effective_tax_rate"]), None)
    tax_minor = round(PRICE_MINOR * rate["effective_tax_rate"] / 10_000) if rate else 0
    taxed = {"tax": rate["effective_tax_rate"], "accounting_tax_rate_id": rate["id"]} if rate else {"tax": 0}
    connection = (await partner.get("/accounting_connections")).json()["data"][0]
    for number in range(count):
        body = {
            "document_id": f"V-{count}-{number}",
            "counterpart_id": vendor["id"],
            "currency": connection["business_info"]["base_currency"],
            "issued_at": "2026-03-01",
            "due_date": "2026-03-31",
            "subtotal": PRICE_MINOR,
            "tax_amount": tax_minor,
            "total_amount": PRICE_MINOR + tax_minor,
        }
        bill = (await partner.post("/payables", json=body)).json()
        line = {"name": "Paper", "quantity": 1, "unit_price": PRICE_MINOR, "ledger_account_id": expense, **taxed}
        (await partner.post(f"/payables/{bill['id']}/line_items", json=line)).raise_for_status()
        (await partner.post(f"/payables/{bill['id']}/approve_payment_operation")).raise_for_status()


async def _done(connected: Connected) -> int:
    async with connected.house.services.database.read() as session:
        refused = await session.scalar(select(Link.errors).where(Link.sync_status == "error").limit(1))
        assert refused is None, refused
        query = select(func.count()).where(Link.object_type == "bill", Link.sync_status == "done")
        return int(await session.scalar(query) or 0)


async def _calls(connected: Connected) -> int:
    async with connected.house.services.database.read() as session:
        return int(await session.scalar(select(func.sum(MeterReading.calls)).where(MeterReading.cause == "push")) or 0)
