"""Tying out: figures that agree to the cent, differences that show, and calls that are counted as the platform does."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.support.house import House
from tests.support.operating import pay, use_account
from tests.support.trading import BUSY, PLATFORMS, Json, Trade, open_trade, unhurried

from tieout.platforms.xero import cursor as xero_cursor
from tieout.storage.tables.connections import LedgerAccount, Snapshot
from tieout.storage.tables.work import Intent

pytestmark = pytest.mark.parametrize("platform", PLATFORMS)
FAILURES: tuple[dict[str, Any], ...] = (
    {"kind": "rate_limited", "retry_after_s": 1},
    {"kind": "status_before_commit", "status": 503},
    {"kind": "status_after_commit", "status": 500},
    {"kind": "drop_after_commit"},
    {"kind": "drop_before_commit"},
)


@pytest.fixture
async def trade(house: House, platform: str, monkeypatch: pytest.MonkeyPatch) -> Trade:
    unhurried(monkeypatch)
    return await open_trade(house, platform)


def control(told: Json, name: str) -> Json:
    (found,) = [one for one in told["controls"] if one["control"] == name]
    return dict(found)


async def test_figures_tie_out_through_documents_payments_and_voids(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch)
    trade = await open_trade(house, platform, name=BUSY[platform])
    assert (await trade.tie_out())["ties_out"]
    customer, vendor = await trade.counterpart("Northwind Traders"), await trade.vendor("Paper & Ink Supplies")
    invoices = [await trade.issue(customer) for _ in range(3)]
    bill = await trade.bill(vendor, number="SUP-77")
    await trade.settle()
    ids = [await trade.done("receivable", one) for one in invoices]
    trade.act("pay", document_id=ids[0])
    trade.act("pay", document_id=ids[1], amount="10.00")
    trade.act("pay", document_id=await trade.done("bill", bill), amount="7.77")
    trade.act("void", document_id=ids[2])
    await trade.settle(days=1, minutes=1)
    told = await trade.tie_out()
    assert told["ties_out"], told
    assert {one["difference"] for one in told["controls"]} == {"0.00"}
    before = control(told, "receivable")["in_the_books"]
    trade.act("pay", document_id=ids[1])
    await trade.settle(days=1, minutes=1)
    told = await trade.tie_out()
    assert told["ties_out"]
    paid = Decimal(invoices[1]["total_amount"]) / 100 - 10
    assert Decimal(before) - Decimal(control(told, "receivable")["in_the_books"]) == paid


async def test_what_we_hold_wrongly_or_miss_shows_as_a_difference_to_the_cent(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xero_cursor, "SWEEP_EVERY", timedelta(days=30))  # which would mend it first: see below
    bills = [one for one in trade.documents(kind="Bill") if one.balance]
    async with trade.house.services.database.write() as session:
        rows = await session.scalars(
            select(Snapshot).where(Snapshot.company_id == trade.company_id, Snapshot.kind == "invoice")
        )
        row = next(one for one in rows if Decimal(json.loads(one.canonical or b"{}").get("balance", "0")) > 1)
        held = json.loads(row.canonical or b"{}")
        held["balance"] = format(Decimal(held["balance"]) - Decimal("0.01"), "f")
        row.canonical = json.dumps(held).encode()
        where = (Snapshot.company_id == trade.company_id) & (Snapshot.external_id == bills[0].ref.id)
        await session.execute(update(Snapshot).where(where).values(gone_at=trade.house.clock.now()))
    await trade.settle(days=1, minutes=1)
    told = await trade.tie_out()
    assert not told["ties_out"]
    assert control(told, "receivable")["difference"] == "0.01"
    assert Decimal(control(told, "payable")["difference"]) == bills[0].balance
    assert control(told, "payable")["open_documents"] == len(bills) - 1
    monkeypatch.undo()
    if trade.platform == "xero":
        await trade.settle(days=1, minutes=1)
        assert (await trade.tie_out())["ties_out"], "the daily sweep reads again what is open"


async def test_old_documents_are_not_compared_with_new_figures(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two pulls the books move on; the daily comparison reads what changed first."""
    unhurried(monkeypatch)
    trade = await open_trade(house, platform)
    for _ in range(3):
        house.clock.move(timedelta(hours=8))
        await trade.pull()
    first = await trade.tie_out()
    open_one = next(one for one in trade.documents() if one.payable)
    trade.act("pay", document_id=open_one.ref.id, amount="1.00")
    pulled_at = (await trade.company()).last_pulled_at
    due_at = (await trade.company()).tie_out_due_at
    assert pulled_at is not None
    assert due_at is not None
    house.clock.move(max(due_at - house.clock.now(), timedelta()) + timedelta(seconds=1))
    await trade.settle()
    told = await trade.tie_out()
    assert told["compared_at"] > first["compared_at"]
    assert told["ties_out"], told


