"""Money received and spent without an invoice, and transfers between bank accounts."""

from typing import Any

import pytest
from tests.contract.xero.world import World

from tieout.sandbox.ledger import Ledger


def spend(contact_id: str, **changes: Any) -> dict[str, Any]:
    line = {"Description": "Yearly fee", "Quantity": 1, "UnitAmount": "108.25", "AccountCode": "429"}
    return {
        "Type": "SPEND",
        "Contact": {"ContactID": contact_id},
        "BankAccount": {"Code": "090"},
        "Date": "2026-09-10",
        "LineItems": [line],
    } | changes


def nets(world: World) -> dict[str, str]:
    organisation = world.organisation
    entry = organisation.ledger.entries[-1]
    return {organisation.accounts[one.account_id].code: str(one.net) for one in entry.lines}


async def test_money_spent_is_inclusive_of_tax_unless_told(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.write("PUT", "BankTransactions", spend(contact["ContactID"], Reference="fee 7"))
    assert (made["LineAmountTypes"], made["SubTotal"], made["TotalTax"], made["Total"]) == (
        "Inclusive", 100, 8.25, 108.25,
    )  # fmt: skip
    assert (made["Status"], made["IsReconciled"], made["CurrencyCode"], made["Reference"]) == (
        "AUTHORISED", False, "USD", "fee 7",
    )  # fmt: skip
    assert made["BankAccount"]["Name"] == "Business Bank Account"
    assert made["Contact"]["ContactStatus"] == "ACTIVE"
    assert nets(demo) == {"090": "-108.25", "429": "100.00", "820": "8.25"}


async def test_money_received_takes_items_and_their_defaults(demo: World) -> None:
    contact = await demo.contact()
    said = spend(
        contact["ContactID"],
        Type="RECEIVE",
        LineAmountTypes="Exclusive",
        LineItems=[{"ItemCode": "GB1-White", "Quantity": 5}],
    )
    made = await demo.write("POST", "BankTransactions", said)
    line = made["LineItems"][0]
    assert (line["AccountCode"], line["UnitAmount"], line["LineAmount"]) == ("200", 5.6, 28)
    assert nets(demo)["090"] == str(demo.organisation.bank_transactions[made["BankTransactionID"]].total)


async def test_a_sale_over_the_counter_takes_stock_out(demo: World) -> None:
    contact = await demo.contact()
    line = {"ItemCode": "TSL - Black", "Quantity": 2, "UnitAmount": 40}
    said = spend(contact["ContactID"], Type="RECEIVE", LineAmountTypes="NoTax", LineItems=[line])
    made = await demo.write("PUT", "BankTransactions", said)
    shirt = (await demo.get("Items/TSL - Black"))["Items"][0]
    assert (shirt["QuantityOnHand"], shirt["TotalCostPool"]) == (3, 60)
    assert nets(demo) == {"090": "80.00", "200": "-80.00", "310": "40.00", "630": "-40.00"}
    await demo.write("POST", f"BankTransactions/{made['BankTransactionID']}", {"Status": "DELETED"})
    shirt = (await demo.get("Items/TSL - Black"))["Items"][0]
    assert (shirt["QuantityOnHand"], shirt["TotalCostPool"]) == (5, 100)
    short = spend(contact["ContactID"], Type="RECEIVE", LineItems=[line | {"Quantity": 6}])
    assert "not enough stock" in (await demo.refused("PUT", "BankTransactions", short))[0]


async def test_lists_pages_and_single_reads_show_what_was_recorded(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.write("PUT", "BankTransactions", spend(contact["ContactID"]))
    bare = (await demo.get("BankTransactions"))["BankTransactions"][-1]
    assert (bare["LineItems"], "pagination" in await demo.get("BankTransactions")) == ([], False)
    page = await demo.get("BankTransactions", page=1)
    assert page["pagination"]["itemCount"] == 1
    row = page["BankTransactions"][0]
    assert row["LineItems"][0]["AccountCode"] == "429"
    assert set(row) == {
        "BankTransactionID", "BankAccount", "Type", "IsReconciled", "HasAttachments", "Contact", "DateString", "Date",
        "Status", "LineAmountTypes", "LineItems", "SubTotal", "TotalTax", "Total", "UpdatedDateUTC", "CurrencyCode",
    }  # fmt: skip
    single = (await demo.get(f"BankTransactions/{made['BankTransactionID']}"))["BankTransactions"][0]
    assert single["Attachments"] == []
    where = await demo.get("BankTransactions", where='Type=="SPEND" AND Date>=DateTime(2026,09,10)')
    assert [one["BankTransactionID"] for one in where["BankTransactions"]] == [made["BankTransactionID"]]
    assert (await demo.get("BankTransactions", where='Status=="DELETED"'))["BankTransactions"] == []


async def test_a_transaction_is_changed_and_its_lines_replaced(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.write("PUT", "BankTransactions", spend(contact["ContactID"]))
    demo.move(seconds=2)
    line = {"Description": "Half", "UnitAmount": "54.125", "Quantity": 2, "AccountCode": "404"}
    said = {"LineItems": [line], "Reference": "changed", "BankAccount": {"Code": "091"}}
    changed = await demo.write("POST", f"BankTransactions/{made['BankTransactionID']}", said, unitdp=4)
    assert (changed["Total"], changed["TotalTax"], changed["Reference"]) == (108.25, 0, "changed")
    assert changed["UpdatedDateUTC"] > made["UpdatedDateUTC"]
    assert nets(demo) == {"091": "-108.25", "404": "108.25"}
    by_body = await demo.write(
        "POST", "BankTransactions", {"BankTransactionID": made["BankTransactionID"], "Reference": "again"}
    )
    assert (by_body["Reference"], by_body["Total"]) == ("again", 108.25)
    demo.organisation.ledger.assert_balanced()


async def test_a_deleted_transaction_stays_listed_and_ends(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.write("PUT", "BankTransactions", spend(contact["ContactID"]))
    path = f"BankTransactions/{made['BankTransactionID']}"
    assert (await demo.write("POST", path, {"Status": "DELETED"}))["Status"] == "DELETED"
    assert (await demo.get("BankTransactions"))["BankTransactions"][-1]["Status"] == "DELETED"
    not_valid = ["Bank Transaction not of valid status for modification"]
    assert await demo.refused("POST", path, {"Reference": "late"}) == not_valid
    ledger: Ledger = demo.organisation.ledger
    assert ledger.balance(demo.organisation.account_by_code("429").id) == 0  # type: ignore[union-attr]  # it is there


async def test_what_is_reconciled_is_not_changed(demo: World) -> None:
    contact = await demo.contact()
    made = await demo.write("PUT", "BankTransactions", spend(contact["ContactID"], IsReconciled=True))
    assert made["IsReconciled"] is True
    path = f"BankTransactions/{made['BankTransactionID']}"
    assert await demo.refused("POST", path, {"Reference": "no"}) == [
        "This Bank Transaction cannot be edited as it has been reconciled with a Bank Statement."
    ]
    assert (await demo.write("POST", path, {"IsReconciled": False}))["IsReconciled"] is False


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Type": None}, "Bank Transaction Type must be specified"),
        ({"Type": "SPEND-TRANSFER"}, "Bank transfers can only be created with the BankTransfers endpoint"),
        ({"BankAccount": None}, "A bank account must be specified"),
        ({"BankAccount": {"Code": "200"}}, "Account code '200' is not a valid bank account."),
        ({"Contact": None}, "A Contact must be specified for this type of transaction"),
        ({"LineItems": []}, "One or more line items must be specified"),
        ({"Status": "DELETED"}, "Bank Transaction not of valid status for creation"),
        ({"CurrencyCode": "NZD"}, "Organisation is not subscribed to currency NZD"),
        ({"Total": 5}, "The document total does not equal the sum of the lines."),
        ({"Date": "2008-01-01"}, "The document date cannot be before the period lock date of 30 September 2008"),
    ],
)
async def test_what_cannot_be_is_refused(demo: World, changes: dict[str, Any], message: str) -> None:
    contact = await demo.contact()
    assert await demo.refused("PUT", "BankTransactions", spend(contact["ContactID"], **changes)) == [message]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"UnitAmount": 0}, "The line item unit amount must not equal zero"),
        ({"Quantity": -1}, "The line item quantity must be greater than zero"),
        ({"UnitAmount": -5}, "The transaction total must be greater than zero"),
        ({"AccountCode": "090"}, "Account code '090' is not a valid code for this document."),
        ({"AccountCode": None}, "Account code must be specified"),
        ({"TaxAmount": "1.00"}, "The tax amount 1.00 does not match the expected tax amount 8.25"),
    ],
)
async def test_a_line_that_cannot_be_is_refused(demo: World, line: dict[str, Any], message: str) -> None:
    contact = await demo.contact()
    said = spend(contact["ContactID"])
    said["LineItems"][0] |= line
    assert await demo.refused("PUT", "BankTransactions", said) == [message]


