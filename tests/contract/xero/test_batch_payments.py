"""Many invoices, or many bills, paid at once."""

from typing import Any

import pytest
from tests.contract.xero.world import World, sale_of


async def two_sales(world: World) -> list[dict[str, Any]]:
    contact = await world.write("POST", "Contacts", {"Name": "Batch People"})
    return [await world.sale(contact["ContactID"], amount) for amount in ("30.00", "70.00")]


def batch(*sales: dict[str, Any], **changes: Any) -> dict[str, Any]:
    payments = [{"Invoice": {"InvoiceID": one["InvoiceID"]}, "Amount": one["AmountDue"]} for one in sales]
    return {"Account": {"Code": "090"}, "Date": "2026-09-12", "Reference": "run 7", "Payments": payments} | changes


async def test_a_batch_pays_its_invoices(demo: World) -> None:
    sales = await two_sales(demo)
    made = await demo.write("PUT", "BatchPayments", batch(*sales))
    assert (made["Type"], made["Status"], made["TotalAmount"], made["Reference"]) == (
        "RECBATCH", "AUTHORISED", 100, "run 7",
    )  # fmt: skip
    assert [one["Amount"] for one in made["Payments"]] == [30, 70]
    assert made["Account"]["CurrencyCode"] == "USD"
    for sale in sales:
        read = (await demo.get(f"Invoices/{sale['InvoiceID']}"))["Invoices"][0]
        assert (read["Status"], read["Payments"][0]["BatchPaymentID"]) == ("PAID", made["BatchPaymentID"])
    payment = (await demo.get(f"Payments/{made['Payments'][0]['PaymentID']}"))["Payments"][0]
    inside = payment["BatchPayment"]
    assert (inside["BatchPaymentID"], inside["Type"], inside["TotalAmount"]) == (
        made["BatchPaymentID"], "RECBATCH", 100,
    )  # fmt: skip
    listed = await demo.get("BatchPayments", where='Type=="RECBATCH"')
    assert [one["BatchPaymentID"] for one in listed["BatchPayments"]] == [made["BatchPaymentID"]]
    assert (await demo.get(f"BatchPayments/{made['BatchPaymentID']}"))["BatchPayments"][0]["TotalAmount"] == 100


async def test_the_payments_of_a_batch_go_only_with_it(demo: World) -> None:
    sales = await two_sales(demo)
    made = await demo.write("PUT", "BatchPayments", batch(*sales))
    payment_id = made["Payments"][0]["PaymentID"]
    assert await demo.refused("POST", f"Payments/{payment_id}", {"Status": "DELETED"}) == [
        "Payments created via batch payments cannot be deleted"
    ]
    gone = await demo.write("POST", "BatchPayments", {"BatchPaymentID": made["BatchPaymentID"], "Status": "DELETED"})
    assert (gone["Status"], gone["Payments"], gone["TotalAmount"]) == ("DELETED", [], 100)
    for sale in sales:
        read = (await demo.get(f"Invoices/{sale['InvoiceID']}"))["Invoices"][0]
        assert (read["Status"], read["AmountPaid"]) == ("AUTHORISED", 0)
    path = f"BatchPayments/{made['BatchPaymentID']}"
    assert await demo.refused("POST", path, {"Status": "DELETED"}) == ["Batch payment has already been deleted"]
    demo.organisation.ledger.assert_balanced()


async def test_bills_make_a_pay_batch(demo: World) -> None:
    contact = await demo.contact()
    line = {"Description": "x", "UnitAmount": 10, "AccountCode": "429"}
    said = sale_of(contact["ContactID"]) | {"Type": "ACCPAY", "LineItems": [line]}
    bills = [await demo.write("PUT", "Invoices", said) for _ in range(2)]
    made = await demo.write("PUT", "BatchPayments", batch(*bills, Details="rent"))
    assert (made["Type"], made["Details"]) == ("PAYBATCH", "rent")
    mixed = batch(*(await two_sales(demo)), await demo.write("PUT", "Invoices", said))
    assert await demo.refused("PUT", "BatchPayments", mixed) == [
        "A batch payment cannot hold both sales invoices and bills"
    ]


async def test_a_batch_that_cannot_be_paid_in_full_pays_nothing(demo: World) -> None:
    sales = await two_sales(demo)
    said = batch(*sales)
    said["Payments"].append(said["Payments"][0])
    too_much = ["Payment amount exceeds the amount outstanding on this document"]
    assert await demo.refused("PUT", "BatchPayments", said) == too_much
    for sale in sales:
        assert (await demo.get(f"Invoices/{sale['InvoiceID']}"))["Invoices"][0]["AmountPaid"] == 0
    assert (await demo.get("BatchPayments"))["BatchPayments"] == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Date": None}, "Date must be specified"),
        ({"Account": None}, "A payment account must be specified"),
        ({"Payments": []}, "A batch payment needs from 1 to 500 payments"),
        ({"Payments": [{"Amount": 1}]}, "Batch payments can only be made against invoices"),
        ({"Details": "x" * 19}, "The Details field must be no longer than 18 characters"),
        ({"Particulars": "x" * 13}, "The Particulars field must be no longer than 12 characters"),
    ],
)
async def test_a_batch_that_cannot_be_is_refused(demo: World, changes: dict[str, Any], message: str) -> None:
    assert await demo.refused("PUT", "BatchPayments", batch(*(await two_sales(demo)), **changes)) == [message]


async def test_a_payment_of_a_batch_cannot_say_another_account_or_date(demo: World) -> None:
    sales = await two_sales(demo)
    said = batch(*sales)
    said["Payments"][0]["Account"] = {"Code": "091"}
    assert "from its account" in (await demo.refused("PUT", "BatchPayments", said))[0]
    said = batch(*sales)
    said["Payments"][0]["Date"] = "2026-09-01"
    assert "on its date" in (await demo.refused("PUT", "BatchPayments", said))[0]
