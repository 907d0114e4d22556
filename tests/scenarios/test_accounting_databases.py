"""What is read of connected books, runs and timelines is the same on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.databases import BACKENDS, Backend, empty_database
from tests.support.house import build_house
from tests.support.trading import PLATFORMS, Json, Trade, open_trade, unhurried


@pytest.fixture(params=BACKENDS)
async def trade(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Trade]:
    backend: Backend = request.param
    async with empty_database(backend, tmp_path) as database:
        house = await build_house(tmp_path, database=database)
        unhurried(monkeypatch)
        yield await open_trade(house, PLATFORMS[0])
        await house.close()


async def paged(trade: Trade, path: str, **query: Any) -> list[Json]:
    """Everything, two at a time."""
    found: list[Json] = []
    asked: Json = {"limit": 2, **query}
    while True:
        answer = await trade.partner.get(path, params=asked)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["data"]
        if page["next_pagination_token"] is None:
            return found
        named = {name: value for name, value in query.items() if name == "object_type"}
        asked = {"limit": 2, "pagination_token": page["next_pagination_token"], **named}


async def test_records_runs_and_timelines_are_kept_and_paged(trade: Trade) -> None:
    customer = await trade.counterpart("Northwind Traders")
    for number in range(3):
        await trade.issue(customer, trade.line(tax_rate_value=1_337 + number))
    good = await trade.issue(customer)
    await trade.settle(minutes=1)
    await trade.done("receivable", good)
    base = f"/accounting_connections/{trade.connection_id}"

    runs = await paged(trade, f"{base}/sync_runs")
    assert [run["cause"] for run in runs] == ["connected", "push"]
    assert {"object_type": "receivable", "pushed": 1, "refused": 3} in runs[1]["pushes"]
    told = [one["happened"] for one in await paged(trade, f"{base}/timeline")]
    assert told == ["pending_auth", "connected", "first_sync_finished"]

    records = await paged(trade, "/accounting_synced_records", object_type="invoice", sort="updated_at", order="desc")
    statuses = await paged(trade, f"/internal{base}/sync_status", type="receivable", sort="updated_at")
    assert {one["id"] for one in statuses} == {one["id"] for one in records}
    assert len(statuses) == len(records) == 4
    failed = await paged(trade, "/accounting_synced_records", object_type="receivable", sync_status="error")
    assert len(failed) == 3

    await trade.settle(minutes=1)
    pushed = await trade.ask("POST", "/accounting_synced_records/push", {"error_code": failed[0]["errors"]["code"]})
    assert pushed == {"wanted": 3, "in_the_books_already": 0, "remaining": 0}
    await trade.settle()
    asked = {"object_types": ["receivable", "bill"], "issued_from": "2026-01-01", "issued_to": "2026-12-31"}
    counts = (await trade.ask("POST", f"{base}/backfill", asked))["data"]
    assert [(one["wanted"], one["known_already"]) for one in counts] == [(0, 4), (0, 0)]

    await trade.pull()
    page = await trade.ask("GET", "/accounting/receivables?limit=500")
    rest = await trade.ask("GET", "/accounting/receivables?limit=500&offset=1")
    assert page["data"][1:] == rest["data"]
    assert {one["object_type"] for one in await paged(trade, "/events", object_type="accounting_sync_run")} == {
        "accounting_sync_run"
    }
