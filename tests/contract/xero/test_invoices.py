from typing import Any

import pytest
from tests.contract.xero.world import World, sale_of

SETTLED = "This document cannot be edited as it has a payment or credit note allocated to it."
NOT_MODIFIABLE = "Invoice not of valid status for modification"


def line(**changes: Any) -> dict[str, Any]:
    return {"Description": "Work", "Quantity": 1, "UnitAmount": 100, "AccountCode": "200"} | changes


async def bill(world: World, contact_id: str, **changes: Any) -> dict[str, Any]:
    body = sale_of(contact_id) | {"Type": "ACCPAY", "InvoiceNumber": "S-1", "LineItems": [line(AccountCode="400")]}
    return await world.write("PUT", "Invoices", body | changes)


async def pay(world: World, invoice: dict[str, Any], amount: Any) -> dict[str, Any]:
    body = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Account": {"Code": "090"}, "Amount": amount}
    return await world.write("PUT", "Payments", body)


async def test_a_draft_may_be_incomplete_and_does_not_post(demo: World) -> None:
    contact = await demo.contact()
    entries = len(demo.organisation.ledger.entries)
    body = {"Type": "ACCREC", "Contact": {"ContactID": contact["ContactID"]}, "LineItems": [{"Description": "later"}]}
    made = await demo.write("PUT", "Invoices", body)
    assert (made["Status"], made["LineAmountTypes"], made["Total"]) == ("DRAFT", "Exclusive", 0)
    assert "DueDate" not in made
    assert "AccountCode" not in made["LineItems"][0]
    assert len(demo.organisation.ledger.entries) == entries


