"""One simulated company: its objects on their shelves, its ledger, its numbering and its calendar."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from random import Random
from typing import Any

from tieout.kit.clock import Clock
from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.currencies.rates import RateTable
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS, TRANSACTIONS, Family, Kind
from tieout.platforms.quickbooks.sandbox.accounting.records import Adjustment, Person, Record, Shaped, Shelf
from tieout.platforms.quickbooks.sandbox.accounting.stock import Stock
from tieout.platforms.quickbooks.sandbox.attachments.keeping import Files
from tieout.platforms.quickbooks.sandbox.moments import Zone, in_zone
from tieout.sandbox.ledger import DocumentRef, Ledger, Nature

ACCOUNT_ID_START = 1_150_040_001
"""Where the ids of accounts that are created begin, as they do at the real platform; nobody may count on them."""
_ID_STARTS: Mapping[str, int] = {
    Family.ACCOUNT: ACCOUNT_ID_START,
    **dict.fromkeys(("Class", "Attachable"), 5_000_000_000_000_000_001),
}
"""Where sequences of ids begin that do not begin at 1: classes and attachables have ids that no float holds."""
_SALES_FORMS = frozenset({"Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt"})
"""Documents that share one sequence of numbers."""
_ORDERS = frozenset({"Estimate", "PurchaseOrder"})
"""Documents that have a sequence of numbers of their kind."""
_NATURES = {
    "Bank": Nature.ASSET,
    "Accounts Receivable": Nature.ASSET,
    "Other Current Asset": Nature.ASSET,
    "Fixed Asset": Nature.ASSET,
    "Other Asset": Nature.ASSET,
    "Accounts Payable": Nature.LIABILITY,
    "Credit Card": Nature.LIABILITY,
    "Other Current Liability": Nature.LIABILITY,
    "Long Term Liability": Nature.LIABILITY,
    "Equity": Nature.EQUITY,
    "Income": Nature.INCOME,
    "Other Income": Nature.INCOME,
    "Cost of Goods Sold": Nature.EXPENSE,
    "Expense": Nature.EXPENSE,
    "Other Expense": Nature.EXPENSE,
}


class Regime(StrEnum):
    """How sales tax works in a company."""

    UNITED_STATES = "us"
    """Lines say TAX or NON, and a document one code; bills carry no tax."""
    CODE_PER_LINE = "code_per_line"
    """Every line names its code, on both sides of the books."""


class Role(StrEnum):
    """What the books themselves need an account for."""

    RECEIVABLE = "receivable"
    PAYABLE = "payable"
    UNDEPOSITED = "undeposited"
    CHECKING = "checking"
    DISCOUNTS = "discounts"
    INVENTORY = "inventory"
    COST_OF_GOODS = "cost_of_goods"
    OPENING = "opening"
    RETAINED = "retained"
    SALES = "sales"
    EXCHANGE = "exchange"
    SHRINKAGE = "shrinkage"


@dataclass(frozen=True, slots=True)
class Profile:
    """What makes one company different from another."""

    id: str
    name: str
    country: str
    currency: str
    currency_name: str
    zone: Zone
    regime: Regime
    roles: Mapping[Role, str]
    due_days: int = 30
    """The company's own terms, for an invoice that names none."""
    default_tax_code: str | None = None
    automated_tax: bool = False
    """Whether the platform's own engine decides on tax, as in United States companies since November 2017."""
    custom_fields: tuple[tuple[str, str], ...] = ()
    """Definition id and name of the custom fields on sales forms."""
    account_number_max: int = 7
    fiscal_year_start_month: int = 1
    multi_currency: bool = False
    last_user: str = "Another User"


