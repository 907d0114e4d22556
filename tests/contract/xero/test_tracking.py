"""Tracking categories, users, branding themes and contact groups, and what of them documents and contacts show."""

from typing import Any

import pytest
from tests.contract.xero.world import World, sale_of

ZERO_ID = "00000000-0000-0000-0000-000000000000"


async def region(world: World) -> dict[str, Any]:
    found: dict[str, Any] = (await world.get("TrackingCategories"))["TrackingCategories"][0]
    return found


async def test_the_demo_organisation_has_the_recorded_category(demo: World) -> None:
    category = await region(demo)
    assert list(category) == ["Name", "Status", "TrackingCategoryID", "Options"]
    assert [one["Name"] for one in category["Options"]] == ["Eastside", "North", "South", "West Coast"]
    assert list(category["Options"][0]) == [
        "TrackingOptionID", "Name", "Status", "HasValidationErrors", "IsDeleted", "IsArchived", "IsActive",
    ]  # fmt: skip
    alone = await demo.get(f"TrackingCategories/{category['TrackingCategoryID']}")
    assert alone["TrackingCategories"] == [category]


async def test_a_category_is_created_renamed_and_archived(demo: World) -> None:
    made = await demo.write("PUT", "TrackingCategories", {"name": "Team"})
    assert (made["Name"], made["Status"], made["Options"]) == ("Team", "ACTIVE", [])
    path = f"TrackingCategories/{made['TrackingCategoryID']}"
    assert (await demo.write("POST", path, {"Name": "Crew"}))["Name"] == "Crew"
    assert (await demo.write("POST", path, {"Status": "ARCHIVED"}))["Status"] == "ARCHIVED"
    assert [one["Name"] for one in (await demo.get("TrackingCategories"))["TrackingCategories"]] == ["Region"]
    everything = await demo.get("TrackingCategories", includeArchived="true")
    assert [one["Name"] for one in everything["TrackingCategories"]] == ["Crew", "Region"]


async def test_two_categories_are_active_and_four_exist_at_most(demo: World) -> None:
    for name in ("Two", "Three", "Four"):
        made = await demo.write("PUT", "TrackingCategories", {"Name": name})
        assert await demo.refused("PUT", "TrackingCategories", {"Name": "Too many"})
        await demo.write("POST", f"TrackingCategories/{made['TrackingCategoryID']}", {"Status": "ARCHIVED"})
    assert "4" in (await demo.refused("PUT", "TrackingCategories", {"Name": "Five"}))[0]


@pytest.mark.parametrize("name", ["", " ", "region", "x" * 101])
async def test_a_category_needs_a_name_of_its_own(demo: World, name: str) -> None:
    assert await demo.refused("PUT", "TrackingCategories", {"Name": name})


async def test_options_are_added_renamed_archived_and_deleted(demo: World) -> None:
    path = f"TrackingCategories/{(await region(demo))['TrackingCategoryID']}/Options"
    made = (await demo.call("PUT", path, json={"Name": " Outback "})).json()["Options"][0]
    assert (made["Name"], made["IsActive"]) == ("Outback", True)
    one = f"{path}/{made['TrackingOptionID']}"
    renamed = (await demo.call("POST", one, json={"Name": "Desert"})).json()["Options"][0]
    assert renamed["Name"] == "Desert"
    assert (await demo.call("PUT", path, json={"Name": "DESERT"})).status_code == 400
    archived = (await demo.call("POST", one, json={"Status": "ARCHIVED"})).json()["Options"][0]
    assert (archived["IsArchived"], archived["IsActive"]) == (True, False)
    assert "Desert" not in [option["Name"] for option in (await region(demo))["Options"]]
    gone = (await demo.call("DELETE", one)).json()["Options"][0]
    assert (gone["Status"], gone["IsDeleted"]) == ("DELETED", True)
    assert (await demo.call("DELETE", one)).status_code == 404


