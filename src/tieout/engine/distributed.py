"""The distributed engine: Procrastinate on PostgreSQL carries hints to workers on any number of hosts.

The lane's row stays the truth. One process, whichever holds an advisory lock, is the dispatcher: it turns due lanes
into jobs. A job is only a hint: the worker that gets it claims the lane as every engine does, and forgets the job if
somebody else was faster. So a job that is lost or doubled does no harm, and jobs are thrown away freely.

What Procrastinate 3.10 cannot do well is not asked of it: no `lock` (that of a dead worker would block the lane), no
job in the future (it would stall the others: the row's `due_at` is for that), no retry (it raises while another job of
the lane waits).
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import psycopg
import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from procrastinate.schema import SchemaManager
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import Connection, func, select, text

from tieout.engine import port
from tieout.engine.claims import LaneClaims
from tieout.engine.cutting_off import work_until
from tieout.engine.hearing import libpq_url, listening, next_hint
from tieout.engine.port import Handler
from tieout.engine.running import LaneEngine, told
from tieout.kit.clock import MachineClock
from tieout.kit.errors import SettingsRefused
from tieout.storage.database import CONNECTING, Database, session_settings

SCHEMA: Final = "tieout_jobs"
"""Procrastinate's tables have a PostgreSQL schema to themselves."""
TASK: Final = "lane"
CONNECTIONS_MAX: Final = 2
"""Of Procrastinate's pool, for each of the two groups of lanes that a process runs; its listener comes on top."""
CONNECTION_AWAITED_S_MAX: Final = 5.0
"""How long a worker waits for one of them; twice when it stops while the database is away."""
JOBS_OF_PARTNER_MAX: Final = 100
"""How many lanes of one partner and group wait as jobs at once."""
CUT_OFF_AGAIN_AFTER_S: Final = port.SHUTDOWN_S_MAX + 5.0
"""Told twice, Procrastinate's worker would not let turns end, for which it takes SHUTDOWN_S_MAX."""
WORK_AGAIN_S: Final = 1.0
"""How long a worker rests after the database failed it."""
JOBS_POLLED_EVERY_S: Final = 5.0
"""Workers are notified of jobs; this is for a notification that was lost."""
HEARTBEAT_EVERY_S: Final = 10.0
STALLED_S: Final = 30.0
"""How long after its last heartbeat a worker's jobs are thrown away; its lanes were taken over long before."""
SWEEP_EVERY_S: Final = 10.0
DISPATCHER_IDLE_S_MAX: Final = 5
"""PostgreSQL ends the session of a dispatcher that is silent for so long, and with it its lock: it is frozen."""
_DISPATCHER_LOCK: Final = 7_205_759_404
_SCHEMA_LOCK: Final = 7_205_759_405

_ARE_JOBS: Final = text(
    f"SELECT queueing_lock FROM {SCHEMA}.procrastinate_jobs WHERE status = 'todo' AND queueing_lock = ANY(:keys)"  # noqa: S608 - a name of our own
)

log = structlog.get_logger(__name__)
logging.getLogger("procrastinate").setLevel(logging.WARNING)  # it would tell of every job


class DistributedEngine(LaneEngine):
    """Runs the lanes that jobs name; any number of processes on any number of hosts may share a database."""

    def __init__(self, database: Database, clock: MachineClock, *, lanes_at_once: int = port.LANES_AT_ONCE_MAX) -> None:
        """Run nothing yet; raises SettingsRefused for a database that is not PostgreSQL."""
        if database.is_sqlite:
            raise SettingsRefused(
                "TIEOUT_ENGINE=distributed needs PostgreSQL: set TIEOUT_DATABASE_URL to postgresql://… "
                "or TIEOUT_ENGINE to embedded."
            )
        super().__init__(database, clock, lanes_at_once=lanes_at_once)
        self._groups: list[tuple[str, ...]] = []

    async def run(self, handlers: dict[str, Handler], stop: asyncio.Event) -> None:
        """Work off jobs until `stop` is set; then let turns end and give the leases back."""
        self._groups.append(tuple(handlers))
        try:
            async with self.attended():
                while not stop.is_set():
                    try:
                        await self._work(handlers, stop)
                    except Exception as error:  # noqa: BLE001 - a database that does not answer ends no engine
                        log.warning("worker_begins_anew", error=_cause(error))
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), WORK_AGAIN_S)
        finally:
            self._groups.remove(tuple(handlers))

    async def _work(self, handlers: dict[str, Handler], stop: asyncio.Event) -> None:
        app = App(connector=_connector(self.database, size=CONNECTIONS_MAX))

        @app.task(name=TASK)
        async def run_lane(lane: str) -> None:
            if claim := await self.claims.claim_lane(lane):
                await self.run_turn(claim, handlers[claim.kind], stop)

        async with _opened(app):
            working = app.run_worker_async(
                queues=list(handlers),
                concurrency=self._lanes_at_once,
                install_signal_handlers=False,
                fetch_job_polling_interval=JOBS_POLLED_EVERY_S,
                update_heartbeat_interval=HEARTBEAT_EVERY_S,
                stalled_worker_timeout=STALLED_S,
                shutdown_graceful_timeout=port.SHUTDOWN_S_MAX,
                delete_jobs="always",
            )
            await work_until(stop, working, again_after_s=CUT_OFF_AGAIN_AFTER_S)

    async def attend(self) -> None:
        """Dispatch whenever nobody else does, until cancelled."""
        while True:
            try:
                async with dispatching(self.database) as connection:
                    log.info("dispatching")
                    await self._dispatch_on(connection)
            except Exception as error:  # noqa: BLE001 - a database that does not answer ends no engine
                log.warning("not_dispatching", error=_cause(error))
            await asyncio.sleep(port.POLL_EVERY_S)

    async def _dispatch_on(self, connection: psycopg.AsyncConnection) -> None:
        """Turn due lanes into jobs as long as the connection lives; nothing but this keeps its session from idling."""
        loop = asyncio.get_running_loop()
        app = App(connector=_connector(self.database, size=1))
        async with _opened(app):
            sweep_at_s = loop.time()
            while True:
                if loop.time() >= sweep_at_s:
                    await _throw_stalled_away(app.job_manager)
                    sweep_at_s = loop.time() + SWEEP_EVERY_S
                await self.claims.follow_wall_clock()
                await dispatch(app, self.database, self.claims, self._groups)
                await connection.execute("SELECT 1")
                await next_hint(connection, within_s=port.POLL_EVERY_S)

    async def prepare(self) -> list[str]:
        """Make the tables of the jobs, anew if they are another version's: jobs are hints, and derived again."""
        if await self.missing() is None:
            return []
        await self.database.run_sync(_make_schema)
        return [SCHEMA]

    async def missing(self) -> str | None:
        """Whether the tables of the jobs are there, and this version's."""
        async with self.database.read() as session:
            made = await session.scalar(
                select(func.obj_description(func.to_regnamespace(SCHEMA), text("'pg_namespace'")))
            )
        if made == _version():
            return None
        was = "are missing" if made is None else "are another version's"
        return f"the tables of TIEOUT_ENGINE=distributed {was}: run `tieout migrate`"


