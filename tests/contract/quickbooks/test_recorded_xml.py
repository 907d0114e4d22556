"""Recorded answers in XML: objects of ours have every recorded name where it stood, refusals the recorded code.

The recordings are of 2013 to 2020 and some were shortened by hand, so what they lack says nothing. The simulator tells
objects in JSON only; their types are the field tables' affair, which judge every answer.
"""

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_bill, a_payment
from tests.contract.quickbooks.reenacting import FOLDER, GONE, TYPED, codes

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recordings in {FOLDER}: set TIEOUT_REFERENCE_DIR")

_LACKING = {f"ExchangeRate{name}" for name in ("@domain", "@sparse", "/Id", "/SyncToken", "/MetaData/CreateTime")} | {
    "Bill/ExchangeRate"
}
"""What a rate of 2013 has and one of 2019 (`exchangerates.json`) lacks; rates of bills need several currencies."""
_MAY_MISS = TYPED | frozenset(GONE)
_OBJECTS = (
    "bill_linked_transactions", "bill_payment_cc_response", "bill_payment_check_response", "bill_txn_tax_detail",
    "change_data_capture_response", "company_currency", "deleted_customer", "exchange_rates",
    "invoice_void_success_response", "payment_methods", "payment_void_response_success", "payment_with_line_extras",
    "tax_codes", "tax_rates", "terms", "vendor_credit",
)  # fmt: skip
_REFUSALS = {
    "query_validation_error": 400,
    "throttle_exceeded_error": 429,  # 403 when it was recorded in October 2016, 429 from December 2016
    "too_many_requests_error": 429,
}
_REFUSED_WRITE = "customer_duplicate_error"
_REPORTS = ("age_payable_detail",)


def root_of(name: str) -> ET.Element:
    return ET.fromstring((FOLDER / "xml" / f"{name}.xml").read_bytes())  # noqa: S314 - a recording of ours


def plain(tag: str) -> str:
    return tag.rpartition("}")[2]


def objects_in(root: ET.Element) -> Iterator[ET.Element]:
    """The recorded objects, taken out of their envelopes."""
    if plain(root.tag) in {"IntuitResponse", "CDCResponse", "QueryResponse"}:
        for part in root:
            yield from objects_in(part)
    else:
        yield root


def missing(recorded: ET.Element, ours: Any, place: str) -> list[str]:
    """The recorded names that ours lacks; of several of ours, the likest counts."""
    if isinstance(ours, list):
        return min((missing(recorded, one, place) for one in ours), key=len, default=[place])
    told = [name for name in recorded.attrib if name not in ours] if isinstance(ours, dict) else []
    gone = [f"{place}@{name}" for name in told]
    for part in recorded:
        name = plain(part.tag)
        if name == "LineEx":  # whose insides JSON tells in another form, compared in `test_reenactments.py`
            gone += [] if name in ours else [f"{place}/{name}"]
        elif not isinstance(ours, dict) or name not in ours:
            gone += [] if name in _MAY_MISS else [f"{place}/{name}"]
        else:
            gone += missing(part, ours[name], f"{place}/{name}")
    return gone


