"""Rows of Intuit's answers to changes: decoded, dated in UTC, translated; what has no meaning is kept with the reason.

Pure: bytes in, changes out.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from tieout.books.changes import Change, ExternalRef, Tombstone, Version
from tieout.books.records import Kind, Record, Untranslated
from tieout.platforms.quickbooks import wire
from tieout.platforms.quickbooks.translate_files import Attachable, translate_attachable
from tieout.platforms.quickbooks.translate_lists import (
    translate_account,
    translate_company,
    translate_customer,
    translate_item,
    translate_tax_code,
    translate_vendor,
)
from tieout.platforms.quickbooks.translate_transactions import translate_document, translate_payment

NATIVE_OF: Mapping[Kind, str] = {
    Kind.ACCOUNT: "Account",
    Kind.CUSTOMER: "Customer",
    Kind.VENDOR: "Vendor",
    Kind.ITEM: "Item",
    Kind.INVOICE: "Invoice",
    Kind.BILL: "Bill",
    Kind.CREDIT_NOTE: "CreditMemo",
    Kind.VENDOR_CREDIT: "VendorCredit",
    Kind.PAYMENT: "Payment",
    Kind.BILL_PAYMENT: "BillPayment",
    Kind.ATTACHMENT: "Attachable",
}
"""Intuit's name of every kind that has rows of its own."""
KIND_OF: Mapping[str, Kind] = {native: kind for kind, native in NATIVE_OF.items()}

Object = TypeVar("Object", bound=wire.Entity)
_decode_entity = msgspec.json.Decoder(wire.Entity).decode
_decode_info = msgspec.json.Decoder(wire.CompanyInfo).decode
_decode_preferences = msgspec.json.Decoder(wire.Preferences).decode
_decode_currency = msgspec.json.Decoder(wire.CompanyCurrency).decode
_decode_code = msgspec.json.Decoder(wire.TaxCode).decode
_decode_rate = msgspec.json.Decoder(wire.TaxRate).decode


def _list_reader(
    type_: type[Object], translate: Callable[[Object], Record]
) -> Callable[[bytes, str | None], tuple[wire.Entity, Record]]:
    decode = msgspec.json.Decoder(type_).decode

    def read(raw: bytes, _home_currency: str | None) -> tuple[wire.Entity, Record]:
        found = decode(raw)
        return found, translate(found)

    return read


def _transaction_reader(
    native: str, type_: type[Object], translate: Callable[[str, Object, str | None], Record]
) -> Callable[[bytes, str | None], tuple[wire.Entity, Record]]:
    decode = msgspec.json.Decoder(type_).decode

    def read(raw: bytes, home_currency: str | None) -> tuple[wire.Entity, Record]:
        found = decode(raw)
        return found, translate(native, found, home_currency)

    return read


_READERS: Mapping[str, Callable[[bytes, str | None], tuple[wire.Entity, Record]]] = {
    "Account": _list_reader(wire.Account, translate_account),
    "Customer": _list_reader(wire.Customer, translate_customer),
    "Vendor": _list_reader(wire.Vendor, translate_vendor),
    "Item": _list_reader(wire.Item, translate_item),
    "Invoice": _transaction_reader("Invoice", wire.Document, translate_document),
    "Bill": _transaction_reader("Bill", wire.Document, translate_document),
    "CreditMemo": _transaction_reader("CreditMemo", wire.Document, translate_document),
    "VendorCredit": _transaction_reader("VendorCredit", wire.Document, translate_document),
    "Payment": _transaction_reader("Payment", wire.Payment, translate_payment),
    "BillPayment": _transaction_reader("BillPayment", wire.Payment, translate_payment),
    "Attachable": _list_reader(Attachable, translate_attachable),
}


def translate_row(native: str, raw: bytes, home_currency: str | None) -> Change:
    """One object of one of the types in `NATIVE_OF`.

    An object that cannot be understood becomes an Untranslated record with the reason. Raises ValueError when it has
    not even an id, for then it cannot be kept at all.
    """
    try:
        found, record = _READERS[native](raw, home_currency)
    except (ValueError, ArithmeticError) as error:
        found = _decode_entity(raw)
        record = Untranslated(external_id=found.id, native_kind=native, reason=str(error))
    return Change(ref=ExternalRef(KIND_OF[native], found.id), version=version_of(found), record=record, raw=raw)


