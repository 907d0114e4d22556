"""Every operation in the books, on both platforms: with its entries, and the books tie out afterwards.

And people who change there what the partner changes here: nothing is lost, nobody is overwritten unseen. What one side
alone changed flows to the other; what both changed goes by the entity's rules, or awaits a decision.
"""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

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
from tests.support.two_ways import conflict_of, conflicts_of, edit_document, edit_email, rules, sources_of, told

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = os.environ.get("TIEOUT_LONG") == "1"


def once(test: Any) -> Any:
    """Try on both platforms at length only, since what is tested is decided apart from them."""
    return test if LONG else pytest.mark.only_at("quickbooks", because="no platform has a part in it")(test)


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PLATFORMS)
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trade]:
    async with open_operations(tmp_path_factory.mktemp("books"), request.param) as trade:
        yield trade


@pytest_asyncio.fixture(loop_scope="module")
async def trade(shared: Trade) -> AsyncIterator[Trade]:
    await shared.begin()
    yield shared
    await shared.ask("PATCH", "/accounting_sync_rules", {"push_statuses": None})
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


async def pushed_customer(trade: Trade) -> tuple[Json, str]:
    customer = await trade.counterpart(trade.named("Northwind Traders"), email="office@example.com")
    await trade.issue(customer)
    await trade.settle()
    return customer, await trade.done("customer", customer)


async def change_here(trade: Trade, customer: Json, **details: Any) -> None:
    await trade.ask("PATCH", f"/counterparts/{customer['id']}", {"organization": details})


async def organization(trade: Trade, customer: Json) -> Json:
    found: Json = (await trade.ask("GET", f"/counterparts/{customer['id']}"))["organization"]
    return found


async def test_contact_details_flow_both_ways_and_the_newest_of_one_field_wins(trade: Trade) -> None:
    customer, external_id = await pushed_customer(trade)
    edit_email(trade, external_id, "books@example.com")
    await change_here(trade, customer, phone="+44 20 7946 0001")
    await trade.pull()
    await trade.done("customer", customer)
    found = await organization(trade, customer)
    assert (found["email"], found["phone"]) == ("books@example.com", "+44 20 7946 0001")
    assert told(trade, external_id) == ("books@example.com", "+44 20 7946 0001"), "ours is in the books, theirs is here"
    assert "counterpart.updated" in await actions(trade, "counterpart")
    edit_email(trade, external_id, "older@example.com")
    await trade.settle(seconds=5)
    await change_here(trade, customer, email="newer@example.com")
    await trade.pull()
    await trade.done("customer", customer)
    assert (await organization(trade, customer))["email"] == told(trade, external_id)[0] == "newer@example.com"
    await change_here(trade, customer, email="older@example.com")
    trade.house.clock.move(timedelta(seconds=5))
    edit_email(trade, external_id, "newest@example.com")
    await trade.pull()
    assert (await organization(trade, customer))["email"] == told(trade, external_id)[0] == "newest@example.com"
    assert await conflicts_of(trade, customer) == []


async def actions(trade: Trade, object_type: str) -> set[str]:
    events = (await trade.ask("GET", f"/events?object_type={object_type}&limit=100"))["data"]
    return {event["action"] for event in events}