async def everything(connected: Connected) -> None:
    """Bring about what the recordings show and the sample company does not have of itself."""
    bill = await connected.post("Bill", a_bill(PrivateNote="Rent"))
    pays = {"Amount": 80, "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}
    paid = {"VendorRef": {"value": "30"}, "TotalAmt": 80, "Line": [pays], "DocNumber": "7", "PrivateNote": "Paid"}
    card = {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": {"value": "41"}}}
    await connected.post("BillPayment", paid | card)
    detail = {"AccountRef": {"value": "7"}, "CustomerRef": {"value": "1"}, "BillableStatus": "Billable"}
    kind = "AccountBasedExpenseLineDetail"
    line = {"Amount": 9, "DetailType": kind, kind: detail}
    await connected.post("VendorCredit", {"VendorRef": {"value": "30"}, "Line": [line]})
    address = {"Line1": "1 High Street", "City": "Bayshore"}
    person = {"DisplayName": "Gone", "BillAddr": address, "PreferredDeliveryMethod": "Email", "Taxable": False}
    gone = await connected.post("Customer", person)
    await connected.post("Customer", {"Id": gone["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    by_date = {"DayOfMonthDue": 1, "DueNextMonthDays": 2, "DiscountDayOfMonth": 3, "DiscountPercent": 4}
    await connected.post("Term", {"Name": "First of the month", **by_date})
    await a_voided_payment(connected)
    unwanted = await connected.invoice()
    await connected.post("Invoice", {"Id": unwanted["Id"], "SyncToken": "0"}, operation="delete")


async def a_voided_payment(connected: Connected) -> None:
    invoice = await connected.invoice(PrivateNote="Here")
    for amount in ("40.00", "60.00"):
        payment = await connected.post("Payment", a_payment(amount, (amount, "Invoice", invoice["Id"])))
    body = {"Id": payment["Id"], "SyncToken": "0", "sparse": True}
    await connected.post("Payment", body, operation="update", include="void")


async def a_taxed_bill(british: Connected) -> None:
    bought = {"Name": "Watches", "Type": "NonInventory", "ExpenseAccountRef": {"value": "3"}}
    item = await british.post("Item", bought)
    kind = "ItemBasedExpenseLineDetail"
    detail = {"ItemRef": {"value": item["Id"]}, "Qty": 1, "UnitPrice": 400, "TaxCodeRef": {"value": "2"}}
    line = {"Amount": 400, "DetailType": kind, kind: detail, "Description": "Silver"}
    bill = {"VendorRef": {"value": "5"}, "GlobalTaxCalculation": "TaxExcluded", "DocNumber": "7", "Line": [line]}
    await british.post("Bill", bill)


async def ours_of(connected: Connected, kind: str) -> list[Any]:
    """All of a kind, inactive ones too, and what was deleted of it."""
    where = {"ExchangeRate": " where SourceCurrencyCode = 'EUR'", "Customer": " where Active in (true, false)"}
    held = (await connected.query(f"select * from {kind}{where.get(kind, '')}"))[kind]  # noqa: S608 - of this file
    if kind != "Invoice":
        return list(held)
    changes = await connected.get("cdc", changedSince="2026-05-04T11:00:00-07:00", entities=kind)
    return [*held, *changes["CDCResponse"][0]["QueryResponse"][0][kind]]


@pytest.mark.parametrize("name", _OBJECTS)
async def test_every_recorded_name_is_where_it_stood(connected: Connected, british: Connected, name: str) -> None:
    company = british if name == "bill_txn_tax_detail" else connected
    await (a_taxed_bill(british) if company is british else everything(connected))
    found = list(objects_in(root_of(name)))
    for one in found:
        kind = plain(one.tag)
        assert set(missing(one, await ours_of(company, kind), kind)) <= _LACKING
    assert found


def told_in(answer: str) -> dict[str, set[str]]:
    """The elements of a refusal, each with its attributes; `element` is told of fields only."""
    parts = ET.fromstring(answer).iter()  # noqa: S314 - a recording, or the simulator's own answer
    return {plain(one.tag): set(one.attrib) - {"element"} for one in parts}


def code_in(answer: str) -> str:
    (error,) = (one for one in ET.fromstring(answer).iter() if plain(one.tag) == "Error")  # noqa: S314 - as above
    return error.attrib["code"]


@pytest.mark.parametrize("name", sorted(_REFUSALS))
async def test_a_refusal_in_xml_is_the_recorded_one(platform: Platform, connected: Connected, name: str) -> None:
    if _REFUSALS[name] == 429:
        await platform.http.post("/_sandbox/rules", json={"limits_watched": True})
        for _ in range(10):
            await connected.call("GET", "term/1")
    bad = "select * from Customer startposition 0"
    query = {"query": bad if _REFUSALS[name] == 400 else "select * from Term"}
    answer = await connected.call("GET", "query", params=query, headers={"accept": "application/xml"})
    recorded = ET.tostring(root_of(name), encoding="unicode")
    assert (answer.status_code, answer.headers["content-type"]) == (_REFUSALS[name], "application/xml")
    assert (code_in(answer.text), told_in(answer.text)) == (code_in(recorded), told_in(recorded))


async def test_a_name_twice_is_refused_with_what_was_recorded_in_xml(connected: Connected) -> None:
    answer = await connected.call("POST", "customer", json={"DisplayName": "Amy's Bird Sanctuary"})
    recorded = root_of(_REFUSED_WRITE)
    assert set(missing(recorded, answer.json(), "answer")) <= {"answer/Fault/Error@element"}  # told of fields only
    assert codes(answer.json()) == [code_in(ET.tostring(recorded, encoding="unicode"))]


@pytest.mark.parametrize("name", _REPORTS)
async def test_a_recorded_report_in_xml_has_the_parts_of_ours_in_json(connected: Connected, name: str) -> None:
    await connected.post("Bill", a_bill())
    ours = await connected.get("reports/AgedPayableDetail")
    assert missing(root_of(name), ours, "Report") == []


def test_no_recorded_xml_is_left_out() -> None:
    assert {path.stem for path in (FOLDER / "xml").glob("*.xml")} == {
        *_OBJECTS, *_REFUSALS, _REFUSED_WRITE, *_REPORTS,
    }  # fmt: skip


def test_a_name_that_is_missing_deep_down_is_found() -> None:
    recorded = ET.fromstring("<Bill><Line><Id>1</Id><Odd>2</Odd></Line></Bill>")  # noqa: S314 - of this file
    assert missing(recorded, [{"Line": [{"Id": "1"}, {"Amount": 2}]}], "Bill") == ["Bill/Line/Odd"]
