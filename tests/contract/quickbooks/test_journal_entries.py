from decimal import Decimal
from typing import Any

import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_journal_entry, journal_of

CUSTOMER = {"Entity": {"Type": "Customer", "EntityRef": {"value": "1"}}}
VENDOR = {"Entity": {"Type": "Vendor", "EntityRef": {"value": "30"}}}


async def test_a_journal_entry_comes_back_as_recorded(platform: Platform, connected: Connected) -> None:
    body = a_journal_entry(("Debit", "7", "25.54"), ("Credit", "35", "25.54"), PrivateNote="Accrual")
    entry = await connected.post("JournalEntry", body)
    assert [line["Id"] for line in entry["Line"]] == ["0", "1"]
    assert "LineNum" not in entry["Line"][0]
    assert entry["Line"][1] == {
        "Id": "1",
        "Amount": Decimal("25.54"),
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": {"PostingType": "Credit", "AccountRef": {"value": "35", "name": "Checking"}},
        "CustomExtensions": [],
    }
    assert (entry["Adjustment"], entry["TotalAmt"], entry["TxnTaxDetail"]) == (False, 0, {})
    assert "DocNumber" not in entry
    assert await journal_of(platform, connected.realm, "JournalEntry", entry["Id"]) == {
        "7": Decimal("25.54"),
        "35": Decimal("-25.54"),
    }


@pytest.mark.parametrize(
    ("lines", "code", "words"),
    [
        ([("Debit", "7", "10.00"), ("Credit", "35", "9.99")], "2300", "Debits: 10.00, credits: 9.99"),
        ([("Debit", "7", "10.00")], "6000", "Fill out at least two detail lines to continue."),
        ([("Debit", "7", "-1.00"), ("Credit", "35", "-1.00")], "6000", "cannot be negative"),
        ([("Debit", "7", "1.00"), ("Credit", "9999", "1.00")], "2500", "Accounts element id 9999 not found"),
        ([("Neither", "7", "1.00"), ("Credit", "35", "1.00")], "2170", "Invalid Enumeration : Neither"),
    ],
    ids=["unbalanced", "one line", "negative", "no such account", "neither side"],
)
async def test_a_journal_entry_that_is_none_is_refused(
    connected: Connected, lines: list[tuple[str, str, str]], code: str, words: str
) -> None:
    refusal = await connected.refused("POST", "journalentry", json=a_journal_entry(*lines))
    assert (refusal[0], words in refusal[1]) == (code, True), refusal


@pytest.mark.parametrize(
    ("account", "entity", "words"),
    [
        ("84", {}, "When you use Accounts Receivable, you must choose a customer in the Name field."),
        ("84", VENDOR, "When you use Accounts Receivable, you must choose a customer in the Name field."),
        ("33", {}, "When you use Accounts Payable, you must choose a vendor in the Name field."),
        ("33", CUSTOMER, "When you use Accounts Payable, you must choose a vendor in the Name field."),
    ],
    ids=["nobody owes", "a vendor owes", "nobody is owed", "a customer is owed"],
)
async def test_a_control_account_needs_its_own_kind_of_party(
    connected: Connected, account: str, entity: dict[str, Any], words: str
) -> None:
    body = a_journal_entry(("Debit", account, "5.00", entity), ("Credit", "35", "5.00"))
    assert await connected.refused("POST", "journalentry", json=body) == ("6000", f"Business Validation Error: {words}")


async def test_control_lines_move_the_balances_of_their_parties(platform: Platform, connected: Connected) -> None:
    customer = (await connected.get("customer/1"))["Customer"]["Balance"]
    vendor = (await connected.get("vendor/30"))["Vendor"]["Balance"]
    lines = (("Debit", "84", "30.00", CUSTOMER), ("Credit", "33", "30.00", VENDOR))
    entry = await connected.post("JournalEntry", a_journal_entry(*lines))
    assert entry["Line"][0]["JournalEntryLineDetail"]["Entity"] == {
        "Type": "Customer",
        "EntityRef": {"value": "1", "name": "Amy's Bird Sanctuary"},
    }
    assert (await connected.get("customer/1"))["Customer"]["Balance"] == customer + 30
    assert (await connected.get("vendor/30"))["Vendor"]["Balance"] == vendor + 30
    body = {"Id": entry["Id"], "SyncToken": "0"}
    await connected.call("POST", "journalentry?operation=delete", json=body)
    assert (await connected.get("customer/1"))["Customer"]["Balance"] == customer
    assert (await connected.get("vendor/30"))["Vendor"]["Balance"] == vendor
    assert await journal_of(platform, connected.realm, "JournalEntry", entry["Id"]) == {}