@once
async def test_what_rules_hold_awaits_a_decision_and_is_done_when_it_was_made(trade: Trade) -> None:
    await rules(trade, {"customer": {"contact_details": "hold"}})
    customer, external_id = await pushed_customer(trade)
    edit_email(trade, external_id, "books@example.com")
    await change_here(trade, customer, email="ours@example.com", phone="555")
    await trade.pull()
    errors = await trade.refused("customer", customer)
    conflict = await conflict_of(trade, customer)
    assert (errors["code"], errors["conflict_id"]) == ("changed_in_books", conflict["id"])
    (email,) = conflict["fields"]
    assert (email["name"], email["group"], email["why"]) == ("email", "contact_details", "both_changed")
    values = {"base": "office@example.com", "ours": "ours@example.com", "theirs": "books@example.com"}
    assert email["values"] == values
    assert told(trade, external_id) == ("books@example.com", "555"), "the phone, of which nobody doubts, is there"
    path = f"/accounting_conflicts/{conflict['id']}/resolve"
    decided = await trade.ask("POST", path, {"resolution": "partner", "version": conflict["version"]})
    assert decided == await trade.ask("POST", path, {"fields": {"email": "partner"}}), "said twice"
    assert (await trade.partner.post(path, json={"resolution": "books"})).status_code == 409
    await trade.settle()
    await trade.done("customer", customer)
    assert told(trade, external_id)[0] == (await organization(trade, customer))["email"] == "ours@example.com"
    assert (await conflict_of(trade, customer))["status"] == "resolved"
    edit_email(trade, external_id, "again@example.com")
    await change_here(trade, customer, email="ours@example.net")
    await trade.pull()
    assert (await trade.refused("customer", customer))["code"] == "changed_in_books"
    await rules(trade, {"customer": {"contact_details": "books_win"}})
    await trade.settle()
    await trade.done("customer", customer)
    assert (await organization(trade, customer))["email"] == "again@example.com", "other rules decide it, too"
    await rules(trade, None)


@once
async def test_a_conflict_of_which_nothing_is_left_ends_by_itself(trade: Trade) -> None:
    invoice, external_id = await pushed_invoice(trade)
    edit_document(trade, external_id, due_date="2026-05-05")
    await due_here(trade, invoice, "2026-06-06")
    await trade.pull()
    assert (await conflict_of(trade, invoice))["status"] == "held"
    stale = (await conflict_of(trade, invoice))["version"]
    edit_document(trade, external_id, due_date="2026-07-07")
    await trade.pull()
    changed = await conflict_of(trade, invoice)
    assert changed["version"] > stale
    late = {"resolution": "books", "version": stale}
    path = f"/accounting_conflicts/{changed['id']}/resolve"
    assert (await trade.partner.post(path, json=late)).status_code == 409, "it is not what was decided about"
    edit_document(trade, external_id, due_date="2026-06-06")
    await trade.pull()
    await trade.done("receivable", invoice)
    assert (await conflict_of(trade, invoice))["status"] == "vanished"
    assert (await trade.partner.post(path, json={"resolution": "books"})).status_code == 409


async def due_here(trade: Trade, invoice: Json, day: str) -> None:
    await trade.ask("PATCH", f"/receivables/{invoice['id']}", {"issued_invoice": {"due_date": day}})


@once
@pytest.mark.parametrize(("side", "day"), [("books", "2026-05-05"), ("partner", "2026-06-06")][: 2 if LONG else 1])
async def test_a_due_date_that_both_moved_is_held_until_one_side_is_chosen(trade: Trade, side: str, day: str) -> None:
    invoice, external_id = await pushed_invoice(trade)
    edit_document(trade, external_id, due_date="2026-05-05")
    await due_here(trade, invoice, "2026-06-06")
    await trade.pull()
    conflict = await conflict_of(trade, invoice)
    assert [field["name"] for field in conflict["fields"]] == ["due_on"]
    assert str(trade.document(external_id).due_on) == "2026-05-05"
    assert (await trade.receivable(invoice))["due_date"] == "2026-06-06"
    await trade.ask("POST", f"/accounting_conflicts/{conflict['id']}/resolve", {"fields": {"due_on": side}})
    await trade.settle()
    await trade.done("receivable", invoice)
    assert str(trade.document(external_id).due_on) == (await trade.receivable(invoice))["due_date"] == day


