"""What went in and out of each bank account. Source: API description of Reports/BankSummary."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.reports.rows import (
    Row,
    added,
    cell,
    figure,
    header,
    report,
    row,
    section,
    spelled,
    summary,
)
from tieout.sandbox.ledger import ZERO, DocumentRef

HEADINGS = ("Bank Accounts", "Opening Balance", "Cash Received", "Cash Spent", "Closing Balance")


def bank_summary(organisation: Organisation, start: date, end: date) -> Mapping[str, Any]:
    """The report about a span of days, in home currency."""
    moved = _movements(organisation, start, end)
    before = start - timedelta(days=1)
    banks = [account for account in organisation.accounts.values() if account.type == "BANK"]
    lines: list[Row] = []
    amounts = []
    for account in sorted(banks, key=lambda account: (account.name, account.code)):
        received, spent = moved[account.id]
        opening = organisation.ledger.balance(account.id, until=before)
        figures = [opening, received, spent, opening + received - spent]
        if account.status != "ACTIVE" and not any(figures):
            continue
        mark = ("account", account.id)
        lines.append(
            row(
                [
                    cell(account.name, ("accountID", account.id)),
                    cell(figure(opening)),
                    cell(figure(received), mark),
                    cell(figure(spent), mark),
                    cell(figure(figures[-1])),
                ]
            )
        )
        amounts.append(figures)
    lines.append(summary("Total", added(amounts, 4)))
    titles = ["Bank Summary", organisation.name, f"From {spelled(start)} to {spelled(end)}"]
    return report(organisation, "BankSummary", "Bank Summary", titles, [header(HEADINGS), section("", lines)])


def _movements(organisation: Organisation, start: date, end: date) -> Mapping[str, tuple[Decimal, Decimal]]:
    """What each bank account received and spent; what was taken back again is neither."""
    banks = {account.id for account in organisation.accounts.values() if account.type == "BANK"}
    nets: dict[tuple[str, DocumentRef], Decimal] = defaultdict(lambda: ZERO)
    for entry in organisation.ledger.entries:
        if start <= entry.date <= end:
            for line in entry.lines:
                if line.account_id in banks:
                    nets[line.account_id, entry.document] += line.net
    moved: dict[str, tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
    for (account_id, _), net in nets.items():
        received, spent = moved[account_id]
        moved[account_id] = (received + max(net, ZERO), spent + max(-net, ZERO))
    return moved
