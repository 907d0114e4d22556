"""Income and expenses as cash has them: what was sold and bought counts when, and as far as, it is settled.

An invoice or bill counts in the proportion in which payments and credits have settled it, the cost of goods with it,
and a credit as far as it is used; each from the day on which both ends are there. Money that settles nothing counts as
unapplied. What stands on no receivable or payable account counts on its own day. Once everything is settled the two
bases agree.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import TRANSACTIONS
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.figures import ZERO, cents
from tieout.platforms.quickbooks.sandbox.refusals import NotSimulatedError
from tieout.platforms.quickbooks.sandbox.reports.asking import Asked
from tieout.platforms.quickbooks.sandbox.reports.chart import PROFIT_TYPES, in_order, is_profit
from tieout.platforms.quickbooks.sandbox.reports.columns import TOTAL, Cut, month_columns
from tieout.platforms.quickbooks.sandbox.reports.lines import record_of
from tieout.platforms.quickbooks.sandbox.reports.open_items import PAYMENTS
from tieout.platforms.quickbooks.sandbox.reports.periods import Period, months_of

UNAPPLIED = {
    "Payment": ("Income", "Unapplied Cash Payment Income"),
    "BillPayment": ("Expense", "Unapplied Cash Bill Payment Expense"),
}
"""Of each kind of payment: the account type that money counts in until it settles something, and the row's name."""


@dataclass(frozen=True, slots=True)
class CashCut:
    """The columns, and the rows that no account stands for: by account type, name and figures."""

    cut: Cut
    unapplied: dict[str, tuple[str, tuple[Decimal, ...]]]


def cash_movements(asked: Asked, period: Period, summarized: str) -> CashCut:
    """What moved within a period on cash basis, in all or by month. Loud where it is not computed."""
    books = asked.books
    if books.profile.multi_currency or asked.ids("customer") or asked.ids("vendor"):
        raise NotSimulatedError("cash basis with several currencies, or of some parties, is not simulated")
    months = months_of(period) if summarized == "Month" else (period,)
    nets = [_nets(books, month) for month in months]
    free = [_unapplied(books, month) for month in months]
    by_month = summarized == "Month"

    def columns(parts: list[Decimal]) -> tuple[Decimal, ...]:
        return (*parts, sum(parts, ZERO)) if by_month else tuple(parts)

    told = {
        account_type: (name, columns([one[kind] for one in free])) for kind, (account_type, name) in UNAPPLIED.items()
    }
    shown = (*month_columns(period), TOTAL) if by_month else (TOTAL,)
    return CashCut(Cut(shown, lambda account: columns([one.get(account.id, ZERO) for one in nets])), told)


def _nets(books: Books, period: Period) -> dict[str, Decimal]:
    """The net debit of every account of income and expenses."""
    nets: dict[str, Decimal] = {}
    for account in in_order(books, PROFIT_TYPES):
        for entry, line in books.ledger.postings(account.id, since=period.start, until=period.end):
            record = record_of(books, entry)
            if record.shaped.openings:
                raise NotSimulatedError(f"cash basis with a {record.kind.name} on a control account is not simulated")
            if not record.shaped.owed or record.kind.name in PAYMENTS:
                nets[account.id] = nets.get(account.id, ZERO) + line.net
    for record in _settled_ones(books):
        before, after = _portion(books, record, period, at_end=False), _portion(books, record, period, at_end=True)
        entry_now = books.ledger.standing(record.ref)
        if before == after or entry_now is None:
            continue
        for line in entry_now.lines:
            if is_profit(books.shelf("Account").records[line.account_id]):
                by = cents(line.net * after) - cents(line.net * before)
                nets[line.account_id] = nets.get(line.account_id, ZERO) + by
    return nets


def _settled_ones(books: Books) -> Iterator[Record]:
    for kind in TRANSACTIONS:
        if kind.name not in PAYMENTS:
            yield from (one for one in books.shelf(kind) if one.shaped.owed and one.settlements)


def _portion(books: Books, record: Record, period: Period, *, at_end: bool) -> Decimal:
    """The part of a document that is settled when the period ends, or when it begins."""
    day, last = record.content["TxnDate"], period.end.isoformat()
    settled = ZERO
    for ref, amount in record.settlements.items():
        if ref.kind in PAYMENTS:
            on = max(day, books.record(ref).content["TxnDate"])
            if on <= last if at_end else on < period.start.isoformat():
                settled += amount
    return settled / record.shaped.total if record.shaped.total else ZERO


def _unapplied(books: Books, period: Period) -> dict[str, Decimal]:
    """How much more money of each kind of payment settles nothing when the period ends than when it began."""
    told = {}
    for kind in UNAPPLIED:
        more = ZERO
        for payment in books.shelf(kind):
            more += _free(books, payment, period, at_end=True) - _free(books, payment, period, at_end=False)
        told[kind] = more
    return told


def _free(books: Books, payment: Record, period: Period, *, at_end: bool) -> Decimal:
    def is_there(day: str) -> bool:
        return day <= period.end.isoformat() if at_end else day < period.start.isoformat()

    if not is_there(payment.content["TxnDate"]):
        return ZERO
    used = ZERO
    for one in payment.shaped.applications:
        if is_there(books.record(one.target).content["TxnDate"]):
            used += -one.amount if one.is_credit else one.amount
    return payment.shaped.total - used
