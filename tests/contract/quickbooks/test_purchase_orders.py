"""Purchase orders: orders that post nothing, until bills are made from them."""

from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform

from tieout.sandbox.ledger import DocumentRef

ITEM = "ItemBasedExpenseLineDetail"


def a_line(item: str = "11", price: str = "10", quantity: int = 2, **more: Any) -> dict[str, Any]:
    detail = {"ItemRef": {"value": item}, "UnitPrice": price, "Qty": quantity}
    return {"Amount": Decimal(price) * quantity, "DetailType": ITEM, ITEM: detail, **more}


def an_order(*lines: dict[str, Any], vendor: str = "41", **more: Any) -> dict[str, Any]:
    body = {"VendorRef": {"value": vendor}, "APAccountRef": {"value": "33"}, "Line": list(lines) or [a_line()]}
    return {**body, **more}


def a_bill_of(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"VendorRef": {"value": "41"}, "Line": list(lines) or [a_line()], **more}


def of(order: dict[str, Any], line_id: str | None = None) -> list[dict[str, Any]]:
    link = {"TxnId": order["Id"], "TxnType": "PurchaseOrder"}
    return [link if line_id is None else {**link, "TxnLineId": line_id}]


async def read(connected: Connected, order: dict[str, Any]) -> dict[str, Any]:
    return dict((await connected.get(f"purchaseorder/{order['Id']}"))["PurchaseOrder"])


async def test_the_smallest_order_comes_back_as_documented(platform: Platform, connected: Connected) -> None:
    order = await connected.post("PurchaseOrder", an_order(ShipTo={"value": "12"}))
    assert (order["POStatus"], order["EmailStatus"], order["DocNumber"]) == ("Open", "NotSet", "1005")
    assert (order["TotalAmt"], order["VendorRef"]["name"]) == (Decimal("20.00"), "Hicks Hardware")
    assert order["APAccountRef"] == {"value": "33", "name": "Accounts Payable (A/P)"}
    assert order["Line"][0][ITEM]["TaxCodeRef"] == {"value": "NON"}
    assert order["Line"][0][ITEM]["BillableStatus"] == "NotBillable"
    assert order["CustomField"] == [{"DefinitionId": "1", "Name": "Crew #", "Type": "StringType"}]
    assert order["ShipAddr"]["Line1"] == "12 Willow Rd."
    for absent in ("Balance", "LinkedTxn", "TxnTaxDetail"):
        assert absent not in order
    assert platform.books().ledger.standing(DocumentRef("PurchaseOrder", order["Id"])) is None
    found = await connected.query("select * from PurchaseOrder where POStatus = 'Open' and VendorRef = '41'")
    assert found["PurchaseOrder"] == [order]


async def test_an_order_moves_neither_stock_nor_balances(connected: Connected) -> None:
    before = (await connected.get("item/11"), (await connected.get("vendor/41"))["Vendor"])
    await connected.post("PurchaseOrder", an_order())
    after = (await connected.get("item/11"), (await connected.get("vendor/41"))["Vendor"])
    assert (after[0]["Item"]["QtyOnHand"], after[1]) == (before[0]["Item"]["QtyOnHand"], before[1])


async def test_orders_are_numbered_by_themselves_and_by_hand(connected: Connected) -> None:
    assert (await connected.post("PurchaseOrder", an_order(DocNumber="1005")))["DocNumber"] == "1005"
    assert (await connected.post("PurchaseOrder", an_order()))["DocNumber"] == "1006"


async def test_a_bill_of_an_order_closes_it(connected: Connected) -> None:
    order = await connected.post("PurchaseOrder", an_order())
    bill = await connected.post("Bill", a_bill_of(LinkedTxn=of(order)))
    assert bill["LinkedTxn"] == of(order)
    closed = await read(connected, order)
    assert (closed["POStatus"], closed["SyncToken"]) == ("Closed", "0")
    assert closed["LinkedTxn"] == [{"TxnId": bill["Id"], "TxnType": "Bill"}]


