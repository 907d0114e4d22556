"""The engine alone: turns per second against bare commits, idle companies, one worker against two, and takeover."""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import TextClause, event, insert, text

from benchmarks.lane_worker import CPU_S, LANES_AT_ONCE, WAIT_S
from benchmarks.stores import CONFIGURATIONS, Configuration, running_on
from tieout.app import run_lanes_until
from tieout.engine.port import NextDue, Turn
from tieout.storage.tables.work import Lane
from tieout.sync import keeping
from tieout.sync.services import Services

TURNS = 1_500
IDLE_COMPANIES = 10_000
IDLE_S = 12.0
SETTLE_S = 3.0
LANES = 16
WAITED_UNITS, CPU_UNITS = 160, 1_500
TRIAL_S_MAX = 120.0
LOOK_S = 0.02
ROOT = Path(__file__).parents[1]


async def rows(folder: Path) -> list[str]:
    """Rows for each configuration."""
    made: list[str] = []
    for configuration in CONFIGURATIONS:
        made += [
            await _turns(configuration, folder),
            await _idle(configuration, folder),
            await _workers(configuration, folder, "waiting", WAITED_UNITS),
            await _workers(configuration, folder, "counting", CPU_UNITS),
            await _takeover(configuration, folder),
        ]
    return made


async def _turns(configuration: Configuration, folder: Path) -> str:
    """Turns of one commit each, against the same commits without an engine."""
    async with running_on(configuration, folder) as services:
        await _prepare(services, TURNS)
        started_s = time.perf_counter()
        for number in range(TURNS):
            async with services.database.write() as session:
                await session.execute(_count(f"bench:{number}"))
        bare_s = time.perf_counter() - started_s
        stop, done = asyncio.Event(), 0

        async def turn(turn: Turn) -> NextDue:
            nonlocal done
            async with turn.commit() as session:
                await session.execute(_count(turn.key))
            done += 1
            if done == TURNS:
                stop.set()
            return NextDue(None)

        await _wake_all(services)
        started_s = time.perf_counter()
        async with asyncio.timeout(TRIAL_S_MAX):
            await services.engine.run({"bench": turn}, stop)
        spent_s = time.perf_counter() - started_s
    return (
        f"turns, {configuration.title}: {TURNS / spent_s:,.0f} lanes per second, a commit each; "
        f"{spent_s / bare_s:.1f} x the time of the commits alone ({TURNS / bare_s:,.0f}/s)"
    )


async def _idle(configuration: Configuration, folder: Path) -> str:
    """Companies with nothing due, and their grants: what looking for work costs."""
    async with running_on(configuration, folder) as services:
        later = services.clock.now() + timedelta(hours=1)
        lanes = [
            {"key": f"{kind}:{number:05}", "kind": kind, "due_at": later, "fence": 0, "attempts": 0}
            for kind in ("company", keeping.LANE_KIND)
            for number in range(IDLE_COMPANIES)
        ]
        async with services.database.write() as session:
            await session.execute(insert(Lane), lanes)
        stop, statements = asyncio.Event(), 0

        def note(*_: object) -> None:
            nonlocal statements
            statements += 1

        running = asyncio.create_task(run_lanes_until(services, stop))
        await asyncio.sleep(SETTLE_S)
        engines = {services.database._readers, services.database._writers}  # noqa: SLF001 - counted from outside
        for engine in engines:
            event.listen(engine.sync_engine, "before_cursor_execute", note)
        cpu_s = time.process_time()
        await asyncio.sleep(IDLE_S)
        cpu_s = time.process_time() - cpu_s
        stop.set()
        await running
    return (
        f"idle, {configuration.title}: {IDLE_COMPANIES:,} companies with nothing due, a lane for each and one for its "
        f"access, take {cpu_s / IDLE_S:.2%} of a core (target below 1 %), {statements / IDLE_S:.1f} statements a second"
    )


