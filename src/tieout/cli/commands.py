"""Every command of `tieout`, in one table. A command's module is imported when the command is asked for.

All of them together take two seconds to import, most of them for the API that only `tieout serve` has.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

COMMANDS: Final = {
    "serve": ("operate", "serve"),
    "worker": ("operate", "worker"),
    "migrate": ("operate", "migrate"),
    "demo": ("demo", "demo"),
    "lanes": ("lanes", "app"),
    "writes": ("writes", "app"),
    "sandbox": ("sandbox", "app"),
    "partner": ("partners", "app"),
    "client": ("clients", "app"),
    "platform": ("platform_keys", "app"),
    "keys": ("keys", "app"),
}
"""By name: the module in this room, and what in it is the command or the group of commands."""


class _Commands(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        del ctx
        return _command(cmd_name) if cmd_name in COMMANDS else None


@cache
def _command(name: str) -> Any:
    module, attribute = COMMANDS[name]
    found: typer.Typer | Callable[..., None] = getattr(import_module(f"tieout.cli.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
        single.command(name)(found)
        found = single
    command = typer.main.get_command(found)
    command.name = name
    return command


app = typer.Typer(name="tieout", cls=_Commands, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def tieout() -> None:
    """The accounting integration that a B2B software company runs itself."""
