"""What the shared room needs to know about a simulated company, whichever platform keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from tieout.sandbox.ledger import DocumentRef, Ledger
from tieout.sandbox.people import People


class Side(StrEnum):
    """Which control account a document stands in."""

    RECEIVABLE = "receivable"
    PAYABLE = "payable"


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A document as a page shows it. `balance` is None where nothing can be open."""

    ref: DocumentRef
    kind: str
    number: str
    on: date
    due_on: date | None
    party: str
    currency: str
    total: Decimal
    balance: Decimal | None
    status: str
    payable: bool
    """Whether a person can record a payment for it now."""
    side: Side | None = None
    is_credit: bool = False
    """Whether what is open is owed the other way."""


class Company(Protocol):
    """The books of one simulated company."""

    @property
    def id(self) -> str:
        """The platform's id of the company."""
        ...

    @property
    def name(self) -> str:
        """What the company is called."""
        ...

    @property
    def country(self) -> str:
        """ISO 3166 alpha-2."""
        ...

    @property
    def currency(self) -> str:
        """The home currency, ISO 4217."""
        ...

    @property
    def ledger(self) -> Ledger:
        """The company's books."""
        ...

    @property
    def people(self) -> People:
        """Who works there."""
        ...

    def today(self) -> date:
        """The calendar day where the company is."""
        ...

    def documents(self, *, offset: int, limit: int, kind: str | None = None) -> tuple[int, Sequence[DocumentView]]:
        """How many documents there are, and a page of them, newest first."""
        ...

    def fill(self, documents: int, seed: int) -> dict[str, object]:
        """Make up so many documents with the parties and items they need; the same seed makes the same ones."""
        ...
