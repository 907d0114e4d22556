"""Partners take turns: whoever has nearly all of the due lanes holds up nobody else."""

import random
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert
from tests.support.stage import AT, KINDS, Stage

from tieout.storage.tables.work import NOBODY, Lane

LARGE, SMALL, TINY = (UUID(int=number) for number in (1, 2, 3))


async def wake(stage: Stage, partner_id: UUID, count: int, *, kind: str = "company", waiting_s: int = 0) -> None:
    """Lanes of a partner that all fell due `waiting_s` seconds ago, in the order of their numbers."""
    fell_due_at = AT - timedelta(seconds=waiting_s)
    rows = [
        {
            "key": f"{kind}:{partner_id.int}-{number}",
            "kind": kind,
            "partner_id": partner_id,
            "due_at": fell_due_at + timedelta(milliseconds=number),
        }
        for number in range(count)
    ]
    async with stage.database.write() as session:
        await session.execute(insert(Lane), rows)


async def order_of_claims(stage: Stage, count: int) -> list[str]:
    """The keys of lanes in the order in which one worker after the other claims them, none ever giving one back."""
    return [claim.key for _ in range(count) for claim in await stage.claim(stage.engine())]


async def test_a_partner_with_nearly_all_due_lanes_does_not_hold_up_another(stage: Stage) -> None:
    await wake(stage, LARGE, 99, waiting_s=3600)
    await wake(stage, SMALL, 1, waiting_s=1)

    assert await order_of_claims(stage, 3) == ["company:1-0", "company:2-0", "company:1-1"]


async def test_partners_take_turns_as_long_as_each_has_something_due(stage: Stage) -> None:
    await wake(stage, LARGE, 50, waiting_s=3600)
    await wake(stage, SMALL, 3, waiting_s=60)
    await wake(stage, TINY, 2, waiting_s=1)

    keys = await order_of_claims(stage, 9)
    assert [key.partition("-")[0][-1] for key in keys] == ["1", "2", "3", "1", "2", "3", "1", "2", "1"]


async def test_what_a_partner_has_running_already_counts_as_its_turn(stage: Stage) -> None:
    await wake(stage, LARGE, 50, waiting_s=3600)
    assert len(await stage.claim(stage.engine(), 3)) == 3
    await wake(stage, SMALL, 3, waiting_s=1)

    claimed = {claim.key for claim in await stage.claim(stage.engine(), 4)}
    assert claimed == {"company:2-0", "company:2-1", "company:2-2", "company:1-3"}


async def test_lanes_of_several_kinds_share_their_partners_turns(stage: Stage) -> None:
    await wake(stage, LARGE, 5, kind="chore", waiting_s=60)
    await wake(stage, LARGE, 5, waiting_s=30)
    await wake(stage, SMALL, 1, waiting_s=1)

    assert await order_of_claims(stage, 3) == ["chore:1-0", "company:2-0", "chore:1-1"]


async def test_lanes_of_nobody_are_one_party_among_the_others(stage: Stage) -> None:
    await stage.wake("chore:1", "chore:2", at=AT - timedelta(hours=1))
    await wake(stage, LARGE, 2, waiting_s=1)

    keys = await order_of_claims(stage, 4)
    assert keys == ["chore:1", "company:1-0", "chore:2", "company:1-1"]


async def test_a_lane_remembers_its_partner_whoever_wakes_it(stage: Stage) -> None:
    await stage.wake("company:1")
    engine = stage.engine()
    async with stage.database.write() as session:
        assert (await session.get_one(Lane, "company:1")).partner_id == NOBODY
        await engine.wake(session, "company:1", partner_id=SMALL)
    await stage.wake("company:1")

    assert (await stage.lane("company:1")).partner_id == SMALL


async def test_jobs_are_made_for_the_first_few_lanes_of_each_partner_with_their_places(stage: Stage) -> None:
    await wake(stage, LARGE, 9, waiting_s=3600)
    await wake(stage, SMALL, 2, waiting_s=1)
    await stage.claim(stage.engine())

    waiting = [tuple(row) for row in await stage.engine().claims.list_waiting(3, groups=(KINDS,))]
    assert waiting == [
        ("company:2-0", "company", 0),
        ("company:1-1", "company", 1),
        ("company:2-1", "company", 1),
        ("company:1-2", "company", 2),
        ("company:1-3", "company", 3),
    ]


async def test_lanes_that_wait_are_found_by_the_index_and_never_by_looking_at_all(stage: Stage) -> None:
    if not stage.database.is_sqlite:
        pytest.skip("PostgreSQL chooses its plan by what the table holds")
    choice = (
        stage.engine().claims.waiting(4, kinds=KINDS).params(now=AT, lease_now=AT, lease_end=AT, in_turn=["company:1"])
    )

    def explain(connection: Connection) -> list[str]:
        compiled = choice.compile(connection, compile_kwargs={"render_postcompile": True})
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", (None,) * len(compiled.positiontup or ()))
        return [str(row[3]) for row in rows]

    plan = await stage.database.run_sync(explain)
    assert any("ix_lanes_due_of" in step for step in plan)
    assert [step for step in plan if step.startswith("SCAN lanes") and "INDEX" not in step] == [], plan


@pytest.mark.parametrize("seed", range(3))
async def test_no_partner_is_ever_ahead_of_another_that_waits(stage: Stage, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a trial, no secret
    left = {partner_id: chance.randint(1, 6) for partner_id in (NOBODY, LARGE, SMALL, TINY)}
    for partner_id, count in left.items():
        await wake(stage, partner_id, count, waiting_s=chance.randint(1, 100))

    running = dict.fromkeys(left, 0)
    for _ in range(sum(left.values())):
        (claim,) = await stage.claim(stage.engine())
        partner_id = (await stage.lane(claim.key)).partner_id
        assert all(running[partner_id] <= running[other] for other, count in left.items() if count)
        running[partner_id] += 1
        left[partner_id] -= 1
