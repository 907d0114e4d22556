"""Templates of transactions with a schedule: the simulation keeps them and makes nothing of them by itself."""

from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_bill, a_sale

MONTHLY = {
    "Name": "Telephone Bill",
    "RecurType": "Automated",
    "ScheduleInfo": {"IntervalType": "Monthly", "NumInterval": 1, "DayOfMonth": 1, "NextDate": "2026-06-01"},
}


async def test_a_template_comes_back_within_a_field_of_its_kind(platform: Platform, connected: Connected) -> None:
    before = (await connected.get("vendor/32"))["Vendor"]["Balance"]
    bill = a_bill("74.36", "32", RecurringInfo=MONTHLY)
    made = await connected.post("RecurringTransaction", {"Bill": bill})
    assert list(made) == ["Bill"]
    told = made["Bill"]
    assert told["RecurringInfo"] == {"Active": True, **MONTHLY}
    assert (str(told["TotalAmt"]), str(told["Balance"]), told["RecurDataRef"]) == ("74.36", "74.36", {"value": "1"})
    assert (told["VendorRef"]["name"], told["SyncToken"], told["sparse"]) == ("Cal Telephone", "0", False)
    assert "TxnDate" not in told
    assert (await connected.get(f"recurringtransaction/{told['Id']}"))["RecurringTransaction"] == made
    assert (await connected.query("select * from RecurringTransaction"))["RecurringTransaction"] == [made]
    assert (await connected.get("vendor/32"))["Vendor"]["Balance"] == before
    assert told["Id"] not in [one["Id"] for one in (await connected.query("select * from Bill"))["Bill"]]
    platform.books().ledger.assert_balanced()


async def test_a_template_uses_up_no_number(connected: Connected) -> None:
    before = await connected.invoice()
    made = await connected.post("RecurringTransaction", {"Invoice": a_sale(RecurringInfo=MONTHLY)})
    assert "DocNumber" not in made["Invoice"]
    assert int((await connected.invoice())["DocNumber"]) == int(before["DocNumber"]) + 1


async def test_a_template_is_deleted_within_its_kind(connected: Connected) -> None:
    made = (await connected.post("RecurringTransaction", {"Invoice": a_sale(RecurringInfo=MONTHLY)}))["Invoice"]
    body = {"Invoice": {"Id": made["Id"], "SyncToken": "0"}}
    assert (await connected.refused("POST", "recurringtransaction", json=body))[0] == "500"
    answer = await connected.call("POST", "recurringtransaction?operation=delete", json=body)
    assert answer.json()["RecurringTransaction"] == {
        "domain": "QBO", "status": "Deleted", "Invoice": {"Id": made["Id"]},
    }  # fmt: skip
    assert (await connected.refused("GET", f"recurringtransaction/{made['Id']}"))[0] == "610"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "2020"),
        ({"Invoice": a_sale()}, "2020"),
        ({"Invoice": a_sale(RecurringInfo={"RecurType": "Automated"})}, "2020"),
        ({"Invoice": a_sale(RecurringInfo={**MONTHLY, "RecurType": "Often"})}, "2170"),
        ({"Invoice": a_sale(RecurringInfo={"Name": "N", "RecurType": "Automated"})}, "2020"),
        ({"Invoice": a_sale(RecurringInfo=MONTHLY), "Bill": a_bill(RecurringInfo=MONTHLY)}, "6000"),
        ({"Invoice": a_sale(customer="999", RecurringInfo=MONTHLY)}, "2500"),
        ({"Payment": {}}, "2010"),
    ],
)
async def test_templates_that_break_a_rule_are_refused(connected: Connected, body: dict[str, Any], code: str) -> None:
    assert (await connected.refused("POST", "recurringtransaction", json=body))[0] == code
