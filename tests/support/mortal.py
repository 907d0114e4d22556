"""A Tieout that can be killed at any commit and any request: trials are forked, and what they leave is looked at.

The simulated platforms live on in a thread of the parent, on real loopback sockets, and share its clock.
"""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Self, TypeVar, cast

import httpx2
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.applications import Starlette
from tests.support.house import JUDGES, new_database
from tests.support.witness import Witness

from tieout.app import build_app, build_services, lane_handlers
from tieout.engine.lanes import EmbeddedEngine
from tieout.kit.clock import OffsetClock, SystemClock
from tieout.platforms.port import Answer, HttpClient
from tieout.platforms.transport import HttpxClient
from tieout.security.vault import new_key
from tieout.settings import Settings
from tieout.storage.database import Database
from tieout.sync.services import Services

START_S_MAX = 20.0
PUBLIC_URL = "http://127.0.0.1:8800"

Result = TypeVar("Result")


@dataclass
class Reaper:
    """Counts the points at which a process may die, and kills this one at the one that it waits for."""

    target: int
    passed: int = 0

    def point(self) -> None:
        """One more point: before or after a commit or a request."""
        self.passed += 1
        if self.passed == self.target:
            os.kill(os.getpid(), signal.SIGKILL)


class ReapedDatabase(Database):
    """A database whose every commit is such a point, before and after."""

    def __init__(self, url: str, reaper: Reaper) -> None:
        super().__init__(url)
        self._reaper = reaper

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        async with super().write() as session:
            yield session
            self._reaper.point()
        self._reaper.point()


@dataclass(frozen=True)
class ReapedHttp:
    """A client whose every request is such a point, before and after."""

    inner: HttpClient
    reaper: Reaper

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.reaper.point()
        answer = await self.inner.send(method, url, headers, body)
        self.reaper.point()
        return answer


@dataclass
class MortalHouse:
    """Start it with `with`. Each piece of work has an event loop of its own, so that the parent can fork in between."""

    folder: Path
    platform: str
    clock: OffsetClock = field(default_factory=lambda: OffsetClock(SystemClock()))
    origin: str = field(init=False)
    simulator: Starlette = field(init=False)
    settings: Settings = field(init=False)
    app: FastAPI = field(init=False)
    _server: uvicorn.Server = field(init=False)
    _thread: threading.Thread = field(init=False)

    def __enter__(self) -> Self:
        listening = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
        module = import_module(f"tieout.platforms.{self.platform}.sandbox.application")
        self.simulator = module.build_simulator(clock=self.clock, seed=7, origin=self.origin)
        if hasattr(self.simulator.state, "xero"):
            self.simulator.state.xero.api.limits.enforced = False
        self._server = uvicorn.Server(
            uvicorn.Config(Witness(self.simulator, JUDGES[self.platform]), log_level="error", lifespan="off")
        )
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._server.serve(sockets=[listening])), daemon=True
        )
        self._thread.start()
        self.settings = Settings(
            database_url=f"sqlite:///{self.folder / 'tieout.db'}",
            vault_keys=SecretStr(new_key("test")),
            public_url=PUBLIC_URL,
            allow_private_addresses=True,
            requests_per_s=100_000,
            token_lifetime_s=365 * 86_400,
        )
        self.run(self._prepare)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(START_S_MAX)

    async def _prepare(self, services: Services) -> None:
        await (await new_database(self.folder)).close()
        self.app = build_app(services)

    def run(self, work: Callable[[Services], Coroutine[Any, Any, Result]], *, reaper: Reaper | None = None) -> Result:
        """Run work with fresh parts: connections, client and engine belong to this run alone."""

        async def with_parts() -> Result:
            client = httpx2.AsyncClient(verify=False)
            services = build_services(self.settings, clock=self.clock, http=HttpxClient(client))
            if reaper is not None:
                database = ReapedDatabase(self.settings.database_url, reaper)
                engine = EmbeddedEngine(database, self.clock)
                services = replace(services, database=database, engine=engine, http=ReapedHttp(services.http, reaper))
            if hasattr(self, "app"):
                self.app.state.services = services
            try:
                return await work(services)
            finally:
                await client.aclose()
                await services.database.close()

        return asyncio.run(with_parts())

    def client(self) -> httpx2.AsyncClient:
        """A client that reaches Tieout in this process, and the simulated platform over its socket."""
        mounts = {PUBLIC_URL: httpx2.ASGITransport(self.app)}
        return httpx2.AsyncClient(mounts=mounts, timeout=30.0, verify=False)

    def run_lanes_until_killed(self, target: int) -> bool:
        """Run the lanes in a forked child that dies at point `target`; False when it ended before it got there."""
        child = os.fork()
        if child == 0:
            code = 1
            try:
                self.run(run_lanes, reaper=Reaper(target))
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            return True
        assert os.waitstatus_to_exitcode(status) == 0, "the child failed by itself"
        return False


async def run_lanes(services: Services) -> int:
    """Run whatever is due; returns the number of turns."""
    return await cast("EmbeddedEngine", services.engine).run_until_idle(lane_handlers(services))
