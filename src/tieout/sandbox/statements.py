"""The statements that a company's page shows, computed from its journal and its open documents. Pure.

They are for people who look; the reports that a platform's API answers are computed by the platform's own rooms.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tieout.sandbox.companies import DocumentView, Side
from tieout.sandbox.ledger import ZERO, Ledger, Nature

AGES = ("Not due", "1–30 days", "31–60 days", "61–90 days", "Older")
_AGE_DAYS = (0, 30, 60, 90)


@dataclass(frozen=True, slots=True)
class Section:
    """Accounts of one nature with their figures, positive on the side that the nature has."""

    title: str
    rows: tuple[tuple[str, Decimal], ...]

    @property
    def total(self) -> Decimal:
        """All rows together."""
        return sum((figure for _, figure in self.rows), ZERO)


@dataclass(frozen=True, slots=True)
class ProfitAndLoss:
    """What was earned and spent within some days, both included."""

    since: date
    until: date
    income: Section
    expenses: Section

    @property
    def profit(self) -> Decimal:
        """Income less expenses."""
        return self.income.total - self.expenses.total


@dataclass(frozen=True, slots=True)
class BalanceSheet:
    """What is owned and owed at the end of a day; equity holds everything earned up to then."""

    on: date
    assets: Section
    liabilities: Section
    equity: Section

    @property
    def claims(self) -> Decimal:
        """Liabilities and equity: as much as the assets."""
        return self.liabilities.total + self.equity.total


@dataclass(slots=True)
class AgedParty:
    """What one party owes or is owed in one currency, by how long it has been due."""

    party: str
    currency: str
    amounts: list[Decimal] = field(default_factory=lambda: [ZERO] * len(AGES))

    @property
    def total(self) -> Decimal:
        """All ages together."""
        return sum(self.amounts, ZERO)


def profit_and_loss(ledger: Ledger, since: date, until: date) -> ProfitAndLoss:
    """Income and expenses by account."""
    return ProfitAndLoss(
        since,
        until,
        _section(ledger, Nature.INCOME, -1, since=since, until=until),
        _section(ledger, Nature.EXPENSE, 1, since=since, until=until),
    )


def balance_sheet(ledger: Ledger, on: date) -> BalanceSheet:
    """Assets against liabilities and equity; what was earned and not yet closed stands as a row of its own."""
    equity = _section(ledger, Nature.EQUITY, -1, until=on)
    earned = -sum(
        (
            ledger.balance(account.id, until=on)
            for account in ledger.accounts
            if account.nature in (Nature.INCOME, Nature.EXPENSE)
        ),
        ZERO,
    )
    if earned:
        equity = Section(equity.title, (*equity.rows, ("Earnings not yet closed", earned)))
    return BalanceSheet(
        on, _section(ledger, Nature.ASSET, 1, until=on), _section(ledger, Nature.LIABILITY, -1, until=on), equity
    )


_TITLES = {
    Nature.ASSET: "Assets",
    Nature.LIABILITY: "Liabilities",
    Nature.EQUITY: "Equity",
    Nature.INCOME: "Income",
    Nature.EXPENSE: "Expenses",
}


def _section(
    ledger: Ledger, nature: Nature, sign: int, *, since: date | None = None, until: date | None = None
) -> Section:
    figures = (
        (account.name, sign * ledger.balance(account.id, since=since, until=until))
        for account in ledger.accounts
        if account.nature is nature
    )
    return Section(_TITLES[nature], tuple((name, figure) for name, figure in figures if figure))


def aged(documents: Iterable[DocumentView], side: Side, today: date) -> Sequence[AgedParty]:
    """Open documents of one side by party and currency, in the order of the parties' names; credits count against."""
    parties: dict[tuple[str, str], AgedParty] = {}
    for document in documents:
        if document.side is not side or not document.balance:
            continue
        key = (document.party, document.currency)
        row = parties.setdefault(key, AgedParty(*key))
        row.amounts[_age(document, today)] += -document.balance if document.is_credit else document.balance
    return [parties[key] for key in sorted(parties)]


def _age(document: DocumentView, today: date) -> int:
    """Which column a document stands in; one without a due date is as old as itself."""
    overdue_days = (today - (document.due_on or document.on)).days
    return sum(overdue_days > days for days in _AGE_DAYS)
