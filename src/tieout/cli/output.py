"""What commands print: words for a person, one JSON object for a program."""

import json
import sys
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

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
