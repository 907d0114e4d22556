"""What commands print: words for a person, one JSON object for a program."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from sqlalchemy.exc import DBAPIError

from tieout.app import build_services
from tieout.kit.errors import TieoutError
from tieout.observability import configure_logging
from tieout.settings import Settings
from tieout.storage.schema import missing_migration
from tieout.sync.services import Services

Result = TypeVar("Result")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for a program to read.")]

console = Console(highlight=False)


def refuse(message: str) -> NoReturn:
    """Say what is wrong on standard error and end with status 1."""
    print(f"tieout: {message}", file=sys.stderr)  # noqa: T201 - a command speaks on its standard streams
    raise typer.Exit(1)


def show(answer: dict[str, Any], *, as_json: bool) -> None:
    """Print an answer: as JSON, or a line for each part."""
    if as_json:
        print(json.dumps(answer))  # noqa: T201 - likewise
        return
    width = max(len(name) for name in answer)
    for name, value in answer.items():
        console.print(f"[bold]{name.replace('_', ' ').ljust(width)}[/]  {_told(value)}", soft_wrap=True)


def _told(value: Any) -> str:
    """Without markup: a name may hold square brackets. Where a list is empty, that is said."""
    if value == []:
        return "none"
    return escape("\n".join(f"  {part}" for part in ("", *value)) if isinstance(value, list) else str(value))


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
