"""`tieout sandbox`: what it starts with, what it keeps, and the commands for simulators that are running."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.support.serving import served
from typer.testing import CliRunner, Result

from tieout.cli.commands import app
from tieout.cli.simulating import SetUpError, Wanted, listen, set_up, simulated_platforms
from tieout.kit.clock import ManualClock
from tieout.sandbox.replaying.state import StateRefusedError

MAY = datetime(2026, 5, 4, 12, tzinfo=UTC)
PORTS = {"quickbooks": 18_801, "xero": 18_802}
WAIT_S_MAX = 60.0


def told(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["sandbox", *arguments])


def answered(*arguments: str) -> Any:
    result = told(*arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def running() -> Iterator[list[str]]:
    """`--url` options of both simulators, each served from a thread of its own."""
    quickbooks, xero = simulated_platforms()
    with (
        served(
            lambda origin: quickbooks.module.build_simulator(clock=ManualClock(MAY), seed=1, origin=origin)
        ) as first,
        served(lambda origin: xero.module.build_simulator(clock=ManualClock(MAY), seed=1, origin=origin)) as second,
    ):
        yield ["--url", first, "--url", second]


def test_companies_are_found_by_id_or_name_and_people_act_in_them(running: list[str]) -> None:
    listed = answered("companies", *running)
    own = next(one for one in listed if one["name"] == "Demo Company (Global)")
    assert "pay" in own["people_actions"]
    by_name = answered("act", "demo company (glob", "create_contact", "--name", "By name", *running)
    by_id = answered("act", own["id"], "create_contact", "--name=By id", *running)
    assert by_name["contact_id"] != by_id["contact_id"]
    assert "no action dance" in told("act", own["id"], "dance", *running).stderr
    assert "no company nobody" in told("act", "nobody", "pay", *running).stderr
    assert "several companies" in told("act", "fresh page", "pay", *running).stderr


def test_documents_are_made_up(running: list[str]) -> None:
    company = answered("companies", *running)[0]
    filled = answered("fill", company["id"], "--documents", "12", "--seed", "77", *running)
    assert filled["documents"] == "12"


def test_clocks_are_moved_and_set_together(running: list[str]) -> None:
    before = answered("clock", *running)
    after = answered("clock", "--advance", "3600.5", *running)
    moved = [datetime.fromisoformat(after[url]["now"]) - datetime.fromisoformat(before[url]["now"]) for url in before]
    assert moved == [timedelta(seconds=3600.5)] * 2
    answered("clock", "--to", "2027-01-01T00:00:00Z", *running)
    assert {one["now"] for one in answered("clock", *running).values()} == {"2027-01-01T00:00:00+00:00"}
    assert told("clock", "--to", "soon", *running).exit_code == 1


def test_faults_are_set_where_they_can_be_and_cleared(running: list[str]) -> None:
    kinds = answered("fault", "kinds", *running)
    assert all(one["kinds"] for one in kinds.values())
    added = answered("fault", "add", "stale_version", "--path", "/v3/", "--count", "2", *running)
    assert {"id" in one for one in added.values()} == {True, False}
    listed = answered("fault", "list", *running)
    assert sorted(len(one) for one in listed.values()) == [0, 1]
    answered("fault", "clear", *running)
    assert all(one == [] for one in answered("fault", "list", *running).values())
    assert "kind is one of" in told("fault", "add", "explode", *running).stderr
    assert "expected --name value" in told("fault", "add", "delay", "--count", *running[:0]).stderr


def test_rules_are_changed_wherever_they_are_known(running: list[str]) -> None:
    assert all(one["limits_watched"] in (True, False) for one in answered("rule", "list", *running).values())
    assert [one["limits_watched"] for one in answered("rule", "set", "limits_watched", "true", *running).values()] == [
        True,
        True,
    ]
    (changed,) = answered("rule", "set", "webhook_void_spelling", "voided", *running).values()
    assert changed["webhook_void_spelling"] == "voided"
    assert "limits_watched is true or false" in told("rule", "set", "limits_watched", "perhaps", *running).stderr
    assert "no rule gravity" in told("rule", "set", "gravity", "false", *running).stderr


def test_programs_and_webhooks_are_looked_after(running: list[str]) -> None:
    added = answered("app", "add", "Partner", "--redirect-uri", "http://localhost:9/a", *running)
    client_ids = [one["client_id"] for one in added.values()]
    changed = answered("app", "change", client_ids[0], "--redirect-uri", "http://localhost:9/b", *running)
    assert (changed["name"], changed["redirect_uris"]) == ("Partner", ["http://localhost:9/b"])
    hook = answered(
        "webhook", "set", client_ids[0], "http://localhost:9/hook", "--format", "eventnotifications", *running
    )
    assert len(hook["key"]) == 44
    assert answered("webhook", "enable", client_ids[0], *running)["state"] == "active"
    assert any(one["webhooks"] for one in answered("webhook", "list", *running).values())
    assert all(one == {"attempts": "0"} for one in answered("webhook", "deliver", *running).values())
    assert answered("webhook", "remove", client_ids[0], *running) == {"removed": "1"}
    assert answered("app", "remove", client_ids[0], *running) == {"removed": "1"}
    assert "no program has the client id" in told("app", "remove", client_ids[0], *running).stderr
    assert len(answered("app", "list", *running)) == 2


def test_what_nobody_answers_is_said_in_one_line(running: list[str]) -> None:
    assert "does not answer" in told("companies", "--url", "http://127.0.0.1:1").stderr
    assert "without a file for its state" in told("save", *running).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--clock", "2026-05-04"),
        ("--documents", "-1"),
        ("--redirect-uri", "nobody=http://localhost/"),
        ("--webhook", "http://localhost/"),
        ("--fd", "xero=x"),
    ],
    ids=lambda arguments: arguments[0].strip("-"),
)
def test_an_option_that_makes_no_sense_is_refused(arguments: tuple[str, ...]) -> None:
    refused = told(*arguments)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("tieout: ")


def test_a_small_answer_is_not_held_back() -> None:
    (simulated, *_) = simulated_platforms({"quickbooks": 0})
    with listen([simulated], {})[simulated.name] as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_a_port_in_use_is_said_in_one_line_before_anything_else(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = told("--quickbooks-port", port, "--xero-port", port, "--state", str(state))
    assert refused.exit_code == 1
    assert refused.stderr == f"tieout: port {port} of this machine cannot be used: Address already in use\n"
    assert refused.stdout == ""
    assert not state.exists()


async def test_without_a_seed_every_key_is_drawn_anew_and_with_one_none_is() -> None:
    simulated = simulated_platforms()[:1]
    starts = [Wanted(), Wanted(), Wanted(seed=5), Wanted(seed=5)]
    secrets = [(await set_up(simulated, wanted))[0].told["apps"][0]["client_secret"] for wanted in starts]
    assert len(set(secrets)) == 3
    assert secrets[2] == secrets[3]


async def test_a_simulator_is_furnished_as_asked(tmp_path: Path) -> None:
    wanted = Wanted(
        seed=5,
        documents=15,
        starts_at=MAY,
        state=tmp_path / "state.json",
        redirect_uris={"quickbooks": ["http://localhost:9/a", "http://localhost:9/b"]},
        webhooks={"quickbooks": "http://localhost:9/hook"},
    )
    [one] = await set_up(simulated_platforms()[:1], wanted)
    assert one.told["apps"][0]["redirect_uris"] == ["http://localhost:9/a", "http://localhost:9/b"]
    assert one.told["filled"]["documents"] == "15"
    assert len(one.told["webhook"]["key"]) == 44
    assert timedelta() <= one.simulator.clock.now() - MAY < timedelta(minutes=5)
    assert one.simulator.save is not None
    one.simulator.save()
    [again] = await set_up(simulated_platforms()[:1], Wanted(state=tmp_path / "state.json"))
    assert json.loads(json.dumps(again.told["apps"])) == one.told["apps"]
    assert again.told["restored"]
    assert again.simulator.post is not None
    assert again.simulator.post.webhooks.keys() == {one.told["apps"][0]["client_id"]}


async def test_what_the_simulator_refuses_is_told() -> None:
    with pytest.raises(SetUpError, match="stay on it"):
        await set_up(simulated_platforms()[:1], Wanted(webhooks={"quickbooks": "https://example.com/hook"}))


async def test_a_file_that_is_no_state_is_told(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_bytes(b"{}")
    with pytest.raises(StateRefusedError):
        await set_up(simulated_platforms()[:1], Wanted(state=file))


def test_the_program_prints_one_document_and_saves_its_state_when_it_is_stopped(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    listening = {name: socket.create_server(("127.0.0.1", 0)) for name in PORTS}
    arguments = [sys.executable, "-m", "tieout", "sandbox", "--json", "--seed", "5", "--state", str(file)]
    for name, opened in listening.items():
        arguments += [f"--{name}-port", str(opened.getsockname()[1]), "--fd", f"{name}={opened.fileno()}"]
    passed = [opened.fileno() for opened in listening.values()]
    with subprocess.Popen(  # noqa: S603 - our own program
        arguments, stdout=subprocess.PIPE, pass_fds=passed, env=os.environ.copy()
    ) as child:
        assert child.stdout is not None
        printed = json.loads(child.stdout.readline())["platforms"]
        origins = [one["origin"] for one in printed.values()]
        for origin in origins:
            answer = httpx2.post(
                f"{origin}/_sandbox/clock", json={"advance_s": 60}, timeout=WAIT_S_MAX, trust_env=False
            )
            assert answer.status_code == 200
        child.send_signal(signal.SIGTERM)
        assert child.wait(WAIT_S_MAX) == 0
    for opened in listening.values():
        opened.close()
    assert set(printed) == set(PORTS)
    assert all(len(one["apps"][0]["client_secret"]) == 48 for one in printed.values())
    assert set(json.loads(file.read_bytes())["platforms"]) == set(PORTS)
