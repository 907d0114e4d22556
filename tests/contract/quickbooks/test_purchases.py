from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_bill, journal_of

ACCOUNT_LINE, ITEM_LINE = "AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail"


def a_purchase(
    payment_type: str = "Cash", account: str = "35", amount: str = "25.00", *, spent: str = "7", **more: Any
) -> dict[str, Any]:
    line = {"Amount": amount, "DetailType": ACCOUNT_LINE, ACCOUNT_LINE: {"AccountRef": {"value": spent}}}
    return {"PaymentType": payment_type, "AccountRef": {"value": account}, "Line": [line], **more}


def extension(purchase: dict[str, Any]) -> dict[str, str]:
    value: dict[str, str] = purchase["PurchaseEx"]["any"][0]["value"]
    return value


async def test_an_expense_comes_back_as_recorded(platform: Platform, connected: Connected) -> None:
    purchase = await connected.post("Purchase", a_purchase(EntityRef={"value": "56"}))
    assert purchase["AccountRef"] == {"value": "35", "name": "Checking"}
    assert purchase["EntityRef"] == {"value": "56", "name": "Bob's Burger Joint", "type": "Vendor"}
    assert purchase["Line"] == [
        {
            "Id": "1",
            "Amount": Decimal("25.00"),
            "DetailType": ACCOUNT_LINE,
            ACCOUNT_LINE: {
                "AccountRef": {"value": "7", "name": "Advertising"},
                "BillableStatus": "NotBillable",
                "TaxCodeRef": {"value": "NON"},
            },
            "CustomExtensions": [],
        }
    ]
    assert (purchase["TotalAmt"], extension(purchase)) == (Decimal("25.00"), {"Name": "TxnType", "Value": "54"})
    assert not {"Credit", "PrintStatus", "TxnTaxDetail", "LinkedTxn", "DocNumber"} & purchase.keys()
    assert await journal_of(platform, connected.realm, "Purchase", purchase["Id"]) == {
        "7": Decimal("25.00"),
        "35": Decimal("-25.00"),
    }


async def test_a_check_shows_where_it_goes(connected: Connected) -> None:
    body = a_purchase("Check", EntityRef={"value": "30", "type": "Vendor"}, DocNumber="7012")
    check = await connected.post("Purchase", body)
    assert (check["PrintStatus"], extension(check)["Value"], check["DocNumber"]) == ("NotSet", "3", "7012")
    assert check["RemitToAddr"]["Line1"] == (await connected.get("vendor/30"))["Vendor"]["BillAddr"]["Line1"]


async def test_checks_share_one_series_of_numbers_with_those_that_pay_bills(connected: Connected) -> None:
    await connected.post("Purchase", a_purchase("Check", DocNumber="7001"))
    again = a_purchase("Check", DocNumber="7001")
    assert (await connected.refused("POST", "purchase", json=again))[0] == "6140"
    assert (await connected.post("Purchase", again, include="allowduplicatedocnum"))["DocNumber"] == "7001"
    await connected.post("Purchase", a_purchase("Cash", DocNumber="7001"))
    bill = await connected.post("Bill", a_bill("25.00"))
    link = {"Amount": "25.00", "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}
    bank = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "35"}}}
    body = {"VendorRef": {"value": "30"}, "TotalAmt": "25.00", "Line": [link], "DocNumber": "7001", **bank}
    code, detail = await connected.refused("POST", "billpayment", json=body)
    assert (code, "is assigned to TxnType=Purchase" in detail) == ("6140", True)
    paid = await connected.post("BillPayment", {**body, "DocNumber": "7002"})
    part = {"Id": paid["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    assert (await connected.post("BillPayment", part))["DocNumber"] == "7002"


@pytest.mark.parametrize("refund", [False, True], ids=["charge", "refund"])
async def test_a_card_is_charged_or_refunded(platform: Platform, connected: Connected, refund: bool) -> None:
    card = await connected.post("Purchase", a_purchase("CreditCard", "41", Credit=refund))
    assert (card["Credit"], extension(card)["Value"]) == (refund, "11" if refund else "54")
    assert card["TotalAmt"] == Decimal("25.00")
    assert (await journal_of(platform, connected.realm, "Purchase", card["Id"]))["41"] == (25 if refund else -25)


async def test_a_refund_that_is_not_said_again_in_full_becomes_a_charge(
    platform: Platform, connected: Connected
) -> None:
    refund = await connected.post("Purchase", a_purchase("CreditCard", "41", Credit=True))
    part = {"Id": refund["Id"], "SyncToken": "0", "sparse": True, "PaymentType": "CreditCard", "PrivateNote": "x"}
    assert (await connected.post("Purchase", part))["Credit"] is True
    full = {**a_purchase("CreditCard", "41"), "Id": refund["Id"], "SyncToken": "1"}
    assert (await connected.post("Purchase", full))["Credit"] is False
    assert (await journal_of(platform, connected.realm, "Purchase", refund["Id"]))["41"] == -25


async def test_items_that_are_bought_come_into_stock(platform: Platform, connected: Connected) -> None:
    before = (await connected.get("item/11"))["Item"]["QtyOnHand"]
    detail = {"ItemRef": {"value": "11"}, "UnitPrice": 10, "Qty": 3}
    body = a_purchase()
    body["Line"].append({"Amount": "30.00", "DetailType": ITEM_LINE, ITEM_LINE: detail})
    purchase = await connected.post("Purchase", body)
    assert (await connected.get("item/11"))["Item"]["QtyOnHand"] == before + 3
    assert (await journal_of(platform, connected.realm, "Purchase", purchase["Id"]))["81"] == 30
    await connected.call("POST", "purchase?operation=delete", json={"Id": purchase["Id"], "SyncToken": "0"})
    assert (await connected.get("item/11"))["Item"]["QtyOnHand"] == before
    assert await journal_of(platform, connected.realm, "Purchase", purchase["Id"]) == {}


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({**a_purchase(), "PaymentType": None}, "2020", "PaymentType"),
        (a_purchase("Other"), "2170", "Other"),
        ({**a_purchase(), "AccountRef": None}, "2020", "AccountRef"),
        (a_purchase("Cash", "41"), "6430", "Bank"),
        (a_purchase("Check", "4"), "6430", "Bank"),
        (a_purchase("CreditCard", "35"), "6430", "Credit Card"),
        (a_purchase(amount="-1.00"), "6000", "0 or greater"),
        (a_purchase(EntityRef={"value": "9999"}), "2500", "Names element id 9999"),
        (a_purchase(EntityRef={"value": "1", "type": "Vendor"}), "2500", "Names element id 1"),
        ({**a_purchase(), "Line": []}, "2020", "Line"),
        (a_purchase(spent="84"), "6000", "you must choose a customer"),
        (a_purchase(spent="33", EntityRef={"value": "1"}), "6000", "you must choose a vendor"),
    ],
    ids=[
        "no type", "another type", "no account", "cash from a card", "a check from no bank", "a card that is a bank",
        "negative", "nobody", "a customer as vendor", "no line", "a receivable of nobody", "a payable to a customer",
    ],
)  # fmt: skip
async def test_an_expense_that_is_none_is_refused(
    connected: Connected, body: dict[str, Any], code: str, words: str
) -> None:
    refusal = await connected.refused("POST", "purchase", json=body)
    assert (refusal[0], words in refusal[1]) == (code, True), refusal