async def test_an_entry_changes_in_part_and_in_full(platform: Platform, connected: Connected) -> None:
    body = a_journal_entry(("Debit", "7", "10.00"), ("Credit", "35", "10.00"), DocNumber="JE-1", Adjustment=True)
    entry = await connected.post("JournalEntry", body)
    part = {"Id": entry["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "Noted"}
    noted = await connected.post("JournalEntry", part)
    assert (noted["Line"], noted["Adjustment"], noted["SyncToken"]) == (entry["Line"], True, "1")
    lines = [{**line, "Amount": "12.00"} for line in noted["Line"]]
    full = await connected.post("JournalEntry", {"Id": entry["Id"], "SyncToken": "1", "Line": lines})
    assert [line["Id"] for line in full["Line"]] == ["0", "1"]
    assert (full["Adjustment"], "PrivateNote" in full, full["DocNumber"]) == (False, False, "JE-1")
    assert (await journal_of(platform, connected.realm, "JournalEntry", entry["Id"]))["7"] == 12
    new = await connected.post("JournalEntry", {**part, "SyncToken": "2", "Line": body["Line"]})
    assert [line["Id"] for line in new["Line"]] == ["2", "3"]


async def test_entries_are_queried_with_a_total_and_seen_as_changes(connected: Connected) -> None:
    before = (await connected.query("select count(*) from JournalEntry"))["totalCount"]
    body = a_journal_entry(("Debit", "7", "1.00"), ("Credit", "35", "1.00"), DocNumber="JE-7")
    entry = await connected.post("JournalEntry", body)
    answer = await connected.query("select * from JournalEntry where DocNumber = 'JE-7'")
    assert (answer["JournalEntry"], answer["totalCount"]) == ([entry], 1)
    assert (await connected.query("select count(*) from JournalEntry"))["totalCount"] == before + 1
    changes = await connected.get("cdc", entities="JournalEntry", changedSince="2026-05-04T00:00:00Z")
    assert entry in changes["CDCResponse"][0]["QueryResponse"][0]["JournalEntry"]
    statement = "select * from JournalEntry where AccountRef = '35'"
    refusal = await connected.refused("GET", "query", params={"query": statement})
    assert refusal[0] == "4001"


async def test_tax_on_a_line_is_stated_and_posted_to_its_rates(platform: Platform, british: Connected) -> None:
    codes = (await british.query("select * from TaxCode"))["TaxCode"]
    code = next(one for one in codes if one["Name"].startswith("20"))
    taxed = {"TaxCodeRef": {"value": code["Id"]}, "TaxApplicableOn": "Sales", "TaxAmount": "20.00"}
    accounts = (await british.query("select * from Account"))["Account"]
    income = next(one["Id"] for one in accounts if one["AccountType"] == "Income")
    bank = next(one["Id"] for one in accounts if one["AccountType"] == "Bank")
    lines = (("Credit", income, "100.00", taxed), ("Debit", bank, "120.00"))
    entry = await british.post("JournalEntry", a_journal_entry(*lines, GlobalTaxCalculation="TaxExcluded"))
    assert entry["TxnTaxDetail"]["TotalTax"] == Decimal("20.00")
    posted = await journal_of(platform, british.realm, "JournalEntry", entry["Id"])
    assert (posted[bank], posted[income], sum(posted.values(), Decimal(0))) == (Decimal(120), Decimal(-100), Decimal(0))
    unbalanced = (("Credit", income, "100.00", taxed), ("Debit", bank, "100.00"))
    body = a_journal_entry(*unbalanced, GlobalTaxCalculation="TaxExcluded")
    assert (await british.refused("POST", "journalentry", json=body))[0] == "2300"
    without = (("Credit", income, "100.00", {**taxed, "TaxAmount": None}), ("Debit", bank, "120.00"))
    body = a_journal_entry(*without, GlobalTaxCalculation="TaxExcluded")
    assert (await british.refused("POST", "journalentry", json=body))[0] == "2020"
