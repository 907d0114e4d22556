"""Connections and transactions. Nobody else commits, except a lane's turn, which does it through here.

SQLite runs in WAL mode with `BEGIN IMMEDIATE` for writers: a transaction that starts reading and then writes would
fail at
once with "database is locked", whatever the busy timeout. Writers of one process take turns on a single connection.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from sqlite3 import OperationalError
from typing import Any, Final, TypeVar

from sqlalchemy import MetaData, Select, event, func, select, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import NullPool

from tieout.storage.one_trip import connect_in_one_trip

Result = TypeVar("Result")
LastAct = Callable[[AsyncSession], Awaitable[None]]
"""What a transaction does when everything else is done, just before it is committed."""

SQLITE_BUSY_TIMEOUT_MS = 10_000
READERS_MAX = 8
WRITERS_MAX_POSTGRESQL = 8
CONNECT_TIMEOUT_S = 10
IDLE_IN_TRANSACTION_S_MAX = 15
"""PostgreSQL ends a transaction that is silent for so long, with its locks: whoever began it is frozen or cut off."""
LOCK_AWAITED_S_MAX = 30
"""Longer, so that others outwait a frozen one."""
STATEMENT_S_MAX = 60
CONNECTING: dict[str, Any] = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""How each connection to PostgreSQL finds out, within a minute, that nobody is there any more; in s, the last in ms."""
_SQLITE: Final = {"async_creator_fn": connect_in_one_trip}

_LAST_ACTS = "last_acts"
_MARKS = "marks"

_NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    """What every table is derived from."""

    metadata = MetaData(naming_convention=_NAMING)


def do_last(session: AsyncSession, act: LastAct) -> None:
    """Have `act` done once at the end of the session's transaction.

    For locks that many transactions want: taken last, they are held for the commit only.
    """
    session.info.setdefault(_LAST_ACTS, {})[act] = None


def mark(session: AsyncSession, word: str) -> None:
    """Have those told who asked for it by `Database.when_committed`, once the session's transaction is committed."""
    session.info.setdefault(_MARKS, {})[word] = None


