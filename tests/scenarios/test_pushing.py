"""Pushing: what the partner writes is in the books once, with the right party, account, tax and total."""

from datetime import timedelta
from decimal import Decimal

import pytest
from tests.support.house import House
from tests.support.trading import BUSY, PLATFORMS, Trade, open_trade, set_up, unhurried

from tieout.storage.tables.work import Intent

pytestmark = pytest.mark.parametrize("platform", PLATFORMS)
VALUE = {"quickbooks": 2_000, "xero": 1_000}
"""Percent × 100 of the only rate for sales that is not zero, or not a reduced one."""
CONTROL = {"quickbooks": ("Debtors", "Creditors", "VAT Control"), "xero": ("Receivable", "Payable", "GST")}


@pytest.fixture
async def trade(house: House, platform: str, monkeypatch: pytest.MonkeyPatch) -> Trade:
    unhurried(house, monkeypatch)
    return await open_trade(house, platform)


def cents(amount_minor: int) -> Decimal:
    return Decimal(amount_minor) / 100


def posted(trade: Trade, external_id: str) -> dict[str, Decimal]:
    """The postings of a document, the control accounts under one name on both platforms."""
    receivable, payable, tax = CONTROL[trade.platform]
    words = {receivable: "receivable", payable: "payable", tax: "tax"}
    named: dict[str, Decimal] = {}
    for account, amount in trade.postings(external_id).items():
        word = next((words[part] for part in words if part in account), account.partition(" (")[0])
        named[word] = amount
    return named


async def test_an_issued_invoice_is_in_the_books_once_with_its_party_account_tax_and_total(trade: Trade) -> None:
    customer = await trade.counterpart("Northwind Traders")
    product = await trade.product("Advisory hour", 12_345, ledger_account_id=trade.income_id)
    invoice = await trade.issue(customer, trade.line(product, quantity=3))
    await trade.settle()
    external_id = await trade.done("receivable", invoice)
    total, tax = cents(invoice["total_amount"]), cents(invoice["total_vat_amount"])
    found = trade.document(external_id)
    assert (found.party, found.number) == ("Northwind Traders", invoice["document_id"])
    assert (found.total, found.balance, found.currency) == (total, total, trade.books.currency)
    assert posted(trade, external_id) == {"receivable": total, "Sales": Decimal("-370.35"), "tax": -tax}
    assert len(trade.documents(number=invoice["document_id"])) == 1
    assert trade.parties("Northwind Traders") == 1


async def test_an_approved_bill_is_in_the_books_once_with_its_party_account_tax_and_total(trade: Trade) -> None:
    bill = await trade.bill(await trade.vendor("Paper & Ink Supplies"), number="SUP-77")
    await trade.settle()
    external_id = await trade.done("bill", bill)
    total, tax = cents(bill["total_amount"]), cents(bill["tax_amount"])
    found = trade.document(external_id)
    assert (found.party, found.number, found.total) == ("Paper & Ink Supplies", "SUP-77", total)
    postings = posted(trade, external_id)
    assert (postings.pop("payable"), postings.pop("tax")) == (-total, tax)
    assert list(postings.values()) == [Decimal(80)]
    assert len(trade.documents(number="SUP-77")) == 1


async def test_the_planned_postings_are_those_that_the_books_make(trade: Trade) -> None:
    invoice = await trade.issue(await trade.counterpart("Northwind Traders"))
    await trade.settle()
    external_id = await trade.done("receivable", invoice)
    intents = {one.object_type: one for one in await trade.rows(Intent)}
    rows = intents["receivable"].expected_postings
    planned = sorted(Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows)
    assert planned == sorted(trade.postings(external_id).values())


async def test_a_repeated_push_writes_nothing_again(trade: Trade) -> None:
    invoice = await trade.issue(await trade.counterpart("Northwind Traders"))
    await trade.settle()
    external_id, calls = await trade.done("receivable", invoice), trade.calls()
    for _ in range(2):
        await trade.push("receivable", invoice)
        await trade.settle()
    assert await trade.done("receivable", invoice) == external_id
    assert trade.calls() == calls
    assert len(trade.documents(number=invoice["document_id"])) == 1


async def test_two_invoices_to_one_new_customer_share_that_customer(trade: Trade) -> None:
    customer, product = await trade.counterpart("Northwind Traders"), await trade.product("Advisory hour")
    invoices = [await trade.issue(customer, trade.line(product)) for _ in range(2)]
    await trade.settle()
    ids = {await trade.done("receivable", invoice) for invoice in invoices}
    assert len(ids) == 2
    assert {trade.document(one).party for one in ids} == {"Northwind Traders"}
    assert trade.parties("Northwind Traders") == 1


async def test_a_customer_that_is_in_the_books_already_is_not_made_again(trade: Trade) -> None:
    trade.act("create_customer", name="Northwind Traders")
    await trade.pull()
    invoice = await trade.issue(await trade.counterpart("Northwind  traders"))
    await trade.settle()
    assert trade.document(await trade.done("receivable", invoice)).party == "Northwind Traders"
    assert trade.parties("Northwind Traders") == 1


async def test_an_invoice_issued_before_the_first_pull_waits_for_it_and_is_pushed_then(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(house, monkeypatch)
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
    assert trade.document(await trade.done("receivable", invoice)).total == cents(invoice["total_amount"])


async def test_a_change_of_an_issued_invoice_before_it_is_sent_is_what_is_sent(trade: Trade) -> None:
    trade.fault("drop_before_commit", count=100)
    invoice = await trade.issue(await trade.counterpart("Northwind Traders"))
    await trade.settle()
    trade.no_more_faults()
    other = await trade.counterpart("Southwind Traders")
    await trade.ask("PATCH", f"/receivables/{invoice['id']}", {"issued_invoice": {"counterpart_id": other["id"]}})
    await trade.settle_all()
    assert trade.document(await trade.done("receivable", invoice)).party == "Southwind Traders"


async def test_documents_in_us_books_carry_the_tax_of_the_chosen_rate(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(house, monkeypatch)
    trade = await open_trade(house, platform, name=BUSY[platform])
    invoice = await trade.issue(await trade.counterpart("Northwind Traders"))
    bill = await trade.bill(await trade.vendor("Paper & Ink Supplies"), number="SUP-77")
    await trade.settle()
    for object_type, document in (("receivable", invoice), ("bill", bill)):
        assert trade.document(await trade.done(object_type, document)).total == cents(document["total_amount"])
    await trade.pull()
    house.clock.move(timedelta(days=1))
    await trade.settle()
    assert (await trade.tie_out())["ties_out"]
