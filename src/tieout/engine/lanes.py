"""The embedded engine: the processes of one machine claim due lanes from the database and run them."""

import asyncio
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from tieout.engine import port
from tieout.engine.claims import Claim
from tieout.engine.cutting_off import cut_off
from tieout.engine.hearing import hear
from tieout.engine.port import Handler
from tieout.engine.running import LaneEngine
from tieout.kit.clock import MachineClock
from tieout.storage.database import Database

log = structlog.get_logger(__name__)


class EmbeddedEngine(LaneEngine):
    """Runs lanes in this process; several processes may share a database, and on SQLite a machine."""

    def __init__(self, database: Database, clock: MachineClock, *, lanes_at_once: int = port.LANES_AT_ONCE_MAX) -> None:
        """Run nothing yet."""
        super().__init__(database, clock, lanes_at_once=lanes_at_once)
        self._hints: set[asyncio.Event] = set()

    def look(self) -> None:
        """Look for due lanes now rather than at the next poll."""
        for hint in self._hints:
            hint.set()

    async def attend(self) -> None:
        """On PostgreSQL, hear what other processes wake; on SQLite they are found at the next poll."""
        if not self.database.is_sqlite:
            await hear(self.database.url, self.look)

    async def run(self, handlers: dict[str, Handler], stop: asyncio.Event) -> None:
        """Run due lanes until `stop` is set; then let turns end and give the leases back."""
        running: set[asyncio.Task[None]] = set()
        stopping = asyncio.create_task(stop.wait())
        hint = asyncio.Event()
        self._hints.add(hint)
        try:
            async with self.attended():
                while not stop.is_set():
                    hint.clear()
                    claims = await self._claim_or_none(self._lanes_at_once - len(running), kinds=tuple(handlers))
                    running |= {
                        asyncio.create_task(self.run_turn(claim, handlers[claim.kind], stop)) for claim in claims
                    }
                    running = await self._wait(running, stopping, hint)
        finally:
            self._hints.discard(hint)
            stopping.cancel()
            if running:
                _, late = await asyncio.wait(running, timeout=port.SHUTDOWN_S_MAX)
                await asyncio.gather(*(cut_off(task) for task in late))

    async def _wait(
        self, running: set[asyncio.Task[None]], stopping: asyncio.Task[Any], hint: asyncio.Event
    ) -> set[asyncio.Task[None]]:
        hinted = asyncio.create_task(hint.wait())
        full = len(running) >= self._lanes_at_once
        wait_for: set[asyncio.Task[Any]] = {stopping, *running} | (set() if full else {hinted})
        await asyncio.wait(wait_for, timeout=port.POLL_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
        hinted.cancel()
        for task in running:
            if task.done() and not task.cancelled() and (error := task.exception()):
                log.error("lane_turn_broke", error=repr(error))
        return {task for task in running if not task.done()}

    async def _claim_or_none(self, count: int, *, kinds: tuple[str, ...]) -> list[Claim]:
        """A database that does not answer ends no engine: the next poll tries again."""
        try:
            await self.claims.follow_wall_clock()
            return await self.claims.claim(count, kinds=kinds)
        except (DBAPIError, OSError) as error:
            log.warning("lanes_not_claimed", error=repr(error))
        except Exception:
            log.exception("lanes_not_claimed")
        return []
