"""The schema as a whole: every table, and the way from an empty database to the current one."""

from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from tieout.storage.database import Database, Table

_TABLES = ("access", "business", "connections", "work")

for _name in _TABLES:
    import_module(f"tieout.storage.tables.{_name}")

METADATA = Table.metadata


def _configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


async def migrate(database: Database) -> list[str]:
    """Bring the database up to the current schema; returns the steps that were taken."""
    return await database.run_sync(_migrate)


def _migrate(connection: Connection) -> list[str]:
    config = _configuration()
    config.attributes["connection"] = connection
    before = _current(connection)
    command.upgrade(config, "head")
    script = ScriptDirectory.from_config(config)
    steps = [step.revision for step in script.iterate_revisions("head", before or "base")]
    return list(reversed(steps))


def write_migration(connection: Connection, message: str, revision: str) -> None:
    """Write a new step from what the tables have and the database has not (`tieout migrate --write`)."""
    config = _configuration()
    config.attributes["connection"] = connection
    command.revision(config, message, autogenerate=True, rev_id=revision)


async def missing_migration(database: Database) -> str | None:
    """What is wrong with the database's schema, for a person; None when it is the current one."""
    current = await database.run_sync(_current)
    head = ScriptDirectory.from_config(_configuration()).get_current_head()
    if current == head:
        return None
    return f"the database is at schema {current or 'none'}, this program needs {head}: run `tieout migrate`"


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
