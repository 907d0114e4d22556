"""Several processes on one database, of which one is killed and one is frozen past its lease."""

import asyncio
import signal

from tests.support.lane_worker import COUNT_TO, FREEZES
from tests.support.trials import Trial, stop, wait_until_said

TRIAL_S_MAX = 60


async def test_nothing_is_lost_or_done_twice_when_workers_are_killed_and_frozen(trial: Trial) -> None:
    await trial.begin(*(f"company:{number}" for number in range(6)))
    async with (
        asyncio.timeout(TRIAL_S_MAX),
        trial.worker(FREEZES) as frozen,
        trial.worker("killed") as killed,
        trial.worker("steady") as steady,
    ):
        await wait_until_said(frozen, b"frozen")
        await trial.wait_for_units("killed", COUNT_TO // 3)
        killed.kill()
        await trial.wait_until_done()
        frozen.send_signal(signal.SIGCONT)
        await wait_until_said(frozen, b"lease_lost")
        await stop(frozen, steady)

    await trial.assert_each_unit_was_done_once()
    await trial.assert_nobody_owns_a_lane()
