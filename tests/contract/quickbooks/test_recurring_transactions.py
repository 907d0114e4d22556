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


async def test_a_template_is_changed_within_its_kind(platform: Platform, connected: Connected) -> None:
    made = (await connected.post("RecurringTransaction", {"Invoice": a_sale("60.00", RecurringInfo=MONTHLY)}))[
        "Invoice"
    ]
    yearly = {**MONTHLY, "ScheduleInfo": {"IntervalType": "Yearly"}}
    whole = a_sale("75.00", RecurringInfo=yearly, Id=made["Id"], SyncToken="0")
    changed = (await connected.post("RecurringTransaction", {"Invoice": whole}))["Invoice"]
    assert (changed["Id"], changed["SyncToken"], changed["RecurDataRef"]) == (made["Id"], "1", made["RecurDataRef"])
    assert (str(changed["TotalAmt"]), changed["RecurringInfo"]["ScheduleInfo"]) == ("75.00", yearly["ScheduleInfo"])
    assert (await connected.get(f"recurringtransaction/{made['Id']}"))["RecurringTransaction"]["Invoice"] == changed
    platform.books().ledger.assert_balanced()


async def test_a_sparse_change_of_a_template_keeps_the_rest(connected: Connected) -> None:
    made = (await connected.post("RecurringTransaction", {"Bill": a_bill("60.00", RecurringInfo=MONTHLY)}))["Bill"]
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "By hand"}
    changed = (await connected.post("RecurringTransaction", {"Bill": body}))["Bill"]
    assert (changed["PrivateNote"], changed["SyncToken"]) == ("By hand", "1")
    same = {key: value for key, value in changed.items() if key not in ("PrivateNote", "SyncToken", "MetaData")}
    assert same == {key: value for key, value in made.items() if key not in ("SyncToken", "MetaData")}
    again = (await connected.post("RecurringTransaction", {"Bill": {**changed}}))["Bill"]
    assert again == changed


async def test_a_template_is_not_changed_under_another_kind_or_with_an_old_token(connected: Connected) -> None:
    made = (await connected.post("RecurringTransaction", {"Invoice": a_sale(RecurringInfo=MONTHLY)}))["Invoice"]
    named = {"Id": made["Id"], "SyncToken": "0"}
    bill = {"Bill": a_bill(RecurringInfo=MONTHLY, **named)}
    assert (await connected.refused("POST", "recurringtransaction", json=bill))[0] == "610"
    old = {"Invoice": a_sale(RecurringInfo=MONTHLY, **named | {"SyncToken": "3"})}
    assert (await connected.refused("POST", "recurringtransaction", json=old))[0] == "5010"


async def test_templates_are_found_by_their_type(connected: Connected) -> None:
    for kind, body in (("Invoice", a_sale(RecurringInfo=MONTHLY)), ("Bill", a_bill(RecurringInfo=MONTHLY))):
        await connected.post("RecurringTransaction", {kind: body})
    found = await connected.query("select * from RecurringTransaction where Type = 'Bill'")
    assert [list(one) for one in found["RecurringTransaction"]] == [["Bill"]]
