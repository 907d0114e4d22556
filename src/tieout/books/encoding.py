"""Canonical records as JSON bytes and back, without losing a digit: amounts are written as strings."""

from typing import Final

import msgspec

from tieout.books.records import (
    Account,
    Attachment,
    Bill,
    Company,
    CreditAllocation,
    CreditNote,
    Invoice,
    Item,
    Kind,
    Party,
    Payment,
    Record,
    TaxRate,
    Untranslated,
    VendorCredit,
)

RECORD_TYPES: Final[dict[Kind, type]] = {
    Kind.COMPANY: Company,
    Kind.ACCOUNT: Account,
    Kind.TAX_RATE: TaxRate,
    Kind.CUSTOMER: Party,
    Kind.VENDOR: Party,
    Kind.PARTY: Party,
    Kind.ITEM: Item,
    Kind.INVOICE: Invoice,
    Kind.BILL: Bill,
    Kind.CREDIT_NOTE: CreditNote,
    Kind.VENDOR_CREDIT: VendorCredit,
    Kind.PAYMENT: Payment,
    Kind.BILL_PAYMENT: Payment,
    Kind.ALLOCATION: CreditAllocation,
    Kind.ATTACHMENT: Attachment,
    Kind.OTHER: Untranslated,
}

_encoder = msgspec.json.Encoder(decimal_format="string")
_decoders: dict[Kind, msgspec.json.Decoder[Record]] = {
    kind: msgspec.json.Decoder(type_) for kind, type_ in RECORD_TYPES.items()
}


def encode_record(record: Record) -> bytes:
    """The record as JSON."""
    return _encoder.encode(record)


def decode_record(kind: Kind, encoded: bytes) -> Record:
    """The record that was encoded; raises msgspec.ValidationError for anything else."""
    return _decoders[kind].decode(encoded)
