"""Running turns under a lease: what both engines share."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine import port
from tieout.engine.claims import Claim, LaneClaims
from tieout.engine.cutting_off import cut_off
from tieout.engine.pausing import pause_lane, resume_lane
from tieout.engine.port import Handler, NextDue
from tieout.engine.waking import CHANNEL, WOKEN, wake_lane
from tieout.kit.clock import MachineClock
from tieout.kit.errors import LeaseLost, TurnCutOff
from tieout.observability import masked_text
from tieout.storage.database import Database

log = structlog.get_logger(__name__)


class LaneTurn:
    """A turn on a claimed lane; see `engine.port.Turn`."""

    def __init__(self, engine: "LaneEngine", claim: Claim, stop: asyncio.Event) -> None:
        """Start counting units and seconds."""
        self.key = claim.key
        self.fence = claim.fence
        self._database = engine.database
        self._claims = engine.claims
        self._stop = stop
        self._units = 0
        self._is_paused = False
        self._started_s = time.monotonic()

    @asynccontextmanager
    async def commit(self, *, is_unit: bool = True) -> AsyncIterator[AsyncSession]:
        """A write transaction that commits only under this turn's fence; raises LeaseLost."""
        self._units += is_unit
        async with self._database.write() as session:
            yield session
            lease = await self._claims.renew(session, self.key, self.fence)
            if lease is None:
                raise LeaseLost(self.key)
        self._is_paused = lease.is_paused

    def is_over(self) -> bool:
        """Whether the turn's units or time are used up, the lane was paused, or the engine stops."""
        spent_s = time.monotonic() - self._started_s
        is_used_up = self._units >= port.TURN_UNITS_MAX or spent_s >= port.TURN_S_MAX
        return is_used_up or self._is_paused or self._stop.is_set()

    async def keep_lease(self, ended: asyncio.Event) -> None:
        """Renew until the turn ended. It is told, not cancelled: that could tear a connection out of its work.

        One that hangs, and goes on hanging when it is cut off, loses its lease: others shall have the lane.
        """
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(port.RENEW_EVERY_S):
                    await ended.wait()
            if ended.is_set():
                return
            if time.monotonic() - self._started_s > port.TURN_LASTS_S_MAX:
                log.error("lease_of_hung_turn_left", lane=self.key, fence=self.fence)
                return
            try:
                async with self._database.write() as session:
                    lease = await self._claims.renew(session, self.key, self.fence)
                if lease is None:
                    return
                self._is_paused = lease.is_paused
            except Exception:
                log.exception("lease_not_renewed", lane=self.key)