async def dispatch(app: App, database: Database, claims: LaneClaims, groups: Sequence[tuple[str, ...]]) -> int:
    """Turn the lanes of these groups of kinds that are due into jobs, unless they are jobs; returns how many."""
    waiting = await claims.list_waiting(JOBS_OF_PARTNER_MAX, groups=groups)
    if not waiting:
        return 0
    async with database.read() as session:
        are_jobs = set(await session.scalars(_ARE_JOBS, {"keys": [lane for lane, _, _ in waiting]}))
    jobs = [
        app.configure_task(TASK, queue=kind, queueing_lock=lane, priority=-place).make_new_job(lane=lane)
        for lane, kind, place in waiting
        if lane not in are_jobs
    ]
    if not jobs:
        return 0
    try:
        await app.job_manager.batch_defer_jobs_async(jobs)
    except AlreadyEnqueued:  # by a dispatcher that was thought dead: the next look leaves out what it made
        return 0
    return len(jobs)


async def _throw_stalled_away(jobs: JobManager) -> None:
    """Fail and delete the jobs of dead workers, never retry them: their lanes have been due again since."""
    await jobs.prune_stalled_workers(STALLED_S)
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
        await jobs.finish_job(job, Status.FAILED, delete_job=True)


@asynccontextmanager
async def dispatching(database: Database) -> AsyncIterator[psycopg.AsyncConnection]:
    """A listening connection that holds the dispatcher's lock, as soon as nobody else does."""
    async with listening(database.url) as connection:
        await connection.execute(f"SET idle_session_timeout = '{DISPATCHER_IDLE_S_MAX}s'")
        while True:
            cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (_DISPATCHER_LOCK,))
            row = await cursor.fetchone()
            if row is not None and row[0]:
                yield connection
                return
            await asyncio.sleep(port.POLL_EVERY_S)


@asynccontextmanager
async def _opened(app: App) -> AsyncIterator[None]:
    """The app with its pool, which is closed even if we are cancelled while it opens.

    Those of its tasks that connect take a cancellation for a failed attempt, and go on: they end only by being told.
    """
    try:
        await app.open_async()
        yield
    finally:
        await app.close_async()


def _cause(error: Exception) -> str:
    """What went wrong, for the log: Procrastinate's own errors say only that the database did."""
    return told(error.__cause__ if isinstance(error.__cause__, Exception) else error)


class _Pool(AsyncConnectionPool):
    """Gives up soon while the database is away: the pauses between its own attempts grow, ours do not."""

    async def open(self, wait: bool = False, timeout: float = CONNECTION_AWAITED_S_MAX) -> None:  # noqa: ASYNC109, FBT002 - as its base has it
        await super().open(wait, min(timeout, CONNECTION_AWAITED_S_MAX))


def _connector(database: Database, *, size: int) -> PsycopgConnector:
    return PsycopgConnector(
        pool_factory=_Pool,
        conninfo=libpq_url(database.url),
        kwargs=CONNECTING,
        min_size=1,
        max_size=size,
        timeout=CONNECTION_AWAITED_S_MAX,
        configure=_use_schema,
    )


async def _use_schema(connection: psycopg.AsyncConnection) -> None:
    async with connection.transaction():
        await connection.execute(session_settings())
        await connection.execute(f"SET search_path TO {SCHEMA}")


def _make_schema(connection: Connection) -> None:
    connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
    for statement in (
        f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE",
        f"CREATE SCHEMA {SCHEMA}",
        f"COMMENT ON SCHEMA {SCHEMA} IS '{_version()}'",
        f"SET LOCAL search_path TO {SCHEMA}",
    ):
        connection.execute(text(statement))
    connection.execution_options(no_parameters=True).exec_driver_sql(SchemaManager.get_schema())


def _version() -> str:
    """What tells one version of Procrastinate's tables from another."""
    return f"Procrastinate {hashlib.sha256(SchemaManager.get_schema().encode()).hexdigest()[:16]}"
