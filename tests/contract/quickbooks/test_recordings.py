"""The simulated platform against recorded answers of the real one. Needs the reference folder; skips loudly without."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform

from tieout.platforms.quickbooks.sandbox.accounting.fields import read_entity
from tieout.platforms.quickbooks.sandbox.condense_sample import PARTIES, condense

_FOLDER = Path(os.environ.get("TIEOUT_REFERENCE_DIR", Path(__file__).parents[4] / "shared" / "reference"))
pytestmark = pytest.mark.skipif(
    not (_FOLDER / "qbo-samples").is_dir(), reason=f"no recordings in {_FOLDER}: set TIEOUT_REFERENCE_DIR"
)


def recorded(name: str, place: int = 0) -> tuple[Any, Any]:
    """Request body and answer body of a recorded exchange."""
    exchange = json.loads((_FOLDER / "qbo-samples" / "http" / f"{name}.json").read_text(encoding="utf-8"))[place]
    return exchange["request"]["body"], exchange["response"]["body"]


def without_time(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "time"}


def missing(theirs: Any, ours: Any, path: str = "") -> list[str]:
    """Fields that the recording has and we do not, wherever they nest."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        gone = [f"{path}.{key}" for key in theirs if key not in ours]
        return gone + [one for key in theirs if key in ours for one in missing(theirs[key], ours[key], f"{path}.{key}")]
    if isinstance(theirs, list) and isinstance(ours, list):
        return [one for left, right in zip(theirs, ours, strict=False) for one in missing(left, right, f"{path}[]")]
    return []


async def test_a_created_customer_has_the_recorded_fields(connected: Connected) -> None:
    sent, answered = recorded("customer-create")
    made = (await connected.call("POST", "customer", json=sent)).json()
    assert set(made) == set(answered)
    assert set(made["Customer"]) == set(answered["Customer"])


async def test_a_created_invoice_has_the_recorded_fields_and_figures(connected: Connected) -> None:
    sent, answered = recorded("invoice-create")
    made = (await connected.call("POST", "invoice", json=sent)).json()["Invoice"]
    theirs = answered["Invoice"]
    assert missing(theirs, made) == []
    for field in ("TotalAmt", "Balance", "TxnTaxDetail", "CustomerRef", "LinkedTxn", "CustomField", "CurrencyRef"):
        assert made[field] == theirs[field]


async def test_a_voided_and_a_deleted_invoice_answer_as_recorded(connected: Connected) -> None:
    sent, _ = recorded("invoice-create")
    _, voided = recorded("invoice-void", 1)
    made = (await connected.call("POST", "invoice", json=sent)).json()["Invoice"]
    body = {"Id": made["Id"], "SyncToken": "0"}
    ours = (await connected.call("POST", "invoice?operation=void", json=body)).json()["Invoice"]
    assert missing(voided["Invoice"], ours) == []
    for field in ("SyncToken", "PrivateNote", "TotalAmt", "Balance", "TxnTaxDetail"):
        assert ours[field] == voided["Invoice"][field]
    _, gone = recorded("invoice-delete", 1)
    body["SyncToken"] = "1"
    deleted = (await connected.call("POST", "invoice?operation=delete", json=body)).json()
    assert deleted["Invoice"] == {**gone["Invoice"], "Id": made["Id"]}


@pytest.mark.parametrize(
    ("name", "method", "path", "place"),
    [
        ("error-400-duplicate-name-6240", "POST", "customer", 0),
        ("error-400-query-4001", "GET", "query?query=SELECT%20*%20FROM%20Custmoer", 0),
        ("error-400-unsupported-500-and-invalid-id-2030", "GET", "customer/1.5", 1),
    ],
)
async def test_refusals_are_word_for_word_the_recorded_ones(
    connected: Connected, name: str, method: str, path: str, place: int
) -> None:
    sent, answered = recorded(name, place)
    ours = await connected.call(method, path, **({"json": sent} if sent else {}))
    assert ours.status_code == 400
    assert without_time(ours.json()) == without_time(answered)
    assert ("time" in ours.json()) == ("time" in answered)


