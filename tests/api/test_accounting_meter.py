"""GET /accounting_connections/{id}/meter: what the platform was asked for, by day, cause and kind."""

from datetime import date
from typing import Any

import httpx2
import pytest
from tests.support.connected import Connected, connect_books
from tests.support.partner import Api, Partner

from tieout.api.added_shapes import CAUSES
from tieout.app import build_app
from tieout.platforms.port import Cause
from tieout.storage.tables.connections import Company
from tieout.storage.tables.work import MeterReading

LATE, EARLY = date(2026, 3, 2), date(2026, 2, 1)


@pytest.fixture
async def books(api: Api, partner: Partner) -> Connected:
    return await connect_books(api, partner)


async def meter(books: Connected, **days: str) -> Any:
    answer = await books.partner.get(f"/accounting_connections/{books.connection_id}/meter", params=days)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def count(books: Connected, day: date, cause: str, kind: str, **counts: int) -> None:
    async with books.api.services.database.read() as session:
        company = await session.get_one(Company, books.company_id)
    some = {"calls": 10, "refused": 3, "unanswered": 1, "sent_bytes": 5, "received_bytes": 700} | counts
    place = {"subject_id": books.connection_id, "app_id": company.app_id}
    await books.add(MeterReading(day=day, cause=cause, kind=kind, **place, **some))


async def test_the_last_thirty_days_are_shown_with_their_sums(books: Connected) -> None:
    assert await meter(books) == {
        "first_day": "2026-02-01",
        "last_day": "2026-03-02",
        "total": dict.fromkeys(("calls", "refused", "unanswered", "billed_calls", "sent_bytes", "received_bytes"), 0),
        "data": [],
    }
    await count(books, LATE, "pull", "read")
    await count(books, EARLY, "push", "write", calls=4, refused=0)
    await count(books, date(2026, 1, 31), "pull", "read")
    shown = await meter(books)
    assert [(one["day"], one["cause"], one["kind"]) for one in shown["data"]] == [
        ("2026-02-01", "push", "write"),
        ("2026-03-02", "pull", "read"),
    ]
    assert (shown["total"]["calls"], shown["total"]["received_bytes"]) == (14, 1_400)


async def test_quickbooks_bills_what_is_read_and_not_refused_and_never_a_write(books: Connected) -> None:
    for kind in ("read", "report", "write", "identity"):
        await count(books, LATE, "pull", kind)
    billed = {one["kind"]: one["billed_calls"] for one in (await meter(books))["data"]}
    assert billed == {"read": 7, "report": 7, "write": 0, "identity": 0}


async def test_xero_bills_no_calls(books: Connected) -> None:
    await books.change(Company, books.company_id, platform="xero")
    await count(books, LATE, "pull", "read")
    assert (await meter(books))["total"]["billed_calls"] == 0


async def test_days_are_chosen_and_both_are_included(books: Connected) -> None:
    for day in (EARLY, LATE):
        await count(books, day, "pull", "read")
    for days, found in (
        ({"from": "2026-02-01", "to": "2026-02-01"}, 1),
        ({"from": "2026-02-01"}, 2),
        ({"from": "2026-02-02"}, 1),
        ({"to": "2026-03-01"}, 1),
    ):
        assert len((await meter(books, **days))["data"]) == found, days


@pytest.mark.parametrize(
    "query", ["from=2026-03-02&to=2026-03-01", "from=2024-01-01", "from=yesterday", "to=2026-02-30", "from=2026-04-01"]
)
async def test_days_that_cannot_be_are_refused(books: Connected, query: str) -> None:
    answer = await books.partner.get(f"/accounting_connections/{books.connection_id}/meter?{query}")
    assert answer.status_code == 422, answer.text


async def test_the_operator_sees_todays_calls_of_all_connections(books: Connected) -> None:
    await count(books, LATE, "pull", "read")
    await count(books, EARLY, "pull", "read")
    whole = httpx2.ASGITransport(build_app(books.api.services))
    async with httpx2.AsyncClient(transport=whole, base_url="https://tieout.example") as operator:
        page = (await operator.get("/metrics")).text
    told = 'tieout_platform_calls_today{cause="pull",kind="read",outcome="%s",platform="quickbooks"} %s'
    for outcome, calls in (("served", "6.0"), ("refused", "3.0"), ("unanswered", "1.0")):
        assert told % (outcome, calls) in page
    assert 'tieout_platform_bytes_today{direction="received",platform="quickbooks"} 700.0' in page


def test_the_causes_that_are_told_are_those_that_are_counted() -> None:
    assert sorted(CAUSES) == sorted(Cause)
