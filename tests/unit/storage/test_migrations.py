"""The way from an empty database to the current schema, on both databases."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, String, inspect, select, text
from sqlalchemy.exc import IntegrityError
from tests.support.stage import AT

from tieout.kit.errors import SettingsRefused
from tieout.kit.identifiers import new_id
from tieout.storage import schema
from tieout.storage.database import Database
from tieout.storage.schema import METADATA, migrate, missing_migration
from tieout.storage.tables.access import ApiClient, Partner


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, METADATA))


def indexes(connection: Connection) -> set[tuple[str, str, bool, tuple[str | None, ...], str]]:
    """Every index with its columns, uniqueness and condition, which Alembic does not compare."""
    found = inspect(connection)
    return {
        (
            table,
            str(index["name"]),
            bool(index["unique"]),
            tuple(index["column_names"]),
            str(index.get("dialect_options", {}).get(f"{connection.dialect.name}_where", "")),
        )
        for table in found.get_table_names()
        if table != "alembic_version"
        for index in found.get_indexes(table)
    }


async def test_the_steps_lead_from_nothing_to_what_the_tables_say(blank: Database) -> None:
    steps = await migrate(blank)

    assert steps
    assert await blank.run_sync(differences) == []


async def test_the_steps_make_the_same_indexes_as_the_tables(blank: Database) -> None:
    await migrate(blank)
    by_steps = await blank.run_sync(indexes)
    await blank.run_sync(METADATA.drop_all)
    await blank.run_sync(METADATA.create_all)

    assert by_steps == await blank.run_sync(indexes)
    assert len(by_steps) > 20


async def test_migrating_twice_takes_no_step_and_loses_nothing(blank: Database) -> None:
    await migrate(blank)
    async with blank.write() as session:
        session.add(Partner(name="Acme", created_at=AT, updated_at=AT))

    assert await migrate(blank) == []
    async with blank.read() as session:
        assert await session.scalar(select(Partner.name)) == "Acme"


async def test_what_is_missing_is_said_until_the_schema_is_current(blank: Database) -> None:
    said = await missing_migration(blank)
    assert said is not None
    assert "is at schema none" in said
    assert "tieout migrate" in said

    await migrate(blank)
    assert await missing_migration(blank) is None


async def test_a_database_of_a_newer_program_is_not_called_outdated(blank: Database) -> None:
    await migrate(blank)
    async with blank.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    said = await missing_migration(blank)
    assert said is not None
    assert "9999" in said
    assert "tieout migrate" not in said
    assert "newer" in said


async def test_a_database_of_a_newer_program_is_left_alone(blank: Database) -> None:
    await migrate(blank)
    async with blank.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SettingsRefused, match="9999"):
        await migrate(blank)


async def test_a_step_that_leaves_rows_without_what_they_refer_to_is_taken_back(
    blank: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(blank)
    partner_id = await add_client(blank)
    monkeypatch.setattr(schema, "_migrate", lambda connection: connection.execute(text("DELETE FROM partners")))

    with pytest.raises(IntegrityError):
        await migrate(blank)
    async with blank.read() as session:
        assert await session.scalar(select(Partner.id)) == partner_id


async def test_two_processes_that_migrate_at_once_take_the_steps_once(blank: Database) -> None:
    others = [Database(blank.url.render_as_string()) for _ in range(2)]
    try:
        taken = await asyncio.gather(*(migrate(database) for database in (blank, *others)))
    finally:
        for other in others:
            await other.close()

    assert sorted(map(len, taken))[:2] == [0, 0]
    assert await missing_migration(blank) is None


async def test_a_step_that_fails_leaves_the_schema_as_it_was(blank: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("half way")

    monkeypatch.setattr(Operations, "create_index", fail, raising=False)
    monkeypatch.setattr("alembic.operations.BatchOperations.create_index", fail)
    with pytest.raises(RuntimeError, match="half way"):
        await migrate(blank)

    monkeypatch.undo()
    assert await blank.run_sync(lambda connection: inspect(connection).get_table_names()) in ([], ["alembic_version"])
    assert await migrate(blank)


async def test_a_step_may_rebuild_a_table_that_others_refer_to(
    blank: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite alters a table by rebuilding it; rows that refer to it must neither block that nor go with it."""
    await migrate(blank)
    partner_id = await add_client(blank)

    def rebuild(connection: Connection) -> list[str]:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("partners") as batch:
            batch.alter_column("name", type_=String(300))
        return ["next"]

    monkeypatch.setattr(schema, "_migrate", rebuild)
    assert await migrate(blank) == ["next"]
    async with blank.read() as session:
        assert await session.scalar(select(ApiClient.partner_id)) == partner_id


async def add_client(database: Database) -> UUID:
    """A row and another that refers to it."""
    partner_id = new_id()
    async with database.write() as session:
        session.add(Partner(id=partner_id, name="Acme", created_at=AT, updated_at=AT))
        await session.flush()
        session.add(
            ApiClient(partner_id=partner_id, secret_hash="x" * 64, name="x", secret_created_at=AT, created_at=AT)
        )
    return partner_id


def test_there_is_one_newest_step() -> None:
    script = ScriptDirectory.from_config(schema._configuration())  # noqa: SLF001 - the steps of this very program
    assert len(script.get_heads()) == 1
