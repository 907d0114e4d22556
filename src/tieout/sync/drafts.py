"""A partner's record as a push needs it: values only, in our own ids. Loaded by `drafting`, planned by `planning`."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from tieout.books.records import Address, Kind, Taxation


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """A line after all discounts; amounts in minor units; `tax_value` is percent x 100.

    `stands_for` names the partner's field that the line was made of: a deduction, or a bill's discount.
    """

    description: str | None
    quantity: Decimal
    unit_price: int
    net: int
    tax: int
    tax_value: int | Decimal
    tax_rate_id: UUID | None = None
    vat_rate_id: UUID | None = None
    account_id: UUID | None = None
    product_id: UUID | None = None
    stands_for: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDraft:
    """An invoice, a bill or a credit note of the partner's; amounts in minor units."""

    id: UUID
    version: int
    is_sale: bool
    is_credit: bool = False
    counterpart_id: UUID
    number: str | None
    currency: str
    issued_on: date
    due_on: date | None
    memo: str | None
    taxation: Taxation
    lines: tuple[DraftLine, ...]
    total: int
    country: str | None = None
    """Where the counterpart is, for mapping taxes; it changes nothing that was written already."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDraft:
    """Money that settled a document of the partner's; amounts in minor units, `overpaid` the part that was too much.

    `document_type` is that of the document's link.
    """

    id: UUID
    version: int
    document_type: str
    document_id: UUID
    counterpart_id: UUID
    is_sale: bool
    currency: str
    paid_on: date
    amount: int
    overpaid: int
    account_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationDraft:
    """The part of a credit note that settles the document it is based on; the amount in minor units."""

    id: UUID
    version: int
    credit_type: str
    document_type: str
    document_id: UUID
    counterpart_id: UUID
    is_sale: bool
    currency: str
    allocated_on: date
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentDraft:
    """A file that belongs to a document of the partner's."""

    id: UUID
    version: int
    document_type: str
    document_id: UUID
    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A record of the partner's that does not count any more, or not again."""

    id: UUID
    version: int
    is_let_go: bool = False
    """Whether the books keep what they have of it."""


Living = DocumentDraft | PartyDraft | ItemDraft | PaymentDraft | AllocationDraft | AttachmentDraft
Draft = Living | Ended


def kind_of_draft(draft: Living) -> Kind | None:
    """What a draft becomes in the books; None for parties and items, where the platform says under which kind."""
    match draft:
        case DocumentDraft(is_credit=True):
            return Kind.CREDIT_NOTE if draft.is_sale else Kind.VENDOR_CREDIT
        case DocumentDraft():
            return Kind.INVOICE if draft.is_sale else Kind.BILL
        case PaymentDraft():
            return Kind.PAYMENT if draft.is_sale else Kind.BILL_PAYMENT
        case AllocationDraft():
            return Kind.ALLOCATION
        case AttachmentDraft():
            return Kind.ATTACHMENT
        case _:
            return None


_encoder = msgspec.json.Encoder(decimal_format="string")
_FIELDS: Final = {
    PartyDraft: ("name", "first_name", "last_name", "email", "phone", "tax_number", "address"),
    ItemDraft: ("name", "code", "description", "unit_price", "currency", "account_id"),
    DocumentDraft: ("number", "memo", "issued_on", "due_on", "counterpart_id"),
}
_WRITTEN_AS: Final = {"currency": "unit_price", "account_id": "income_account_id", "counterpart_id": "party_id"}
"""What a field of a draft is called in the record that it becomes."""
OVERRULED: Final = {"overruled": True}
"""In the place of what was agreed on of a field: the books say something else, and are to get ours."""


def as_told(draft: Draft) -> dict[str, Any]:
    """What a draft says, in the form in which a link keeps what was last agreed on of our side.

    Of a document's lines only a digest, for they are written whole or not at all. Nothing of what is never changed once
    it is there.
    """
    if not isinstance(draft, PartyDraft | ItemDraft | DocumentDraft):
        return {}
    told: dict[str, Any] = msgspec.to_builtins({name: getattr(draft, name) for name in _FIELDS[type(draft)]})
    if isinstance(draft, DocumentDraft):
        encoded = _encoder.encode((draft.currency, draft.taxation, draft.lines, draft.total))
        told["lines"] = hashlib.sha256(encoded).hexdigest()
    return told


def told_as(field: str) -> tuple[str, ...]:
    """What tells a field of a record in the words of a draft."""
    return (field, *(name for name, written in _WRITTEN_AS.items() if written == field))


def agreed_but(told: Mapping[str, Any], agreed: Mapping[str, Any] | None, fields: Collection[str]) -> dict[str, Any]:
    """What ours says, but for these fields of the record: of them what was agreed on before."""
    kept = {name for field in fields for name in told_as(field) if name in told}
    return {name: (agreed or told).get(name) if name in kept else value for name, value in told.items()}


def changed_since(agreed: Mapping[str, Any] | None, draft: Draft) -> frozenset[str]:
    """Which fields of the record that a draft becomes have changed on our side since both sides agreed."""
    if not agreed:
        return frozenset()
    told = as_told(draft)
    return frozenset(_WRITTEN_AS.get(name, name) for name in told if told[name] != agreed.get(name))
