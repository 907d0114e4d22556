from typing import Any

import pytest
from tests.contract.xero.world import World

TAKEN = (
    "The contact name ACME is already assigned to another contact. The contact name must be unique across all active"
    " contacts."
)
ARCHIVED = (
    "The specified contact details matched an archived contact. Archived contacts cannot currently be edited via the"
    " API."
)


async def test_a_new_contact_has_all_its_slots(demo: World) -> None:
    made = await demo.write("PUT", "Contacts", {"Name": " Acme ", "ContactNumber": "our-1"})
    assert (made["Name"], made["ContactNumber"], made["ContactStatus"]) == ("Acme", "our-1", "ACTIVE")
    assert [one["PhoneType"] for one in made["Phones"]] == ["DEFAULT", "DDI", "FAX", "MOBILE"]
    assert made["Phones"][0]["PhoneNumber"] == ""
    assert [one["AddressType"] for one in made["Addresses"]] == ["STREET", "POBOX"]
    assert (made["IsCustomer"], made["IsSupplier"], "Balances" in made) == (False, False, False)


async def test_a_second_active_contact_of_the_same_name_is_refused_in_any_case(demo: World) -> None:
    await demo.contact("Acme")
    answer = await demo.call("PUT", "Contacts", json={"Name": "ACME"})
    assert answer.status_code == 400
    element = answer.json()["Elements"][0]
    assert element["ContactID"] == "00000000-0000-0000-0000-000000000000"
    assert (element["Name"], element["HasValidationErrors"]) == ("ACME", True)
    assert element["ValidationErrors"] == [{"Message": TAKEN}]


async def test_post_finds_by_id_then_number_then_name(demo: World) -> None:
    made = await demo.write("PUT", "Contacts", {"Name": "Acme", "ContactNumber": "our-1"})
    by_id = await demo.write("POST", "Contacts", {"ContactID": made["ContactID"], "EmailAddress": "a@acme.example"})
    by_number = await demo.write("POST", "Contacts", {"ContactNumber": "our-1", "Name": "Acme Ltd"})
    by_name = await demo.write("POST", "Contacts", {"Name": "acme ltd", "FirstName": "Ann"})
    assert {one["ContactID"] for one in (by_id, by_number, by_name)} == {made["ContactID"]}
    assert (by_name["EmailAddress"], by_name["FirstName"], by_name["Name"]) == ("a@acme.example", "Ann", "acme ltd")
    other = await demo.write("POST", "Contacts", {"Name": "Somebody Else"})
    assert other["ContactID"] != made["ContactID"]


async def test_what_is_omitted_keeps_its_value_and_a_slot_is_replaced(demo: World) -> None:
    address = {"AddressType": "STREET", "AddressLine1": "1 High St", "City": "Leeds"}
    phone = {"PhoneType": "MOBILE", "PhoneNumber": "555"}
    made = await demo.write(
        "PUT", "Contacts", {"Name": "Acme", "TaxNumber": "GB1", "Addresses": [address], "Phones": [phone]}
    )
    changed = await demo.write("POST", f"Contacts/{made['ContactID']}", {"Addresses": [{"AddressType": "STREET"}]})
    assert changed["TaxNumber"] == "GB1"
    assert changed["Phones"] == made["Phones"]
    assert changed["Addresses"][0] == {
        "AddressType": "STREET",
        "City": "",
        "Region": "",
        "PostalCode": "",
        "Country": "",
    }


async def test_an_unknown_id_refuses_the_whole_request(demo: World) -> None:
    body = {"Contacts": [{"Name": "New"}, {"ContactID": "5a1b0000-0000-4000-8000-000000000000", "Name": "Ghost"}]}
    answer = await demo.call("POST", "Contacts", json=body)
    assert (answer.status_code, answer.content) == (404, b"")
    assert (await demo.get("Contacts", where='Name=="New"'))["Contacts"] == []


async def test_an_archived_contact_cannot_be_edited_and_frees_its_name(demo: World) -> None:
    made = await demo.contact("Acme")
    archived = await demo.write("POST", f"Contacts/{made['ContactID']}", {"ContactStatus": "ARCHIVED"})
    assert archived["ContactStatus"] == "ARCHIVED"
    for change in ({"Name": "Acme 2"}, {"ContactStatus": "ACTIVE"}):
        assert await demo.refused("POST", "Contacts", {"ContactID": made["ContactID"], **change}) == [ARCHIVED]
    fresh = await demo.contact("Acme")
    assert fresh["ContactID"] != made["ContactID"]


