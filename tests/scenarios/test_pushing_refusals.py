"""What the books, or Tieout for them, refuse: with a code and a fix, and done once it is mended and pushed again."""

import pytest
from tests.support.house import House
from tests.support.trading import BUSY, PLATFORMS, Json, Trade, open_trade, unhurried

pytestmark = pytest.mark.parametrize("platform", PLATFORMS)


@pytest.fixture
async def trade(house: House, platform: str, monkeypatch: pytest.MonkeyPatch) -> Trade:
    unhurried(house, monkeypatch)
    return await open_trade(house, platform)


async def is_mended(trade: Trade, object_type: str, thing: Json) -> None:
    await trade.push(object_type, thing)
    assert (await trade.synced(object_type, thing))["errors"] is None
    await trade.settle()
    await trade.done(object_type, thing)


async def test_without_any_ledger_account_nothing_is_sent_until_the_product_has_one(trade: Trade) -> None:
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", _default(None))
    product = await trade.product("Advisory hour")
    invoice = await trade.issue(await trade.counterpart("Northwind Traders"), trade.line(product))
    await trade.settle()
    errors = await trade.refused("receivable", invoice)
    assert errors["code"] in {"ledger_account_missing", "product_refused"}
    assert "ledger_account_id" in errors["fix"]
    assert trade.documents(number=invoice["document_id"]) == []
    await trade.ask("PATCH", f"/products/{product['id']}", {"ledger_account_id": trade.income_id})
    await is_mended(trade, "receivable", invoice)


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


def _default(account_id: str | None) -> Json:
    return {"accounting": {"ledger_account_ids": {"products": account_id}}}


async def test_an_archived_ledger_account_is_refused_until_it_is_another(trade: Trade) -> None:
    bill = await trade.bill(await trade.vendor("Paper & Ink Supplies"), approve=False)
    archive_account(trade, await trade.ask("GET", f"/ledger_accounts/{trade.expense_id}"))
    await trade.pull()
    assert (await trade.ask("GET", f"/ledger_accounts/{trade.expense_id}"))["status"] != "Active"
    await trade.ask("POST", f"/payables/{bill['id']}/approve_payment_operation")
    await trade.settle()
    errors = await trade.refused("bill", bill)
    assert (errors["code"], errors["field"]) == ("ledger_account_inactive", "line_items.0.ledger_account_id")


def archive_account(trade: Trade, account: Json) -> None:
    """Somebody archives an account in the books."""
    if trade.platform == "xero":
        trade.act("archive_account", account=account["nominal_code"])
        return
    (record,) = [one for one in trade.quickbooks.shelf("Account") if one.content["Name"] == account["name"]]
    record.active = record.content["Active"] = False
    record.touch(trade.quickbooks.now(), token=True)


async def test_a_tax_value_that_the_books_do_not_have_is_refused_before_anything_is_sent(trade: Trade) -> None:
    customer = await trade.counterpart("Northwind Traders")
    before = trade.calls()
    invoice = await trade.issue(customer, trade.line(tax_rate_value=1_337))
    await trade.settle()
    errors = await trade.refused("receivable", invoice)
    assert (errors["code"], errors["field"]) == ("tax_rate_missing", "line_items.0.accounting_tax_rate_id")
    assert "13.37 %" in errors["message"]
    assert trade.documents(number=invoice["document_id"]) == []
    assert trade.calls() - before <= 2, "the party and an item may have gone over, but no document"


async def test_a_tax_value_that_several_rates_have_is_refused_naming_them(trade: Trade) -> None:
    invoice = await trade.issue(await trade.counterpart("Northwind Traders"), trade.line(tax_rate_value=0))
    await trade.settle()
    errors = await trade.refused("receivable", invoice)
    assert errors["code"] == "tax_rate_ambiguous"
    rates = (await trade.ask("GET", "/accounting_tax_rates?limit=100"))["data"]
    named = [one["effective_tax_rate"] for one in rates if one["id"] in errors["message"]]
    assert len(named) > 1
    assert set(named) == {0}


async def test_a_number_that_another_document_has_is_refused(trade: Trade) -> None:
    customer = await trade.counterpart("Northwind Traders")
    first = await trade.issue(customer)
    await trade.settle()
    await trade.done("receivable", first)
    taken = f"INV-{int(first['document_id'].rpartition('-')[2]) + 1:05}"
    write_by_hand(trade, taken)
    second = await trade.issue(customer)
    assert second["document_id"] == taken
    await trade.settle()
    errors = await trade.refused("receivable", second)
    assert (errors["code"], errors["field"]) == ("number_taken", "number")
    assert errors["trace_id"]
    assert len(trade.documents(number=taken)) == 1
    (theirs,) = trade.documents(number=taken)
    remove(trade, theirs.ref.id)
    if trade.platform == "quickbooks":  # voided ones keep their number in Xero
        await is_mended(trade, "receivable", second)


