"""What people do in the browser, and how an app sees it."""

from typing import Any

import pytest
from tests.contract.xero.world import World


async def done(world: World, action: str, **wish: Any) -> dict[str, Any]:
    answer = await world.act(action, **wish)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def refusal(world: World, action: str, **wish: Any) -> str:
    answer = await world.act(action, **wish)
    assert answer.status_code == 409, answer.text
    message: str = answer.json()["error"]
    return message


async def invoice(world: World, key: str) -> dict[str, Any]:
    found: dict[str, Any] = (await world.get(f"Invoices/{key}"))["Invoices"][0]
    return found


async def test_a_document_is_edited_and_the_app_sees_when(demo: World) -> None:
    made = await done(demo, "create_invoice", contact="Walk-in Ltd", amount="80.00")
    before = await invoice(demo, made["document_id"])
    demo.move(seconds=5)
    edited = await done(
        demo, "edit_document", document_id=made["document_id"], amount="90.00", reference="PO 7", due_date="2026-10-30"
    )
    assert (edited["total"], edited["open"]) == ("97.43", "97.43")
    after = await invoice(demo, made["document_id"])
    assert (after["Reference"], after["DueDateString"]) == ("PO 7", "2026-10-30T00:00:00")
    assert after["UpdatedDateUTC"] > before["UpdatedDateUTC"]
    assert "more than one line" in await refusal(demo, "edit_document", number="INV-0002", amount="1.00")


async def test_a_new_due_date_or_a_sent_mail_leaves_the_date_of_a_partly_paid_document(demo: World) -> None:
    made = await done(demo, "create_invoice", contact="Walk-in Ltd", amount="80.00")
    key = made["document_id"]
    await done(demo, "pay", document_id=key, amount="30.00")
    before = await invoice(demo, key)
    demo.move(seconds=60)
    await done(demo, "edit_document", document_id=key, due_date="2026-11-30")
    await done(demo, "mark_sent", document_id=key)
    after = await invoice(demo, key)
    assert (after["DueDateString"], after["SentToContact"]) == ("2026-11-30T00:00:00", True)
    assert after["UpdatedDateUTC"] == before["UpdatedDateUTC"]
    await done(demo, "pay", document_id=key, amount="1.00")
    assert (await invoice(demo, key))["UpdatedDateUTC"] > before["UpdatedDateUTC"]


async def test_balances_of_a_contact_change_without_its_date(demo: World) -> None:
    contact = await demo.contact("Walk-in Ltd")
    demo.move(seconds=60)
    await done(demo, "create_invoice", contact="Walk-in Ltd", amount="80.00")
    read = (await demo.get(f"Contacts/{contact['ContactID']}"))["Contacts"][0]
    assert read["Balances"]["AccountsReceivable"]["Outstanding"] == 86.6
    assert (read["IsCustomer"], read["UpdatedDateUTC"]) == (True, contact["UpdatedDateUTC"])


async def test_a_draft_is_deleted_and_what_was_approved_only_voided(demo: World) -> None:
    draft = await done(demo, "create_invoice", contact="Walk-in Ltd", amount="8.00", status="DRAFT")
    assert (await done(demo, "delete", document_id=draft["document_id"]))["status"] == "DELETED"
    made = await done(demo, "create_bill", contact="Walk-in Ltd", amount="8.00")
    assert "not of valid status" in await refusal(demo, "delete", document_id=made["document_id"])
    paid = await done(demo, "pay", document_id=made["document_id"])
    assert "payment or credit note" in await refusal(demo, "void", document_id=made["document_id"])
    await done(demo, "delete_payment", payment_id=paid["payment_id"])
    assert (await done(demo, "void", document_id=made["document_id"]))["status"] == "VOIDED"
    demo.organisation.ledger.assert_balanced()