async def test_an_authorised_sale_posts_debtors_income_and_tax(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"], LineAmountTypes="Exclusive")
    assert (made["SubTotal"], made["TotalTax"], made["Total"], made["AmountDue"]) == (100, 8.25, 108.25, 108.25)
    assert (made["InvoiceNumber"], made["LineItems"][0]["TaxType"], made["CurrencyRate"]) == ("INV-0010", "OUTPUT", 1)
    assert not {"Payments", "CreditNotes", "AmountCredited", "HasAttachments"} & set(made)
    journal = (
        await demo.http.get(f"/_sandbox/companies/{demo.tenant_id}/journal", params={"document_id": made["InvoiceID"]})
    ).json()["entries"]
    lines = [(one["account"], one["debit"], one["credit"]) for one in journal[0]["lines"]]
    assert lines == [
        ("Accounts Receivable (610)", "108.25", "0.00"),
        ("Sales (200)", "0.00", "100.00"),
        ("Sales Tax (820)", "0.00", "8.25"),
    ]


async def test_a_bill_posts_creditors_expense_and_tax(harbour: World) -> None:
    contact = await harbour.contact()
    made = await bill(harbour, contact["ContactID"], LineAmountTypes="Inclusive")
    assert (made["SubTotal"], made["TotalTax"], made["Total"]) == (90.91, 9.09, 100)
    entry = harbour.organisation.ledger.entries[-1]
    nets = {harbour.organisation.accounts[one.account_id].code: str(one.net) for one in entry.lines}
    assert nets == {"800": "-100.00", "400": "90.91", "820": "9.09"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Type": None}, "Invoice Type must be specified"),
        ({"Contact": None}, "A Contact must be specified for this type of transaction"),
        ({"LineItems": []}, "One or more line items must be specified"),
        ({"Status": "PAID"}, "Invoice not of valid status for creation"),
        ({"Status": "VOIDED"}, "Invoice not of valid status for creation"),
        ({"DueDate": None}, "The due date must be specified before an invoice can be authorised"),
        ({"InvoiceNumber": "INV-0001"}, "Invoice # must be unique."),
        ({"CurrencyCode": "EUR"}, "Organisation is not subscribed to currency EUR"),
        ({"Date": "2008-09-30"}, "The document date cannot be before the period lock date of 30 September 2008"),
        ({"LineItems": [line(AccountCode="999")]}, "Account code '999' is not a valid code for this document."),
        ({"LineItems": [line(AccountCode="090")]}, "Account code '090' is not a valid code for this document."),
        ({"LineItems": [line(AccountCode="610")]}, "Account code '610' is not a valid code for this document."),
        ({"LineItems": [line(AccountCode=None)]}, "Account code must be specified"),
        ({"LineItems": [line(ItemCode="NOPE")]}, "Item code 'NOPE' is not valid"),
        ({"LineItems": [line(LineAmount=99)]}, "The line total 99.00 does not match the expected line total 100.00"),
        ({"Total": "1.00"}, "The document total does not equal the sum of the lines."),
        ({"LineItems": [line(UnitAmount=-5)]}, "The document total must be zero or greater"),
        (
            {"LineAmountTypes": "Exclusive", "LineItems": [line(TaxType="CAN029")]},
            "The TaxType code 'CAN029' cannot be used with account code '200'.",
        ),
        (
            {"LineAmountTypes": "Exclusive", "LineItems": [line(TaxType="NOWHERE")]},
            "The TaxType code 'NOWHERE' does not exist or cannot be used for this type of transaction.",
        ),
    ],
)
async def test_a_sale_that_breaks_a_rule_is_refused(demo: World, changes: dict[str, Any], message: str) -> None:
    contact = await demo.contact()
    before = len(demo.organisation.invoices)
    assert await demo.refused("PUT", "Invoices", sale_of(contact["ContactID"]) | changes) == [message]
    assert len(demo.organisation.invoices) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"Status": "SENT"}, {"LineAmountTypes": "NO_TAX"}, {"Date": "yesterday"}, {"Contact": "Acme"},
        {"LineItems": [{"Quantity": "many"}]}, {"Type": "SALE"},
    ],
)  # fmt: skip
async def test_a_value_of_another_type_refuses_the_request(demo: World, changes: dict[str, Any]) -> None:
    contact = await demo.contact()
    answer = await demo.call("PUT", "Invoices", json=sale_of(contact["ContactID"]) | changes)
    assert (answer.status_code, answer.json()["ErrorNumber"]) == (400, 14)
    assert "Error converting value" in answer.json()["Message"]


async def test_an_unknown_contact_id_refuses_every_element(demo: World) -> None:
    contact = await demo.contact()
    before = len(demo.organisation.invoices)
    body = {"Invoices": [sale_of(contact["ContactID"]), sale_of("5a1b0000-0000-4000-8000-000000000000")]}
    answer = await demo.call("PUT", "Invoices", json=body, params={"summarizeErrors": "false"})
    assert (answer.status_code, answer.content) == (404, b"")
    assert len(demo.organisation.invoices) == before


async def test_a_refused_invoice_echoes_what_was_sent(demo: World) -> None:
    contact = await demo.contact()
    body = sale_of(contact["ContactID"]) | {"InvoiceNumber": "INV-0001"}
    answer = await demo.call("POST", "Invoices", json=body | {"Type": "ACCREC"}, params={"summarizeErrors": "false"})
    row = answer.json()["Invoices"][0]
    assert (answer.status_code, row["StatusAttributeString"], row["HasErrors"]) == (200, "ERROR", True)
    assert row["InvoiceNumber"] == "INV-0001"
    assert row["ValidationErrors"][0]["Message"] == NOT_MODIFIABLE


async def test_a_name_alone_finds_the_contact_or_creates_it(demo: World) -> None:
    known = await demo.contact("Acme")
    body = sale_of("") | {"Contact": {"Name": "acme"}}
    assert (await demo.write("PUT", "Invoices", body))["Contact"]["ContactID"] == known["ContactID"]
    made = await demo.write("PUT", "Invoices", body | {"Contact": {"Name": "Brand New"}})
    assert demo.organisation.contacts[made["Contact"]["ContactID"]].name == "Brand New"


