"""A report on the wire: columns, rows of cells, sections in each other. Every value is text, and blank is ""."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.figures import cents
from tieout.platforms.quickbooks.sandbox.gateway import faults

CELLS_MAX = 400_000
"""The most cells of one report; a larger one is refused with 10100. Reported of the real platform, not documented."""
Cell = dict[str, str]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `facts` are further pairs of its metadata, in front of the key."""

    title: str
    kind: str
    key: str
    facts: tuple[tuple[str, str], ...] = ()

    def told(self) -> dict[str, Any]:
        """The column on the wire."""
        pairs = (*self.facts, ("ColKey", self.key))
        metadata = [{"Name": name, "Value": value} for name, value in pairs]
        return {"ColTitle": self.title, "ColType": self.kind, "MetaData": metadata}


class Sheet:
    """The rows of one report as they are made. Raises `Refusal` 10100 from the cell on that is one too many."""

    def __init__(self, columns: Sequence[Column]) -> None:
        """`columns`: what every row has a cell for."""
        self._columns = columns
        self._cells = 0

    def line(self, cells: Iterable[Cell]) -> dict[str, list[Cell]]:
        """A row of cells, blank to its end."""
        told = list(cells)
        told += [blank() for _ in range(len(self._columns) - len(told))]
        self._cells += len(told)
        if self._cells > CELLS_MAX:
            raise faults.result_too_big()
        return {"ColData": told}

    def data(self, cells: Iterable[Cell], group: str | None = None) -> Row:
        """A row of data."""
        return {**self.line(cells), "type": "Data", **_grouped(group)}

    def section(
        self,
        *,
        header: Iterable[Cell] | None = None,
        rows: Sequence[Row] = (),
        summary: Iterable[Cell] | None = None,
        group: str | None = None,
    ) -> Row:
        """Rows under a header and over a summary, whichever there are."""
        told: Row = {}
        if header is not None:
            told["Header"] = self.line(header)
        if rows:
            told["Rows"] = {"Row": list(rows)}
        if summary is not None:
            told["Summary"] = self.line(summary)
        return {**told, "type": "Section", **_grouped(group)}

    def told(self, header: dict[str, Any], rows: Sequence[Row], *options: tuple[str, str], empty: bool) -> Row:
        """The whole report."""
        pairs = (*options, ("NoReportData", "true" if empty else "false"))
        return {
            "Header": header | {"Option": [{"Name": name, "Value": value} for name, value in pairs]},
            "Columns": {"Column": [column.told() for column in self._columns]},
            "Rows": {"Row": list(rows)} if rows else {},
        }


def cell(value: str, record_id: str | None = None) -> Cell:
    """A cell, with the id of what it names."""
    return {"value": value} if record_id is None else {"value": value, "id": record_id}


def blank() -> Cell:
    """An empty cell."""
    return {"value": ""}


def amount(figure: Decimal | None) -> str:
    """An amount: two places, and blank for none and for nothing."""
    return str(cents(figure)) if figure else ""


def total(figure: Decimal | None) -> str:
    """A total: two places, `0.00` for nothing, and blank for none."""
    return "" if figure is None else str(cents(figure) + 0)


def listed_amount(figure: Decimal | None) -> str:
    """An amount in a report that lists documents, where a figure below one begins with its point (recorded `.00`)."""
    if figure is None:
        return ""
    text = str(cents(figure) + 0)
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    return sign + digits.removeprefix("0") if digits.startswith("0.") else text


def _grouped(group: str | None) -> dict[str, str]:
    return {} if group is None else {"group": group}
