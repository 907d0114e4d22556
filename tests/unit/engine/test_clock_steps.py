"""The machine's wall clock may be set by hours in either direction: no lane is shared, and none gets stuck."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from tests.support.stage import AT, Notes, Stage

from tieout.engine.claims import MACHINE_STARTED_AT
from tieout.engine.port import LEASE_S, NextDue
from tieout.storage.tables.work import Lane

HOURS = timedelta(hours=7)


@pytest.mark.parametrize("step", [HOURS, -HOURS], ids=["ahead", "back"])
async def test_a_lease_holds_and_ends_as_if_nobody_had_set_the_clock(stage: Stage, step: timedelta) -> None:
    await stage.wake("company:1")
    await stage.claim(stage.engine())
    stage.clock.set_wall_clock(step)
    assert await stage.claim(stage.engine()) == []

    await stage.let_leases_end()
    assert len(await stage.claim(stage.engine())) == 1


async def test_what_was_due_stays_due_when_the_clock_is_set_back(stage: Stage) -> None:
    engine, notes = stage.engine(), Notes(then=NextDue(AT))
    await stage.wake("company:due")
    await stage.wake("company:later", at=AT + timedelta(hours=1))
    stage.clock.set_wall_clock(-HOURS)
    await engine.claims.follow_wall_clock()

    assert [claim.key for claim in await stage.claim(engine, 2)] == ["company:due"]
    assert notes.turns == []


async def test_time_that_passes_is_no_step(stage: Stage) -> None:
    engine = stage.engine()
    await stage.wake("company:later", at=AT + timedelta(hours=1))
    stage.clock.move(timedelta(minutes=59))
    await engine.claims.follow_wall_clock()
    stage.clock.set_wall_clock(HOURS)
    await engine.claims.follow_wall_clock()

    assert (await stage.lane("company:later")).due_at == AT + timedelta(hours=1)


async def test_a_lease_from_before_the_machine_was_started_anew_binds_nobody(stage: Stage) -> None:
    await stage.wake("company:1")
    await stage.claim(stage.engine())
    far_ahead = {"lease_until": MACHINE_STARTED_AT + timedelta(days=400)}
    if not stage.database.is_sqlite:
        far_ahead = {"lease_until": AT + timedelta(days=4_000)}
    async with stage.database.write() as session:
        await session.execute(update(Lane).values(**far_ahead))

    assert [claim.key for claim in await stage.claim(stage.engine())] == ["company:1"]


async def test_the_whole_length_of_a_lease_binds_others(stage: Stage) -> None:
    await stage.wake("company:1")
    await stage.claim(stage.engine())
    if stage.database.is_sqlite:
        stage.clock.move(timedelta(seconds=LEASE_S - 0.001))
    assert await stage.claim(stage.engine()) == []
