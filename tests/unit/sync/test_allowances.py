"""What an app's companies share: leased in chunks, never more than there is, and the last of it for people."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy import event, select
from tests.support.databases import BACKENDS, empty_database

from tieout.platforms.errors import Throttled
from tieout.platforms.port import Allowance, CallKind, LimitScope, Platform, RateLimit
from tieout.storage.database import Database
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.budgets import RateBudget
from tieout.sync.allowances import CHUNK_CALLS, AppAllowance, AppAllowances

LIMIT = RateLimit(name="app_minute", calls=200, window_s=60, burst=100, scope=LimitScope.APP)
NOON_S = 1_772_452_800.0
"""2 March 2026, 12:00 UTC."""
NEXT_MONTH_S = NOON_S + 30 * 86_400


@pytest.fixture(params=BACKENDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with empty_database(request.param, tmp_path) as opened:
        yield opened


def worker(database: Database, *limits: RateLimit, a_month: int | None = None) -> AppAllowance:
    """What one process holds for the app."""
    platform = SimpleNamespace(rate_limits=limits, billed_kinds=frozenset({CallKind.READ}))
    app = PlatformApp(id=UUID(int=1), billed_calls_per_month=a_month)
    allowance = AppAllowances(database).of(cast("Platform", platform), app)
    assert allowance is not None
    return allowance


async def taken(
    one: AppAllowance, count: int, *, now_s: float = NOON_S, kind: CallKind = CallKind.READ, is_routine: bool = False
) -> int:
    """How many of so many calls may go."""
    for number in range(count):
        try:
            await one.take(kind, now_s=now_s, is_routine=is_routine)
        except Throttled:
            return number
    return count


async def test_a_chunk_of_calls_costs_one_transaction(database: Database) -> None:
    one = worker(database, LIMIT)
    commits: list[object] = []
    event.listen(database._writers.sync_engine, "commit", commits.append)  # noqa: SLF001 - to count them
    assert await taken(one, CHUNK_CALLS) == CHUNK_CALLS
    assert len(commits) == 1
    assert await taken(one, 1) == 1
    assert len(commits) == 2


async def test_tasks_that_find_nothing_left_at_the_same_moment_lease_one_chunk(database: Database) -> None:
    one = worker(database, LIMIT, a_month=1_000)
    assert await asyncio.gather(*(taken(one, 1) for _ in range(4))) == [1] * 4
    assert (one.lease.calls, one.lease.billed_calls) == (CHUNK_CALLS - 4, CHUNK_CALLS - 4)
    async with database.read() as session:
        (row,) = await session.scalars(select(RateBudget))
    assert row.state["billed_calls"] == CHUNK_CALLS, "what is leased of a month and forgotten is lost"


async def test_workers_together_never_exceed_the_window_whenever_they_use_what_they_leased(database: Database) -> None:
    workers = [worker(database, LIMIT) for _ in range(3)]
    assert [await taken(one, 70) for one in workers] == [70, 0, 0], "two chunks are the whole burst"
    went = [(NOON_S, 70)]
    for second in range(3, 150, 3):
        wanted = 10 if second % 9 else 200
        count = [await taken(one, wanted, now_s=NOON_S + second) for one in workers]
        went.append((NOON_S + second, sum(count)))
    for start_s, _ in went:
        assert sum(count for at_s, count in went if start_s <= at_s < start_s + 60) <= LIMIT.calls
    assert sum(count for _, count in went) > LIMIT.calls, "and what lapses is made good"


async def test_routine_work_leaves_the_last_of_the_month_to_people_and_writes_are_free(database: Database) -> None:
    one = worker(database, a_month=200)
    assert await taken(one, 300, is_routine=True) == 170
    assert await taken(one, 300) == 30
    assert await taken(one, 300, kind=CallKind.WRITE) == 300
    assert await taken(worker(database, a_month=200), 300) == 0, "another process knows it too"
    assert await taken(one, 300, now_s=NEXT_MONTH_S) == 200


async def test_the_platforms_word_about_the_app_is_obeyed(database: Database) -> None:
    one = worker(database, LIMIT)
    one.note(Allowance(left={"app_minute": 30}), now_s=NOON_S)
    assert await taken(one, 1, is_routine=True) == 0
    assert await taken(one, 1) == 1
    one.note(Allowance(rest_s=22.0, limit="app_minute"), now_s=NOON_S)
    assert await taken(one, 1, now_s=NOON_S + 21) == 0
    assert await taken(one, 1, now_s=NOON_S + 22) == 1


def test_nothing_is_leased_where_nothing_is_shared(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'none.db'}")
    platform = cast("Platform", SimpleNamespace(rate_limits=(), billed_kinds=frozenset()))
    assert AppAllowances(database).of(platform, PlatformApp(id=UUID(int=1), billed_calls_per_month=None)) is None
