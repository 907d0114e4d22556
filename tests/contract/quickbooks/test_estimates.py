"""Estimates: documents that post nothing, until an invoice is made from them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_sale

from tieout.sandbox.ledger import DocumentRef


def link(estimate: dict[str, Any]) -> dict[str, Any]:
    return {"LinkedTxn": [{"TxnId": estimate["Id"], "TxnType": "Estimate"}]}


async def read(connected: Connected, estimate: dict[str, Any]) -> dict[str, Any]:
    return dict((await connected.get(f"estimate/{estimate['Id']}"))["Estimate"])


async def test_the_smallest_estimate_comes_back_as_recorded(connected: Connected) -> None:
    made = await connected.post("Estimate", a_sale("35.00", "3"))
    assert (made["TxnStatus"], made["TotalAmt"], made["TxnTaxDetail"]) == ("Pending", Decimal("35.00"), {"TotalTax": 0})
    assert (made["PrintStatus"], made["EmailStatus"], made["ApplyTaxAfterDiscount"]) == ("NeedToPrint", "NotSet", False)
    assert made["BillAddr"]["City"] == made["ShipAddr"]["City"] == "Half Moon Bay"
    assert made["Line"][-1]["DetailType"] == "SubTotalLineDetail"
    for absent in ("LinkedTxn", "DueDate", "Balance"):
        assert absent not in made
    assert made in (await connected.query("select * from Estimate"))["Estimate"]


async def test_an_estimate_posts_nothing_and_leaves_everybodys_balance_alone(
    platform: Platform, connected: Connected
) -> None:
    before = (await connected.get("customer/1"))["Customer"]
    made = await connected.post("Estimate", a_sale("35.00"))
    assert platform.books().ledger.standing(DocumentRef("Estimate", made["Id"])) is None
    assert (await connected.get("customer/1"))["Customer"] == before


async def test_estimates_have_their_own_numbers_and_the_tax_of_sales(connected: Connected) -> None:
    invoice = await connected.invoice()
    first = await connected.post("Estimate", a_sale(code="TAX", TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}}))
    second = await connected.post("Estimate", a_sale())
    assert (first["DocNumber"], second["DocNumber"]) == ("1001", "1002")
    assert int((await connected.invoice())["DocNumber"]) == int(invoice["DocNumber"]) + 1
    assert (first["TotalAmt"], first["TxnTaxDetail"]["TotalTax"]) == (Decimal("108.00"), Decimal("8.00"))


async def test_an_estimate_is_accepted_and_rejected_by_updates(connected: Connected) -> None:
    made = await connected.post("Estimate", a_sale(ExpirationDate="2026-06-30"))
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    accepted = {"TxnStatus": "Accepted", "AcceptedBy": "Ada King", "AcceptedDate": "2026-05-04"}
    changed = await connected.post("Estimate", {**body, **accepted})
    assert {field: changed[field] for field in accepted} == accepted
    assert (changed["SyncToken"], changed["ExpirationDate"]) == ("1", "2026-06-30")
    wrong = {**body, "SyncToken": "1", "TxnStatus": "Perhaps"}
    assert (await connected.refused("POST", "estimate", json=wrong))[0] == "2170"
    full = {"Id": made["Id"], "SyncToken": "1", **a_sale("70.00")}
    assert (await connected.post("Estimate", full))["TxnStatus"] == "Accepted"


async def test_an_invoice_made_from_an_estimate_closes_it_and_moves_its_time_but_not_its_token(
    platform: Platform, connected: Connected
) -> None:
    estimate = await connected.post("Estimate", a_sale())
    platform.clock.move(timedelta(minutes=5))
    invoice = await connected.invoice(**link(estimate))
    assert invoice["LinkedTxn"] == [{"TxnId": estimate["Id"], "TxnType": "Estimate"}]
    closed = await read(connected, estimate)
    assert (closed["TxnStatus"], closed["SyncToken"]) == ("Closed", "0")
    assert closed["LinkedTxn"] == [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]
    assert closed["MetaData"]["LastUpdatedTime"] == invoice["MetaData"]["CreateTime"]
    changes = await connected.get("cdc", entities="Estimate", changedSince=platform.clock.now().isoformat())
    assert changes["CDCResponse"][0]["QueryResponse"][0]["Estimate"] == [closed]


async def test_an_update_keeps_the_link_until_it_sends_others(connected: Connected) -> None:
    estimate = await connected.post("Estimate", a_sale())
    invoice = await connected.invoice(**link(estimate))
    body = {"Id": invoice["Id"], "sparse": True}
    noted = await connected.post("Invoice", {**body, "SyncToken": "0", "PrivateNote": "hello"})
    assert noted["LinkedTxn"] == invoice["LinkedTxn"]
    same = await connected.post("Invoice", {**body, "SyncToken": "1", "LinkedTxn": noted["LinkedTxn"]})
    assert same["SyncToken"] == "1"
    freed = await connected.post("Invoice", {**body, "SyncToken": "1", "LinkedTxn": []})
    assert freed["LinkedTxn"] == []
    again = await read(connected, estimate)
    assert again["TxnStatus"] == "Pending"
    assert "LinkedTxn" not in again


async def test_a_deleted_invoice_opens_its_estimate_again(connected: Connected) -> None:
    estimate = await connected.post("Estimate", a_sale(TxnStatus="Accepted"))
    invoice = await connected.invoice(**link(estimate))
    key = {"Id": estimate["Id"], "SyncToken": "0"}
    assert (await connected.refused("POST", "estimate?operation=delete", json=key))[0] == "6000"
    gone = {"Id": invoice["Id"], "SyncToken": "0"}
    assert (await connected.call("POST", "invoice?operation=delete", json=gone)).status_code == 200
    assert (await read(connected, estimate))["TxnStatus"] == "Accepted"
    answer = await connected.call("POST", "estimate?operation=delete", json=key)
    assert answer.json()["Estimate"] == {"domain": "QBO", "status": "Deleted", "Id": estimate["Id"]}
    assert (await connected.refused("GET", f"estimate/{estimate['Id']}"))[0] == "610"


async def test_links_show_before_payments(connected: Connected) -> None:
    estimate = await connected.post("Estimate", a_sale())
    invoice = await connected.invoice(**link(estimate))
    line = {"Amount": "100.00", "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    await connected.post("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": "100.00", "Line": [line]})
    paid = (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]
    assert [one["TxnType"] for one in paid["LinkedTxn"]] == ["Estimate", "Payment"]
    echoed = {"Id": invoice["Id"], "SyncToken": "1", "sparse": True, "LinkedTxn": paid["LinkedTxn"]}
    assert (await connected.post("Invoice", echoed))["LinkedTxn"] == paid["LinkedTxn"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"LinkedTxn": [{"TxnId": "99999", "TxnType": "Estimate"}]}, "620"),
        ({"CustomerRef": {"value": "2"}}, "620"),
    ],
)
async def test_only_an_estimate_of_the_same_customer_can_be_linked(
    connected: Connected, body: dict[str, Any], code: str
) -> None:
    estimate = await connected.post("Estimate", a_sale())
    sale = {**a_sale(), **link(estimate), **body}
    assert (await connected.refused("POST", "invoice", json=sale))[0] == code
    assert (await read(connected, estimate))["TxnStatus"] == "Pending"


@pytest.mark.parametrize(("entity", "kind"), [("invoice", "ReimburseCharge"), ("salesreceipt", "Estimate")])
async def test_links_of_other_types_are_refused_loudly(connected: Connected, entity: str, kind: str) -> None:
    sale = a_sale(LinkedTxn=[{"TxnId": "1", "TxnType": kind}])
    assert (await connected.call("POST", entity, json=sale)).status_code == 501


async def test_an_estimate_to_be_sent_needs_an_address(connected: Connected) -> None:
    assert (await connected.refused("POST", "estimate", json=a_sale(EmailStatus="NeedToSend")))[0] == "2020"
    made = await connected.post("Estimate", a_sale(EmailStatus="NeedToSend", BillEmail={"Address": "a@b.example"}))
    assert made["EmailStatus"] == "NeedToSend"


async def test_an_estimate_keeps_its_customer_once_an_invoice_was_made_from_it(connected: Connected) -> None:
    estimate = await connected.post("Estimate", a_sale())
    await connected.invoice(**link(estimate))
    body = {"Id": estimate["Id"], "SyncToken": "0", "sparse": True, "CustomerRef": {"value": "2"}}
    assert (await connected.refused("POST", "estimate", json=body))[0] == "6000"


async def test_an_invoice_that_goes_to_somebody_else_leaves_the_estimate(connected: Connected) -> None:
    estimate = await connected.post("Estimate", a_sale("50.00"))
    links = [{"TxnId": estimate["Id"], "TxnType": "Estimate"}]
    invoice = await connected.invoice("50.00", LinkedTxn=links)
    other = {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "CustomerRef": {"value": "2"}}
    assert (await connected.post("Invoice", other))["LinkedTxn"] == []
    assert "LinkedTxn" not in (await connected.get(f"estimate/{estimate['Id']}"))["Estimate"]
