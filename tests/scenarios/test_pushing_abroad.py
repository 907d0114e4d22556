"""Documents and payments in a currency without decimals that is not the books' own: what is shown and what lands."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
from tests.support.house import build_house
from tests.support.trading import Json, Trade, open_trade, unhurried

from tieout.platforms.xero.sandbox.accounting.money.currencies import subscribe


@pytest.fixture
async def trade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Trade]:
    """Books in Singapore dollars that deal in yen, too, and an account that payments go through."""
    unhurried(monkeypatch)
    house = await build_house(tmp_path)
    for organisation in house.simulators["xero"].state.xero.organisations.values():
        if organisation.profile.name == "Meridian Trading House":
            subscribe(organisation, "JPY")
    trade = await open_trade(house, "xero", name="Meridian Trading House", email="casey@example.com")
    accounts = (await trade.ask("GET", "/ledger_accounts?limit=100"))["data"]
    bank = next(one["id"] for one in accounts if one["name"].startswith("Business Bank Account"))
    chosen = {"accounting": {"ledger_account_ids": {"payments": bank}}}
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", chosen)
    yield trade
    await house.close()


async def pay(trade: Trade, invoice: Json, amount: int) -> Json:
    body = {
        "amount": amount,
        "currency": invoice["currency"],
        "object": {"id": invoice["id"], "type": "receivable"},
        "payment_intent_status": "succeeded",
    }
    return await trade.ask("POST", "/payment_records", body)


async def test_whole_yen_go_there_and_payments_in_yen_come_back(trade: Trade) -> None:
    customer = await trade.counterpart("Northwind Traders")
    product = {"name": "Work", "price": {"currency": "JPY", "value": 12_345}}
    line = {**trade.line(quantity=1.5), "product": product}
    invoice = await trade.issue(customer, line, line, currency="JPY")
    assert (invoice["subtotal"], invoice["total_vat_amount"], invoice["total_amount"]) == (37_036, 3_334, 40_370)
    await trade.settle()
    external_id = await trade.done("receivable", invoice)
    there = trade.document(external_id)
    assert (there.currency, there.total) == ("JPY", Decimal(40_370)), "line by line Xero would come to 1666.62 of tax"
    await trade.done("payment_record", await pay_and_settle(trade, invoice, 10_001))
    assert trade.document(external_id).balance == Decimal(30_369)
    trade.act("pay", document_id=external_id, amount="369")
    await trade.pull()
    shown = await trade.receivable(invoice)
    assert (shown["status"], shown["amount_paid"], shown["amount_due"]) == ("partially_paid", 10_370, 30_000)
    await trade.done("payment_record", await pay_and_settle(trade, invoice, 30_000))
    assert trade.document(external_id).balance == 0
    assert (await trade.receivable(invoice))["status"] == "paid"


async def pay_and_settle(trade: Trade, invoice: Json, amount: int) -> Json:
    record = await pay(trade, invoice, amount)
    await trade.settle()
    return record
