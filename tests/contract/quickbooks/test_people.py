"""People at work in a company: by JSON over the control surface, and by the forms of its page."""

from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_bill, a_payment, a_sale, csrf_of, decode

from tieout.sandbox.people import ActionRefusedError


async def act(connected: Connected, action: str, **wish: Any) -> Any:
    answer = await connected.platform.http.post(f"/_sandbox/companies/{connected.realm}/people/{action}", json=wish)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(connected: Connected, action: str, **wish: Any) -> str:
    answer = await connected.platform.http.post(f"/_sandbox/companies/{connected.realm}/people/{action}", json=wish)
    assert answer.status_code == 409, answer.text
    return str(answer.json()["error"])


async def test_somebody_writes_an_invoice(connected: Connected) -> None:
    told = await act(
        connected, "create_invoice", customer="Amy's Bird Sanctuary", item="Design", amount="150.00", quantity="2"
    )
    invoice = (await connected.get(f"invoice/{told['document']['id']}"))["Invoice"]
    assert (invoice["TotalAmt"], invoice["DocNumber"]) == (150, told["document"]["number"])
    assert invoice["Line"][0]["SalesItemLineDetail"]["ItemRef"]["name"] == "Design"
    assert (invoice["Line"][0]["SalesItemLineDetail"]["UnitPrice"], told["document"]["balance"]) == (75, "150.00")


async def test_an_invoice_can_be_taxed(connected: Connected, british: Connected) -> None:
    told = await act(connected, "create_invoice", customer="1", amount="100.00", tax_code="California")
    assert told["document"]["total"] == "108.00"
    told = await act(british, "create_invoice", customer="1", amount="100.00", tax_code="20.0% S")
    assert told["document"]["total"] == "120.00"
    told = await act(british, "create_invoice", customer="1", amount="100.00")
    assert told["document"]["total"] == "100.00"


async def test_somebody_takes_on_a_vendor_and_enters_a_bill(connected: Connected) -> None:
    vendor = (await act(connected, "create_vendor", name="Zimmer Tools", email="z@example.com"))["vendor"]
    told = await act(
        connected, "create_bill", vendor="zimmer tools", account="Rent or Lease", amount="80.00", number="Z-1",
        date="2026-05-01", due_date="2026-05-20", description="May",
    )  # fmt: skip
    bill = (await connected.get(f"bill/{told['document']['id']}"))["Bill"]
    assert (bill["VendorRef"]["value"], bill["DocNumber"], bill["DueDate"]) == (vendor["id"], "Z-1", "2026-05-20")
    assert bill["Line"][0]["AccountBasedExpenseLineDetail"]["AccountRef"]["name"] == "Rent or Lease"
    assert "6140" in await refused(connected, "create_bill", vendor=vendor["id"], amount="5", number="Z-1")


async def test_somebody_changes_a_document(connected: Connected) -> None:
    told = await act(connected, "create_invoice", customer="1", amount="90.00", quantity="3")
    number = told["document"]["number"]
    changed = await act(connected, "edit", number=number, amount="120.00", memo="Agreed", due_date="2026-07-01")
    assert changed["document"]["balance"] == "120.00"
    invoice = (await connected.get(f"invoice/{told['document']['id']}"))["Invoice"]
    assert (invoice["TotalAmt"], invoice["PrivateNote"], invoice["DueDate"]) == (120, "Agreed", "2026-07-01")
    line = invoice["Line"][0]
    assert (line["SalesItemLineDetail"]["Qty"], line["SalesItemLineDetail"]["UnitPrice"]) == (3, 40)
    assert invoice["SyncToken"] == "1"


async def test_a_change_keeps_the_other_lines_and_their_tax(british: Connected) -> None:
    lines = [
        {**a_bill("50.00", code="1")["Line"][0], "AccountBasedExpenseLineDetail": detail}
        for detail in ({"AccountRef": {"value": "13"}, "TaxCodeRef": {"value": code}} for code in ("1", "2"))
    ]
    bill = await british.post(
        "Bill", {"VendorRef": {"value": "5"}, "Line": lines, "GlobalTaxCalculation": "TaxExcluded"}
    )
    assert bill["TotalAmt"] == Decimal("112.50")
    await act(british, "edit", document_id=bill["Id"], line="2", amount="100.00", description="Half")
    changed = (await british.get(f"bill/{bill['Id']}"))["Bill"]
    assert changed["TotalAmt"] == Decimal("165.00")
    assert [line.get("Description") for line in changed["Line"]] == [None, "Half"]


async def test_somebody_pays_in_parts_and_takes_the_money_to_the_bank(platform: Platform, connected: Connected) -> None:
    invoice = await connected.invoice("100.00")
    first = await act(connected, "pay", document_id=invoice["Id"], amount="30.00")
    assert first["document"]["balance"] == "70.00"
    last = await act(connected, "pay", number=invoice["DocNumber"], date="2026-05-02")
    assert (last["payment"]["amount"], last["document"]["balance"]) == ("70.00", "0.00")
    before = platform.books().ledger.balance("35")
    told = await act(connected, "deposit", document_id=last["payment"]["id"], account="Checking")
    assert told["deposit"]["amount"] == "70.00"
    assert platform.books().ledger.balance("35") - before == 70
    assert "6540" in await refused(connected, "delete", document_id=last["payment"]["id"])


