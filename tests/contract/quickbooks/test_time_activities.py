"""Hours that somebody worked, and what is billed of them."""

from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, a_sale

EMILY = {"NameOf": "Employee", "EmployeeRef": {"value": "55"}}
BILLABLE = {**EMILY, "Hours": 3, "BillableStatus": "Billable", "CustomerRef": {"value": "21"}, "HourlyRate": 15}


async def test_hours_come_back_as_documented(connected: Connected) -> None:
    body = {**BILLABLE, "ItemRef": {"value": "8"}, "Description": "Garden Lighting", "TxnDate": "2026-04-17"}
    made = await connected.post("TimeActivity", body)
    assert {key: value for key, value in made.items() if key not in ("MetaData", "domain", "sparse")} == {
        "TxnDate": "2026-04-17",
        "NameOf": "Employee",
        "EmployeeRef": {"value": "55", "name": "Emily Platt"},
        "CustomerRef": {"value": "21", "name": "Rondonuwu Fruit and Vegi"},
        "ItemRef": {"value": "8", "name": "Lighting"},
        "Description": "Garden Lighting",
        "Hours": 3,
        "Minutes": 0,
        "HourlyRate": 15,
        "Taxable": False,
        "BillableStatus": "Billable",
        "Id": "1",
        "SyncToken": "0",
    }
    found = await connected.query("select * from TimeActivity where TxnDate > '2026-04-14'")
    assert found["TimeActivity"] == [made]


async def test_a_span_of_time_gets_the_day_that_was_not_sent_with_it(connected: Connected) -> None:
    span = {"TxnDate": "2026-02-02", "StartTime": "08:00:00-08:00", "EndTime": "17:00:00-08:00", "BreakHours": 1}
    made = await connected.post("TimeActivity", {**EMILY, **span})
    assert (made["StartTime"], made["EndTime"]) == ("2026-02-02T08:00:00-08:00", "2026-02-02T17:00:00-08:00")
    assert (made["BillableStatus"], made["HourlyRate"]) == ("NotBillable", 0)
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Description": "hello"}
    assert (await connected.post("TimeActivity", body))["StartTime"] == made["StartTime"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"Hours": 1}, "2020"),
        ({"NameOf": "Other", "Hours": 1}, "2170"),
        ({"NameOf": "Vendor", "Hours": 1}, "2020"),
        ({**EMILY, "VendorRef": {"value": "30"}, "Hours": 1}, "6000"),
        ({**EMILY, "EmployeeRef": {"value": "30"}, "Hours": 1}, "2500"),
        (EMILY, "2020"),
        ({**EMILY, "Hours": 9000}, "2090"),
        ({**EMILY, "Hours": 1, "Minutes": 60}, "2090"),
        ({**EMILY, "StartTime": "08:00:00"}, "2020"),
        ({**EMILY, "StartTime": "08:00:00", "EndTime": "soon"}, "2010"),
        ({**EMILY, "StartTime": "08:00:00", "EndTime": "08:30:00", "BreakMinutes": 30}, "6000"),
        ({**EMILY, "Hours": 1, "BillableStatus": "Billable"}, "2020"),
        ({**EMILY, "Hours": 1, "BillableStatus": "HasBeenBilled"}, "6000"),
        ({**EMILY, "Hours": 1, "ItemRef": {"value": "11"}}, "6000"),
        ({**EMILY, "Hours": 1, "Description": "x" * 4001}, "2050"),
    ],
)
async def test_hours_that_break_a_rule_are_refused(connected: Connected, body: dict[str, Any], code: str) -> None:
    assert (await connected.refused("POST", "timeactivity", json=body))[0] == code
    assert await connected.query("select * from TimeActivity") == {}


async def test_an_invoice_bills_the_hours_that_it_is_linked_to(connected: Connected) -> None:
    time = await connected.post("TimeActivity", BILLABLE)
    link = [{"TxnId": time["Id"], "TxnType": "TimeActivity"}]
    assert (await connected.refused("POST", "invoice", json=a_sale(LinkedTxn=link)))[0] == "620"
    invoice = await connected.post("Invoice", a_sale(customer="21", LinkedTxn=link))
    billed = (await connected.get(f"timeactivity/{time['Id']}"))["TimeActivity"]
    assert (billed["BillableStatus"], billed["LinkedTxn"][0]["TxnId"]) == ("HasBeenBilled", invoice["Id"])
    key = {"Id": time["Id"], "SyncToken": "0"}
    assert (await connected.refused("POST", "timeactivity?operation=delete", json=key))[0] == "6000"
    gone = {"Id": invoice["Id"], "SyncToken": "0"}
    assert (await connected.call("POST", "invoice?operation=delete", json=gone)).status_code == 200
    assert (await connected.get(f"timeactivity/{time['Id']}"))["TimeActivity"]["BillableStatus"] == "Billable"
    answer = await connected.call("POST", "timeactivity?operation=delete", json=key)
    assert answer.json()["TimeActivity"] == {"domain": "QBO", "status": "Deleted", "Id": time["Id"]}


async def test_hours_are_not_among_the_changes(connected: Connected) -> None:
    path = "cdc?entities=TimeActivity&changedSince=2026-05-01"
    assert (await connected.refused("GET", path))[0] in ("4001", "4000")
