"""The three ways to run lanes, each on an empty database of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import SecretStr
from tests.support import postgresql

from tieout.app import migrate
from tieout.assembling import build_services
from tieout.security.vault import new_key
from tieout.settings import Settings
from tieout.sync.services import Services


@dataclass(frozen=True, slots=True)
class Configuration:
    """An engine on a kind of database."""

    title: str
    engine: Literal["embedded", "distributed"]
    is_sqlite: bool


CONFIGURATIONS = (
    Configuration("embedded, SQLite", "embedded", is_sqlite=True),
    Configuration("embedded, PostgreSQL", "embedded", is_sqlite=False),
    Configuration("distributed, PostgreSQL", "distributed", is_sqlite=False),
)


@asynccontextmanager
async def running_on(configuration: Configuration, folder: Path) -> AsyncIterator[Services]:
    """The parts of a Tieout, on the current schema."""
    if configuration.is_sqlite:
        url = f"sqlite:///{folder / 'bench.db'}"
        (folder / "bench.db").unlink(missing_ok=True)
    else:
        server = await asyncio.to_thread(postgresql.server)
        url = server.url(server.new_database())
    settings = Settings(database_url=url, engine=configuration.engine, vault_keys=SecretStr(new_key("bench")))
    services = build_services(settings)
    await migrate(services.database, services.engine)
    try:
        yield services
    finally:
        await services.database.close()
