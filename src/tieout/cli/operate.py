"""Running Tieout: `serve`, `worker`, `migrate`."""

import asyncio
import socket
from typing import Annotated

import structlog
import typer
import uvicorn
from sqlalchemy.exc import OperationalError

from tieout import app
from tieout.app import build_app, missing_older_key, run_lanes_until
from tieout.assembling import build_engine, build_services
from tieout.cli.opening import load_settings, opened, run
from tieout.cli.output import AsJson, console, show
from tieout.cli.servers import Server
from tieout.cli.stopping import Stopping
from tieout.engine.cutting_off import work_until
from tieout.engine.port import SHUTDOWN_S_MAX
from tieout.kit.clock import SystemClock
from tieout.kit.collecting import collect_seldom
from tieout.kit.errors import TieoutError
from tieout.observability import configure_logging, masked_text
from tieout.settings import Settings
from tieout.storage import schema
from tieout.storage.database import Database
from tieout.sync.services import Services
from tieout.web.masking import mask_access_log

LIMIT_CONCURRENCY = 1_000
PORT_MAX = 65_535
DATABASE_AWAITED_S_MAX = 60.0
"""How long a worker waits at its start for a database that does not answer."""
DATABASE_ASKED_EVERY_S = 2.0

log = structlog.get_logger(__name__)

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on.", min=0, max=PORT_MAX)]
Socket = Annotated[int | None, typer.Option("--fd", hidden=True, help="A socket that listens already, for the demo.")]


def serve(
    context: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = 8800,
    *,
    lanes: Annotated[
        bool | None, typer.Option(help="Run lanes in this process as well: by default if the engine is embedded.")
    ] = None,
    migrate: Annotated[bool, typer.Option(help="Bring the database up to date first.")] = False,
    fd: Socket = None,
) -> None:
    """Serve the API and the pages, and run lanes unless a worker does."""
    settings = load_settings()
    configure_logging(settings.log_level)
    stopping = context.ensure_object(Stopping)
    if not run(_may_serve(settings, stopping, migrate=migrate)):
        return
    services, stop = build_services(settings), asyncio.Event()
    runs_lanes = settings.engine == "embedded" if lanes is None else lanes
    mask_access_log()
    server = Server(
        uvicorn.Config(
            build_app(services, lanes_stop=stop if runs_lanes else None),
            host=host,
            port=port,
            log_config=None,
            log_level=settings.log_level,
            access_log=settings.log_level == "debug",
            limit_concurrency=LIMIT_CONCURRENCY,
            timeout_graceful_shutdown=int(SHUTDOWN_S_MAX),
            server_header=False,
        )
    )
    collect_seldom()
    asyncio.run(_serve(server, stopping, stop, None if fd is None else [socket.socket(fileno=fd)]))


async def _may_serve(settings: Settings, stopping: Stopping, *, migrate: bool) -> bool:
    """Whether all is well and nobody has told us to stop meanwhile."""
    stop = asyncio.Event()
    async with stopping.telling(stop):
        return await work_until(stop, _check(settings, migrate=migrate))


async def _serve(
    server: Server, stopping: Stopping, stop: asyncio.Event, listening: list[socket.socket] | None
) -> None:
    async def end_requests() -> None:
        await stop.wait()
        server.should_exit = True

    async with stopping.telling(stop):
        ending = asyncio.create_task(end_requests())
        await server.serve(listening)
        ending.cancel()


async def _check(settings: Settings, *, migrate: bool) -> None:
    """Refuse to serve on an old schema, or with keys that do not open what the database holds."""
    services = build_services(settings)
    try:
        if migrate:
            await app.migrate(services.database, services.engine)
        await _refuse_missing(services)
    finally:
        await services.database.close()


async def _refuse_missing(services: Services) -> None:
    if missing := await app.missing(services) or await missing_older_key(services):
        raise TieoutError(missing)


def worker(context: typer.Context) -> None:
    """Run lanes only, on this machine or, with TIEOUT_ENGINE=distributed, on any number of hosts."""
    run(_work(load_settings(), context.ensure_object(Stopping)))


async def _work(settings: Settings, stopping: Stopping) -> None:
    configure_logging(settings.log_level)
    stop = asyncio.Event()
    async with stopping.telling(stop):
        if not await work_until(stop, _await_database(settings)):
            return
        async with opened(settings) as services:
            if not await work_until(stop, _refuse_missing(services)):
                return
            console.print("Running lanes. Stop with Ctrl+C.")
            collect_seldom()
            await run_lanes_until(services, stop)


async def _await_database(settings: Settings) -> None:
    """Whatever starts a whole installation may start its workers before the database answers."""
    database = Database(settings.database_url)
    loop = asyncio.get_running_loop()
    until_s = loop.time() + DATABASE_AWAITED_S_MAX
    try:
        while True:
            try:
                return await database.ping()
            except OperationalError as error:
                if loop.time() >= until_s:
                    raise
                log.warning("database_awaited", error=masked_text(str(error.orig)))
            await asyncio.sleep(DATABASE_ASKED_EVERY_S)
    finally:
        await database.close()


def migrate(
    *,
    as_json: AsJson = False,
    write: Annotated[
        str | None, typer.Option(help="For developers: write the next step from what the tables say, as ID:MESSAGE.")
    ] = None,
) -> None:
    """Bring the database's schema up to date."""
    settings = load_settings()
    steps = run(_migrate(settings, write))
    told = steps if steps or as_json else "nothing was to be done: the database is up to date"
    show({"database": Database(settings.database_url).url.render_as_string(), "steps": told}, as_json=as_json)


async def _migrate(settings: Settings, write: str | None) -> list[str]:
    database = Database(settings.database_url)
    engine = build_engine(settings, database, SystemClock())
    try:
        steps = await app.migrate(database, engine)
        if write is not None:
            revision, _, message = write.partition(":")
            await database.run_sync(lambda connection: schema.write_migration(connection, message, revision))
        return steps
    finally:
        await database.close()
