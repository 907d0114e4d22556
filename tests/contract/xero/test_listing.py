"""Lists in order of change: kept up to date whatever happens, and searched through indexes without changing answers."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.xero.world import STARTED_AT, World

from tieout.platforms.xero.sandbox.accounting.rows import Row
from tieout.platforms.xero.sandbox.accounting.tables import Selection, Table

STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "touch", "quiet", "delete", "list"]), st.integers(0, 30), st.integers(0, 9)),
    max_size=80,
)


@settings(max_examples=120, deadline=None)
@given(steps=STEPS)
def test_a_table_is_in_order_of_change_after_anything(steps: list[tuple[str, int, int]]) -> None:
    table: Table[Row] = Table()
    for what, number, seconds in steps:
        record_id, at = f"{number:02d}", STARTED_AT + timedelta(seconds=seconds)
        if what == "add" and record_id not in table:
            table[record_id] = Row(id=record_id, updated_at=at)
        elif what in {"touch", "quiet"} and record_id in table:
            table[record_id].touch(at if what == "touch" else None)
        elif what == "delete" and record_id in table:
            del table[record_id]
        elif what == "list":
            check_order(table)
    check_order(table)


def check_order(table: Table[Row]) -> None:
    rows = sorted(table.values(), key=lambda row: (row.updated_at, row.id))
    assert list(table.in_order()) == [row.id for row in rows]
    since = STARTED_AT + timedelta(seconds=5)
    late = [row.id for row in rows if row.updated_at >= since]
    assert list(table.in_order(since)) == late
    assert table.in_order(since)[1:3] == late[1:3]
    assert len(table.in_order(since)) == len(late)


def test_many_changes_at_once_are_sorted_like_few() -> None:
    random, table = Random(3), Table[Row]()  # noqa: S311 - a test that can be repeated
    for number in range(200):
        table[f"{number:03d}"] = Row(id=f"{number:03d}", updated_at=STARTED_AT)
    for share in (2, 150):
        for number in random.sample(range(200), share):
            table[f"{number:03d}"].touch(STARTED_AT + timedelta(seconds=random.randint(0, 50)))
        check_order(table)


async def test_a_remembered_selection_is_forgotten_when_anything_changes(demo: World) -> None:
    async def open_ones() -> list[str]:
        found = await demo.get("Invoices", where='Status=="AUTHORISED"', page=1)
        return [one["InvoiceID"] for one in found["Invoices"]]

    before = await open_ones()
    assert await open_ones() == before
    contact = await demo.contact()
    invoice = await demo.sale(contact["ContactID"])
    assert invoice["InvoiceID"] in await open_ones()
    await demo.act("pay", document_id=invoice["InvoiceID"])
    assert await open_ones() == before


async def test_a_renamed_contact_is_found_by_its_new_name(demo: World) -> None:
    contact = await demo.contact("Before")
    invoice = await demo.sale(contact["ContactID"])
    by_name = {"where": 'Contact.Name=="After"', "page": 1}
    assert (await demo.get("Invoices", **by_name))["Invoices"] == []
    await demo.write("POST", f"Contacts/{contact['ContactID']}", {"Name": "After"})
    assert [one["InvoiceID"] for one in (await demo.get("Invoices", **by_name))["Invoices"]] == [invoice["InvoiceID"]]


def is_five(row: dict[str, Any]) -> bool:
    return bool(row["InvoiceNumber"] == "INV-0005")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('InvoiceNumber=="INV-0005" OR Status=="DRAFT"', lambda row: is_five(row) or row["Status"] == "DRAFT"),
        ('NOT InvoiceNumber=="INV-0005"', lambda row: not is_five(row)),
        ('InvoiceNumber!="INV-0005"', lambda row: not is_five(row)),
        ('(InvoiceNumber=="INV-0005" OR InvoiceNumber=="x") AND Type=="ACCREC"', is_five),
        ('"inv-0005"==InvoiceNumber', is_five),
        ('InvoiceNumber=="INV-0005" AND Status=="VOIDED"', lambda _row: False),
        ('InvoiceNumber.Equals("inv-0005")', is_five),
        ('InvoiceNumber="INV-0005"and(Type="ACCREC")', is_five),
    ],
)
async def test_an_index_never_changes_what_a_filter_finds(
    demo: World, expression: str, expected: Callable[[dict[str, Any]], bool]
) -> None:
    rows = (await demo.get("Invoices"))["Invoices"]
    found = (await demo.get("Invoices", where=expression))["Invoices"]
    assert [row["InvoiceID"] for row in found] == [row["InvoiceID"] for row in rows if expected(row)]


@settings(max_examples=120, deadline=None)
@given(steps=STEPS, descending=st.booleans())
def test_a_remembered_selection_is_what_a_search_would_find(
    steps: list[tuple[str, int, int]], descending: bool
) -> None:
    table: Table[Row] = Table()
    for number in range(100, 400):
        table[str(number)] = Row(id=str(number), updated_at=STARTED_AT)

    def even(row: Row) -> bool:
        return row.updated_at.second % 2 == 0

    def place(row: Row) -> tuple[float, str]:
        return (-row.updated_at.timestamp() if descending else row.updated_at.timestamp(), row.id)

    def search() -> Selection:
        return Selection(sorted(filter(even, table.values()), key=place), even, place)

    for what, number, seconds in steps:
        record_id, at = f"{number:02d}", STARTED_AT + timedelta(seconds=seconds)
        if what == "add" and record_id not in table:
            table[record_id] = Row(id=record_id, updated_at=at)
        elif what in {"touch", "quiet"} and record_id in table:
            table[record_id].touch(at if what == "touch" else None)
        elif what == "delete" and record_id in table:
            del table[record_id]
        elif what == "list":
            assert table.selected("even", None, search) == search().rows
    assert table.selected("even", None, search) == search().rows


def test_one_change_makes_no_new_search() -> None:
    table: Table[Row] = Table()
    for number in range(400):
        table[str(number)] = Row(id=str(number), updated_at=STARTED_AT)
    searches = []

    def search() -> Selection:
        searches.append(1)
        return Selection(list(table.values()), lambda _: True, lambda row: (row.updated_at, row.id))

    table.selected("all", None, search)
    table["7"].touch(STARTED_AT + timedelta(seconds=1))
    assert table.selected("all", None, search)[-1].id == "7"
    assert len(searches) == 1


@pytest.mark.parametrize("order", ["Date DESC, Total", "Reference DESC", "Contact.Name,DueDate DESC", "AmountDue"])
async def test_an_order_is_kept_when_documents_change(demo: World, order: str) -> None:
    asked = {"where": 'Status!="VOIDED"', "order": order}
    await demo.get("Invoices", **asked)
    contact = await demo.contact("Aaa")
    made = await demo.sale(contact["ContactID"], "55.00", Date="2026-08-20", Reference="mid")
    await demo.write("POST", f"Invoices/{made['InvoiceID']}", {"Reference": "zzz", "DueDate": "2026-12-01"})
    kept = [one["InvoiceID"] for one in (await demo.get("Invoices", **asked))["Invoices"]]
    again = asked | {"where": asked["where"] + " "}
    anew = [one["InvoiceID"] for one in (await demo.get("Invoices", **again))["Invoices"]]
    demo.organisation.renames += 1
    assert kept == [one["InvoiceID"] for one in (await demo.get("Invoices", **asked))["Invoices"]] == anew


async def test_a_new_contact_number_is_what_a_filter_finds(demo: World) -> None:
    contact = await demo.contact("Numbered")
    invoice = await demo.sale(contact["ContactID"])
    asked = {"where": 'Contact.ContactNumber=="N-1"', "page": 1}
    assert (await demo.get("Invoices", **asked))["Invoices"] == []
    await demo.write("POST", f"Contacts/{contact['ContactID']}", {"ContactNumber": "N-1"})
    assert [one["InvoiceID"] for one in (await demo.get("Invoices", **asked))["Invoices"]] == [invoice["InvoiceID"]]
