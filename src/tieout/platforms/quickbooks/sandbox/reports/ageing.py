"""Aged receivables and payables: what is open, by how long it has been due; summed by party or listed by document."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.rendering import party_name
from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.platforms.quickbooks.sandbox.reports.asking import Asked
from tieout.platforms.quickbooks.sandbox.reports.open_items import CUSTOMERS, VENDORS, OpenItem, open_items
from tieout.platforms.quickbooks.sandbox.reports.parties import party_rows
from tieout.platforms.quickbooks.sandbox.reports.periods import Period
from tieout.platforms.quickbooks.sandbox.reports.sheets import Cell, Column, Row, Sheet, cell, listed_amount, total
from tieout.platforms.quickbooks.sandbox.reports.wording import transaction_words

_AGED = frozenset({"report_date", "date_macro", "aging_method", "aging_period", "num_periods"})
RECEIVABLE_OPTIONS, PAYABLE_OPTIONS = _AGED | {"customer"}, _AGED | {"vendor"}
_LISTED = {"start_duedate", "end_duedate", "past_due", "columns", "accounting_method"}
RECEIVABLE_DETAIL_OPTIONS, PAYABLE_DETAIL_OPTIONS = RECEIVABLE_OPTIONS | _LISTED, PAYABLE_OPTIONS | _LISTED
PERIOD_DAYS, PERIODS = 30, 4
PERIOD_DAYS_MAX, PERIODS_MAX = 999, 20
_BY_REPORT_DATE, _BY_TODAY = "Report_Date", "Current"


@dataclass(frozen=True, slots=True)
class _Ageing:
    """How one request ages: open on `on`, overdue as of `aged_on`, in `periods` of `days`, the last without end."""

    period: Period
    macro: str | None
    aged_on: date
    days: int
    periods: int

    @property
    def on(self) -> date:
        return self.period.end

    def place(self, item: OpenItem) -> int:
        """0 for what is not due yet, then the period."""
        late = self.late(item)
        return 0 if late <= 0 else min((late - 1) // self.days + 1, self.periods)

    def late(self, item: OpenItem) -> int:
        return (self.aged_on - item.due_on).days

    def titles(self, last: str) -> list[str]:
        """What the periods are called; `last` is said of the one without end."""
        told = [f"{place * self.days + 1} - {(place + 1) * self.days}" for place in range(self.periods - 1)]
        return [*told, f"{(self.periods - 1) * self.days + 1} {last}"]


def receivables(asked: Asked) -> dict[str, Any]:
    """`reports/AgedReceivables`."""
    return _summed(asked, CUSTOMERS)


def payables(asked: Asked) -> dict[str, Any]:
    """`reports/AgedPayables`."""
    return _summed(asked, VENDORS)


def receivable_detail(asked: Asked) -> dict[str, Any]:
    """`reports/AgedReceivableDetail`."""
    return _listed(asked, CUSTOMERS, _RECEIVABLE_COLUMNS)


def payable_detail(asked: Asked) -> dict[str, Any]:
    """`reports/AgedPayableDetail`; its columns were recorded."""
    return _listed(asked, VENDORS, _PAYABLE_COLUMNS)


def _ageing(asked: Asked) -> _Ageing:
    """The day of the report is today, the end of a macro, or the day that is asked for."""
    day = asked.day("report_date")
    period, macro = (Period(day, day), None) if day is not None else asked.period("today")
    method = asked.choice("aging_method", _BY_REPORT_DATE, _BY_REPORT_DATE, _BY_TODAY)
    return _Ageing(
        period,
        macro,
        period.end if method == _BY_REPORT_DATE else asked.books.today(),
        asked.number("aging_period", PERIOD_DAYS, PERIOD_DAYS_MAX),
        asked.number("num_periods", PERIODS, PERIODS_MAX),
    )


def _told(asked: Asked, ageing: _Ageing, sheet: Sheet, rows: Sequence[Row]) -> dict[str, Any]:
    header = asked.header(ageing.period if ageing.macro is not None else None, ageing.macro)
    if ageing.macro is None:
        currency = header.pop("Currency")
        header |= {"EndPeriod": ageing.on.isoformat(), "Currency": currency}
    return sheet.told(header, rows, ("report_date", ageing.on.isoformat()), empty=not rows)


def _summed(asked: Asked, side: str) -> dict[str, Any]:
    ageing = _ageing(asked)
    sums: dict[str, list[Decimal]] = {}
    for item in open_items(asked.books, side, ageing.on, asked.ids(side.lower())):
        figures = sums.setdefault(item.party.id, [ZERO] * (ageing.periods + 2))
        figures[ageing.place(item)] += item.open
        figures[-1] += item.open
    titles = ["Current", *ageing.titles("and over"), "Total"]
    keys = ["current", *map(str, range(ageing.periods)), "total"]
    sheet = Sheet(
        (
            Column("", side, side.lower()),
            *(Column(title, "Money", key) for title, key in zip(titles, keys, strict=True)),
        )
    )
    rows, totals = party_rows(asked.books, sheet, side, sums)
    if rows:
        summary = [cell("TOTAL"), *(cell(total(figure)) for figure in totals)]
        rows.append(sheet.section(summary=summary, group="GrandTotal"))
    return _told(asked, ageing, sheet, rows)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A column of a report by document; figures are summed."""

    column: Column
    show: Callable[[Asked, _Ageing, OpenItem], Cell]
    figure: Callable[[OpenItem], Decimal] | None = None
    usual: bool = True