async def test_an_unknown_property_is_refused_in_the_recorded_form(connected: Connected) -> None:
    sent, answered = recorded("error-400-unknown-property-2010")
    ours = (await connected.call("POST", "invoice", json=sent)).json()["Fault"]
    theirs = answered["Fault"]
    assert (ours["type"], ours["Error"][0]["code"]) == (theirs["type"], theirs["Error"][0]["code"])
    assert ours["Error"][0]["Message"] == theirs["Error"][0]["Message"]
    start = theirs["Error"][0]["Detail"].partition("(83")[0]
    assert ours["Error"][0]["Detail"].startswith(start)


async def test_an_expired_token_is_refused_in_the_gateways_form(connected: Connected) -> None:
    _, answered = recorded("error-401-token-expired")
    ours = (await connected.call("GET", "customer/1", headers={"authorization": "Bearer gone"})).json()
    assert set(ours) == set(answered)
    assert set(ours["fault"]["error"][0]) == set(answered["fault"]["error"][0])
    assert ours["fault"]["error"][0]["message"] == answered["fault"]["error"][0]["message"]


async def test_stale_and_missing_objects_are_refused_in_the_recorded_words(
    platform: Platform, connected: Connected
) -> None:
    _, answered = recorded("batch-create-delete-update-query")
    faults = {item["bId"]: item["Fault"]["Error"][0] for item in answered["BatchItemResponse"] if "Fault" in item}
    missing_one = await connected.call("POST", "invoice", json={"Id": "999999", "SyncToken": "0", "sparse": True})
    assert missing_one.json()["Fault"]["Error"][0] == faults["bid2"]
    stale = await connected.call("POST", "customer", json={"Id": "1", "SyncToken": "7", "sparse": True})
    assert stale.json()["Fault"]["Error"][0] == faults["bid3"]
    assert platform.books().profile.last_user == "Another User"


async def test_vendors_come_in_the_recorded_order(connected: Connected) -> None:
    theirs = [
        vendor["Id"]
        for place in range(1, 7)
        for vendor in recorded("query-count-then-pages-vendor", place)[1]["QueryResponse"]["Vendor"]
    ]
    ours = [vendor["Id"] for vendor in (await connected.query("select * from Vendor"))["Vendor"]]
    assert ours[:-2] == [one for one in theirs if one in ours and int(one) < 58]
    assert len(ours) >= 25


async def test_customers_of_the_sample_company_come_in_the_recorded_order_with_the_recorded_fields(
    connected: Connected,
) -> None:
    page = next(
        body["QueryResponse"]["Customer"]
        for body in (recorded("query-customer-all", place)[1] for place in (0, 1))
        if "Customer" in body["QueryResponse"]
    )
    ours = (await connected.query("select * from Customer"))["Customer"]
    known = {one["Id"]: one for one in page}
    assert [one["Id"] for one in ours][:-3] == [one["Id"] for one in page if int(one["Id"]) < 30]
    for one in ours[:-3]:
        gone = {field.rpartition(".")[2] for field in missing(known[one["Id"]], one)}
        assert gone <= {"WebAddr", "Mobile", "Fax", "Country", "MiddleName", "DefaultTaxCodeRef"}
        assert one["FullyQualifiedName"] == known[one["Id"]]["FullyQualifiedName"]


async def test_a_full_update_of_a_receipt_is_answered_as_recorded(connected: Connected) -> None:
    _, standing = recorded("salesreceipt-full-update-with-requestid")
    told = {key: standing["SalesReceipt"][key] for key in ("DocNumber", "TxnDate", "Line")}
    receipt = await connected.post("SalesReceipt", told)
    sent, answered = recorded("salesreceipt-full-update-with-requestid", 1)
    body = {**sent, "Id": receipt["Id"], "SyncToken": "0"}
    answer = await connected.call("POST", "salesreceipt", json=body, params={"requestid": "a90bfae9"})
    ours, theirs = answer.json()["SalesReceipt"], answered["SalesReceipt"]
    several_currencies = {"ExchangeRate", "HomeTotalAmt", "HomeBalance"}
    assert ours.keys() - several_currencies == theirs.keys()
    for field in ("DocNumber", "TxnDate", "TotalAmt", "Balance", "DepositToAccountRef", "PrintStatus", "CustomField"):
        assert ours[field] == theirs[field], field
    again = await connected.call("POST", "salesreceipt", json=body, params={"requestid": "a90bfae9"})
    assert without_time(again.json()) == without_time(answer.json())


