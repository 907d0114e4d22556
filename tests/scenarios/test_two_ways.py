"""People change the books while the partner changes its records: nothing is lost, nobody is overwritten unseen.

What one side alone changed flows to the other; what both changed goes by the entity's rules, or awaits a decision.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from tests.support.operating import open_of, open_operations, pay, payments_of, pushed_bill, pushed_invoice
from tests.support.trading import PLATFORMS, Json, Trade
from tests.support.two_ways import conflict_of, conflicts_of, edit_document, edit_email, rules, sources_of, told

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PLATFORMS)
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trade]:
    async with open_operations(tmp_path_factory.mktemp("books"), request.param) as trade:
        yield trade


@pytest_asyncio.fixture(loop_scope="module")
async def trade(shared: Trade) -> AsyncIterator[Trade]:
    await shared.begin()
    yield shared
    await rules(shared, None)
    await shared.tidy()


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


@pytest.mark.parametrize(("side", "day"), [("books", "2026-05-05"), ("partner", "2026-06-06")])
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


FAULTS: dict[str, Json] = {
    "drop_after_commit": {},
    "status_after_commit": {"status": 500},
    "rate_limited": {"retry_after_s": 7},
}


@pytest.mark.parametrize("fault", FAULTS)
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
