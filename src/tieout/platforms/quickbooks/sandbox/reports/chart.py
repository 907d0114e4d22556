"""The chart of accounts as reports walk it: by type, then by name, sub-accounts below their parents."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Role
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.platforms.quickbooks.sandbox.reports.periods import Period, fiscal_year_start

ACCOUNT_TYPES = (
    "Bank",
    "Accounts Receivable",
    "Other Current Asset",
    "Fixed Asset",
    "Other Asset",
    "Accounts Payable",
    "Credit Card",
    "Other Current Liability",
    "Long Term Liability",
    "Equity",
    "Income",
    "Cost of Goods Sold",
    "Expense",
    "Other Income",
    "Other Expense",
)
"""Types in the order in which reports list their accounts (recorded)."""
PROFIT_TYPES = frozenset({"Income", "Cost of Goods Sold", "Expense", "Other Income", "Other Expense"})
"""Types that a year end closes into retained earnings."""
_DEBIT_TYPES = frozenset(
    {
        "Bank",
        "Accounts Receivable",
        "Other Current Asset",
        "Fixed Asset",
        "Other Asset",
        "Cost of Goods Sold",
        "Expense",
        "Other Expense",
    }
)


@dataclass(frozen=True, slots=True)
class Branch:
    """An account with the accounts below it."""

    account: Record
    below: tuple["Branch", ...]

    @property
    def name(self) -> str:
        """Its own name, without those above."""
        return str(self.account.content["Name"])

    def walk(self) -> Iterator[Record]:
        """The account and every one below it, in order."""
        yield self.account
        for branch in self.below:
            yield from branch.walk()


def branches(books: Books, account_type: str) -> tuple[Branch, ...]:
    """The accounts of a type, by name, with those below them. Inactive ones may still have figures."""
    accounts = [one for one in books.shelf("Account") if one.content["AccountType"] == account_type]
    own = {account.id for account in accounts}
    below: dict[str | None, list[Record]] = {}
    for account in accounts:
        parent = account.content.get("ParentRef", {}).get("value")
        below.setdefault(parent if parent in own else None, []).append(account)

    def grown(parent: str | None) -> tuple[Branch, ...]:
        found = sorted(below.get(parent, ()), key=lambda one: (str(one.content["Name"]).lower(), one.id))
        return tuple(Branch(account, grown(account.id)) for account in found)

    return grown(None)


def in_order(books: Books, types: Iterable[str] = ACCOUNT_TYPES) -> list[Record]:
    """Every account of some types, in the order of reports."""
    return [account for account_type in types for branch in branches(books, account_type) for account in branch.walk()]


def natural(account: Record, net: Decimal) -> Decimal:
    """A net debit as the account's own side counts it: income, liabilities and equity grow by credits."""
    return net if account.content["AccountType"] in _DEBIT_TYPES else -net


def is_profit(account: Record) -> bool:
    """Whether a year end closes the account."""
    return account.content["AccountType"] in PROFIT_TYPES


def profit(books: Books, period: Period) -> Decimal:
    """What was earned in a period: income less expenses."""
    return -sum((movement(books, one, period) for one in books.shelf("Account") if is_profit(one)), ZERO)


def movement(books: Books, account: Record, period: Period) -> Decimal:
    """The net debit of an account within a period."""
    return books.ledger.balance(account.id, since=period.start, until=period.end)


def closings(books: Books, on: date) -> dict[str, Decimal]:
    """The net debit of every account at the end of a day, by id, where it is not nothing.

    Accounts of the balance sheet stand with all there ever was; income and expenses with the fiscal year that the day
    is in, and all years before that year in retained earnings.
    """
    year = fiscal_year_start(on, books.profile.fiscal_year_start_month)
    nets: dict[str, Decimal] = {}
    carried = ZERO
    for account in books.shelf("Account"):
        net = books.ledger.balance(account.id, until=on)
        if is_profit(account):
            own = books.ledger.balance(account.id, since=year, until=on)
            carried += net - own
            net = own
        nets[account.id] = net
    nets[books.role(Role.RETAINED)] += carried
    return {account_id: net for account_id, net in nets.items() if net}
