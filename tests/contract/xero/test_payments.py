from typing import Any

import pytest
from tests.contract.xero.test_invoices import bill, line, pay
from tests.contract.xero.world import World, sale_of


def payment_of(invoice: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "Invoice": {"InvoiceID": invoice["InvoiceID"]},
        "Account": {"Code": "090"},
        "Date": "2026-09-12",
        "Amount": "40.00",
    } | changes


async def test_a_payment_embeds_the_refreshed_invoice(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    demo.move(seconds=3)
    paid = await demo.write("PUT", "Payments", payment_of(made, Reference="dep 7"))
    assert (paid["PaymentType"], paid["Status"], paid["Amount"]) == ("ACCRECPAYMENT", "AUTHORISED", 40)
    assert (paid["BankAmount"], paid["CurrencyRate"], paid["Reference"]) == (40, 1, "dep 7")
    assert paid["Account"]["Name"] == "Business Bank Account"
    inside = paid["Invoice"]
    assert (inside["AmountDue"], inside["AmountPaid"], inside["Status"]) == (60, 40, "AUTHORISED")
    assert inside["UpdatedDateUTC"] == paid["UpdatedDateUTC"]
    assert "Payments" not in inside
    read = (await demo.get(f"Payments/{paid['PaymentID']}"))["Payments"][0]
    assert [one["PaymentID"] for one in read["Invoice"]["Payments"]] == [paid["PaymentID"]]


async def test_the_last_payment_makes_it_paid_and_its_deletion_opens_it_again(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    first = await demo.write("PUT", "Payments", payment_of(made))
    last = await demo.write("POST", "Payments", payment_of(made, Amount=60, Date="2026-09-13"))
    assert (last["Invoice"]["Status"], last["Invoice"]["FullyPaidOnDate"]) == ("PAID", "/Date(1789257600000+0000)/")
    gone = await demo.write("POST", f"Payments/{first['PaymentID']}", {"Status": "DELETED"})
    assert (gone["Status"], gone["Invoice"]["Status"], gone["Invoice"]["AmountDue"]) == ("DELETED", "AUTHORISED", 40)
    listed = (await demo.get("Invoices", IDs=made["InvoiceID"]))["Invoices"][0]
    assert [one["PaymentID"] for one in listed["Payments"]] == [last["PaymentID"]]
    assert "FullyPaidOnDate" not in listed
    rows = {one["PaymentID"]: one["Status"] for one in (await demo.get("Payments"))["Payments"]}
    assert (rows[first["PaymentID"]], rows[last["PaymentID"]]) == ("DELETED", "AUTHORISED")
    demo.organisation.ledger.assert_balanced()


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({"Amount": "100.01"}, ["Payment amount exceeds the amount outstanding on this document"]),
        ({"Amount": 0}, ["Payment amount must be greater than zero"]),
        ({"Account": {"Code": "200"}}, ["Account code '200' is not a valid code for payments."]),
        ({"Account": {"Code": "nowhere"}}, ["Account could not be found"]),
        ({"Account": None}, ["A payment account must be specified"]),
        ({"Invoice": None}, ["A payment needs one of Invoice and CreditNote"]),
        (
            {"Invoice": {"InvoiceID": "5a1b0000-0000-4000-8000-000000000000"}},
            ["The document with the supplied id was not found for this endpoint."],
        ),
        ({"Date": "2008-01-01"}, ["The document date cannot be before the period lock date of 30 September 2008"]),
    ],
)
async def test_a_payment_that_breaks_a_rule_is_refused(
    demo: World, changes: dict[str, Any], messages: list[str]
) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    assert await demo.refused("PUT", "Payments", payment_of(made) | changes) == messages
    assert demo.organisation.invoices[made["InvoiceID"]].due == 100


