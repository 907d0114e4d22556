"""A partner's record as a push needs it: values only, in our own ids. Loaded by `drafting`, planned by `planning`."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from tieout.books.records import Address, Taxation


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """A line after all discounts; amounts in minor units; `tax_value` is percent x 100."""

    description: str | None
    quantity: Decimal
    unit_price: int
    net: int
    tax: int
    tax_value: int
    tax_rate_id: UUID | None = None
    account_id: UUID | None = None
    product_id: UUID | None = None
    is_deduction: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDraft:
    """An invoice or a bill of the partner's; amounts in minor units."""

    id: UUID
    version: int
    is_sale: bool
    counterpart_id: UUID
    number: str | None
    currency: str
    issued_on: date
    due_on: date | None
    memo: str | None
    taxation: Taxation
    lines: tuple[DraftLine, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyDraft:
    """A counterpart of the partner's, in one of its roles."""

    id: UUID
    version: int
    is_customer: bool
    is_vendor: bool
    name: str
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    tax_number: str | None
    address: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDraft:
    """A product of the partner's; price in minor units."""

    id: UUID
    version: int
    name: str
    code: str | None
    description: str | None
    unit_price: int | None
    currency: str | None
    account_id: UUID | None


Draft = DocumentDraft | PartyDraft | ItemDraft