def _figure_column(title: str, key: str, figure: Callable[[OpenItem], Decimal]) -> _Listed:
    return _Listed(Column(title, "Money", key), lambda _asked, _ageing, item: cell(listed_amount(figure(item))), figure)


def _text(
    title: str, key: str, show: Callable[[OpenItem], str], *, kind: str = "String", usual: bool = True
) -> _Listed:
    return _Listed(Column(title, kind, key), lambda _asked, _ageing, item: cell(show(item)), None, usual)


def _show_party(asked: Asked, _ageing: _Ageing, item: OpenItem) -> Cell:
    return cell(party_name(asked.books, item.party), item.party.id)


def _detail_columns(party: str, party_key: str, sign: str, *, usually_late: bool) -> tuple[_Listed, ...]:
    """In the order in which they are always shown, whatever order they are asked in (documented)."""
    return (
        _text("Date", "tx_date", lambda item: item.on.isoformat(), kind="Date"),
        _Listed(
            Column("Transaction Type", "String", "txn_type"),
            lambda _asked, _ageing, item: cell(transaction_words(item.record), item.record.id),
        ),
        _text("Num", "doc_num", lambda item: str(item.record.content.get("DocNumber", ""))),
        _Listed(Column(party, "String", party_key), _show_party),
        _text("Memo/Description", "memo", lambda item: str(item.record.content.get("PrivateNote", "")), usual=False),
        _text("Due Date", "due_date", lambda item: item.due_on.isoformat(), kind="Date"),
        _Listed(
            Column("Past Due", "String", "past_due"),
            lambda _asked, ageing, item: cell(str(ageing.late(item))),
            usual=usually_late,
        ),
        _figure_column("Amount", f"subt_{sign}amount", lambda item: item.amount),
        _figure_column("Open Balance", f"subt_{sign}open_bal", lambda item: item.open),
    )


_RECEIVABLE_COLUMNS = _detail_columns("Customer", "cust_name", "", usually_late=False)
_PAYABLE_COLUMNS = _detail_columns("Vendor", "vend_name", "neg_", usually_late=True)


def _listed(asked: Asked, side: str, every: Sequence[_Listed]) -> dict[str, Any]:
    """By period, the oldest first, and what is not due last."""
    ageing = _ageing(asked)
    asked.basis("Accrual")
    keys = asked.words("columns", {one.column.key: one.column.key for one in every})
    columns = [one for one in every if (one.usual if keys is None else one.column.key in keys)]
    placed: dict[int, list[OpenItem]] = {}
    for item in open_items(asked.books, side, ageing.on, asked.ids(side.lower())):
        if _is_wanted(asked, ageing, item):
            placed.setdefault(ageing.place(item), []).append(item)
    sheet = Sheet([one.column for one in columns])
    named = ["Current", *(f"{title} days past due" for title in ageing.titles("or more"))]
    rows = []
    for place in sorted(placed, key=lambda place: -place):
        items = sorted(placed[place], key=lambda item: (item.due_on, item.on, int(item.record.id)))
        data = [sheet.data(one.show(asked, ageing, item) for one in columns) for item in items]
        summary = _summary(f"Total for {named[place]}", columns, items)
        rows.append(sheet.section(header=[cell(named[place])], rows=data, summary=summary))
    if rows:
        rows.append(
            sheet.section(summary=_summary("TOTAL", columns, [one for found in placed.values() for one in found]))
        )
    return _told(asked, ageing, sheet, rows)


def _is_wanted(asked: Asked, ageing: _Ageing, item: OpenItem) -> bool:
    first, last = asked.day("start_duedate"), asked.day("end_duedate")
    if (first is not None and item.due_on < first) or (last is not None and item.due_on > last):
        return False
    return "past_due" not in asked.wanted or ageing.late(item) >= asked.number("past_due", 0, PERIOD_DAYS_MAX * 10)


def _summary(title: str, columns: Sequence[_Listed], items: Iterable[OpenItem]) -> list[Cell]:
    found = list(items)
    sums = [
        cell(listed_amount(sum((one.figure(item) for item in found), ZERO)) if one.figure is not None else "")
        for one in columns
    ]
    return [cell(title), *sums[1:]]
