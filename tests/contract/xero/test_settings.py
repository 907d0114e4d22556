from typing import Any

import pytest
from tests.contract.xero.world import World, sale_of


async def codes(world: World) -> set[str]:
    return {one["Code"] for one in (await world.get("Accounts"))["Accounts"]}


async def test_an_account_gets_its_defaults_from_its_type(demo: World) -> None:
    made = await demo.write("PUT", "Accounts", {"Code": "280", "Name": "Consulting income", "Type": "SALES"})
    assert (made["Class"], made["TaxType"], made["Status"]) == ("REVENUE", "OUTPUT", "ACTIVE")
    spent = await demo.write("PUT", "Accounts", {"Code": "480", "Name": "Snacks", "Type": "EXPENSE"})
    assert (spent["Class"], spent["TaxType"], spent["EnablePaymentsToAccount"]) == ("EXPENSE", "INPUT", False)
    owed = await demo.write("PUT", "Accounts", {"Code": "881x", "Name": "Owed", "Type": "LIABILITY"})
    assert owed["TaxType"] == "NONE"
    assert {"280", "480", "881x"} <= await codes(demo)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Code": "200", "Name": "Other sales", "Type": "SALES"}, "Please enter a unique Code."),
        ({"Code": "201", "Name": "sales", "Type": "SALES"}, "Please enter a unique Name."),
        ({"Code": "201", "Type": "SALES"}, "Account Name and Type must be specified"),
        ({"Code": "12345678901", "Name": "x", "Type": "SALES"}, "The Code field must be no longer than 10 characters"),
        ({"Name": "Cash", "Type": "BANK"}, "Bank account number must be specified"),
    ],
)
async def test_an_account_that_breaks_a_rule_is_refused(demo: World, body: dict[str, Any], message: str) -> None:
    assert await demo.refused("PUT", "Accounts", body) == [message]


async def test_an_account_is_archived_on_its_own_and_not_when_xero_needs_it(demo: World) -> None:
    sales = next(one for one in demo.organisation.accounts.values() if one.code == "260")
    both = {"AccountID": sales.id, "Status": "ARCHIVED", "Name": "Old revenue"}
    assert len(await demo.refused("POST", "Accounts", both)) == 1
    archived = await demo.write("POST", f"Accounts/{sales.id}", {"Status": "ARCHIVED"})
    assert archived["Status"] == "ARCHIVED"
    debtors = demo.organisation.system_account("DEBTORS")
    assert len(await demo.refused("POST", f"Accounts/{debtors.id}", {"Status": "ARCHIVED"})) == 1


async def test_an_unused_account_disappears_and_a_used_one_does_not(demo: World) -> None:
    unused = await demo.write("PUT", "Accounts", {"Code": "499x", "Name": "Unused", "Type": "EXPENSE"})
    gone = await demo.call("DELETE", f"Accounts/{unused['AccountID']}")
    assert (gone.status_code, gone.json()["Accounts"][0]["Status"]) == (200, "DELETED")
    assert "499x" not in await codes(demo)
    sales = next(one for one in demo.organisation.accounts.values() if one.code == "200")
    assert (await demo.call("DELETE", f"Accounts/{sales.id}")).status_code == 400


async def test_accounts_are_written_one_at_a_time(demo: World) -> None:
    two = {"Accounts": [{"Code": "1", "Name": "a", "Type": "SALES"}, {"Code": "2", "Name": "b", "Type": "SALES"}]}
    assert (await demo.call("PUT", "Accounts", json=two)).status_code == 501


async def test_a_made_tax_rate_gets_the_next_code_and_can_be_deleted(demo: World) -> None:
    parts = [{"Name": "State", "Rate": "7.5"}, {"Name": "Local", "Rate": "0.625"}]
    made = await demo.write("PUT", "TaxRates", {"Name": "Oakdale Sales Tax", "TaxComponents": parts})
    assert (made["TaxType"], made["EffectiveRate"]) == ("TAX002", 8.125)
    gone = await demo.write("POST", "TaxRates", {"Name": "Oakdale Sales Tax", "Status": "DELETED"})
    assert gone["Status"] == "DELETED"
    rates = {one["TaxType"]: one["Status"] for one in (await demo.get("TaxRates"))["TaxRates"]}
    assert rates["TAX002"] == "DELETED"


async def test_system_tax_rates_cannot_be_updated(demo: World) -> None:
    messages = await demo.refused("POST", "TaxRates", {"TaxType": "OUTPUT", "Name": "Mine"})
    assert messages == ["System defined tax rates cannot be updated"]


