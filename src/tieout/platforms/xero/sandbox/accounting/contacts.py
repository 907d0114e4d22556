"""Contacts: who they are, how a write finds them, and what may not be written. Source: contacts page; recordings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tieout.platforms.xero.sandbox.accounting.elements import Element, GoneError, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Contact
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_length
from tieout.platforms.xero.sandbox.gateway.dialects import unsupported

WORDS = vocabulary(
    "ContactID ContactNumber AccountNumber ContactStatus Name FirstName LastName CompanyNumber EmailAddress"
    " BankAccountDetails TaxNumber AccountsReceivableTaxType AccountsPayableTaxType Addresses Phones DefaultCurrency"
    " PaymentTerms ContactPersons",
    "IsSupplier IsCustomer Balances ContactGroups SalesTrackingCategories PurchasesTrackingCategories Website"
    " BrandingTheme BatchPayments Discount MergedToContactID",
)
PERSONS_MAX = 5
TEXTS = (
    ("AccountNumber", "account_number", 50),
    ("FirstName", "first_name", 255),
    ("LastName", "last_name", 255),
    ("CompanyNumber", "company_number", 50),
    ("EmailAddress", "email", 255),
    ("BankAccountDetails", "bank_details", 4000),
    ("TaxNumber", "tax_number", 50),
)
"""Property, attribute and longest length of the plain texts."""
ADDRESS_PARTS = ("City", "Region", "PostalCode", "Country")
ADDRESS_LINES = ("AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4", "AttentionTo")
PHONE_PARTS = ("PhoneNumber", "PhoneAreaCode", "PhoneCountryCode")
TERM_TYPES = ("DAYSAFTERBILLDATE", "DAYSAFTERBILLMONTH", "OFCURRENTMONTH", "OFFOLLOWINGMONTH")

NAMELESS = (
    "The Contact must contain at least 1 of the following elements to identify the contact: Name, ContactID,"
    " ContactNumber"
)
ARCHIVED = (
    "The specified contact details matched an archived contact. Archived contacts cannot currently be edited via the"
    " API."
)


def name_taken(name: str) -> str:
    """The recorded refusal of a second active contact of the same name."""
    return (
        f"The contact name {name} is already assigned to another contact. The contact name must be unique across all"
        " active contacts."
    )


def number_taken(number: str) -> str:
    """The same for ContactNumber, which archived contacts keep."""
    return (
        f"The contact number {number} is already assigned to another contact. The contact number must be unique across"
        " all contacts."
    )


@dataclass(frozen=True, slots=True)
class ContactPlan:
    """What a write will do: change `contact`, or create one, with these values."""

    contact: Contact | None
    values: Mapping[str, Any]


def find_contact(organisation: Organisation, key: str) -> Contact | None:
    """By ContactID or ContactNumber."""
    return organisation.contacts.get(key.lower()) or organisation.contact_numbered(key)


def write_contact(writing: Writing, element: Element) -> Written:
    """Create or change a contact."""
    plan = plan_contact(writing, element)
    return Written(apply_contact(writing, plan))


def plan_contact(writing: Writing, element: Element) -> ContactPlan:
    """Match, convert and check. POST matches ContactID, then ContactNumber, then the name of an active contact."""
    organisation = writing.organisation
    element.check(WORDS)
    contact_id, number, name = element.text("ContactID"), element.text("ContactNumber"), element.text("Name")
    contact = writing.target if isinstance(writing.target, Contact) else None
    if contact is None and contact_id:
        contact = organisation.contacts.get(contact_id.lower())
        if contact is None:
            raise GoneError
    if contact is None and writing.may_update:
        contact = organisation.contact_numbered(number) if number else None
        contact = contact or (organisation.active_contact_named(name) if name else None)
    if contact is None and not name:
        raise InvalidError(NAMELESS)
    if contact is not None and not writing.may_update:
        raise InvalidError(name_taken(contact.name))
    if contact is not None and contact.status != "ACTIVE":
        raise InvalidError(ARCHIVED)
    values = _values(organisation, element)
    _check_unique(organisation, contact, values)
    return ContactPlan(contact, values)


def apply_contact(writing: Writing, plan: ContactPlan) -> Contact:
    """Carry out a plan."""
    organisation = writing.organisation
    contact = plan.contact
    if contact is None:
        contact = Contact(
            id=organisation.ids.uuid(), updated_at=writing.at, app_id=writing.app_id, name=plan.values["name"]
        )
        contact.addresses = {kind: dict.fromkeys(ADDRESS_PARTS, "") for kind in contact.addresses}
        contact.phones = {kind: dict.fromkeys(PHONE_PARTS, "") for kind in contact.phones}
        contact.email = contact.bank_details = ""
    old_name, old_number = contact.name, contact.number
    for attribute, value in plan.values.items():
        if attribute in {"addresses", "phones", "terms"}:
            getattr(contact, attribute).update(value)
        else:
            setattr(contact, attribute, value)
    contact.touch(writing.at)
    organisation.index_contact(contact, old_name=old_name, old_number=old_number)
    return contact


def _values(organisation: Organisation, element: Element) -> dict[str, Any]:
    """The attributes that are sent, converted."""
    values: dict[str, Any] = {}
    name, number = element.text("Name"), element.text("ContactNumber")
    if name is not None:
        if not name.strip():
            raise InvalidError(NAMELESS)
        check_length("Name", name, 255)
        values["name"] = name.strip()
    if number is not None:
        check_length("ContactNumber", number, 50)
        values["number"] = number or None
    for property_, attribute, length_max in TEXTS:
        text = element.text(property_)
        if text is not None:
            check_length(property_, text, length_max)
            values[attribute] = text
    if values.get("email") and ("@" not in values["email"] or " " in values["email"]):
        raise InvalidError("Email address must be valid.")
    status = element.choice("ContactStatus", ("ACTIVE", "ARCHIVED", "GDPRREQUEST"))
    if status == "GDPRREQUEST":
        raise unsupported("ContactStatus GDPRREQUEST")
    if status is not None:
        values["status"] = status
    values |= _tax_types(organisation, element)
    values |= _slots(element)
    return values


def _tax_types(organisation: Organisation, element: Element) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for property_, attribute in (
        ("AccountsReceivableTaxType", "sales_tax_type"),
        ("AccountsPayableTaxType", "purchase_tax_type"),
    ):
        tax_type = element.text(property_)
        if tax_type:
            if tax_type.upper() not in organisation.tax_rates:
                raise InvalidError(f"The TaxType code '{tax_type}' does not exist.")
            values[attribute] = tax_type.upper()
    currency = element.text("DefaultCurrency")
    if currency:
        if currency.upper() not in organisation.currencies:
            raise InvalidError(f"Organisation is not subscribed to currency {currency.upper()}")
        values["currency"] = currency.upper()
    return values


def _slots(element: Element) -> dict[str, Any]:
    """Addresses and phones replace their slot; persons replace all; terms replace their side."""
    values: dict[str, Any] = {}
    for property_, attribute, kind, kinds, parts, more in (
        ("Addresses", "addresses", "AddressType", ("STREET", "POBOX"), ADDRESS_PARTS, ADDRESS_LINES),
        ("Phones", "phones", "PhoneType", ("DEFAULT", "DDI", "FAX", "MOBILE"), PHONE_PARTS, ()),
    ):
        slots = element.inners(property_)
        if slots is not None:
            values[attribute] = dict(_slot(slot, kind, kinds, parts, more) for slot in slots)
    persons = element.inners("ContactPersons")
    if persons is not None:
        if len(persons) > PERSONS_MAX:
            raise InvalidError(f"A contact can have up to {PERSONS_MAX} contact persons")
        values["persons"] = [_person(person) for person in persons]
    terms = element.inner("PaymentTerms")
    if terms is not None:
        terms.check(vocabulary("Bills Sales"))
        values["terms"] = {side: _term(inner) for side in ("Bills", "Sales") if (inner := terms.inner(side))}
    return values


def _slot(
    slot: Element, kind: str, kinds: tuple[str, ...], parts: tuple[str, ...], more: tuple[str, ...]
) -> tuple[str, dict[str, str]]:
    slot.check(vocabulary(" ".join((kind, *parts, *more))))
    name = slot.choice(kind, kinds) or kinds[0]
    told = {part: slot.text(part) or "" for part in parts}
    told |= {part: text for part in more if (text := slot.text(part)) is not None}
    return name, told


def _person(person: Element) -> dict[str, str | bool]:
    person.check(vocabulary("FirstName LastName EmailAddress IncludeInEmails"))
    told: dict[str, str | bool] = {
        name: text for name in ("FirstName", "LastName", "EmailAddress") if (text := person.text(name)) is not None
    }
    return told | {"IncludeInEmails": person.flag("IncludeInEmails") or False}


def _term(term: Element) -> dict[str, int | str]:
    term.check(vocabulary("Day Type"))
    day, kind = term.decimal("Day"), term.choice("Type", TERM_TYPES)
    if day is None or kind is None:
        raise InvalidError("Payment terms need a Day and a Type")
    return {"Day": int(day), "Type": kind}


def _check_unique(organisation: Organisation, contact: Contact | None, values: Mapping[str, Any]) -> None:
    name, number = values.get("name"), values.get("number")
    status = values.get("status", contact.status if contact else "ACTIVE")
    namesake = organisation.active_contact_named(name) if name and status == "ACTIVE" else None
    if name and namesake is not None and namesake is not contact:
        raise InvalidError(name_taken(name))
    numbered = organisation.contact_numbered(number) if number else None
    if number and numbered is not None and numbered is not contact:
        raise InvalidError(number_taken(number))