async def test_a_bill_can_be_paid_by_card(connected: Connected) -> None:
    bill = await connected.post("Bill", a_bill("40.00"))
    told = await act(connected, "pay", document_id=bill["Id"], account="Mastercard")
    payment = (await connected.get(f"billpayment/{told['payment']['id']}"))["BillPayment"]
    assert payment["PayType"] == "CreditCard"


async def test_deleting_a_paid_invoice_lets_go_of_its_payment(connected: Connected) -> None:
    invoice = await connected.invoice("100.00")
    payment = await connected.post("Payment", a_payment("100.00", ("100.00", "Invoice", invoice["Id"])))
    await act(connected, "delete", document_id=invoice["Id"])
    freed = (await connected.get(f"payment/{payment['Id']}"))["Payment"]
    assert (freed["UnappliedAmt"], freed["Line"]) == (100, [])


async def test_somebody_renames_and_puts_away_and_takes_back(connected: Connected) -> None:
    await act(connected, "rename", kind="Customer", which="Amy's Bird Sanctuary", name="Amy's Aviary")
    assert (await connected.get("customer/1"))["Customer"]["DisplayName"] == "Amy's Aviary"
    assert "balance" in await refused(connected, "inactivate", kind="customer", which="1")
    gone = await act(connected, "inactivate", kind="Vendor", which="Cal Telephone")
    assert gone["vendor"]["name"] == "Cal Telephone (deleted)"
    assert "inactive already" in await refused(connected, "inactivate", kind="Vendor", which="Cal Telephone")
    back = await act(connected, "reactivate", kind="Vendor", which="Cal Telephone")
    assert back["vendor"] == {"id": gone["vendor"]["id"], "name": "Cal Telephone"}
    await act(connected, "inactivate", kind="Item", which="Pest Control")
    code, _ = await connected.refused("GET", "item/404")
    assert code == "610"


async def test_two_customers_become_one(platform: Platform, connected: Connected) -> None:
    books = platform.books()
    events: list[tuple[str, str, str | None]] = []
    books.on_change = lambda record, verb, gone: events.append((record.id, verb, gone))
    invoice = await connected.invoice("100.00", customer="2")
    paid = await connected.post("Payment", a_payment("40.00", ("40.00", "Invoice", invoice["Id"]), customer="2"))
    before = {one: (await connected.get(f"customer/{one}"))["Customer"] for one in ("1", "2")}
    entries = len(books.ledger.entries)
    told = await act(connected, "merge", kind="Customer", **{"from": "Bill's Windsurf Shop", "into": "1"})
    assert int(told["merged"]["documents"]) >= 3
    kept, gone = [(await connected.get(f"customer/{one}"))["Customer"] for one in ("1", "2")]
    assert (gone["Active"], gone["Balance"], gone["DisplayName"]) == (False, 0, "Bill's Windsurf Shop (deleted)")
    assert kept["Balance"] == before["1"]["Balance"] + before["2"]["Balance"]
    moved = (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]
    assert moved["CustomerRef"] == {"value": "1", "name": "Amy's Bird Sanctuary"}
    assert moved["SyncToken"] == "2"
    assert (await connected.get(f"payment/{paid['Id']}"))["Payment"]["CustomerRef"]["value"] == "1"
    assert ("1", "merged", "2") in events
    assert len(books.ledger.entries) == entries
    at_home = [one for one in books.shelf("Customer") if one.content["CurrencyRef"]["value"] == "USD"]
    assert books.ledger.balance("84") == sum(one.balance for one in at_home)
    await connected.post("Payment", a_payment("60.00", ("60.00", "Invoice", invoice["Id"]), customer="1"))


@pytest.mark.parametrize(
    ("gone", "kept", "why"),
    [("1", "1", "into itself"), ("7", "1", "sub-customers"), ("1", "Nobody", "no Customer Nobody")],
)
async def test_a_merge_that_makes_no_sense_is_refused(connected: Connected, gone: str, kept: str, why: str) -> None:
    assert why in await refused(connected, "merge", kind="Customer", **{"from": gone, "into": kept})


async def test_a_vendor_can_be_merged_with_its_bills(connected: Connected) -> None:
    bill = await connected.post("Bill", a_bill("80.00", vendor="32"))
    await act(connected, "merge", kind="Vendor", **{"from": "32", "into": "31"})
    assert (await connected.get(f"bill/{bill['Id']}"))["Bill"]["VendorRef"]["value"] == "31"


async def test_closed_books_are_opened_again(connected: Connected) -> None:
    assert await act(connected, "close_books", date="2026-04-30") == {"books_closed_on": "2026-04-30"}
    why = await refused(connected, "create_invoice", customer="1", amount="5.00", date="2026-04-01")
    assert "6210" in why
    assert await act(connected, "open_books") == {"books_closed_on": None}
    await act(connected, "create_invoice", customer="1", amount="5.00", date="2026-04-01")


