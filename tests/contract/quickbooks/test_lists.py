from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_sale

from tieout.sandbox.ledger import DocumentRef

SERVICE: dict[str, Any] = {"Name": "Weeding", "Type": "Service", "IncomeAccountRef": {"value": "45"}}


async def test_a_customer_with_only_a_name_gets_the_recorded_defaults(connected: Connected) -> None:
    customer = await connected.post("Customer", {"DisplayName": "Doe5, Jane"})
    for field in ("Id", "MetaData"):
        assert customer.pop(field)
    assert customer == {
        "Taxable": True,
        "Job": False,
        "BillWithParent": False,
        "Balance": 0,
        "BalanceWithJobs": 0,
        "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
        "PreferredDeliveryMethod": "Print",
        "domain": "QBO",
        "sparse": False,
        "SyncToken": "0",
        "FullyQualifiedName": "Doe5, Jane",
        "DisplayName": "Doe5, Jane",
        "PrintOnCheckName": "Doe5, Jane",
        "Active": True,
        "DefaultTaxCodeRef": {"value": "2"},
    }


async def test_a_full_update_clears_what_is_left_out_and_keeps_what_the_books_derive(connected: Connected) -> None:
    made = await connected.post(
        "Customer", {"DisplayName": "Doe2, Jane", "Notes": "old", "PrimaryEmailAddr": {"Address": "a@b.example"}}
    )
    body = {"Id": made["Id"], "SyncToken": "0", "DisplayName": "Jack Moe"}
    changed = await connected.post("Customer", {**body, "PrimaryPhone": {"FreeFormNumber": "(415) 444-1234"}})
    assert (changed["SyncToken"], changed["Taxable"], changed["PrintOnCheckName"]) == ("1", True, "Jack Moe")
    assert "Notes" not in changed
    assert "PrimaryEmailAddr" not in changed


async def test_a_sparse_update_keeps_what_is_left_out_and_clears_what_is_empty(connected: Connected) -> None:
    made = await connected.post("Customer", {"DisplayName": "Doe2, Jane", "Notes": "old", "CompanyName": "Doe"})
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "CompanyName": ""}
    changed = await connected.post("Customer", body)
    assert (changed["Notes"], changed["sparse"]) == ("old", False)
    assert "CompanyName" not in changed


async def test_an_update_that_changes_nothing_leaves_token_and_time_alone(
    platform: Platform, connected: Connected
) -> None:
    made = await connected.post("Customer", {"DisplayName": "Doe2, Jane", "Notes": "x"})
    platform.clock.move(timedelta(minutes=1))
    same = await connected.post("Customer", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Notes": "x"})
    assert (same["SyncToken"], same["MetaData"]) == ("0", made["MetaData"])


async def test_a_name_is_unique_across_customers_and_vendors(connected: Connected) -> None:
    for entity in ("customer", "vendor"):
        code, _ = await connected.refused("POST", entity, json={"DisplayName": "weiskopf consulting"})
        assert code == "6240"
    code, detail = await connected.refused("POST", "customer", json={"DisplayName": "Weiskopf Consulting"})
    assert detail == "The name supplied already exists. : null"
    code, detail = await connected.refused("POST", "customer", json={"DisplayName": "Cal Telephone"})
    assert (code, "vendor" in detail) == ("6240", True)


async def test_the_same_name_may_stand_under_a_parent(connected: Connected) -> None:
    child = await connected.post(
        "Customer", {"DisplayName": "Weiskopf Consulting", "ParentRef": {"value": "2"}, "Job": True}
    )
    assert child["FullyQualifiedName"] == "Bill's Windsurf Shop:Weiskopf Consulting"
    assert child["Level"] == 1


async def test_renaming_a_parent_renames_its_children_and_what_refers_to_it(connected: Connected) -> None:
    parent = await connected.get("customer/7")
    token = parent["Customer"]["SyncToken"]
    body = {"Id": "7", "SyncToken": token, "sparse": True, "DisplayName": "Freeman Group"}
    await connected.post("Customer", body)
    child = (await connected.get("customer/9"))["Customer"]
    assert child["FullyQualifiedName"] == "Freeman Group:55 Twin Lane"
    invoices = await connected.query("select * from Invoice where CustomerRef = '9'")
    assert invoices["Invoice"][0]["CustomerRef"]["name"] == "55 Twin Lane"


async def test_a_parent_carries_the_balances_below_it(connected: Connected) -> None:
    parent = (await connected.get("customer/7"))["Customer"]
    assert (parent["Balance"], parent["BalanceWithJobs"]) == (0, Decimal("85.00"))
    await connected.invoice("10.00", "9")
    parent = (await connected.get("customer/7"))["Customer"]
    assert parent["BalanceWithJobs"] == Decimal("95.00")


async def test_making_a_party_inactive_marks_its_name_hides_it_and_frees_the_name(connected: Connected) -> None:
    made = await connected.post("Vendor", {"DisplayName": "Short Lived"})
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Active": False}
    gone = await connected.post("Vendor", body)
    assert (gone["DisplayName"], gone["PrintOnCheckName"]) == ("Short Lived (deleted)", "Short Lived")
    assert await connected.query("select * from Vendor where DisplayName = 'Short Lived (deleted)'") == {}
    found = await connected.query("select * from Vendor where Active in ( true, false ) and DisplayName like 'Short%'")
    assert [one["Active"] for one in found["Vendor"]] == [False]
    await connected.post("Vendor", {"DisplayName": "Short Lived"})


async def test_a_party_with_a_balance_stays_active(connected: Connected) -> None:
    code, _ = await connected.refused(
        "POST", "customer", json={"Id": "2", "SyncToken": "0", "sparse": True, "Active": False}
    )
    assert code == "6220"


async def test_an_inactive_reference_is_refused(connected: Connected) -> None:
    made = await connected.post("Customer", {"DisplayName": "Short Lived"})
    await connected.post("Customer", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    code, detail = await connected.refused("POST", "invoice", json=a_sale(customer=made["Id"]))
    assert (code, "made inactive" in detail) == ("610", True)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "6080"),
        ({"DisplayName": "a:b"}, "2040"),
        ({"DisplayName": "x" * 501}, "2050"),
        ({"DisplayName": "a", "PrimaryEmailAddr": {"Address": "nowhere"}}, "2210"),
        ({"DisplayName": "a", "ParentRef": {"value": "999"}}, "2500"),
        ({"DisplayName": "a", "CurrencyRef": {"value": "CHF"}}, "2500"),
        ({"DisplayName": "a", "Nickname": "b"}, "2010"),
        ({"DisplayName": "a", "Active": "perhaps"}, "2010"),
    ],
)
async def test_customers_that_break_a_rule_are_refused(connected: Connected, body: dict[str, Any], code: str) -> None:
    assert (await connected.refused("POST", "customer", json=body))[0] == code
    assert (await connected.query("select count(*) from Customer"))["totalCount"] == 32


