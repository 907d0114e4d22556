"""Payments of a credit card's balance from a bank account."""

from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, journal_of

NAME = "CreditCardPaymentTxn"


def a_card_payment(amount: str = "90.00", **more: Any) -> dict[str, Any]:
    return {"Amount": amount, "BankAccountRef": {"value": "35"}, "CreditCardAccountRef": {"value": "41"}, **more}


async def made_of(connected: Connected, body: dict[str, Any]) -> dict[str, Any]:
    """The route is named otherwise than the object."""
    answer = await connected.call("POST", "creditcardpayment", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()[NAME])


async def test_it_takes_from_the_bank_what_the_card_owes(platform: Platform, connected: Connected) -> None:
    made = await made_of(connected, a_card_payment(VendorRef={"value": "30"}, CheckNum="1021", Memo="May"))
    assert made["BankAccountRef"] == {"value": "35", "name": "Checking"}
    assert made["CreditCardAccountRef"] == {"value": "41", "name": "Mastercard"}
    assert (made["Amount"], made["TxnDate"], made["CheckNum"], made["SyncToken"]) == (90, "2026-05-04", "1021", "0")
    read = (await connected.get(f"creditcardpayment/{made['Id']}"))[NAME]
    assert (await connected.query("select * from CreditCardPayment"))[NAME] == [read]
    assert await journal_of(platform, connected.realm, NAME, made["Id"]) == {
        "35": Decimal("-90.00"),
        "41": Decimal("90.00"),
    }
    listed = await connected.get("reports/TransactionList", start_date="2026-05-04", end_date="2026-05-04")
    assert "Credit Card Payment" in [row["ColData"][1]["value"] for row in listed["Rows"]["Row"]]


async def test_it_is_changed_and_deleted(platform: Platform, connected: Connected) -> None:
    made = await made_of(connected, a_card_payment())
    sparse = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    assert (await connected.refused("POST", "creditcardpayment", json={**sparse, "Memo": "June"}))[0] == "2020"
    changed = await made_of(connected, a_card_payment("95.00", **sparse))
    assert (changed["Amount"], changed["SyncToken"]) == (95, "1")
    body = {"Id": made["Id"], "SyncToken": "1"}
    answer = await connected.call("POST", "creditcardpayment?operation=delete", json=body)
    assert answer.json()[NAME]["status"] == "Deleted"
    assert await journal_of(platform, connected.realm, NAME, made["Id"]) == {}
    platform.books().ledger.assert_balanced()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Amount": None}, "2020"),
        ({"Amount": "0"}, "6000"),
        ({"BankAccountRef": None}, "2020"),
        ({"BankAccountRef": {"value": "41"}}, "6430"),
        ({"CreditCardAccountRef": {"value": "35"}}, "6430"),
        ({"VendorRef": {"value": "1"}}, "2500"),
        ({"CheckNum": "1" * 22}, "2050"),
        ({"Line": []}, "2010"),
    ],
)
async def test_one_that_breaks_a_rule_is_refused(connected: Connected, change: dict[str, Any], code: str) -> None:
    assert (await connected.refused("POST", "creditcardpayment", json={**a_card_payment(), **change}))[0] == code