async def test_an_update_names_the_payment_type_which_stays(connected: Connected) -> None:
    purchase = await connected.post("Purchase", a_purchase())
    part = {"Id": purchase["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    code, detail = await connected.refused("POST", "purchase", json=part)
    assert (code, "Required parameter PaymentType is missing" in detail) == ("2020", True)
    assert (await connected.refused("POST", "purchase", json={**part, "PaymentType": "Check"}))[0] == "6000"
    assert (await connected.post("Purchase", {**part, "PaymentType": "Cash"}))["Line"] == purchase["Line"]


async def test_a_line_on_a_control_account_moves_the_balance_of_the_payee(connected: Connected) -> None:
    owed = (await connected.get("vendor/30"))["Vendor"]["Balance"]
    await connected.post("Purchase", a_purchase("Check", spent="33", EntityRef={"value": "30"}))
    assert (await connected.get("vendor/30"))["Vendor"]["Balance"] == owed - 25
    owing = (await connected.get("customer/1"))["Customer"]["Balance"]
    await connected.post("Purchase", a_purchase("Check", spent="84", EntityRef={"value": "1"}))
    assert (await connected.get("customer/1"))["Customer"]["Balance"] == owing + 25


async def test_expenses_are_queried_by_type_and_without_a_total(connected: Connected) -> None:
    purchase = await connected.post("Purchase", a_purchase("CreditCard", "41", "12.34"))
    found = await connected.query("select * from Purchase where PaymentType = 'CreditCard' and TotalAmt = '12.34'")
    assert (found["Purchase"], "totalCount" in found) == ([purchase], False)
    changes = await connected.get("cdc", entities="Purchase", changedSince="2026-05-04T00:00:00Z")
    assert purchase in changes["CDCResponse"][0]["QueryResponse"][0]["Purchase"]


async def test_elsewhere_every_line_of_an_expense_names_its_tax(platform: Platform, british: Connected) -> None:
    codes = (await british.query("select * from TaxCode"))["TaxCode"]
    code = next(one["Id"] for one in codes if one["Name"].startswith("20"))
    accounts = (await british.query("select * from Account"))["Account"]
    bank = next(one["Id"] for one in accounts if one["AccountType"] == "Bank")
    spent = next(one["Id"] for one in accounts if one["AccountType"] == "Expense")
    body = a_purchase("Cash", bank, "100.00", spent=spent, GlobalTaxCalculation="TaxExcluded")
    assert (await british.refused("POST", "purchase", json=body))[0] == "6230"
    body["Line"][0][ACCOUNT_LINE]["TaxCodeRef"] = {"value": code}
    purchase = await british.post("Purchase", body)
    assert (purchase["TotalAmt"], purchase["TxnTaxDetail"]["TotalTax"]) == (Decimal("120.00"), Decimal("20.00"))
    posted = await journal_of(platform, british.realm, "Purchase", purchase["Id"])
    assert (posted[bank], posted[spent], sum(posted.values(), Decimal(0))) == (Decimal(-120), Decimal(100), Decimal(0))