async def _workers(configuration: Configuration, folder: Path, kind: str, units: int) -> str:
    """The same work by one process and by two."""
    spent_s = {}
    for processes in (1, 2):
        async with running_on(configuration, folder) as services:
            await _prepare(services, LANES, kind=kind)
            async with _started(services, processes):
                await _until_ready(services, processes)
                await _wake_all(services)
                started_s = time.perf_counter()
                await _until_counted(services, units)
                spent_s[processes] = time.perf_counter() - started_s
    what = f"waiting {WAIT_S * 1000:.0f} ms" if kind == "waiting" else f"computing for {CPU_S * 1000:.0f} ms"
    target = "target 1.8" if kind == "waiting" else f"reported only: {os.cpu_count()} cores, shared with the database"
    return (
        f"workers, {configuration.title}, {LANES_AT_ONCE} lanes each, units {what}: "
        f"{units / spent_s[1]:,.1f} units per second with one process, {units / spent_s[2]:,.1f} with two, "
        f"{spent_s[1] / spent_s[2]:.2f} x ({target})"
    )


async def _takeover(configuration: Configuration, folder: Path) -> str:
    """How long the lanes of a killed worker stand still."""
    async with running_on(configuration, folder) as services:
        await _prepare(services, LANES_AT_ONCE, kind="waiting")
        async with _started(services, 1) as (first,):
            await _until_ready(services, 1)
            await _wake_all(services)
            await _until_counted(services, 2 * LANES_AT_ONCE)
            async with _started(services, 1):
                await _until_ready(services, 2)
                first.send_signal(signal.SIGKILL)
                killed_s = time.perf_counter()
                async with services.database.write() as session:
                    await session.execute(text("UPDATE counted SET done = 0"))
                moved = 0
                async with asyncio.timeout(TRIAL_S_MAX):
                    while moved < LANES_AT_ONCE:
                        await asyncio.sleep(LOOK_S)
                        async with services.database.read() as session:
                            query = text("SELECT count(*) FROM counted WHERE done > 0 AND lane LIKE 'waiting:%'")
                            moved = await session.scalar(query)
                took_s = time.perf_counter() - killed_s
    return f"takeover, {configuration.title}: all lanes of a killed worker went on after {took_s:.1f} s (target 10)"


def _count(lane: str) -> TextClause:
    return text("UPDATE counted SET done = done + 1 WHERE lane = :lane").bindparams(lane=lane)


async def _prepare(services: Services, lanes: int, *, kind: str = "bench") -> None:
    """A row of its own for every lane to count in."""
    async with services.database.write() as session:
        await session.execute(text("CREATE TABLE counted (lane TEXT PRIMARY KEY, done INTEGER NOT NULL)"))
        await session.execute(text("CREATE TABLE ready (worker TEXT PRIMARY KEY)"))
        for number in range(lanes):
            await session.execute(text("INSERT INTO counted VALUES (:lane, 0)"), {"lane": f"{kind}:{number}"})


async def _wake_all(services: Services) -> None:
    async with services.database.write() as session:
        for lane in await session.scalars(text("SELECT lane FROM counted")):
            await services.engine.wake(session, lane)
    services.engine.nudge()


@asynccontextmanager
async def _started(services: Services, processes: int) -> AsyncIterator[list[Process]]:
    """Worker processes, which end with the block."""
    settings = services.settings
    workers = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.lane_worker", settings.database_url, settings.engine),
            cwd=ROOT,
            stdout=DEVNULL,
        )
        for _ in range(processes)
    ]
    try:
        yield workers
    finally:
        for worker in workers:
            if worker.returncode is None:
                worker.terminate()
        await asyncio.gather(*(worker.wait() for worker in workers))


async def _until_ready(services: Services, processes: int) -> None:
    await _until(services, "SELECT count(*) FROM ready", processes)


async def _until_counted(services: Services, units: int) -> None:
    await _until(services, "SELECT coalesce(sum(done), 0) FROM counted", units)


async def _until(services: Services, query: str, least: int) -> None:
    async with asyncio.timeout(TRIAL_S_MAX):
        while True:
            async with services.database.read() as session:
                if await session.scalar(text(query)) >= least:
                    return
            await asyncio.sleep(LOOK_S)
