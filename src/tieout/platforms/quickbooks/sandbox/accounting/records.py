"""An object in the books as it is kept, and the shelf that holds all of one kind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.kinds import Kind
from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.sandbox.ledger import DocumentRef, JournalLine

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


@dataclass(frozen=True, slots=True)
class Shaped:
    """What a body comes to: what is kept, what is posted, and what it does to others."""

    content: dict[str, Any]
    """The object's own fields as they stand on the wire, without what is derived at reading."""
    total: Decimal = ZERO
    party: DocumentRef | None = None
    owed: Decimal = ZERO
    """What it adds to the party's balance."""
    lines: tuple[JournalLine, ...] = ()
    applications: tuple[Application, ...] = ()
    stock: tuple[tuple[str, Decimal], ...] = ()
    """Items with the quantity that comes in or, negative, goes out."""
    stated_tax: dict[str, Any] | None = None
    """Tax that the client stated instead of leaving it to the books."""
    line_ids: int = 0
    voided: bool = False


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
    wire: bytes | None = None
    wire_epoch: int = -1
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
        return self.shaped.total - sum(self.settlements.values(), ZERO)

    @property
    def unapplied(self) -> Decimal:
        """Of a payment: the money, with the credits it uses, that settles nothing."""
        used = sum((-one.amount if one.is_credit else one.amount for one in self.shaped.applications), ZERO)
        return self.shaped.total - used

    def touch(self, now: datetime, *, token: bool) -> None:
        """Mark a change; the token moves only when the object itself changed."""
        self.updated_at = max(now, self.updated_at)
        self.token += token
        self.wire = None
        if self.watch is not None:
            self.watch(self, "updated" if token else "balance")


@dataclass(slots=True)
class Shelf:
    """All objects of one kind, and what was deleted from it."""

    kind: Kind
    records: dict[str, Record] = field(default_factory=dict)
    deletions: list[tuple[datetime, str]] = field(default_factory=list)

    def __iter__(self) -> Iterator[Record]:
        """Every object in the order of creation."""
        return iter(self.records.values())

    def __len__(self) -> int:
        """How many there are."""
        return len(self.records)

    def get(self, record_id: str) -> Record | None:
        """The object with that id."""
        return self.records.get(record_id)

    def was_deleted(self, record_id: str) -> bool:
        """Whether an object with that id was deleted."""
        return any(gone == record_id for _, gone in self.deletions)
