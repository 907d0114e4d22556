"""Rows by customer or vendor, in the order of names, sub-customers below the customers they belong to."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.platforms.quickbooks.sandbox.reports.sheets import Row, Sheet, amount, cell, total


def party_rows(
    books: Books, sheet: Sheet, side: str, sums: Mapping[str, Sequence[Decimal]]
) -> tuple[list[Row], list[Decimal]]:
    """A row for each party with figures, and what they come to in all."""
    totals = [sum(column, ZERO) for column in zip(*sums.values(), strict=True)]
    below: dict[str | None, dict[str, None]] = {}
    for party_id in sums:
        _place(books.shelf(side).records, party_id, below)

    def grown(parent: str | None) -> list[Row]:
        records = [books.shelf(side).records[party_id] for party_id in below.get(parent, ())]
        return [_row(record) for record in sorted(records, key=lambda one: (_own_name(one).lower(), one.id))]

    def _row(record: Record) -> Row:
        own = sums.get(record.id, ())
        name, figures = cell(_own_name(record), record.id), [cell(amount(figure)) for figure in own]
        if record.id not in below:
            return sheet.data([name, *figures])
        rows = grown(record.id)
        summary = [cell(f"Total {_own_name(record)}"), *(cell(total(one)) for one in _all(record.id))]
        return sheet.section(header=[name, *figures], rows=rows, summary=summary)

    def _all(party_id: str) -> list[Decimal]:
        parts = [_all(child) for child in below.get(party_id, ())]
        if party_id in sums:
            parts.append(list(sums[party_id]))
        return [sum(column, ZERO) for column in zip(*parts, strict=True)]

    return grown(None), totals


def _place(records: Mapping[str, Record], party_id: str, below: dict[str | None, dict[str, None]]) -> None:
    """Note a party below its parent, and its parent below its own."""
    parent = records[party_id].content.get("ParentRef", {}).get("value")
    below.setdefault(parent, {})[party_id] = None
    if parent is not None:
        _place(records, parent, below)


def _own_name(record: Record) -> str:
    """The name without those above it."""
    name = str(record.content["DisplayName"])
    return name.rpartition(":")[2]
