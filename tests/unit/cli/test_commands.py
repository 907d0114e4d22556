"""The table of commands: all that it names exist, and asking for one does not bring the others along."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tieout.cli.commands import COMMANDS, app

HEAVY = ("fastapi", "tieout.api.routes", "tieout.web", "procrastinate")
"""What only `tieout serve` needs, or only the distributed engine."""


def test_all_commands_are_listed_with_what_they_are_for() -> None:
    told = CliRunner().invoke(app, ["--help"])
    assert told.exit_code == 0
    for name in COMMANDS:
        assert f" {name} " in told.stdout
    assert CliRunner().invoke(app, ["dance"]).exit_code == 2


@pytest.mark.parametrize("arguments", [["sandbox", "--help"], ["keys", "new", "2026"]], ids=str)
def test_a_command_starts_without_what_it_does_not_need(arguments: list[str]) -> None:
    program = (
        "import sys\nfrom tieout.cli.commands import app\n"
        f"app({arguments!r}, standalone_mode=False)\n"
        f"print(*(name for name in {HEAVY!r} if name in sys.modules), sep=',', file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    assert done.stdout
    assert done.stderr.strip() == ""
