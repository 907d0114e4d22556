"""The docs say what the program does, wherever that can be checked."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import typer
from starlette.applications import Starlette
from typer.core import TyperGroup

from tieout.cli.commands import app
from tieout.kit.clock import ManualClock
from tieout.platforms.quickbooks.sandbox.application import build_simulator as build_quickbooks
from tieout.platforms.xero.sandbox.application import build_simulator as build_xero
from tieout.settings import Settings

Build = Callable[..., Starlette]

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SETTING = re.compile(r"^\| `(TIEOUT_[A-Z_]+)` \| ([^|]+) \|", re.MULTILINE)
COMMAND = re.compile(r"(?<![\w/.])tieout ([a-z]+)(?: ([a-z]+(?:-[a-z]+)*))?")
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
    """Every command with those below it; the empty word among them where it does something by itself."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    context = typer.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {
        name: {*command.commands, *([""] if command.invoke_without_command else [])}
        if isinstance(command, TyperGroup)
        else set()
        for name, command in found.items()
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


SANDBOX = (ROOT / "docs/sandbox.md").read_text(encoding="utf-8")
SIMULATORS = [build_quickbooks, build_xero]


@pytest.mark.parametrize("build", SIMULATORS, ids=["quickbooks", "xero"])
async def test_the_page_on_the_simulators_names_every_rule_fault_and_company(build: Build) -> None:
    app = build(clock=ManualClock(datetime(2026, 5, 4, tzinfo=UTC)), seed=1, origin="http://sandbox.test")
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox.test") as http:
        rules = (await http.get("/_sandbox/rules")).json()
        kinds = (await http.get("/_sandbox/faults/kinds")).json()["kinds"]
    assert [name for name in rules if f"`{name}`" not in SANDBOX] == []
    assert [kind["kind"] for kind in kinds if f"`{kind['kind']}`" not in SANDBOX] == []
    names = [company.name for company in app.state.simulator.companies.values()]
    assert [name for name in names if not all(part.strip("(),") in SANDBOX for part in name.split())] == []