async def test_receipts_have_the_recorded_fields(connected: Connected) -> None:
    _, answered = recorded("query-salesreceipt")
    theirs = next(one for one in answered["QueryResponse"]["SalesReceipt"] if one["Id"] == "38")
    kept = ("CustomerRef", "CustomerMemo", "BillEmail", "PaymentMethodRef", "Line")
    receipt = await connected.post("SalesReceipt", {field: theirs[field] for field in kept})
    link = {"TxnId": receipt["Id"], "TxnType": "SalesReceipt", "TxnLineId": "0"}
    line = {"Amount": receipt["TotalAmt"], "LinkedTxn": [link]}
    await connected.post("Deposit", {"DepositToAccountRef": {"value": "35"}, "Line": [line]})
    ours = (await connected.get(f"salesreceipt/{receipt['Id']}"))["SalesReceipt"]
    assert [one for one in missing(theirs, ours) if "Addr." not in one] == []
    assert [line["DetailType"] for line in ours["Line"]] == [line["DetailType"] for line in theirs["Line"]]
    assert (str(ours["TotalAmt"]), "Id" in ours["Line"][-1]) == ("78.75", False)


def test_deposits_of_the_recordings_are_read_by_our_field_tables() -> None:
    folder = _FOLDER / "qbo-samples" / "json"
    changes = json.loads((folder / "cdc-deposit.json").read_text(encoding="utf-8"))
    batch = json.loads((folder / "batch-deposit.json").read_text(encoding="utf-8"))
    deposits = changes["CDCResponse"][0]["QueryResponse"][0]["Deposit"] + [batch["BatchItemResponse"][0]["Deposit"]]
    for deposit in deposits:
        assert read_entity("Deposit", deposit)["DepositToAccountRef"]["value"]


async def test_an_estimate_has_the_recorded_fields_and_figures(connected: Connected) -> None:
    _, answered = recorded("cdc-estimate")
    for theirs in answered["CDCResponse"][0]["QueryResponse"][0]["Estimate"]:
        wanted = ("Line", "CustomerRef", "CustomerMemo", "BillEmail", "TxnDate", "EmailStatus", "DeliveryInfo")
        sent = {field: theirs[field] for field in wanted if field in theirs}
        code = theirs["TxnTaxDetail"].get("TxnTaxCodeRef")
        detail = {"TxnTaxDetail": {"TxnTaxCodeRef": code}} if code else {}
        made = (await connected.call("POST", "estimate", json={**sent, **detail})).json()["Estimate"]
        assert {one.rpartition(".")[2] for one in missing(theirs, made)} <= {"LinkedTxn", "Line2", "Line3", "Line4"}
        for field in ("TotalAmt", "TxnTaxDetail", "CustomerRef", "CustomField", "CurrencyRef"):
            assert made[field] == theirs[field]
        if "LinkedTxn" in theirs:
            link = {"LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Estimate"}]}
            today = {field: value for field, value in sent.items() if field != "TxnDate"}
            await connected.call("POST", "invoice", json={**today, **detail, **link})
            linked = (await connected.call("GET", f"estimate/{made['Id']}")).json()["Estimate"]
            assert (linked["TxnStatus"], linked["SyncToken"]) == (theirs["TxnStatus"], theirs["SyncToken"])
            assert linked["LinkedTxn"][0]["TxnType"] == theirs["LinkedTxn"][0]["TxnType"]


def test_the_parties_of_the_sample_company_are_what_the_recordings_come_to() -> None:
    assert condense(_FOLDER / "qbo-samples") == json.loads(PARTIES.read_text(encoding="utf-8"))
