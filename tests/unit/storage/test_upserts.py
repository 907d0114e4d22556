"""Bulk upserts: every row once, the newest values, and what is to be kept is kept."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from tests.support.stage import AT

from tieout.kit.identifiers import new_id
from tieout.storage.database import Database
from tieout.storage.tables.access import Partner
from tieout.storage.tables.work import Lane
from tieout.storage.upserts import ROWS_PER_STATEMENT_MAX, upsert


def row(partner_id: UUID, **changed: Any) -> dict[str, Any]:
    made = {"id": partner_id, "name": "Acme", "environment": "production", "brand": {}, "settings": {}}
    return {**made, "created_at": AT, "updated_at": AT, **changed}


async def put(database: Database, *rows: dict[str, Any], keep: tuple[str, ...] = ()) -> None:
    async with database.write() as session:
        await upsert(session, Partner, rows, key=("id",), keep=keep)


async def only(database: Database) -> Partner:
    async with database.read() as session:
        return (await session.scalars(select(Partner))).one()


async def test_a_row_is_inserted_and_then_overwritten(database: Database) -> None:
    partner_id = new_id()
    await put(database, row(partner_id))
    await put(database, row(partner_id, name="Acme Ltd", brand={"color": "#fff"}))

    found = await only(database)
    assert (found.name, found.brand) == ("Acme Ltd", {"color": "#fff"})


async def test_columns_that_are_kept_stay_as_they_were(database: Database) -> None:
    partner_id = new_id()
    await put(database, row(partner_id, name="first", environment="sandbox"), keep=("environment",))
    await put(database, row(partner_id, name="second", environment="production"), keep=("environment",))

    found = await only(database)
    assert (found.name, found.environment) == ("second", "sandbox")


async def test_a_row_of_which_everything_is_kept_is_left_alone(database: Database) -> None:
    partner_id = new_id()
    everything = tuple(name for name in row(partner_id) if name != "id")
    await put(database, row(partner_id, name="first"), keep=everything)
    await put(database, row(partner_id, name="second"), keep=everything)

    assert (await only(database)).name == "first"


async def test_the_last_of_several_rows_with_the_same_key_counts(database: Database) -> None:
    partner_id = new_id()
    await put(database, *(row(partner_id, name=name) for name in ("a", "b", "c")))

    assert (await only(database)).name == "c"


async def test_more_rows_than_fit_into_a_statement_are_all_written(database: Database) -> None:
    rows = [{"key": f"company:{number}", "kind": "company", "fence": number, "attempts": 0}
            for number in range(ROWS_PER_STATEMENT_MAX + 5)]  # fmt: skip
    for _ in range(2):
        async with database.write() as session:
            await upsert(session, Lane, rows, key=("key",))
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Lane)) == len(rows)
        assert await session.scalar(select(func.sum(Lane.fence))) == sum(range(len(rows)))


async def test_no_rows_are_no_statement(database: Database) -> None:
    await put(database)
    async with database.read() as session:
        assert (await session.scalars(select(Partner))).all() == []


async def test_rows_of_different_columns_are_refused_and_nothing_is_written(database: Database) -> None:
    rows = [row(new_id()), {**row(new_id()), "nickname": "A"}]
    with pytest.raises(ValueError, match="columns"):
        await put(database, *rows)
    async with database.read() as session:
        assert (await session.scalars(select(Partner))).all() == []
