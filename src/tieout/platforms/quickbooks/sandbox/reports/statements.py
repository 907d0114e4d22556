"""Profit and loss, and the balance sheet: sections of accounts, with what they come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Role
from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.platforms.quickbooks.sandbox.reports.asking import ACCRUAL, CASH, Asked
from tieout.platforms.quickbooks.sandbox.reports.cash_basis import cash_movements
from tieout.platforms.quickbooks.sandbox.reports.chart import Branch, branches, closings, natural, profit
from tieout.platforms.quickbooks.sandbox.reports.columns import (
    ACCOUNT,
    TOTAL,
    Cut,
    Figures,
    month_columns,
    movements,
)
from tieout.platforms.quickbooks.sandbox.reports.periods import Period, fiscal_year_start, months_of
from tieout.platforms.quickbooks.sandbox.reports.sheets import Row, Sheet, amount, blank, cell, total

PROFIT_OPTIONS = frozenset(
    {"start_date", "end_date", "date_macro", "accounting_method", "summarize_column_by", "customer", "vendor"}
)
BALANCE_OPTIONS = PROFIT_OPTIONS - {"customer", "vendor"}
_STANDARD = ("AccountingStandard", "GAAP")
_YEAR_TO_DATE = "this fiscal year-to-date"
Sums = tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A section of accounts: its group, title, the title of its total, and which accounts. `kept`: shown even empty."""

    group: str
    title: str
    account_type: str
    kept: bool = False

    @property
    def total_title(self) -> str:
        return f"Total {self.title}"


_INCOME = _Part("Income", "Income", "Income", kept=True)
_COGS = _Part("COGS", "Cost of Goods Sold", "Cost of Goods Sold")
_EXPENSES = _Part("Expenses", "Expenses", "Expense", kept=True)
_OTHER_INCOME = _Part("OtherIncome", "Other Income", "Other Income")
_OTHER_EXPENSES = _Part("OtherExpenses", "Other Expenses", "Other Expense")
_PROFIT_LAYOUT: tuple[_Part | tuple[str, str, tuple[str, ...]], ...] = (
    _INCOME,
    _COGS,
    ("GrossProfit", "Gross Profit", ("Income", "COGS")),
    _EXPENSES,
    ("NetOperatingIncome", "Net Operating Income", ("Income", "COGS", "Expenses")),
    _OTHER_INCOME,
    _OTHER_EXPENSES,
    ("NetOtherIncome", "Net Other Income", ("OtherIncome", "OtherExpenses")),
    ("NetIncome", "Net Income", ("Income", "COGS", "Expenses", "OtherIncome", "OtherExpenses")),
)
"""Sections, and the results between them: group, title, and the sections that they come from."""
_PROFIT_LAYOUTS = {
    "AU": ("Income", "COGS", "GrossProfit", "OtherIncome", "Expenses", "OtherExpenses", "NetIncome"),
    "IN": ("Income", "COGS", "GrossProfit", "OtherIncome", "Expenses", "OtherExpenses", "NetIncome"),
    "CA": ("Income", "COGS", "Expenses", "OtherIncome", "OtherExpenses", "NetIncome"),
}
"""Countries with an order of groups of their own, as documented."""