def translate_rows(
    native: str, rows: Iterable[msgspec.Raw], home_currency: str | None
) -> tuple[Change | Tombstone, ...]:
    """The rows of one type as a query or change data capture gave them; deletions become tombstones."""
    changes: list[Change | Tombstone] = []
    for row in rows:
        raw = bytes(row)
        if b'"Deleted"' in raw and is_deleted(raw):
            gone = _decode_entity(raw)
            changes.append(Tombstone(ExternalRef(KIND_OF[native], gone.id), version_of(gone).updated_at))
        else:
            changes.append(translate_row(native, raw, home_currency))
    return tuple(changes)


def is_deleted(raw: bytes) -> bool:
    """Whether an object is only the news that it is gone."""
    return _decode_entity(raw).status == "Deleted"


def translate_company_rows(
    company_id: str, info: bytes, preferences: bytes, currencies: Iterable[msgspec.Raw] | None = None
) -> Change:
    """The company, told by two objects and its list of currencies; the two are kept raw and make its version."""
    found, prefs = _decode_info(info), _decode_preferences(preferences)
    record: Record
    try:
        foreign = None if currencies is None else [_decode_currency(raw) for raw in currencies]
        record = translate_company(company_id, found, prefs, foreign)
    except ValueError as error:
        record = Untranslated(external_id=company_id, native_kind="CompanyInfo", reason=str(error))
    times = [time for time in (version_of(found).updated_at, version_of(prefs).updated_at) if time is not None]
    return Change(
        ref=ExternalRef(Kind.COMPANY, company_id),
        version=Version(f"{found.sync_token}.{prefs.sync_token}", max(times, default=None)),
        record=record,
        raw=b'{"CompanyInfo":' + info + b',"Preferences":' + preferences + b"}",
    )


def translate_tax_rows(codes: Iterable[msgspec.Raw], rates: Iterable[msgspec.Raw]) -> tuple[Change, ...]:
    """Every tax code with the rates it names. Its version holds theirs: a rate changes without its code."""
    raw_rates: dict[str, bytes] = {}
    known: dict[str, wire.TaxRate] = {}
    for row in rates:
        try:
            rate = _decode_rate(row)
        except msgspec.ValidationError:
            continue  # the codes that name it say that they cannot be understood, and are kept with that reason
        known[rate.id], raw_rates[rate.id] = rate, bytes(row)
    return tuple(_tax_change(bytes(row), known, raw_rates) for row in codes)


def _tax_change(raw: bytes, known: Mapping[str, wire.TaxRate], raw_rates: Mapping[str, bytes]) -> Change:
    try:
        code = _decode_code(raw)
    except msgspec.ValidationError as error:
        found = _decode_entity(raw)
        unread = Untranslated(external_id=found.id, native_kind="TaxCode", reason=str(error))
        return Change(ExternalRef(Kind.TAX_RATE, found.id), version_of(found), unread, raw)
    lists = (code.sales_tax_rate_list, code.purchase_tax_rate_list)
    named = {detail.tax_rate_ref.value: None for rates in lists if rates for detail in rates.tax_rate_detail}
    own = [known[rate_id] for rate_id in named if rate_id in known]
    record: Record
    try:
        record = translate_tax_code(code, known)
    except (ValueError, ArithmeticError) as error:
        record = Untranslated(external_id=code.id, native_kind="TaxCode", reason=str(error))
    times = [time for time in (version_of(each).updated_at for each in (code, *own)) if time is not None]
    token = ".".join(f"{each.id}:{each.sync_token}" for each in (code, *own))
    joined = b",".join(raw_rates[rate.id] for rate in own)
    return Change(
        ref=ExternalRef(Kind.TAX_RATE, code.id),
        version=Version(token, max(times, default=None)),
        record=record,
        raw=b'{"TaxCode":' + raw + b',"TaxRate":[' + joined + b"]}",
    )


def version_of(entity: wire.Entity) -> Version:
    """Which state of an object this is; the time in UTC, whatever offset the server wrote."""
    updated_at = entity.meta_data.last_updated_time if entity.meta_data else None
    return Version(entity.sync_token, in_utc(updated_at) if updated_at else None)


def in_utc(time: datetime) -> datetime:
    """An instant in UTC; one without an offset is taken as UTC."""
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