async def test_a_name_is_composed_from_its_parts(connected: Connected) -> None:
    made = await connected.post("Vendor", {"GivenName": "Ada", "FamilyName": "King"})
    assert made["DisplayName"] == "Ada King"


async def test_an_item_needs_an_income_account_of_a_fitting_type(connected: Connected) -> None:
    made = await connected.post("Item", {**SERVICE, "UnitPrice": "12.50"})
    assert (made["UnitPrice"], made["IncomeAccountRef"]["name"]) == (
        Decimal("12.5"),
        "Landscaping Services",
    )
    missing = {"Name": "Mowing", "Type": "Service"}
    assert (await connected.refused("POST", "item", json=missing))[0] == "2020"
    wrong = {**missing, "IncomeAccountRef": {"value": "35"}}
    assert (await connected.refused("POST", "item", json=wrong))[0] == "6430"
    assert (await connected.refused("POST", "item", json=SERVICE))[0] == "6240"


@pytest.mark.parametrize(
    ("include", "account"), [("", "54"), ("updateaccountontxns", "54"), ("donotupdateaccountontxns", "45")]
)
async def test_an_items_account_changes_for_the_past_too_unless_that_is_forbidden(
    platform: Platform, connected: Connected, include: str, account: str
) -> None:
    made = await connected.post("Item", SERVICE)
    sale = a_sale("70.00")
    sale["Line"][0]["SalesItemLineDetail"]["ItemRef"] = {"value": made["Id"]}
    invoice = await connected.post("Invoice", sale)
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "IncomeAccountRef": {"value": "54"}}
    changed = await connected.post("Item", body, **({"include": include} if include else {}))
    assert changed["IncomeAccountRef"]["name"] == "Pest Control Services"
    entry = platform.books().ledger.standing(DocumentRef("Invoice", invoice["Id"]))
    assert entry is not None
    assert {line.account_id for line in entry.lines} == {"84", account}
    told = (await connected.get(f"invoice/{invoice['Id']}"))["Invoice"]
    assert told["Line"][0]["SalesItemLineDetail"]["ItemAccountRef"]["value"] == account
    assert told["TotalAmt"] == invoice["TotalAmt"]


async def test_a_code_of_an_item_has_to_be_asked_for(connected: Connected) -> None:
    made = await connected.post("Item", {**SERVICE, "Sku": "W-1"})
    where = f"from Item where Id = '{made['Id']}'"
    assert "Sku" not in (await connected.query(f"select * {where}"))["Item"][0]
    assert (await connected.query(f"select *, Sku {where}"))["Item"][0]["Sku"] == "W-1"
    assert (await connected.get(f"item/{made['Id']}"))["Item"]["Sku"] == "W-1"


