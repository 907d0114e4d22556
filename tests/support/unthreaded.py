"""SQLite without a thread for each connection: statements run on the loop itself, and are awaited all the same.

What waits for a statement waits for one round of the loop, so tasks take turns where they would beside a thread, only
always in the same order. Waking threads took more than a tenth of the processor time of a scenario.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from aiosqlite import Connection
from sqlalchemy import event

from tieout.storage.database import Database
from tieout.storage.one_trip import connect_in_one_trip

Item = tuple[asyncio.Future[Any] | None, Callable[[], Any]]


class _Round:
    """Takes the place of the queue to a connection's thread."""

    def put_nowait(self, item: Item) -> None:
        future, act = item
        try:
            tell = partial(_set, future, act())
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to whoever asked
            tell = partial(_fail, future, error)
        if future is not None:
            future.get_loop().call_soon(tell)


def _set(future: asyncio.Future[Any] | None, result: Any) -> None:
    if future is not None and not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any] | None, error: BaseException) -> None:
    if future is not None and not future.done():
        future.set_exception(error)


class _NoThread:
    """Takes the place of a connection's thread."""

    daemon = True

    def start(self) -> None:
        """Nothing to start."""


def _connect(*given: Any, **options: Any) -> Connection:
    connection = connect_in_one_trip(*given, **options)
    connection._tx = _Round()  # type: ignore[assignment]  # noqa: SLF001 - all that is asked of the queue
    connection._thread = _NoThread()  # type: ignore[assignment]  # noqa: SLF001 - all that is asked of the thread
    return connection


def run_without_threads(database: Database) -> None:
    """Open the database's connections without threads from now on. Only for one that its loop has to itself."""

    def dial(_dialect: Any, _record: Any, _given: Any, options: dict[str, Any]) -> None:
        options["async_creator_fn"] = _connect

    for engine in (database._readers, database._writers):  # noqa: SLF001 - nobody else cares how it connects
        event.listen(engine.sync_engine, "do_connect", dial)
