"""The records of quotes and purchase orders."""

from dataclasses import dataclass, field
from datetime import date

from tieout.platforms.xero.sandbox.accounting.rows import Document


@dataclass(slots=True, kw_only=True)
class Offer(Document):
    """A document that posts nothing. `until`: when a quote expires, when goods are to be delivered."""

    until: date | None = None
    texts: dict[str, str] = field(default_factory=dict)
    """Further texts by the names that Xero gives them."""


@dataclass(slots=True, kw_only=True)
class Quote(Offer):
    """A quote to a customer."""


@dataclass(slots=True, kw_only=True)
class PurchaseOrder(Offer):
    """An order to a supplier."""
