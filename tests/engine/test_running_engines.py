"""An engine at work: how soon it runs what is woken, what it does not lose, and whose turn it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from tests.support.lane_worker import ENGINES
from tests.support.stage import Notes
from tests.support.trials import Trial

from tieout.engine.port import Handler, NextDue, Turn
from tieout.kit.clock import SystemClock
from tieout.storage.database import Database
from tieout.storage.tables.work import Lane

TRIAL_S_MAX = 30
PROMPT_S_MAX = 1.0
RARELY_S = 4.0
"""So rarely do engines look by themselves here that what runs sooner was announced."""
LARGE, SMALL = UUID(int=1), UUID(int=2)


@pytest.fixture(autouse=True)
def rarely(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tieout.engine.port.POLL_EVERY_S", 0.02 if trial.database.is_sqlite else RARELY_S)


@asynccontextmanager
async def running(trial: Trial, handlers: dict[str, Handler], *, lanes_at_once: int = 2) -> AsyncIterator[None]:
    """An engine at work on connections of its own, as in another process; it has begun when the block does."""
    database, begun = Database(trial.database.url.render_as_string(hide_password=False)), asyncio.Event()
    engine = ENGINES[trial.engine_name](database, SystemClock(), lanes_at_once=lanes_at_once)

    async def begin(_: Turn) -> NextDue:
        begun.set()
        return NextDue(None)

    await wake(trial, "begin:1")
    stop = asyncio.Event()
    work = asyncio.create_task(engine.run({**handlers, "begin": begin}, stop))
    try:
        async with asyncio.timeout(TRIAL_S_MAX):
            await begun.wait()
            await until_free(trial, "begin:1")
            yield
    finally:
        stop.set()
        await asyncio.wait_for(work, TRIAL_S_MAX)
        await database.close()


async def wake(trial: Trial, *keys: str, partner_id: UUID | None = None) -> None:
    async with trial.database.write() as session:
        for key in keys:
            await trial.engine.wake(session, key, partner_id=partner_id)


async def lane(trial: Trial, key: str) -> Lane:
    async with trial.database.read() as session:
        return await session.get_one(Lane, key)


async def until_free(trial: Trial, key: str) -> Lane:
    while True:
        found = await lane(trial, key)
        if found.owner is None and found.due_at is None:
            return found
        await asyncio.sleep(0.01)


async def test_what_another_process_wakes_runs_promptly(trial: Trial) -> None:
    if trial.database.is_sqlite:
        pytest.skip("on SQLite other processes find it at their next poll, a second later at most")
    notes, loop = Notes(), asyncio.get_running_loop()
    async with running(trial, notes.handlers):
        for number in range(5):
            notes.in_turn.clear()
            woken_at_s = loop.time()
            await wake(trial, f"company:{number}")
            await notes.in_turn.wait()
            assert loop.time() - woken_at_s < PROMPT_S_MAX


async def test_a_wake_during_a_turn_is_not_lost(trial: Trial) -> None:
    async def be_woken_once(turn: Turn) -> None:
        if len(notes.turns) == 1:
            await wake(trial, turn.key)

    notes = Notes(during=be_woken_once)
    await wake(trial, "company:1")
    async with running(trial, notes.handlers):
        while len(notes.turns) < 2:  # noqa: ASYNC110 - the second turn sets no event of its own
            await asyncio.sleep(0.01)
        await until_free(trial, "company:1")
    assert notes.turns == ["company:1", "company:1"]


async def test_a_lane_that_asks_for_its_next_turn_gets_it(trial: Trial) -> None:
    async def go_on(turn: Turn) -> NextDue:
        turns.append(turn.key)
        return NextDue(SystemClock().now() if len(turns) < 4 else None)

    turns: list[str] = []
    await wake(trial, "company:1")
    async with running(trial, {"company": go_on}):
        await until_free(trial, "company:1")
        while len(turns) < 4:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.01)


async def test_a_paused_lane_ends_its_turn_and_goes_on_when_resumed(trial: Trial) -> None:
    async def work(turn: Turn) -> NextDue:
        began.set()
        while not turn.is_over():
            async with turn.commit():
                units.append(turn.key)
            await asyncio.sleep(0.01)
        ended.set()
        return NextDue(SystemClock().now())

    units: list[str] = []
    began, ended = asyncio.Event(), asyncio.Event()
    await wake(trial, "company:1")
    async with running(trial, {"company": work}):
        await began.wait()
        async with trial.database.write() as session:
            assert await trial.engine.pause(session, "company:1", reason="closing the year")
        await ended.wait()
        while (await lane(trial, "company:1")).owner is not None:  # noqa: ASYNC110 - a release sets no event
            await asyncio.sleep(0.01)
        began.clear()
        await wake(trial, "company:1", "company:other")
        await began.wait()
        assert (await lane(trial, "company:1")).owner is None

        async with trial.database.write() as session:
            assert await trial.engine.resume(session, "company:1")
        while (await lane(trial, "company:1")).owner is None:  # noqa: ASYNC110 - a claim sets no event
            await asyncio.sleep(0.01)


async def test_a_partner_with_nearly_all_due_lanes_does_not_hold_up_another(trial: Trial) -> None:
    async def take_a_while(turn: Turn) -> NextDue:
        turns.append(turn.key)
        await asyncio.sleep(0.01)
        if {key for key in turns if key.startswith("company:small")} == small:
            done.set()
        return NextDue(None)

    turns: list[str] = []
    done = asyncio.Event()
    small = {f"company:small-{number}" for number in range(2)}
    await wake(trial, *(f"company:large-{number}" for number in range(120)), partner_id=LARGE)
    async with running(trial, {"company": take_a_while}):
        while len(turns) < 4:  # noqa: ASYNC110 - turns set no event of their own
            await asyncio.sleep(0.005)
        await wake(trial, *small, partner_id=SMALL)
        woken_after = len(turns)
        await done.wait()
    assert len(turns) < woken_after + 40, "they did not wait for the hundred before them"


async def test_stopping_gives_leases_back_at_once(trial: Trial) -> None:
    async def work(turn: Turn) -> NextDue:
        began.set()
        while not turn.is_over():  # noqa: ASYNC110 - a turn is asked, it does not tell
            await asyncio.sleep(0.01)
        return NextDue(SystemClock().now() + timedelta(hours=1))

    began = asyncio.Event()
    await wake(trial, "company:1")
    async with running(trial, {"company": work}):
        await began.wait()
    stopped = await lane(trial, "company:1")
    assert (stopped.owner, stopped.lease_until) == (None, None)
    assert stopped.due_at is not None
