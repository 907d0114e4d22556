"""Whoever runs lanes ends well within seconds, wherever the signal finds it: while it starts, in a turn, or ending."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from tests.support.forking import forked
from tests.support.lane_worker import ENGINES
from tests.support.stores import PostgresqlDatabase, SqliteFile
from tests.support.trials import CONFIGURATIONS, Trial

import tieout.cli.operate  # noqa: F401 - before anything is forked
from tieout.__main__ import main
from tieout.app import migrate
from tieout.assembling import build_services
from tieout.cli.stopping import Stopping
from tieout.engine.port import SHUTDOWN_S_MAX, NextDue, Turn
from tieout.kit.clock import SystemClock
from tieout.security.vault import new_key
from tieout.settings import Settings
from tieout.storage.database import Database

LONG = "TIEOUT_LONG" in os.environ
COMMANDS = {("worker",): 100 if LONG else 2, ("serve", "--port", "0", "--lanes"): 50 if LONG else 1}
"""What is run, and how often in each configuration."""
STARTED_S_MAX = 1.5 if LONG else 0.8
"""A process is at work by then, unless the machine is busy."""
AGAIN_S_MAX = 0.1
MOMENTS_MS = range(150) if LONG else range(0, 60, 6)


@pytest.fixture(scope="module", params=CONFIGURATIONS)
def tieout_environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a `tieout` command needs to run in one configuration, on a database that is up to date."""
    engine_name, backend = request.param
    storage = PostgresqlDatabase() if backend == "postgresql" else SqliteFile(tmp_path_factory.mktemp("stopping"))
    wanted = {"database_url": storage.url, "engine": engine_name, "vault_keys": new_key("first")}

    async def make_tables() -> None:
        services = build_services(Settings.model_validate(wanted))
        await migrate(services.database, services.engine)
        await services.database.close()

    asyncio.run(make_tables())
    return {f"TIEOUT_{name.upper()}": value for name, value in wanted.items()}


def run_command(environment: dict[str, str], *arguments: str) -> None:
    """Run a `tieout` command from its first line."""
    os.environ |= environment
    sys.argv = ["tieout", *arguments]
    main()


@pytest.mark.parametrize("tieout_environment", CONFIGURATIONS[-1:], indirect=True)
def test_a_worker_says_what_it_runs_and_ends_well_when_it_is_told(tieout_environment: dict[str, str]) -> None:
    command = (sys.executable, "-m", "tieout", "worker")
    with subprocess.Popen(command, env=os.environ | tieout_environment, stderr=subprocess.PIPE) as process:  # noqa: S603 - our own program
        assert process.stderr is not None
        try:
            while (entry := json.loads(process.stderr.readline()))["event"] != "running_lanes":
                pass
            process.send_signal(signal.SIGTERM)
            assert process.wait(SHUTDOWN_S_MAX) == 0
        finally:
            process.kill()
    assert (entry["engine"], entry["database"]) == ("distributed", "postgresql")
    assert ["webhook"] in entry["kinds"]


@pytest.mark.parametrize("command", COMMANDS, ids=["worker", "serve"])
def test_a_process_ends_well_wherever_the_signal_finds_it(
    tieout_environment: dict[str, str], command: tuple[str, ...], tmp_path: Path
) -> None:
    chance = random.Random(str(command))  # noqa: S311 - a trial, no secret
    for number in range(COMMANDS[command]):
        said = tmp_path / f"said {number}"
        with forked(partial(run_command, tieout_environment, *command), said) as process:
            after_s = chance.uniform(0, STARTED_S_MAX)
            time.sleep(after_s)
            kind = chance.choice((signal.SIGTERM, signal.SIGINT))
            process.send(kind)
            if chance.random() < 0.5:  # whoever is impatient tells it twice
                time.sleep(chance.uniform(0, AGAIN_S_MAX))
                process.send(kind)
            status = process.wait_s(SHUTDOWN_S_MAX)
        assert status == 0, f"{kind.name} after {after_s:.3f} s: {status}, {said.read_text()}"


def test_a_process_that_hangs_when_it_is_told_says_where_and_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tieout.cli.stopping.STOPPING_S_MAX", 0.2)

    async def hang_here() -> None:
        async with stopping.telling(asyncio.Event()):
            print("in hand", flush=True)  # noqa: T201 - what the test waits for
            while True:
                time.sleep(1)  # noqa: ASYNC251 - a loop that is blocked runs no task that could end it

    def work() -> None:
        stopping.heed_signals()
        asyncio.run(hang_here())

    stopping = Stopping()
    with forked(work, tmp_path / "said") as process:
        asyncio.run(asyncio.wait_for(process.wait_until_said("in hand"), SHUTDOWN_S_MAX))
        process.send(signal.SIGTERM)
        assert process.wait_s(SHUTDOWN_S_MAX) == 1
    assert "in hang_here" in process.said.read_text()


async def test_an_engine_stopped_while_it_starts_leaves_nothing_running_and_no_lane_owned(trial: Trial) -> None:
    """A pool that is cancelled while it opens keeps a task that swallows its cancellation: the process never ends."""

    async def work(turn: Turn) -> NextDue:
        while not turn.is_over():
            async with turn.commit():
                pass
        return NextDue(SystemClock().now())

    await trial.begin("company:1")
    for ms in MOMENTS_MS:
        database, stop = Database(trial.database.url.render_as_string(hide_password=False)), asyncio.Event()
        running = asyncio.create_task(ENGINES[trial.engine_name](database, SystemClock()).run({"company": work}, stop))
        await asyncio.sleep(ms / 1_000)
        stop.set()
        async with asyncio.timeout(SHUTDOWN_S_MAX):
            await running
        await database.close()
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
        await trial.assert_nobody_owns_a_lane()
