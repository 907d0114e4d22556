"""The trial balance, computed from the ledger. Source: API description of Reports/TrialBalance.

Debit and Credit hold the movement of the month of the date, YTD the balance: for income and expense since the
beginning of the financial year, for everything else since ever; what earlier years earned stands in retained earnings.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Account
from tieout.platforms.xero.sandbox.wire import ZERO, half_up, ms_date_bare

SECTIONS = (
    ("Revenue", "REVENUE"),
    ("Expenses", "EXPENSE"),
    ("Assets", "ASSET"),
    ("Liabilities", "LIABILITY"),
    ("Equity", "EQUITY"),
)
HEADINGS = ("Account", "Debit", "Credit", "YTD Debit", "YTD Credit")
_RESULT = frozenset({"REVENUE", "EXPENSE"})


def year_start(day: date, year_end: tuple[int, int]) -> date:
    """The first day of the financial year that holds `day`; `year_end` is month and day."""
    month, last = year_end
    for year in (day.year, day.year - 1):
        end = date(year, month, min(last, 28)) if month == 2 else date(year, month, last)  # noqa: PLR2004 - February
        if month == 2:  # noqa: PLR2004 - likewise
            end = date(year, 3, 1) - timedelta(days=1)
        if end < day:
            return end + timedelta(days=1)
    return date(day.year - 1, 1, 1)


def trial_balance(organisation: Organisation, day: date) -> Mapping[str, Any]:
    """The report as of a day."""
    figures = dict(_figures(organisation, day))
    rows: list[Mapping[str, Any]] = [{"RowType": "Header", "Cells": [{"Value": heading} for heading in HEADINGS]}]
    for title, class_ in SECTIONS:
        accounts = [account for account in organisation.accounts.values() if account.class_ == class_]
        shown = [
            _row(account, *figures[account.id])
            for account in sorted(accounts, key=lambda account: (account.name, account.code))
            if any(figures[account.id])
        ]
        if shown:
            rows.append({"RowType": "Section", "Title": title, "Rows": shown})
    totals = [ZERO] * 4
    for month, year in figures.values():
        for place, amount in enumerate((max(month, ZERO), max(-month, ZERO), max(year, ZERO), max(-year, ZERO))):
            totals[place] += amount
    total_cells = [{"Value": "Total"}, *({"Value": _figure(amount)} for amount in totals)]
    rows.append({"RowType": "Section", "Title": "", "Rows": [{"RowType": "SummaryRow", "Cells": total_cells}]})
    spelled = f"{day.day} {day:%B %Y}"
    return {
        "ReportID": "TrialBalance",
        "ReportName": "Trial Balance",
        "ReportType": "TrialBalance",
        "ReportTitles": ["Trial Balance", organisation.name, f"As at {spelled}"],
        "ReportDate": spelled,
        "UpdatedDateUTC": ms_date_bare(organisation.now()),
        "Fields": [],
        "Rows": rows,
    }


def _figures(organisation: Organisation, day: date) -> Iterable[tuple[str, tuple[Decimal, Decimal]]]:
    """Movement of the month and balance of the year for every account."""
    ledger, start = organisation.ledger, year_start(day, organisation.profile.year_end)
    before = start - timedelta(days=1)
    retained = organisation.system_account("RETAINEDEARNINGS").id
    earned = sum(
        (
            ledger.balance(account.id, until=before)
            for account in organisation.accounts.values()
            if account.class_ in _RESULT
        ),
        ZERO,
    )
    for account in organisation.accounts.values():
        month = ledger.balance(account.id, since=day.replace(day=1), until=day)
        since = start if account.class_ in _RESULT else None
        year = ledger.balance(account.id, since=since, until=day)
        if account.id == retained:
            year += earned
        yield account.id, (month, year)


def _row(account: Account, month: Decimal, year: Decimal) -> Mapping[str, Any]:
    """One account. The side that an amount is not on stays empty."""
    attributes = [{"Value": account.id, "Id": "account"}]
    name = f"{account.name} ({account.code})" if account.code else account.name
    values = [name, *_sides(month, account), *_sides(year, account)]
    return {"RowType": "Row", "Cells": [{"Value": value, "Attributes": attributes} for value in values]}


def _sides(amount: Decimal, account: Account) -> tuple[str, str]:
    debit = amount > 0 or (amount == 0 and account.class_ in {"ASSET", "EXPENSE"})
    return (_figure(amount), "") if debit else ("", _figure(-amount))


def _figure(amount: Decimal) -> str:
    return str(half_up(amount + 0))