async def test_an_australian_tax_rate_says_how_it_is_reported(harbour: World) -> None:
    body = {"Name": "Odd", "TaxComponents": [{"Name": "GST", "Rate": 10}]}
    assert await harbour.refused("PUT", "TaxRates", body) == ["ReportTaxType must be specified"]
    made = await harbour.write("PUT", "TaxRates", body | {"ReportTaxType": "INPUT"})
    assert (made["CanApplyToRevenue"], made["CanApplyToExpenses"]) == (False, True)


async def test_an_item_is_created_updated_by_code_and_deleted(demo: World) -> None:
    made = await demo.write("PUT", "Items", {"Code": "HOUR"})
    assert (made["SalesDetails"], made["PurchaseDetails"], made["IsTrackedAsInventory"]) == ({}, {}, False)
    assert "+0000" not in made["UpdatedDateUTC"]
    details = {"UnitPrice": "120.5", "AccountCode": "200", "TaxType": "OUTPUT"}
    changed = await demo.write("POST", "Items", {"Code": "hour", "Name": "An hour", "SalesDetails": details})
    assert (changed["ItemID"], changed["SalesDetails"]["UnitPrice"]) == (made["ItemID"], 120.5)
    assert await demo.refused("PUT", "Items", {"Code": "HOUR"}) == ["Price List Item with Code 'HOUR' already exists"]
    assert (await demo.call("DELETE", f"Items/{made['ItemID']}")).status_code == 204
    assert (await demo.call("GET", "Items/HOUR")).status_code == 404


async def test_an_item_of_an_unknown_account_or_tax_is_refused(demo: World) -> None:
    body = {"Code": "A", "SalesDetails": {"AccountCode": "999"}}
    assert await demo.refused("PUT", "Items", body) == ["Account code '999' is not a valid code for this document."]
    body = {"Code": "A", "SalesDetails": {"TaxType": "NOWHERE"}}
    assert await demo.refused("PUT", "Items", body) == ["The TaxType code 'NOWHERE' does not exist."]


# Stock ----------------------------------------------------------------------------------------------------------


async def shirts(world: World, type_: str, quantity: Any, price: Any = 40, **changes: Any) -> dict[str, Any]:
    contact = (await world.write("POST", "Contacts", {"Name": "Shirt People"}))["ContactID"]
    line = {"ItemCode": "TSL - Black", "Quantity": quantity, "UnitAmount": price}
    return sale_of(contact) | {"Type": type_, "LineAmountTypes": "NoTax", "LineItems": [line]} | changes


async def stock(world: World) -> tuple[float, float]:
    shirt = (await world.get("Items/TSL - Black"))["Items"][0]
    return shirt["QuantityOnHand"], shirt["TotalCostPool"]


async def test_a_sale_takes_stock_out_at_its_average_cost_and_a_void_puts_it_back(demo: World) -> None:
    assert await stock(demo) == (5, 100)
    bought = await demo.write("PUT", "Invoices", await shirts(demo, "ACCPAY", 5, 26))
    assert bought["LineItems"][0]["AccountCode"] == "630"
    assert await stock(demo) == (10, 230)
    sold = await demo.write("PUT", "Invoices", await shirts(demo, "ACCREC", 3))
    assert await stock(demo) == (7, 161)
    nets = {
        demo.organisation.accounts[one.account_id].code: str(one.net)
        for one in demo.organisation.ledger.entries[-1].lines
    }
    assert nets == {"610": "120.00", "200": "-120.00", "310": "69.00", "630": "-69.00"}
    await demo.write("POST", f"Invoices/{sold['InvoiceID']}", {"Reference": "no goods moved"})
    assert await stock(demo) == (7, 161)
    await demo.write("POST", f"Invoices/{sold['InvoiceID']}", {"Status": "VOIDED"})
    assert await stock(demo) == (10, 230)
    inventory = next(one for one in demo.organisation.accounts.values() if one.code == "630")
    assert str(demo.organisation.ledger.balance(inventory.id)) == "450.00"
    demo.organisation.ledger.assert_balanced()


async def test_what_is_not_on_hand_is_not_sold(demo: World) -> None:
    short = ["There is not enough stock on hand of the tracked inventory item 'TSL - Black'"]
    assert await demo.refused("PUT", "Invoices", await shirts(demo, "ACCREC", 6)) == short
    draft = await demo.write("PUT", "Invoices", await shirts(demo, "ACCREC", 6, Status="DRAFT"))
    assert await demo.refused("POST", f"Invoices/{draft['InvoiceID']}", {"Status": "AUTHORISED"}) == short
    bought = await demo.write("PUT", "Invoices", await shirts(demo, "ACCPAY", 1, 20))
    await demo.write("POST", f"Invoices/{draft['InvoiceID']}", {"Status": "AUTHORISED"})
    assert await stock(demo) == (0, 0)
    assert await demo.refused("POST", f"Invoices/{bought['InvoiceID']}", {"Status": "VOIDED"}) == short


