"""Several processes on one database, of which one is killed and one is frozen past its lease."""

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.support.databases import BACKENDS, blank_database
from tests.support.lane_worker import COUNT_TO, FREEZES

from tieout.engine.lanes import EmbeddedEngine
from tieout.kit.clock import SystemClock
from tieout.storage.database import Database
from tieout.storage.schema import METADATA

LANES = [f"company:{number}" for number in range(6)]
TRIAL_S_MAX = 60
LOOK_AGAIN_S = 0.02
ROOT = Path(__file__).parents[3]


@pytest.fixture(params=BACKENDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with blank_database(request.param, tmp_path) as blank:
        async with blank.write() as session:
            await (await session.connection()).run_sync(METADATA.create_all)
            await session.execute(text("CREATE TABLE counted (lane TEXT PRIMARY KEY, done INTEGER NOT NULL)"))
            await session.execute(text("CREATE TABLE units (lane TEXT, number INTEGER, worker TEXT)"))
            engine = EmbeddedEngine(blank, SystemClock())
            for lane in LANES:
                await session.execute(text("INSERT INTO counted VALUES (:lane, 0)"), {"lane": lane})
                await engine.wake(session, lane)
        yield blank


@asynccontextmanager
async def worker(database: Database, name: str) -> AsyncIterator[Process]:
    """A process of ours, that does not outlive the block."""
    url = database.url.set(drivername=database.url.get_backend_name()).render_as_string()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.lane_worker", url, name, cwd=ROOT, stdout=PIPE, stderr=DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def units(database: Database) -> Counter[str]:
    async with database.read() as session:
        rows = await session.execute(text("SELECT worker, count(*) FROM units GROUP BY worker"))
        return Counter({str(name): int(count) for name, count in rows})


async def wait_until_said(process: Process, word: bytes) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        if word in line:
            return
    raise AssertionError(f"the worker ended without saying {word!r}")


async def test_nothing_is_lost_or_done_twice_when_workers_are_killed_and_frozen(database: Database) -> None:
    everything = len(LANES) * COUNT_TO
    async with (
        asyncio.timeout(TRIAL_S_MAX),
        worker(database, FREEZES) as frozen,
        worker(database, "killed") as killed,
        worker(database, "steady") as steady,
    ):
        await wait_until_said(frozen, b"frozen")
        while (await units(database))["killed"] < COUNT_TO // 3:  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(LOOK_AGAIN_S)
        killed.kill()
        while (await units(database)).total() < everything:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(LOOK_AGAIN_S)
        frozen.send_signal(signal.SIGCONT)
        await wait_until_said(frozen, b"lease_lost")
        for process in (frozen, steady):
            process.terminate()
            assert await process.wait() == 0

    async with database.read() as session:
        rows = [tuple(row) for row in await session.execute(text("SELECT lane, number FROM units"))]
        owned = list(await session.scalars(text("SELECT key FROM lanes WHERE owner IS NOT NULL")))
    assert sorted(rows) == sorted((lane, number) for lane in LANES for number in range(1, COUNT_TO + 1))
    assert owned == []
