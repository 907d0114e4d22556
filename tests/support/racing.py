"""Races for one grant: workers of several processes that want the same access at the same moment.

The processes are forked, and reach the simulated platforms of the parent over a socket; their clocks begin at the
parent's and go on by themselves. One of them may be killed or frozen in the middle of a refresh.
"""

import asyncio
import os
import signal
import socket
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import httpx2
import pytest
from sqlalchemy import select
from tests.support.databases import Backend, empty_database
from tests.support.house import build_house
from tests.support.line import Line, serve
from tests.support.trading import TOKENS, Trade, open_trade, unhurried
from tests.support.workers import FAILED

from tieout.platforms.errors import Throttled
from tieout.platforms.port import Answer, Cause, HttpClient, Request
from tieout.platforms.quickbooks.client import read_request as quickbooks_request
from tieout.platforms.transport import HttpxClient
from tieout.platforms.xero.client import read_request as xero_request
from tieout.storage.database import Database
from tieout.storage.tables.connections import Grant
from tieout.sync.open_books import open_books
from tieout.sync.refreshing import OWNED_S
from tieout.sync.services import Services

RACE_S_MAX = 60.0
AGAIN_S = 0.1
OLD_VALUE_LIVES = timedelta(days=1)
"""Whether QuickBooks forgives an answer lost on the one day's change of its refresh token is documented both ways."""
LINE_BACKLOG = 128
"""Calls that wait for the platform: it listens all the time, and answers while it attends."""


class Fate(StrEnum):
    """What befalls a process at its first request for tokens."""

    NONE = "none"
    KILLED_BEFORE = "killed_before"
    KILLED_AFTER = "killed_after"
    FROZEN_BEFORE = "frozen_before"
    FROZEN_AFTER = "frozen_after"

    @property
    def signal(self) -> signal.Signals:
        return signal.SIGKILL if self.value.startswith("killed") else signal.SIGSTOP


@dataclass
class Ticking:
    """A clock that goes on from a moment."""

    at: datetime
    since_s: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        return self.at + timedelta(seconds=time.monotonic() - self.since_s)

    def uptime(self) -> timedelta:
        return timedelta(seconds=time.monotonic())


@dataclass
class Fated:
    """A client that sends its own process a signal at its first request for tokens, before or after it is served."""

    inner: HttpClient
    path: str
    fate: Fate

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self.path in url:
            self._befall(Fate.KILLED_BEFORE, Fate.FROZEN_BEFORE)
        answer = await self.inner.send(method, url, headers, body)
        if self.path in url:
            self._befall(Fate.KILLED_AFTER, Fate.FROZEN_AFTER)
        return answer

    def _befall(self, *fates: Fate) -> None:
        if self.fate in fates:
            fate, self.fate = self.fate, Fate.NONE
            os.kill(os.getpid(), fate.signal)


