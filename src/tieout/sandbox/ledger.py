"""A double-entry journal in one home currency: what a simulated company's figures are derived from.

The journal only grows. Changing a document reverses its standing entry on that entry's own date and posts a new one,
so that a trial balance as of any day reads what the books say now about that day.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class LedgerError(ValueError):
    """An entry that no honest book could hold."""


class UnbalancedEntryError(LedgerError):
    """The debits of an entry differ from its credits."""


class UnknownAccountError(LedgerError):
    """A line names an account that the ledger does not have."""


class Nature(StrEnum):
    """What an account is, which says where it stands in reports and whether a year end closes it."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """Names the document an entry belongs to: the platform's word for its kind, and its id there."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class LedgerAccount:
    """An account of the ledger."""

    id: str
    name: str
    nature: Nature


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One side of an entry: a debit or a credit, never both, never negative."""

    account_id: str
    debit: Decimal
    credit: Decimal
    memo: str = ""
    foreign: Decimal = ZERO
    """The debit less the credit in the account's own currency, where that is not the home currency."""

    @property
    def net(self) -> Decimal:
        """The debit less the credit."""
        return self.debit - self.credit


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A balanced entry; `reverses` is the id of the entry that it takes back, if it does."""

    id: int
    date: date
    posted_at: datetime
    document: DocumentRef
    number: str
    memo: str
    lines: tuple[JournalLine, ...]
    reverses: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a document ought to stand in the journal as; lines of zero are left out when it is posted."""

    document: DocumentRef
    on: date
    lines: Iterable[JournalLine]
    number: str = ""
    memo: str = ""


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """An account with its net balance, standing on the side where it is positive."""

    account: LedgerAccount
    debit: Decimal
    credit: Decimal


def debit(account_id: str, amount: Decimal, memo: str = "") -> JournalLine:
    """A debit of `amount`; a negative amount becomes a credit."""
    if amount < 0:
        return JournalLine(account_id, ZERO, -amount, memo)
    return JournalLine(account_id, amount, ZERO, memo)


def credit(account_id: str, amount: Decimal, memo: str = "") -> JournalLine:
    """A credit of `amount`; a negative amount becomes a debit."""
    return debit(account_id, -amount, memo)


_MONTHS = 12


@dataclass(slots=True)
class _Totals:
    """The running net of one account, in all and by year, month and day, and which entries touch it in which month.

    A balance of any day is put together from at most a few years, twelve months and thirty-one days.
    """

    net: Decimal = ZERO
    foreign: Decimal = ZERO
    years: dict[int, Decimal] = field(default_factory=dict)
    months: dict[int, Decimal] = field(default_factory=dict)
    days: dict[int, Decimal] = field(default_factory=dict)
    entries: "dict[int, array[int]]" = field(default_factory=dict)
    """Ids of entries by month, in the order in which they were posted."""

    def add(self, on: date, line: JournalLine, entry_id: int) -> None:
        amount = line.net
        year, month, day = on.year, _month_of(on), on.toordinal()
        self.net += amount
        self.foreign += line.foreign
        self.years[year] = self.years.get(year, ZERO) + amount
        self.months[month] = self.months.get(month, ZERO) + amount
        self.days[day] = self.days.get(day, ZERO) + amount
        ids = self.entries.get(month)
        if ids is None:
            self.entries[month] = array("L", (entry_id,))
        elif ids[-1] != entry_id:
            ids.append(entry_id)

    def until(self, on: date) -> Decimal:
        """The net at the end of a day."""
        net = sum((amount for year, amount in self.years.items() if year < on.year), ZERO)
        month = _month_of(on)
        for earlier in range(on.year * _MONTHS, month):
            net += self.months.get(earlier, ZERO)
        if month in self.months:
            last = on.toordinal()
            for day in range(last - on.day + 1, last + 1):
                net += self.days.get(day, ZERO)
        return net

    def before(self, on: date) -> Decimal:
        """The net when a day begins."""
        return self.until(on) - self.days.get(on.toordinal(), ZERO)

    def entry_ids(self, since: date | None, until: date | None) -> Iterator[int]:
        """Ids of the entries of the months that lie, even in part, within the days."""
        first = _month_of(since) if since is not None else None
        last = _month_of(until) if until is not None else None
        for month in sorted(self.entries):
            if (first is None or month >= first) and (last is None or month <= last):
                yield from self.entries[month]


