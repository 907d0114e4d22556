"""Transactions: all or nothing, readers beside writers, and no surprise in a URL."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from tests.support.databases import empty_database
from tests.support.stage import AT

from tieout.kit.identifiers import new_id
from tieout.storage.database import Database, database_url
from tieout.storage.tables.access import ApiClient, Partner
from tieout.storage.tables.work import Lane

WRITERS = 12
WAIT_S_MAX = 20


def partner(name: str) -> Partner:
    return Partner(name=name, created_at=AT, updated_at=AT)


async def names(database: Database) -> list[str]:
    async with database.read() as session:
        return sorted(await session.scalars(select(Partner.name)))


async def fail_while_writing(database: Database) -> None:
    async with database.write() as session:
        session.add(partner("lost"))
        await session.flush()
        raise ZeroDivisionError


async def test_a_write_is_committed_when_its_block_ends_well(database: Database) -> None:
    async with database.write() as session:
        session.add(partner("kept"))
    assert await names(database) == ["kept"]


async def test_a_write_is_rolled_back_when_its_block_fails(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        await fail_while_writing(database)
    assert await names(database) == []


async def test_a_write_is_rolled_back_when_it_is_cancelled_and_the_next_one_works(database: Database) -> None:
    wrote = asyncio.Event()

    async def write_and_hang() -> None:
        async with database.write() as session:
            session.add(partner("lost"))
            await session.flush()
            wrote.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write_and_hang())
    await wrote.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.write() as session:
        session.add(partner("kept"))
    assert await names(database) == ["kept"]


async def test_what_a_read_session_changes_is_not_kept(database: Database) -> None:
    async with database.read() as session:
        session.add(partner("lost"))
        await session.flush()
    assert await names(database) == []


async def test_a_reader_sees_what_was_committed_while_another_writes(database: Database) -> None:
    async with database.write() as session:
        session.add(partner("kept"))
    async with database.write() as session:
        session.add(partner("not yet"))
        await session.flush()
        assert await names(database) == ["kept"]
    assert await names(database) == ["kept", "not yet"]


async def test_writers_that_read_first_take_turns_instead_of_failing(database: Database) -> None:
    async with database.write() as session:
        session.add(Lane(key="company:1", kind="company"))

    async def add_one(to: Database) -> None:
        async with to.write() as session:
            fence = await session.scalar(select(Lane.fence).with_for_update())
            await asyncio.sleep(0)
            await session.execute(update(Lane).values(fence=(fence or 0) + 1))

    others = [Database(database.url.render_as_string()) for _ in range(2)]
    try:
        await asyncio.gather(*(add_one(one) for one in (database, *others) for _ in range(WRITERS // 3)))
    finally:
        for other in others:
            await other.close()
    async with database.read() as session:
        assert await session.scalar(select(Lane.fence)) == WRITERS


async def test_references_are_checked(database: Database) -> None:
    async def add_orphan() -> None:
        async with database.write() as session:
            session.add(
                ApiClient(partner_id=new_id(), secret_hash="x" * 64, name="x", secret_created_at=AT, created_at=AT)
            )

    with pytest.raises(IntegrityError):
        await add_orphan()


async def test_a_database_that_answers_is_known_to(database: Database) -> None:
    await database.ping()


async def test_a_database_that_does_not_answer_is_known_not_to(tmp_path: Path) -> None:
    threads = threading.active_count()
    for url in (f"sqlite:///{tmp_path / 'no' / 'folder' / 'x.db'}", f"postgresql://x@/x?host={tmp_path}"):
        database = Database(url)
        with pytest.raises(Exception, match=r"unable to open|connection failed|No such file"):
            await database.ping()
        await database.close()
    async with asyncio.timeout(WAIT_S_MAX):
        while threading.active_count() > threads:  # noqa: ASYNC110 - the driver's thread ends on its own
            await asyncio.sleep(0)


async def test_a_new_file_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    async def open_and_write(database: Database) -> None:
        async with database.write() as session:
            await session.execute(text("SELECT 1"))

    for number in range(10):
        databases = [Database(f"sqlite:///{tmp_path / f'{number}.db'}") for _ in range(4)]
        await asyncio.gather(*(open_and_write(database) for database in databases))
        async with databases[0].read() as session:
            assert await session.scalar(text("PRAGMA journal_mode")) == "wal"
        for database in databases:
            await database.close()


async def test_sqlite_survives_a_crash_and_waits_for_other_writers(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    async with database.write() as session:
        pragmas = [
            await session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "busy_timeout", "synchronous")
        ]
    await database.close()
    assert pragmas == ["wal", 10_000, 1]


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///tieout.db", "sqlite+aiosqlite"),
        ("sqlite+pysqlite:///tieout.db", "sqlite+aiosqlite"),
        ("postgresql://u:p@h/d", "postgresql+psycopg"),
        ("postgresql+asyncpg://u:p@h/d", "postgresql+psycopg"),
    ],
)
def test_the_driver_is_ours_to_choose(url: str, driver: str) -> None:
    assert database_url(url).drivername == driver


@pytest.mark.parametrize(
    "url", ["mysql://u:hunter2@h/d", "hunter2", "", "sqlite://", "sqlite:///:memory:", "postgres://u:hunter2@h/d"]
)
def test_any_other_database_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r".+") as refusal:
        Database(url)
    assert "hunter2" not in str(refusal.value)


@pytest.fixture
async def on_postgresql(tmp_path: Path) -> AsyncIterator[Database]:
    async with empty_database("postgresql", tmp_path) as opened:
        yield opened


@pytest.mark.postgresql
async def test_a_transaction_of_somebody_frozen_ends_and_with_it_its_locks(
    on_postgresql: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tieout.storage.database.IDLE_IN_TRANSACTION_S_MAX", 1)
    url = on_postgresql.url.render_as_string(hide_password=False)
    frozen, others = Database(url), on_postgresql
    async with others.write() as session:
        session.add(partner("Inkwell"))
    renamed = update(Partner).values(name="renamed")

    async def freeze() -> None:
        async with frozen.write() as session:
            await session.execute(renamed)
            async with others.write() as session_of_others:
                await session_of_others.execute(renamed)

    async with asyncio.timeout(WAIT_S_MAX):
        with pytest.raises(DBAPIError):
            await freeze()
    assert await names(others) == ["renamed"]
    await frozen.close()


LIMITS = {"idle_in_transaction_session_timeout": "15s", "lock_timeout": "30s", "statement_timeout": "1min"}


@pytest.mark.postgresql
async def test_our_sessions_have_limits_and_changes_of_tables_take_as_long_as_they_need(
    on_postgresql: Database,
) -> None:
    asked = text("SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(:names)")

    def limits(connection: Connection) -> dict[str, str]:
        return {str(name): str(limit) for name, limit in connection.execute(asked, {"names": list(LIMITS)})}

    assert await on_postgresql.run_sync(limits) == LIMITS
    free = dict.fromkeys(LIMITS, "0") | {"lock_timeout": "30s"}
    assert await on_postgresql.alter(limits) == free
    assert await on_postgresql.run_sync(limits) == LIMITS
