from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.contract.xero.world import World

NUMBERS = msgspec.json.Decoder(float_hook=Decimal)


async def test_a_list_without_page_has_every_document_and_no_line(demo: World) -> None:
    body = await demo.get("Invoices")
    assert "pagination" not in body
    assert len(body["Invoices"]) == len(demo.organisation.invoices)
    assert all(one["LineItems"] == [] for one in body["Invoices"])
    assert set(body["Invoices"][0]["Contact"]) == {
        "ContactID", "Name", "Addresses", "Phones", "ContactGroups", "ContactPersons", "HasValidationErrors",
    }  # fmt: skip


async def test_a_page_has_lines_and_says_how_many_there_are(demo: World) -> None:
    body = await demo.get("Invoices", page=1, pageSize=4)
    total = len(demo.organisation.invoices)
    assert body["pagination"] == {"page": 1, "pageSize": 4, "pageCount": -(-total // 4), "itemCount": total}
    assert all(one["LineItems"] for one in body["Invoices"])


async def test_a_page_past_the_end_is_empty_and_still_counts(demo: World) -> None:
    body = await demo.get("Invoices", page=99)
    assert body["Invoices"] == []
    assert body["pagination"]["itemCount"] == len(demo.organisation.invoices)


@pytest.mark.parametrize(("asked", "given"), [("0", 1), ("5000", 1000), ("-3", 1), ("100", 100)])
async def test_a_page_size_out_of_range_is_clamped(demo: World, asked: str, given: int) -> None:
    assert (await demo.get("Invoices", page=1, pageSize=asked))["pagination"]["pageSize"] == given


async def test_pages_together_are_the_whole_list_in_order_of_change(demo: World) -> None:
    seen: list[str] = []
    for page in range(1, 20):
        rows = (await demo.get("Invoices", page=page, pageSize=3))["Invoices"]
        if not rows:
            break
        seen += [row["InvoiceID"] for row in rows]
    rows = sorted(demo.organisation.invoices.values(), key=lambda row: (row.updated_at, row.id))
    assert seen == [row.id for row in rows]


async def test_statuses_and_summary_page_without_being_asked_to(demo: World) -> None:
    await demo.http.post(f"/_sandbox/companies/{demo.tenant_id}/fill", json={"documents": 160, "seed": 1})
    for params in ({"Statuses": "AUTHORISED,PAID"}, {"summaryOnly": "True"}):
        body = await demo.get("Invoices", **params)
        assert len(body["Invoices"]) == 100
        assert "pagination" not in body


async def test_a_summary_leaves_out_lines_payments_and_attachments(demo: World) -> None:
    rows = (await demo.get("Invoices", summaryOnly="true", page=1))["Invoices"]
    assert not {"LineItems", "Payments", "HasAttachments"} & set(rows[0])
    contacts = (await demo.get("Contacts", summaryOnly="true", page=1))["Contacts"]
    assert not {"Addresses", "Balances", "ContactGroups", "ContactPersons", "IsCustomer", "IsSupplier"} & set(
        contacts[0]
    )


async def test_a_single_document_has_its_whole_contact(demo: World) -> None:
    rows = (await demo.get("Invoices", Statuses="PAID"))["Invoices"]
    single = (await demo.get(f"Invoices/{rows[0]['InvoiceID']}"))["Invoices"][0]
    assert {"ContactStatus", "IsCustomer", "Addresses", "Phones", "SalesTrackingCategories"} <= set(single["Contact"])
    assert single["Attachments"] == []
    assert len(single["Payments"]) == 1


@pytest.mark.parametrize(
    ("path", "plural"),
    [
        ("Invoices/INV-0001", "Invoices"),
        ("Items/BOOK", "Items"),
        ("TaxRates/OUTPUT", "TaxRates"),
        ("CreditNotes/CN-0001", "CreditNotes"),
    ],
)
async def test_records_are_found_by_number_too(demo: World, path: str, plural: str) -> None:
    assert len((await demo.get(path))[plural]) == 1


async def test_numbers_are_printed_with_their_scale(demo: World) -> None:
    answer = await demo.call("GET", "Invoices/INV-0001")
    assert b'"UnitAmount":500.00,' in answer.content
    assert b'"Quantity":1.0000,' in answer.content
    assert b'"Total":541.25,' in answer.content
    assert b'"AmountDue":0.00,' in answer.content
    assert b'"Date":"\\/Date(' in answer.content
    rates = await demo.call("GET", "TaxRates/OUTPUT")
    assert b'"EffectiveRate":8.2500' in rates.content


async def test_dates_are_midnight_utc_of_the_calendar_day(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.sale(contact["ContactID"])
    assert (made["Date"], made["DateString"]) == ("/Date(1788998400000+0000)/", "2026-09-10T00:00:00")
    assert (made["DueDate"], made["DueDateString"]) == ("/Date(1790208000000+0000)/", "2026-09-24T00:00:00")
    assert (made["UpdatedDateUTC"], made["UpdatedDateUTCString"]) == (
        "/Date(1789437600123+0000)/",
        "2026-09-15T02:00:00Z",
    )


async def test_the_day_of_a_document_is_the_organisations_day(harbour: World) -> None:
    contact = await harbour.contact()
    said = {"Type": "ACCREC", "Contact": {"ContactID": contact["ContactID"]}, "LineItems": [{"Description": "x"}]}
    assert (await harbour.write("PUT", "Invoices", said))["DateString"] == "2026-09-15T00:00:00"
    harbour.move(hours=13)
    harbour.token = (await harbour.refresh(harbour.token["refresh_token"])).json()
    assert (await harbour.write("PUT", "Invoices", said))["DateString"] == "2026-09-16T00:00:00"


@pytest.mark.parametrize(
    "since",
    ["2026-09-15T02:00:10", "2026-09-15T02:00:10Z", "2026-09-15T04:00:10+02:00", "Tue, 15 Sep 2026 02:00:10 GMT"],
)
async def test_only_what_changed_since_a_second_is_listed(demo: World, since: str) -> None:
    demo.move(seconds=9)
    await demo.contact("Before")
    demo.move(seconds=1)
    await demo.contact("At")
    answer = await demo.call("GET", "Contacts", headers={"if-modified-since": since})
    assert [one["Name"] for one in answer.json()["Contacts"]] == ["At"]


async def test_a_malformed_since_is_ignored(demo: World) -> None:
    answer = await demo.call("GET", "Contacts", headers={"if-modified-since": "yesterday"})
    assert len(answer.json()["Contacts"]) == len(demo.organisation.contacts)


async def test_nothing_changed_is_an_empty_list(demo: World) -> None:
    answer = await demo.call("GET", "Invoices", headers={"if-modified-since": "2030-01-01T00:00:00"})
    assert (answer.status_code, answer.json()["Invoices"]) == (200, [])


# where and order ------------------------------------------------------------------------------------------------


async def named(world: World, path: str, **params: Any) -> list[str]:
    plural = path.split("/", maxsplit=1)[0]
    return [one.get("Name") or one["InvoiceNumber"] for one in (await world.get(path, **params))[plural]]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('Status=="DRAFT"', {"INV-0008", "CEN-1112"}),
        ('Status="draft" AND Type="ACCREC"', {"INV-0008"}),
        ('Type == "ACCREC" && (Status == "DRAFT" || Status == "VOIDED")', {"INV-0008", "INV-0009"}),
        ('Type=="ACCREC" and not (Status=="PAID" or AmountDue<500)', {"INV-0005", "INV-0007", "INV-0008"}),
        ("AmountDue >= 1000.00 AND AmountDue < 1100", {"ABC-1105"}),
        ('Contact.Name.StartsWith("Net")', {"NET-1084"}),
        ('InvoiceNumber.ToLower().Contains("abc")', {"ABC-1105"}),
        ('Reference != null AND Reference.Contains("x")', set()),
        ("Date >= DateTime(2026,09,11)", {"INV-0008", "CEN-1112"}),
        ('Date > DateTime.Parse("2026-09-10") AND Type=="ACCREC"', {"INV-0008"}),
    ],
)
async def test_a_filter_selects(demo: World, expression: str, expected: set[str]) -> None:
    assert set(await named(demo, "Invoices", where=expression)) == expected


async def test_a_filter_by_guid_and_by_lists_of_ids(demo: World) -> None:
    rows = (await demo.get("Invoices"))["Invoices"]
    first, second = rows[0], rows[1]
    by_guid = f'InvoiceID==guid("{first["InvoiceID"]}") OR InvoiceID==Guid("{second["InvoiceID"]}")'
    for params in (
        {"where": by_guid},
        {"IDs": f"{first['InvoiceID']},{second['InvoiceID']}"},
        {"ids": f"{first['InvoiceID'].upper()},{second['InvoiceID']}"},
        {"InvoiceNumbers": f"{first['InvoiceNumber']},{second['InvoiceNumber']}"},
    ):
        assert await named(demo, "Invoices", **params) == [first["InvoiceNumber"], second["InvoiceNumber"]]
    contact_id = first["Contact"]["ContactID"]
    for params in ({"ContactIDs": contact_id}, {"where": f'Contact.ContactID=Guid("{contact_id}")'}):
        found = await demo.get("Invoices", **params)
        assert {one["Contact"]["ContactID"] for one in found["Invoices"]} == {contact_id}


@pytest.mark.parametrize(
    "expression",
    [
        "Status==",
        'Statuz=="DRAFT"',
        'InvoiceID=="5a1b0000-0000-4000-8000-000000000000"',
        "Status==5",
        'Status > guid("x")',
        "AmountDue",
        'Reference.Contains("x")',
        'Status=="DRAFT" Status=="PAID"',
        "DateTime(2026,13,1) == Date",
        '(Status=="DRAFT"',
        'Total.Contains("1")',
        "Status == 'DRAFT'",
        "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((Status",
    ],
)
async def test_a_filter_that_does_not_parse_is_refused_loudly(demo: World, expression: str) -> None:
    answer = await demo.call("GET", "Invoices", params={"where": expression})
    assert (answer.status_code, answer.json()["Type"]) == (400, "QueryParseException")


async def test_an_order_is_kept_and_ids_break_ties(demo: World) -> None:
    totals = [one["Total"] for one in (await demo.get("Invoices", order="Total DESC"))["Invoices"]]
    assert totals == sorted(totals, reverse=True)
    names = await named(demo, "Contacts", order="Name ASC")
    assert names == sorted(names, key=str.lower)
    two = (await demo.get("Invoices", order="Type,Total DESC"))["Invoices"]
    assert [one["Type"] for one in two] == sorted(one["Type"] for one in two)
    same = (await demo.get("Invoices", order="CurrencyCode"))["Invoices"]
    assert [one["InvoiceID"] for one in same] == sorted(one["InvoiceID"] for one in same)


@pytest.mark.parametrize("order", ["Nothing", "Total SIDEWAYS", "Total DESC DESC", ","])
async def test_an_order_that_does_not_parse_is_refused(demo: World, order: str) -> None:
    answer = await demo.call("GET", "Invoices", params={"order": order})
    assert (answer.status_code, answer.json()["Type"]) == (400, "QueryParseException")


async def test_archived_contacts_are_listed_only_on_request(demo: World) -> None:
    made = await demo.contact("Gone Ltd")
    await demo.write("POST", "Contacts", {"ContactID": made["ContactID"], "ContactStatus": "ARCHIVED"})
    assert "Gone Ltd" not in await named(demo, "Contacts")
    assert "Gone Ltd" in await named(demo, "Contacts", includeArchived="True")
    assert (await demo.get(f"Contacts/{made['ContactID']}"))["Contacts"][0]["ContactStatus"] == "ARCHIVED"


async def test_voided_and_deleted_documents_are_listed(demo: World) -> None:
    rows = (await demo.get("Invoices", where='Status=="VOIDED"'))["Invoices"]
    assert [(one["InvoiceNumber"], one["AmountDue"], one["AmountPaid"]) for one in rows] == [("INV-0009", 0, 0)]


async def test_only_the_apps_own_invoices_on_request(demo: World) -> None:
    contact = await demo.contact()
    mine = await demo.sale(contact["ContactID"])
    assert await named(demo, "Invoices", createdByMyApp="true") == [mine["InvoiceNumber"]]


async def test_a_search_term_looks_through_names_and_mail(demo: World) -> None:
    assert await named(demo, "Contacts", searchTerm="RIDGEWAY") == ["Ridgeway University"]


async def test_unit_prices_have_two_places_unless_asked_for_four(demo: World) -> None:
    contact = await demo.contact()
    line = {"Description": "x", "Quantity": 3, "UnitAmount": "0.3333", "AccountCode": "200", "TaxType": "NONE"}
    body = {"Type": "ACCREC", "Contact": {"ContactID": contact["ContactID"]}, "LineItems": [line]}
    coarse = await demo.write("PUT", "Invoices", body)
    fine = await demo.write("PUT", "Invoices", body, unitdp="4")
    assert (coarse["LineItems"][0]["UnitAmount"], coarse["Total"]) == (0.33, 0.99)
    assert (fine["LineItems"][0]["UnitAmount"], fine["Total"]) == (0.3333, 1.00)
    read = await demo.call("GET", f"Invoices/{fine['InvoiceID']}")
    assert NUMBERS.decode(read.content)["Invoices"][0]["LineItems"][0]["UnitAmount"] == Decimal("0.33")
    assert (await demo.call("GET", "Invoices", params={"unitdp": "3"})).status_code == 400


async def test_a_page_of_a_thousand_is_told_from_memory_the_second_time(demo: World) -> None:
    demo.organisation.fill(1500, 5)
    first = await demo.call("GET", "Invoices", params={"page": 1, "pageSize": 1000})
    again = await demo.call("GET", "Invoices", params={"page": 1, "pageSize": 1000})
    assert len(first.json()["Invoices"]) == 1000
    assert first.json()["Invoices"] == again.json()["Invoices"]
    contact_id = first.json()["Invoices"][0]["Contact"]["ContactID"]
    await demo.write("POST", f"Contacts/{contact_id}", {"Name": "Renamed Ltd"})
    renamed = (await demo.get("Invoices", page=1, pageSize=1000))["Invoices"][0]
    assert renamed["Contact"]["Name"] == "Renamed Ltd"


async def test_accounts_ignore_paging_and_archived_ones_are_listed(demo: World) -> None:
    body = await demo.get("Accounts", page=1, pageSize=5)
    assert "pagination" not in body
    assert len(body["Accounts"]) == 58
    assert body["Accounts"][0]["Code"] == "090"


async def test_the_organisation_tells_what_apps_may_do(demo: World) -> None:
    organisation = (await demo.get("Organisation"))["Organisations"][0]
    assert (organisation["OrganisationID"], organisation["BaseCurrency"]) == (demo.tenant_id, "USD")
    assert organisation["PeriodLockDate"] == "/Date(1222732800000+0000)/"
    demo.organisation.refused_actions.add("CreateApprovedBill")
    actions = {one["Name"]: one["Status"] for one in (await demo.get("Organisation/Actions"))["Actions"]}
    assert actions["CreateApprovedInvoice"] == "ALLOWED"
    assert actions["CreateApprovedBill"] == "NOT-ALLOWED"
    assert (await demo.get("Currencies"))["Currencies"] == [{"Code": "USD", "Description": "United States Dollar"}]