async def test_an_unknown_transaction_is_not_found(demo: World) -> None:
    gone = "5a1b0000-0000-4000-8000-000000000000"
    assert (await demo.call("GET", f"BankTransactions/{gone}")).status_code == 404
    assert (await demo.call("POST", f"BankTransactions/{gone}", json={"Status": "DELETED"})).status_code == 404


# Transfers ------------------------------------------------------------------------------------------------------


async def test_a_transfer_moves_money_and_shows_both_legs(demo: World) -> None:
    said = {
        "FromBankAccount": {"Code": "090"}, "ToBankAccount": {"Code": "091"}, "Amount": "50.00", "Date": "2026-09-10",
        "Reference": "to savings",
    }  # fmt: skip
    made = await demo.write("PUT", "BankTransfers", said)
    assert (made["Amount"], made["Status"], made["CurrencyRate"]) == (50, "AUTHORISED", 1)
    assert nets(demo) == {"090": "-50.00", "091": "50.00"}
    out = (await demo.get(f"BankTransactions/{made['FromBankTransactionID']}"))["BankTransactions"][0]
    into = (await demo.get(f"BankTransactions/{made['ToBankTransactionID']}"))["BankTransactions"][0]
    assert (out["Type"], into["Type"], into["Total"]) == ("SPEND-TRANSFER", "RECEIVE-TRANSFER", 50)
    gone = await demo.write("POST", f"BankTransfers/{made['BankTransferID']}", {"Status": "DELETED"})
    assert gone["Status"] == "DELETED"
    assert (await demo.get("BankTransfers"))["BankTransfers"] == []
    shown = (await demo.get("BankTransfers", includeDeleted="true"))["BankTransfers"]
    assert [one["Status"] for one in shown] == ["DELETED"]
    assert (await demo.get(f"BankTransfers/{made['BankTransferID']}"))["BankTransfers"][0]["Status"] == "DELETED"
    demo.organisation.ledger.assert_balanced()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ToBankAccount": {"Code": "090"}}, "The bank accounts of a transfer must be different"),
        ({"ToBankAccount": {"Code": "200"}}, "ToBankAccount must be a bank account"),
        ({"Amount": 0}, "Amount must be greater than zero"),
    ],
)
async def test_a_transfer_that_cannot_be_is_refused(demo: World, changes: dict[str, Any], message: str) -> None:
    said = {"FromBankAccount": {"Code": "090"}, "ToBankAccount": {"Code": "091"}, "Amount": 5} | changes
    assert await demo.refused("PUT", "BankTransfers", said) == [message]
