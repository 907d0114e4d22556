"""Insert or update many rows at once: one prepared statement, below the ORM, whose own bulk takes as long again.

A statement is compiled once for a kind of database, its columns' values are converted column by column, and what stands
in all rows alike is converted once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Any, TypeAlias, cast

from sqlalchemy import Column, Dialect, Insert, bindparam
from sqlalchemy import Table as CoreTable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.database import Table

ROWS_PER_STATEMENT_MAX = 1_000

Converter = Callable[[Any], Any]


def upserting(session: AsyncSession, table: type[Table]) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT of the session's dialect, which can be told what to do on a conflict."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A statement as text, the columns in the order of its places, and how their values are converted.

    `defaults` makes the values of columns that rows do not name. `is_positional` says that a row is a tuple, not a
    mapping by name.
    """

    text: str
    columns: tuple[str, ...]
    converters: tuple[Converter | None, ...]
    defaults: Mapping[str, Callable[[], Any]]
    is_positional: bool


async def upsert(
    session: AsyncSession,
    table: type[Table],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    keep: Sequence[str] = (),
) -> None:
    """Insert rows, or overwrite those with the same `key`, leaving the columns in `keep` as they were.

    Raises ValueError when rows name different columns, of which some would silently be left out.
    """
    if not rows:
        return
    if any(row.keys() != rows[0].keys() for row in rows):
        raise ValueError("all rows of an upsert must name the same columns")
    await session.flush()
    prepared = _prepared_for(session.get_bind().dialect, (table, tuple(rows[0]), tuple(key), tuple(keep)))
    connection = await session.connection()
    for start in range(0, len(rows), ROWS_PER_STATEMENT_MAX):
        part = rows[start : start + ROWS_PER_STATEMENT_MAX]
        await connection.exec_driver_sql(prepared.text, _converted(prepared, part))


def _converted(prepared: _Prepared, rows: Sequence[Mapping[str, Any]]) -> Any:
    """The rows as the driver takes them."""
    columns = [
        _column([prepared.defaults[name]() if name in prepared.defaults else row[name] for row in rows], convert)
        for name, convert in zip(prepared.columns, prepared.converters, strict=True)
    ]
    tuples = list(zip(*columns, strict=True))
    if prepared.is_positional:
        return tuples
    return [dict(zip(prepared.columns, row, strict=True)) for row in tuples]


def _column(values: list[Any], convert: Converter | None) -> Any:
    """The values of one column, converted; of the same one in all rows but once."""
    if convert is None:
        return values
    first = values[0]
    if all(value is first for value in values):
        return list(repeat(convert(first), len(values)))
    return [convert(value) for value in values]


_Wanted: TypeAlias = "tuple[type[Table], tuple[str, ...], tuple[str, ...], tuple[str, ...]]"
"""A table, the columns that rows name, the key, and what is kept."""
_known: dict[tuple[str, _Wanted], _Prepared] = {}


def _prepared_for(dialect: Dialect, wanted: _Wanted) -> _Prepared:
    """Compiled once for a kind of database: all databases of a kind speak alike."""
    found = _known.get((dialect.name, wanted))
    if found is None:
        found = _known[dialect.name, wanted] = _prepared(dialect, *wanted)
    return found


def _prepared(
    dialect: Dialect, table: type[Table], columns: tuple[str, ...], key: tuple[str, ...], keep: tuple[str, ...]
) -> _Prepared:
    core = cast("CoreTable", table.__table__)
    defaults = {column.name: _default(column) for column in core.c if column.default and column.name not in columns}
    inserting = sqlite.insert(core) if dialect.name == "sqlite" else postgresql.insert(core)
    named = (*columns, *defaults)
    statement = inserting.values({name: bindparam(name, type_=core.c[name].type) for name in named})
    changed = {name: getattr(statement.excluded, name) for name in columns if name not in key and name not in keep}
    complete: Insert = (
        statement.on_conflict_do_update(index_elements=list(key), set_=changed)
        if changed
        else statement.on_conflict_do_nothing(index_elements=list(key))
    )
    compiled = complete.compile(dialect=dialect)
    places = compiled.positiontup if dialect.positional else list(compiled.params)
    if places is None or set(places) != set(named):
        raise ValueError(f"an upsert of {core.name} has other places than its columns")
    converters = tuple(core.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in places)
    return _Prepared(str(compiled), tuple(places), converters, defaults, is_positional=dialect.positional)


def _default(column: Column[Any]) -> Callable[[], Any]:
    """What makes the value of a column that a row does not name."""
    default: Any = column.default
    return partial(default.arg, None) if default.is_callable else lambda: default.arg
