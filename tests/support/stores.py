"""Databases of workers that may die: they can be put back to how they were, and taken over from a worker."""

import shutil
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql
from tests.support import postgresql

NAME_LENGTH_MAX = 60
"""PostgreSQL cuts longer names off."""


class Storage(Protocol):
    """A database that can be put back to how it was."""

    @property
    def url(self) -> str:
        """Where Tieout finds it."""
        ...

    def keep(self, name: str) -> None:
        """Remember how it is now, under a name; nobody is connected."""
        ...

    def restore(self, name: str) -> None:
        """Put it back; whoever is connected is not any more."""
        ...

    def lend(self, name: str) -> str:
        """Put it back for a worker, who finds it at the URL that is returned."""
        ...

    def take_over(self) -> None:
        """Let `url` be what the worker has left behind, or leaves behind if it dies now."""
        ...

    @property
    def is_taken_from_the_living(self) -> bool:
        """Whether it can be taken over while the worker stands still, else only once it is dead."""
        ...

    def version(self) -> int | None:
        """Changes with every commit that changes what the worker has been lent; None where nobody tells."""
        ...


@dataclass
class SqliteFile:
    """A SQLite file in a folder. A worker has one of its own: a death leaves what stands in it and in its log."""

    folder: Path
    is_taken_from_the_living: bool = field(default=True, init=False)
    _watching: sqlite3.Connection | None = field(default=None, init=False, repr=False)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'tieout.db'}"

    def keep(self, name: str) -> None:
        shutil.copy(self.folder / "tieout.db", self.folder / f"{name}.kept")

    def restore(self, name: str) -> None:
        self._copy(f"{name}.kept", "tieout.db")

    def lend(self, name: str) -> str:
        if self._watching is not None:
            self._watching.close()
            self._watching = None
        self._copy(f"{name}.kept", "lent.db")
        return f"sqlite:///{self.folder / 'lent.db'}"

    def take_over(self) -> None:
        self._copy("lent.db", "tieout.db")

    def version(self) -> int | None:
        if self._watching is None:
            self._watching = sqlite3.connect(self.folder / "lent.db")
        return int(self._watching.execute("PRAGMA data_version").fetchone()[0])

    def _copy(self, original: str, copy: str) -> None:
        for ending in ("", "-wal", "-shm", "-journal"):
            (self.folder / f"{copy}{ending}").unlink(missing_ok=True)
        for ending in ("", "-wal"):
            if (self.folder / f"{original}{ending}").exists():
                shutil.copy(self.folder / f"{original}{ending}", self.folder / f"{copy}{ending}")


_END_SESSIONS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
"""The server may not have noticed yet that somebody is gone."""


class PostgresqlDatabase:
    """A database of a PostgreSQL server, and copies of it."""

    is_taken_from_the_living = False

    def __init__(self) -> None:
        self._server = postgresql.server()
        self._name = self._server.new_database()

    @property
    def url(self) -> str:
        return self._server.url(self._name)

    def keep(self, name: str) -> None:
        self._copy(self._name, self._kept(name))

    def restore(self, name: str) -> None:
        self._copy(self._kept(name), self._name)

    def lend(self, name: str) -> str:
        self.restore(name)
        return self.url

    def take_over(self) -> None:
        """The worker's is everybody's."""

    def version(self) -> int | None:
        return None

    def _kept(self, name: str) -> str:
        return f"{self._name} {name}"[:NAME_LENGTH_MAX]

    def _copy(self, original: str, copy: str) -> None:
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as connection:
            connection.execute(_END_SESSIONS, (original,))
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(copy)))
            names = sql.Identifier(copy), sql.Identifier(original)
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