@once
async def test_dates_that_only_the_books_moved_are_ours_and_the_history_says_whose_doing_it_was(trade: Trade) -> None:
    invoice, external_id = await pushed_invoice(trade)
    bill, bill_id = await pushed_bill(trade)
    edit_document(trade, external_id, due_date="2026-05-05", date="2026-03-01")
    edit_document(trade, bill_id, due_date="2026-05-05")
    writes = trade.calls(method="POST") + trade.calls(method="PUT")
    await trade.pull()
    shown = await trade.receivable(invoice)
    assert (shown["due_date"], shown["issue_date"][:10]) == ("2026-05-05", "2026-03-01")
    assert (await trade.payable(bill))["due_date"] == "2026-05-05"
    assert writes == trade.calls(method="POST") + trade.calls(method="PUT"), "nothing is written back"
    assert (await sources_of(trade, "receivables", invoice))[-1] == ("receivable_updated", "books")
    assert (await sources_of(trade, "payables", bill))[-1] == ("payable_updated", "books")
    assert {"receivable.updated"} <= await actions(trade, "receivable")
    assert {"payable.updated"} <= await actions(trade, "payable")


async def test_of_an_issued_invoice_the_amounts_stay_and_somebody_decides_which_are_right(trade: Trade) -> None:
    invoice, external_id = await pushed_invoice(trade)
    edit_document(trade, external_id, amount="55.00")
    there = trade.document(external_id).total
    await trade.pull()
    conflict = await conflict_of(trade, invoice)
    (lines,) = conflict["fields"]
    assert (lines["name"], lines["why"], lines["if_books"]) == ("lines", "immutable", "left_standing")
    await trade.ask("POST", f"/accounting_conflicts/{conflict['id']}/resolve", {"resolution": "books"})
    await trade.settle()
    await trade.done("receivable", invoice)
    await due_here(trade, invoice, "2026-06-06")
    await trade.settle()
    await trade.done("receivable", invoice)
    found = trade.document(external_id)
    assert (found.total, str(found.due_on)) == (there, "2026-06-06"), "a later change leaves the amounts alone"
    assert (await trade.receivable(invoice))["total_amount"] == invoice["total_amount"]


@pytest.mark.skipif(not LONG, reason="the long form runs in `make test-all`")
async def test_the_partners_amounts_are_put_back_if_they_are_right(trade: Trade) -> None:
    invoice, external_id = await pushed_invoice(trade)
    total = trade.document(external_id).total
    edit_document(trade, external_id, amount="55.00")
    await trade.pull()
    conflict = await conflict_of(trade, invoice)
    await trade.ask("POST", f"/accounting_conflicts/{conflict['id']}/resolve", {"resolution": "partner"})
    await trade.settle()
    await trade.done("receivable", invoice)
    assert trade.document(external_id).total == total


async def test_a_bill_that_was_corrected_in_the_books_is_corrected_here(trade: Trade) -> None:
    bill, external_id = await pushed_bill(trade)
    edit_document(trade, external_id, amount="55.00")
    await trade.pull()
    await trade.done("bill", bill)
    shown, found = await trade.payable(bill), trade.document(external_id)
    assert shown["total_amount"] == found.total * 100 != bill["total_amount"]
    assert shown["subtotal"] == 55_00
    lines = (await trade.ask("GET", f"/payables/{bill['id']}/line_items"))["data"]
    assert [(line["subtotal"], line["ledger_account_id"]) for line in lines] == [(55_00, trade.expense_id)]
    record = await pay(trade, "payables", bill)
    await trade.settle()
    await trade.done("payment_record", record)
    assert open_of(trade, external_id) == 0


@once
@pytest.mark.parametrize("kind", ["receivables", "payables"])
async def test_what_was_voided_or_deleted_in_the_books_is_cancelled_here(trade: Trade, kind: str) -> None:
    thing, external_id = await (pushed_invoice(trade) if kind == "receivables" else pushed_bill(trade))
    deed = "void" if trade.platform == "xero" or kind == "receivables" else "delete"
    trade.act(deed, document_id=external_id)
    await trade.pull()
    assert (await trade.ask("GET", f"/{kind}/{thing['id']}"))["status"] == "canceled"
    assert (await sources_of(trade, kind, thing))[-1] == ("status_changed", "books")
    object_type = "receivable" if kind == "receivables" else "bill"
    await trade.done(object_type, thing)
    assert f"{kind.removesuffix('s')}.canceled" in await actions(trade, kind.removesuffix("s"))


