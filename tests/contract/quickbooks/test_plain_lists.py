"""The plain lists: terms, payment methods, classes, departments, employees, tax agencies."""

from datetime import timedelta
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_sale

TERM: dict[str, Any] = {"Name": "Term120", "DueDays": "120"}
OF_EVERY_LIST = [
    ("Term", TERM),
    ("PaymentMethod", {"Name": "Business Check"}),
    ("Class", {"Name": "France"}),
    ("Department", {"Name": "Marketing"}),
]
EMPLOYEE = {"GivenName": "John", "FamilyName": "Meuller"}


def own(made: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in made.items() if key not in ("domain", "sparse", "MetaData", "Id")}


async def every(connected: Connected, entity: str, where: str = "") -> list[dict[str, Any]]:
    statement = f"select * from {entity} {where}"  # noqa: S608 - the platform's own language, of a test's own words
    return list((await connected.query(statement)).get(entity, []))


@pytest.mark.parametrize(
    ("entity", "body", "answer"),
    [
        ("Term", TERM, {"Name": "Term120", "DiscountPercent": 0, "Type": "STANDARD", "Active": True, "DueDays": 120}),
        (
            "Term",
            {"Name": "Monthly", "DayOfMonthDue": 1, "DueNextMonthDays": 2, "DiscountPercent": "4.0"},
            {
                "Name": "Monthly",
                "DiscountPercent": 4,
                "Type": "DATE_DRIVEN",
                "Active": True,
                "DayOfMonthDue": 1,
                "DueNextMonthDays": 2,
            },
        ),
        ("PaymentMethod", {"Name": "Cheque"}, {"Name": "Cheque", "Active": True, "Type": "NON_CREDIT_CARD"}),
        (
            "Class",
            {"Name": "France"},
            {"Name": "France", "SubClass": False, "FullyQualifiedName": "France", "Active": True},
        ),
        (
            "Department",
            {"Name": "North"},
            {"Name": "North", "SubDepartment": False, "FullyQualifiedName": "North", "Active": True},
        ),
        (
            "TaxAgency",
            {"DisplayName": "City"},
            {
                "DisplayName": "City",
                "TaxTrackedOnSales": True,
                "TaxTrackedOnPurchases": False,
                "TaxAgencyConfig": "USER_DEFINED",
            },
        ),
    ],
    ids=["standard-term", "dated-term", "payment-method", "class", "department", "tax-agency"],
)
async def test_the_smallest_create_comes_back_with_the_documented_fields(
    connected: Connected, entity: str, body: dict[str, Any], answer: dict[str, Any]
) -> None:
    made = await connected.post(entity, body)
    assert own(made) == {**answer, "SyncToken": "0"}
    assert (await connected.get(f"{entity.lower()}/{made['Id']}"))[entity] == made
    assert made in await every(connected, entity)


