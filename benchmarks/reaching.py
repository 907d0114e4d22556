"""From the partner's call to the books: how long an issued invoice takes while lanes run in the same process."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import quantiles

from benchmarks.connected import connected_company
from benchmarks.pushes import invoice_body
from tieout.app import run_lanes_until
from tieout.platforms.port import Answer, HttpClient
from tieout.platforms.registry import all_platforms

INVOICES = 100
WRITTEN_S_MAX = 30.0


@dataclass
class Watched:
    """An HTTP client that says when a platform has answered a write."""

    inner: HttpClient
    written_at_s: asyncio.Queue[float] = field(default_factory=asyncio.Queue)

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send, and note the moment of a write's answer."""
        answer = await self.inner.send(method, url, headers, body)
        if method in {"POST", "PUT"} and "invoice" in url.lower():
            self.written_at_s.put_nowait(time.perf_counter())
        return answer


async def rows(folder: Path) -> list[str]:
    """One row for each platform."""
    return [await _measure(folder, platform) for platform in all_platforms()]


async def _measure(folder: Path, platform: str) -> str:
    async with connected_company(folder, platform, documents=0) as connected:
        house, partner = connected.house, connected.partner
        await house.settle()
        watched = Watched(house.services.http)
        house.services = replace(house.services, http=watched)
        house.app.state.services = house.services
        body = await invoice_body(connected)
        stop = asyncio.Event()
        lanes = asyncio.create_task(run_lanes_until(house.services, stop))
        waited_ms = []
        for number in range(INVOICES + 1):
            invoice = (await partner.post("/receivables", json=body)).json()
            issued_s = time.perf_counter()
            (await partner.post(f"/receivables/{invoice['id']}/issue")).raise_for_status()
            async with asyncio.timeout(WRITTEN_S_MAX):
                written_s = await watched.written_at_s.get()
            if number:  # the first brings its customer and product along
                waited_ms.append((written_s - issued_s) * 1000)
        stop.set()
        await lanes
    cuts = quantiles(waited_ms, n=20)
    return (
        f"issue to books, {connected.title}: p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms of {INVOICES} invoices, one "
        "after the other, platform without latency (target: p95 below 300 ms)"
    )