class LaneEngine:
    """Wakes lanes and runs their turns; how due lanes are found is each engine's own."""

    def __init__(self, database: Database, clock: MachineClock, *, lanes_at_once: int = port.LANES_AT_ONCE_MAX) -> None:
        """Run nothing yet."""
        self.database = database
        self.claims = LaneClaims(database, clock)
        self._clock = clock
        self._lanes_at_once = lanes_at_once
        self._attending: asyncio.Task[None] | None = None
        self._runs = 0
        self._is_news = self._is_announcing = False
        database.when_committed(WOKEN, self.nudge)

    async def wake(
        self, session: AsyncSession, key: str, *, at: datetime | None = None, partner_id: UUID | None = None
    ) -> None:
        """Make the lane due, in the caller's transaction."""
        await wake_lane(session, key, at=at or self._clock.now(), partner_id=partner_id)

    async def pause(self, session: AsyncSession, key: str, *, reason: str) -> bool:
        """Let the lane rest, in the caller's transaction: see `engine.port.Engine`."""
        return await pause_lane(session, key, reason=reason, at=self._clock.now())

    async def resume(self, session: AsyncSession, key: str) -> bool:
        """Let the lane go on, in the caller's transaction: see `engine.port.Engine`."""
        return await resume_lane(session, key)

    def nudge(self) -> None:
        """Have whoever runs lanes look now rather than at the next poll: here, and on PostgreSQL in every process."""
        self.look()
        if self.database.is_sqlite:
            return
        self._is_news = True
        if not self._is_announcing:
            self._is_announcing = True
            self.database.do_beside(self._announce())

    def look(self) -> None:
        """Look for due lanes in this process now; an engine that finds them otherwise has nothing to do."""

    async def _announce(self) -> None:
        """One notification for all that is woken until it goes out. One that cannot be given is not missed."""
        try:
            while self._is_news:
                self._is_news = False
                await self.database.notify(CHANNEL)
        except Exception as error:  # noqa: BLE001 - polling finds what is due
            log.warning("lanes_not_announced", error=repr(error))
        finally:
            self._is_announcing = False

    @asynccontextmanager
    async def attended(self) -> AsyncIterator[None]:
        """While at least one such block lasts, `attend` runs beside it, once."""
        self._runs += 1
        if self._attending is None:
            self._attending = asyncio.create_task(self.attend())
        try:
            yield
        finally:
            self._runs -= 1
            if self._runs == 0:
                attending, self._attending = self._attending, None
                await cut_off(attending)

    async def attend(self) -> None:
        """What an engine does once in a process that runs lanes; ends by being cancelled."""

    async def run_until_idle(self, handlers: dict[str, Handler], *, turns_max: int = 1_000) -> int:
        """Run whatever is due now, one lane after the other, until nothing is; returns the number of turns."""
        turns = 0
        never = asyncio.Event()
        while turns < turns_max and (claims := await self.claims.claim(1, kinds=tuple(handlers))):
            await self.run_turn(claims[0], handlers[claims[0].kind], never)
            turns += 1
        return turns

    async def run_turn(self, claim: Claim, handler: Handler, stop: asyncio.Event) -> None:
        """Run one turn under a lease that this loop keeps renewing, and release the lane with its next due time."""
        turn = LaneTurn(self, claim, stop)
        self.claims.in_turn.add(claim.key)
        ended = asyncio.Event()
        renewing = asyncio.create_task(turn.keep_lease(ended))
        try:
            due = await _handled(handler, turn)
            await self._release(claim, due, error=None)
        except LeaseLost:
            log.warning("lease_lost", lane=claim.key, fence=claim.fence)
        except asyncio.CancelledError:
            await self._release(claim, NextDue(self._clock.now()), error=None)
            raise
        except Exception as error:
            log.exception("lane_turn_failed", lane=claim.key)
            backoff_s = min(2 ** min(claim.attempts, 10), port.BACKOFF_S_MAX)
            due = NextDue(self._clock.now() + timedelta(seconds=backoff_s))
            await self._release(claim, due, error=told(error))
        finally:
            self.claims.in_turn.discard(claim.key)
            ended.set()
            await renewing

    async def _release(self, claim: Claim, due: NextDue, *, error: str | None) -> None:
        if await self.claims.release(claim, due, error=error):
            self.nudge()
        else:
            self.look()

    async def prepare(self) -> list[str]:
        """Nothing: the lanes' own table is all that is needed."""
        return []

    async def missing(self) -> str | None:
        """Nothing: the lanes' own table is all that is needed."""
        return None


async def _handled(handler: Handler, turn: LaneTurn) -> NextDue:
    """What the handler asks for; raises TurnCutOff when it hangs."""
    try:
        async with asyncio.timeout(port.TURN_LASTS_S_MAX) as limit:
            return await handler(turn)
    except TimeoutError as error:
        if limit.expired():
            raise TurnCutOff(f"the turn hung and was cut off after {port.TURN_LASTS_S_MAX} s") from error
        raise


def told(error: Exception) -> str:
    """An error as its lane keeps it: without secrets, and without signs that a database does not take."""
    text = masked_text(repr(error)).replace("\0", "�").encode(errors="replace").decode()
    return text[: port.ERROR_LENGTH_MAX]