async def test_an_overpayment_is_recorded_and_set_against_an_invoice(demo: World) -> None:
    await demo.contact("Walk-in Ltd")
    over = await done(demo, "record_overpayment", contact="Walk-in Ltd", amount="50.00")
    sale = await done(demo, "create_invoice", contact="Walk-in Ltd", amount="80.00")
    set_ = await done(demo, "allocate_credit", credit_id=over["credit_id"], document_id=sale["document_id"])
    assert (set_["open"], set_["remaining"]) == ("36.60", "0.00")
    read = await invoice(demo, sale["document_id"])
    assert (read["AmountCredited"], read["Overpayments"][0]["OverpaymentID"]) == (50, over["credit_id"])
    assert "without allocations" in await refusal(demo, "void", document_id=over["credit_id"])
    note = await done(demo, "create_credit_note", contact="Walk-in Ltd", amount="10.00")
    set_ = await done(
        demo, "allocate_credit", credit_number=note["number"], document_id=sale["document_id"], amount="5.00"
    )
    assert (set_["open"], set_["remaining"]) == ("31.60", "5.83")
    demo.organisation.ledger.assert_balanced()


async def test_a_prepayment_is_recorded_refunded_and_voided(demo: World) -> None:
    await demo.contact("Walk-in Ltd")
    first = await done(demo, "record_prepayment", contact="Walk-in Ltd", amount="50.00")
    assert (await done(demo, "pay", document_id=first["credit_id"]))["status"] == "PAID"
    second = await done(demo, "record_prepayment", contact="Walk-in Ltd", amount="20.00", paid=True)
    assert (await done(demo, "void", document_id=second["credit_id"]))["status"] == "VOIDED"
    read = (await demo.get(f"BankTransactions/{second['bank_transaction_id']}"))["BankTransactions"][0]
    assert (read["Type"], read["Status"]) == ("SPEND-PREPAYMENT", "VOIDED")
    demo.organisation.ledger.assert_balanced()


async def test_a_year_is_locked_for_everybody(demo: World) -> None:
    contact = await demo.contact()
    assert (await done(demo, "lock_year", date="2026-09-10"))["year_end_lock"] == "2026-09-10"
    told = (await demo.get("Organisation"))["Organisations"][0]
    assert told["EndOfYearLockDate"] == "/Date(1788998400000+0000)/"
    said = {"Type": "ACCREC", "Contact": {"ContactID": contact["ContactID"]}, "Date": "2026-09-10"}
    line = {"Description": "x", "UnitAmount": 1, "AccountCode": "200"}
    assert await demo.refused("PUT", "Invoices", said | {"LineItems": [line]}) == [
        "The document date cannot be before the end of year lock date of 10 September 2026"
    ]
    await done(demo, "lock_year")
    assert (await demo.call("PUT", "Invoices", json=said | {"LineItems": [line]})).status_code == 200


async def test_a_changed_tax_rate_taxes_what_is_written_from_then_on(harbour: World) -> None:
    contact = await harbour.contact()
    before = await harbour.sale(contact["ContactID"], LineAmountTypes="Exclusive")
    assert (await done(harbour, "change_tax_rate", tax_type="output", rate="12.5"))["rate"] == "12.50"
    rates = {one["TaxType"]: one["EffectiveRate"] for one in (await harbour.get("TaxRates"))["TaxRates"]}
    assert rates["OUTPUT"] == 12.5
    after = await harbour.sale(contact["ContactID"], LineAmountTypes="Exclusive")
    assert (before["TotalTax"], after["TotalTax"]) == (10, 12.5)
    assert (await invoice(harbour, before["InvoiceID"]))["TotalTax"] == 10


async def test_a_rate_of_two_components_asks_which(demo: World) -> None:
    assert "say component" in await refusal(demo, "change_tax_rate", tax_type="OUTPUT", rate="5")
    told = await done(demo, "change_tax_rate", tax_type="OUTPUT", rate="5", component="City Tax")
    assert told["rate"] == "9.25"


async def test_an_archived_account_is_refused_until_it_is_restored(demo: World) -> None:
    contact = await demo.contact()
    await done(demo, "archive_account", account="260")
    line = {"Description": "x", "UnitAmount": 1, "AccountCode": "260"}
    said = {"Type": "ACCREC", "Contact": {"ContactID": contact["ContactID"]}, "LineItems": [line]}
    assert "has been archived" in (await demo.refused("PUT", "Invoices", said))[0]
    assert (await done(demo, "restore_account", account="260"))["status"] == "ACTIVE"
    assert (await demo.call("PUT", "Invoices", json=said)).status_code == 200