@pytest.mark.parametrize(("entity", "body"), OF_EVERY_LIST, ids=[one for one, _ in OF_EVERY_LIST])
async def test_every_list_has_unique_names_tokens_and_changes(
    platform: Platform, connected: Connected, entity: str, body: dict[str, Any]
) -> None:
    made = await connected.post(entity, body)
    code, detail = await connected.refused("POST", entity.lower(), json={**body, "Name": body["Name"].upper()})
    assert (code, detail.startswith("The name supplied already exists. : Another ")) == ("6240", True)
    platform.clock.move(timedelta(minutes=1))
    since = platform.clock.now().isoformat()
    same = await connected.post(entity, {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Name": body["Name"]})
    assert (same["SyncToken"], same["MetaData"]) == ("0", made["MetaData"])
    changed = await connected.post(entity, {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Name": "Other"})
    assert (changed["SyncToken"], changed["Name"]) == ("1", "Other")
    stale = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Name": "Third"}
    assert (await connected.refused("POST", entity.lower(), json=stale))[0] == "5010"
    answer = await connected.get("cdc", entities=entity, changedSince=since)
    assert answer["CDCResponse"][0]["QueryResponse"][0][entity] == [changed]


@pytest.mark.parametrize(("entity", "body"), OF_EVERY_LIST, ids=[one for one, _ in OF_EVERY_LIST])
async def test_every_list_hides_what_was_made_inactive_and_deletes_nothing(
    connected: Connected, entity: str, body: dict[str, Any]
) -> None:
    made = await connected.post(entity, body)
    key = {"Id": made["Id"], "SyncToken": "0"}
    assert (await connected.refused("POST", f"{entity.lower()}?operation=delete", json=key))[0] == "500"
    gone = await connected.post(entity, {**key, "sparse": True, "Active": False})
    assert gone["Name"] == f"{body['Name']} (deleted)"
    assert made["Id"] not in [one["Id"] for one in await every(connected, entity)]
    asked = await every(connected, entity, "where Active in (true, false)")
    assert made["Id"] in [one["Id"] for one in asked]
    again = await connected.post(entity, body)
    back = {"Id": made["Id"], "SyncToken": "1", "sparse": True, "Active": True}
    assert (await connected.refused("POST", entity.lower(), json=back))[0] == "6240"
    await connected.post(entity, {"Id": again["Id"], "SyncToken": "0", "sparse": True, "Name": "Elsewhere"})
    assert (await connected.post(entity, back))["Name"] == body["Name"]


@pytest.mark.parametrize(
    ("entity", "body", "code"),
    [
        ("Term", {"DueDays": 3}, "2020"),
        ("Term", {"Name": "T"}, "2020"),
        ("Term", {"Name": "x" * 32, "DueDays": 3}, "2050"),
        ("Term", {"Name": "T", "DueDays": 1000}, "2090"),
        ("Term", {"Name": "T", "DayOfMonthDue": 32}, "2090"),
        ("Term", {"Name": "T", "DueDays": 3, "DiscountPercent": 101}, "2110"),
        ("Term", {"Name": "T", "DueDays": 3, "Colour": "red"}, "2010"),
        ("PaymentMethod", {"Name": "x" * 32}, "2050"),
        ("PaymentMethod", {"Name": "P", "Type": "GOLD"}, "2170"),
        ("Class", {"Name": "a:b"}, "2040"),
        ("Class", {"Name": "x" * 101}, "2050"),
        ("Class", {"Name": "C", "ParentRef": {"value": "999"}}, "2500"),
        ("Class", {"Name": "C", "SubClass": True}, "2020"),
        ("Department", {}, "2020"),
        ("Employee", {"DisplayName": "Nobody"}, "6080"),
        ("Employee", {**EMPLOYEE, "DisplayName": "Cal Telephone"}, "6240"),
        ("Employee", {**EMPLOYEE, "PrimaryPhone": {"FreeFormNumber": "1" * 21}}, "2050"),
        ("Employee", {**EMPLOYEE, "BillRate": 30}, "6000"),
        ("TaxAgency", {"DisplayName": "x" * 101}, "2050"),
        ("TaxAgency", {"DisplayName": "board of equalization"}, "6240"),
    ],
)
async def test_lists_refuse_what_breaks_their_rules(
    connected: Connected, entity: str, body: dict[str, Any], code: str
) -> None:
    before = await every(connected, entity)
    assert (await connected.refused("POST", entity.lower(), json=body))[0] == code
    assert await every(connected, entity) == before


@pytest.mark.parametrize("entity", ["Class", "Department", "Customer", "Item", "Account"])
async def test_a_list_has_at_most_five_levels(connected: Connected, entity: str) -> None:
    needed: dict[str, dict[str, Any]] = {
        "Item": {"Type": "Service", "IncomeAccountRef": {"value": "1"}},
        "Account": {"AccountType": "Bank"},
    }
    more = needed.get(entity, {})
    name = "DisplayName" if entity == "Customer" else "Name"
    made = [await connected.post(entity, {name: "L0", **more})]
    for level in range(1, 5):
        made.append(await connected.post(entity, {name: f"L{level}", "ParentRef": {"value": made[-1]["Id"]}, **more}))
    assert made[-1]["FullyQualifiedName"] == "L0:L1:L2:L3:L4"
    deeper = {name: "L5", "ParentRef": {"value": made[-1]["Id"]}, **more}
    assert (await connected.refused("POST", entity.lower(), json=deeper))[0] == "6180"
    above = await connected.post(entity, {name: "Above", **more})
    moved = {"Id": made[0]["Id"], "SyncToken": "0", "sparse": True, "ParentRef": {"value": above["Id"]}}
    assert (await connected.refused("POST", entity.lower(), json=moved))[0] == "6180"
    circle = {**moved, "ParentRef": {"value": made[2]["Id"]}}
    assert (await connected.refused("POST", entity.lower(), json=circle))[0] == "6000"


async def test_renaming_a_class_renames_those_below_it_and_what_documents_show(connected: Connected) -> None:
    parent = await connected.post("Class", {"Name": "Europe"})
    child = await connected.post("Class", {"Name": "Oslo", "ParentRef": {"value": parent["Id"]}})
    assert (child["SubClass"], child["ParentRef"]) == (True, {"value": parent["Id"]})
    assert int(child["Id"]) > 2**53
    invoice = await connected.post("Invoice", a_sale(ClassRef={"value": child["Id"]}))
    await connected.post("Class", {"Id": parent["Id"], "SyncToken": "0", "sparse": True, "Name": "EMEA"})
    assert (await connected.get(f"class/{child['Id']}"))["Class"]["FullyQualifiedName"] == "EMEA:Oslo"
    shown = (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]["ClassRef"]
    assert shown == {"value": child["Id"], "name": "EMEA:Oslo"}


async def test_the_same_name_may_stand_under_two_parents(connected: Connected) -> None:
    for parent in ("North", "South"):
        above = await connected.post("Department", {"Name": parent})
        below = await connected.post("Department", {"Name": "Shop", "ParentRef": {"value": above["Id"]}})
        assert below["FullyQualifiedName"] == f"{parent}:Shop"


async def test_an_employee_comes_back_as_documented(connected: Connected) -> None:
    address = {"Line1": "45 N. Elm Street", "City": "Middlefield", "CountrySubDivisionCode": "CA"}
    made = await connected.post("Employee", {**EMPLOYEE, "SSN": "444-55-6666", "PrimaryAddr": address})
    assert (made["DisplayName"], made["PrintOnCheckName"], made["SSN"]) == (
        "John Meuller",
        "John Meuller",
        "-".join(("X" * 3, "X" * 2, "X" * 4)),
    )
    assert (made["BillableTime"], made["Active"], "Id" in made["PrimaryAddr"]) == (False, True, True)
    assert (await connected.refused("POST", "customer", json={"DisplayName": "John Meuller"}))[0] == "6240"
    found = await connected.query("select * from Employee where DisplayName = 'Emily Platt'")
    assert [one["Id"] for one in found["Employee"]] == ["55"]


async def test_a_term_of_our_own_says_when_an_invoice_is_due(connected: Connected) -> None:
    days = await connected.post("Term", TERM)
    sale = await connected.post("Invoice", a_sale(TxnDate="2026-01-01", SalesTermRef={"value": days["Id"]}))
    assert (sale["DueDate"], sale["SalesTermRef"]["name"]) == ("2026-05-01", "Term120")
    dated = await connected.post("Term", {"Name": "Tenth", "DayOfMonthDue": 10, "DueNextMonthDays": 5})
    for on, due in (("2026-01-02", "2026-01-10"), ("2026-01-07", "2026-02-10")):
        sale = await connected.post("Invoice", a_sale(TxnDate=on, SalesTermRef={"value": dated["Id"]}))
        assert sale["DueDate"] == due


async def test_an_agency_brings_the_account_that_its_tax_is_owed_on_and_never_changes(connected: Connected) -> None:
    made = await connected.post("TaxAgency", {"DisplayName": "Town of Ajo"})
    found = await connected.query("select * from Account where Name = 'Town of Ajo Payable'")
    assert [(one["AccountSubType"], one["Classification"]) for one in found["Account"]] == [
        ("GlobalTaxPayable", "Liability")
    ]
    body = {"Id": made["Id"], "SyncToken": "0", "DisplayName": "Ajo"}
    assert (await connected.refused("POST", "taxagency", json=body))[0] == "500"


@pytest.mark.parametrize("entity", ["taxcode", "taxrate"])
async def test_codes_and_rates_are_not_written_by_their_own_routes(connected: Connected, entity: str) -> None:
    assert (await connected.refused("POST", entity, json={"Name": "Mine"}))[0] == "500"
    assert (await connected.refused("POST", f"{entity}?operation=delete", json={"Id": "3", "SyncToken": "0"}))[
        0
    ] == "500"


async def test_lists_come_in_the_order_of_their_names_whatever_their_case(connected: Connected) -> None:
    for name in ("sample", "Radio", "adidas"):
        await connected.post("Class", {"Name": name})
    found = await connected.query("select * from Class")
    assert [one["Name"] for one in found["Class"]] == ["adidas", "Radio", "sample"]
    assert found["totalCount"] == 3
