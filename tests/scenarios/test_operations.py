"""Every operation in the books, on both platforms: with its entries, and the books tie out afterwards."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio
from tests.support.operating import (
    PDF,
    attach,
    credit,
    intents_of,
    open_of,
    open_operations,
    pay,
    payments_of,
    pushed_bill,
    pushed_invoice,
    use_account,
)
from tests.support.trading import PLATFORMS, Json, Trade

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PLATFORMS)
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trade]:
    async with open_operations(tmp_path_factory.mktemp("books"), request.param) as trade:
        yield trade


@pytest_asyncio.fixture(loop_scope="module")
async def trade(shared: Trade) -> AsyncIterator[Trade]:
    await shared.begin()
    yield shared
    await shared.tidy()


@pytest.mark.parametrize("kind", ["receivables", "payables"])
async def test_a_payment_is_in_the_books_once_and_comes_back_as_the_same(trade: Trade, kind: str) -> None:
    thing, external_id = await (pushed_invoice(trade) if kind == "receivables" else pushed_bill(trade))
    record = await pay(trade, kind, thing)
    await trade.settle()
    await trade.done("payment_record", record)
    assert open_of(trade, external_id) == 0
    await trade.pull()
    assert await payments_of(trade, thing) == [record]
    assert (await trade.ask("GET", f"/{kind}/{thing['id']}"))["status"] == "paid"


async def test_a_cancelled_invoice_is_voided_and_one_that_was_not_sent_never_reaches_the_books(trade: Trade) -> None:
    invoice, external_id = await pushed_invoice(trade)
    await trade.ask("POST", f"/receivables/{invoice['id']}/cancel")
    assert (await trade.synced("receivable", invoice))["sync_status"] == "pending"
    await trade.settle()
    assert await trade.done("receivable", invoice) == external_id
    assert trade.postings(external_id) == {}
    unsent = await trade.issue(await trade.counterpart(trade.named("Southwind Traders")))
    await trade.ask("POST", f"/receivables/{unsent['id']}/cancel")
    await trade.settle()
    assert trade.documents(number=unsent["document_id"]) == []


async def test_a_change_of_an_issued_invoice_follows_in_the_books(trade: Trade) -> None:
    invoice, external_id = await pushed_invoice(trade)
    other = await trade.counterpart(trade.named("Southwind Traders"))
    change = {"counterpart_id": other["id"], "due_date": "2026-12-24"}
    await trade.ask("PATCH", f"/receivables/{invoice['id']}", {"issued_invoice": change})
    await trade.settle()
    assert await trade.done("receivable", invoice) == external_id
    found = trade.document(external_id)
    assert (found.party, str(found.due_on)) == (trade.named("Southwind Traders"), "2026-12-24")


async def test_a_reopened_bill_leaves_the_books_and_its_next_approval_writes_it_as_it_then_is(trade: Trade) -> None:
    bill, external_id = await pushed_bill(trade)
    await trade.ask("POST", f"/payables/{bill['id']}/reopen")
    await trade.settle()
    assert trade.postings(external_id) == {}
    assert await trade.done("bill", bill) == "None"
    await trade.ask("PATCH", f"/payables/{bill['id']}", {"description": "Corrected"})
    await trade.ask("POST", f"/payables/{bill['id']}/approve_payment_operation")
    await trade.settle()
    again = await trade.done("bill", bill)
    assert again != external_id
    assert len(trade.documents(number=trade.named("V-1"))) == 1


async def test_a_bill_that_was_changed_before_its_removal_was_sent_is_changed_in_place(trade: Trade) -> None:
    bill, external_id = await pushed_bill(trade)
    await trade.ask("POST", f"/payables/{bill['id']}/reopen")
    (line,) = (await trade.ask("GET", f"/payables/{bill['id']}/line_items"))["data"]
    await trade.ask("PATCH", f"/payables/{bill['id']}/line_items/{line['id']}", {"unit_price": 9_000})
    totals = dict.fromkeys(("subtotal", "tax_amount", "total_amount"))
    await trade.ask("PATCH", f"/payables/{bill['id']}", totals)
    await trade.ask("POST", f"/payables/{bill['id']}/approve_payment_operation")
    changed = await trade.payable(bill)
    await trade.settle()
    (found,) = trade.documents(number=trade.named("V-1"))
    assert found.total == Decimal(changed["total_amount"]) / 100 != Decimal(bill["total_amount"]) / 100
    assert await trade.done("bill", bill) == found.ref.id == external_id


async def test_a_credit_note_settles_its_invoice_in_the_books(trade: Trade) -> None:
    invoice, external_id = await pushed_invoice(trade)
    note = await credit(trade, invoice)
    await trade.settle()
    credit_id = await trade.done("receivable", note)
    assert open_of(trade, external_id) == open_of(trade, credit_id) == 0
    await trade.pull()
    assert (await trade.receivable(invoice))["status"] == "canceled"
    assert await payments_of(trade, invoice) == []


async def test_what_was_paid_already_is_not_credited_once_more(trade: Trade) -> None:
    invoice, external_id = await pushed_invoice(trade)
    half = invoice["total_amount"] // 2
    await trade.ask("POST", f"/receivables/{invoice['id']}/mark_as_partially_paid", {"amount_paid": half})
    note = await credit(trade, invoice)
    await trade.settle()
    credit_id = await trade.done("receivable", note)
    assert open_of(trade, external_id) == 0
    assert open_of(trade, credit_id) == Decimal(half) / 100


async def test_a_vendors_credit_note_settles_its_bill_in_the_books(trade: Trade) -> None:
    bill, external_id = await pushed_bill(trade)
    note = await trade.ask("POST", "/payable_credit_notes", credit_note_of(trade, bill))
    await trade.ask("POST", f"/payable_credit_notes/{note['id']}/line_items", credit_line(trade))
    for step in ("submit_for_approval", "approve"):
        await trade.ask("POST", f"/payable_credit_notes/{note['id']}/{step}")
    await trade.settle()
    credit_id = await trade.done("payable_credit_note", note)
    rest = Decimal(bill["total_amount"]) / 100 - abs(trade.document(credit_id).total)
    assert open_of(trade, external_id) == rest
    assert open_of(trade, credit_id) == 0
    await trade.pull()
    assert (await trade.payable(bill))["amount_due"] == rest * 100


def credit_note_of(trade: Trade, bill: Json) -> Json:
    return {
        "document_id": trade.named("CR-1"),
        "based_on": bill["id"],
        "currency": bill["currency"],
        "issued_at": "2026-03-02",
        "counterpart_id": bill["counterpart_id"],
    }


def credit_line(trade: Trade) -> Json:
    rate = trade.purchase_rate
    return {"name": "Paper", "quantity": 1, "unit_price": 2_000, "tax": rate["effective_tax_rate"] if rate else 0}


async def test_edits_of_pushed_parties_and_products_follow_and_merely_matched_ones_stay(trade: Trade) -> None:
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    product = await trade.product("Advisory hour", ledger_account_id=trade.income_id)
    await trade.issue(customer, trade.line(product))
    await trade.settle()
    name = trade.named("Northwind & Sons")
    await trade.ask("PATCH", f"/counterparts/{customer['id']}", {"organization": {"legal_name": name}})
    await trade.ask("PATCH", f"/products/{product['id']}", {"price": {"currency": trade.books.currency, "value": 99}})
    await trade.settle()
    await trade.done("customer", customer)
    if trade.platform == "quickbooks":  # elsewhere a line needs no product of the books
        await trade.done("product", product)
    assert (trade.parties(name), trade.parties(trade.named("Northwind Traders"))) == (1, 0)
    calls = trade.calls()
    await trade.ask("PATCH", f"/counterparts/{customer['id']}", {"organization": {}, "reminders_enabled": False})
    await trade.ask("DELETE", f"/counterparts/{customer['id']}")
    await trade.settle()
    assert trade.calls() == calls, "what the books do not keep, and deleting, never touches them"


async def test_of_a_matched_customer_only_what_is_changed_here_is_changed_there(trade: Trade) -> None:
    name = trade.named("Southwind Traders")
    trade.act("create_customer", name=name)
    await trade.pull()
    known = await trade.counterpart(name, phone="+1 555 0100")
    await trade.issue(known)
    await trade.settle()
    await trade.done("customer", known)
    await trade.ask("PATCH", f"/counterparts/{known['id']}", {"organization": {"email": "new@example.com"}})
    await trade.settle()
    await trade.done("customer", known)
    update = (await intents_of(trade, "customer", "update"))[-1]
    assert b"new@example.com" in update.body
    assert b"555 0100" not in update.body


async def test_a_bills_file_is_on_it_in_the_books_also_when_it_is_attached_later(trade: Trade) -> None:
    first, _ = await pushed_bill(trade, "V-1", base64_encoded_file=PDF, file_name="first.pdf")
    second, _ = await pushed_bill(trade, "V-2")
    await attach(trade, second)
    assert (await trade.synced("bill", second))["sync_status"] == "pending"
    await trade.settle()
    await trade.done("bill", second)
    intents = (await intents_of(trade, "attachment"))[-2:]
    assert [one.state for one in intents] == ["confirmed", "confirmed"]
    assert [one.body for one in intents] == [b"", b""], "what was sent is told by its size and digest, not kept again"
    record = await trade.synced("bill", first)
    written = (await trade.ask("GET", f"/accounting_synced_records/{record['id']}/writes"))["data"]
    assert {one["object_type"] for one in written} == {"bill", "attachment"}
    path = f"/accounting_connections/{trade.connection_id}/writes"
    of_files = (await trade.ask("GET", f"{path}?object_type=attachment&state=confirmed"))["data"]
    assert {one["id"] for one in of_files} >= {str(one.id) for one in intents}
    assert {one["object_type"] for one in of_files} == {"attachment"}


async def test_without_an_account_for_payments_a_payment_stays_here(trade: Trade) -> None:
    account_id = (await trade.ask("GET", f"/entities/{trade.entity_id}/settings"))["accounting"]["ledger_account_ids"]
    await use_account(trade, None)
    invoice, external_id = await pushed_invoice(trade)
    record = await pay(trade, "receivables", invoice)
    await trade.settle()
    found = await trade.ask("GET", f"/accounting_synced_records?object_type=payment_record&object_id={record['id']}")
    assert found["data"] == []
    assert open_of(trade, external_id) > 0
    await use_account(trade, account_id["payments"])