async def test_numbers_of_sales_forms_are_given_by_hand_and_only_once(connected: Connected) -> None:
    taken = await connected.invoice()
    await connected.invoice(DocNumber=taken["DocNumber"])
    assert await act(connected, "change_numbering", warn=True) == {"by_hand": False, "warn": True}
    again = a_sale(DocNumber=taken["DocNumber"])
    assert (await connected.refused("POST", "invoice", json=again))[0] == "6140"
    await connected.post("Invoice", again, include="allowduplicatedocnum")
    await act(connected, "change_numbering", by_hand="true", warn="false")
    assert "DocNumber" not in await connected.invoice()
    assert (await connected.get("preferences"))["Preferences"]["SalesFormsPrefs"]["CustomTxnNumbers"] is True
    await connected.post("Invoice", again)
    assert "true or false" in await refused(connected, "change_numbering", warn="perhaps")


async def test_a_tax_rate_changes_from_a_day_on(connected: Connected) -> None:
    await act(connected, "change_tax_rate", tax_rate="California", percent="9.5", **{"from": "2026-05-01"})
    early = await act(connected, "create_invoice", customer="1", amount="100", tax_code="2", date="2026-04-30")
    late = await act(connected, "create_invoice", customer="1", amount="100", tax_code="2", date="2026-05-01")
    assert (early["document"]["total"], late["document"]["total"]) == ("108.00", "109.50")
    again = await refused(connected, "change_tax_rate", tax_rate="California", percent="8", **{"from": "2026-05-01"})
    assert "already" in again


async def test_a_company_whose_subscription_ended_is_read_only_until_it_is_renewed(connected: Connected) -> None:
    await act(connected, "end_subscription")
    assert (await connected.refused("POST", "customer", json={"DisplayName": "New"}))[0] == "6190"
    assert "6190" in await refused(connected, "create_customer", name="New")
    await connected.get("customer/1")
    await act(connected, "renew_subscription")
    await act(connected, "create_customer", name="New")


async def test_programs_are_kept_out_once_the_administrator_is_none(connected: Connected) -> None:
    await act(connected, "remove_admin")
    answer = await connected.call("GET", "customer/1")
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (403, "120")
    await act(connected, "restore_admin")
    await connected.get("customer/1")


@pytest.mark.parametrize(
    ("action", "wish"),
    [
        ("create_invoice", {"customer": "1"}),
        ("create_invoice", {"customer": "Nobody", "amount": "1"}),
        ("create_invoice", {"customer": "1", "amount": "0"}),
        ("create_invoice", {"customer": "1", "amount": "1", "colour": "red"}),
        ("create_bill", {"vendor": "30", "amount": "1", "account": "84x"}),
        ("edit", {"document_id": "9"}),
        ("edit", {"document_id": "9", "amount": "5", "line": "9"}),
        ("edit", {"document_id": "9", "line": "1"}),
        ("rename", {"kind": "Robot", "which": "1", "name": "R"}),
        ("rename", {"kind": "Customer", "which": "1", "name": "Cool Cars"}),
        ("deposit", {"document_id": "20"}),
        ("change_tax_rate", {"tax_rate": "3", "percent": "101"}),
        ("change_tax_rate", {"tax_rate": "3", "percent": "much"}),
    ],
)
async def test_what_people_cannot_do_changes_nothing(platform: Platform, action: str, wish: dict[str, Any]) -> None:
    entries = len(platform.books().ledger.entries)
    with pytest.raises(ActionRefusedError):
        platform.people().act(action, wish)
    assert len(platform.books().ledger.entries) == entries


async def test_everything_has_a_form_on_the_page(platform: Platform, connected: Connected) -> None:
    address = f"/_sandbox/companies/{connected.realm}"
    page = (await platform.http.get(address, params={"show": "people"})).text
    people = platform.people()
    assert len(people.actions) >= 21
    for deed in people.deeds():
        assert f'action="{address}/people/{deed.name}"' in page
        assert deed.summary
    fields = {"csrf": csrf_of(page), "customer": "1", "amount": "77.00", "item": "", "due_date": ""}
    answer = await platform.http.post(f"{address}/people/create_invoice", data=fields)
    assert answer.status_code == 303
    found = decode(await connected.call("GET", "query?query=select * from Invoice where TotalAmt = '77.00'"))
    assert len(found["QueryResponse"]["Invoice"]) == 1
    wrong = await platform.http.post(
        f"{address}/people/create_invoice", data={**fields, "customer": "Nobody <b>", "show": "people"}
    )
    assert (wrong.status_code, wrong.text.count("<details open>")) == (409, 1)
    assert 'name="customer" value="Nobody &lt;b&gt;" required' in wrong.text


def test_what_is_asked_for_is_what_is_understood(platform: Platform) -> None:
    people = platform.people()
    for deed in people.deeds():
        with pytest.raises(ActionRefusedError, match="not understood: colour"):
            people.act(deed.name, {**{field.name: "" for field in deed.fields}, "colour": "red"})