async def test_a_line_is_tracked_by_name_or_id_and_shown_as_recorded(demo: World) -> None:
    category, contact = await region(demo), await demo.contact()
    option = category["Options"][1]
    by_name = {"Name": "region", "Option": "NORTH"}
    by_id = {"TrackingCategoryID": category["TrackingCategoryID"], "TrackingOptionID": option["TrackingOptionID"]}
    for tracking in (by_name, by_id):
        wanted = sale_of(contact["ContactID"])
        wanted["LineItems"][0]["Tracking"] = [tracking]
        line = (await demo.write("PUT", "Invoices", wanted))["LineItems"][0]
        assert line["Tracking"] == [
            {"Name": "Region", "Option": "North", "TrackingCategoryID": category["TrackingCategoryID"], "Options": []}
        ]


async def test_a_rename_shows_on_lines_and_a_used_option_is_not_deleted(demo: World) -> None:
    category, contact = await region(demo), await demo.contact()
    wanted = sale_of(contact["ContactID"])
    wanted["LineItems"][0]["Tracking"] = [{"Name": "Region", "Option": "South"}]
    invoice = await demo.write("PUT", "Invoices", wanted)
    await demo.get("Invoices", page=1)
    path = f"TrackingCategories/{category['TrackingCategoryID']}"
    await demo.write("POST", path, {"Name": "Area"})
    listed = (await demo.get("Invoices", IDs=invoice["InvoiceID"], page=1))["Invoices"][0]
    assert listed["LineItems"][0]["Tracking"][0]["Name"] == "Area"
    assert (
        await demo.call("DELETE", f"{path}/Options/{category['Options'][2]['TrackingOptionID']}")
    ).status_code == 400
    assert (await demo.call("DELETE", path)).status_code == 400
    assert (
        await demo.call("DELETE", f"{path}/Options/{category['Options'][0]['TrackingOptionID']}")
    ).status_code == 200


async def test_a_journal_line_is_tracked_too(demo: World) -> None:
    category = await region(demo)
    sides: list[dict[str, Any]] = [
        {"LineAmount": "10.00", "AccountCode": "400", "Tracking": [{"Name": "Region", "Option": "Eastside"}]},
        {"LineAmount": "-10.00", "AccountCode": "404"},
    ]
    said = {"Narration": "Moved", "JournalLines": [side | {"TaxType": "NONE"} for side in sides]}
    journal = await demo.write("PUT", "ManualJournals", said)
    shown = [line["Tracking"] for line in journal["JournalLines"]]
    assert ([one["Option"] for one in shown[0]], shown[1]) == (["Eastside"], [])
    path = f"TrackingCategories/{category['TrackingCategoryID']}/Options"
    assert (await demo.call("DELETE", f"{path}/{category['Options'][0]['TrackingOptionID']}")).status_code == 400


async def test_an_unused_category_is_deleted_and_told_once_more(demo: World) -> None:
    made = await demo.write("PUT", "TrackingCategories", {"Name": "Team"})
    path = f"TrackingCategories/{made['TrackingCategoryID']}"
    gone = await demo.write("DELETE", path, None)
    assert gone["Status"] == "DELETED"
    assert (await demo.call("GET", path)).status_code == 404


@pytest.mark.parametrize(
    "tracking",
    [
        [{"Name": "Planet", "Option": "North"}],
        [{"Name": "Region", "Option": "Nowhere"}],
        [{"Name": "Region"}],
        [{"Name": "Region", "Option": "North"}, {"Name": "Region", "Option": "South"}],
        [{"Name": "Region", "Option": "North"}] * 3,
    ],
    ids=["category", "option", "no-option", "twice", "three"],
)
async def test_tracking_that_does_not_exist_is_refused(demo: World, tracking: list[dict[str, str]]) -> None:
    contact = await demo.contact()
    wanted = sale_of(contact["ContactID"])
    wanted["LineItems"][0]["Tracking"] = tracking
    assert await demo.refused("PUT", "Invoices", wanted)


async def test_archived_options_cannot_be_used(demo: World) -> None:
    category, contact = await region(demo), await demo.contact()
    option_id = category["Options"][0]["TrackingOptionID"]
    path = f"TrackingCategories/{category['TrackingCategoryID']}/Options/{option_id}"
    assert (await demo.call("POST", path, json={"Status": "ARCHIVED"})).status_code == 200
    wanted = sale_of(contact["ContactID"])
    wanted["LineItems"][0]["Tracking"] = [{"Name": "Region", "TrackingOptionID": option_id}]
    assert await demo.refused("PUT", "Invoices", wanted)


