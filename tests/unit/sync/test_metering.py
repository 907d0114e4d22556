"""What calls cost adds up, by connection, UTC day, cause and kind."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.support.databases import BACKENDS, empty_database
from tests.support.stage import AT

from tieout.kit.clock import ManualClock
from tieout.kit.identifiers import new_id
from tieout.platforms.errors import Explanation, NoAnswer, NotSent
from tieout.platforms.port import Answer, CallKind, Cause
from tieout.platforms.registry import all_platforms
from tieout.storage.database import Database
from tieout.storage.tables.access import Partner, PlatformApp
from tieout.storage.tables.work import MeterReading
from tieout.sync.metering import CallMeter, MeteredHttp

DAY, NEXT_DAY = AT.date(), (AT + timedelta(days=1)).date()
SUBJECT = UUID(int=7)


@pytest.fixture(params=BACKENDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with empty_database(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
async def app_id(database: Database) -> UUID:
    partner_id, app_id = new_id(), new_id()
    dated = {"created_at": AT, "updated_at": AT}
    async with database.write() as session:
        session.add(Partner(id=partner_id, name="Payables Inc", **dated))
        await session.flush()
        owned = {"partner_id": partner_id, "platform": "ledgerly", "environment": "simulated", **dated}
        session.add(PlatformApp(id=app_id, client_id="c", client_secret=b"s", **owned))
    return app_id


def meter_of(app_id: UUID, clock: ManualClock | None = None) -> CallMeter:
    return CallMeter(SUBJECT, app_id, clock or ManualClock(AT))


async def readings(database: Database) -> dict[tuple[date, str, str], tuple[int, int, int]]:
    async with database.read() as session:
        rows = await session.scalars(select(MeterReading))
        return {(row.day, row.cause, row.kind): (row.calls, row.sent_bytes, row.received_bytes) for row in rows}


def count(meter: CallMeter, cause: Cause, kind: CallKind, sent: int = 10, received: int = 100) -> None:
    meter.count(cause=cause, kind=kind, sent_bytes=sent, received_bytes=received, status=200)


async def save(database: Database, meter: CallMeter) -> None:
    async with database.write() as session:
        await meter.save(session)


async def test_calls_and_bytes_add_up_by_day_cause_and_kind(database: Database, app_id: UUID) -> None:
    clock = ManualClock(AT)
    meter, other_worker = meter_of(app_id, clock), meter_of(app_id, clock)
    count(meter, Cause.PULL, CallKind.READ)
    count(meter, Cause.PULL, CallKind.READ, sent=1, received=2)
    count(meter, Cause.PUSH, CallKind.WRITE)
    await save(database, meter)
    count(meter, Cause.PULL, CallKind.READ)
    await save(database, meter)
    count(other_worker, Cause.PULL, CallKind.READ, sent=2**40, received=2**40)
    await save(database, other_worker)
    count(meter, Cause.PULL, CallKind.READ)
    clock.move(timedelta(days=1))
    count(meter, Cause.PULL, CallKind.READ)
    await save(database, meter)

    assert await readings(database) == {
        (DAY, "pull", "read"): (5, 31 + 2**40, 302 + 2**40),
        (DAY, "push", "write"): (1, 10, 100),
        (NEXT_DAY, "pull", "read"): (1, 10, 100),
    }


async def test_what_was_saved_is_not_saved_again(database: Database, app_id: UUID) -> None:
    meter = meter_of(app_id)
    count(meter, Cause.PULL, CallKind.READ)
    for _ in range(3):
        await save(database, meter)
    assert await readings(database) == {(DAY, "pull", "read"): (1, 10, 100)}


async def test_an_unanswered_call_counts_too(database: Database, app_id: UUID) -> None:
    meter = meter_of(app_id)
    meter.count(cause=Cause.RESOLVE, kind=CallKind.READ, sent_bytes=5, received_bytes=0, status=None)
    await save(database, meter)
    assert await readings(database) == {(DAY, "resolve", "read"): (1, 5, 0)}


async def test_what_a_failed_transaction_would_have_saved_is_saved_by_the_next(
    database: Database, app_id: UUID
) -> None:
    meter = meter_of(app_id)
    count(meter, Cause.PULL, CallKind.READ)

    async def save_and_fail() -> None:
        async with database.write() as session:
            await meter.save(session)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await save_and_fail()
    count(meter, Cause.PULL, CallKind.READ)
    await save(database, meter)
    assert await readings(database) == {(DAY, "pull", "read"): (2, 20, 200)}


async def test_calls_made_while_saving_are_kept_for_the_next_time(database: Database, app_id: UUID) -> None:
    meter = meter_of(app_id)
    count(meter, Cause.PULL, CallKind.READ)
    async with database.write() as session:
        await meter.save(session)
        count(meter, Cause.PULL, CallKind.READ)
    await save(database, meter)
    assert await readings(database) == {(DAY, "pull", "read"): (2, 20, 200)}


class Wire:
    """A platform that answers, or does not."""

    def __init__(self, outcome: Answer | Exception) -> None:
        self.outcome = outcome

    async def send(self, *_: object) -> Answer:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


TOLD = Explanation("code", "message", "fix")


@pytest.mark.parametrize("name", ["quickbooks", "xero"])
async def test_calls_without_a_budget_are_counted_by_what_they_are_to_the_bill(
    database: Database, app_id: UUID, name: str
) -> None:
    platform, meter = all_platforms()[name], meter_of(app_id)
    for outcome in (Answer(status=200, headers={}, body=b"12345"), NoAnswer(TOLD), NotSent(TOLD)):
        http = MeteredHttp(Wire(outcome), meter, platform, Cause.REFRESH)
        for path in ("/oauth2/v1/token", f"{platform.api_path}1/companyinfo/1"):
            try:
                await http.send("POST", f"https://platform.test{path}?a=b", {}, b"123")
            except (NoAnswer, NotSent):
                assert isinstance(outcome, Exception)
    await save(database, meter)
    assert await readings(database) == {
        (DAY, "refresh", "identity"): (2, 6, 5),
        (DAY, "refresh", "read"): (2, 6, 5),
    }


async def test_refused_and_unanswered_calls_are_told_apart_since_nobody_bills_them(
    database: Database, app_id: UUID
) -> None:
    meter = meter_of(app_id)
    for status in (200, 304, 400, 429, 503, None):
        meter.count(cause=Cause.PULL, kind=CallKind.READ, sent_bytes=0, received_bytes=1, status=status)
    await save(database, meter)
    async with database.read() as session:
        (row,) = await session.scalars(select(MeterReading))
    assert (row.subject_id, row.app_id, row.calls, row.refused, row.unanswered) == (SUBJECT, app_id, 6, 3, 1)
