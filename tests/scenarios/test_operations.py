"""Every operation in the books, on both platforms: once well, with its entries, and the books tie out afterwards."""

import base64
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio
from tests.support.trading import PLATFORMS, Json, Trade, shared_trade

from tieout.storage.tables.connections import LedgerAccount
from tieout.storage.tables.work import Intent

pytestmark = pytest.mark.asyncio(loop_scope="module")

PDF = base64.b64encode(b"%PDF-1.4 a bill").decode()


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PLATFORMS)
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trade]:
    async with shared_trade(tmp_path_factory.mktemp("books"), request.param) as trade:
        (bank, *_) = [one for one in await trade.rows(LedgerAccount) if one.is_bank_account and one.status == "Active"]
        await use_account(trade, str(bank.id))
        defaults = {"ledger_account_ids": {"bill_lines": trade.expense_id}}
        await trade.ask("PUT", f"/entities/{trade.entity_id}/accounting_defaults", defaults)
        yield trade
        await ties_out(trade)


@pytest_asyncio.fixture(loop_scope="module")
async def trade(shared: Trade) -> AsyncIterator[Trade]:
    await shared.begin()
    yield shared
    await shared.tidy()


async def use_account(trade: Trade, account_id: str | None) -> None:
    settings = {"accounting": {"ledger_account_ids": {"payments": account_id}}}
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", settings)


async def ties_out(trade: Trade) -> None:
    """The books agree with our snapshots to the cent, and their entries balance."""
    await trade.settle(days=1, minutes=1)
    assert (await trade.tie_out())["ties_out"], await trade.tie_out()
    for entry in trade.books.ledger.entries:
        assert sum((line.net for line in entry.lines), Decimal(0)) == 0


async def pushed_invoice(trade: Trade) -> tuple[Json, str]:
    invoice = await trade.issue(await trade.counterpart(trade.named("Northwind Traders")))
    await trade.settle()
    return invoice, await trade.done("receivable", invoice)


async def pushed_bill(trade: Trade, number: str = "V-1", **more: object) -> tuple[Json, str]:
    vendor = await trade.vendor(trade.named(f"Paper & Ink {number}"))
    bill = await trade.bill(vendor, number=trade.named(number), **more)
    await trade.settle()
    return bill, await trade.done("bill", bill)


async def payments_of(trade: Trade, thing: Json) -> list[Json]:
    found: list[Json] = (await trade.ask("GET", f"/payment_records?object_id={thing['id']}"))["data"]
    return found


async def pay(trade: Trade, kind: str, thing: Json) -> Json:
    await trade.ask("POST", f"/{kind}/{thing['id']}/mark_as_paid", {})
    (record,) = await payments_of(trade, thing)
    return record


@pytest.mark.parametrize("kind", ["receivables", "payables"])
async def test_a_payment_is_in_the_books_once_and_comes_back_as_the_same(trade: Trade, kind: str) -> None:
    thing, external_id = await (pushed_invoice(trade) if kind == "receivables" else pushed_bill(trade))
    record = await pay(trade, kind, thing)
    await trade.settle()
    await trade.done("payment_record", record)
    assert trade.document(external_id).balance == 0
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


async def test_a_bill_that_was_changed_before_its_removal_was_sent_is_replaced(trade: Trade) -> None:
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
    assert await trade.done("bill", bill) == found.ref.id


async def credit(trade: Trade, invoice: Json) -> Json:
    note = await trade.ask("POST", "/receivables", {"type": "credit_note", "based_on": invoice["id"]})
    return await trade.ask("POST", f"/receivables/{note['id']}/issue")


async def test_a_credit_note_settles_its_invoice_in_the_books(trade: Trade) -> None:
    invoice, external_id = await pushed_invoice(trade)
    note = await credit(trade, invoice)
    await trade.settle()
    credit_id = await trade.done("receivable", note)
    assert (trade.document(external_id).balance, trade.document(credit_id).balance) == (0, 0)
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
    assert trade.document(external_id).balance == 0
    assert abs(trade.document(credit_id).balance) == Decimal(half) / 100


async def test_a_vendors_credit_note_settles_its_bill_in_the_books(trade: Trade) -> None:
    bill, external_id = await pushed_bill(trade)
    note = await trade.ask("POST", "/payable_credit_notes", credit_note_of(trade, bill))
    await trade.ask("POST", f"/payable_credit_notes/{note['id']}/line_items", credit_line(trade))
    for step in ("submit_for_approval", "approve"):
        await trade.ask("POST", f"/payable_credit_notes/{note['id']}/{step}")
    await trade.settle()
    credit_id = await trade.done("payable_credit_note", note)
    rest = Decimal(bill["total_amount"]) / 100 - trade.document(credit_id).total
    assert (abs(trade.document(external_id).balance), trade.document(credit_id).balance) == (abs(rest), 0)
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
    before = {one.id for one in await updates_of(trade)}
    await trade.ask("PATCH", f"/counterparts/{known['id']}", {"organization": {"email": "new@example.com"}})
    await trade.settle()
    await trade.done("customer", known)
    (update,) = [one for one in await updates_of(trade) if one.id not in before]
    assert b"new@example.com" in update.body
    assert b"555 0100" not in update.body


async def updates_of(trade: Trade) -> list[Intent]:
    return [one for one in await trade.rows(Intent) if one.operation == "update"]


async def test_a_bills_file_is_on_it_in_the_books_also_when_it_is_attached_later(trade: Trade) -> None:
    first, _ = await pushed_bill(trade, "V-1", base64_encoded_file=PDF, file_name="first.pdf")
    second, _ = await pushed_bill(trade, "V-2")
    files = {"file": ("second.pdf", b"%PDF-1.4 another", "application/pdf")}
    answer = await trade.partner.call("POST", f"/payables/{second['id']}/attach_file", files=files)
    assert answer.status_code < 300, answer.text
    assert (await trade.synced("bill", second))["sync_status"] == "pending"
    await trade.settle()
    await trade.done("bill", second)
    intents = [one for one in await trade.rows(Intent) if one.object_type == "attachment"][-2:]
    assert [one.state for one in intents] == ["confirmed", "confirmed"]
    assert b"%PDF-1.4 a bill" in intents[0].body
    assert await trade.done("bill", first)


async def test_without_an_account_for_payments_a_payment_stays_here(trade: Trade) -> None:
    account_id = (await trade.ask("GET", f"/entities/{trade.entity_id}/settings"))["accounting"]["ledger_account_ids"]
    await use_account(trade, None)
    invoice, external_id = await pushed_invoice(trade)
    record = await pay(trade, "receivables", invoice)
    await trade.settle()
    found = await trade.ask("GET", f"/accounting_synced_records?object_type=payment_record&object_id={record['id']}")
    assert found["data"] == []
    assert trade.document(external_id).balance > 0
    await use_account(trade, account_id["payments"])
