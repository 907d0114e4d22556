"""A trial of an engine: a database of its own, and worker processes that can be killed, frozen and stopped.

The same trials run in the three configurations in which Tieout runs.
"""

import asyncio
import atexit
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import text
from tests.support import lane_worker, postgresql
from tests.support.databases import Backend
from tests.support.forking import Forked, forked
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
TABLES = {
    "embedded": ("lanes", "counted", "units"),
    "distributed": (
        *("lanes", "counted", "units"),
        *("tieout_jobs.procrastinate_jobs", "tieout_jobs.procrastinate_workers"),
    ),
}
"""What a trial leaves rows in."""


@dataclass
class Trial:
    """Lanes that count to COUNT_TO, and what came of it."""

    engine_name: EngineName
    database: Database
    engine: EmbeddedEngine | DistributedEngine
    folder: Path
    lanes: list[str] = field(default_factory=list)

    async def begin(self, *lanes: str) -> None:
        """Wake these lanes for the first time."""
        async with self.database.write() as session:
            for lane in lanes:
                await session.execute(text("INSERT INTO counted VALUES (:lane, 0)"), {"lane": lane})
                await self.engine.wake(session, lane)
        self.lanes += lanes

    @asynccontextmanager
    async def worker(self, name: str) -> AsyncIterator[Forked]:
        """A process of ours, that does not outlive the block."""
        await self.database.close()  # until the next question
        with forked(
            partial(lane_worker.run, self.engine_name, self.url, name), self.folder / f"{name}.said"
        ) as process:
            yield process

    @property
    def url(self) -> str:
        """Where another process finds the database."""
        return self.database.url.set(drivername=self.database.url.get_backend_name()).render_as_string()

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


def set_clocks(*processes: Forked, ahead: bool) -> None:
    """Set the wall clock of a machine on which these workers run, by hours."""
    for one in processes:
        one.send(signal.SIGUSR1 if ahead else signal.SIGUSR2)


async def stop(*processes: Forked) -> None:
    """Ask workers to end, and see that they end well."""
    for process in processes:
        process.send(signal.SIGTERM)
    for process in processes:
        assert await process.wait() == 0


@asynccontextmanager
async def begun_trial(engine_name: EngineName, backend: Backend, folder: Path) -> AsyncIterator[Trial]:
    """A trial on an empty database with the tables of lanes, jobs and units, which are made once and emptied again."""
    url = await asyncio.to_thread(_with_tables, engine_name, backend)
    if backend == "sqlite":
        url = f"sqlite:///{shutil.copy(url.removeprefix('sqlite:///'), folder / 'trial.db')}"
    trial = _trial(Database(url), engine_name, folder)
    try:
        yield trial
    finally:
        if backend == "postgresql":
            async with trial.database.write() as session:
                await session.execute(text(f"TRUNCATE {', '.join(TABLES[engine_name])} CASCADE"))
        await trial.database.close()


@cache
def _with_tables(engine_name: EngineName, backend: Backend) -> str:
    """Where a database with all tables is."""
    if backend == "sqlite":
        folder = Path(tempfile.mkdtemp(prefix="tieout-trial-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        url = f"sqlite:///{folder / 'trial.db'}"
    else:
        url = postgresql.server().url(postgresql.server().new_database())

    async def make() -> None:
        database = Database(url)
        await make_tables(database, engine_name)
        await database.close()

    asyncio.run(make())
    return url


def _trial(database: Database, engine_name: EngineName, folder: Path) -> Trial:
    return Trial(engine_name, database, ENGINES[engine_name](database, SystemClock()), folder)


async def make_tables(database: Database, engine_name: EngineName) -> None:
    """Make the tables that a trial needs in a database that has none."""
    async with database.write() as session:
        await (await session.connection()).run_sync(METADATA.create_all)
        await session.execute(text("CREATE TABLE counted (lane TEXT PRIMARY KEY, done INTEGER NOT NULL)"))
        await session.execute(text("CREATE TABLE units (lane TEXT, number INTEGER, worker TEXT)"))
    await ENGINES[engine_name](database, SystemClock()).prepare()


async def trial_on(database: Database, engine_name: EngineName, folder: Path) -> Trial:
    """A trial on a database without tables."""
    await make_tables(database, engine_name)
    return _trial(database, engine_name, folder)