async def test_goods_are_bought_into_their_own_account(demo: World) -> None:
    body = await shirts(demo, "ACCPAY", 1)
    body["LineItems"][0]["AccountCode"] = "400"
    assert await demo.refused("PUT", "Invoices", body) == [
        "Account code '400' is not a valid code for a tracked inventory item."
    ]


async def test_goods_that_come_back_cost_what_the_others_cost(demo: World) -> None:
    credit = await shirts(demo, "ACCRECCREDIT", 1)
    credit.pop("DueDate")
    made = await demo.write("PUT", "CreditNotes", credit)
    assert await stock(demo) == (6, 120)
    await demo.write("POST", f"CreditNotes/{made['CreditNoteID']}", {"Status": "VOIDED"})
    assert await stock(demo) == (5, 100)
    demo.organisation.ledger.assert_balanced()


async def test_goods_sent_back_leave_at_the_average_and_the_difference_is_a_cost(demo: World) -> None:
    await demo.write("PUT", "Invoices", await shirts(demo, "ACCPAY", 5, 26))
    credit = await shirts(demo, "ACCPAYCREDIT", 2, 26)
    credit.pop("DueDate")
    await demo.write("PUT", "CreditNotes", credit)
    assert await stock(demo) == (8, 184)
    nets = [
        (demo.organisation.accounts[one.account_id].code, str(one.net))
        for one in demo.organisation.ledger.entries[-1].lines
    ]
    assert nets == [("800", "52.00"), ("630", "-52.00"), ("310", "-6.00"), ("630", "6.00")]
    inventory = next(one for one in demo.organisation.accounts.values() if one.code == "630")
    pools = sum(one.cost_pool for one in demo.organisation.items.values())
    assert demo.organisation.ledger.balance(inventory.id) == pools
    short = ["There is not enough stock on hand of the tracked inventory item 'TSL - Black'"]
    credit["LineItems"][0]["Quantity"] = 9
    assert await demo.refused("PUT", "CreditNotes", credit) == short


async def test_a_currency_is_subscribed_to(demo: World) -> None:
    added = await demo.call("PUT", "Currencies", json={"Code": "EUR"})
    assert added.json()["Currencies"] == [{"Code": "EUR", "Description": "Euro"}]
    assert {one["Code"] for one in (await demo.get("Currencies"))["Currencies"]} == {"EUR", "USD"}


async def test_a_tracked_item_is_made_with_its_two_accounts(demo: World) -> None:
    said = {
        "Code": "MUG",
        "Name": "Mug",
        "PurchaseDescription": "Mug",
        "InventoryAssetAccountCode": "630",
        "SalesDetails": {"UnitPrice": 12, "AccountCode": "200"},
        "PurchaseDetails": {"UnitPrice": 5, "COGSAccountCode": "310"},
    }
    made = await demo.write("PUT", "Items", said)
    assert (made["IsTrackedAsInventory"], made["QuantityOnHand"], made["TotalCostPool"]) == (True, 0, 0)
    assert made["PurchaseDetails"]["COGSAccountCode"] == "310"
    body = await shirts(demo, "ACCPAY", 4, 5)
    body["LineItems"][0]["ItemCode"] = "MUG"
    await demo.write("PUT", "Invoices", body)
    mug = (await demo.get("Items/MUG"))["Items"][0]
    assert (mug["QuantityOnHand"], mug["TotalCostPool"]) == (4, 20)
    kept = await demo.write("POST", "Items", {"Code": "MUG", "Name": "Big mug"})
    assert (kept["Name"], kept["QuantityOnHand"]) == ("Big mug", 4)
    refusals = (
        ({"InventoryAssetAccountCode": "200"}, "Account code '200' is not a valid code for a tracked inventory item."),
        ({"PurchaseDetails": {"UnitPrice": 5}}, "A tracked inventory item needs a COGSAccountCode"),
        (
            {"PurchaseDetails": {"AccountCode": "300"}},
            "AccountCode cannot be specified for the purchase of a tracked inventory item",
        ),
    )
    for changes, message in refusals:
        assert await demo.refused("PUT", "Items", said | {"Code": "CUP"} | changes) == [message]
