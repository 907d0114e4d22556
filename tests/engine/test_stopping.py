"""Whoever runs lanes ends well within seconds, wherever the signal finds it: while it starts, in a turn, or ending."""

import asyncio
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.lane_worker import ENGINES
from tests.support.mortal import PostgresqlDatabase, SqliteFile
from tests.support.trials import CONFIGURATIONS, Trial

import tieout.cli.commands
from tieout.__main__ import main
from tieout.app import build_services, migrate
from tieout.engine.port import SHUTDOWN_S_MAX, NextDue, Turn
from tieout.kit.clock import SystemClock
from tieout.security.vault import new_key
from tieout.settings import Settings
from tieout.storage.database import Database

LONG = "TIEOUT_LONG" in os.environ
COMMANDS = {("worker",): 100 if LONG else 3, ("serve", "--port", "0", "--lanes"): 50 if LONG else 1}
"""What is run, and how often in each configuration."""
STARTED_S_MAX = 1.5
"""A process is at work by then, unless the machine is busy."""
AGAIN_S_MAX = 0.1
LOOK_AGAIN_S = 0.01
CRASHED = 9
MOMENTS_MS = range(150) if LONG else range(0, 60, 6)

assert tieout.cli.commands.app, "imported before anything is forked"


@pytest.fixture(scope="module", params=CONFIGURATIONS)
def tieout_environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a `tieout` command needs to run in one configuration, on a database that is up to date."""
    engine_name, backend = request.param
    storage = PostgresqlDatabase() if backend == "postgresql" else SqliteFile(tmp_path_factory.mktemp("stopping"))
    wanted = {
        "TIEOUT_DATABASE_URL": storage.url,
        "TIEOUT_ENGINE": engine_name,
        "TIEOUT_VAULT_KEYS": new_key("first"),
    }

    async def make_tables() -> None:
        services = build_services(Settings.model_validate({k[7:].lower(): v for k, v in wanted.items()}))
        await migrate(services.database, services.engine)
        await services.database.close()

    asyncio.run(make_tables())
    return wanted


@contextmanager
def forked(environment: dict[str, str], said: Path, *arguments: str) -> Iterator[int]:
    """A process that runs a `tieout` command from its first line, without the seconds that its imports take."""
    began, begins = os.pipe()
    child = os.fork()
    if child == 0:
        code = CRASHED
        try:
            for stream in (1, 2):
                os.dup2(os.open(said, os.O_CREAT | os.O_WRONLY | os.O_APPEND), stream)
            sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
            os.environ |= environment
            sys.argv = ["tieout", *arguments]
            os.write(begins, b"begun")
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        except BaseException:  # noqa: BLE001 - told in the file, whatever it is
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    try:
        os.read(began, 1)
        yield child
    finally:
        os.close(began)
        os.close(begins)
        if os.waitpid(child, os.WNOHANG)[0] == 0:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def ended(child: int, *, within_s: float) -> int | None:
    """The exit status once a process has ended, as `waitid` has it; None when it did not in time."""
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        if found := os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
        time.sleep(LOOK_AGAIN_S)
    return None


@pytest.mark.parametrize("command", COMMANDS, ids=["worker", "serve"])
def test_a_process_ends_well_wherever_the_signal_finds_it(
    tieout_environment: dict[str, str], command: tuple[str, ...], tmp_path: Path
) -> None:
    chance = random.Random(str(command))  # noqa: S311 - a trial, no secret
    for number in range(COMMANDS[command]):
        said = tmp_path / f"said {number}"
        with forked(tieout_environment, said, *command) as child:
            after_s = chance.uniform(0, STARTED_S_MAX)
            time.sleep(after_s)
            kind = chance.choice((signal.SIGTERM, signal.SIGINT))
            os.kill(child, kind)
            if chance.random() < 0.5:  # whoever is impatient tells it twice
                time.sleep(chance.uniform(0, AGAIN_S_MAX))
                os.kill(child, kind)
            status = ended(child, within_s=SHUTDOWN_S_MAX)
        assert status == 0, f"{kind.name} after {after_s:.3f} s: {status}, {said.read_text()}"


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
