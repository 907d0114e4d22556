"""The trial balance: every account with a balance at the end of the period."""

from typing import Any

from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.platforms.quickbooks.sandbox.reports.asking import ACCRUAL, Asked
from tieout.platforms.quickbooks.sandbox.reports.chart import closings, in_order
from tieout.platforms.quickbooks.sandbox.reports.sheets import Column, Sheet, amount, cell, total

COLUMNS = (
    Column("", "Account", "account"),
    Column("Debit", "Money", "debit"),
    Column("Credit", "Money", "credit"),
)
OPTIONS = frozenset({"start_date", "end_date", "date_macro", "accounting_method", "summarize_column_by"})


def trial_balance(asked: Asked) -> dict[str, Any]:
    """`reports/TrialBalance`; without dates it covers this month to date (recorded)."""
    period, macro = asked.period("this month-to-date")
    basis = asked.basis(ACCRUAL)
    asked.summarized("Total")
    nets = closings(asked.books, period.end)
    sheet = Sheet(COLUMNS)
    rows = []
    debited = credited = ZERO
    for account in in_order(asked.books):
        net = nets.get(account.id)
        if net is None:
            continue
        debited, credited = debited + max(net, ZERO), credited + max(-net, ZERO)
        name = cell(account.content["FullyQualifiedName"], account.id)
        rows.append(sheet.data([name, cell(amount(max(net, ZERO))), cell(amount(max(-net, ZERO)))]))
    if rows:
        summary = [cell("TOTAL"), cell(total(debited)), cell(total(credited))]
        rows.append(sheet.section(summary=summary, group="GrandTotal"))
    return sheet.told(asked.header(period, macro, basis=basis), rows, empty=not rows)
