"""Keys: words by which a record is found again among many that may be the same. Pure.

Two records that a rule of matching can hold to be the same share a key; what shares none is not worth loading.
"""

import hashlib
from decimal import Decimal
from typing import Final

from tieout.books.records import CreditNote, Document, DocumentStatus, Item, Kind, Party, Payment, Record, VendorCredit
from tieout.sync.matching.listed import email, tax_digits, tax_number
from tieout.sync.matching.names import normalized, squeezed
from tieout.sync.matching.sides import OurDocument, Ours

KEYED_KINDS: Final = frozenset(
    (
        Kind.CUSTOMER,
        Kind.VENDOR,
        Kind.PARTY,
        Kind.ITEM,
        Kind.INVOICE,
        Kind.BILL,
        Kind.CREDIT_NOTE,
        Kind.VENDOR_CREDIT,
        Kind.PAYMENT,
        Kind.BILL_PAYMENT,
    )
)
NEVER_NEWS: Final = frozenset((Kind.PAYMENT.value, Kind.BILL_PAYMENT.value))
"""Payments are found by what they settle, and matched with nothing."""
NAME: Final = "name:"
SETTLES: Final = "settles:"
DIGITS: Final = "digits:"
"""A tax number without its country: it makes two worth comparing, and decides nothing."""
_LENGTH_MAX: Final = 160
"""Characters of a value that stands in a key as it is; of a longer one its digest does."""
_PURCHASES: Final = (Kind.BILL, Kind.VENDOR_CREDIT)
_OVER: Final = (DocumentStatus.VOID, DocumentStatus.DELETED)


def keys_of_theirs(kind: Kind, record: Record) -> frozenset[str]:
    """The keys of a record of the books; none of what was set aside or does not count."""
    if isinstance(record, Party) and record.active:
        return _keys(
            ("marker:", record.marker),
            ("tax:", tax_number(record.tax_number)),
            (DIGITS, tax_digits(record.tax_number)),
            ("email:", email(record.email)),
            (NAME, normalized(record.name)),
        )
    if isinstance(record, Item) and record.active:
        return _keys(("marker:", record.marker), ("code:", squeezed(record.code)), (NAME, normalized(record.name)))
    if isinstance(record, Document) and record.status not in _OVER:
        number = squeezed(record.number)
        alike = None if number and kind not in _PURCHASES else _alike(record.party_id, record.currency, record.total)
        return _keys(("marker:", record.marker), ("number:", number), ("alike:", alike)) | _settled(record)
    if isinstance(record, Payment) and not record.is_void:
        return frozenset(SETTLES + part.document_id for part in record.allocations)
    return frozenset()


def keys_of_ours(our: Ours) -> frozenset[str]:
    """The keys of a counterpart or product of ours."""
    return _keys(
        ("marker:", str(our.id)),
        ("tax:", tax_number(our.tax_number)),
        (DIGITS, tax_digits(our.tax_number)),
        ("email:", email(our.email)),
        ("code:", squeezed(our.code)),
        (NAME, normalized(our.name)),
    )


def keys_of_our_document(our: OurDocument) -> frozenset[str]:
    """The keys of a document of ours."""
    alike = None if our.party_id is None else _alike(our.party_id, our.currency, our.total)
    return _keys(("marker:", str(our.id)), ("number:", squeezed(our.number)), ("alike:", alike))


def name_key(name: str) -> frozenset[str]:
    """The key of whoever has this name, however it is written."""
    return _keys((NAME, normalized(name)))


def _settled(record: Document) -> frozenset[str]:
    """What a credit settles, and itself: it is found by either where the books tell that on the credit."""
    allocations = record.allocations if isinstance(record, CreditNote | VendorCredit) else None
    return frozenset(
        SETTLES + named for part in allocations or () for named in (part.document_id, record.external_id or "")
    )


def _alike(party_id: str, currency: str, total: Decimal) -> str:
    return f"{party_id}|{currency}|{total.normalize():f}"


def _keys(*named: tuple[str, str | None]) -> frozenset[str]:
    return frozenset(word + _short(value) for word, value in named if value)


def _short(value: str) -> str:
    return value if len(value) <= _LENGTH_MAX else "#" + hashlib.sha256(value.encode()).hexdigest()