async def test_a_number_stays_taken_by_an_archived_contact(demo: World) -> None:
    await demo.write("PUT", "Contacts", {"Name": "Acme", "ContactNumber": "our-1"})
    await demo.write("POST", "Contacts", {"Name": "Acme", "ContactStatus": "ARCHIVED"})
    messages = await demo.refused("PUT", "Contacts", {"Name": "Acme", "ContactNumber": "our-1"})
    assert messages[0].startswith("The contact number our-1 is already assigned to another contact.")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "at least 1 of the following elements"),
        ({"Name": "  "}, "at least 1 of the following elements"),
        ({"Name": "x" * 256}, "no longer than 255"),
        ({"Name": "Acme", "EmailAddress": "nobody"}, "Email address must be valid"),
        ({"Name": "Acme", "AccountsReceivableTaxType": "NOWHERE"}, "does not exist"),
        ({"Name": "Acme", "DefaultCurrency": "EUR"}, "not subscribed to currency EUR"),
        ({"Name": "Acme", "ContactPersons": [{"FirstName": "A"}] * 6}, "up to 5 contact persons"),
    ],
)
async def test_a_contact_that_breaks_a_rule_is_refused(demo: World, body: dict[str, Any], words: str) -> None:
    messages = await demo.refused("PUT", "Contacts", body)
    assert words in messages[0]


async def test_a_value_that_does_not_convert_refuses_everything_before_anything_is_done(demo: World) -> None:
    before = len(demo.organisation.contacts)
    body = {"Contacts": [{"Name": "Good"}, {"Name": "Bad", "ContactPersons": "nobody"}]}
    answer = await demo.call("PUT", "Contacts", json=body, params={"summarizeErrors": "false"})
    assert (answer.status_code, answer.json()["Type"]) == (400, "PostDataInvalidException")
    assert len(demo.organisation.contacts) == before


async def test_by_default_the_good_ones_are_written_and_only_the_bad_ones_told(demo: World) -> None:
    await demo.contact("Taken")
    body = {"Contacts": [{"Name": "One"}, {"Name": "Taken"}, {"Name": "Two"}]}
    answer = await demo.call("PUT", "Contacts", json=body)
    assert answer.status_code == 400
    assert [one["Name"] for one in answer.json()["Elements"]] == ["Taken"]
    names = {one.name for one in demo.organisation.contacts.values()}
    assert {"One", "Two"} <= names


@pytest.mark.parametrize("switch", ["false", "False"])
async def test_without_summary_every_element_says_what_became_of_it(demo: World, switch: str) -> None:
    await demo.contact("Taken")
    body = {"contacts": [{"Name": "One"}, {"Name": "Taken"}, {"Name": "Two"}]}
    answer = await demo.call("PUT", "Contacts", json=body, params={"summarizeErrors": switch})
    assert answer.status_code == 200
    rows = answer.json()["Contacts"]
    assert [one["StatusAttributeString"] for one in rows] == ["OK", "ERROR", "OK"]
    assert rows[1]["ContactID"] == "00000000-0000-0000-0000-000000000000"
    assert "already assigned" in rows[1]["ValidationErrors"][0]["Message"]
    assert rows[0]["ContactID"] != rows[2]["ContactID"]


async def test_balances_and_sides_follow_the_documents_without_bumping_the_contact(demo: World) -> None:
    made = await demo.contact()
    demo.move(seconds=5)
    await demo.sale(made["ContactID"], "250.00", DueDate="2026-09-12")
    read = (await demo.get(f"Contacts/{made['ContactID']}"))["Contacts"][0]
    assert read["Balances"]["AccountsReceivable"] == {"Outstanding": 250.0, "Overdue": 250.0}
    assert read["Balances"]["AccountsPayable"] == {"Outstanding": 0, "Overdue": 0}
    assert (read["IsCustomer"], read["IsSupplier"]) == (True, False)
    assert read["UpdatedDateUTC"] == made["UpdatedDateUTC"]
    listed = next(one for one in (await demo.get("Contacts"))["Contacts"] if one["Name"] == "Acme Ltd")
    assert listed["Balances"] == read["Balances"]