def database_url(url: str) -> URL:
    """The URL with the driver that Tieout uses; raises ValueError for any other database, and for one in memory."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ValueError("the database's URL is not one: sqlite:///file or postgresql://… is expected") from error
    match parsed.get_backend_name():
        case "sqlite":
            if parsed.database in {None, "", ":memory:"}:
                raise ValueError("a SQLite database needs a file: sqlite:///file")
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            msg = f"Tieout runs on sqlite and postgresql, not on {other}"
            raise ValueError(msg)


def _listen_for_sqlite(engine: AsyncEngine, begin: str, *, foreign_keys: str = "ON") -> None:
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_TIMEOUT_MS}")
        # Whoever opens a new file at the same moment is told "locked" at once, whatever the timeout. The mode belongs
        # to the file: the one who got there first sets it for all.
        with suppress(OperationalError):
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute(f"PRAGMA foreign_keys={foreign_keys}")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)


def session_settings() -> str:
    """The statement that tells PostgreSQL how to treat a connection of ours, until it is closed."""
    settings = {
        "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_S_MAX}s",
        "lock_timeout": f"{LOCK_AWAITED_S_MAX}s",
        "statement_timeout": f"{STATEMENT_S_MAX}s",
    }
    return "SELECT " + ", ".join(f"set_config('{name}', '{value}', false)" for name, value in settings.items())


def _settle_sessions(engine: AsyncEngine) -> None:
    """By a statement, not as the connection is made: poolers refuse what they do not know."""

    def on_connect(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(session_settings())
        cursor.close()
        connection.commit()

    event.listen(engine.sync_engine, "connect", on_connect)


def _take_as_long(connection: Connection, work: Callable[[Connection], Result]) -> Result:
    """Work in a transaction that PostgreSQL lets take as long as it needs."""
    for limit in ("idle_in_transaction_session_timeout", "statement_timeout"):
        connection.execute(text(f"SET LOCAL {limit} = 0"))
    return work(connection)


class Database:
    """One database: read sessions beside one another, write sessions that commit when their block ends well."""

    def __init__(self, url: str) -> None:
        """Open nothing yet; connections are made when first needed."""
        self.url = database_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._told: dict[str, list[Callable[[], None]]] = {}
        self._beside: set[asyncio.Task[None]] = set()
        if self.is_sqlite:
            self._readers = create_async_engine(self.url, pool_size=READERS_MAX, max_overflow=0, connect_args=_SQLITE)
            self._writers = create_async_engine(self.url, pool_size=1, max_overflow=0, connect_args=_SQLITE)
            _listen_for_sqlite(self._readers, "BEGIN")
            _listen_for_sqlite(self._writers, "BEGIN IMMEDIATE")
        else:
            self._readers = self._writers = create_async_engine(
                self.url,
                pool_size=READERS_MAX + WRITERS_MAX_POSTGRESQL,
                max_overflow=0,
                pool_pre_ping=True,
                connect_args=CONNECTING,
            )
            _settle_sessions(self._readers)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading; whatever it changes is rolled back."""
        async with AsyncSession(self._readers, expire_on_commit=False, autoflush=False) as session:
            yield session

    async def ask(self, question: Select[Result], values: dict[str, Any]) -> Result | None:
        """The first column of the first row of one statement, outside any transaction: for what is asked all the time.

        It costs a third of a session's round trips on PostgreSQL.
        """
        async with self._readers.connect() as connection:
            if not self.is_sqlite:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
            return await connection.scalar(question, values)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed when the block ends without an exception, and else rolled back."""
        async with AsyncSession(self._writers, expire_on_commit=False) as session:
            async with session.begin():
                yield session
                for act in session.info.pop(_LAST_ACTS, ()):
                    await act(session)
            for word in session.info.pop(_MARKS, ()):
                for tell in self._told.get(word, ()):
                    tell()

    def when_committed(self, word: str, tell: Callable[[], None]) -> None:
        """Call `tell` after every commit through this object whose session was marked with `word`."""
        self._told.setdefault(word, []).append(tell)

    def do_beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Have short work done beside the caller's, before this database is closed."""
        task = asyncio.get_running_loop().create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def notify(self, channel: str) -> None:
        """Send an empty notification to whoever listens to the channel: PostgreSQL only.

        In a transaction of its own that writes nothing: PostgreSQL lets those that notify commit one after the other.
        """
        async with self._writers.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(select(func.pg_notify(channel, "")))

    async def run_sync(self, work: Callable[[Connection], Result]) -> Result:
        """Run work that needs a plain connection in a write transaction, and return what it returns."""
        async with self._writers.begin() as connection:
            return await connection.run_sync(work)

    async def alter(self, work: Callable[[Connection], Result]) -> Result:
        """Run work that changes tables in one transaction, and return what it returns.

        SQLite alters a table by rebuilding it, during which the rows that refer to it must not count: references are
        checked at the end instead; raises IntegrityError when one leads nowhere, and then nothing was changed.
        """
        if not self.is_sqlite:
            return await self.run_sync(lambda connection: _take_as_long(connection, work))
        engine = create_async_engine(self.url, poolclass=NullPool, connect_args=_SQLITE)
        _listen_for_sqlite(engine, "BEGIN IMMEDIATE", foreign_keys="OFF")
        async with engine.begin() as connection:
            result = await connection.run_sync(work)
            orphan = (await connection.execute(text("PRAGMA foreign_key_check"))).first()
            if orphan is not None:
                raise IntegrityError(
                    "PRAGMA foreign_key_check", None, ValueError(f"{orphan[0]} refers to no {orphan[2]}")
                )
        return result

    async def ping(self) -> None:
        """Raise whatever the driver raises when the database does not answer."""
        async with self._readers.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Give all connections back, when what is done beside has ended."""
        await asyncio.gather(*self._beside, return_exceptions=True)
        await self._readers.dispose()
        if self._writers is not self._readers:
            await self._writers.dispose()
