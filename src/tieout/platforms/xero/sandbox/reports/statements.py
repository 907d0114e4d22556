"""The balance sheet and the profit and loss. Source: reports page, API description.

Liabilities, equity and income are shown as credits, everything else as debits. An account without a figure in any
column is left out, and so is a section without accounts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Account
from tieout.platforms.xero.sandbox.reports.basis import Balances
from tieout.platforms.xero.sandbox.reports.periods import year_start
from tieout.platforms.xero.sandbox.reports.rows import (
    Row,
    account_row,
    added,
    american,
    cell,
    figure,
    header,
    plain_row,
    report,
    row,
    section,
    short,
    shorter,
    spelled,
    summary,
)
from tieout.platforms.xero.sandbox.reports.trial_balance import earned_until
from tieout.platforms.xero.sandbox.wire import ZERO, ZERO_ID

ASSETS = (
    ("Bank", ("BANK",)),
    ("Current Assets", ("CURRENT", "INVENTORY", "PREPAYMENT")),
    ("Fixed Assets", ("FIXED",)),
    ("Non-current Assets", ("NONCURRENT",)),
)
LIABILITIES = (
    ("Current Liabilities", ("CURRLIAB", "LIABILITY", "PAYG")),
    ("Non-current Liabilities", ("TERMLIAB",)),
)
INCOME = ("REVENUE", "SALES")
OTHER_INCOME = ("OTHERINCOME",)
COST_OF_SALES = ("DIRECTCOSTS",)
EXPENSES = ("EXPENSE", "OVERHEADS", "DEPRECIATN")

CURRENCY_SYSTEM = frozenset({"BANKCURRENCYGAIN", "REALISEDCURRENCYGAIN", "UNREALISEDCURRENCYGAIN"})
CURRENCY_GROUP = ("Foreign Currency Gains and Losses", "FXGROUPID")
"""In most regions the currency accounts are one line of the profit and loss, which has this for an account."""

Amounts = list[Decimal]
Read = Callable[[Account], Amounts]
"""What an account has in each column, as a debit."""


def balance_sheet(organisation: Organisation, days: Sequence[date], books: Balances) -> Mapping[str, Any]:
    """What stands in the books as of each of some days, latest first."""
    count = len(days)

    def read(account: Account) -> Amounts:
        return [books.balance(account.id, until=day) for day in days]

    rows: list[Row] = [header(["", *(short(day) for day in days)])]
    totals = []
    for title, groups, sign in (("Assets", ASSETS, 1), ("Liabilities", LIABILITIES, -1)):
        rows.append(section(title, []))
        sums = []
        for name, types in groups:
            made, total = _group(organisation, name, types, sign=sign, read=read, count=count)
            rows += made
            sums.append(total)
        totals.append(added(sums, count))
        rows.append(section("", [summary(f"Total {title}", totals[-1])]))
    net = [assets - liabilities for assets, liabilities in zip(*totals, strict=True)]
    rows.append(section("", [plain_row("Net Assets", net)]))
    rows.append(_equity(organisation, days, books, read))
    titles = ["Balance Sheet", organisation.name, f"As at {spelled(days[0])}"]
    return report(organisation, "BalanceSheet", "Balance Sheet", titles, rows)


def _equity(organisation: Organisation, days: Sequence[date], books: Balances, read: Read) -> Row:
    """Equity accounts with what was earned: this year on a line of its own, before in retained earnings."""
    starts = [year_start(day, organisation.profile.year_end) for day in days]
    current = [earned_until(organisation, books, day, since=start) for day, start in zip(days, starts, strict=True)]
    retained = organisation.system_account("RETAINEDEARNINGS")
    lines: list[tuple[str, Amounts, Row]] = []
    if any(current):
        spans = [(american(start), american(day)) for day, start in zip(days, starts, strict=True)]
        lines.append(("Current Year Earnings", current, _dated("Current Year Earnings", ZERO_ID, current, spans)))
    for account in organisation.accounts.values():
        if account.class_ != "EQUITY":
            continue
        amounts = [-amount for amount in read(account)]
        if account is retained:
            before = [earned_until(organisation, books, start - timedelta(days=1)) for start in starts]
            amounts = [own + earned for own, earned in zip(amounts, before, strict=True)]
        if any(amounts):
            shown = account_row(account.name, account.id, amounts)
            if account is retained:
                shown = _dated(account.name, account.id, amounts, [("", american(day)) for day in days])
            lines.append((account.name, amounts, shown))
    lines.sort(key=lambda line: line[0])
    total = added((amounts for _, amounts, _ in lines), len(days))
    return section("Equity", [*(shown for _, _, shown in lines), summary("Total Equity", total)])


def _dated(name: str, account_id: str, amounts: Amounts, spans: Sequence[tuple[str, str]]) -> Row:
    """A row whose cells say the days between which the amount was earned."""
    mark = ("account", account_id)
    cells = [
        cell(figure(amount), mark, ("fromDate", start), ("toDate", end))
        for amount, (start, end) in zip(amounts, spans, strict=True)
    ]
    return row([cell(name, mark), *cells])


def profit_and_loss(
    organisation: Organisation, spans: Sequence[tuple[date, date]], books: Balances
) -> Mapping[str, Any]:
    """What was earned within each of some spans of days, latest first."""
    count = len(spans)

    def read(account: Account) -> Amounts:
        return [books.balance(account.id, since=start, until=end) for start, end in spans]

    def group(title: str, types: Sequence[str], sign: int) -> tuple[list[Row], Amounts]:
        return _group(organisation, title, types, sign=sign, read=read, count=count)

    rows: list[Row] = [header(["", *(shorter(end) for _, end in spans)])]
    income_rows, income = group("Income", INCOME, -1)
    cost_rows, cost = group("Less Cost of Sales", COST_OF_SALES, 1)
    other_rows, other = group("Plus Other Income", OTHER_INCOME, -1)
    expense_rows, expenses = group("Less Operating Expenses", EXPENSES, 1)
    gross = [earned - spent for earned, spent in zip(income, cost, strict=True)]
    net = [profit + more - spent for profit, more, spent in zip(gross, other, expenses, strict=True)]
    rows += [*income_rows, *cost_rows, section("", [plain_row("Gross Profit", gross)])]
    rows += [*other_rows, *expense_rows, section("", [plain_row("Net Profit", net)])]
    start, end = spans[0]
    titles = ["Profit & Loss", organisation.name, f"{spelled(start)} to {spelled(end)}"]
    return report(organisation, "ProfitAndLoss", "Profit and Loss", titles, rows)


def _group(
    organisation: Organisation, title: str, types: Iterable[str], *, sign: int, read: Read, count: int
) -> tuple[list[Row], Amounts]:
    """A section of the accounts of some types, none if it is empty, and its totals."""
    lines: dict[tuple[str, str, str], Amounts] = {}
    grouped = organisation.profile.version != "US"
    for account in organisation.accounts.values():
        if account.type not in types:
            continue
        name, account_id = account.name, account.id
        if grouped and account.system in CURRENCY_SYSTEM:
            name, account_id = CURRENCY_GROUP
        key = (name, account.code if account_id == account.id else "", account_id)
        lines[key] = added([lines.get(key, [ZERO] * count), [sign * amount for amount in read(account)]], count)
    shown = sorted((key, amounts) for key, amounts in lines.items() if any(amounts))
    total = added((amounts for _, amounts in shown), count)
    if not shown:
        return [], total
    rows = [account_row(name, account_id, amounts) for (name, _, account_id), amounts in shown]
    words = title.removeprefix("Less ").removeprefix("Plus ")
    return [section(title, [*rows, summary(f"Total {words}", total)])], total
