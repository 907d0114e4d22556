"""Turns: what a lane's handler may rely on, whatever goes wrong around it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from tests.support.stage import AT, KINDS, Notes, Stage

from tieout.engine.claims import Claim, Lease
from tieout.engine.lanes import EmbeddedEngine
from tieout.engine.port import BACKOFF_S_MAX, ERROR_LENGTH_MAX, TURN_UNITS_MAX, Handler, NextDue, Turn
from tieout.kit.errors import LeaseLost
from tieout.storage.tables.work import Lane

SOON = timedelta(seconds=1)
WAIT_S_MAX = 30

pytestmark = pytest.mark.usefixtures("promptly")


@asynccontextmanager
async def running(engine: EmbeddedEngine, handlers: dict[str, Handler]) -> AsyncIterator[asyncio.Event]:
    """The engine at work until the block ends."""
    stop = asyncio.Event()
    work = asyncio.create_task(engine.run(handlers, stop))
    try:
        async with asyncio.timeout(WAIT_S_MAX):
            yield stop
    finally:
        stop.set()
        await asyncio.wait_for(work, WAIT_S_MAX)


async def settled(stage: Stage, key: str) -> Lane:
    """The lane once nobody owns it; the test's own time limit ends a wait in vain."""
    while True:
        lane = await stage.lane(key)
        if lane.owner is None:
            return lane
        await asyncio.sleep(0)


async def test_every_due_lane_runs_until_nothing_is_due(stage: Stage) -> None:
    await stage.wake("company:1", "company:2", "chore:1", at=AT - SOON)
    await stage.wake("company:later", at=AT + SOON)
    notes = Notes()

    assert await stage.engine().run_until_idle(notes.handlers) == 3
    assert sorted(notes.turns) == ["chore:1", "company:1", "company:2"]


async def test_running_until_idle_stops_at_its_limit_of_turns(stage: Stage) -> None:
    await stage.wake("company:1")
    restless = Notes(then=NextDue(AT))

    assert await stage.engine().run_until_idle(restless.handlers, turns_max=7) == 7
    assert len(restless.turns) == 7


async def test_a_lane_that_asks_for_nothing_rests_until_it_is_woken(stage: Stage) -> None:
    await stage.wake("company:1")
    engine, notes = stage.engine(), Notes()
    await engine.run_until_idle(notes.handlers)
    assert (await stage.lane("company:1")).due_at is None
    stage.clock.move(timedelta(days=365))
    assert await engine.run_until_idle(notes.handlers) == 0

    await stage.wake("company:1")
    assert await engine.run_until_idle(notes.handlers) == 1


async def test_a_lane_runs_again_when_its_turn_asked_for_it(stage: Stage) -> None:
    await stage.wake("company:1")
    engine, notes = stage.engine(), Notes(then=NextDue(AT + SOON))
    await engine.run_until_idle(notes.handlers)
    assert (await stage.lane("company:1")).due_at == AT + SOON

    assert await engine.run_until_idle(notes.handlers) == 0
    stage.clock.move(SOON)
    notes.then = NextDue(None)
    assert await engine.run_until_idle(notes.handlers) == 1


@pytest.mark.parametrize("asked", [None, AT + SOON])
async def test_a_wake_during_a_turn_is_not_lost(stage: Stage, asked: datetime | None) -> None:
    await stage.wake("company:1")

    async def wake_itself_once(turn: Turn) -> None:
        if len(notes.turns) == 1:
            await stage.wake(turn.key)

    notes = Notes(then=NextDue(asked), during=wake_itself_once)
    assert await stage.engine().run_until_idle(notes.handlers) == 2


async def test_a_wake_for_later_during_a_turn_is_not_lost_either(stage: Stage) -> None:
    await stage.wake("company:1")

    async def wake_for_later(turn: Turn) -> None:
        await stage.wake(turn.key, at=AT + SOON)

    await stage.engine().run_until_idle(Notes(during=wake_for_later).handlers)
    assert (await stage.lane("company:1")).due_at == AT + SOON

    notes = Notes(then=NextDue(AT + 3 * SOON), during=wake_for_later)
    stage.clock.move(SOON)
    await stage.engine().run_until_idle({"company": notes.handle}, turns_max=1)
    assert (await stage.lane("company:1")).due_at == AT + SOON