async def test_a_user_who_lost_permission_is_shut_out_but_stays_connected(demo: World) -> None:
    assert (await done(demo, "remove_permission", email="jordan@example.com"))["removed"] == "1"
    answer = await demo.call("GET", "Organisation")
    assert (answer.status_code, answer.json()["Detail"]) == (403, "AuthenticationUnsuccessful")
    listed = await demo.http.get("/connections", headers={"authorization": f"Bearer {demo.token['access_token']}"})
    assert [one["tenantId"] for one in listed.json()] == [demo.tenant_id]
    page = await demo.sign_in(demo.ask())
    assert "Demo Company" not in page.text
    assert (await done(demo, "restore_permission"))["restored"] == "1"
    assert (await demo.call("GET", "Organisation")).status_code == 200
    assert "nobody here" in await refusal(demo, "remove_permission", email="nobody@example.com")


async def test_an_app_is_disconnected_without_a_word(demo: World) -> None:
    assert (await done(demo, "disconnect", client_id=demo.client_id))["disconnected"] == "1"
    assert (await demo.call("GET", "Organisation")).status_code == 403


async def test_a_stock_count_moves_pieces_and_their_value(demo: World) -> None:
    told = await done(demo, "adjust_stock", item="TSL - Black", quantity="3")
    assert (told["quantity"], told["value"]) == ("3.00", "60.00")
    told = await done(demo, "adjust_stock", item="TSL - Black", quantity="5", unit_cost="30.00")
    assert told["value"] == "120.00"
    organisation = demo.organisation
    inventory = organisation.account_by_code("630")
    assert inventory is not None
    assert organisation.ledger.balance(inventory.id) == sum(one.cost_pool for one in organisation.items.values())
    assert "not negative" in await refusal(demo, "adjust_stock", item="TSL - Black", quantity="-1")


async def test_a_reconciled_payment_says_so(demo: World) -> None:
    made = await done(demo, "create_invoice", contact="Walk-in Ltd", amount="80.00")
    paid = await done(demo, "pay", document_id=made["document_id"])
    await done(demo, "reconcile", payment_id=paid["payment_id"])
    assert (await demo.get(f"Payments/{paid['payment_id']}"))["Payments"][0]["IsReconciled"] is True


async def test_a_merge_moves_money_too(demo: World) -> None:
    keep, gone = await demo.contact("Keep"), await demo.contact("Gone")
    over = await done(demo, "record_overpayment", contact="Gone", amount="50.00")
    await done(demo, "merge_contacts", from_id=gone["ContactID"], into_id=keep["ContactID"])
    for path, key in (("BankTransactions", "bank_transaction_id"), ("Overpayments", "credit_id")):
        row = (await demo.get(f"{path}/{over[key]}"))[path][0]
        assert row["Contact"]["ContactID"] == keep["ContactID"]


@pytest.mark.parametrize(
    ("action", "wish", "words"),
    [
        ("edit_document", {"number": "INV-0005"}, "say what is different"),
        ("record_overpayment", {"contact": "Walk-in Ltd"}, "amount is missing"),
        ("record_overpayment", {"contact": "Walk-in Ltd", "amount": "1", "paid": "maybe"}, "paid is true or false"),
        ("allocate_credit", {"credit_number": "INV-0005", "number": "INV-0005"}, "that is no credit"),
        ("delete_bank_transaction", {"bank_transaction_id": "none"}, "there is no bank transaction"),
        ("change_tax_rate", {"tax_type": "OUTPUT", "rate": "101"}, "rate is from 0 to 100"),
        ("adjust_stock", {"item": "GB1-White", "quantity": "1"}, "no tracked item"),
        ("edit_contact", {"contact": "Boom FM"}, "say what is different"),
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused(
    demo: World, action: str, wish: dict[str, Any], words: str
) -> None:
    assert words in await refusal(demo, action, **wish)
