"""Pausing by hand: a lane rests after the unit in hand, forgets no wake, and goes on where it was."""

import asyncio

from tests.support.stage import Notes, Stage

from tieout.engine.port import NextDue, Turn


async def pause(stage: Stage, key: str, reason: str = "the books are being closed") -> bool:
    async with stage.database.write() as session:
        return await stage.engine().pause(session, key, reason=reason)


async def resume(stage: Stage, key: str) -> bool:
    async with stage.database.write() as session:
        return await stage.engine().resume(session, key)


async def test_a_paused_lane_rests_however_often_it_is_woken_and_runs_when_resumed(stage: Stage) -> None:
    await stage.wake("company:1")
    assert await pause(stage, "company:1")
    await stage.wake("company:1")
    engine, notes = stage.engine(), Notes()
    assert await engine.run_until_idle(notes.handlers) == 0
    assert (await stage.lane("company:1")).paused_because == "the books are being closed"

    assert await resume(stage, "company:1")
    assert await engine.run_until_idle(notes.handlers) == 1
    lane = await stage.lane("company:1")
    assert (lane.paused_at, lane.paused_because) == (None, None)


async def test_a_lane_that_is_paused_before_anything_is_due_keeps_the_wake_that_comes(stage: Stage) -> None:
    await stage.wake("company:1")
    engine, notes = stage.engine(), Notes()
    await engine.run_until_idle(notes.handlers)
    await pause(stage, "company:1")
    await stage.wake("company:1")
    await resume(stage, "company:1")

    assert await engine.run_until_idle(notes.handlers) == 1


async def test_a_turn_that_is_running_ends_after_the_unit_in_hand(stage: Stage) -> None:
    await stage.wake("company:1")
    units = 0

    async def work(turn: Turn) -> None:
        nonlocal units
        while not turn.is_over():
            if units == 2:
                await pause(stage, turn.key)
            async with turn.commit():
                units += 1

    engine = stage.engine()
    notes = Notes(then=NextDue(stage.clock.now()), during=work)
    assert await engine.run_until_idle(notes.handlers) == 1
    assert units == 3
    lane = await stage.lane("company:1")
    assert lane.owner is None
    assert lane.due_at == stage.clock.now()

    await resume(stage, "company:1")
    assert await stage.claim(engine) != []


async def test_a_turn_that_commits_nothing_for_long_hears_of_the_pause_when_its_lease_is_renewed(
    stage: Stage, promptly: None
) -> None:
    del promptly
    await stage.wake("company:1")

    async def wait(turn: Turn) -> None:
        await pause(stage, turn.key)
        async with asyncio.timeout(30):
            while not turn.is_over():  # noqa: ASYNC110 - a turn is asked, it does not tell
                await asyncio.sleep(0.001)

    assert await stage.engine().run_until_idle(Notes(during=wait).handlers) == 1
    assert (await stage.lane("company:1")).last_error is None


async def test_a_paused_lane_of_a_dead_worker_is_taken_over_when_it_is_resumed(stage: Stage) -> None:
    await stage.wake("company:1")
    await stage.claim(stage.engine())
    await pause(stage, "company:1")
    await stage.let_leases_end()
    assert await stage.claim(stage.engine()) == []

    await resume(stage, "company:1")
    assert [claim.key for claim in await stage.claim(stage.engine())] == ["company:1"]


async def test_there_is_nothing_to_pause_or_resume_without_a_lane(stage: Stage) -> None:
    assert not await pause(stage, "company:none")
    assert not await resume(stage, "company:none")
