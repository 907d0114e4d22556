"""Who owns a lane: due order, leases and fences. The same on SQLite and PostgreSQL."""

import asyncio
from datetime import timedelta, timezone

import pytest
from sqlalchemy import select, update
from tests.support.stage import AT, KINDS, Stage

from tieout.engine.lanes import EmbeddedEngine
from tieout.engine.port import LEASE_S
from tieout.engine.running import LaneTurn
from tieout.kit.errors import LeaseLost
from tieout.storage.database import Database
from tieout.storage.tables.work import Lane

SOON = timedelta(seconds=1)


async def test_a_woken_lane_is_claimed_by_one_worker_only(stage: Stage) -> None:
    await stage.wake("company:1")

    claims = await stage.claim(stage.engine())
    assert [(claim.key, claim.kind, claim.fence, claim.attempts) for claim in claims] == [
        ("company:1", "company", 1, 0)
    ]
    assert await stage.claim(stage.engine()) == []


async def test_a_lane_that_is_woken_during_its_turn_stays_its_owners(stage: Stage) -> None:
    await stage.wake("company:1")
    await stage.claim(stage.engine())
    await stage.wake("company:1")

    assert await stage.claim(stage.engine()) == []


async def test_lanes_are_claimed_in_the_order_in_which_they_fell_due(stage: Stage) -> None:
    await stage.wake("company:late", at=AT - SOON)
    await stage.wake("company:early", at=AT - 3 * SOON)
    await stage.wake("chore:middle", at=AT - 2 * SOON)

    engine = stage.engine()
    order = [(await stage.claim(engine))[0].key for _ in range(3)]
    assert order == ["company:early", "chore:middle", "company:late"]


async def test_a_lane_that_ran_goes_behind_those_that_wait(stage: Stage) -> None:
    engine = stage.engine()
    await stage.wake("company:busy", at=AT - 2 * SOON)
    await stage.wake("company:patient", at=AT - SOON)
    ran: list[str] = []
    for _ in range(3):
        (claim,) = await stage.claim(engine)
        ran.append(claim.key)
        await stage.give_back(engine, claim, at=stage.clock.now())
    assert ran == ["company:busy", "company:patient", "company:busy"]


async def test_a_dead_workers_lane_is_not_starved_by_lanes_that_fall_due(stage: Stage) -> None:
    await stage.wake("company:orphan")
    await stage.claim(stage.engine())
    await stage.let_leases_end()
    stage.clock.move(timedelta(minutes=1))
    await stage.wake(*(f"company:{number}" for number in range(3)))

    assert [claim.key for claim in await stage.claim(stage.engine())] == ["company:orphan"]


async def test_no_more_lanes_are_claimed_than_asked_for(stage: Stage) -> None:
    await stage.wake(*(f"company:{number}" for number in range(5)))

    engine = stage.engine()
    assert [len(await stage.claim(engine, count)) for count in (2, 0, 2, 2, 2)] == [2, 0, 2, 1, 0]


async def test_a_limit_holds_however_the_database_carries_out_the_claim(stage: Stage) -> None:
    if stage.database.is_sqlite:
        pytest.skip("SQLite knows one plan")
    await stage.wake(*(f"company:{number}" for number in range(20)))
    joins = ("hashjoin", "mergejoin", "hashagg", "sort", "material", "memoize")
    only_loops = " ".join(f"-c enable_{join}=off" for join in joins)
    nested_loops = Database(stage.database.url.update_query_dict({"options": only_loops}).render_as_string())
    try:
        assert len(await stage.claim(EmbeddedEngine(nested_loops, stage.clock), 3)) == 3
    finally:
        await nested_loops.close()


async def test_a_lane_is_claimed_when_its_time_has_come_and_not_before(stage: Stage) -> None:
    await stage.wake("company:1", at=AT + SOON)

    assert await stage.claim(stage.engine()) == []
    stage.clock.move(SOON)
    assert len(await stage.claim(stage.engine())) == 1


async def test_the_earliest_of_several_wakes_counts(stage: Stage) -> None:
    await stage.wake("company:1", at=AT + 2 * SOON)
    await stage.wake("company:1", at=AT + SOON)
    await stage.wake("company:1", at=AT + 3 * SOON)

    assert (await stage.lane("company:1")).due_at == AT + SOON


async def test_a_wake_in_another_time_zone_means_the_same_moment(stage: Stage) -> None:
    due_at = AT.astimezone(timezone(timedelta(hours=-5)))
    await stage.wake("company:new", at=due_at)
    await stage.wake("company:known", at=AT + SOON)
    await stage.wake("company:known", at=due_at)

    assert (await stage.lane("company:new")).due_at == AT
    assert (await stage.lane("company:known")).due_at == AT


