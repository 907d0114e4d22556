"""The embedded engine: lanes in the database, run by the processes of one machine.

The lane's row is the queue. A claim is a compare-and-set that raises the fence; every commit of a turn is guarded by
that
fence, so a worker that was frozen past its lease can call, but never commit. An owner whose lease ran out is a dead
one.
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, case, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.port import LEASE_S, RENEW_EVERY_S, TURN_S_MAX, TURN_UNITS_MAX, Handler, NextDue
from tieout.engine.waking import wake_lane
from tieout.kit.clock import Clock
from tieout.kit.errors import LeaseLost
from tieout.observability import masked_text
from tieout.storage.database import Database
from tieout.storage.tables.work import Lane
from tieout.storage.types import UtcDateTime

LANES_AT_ONCE_MAX = 4
POLL_EVERY_S = 1.0
SHUTDOWN_S_MAX = 15.0
BACKOFF_S_MAX = 300
ERROR_LENGTH_MAX = 500

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A lane that this worker owns under `fence`."""

    key: str
    kind: str
    fence: int
    attempts: int


class LaneTurn:
    """A turn on a claimed lane; see `engine.port.Turn`."""

    def __init__(self, engine: "EmbeddedEngine", claim: Claim, stop: asyncio.Event) -> None:
        """Start counting units and seconds."""
        self.key = claim.key
        self.fence = claim.fence
        self._engine = engine
        self._stop = stop
        self._units = 0
        self._started_s = time.monotonic()

    @asynccontextmanager
    async def commit(self) -> AsyncIterator[AsyncSession]:
        """A write transaction that commits only under this turn's fence; raises LeaseLost."""
        self._units += 1
        async with self._engine.database.write() as session:
            yield session
            if not await self._engine.renew(session, self.key, self.fence):
                raise LeaseLost(self.key)

    def is_over(self) -> bool:
        """Whether the turn's units or time are used up, or the engine stops."""
        spent_s = time.monotonic() - self._started_s
        return self._units >= TURN_UNITS_MAX or spent_s >= TURN_S_MAX or self._stop.is_set()


