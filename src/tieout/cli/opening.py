"""What commands have in common that work on Tieout's database: settings, parts, and refusals in words."""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from tieout.assembling import build_services
from tieout.cli.output import refuse
from tieout.kit.errors import TieoutError
from tieout.observability import configure_logging
from tieout.settings import Settings
from tieout.storage.schema import missing_migration
from tieout.sync.services import Services

Result = TypeVar("Result")


def load_settings() -> Settings:
    """The settings of the environment; ends with a message when they make no sense."""
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(f"TIEOUT_{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors())
        refuse(faults)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a command's work; a refusal of ours becomes a message and status 1."""
    try:
        return asyncio.run(work)
    except (TieoutError, ValueError, KeyError) as error:
        refuse(str(error))
    except DBAPIError as error:
        refuse(f"the database at TIEOUT_DATABASE_URL does not answer: {error.orig}")


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Services]:
    """The parts of Tieout for one command, on a database of the current schema."""
    configure_logging(settings.log_level)
    services = build_services(settings)
    try:
        if missing := await missing_migration(services.database):
            raise TieoutError(missing)
        yield services
    finally:
        await services.database.close()


def secret_from(name: str | None) -> str | None:
    """A secret from the environment variable of that name, so that it stands in no shell history."""
    if name is None:
        return None
    value = os.environ.get(name)
    if not value:
        refuse(f"the environment variable {name} is not set")
    return value