async def test_a_failing_lane_backs_off_longer_each_time_and_keeps_its_error(stage: Stage) -> None:
    async def fail(_: Turn) -> None:
        raise RuntimeError("the books are upside down " + "and " * ERROR_LENGTH_MAX)

    await stage.wake("company:1")
    engine, notes = stage.engine(), Notes(during=fail)
    for attempt in range(1, 12):
        assert await engine.run_until_idle(notes.handlers) == 1
        lane = await stage.lane("company:1")
        assert lane.owner is None
        assert lane.attempts == attempt
        assert lane.due_at == stage.clock.now() + timedelta(seconds=min(2 ** (attempt - 1), BACKOFF_S_MAX))
        assert lane.last_error is not None
        assert lane.last_error.startswith("RuntimeError('the books are upside down")
        assert len(lane.last_error) == ERROR_LENGTH_MAX
        stage.clock.move(timedelta(seconds=BACKOFF_S_MAX))


async def test_the_error_that_is_kept_holds_no_secret_and_nothing_that_a_database_refuses(stage: Stage) -> None:
    class OddError(Exception):
        def __repr__(self) -> str:
            return f"Bearer {'s3cret' * 9} and \0 and \ud800"

    async def fail(_: Turn) -> None:
        raise OddError

    await stage.wake("company:1")
    await stage.engine().run_until_idle(Notes(during=fail).handlers)
    assert (await stage.lane("company:1")).last_error == "Bearer … and � and ?"


async def test_an_engine_never_takes_a_lane_from_itself(stage: Stage) -> None:
    """A clock that jumps ahead, or a loop that was held up, ends the leases of turns that are very much alive."""
    engine = stage.engine()
    again: list[object] = []

    async def outlive_the_lease(_: Turn) -> None:
        await stage.let_leases_end()
        again.extend(await stage.claim(engine))

    await stage.wake("company:1")
    await engine.run_until_idle(Notes(during=outlive_the_lease).handlers)
    assert again == []
    assert (await stage.lane("company:1")).fence == 1


async def test_a_lane_that_failed_forgets_it_when_a_turn_goes_well(stage: Stage) -> None:
    async def fail_once(_: Turn) -> None:
        if len(notes.turns) == 1:
            raise RuntimeError("once")

    await stage.wake("company:1")
    engine, notes = stage.engine(), Notes(during=fail_once)
    await engine.run_until_idle(notes.handlers)
    stage.clock.move(SOON)
    await engine.run_until_idle(notes.handlers)

    lane = await stage.lane("company:1")
    assert (lane.attempts, lane.last_error, lane.due_at) == (0, None, None)


async def test_a_failing_lane_leaves_nothing_half_written_and_others_running(stage: Stage) -> None:
    async def write_then_fail(turn: Turn) -> None:
        if turn.key == "company:bad":
            async with turn.commit() as session:
                await stage.engine().wake(session, "chore:1")
                raise RuntimeError("half way")

    await stage.wake("company:bad", at=AT - SOON)
    await stage.wake("company:good")
    notes = Notes(during=write_then_fail)
    await stage.engine().run_until_idle(notes.handlers)

    assert notes.turns == ["company:bad", "company:good"]


async def test_a_turn_that_lost_its_lease_ends_without_a_trace(stage: Stage) -> None:
    async def be_overtaken(turn: Turn) -> None:
        overtaking: list[Claim] = []
        while not overtaking:  # the turn renews its lease meanwhile, and may be faster
            await stage.let_leases_end()
            overtaking = await stage.claim(stage.engine())
        assert [claim.key for claim in overtaking] == [turn.key]
        with pytest.raises(LeaseLost):
            async with turn.commit() as session:
                await stage.engine().wake(session, "chore:1")
        raise LeaseLost(turn.key)

    await stage.wake("company:1")
    await stage.engine().run_until_idle({"company": Notes(during=be_overtaken).handle}, turns_max=1)

    lane = await stage.lane("company:1")
    assert (lane.fence, lane.attempts, lane.last_error) == (2, 0, None)
    assert lane.owner is not None