async def test_an_order_that_is_billed_line_by_line_closes_with_the_last(connected: Connected) -> None:
    order = await connected.post("PurchaseOrder", an_order(a_line(), a_line("5", "125", 1)))
    first = await connected.post("Bill", a_bill_of(a_line(LinkedTxn=of(order, "1")), LinkedTxn=of(order)))
    assert first["Line"][0]["LinkedTxn"] == of(order, "1")
    assert (await read(connected, order))["POStatus"] == "Open"
    second = await connected.post("Bill", a_bill_of(a_line("5", "125", 1, LinkedTxn=of(order, "2"))))
    closed = await read(connected, order)
    assert (closed["POStatus"], len(closed["LinkedTxn"])) == ("Closed", 2)
    body = {"Id": second["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "hello"}
    assert (await connected.post("Bill", body))["Line"][0]["LinkedTxn"] == of(order, "2")
    assert (await read(connected, order))["POStatus"] == "Closed"
    gone = {"Id": first["Id"], "SyncToken": "0"}
    assert (await connected.call("POST", "bill?operation=delete", json=gone)).status_code == 200
    assert (await read(connected, order))["POStatus"] == "Open"


async def test_an_order_is_closed_by_hand_and_deleted_only_without_bills(connected: Connected) -> None:
    order = await connected.post("PurchaseOrder", an_order())
    body = {"Id": order["Id"], "SyncToken": "0", "sparse": True, "POStatus": "Closed"}
    assert (await connected.post("PurchaseOrder", body))["POStatus"] == "Closed"
    bill = await connected.post("Bill", a_bill_of(LinkedTxn=of(order)))
    key = {"Id": order["Id"], "SyncToken": "1"}
    assert (await connected.refused("POST", "purchaseorder?operation=delete", json=key))[0] == "6000"
    await connected.post("Bill", {"Id": bill["Id"], "SyncToken": "0", "sparse": True, "LinkedTxn": []})
    answer = await connected.call("POST", "purchaseorder?operation=delete", json=key)
    assert answer.json()["PurchaseOrder"]["status"] == "Deleted"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"APAccountRef": None}, "2020"),
        ({"APAccountRef": {"value": "35"}}, "6430"),
        ({"VendorRef": None}, "2020"),
        ({"Line": []}, "2020"),
        ({"POStatus": "Half"}, "2170"),
        ({"Memo": "x" * 4001}, "2050"),
        ({"POEmail": {"Address": "nowhere"}}, "2210"),
        ({"ShipTo": {"value": "999"}}, "2500"),
        ({"Colour": "red"}, "2010"),
    ],
)
async def test_orders_that_break_a_rule_are_refused(connected: Connected, change: dict[str, Any], code: str) -> None:
    body = {field: value for field, value in {**an_order(), **change}.items() if value is not None}
    assert (await connected.refused("POST", "purchaseorder", json=body))[0] == code
    assert await connected.query("select count(*) from PurchaseOrder") == {"totalCount": 2}


async def test_only_an_order_to_the_same_vendor_can_be_linked(connected: Connected) -> None:
    order = await connected.post("PurchaseOrder", an_order(vendor="46"))
    body = a_bill_of(LinkedTxn=of(order))
    assert (await connected.refused("POST", "bill", json=body))[0] == "620"


async def test_an_order_abroad_carries_tax_by_line_and_posts_none(platform: Platform, british: Connected) -> None:
    kind = "AccountBasedExpenseLineDetail"
    detail = {"AccountRef": {"value": "14"}, "TaxCodeRef": {"value": "1"}}
    line = {"Amount": "100.00", "DetailType": kind, kind: detail}
    body = {"VendorRef": {"value": "5"}, "APAccountRef": {"value": "7"}, "Line": [line]}
    before = platform.books(british.realm).ledger.balance("8")
    order = await british.post("PurchaseOrder", {**body, "GlobalTaxCalculation": "TaxExcluded"})
    assert (order["TotalAmt"], order["TxnTaxDetail"]["TotalTax"]) == (Decimal("120.00"), Decimal("20.00"))
    assert platform.books(british.realm).ledger.balance("8") == before
