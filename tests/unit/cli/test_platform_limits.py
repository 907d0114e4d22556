"""`tieout platform limits`: what an app's tier allows, and what it may cost."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tieout.cli.commands import app
from tieout.security.vault import new_key

runner = CliRunner()


def told(*arguments: str) -> Any:
    return runner.invoke(app, list(arguments))


def answer(*arguments: str) -> Any:
    result = told(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def partner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TIEOUT_DATABASE_URL", f"sqlite:///{tmp_path / 'tieout.db'}")
    monkeypatch.setenv("TIEOUT_VAULT_KEYS", new_key("2026-03"))
    monkeypatch.setenv("APP_SECRET", "hush")
    assert told("migrate").exit_code == 0
    partner_id = str(answer("partner", "create", "Payables Inc")["partner_id"])
    answer("platform", "set", "xero", "--partner", partner_id, "--client-id", "app", "--secret-env", "APP_SECRET")
    return partner_id


def test_limits_are_set_and_taken_away(partner: str) -> None:
    limits = answer("platform", "limits", "xero", "--partner", partner, "--calls-per-day", "5000")
    assert (limits["calls_per_day"], limits["billed_calls_per_month"]) == (5000, None)
    limits = answer("platform", "limits", "xero", "--partner", partner, "--billed-calls-per-month", "500000")
    assert (limits["calls_per_day"], limits["billed_calls_per_month"]) == (None, 500_000)


@pytest.mark.parametrize(
    ("platform", "more"),
    [("quickbooks", []), ("sage", []), ("xero", ["--calls-per-day", "-1"]), ("xero", ["--environment", "simulated"])],
)
def test_what_cannot_be_limited_is_refused(partner: str, platform: str, more: list[str]) -> None:
    assert told("platform", "limits", platform, "--partner", partner, *more).exit_code != 0
