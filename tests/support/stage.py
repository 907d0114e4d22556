"""A stage for lanes: a database of either kind, a clock that stands still, and any number of engines."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from tieout.engine.claims import Claim
from tieout.engine.lanes import EmbeddedEngine
from tieout.engine.port import LEASE_S, Handler, NextDue, Turn
from tieout.kit.clock import ManualClock
from tieout.storage.database import Database
from tieout.storage.tables.work import Lane

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
KINDS = ("company", "chore")


@dataclass
class Stage:
    """What the tests of an engine work with."""

    database: Database
    clock: ManualClock = field(default_factory=lambda: ManualClock(AT))

    def engine(self, **options: Any) -> EmbeddedEngine:
        """A worker of its own, as another process would be."""
        return EmbeddedEngine(self.database, self.clock, **options)

    async def wake(self, *keys: str, at: datetime | None = None) -> None:
        engine = self.engine()
        async with self.database.write() as session:
            for key in keys:
                await engine.wake(session, key, at=at)

    async def lane(self, key: str) -> Lane:
        async with self.database.read() as session:
            return await session.get_one(Lane, key)

    async def claim(self, engine: EmbeddedEngine, count: int = 1) -> list[Claim]:
        return await engine.claims.claim(count, kinds=KINDS)

    async def give_back(self, engine: EmbeddedEngine, claim: Claim, *, at: datetime | None) -> None:
        """Run a turn that does nothing but ask for its next one."""

        async def ask(_: Turn) -> NextDue:
            return NextDue(at)

        await engine.run_turn(claim, ask, asyncio.Event())

    async def let_leases_end(self) -> None:
        """Leases end by the injected clock on SQLite, by the database's own clock on PostgreSQL."""
        if self.database.is_sqlite:
            self.clock.move(timedelta(seconds=LEASE_S))
            return
        ended = func.clock_timestamp() - timedelta(seconds=1)
        async with self.database.write() as session:
            await session.execute(update(Lane).where(Lane.owner.is_not(None)).values(lease_until=ended))

    async def keys_that_are_owned(self) -> set[str]:
        async with self.database.read() as session:
            return set(await session.scalars(select(Lane.key).where(Lane.owner.is_not(None))))


@dataclass
class Notes:
    """A handler that notes each turn, and does what it is told in it."""

    then: NextDue = field(default_factory=lambda: NextDue(None))
    during: Callable[[Turn], Awaitable[None]] | None = None
    turns: list[str] = field(default_factory=list)
    in_turn: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, turn: Turn) -> NextDue:
        self.turns.append(turn.key)
        self.in_turn.set()
        if self.during is not None:
            await self.during(turn)
        return self.then

    @property
    def handlers(self) -> dict[str, Handler]:
        return dict.fromkeys(KINDS, self.handle)
