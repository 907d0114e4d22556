from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_bill, a_payment, a_sale

from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.writing import create


async def changes(connected: Connected, entities: str, since: str) -> list[dict[str, Any]]:
    told = await connected.get("cdc", entities=entities, changedSince=since)
    return list(told["CDCResponse"][0]["QueryResponse"])


async def test_changes_hold_whole_objects_and_deletions(platform: Platform, connected: Connected) -> None:
    platform.clock.move(timedelta(minutes=30))
    since = platform.clock.now().isoformat()
    kept, gone = await connected.invoice(), await connected.invoice()
    await connected.call("POST", "invoice?operation=delete", json={"Id": gone["Id"], "SyncToken": "0"})
    invoices, customers, bills = await changes(connected, "Invoice,customer,Bill", since)
    assert invoices["Invoice"] == [
        kept,
        {
            "domain": "QBO",
            "status": "Deleted",
            "Id": gone["Id"],
            "MetaData": {"LastUpdatedTime": "2026-05-04T12:30:00-07:00"},
        },
    ]
    assert [one["Id"] for one in customers["Customer"]] == ["1"]
    assert bills == {}


async def test_a_payment_by_a_person_shows_in_the_changes(platform: Platform, connected: Connected) -> None:
    invoice = await connected.invoice()
    platform.clock.move(timedelta(minutes=10))
    since = platform.clock.now().isoformat()
    paid = platform.people().act("pay", {"document_id": invoice["Id"], "amount": "30"})
    assert paid["document"]["balance"] == Decimal("70.00")
    invoices, payments = await changes(connected, "Invoice,Payment", since)
    assert [(one["Id"], one["Balance"]) for one in invoices["Invoice"]] == [(invoice["Id"], Decimal("70.00"))]
    assert payments["Payment"][0]["Line"][0]["LinkedTxn"] == [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]


async def test_deletions_are_forgotten_after_thirty_days(platform: Platform, connected: Connected) -> None:
    since = platform.clock.now().isoformat()
    made = await connected.post("Bill", a_bill())
    await connected.call("POST", "bill?operation=delete", json={"Id": made["Id"], "SyncToken": "0"})
    platform.clock.move(timedelta(days=31))
    again = await platform.connect()
    assert await changes(again, "Bill", since) == [{}]


async def test_an_answer_of_changes_stops_at_a_thousand_objects(platform: Platform, connected: Connected) -> None:
    for place in range(1_001):
        create(platform.books(), KINDS["Customer"], {"DisplayName": f"Customer {place}"})
    told = await changes(connected, "Customer,Invoice,Payment,Bill", "2020-01-01")
    assert sum(one.get("maxResults", 0) for one in told) == 1_000
    assert told[-1] == {}


@pytest.mark.parametrize("entities", ["TaxCode", "TaxRate", "Nonsense", ""])
async def test_kinds_that_are_not_covered_are_refused(connected: Connected, entities: str) -> None:
    params = {"entities": entities, "changedSince": "2026-01-01"}
    assert (await connected.refused("GET", "cdc", params=params))[0] in ("4001", "2020")


async def test_kinds_are_answered_in_the_order_in_which_they_were_asked_for(connected: Connected) -> None:
    told = await changes(connected, "Vendor, Invoice,customer,Attachable", "2020-01-01")
    assert [next(iter(one), None) for one in told] == ["Vendor", "Invoice", "Customer", None]
    assert [("totalCount" in one) for one in told[:3]] == [False, True, False]
    assert all(one["maxResults"] == len(one[next(iter(one))]) for one in told[:3])


async def test_what_changed_last_comes_last_and_deletions_after_it(platform: Platform, connected: Connected) -> None:
    first, second, third = [await connected.invoice() for _ in range(3)]
    platform.clock.move(timedelta(minutes=5))
    since = platform.clock.now().isoformat()
    for invoice in (second, first):
        platform.clock.move(timedelta(seconds=1))
        await connected.post("Invoice", {**invoice, "sparse": True, "PrivateNote": "changed"})
    await connected.call("POST", "invoice?operation=delete", json={"Id": third["Id"], "SyncToken": "0"})
    (invoices,) = await changes(connected, "Invoice", since)
    assert [one["Id"] for one in invoices["Invoice"]] == [second["Id"], first["Id"], third["Id"]]
    assert (invoices["maxResults"], invoices["totalCount"]) == (3, 3)


async def test_inactive_objects_come_like_any_others(connected: Connected) -> None:
    made = await connected.post("Customer", {"DisplayName": "Leaving"})
    await connected.post("Customer", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    (customers,) = await changes(connected, "Customer", "2026-05-04T12:00:00-07:00")
    (told,) = [one for one in customers["Customer"] if one["Id"] == made["Id"]]
    assert told["Active"] is False


async def test_live_objects_come_however_old_they_are(connected: Connected) -> None:
    (terms,) = await changes(connected, "Term", "2011-10-10T09:00:00-07:00")
    assert len(terms["Term"]) == 4


async def test_a_payment_moves_the_invoice_and_a_balance_only_the_time_of_its_party(
    platform: Platform, connected: Connected
) -> None:
    invoice = await connected.invoice("50.00", "2")
    before = (await connected.get("customer/2"))["Customer"]
    platform.clock.move(timedelta(minutes=3))
    payment = await connected.post("Payment", a_payment("20.00", ("20.00", "Invoice", invoice["Id"]), customer="2"))
    paid = (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]
    after = (await connected.get("customer/2"))["Customer"]
    made_at = payment["MetaData"]["CreateTime"]
    assert (paid["SyncToken"], paid["MetaData"]["LastUpdatedTime"]) == ("1", made_at)
    assert (after["SyncToken"], after["MetaData"]["LastUpdatedTime"]) == (before["SyncToken"], made_at)


async def test_an_update_that_changes_nothing_is_no_change(platform: Platform, connected: Connected) -> None:
    made = await connected.post("Customer", {"DisplayName": "Steady"})
    platform.clock.move(timedelta(minutes=5))
    since = platform.clock.now().isoformat()
    same = await connected.post("Customer", {**made, "sparse": True})
    assert same == made
    assert await changes(connected, "Customer", since) == [{}]


@pytest.mark.parametrize("since", ["then", "2026-13-01", "2026-05-04T25:00:00Z"])
async def test_a_time_that_is_none_is_refused(connected: Connected, since: str) -> None:
    params = {"entities": "Customer", "changedSince": since}
    assert (await connected.refused("GET", "cdc", params=params))[0] == "2010"


async def test_a_transaction_tells_who_changed_it_last(platform: Platform, connected: Connected) -> None:
    invoice = await connected.invoice()
    by_program = invoice["MetaData"]["LastModifiedByRef"]
    platform.people().act("pay", {"document_id": invoice["Id"]})
    paid = (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]
    assert paid["MetaData"]["LastModifiedByRef"] != by_program
    assert by_program["value"].isdigit()
    assert "LastModifiedByRef" not in (await connected.get("customer/1"))["Customer"]["MetaData"]


async def test_only_invoices_bills_and_purchase_orders_tell_who_changed_them(connected: Connected) -> None:
    made = {
        "Invoice": await connected.invoice(),
        "Bill": await connected.post("Bill", a_bill()),
        "CreditMemo": await connected.post("CreditMemo", a_sale()),
        "Estimate": await connected.post("Estimate", a_sale()),
        "Payment": await connected.post("Payment", a_payment("5.00")),
    }
    assert [kind for kind, told in made.items() if "LastModifiedByRef" in told["MetaData"]] == ["Invoice", "Bill"]
