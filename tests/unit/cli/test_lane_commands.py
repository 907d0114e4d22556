"""`tieout lanes`: an operator sees what waits and what fails, and stops and starts lanes by hand."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.support.commands import answer, told

from tieout.assembling import build_services
from tieout.security.vault import new_key
from tieout.settings import Settings
from tieout.storage.tables.faults import UnitFault
from tieout.storage.tables.work import Lane

NOW = datetime.now(UTC)
PARTNER = UUID(int=7)


def keys(*options: str) -> list[str]:
    return [lane["key"] for lane in answer("lanes", "list", *options)["lanes"]]


async def make_lanes() -> None:
    services = build_services(Settings())
    fault = {"first_at": NOW, "last_at": NOW, "retry_at": NOW + timedelta(hours=1)}
    async with services.database.write() as session:
        session.add_all(
            [
                Lane(key="company:due", kind="company", partner_id=PARTNER, due_at=NOW - timedelta(hours=1)),
                Lane(key="company:later", kind="company", partner_id=PARTNER, due_at=NOW + timedelta(hours=1)),
                Lane(key="company:running", kind="company", owner="somebody", lease_until=NOW),
                Lane(key="webhook:broken", kind="webhook", attempts=3, last_error="KeyError('x')"),
                UnitFault(lane="company:later", unit="pull", faults=3, error="KeyError('y')", parked_at=NOW, **fault),
            ]
        )
    await services.database.close()


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


@pytest.fixture(autouse=True)
def lanes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEOUT_DATABASE_URL", f"sqlite:///{tmp_path / 'tieout.db'}")
    monkeypatch.setenv("TIEOUT_VAULT_KEYS", new_key("first"))
    assert told("migrate").exit_code == 0
    run(make_lanes())


def test_lanes_are_listed_by_what_is_wrong_with_them() -> None:
    assert len(keys()) == 4
    assert keys("--due") == ["company:due"]
    assert keys("--running") == ["company:running"]
    assert sorted(keys("--failing")) == ["company:later", "webhook:broken"]
    assert keys("--paused") == []

    result = told("lanes", "list", "--failing")
    assert "3 turns failed: KeyError('x')" in result.stdout
    assert "pull failed 3 times, parked at" in result.stdout
    assert "KeyError('y')" in result.stdout


def test_it_is_said_when_there_is_nothing_to_list_or_to_do() -> None:
    assert told("lanes", "list", "--paused").stdout.split() == ["lanes", "none"]
    assert "nothing was to be done" in told("migrate").stdout
    assert answer("migrate")["steps"] == []


def test_only_one_kind_of_lanes_is_asked_for_at_a_time() -> None:
    result = told("lanes", "list", "--due", "--paused")
    assert result.exit_code == 1
    assert "one kind" in result.stderr


def test_a_lane_is_paused_with_its_reason_and_resumed() -> None:
    answer("lanes", "pause", "company:due", "--reason", "the accountant closes the year")
    assert keys("--due") == []
    (lane,) = answer("lanes", "list", "--paused")["lanes"]
    assert (lane["key"], lane["paused_because"]) == ("company:due", "the accountant closes the year")
    assert "the accountant closes the year" in told("lanes", "list").stdout

    answer("lanes", "resume", "company:due")
    assert keys("--due") == ["company:due"]


def test_what_was_set_aside_is_tried_again_at_once() -> None:
    assert answer("lanes", "retry", "company:later") == {"key": "company:later", "retried": ["pull"]}
    assert sorted(keys("--due")) == ["company:due", "company:later"]
    assert keys("--failing") == ["webhook:broken"]
    assert answer("lanes", "retry", "company:later")["retried"] == []


def test_a_lane_whose_turns_fail_is_tried_at_once_too() -> None:
    assert answer("lanes", "retry", "webhook:broken")["retried"] == []
    assert "webhook:broken" in keys("--due")


@pytest.mark.parametrize("command", [("pause", "--reason", "x"), ("resume",), ("retry",)])
def test_a_lane_that_is_not_there_is_refused(command: tuple[str, ...]) -> None:
    verb, *options = command
    result = told("lanes", verb, "company:none", *options)
    assert result.exit_code == 1
    assert "no lane company:none" in result.stderr
