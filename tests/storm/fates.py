"""Workers with a fate: at a commit or a request of theirs they die, or are held while the world goes on without them.

A worker is an engine with a database and a client of its own, as another process would have. One that dies never
comes back: whatever it still tries, its lease runs out and its lane is taken over. One that is held is a process that
was stopped, and goes on later in the belief that nothing happened.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import NoReturn

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.app import lane_handlers
from tieout.engine.running import LaneEngine
from tieout.platforms.port import Answer, HttpClient
from tieout.storage.database import Database
from tieout.sync.services import Services


class Death(BaseException):
    """The worker is gone: no handler of errors gets to see it."""


@dataclass
class Fate:
    """What happens to a worker at its point number `at`: before or after a transaction or request. None: nothing.

    Without `meanwhile` it dies there, else it is held for as long as that takes. A transaction that is about to be
    committed is a point too, at which one can only die.
    """

    at: int | None = None
    meanwhile: Callable[[], Awaitable[None]] | None = None
    passed: int = 0
    met: str | None = None
    _dead: bool = False
    _free: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._free.set()

    async def point(self, what: str) -> None:
        """Pass a point outside of every transaction."""
        self.check()
        await self._free.wait()
        self.passed += 1
        if self.passed != self.at:
            return
        self.met = what
        if self.meanwhile is None:
            self._die()
        self._free.clear()
        try:
            await self.meanwhile()
        finally:
            self._free.set()

    def point_in_transaction(self, what: str) -> None:
        """Pass a point at which nobody can be held without holding up everybody."""
        self.check()
        if self.meanwhile is not None:
            return
        self.passed += 1
        if self.passed == self.at:
            self.met = what
            self._die()

    def check(self) -> None:
        """The dead do nothing any more."""
        if self._dead:
            raise Death

    def _die(self) -> NoReturn:
        self._dead = True
        raise Death


class FatefulDatabase(Database):
    """Another worker's way to a database that is open."""

    def __init__(self, of: Database, fate: Fate) -> None:
        vars(self).update(vars(of))  # connections are dear
        self._told = {}
        self._fate = fate

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        self._fate.check()
        async with super().read() as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        await self._fate.point("before a transaction")
        async with super().write() as session:
            yield session
            self._fate.point_in_transaction("before a commit")
        await self._fate.point("after a commit")


@dataclass(frozen=True)
class FatefulHttp:
    """Another worker's way to the platforms."""

    inner: HttpClient
    fate: Fate

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        await self.fate.point(f"before {method} {_told(url)}")
        answer = await self.inner.send(method, url, headers, body)
        await self.fate.point(f"after {method} {_told(url)}")
        return answer


def _told(url: str) -> str:
    """Which resource is called: without ids, which two runs need not have in common."""
    return url.partition("?")[0].rpartition("/")[2][:20]


async def work(services: Services, fate: Fate) -> bool:
    """Let a worker run whatever is due; False when it died of it."""
    database = FatefulDatabase(services.database, fate)
    engine = type(services.engine)(database, services.clock)  # type: ignore[call-arg]  # as every engine of ours
    assert isinstance(engine, LaneEngine)
    own = replace(services, database=database, engine=engine, http=FatefulHttp(services.http, fate))
    try:
        await engine.run_until_idle(lane_handlers(own))
    except Death:
        return False
    return True
