"""Entries that somebody writes by hand."""

from typing import Any

import pytest
from tests.contract.xero.world import World


def journal(**changes: Any) -> dict[str, Any]:
    return {
        "Narration": "Prepaid insurance",
        "Date": "2026-09-10",
        "Status": "POSTED",
        "JournalLines": [
            {"LineAmount": 55, "AccountCode": "433", "Description": "September"},
            {"LineAmount": -55, "AccountCode": "620"},
        ],
    } | changes


def nets(world: World) -> dict[str, str]:
    organisation = world.organisation
    entry = organisation.ledger.entries[-1]
    return {organisation.accounts[one.account_id].code: str(one.net) for one in entry.lines}


async def test_a_posted_journal_stands_in_the_books_without_tax(demo: World) -> None:
    made = await demo.write("PUT", "ManualJournals", journal())
    assert (made["Status"], made["LineAmountTypes"], made["ShowOnCashBasisReports"]) == ("POSTED", "NoTax", True)
    line = made["JournalLines"][0]
    assert (line["TaxType"], line["TaxAmount"], line["LineAmount"], line["IsBlank"]) == ("NONE", 0, 55, False)
    assert nets(demo) == {"433": "55.00", "620": "-55.00"}


async def test_a_draft_posts_nothing_until_it_is_posted(demo: World) -> None:
    before = len(demo.organisation.ledger.entries)
    made = await demo.write("POST", "ManualJournals", journal(Status=None, ShowOnCashBasisReports=False))
    assert (made["Status"], made["ShowOnCashBasisReports"]) == ("DRAFT", False)
    assert len(demo.organisation.ledger.entries) == before
    path = f"ManualJournals/{made['ManualJournalID']}"
    assert (await demo.write("POST", path, {"Status": "POSTED"}))["Status"] == "POSTED"
    assert nets(demo) == {"433": "55.00", "620": "-55.00"}
    assert (await demo.write("POST", path, {"Status": "VOIDED"}))["Status"] == "VOIDED"
    assert demo.organisation.ledger.balance(demo.organisation.account_by_code("433").id) == 0  # type: ignore[union-attr]  # it is there
    assert await demo.refused("POST", path, {"Narration": "late"}) == [
        "Manual Journal not of valid status for modification"
    ]


async def test_tax_is_reckoned_line_by_line(demo: World) -> None:
    lines: list[dict[str, Any]] = [
        {"LineAmount": 100, "AccountCode": "429", "TaxType": "INPUT"},
        {"LineAmount": "-108.25", "AccountCode": "850", "TaxType": "NONE"},
    ]
    made = await demo.write("PUT", "ManualJournals", journal(LineAmountTypes="Exclusive", JournalLines=lines))
    assert [one["TaxAmount"] for one in made["JournalLines"]] == [8.25, 0]
    assert nets(demo) == {"429": "100.00", "850": "-108.25", "820": "8.25"}
    lines[0]["LineAmount"] = "108.25"
    path = f"ManualJournals/{made['ManualJournalID']}"
    await demo.write("POST", path, {"LineAmountTypes": "Inclusive", "JournalLines": lines})
    assert nets(demo) == {"429": "100.00", "850": "-108.25", "820": "8.25"}
    demo.organisation.ledger.assert_balanced()


async def test_an_update_without_lines_keeps_them(demo: World) -> None:
    made = await demo.write("PUT", "ManualJournals", journal(Status="DRAFT"))
    path = f"ManualJournals/{made['ManualJournalID']}"
    kept = await demo.write("POST", path, {"Narration": "Renamed", "JournalLines": []})
    assert (kept["Narration"], [one["LineAmount"] for one in kept["JournalLines"]]) == ("Renamed", [55, -55])
    assert (await demo.write("POST", path, {"Status": "DELETED"}))["Status"] == "DELETED"


async def test_a_list_leaves_lines_out_and_a_page_shows_them(demo: World) -> None:
    await demo.write("PUT", "ManualJournals", journal())
    assert (await demo.get("ManualJournals"))["ManualJournals"][0]["JournalLines"] == []
    page = await demo.get("ManualJournals", page=1, where='Narration=="prepaid INSURANCE"')
    assert [one["AccountCode"] for one in page["ManualJournals"][0]["JournalLines"]] == ["433", "620"]


LINE = {"LineAmount": 55, "AccountCode": "433"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Narration": None}, "Narration must be specified"),
        ({"JournalLines": [LINE]}, "A manual journal needs from 2 to 1000 journal lines"),
        (
            {"JournalLines": [LINE, LINE | {"LineAmount": -10}]},
            "The total debits (55.00) must equal total credits (-10.00)",
        ),
        (
            {"JournalLines": [LINE, LINE | {"AccountCode": "610"}]},
            "Account code '610' is not a valid code for this document.",
        ),
        (
            {"JournalLines": [LINE, LINE | {"AccountCode": "090"}]},
            "Account code '090' is not a valid code for this document.",
        ),
        ({"Status": "VOIDED"}, "Manual Journal not of valid status for creation"),
        ({"Date": "2008-01-01"}, "The document date cannot be before the period lock date of 30 September 2008"),
    ],
)
async def test_a_journal_that_cannot_be_is_refused(demo: World, changes: dict[str, Any], message: str) -> None:
    before = len(demo.organisation.ledger.entries)
    assert await demo.refused("PUT", "ManualJournals", journal(**changes)) == [message]
    assert len(demo.organisation.ledger.entries) == before
