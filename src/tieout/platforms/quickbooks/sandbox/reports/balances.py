"""What each customer owes and each vendor is owed."""

from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.platforms.quickbooks.sandbox.reports.asking import ACCRUAL, Asked
from tieout.platforms.quickbooks.sandbox.reports.open_items import CUSTOMERS, VENDORS, open_items
from tieout.platforms.quickbooks.sandbox.reports.parties import party_rows
from tieout.platforms.quickbooks.sandbox.reports.sheets import Column, Sheet, cell, total

_COMMON = frozenset({"report_date", "date_macro", "accounting_method", "summarize_column_by"})
CUSTOMER_OPTIONS, VENDOR_OPTIONS = _COMMON | {"customer"}, _COMMON | {"vendor"}
_ALL_DATES = "all"


def customer_balance(asked: Asked) -> dict[str, Any]:
    """`reports/CustomerBalance`."""
    return _balances(asked, CUSTOMERS)


def vendor_balance(asked: Asked) -> dict[str, Any]:
    """`reports/VendorBalance`."""
    return _balances(asked, VENDORS)


def _balances(asked: Asked, side: str) -> dict[str, Any]:
    """Open items by party; without a date those of today."""
    asked.basis(ACCRUAL)
    asked.summarized("Total")
    day = asked.day("report_date")
    period, macro = (None, _ALL_DATES) if "date_macro" not in asked.wanted else asked.period(_ALL_DATES)
    on = day or (period.end if period is not None else asked.books.today())
    sums: dict[str, list[Decimal]] = {}
    for item in open_items(asked.books, side, on, asked.ids(side.lower())):
        sums.setdefault(item.party.id, [ZERO])[0] += item.open
    sheet = Sheet((Column("", side, side.lower()), Column("Total", "Money", "total")))
    rows, totals = party_rows(asked.books, sheet, side, {party: sum_ for party, sum_ in sums.items() if any(sum_)})
    if rows:
        rows.append(sheet.section(summary=[cell("TOTAL"), cell(total(totals[0]))], group="GrandTotal"))
    header = asked.header(period, macro)
    return sheet.told(header, rows, ("report_date", on.isoformat()), empty=not rows)
