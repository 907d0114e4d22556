"""The work of a worker process in trials of an engine.

Each lane counts to COUNT_TO, one unit after the other. A unit is what a unit of Tieout is: read, wait for something
outside, commit under the fence. Leases are short here, so that a trial takes seconds.
"""

import asyncio
import os
import signal
from datetime import timedelta

import structlog
from sqlalchemy import text

from tieout.engine import distributed, port
from tieout.engine.distributed import DistributedEngine
from tieout.engine.lanes import EmbeddedEngine
from tieout.engine.port import NextDue, Turn
from tieout.kit.clock import OffsetClock, SystemClock
from tieout.storage.database import Database

ENGINES: dict[str, type[EmbeddedEngine] | type[DistributedEngine]] = {
    "embedded": EmbeddedEngine,
    "distributed": DistributedEngine,
}
COUNT_TO = 15
UNITS_OF_TURN = 6
"""So that a lane takes several turns."""
LEASE_S = 1.0
RENEW_EVERY_S = 0.3
POLL_EVERY_S = 0.05
DISPATCHER_IDLE_S_MAX = 1
CALL_S = 0.005
STEP = timedelta(hours=3)
"""By how much SIGUSR1 sets the wall clock ahead, and SIGUSR2 back."""
FREEZES = "freezes"
"""The worker of this name stops itself in its first turn, between reading and committing, until it is told to go on."""


class Counting:
    """The work of a worker."""

    def __init__(self, database: Database, name: str, clock: OffsetClock) -> None:
        self._clock = clock
        self._database = database
        self._name = name
        self._froze = name != FREEZES

    async def run(self, turn: Turn) -> NextDue:
        while not turn.is_over():
            async with self._database.read() as session:
                done = await session.scalar(text("SELECT done FROM counted WHERE lane = :lane"), {"lane": turn.key})
            if done >= COUNT_TO:
                return NextDue(None)
            await self._call_somebody()
            unit = {"lane": turn.key, "number": done + 1, "worker": self._name}
            async with turn.commit() as session:
                await session.execute(text("INSERT INTO units VALUES (:lane, :number, :worker)"), unit)
                await session.execute(text("UPDATE counted SET done = :number WHERE lane = :lane"), unit)
        return NextDue(self._clock.now())

    async def _call_somebody(self) -> None:
        if not self._froze:
            self._froze = True
            print("frozen", flush=True)  # noqa: T201 - what the trial waits for
            os.kill(os.getpid(), signal.SIGSTOP)
        await asyncio.sleep(CALL_S)


async def main(engine_name: str, url: str, name: str) -> None:
    vars(port).update(
        LEASE_S=LEASE_S, RENEW_EVERY_S=RENEW_EVERY_S, POLL_EVERY_S=POLL_EVERY_S, TURN_UNITS_MAX=UNITS_OF_TURN
    )
    vars(distributed).update(DISPATCHER_IDLE_S_MAX=DISPATCHER_IDLE_S_MAX)
    structlog.configure(processors=[structlog.processors.KeyValueRenderer(key_order=["event"])])
    database = Database(url)
    stop, clock, loop = asyncio.Event(), OffsetClock(SystemClock()), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, clock.set_wall_clock, STEP)
    loop.add_signal_handler(signal.SIGUSR2, clock.set_wall_clock, -STEP)
    engine = ENGINES[engine_name](database, clock, lanes_at_once=1)
    print("running", flush=True)  # noqa: T201 - what the trial waits for
    await engine.run({"company": Counting(database, name, clock).run}, stop)
    await database.close()


def run(engine_name: str, url: str, name: str) -> None:
    """Work until told to stop."""
    asyncio.run(main(engine_name, url, name))