class Race:
    """Connected books, and processes that want them. Use it with `with`."""

    def __init__(self, backend: Backend, platform: str, folder: Path) -> None:
        self._backend, self._platform, self._folder = backend, platform, folder
        self._stack = AsyncExitStack()
        self._patched = pytest.MonkeyPatch()
        self._runner = asyncio.Runner()
        self._alive: set[int] = set()
        self._listening = socket.socket(socket.AF_UNIX)
        self.trade: Trade

    def __enter__(self) -> Self:
        self.trade = self._runner.run(self._open())
        self._listening.bind(str(self._folder / "line"))
        self._listening.listen(LINE_BACKLOG)
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self._alive:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self._listening.close()
        self._runner.run(self._stack.aclose())
        self._patched.undo()
        self._runner.close()

    async def _open(self) -> Trade:
        database = await self._stack.enter_async_context(empty_database(self._backend, self._folder))
        house = await build_house(self._folder, database=database)
        self._stack.push_async_callback(house.close)
        unhurried(self._patched)
        house.simulators["quickbooks"].state.quickbooks.grants.previous_value_lives = OLD_VALUE_LIVES
        trade = await open_trade(house, self._platform, settle=False)
        await database.close()
        return trade

    def run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Run work of the parent, and let go of the database."""

        async def closed_after() -> Any:
            try:
                return await work()
            finally:
                await self.trade.house.services.database.close()

        return self._runner.run(closed_after())

    @property
    def refreshes(self) -> int:
        """Requests for tokens that the platform has carried out."""
        seen = self.trade.house.simulator(self._platform).requests.listed(limit=10_000)
        return sum(one.path.startswith(TOKENS[self._platform]) and one.status == 200 for one in seen)

    def outlast_the_owner(self) -> None:
        """Let the time pass for which a refresh is owned without a sign of life, also where the database tells it."""
        later = timedelta(seconds=OWNED_S + 1)
        self.trade.house.clock.move(later)
        if self._backend == "postgresql":
            self._runner.run(self._put_ownership_back(later))

    async def _put_ownership_back(self, by: timedelta) -> None:
        database = self.trade.house.services.database
        async with database.write() as session:
            for grant in await session.scalars(select(Grant).where(Grant.refresh_until.is_not(None))):
                assert grant.refresh_until is not None
                grant.refresh_until -= by
        await database.close()

    def start(self, workers: int, fate: Fate = Fate.NONE) -> int:
        """Fork a process with so many workers, each of which wants one answer about the books."""
        child = os.fork()
        if child:
            self._alive.add(child)
            return child
        code = FAILED
        try:
            asyncio.run(self._work(workers, fate))
            code = 0
        except BaseException:  # noqa: BLE001 - told to the parent, whatever it is
            (self._folder / f"failure.{os.getpid()}").write_text(traceback.format_exc())
        finally:
            os._exit(code)

    async def _work(self, workers: int, fate: Fate) -> None:
        parent = self.trade.house.services
        client = httpx2.AsyncClient(transport=Line(self._folder / "line"))
        services = replace(
            parent,
            clock=Ticking(parent.clock.now()),
            database=Database(parent.database.url.render_as_string(hide_password=False)),
            http=Fated(HttpxClient(client), TOKENS[self._platform], fate),
        )
        async with asyncio.timeout(RACE_S_MAX):
            await asyncio.gather(*(self._ask(services) for _ in range(workers)))
        await services.database.close()

    async def _ask(self, services: Services) -> None:
        """One worker: asks until nobody is refreshing any more."""
        while True:
            books = await open_books(services, self.trade.company_id)
            assert books is not None, "no grant reaches the books any more"
            try:
                await books.transport(Cause.PULL).send(self._request())
            except Throttled as refusal:
                if refusal.explanation.code != "refresh_under_way":
                    raise
                await asyncio.sleep(AGAIN_S)
            else:
                return

    def _request(self) -> Request:
        company_id = self.trade.books.id
        if self._platform == "quickbooks":
            return quickbooks_request(company_id, f"companyinfo/{company_id}")
        return xero_request(company_id, "Organisation")

    def attend(self, children: Iterable[int]) -> list[int]:
        """Be the platform until each of these processes is gone or frozen; returns how each ended, as `waitpid` has it.

        Raises AssertionError when one failed by itself.
        """
        pids = tuple(children)
        statuses = self._runner.run(self._attend(pids))
        self._alive -= {pid for pid, status in zip(pids, statuses, strict=True) if not os.WIFSTOPPED(status)}
        for pid, status in zip(pids, statuses, strict=True):
            failure = self._folder / f"failure.{pid}"
            assert not failure.exists(), failure.read_text()
            assert not os.WIFEXITED(status) or os.WEXITSTATUS(status) == 0, f"{pid} ended with {status}"
        return list(statuses)

    async def _attend(self, pids: Sequence[int]) -> list[int]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await serve(self.trade.house.outward, reader, writer)

        server = await asyncio.start_unix_server(answer, sock=self._listening.dup(), backlog=LINE_BACKLOG)
        try:
            async with asyncio.timeout(RACE_S_MAX):
                return await asyncio.gather(*(asyncio.to_thread(_wait_for, pid) for pid in pids))
        except TimeoutError:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            raise
        finally:
            server.close()


def _wait_for(pid: int) -> int:
    return os.waitpid(pid, os.WUNTRACED)[1]


def thaw(pid: int) -> None:
    """Let a frozen process go on."""
    os.kill(pid, signal.SIGCONT)
