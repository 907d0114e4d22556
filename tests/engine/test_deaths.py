"""Several worker processes on one database: some are killed, some frozen past their lease, some see the clock set."""

import asyncio
import os
import random
import signal
from contextlib import AsyncExitStack

import pytest
from tests.support.forking import Forked
from tests.support.lane_worker import COUNT_TO, FREEZES
from tests.support.trials import Trial, set_clocks, stop

TRIAL_S_MAX = 60
TAKEOVER_S_MAX = 10
LANES = [f"company:{number}" for number in range(4)]


async def test_nothing_is_lost_or_done_twice_when_workers_are_killed_and_frozen(trial: Trial) -> None:
    await trial.begin(*LANES)
    async with (
        asyncio.timeout(TRIAL_S_MAX),
        trial.worker(FREEZES) as frozen,
        trial.worker("killed") as killed,
        trial.worker("steady") as steady,
    ):
        await frozen.wait_until_said("frozen")
        await trial.wait_for_units("killed", COUNT_TO // 3)
        killed.send(signal.SIGKILL)
        await trial.wait_until_done()
        frozen.send(signal.SIGCONT)
        await frozen.wait_until_said("lease_lost")
        await stop(frozen, steady)

    await trial.assert_each_unit_was_done_once()
    await trial.assert_nobody_owns_a_lane()


async def test_the_clock_may_be_set_by_hours_and_whoever_is_told_to_stop_gives_its_lanes_back_at_once(
    trial: Trial,
) -> None:
    await trial.begin(*LANES)
    async with asyncio.timeout(TRIAL_S_MAX), trial.worker("comes") as comes, trial.worker("leaves") as leaves:
        for process in (comes, leaves):
            await process.wait_until_said("running")
        await trial.wait_for_some_units(5)
        set_clocks(comes, leaves, ahead=True)
        await trial.wait_for_some_units(15)
        set_clocks(comes, leaves, ahead=False)
        await trial.wait_for_some_units(25)
        await stop(leaves)
        await trial.wait_until_done()
        await stop(comes)

    await trial.assert_each_unit_was_done_once()
    await trial.assert_nobody_owns_a_lane()


@pytest.mark.postgresql
@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
async def test_whoever_dispatches_is_replaced(distributed_trial: Trial, death: signal.Signals) -> None:
    trial = distributed_trial
    async with asyncio.timeout(TRIAL_S_MAX), trial.worker("first") as first:
        await trial.begin("company:first")
        await trial.wait_until_done()
        async with trial.worker("second") as second:
            await second.wait_until_said("running")
            first.send(death)
            async with asyncio.timeout(TAKEOVER_S_MAX):
                await trial.begin("company:second")
                await trial.wait_for_units("second", COUNT_TO)
            await stop(second)
    await trial.assert_each_unit_was_done_once()


@pytest.mark.skipif("TIEOUT_LONG" not in os.environ, reason="the long form runs in `make test-all`")
@pytest.mark.parametrize("seed", range(5))
async def test_whatever_befalls_workers_each_unit_is_done_once(trial: Trial, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a trial, no secret
    await trial.begin(*(f"company:{number}" for number in range(30)))
    async with asyncio.timeout(5 * TRIAL_S_MAX), AsyncExitStack() as workers:
        alive: list[Forked] = []
        is_ahead = False
        for number in range(12):
            newcomer = await workers.enter_async_context(trial.worker(f"worker {number}"))
            await newcomer.wait_until_said("running")
            if is_ahead:
                set_clocks(newcomer, ahead=True)  # all workers share the machine's clock
            alive.append(newcomer)
            await asyncio.sleep(chance.uniform(0.1, 0.6))
            victim = chance.choice(alive)
            match chance.choice(("kill", "freeze", "stop", "clock")):
                case "kill":
                    alive.remove(victim)
                    victim.send(signal.SIGKILL)
                case "freeze":
                    victim.send(signal.SIGSTOP)
                    await asyncio.sleep(chance.uniform(0.1, 2.5))
                    victim.send(signal.SIGCONT)
                case "stop":
                    alive.remove(victim)
                    victim.send(signal.SIGTERM)
                case _:
                    is_ahead = not is_ahead
                    if alive:
                        set_clocks(*alive, ahead=is_ahead)
        last = await workers.enter_async_context(trial.worker("last"))
        await last.wait_until_said("running")
        if is_ahead:
            set_clocks(last, ahead=True)
        await trial.wait_until_done()
    await trial.assert_each_unit_was_done_once()
