"""Pushing into books that need a world of their own: not pulled yet, in the United States, switched, handed on."""

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.support.house import House
from tests.support.trading import BUSY, PLATFORMS, Trade, open_trade, set_up, unhurried

pytestmark = pytest.mark.parametrize("platform", PLATFORMS)
VALUE = {"quickbooks": 2_000, "xero": 1_000}
"""Percent × 100 of the only rate for sales that is not zero, or not a reduced one."""


@pytest.fixture
async def trade(house: House, platform: str, monkeypatch: pytest.MonkeyPatch) -> Trade:
    unhurried(monkeypatch)
    return await open_trade(house, platform)


async def test_an_invoice_issued_before_the_first_pull_waits_for_it_and_is_pushed_then(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch)
    trade = await open_trade(house, platform, settle=False)
    product = await trade.product("Advisory hour")
    invoice = await trade.issue(
        await trade.counterpart("Northwind Traders"), trade.line(product, tax_rate_value=VALUE[platform])
    )
    assert (await trade.synced("receivable", invoice))["sync_status"] == "pending"
    await trade.settle()
    assert (await trade.refused("receivable", invoice))["code"] in {"ledger_account_missing", "product_refused"}
    await set_up(trade)
    await trade.push("receivable", invoice)
    await trade.settle()
    assert trade.document(await trade.done("receivable", invoice)).total == Decimal(invoice["total_amount"]) / 100


async def test_documents_in_us_books_carry_the_tax_of_the_chosen_rate(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch)
    trade = await open_trade(house, platform, name=BUSY[platform])
    invoice = await trade.issue(await trade.counterpart("Northwind Traders"))
    bill = await trade.bill(await trade.vendor("Paper & Ink Supplies"), number="SUP-77")
    await trade.settle()
    for object_type, document in (("receivable", invoice), ("bill", bill)):
        assert trade.document(await trade.done(object_type, document)).total == Decimal(document["total_amount"]) / 100
    await trade.pull()
    house.clock.move(timedelta(days=1))
    await trade.settle()
    assert (await trade.tie_out())["ties_out"]


@pytest.mark.only_at("quickbooks", because="only QuickBooks has books whose rate of zero is none at all")
async def test_a_deduction_in_us_books_needs_no_rate(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch)
    trade = await open_trade(house, platform, name=BUSY[platform])
    invoice = await trade.issue(await trade.counterpart("Northwind Traders"), trade.line(), deduction_amount=1_500)
    await trade.settle()
    assert trade.document(await trade.done("receivable", invoice)).total * 100 == invoice["total_amount"]


async def test_the_stand_in_is_found_again_by_the_next_entity_of_the_same_books(trade: Trade) -> None:
    first = await trade.issue(await trade.counterpart("Northwind Traders"), trade.line())
    await trade.settle()
    await trade.done("receivable", first)
    await trade.pull()
    await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/disconnect")
    await trade.settle()
    await trade.partner.make_entity("Second Ltd")
    second = await open_trade(trade.house, trade.platform, partner=trade.partner)
    invoice = await second.issue(await second.counterpart("Bluebell Catering"), second.line(), document_id=None)
    await second.settle()
    record = await second.synced("receivable", invoice)
    assert record["errors"] is None or record["errors"]["code"] in {"number_taken", "match_undecided"}, record


async def test_a_ledger_account_of_the_books_before_is_refused_after_a_switch(trade: Trade) -> None:
    customer = await trade.counterpart("Northwind Traders")
    product = await trade.product("Advisory hour", ledger_account_id=trade.income_id)
    await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/disconnect")
    await trade.settle()
    switched = await open_trade(trade.house, trade.platform, name=BUSY[trade.platform], partner=trade.partner)
    rate = switched.sales_rate["id"]
    line = {"product_id": product["id"], "quantity": 1, "accounting_tax_rate_id": rate}
    if switched.books.currency != trade.books.currency:
        price = {"currency": switched.books.currency, "value": 100}
        await switched.ask("PATCH", f"/products/{product['id']}", {"price": price})
    invoice = await switched.issue(customer, line)
    await switched.settle()
    errors = await switched.refused("receivable", invoice)
    assert errors["code"] in {"belongs_to_another_company", "product_refused"}
    assert "GET /v1/ledger_accounts" in errors["fix"]
    await switched.ask("PATCH", f"/products/{product['id']}", {"ledger_account_id": switched.income_id})
    await switched.settle(seconds=1)
    second = await switched.issue(customer, line)
    await switched.settle()
    await switched.done("receivable", second)