async def test_more_than_an_id_edits_the_contact(demo: World) -> None:
    known = await demo.contact("Acme")
    body = sale_of("") | {"Contact": {"ContactID": known["ContactID"], "EmailAddress": "new@acme.example"}}
    await demo.write("PUT", "Invoices", body)
    assert demo.organisation.contacts[known["ContactID"]].email == "new@acme.example"


async def test_an_archived_contact_or_account_blocks_a_new_document(demo: World) -> None:
    known = await demo.contact("Acme")
    await demo.act("archive_contact", contact_id=known["ContactID"])
    messages = await demo.refused("PUT", "Invoices", sale_of(known["ContactID"]))
    assert messages[0].startswith("The specified contact details matched an archived contact.")
    other = await demo.contact("Other")
    await demo.act("archive_account", account="200")
    messages = await demo.refused("PUT", "Invoices", sale_of(other["ContactID"]))
    assert messages[0].startswith("Account code '200' has been archived, or has been deleted.")


async def test_an_item_gives_what_a_line_leaves_out(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(
        contact["ContactID"], LineAmountTypes="Exclusive", LineItems=[{"ItemCode": "BOOK", "Quantity": 2}]
    )
    row = made["LineItems"][0]
    assert (row["UnitAmount"], row["AccountCode"], row["TaxType"], row["LineAmount"]) == (19.95, "200", "TAX001", 39.9)
    assert row["Description"] == "Fish out of Water: Finding Your Brand"
    assert row["Item"]["Code"] == "BOOK"


# Updating -------------------------------------------------------------------------------------------------------


async def test_post_updates_by_id_in_the_body_in_the_address_and_by_number(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"], Reference="a")
    number = made["InvoiceNumber"]
    for path, body, reference in (
        ("Invoices", {"InvoiceID": made["InvoiceID"], "Reference": "b"}, "b"),
        (f"Invoices/{made['InvoiceID']}", {"Reference": "c"}, "c"),
        ("Invoices", {"InvoiceNumber": number, "Reference": "d"}, "d"),
    ):
        changed = await demo.write("POST", path, body)
        assert (changed["InvoiceID"], changed["Reference"], changed["Total"]) == (made["InvoiceID"], reference, 100)


async def test_a_bill_number_is_the_suppliers_and_may_repeat(demo: World) -> None:
    contact = await demo.contact()
    first = await bill(demo, contact["ContactID"], Reference="ignored")
    second = await demo.write(
        "POST", "Invoices", sale_of(contact["ContactID"]) | {"Type": "ACCPAY", "InvoiceNumber": "S-1"}
    )
    assert first["InvoiceID"] != second["InvoiceID"]
    assert (first["InvoiceNumber"], first["Reference"]) == ("S-1", "")
    blank = await bill(demo, contact["ContactID"], InvoiceNumber="")
    assert blank["InvoiceNumber"] == ""


async def test_lines_are_replaced_all_and_kept_by_their_id(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"], LineItems=[line(), line(Description="More", UnitAmount=50)])
    first, second = made["LineItems"]
    changed = await demo.write(
        "POST",
        f"Invoices/{made['InvoiceID']}",
        {"LineItems": [{"LineItemID": second["LineItemID"], "Quantity": 3}, line(Description="New", UnitAmount=1)]},
    )
    rows = changed["LineItems"]
    assert [one["Description"] for one in rows] == ["More", "New"]
    assert rows[0]["LineItemID"] == second["LineItemID"]
    assert first["LineItemID"] not in {one["LineItemID"] for one in rows}
    assert changed["Total"] == 151
    demo.organisation.ledger.assert_balanced()


async def test_an_edited_sale_reverses_its_entry_and_posts_the_new_one(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    await demo.write("POST", f"Invoices/{made['InvoiceID']}", {"LineItems": [line(UnitAmount=70)]})
    history = [one for one in demo.organisation.ledger.entries if one.document.id == made["InvoiceID"]]
    assert [one.reverses is not None for one in history] == [False, True, False]
    assert str(history[-1].lines[0].net) == "70.00"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (["DRAFT", "SUBMITTED", "DRAFT", "AUTHORISED", "VOIDED"], True),
        (["DRAFT", "DELETED"], True),
        (["SUBMITTED", "DELETED"], True),
        (["AUTHORISED", "DELETED"], False),
        (["AUTHORISED", "DRAFT"], False),
        (["DRAFT", "VOIDED"], False),
        (["DRAFT", "PAID"], False),
        (["AUTHORISED", "PAID"], False),
        (["AUTHORISED", "VOIDED", "AUTHORISED"], False),
        (["DRAFT", "DELETED", "DRAFT"], False),
    ],
)
async def test_a_status_leads_only_where_it_may(demo: World, path: list[str], allowed: bool) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"], Status=path[0])
    for status in path[1:-1]:
        await demo.write("POST", f"Invoices/{made['InvoiceID']}", {"Status": status})
    last = {"Status": path[-1]}
    if allowed:
        changed = await demo.write("POST", f"Invoices/{made['InvoiceID']}", last)
        assert changed["Status"] == path[-1]
    else:
        assert await demo.refused("POST", f"Invoices/{made['InvoiceID']}", last) == [NOT_MODIFIABLE]
    demo.organisation.ledger.assert_balanced()


async def test_a_voided_sale_answers_its_amount_and_later_shows_none(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    voided = await demo.write("POST", f"Invoices/{made['InvoiceID']}", {"Status": "VOIDED"})
    assert (voided["Status"], voided["AmountDue"]) == ("VOIDED", 100)
    read = (await demo.get(f"Invoices/{made['InvoiceID']}"))["Invoices"][0]
    assert (read["AmountDue"], read["Total"]) == (0, 100)
    debtors = demo.organisation.system_account("DEBTORS").id
    entries = [one for one in demo.organisation.ledger.entries if one.document.id == made["InvoiceID"]]
    assert sum(line.net for one in entries for line in one.lines if line.account_id == debtors) == 0


async def test_after_a_payment_a_sale_changes_only_in_what_moves_no_amount(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    await pay(demo, made, 40)
    path, row = f"Invoices/{made['InvoiceID']}", made["LineItems"][0]
    kept = {"LineItemID": row["LineItemID"], "Description": "Other words", "AccountCode": "260"}
    changed = await demo.write("POST", path, {"Reference": "PO 7", "InvoiceNumber": "X-1", "LineItems": [kept]})
    assert (changed["Reference"], changed["InvoiceNumber"], changed["AmountDue"]) == ("PO 7", "X-1", 60)
    assert (changed["LineItems"][0]["AccountCode"], changed["LineItems"][0]["Description"]) == ("260", "Other words")
    for body in ({"LineItems": [line(UnitAmount=90)]}, {"Date": "2026-09-11"}, {"LineAmountTypes": "Inclusive"}):
        assert await demo.refused("POST", path, body) == [NOT_MODIFIABLE, SETTLED]
    assert await demo.refused("POST", path, {"Status": "VOIDED"}) == [SETTLED]
    demo.organisation.ledger.assert_balanced()


async def test_after_a_payment_a_bill_does_not_change_at_all(demo: World) -> None:
    contact = await demo.contact()
    made = await bill(demo, contact["ContactID"])
    await pay(demo, made, 40)
    path = f"Invoices/{made['InvoiceID']}"
    for body in ({"InvoiceNumber": "S-2"}, {"DueDate": "2026-10-01"}, {"Contact": {"Name": "Other"}}):
        assert await demo.refused("POST", path, body) == [NOT_MODIFIABLE, SETTLED]


async def test_a_locked_period_lets_nothing_in_or_out(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    assert (await demo.act("lock_period", date="2026-09-10")).status_code == 200
    path = f"Invoices/{made['InvoiceID']}"
    locked = ["The document date cannot be before the period lock date of 10 September 2026"]
    for body in ({"Reference": "x"}, {"Status": "VOIDED"}, {"Date": "2026-09-12"}):
        assert await demo.refused("POST", path, body) == locked
    assert await demo.refused("PUT", "Invoices", sale_of(contact["ContactID"])) == locked
    await demo.sale(contact["ContactID"], Date="2026-09-11")


async def test_a_due_date_alone_does_not_bump_a_partly_paid_sale(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    await pay(demo, made, 40)
    demo.move(seconds=10)
    before = (await demo.get(f"Invoices/{made['InvoiceID']}"))["Invoices"][0]["UpdatedDateUTC"]
    quiet = await demo.write("POST", f"Invoices/{made['InvoiceID']}", {"DueDate": "2026-10-30", "SentToContact": True})
    assert (quiet["UpdatedDateUTC"], quiet["DueDateString"]) == (before, "2026-10-30T00:00:00")
    loud = await demo.write("POST", f"Invoices/{made['InvoiceID']}", {"Reference": "x"})
    assert loud["UpdatedDateUTC"] > before
    listed = (await demo.get("Invoices", IDs=made["InvoiceID"], page=1))["Invoices"][0]
    assert (listed["SentToContact"], listed["DueDateString"]) == (True, "2026-10-30T00:00:00")


async def test_numbers_go_on_after_those_that_are_taken(demo: World) -> None:
    contact = await demo.contact()
    await demo.sale(contact["ContactID"], InvoiceNumber="INV-0010")
    assert (await demo.sale(contact["ContactID"]))["InvoiceNumber"] == "INV-0011"


async def test_a_sale_of_nothing_is_paid_at_once(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"], "0.00")
    assert (made["Status"], made["AmountDue"]) == ("PAID", 0)


async def test_a_discount_is_for_sales_only(demo: World) -> None:
    contact = await demo.contact()
    sold = await demo.sale(contact["ContactID"], LineItems=[line(UnitAmount="33.33", Quantity=3, DiscountRate=10)])
    assert (sold["LineItems"][0]["LineAmount"], sold["IsDiscounted"]) == (89.99, True)
    off = await demo.sale(contact["ContactID"], LineItems=[line(DiscountAmount="5.50")])
    assert off["Total"] == 94.5
    body = sale_of(contact["ContactID"]) | {"Type": "ACCPAY", "LineItems": [line(AccountCode="400", DiscountRate=10)]}
    assert await demo.refused("PUT", "Invoices", body) == ["Discounts can only be applied to ACCREC invoices"]


async def test_a_sale_in_another_currency_is_kept_at_its_rate(demo: World) -> None:
    await demo.call("PUT", "Currencies", json={"Code": "EUR"})
    contact = await demo.contact()
    said = sale_of(contact["ContactID"]) | {"CurrencyCode": "EUR"}
    made = await demo.write("PUT", "Invoices", said | {"CurrencyRate": "0.8"})
    assert (made["CurrencyCode"], made["CurrencyRate"], made["Total"]) == ("EUR", 0.8, 100)
    assert str(demo.organisation.ledger.entries[-1].lines[0].net) == "125.00"
    body = {
        "Invoice": {"InvoiceID": made["InvoiceID"]},
        "Account": {"Code": "090"},
        "Amount": 100,
        "CurrencyRate": "0.75",
    }
    paid = await demo.write("PUT", "Payments", body)
    assert (paid["Amount"], paid["BankAmount"], paid["Invoice"]["Status"]) == (100, 133.33, "PAID")
    gains = demo.organisation.system_account("REALISEDCURRENCYGAIN").id
    assert str(demo.organisation.ledger.balance(gains)) == "-8.33"
    demo.organisation.ledger.assert_balanced()
