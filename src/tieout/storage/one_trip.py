"""SQLite's driver with one trip to the connection's thread for each statement.

`aiosqlite` goes there four times for a query: to make a cursor, to run the statement, to fetch the rows and to close
the cursor. Each trip wakes a thread and then the loop again, which takes longer than most of Tieout's statements do.
"""

import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, Self

import aiosqlite

_ROWS_AT_ONCE: Final = 64
"""What somebody who iterates over a cursor would get per trip; nobody does."""


class _Cursor(aiosqlite.Cursor):
    """A cursor that brings all rows along from running the statement: SQLAlchemy would fetch them all anyway."""

    def __init__(self, connection: aiosqlite.Connection, cursor: sqlite3.Cursor) -> None:
        super().__init__(connection, cursor)
        self._rows: list[Any] = []
        self._is_at_work = False

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> Self:
        await self._work(partial(self._run, sql, tuple(parameters or ())))
        return self

    async def executemany(self, sql: str, parameters: Iterable[Any]) -> Self:
        await self._work(partial(self._cursor.executemany, sql, parameters))
        return self

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Close at once; behind the statement when whoever waited for it was cancelled, for then it may still run."""
        if self._is_at_work:
            await super().close()
        else:
            self._cursor.close()

    async def _work(self, act: Callable[[], object]) -> None:
        self._is_at_work = True
        await self._execute(self._do, act)  # type: ignore[no-untyped-call]  # the driver's own

    def _do(self, act: Callable[[], object]) -> None:
        try:
            act()
        finally:
            self._is_at_work = False

    def _run(self, sql: str, parameters: tuple[Any, ...]) -> None:
        self._cursor.execute(sql, parameters)
        self._rows = self._cursor.fetchall() if self._cursor.description else []


class _Connection(aiosqlite.Connection):
    def cursor(self) -> _Cursor:  # type: ignore[override]  # a cursor enters as itself: there is nothing to wait for
        return _Cursor(self, self._conn.cursor())

    async def rollback(self) -> None:
        """Roll back if there is anything: the pool asks for it once more whenever a session has ended."""
        if self._conn.in_transaction:
            await super().rollback()


def connect_in_one_trip(file: str, **options: Any) -> aiosqlite.Connection:
    """Open a connection with the options of `sqlite3.connect`; for SQLAlchemy's `async_creator_fn`."""
    connection = _Connection(partial(sqlite3.connect, file, **options), _ROWS_AT_ONCE)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does with the connections that it opens itself
    return connection
