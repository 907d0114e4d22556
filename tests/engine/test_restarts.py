"""PostgreSQL is stopped and started again while workers run, and may be absent when a worker starts."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.lane_worker import COUNT_TO
from tests.support.postgresql import PostgreSQL
from tests.support.trials import EngineName, Trial, stop, trial_on

from tieout.storage.database import Database

TRIAL_S_MAX = 90
GO_ON_S_MAX = 40
"""How long after the database answers again at the latest all workers are at work."""

pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    """A server of our own, that may be stopped."""
    running = PostgreSQL()
    yield running
    running.stop()


@pytest.mark.parametrize("engine_name", ["embedded", "distributed"])
async def test_workers_go_on_when_the_database_comes_back(
    server: PostgreSQL, engine_name: EngineName, tmp_path: Path
) -> None:
    database = Database(server.url(server.new_database()))
    trial = await trial_on(database, engine_name, tmp_path)
    await trial.begin(*(f"company:{number}" for number in range(8)))
    async with asyncio.timeout(TRIAL_S_MAX), trial.worker("before") as before:
        await trial.wait_for_units("before", COUNT_TO)
        await asyncio.to_thread(server.pause)
        async with trial.worker("without a database") as without:
            await without.wait_until_said("running")
            await asyncio.to_thread(server.start)
            async with asyncio.timeout(GO_ON_S_MAX):
                await trial.wait_until_done()
            await wake_once_more(trial)
            await stop(before, without)
    await trial.assert_each_unit_was_done_once()
    await trial.assert_nobody_owns_a_lane()
    await database.close()


async def wake_once_more(trial: Trial) -> None:
    """A lane that is woken after the restart runs as promptly as ever: whoever listened listens again."""
    async with asyncio.timeout(GO_ON_S_MAX):
        await trial.begin("company:afterwards")
        await trial.wait_until_done()