def _month_of(day: date) -> int:
    """Months counted through the years."""
    return day.year * _MONTHS + day.month - 1


class Ledger:
    """The books of one company."""

    def __init__(self) -> None:
        """Start with no account and no entry."""
        self._accounts: dict[str, LedgerAccount] = {}
        self._totals: dict[str, _Totals] = {}
        self._entries: list[JournalEntry] = []
        self._by_document: dict[DocumentRef, tuple[int, ...]] = {}

    @property
    def accounts(self) -> Sequence[LedgerAccount]:
        """Every account, in the order in which they were opened."""
        return tuple(self._accounts.values())

    @property
    def entries(self) -> Sequence[JournalEntry]:
        """Every entry ever posted, oldest first. The list is live: do not change it."""
        return self._entries

    def open_account(self, account_id: str, name: str, nature: Nature) -> None:
        """Add an account, or rename it; an account that has entries keeps its nature."""
        known = self._accounts.get(account_id)
        if known is not None and known.nature is not nature and self._totals[account_id].entries:
            msg = f"account {account_id} has entries and stays {known.nature}"
            raise LedgerError(msg)
        self._accounts[account_id] = LedgerAccount(account_id, name, nature)
        self._totals.setdefault(account_id, _Totals())

    def account(self, account_id: str) -> LedgerAccount:
        """The account of that id, or `UnknownAccountError`."""
        try:
            return self._accounts[account_id]
        except KeyError:
            msg = f"no account {account_id}"
            raise UnknownAccountError(msg) from None

    def post(self, draft: Draft, *, at: datetime) -> JournalEntry | None:
        """Post the entry of a document that has none standing; nothing but zeros makes no entry.

        Raises `UnbalancedEntryError`, `UnknownAccountError`, or `LedgerError` when an entry already stands.
        """
        document = draft.document
        if self.standing(document) is not None:
            msg = f"{document.kind} {document.id} already has an entry: repost it"
            raise LedgerError(msg)
        lines = _condense(draft.lines)
        self._check(lines)
        if not lines:
            return None
        entry_id = len(self._entries) + 1
        return self._append(JournalEntry(entry_id, draft.on, at, document, draft.number, draft.memo, lines))

    def reverse(self, document: DocumentRef, *, at: datetime, memo: str = "") -> JournalEntry | None:
        """Take back the standing entry of a document on the entry's own date; nothing happens without one."""
        gone = self.standing(document)
        if gone is None:
            return None
        lines = tuple(
            JournalLine(line.account_id, line.credit, line.debit, line.memo, -line.foreign) for line in gone.lines
        )
        return self._append(
            JournalEntry(len(self._entries) + 1, gone.date, at, document, gone.number, memo, lines, gone.id)
        )

    def repost(self, draft: Draft, *, at: datetime) -> JournalEntry | None:
        """Make the standing entry of a document this one; nothing is written when it already is."""
        lines = _condense(draft.lines)
        self._check(lines)
        standing = self.standing(draft.document)
        if standing is not None and standing.date == draft.on and standing.lines == lines:
            return standing
        self.reverse(draft.document, at=at, memo=draft.memo)
        return self.post(replace(draft, lines=lines), at=at)

    def standing(self, document: DocumentRef) -> JournalEntry | None:
        """The entry that the document has in the books now."""
        history = self._by_document.get(document)
        if history is None:
            return None
        last = self._entries[history[-1] - 1]
        return last if last.reverses is None else None

    def stands(self, entry: JournalEntry) -> bool:
        """Whether an entry is what its document has in the books now: not taken back, and no taking back itself."""
        return entry.reverses is None and self._by_document[entry.document][-1] == entry.id

    def history(self, document: DocumentRef) -> Sequence[JournalEntry]:
        """Every entry that the document ever made, oldest first."""
        return [self._entries[entry_id - 1] for entry_id in self._by_document.get(document, ())]

    def balance(self, account_id: str, *, until: date | None = None, since: date | None = None) -> Decimal:
        """Debits less credits of an account, over all time or within the days given, both included."""
        self.account(account_id)
        totals = self._totals[account_id]
        net = totals.net if until is None else totals.until(until)
        return net if since is None else net - totals.before(since)

    def is_used(self, account_id: str) -> bool:
        """Whether an account was ever posted to."""
        self.account(account_id)
        return bool(self._totals[account_id].entries)

    def postings(
        self, account_id: str, *, since: date | None = None, until: date | None = None
    ) -> Sequence[tuple[JournalEntry, JournalLine]]:
        """The lines that stand on an account within the days, by date and then by order of posting.

        They add up to `balance` of the same days: what was taken back is left out together with its reversal.
        """
        self.account(account_id)
        found = []
        for entry_id in self._totals[account_id].entry_ids(since, until):
            entry = self._entries[entry_id - 1]
            if (since is None or entry.date >= since) and (until is None or entry.date <= until) and self.stands(entry):
                found += [(entry, line) for line in entry.lines if line.account_id == account_id]
        found.sort(key=lambda one: (one[0].date, one[0].id))
        return found

    def foreign_balance(self, account_id: str) -> Decimal:
        """Debits less credits of an account in its own currency, for one that is not kept in the home currency."""
        self.account(account_id)
        return self._totals[account_id].foreign

    def trial_balance(self, *, until: date | None = None) -> Sequence[TrialBalanceRow]:
        """Every account with a balance that is not zero, in the order of opening; both columns add up to the same."""
        rows = []
        for account in self._accounts.values():
            net = self.balance(account.id, until=until)
            if net:
                rows.append(TrialBalanceRow(account, max(net, ZERO), max(-net, ZERO)))
        return rows

    def assert_balanced(self) -> None:
        """Check the whole book against its running totals; slow, for tests and after a fill."""
        nets: dict[str, Decimal] = dict.fromkeys(self._accounts, ZERO)
        for entry in self._entries:
            self._check(entry.lines)
            for line in entry.lines:
                nets[line.account_id] += line.net
        for account_id, net in nets.items():
            if net != self._totals[account_id].net:
                msg = f"the running total of account {account_id} left its entries"
                raise LedgerError(msg)
        if sum(nets.values(), ZERO):
            msg = "the books do not balance"
            raise UnbalancedEntryError(msg)

    def _check(self, lines: Iterable[JournalLine]) -> None:
        net = ZERO
        for line in lines:
            self.account(line.account_id)
            if line.debit < 0 or line.credit < 0:
                msg = f"a side of account {line.account_id} is negative"
                raise LedgerError(msg)
            net += line.net
        if net:
            msg = f"an entry is out of balance by {net}"
            raise UnbalancedEntryError(msg)

    def _append(self, entry: JournalEntry) -> JournalEntry:
        self._entries.append(entry)
        self._by_document[entry.document] = (*self._by_document.get(entry.document, ()), entry.id)
        for line in entry.lines:
            self._totals[line.account_id].add(entry.date, line, entry.id)
        return entry


def _condense(lines: Iterable[JournalLine]) -> tuple[JournalLine, ...]:
    """Leave out the lines of zero."""
    return tuple(line for line in lines if line.debit or line.credit or line.foreign)


def plain(amount: Decimal) -> str:
    """An amount as plain digits with at least two decimal places, never an exponent."""
    exponent = amount.as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{amount + 0:.{places}f}"
