"""A Tieout whose worker dies: trials are forked from a warm parent, and what they leave is looked at.

The parent holds the simulated platforms, as they stood when the scene was prepared, and serves them over a socket. The
worker is forked from it, and stops at every point at which it may die. There it is killed, or the world is forked as it
would be without it: the platforms in memory, and what stands in the worker's database. Whoever comes after plays on in
a process of their own, looks at the books, and is thrown away, so that no trial sees another.
"""

import asyncio
import os
import pickle
import socket
import sys
import time
import traceback
import types
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import pytest
from sqlalchemy import and_, event, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from tests.support.databases import share_compiled
from tests.support.house import House, build_house
from tests.support.line import Line
from tests.support.stores import Storage
from tests.support.trading import Trade, open_trade, unhurried
from tests.support.witness import found_wrong
from tests.support.workers import FAILED, Stopping, Worker

from tieout.app import lane_handlers
from tieout.engine.distributed import DistributedEngine
from tieout.engine.lanes import EmbeddedEngine
from tieout.engine.port import Engine
from tieout.kit.clock import SystemClock
from tieout.platforms.port import Answer, HttpClient
from tieout.platforms.transport import HttpxClient
from tieout.storage.database import Database
from tieout.storage.schema import METADATA
from tieout.storage.tables.connections import Grant
from tieout.storage.tables.work import Lane

LOOK_EVERY_S = 0.02
TRIAL_S_MAX = 60.0
"""Work that takes longer hangs."""


@dataclass
class Reaper:
    """Knows the points at which this process may die, and has it stop at each."""

    at_suspensions: bool = False
    """Whether every suspension is a point, and not only commits and requests."""
    told: Stopping | None = None
    """Whom it is told, where it is to be told."""
    commits: int = 0
    stood_s: float = 0.0
    """How long this process has stood still, which it must not notice."""

    def point(self, name: str, *, suspension: bool = False) -> None:
        """One more point."""
        if self.told is None or suspension is not self.at_suspensions:
            return
        began_s = time.monotonic()
        self.told.stop(name, self.commits)
        self.stood_s += time.monotonic() - began_s


class ReapedDatabase(Database):
    """A database whose every commit is such a point, before and after."""

    def __init__(self, url: str, reaper: Reaper) -> None:
        super().__init__(url)
        self._reaper = reaper
        if self.is_sqlite:
            share_compiled(self)
        event.listen(self._writers.sync_engine, "commit", self._before)

    def forget_engines(self) -> None:
        """Tell nobody of commits any more: those who asked for it lived on another loop."""
        self._told.clear()

    def _before(self, _: object) -> None:
        self._reaper.point(f"before commit {self._reaper.commits + 1}")
        self._reaper.commits += 1

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        async with super().write() as session:
            yield session
        self._reaper.point(f"after commit {self._reaper.commits}")


@dataclass(frozen=True)
class ReapedHttp:
    """A client whose every request is such a point, before and after."""

    inner: HttpClient
    reaper: Reaper

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        called = f"{method} {url.partition('?')[0].partition('://')[2].partition('/')[2]}"
        self.reaper.point(f"before {called}")
        answer = await self.inner.send(method, url, headers, body)
        self.reaper.point(f"after {called}")
        return answer


