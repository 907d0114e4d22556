"""Column types: what comes out is what went in, on both databases."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Dialect, Integer, MetaData, Table, insert, select
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.exc import StatementError

from tieout.storage.database import Database
from tieout.storage.types import ExactDecimal, Json, UtcDateTime

SCRATCH = Table(
    "scratch",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime),
    Column("amount", ExactDecimal),
    Column("json", Json),
)
AT = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)
DIALECTS: list[Dialect] = [SQLiteDialect(), PGDialect()]  # type: ignore[no-untyped-call] # the library's own


@dataclass
class Scratch:
    database: Database

    async def through(self, **values: Any) -> Any:
        """Write one row, read it back, and return its values."""
        async with self.database.write() as session:
            await session.execute(SCRATCH.delete())
            await session.execute(insert(SCRATCH).values(id=1, **values))
        async with self.database.read() as session:
            return (await session.execute(select(*(SCRATCH.c[name] for name in values)))).one()


@pytest.fixture
async def scratch(database: Database) -> AsyncIterator[Scratch]:
    await database.run_sync(SCRATCH.create)
    yield Scratch(database)
    await database.run_sync(SCRATCH.drop)


@pytest.mark.parametrize(
    "moment",
    [
        AT,
        AT.astimezone(timezone(timedelta(hours=-11))),
        AT.astimezone(timezone(timedelta(hours=5, minutes=45))),
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    ],
)
async def test_a_moment_comes_back_aware_in_utc_and_exact(scratch: Scratch, moment: datetime) -> None:
    (back,) = await scratch.through(at=moment)
    assert back == moment
    assert back.utcoffset() == timedelta()


async def test_moments_compare_as_they_follow_one_another(scratch: Scratch) -> None:
    await scratch.through(at=AT)
    tokyo = timezone(timedelta(hours=9))
    async with scratch.database.read() as session:
        for moment, is_before in ((AT - timedelta(microseconds=1), True), (AT, False)):
            found = await session.scalar(select(SCRATCH.c.at > moment.astimezone(tokyo)))
            assert bool(found) is is_before


async def test_a_moment_without_a_zone_is_refused(scratch: Scratch) -> None:
    with pytest.raises(StatementError, match="without a time zone"):
        await scratch.through(at=AT.replace(tzinfo=None))


@pytest.mark.parametrize(
    "amount", ["0", "-0.10", "1.10", "1.1", "12345678901234567890.123456789", "1E+3", "1E-9", "0.00"]
)
async def test_a_decimal_keeps_every_digit(scratch: Scratch, amount: str) -> None:
    (back,) = await scratch.through(amount=Decimal(amount))
    assert back == Decimal(amount)
    assert isinstance(back, Decimal)
    if "E" not in amount:
        assert str(back) == amount


async def test_nothing_stays_nothing(scratch: Scratch) -> None:
    assert tuple(await scratch.through(at=None, amount=None, json=None)) == (None, None, None)


@pytest.mark.parametrize("value", [{}, [], {"a": [1, None, "ü€𝄞", True, {"b": -(2**53)}]}, "text", 0, False])
async def test_json_comes_back_the_same(scratch: Scratch, value: Any) -> None:
    (back,) = await scratch.through(json=value)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity"])
async def test_what_is_no_number_is_refused(scratch: Scratch, amount: str) -> None:
    with pytest.raises(StatementError, match="no number"):
        await scratch.through(amount=Decimal(amount))


@pytest.mark.parametrize("amount", ["1E+70", "1E-70", "9" * 65])
async def test_a_decimal_of_more_digits_than_the_column_holds_is_refused(scratch: Scratch, amount: str) -> None:
    with pytest.raises(StatementError, match="64"):
        await scratch.through(amount=Decimal(amount))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=12))
def test_every_decimal_survives_its_text(amount: Decimal) -> None:
    for dialect in DIALECTS:
        kind = ExactDecimal()
        text = kind.process_bind_param(amount, dialect)
        back = kind.process_result_value(text, dialect)
        assert back is not None
        assert (back, back.as_tuple().exponent) == (amount, amount.as_tuple().exponent)


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001 - the zones are drawn beside
def test_every_moment_survives_its_storing(moment: datetime) -> None:
    for dialect in DIALECTS:
        kind = UtcDateTime()
        back = kind.process_result_value(kind.process_bind_param(moment, dialect), dialect)
        assert back is not None
        assert back.timestamp() == moment.timestamp()
        assert back.utcoffset() == timedelta()
