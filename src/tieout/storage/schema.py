"""The schema as a whole: every table, and the way from an empty database to the current one."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select

from tieout.kit.errors import SettingsRefused
from tieout.storage import tables
from tieout.storage.database import Database, Table

_MIGRATION_LOCK = 7_205_759_403
"""The key of PostgreSQL's advisory lock under which one process at a time changes the schema."""

for _module in iter_modules(tables.__path__):
    import_module(f"{tables.__name__}.{_module.name}")

METADATA = Table.metadata


def _configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


async def migrate(database: Database) -> list[str]:
    """Bring the database up to the current schema; returns the steps that were taken.

    Processes that do it at once take turns. Raises SettingsRefused for a database that a newer program has changed.
    """
    return await database.alter(_migrate)


def _migrate(connection: Connection) -> list[str]:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
    config = _configuration()
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    before = _current(connection)
    if not _is_known(script, before):
        raise SettingsRefused(_newer(before))
    command.upgrade(config, "head")
    steps = [step.revision for step in script.iterate_revisions("head", before or "base")]
    return list(reversed(steps))


def write_migration(connection: Connection, message: str, revision: str) -> None:
    """Write a new step from what the tables have and the database has not (`tieout migrate --write`)."""
    config = _configuration()
    config.attributes["connection"] = connection
    command.revision(config, message, autogenerate=True, rev_id=revision)


async def missing_migration(database: Database) -> str | None:
    """What is wrong with the database's schema, for a person; None when it is the current one."""
    async with database.read() as session:
        current = await (await session.connection()).run_sync(_current)
    script = ScriptDirectory.from_config(_configuration())
    head = script.get_current_head()
    if current == head:
        return None
    if not _is_known(script, current):
        return _newer(current)
    return f"the database is at schema {current or 'none'}, this program needs {head}: run `tieout migrate`"


def _is_known(script: ScriptDirectory, revision: str | None) -> bool:
    return revision is None or any(step.revision == revision for step in script.walk_revisions())


def _newer(revision: str | None) -> str:
    return f"the database is at schema {revision}, which this program does not know: a newer one has changed it"


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