class _Statement:
    """A sheet whose rows are accounts with figures."""

    def __init__(self, cut: Cut) -> None:
        self.sheet = Sheet((ACCOUNT, *cut.columns))
        self.figures: Figures = cut.figures
        self.nothing: Sums = (ZERO,) * len(cut.columns)

    def part(self, asked: Asked, account_type: str) -> tuple[list[Row], Sums]:
        """The rows of a type's accounts, and what they come to on the type's own side."""
        return self._rows(branches(asked.books, account_type))

    def _rows(self, below: Sequence[Branch]) -> tuple[list[Row], Sums]:
        rows: list[Row] = []
        sums = self.nothing
        for branch in below:
            row, figures = self._row(branch)
            if row is not None:
                rows.append(row)
                sums = added(sums, figures)
        return rows, sums

    def _row(self, branch: Branch) -> tuple[Row | None, Sums]:
        own = tuple(natural(branch.account, net) for net in self.figures(branch.account))
        below, sums = self._rows(branch.below)
        name = cell(branch.name, branch.account.id)
        if not below:
            return (self.sheet.data([name, *_amounts(own)]) if any(own) else None), own
        sums = added(own, sums)
        summary = [cell(f"Total {branch.name}"), *_totals(sums)]
        return self.sheet.section(header=[name, *_amounts(own)], rows=below, summary=summary), sums

    def add(self, rows: list[Row], sums: Sums, title: str, figures: Sums) -> Sums:
        """A row that no account stands for, if there is anything in it; answers the new sums."""
        if any(figures):
            rows.append(self.sheet.data([cell(title), *_amounts(figures)]))
        return added(sums, figures)

    def section(self, title: str, group: str, rows: Sequence[Row], sums: Sums | None, total_title: str = "") -> Row:
        """A titled section; `sums` is None where there is nothing to add up."""
        return self.sheet.section(
            header=[cell(title)],
            rows=rows,
            summary=[cell(total_title or f"Total {title}"), *self._sums(sums)],
            group=group,
        )

    def result(self, title: str, group: str, sums: Sums | None) -> Row:
        """A line between sections that tells a result."""
        return self.sheet.section(summary=[cell(title), *self._sums(sums)], group=group)

    def _sums(self, sums: Sums | None) -> list[dict[str, str]]:
        return [blank() for _ in self.nothing] if sums is None else _totals(sums)


def added(left: Sums, right: Sums) -> Sums:
    """Column by column."""
    return tuple(one + other for one, other in zip(left, right, strict=True))


def _amounts(figures: Sums) -> list[dict[str, str]]:
    return [cell(amount(figure)) for figure in figures]


def _totals(figures: Sums) -> list[dict[str, str]]:
    return [cell(total(figure)) for figure in figures]


def profit_and_loss(asked: Asked) -> dict[str, Any]:
    """`reports/ProfitAndLoss`; without dates it covers this fiscal year to date (documented)."""
    period, macro = asked.period(_YEAR_TO_DATE)
    basis = asked.basis(ACCRUAL, CASH)
    summarized = asked.summarized("Total", "Month", *(("Customers", "Vendors") if basis == ACCRUAL else ()))
    cash = cash_movements(asked, period, summarized) if basis == CASH else None
    statement = _Statement(cash.cut if cash is not None else movements(asked, period, summarized))
    sums: dict[str, Sums] = {}
    told: dict[str, Row] = {}
    for part in _PROFIT_LAYOUT:
        if isinstance(part, _Part):
            rows, came_to = statement.part(asked, part.account_type)
            if cash is not None and part.account_type in cash.unapplied:
                came_to = statement.add(rows, came_to, *cash.unapplied[part.account_type])
            if rows:
                expense = part.account_type in ("Cost of Goods Sold", "Expense", "Other Expense")
                sums[part.group] = tuple(-one for one in came_to) if expense else came_to
            if rows or part.kept:
                told[part.group] = statement.section(part.title, part.group, rows, came_to if rows else None)
    for part in _PROFIT_LAYOUT:
        if isinstance(part, tuple):
            group, title, sources = part
            result = statement.nothing
            for source in sources:
                result = added(result, sums.get(source, statement.nothing))
            if group != "NetOtherIncome" or any(source in sums for source in sources):
                told[group] = statement.result(title, group, result if sums else None)
    usual = tuple(part.group if isinstance(part, _Part) else part[0] for part in _PROFIT_LAYOUT)
    order = _PROFIT_LAYOUTS.get(asked.books.profile.country, usual)
    header = asked.header(period, macro, basis=basis, summarized=summarized)
    return statement.sheet.told(header, [told[group] for group in order if group in told], _STANDARD, empty=not sums)