async def test_a_wake_in_a_transaction_that_is_rolled_back_is_none(stage: Stage) -> None:
    engine = stage.engine()

    async def wake_then_fail() -> None:
        async with stage.database.write() as session:
            await engine.wake(session, "company:1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await wake_then_fail()
    assert await stage.claim(engine) == []


async def test_a_paused_lane_is_not_claimed_even_when_its_owner_died(stage: Stage) -> None:
    await stage.wake("company:waiting", "company:owned")
    await stage.claim(stage.engine())
    async with stage.database.write() as session:
        await session.execute(update(Lane).values(paused_at=AT))
    await stage.let_leases_end()

    assert await stage.claim(stage.engine(), 2) == []


async def test_lanes_of_kinds_without_a_handler_are_left_for_others(stage: Stage) -> None:
    await stage.wake("company:1", "delivery:1")

    assert await stage.engine().claims.claim(2, kinds=("chore",)) == []
    assert [claim.key for claim in await stage.engine().claims.claim(2, kinds=("delivery",))] == ["delivery:1"]
    assert await stage.engine().claims.claim(2, kinds=()) == []


async def test_a_lane_is_taken_over_when_its_lease_ended_and_not_before(stage: Stage) -> None:
    await stage.wake("company:1")
    (claim,) = await stage.claim(stage.engine())

    assert await stage.claim(stage.engine()) == []
    await stage.let_leases_end()
    (taken,) = await stage.claim(stage.engine())
    assert (taken.key, taken.fence) == (claim.key, claim.fence + 1)


async def test_leases_are_judged_by_the_clock_that_all_workers_share(stage: Stage) -> None:
    await stage.wake("company:1")
    await stage.claim(stage.engine())
    stage.clock.move(timedelta(seconds=LEASE_S))

    taken_over = len(await stage.claim(stage.engine()))
    assert taken_over == (1 if stage.database.is_sqlite else 0)


async def test_renewing_keeps_a_lease(stage: Stage) -> None:
    await stage.wake("company:1")
    engine = stage.engine()
    (claim,) = await stage.claim(engine)
    await stage.let_leases_end()
    async with stage.database.write() as session:
        assert await engine.claims.renew(session, claim.key, claim.fence)

    assert await stage.claim(stage.engine()) == []


async def test_a_worker_that_lost_its_lease_commits_nothing(stage: Stage) -> None:
    await stage.wake("company:1")
    frozen = stage.engine()
    (claim,) = await stage.claim(frozen)
    turn = LaneTurn(frozen, claim, asyncio.Event())
    await stage.let_leases_end()
    await stage.claim(stage.engine())

    with pytest.raises(LeaseLost):
        async with turn.commit() as session:
            await frozen.wake(session, "chore:of-the-frozen")
    async with stage.database.read() as session:
        assert list(await session.scalars(select(Lane.key))) == ["company:1"]


async def test_a_worker_that_lost_its_lease_cannot_give_the_lane_back_either(stage: Stage) -> None:
    await stage.wake("company:1")
    frozen = stage.engine()
    (claim,) = await stage.claim(frozen)
    await stage.let_leases_end()
    await stage.claim(stage.engine())
    await stage.give_back(frozen, claim, at=AT)

    lane = await stage.lane("company:1")
    assert lane.owner is not None
    assert (lane.due_at, lane.fence) == (None, 2)


async def test_a_turn_that_is_over_commits_nothing_any_more(stage: Stage) -> None:
    await stage.wake("company:1")
    engine = stage.engine()
    (claim,) = await stage.claim(engine)
    turn = LaneTurn(engine, claim, asyncio.Event())
    await stage.give_back(engine, claim, at=None)

    with pytest.raises(LeaseLost):
        async with turn.commit() as session:
            await engine.wake(session, "chore:left-over")
    lane = await stage.lane("company:1")
    assert (lane.owner, lane.lease_until) == (None, None)


async def test_a_lease_that_ended_but_was_not_taken_still_commits(stage: Stage) -> None:
    await stage.wake("company:1")
    slow = stage.engine()
    (claim,) = await stage.claim(slow)
    await stage.let_leases_end()
    async with LaneTurn(slow, claim, asyncio.Event()).commit() as session:
        await slow.wake(session, "chore:1")

    assert (await stage.lane("chore:1")).due_at == stage.clock.now()
    assert "company:1" not in [claim.key for claim in await stage.claim(stage.engine(), 2)]


async def test_workers_that_claim_at_the_same_time_never_share_a_lane(stage: Stage) -> None:
    keys = {f"company:{number}" for number in range(30)}
    await stage.wake(*keys)
    databases = [Database(stage.database.url.render_as_string()) for _ in range(3)]
    claimed: list[str] = []

    async def claim_all(database: Database) -> None:
        engine = EmbeddedEngine(database, stage.clock)
        while claims := await engine.claims.claim(2, kinds=KINDS):
            claimed.extend(claim.key for claim in claims)

    try:
        await asyncio.gather(*(claim_all(database) for database in databases for _ in range(2)))
    finally:
        for database in databases:
            await database.close()
    assert sorted(claimed) == sorted(keys)
