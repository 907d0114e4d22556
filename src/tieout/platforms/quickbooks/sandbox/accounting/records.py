"""An object in the books as it is kept, and the shelf that holds all of one kind."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.currencies.rates import HOME, Exchange
from tieout.platforms.quickbooks.sandbox.accounting.kinds import Kind
from tieout.platforms.quickbooks.sandbox.accounting.ordering import REBUILT_FROM, Grouping, Order
from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.sandbox.ledger import DocumentRef, JournalLine

ADJUSTMENT = "InventoryAdjustment"
"""What the journal calls stock that was counted."""
_NAME_LISTS = {
    "Customer": "names", "Vendor": "names", "Employee": "names", "Item": "items", "Account": "accounts",
    "Term": "terms", "PaymentMethod": "payment methods", "Class": "classes", "Department": "locations",
    "TaxAgency": "tax agencies", "TaxCode": "tax codes", "TaxRate": "tax rates",
}  # fmt: skip
"""Which list of unique names a kind is in: the parties share one."""


def name_list(kind: Kind) -> str | None:
    """The list of names that a kind is in, if it is in one."""
    return _NAME_LISTS.get(kind.name)


def full_name(content: dict[str, Any]) -> str:
    """The name that has to be unique within its list."""
    return str(content.get("FullyQualifiedName") or content.get("DisplayName") or content["Name"])


@dataclass(frozen=True, slots=True)
class Application:
    """Part of a payment: which document it settles, or which credit it uses, and by how much."""

    target: DocumentRef
    amount: Decimal
    is_credit: bool
    part: DocumentRef | None = None
    """Of a document that opens balances with several parties: whose it settles."""


@dataclass(frozen=True, slots=True)
class Source:
    """An estimate or order that a document is made from: the whole of it, or some of its lines."""

    target: DocumentRef
    line_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """What lines on receivable or payable accounts open with a party: a charge above zero, a credit below it."""

    party: DocumentRef
    amount: Decimal
    account_id: str
    """The control account that it stands on."""


@dataclass(frozen=True, slots=True)
class StockMove:
    """What a document does to the stock of an item: units that come in or, negative, go out. Values are in home units.

    `value` is what the document itself debits to the asset account for them (negative: credits), and so what units that
    come in cost. Without one the books know the cost: oldest units out first, and what comes back at what it left for;
    that is posted between the asset account and `cost_account`.
    """

    item_id: str
    quantity: Decimal
    asset_account: str
    cost_account: str
    unit_cost: Decimal
    """What a unit counts for where nothing was ever bought."""
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Stock that was counted: its own entry in the journal."""

    ref: DocumentRef
    on: date
    move: StockMove


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody for whom a program acts: the id that records show, and a name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Shaped:
    """What a body comes to: what is kept, what is posted, and what it does to others."""

    content: dict[str, Any]
    """The object's own fields as they stand on the wire, without what is derived at reading."""
    total: Decimal = ZERO
    party: DocumentRef | None = None
    owed: Decimal = ZERO
    """What it adds to the party's balance."""
    openings: tuple[Opening, ...] = ()
    """What it adds to the balances of others than its party, each of which payments may settle; one for each."""
    lines: tuple[JournalLine, ...] = ()
    applications: tuple[Application, ...] = ()
    exchange: Exchange = HOME
    control: str = ""
    """The receivable or payable account that a document stands on, or that a payment takes its money from."""
    stock: tuple[StockMove, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    """Of an item: every time that its stock was set to another quantity."""
    sources: tuple[Source, ...] = ()
    stated_tax: dict[str, Any] | None = None
    """Tax that the client stated instead of leaving it to the books."""
    line_ids: int = 0
    voided: bool = False
    paid: bool = False
    """Whether its money came with it, so that nothing of it is ever open."""


@dataclass(slots=True, eq=False)
class Record:
    """One object."""

    kind: Kind
    id: str
    created_at: datetime
    updated_at: datetime
    shaped: Shaped
    token: int = 0
    active: bool = True
    balance: Decimal = ZERO
    """Of a party: what it owes or is owed; of an item: the quantity on hand."""
    settlements: dict[DocumentRef, Decimal] = field(default_factory=dict)
    """What settles this document, or uses this credit, by payment."""
    made_into: dict[DocumentRef, tuple[str, ...]] = field(default_factory=dict)
    """What was made from this estimate or order, with the lines that it uses; none are all of them."""
    wire: bytes | None = None
    wire_epoch: int = -1
    wire_figures: dict[str, Any] | None = None
    """Of an account: the figures that its bytes show."""
    ordinal: int = 0
    """Its place among all objects of its kind in the order of creation."""
    changed: "dict[str, Record] | None" = field(default=None, repr=False)
    """Where its shelf keeps what changed since its indexes were last asked."""
    changed_by: "Person | None" = None
    """Who last changed it through the interface; nobody known where people in the company did."""
    watch: "Callable[[Record, str], None] | None" = None
    """Is told every change, by its verb; `Books.add` sets it."""

    @property
    def ref(self) -> DocumentRef:
        """How the ledger and other objects name it."""
        return DocumentRef(self.kind.name, self.id)

    @property
    def content(self) -> dict[str, Any]:
        """The object's own fields."""
        return self.shaped.content

    @property
    def open(self) -> Decimal:
        """What is not settled yet, or not used yet of a credit."""
        return ZERO if self.shaped.paid else self.shaped.total - sum(self.settlements.values(), ZERO)

    @property
    def settled(self) -> Decimal:
        """How much of it is settled or used. What a deposit takes to the bank settles nothing."""
        return sum((amount for ref, amount in self.settlements.items() if ref.kind != "Deposit"), ZERO)

    @property
    def counts(self) -> Decimal:
        """What it adds to its own party's balance, in the party's currency: what is open of it, or not applied."""
        shaped = self.shaped
        used = sum((-one.amount if one.is_credit else one.amount for one in shaped.applications), ZERO)
        return shaped.exchange.party(shaped.owed - self.settled.copy_sign(shaped.owed) + used)

    @property
    def unapplied(self) -> Decimal:
        """Of a payment: the money, with the credits it uses, that settles nothing."""
        used = sum((-one.amount if one.is_credit else one.amount for one in self.shaped.applications), ZERO)
        return self.shaped.total - used

    def touch(self, now: datetime, *, token: bool) -> None:
        """Mark a change; the token moves only when the object itself changed."""
        self.updated_at = max(now, self.updated_at)
        self.token += token
        self.mark()
        if self.watch is not None:
            self.watch(self, "updated" if token else "balance")

    def mark(self) -> None:
        """Forget what was derived from how the object was: its bytes, and its place in the indexes."""
        self.wire = None
        if self.changed is not None:
            self.changed[self.id] = self


@dataclass(slots=True)
class Shelf:
    """All objects of one kind, and what was deleted from it."""

    kind: Kind
    records: dict[str, Record] = field(default_factory=dict)
    deletions: dict[str, datetime] = field(default_factory=dict)
    """When each deleted object went, the first to go first."""
    _changed: dict[str, Record] = field(default_factory=dict)
    _orders: dict[str, Order[Record]] = field(default_factory=dict)
    _groupings: dict[str, Grouping[Record]] = field(default_factory=dict)
    _put: int = 0

    def __iter__(self) -> Iterator[Record]:
        """Every object in the order of creation."""
        return iter(self.records.values())

    def __len__(self) -> int:
        """How many there are."""
        return len(self.records)

    def get(self, record_id: str) -> Record | None:
        """The object with that id."""
        return self.records.get(record_id)

    def put(self, record: Record) -> None:
        """Take a new object."""
        self._put += 1
        record.ordinal, record.changed = self._put, self._changed
        self.records[record.id] = record
        record.mark()

    def drop(self, record: Record, at: datetime) -> None:
        """Let a transaction go for good; that it was here is remembered."""
        del self.records[record.id]
        self.deletions[record.id] = at
        record.mark()

    def was_deleted(self, record_id: str) -> bool:
        """Whether an object with that id was deleted."""
        return record_id in self.deletions

    def by_update(self) -> Order[Record]:
        """By the time of the last change."""
        return self._order("updated", _updated_at)

    def by_creation(self) -> Order[Record]:
        """By the time of creation."""
        return self._order("created", _created_at)

    def by_day(self) -> Order[Record]:
        """By the date of a transaction."""
        return self._order("day", _day)

    def unsettled(self) -> Order[Record]:
        """What is open or not applied now, at least in part, in the order of creation."""
        return self._order("unsettled", _unsettled)

    def as_listed(self, *, active_only: bool) -> Order[Record]:
        """In the order in which a list is told when nobody asks for another."""
        return self._order(f"listed {active_only}", partial(_listed, active_only))

    def having(self, name: str, value: str) -> Sequence[Record]:
        """The objects that have this text (in folded case), or refer to this id, in a field."""
        if name not in self._groupings:
            self._groupings[name] = Grouping(partial(_text_or_reference, name))
            self._groupings[name].rebuild(self.records.values())
        self._catch_up()
        return sorted(self._groupings[name].having(value), key=lambda record: record.ordinal)

    def _order(self, name: str, key: Callable[[Record], Any]) -> Order[Record]:
        if name not in self._orders:
            self._orders[name] = Order(key)
            self._orders[name].rebuild(self.records.values())
        self._catch_up()
        return self._orders[name]

    def _catch_up(self) -> None:
        """Bring every index up to what changed since one was last asked."""
        if not self._changed:
            return
        indexes: tuple[Order[Record] | Grouping[Record], ...] = (*self._orders.values(), *self._groupings.values())
        if len(self._changed) > max(REBUILT_FROM, len(self.records) // 8):
            for index in indexes:
                index.rebuild(self.records.values())
        else:
            for record in self._changed.values():
                for index in indexes:
                    index.move(record, gone=record.id not in self.records)
        self._changed.clear()


def _updated_at(record: Record) -> datetime:
    return record.updated_at


def _created_at(record: Record) -> datetime:
    return record.created_at


def _day(record: Record) -> str:
    return str(record.content.get("TxnDate", ""))


def _unsettled(record: Record) -> int | None:
    shaped = record.shaped
    if shaped.openings:
        return 0
    used = shaped.total - record.unapplied
    return 0 if shaped.owed and shaped.owed - record.settled.copy_sign(shaped.owed) + used else None


def listed_at(kind: Kind, record: Record) -> str:
    """Where an object stands in the kind's own order."""
    name = str(record.content.get(kind.order, ""))
    return name.casefold() if kind.order_folds_case else name


def _listed(active_only: bool, record: Record) -> str | None:
    return listed_at(record.kind, record) if record.active or not active_only else None


def _text_or_reference(name: str, record: Record) -> str | None:
    value = record.content.get(name)
    if isinstance(value, dict):
        value = value.get("value")
    return None if value is None else str(value).casefold()
