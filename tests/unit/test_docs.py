"""The docs say what the program does, wherever that can be checked."""

import re
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from tieout.cli.commands import app
from tieout.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SETTING = re.compile(r"^\| `(TIEOUT_[A-Z_]+)` \| ([^|]+) \|", re.MULTILINE)
COMMAND = re.compile(r"(?<![\w/.])tieout ([a-z]+)(?: ([a-z]+))?")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def shown(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def test_every_setting_stands_in_the_operators_table_with_its_default() -> None:
    told = {name: default.strip("` ") for name, default in SETTING.findall((ROOT / "docs/operate.md").read_text())}
    fields = Settings.model_fields
    assert set(told) == {f"TIEOUT_{name.upper()}" for name in fields}
    for name, field in fields.items():
        if name != "vault_keys":
            assert told[f"TIEOUT_{name.upper()}"] == shown(field.default), name


def commands() -> dict[str, set[str]]:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return {
        name: set(command.commands) if isinstance(command, TyperGroup) else set()
        for name, command in group.commands.items()
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    known = commands()
    for code in CODE.findall(page.read_text()):
        for name, following in COMMAND.findall(code):
            assert name in known, f"{page.name}: tieout {name}"
            assert not known[name] or following in known[name], f"{page.name}: tieout {name} {following}"


def test_the_operators_page_names_every_command_that_an_operator_needs() -> None:
    text = (ROOT / "docs/operate.md").read_text() + (ROOT / "README.md").read_text()
    for name in (
        "serve",
        "worker",
        "migrate",
        "partner create",
        "platform set",
        "platform show",
        "platform use",
        "keys new",
    ):
        assert f"tieout {name}" in text, name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_makefile_has_the_commands_that_the_docs_name() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in PAGES:
        for name in re.findall(r"\bmake ([a-z-]+)", page.read_text()):
            assert name in targets or name in {"sure", "it", "a", "them"}, f"{page.name}: make {name}"
