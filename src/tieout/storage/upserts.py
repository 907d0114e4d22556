"""Insert or update many rows at once: one prepared statement, never row by row through the ORM."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.database import Table

ROWS_PER_STATEMENT_MAX = 1_000


def upserting(session: AsyncSession, table: type[Table]) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT of the session's dialect, which can be told what to do on a conflict."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


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
    statement = upserting(session, table)
    changed = {name: getattr(statement.excluded, name) for name in rows[0] if name not in key and name not in keep}
    complete: Insert = (
        statement.on_conflict_do_update(index_elements=list(key), set_=changed)
        if changed
        else statement.on_conflict_do_nothing(index_elements=list(key))
    )
    for start in range(0, len(rows), ROWS_PER_STATEMENT_MAX):
        await session.execute(complete, [dict(row) for row in rows[start : start + ROWS_PER_STATEMENT_MAX]])