async def test_a_turn_is_over_after_its_units_or_its_seconds(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    units = 0

    async def work(turn: Turn) -> None:
        nonlocal units
        while not turn.is_over():
            async with turn.commit():
                units += 1

    await stage.wake("company:1")
    await stage.engine().run_until_idle(Notes(during=work).handlers)
    assert units == TURN_UNITS_MAX

    monkeypatch.setattr("tieout.engine.port.TURN_S_MAX", 0)
    await stage.wake("company:1")
    await stage.engine().run_until_idle(Notes(during=work).handlers)
    assert units == TURN_UNITS_MAX


async def test_a_long_turn_keeps_its_lease(stage: Stage) -> None:
    renewals: list[str] = []

    async def lease_of(key: str) -> datetime:
        until = (await stage.lane(key)).lease_until
        assert until is not None
        return until

    async def outlast_the_lease(turn: Turn) -> None:
        for _ in range(3):
            before = await lease_of(turn.key)
            await stage.let_leases_end()
            while await lease_of(turn.key) <= before:  # noqa: ASYNC110 - a renewal sets no event
                await asyncio.sleep(0)
            renewals.append(turn.key)
        assert await stage.claim(stage.engine()) == []

    await stage.wake("company:1")
    async with asyncio.timeout(WAIT_S_MAX):
        await stage.engine().run_until_idle(Notes(during=outlast_the_lease).handlers)
    assert len(renewals) == 3
    assert (await stage.lane("company:1")).last_error is None


async def test_a_renewal_that_fails_is_tried_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = stage.engine()
    renew, tried = engine.claims.renew, asyncio.Event()
    failures = iter((ConnectionError("the database is being restarted"),) * 2)

    async def renew_at_the_third_time(session: AsyncSession, key: str, fence: int) -> Lease | None:
        for failure in failures:
            raise failure
        tried.set()
        return await renew(session, key, fence)

    monkeypatch.setattr(engine.claims, "renew", renew_at_the_third_time)
    await stage.wake("company:1")
    async with asyncio.timeout(WAIT_S_MAX):
        await engine.run_until_idle(Notes(during=lambda _: tried.wait()).handlers)  # type: ignore[arg-type,return-value] # only awaited
    assert (await stage.lane("company:1")).last_error is None


async def test_a_turn_that_hangs_is_cut_off_and_counted_as_a_failure(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tieout.engine.port.TURN_LASTS_S_MAX", 0.05)

    async def hang(_: Turn) -> None:
        await asyncio.Event().wait()

    await stage.wake("company:1")
    async with asyncio.timeout(WAIT_S_MAX):
        assert await stage.engine().run_until_idle(Notes(during=hang).handlers) == 1
    lane = await stage.lane("company:1")
    assert (lane.owner, lane.attempts, lane.due_at) == (None, 1, AT + SOON)
    assert "cut off after 0.05 s" in str(lane.last_error)


async def test_a_turn_that_cannot_even_be_cut_off_loses_its_lane_to_others(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tieout.engine.port.TURN_LASTS_S_MAX", 0.05)
    cut_off, goes_on = asyncio.Event(), asyncio.Event()

    async def hang(_: Turn) -> None:
        while not goes_on.is_set():
            try:
                await goes_on.wait()
            except asyncio.CancelledError:
                cut_off.set()

    await stage.wake("company:1")
    hung = asyncio.create_task(stage.engine().run_until_idle(Notes(during=hang).handlers))
    async with asyncio.timeout(WAIT_S_MAX):
        await cut_off.wait()
        await stage.let_leases_end()
        while not (claims := await stage.claim(other := stage.engine())):  # a renewal may have been under way
            await stage.let_leases_end()
        goes_on.set()
        await hung
    assert (await stage.lane("company:1")).fence == claims[0].fence, "what hung gave back nothing that is another's"
    assert await stage.keys_that_are_owned() == {"company:1"}
    await stage.give_back(other, claims[0], at=None)


async def test_the_engine_runs_lanes_as_they_fall_due(stage: Stage) -> None:
    engine, notes = stage.engine(), Notes()
    async with running(engine, notes.handlers):
        await stage.wake("company:1")
        await notes.in_turn.wait()
        await settled(stage, "company:1")
        notes.in_turn.clear()
        await stage.wake("company:2")
        engine.nudge()
        await notes.in_turn.wait()
    assert notes.turns == ["company:1", "company:2"]


async def test_no_more_lanes_run_at_once_than_allowed(stage: Stage) -> None:
    at_once, most, done = 0, 0, asyncio.Event()

    async def count(_: Turn) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.002 if len(notes.turns) % 3 == 0 else 0.05)
        at_once -= 1
        if len(notes.turns) == 9 and at_once == 0:
            done.set()

    await stage.wake(*(f"company:{number}" for number in range(9)))
    notes = Notes(during=count)
    async with running(stage.engine(lanes_at_once=3), notes.handlers):
        await done.wait()
    assert most == 3
    assert len(set(notes.turns)) == 9


async def test_a_database_that_fails_for_a_while_does_not_end_the_engine(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, notes = stage.engine(), Notes()
    claim, failed = engine.claims.claim, 0

    async def claim_after_a_while(count: int, *, kinds: tuple[str, ...]) -> object:
        nonlocal failed
        if failed < 3:
            failed += 1
            raise ConnectionError("the database is being restarted")
        return await claim(count, kinds=kinds)

    monkeypatch.setattr(engine.claims, "claim", claim_after_a_while)
    await stage.wake("company:1")
    async with running(engine, notes.handlers):
        await notes.in_turn.wait()
    assert failed == 3


async def test_a_turn_that_cannot_give_its_lane_back_does_not_end_the_engine(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, notes = stage.engine(), Notes()
    release = engine.claims.release

    async def fail_once(*arguments: Any, **named: Any) -> bool:
        if len(notes.turns) == 1:
            raise ConnectionError("the database is being restarted")
        return await release(*arguments, **named)

    monkeypatch.setattr(engine.claims, "release", fail_once)
    await stage.wake("company:1")
    async with running(engine, notes.handlers):
        await notes.in_turn.wait()
        notes.in_turn.clear()
        await stage.let_leases_end()
        await notes.in_turn.wait()
        lane = await settled(stage, "company:1")
    assert notes.turns == ["company:1", "company:1"]
    assert lane.fence == 2


async def test_stopping_lets_turns_end_and_gives_their_lanes_back(stage: Stage) -> None:
    finished = []

    async def until_told(turn: Turn) -> None:
        while not turn.is_over():  # noqa: ASYNC110 - a turn is asked, it does not tell
            await asyncio.sleep(0.001)
        finished.append(turn.key)

    await stage.wake("company:1")
    notes = Notes(then=NextDue(AT + SOON), during=until_told)
    async with running(stage.engine(), notes.handlers):
        await notes.in_turn.wait()

    lane = await stage.lane("company:1")
    assert finished == ["company:1"]
    assert (lane.owner, lane.lease_until, lane.due_at) == (None, None, AT + SOON)


async def test_stopping_cuts_off_turns_that_do_not_end_and_leaves_their_lanes_due(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_began = asyncio.Barrier(3)

    async def stick(_: Turn) -> None:
        await both_began.wait()
        await asyncio.Event().wait()

    monkeypatch.setattr("tieout.engine.port.SHUTDOWN_S_MAX", 0.05)
    await stage.wake("company:1", "company:2")
    notes = Notes(during=stick)
    async with running(stage.engine(), notes.handlers):
        await both_began.wait()

    assert await stage.keys_that_are_owned() == set()
    async with stage.database.read() as session:
        assert list(await session.scalars(select(Lane.due_at))) == [AT, AT]


async def test_several_engines_share_the_work_and_never_a_lane(stage: Stage) -> None:
    inside: set[str] = set()
    overlaps: list[str] = []
    turns: dict[str, int] = {}
    done = asyncio.Event()

    async def work(turn: Turn) -> NextDue:
        if turn.key in inside:
            overlaps.append(turn.key)
        inside.add(turn.key)
        await asyncio.sleep(0.001)
        async with turn.commit() as session:
            await session.execute(update(Lane).where(Lane.key == turn.key).values(attempts=0))
        inside.discard(turn.key)
        turns[turn.key] = turns.get(turn.key, 0) + 1
        if len(turns) == 12 and min(turns.values()) >= 3:
            done.set()
        return NextDue(AT if turns[turn.key] < 3 else None)

    await stage.wake(*(f"company:{number}" for number in range(12)))
    handlers: dict[str, Handler] = dict.fromkeys(KINDS, work)
    async with running(stage.engine(), handlers), running(stage.engine(), handlers), running(stage.engine(), handlers):
        await done.wait()
    assert overlaps == []
    assert set(turns.values()) == {3}
