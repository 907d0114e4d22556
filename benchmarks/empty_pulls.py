"""A scheduled pull that finds nothing new: what each of many quiet companies costs."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event

from benchmarks.connected import Connected, connected_company
from tieout.platforms.port import Answer, HttpClient
from tieout.platforms.registry import all_platforms
from tieout.sync.scheduling import JITTER_SHARE

PULLS = 40
COMPANIES = 10_000


@dataclass
class Metered:
    """An HTTP client that adds up its calls, and the processor time that the simulated platform takes for them."""

    inner: HttpClient
    calls: int = 0
    spent_s: float = 0.0

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send; nothing else runs meanwhile."""
        self.calls += 1
        started_s = time.process_time()
        try:
            return await self.inner.send(method, url, headers, body)
        finally:
            self.spent_s += time.process_time() - started_s


async def rows(folder: Path) -> list[str]:
    """One row for each platform."""
    made: list[str] = []
    for platform in all_platforms():
        async with connected_company(folder, platform, documents=0) as connected:
            made.append(await _measure(connected))
    return made


async def _measure(connected: Connected) -> str:
    """Whole turns, each an interval after the one before: what is due once a day is among them."""
    house = connected.house
    await house.settle()
    metered = Metered(house.services.http)
    house.services = replace(house.services, http=metered)
    interval_s = house.services.settings.sync_interval_s
    statements = 0

    def note(*_: object) -> None:
        nonlocal statements
        statements += 1

    for engine in {house.services.database._readers, house.services.database._writers}:  # noqa: SLF001 - counted from outside
        event.listen(engine.sync_engine, "before_cursor_execute", note)
    turns, started_s = 0, time.process_time()
    for _ in range(PULLS):
        house.clock.move(timedelta(seconds=interval_s * (1 + JITTER_SHARE)))
        turns += await house.settle()
    spent_s = time.process_time() - started_s - metered.spent_s
    each_s = spent_s / PULLS
    return (
        f"empty pull, {connected.title}: {each_s * 1000:.1f} ms of processor time without the platform's, "
        f"{metered.calls / PULLS:.2f} calls, {statements / PULLS:.0f} statements, {turns / PULLS:.2f} turns; "
        f"{COMPANIES:,} companies every {interval_s / 60:.0f} min take {COMPANIES * each_s / interval_s:.0%} of a core"
    )