async def test_stock_is_opened_bought_and_sold(platform: Platform, connected: Connected) -> None:
    stock = {
        "Name": "Bird bath",
        "Type": "Inventory",
        "TrackQtyOnHand": True,
        "QtyOnHand": 10,
        "InvStartDate": "2026-01-01",
        "UnitPrice": 40,
        "PurchaseCost": 15,
        "IncomeAccountRef": {"value": "79"},
        "ExpenseAccountRef": {"value": "80"},
        "AssetAccountRef": {"value": "81"},
    }
    before = platform.books().ledger.balance("81")
    item = (await connected.post("Item", stock))["Id"]
    assert platform.books().ledger.balance("81") - before == Decimal("150.00")
    detail = {"ItemRef": {"value": item}, "Qty": 4, "UnitPrice": 40}
    line = {"Amount": 160, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    await connected.post("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line]})
    assert (await connected.get(f"item/{item}"))["Item"]["QtyOnHand"] == 6
    assert platform.books().ledger.balance("81") - before == Decimal("90.00")
    early = {"CustomerRef": {"value": "1"}, "Line": [line], "TxnDate": "2025-12-31"}
    assert (await connected.refused("POST", "invoice", json=early))[0] == "6270"


async def test_accounts_get_long_ids_and_what_their_type_implies(connected: Connected) -> None:
    made = await connected.post("Account", {"Name": "Petty cash", "AccountType": "Bank"})
    assert (made["Id"], made["Classification"], made["AccountSubType"]) == ("1150040001", "Asset", "CashOnHand")
    child = {"Name": "Till", "AccountType": "Bank", "SubAccount": True, "ParentRef": {"value": made["Id"]}}
    assert (await connected.post("Account", child))["FullyQualifiedName"] == "Petty cash:Till"
    assert (await connected.refused("POST", "account", json={"Name": "Odd"}))[0] == "6010"
    assert (await connected.refused("POST", "account", json={"Name": "a:b", "AccountType": "Bank"}))[0] == "2040"


@pytest.mark.parametrize(
    ("body", "kind", "detail"),
    [
        ({"AccountSubType": "Checking"}, "Bank", "Checking"),
        ({"AccountSubType": "Utilities"}, "Expense", "Utilities"),
        ({"AccountType": "Other Expense", "AccountSubType": "Utilities"}, "Other Expense", "Utilities"),
        ({"AccountType": "Cost of Goods Sold"}, "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    ],
)
async def test_the_type_of_an_account_follows_from_its_detail_type(
    connected: Connected, body: dict[str, Any], kind: str, detail: str
) -> None:
    made = await connected.post("Account", {"Name": "New", **body})
    assert (made["AccountType"], made["AccountSubType"]) == (kind, detail)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"AccountType": "Purse"}, "2170"),
        ({"AccountType": "Non-Posting"}, "6010"),
        ({"AccountSubType": "Purse"}, "6010"),
        ({"AccountType": "Bank", "AccountSubType": "Land"}, "2170"),
        ({"AccountType": "Bank", "AcctNum": "1:2"}, "2040"),
        ({"AccountType": "Bank", "Description": "x" * 101}, "2050"),
        ({"AccountType": "Bank", "Name": 'a"b'}, "2040"),
    ],
)
async def test_accounts_that_break_a_rule_are_refused(connected: Connected, body: dict[str, Any], code: str) -> None:
    assert (await connected.refused("POST", "account", json={"Name": "New", **body}))[0] == code


async def test_another_type_brings_its_own_detail_type(connected: Connected) -> None:
    made = await connected.post("Account", {"Name": "New", "AccountSubType": "Checking"})
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "AccountType": "Other Current Asset"}
    assert (await connected.post("Account", body))["AccountSubType"] == "OtherCurrentAssets"


async def test_an_account_shows_its_balance_on_its_natural_side(connected: Connected) -> None:
    payable = (await connected.get("account/33"))["Account"]["CurrentBalance"]
    vendors = await connected.query("select * from Vendor")
    ours = [vendor for vendor in vendors["Vendor"] if vendor["CurrencyRef"]["value"] == "USD"]
    assert payable == sum(Decimal(vendor["Balance"]) for vendor in ours)
    assert (await connected.get("account/1"))["Account"]["CurrentBalance"] == 0


async def test_lists_cannot_be_deleted(connected: Connected) -> None:
    code, _ = await connected.refused("POST", "customer?operation=delete", json={"Id": "3", "SyncToken": "0"})
    assert code == "500"


async def test_company_and_preferences_can_be_read(connected: Connected) -> None:
    company = (await connected.get(f"companyinfo/{connected.realm}"))["CompanyInfo"]
    assert (company["CompanyName"], company["Country"]) == ("Craig's Design and Landscaping Services", "US")
    assert (await connected.query("select * from CompanyInfo"))["CompanyInfo"][0]["Id"] == "1"
    preferences = (await connected.get("preferences"))["Preferences"]
    assert preferences["CurrencyPrefs"] == {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": "USD"}}
    assert preferences["SalesFormsPrefs"]["CustomTxnNumbers"] is False
