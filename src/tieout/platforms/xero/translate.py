"""Xero's objects as records of the books: pure, one function per kind, nothing guessed.

An object that cannot be given its full meaning becomes Untranslated with the reason; it is never half translated.

**Ids.** Xero names accounts by id on the lines that it returns, but by code alone on items (and by code everywhere in
old recordings). Where the id is known it is used; else the code is looked up in the chart of accounts, if that is
given; else the id is `code:` followed by the code, which `writing` understands as a code. The same goes for items.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from tieout.books.changes import Change, ExternalRef, Version
from tieout.books.records import (
    Account,
    AccountType,
    Address,
    Company,
    Control,
    Item,
    Kind,
    Party,
    Record,
    TaxComponent,
    TaxRate,
    Untranslated,
)
from tieout.platforms.xero import shapes
from tieout.platforms.xero.marks import marker_of_code
from tieout.platforms.xero.zones import iana_zone

CODE_PREFIX: Final = "code:"
"""Marks an id that is only a code."""

_ACCOUNT_TYPES = {
    "ASSET": AccountType.ASSET,
    "EQUITY": AccountType.EQUITY,
    "EXPENSE": AccountType.EXPENSE,
    "REVENUE": AccountType.INCOME,
    "LIABILITY": AccountType.LIABILITY,
}
_ADDRESS_ORDER = ("POBOX", "STREET")
"""A contact's billing address first, then its delivery address."""
_PHONE_ORDER = ("DEFAULT", "MOBILE", "DDI")


class Untranslatable(Exception):  # noqa: N818 - it is a reason, not a fault
    """Why an object has no meaning here; caught by `translate_object`."""


@dataclass(frozen=True, slots=True)
class Translation:
    """What translating an object gives: under which kind it is kept, its id, when it changed, and the record."""

    kind: Kind
    external_id: str
    updated_date: str | None
    record: Record


Codes = Mapping[str, str]
"""Ids of ledger accounts by their codes."""


def id_or_code(external_id: str | None, code: str | None, codes: Codes | None = None) -> str | None:
    """The id, or else the id of the code, or else the code marked as one."""
    if external_id:
        return external_id
    if not code:
        return None
    return (codes or {}).get(code) or CODE_PREFIX + code


_ACTIONS = {
    "CreateApprovedInvoice": (Kind.INVOICE,),
    "CreateApprovedBill": (Kind.BILL,),
    "CreateInvoicePayment": (Kind.PAYMENT, Kind.BILL_PAYMENT),
    "AttachFilesIntoInvoice": (Kind.ATTACHMENT,),
}
"""What an action of Xero's creates (organisation page, key actions)."""


def translate_company(
    raw: shapes.Organisation, *, currencies: tuple[str, ...], refused_actions: tuple[str, ...] = ()
) -> Translation:
    """The books themselves. Xero takes any number of ours, and computes tax by the rates that lines name."""
    locks = [shapes.read_day(text) for text in (raw.period_lock_date, raw.end_of_year_lock_date) if text]
    company = Company(
        external_id=raw.organisation_id,
        name=raw.name,
        legal_name=raw.legal_name,
        type=raw.organisation_type,
        base_currency=raw.base_currency,
        country=raw.country_code,
        time_zone=iana_zone(raw.timezone),
        multi_currency=len(currencies) > 1,
        currencies=currencies,
        closed_until=max(locks, default=None),
        numbers_are_custom=True,
        not_permitted=tuple(kind for action in refused_actions for kind in _ACTIONS.get(action, ())),
    )
    return Translation(Kind.COMPANY, raw.organisation_id, None, company)


_CONTROLS = {"DEBTORS": Control.RECEIVABLE, "CREDITORS": Control.PAYABLE}


def translate_account(raw: shapes.Account) -> Translation:
    """A ledger account. Lists carry no balance."""
    is_bank = raw.type == "BANK"
    account = Account(
        external_id=raw.account_id,
        name=raw.name,
        code=raw.code or None,
        type=_ACCOUNT_TYPES.get(raw.class_ or "", AccountType.UNKNOWN),
        subtype=raw.type,
        description=raw.description or None,
        currency=raw.currency_code,
        control=_CONTROLS.get(raw.system_account or ""),
        is_bank=is_bank,
        takes_payments=is_bank or raw.enable_payments_to_account,
        active=raw.status == "ACTIVE",
    )
    return Translation(Kind.ACCOUNT, raw.account_id, raw.updated_date_utc, account)


def translate_tax_rate(raw: shapes.TaxRate) -> Translation:
    """A tax rate. Its key is its type; the effective rate is compounded, the displayed one the plain sum."""
    summed = sum((component.rate for component in raw.tax_components), Decimal(0))
    effective = summed if raw.effective_rate is None else raw.effective_rate
    tax_rate = TaxRate(
        external_id=raw.tax_type,
        name=raw.name,
        code=raw.tax_type,
        effective_rate=effective,
        total_rate=effective if raw.display_tax_rate is None else raw.display_tax_rate,
        components=tuple(
            TaxComponent(name=component.name, rate=component.rate, is_compound=component.is_compound)
            for component in raw.tax_components
        ),
        active=raw.status == "ACTIVE",
        on_sales=raw.can_apply_to_revenue is not False,
        on_purchases=raw.can_apply_to_expenses is not False or raw.can_apply_to_assets is True,
        applies_to=_applies_to(raw),
    )
    return Translation(Kind.TAX_RATE, raw.tax_type, None, tax_rate)


