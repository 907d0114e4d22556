"""Every column that keeps a secret, found by its type: for who rotates the vault's keys, and for who counts.

A sealed secret begins with the mark of its key (`security.vault.mark_of`), so a database tells without opening anything
which secrets an older key has sealed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.schema import METADATA
from tieout.storage.types import Sealed

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of secrets, with what names a row of its table."""

    table: Table
    column: Column[Any]

    @property
    def key(self) -> tuple[Column[Any], ...]:
        """The columns of the table's primary key."""
        return tuple(self.table.primary_key.columns)

    def place_of(self, key: Key) -> str:
        """Where the vault was told that the secret of a row lies."""
        return f"{self.table.name}.{self.column.name}:{key[-1]}"

    def is_marked(self, mark: bytes) -> ColumnElement[bool]:
        """Whether a row's secret was sealed by the key of this mark."""
        return func.substr(self.column, 1, len(mark)) == mark


@dataclass(frozen=True, slots=True)
class SealedRow:
    """A secret as it lies in its row."""

    key: Key
    sealed: bytes


def sealed_columns() -> tuple[SealedColumn, ...]:
    """All of them, in the order of their tables' names."""
    tables = sorted(METADATA.tables.values(), key=lambda table: table.name)
    return tuple(
        SealedColumn(table, each) for table in tables for each in table.columns if isinstance(each.type, Sealed)
    )


async def list_sealed_otherwise(
    session: AsyncSession, where: SealedColumn, marks: Sequence[bytes], *, after: Key | None, rows_max: int
) -> list[SealedRow]:
    """Rows after `after`, in the order of their keys, whose secret none of these marks begins."""
    query = select(*where.key, where.column).where(
        where.column.is_not(None), and_(*(~where.is_marked(mark) for mark in marks))
    )
    if after is not None:
        query = query.where(tuple_(*where.key) > tuple_(*after))
    rows = await session.execute(query.order_by(*where.key).limit(rows_max))
    return [SealedRow(tuple(row[:-1]), row[-1]) for row in rows]


async def replace_sealed(session: AsyncSession, where: SealedColumn, row: SealedRow, sealed: bytes) -> bool:
    """Put another form of the same secret in its place, unless the row holds another secret by now."""
    changed = await session.execute(
        update(where.table)
        .where(*(column == value for column, value in zip(where.key, row.key, strict=True)))
        .where(where.column == row.sealed)
        .values({where.column.name: sealed})
        .returning(where.key[0])
    )
    return changed.first() is not None


async def count_sealed(session: AsyncSession, mark: bytes | None) -> int:
    """How many secrets the key of this mark has sealed; all of them for None."""
    total = 0
    for where in sealed_columns():
        query = select(func.count()).select_from(where.table).where(where.column.is_not(None))
        total += await session.scalar(query if mark is None else query.where(where.is_marked(mark))) or 0
    return total