async def test_documents_from_before_a_write_of_ours_are_not_compared_with_figures_from_after_it(trade: Trade) -> None:
    """A payment changes the balance of its invoice, which only a pull tells. It waits a while: more may follow."""
    (bank, *_) = [one for one in await trade.rows(LedgerAccount) if one.is_bank_account and one.status == "Active"]
    await use_account(trade, str(bank.id))
    invoice = await trade.issue(await trade.counterpart("Northwind Traders"))
    await trade.settle()
    due_at = (await trade.company()).tie_out_due_at
    assert due_at is not None
    trade.house.clock.move(due_at - trade.house.clock.now() - timedelta(seconds=90))
    await trade.pull()
    compared_at = (await trade.tie_out())["compared_at"]
    await pay(trade, "receivables", invoice)
    await trade.settle(seconds=40)
    assert [one.state for one in await trade.rows(Intent) if one.object_type == "payment_record"] == ["confirmed"]
    assert (await trade.tie_out())["compared_at"] == compared_at
    await trade.settle(minutes=15)
    told = await trade.tie_out()
    assert told["compared_at"] > compared_at
    assert told["ties_out"], told


async def test_figures_are_compared_once_a_day(trade: Trade) -> None:
    reports = {"quickbooks": "/v3/company/{}/reports/", "xero": "/api.xro/2.0/Reports/"}[trade.platform]
    prefix = reports.format(trade.books.id)
    assert trade.calls(path_prefix=prefix) == 1
    for _ in range(7):
        await trade.settle(hours=8)
    assert trade.calls(path_prefix=prefix) == 3, "fifty-six hours: at once, and after each of two days"


# What it costs ------------------------------------------------------------------------------------------------


def counted_there(trade: Trade) -> int:
    """Calls about this company that reached the platform, answered well or not."""
    rows = trade.house.simulator(trade.platform).meter.told()
    return sum(int(str(row["calls"])) + int(str(row["refused"])) for row in rows if row["company_id"] == trade.books.id)


async def test_the_meter_counts_what_the_platform_counts_and_tells_why(trade: Trade) -> None:
    await trade.issue(await trade.counterpart("Northwind Traders"))
    await trade.settle()
    rows = await trade.readings()
    told = {(row.cause, row.kind): row.calls for row in rows}
    assert told["push", "write"] == {"quickbooks": 3, "xero": 2}[trade.platform]
    assert told["tie_out", "report"] == 1
    assert {cause for cause, _ in told} == {"connect", "pull", "push", "tie_out"}
    assert all(row.received_bytes > 0 for row in rows)
    await trade.issue(await trade.counterpart("Southwind Traders"), trade.line(tax_rate_value=1_337))
    await trade.settle(days=2)
    assert counted_there(trade) == await trade.metered_calls()


async def test_calls_that_fail_are_counted_too(trade: Trade) -> None:
    before = counted_there(trade) - await trade.metered_calls()
    for place, wish in enumerate(FAILURES):
        trade.fault(**wish, count=3)
        trade.fault(**wish, skip=5)
        await trade.issue(await trade.counterpart(f"Customer {place}"), trade.line())
        await trade.pull()
        await trade.settle_all(step_s=400)
        trade.no_more_faults()
        assert counted_there(trade) - await trade.metered_calls() == before, wish