def _applies_to(raw: shapes.TaxRate) -> tuple[AccountType, ...] | None:
    """The classes of accounts that a line with this rate may name (tax rates page); None where none is ruled out."""
    told = {
        AccountType.ASSET: raw.can_apply_to_assets,
        AccountType.EQUITY: raw.can_apply_to_equity,
        AccountType.EXPENSE: raw.can_apply_to_expenses,
        AccountType.INCOME: raw.can_apply_to_revenue,
        AccountType.LIABILITY: raw.can_apply_to_liabilities,
    }
    if all(each is not False for each in told.values()):
        return None
    return tuple(account_type for account_type, each in told.items() if each is not False)


def translate_party(raw: shapes.Contact) -> Translation:
    """A contact. The number that only the API shows is where we stamp our marker."""
    if not raw.name:
        raise Untranslatable("the contact has no name")
    party = Party(
        external_id=raw.contact_id,
        name=raw.name,
        first_name=raw.first_name or None,
        last_name=raw.last_name or None,
        email=raw.email_address or None,
        phone=_phone(raw.phones),
        tax_number=raw.tax_number or None,
        currency=raw.default_currency or None,
        address=_address(raw.addresses),
        is_customer=raw.is_customer,
        is_vendor=raw.is_supplier,
        active=raw.contact_status == "ACTIVE",
        marker=raw.contact_number or None,
        merged_into=raw.merged_to_contact_id or None,
    )
    return Translation(Kind.PARTY, raw.contact_id, raw.updated_date_utc, party)


def _phone(phones: tuple[shapes.Phone, ...]) -> str | None:
    by_type = {phone.phone_type: phone for phone in phones if phone.phone_number}
    for phone_type in _PHONE_ORDER:
        phone = by_type.get(phone_type)
        if phone:
            parts = (phone.phone_country_code, phone.phone_area_code, phone.phone_number)
            return " ".join(part for part in parts if part)
    return None


def _address(addresses: tuple[shapes.PostalAddress, ...]) -> Address | None:
    by_type = {address.address_type: address for address in addresses}
    for address_type in _ADDRESS_ORDER:
        raw = by_type.get(address_type)
        if raw and any((raw.address_line1, raw.city, raw.region, raw.postal_code, raw.country)):
            return Address(
                line1=raw.address_line1 or None,
                line2=raw.address_line2 or None,
                city=raw.city or None,
                state=raw.region or None,
                postal_code=raw.postal_code or None,
                country=raw.country or None,
            )
    return None


def translate_item(raw: shapes.Item, codes: Codes | None = None) -> Translation:
    """A product or service; Xero names its accounts by code alone."""
    sales, purchase = raw.sales_details, raw.purchase_details
    item = Item(
        external_id=raw.item_id,
        name=raw.name or raw.code,
        code=raw.code,
        description=raw.description or raw.purchase_description or None,
        unit_price=sales.unit_price,
        income_account_id=id_or_code(None, sales.account_code, codes),
        expense_account_id=id_or_code(None, purchase.account_code or purchase.cogs_account_code, codes),
        tax_rate_id=sales.tax_type or None,
        is_sold=raw.is_sold,
        is_purchased=raw.is_purchased,
        is_stock=raw.is_tracked_as_inventory,
        marker=marker_of_code(raw.code),
    )
    return Translation(Kind.ITEM, raw.item_id, raw.updated_date_utc, item)


@dataclass(frozen=True, slots=True)
class Translator:
    """How the objects of one list are decoded and translated.

    Those that cannot be are kept under the kind that `kinds` names for their `type_name`, or else under `kind`.
    """

    plural: str
    id_name: str
    kind: Kind
    decoder: msgspec.json.Decoder[Any]
    translate: Callable[[Any], Translation]
    type_name: str = "Type"
    kinds: Mapping[str, Kind] = field(default_factory=dict)


def translate_object(raw: bytes, translator: Translator) -> Change:
    """One object as a change, with its own bytes; Untranslated with the reason if it has no meaning here.

    Raises ValueError when it has no id, for then it is no object of Xero's.
    """
    try:
        shape = translator.decoder.decode(raw)
        translation = translator.translate(shape)
        updated_at = shapes.read_moment(translation.updated_date) if translation.updated_date else None
    except (msgspec.DecodeError, Untranslatable, ValueError, ArithmeticError) as reason:
        return _untranslated(raw, translator, str(reason))
    return Change(
        ExternalRef(translation.kind, translation.external_id),
        _version(updated_at),
        translation.record,
        raw,
    )


def _untranslated(raw: bytes, translator: Translator, reason: str) -> Change:
    members = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    external_id = _text(members, translator.id_name)
    if not external_id:
        raise ValueError(f"an object of {translator.plural} has no {translator.id_name}")
    kind = translator.kinds.get(_text(members, translator.type_name) or "", translator.kind)
    record = Untranslated(external_id=external_id, native_kind=translator.plural, reason=reason)
    return Change(ExternalRef(kind, external_id), _version(_updated_at(members)), record, raw)


def _version(updated_at: datetime | None) -> Version:
    """Xero numbers no versions: when a record last changed tells one from the next."""
    return Version(None if updated_at is None else updated_at.isoformat(), updated_at)


def _text(members: Mapping[str, msgspec.Raw], name: str) -> str | None:
    try:
        return msgspec.json.decode(members[name], type=str)
    except (KeyError, msgspec.DecodeError):
        return None


def _updated_at(members: Mapping[str, msgspec.Raw]) -> datetime | None:
    text = _text(members, "UpdatedDateUTC")
    try:
        return shapes.read_moment(text) if text else None
    except (ValueError, OverflowError):
        return None


def optional_day(text: str | None) -> date | None:
    """A calendar date, if there is one."""
    return shapes.read_day(text) if text else None
