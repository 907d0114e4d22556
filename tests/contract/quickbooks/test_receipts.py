from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_sale, journal_of

BANK = {"value": "35"}


async def test_a_receipt_puts_its_money_into_undeposited_funds(platform: Platform, connected: Connected) -> None:
    owed = (await connected.get("customer/1"))["Customer"]["Balance"]
    receipt = await connected.post("SalesReceipt", a_sale("337.50"))
    assert receipt["DepositToAccountRef"] == {"value": "4", "name": "Undeposited Funds"}
    assert (receipt["TotalAmt"], receipt["Balance"]) == (Decimal("337.50"), 0)
    assert (receipt["PrintStatus"], receipt["EmailStatus"]) == ("NeedToPrint", "NotSet")
    assert not {"DueDate", "LinkedTxn", "SalesTermRef"} & receipt.keys()
    assert await journal_of(platform, connected.realm, "SalesReceipt", receipt["Id"]) == {
        "4": Decimal("337.50"),
        "1": Decimal("-337.50"),
    }
    assert (await connected.get("customer/1"))["Customer"]["Balance"] == owed


async def test_receipts_share_the_numbers_of_sales_forms(connected: Connected) -> None:
    invoice = await connected.invoice()
    receipt = await connected.post("SalesReceipt", a_sale())
    refund = await connected.post("RefundReceipt", a_sale(DepositToAccountRef=BANK))
    assert [int(one["DocNumber"]) - int(invoice["DocNumber"]) for one in (receipt, refund)] == [1, 2]


async def test_a_receipt_carries_tax_like_an_invoice(platform: Platform, connected: Connected) -> None:
    tax = {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}}}
    more: dict[str, Any] = {
        "DepositToAccountRef": BANK,
        "PaymentMethodRef": {"value": "2"},
        "PaymentRefNum": "10264",
        **tax,
    }
    receipt = await connected.post("SalesReceipt", a_sale(code="TAX", **more))
    assert (receipt["TotalAmt"], receipt["TxnTaxDetail"]["TotalTax"]) == (Decimal("108.00"), Decimal("8.00"))
    assert (receipt["PaymentMethodRef"], receipt["PaymentRefNum"]) == ({"value": "2", "name": "Check"}, "10264")
    assert await journal_of(platform, connected.realm, "SalesReceipt", receipt["Id"]) == {
        "35": Decimal("108.00"),
        "1": Decimal("-100.00"),
        "90": Decimal("-8.00"),
    }


async def test_nobody_has_to_be_named_and_a_full_update_forgets_who_was(connected: Connected) -> None:
    body = a_sale()
    del body["CustomerRef"]
    assert "CustomerRef" not in await connected.post("SalesReceipt", body)
    named = await connected.post("SalesReceipt", a_sale(DepositToAccountRef=BANK))
    full = await connected.post("SalesReceipt", {**body, "Id": named["Id"], "SyncToken": "0"})
    assert ("CustomerRef" in full, full["DepositToAccountRef"]["value"]) == (False, "4")
    assert (full["DocNumber"], full["Line"][0]["Id"]) == (named["DocNumber"], "2")


async def test_a_receipt_is_voided_by_an_update_that_includes_void(platform: Platform, connected: Connected) -> None:
    receipt = await connected.post("SalesReceipt", a_sale())
    body = {"Id": receipt["Id"], "SyncToken": "0", "sparse": True}
    assert (await connected.refused("POST", "salesreceipt?operation=void", json=body))[0] == "500"
    void = await connected.post("SalesReceipt", body, operation="update", include="void")
    assert (void["TotalAmt"], void["PrivateNote"], void["DocNumber"]) == (0, "Voided", receipt["DocNumber"])
    assert await journal_of(platform, connected.realm, "SalesReceipt", receipt["Id"]) == {}
    refund = await connected.post("RefundReceipt", a_sale(DepositToAccountRef=BANK))
    body = {"Id": refund["Id"], "SyncToken": "0", "sparse": True}
    query = "refundreceipt?operation=update&include=void"
    assert (await connected.refused("POST", query, json=body))[0] == "500"