async def test_only_authorised_documents_are_paid(demo: World) -> None:
    contact = await demo.contact()
    draft = await demo.sale(contact["ContactID"], Status="DRAFT")
    assert await demo.refused("PUT", "Payments", payment_of(draft)) == [
        "Payments can only be made against Authorised documents"
    ]
    made = await demo.sale(contact["ContactID"])
    await pay(demo, made, 100)
    assert len(await demo.refused("PUT", "Payments", payment_of(made))) == 2


async def test_an_account_that_takes_payments_will_do_as_well_as_a_bank(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    paid = await demo.write("PUT", "Payments", payment_of(made, Account={"Code": "855"}))
    assert paid["Account"]["Code"] == "855"


async def test_a_payment_before_the_invoice_is_made_with_a_warning(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    paid = await demo.write("PUT", "Payments", payment_of(made, Date="2026-09-01"))
    assert paid["Warnings"] == [{"Message": "The payment date is prior to the invoice date."}]
    told = await demo.write("PUT", "Payments", payment_of(made, Date="2026-09-01"), summarizeErrors="false")
    assert told["StatusAttributeString"] == "WARNING"


async def test_a_payment_changes_in_nothing_but_its_deletion(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    paid = await pay(demo, made, 10)
    path = f"Payments/{paid['PaymentID']}"
    assert (await demo.call("POST", path, json={"Amount": 5})).status_code == 400
    assert len(await demo.refused("POST", path, {"Status": "AUTHORISED"})) == 1
    await demo.write("POST", path, {"Payments": [{"Status": "DELETED"}]})
    assert await demo.refused("POST", path, {"Status": "DELETED"}) == ["Payment has already been deleted"]


async def test_a_bill_is_paid_out_of_the_bank(demo: World) -> None:
    contact = await demo.contact()
    made = await bill(demo, contact["ContactID"])
    paid = await demo.write("PUT", "Payments", payment_of(made))
    assert paid["PaymentType"] == "ACCPAYPAYMENT"
    nets = {
        demo.organisation.accounts[one.account_id].code: str(one.net)
        for one in demo.organisation.ledger.entries[-1].lines
    }
    assert nets == {"090": "-40.00", "800": "40.00"}


async def test_a_void_needs_the_payments_gone_first(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    paid = await pay(demo, made, 10)
    assert len(await demo.refused("POST", f"Invoices/{made['InvoiceID']}", {"Status": "VOIDED"})) == 1
    await demo.write("POST", f"Payments/{paid['PaymentID']}", {"Status": "DELETED"})
    voided = await demo.write("POST", f"Invoices/{made['InvoiceID']}", {"Status": "VOIDED"})
    assert voided["Status"] == "VOIDED"


# Credit notes ---------------------------------------------------------------------------------------------------


def credit_of(contact_id: str, amount: Any = 30, **changes: Any) -> dict[str, Any]:
    body = sale_of(contact_id) | {"Type": "ACCRECCREDIT", "LineItems": [line(UnitAmount=amount)]} | changes
    body.pop("DueDate")
    return body


async def test_a_credit_note_is_set_against_a_sale_and_taken_off_again(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    note = await demo.write("PUT", "CreditNotes", credit_of(contact["ContactID"]))
    assert (note["RemainingCredit"], note["CreditNoteNumber"], note["ID"]) == (30, "CN-0003", note["CreditNoteID"])
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    body = {"Allocations": [{"Invoice": {"InvoiceID": made["InvoiceID"]}, "Amount": 30, "Date": "2026-09-14"}]}
    answer = await demo.call("PUT", path, json=body)
    allocation = answer.json()["Allocations"][0]
    assert (allocation["Amount"], allocation["Date"]) == (30, "/Date(1788998400000+0000)/")
    sale = (await demo.get("Invoices", IDs=made["InvoiceID"]))["Invoices"][0]
    assert (sale["AmountCredited"], sale["AmountDue"], sale["AmountPaid"]) == (30, 70, 0)
    assert sale["CreditNotes"][0]["AppliedAmount"] == 30
    used = (await demo.get(f"CreditNotes/{note['CreditNoteID']}"))["CreditNotes"][0]
    assert (used["Status"], used["RemainingCredit"]) == ("PAID", 0)
    gone = await demo.call("DELETE", f"{path}/{allocation['AllocationID']}")
    assert gone.json()["IsDeleted"] is True
    open_again = (await demo.get(f"CreditNotes/{note['CreditNoteID']}"))["CreditNotes"][0]
    assert (open_again["Status"], open_again["RemainingCredit"], open_again["Allocations"]) == ("AUTHORISED", 30, [])
    assert (await demo.call("DELETE", f"{path}/{allocation['AllocationID']}")).status_code == 404
    demo.organisation.ledger.assert_balanced()


async def test_a_credit_goes_only_where_it_may(demo: World) -> None:
    contact, other = await demo.contact(), await demo.contact("Other")
    note = await demo.write("PUT", "CreditNotes", credit_of(contact["ContactID"]))
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    mine = await demo.sale(contact["ContactID"], "20.00")
    theirs = await demo.sale(other["ContactID"])
    draft = await demo.sale(contact["ContactID"], Status="DRAFT")
    bought = await bill(demo, contact["ContactID"])
    for invoice, amount, words in (
        (mine, 21, "exceeds the amount outstanding"),
        (mine, 0, "greater than zero"),
        (theirs, 5, "same contact"),
        (draft, 5, "AUTHORISED"),
        (bought, 5, "of this type"),
    ):
        body = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": amount}
        answer = await demo.call("PUT", path, json=body)
        assert answer.status_code == 400
        assert words in answer.json()["Elements"][0]["ValidationErrors"][0]["Message"]
    unknown = {"Invoice": {"InvoiceID": "5a1b0000-0000-4000-8000-000000000000"}, "Amount": 5}
    assert (await demo.call("PUT", path, json=unknown)).status_code == 404


async def test_a_refund_pays_a_credit_note_out(demo: World) -> None:
    contact = await demo.contact()
    note = await demo.write("PUT", "CreditNotes", credit_of(contact["ContactID"]))
    body = {"CreditNote": {"CreditNoteID": note["CreditNoteID"]}, "Account": {"Code": "090"}, "Amount": 30}
    paid = await demo.write("PUT", "Payments", body)
    assert (paid["PaymentType"], "Invoice" in paid) == ("ARCREDITPAYMENT", False)
    entry = demo.organisation.ledger.entries[-1]
    nets = {demo.organisation.accounts[one.account_id].code: str(one.net) for one in entry.lines}
    assert nets == {"090": "-30.00", "610": "30.00"}
    assert demo.organisation.credit_notes[note["CreditNoteID"]].status == "PAID"


async def test_a_suppliers_credit_mirrors_a_bill(demo: World) -> None:
    contact = await demo.contact()
    body = credit_of(contact["ContactID"], Type="ACCPAYCREDIT", LineItems=[line(AccountCode="400")])
    note = await demo.write("PUT", "CreditNotes", body)
    entry = demo.organisation.ledger.entries[-1]
    nets = {demo.organisation.accounts[one.account_id].code: str(one.net) for one in entry.lines}
    assert nets == {"800": "100.00", "400": "-100.00"}
    assert "CreditNoteNumber" not in note
    balances = (await demo.get(f"Contacts/{contact['ContactID']}"))["Contacts"][0]["Balances"]
    assert balances["AccountsPayable"]["Outstanding"] == -100


async def test_a_credit_note_with_allocations_is_not_voided(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    note = await demo.write("PUT", "CreditNotes", credit_of(contact["ContactID"]))
    body = {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Amount": 10}
    assert (await demo.call("PUT", f"CreditNotes/{note['CreditNoteID']}/Allocations", json=body)).status_code == 200
    for path in (f"CreditNotes/{note['CreditNoteID']}", f"Invoices/{made['InvoiceID']}"):
        messages = await demo.refused("POST", path, {"Status": "VOIDED"})
        assert messages == ["This document cannot be edited as it has a payment or credit note allocated to it."]
