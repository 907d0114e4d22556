"""Reports, made from the journal."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Role
from tieout.platforms.quickbooks.sandbox.figures import ZERO, cents
from tieout.platforms.quickbooks.sandbox.moments import stamp
from tieout.sandbox.ledger import LedgerAccount, Nature

_UNDERSTOOD = frozenset({"start_date", "end_date", "accounting_method", "date_macro", "minorversion", "requestid"})
_ACCRUAL = "Accrual"


def answer_report(books: Books, name: str, wanted: Mapping[str, str]) -> dict[str, Any]:
    """A report by its name. Raises `Refusal`; a report or option that is not made here is `NotSimulatedError`."""
    if name.lower() != "trialbalance":
        raise refusals.NotSimulatedError(f"the report {name} is not simulated")
    unknown = set(wanted) - _UNDERSTOOD
    if unknown:
        raise refusals.NotSimulatedError(f"the report option {', '.join(sorted(unknown))} is not simulated")
    if wanted.get("accounting_method", _ACCRUAL) != _ACCRUAL:
        raise refusals.NotSimulatedError("reports on cash basis are not simulated")
    start, end, macro = _period(books, wanted)
    return trial_balance(books, start, end, macro)


def trial_balance(books: Books, start: date, end: date, macro: str | None = None) -> dict[str, Any]:
    """Every account with a balance at the end of the period.

    Accounts of the balance sheet stand with all there ever was; income and expenses with the fiscal year that the
    period ends in, and earlier years in retained earnings.
    """
    rows = _rows(books, end)
    header: dict[str, Any] = {"Time": stamp(books.now()), "ReportName": "TrialBalance"}
    if macro is not None:
        header["DateMacro"] = macro
    header |= {
        "ReportBasis": _ACCRUAL,
        "StartPeriod": start.isoformat(),
        "EndPeriod": end.isoformat(),
        "Currency": books.profile.currency,
        "Option": [{"Name": "NoReportData", "Value": "false" if rows else "true"}],
    }
    debit_total = sum((max(net, ZERO) for _, net in rows), ZERO)
    credit_total = sum((max(-net, ZERO) for _, net in rows), ZERO)
    data: list[dict[str, Any]] = [
        {
            "ColData": [
                {"value": account.name, "id": account.id},
                {"value": _figure(net)},
                {"value": _figure(-net)},
            ],
            "type": "Data",
        }
        for account, net in rows
    ]
    if rows:
        total = {
            "ColData": [{"value": "TOTAL"}, {"value": str(cents(debit_total))}, {"value": str(cents(credit_total))}]
        }
        data.append({"Summary": total, "type": "Section", "group": "GrandTotal"})
    return {
        "Header": header,
        "Columns": {
            "Column": [
                _column("", "Account", "account"),
                _column("Debit", "Money", "debit"),
                _column("Credit", "Money", "credit"),
            ]
        },
        "Rows": {"Row": data} if data else {},
    }


def _rows(books: Books, end: date) -> list[tuple[LedgerAccount, Decimal]]:
    year = fiscal_year_start(end, books.profile.fiscal_year_start_month)
    before = year - timedelta(days=1)
    retained = books.role(Role.RETAINED)
    carried = sum(
        (
            books.ledger.balance(account.id, until=before)
            for account in books.ledger.accounts
            if account.nature in (Nature.INCOME, Nature.EXPENSE)
        ),
        ZERO,
    )
    rows = []
    for account in books.ledger.accounts:
        closes = account.nature in (Nature.INCOME, Nature.EXPENSE)
        net = books.ledger.balance(account.id, until=end, since=year if closes else None)
        if account.id == retained:
            net += carried
        if net:
            rows.append((account, net))
    return rows


def fiscal_year_start(day: date, month: int) -> date:
    """The first day of the fiscal year that a day is in."""
    return date(day.year if day.month >= month else day.year - 1, month, 1)


def _period(books: Books, wanted: Mapping[str, str]) -> tuple[date, date, str | None]:
    """The period asked for, or this month to date."""
    if "date_macro" in wanted:
        raise refusals.NotSimulatedError("date macros are not simulated: pass start_date and end_date")
    today = books.today()
    if "start_date" not in wanted and "end_date" not in wanted:
        return today.replace(day=1), today, "this month-to-date"
    try:
        end = date.fromisoformat(wanted.get("end_date", today.isoformat()))
        start = date.fromisoformat(wanted.get("start_date", end.replace(day=1).isoformat()))
    except ValueError:
        raise refusals.invalid_value("date", wanted, "java.util.Date") from None
    if start > end:
        raise refusals.business("The start of a report cannot be after its end")
    return start, end, None


def _figure(net: Decimal) -> str:
    return str(cents(net)) if net > 0 else ""


def _column(title: str, kind: str, key: str) -> dict[str, Any]:
    return {"ColTitle": title, "ColType": kind, "MetaData": [{"Name": "ColKey", "Value": key}]}
