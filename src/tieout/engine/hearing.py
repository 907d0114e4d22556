"""Hearing what other processes wake: a connection to PostgreSQL that listens. Only a hint; polling is the truth."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import psycopg
import structlog
from psycopg import sql
from sqlalchemy.engine import URL

from tieout.engine import port
from tieout.engine.waking import CHANNEL
from tieout.storage.database import CONNECTING, session_settings

log = structlog.get_logger(__name__)


def libpq_url(url: URL) -> str:
    """A database's URL as PostgreSQL's own library reads it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@asynccontextmanager
async def listening(url: URL) -> AsyncIterator[psycopg.AsyncConnection]:
    """A connection of its own that hears when lanes are woken; raises psycopg.OperationalError."""
    connection = await psycopg.AsyncConnection.connect(libpq_url(url), autocommit=True, **CONNECTING)
    async with connection:
        await connection.execute(session_settings())
        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        yield connection


async def next_hint(connection: psycopg.AsyncConnection, *, within_s: float) -> bool:
    """Wait for a hint; False when none came in time. Raises psycopg.OperationalError when the connection broke.

    The socket is watched here: psycopg's own waiting wakes ten times a second, which is most of what idling costs.
    """
    if await _has_heard(connection):
        return True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await _readable(connection.fileno())
            return await _has_heard(connection)
    return False


async def _has_heard(connection: psycopg.AsyncConnection) -> bool:
    return bool([hint async for hint in connection.notifies(timeout=0, stop_after=1)])


async def _readable(socket: int) -> None:
    """Return as soon as there is something to read, the end of the connection included."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(socket, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(socket)


async def hear(url: URL, look: Callable[[], None]) -> None:
    """Call `look` for every hint, for ever; a connection that breaks is made anew."""
    while True:
        try:
            async with listening(url) as connection:
                look()  # whatever was woken while nobody listened
                while True:
                    if await next_hint(connection, within_s=port.LEASE_S):
                        look()
                    else:
                        await connection.execute("SELECT 1")  # a connection that broke in silence says so here
        except psycopg.Error as error:
            log.warning("not_listening", error=repr(error))
            await asyncio.sleep(port.POLL_EVERY_S)