def counting_suspensions(reaper: Reaper) -> Callable[..., asyncio.Task[Any]]:
    """A task factory with which every suspension of every task is a point."""

    @types.coroutine
    def counted(inner: Coroutine[Any, Any, Any]) -> Any:
        value, error = None, None
        while True:
            try:
                waits_for = inner.send(value) if error is None else inner.throw(error)
            except StopIteration as stop:
                return stop.value
            value, error = None, None
            reaper.point(getattr(inner, "__qualname__", "a coroutine"), suspension=True)
            try:
                value = yield waits_for
            except BaseException as thrown:  # noqa: BLE001 - whatever it is, it is the task's own
                error = thrown

    def make(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        return asyncio.Task(counted(coroutine), loop=loop, **options)

    return make


class _AtOnce:
    """Takes the place of the queue to a connection's thread: what is put in is done at once."""

    def put_nowait(self, item: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        future, act = item
        try:
            result = act()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to whoever asked
            if future is not None:
                future.set_exception(error)
        else:
            if future is not None:
                future.set_result(result)


class _NoThread:
    """Takes the place of a connection's thread."""

    def __init__(self, **_: Any) -> None:
        self.daemon = True

    def start(self) -> None:
        """Nothing to start."""


def without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SQLite be called on the loop's own thread: a trial takes half the time, and every run passes the same points.

    Suspensions are counted with the threads, since those are what most of them wait for.
    """
    monkeypatch.setattr("aiosqlite.core.SimpleQueue", _AtOnce)
    monkeypatch.setattr("aiosqlite.core.Thread", _NoThread)


# The house ------------------------------------------------------------------------------------------------------


@dataclass
class MortalHouse:
    """A house whose work is done in forked processes; nothing of a database or a loop is open in between."""

    house: House
    trade: Trade
    storage: Storage
    reaper: Reaper
    folder: Path
    build_engine: Callable[[Database, Any], Engine] = EmbeddedEngine
    """Who runs the lanes; may be changed between trials, as a deployment may."""

    def run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Run work with an engine of its own on a loop of its own."""

        async def with_parts() -> Any:
            database = self.database
            database.forget_engines()
            engine = self.build_engine(database, self.house.clock)
            self.house.services = replace(self.house.services, engine=engine)
            self.house.app.state.services = self.house.services
            try:
                return await work()
            finally:
                await database.close()

        return asyncio.run(with_parts())

    @property
    def database(self) -> ReapedDatabase:
        found = self.house.services.database
        assert isinstance(found, ReapedDatabase)
        return found

    async def work(self) -> None:
        """Run whatever is due, as a worker of this engine does."""
        services = self.house.services
        if isinstance(services.engine, EmbeddedEngine):
            await self.house.settle()
            return
        stop = asyncio.Event()
        running = asyncio.create_task(services.engine.run(lane_handlers(services), stop))
        try:
            async with asyncio.timeout(TRIAL_S_MAX):
                while not running.done() and await self._has_work():  # noqa: ASYNC110 - other processes work as well
                    await asyncio.sleep(LOOK_EVERY_S)
        finally:
            stop.set()
            await running

    async def _has_work(self) -> bool:
        now = self.house.clock.now()
        busy = or_(Lane.owner.is_not(None), and_(Lane.due_at <= now, Lane.paused_at.is_(None)))
        async with self.database.read() as session:
            return await session.scalar(select(Lane.key).where(busy).limit(1)) is not None

    async def bury(self) -> None:
        """Let what the dead owned be free."""
        await bury(self.database)

    def fork_worker(self, work: Callable[[], Awaitable[Any]], kept: str, *, at_suspensions: bool = False) -> Worker:
        """Fork a worker, on the database as it was kept under a name."""
        url = self.storage.lend(kept)
        listening = socket.socket(socket.AF_UNIX)
        (self.folder / "line").unlink(missing_ok=True)
        listening.bind(str(self.folder / "line"))
        listening.listen(64)
        here, there = socket.socketpair()
        worker = os.fork()
        if worker == 0:
            code = FAILED
            try:
                listening.close()
                here.close()
                self._be_worker(work, url, Stopping(there), at_suspensions=at_suspensions)
                code = 0
            except BaseException:  # noqa: BLE001 - told to the parent, whatever it is
                self.failure.write_text(traceback.format_exc())
            finally:
                os._exit(code)
        there.close()
        return Worker(worker, listening, here, self.house.outward, self.storage)

    @property
    def failure(self) -> Path:
        """Where a worker that fails by itself says why."""
        return self.folder / "failure"

    def _be_worker(
        self, work: Callable[[], Awaitable[Any]], url: str, stopping: Stopping, *, at_suspensions: bool
    ) -> None:
        reaper, passed_s = self.reaper, time.monotonic
        reaper.at_suspensions, reaper.commits = at_suspensions, 0
        time.monotonic = lambda: passed_s() - reaper.stood_s
        client = httpx2.AsyncClient(transport=Line(self.folder / "line", stopping.count))
        database = self.database if url == self.storage.url else ReapedDatabase(url, reaper)
        http = ReapedHttp(HttpxClient(client), reaper)
        self.house.services = replace(self.house.services, database=database, http=http)

        async def counted() -> None:
            if at_suspensions:
                asyncio.get_running_loop().set_task_factory(counting_suspensions(reaper))
            reaper.told = stopping
            await asyncio.create_task(_awaited(work))
            reaper.told = None

        self.run(counted)


async def bury(database: Database) -> None:
    """Let all leases be over where that is judged by PostgreSQL's own clock, which no test moves."""
    if database.is_sqlite:
        return
    over = func.clock_timestamp() - timedelta(seconds=1)
    async with database.write() as session:
        await session.execute(update(Lane).where(Lane.owner.is_not(None)).values(lease_until=over))
        await session.execute(update(Grant).where(Grant.refresh_owner.is_not(None)).values(refresh_until=over))


async def _awaited(work: Callable[[], Awaitable[Any]]) -> Any:
    return await work()


def forked(work: Callable[[], Any]) -> Any:
    """What work returns in a forked process; raises AssertionError with its traceback when it raises."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            try:
                told = (True, work())
            except BaseException:  # noqa: BLE001 - told to the parent, whatever it is
                told = (False, traceback.format_exc())
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(told, pipe)
        finally:
            sys.stdout.flush()
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        sent = pipe.read()
    _, status = os.waitpid(child, 0)
    assert sent, f"a trial ended without a word, with status {status}"
    succeeded, result = pickle.loads(sent)  # noqa: S301 - from our own child
    assert succeeded, result
    return result


def tell_wrong_answers() -> list[str]:
    """Answers of a platform that were not as declared, as a trial finds them."""
    return [f"not as declared: {told}" for told in found_wrong()]


ENGINES: dict[str, Callable[[Database, Any], Engine]] = {
    "embedded": EmbeddedEngine,
    "distributed": DistributedEngine,
}


@contextmanager
def mortal_house(storage: Storage, platform: str) -> Iterator[MortalHouse]:
    """A house with an entity that is connected to its books and has pulled them; kept under the name `home`."""
    reaper = Reaper()

    async def prepare(folder: Path, patched: pytest.MonkeyPatch) -> tuple[House, Trade]:
        database = ReapedDatabase(storage.url, reaper)
        await database.run_sync(METADATA.create_all)
        if not database.is_sqlite:
            await DistributedEngine(database, SystemClock()).prepare()
        house = await build_house(folder, database=database)
        unhurried(patched)
        trade = await open_trade(house, platform)
        await house.services.database.close()
        return house, trade

    with pytest.MonkeyPatch.context() as patched, TemporaryDirectory(prefix="tieout-crash-") as short:
        folder = Path(short)  # which is short, as the name of a socket must be
        house, trade = asyncio.run(prepare(folder, patched))
        storage.keep("home")
        yield MortalHouse(house, trade, storage, reaper, folder)
