"""How a statement's figures are cut into columns: in all, by month, or by customer or vendor."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.rendering import display_name
from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.platforms.quickbooks.sandbox.refusals import NotSimulatedError
from tieout.platforms.quickbooks.sandbox.reports.asking import Asked
from tieout.platforms.quickbooks.sandbox.reports.chart import PROFIT_TYPES, in_order, movement
from tieout.platforms.quickbooks.sandbox.reports.lines import check_customers_of_lines, party_of, record_of
from tieout.platforms.quickbooks.sandbox.reports.periods import Period, month_title, months_of
from tieout.platforms.quickbooks.sandbox.reports.sheets import Column
from tieout.sandbox.ledger import DocumentRef

Figures = Callable[[Record], tuple[Decimal, ...]]
"""The net debits of an account, one for each column of figures."""
ACCOUNT = Column("", "Account", "account")
TOTAL = Column("Total", "Money", "total")
NOT_SPECIFIED = "Not Specified"
"""The column of what belongs to nobody."""
_PARTIES = {"Customers": "Customer", "Vendors": "Vendor"}


@dataclass(frozen=True, slots=True)
class Cut:
    """The columns of a statement, without that of the accounts, and what stands in them."""

    columns: tuple[Column, ...]
    figures: Figures


def month_columns(period: Period) -> tuple[Column, ...]:
    """A column for each month, or part of one."""
    return tuple(
        Column(
            month_title(month),
            "Money",
            month_title(month),
            (("StartDate", month.start.isoformat()), ("EndDate", month.end.isoformat())),
        )
        for month in months_of(period)
    )


def movements(asked: Asked, period: Period, summarized: str) -> Cut:
    """What moved within a period, cut as asked, of everybody or of the customers and vendors asked for."""
    books = asked.books
    if summarized in _PARTIES or asked.ids("customer") or asked.ids("vendor"):
        return _by_party(asked, period, summarized)
    if summarized == "Total":
        return Cut((TOTAL,), lambda account: (movement(books, account, period),))
    months = months_of(period)
    return Cut(
        (*month_columns(period), TOTAL),
        lambda account: _with_total([movement(books, account, month) for month in months]),
    )


def _with_total(figures: Sequence[Decimal]) -> tuple[Decimal, ...]:
    return (*figures, sum(figures, ZERO))


def _by_party(asked: Asked, period: Period, summarized: str) -> Cut:
    """By who a document is from or to. Loud where lines of one purchase are for several customers."""
    wanted = {kind: asked.ids(kind.lower()) for kind in ("Customer", "Vendor")}
    nets: dict[str, dict[str, Decimal]] = {}
    named: dict[str, str] = {}
    for account in in_order(asked.books, PROFIT_TYPES):
        for entry, line in asked.books.ledger.postings(account.id, since=period.start, until=period.end):
            if wanted["Customer"] or summarized == "Customers":
                check_customers_of_lines(record_of(asked.books, entry))
            party = party_of(asked.books, entry, line)
            if not _is_wanted(party, wanted):
                continue
            key, title = _place(asked.books, party, summarized)
            named[key] = title
            of_account = nets.setdefault(account.id, {})
            of_account[key] = of_account.get(key, ZERO) + line.net
    if any(wanted.values()) and summarized not in ("Total", *_PARTIES):
        raise NotSimulatedError(f"a statement by {summarized} of some parties is not simulated")
    keys = sorted(named, key=lambda key: (key == "", named[key].lower()))
    columns = tuple(Column(named[key], "Money", key or NOT_SPECIFIED) for key in keys if summarized in _PARTIES)
    last = Column("TOTAL", "Money", "total") if summarized in _PARTIES else TOTAL

    def figures(account: Record) -> tuple[Decimal, ...]:
        own: Mapping[str, Decimal] = nets.get(account.id, {})
        parts = [own.get(key, ZERO) for key in keys]
        return _with_total(parts) if columns else (sum(parts, ZERO),)

    return Cut((*columns, last), figures)


def _is_wanted(party: DocumentRef | None, wanted: Mapping[str, frozenset[str] | None]) -> bool:
    if not any(wanted.values()):
        return True
    return party is not None and party.id in (wanted.get(party.kind) or ())


def _place(books: Books, party: DocumentRef | None, summarized: str) -> tuple[str, str]:
    """Key and title of the column that a line belongs to."""
    kind = _PARTIES.get(summarized)
    if kind is None or party is None or party.kind != kind:
        return "", NOT_SPECIFIED
    return party.id, display_name(books.record(party))
