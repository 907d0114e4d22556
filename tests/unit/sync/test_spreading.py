"""What fell due while nobody ran lanes: routine pulls are spread, and what people wait for is not."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select
from tests.support.databases import BACKENDS, empty_database
from tests.support.stage import AT

from tieout.kit.clock import ManualClock
from tieout.kit.identifiers import new_id
from tieout.settings import Settings
from tieout.storage.database import Database
from tieout.storage.tables.access import Partner, PlatformApp
from tieout.storage.tables.connections import Company
from tieout.storage.tables.work import Lane
from tieout.sync.scheduling import SPREAD_S_MAX
from tieout.sync.services import Services
from tieout.sync.spreading import HERD_MIN, spread_overdue

HOUR = timedelta(hours=1)
MANY = 2 * HERD_MIN


@pytest.fixture(params=BACKENDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with empty_database(request.param, tmp_path) as opened:
        yield opened


async def fill(database: Database, *cases: dict[str, Any]) -> list[str]:
    """Companies with their lanes, due as told; their lanes' keys."""
    partner_id, app_id = new_id(), new_id()
    dated = {"created_at": AT, "updated_at": AT}
    owned = {"partner_id": partner_id, "platform": "ledgerly", "environment": "simulated", **dated}
    keys = []
    async with database.write() as session:
        session.add(Partner(id=partner_id, name="Payables Inc", **dated))
        await session.flush()
        session.add(PlatformApp(id=app_id, client_id="c", client_secret=b"s", **owned))
        await session.flush()
        for number, case in enumerate(cases):
            company = {"first_pulled_at": AT - 9 * HOUR, "pull_due_at": AT - 2 * HOUR} | case
            lane = {"due_at": company["pull_due_at"], "fence": 0, "attempts": 0} | company.pop("lane", {})
            one = Company(id=new_id(), app_id=app_id, external_id=str(number), name="Books", **owned, **company)
            session.add(one)
            session.add(Lane(key=f"company:{one.id}", kind="company", **lane))
            keys.append(f"company:{one.id}")
    return keys


def services(database: Database) -> Services:
    known = SimpleNamespace(database=database, clock=ManualClock(AT), settings=Settings())
    return cast("Services", known)


async def due(database: Database) -> dict[str, datetime | None]:
    async with database.read() as session:
        return {lane.key: lane.due_at for lane in await session.scalars(select(Lane))}


async def test_a_herd_of_overdue_pulls_is_spread_in_the_order_in_which_they_fell_due(database: Database) -> None:
    keys = await fill(database, *[{"pull_due_at": AT - HOUR - timedelta(seconds=n)} for n in range(MANY)])
    assert await spread_overdue(services(database)) == MANY
    after = await due(database)
    moments = [after[key] for key in reversed(keys)]
    assert moments == sorted(moments, key=lambda at: at or AT)
    assert len(set(moments)) == MANY
    assert all(at is not None and AT <= at < AT + timedelta(seconds=SPREAD_S_MAX) for at in moments)
    assert await spread_overdue(services(database)) == 0, "what was put off is overdue no more"


async def test_whatever_somebody_waits_for_stays_due(database: Database) -> None:
    urgent: list[dict[str, Any]] = [
        {"pull_cause": "request"},
        {"first_pulled_at": None},
        {"pull_started_at": AT - 3 * HOUR},
        {"lane": {"due_at": AT - 3 * HOUR}},  # woken for a push
        {"lane": {"due_at": AT - 2 * HOUR, "owner": "worker", "lease_until": AT}},
        {"lane": {"due_at": AT - 2 * HOUR, "paused_at": AT}},
        {"pull_due_at": AT - timedelta(seconds=10)},
        {"pull_due_at": AT + HOUR},
    ]
    keys = await fill(database, *urgent, *[{} for _ in range(MANY)])
    before = await due(database)
    assert await spread_overdue(services(database)) == MANY
    after = await due(database)
    for key in keys[: len(urgent)]:
        assert after[key] == before[key]


async def test_a_comparison_that_fell_due_is_routine_too_and_a_few_lanes_are_no_herd(database: Database) -> None:
    await fill(database, *[{"pull_due_at": AT + HOUR, "tie_out_due_at": AT - HOUR} for _ in range(HERD_MIN - 1)])
    assert await spread_overdue(services(database)) == 0
    async with database.write() as session:
        for lane in await session.scalars(select(Lane)):
            lane.due_at = AT - HOUR
    assert await spread_overdue(services(database)) == 0
    await fill(database, {})
    assert await spread_overdue(services(database)) == HERD_MIN
