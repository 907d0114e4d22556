"""`tieout` as an operator's shell runs it, in this process."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from tieout.cli.commands import app


def told(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, list(arguments))


def answer(*arguments: str) -> Any:
    """What a command that went well tells a program."""
    result = told(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)