def balance_sheet(asked: Asked) -> dict[str, Any]:
    """`reports/BalanceSheet`: how things stand at the end; without dates that of this fiscal year to date.

    Assets are liabilities and equity: what the year earned so far stands as net income, what earlier years earned in
    retained earnings.
    """
    period, macro = asked.period(_YEAR_TO_DATE)
    basis = asked.basis(ACCRUAL)
    summarized = asked.summarized("Total", "Month")
    days = [period.end] if summarized == "Total" else [month.end for month in months_of(period)]
    standing = [closings(asked.books, day) for day in days]
    month_of = asked.books.profile.fiscal_year_start_month
    earned = tuple(profit(asked.books, Period(fiscal_year_start(day, month_of), day)) for day in days)
    columns = (TOTAL,) if summarized == "Total" else month_columns(period)
    cut = Cut(columns, lambda account: tuple(nets.get(account.id, ZERO) for nets in standing))
    statement = _Statement(cut)
    assets, total_assets = _assets(asked, statement)
    liabilities, owed = _liabilities(asked, statement)
    equity, owned = _equity(asked, statement, earned)
    rows = [
        statement.section("ASSETS", "TotalAssets", assets, total_assets, "TOTAL ASSETS"),
        statement.section(
            "LIABILITIES AND EQUITY",
            "TotalLiabilitiesAndEquity",
            [*([liabilities] if liabilities is not None else []), equity],
            added(owed, owned),
            "TOTAL LIABILITIES AND EQUITY",
        ),
    ]
    header = asked.header(period, macro, basis=basis, summarized=summarized)
    return statement.sheet.told(header, rows, _STANDARD, empty=not any(standing))


def _assets(asked: Asked, statement: _Statement) -> tuple[list[Row], Sums]:
    current, current_sums = _parts(
        asked,
        statement,
        _Part("BankAccounts", "Bank Accounts", "Bank"),
        _Part("AR", "Accounts Receivable", "Accounts Receivable"),
        _Part("OtherCurrentAssets", "Other current assets", "Other Current Asset"),
    )
    rows = [statement.section("Current Assets", "CurrentAssets", current, current_sums)] if current else []
    others, other_sums = _parts(
        asked,
        statement,
        _Part("FixedAssets", "Fixed Assets", "Fixed Asset"),
        _Part("OtherAssets", "Other Assets", "Other Asset"),
    )
    return [*rows, *others], added(current_sums, other_sums)


def _liabilities(asked: Asked, statement: _Statement) -> tuple[Row | None, Sums]:
    current, current_sums = _parts(
        asked,
        statement,
        _Part("AP", "Accounts Payable", "Accounts Payable"),
        _Part("CreditCards", "Credit Cards", "Credit Card"),
        _Part("OtherCurrentLiabilities", "Other Current Liabilities", "Other Current Liability"),
    )
    rows = [statement.section("Current Liabilities", "CurrentLiabilities", current, current_sums)] if current else []
    long_term, long_sums = _parts(
        asked, statement, _Part("LongTermLiabilities", "Long-Term Liabilities", "Long Term Liability")
    )
    rows += long_term
    sums = added(current_sums, long_sums)
    return (statement.section("Liabilities", "Liabilities", rows, sums) if rows else None), sums


def _equity(asked: Asked, statement: _Statement, earned: Sums) -> tuple[Row, Sums]:
    """Equity with retained earnings, which are shown even when there are none, and the net income of the year."""
    rows, sums = statement.part(asked, "Equity")
    retained = asked.books.shelf("Account").records[asked.books.role(Role.RETAINED)]
    if not any(statement.figures(retained)):
        rows.append(statement.sheet.data([cell(str(retained.content["Name"]), retained.id)]))
    rows.append(statement.sheet.data([cell("Net Income"), *_amounts(earned)], group="NetIncome"))
    sums = added(sums, earned)
    return statement.section("Equity", "Equity", rows, sums), sums


def _parts(asked: Asked, statement: _Statement, *parts: _Part) -> tuple[list[Row], Sums]:
    """The sections that have anything in them, and what they come to together."""
    told: list[Row] = []
    sums = statement.nothing
    for part in parts:
        rows, came_to = statement.part(asked, part.account_type)
        if rows:
            told.append(statement.section(part.title, part.group, rows, came_to))
            sums = added(sums, came_to)
    return told, sums