def write_by_hand(trade: Trade, number: str) -> None:
    """A sale that somebody enters in the books under a number."""
    if trade.platform == "xero":
        trade.act("create_invoice", contact="Somebody Else", amount="11.00", number=number)
        return
    trade.quickbooks.switches.warn_duplicate_sales_numbers = True
    line = {"Amount": "11.00", "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
    body = {"CustomerRef": {"value": "1"}, "DocNumber": number, "Line": [line]}
    trade.enter("Invoice", body | {"GlobalTaxCalculation": "NotApplicable"})


def remove(trade: Trade, document_id: str) -> None:
    trade.act("void" if trade.platform == "xero" else "delete", document_id=document_id)


async def test_a_closed_period_is_refused_and_opened_again_done(trade: Trade) -> None:
    trade.lock("2026-03-31")
    await trade.settle(days=1, minutes=5)
    invoice = await trade.issue(await trade.counterpart("Northwind Traders"))
    await trade.settle()
    errors = await trade.refused("receivable", invoice)
    assert errors["code"] == "period_closed"
    assert trade.documents(number=invoice["document_id"]) == []
    trade.lock()
    await trade.settle(days=1, minutes=5)
    await is_mended(trade, "receivable", invoice)


async def test_a_period_that_was_closed_unnoticed_is_refused_by_the_books_in_the_same_code(trade: Trade) -> None:
    trade.lock("2026-03-31")
    bill = await trade.bill(await trade.vendor("Paper & Ink Supplies"))
    await trade.settle()
    assert (await trade.refused("bill", bill))["code"] == "period_closed"
    trade.lock()
    await is_mended(trade, "bill", bill)


async def test_a_customer_named_like_somebody_else_in_the_books_is_refused_and_so_is_its_invoice(trade: Trade) -> None:
    name = "Fenwick Paper Co"
    if trade.platform == "xero":  # where one contact may be both, only a second one of ours can be in the way
        await trade.issue(await trade.counterpart(name))
        await trade.settle()
    customer = await trade.counterpart(name)
    invoice = await trade.issue(customer)
    await trade.settle()
    errors = await trade.refused("receivable", invoice)
    assert (errors["code"], errors["field"]) == ("customer_refused", "customer")
    assert (await trade.refused("customer", customer))["code"] == "name_taken"
    body = {"organization": {"legal_name": f"{name} (customer)"}}
    await trade.ask("PATCH", f"/counterparts/{customer['id']}", body)
    await is_mended(trade, "receivable", invoice)
    await trade.done("customer", customer)
    assert trade.parties(f"{name} (customer)") == 1


async def test_a_customer_entered_in_the_books_meanwhile_is_found_there_and_its_invoice_pushed(trade: Trade) -> None:
    trade.act("create_customer", name="Northwind Traders")
    customer = await trade.counterpart("Northwind Traders")
    invoice = await trade.issue(customer)
    await trade.settle()
    assert trade.document(await trade.done("receivable", invoice)).party == "Northwind Traders"
    await trade.done("customer", customer)
    assert trade.parties("Northwind Traders") == 1
    assert await trade.events("accounting_synced_record.refused") == 2, "what was refused at first is not hidden"


async def test_a_refused_invoice_holds_up_no_other(trade: Trade) -> None:
    customer = await trade.counterpart("Northwind Traders")
    refused = await trade.issue(customer, trade.line(tax_rate_value=1_337))
    issued = await trade.issue(customer)
    await trade.settle()
    await trade.refused("receivable", refused)
    await trade.done("receivable", issued)
    assert await trade.events("accounting_synced_record.refused") == 1


async def test_an_invoice_that_cannot_even_be_planned_holds_up_nothing(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await trade.counterpart("Northwind Traders")
    first = await trade.issue(customer)

    def broken(*_: object, **__: object) -> None:
        raise ValueError("a fault of ours")

    with monkeypatch.context() as patched:
        patched.setattr("tieout.sync.pushing.plan_document", broken)
        await trade.settle()
    errors = await trade.refused("receivable", first)
    assert (errors["code"], errors["next"]) == ("push_not_planned", "report_a_fault")
    assert "fault of ours" not in errors["message"]
    await is_mended(trade, "receivable", first)
