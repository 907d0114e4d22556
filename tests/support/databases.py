"""An empty database of either kind with the current schema.

Making it anew for every test takes too long: SQLite gets a copy of a file, PostgreSQL one database again and again,
emptied in between.
"""

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import Dialect, Engine, create_engine, text
from tests.support import postgresql
from tests.support.unthreaded import run_without_threads

from tieout.storage.database import Database, database_url
from tieout.storage.schema import METADATA

Backend = Literal["sqlite", "postgresql"]
BACKENDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
"""For `pytest.fixture(params=BACKENDS)`: the same test on both."""


@asynccontextmanager
async def empty_database(backend: Backend, folder: Path) -> AsyncIterator[Database]:
    """A database with every table and no row; on SQLite a file in `folder`, on PostgreSQL one that is emptied again."""
    if backend == "sqlite":
        url = f"sqlite:///{shutil.copy(_sqlite_template(), folder / 'tieout.db')}"
    else:
        url = await asyncio.to_thread(_postgresql_with_tables)
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()
        if backend == "postgresql":
            await asyncio.to_thread(_empty, url)


@asynccontextmanager
async def blank_database(backend: Backend, folder: Path) -> AsyncIterator[Database]:
    """A database without any table; on SQLite a file in `folder`, on PostgreSQL one that is cleared again."""
    if backend == "sqlite":
        url = f"sqlite:///{folder / 'blank.db'}"
    else:
        url = await asyncio.to_thread(_postgresql_without_tables)
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()
        if backend == "postgresql":
            await asyncio.to_thread(_clear, url)


def new_database(folder: Path) -> Database:
    """Every table and no row, for the loop of a test to have to itself."""
    return copied_database(_sqlite_template(), folder)


def copied_database(original: Path, folder: Path) -> Database:
    """A database on a copy of a closed one's file, which is named `tieout.db`, for one loop."""
    database = Database(f"sqlite:///{shutil.copy(original, folder / 'tieout.db')}")
    run_without_threads(database)
    share_compiled(database)
    return database


def share_compiled(database: Database) -> None:
    """Let a SQLite database use the statements that were compiled for others."""
    for engine in (database._readers, database._writers):  # noqa: SLF001 - nobody else keeps anything across databases
        engine.sync_engine.update_execution_options(compiled_cache=_compiled)
        engine.sync_engine.dialect = _dialects.setdefault("sqlite", engine.sync_engine.dialect)


_compiled: dict[Any, Any] = {}
_dialects: dict[str, Dialect] = {}
"""Statements that were compiled for one database serve all of a process: compiling takes a good part of a test.

They are found again only under the dialect that they were compiled for, which is one for all databases therefore.
"""


@cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="tieout-empty-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with _plain_engine(f"sqlite:///{folder / 'empty.db'}") as engine:
        METADATA.create_all(engine)
    return folder / "empty.db"


@cache
def _postgresql_with_tables() -> str:
    running = postgresql.server()
    url = running.url(running.new_database())
    with _plain_engine(database_url(url).render_as_string()) as engine:
        METADATA.create_all(engine)
    return url


@cache
def _postgresql_without_tables() -> str:
    running = postgresql.server()
    return running.url(running.new_database())


def _clear(url: str) -> None:
    with _plain_engine(database_url(url).render_as_string()) as engine, engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("DROP SCHEMA IF EXISTS tieout_jobs CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


def _empty(url: str) -> None:
    tables = [table.name for table in METADATA.sorted_tables]
    filled = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables)  # noqa: S608 - names of our own tables
    with _plain_engine(database_url(url).render_as_string()) as engine, engine.begin() as connection:
        if names := connection.execute(text(filled)).scalars().all():
            connection.execute(text(f"TRUNCATE {', '.join(names)} CASCADE"))


@contextmanager
def _plain_engine(url: str) -> Iterator[Engine]:
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