@dataclass(slots=True)
class Switches:
    """Settings of a company that a person can change while it runs."""

    custom_numbers: bool = False
    """Sales numbers are typed by people: one that is omitted stays empty."""
    warn_duplicate_sales_numbers: bool = False
    books_closed_on: date | None = None
    """The last day of the closed books."""
    subscription_ended: bool = False
    duplicate_names_tell_ids: bool = False
    """Whether the refusal of a taken name (6240) tells whose it is, as documented; recorded ones do not."""
    closed_books_are_6200: bool = False
    """Whether closed books are refused with 6200 instead of 6210; both are documented, and which one when is not."""
    kept_out: str | None = None
    """Why nobody gets into the company at the moment; see `gateway.conditions`."""
    lacking: frozenset[str] = frozenset()
    """Kinds of object that the company's plan does not have."""
    forbidden: frozenset[str] = frozenset()
    """Kinds of object for which the person who connected has no permission."""
    keeps_settled_documents: bool = True
    """Whether voiding or deleting a document with payments applied is refused; otherwise they are un-applied.

    The documentation says un-applied, live reports say refused; people at work may always un-apply.
    """
    sales_tax_set_up: bool = True
    """Whether somebody set up the tax centre, which no client can."""


@dataclass(slots=True)
class Books:
    """The company. Reading and writing it live in `writing`, `querying` and `rendering`; this is what they share."""

    profile: Profile
    clock: Clock
    random: Random
    ledger: Ledger = field(default_factory=Ledger)
    switches: Switches = field(default_factory=Switches)
    files: Files = field(init=False)
    mailed: dict[date, int] = field(default_factory=dict)
    """How many documents were mailed on the last day on which any was."""
    shelves: dict[str, Shelf] = field(default_factory=lambda: {name: Shelf(kind) for name, kind in KINDS.items()})
    numbers: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Ids by (kind, document number)."""
    names: dict[tuple[str, str], DocumentRef] = field(default_factory=dict)
    """Who has a name: by list (parties share one) and lower-case full name."""
    children: dict[DocumentRef, dict[str, None]] = field(default_factory=dict)
    """Ids of sub-customers and sub-accounts by parent, in the order in which they came."""
    own_accounts: dict[tuple[Role, str], str] = field(default_factory=dict)
    """Accounts that the books opened by themselves, by what for and currency."""
    stocks: dict[str, Stock] = field(default_factory=dict)
    """The stock of every item that has one."""
    adjustments: dict[DocumentRef, Adjustment] = field(default_factory=dict)
    """Every time that somebody set a stock to another quantity."""
    tax_accounts: dict[str, str] = field(default_factory=dict)
    """The liability account of each tax agency."""
    currencies: dict[str, str] = field(default_factory=dict)
    """The currencies besides its own that the company uses, by code, with the id of each `CompanyCurrency`."""
    rates: RateTable = field(init=False)
    sales_number: int = 1001
    order_numbers: dict[str, int] = field(default_factory=dict)
    """The next number of the kinds that have a sequence of their own."""
    epoch: int = 0
    """Raised when a name changes, since every object that shows it is then out of date."""
    acting: Person | None = None
    """Who is writing through the interface at the moment; people in the company itself have no name here."""
    acting_at: datetime | None = None
    """Set while history is being made up: the moment that counts as now."""
    on_change: Callable[[Record, str, str | None], None] | None = None
    """Is told every change to an object: the object, the verb, and for a merge the id that is gone.

    The verbs are those of notifications (`created`, `updated`, `deleted`, `voided`, `merged`, `emailed`), and `balance`
    for an object that only shows another figure.
    """
    promised_account: tuple[str, Role] | None = None
    """The account that a write which may still be refused is going to need: its id and role."""
    _sequences: dict[Family | str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Draw what the exchange rates are made from; make room for files."""
        self.files = Files(self.profile.id)
        self.rates = RateTable(self.profile.currency, self.random.getrandbits(64))

    def now(self) -> datetime:
        """The moment, to the second, as the books keep it."""
        return (self.acting_at or self.clock.now()).replace(microsecond=0)

    def today(self) -> date:
        """The calendar day where the company is."""
        return in_zone(self.now(), self.profile.zone).date()

    def shelf(self, kind: Kind | str) -> Shelf:
        """All objects of a kind."""
        return self.shelves[kind if isinstance(kind, str) else kind.name]

    def record(self, ref: DocumentRef) -> Record:
        """An object that is known to exist."""
        return self.shelves[ref.kind].records[ref.id]

    def transaction(self, record_id: str) -> Record | None:
        """A transaction by its id, whatever its kind: they share one sequence."""
        for kind in TRANSACTIONS:
            record = self.shelf(kind).get(record_id)
            if record is not None:
                return record
        return None

    def next_id(self, family: Family | str) -> str:
        """The next id of a sequence."""
        value = self.coming_id(family)
        self._sequences[family] = int(value) + 1
        return value

    def coming_id(self, family: Family | str) -> str:
        """The id that the next object of a sequence would get."""
        return str(self._sequences.get(family, _ID_STARTS.get(family, 1)))

    @contextmanager
    def sparing_ids(self) -> Iterator[None]:
        """Give back the ids that were drawn for what is then refused."""
        before = dict(self._sequences)
        try:
            yield
        except (refusals.Refusal, refusals.NotSimulatedError):
            self._sequences = before
            raise

    def start_ids_at(self, family: Family | str, value: int) -> None:
        """Let a sequence go on from there."""
        self._sequences[family] = value

    def next_number(self, kind: Kind) -> str:
        """The next document number: sales forms share one sequence, orders have their own."""
        return str(self.order_numbers.get(kind.name, 1001) if kind.name in _ORDERS else self.sales_number)

    def number_follows(self, kind: Kind, number: int) -> None:
        """Let a sequence go on after a number that was used."""
        if kind.name in _ORDERS:
            self.order_numbers[kind.name] = number + 1
        elif kind.name in _SALES_FORMS:
            self.sales_number = number + 1

    def role(self, role: Role) -> str:
        """The id of the account that the books use for something."""
        return self.profile.roles[role]

    def add(self, kind: Kind, record_id: str, shaped: Shaped) -> Record:
        """Put a new object on its shelf."""
        now = self.now()
        record = Record(kind, record_id, now, now, shaped, watch=self.note)
        self.shelf(kind).put(record)
        self.note(record, "created")
        return record

    def note(self, record: Record, verb: str, deleted_id: str | None = None) -> None:
        """Tell whoever listens of a change, and keep who made it; history that is being made up is no news."""
        if verb != "balance":
            record.changed_by = self.acting
        if self.on_change is not None and self.acting_at is None:
            self.on_change(record, verb, deleted_id)

    def resolve(self, reference: Mapping[str, Any], *kinds: str, inactive_too: bool = False) -> Record:
        """The object that a reference means, of the first of `kinds` that has it.

        Raises `Refusal`: 2500 when there is none, 610 when it was made inactive.
        """
        value = str(reference.get("value", ""))
        for kind in kinds:
            record = self.shelf(kind).get(value)
            if record is None:
                continue
            if not record.active and not inactive_too:
                raise refusals.not_found()
            return record
        raise refusals.invalid_reference(KINDS[kinds[0]].reference_words, value)

    def open_ledger_account(self, record: Record) -> None:
        """Let the ledger know an account."""
        nature = _NATURES[record.content["AccountType"]]
        self.ledger.open_account(record.id, record.content["FullyQualifiedName"], nature)

    def due_on(self, on: date, term: Record | None, *, days: int) -> date:
        """When a document of that day is due, by its term or else after `days`."""
        if term is None:
            return on + timedelta(days=days)
        if term.content["Type"] == "STANDARD":
            return on + timedelta(days=int(term.content.get("DueDays", 0)))
        return _next_day_of_month(on, int(term.content["DayOfMonthDue"]), int(term.content.get("DueNextMonthDays", 0)))

    def move_party(self, party: DocumentRef, by: Decimal) -> None:
        """Change what a party owes or is owed: its time moves, its token does not."""
        record = self.record(party)
        record.balance += by
        record.touch(self.now(), token=False)
        parent = record.content.get("ParentRef")
        while parent is not None:
            above = self.record(DocumentRef(party.kind, parent["value"]))
            above.wire = None
            parent = above.content.get("ParentRef")


def _next_day_of_month(on: date, day: int, days_before: int) -> date:
    """The next date with that day of the month which is at least `days_before` days away."""
    year, month = on.year, on.month
    for _ in range(4):
        following = date(year + month // 12, month % 12 + 1, 1)
        last = (following - timedelta(days=1)).day
        due = date(year, month, min(day, last))
        if due >= on and (due - on).days >= days_before:
            return due
        year, month = following.year, following.month
    raise ValueError(f"no day {day} within four months of {on}")
