"""The SQLite driver goes to its thread once for each statement, and otherwise does what it always did."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from tests.support.databases import blank_database

from tieout.storage.database import Database
from tieout.storage.one_trip import connect_in_one_trip

THREAD_S_MAX = 10
ENDLESS = "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted) SELECT max(n) FROM counted"


@pytest.fixture
async def numbers(tmp_path: Path) -> AsyncIterator[Database]:
    async with blank_database("sqlite", tmp_path) as database:
        async with database.write() as session:
            await session.execute(text("CREATE TABLE numbers (n INTEGER PRIMARY KEY)"))
            await session.execute(text("INSERT INTO numbers VALUES (:n)"), [{"n": n} for n in range(200)])
        yield database


async def kept(database: Database) -> list[int]:
    async with database.read() as session:
        return list(await session.scalars(text("SELECT n FROM numbers ORDER BY n")))


async def test_a_query_takes_one_trip(numbers: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    trips: list[object] = []
    async with numbers.read() as session:
        await session.execute(text("SELECT 1"))
        connection = (await (await session.connection()).get_raw_connection()).driver_connection
        assert connection is not None
        send = connection._execute  # noqa: SLF001 - what is counted

        async def counted(act: object, *given: object) -> object:
            trips.append(act)
            return await send(act, *given)

        monkeypatch.setattr(connection, "_execute", counted)
        assert list(await session.scalars(text("SELECT n FROM numbers ORDER BY n"))) == list(range(200))
        assert len(trips) == 1
    assert len(trips) == 2  # the end of reading


async def test_what_a_write_answers_is_known_when_it_returns_rows_and_when_not(numbers: Database) -> None:
    async with numbers.write() as session:
        changed = await session.execute(text("UPDATE numbers SET n = n + 1000 WHERE n >= 150"))
        assert changed.rowcount == 50  # type: ignore[attr-defined]  # a cursor's result has it
        told = await session.scalars(text("DELETE FROM numbers WHERE n < 3 RETURNING n"))
        assert sorted(told) == [0, 1, 2]
    assert await kept(numbers) == [*range(3, 150), *range(1150, 1200)]


async def test_a_statement_that_fails_leaves_the_connection_usable(numbers: Database) -> None:
    with pytest.raises(IntegrityError):
        async with numbers.write() as session:
            await session.execute(text("INSERT INTO numbers VALUES (1)"))
    with pytest.raises(OperationalError, match="no such table"):
        async with numbers.write() as session:
            await session.execute(text("INSERT INTO letters VALUES ('a')"))
    async with numbers.write() as session:
        await session.execute(text("INSERT INTO numbers VALUES (500)"))
    assert (await kept(numbers))[-1] == 500


async def test_a_statement_whose_task_is_cancelled_does_not_break_the_next(numbers: Database) -> None:
    """It goes on in its thread: its connection is given up, and others take its place."""
    started = asyncio.Event()
    threads: list[Thread] = []

    async def count_for_ever() -> None:
        async with numbers.read() as session:
            connection = (await (await session.connection()).get_raw_connection()).driver_connection
            assert connection is not None
            threads.append(connection._thread)  # noqa: SLF001 - what must have ended before the loop does
            asyncio.get_running_loop().call_later(0.05, started.set)
            asyncio.get_running_loop().call_later(0.3, connection._conn.interrupt)  # noqa: SLF001 - else it counts on
            await session.execute(text(ENDLESS))

    task = asyncio.create_task(count_for_ever())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await kept(numbers)) == 200
    (thread,) = threads
    await asyncio.to_thread(thread.join, THREAD_S_MAX)
    assert not thread.is_alive()


async def test_options_are_those_of_sqlite(tmp_path: Path) -> None:
    async with connect_in_one_trip(str(tmp_path / "numbers.db"), check_same_thread=False) as connection:
        await connection.execute("CREATE TABLE numbers (n)")
    with pytest.raises(sqlite3.OperationalError):
        await connect_in_one_trip(f"file:{tmp_path / 'absent.db'}?mode=ro", uri=True)
