"""What is kept of the past, and for how long."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.support.databases import BACKENDS, empty_database
from tests.support.stage import AT

from tieout.kit.identifiers import new_id
from tieout.storage.database import Database
from tieout.storage.tables.access import Partner, PlatformApp
from tieout.storage.tables.budgets import RateBudget
from tieout.storage.tables.business import Entity
from tieout.storage.tables.connections import Company, Connection, Link
from tieout.storage.tables.faults import UnitFault
from tieout.storage.tables.idempotency import KeptAnswer
from tieout.storage.tables.sync_history import SyncRun, TimelineEntry
from tieout.storage.tables.work import Intent, MeterReading
from tieout.storage.tables.writes import IntentAttempt, Send
from tieout.sync.forgetting import (
    ANSWERS_KEPT_DAYS,
    METER_KEPT_DAYS,
    QUIET_RUNS_KEPT_DAYS,
    RUNS_KEPT_DAYS,
    UNTOUCHED_KEPT_DAYS,
    forget_the_past,
)

PARTNER, ENTITY, APP, COMPANY, CONNECTION, LINK = (UUID(int=number) for number in range(1, 7))
ATTEMPTS_KEPT_DAYS = 400


@pytest.fixture(params=BACKENDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with empty_database(request.param, tmp_path) as opened:
        dated = {"created_at": AT, "updated_at": AT}
        owned = {"partner_id": PARTNER, "platform": "ledgerly", "environment": "simulated", **dated}
        async with opened.write() as session:
            session.add(Partner(id=PARTNER, name="Payables Inc", **dated))
            await session.flush()
            session.add(PlatformApp(id=APP, client_id="c", client_secret=b"s", **owned))
            session.add(Entity(id=ENTITY, partner_id=PARTNER, **ENTITY_FIELDS, **dated))
            await session.flush()
            session.add(Company(id=COMPANY, app_id=APP, external_id="1", name="Books", **owned))
            await session.flush()
            session.add(Connection(id=CONNECTION, partner_id=PARTNER, entity_id=ENTITY, company_id=COMPANY, **dated))
        yield opened


ENTITY_FIELDS: dict[str, Any] = {"type": "organization", "address": {}, "details": {}}


def run(age_days: float, **fields: Any) -> SyncRun:
    at = AT - timedelta(days=age_days)
    known: dict[str, Any] = {"cause": "schedule", "status": "finished", "finished_at": at, "is_quiet": False}
    place = {"partner_id": PARTNER, "entity_id": ENTITY, "connection_id": CONNECTION, "company_id": COMPANY}
    return SyncRun(id=new_id(), started_at=at, updated_at=at, **place, **(known | fields))


async def left(database: Database, now: datetime, *rows: Any) -> list[Any]:
    """What is still there of these rows after a sweep, by their place in the list."""
    async with database.write() as session:
        session.add_all(rows)
    async with database.write() as session:
        while await forget_the_past(session, now=now, attempts_kept_days=ATTEMPTS_KEPT_DAYS):
            pass
    async with database.read() as session:
        tables = {type(row) for row in rows}
        return [row for table in tables for row in await session.scalars(select(table))]


async def test_quiet_runs_are_kept_for_a_month_and_others_for_thirteen(database: Database) -> None:
    kept = [
        run(QUIET_RUNS_KEPT_DAYS - 1, is_quiet=True),
        run(QUIET_RUNS_KEPT_DAYS + 1),
        run(RUNS_KEPT_DAYS - 1, status="failed"),
        run(RUNS_KEPT_DAYS + 1, status="running", finished_at=None),
        run(RUNS_KEPT_DAYS + 1, status="failed", goes_on=True),
    ]
    gone = [run(QUIET_RUNS_KEPT_DAYS + 1, is_quiet=True), run(RUNS_KEPT_DAYS + 1), run(RUNS_KEPT_DAYS + 900)]
    ids = {one.id for one in kept}
    assert {one.id for one in await left(database, AT, *kept, *gone)} == ids


async def test_the_meter_is_kept_for_thirteen_months_and_answers_far_beyond_their_day(database: Database) -> None:
    place = {"subject_id": CONNECTION, "app_id": APP, "cause": "pull", "kind": "read"}
    days = [(AT - timedelta(days=age)).date() for age in (1, METER_KEPT_DAYS, METER_KEPT_DAYS + 1, 2_000)]
    meter = await left(database, AT, *[MeterReading(day=day, **place) for day in days])
    assert sorted(one.day for one in meter) == sorted(days[:2])
    ages = (1, ANSWERS_KEPT_DAYS - 1, ANSWERS_KEPT_DAYS + 1)
    answers = [
        KeptAnswer(partner_id=PARTNER, key_hash=str(age), fingerprint="f", created_at=AT - timedelta(days=age))
        for age in ages
    ]
    assert {one.key_hash for one in await left(database, AT, *answers)} == {"1", str(ANSWERS_KEPT_DAYS - 1)}


async def test_a_timeline_stays_with_its_connection(database: Database) -> None:
    entry = TimelineEntry(
        partner_id=PARTNER,
        entity_id=ENTITY,
        connection_id=CONNECTION,
        happened="connected",
        actor="tieout",
        created_at=AT,
    )
    assert len(await left(database, AT + timedelta(days=9_000), entry)) == 1


def link() -> Link:
    place = {"partner_id": PARTNER, "entity_id": ENTITY, "company_id": COMPANY, "object_id": LINK}
    dated = {"created_at": AT, "updated_at": AT, "last_pulled_at": AT}
    return Link(id=LINK, object_type="bill", **place, **dated)


def ledger(state: str, version: int, *tries: tuple[str, str, int], batch: Send | None = None) -> list[Any]:
    """A write with its tries: outcome, key, and age in days."""
    owned = {"partner_id": PARTNER, "entity_id": ENTITY}
    kept = {
        "company_id": COMPANY,
        "object_type": "bill",
        "object_id": LINK,
        "key": "own",
        "method": "POST",
        "path": "/",
    }
    write = Intent(
        id=new_id(),
        link_id=LINK,
        object_version=version,
        operation="create",
        state=state,
        body=b"",
        planned=b"",
        attempts_noted=len(tries),
        created_at=AT,
        updated_at=AT,
        send_id=None if batch is None else batch.id,
        **kept,
        **owned,
    )
    attempts = [
        IntentAttempt(
            intent_id=write.id,
            number=number,
            act="sent",
            key=key,
            began_at=AT - timedelta(days=days),
            outcome=outcome,
            **owned,
        )
        for number, (outcome, key, days) in enumerate(tries, 1)
    ]
    return [write, *attempts]


def send(key: str) -> Send:
    place = {"partner_id": PARTNER, "entity_id": ENTITY, "company_id": COMPANY, "method": "POST", "path": "/"}
    return Send(id=new_id(), reason="batch", key=key, body=b"", created_at=AT, **place)


async def test_of_a_write_in_the_books_what_says_so_stays_and_tries_on_the_way_go(database: Database) -> None:
    old, young = ATTEMPTS_KEPT_DAYS + 1, ATTEMPTS_KEPT_DAYS - 1
    given_up, shared = send("given up"), send("shared")
    async with database.write() as session:
        session.add_all([link(), given_up, shared])
        await session.flush()
        told = [("interrupted", "given up", old), ("absent", "given up", old), ("carried_out", "own", old)]
        told += [("no_answer", "own", young), ("absent", "own", old)]
        session.add_all(ledger("confirmed", 1, *told))
        session.add_all(ledger("refused", 2, ("no_answer", "own", old), ("refused", "own", old)))
        session.add_all(ledger("uncertain", 3, ("no_answer", "shared", old), ("absent", "shared", old), batch=shared))
        session.add_all(ledger("confirmed", 4, ("no_answer", "shared", old), ("found", "shared", old), batch=shared))
    await left(database, AT)
    async with database.read() as session:
        rows = select(Intent.object_version, IntentAttempt.number).join(Intent, Intent.id == IntentAttempt.intent_id)
        kept = [tuple(row) for row in await session.execute(rows)]
        sends = set(await session.scalars(select(Send.key)))
    assert sorted(kept) == [(1, 3), (1, 4), (1, 5), (2, 1), (2, 2), (3, 1), (3, 2), (4, 2)]
    assert sends == {"shared"}, "a request goes with the last try that it was made of"


async def test_limits_and_failures_of_companies_that_left_are_forgotten(database: Database) -> None:
    ages = {"left": UNTOUCHED_KEPT_DAYS + 1, "here": UNTOUCHED_KEPT_DAYS - 1}
    at = {name: AT - timedelta(days=days) for name, days in ages.items()}
    budgets = [RateBudget(scope=f"company:{name}", state={}, updated_at=at[name]) for name in ages]
    assert [one.scope for one in await left(database, AT, *budgets)] == ["company:here"]
    seen = {"first_at": AT - timedelta(days=900), "retry_at": AT}
    faults = [UnitFault(lane=name, unit="pull", error="KeyError", last_at=at[name], **seen) for name in ages]
    assert [one.lane for one in await left(database, AT, *faults)] == ["here"]