async def test_stock_leaves_with_a_receipt_and_comes_back_with_a_refund(
    platform: Platform, connected: Connected
) -> None:
    before = (await connected.get("item/11"))["Item"]["QtyOnHand"]
    body = a_sale("40.00")
    body["Line"][0]["SalesItemLineDetail"] = {"ItemRef": {"value": "11"}, "UnitPrice": 20, "Qty": 2}
    receipt = await connected.post("SalesReceipt", body)
    posted = await journal_of(platform, connected.realm, "SalesReceipt", receipt["Id"])
    assert posted["80"] == -posted["81"] > 0
    assert (await connected.get("item/11"))["Item"]["QtyOnHand"] == before - 2
    await connected.post("RefundReceipt", body | {"DepositToAccountRef": BANK})
    assert (await connected.get("item/11"))["Item"]["QtyOnHand"] == before


async def test_a_refund_takes_money_from_the_account_it_names(platform: Platform, connected: Connected) -> None:
    code, detail = await connected.refused("POST", "refundreceipt", json=a_sale())
    assert (code, "DepositToAccountRef" in detail) == ("2020", True)
    refund = await connected.post("RefundReceipt", a_sale("420.00", DepositToAccountRef=BANK))
    assert (refund["TotalAmt"], refund["Balance"], refund["PaymentRefNum"]) == (Decimal("420.00"), 0, "To Print")
    assert "EmailStatus" not in refund
    assert await journal_of(platform, connected.realm, "RefundReceipt", refund["Id"]) == {
        "35": Decimal("-420.00"),
        "1": Decimal("420.00"),
    }
    part = {"Id": refund["Id"], "SyncToken": "0", "sparse": True, "PrintStatus": "NotSet"}
    assert "PaymentRefNum" not in await connected.post("RefundReceipt", part)


async def test_a_refund_out_of_undeposited_funds_is_deposited_with_the_sale(
    platform: Platform, connected: Connected
) -> None:
    receipt = await connected.post("SalesReceipt", a_sale("100.00"))
    refund = await connected.post("RefundReceipt", a_sale("30.00", DepositToAccountRef={"value": "4"}))
    lines = [
        {"Amount": amount, "LinkedTxn": [{"TxnId": one["Id"], "TxnType": kind, "TxnLineId": "0"}]}
        for amount, one, kind in (("100.00", receipt, "SalesReceipt"), ("-30.00", refund, "RefundReceipt"))
    ]
    deposit = await connected.post("Deposit", {"DepositToAccountRef": BANK, "Line": lines})
    assert await journal_of(platform, connected.realm, "Deposit", deposit["Id"]) == {"35": 70, "4": -70}
    for one, kind in ((receipt, "salesreceipt"), (refund, "refundreceipt")):
        body = {"Id": one["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
        assert (await connected.refused("POST", kind, json=body))[0] == "6540"
    read = (await connected.get(f"salesreceipt/{receipt['Id']}"))["SalesReceipt"]
    assert read["LinkedTxn"] == [{"TxnId": deposit["Id"], "TxnType": "Deposit"}]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"DepositToAccountRef": {"value": "7"}}, "6430"),
        ({"DepositToAccountRef": {"value": "41"}}, "6430"),
        ({"PaymentRefNum": "x" * 22}, "2050"),
        ({"PaymentMethodRef": {"value": "99"}}, "2500"),
        ({"Line": []}, "2020"),
    ],
    ids=["an expense", "a card", "a long number", "no such method", "no line"],
)
@pytest.mark.parametrize("kind", ["SalesReceipt", "RefundReceipt"])
async def test_a_receipt_that_is_none_is_refused(
    connected: Connected, kind: str, more: dict[str, Any], code: str
) -> None:
    body = a_sale() | {"DepositToAccountRef": BANK} | more
    assert (await connected.refused("POST", kind.lower(), json=body))[0] == code


@pytest.mark.parametrize("kind", ["SalesReceipt", "RefundReceipt"])
async def test_receipts_are_queried_without_a_total_and_seen_as_changes(connected: Connected, kind: str) -> None:
    receipt = await connected.post(kind, a_sale("12.34", DepositToAccountRef=BANK))
    conditions = "where TotalAmt = '12.34' and Balance = '0'"
    found = await connected.query(f"select * from {kind} {conditions}")  # noqa: S608 - a query of the platform
    assert (found[kind], "totalCount" in found) == ([receipt], False)
    changes = await connected.get("cdc", entities=kind, changedSince="2026-05-04T00:00:00Z")
    assert receipt in changes["CDCResponse"][0]["QueryResponse"][0][kind]
    await connected.call("POST", f"{kind.lower()}?operation=delete", json={"Id": receipt["Id"], "SyncToken": "0"})
    assert (await connected.refused("GET", f"{kind.lower()}/{receipt['Id']}"))[0] == "610"