# Users and themes -------------------------------------------------------------------------------------------------


async def test_the_people_of_an_organisation_are_told(demo: World) -> None:
    users = (await demo.get("Users"))["Users"]
    assert [(one["FirstName"], one["OrganisationRole"], one["IsSubscriber"]) for one in users] == [
        ("Jordan", "FINANCIALADVISER", True)
    ]
    assert (await demo.get(f"Users/{users[0]['UserID']}"))["Users"] == users
    assert (await demo.get("Users", where='LastName=="nobody"'))["Users"] == []


async def test_what_an_app_sells_has_a_theme(demo: World) -> None:
    themes = (await demo.get("BrandingThemes"))["BrandingThemes"]
    assert [one["SortOrder"] for one in themes] == [0, 1]
    contact = await demo.contact()
    invoice = await demo.sale(contact["ContactID"])
    assert invoice["BrandingThemeID"] == themes[0]["BrandingThemeID"]
    other = await demo.write(
        "POST", f"Invoices/{invoice['InvoiceID']}", {"BrandingThemeID": themes[1]["BrandingThemeID"]}
    )
    assert other["BrandingThemeID"] == themes[1]["BrandingThemeID"]
    assert await demo.refused("POST", f"Invoices/{invoice['InvoiceID']}", {"BrandingThemeID": ZERO_ID})
    assert "BrandingThemeID" not in await demo.sale(contact["ContactID"], Type="ACCPAY")
    assert (await demo.call("PUT", "BrandingThemes", json={"Name": "x"})).status_code == 501


# Contact groups ---------------------------------------------------------------------------------------------------


async def test_contacts_are_put_into_a_group_and_taken_out(demo: World) -> None:
    group = await demo.write("PUT", "ContactGroups", {"Name": "VIPs"})
    assert (group["Status"], group["Contacts"]) == ("ACTIVE", [])
    one, other = await demo.contact("One"), await demo.contact("Other")
    path = f"ContactGroups/{group['ContactGroupID']}/Contacts"
    body = {"Contacts": [{"ContactID": one["ContactID"]}, {"ContactID": other["ContactID"]}]}
    assert (await demo.call("PUT", path, json=body)).status_code == 200
    alone = (await demo.get(f"ContactGroups/{group['ContactGroupID']}"))["ContactGroups"][0]
    assert [contact["Name"] for contact in alone["Contacts"]] == ["One", "Other"]
    shown = (await demo.get(f"Contacts/{one['ContactID']}"))["Contacts"][0]["ContactGroups"]
    assert [(row["Name"], row["Contacts"]) for row in shown] == [("VIPs", [])]
    assert (await demo.call("DELETE", f"{path}/{one['ContactID']}")).status_code == 204
    assert (await demo.call("DELETE", f"{path}/{one['ContactID']}")).status_code == 404
    assert (await demo.call("DELETE", path)).status_code == 204
    alone = (await demo.get(f"ContactGroups/{group['ContactGroupID']}"))["ContactGroups"][0]
    assert alone["Contacts"] == []


async def test_a_group_has_a_name_of_its_own_and_is_deleted_by_its_status(demo: World) -> None:
    group = await demo.write("PUT", "ContactGroups", {"Name": "VIPs"})
    assert await demo.refused("PUT", "ContactGroups", {"Name": "vips"})
    await demo.write("POST", f"ContactGroups/{group['ContactGroupID']}", {"Status": "DELETED"})
    assert (await demo.get("ContactGroups"))["ContactGroups"] == []
    unknown = {"Contacts": [{"ContactID": ZERO_ID}]}
    again = await demo.write("PUT", "ContactGroups", {"Name": "VIPs"})
    assert (
        await demo.call("PUT", f"ContactGroups/{again['ContactGroupID']}/Contacts", json=unknown)
    ).status_code == 404
