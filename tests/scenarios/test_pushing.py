"""Pushing: what the partner writes is in the books once, with the right party, account, tax and total."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio
from tests.support.trading import PLATFORMS, Trade, shared_trade

from tieout.storage.tables.work import Intent

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PLATFORMS)
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trade]:
    async with shared_trade(tmp_path_factory.mktemp("books"), request.param) as trade:
        yield trade


@pytest_asyncio.fixture(loop_scope="module")
async def trade(shared: Trade) -> AsyncIterator[Trade]:
    await shared.begin()
    yield shared
    await shared.tidy()


CONTROL = {"quickbooks": ("Debtors", "Creditors", "VAT Control"), "xero": ("Receivable", "Payable", "GST")}


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
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    product = await trade.product("Advisory hour", 12_345, ledger_account_id=trade.income_id)
    invoice = await trade.issue(customer, trade.line(product, quantity=3))
    await trade.settle()
    external_id = await trade.done("receivable", invoice)
    total, tax = cents(invoice["total_amount"]), cents(invoice["total_vat_amount"])
    found = trade.document(external_id)
    assert (found.party, found.number) == (trade.named("Northwind Traders"), invoice["document_id"])
    assert (found.total, found.balance, found.currency) == (total, total, trade.books.currency)
    assert posted(trade, external_id) == {"receivable": total, "Sales": Decimal("-370.35"), "tax": -tax}
    await check_plan(trade, external_id)
    calls = trade.calls()
    for _ in range(2):
        await trade.push("receivable", invoice)
        await trade.settle()
    assert await trade.done("receivable", invoice) == external_id
    assert trade.calls() == calls, "a repeated push writes nothing, and asks nothing"
    assert len(trade.documents(number=invoice["document_id"])) == 1
    assert trade.parties(trade.named("Northwind Traders")) == 1


async def check_plan(trade: Trade, external_id: str) -> None:
    """The postings that were planned are those that the books have made."""
    (intent,) = [one for one in await trade.rows(Intent) if one.external_id == external_id]
    rows = intent.expected_postings
    planned = sorted(Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows)
    assert planned == sorted(trade.postings(external_id).values())


async def test_an_approved_bill_is_in_the_books_once_with_its_party_account_tax_and_total(trade: Trade) -> None:
    bill = await trade.bill(await trade.vendor(trade.named("Paper & Ink Supplies")), number=trade.named("SUP-77"))
    await trade.settle()
    external_id = await trade.done("bill", bill)
    total, tax = cents(bill["total_amount"]), cents(bill["tax_amount"])
    found = trade.document(external_id)
    assert (found.party, found.number, found.total) == (
        trade.named("Paper & Ink Supplies"),
        trade.named("SUP-77"),
        total,
    )
    await check_plan(trade, external_id)
    postings = posted(trade, external_id)
    assert (postings.pop("payable"), postings.pop("tax")) == (-total, tax)
    assert list(postings.values()) == [Decimal(80)]
    assert len(trade.documents(number=trade.named("SUP-77"))) == 1


async def test_a_customer_is_made_once_for_many_invoices_and_not_at_all_if_the_books_have_it(trade: Trade) -> None:
    trade.act("create_customer", name=trade.named("Southwind Traders"))
    await trade.pull()
    customer, product = await trade.counterpart(trade.named("Northwind Traders")), await trade.product("Advisory hour")
    known = await trade.counterpart(trade.named("Southwind  traders"))
    invoices = [await trade.issue(one, trade.line(product)) for one in (customer, customer, known)]
    await trade.settle()
    new, old = trade.named("Northwind Traders"), trade.named("Southwind Traders")
    assert [trade.document(await trade.done("receivable", one)).party for one in invoices] == [new, new, old]
    assert (trade.parties(new), trade.parties(old)) == (1, 1)


async def test_a_change_of_an_issued_invoice_before_it_is_sent_is_what_is_sent(trade: Trade) -> None:
    trade.fault("drop_before_commit", count=100)
    invoice = await trade.issue(await trade.counterpart(trade.named("Northwind Traders")))
    await trade.settle()
    trade.no_more_faults()
    other = await trade.counterpart(trade.named("Southwind Traders"))
    await trade.ask("PATCH", f"/receivables/{invoice['id']}", {"issued_invoice": {"counterpart_id": other["id"]}})
    await trade.settle_all()
    assert trade.document(await trade.done("receivable", invoice)).party == trade.named("Southwind Traders")
