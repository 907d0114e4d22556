"""A trial of an engine: a database of its own, and worker processes that can be killed, frozen and stopped.

The same trials run in the three configurations in which Tieout runs.
"""

import asyncio
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import text
from tests.support.databases import Backend, blank_database
from tests.support.lane_worker import COUNT_TO, ENGINES

from tieout.engine.distributed import DistributedEngine
from tieout.engine.lanes import EmbeddedEngine
from tieout.kit.clock import SystemClock
from tieout.storage.database import Database
from tieout.storage.schema import METADATA

EngineName = Literal["embedded", "distributed"]
CONFIGURATIONS = [
    pytest.param(("embedded", "sqlite"), id="embedded-sqlite"),
    pytest.param(("embedded", "postgresql"), id="embedded-postgresql", marks=pytest.mark.postgresql),
    pytest.param(("distributed", "postgresql"), id="distributed-postgresql", marks=pytest.mark.postgresql),
]
"""For `pytest.fixture(params=CONFIGURATIONS)`: the same trial in each."""
LOOK_AGAIN_S = 0.02
ROOT = Path(__file__).parents[2]


@dataclass
class Trial:
    """Lanes that count to COUNT_TO, and what came of it."""

    engine_name: EngineName
    database: Database
    engine: EmbeddedEngine | DistributedEngine
    lanes: list[str] = field(default_factory=list)

    async def begin(self, *lanes: str) -> None:
        """Wake these lanes for the first time."""
        async with self.database.write() as session:
            for lane in lanes:
                await session.execute(text("INSERT INTO counted VALUES (:lane, 0)"), {"lane": lane})
                await self.engine.wake(session, lane)
        self.lanes += lanes

    @asynccontextmanager
    async def worker(self, name: str) -> AsyncIterator[Process]:
        """A process of ours, that does not outlive the block."""
        url = self.database.url.set(drivername=self.database.url.get_backend_name()).render_as_string()
        arguments = ("-m", "tests.support.lane_worker", self.engine_name, url, name)
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=ROOT, stdout=PIPE, stderr=DEVNULL
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def units(self) -> Counter[str]:
        """How many units each worker has committed."""
        async with self.database.read() as session:
            rows = await session.execute(text("SELECT worker, count(*) FROM units GROUP BY worker"))
            return Counter({str(name): int(count) for name, count in rows})

    async def wait_until_done(self) -> None:
        """Wait for the last unit of the last lane; the test's own time limit ends a wait in vain."""
        while (await self.units()).total() < len(self.lanes) * COUNT_TO:  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(LOOK_AGAIN_S)

    async def wait_for_some_units(self, count: int) -> None:
        """Wait until so many units are committed, by whomever."""
        while (await self.units()).total() < count:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(LOOK_AGAIN_S)

    async def wait_for_units(self, worker: str, count: int) -> None:
        """Wait until a worker has committed so many units."""
        while (await self.units())[worker] < count:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(LOOK_AGAIN_S)

    async def assert_each_unit_was_done_once(self) -> None:
        """0 lost, 0 doubled."""
        async with self.database.read() as session:
            rows = [tuple(row) for row in await session.execute(text("SELECT lane, number FROM units"))]
        assert sorted(rows) == sorted((lane, number) for lane in self.lanes for number in range(1, COUNT_TO + 1))

    async def assert_nobody_owns_a_lane(self) -> None:
        """Every lease was given back."""
        async with self.database.read() as session:
            assert list(await session.scalars(text("SELECT key FROM lanes WHERE owner IS NOT NULL"))) == []


async def wait_until_said(process: Process, word: bytes) -> None:
    """Read what a worker says until it has said a word."""
    assert process.stdout is not None
    async for line in process.stdout:
        if word in line:
            return
    raise AssertionError(f"the worker ended without saying {word!r}")


def set_clocks(*processes: Process, ahead: bool) -> None:
    """Set the wall clock of a machine on which these workers run, by hours."""
    for one in processes:
        one.send_signal(signal.SIGUSR1 if ahead else signal.SIGUSR2)


async def stop(*processes: Process) -> None:
    """Ask workers to end, and see that they end well."""
    for process in processes:
        process.terminate()
    for process in processes:
        assert await process.wait() == 0


@asynccontextmanager
async def begun_trial(engine_name: EngineName, backend: Backend, folder: Path) -> AsyncIterator[Trial]:
    """A trial on an empty database with the tables of lanes, jobs and units."""
    async with blank_database(backend, folder) as database:
        yield await trial_on(database, engine_name)


async def trial_on(database: Database, engine_name: EngineName) -> Trial:
    """A trial on a database without tables."""
    async with database.write() as session:
        await (await session.connection()).run_sync(METADATA.create_all)
        await session.execute(text("CREATE TABLE counted (lane TEXT PRIMARY KEY, done INTEGER NOT NULL)"))
        await session.execute(text("CREATE TABLE units (lane TEXT, number INTEGER, worker TEXT)"))
    engine = ENGINES[engine_name](database, SystemClock())
    await engine.prepare()
    return Trial(engine_name, database, engine)
