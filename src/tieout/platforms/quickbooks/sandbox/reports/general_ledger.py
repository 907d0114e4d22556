"""The general ledger: every line on every account within the period, with the balance before and after it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Role
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.rendering import party_name
from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.platforms.quickbooks.sandbox.moments import stamp
from tieout.platforms.quickbooks.sandbox.reports.asking import ACCRUAL, Asked
from tieout.platforms.quickbooks.sandbox.reports.chart import (
    ACCOUNT_TYPES,
    Branch,
    branches,
    is_profit,
    natural,
    profit,
)
from tieout.platforms.quickbooks.sandbox.reports.lines import check_customers_of_lines, memo_of, party_of, record_of
from tieout.platforms.quickbooks.sandbox.reports.periods import Period, fiscal_year_start
from tieout.platforms.quickbooks.sandbox.reports.sheets import Cell, Column, Row, Sheet, blank, cell, listed_amount
from tieout.platforms.quickbooks.sandbox.reports.wording import SPLIT, transaction_words
from tieout.sandbox.ledger import DocumentRef, JournalEntry, JournalLine

OPTIONS = frozenset(
    {
        "start_date",
        "end_date",
        "date_macro",
        "accounting_method",
        "summarize_column_by",
        "account",
        "account_type",
        "customer",
        "vendor",
        "columns",
    }
)
_AMOUNT, _BALANCE = "subt_nat_amount", "rbal_nat_amount"
_TYPES = {name.replace(" ", ""): name for name in ACCOUNT_TYPES} | {
    "AccountsReceivable": "Accounts Receivable",
    "AccountsPayable": "Accounts Payable",
}


@dataclass(frozen=True, slots=True)
class _Posting:
    """One line on an account, with what stood there after it."""

    account: Record
    record: Record
    entry: JournalEntry
    line: JournalLine
    party: DocumentRef | None
    moved: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class _Shown:
    """A column: `usual` is shown unless columns are asked for. Its type is its key, as recorded."""

    title: str
    key: str
    show: Callable[[Books, _Posting], Cell]
    usual: bool = True

    @property
    def column(self) -> Column:
        return Column(self.title, self.key, self.key)


def _party_cell(books: Books, posting: _Posting) -> Cell:
    party = posting.party
    return cell(party_name(books, party), party.id if party is not None else "")


def _party_of_kind(kind: str) -> Callable[[Books, _Posting], Cell]:
    def show(books: Books, posting: _Posting) -> Cell:
        party = posting.party
        return _party_cell(books, posting) if party is not None and party.kind == kind else cell("", "")

    return show


def _type_cell(_books: Books, posting: _Posting) -> Cell:
    document = posting.entry.document
    is_list = posting.record.kind.is_list and document.kind == posting.record.kind.name
    return cell(transaction_words(posting.record, document.kind), "" if is_list else document.id)


def _memo_cell(books: Books, posting: _Posting) -> Cell:
    return cell(memo_of(books, posting.entry, posting.line, describes=is_profit(posting.account)))


def _split_cell(books: Books, posting: _Posting) -> Cell:
    """Where the other side is booked; several places are a split."""
    mine, lines = posting.line, posting.entry.lines
    others = [line for line in lines if line is not mine]
    across = [line for line in others if bool(line.debit) != bool(mine.debit)]
    found = others if len(others) == 1 else across
    if len(found) != 1:
        return cell(SPLIT, "")
    account = books.shelf("Account").records[found[0].account_id]
    return cell(str(account.content["FullyQualifiedName"]), account.id)


_COLUMNS = (
    _Shown(
        "Account",
        "account_name",
        lambda _books, one: cell(str(one.account.content["FullyQualifiedName"]), one.account.id),
        usual=False,
    ),
    _Shown("Date", "tx_date", lambda _books, one: cell(one.entry.date.isoformat())),
    _Shown("Transaction Type", "txn_type", _type_cell),
    _Shown("Num", "doc_num", lambda _books, one: cell(str(one.record.content.get("DocNumber", "")))),
    _Shown("Name", "name", _party_cell),
    _Shown("Customer", "cust_name", _party_of_kind("Customer"), usual=False),
    _Shown("Vendor", "vend_name", _party_of_kind("Vendor"), usual=False),
    _Shown("Create Date", "create_date", lambda _books, one: cell(stamp(one.record.created_at)), usual=False),
    _Shown("Last Modified", "last_mod_date", lambda _books, one: cell(stamp(one.record.updated_at)), usual=False),
    _Shown("Memo/Description", "memo", _memo_cell),
    _Shown("Split", "split_acc", _split_cell),
    _Shown("Debit", "debt_amt", lambda _books, one: cell(listed_amount(one.line.debit or None)), usual=False),
    _Shown("Credit", "credit_amt", lambda _books, one: cell(listed_amount(one.line.credit or None)), usual=False),
    _Shown("Amount", _AMOUNT, lambda _books, one: cell(listed_amount(one.moved))),
    _Shown("Balance", _BALANCE, lambda _books, one: cell(listed_amount(one.balance))),
)
"""In the order in which they are always shown."""


def general_ledger(asked: Asked) -> dict[str, Any]:
    """`reports/GeneralLedger`; without dates it covers this month to date (recorded).

    Accounts without a balance and without a line are left out.
    """
    period, macro = asked.period("this month-to-date")
    basis = asked.basis(ACCRUAL)
    asked.summarized("Total")
    keys = asked.words("columns", {one.key: one.key for one in _COLUMNS})
    columns = [one for one in _COLUMNS if (one.usual if keys is None else one.key in keys)]
    book = _Book(asked, period, columns)
    types = asked.words("account_type", _TYPES)
    rows = [
        row
        for account_type in ACCOUNT_TYPES
        if types is None or account_type in types
        for branch in branches(asked.books, account_type)
        if (row := book.section(branch)[0]) is not None
    ]
    return book.sheet.told(asked.header(period, macro, basis=basis), rows, empty=not rows)


class _Book:
    """The sections of one request as they are made."""

    def __init__(self, asked: Asked, period: Period, columns: Sequence[_Shown]) -> None:
        self._books = asked.books
        self._period = period
        self._columns = columns
        self._accounts = asked.ids("account")
        customers, vendors = asked.ids("customer"), asked.ids("vendor")
        self._by_customer = customers is not None
        self._parties: frozenset[DocumentRef] | None = None
        if customers is not None or vendors is not None:
            self._parties = frozenset(
                {DocumentRef("Customer", one) for one in customers or ()}
                | {DocumentRef("Vendor", one) for one in vendors or ()}
            )
        self.sheet = Sheet([one.column for one in columns])

    def section(self, branch: Branch) -> tuple[Row | None, Decimal | None]:
        """An account with its lines and the accounts below it, and what moved; None when there is nothing.

        An account that has nothing of its own is headed by the id of the first one below it, which then stands without
        one (recorded).
        """
        own, moved = self._lines(branch.account)
        found = [self.section(one) for one in branch.below]
        below = [row for row, _ in found if row is not None]
        if not own and not below:
            return None, None
        heading = cell(branch.name, branch.account.id)
        if not own:
            heading["id"] = below[0]["Header"]["ColData"][0].pop("id")
        parts = [part for part in (moved, *(part for _, part in found)) if part is not None]
        total = sum(parts, ZERO) if parts else None
        sums = [cell(listed_amount(total)) if one.key == _AMOUNT else blank() for one in self._columns]
        summary = [cell(f"Total for {branch.name}"), *sums[1:]]
        return self.sheet.section(header=[heading], rows=[*own, *below], summary=summary), total

    def _lines(self, account: Record) -> tuple[list[Row], Decimal | None]:
        """The rows of one account, and what moved; None where nothing did."""
        if self._accounts is not None and account.id not in self._accounts:
            return [], None
        balance = self._beginning(account)
        rows = [self._beginning_row(balance)] if balance and _BALANCE in [one.key for one in self._columns] else []
        moved: Decimal | None = None
        for party, entry, line in self._postings(account, self._period):
            by = natural(account, line.net)
            balance += by
            moved = by if moved is None else moved + by
            posting = _Posting(account, record_of(self._books, entry), entry, line, party, by, balance)
            rows.append(self.sheet.data(one.show(self._books, posting) for one in self._columns))
        return rows, moved

    def _postings(
        self, account: Record, period: Period
    ) -> Iterator[tuple[DocumentRef | None, JournalEntry, JournalLine]]:
        """What is on an account, with whom, as far as it is asked for."""
        for entry, line in self._books.ledger.postings(account.id, since=period.start, until=period.end):
            if self._by_customer and is_profit(account):
                check_customers_of_lines(record_of(self._books, entry))
            party = party_of(self._books, entry, line)
            if self._parties is None or party in self._parties:
                yield party, entry, line

    def _beginning(self, account: Record) -> Decimal:
        """The balance before the period: for income and expenses that of the fiscal year so far."""
        before = Period(date.min, self._period.start - timedelta(days=1))
        year = fiscal_year_start(self._period.start, self._books.profile.fiscal_year_start_month)
        if is_profit(account):
            before = Period(year, before.end)
        if self._parties is not None:
            return sum((natural(account, line.net) for _, _, line in self._postings(account, before)), ZERO)
        net = self._books.ledger.balance(account.id, since=before.start, until=before.end)
        if account.id == self._books.role(Role.RETAINED):
            net -= profit(self._books, Period(date.min, year - timedelta(days=1)))
        return natural(account, net)

    def _beginning_row(self, balance: Decimal) -> Row:
        cells = [cell(listed_amount(balance)) if one.key == _BALANCE else blank() for one in self._columns]
        cells[0] = cell("Beginning Balance")
        return self.sheet.data(cells)
