"""A Tieout whose worker is killed: trials are forked from a warm parent, and what they leave is looked at.

One trial is two processes. The outer one inherits the whole simulated platform, in memory, as it stood when the scene
was prepared, and serves it over a socket. The inner one is the worker: it runs, and dies by SIGKILL at the point that
it was told. The outer one then plays everybody who comes after, looks at the books, and is thrown away, so that no
trial sees another.
"""

import asyncio
import os
import pickle
import shutil
import signal
import socket
import sys
import traceback
import types
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import httpx2
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import and_, event, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from tests.support import postgresql
from tests.support.databases import share_compiled
from tests.support.house import House, build_house
from tests.support.trading import Trade, open_trade, unhurried
from tests.support.witness import found_wrong

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
NAME_LENGTH_MAX = 60
"""PostgreSQL cuts longer names off."""
TRIAL_S_MAX = 60.0
"""A worker that is still at work then hangs."""
FAILED = 3
"""The exit code of a process that failed by itself; its traceback stands in a file."""


@dataclass
class Reaper:
    """Counts the points at which this process may die, tells each, and kills it at the one that it waits for."""

    target: int = 0
    at_suspensions: bool = False
    """Whether every suspension is a point, and not only commits and requests."""
    told: int | None = None
    """The file that each point's name is written to."""
    passed: int = 0
    commits: int = 0

    def point(self, name: str, *, suspension: bool = False) -> None:
        """One more point."""
        if self.told is None or suspension is not self.at_suspensions:
            return
        self.passed += 1
        os.write(self.told, f"{name}\n".encode())
        if self.passed == self.target:
            os.kill(os.getpid(), signal.SIGKILL)


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
        self._reaper.commits += 1
        self._reaper.point(f"before commit {self._reaper.commits}")

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


# The platforms, over a socket -----------------------------------------------------------------------------------


class Line(httpx2.AsyncBaseTransport):
    """How the worker reaches the platforms: one connection for each request."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        reader, writer = await asyncio.open_unix_connection(self._path)
        try:
            writer.write(pickle.dumps((request.method, str(request.url), request.headers.raw, body)))
            writer.write_eof()
            answer = await reader.read()
        finally:
            writer.close()
        if not answer:
            raise httpx2.RemoteProtocolError("the connection was cut", request=request)
        status, headers, content = pickle.loads(answer)  # noqa: S301 - from our own parent
        return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(content))


async def _serve(platforms: httpx2.AsyncClient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request as the platform would; a worker that died before the answer gets none."""
    try:
        sent = await reader.read()
        if sent:
            method, url, headers, body = pickle.loads(sent)  # noqa: S301 - from our own child
            request = httpx2.Request(method, url, headers=headers, content=body)
            answer = await platforms._transport_for_url(request.url).handle_async_request(request)  # noqa: SLF001 - the client itself would add headers of its own
            content = b"".join([part async for part in answer.stream])  # type: ignore[union-attr]  # an asynchronous stream
            writer.write(pickle.dumps((answer.status_code, answer.headers.raw, content)))
            await writer.drain()
    except (ConnectionError, httpx2.RemoteProtocolError, pickle.UnpicklingError, EOFError):
        pass
    finally:
        writer.close()


# Where Tieout keeps its rows ------------------------------------------------------------------------------------


class Storage(Protocol):
    """A database that can be put back to how it was."""

    @property
    def url(self) -> str:
        """Where Tieout finds it."""
        ...

    def keep(self, name: str) -> None:
        """Remember how it is now, under a name; nobody is connected."""
        ...

    def restore(self, name: str) -> None:
        """Put it back; whoever is connected is not any more."""
        ...


@dataclass
class SqliteFile:
    """A SQLite file in a folder."""

    folder: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'tieout.db'}"

    def keep(self, name: str) -> None:
        shutil.copy(self.folder / "tieout.db", self.folder / f"{name}.kept")

    def restore(self, name: str) -> None:
        for ending in ("-wal", "-shm", "-journal"):
            (self.folder / f"tieout.db{ending}").unlink(missing_ok=True)
        shutil.copy(self.folder / f"{name}.kept", self.folder / "tieout.db")


_END_SESSIONS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
"""The server may not have noticed yet that somebody is gone."""