@once
async def test_a_void_there_and_a_change_here_wait_for_somebody(trade: Trade) -> None:
    invoice, external_id = await pushed_invoice(trade)
    trade.act("void", document_id=external_id)
    if trade.platform == "xero":
        await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/sync")
    await due_here(trade, invoice, "2026-06-06")
    await trade.pull()
    errors = await trade.refused("receivable", invoice)
    assert errors["code"] == "gone_from_books"
    conflict = await conflict_of(trade, invoice)
    assert [(field["name"], field["choices"]) for field in conflict["fields"]] == [("existence", ["books"])]
    path = f"/accounting_conflicts/{conflict['id']}/resolve"
    assert (await trade.partner.post(path, json={"resolution": "partner"})).status_code == 409
    await trade.ask("POST", path, {"resolution": "books"})
    await trade.settle()
    await trade.done("receivable", invoice)
    assert (await trade.receivable(invoice))["status"] == "canceled"


@once
async def test_a_cancellation_here_and_other_amounts_there_wait_for_somebody(trade: Trade) -> None:
    invoice, external_id = await pushed_invoice(trade)
    edit_document(trade, external_id, amount="55.00")
    await trade.ask("POST", f"/receivables/{invoice['id']}/cancel")
    await trade.pull()
    conflict = await conflict_of(trade, invoice)
    assert [field["name"] for field in conflict["fields"]] == ["existence"]
    assert trade.document(external_id).total != 0, "nobody's work is taken out unseen"
    await trade.ask("POST", f"/accounting_conflicts/{conflict['id']}/resolve", {"resolution": "partner"})
    await trade.settle()
    await trade.done("receivable", invoice)
    assert trade.postings(external_id) == {}


