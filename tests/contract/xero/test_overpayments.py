"""Overpayments and prepayments: how bank transactions make them, and what they are set against."""

from decimal import Decimal
from typing import Any

import pytest
from tests.contract.xero.test_bank_transactions import nets, spend
from tests.contract.xero.world import World, sale_of


async def overpayment(world: World, contact_id: str, **changes: Any) -> dict[str, Any]:
    line = {"Description": "Paid twice", "LineAmount": "100.00"}
    said = spend(contact_id, Type="RECEIVE-OVERPAYMENT", LineAmountTypes="NoTax", LineItems=[line]) | changes
    return await world.write("PUT", "BankTransactions", said)


async def prepayment(world: World, contact_id: str, **changes: Any) -> dict[str, Any]:
    line = {"Description": "Deposit", "Quantity": 1, "UnitAmount": 100, "AccountCode": "200"}
    said = spend(contact_id, Type="RECEIVE-PREPAYMENT", LineAmountTypes="Exclusive", LineItems=[line]) | changes
    return await world.write("PUT", "BankTransactions", said)


async def allocate(world: World, path: str, invoice: dict[str, Any], amount: Any) -> dict[str, Any]:
    body = {"Allocations": [{"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": amount, "Date": "2026-09-12"}]}
    answer = await world.call("PUT", f"{path}/Allocations", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()["Allocations"][0]
    return told


def control(world: World, system: str = "DEBTORS") -> Decimal:
    organisation = world.organisation
    return organisation.ledger.balance(organisation.system_account(system).id)


async def test_an_overpayment_stands_in_the_control_account(demo: World) -> None:
    contact, before = await demo.contact(), control(demo)
    made = await overpayment(demo, contact["ContactID"], Reference="twice")
    line = made["LineItems"][0]
    assert (line["AccountCode"], line["TaxType"], line["TaxAmount"], made["Total"]) == ("610", "NONE", 0, 100)
    assert nets(demo) == {"090": "100.00", "610": "-100.00"}
    assert control(demo) == before - 100
    credit = (await demo.get(f"Overpayments/{made['OverpaymentID']}"))["Overpayments"][0]
    assert (credit["Type"], credit["Status"], credit["RemainingCredit"]) == ("RECEIVE-OVERPAYMENT", "AUTHORISED", 100)
    assert (credit["ID"], credit["Reference"]) == (made["OverpaymentID"], "twice")
    read = (await demo.get(f"Contacts/{contact['ContactID']}"))["Contacts"][0]
    assert read["Balances"]["AccountsReceivable"]["Outstanding"] == -100
    listed = (await demo.get("Overpayments", page=1, References="TWICE"))["Overpayments"]
    assert [one["OverpaymentID"] for one in listed] == [made["OverpaymentID"]]


async def test_an_overpayment_pays_an_invoice_and_comes_back(demo: World) -> None:
    contact = await demo.contact()
    made, sale = await overpayment(demo, contact["ContactID"]), await demo.sale(contact["ContactID"], "80.00")
    path = f"Overpayments/{made['OverpaymentID']}"
    before = control(demo)
    allocation = await allocate(demo, path, sale, 80)
    assert (allocation["Amount"], allocation["Overpayment"]["OverpaymentID"]) == (80, made["OverpaymentID"])
    read = (await demo.get(f"Invoices/{sale['InvoiceID']}"))["Invoices"][0]
    assert (read["Status"], read["AmountCredited"], read["AmountPaid"], read["AmountDue"]) == ("PAID", 80, 0, 0)
    assert [(one["OverpaymentID"], one["AppliedAmount"]) for one in read["Overpayments"]] == [
        (made["OverpaymentID"], 80)
    ]
    credit = (await demo.get(path))["Overpayments"][0]
    assert (credit["RemainingCredit"], credit["Allocations"][0]["Amount"]) == (20, 80)
    assert control(demo) == before
    gone = await demo.call("DELETE", f"{path}/Allocations/{allocation['AllocationID']}")
    assert (gone.status_code, gone.json()["IsDeleted"]) == (200, True)
    read = (await demo.get(f"Invoices/{sale['InvoiceID']}"))["Invoices"][0]
    assert (read["Status"], read["AmountDue"], read["Overpayments"]) == ("AUTHORISED", 80, [])
    demo.organisation.ledger.assert_balanced()


async def test_an_overpayment_is_refunded_by_a_payment(demo: World) -> None:
    contact = await demo.contact()
    made = await overpayment(demo, contact["ContactID"])
    body = {"Overpayment": {"OverpaymentID": made["OverpaymentID"]}, "Account": {"Code": "090"}, "Amount": 100}
    paid = await demo.write("PUT", "Payments", body | {"Date": "2026-09-12"})
    assert (paid["PaymentType"], paid["Overpayment"]["OverpaymentID"]) == (
        "AROVERPAYMENTPAYMENT", made["OverpaymentID"],
    )  # fmt: skip
    assert nets(demo) == {"090": "-100.00", "610": "100.00"}
    credit = (await demo.get(f"Overpayments/{made['OverpaymentID']}"))["Overpayments"][0]
    assert (credit["Status"], credit["RemainingCredit"]) == ("PAID", 0)
    assert [one["PaymentID"] for one in credit["Payments"]] == [paid["PaymentID"]]
    await demo.write("POST", f"Payments/{paid['PaymentID']}", {"Status": "DELETED"})
    credit = (await demo.get(f"Overpayments/{made['OverpaymentID']}"))["Overpayments"][0]
    assert (credit["Status"], credit["RemainingCredit"]) == ("AUTHORISED", 100)


async def test_money_paid_too_much_stands_against_the_creditors(demo: World) -> None:
    contact, before = await demo.contact(), control(demo, "CREDITORS")
    made = await overpayment(demo, contact["ContactID"], Type="SPEND-OVERPAYMENT")
    assert nets(demo) == {"090": "-100.00", "800": "100.00"}
    assert control(demo, "CREDITORS") == before + 100
    body = {"Overpayment": {"OverpaymentID": made["OverpaymentID"]}, "Account": {"Code": "090"}, "Amount": 30}
    refund = await demo.write("PUT", "Payments", body)
    assert refund["PaymentType"] == "APOVERPAYMENTPAYMENT"
    assert nets(demo) == {"090": "30.00", "800": "-30.00"}


async def test_a_prepayment_is_not_in_the_receivables_before_it_is_applied(demo: World) -> None:
    contact, before = await demo.contact(), control(demo)
    made = await prepayment(demo, contact["ContactID"])
    assert (made["Total"], made["TotalTax"]) == (108.25, 8.25)
    assert nets(demo) == {"090": "108.25", "200": "-100.00", "820": "-8.25"}
    assert control(demo) == before
    read = (await demo.get(f"Contacts/{contact['ContactID']}"))["Contacts"][0]
    assert "Balances" not in read
    sale = await demo.sale(contact["ContactID"], "50.00")
    path = f"Prepayments/{made['PrepaymentID']}"
    allocation = await allocate(demo, path, sale, 50)
    assert nets(demo) == {"200": "46.19", "820": "3.81", "610": "-50.00"}
    assert control(demo) == before
    credit = (await demo.get(path))["Prepayments"][0]
    assert (credit["RemainingCredit"], credit["Type"]) == (58.25, "RECEIVE-PREPAYMENT")
    invoice = (await demo.get(f"Invoices/{sale['InvoiceID']}"))["Invoices"][0]
    assert (invoice["Prepayments"][0]["AppliedAmount"], invoice["AmountCredited"]) == (50, 50)
    body = {"Prepayment": {"PrepaymentID": made["PrepaymentID"]}, "Account": {"Code": "090"}, "Amount": "58.25"}
    paid = await demo.write("PUT", "Payments", body)
    assert paid["PaymentType"] == "ARPREPAYMENTPAYMENT"
    assert nets(demo) == {"090": "-58.25", "200": "53.81", "820": "4.44"}
    assert (await demo.get(path))["Prepayments"][0]["Status"] == "PAID"
    await demo.call("DELETE", f"{path}/Allocations/{allocation['AllocationID']}")
    assert (await demo.get(path))["Prepayments"][0]["RemainingCredit"] == 50
    demo.organisation.ledger.assert_balanced()


async def test_a_prepayment_received_takes_an_invoice_number(demo: World) -> None:
    contact = await demo.contact()
    made = await prepayment(demo, contact["ContactID"])
    credit = (await demo.get(f"Prepayments/{made['PrepaymentID']}"))["Prepayments"][0]
    assert credit["InvoiceNumber"].startswith("INV-")
    assert credit["Reference"] == credit["InvoiceNumber"]
    sale = await demo.sale(contact["ContactID"])
    assert sale["InvoiceNumber"] != credit["InvoiceNumber"]
    listed = (await demo.get("Prepayments", InvoiceNumbers=credit["InvoiceNumber"]))["Prepayments"]
    assert [one["PrepaymentID"] for one in listed] == [made["PrepaymentID"]]
    spent = await prepayment(demo, contact["ContactID"], Type="SPEND-PREPAYMENT")
    credit = (await demo.get(f"Prepayments/{spent['PrepaymentID']}"))["Prepayments"][0]
    assert "InvoiceNumber" not in credit


@pytest.mark.parametrize("make", [overpayment, prepayment])
async def test_neither_is_changed_or_deleted_through_the_api(demo: World, make: Any) -> None:
    contact = await demo.contact()
    made = await make(demo, contact["ContactID"])
    path = f"BankTransactions/{made['BankTransactionID']}"
    for body in ({"Status": "DELETED"}, {"Reference": "other"}):
        assert await demo.refused("POST", path, body) == ["Bank Transaction not of valid status for modification"]
    for collection in ("Overpayments", "Prepayments"):
        assert (await demo.call("PUT", collection, json={})).status_code == 501


async def test_an_overpayment_keeps_its_currency_and_realises_its_gain(demo: World) -> None:
    await demo.write("PUT", "Currencies", {"Code": "EUR"})
    account = {"Code": "095", "Name": "Euros", "Type": "BANK", "BankAccountNumber": "1", "CurrencyCode": "EUR"}
    await demo.write("PUT", "Accounts", account)
    contact = await demo.contact()
    bank = {"BankAccount": {"Code": "095"}}
    made = await overpayment(demo, contact["ContactID"], CurrencyCode="EUR", CurrencyRate="0.8", **bank)
    assert (made["CurrencyCode"], made["CurrencyRate"]) == ("EUR", 0.8)
    sale = await demo.sale(contact["ContactID"], CurrencyCode="EUR", CurrencyRate="0.5")
    await allocate(demo, f"Overpayments/{made['OverpaymentID']}", sale, 100)
    gains = demo.organisation.system_account("REALISEDCURRENCYGAIN").id
    assert demo.organisation.ledger.balance(gains) == Decimal("75.00")
    said = spend(contact["ContactID"], Type="RECEIVE-PREPAYMENT", **bank)
    assert await demo.refused("PUT", "BankTransactions", said) == [
        "Prepayments can only be made in bank accounts in the base currency"
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"LineItems": [{"Description": "a", "LineAmount": 1}] * 2}, "Overpayments can only have a single line item"),
        ({"LineItems": [{"LineAmount": 1}]}, "Description must be specified"),
        ({"LineItems": [{"Description": "a", "LineAmount": 0}]}, "The transaction total must be greater than zero"),
        (
            {"LineItems": [{"Description": "a", "LineAmount": 1, "AccountCode": "200"}]},
            "Account code '200' is not a valid code for this document.",
        ),
    ],
)
async def test_an_overpayment_that_cannot_be_is_refused(demo: World, changes: dict[str, Any], message: str) -> None:
    contact = await demo.contact()
    said = spend(contact["ContactID"], Type="RECEIVE-OVERPAYMENT", **changes)
    assert await demo.refused("PUT", "BankTransactions", said) == [message]


async def test_an_allocation_beyond_what_is_left_is_refused(demo: World) -> None:
    contact, other = await demo.contact(), await demo.contact("Others Ltd")
    made = await overpayment(demo, contact["ContactID"])
    path = f"Overpayments/{made['OverpaymentID']}/Allocations"
    sale, theirs = await demo.sale(contact["ContactID"], "500.00"), await demo.sale(other["ContactID"])
    bill = await demo.write(
        "PUT",
        "Invoices",
        sale_of(contact["ContactID"]) | {"Type": "ACCPAY", "LineItems": spend("")["LineItems"]},
    )

    async def refusal(invoice: dict[str, Any], amount: Any) -> str:
        answer = await demo.call("PUT", path, json={"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": amount})
        assert answer.status_code == 400
        message: str = answer.json()["Elements"][0]["ValidationErrors"][0]["Message"]
        return message

    assert await refusal(sale, 101) == "The amount allocated exceeds the remaining credit of this overpayment"
    assert await refusal(theirs, 10) == "The overpayment and the invoice must have the same contact"
    assert await refusal(bill, 10) == "The overpayment cannot be allocated to a document of this type"