class PostgresqlDatabase:
    """A database of a PostgreSQL server, and copies of it."""

    def __init__(self) -> None:
        self._server = postgresql.server()
        self._name = self._server.new_database()

    @property
    def url(self) -> str:
        return self._server.url(self._name)

    def keep(self, name: str) -> None:
        self._copy(self._name, self._kept(name))

    def restore(self, name: str) -> None:
        self._copy(self._kept(name), self._name)

    def _kept(self, name: str) -> str:
        return f"{self._name} {name}"[:NAME_LENGTH_MAX]

    def _copy(self, original: str, copy: str) -> None:
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as connection:
            connection.execute(_END_SESSIONS, (original,))
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(copy)))
            names = sql.Identifier(copy), sql.Identifier(original)
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))


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


@dataclass(frozen=True)
class Killed:
    """What came of a worker: every point that it passed, and whether it died at the one it was told."""

    points: list[str]
    died: bool
    failure: str | None


@dataclass(frozen=True)
class Worker:
    """A forked worker: the socket at which it calls, and the end of a pipe that closes when it is gone."""

    pid: int
    listening: socket.socket
    lives: int


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
        """Let what the dead owned be free where that is judged by PostgreSQL's own clock, which no test moves."""
        if self.database.is_sqlite:
            return
        over = func.clock_timestamp() - timedelta(seconds=1)
        async with self.database.write() as session:
            await session.execute(update(Lane).where(Lane.owner.is_not(None)).values(lease_until=over))
            await session.execute(update(Grant).where(Grant.refresh_owner.is_not(None)).values(refresh_until=over))

    def run_worker(self, work: Callable[[], Awaitable[Any]], target: int, *, at_suspensions: bool = False) -> "Worker":
        """Fork a worker that dies at point `target`."""
        listening = socket.socket(socket.AF_UNIX)
        (self.folder / "line").unlink(missing_ok=True)
        listening.bind(str(self.folder / "line"))
        listening.listen(64)
        for name in ("points", "failure"):
            (self.folder / name).write_bytes(b"")
        lives, life = os.pipe()
        worker = os.fork()
        if worker == 0:
            code = FAILED
            try:
                listening.close()
                os.close(lives)
                self._be_worker(work, target, at_suspensions=at_suspensions)
                code = 0
            except BaseException:  # noqa: BLE001 - told to the parent, whatever it is
                (self.folder / "failure").write_text(traceback.format_exc())
            finally:
                os._exit(code)
        os.close(life)
        return Worker(worker, listening, lives)

    def _be_worker(self, work: Callable[[], Awaitable[Any]], target: int, *, at_suspensions: bool) -> None:
        reaper = self.reaper
        reaper.target, reaper.at_suspensions, reaper.passed, reaper.commits = target, at_suspensions, 0, 0
        client = httpx2.AsyncClient(transport=Line(self.folder / "line"))
        self.house.services = replace(self.house.services, http=ReapedHttp(HttpxClient(client), reaper))

        async def counted() -> None:
            if at_suspensions:
                asyncio.get_running_loop().set_task_factory(counting_suspensions(reaper))
            reaper.told = os.open(self.folder / "points", os.O_WRONLY | os.O_APPEND)
            await asyncio.create_task(_awaited(work))
            reaper.told = None

        self.run(counted)

    async def attend(self, worker: "Worker") -> Killed:
        """Be the platforms until the worker is gone, and finish what it asked for."""
        serving: set[asyncio.Task[None]] = set()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            serving.add(task)
            try:
                await _serve(self.house.outward, reader, writer)
            finally:
                serving.discard(task)

        server = await asyncio.start_unix_server(answer, sock=worker.listening)
        gone = asyncio.Event()
        asyncio.get_running_loop().add_reader(worker.lives, gone.set)
        failure = None
        try:
            async with asyncio.timeout(TRIAL_S_MAX):
                await gone.wait()
        except TimeoutError:
            os.kill(worker.pid, signal.SIGKILL)
            failure = f"the worker hung for {TRIAL_S_MAX} s"
        asyncio.get_running_loop().remove_reader(worker.lives)
        os.close(worker.lives)
        await asyncio.sleep(0)
        while serving:
            await asyncio.wait(serving)
        server.close()
        _, status = os.waitpid(worker.pid, 0)  # noqa: ASYNC222 - it is gone already
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            failure = f"the worker failed by itself: {(self.folder / 'failure').read_text()}"
        died = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        return Killed((self.folder / "points").read_text().splitlines(), died, failure)


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