@once
async def test_payments_of_both_sides_count_once_and_both(trade: Trade) -> None:
    invoice, external_id = await pushed_invoice(trade)
    half = invoice["total_amount"] // 2
    trade.act("pay", document_id=external_id, amount=str(trade.document(external_id).total / 4))
    await trade.ask("POST", f"/receivables/{invoice['id']}/mark_as_partially_paid", {"amount_paid": half})
    await trade.pull()
    await trade.pull()
    records = await payments_of(trade, invoice)
    assert sorted(record["amount"] for record in records) == [invoice["total_amount"] // 4, half]
    assert (await trade.receivable(invoice))["amount_due"] == open_of(trade, external_id) * 100
    if trade.platform == "quickbooks":  # the other platform has no payments that are changed
        ours = next(record for record in records if record["amount"] == half)
        trade.act("edit", document_id=await trade.done("payment_record", ours), date="2026-03-01")
        await trade.pull()
        (moved,) = [record for record in await payments_of(trade, invoice) if record["id"] == ours["id"]]
        assert (moved["amount"], moved["paid_at"][:10]) == (half, "2026-03-01"), (
            "it is the same payment, of another day"
        )


FAULTS: dict[str, Json] = {
    "drop_after_commit": {},
    "status_after_commit": {"status": 500},
    "rate_limited": {"retry_after_s": 7},
}


@pytest.mark.parametrize("fault", FAULTS if LONG else ["drop_after_commit"])
async def test_whatever_befalls_the_calls_both_sides_end_the_same(trade: Trade, fault: str) -> None:
    invoice, external_id = await pushed_invoice(trade)
    customer = {"id": invoice["counterpart_id"]}
    party_id = await trade.done("customer", customer)
    await due_here(trade, invoice, "2026-06-06")
    await change_here(trade, customer, phone="555")
    edit_email(trade, party_id, "books@example.com")
    edit_document(trade, external_id, date="2026-03-01")
    trade.fault_writes(fault, **FAULTS[fault])
    await trade.pull()
    trade.no_more_faults()
    await trade.settle_all(step_s=400)
    await trade.pull()
    await trade.done("receivable", invoice)
    await trade.done("customer", customer)
    shown, found = await trade.receivable(invoice), trade.document(external_id)
    assert (shown["due_date"], shown["issue_date"][:10]) == (str(found.due_on), "2026-03-01")
    assert str(found.due_on) == "2026-06-06"
    assert (await organization(trade, customer))["email"] == told(trade, party_id)[0] == "books@example.com"
    assert told(trade, party_id)[1] == "555"


async def choose(trade: Trade, **statuses: list[str]) -> None:
    rules = await trade.ask("PATCH", "/accounting_sync_rules", {"push_statuses": statuses})
    assert {name: rules["push_statuses"][name] for name in statuses} == statuses


async def is_known(trade: Trade, object_type: str, thing: Json) -> bool:
    """Whether the books have a thing, or are to have it."""
    path = f"/accounting_synced_records?object_type={object_type}&object_id={thing['id']}"
    return bool((await trade.ask("GET", path))["data"])


async def test_invoices_go_over_once_they_are_paid_with_all_that_was_paid_of_them(trade: Trade) -> None:
    await choose(trade, receivable=["paid", "canceled"])
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    invoice = await trade.issue(customer)
    half = {"amount_paid": invoice["total_amount"] // 2}
    await trade.ask("POST", f"/receivables/{invoice['id']}/mark_as_partially_paid", half)
    (first,) = await payments_of(trade, invoice)
    await trade.settle()
    assert not await is_known(trade, "receivable", invoice)
    assert not await is_known(trade, "payment_record", first)
    await trade.ask("POST", f"/receivables/{invoice['id']}/mark_as_paid", {})
    (rest,) = [record for record in await payments_of(trade, invoice) if record["id"] != first["id"]]
    await trade.settle()
    external_id = await trade.done("receivable", invoice)
    assert open_of(trade, external_id) == 0
    assert await trade.done("payment_record", first) != await trade.done("payment_record", rest)


async def test_a_bill_goes_over_as_soon_as_it_is_complete_and_follows_until_it_is_cancelled(trade: Trade) -> None:
    await choose(trade, payable=["new", "canceled"])
    vendor = await trade.vendor(trade.named("Paper & Ink Supplies"))
    bill = await trade.bill(vendor, number=trade.named("V-7"), approve=False)
    await trade.settle()
    external_id = await trade.done("bill", bill)
    before = trade.document(external_id).total
    await trade.ask("PATCH", f"/payables/{bill['id']}", {"description": "Paper for the office"})
    more = await trade.ask("POST", f"/payables/{bill['id']}/line_items", trade.bill_line())
    total = {"subtotal": None, "tax_amount": None, "total_amount": None}
    await trade.ask("PATCH", f"/payables/{bill['id']}", total)
    await trade.settle()
    assert await trade.done("bill", bill) == external_id
    assert trade.document(external_id).total == 2 * before, more
    await trade.ask("POST", f"/payables/{bill['id']}/cancel")
    await trade.settle()
    assert trade.postings(external_id) == {}


async def test_a_cancellation_that_the_rule_leaves_out_stays_here(trade: Trade) -> None:
    await choose(trade, receivable=["issued"])
    invoice = await trade.issue(await trade.counterpart(trade.named("Southwind Traders")))
    await trade.settle()
    external_id = await trade.done("receivable", invoice)
    entries = trade.postings(external_id)
    await trade.ask("POST", f"/receivables/{invoice['id']}/cancel")
    await trade.settle()
    assert entries
    assert trade.postings(external_id) == entries
    assert (await trade.synced("receivable", invoice))["sync_status"] == "done"


async def test_nothing_goes_over_by_itself_where_no_status_is_named(trade: Trade) -> None:
    await choose(trade, receivable=[], payable=[])
    invoice = await trade.issue(await trade.counterpart(trade.named("Contoso")))
    bill = await trade.bill(await trade.vendor(trade.named("Office Depot")), number=trade.named("V-8"))
    note = await trade.ask("POST", "/receivables", {"type": "credit_note", "based_on": invoice["id"]})
    await trade.ask("POST", f"/receivables/{note['id']}/issue")
    await trade.settle()
    for object_type, thing in (("receivable", invoice), ("bill", bill), ("receivable", note)):
        assert not await is_known(trade, object_type, thing)