class EmbeddedEngine:
    """Runs lanes in this process; several processes on one machine may share a database."""

    def __init__(self, database: Database, clock: Clock, *, lanes_at_once: int = LANES_AT_ONCE_MAX) -> None:
        """Run nothing yet."""
        self.database = database
        self._clock = clock
        self._lanes_at_once = lanes_at_once
        self._owner = secrets.token_hex(8)
        self._nudged = asyncio.Event()
        self._turns: set[str] = set()

    async def wake(self, session: AsyncSession, key: str, *, at: datetime | None = None) -> None:
        """Make the lane due, in the caller's transaction."""
        await wake_lane(session, key, at=at or self._clock.now())

    def nudge(self) -> None:
        """Look for due lanes now rather than at the next poll."""
        self._nudged.set()

    async def run(self, handlers: dict[str, Handler], stop: asyncio.Event) -> None:
        """Run due lanes until `stop` is set; then let turns end and give the leases back."""
        running: set[asyncio.Task[None]] = set()
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                self._nudged.clear()
                claims = await self._claim_or_none(self._lanes_at_once - len(running), kinds=tuple(handlers))
                running |= {asyncio.create_task(self.run_turn(claim, handlers[claim.kind], stop)) for claim in claims}
                running = await self._wait(running, stopping)
        finally:
            stopping.cancel()
            if running:
                _, late = await asyncio.wait(running, timeout=SHUTDOWN_S_MAX)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)

    async def _wait(self, running: set[asyncio.Task[None]], stopping: asyncio.Task[Any]) -> set[asyncio.Task[None]]:
        nudged = asyncio.create_task(self._nudged.wait())
        full = len(running) >= self._lanes_at_once
        wait_for: set[asyncio.Task[Any]] = {stopping, *running} | (set() if full else {nudged})
        await asyncio.wait(wait_for, timeout=POLL_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
        nudged.cancel()
        for task in running:
            if task.done() and not task.cancelled() and (error := task.exception()):
                log.error("lane_turn_broke", error=repr(error))
        return {task for task in running if not task.done()}

    async def _claim_or_none(self, count: int, *, kinds: tuple[str, ...]) -> list[Claim]:
        """A database that does not answer ends no engine: the next poll tries again."""
        try:
            return await self.claim(count, kinds=kinds)
        except Exception:
            log.exception("lanes_not_claimed")
            return []

    async def run_until_idle(self, handlers: dict[str, Handler], *, turns_max: int = 1_000) -> int:
        """Run whatever is due now, one lane after the other, until nothing is; returns the number of turns."""
        turns = 0
        never = asyncio.Event()
        while turns < turns_max and (claims := await self.claim(1, kinds=tuple(handlers))):
            await self.run_turn(claims[0], handlers[claims[0].kind], never)
            turns += 1
        return turns

    async def claim(self, count: int, *, kinds: tuple[str, ...]) -> list[Claim]:
        """Own up to `count` lanes that are due, or whose owner died; never one whose turn is running here.

        Lanes of dead owners come first (`due_at` says nothing about them), then those that wait longest. The choice is
        materialized: PostgreSQL may otherwise choose anew for every row that it joins, and own more than `count`.
        """
        if count <= 0:
            return []
        async with self.database.write() as session:
            now = self._clock.now()
            lease_now = self._lease_now(now)
            due = or_(
                Lane.owner.is_(None) & (Lane.due_at <= now),
                Lane.owner.is_not(None) & (Lane.lease_until <= lease_now),
            )
            chosen = (
                select(Lane.key)
                .where(due, Lane.paused_at.is_(None), Lane.kind.in_(kinds), Lane.key.not_in(self._turns))
                .order_by(Lane.owner.is_(None), Lane.lease_until, Lane.due_at)
                .limit(count)
                .with_for_update(skip_locked=True)
                .cte("chosen")
                .prefix_with("MATERIALIZED", dialect="postgresql")
            )
            rows = await session.execute(
                update(Lane)
                .where(Lane.key.in_(select(chosen.c.key)))
                .values(
                    owner=self._owner,
                    lease_until=self._lease_end(now),
                    fence=Lane.fence + 1,
                    due_at=None,
                )
                .returning(Lane.key, Lane.kind, Lane.fence, Lane.attempts)
                .execution_options(synchronize_session=False)
            )
            return [Claim(*row) for row in rows]

    async def run_turn(self, claim: Claim, handler: Handler, stop: asyncio.Event) -> None:
        """Run one turn under a lease that this loop keeps renewing, and release the lane with its next due time."""
        turn = LaneTurn(self, claim, stop)
        self._turns.add(claim.key)
        ended = asyncio.Event()
        renewing = asyncio.create_task(self._keep_renewing(turn, ended))
        try:
            due = await handler(turn)
            await self._release(claim, due, error=None)
        except LeaseLost:
            log.warning("lease_lost", lane=claim.key, fence=claim.fence)
        except asyncio.CancelledError:
            await self._release(claim, NextDue(self._clock.now()), error=None)
            raise
        except Exception as error:
            log.exception("lane_turn_failed", lane=claim.key)
            backoff_s = min(2 ** min(claim.attempts, 10), BACKOFF_S_MAX)
            due = NextDue(self._clock.now() + timedelta(seconds=backoff_s))
            await self._release(claim, due, error=_told(error))
        finally:
            self._turns.discard(claim.key)
            ended.set()
            await renewing

    async def renew(self, session: AsyncSession, key: str, fence: int) -> bool:
        """Prolong the lease in the given transaction; False when the lane has another owner, or was given back."""
        renewed = await session.execute(
            update(Lane)
            .where(Lane.key == key, Lane.fence == fence, Lane.owner == self._owner)
            .values(lease_until=self._lease_end(self._clock.now()))
            .returning(Lane.key)
            .execution_options(synchronize_session=False)
        )
        return renewed.first() is not None

    async def _keep_renewing(self, turn: LaneTurn, ended: asyncio.Event) -> None:
        """Renew until the turn ended. It is told, not cancelled: that could tear a connection out of its work."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RENEW_EVERY_S):
                    await ended.wait()
            if ended.is_set():
                return
            try:
                async with self.database.write() as session:
                    if not await self.renew(session, turn.key, turn.fence):
                        return
            except Exception:
                log.exception("lease_not_renewed", lane=turn.key)

    async def _release(self, claim: Claim, due: NextDue, *, error: str | None) -> None:
        """Give the lane back. A wake that came during the turn stands if it is earlier than what the turn asked for."""
        async with self.database.write() as session:
            asked = literal(due.at, UtcDateTime)
            earlier = case((Lane.due_at.is_(None), asked), (Lane.due_at > asked, asked), else_=Lane.due_at)
            await session.execute(
                update(Lane)
                .where(Lane.key == claim.key, Lane.fence == claim.fence)
                .values(
                    owner=None,
                    lease_until=None,
                    due_at=Lane.due_at if due.at is None else earlier,
                    attempts=0 if error is None else Lane.attempts + 1,
                    last_error=error,
                )
                .execution_options(synchronize_session=False)
            )
        self._nudged.set()

    def _lease_now(self, now: datetime) -> ColumnElement[Any]:
        """The time by which leases are judged: the database's own on PostgreSQL, where several machines share it."""
        return literal(now, UtcDateTime) if self.database.is_sqlite else func.clock_timestamp()

    def _lease_end(self, now: datetime) -> Any:
        lease = timedelta(seconds=LEASE_S)
        return now + lease if self.database.is_sqlite else func.clock_timestamp() + lease


def _told(error: Exception) -> str:
    """An error as its lane keeps it: without secrets, and without signs that a database does not take."""
    told = masked_text(repr(error)).replace("\0", "�").encode(errors="replace").decode()
    return told[:ERROR_LENGTH_MAX]
