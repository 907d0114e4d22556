"""The trial balance. Source: API description of Reports/TrialBalance.

Debit and Credit hold the movement of the month of the date, YTD the balance: for income and expense since the
beginning of the financial year, for everything else since ever; what earlier years earned stands in retained earnings.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Account
from tieout.platforms.xero.sandbox.reports.basis import Balances
from tieout.platforms.xero.sandbox.reports.periods import year_start
from tieout.platforms.xero.sandbox.reports.rows import Row, cell, figure, header, report, row, section, spelled, summary
from tieout.platforms.xero.sandbox.wire import ZERO

SECTIONS = (
    ("Revenue", "REVENUE"),
    ("Expenses", "EXPENSE"),
    ("Assets", "ASSET"),
    ("Liabilities", "LIABILITY"),
    ("Equity", "EQUITY"),
)
HEADINGS = ("Account", "Debit", "Credit", "YTD Debit", "YTD Credit")
RESULT = frozenset({"REVENUE", "EXPENSE"})
"""The classes that a year end closes into retained earnings."""


def trial_balance(organisation: Organisation, day: date, books: Balances | None = None) -> Mapping[str, Any]:
    """The report as of a day; `books` are those of the ledger unless told."""
    figures = dict(_figures(organisation, day, books or organisation.ledger))
    rows: list[Row] = [header(HEADINGS)]
    for title, class_ in SECTIONS:
        accounts = [account for account in organisation.accounts.values() if account.class_ == class_]
        shown = [
            _row(account, *figures[account.id])
            for account in sorted(accounts, key=lambda account: (account.name, account.code))
            if any(figures[account.id])
        ]
        if shown:
            rows.append(section(title, shown))
    totals = [ZERO] * 4
    for month, year in figures.values():
        for place, amount in enumerate((max(month, ZERO), max(-month, ZERO), max(year, ZERO), max(-year, ZERO))):
            totals[place] += amount
    rows.append(section("", [summary("Total", totals)]))
    titles = ["Trial Balance", organisation.name, f"As at {spelled(day)}"]
    return report(organisation, "TrialBalance", "Trial Balance", titles, rows)


def earned_until(organisation: Organisation, books: Balances, day: date, *, since: date | None = None) -> Decimal:
    """What income less expenses came to, as a credit."""
    return -sum(
        (
            books.balance(account.id, since=since, until=day)
            for account in organisation.accounts.values()
            if account.class_ in RESULT
        ),
        ZERO,
    )


def _figures(organisation: Organisation, day: date, books: Balances) -> Iterable[tuple[str, tuple[Decimal, Decimal]]]:
    """Movement of the month and balance of the year for every account."""
    start = year_start(day, organisation.profile.year_end)
    retained = organisation.system_account("RETAINEDEARNINGS").id
    earned = earned_until(organisation, books, start - timedelta(days=1))
    for account in organisation.accounts.values():
        month = books.balance(account.id, since=day.replace(day=1), until=day)
        since = start if account.class_ in RESULT else None
        year = books.balance(account.id, since=since, until=day)
        if account.id == retained:
            year -= earned
        yield account.id, (month, year)


def _row(account: Account, month: Decimal, year: Decimal) -> Row:
    """One account. The side that an amount is not on stays empty."""
    name = f"{account.name} ({account.code})" if account.code else account.name
    values = [name, *_sides(month, account), *_sides(year, account)]
    return row([cell(value, ("account", account.id)) for value in values])


def _sides(amount: Decimal, account: Account) -> tuple[str, str]:
    debit = amount > 0 or (amount == 0 and account.class_ in {"ASSET", "EXPENSE"})
    return (figure(amount), "") if debit else ("", figure(-amount))
