"""How contacts look on the wire: on their own, and inside documents. Source: recordings of April 2026."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation, overdue
from tieout.platforms.xero.sandbox.accounting.rows import Contact
from tieout.platforms.xero.sandbox.accounting.shapes import Shape, View, has_attachments, inner_attachments
from tieout.platforms.xero.sandbox.wire import ms_date

if TYPE_CHECKING:
    from tieout.platforms.xero.sandbox.accounting.people import ContactGroup


def show_contact(organisation: Organisation, contact: Contact, view: View) -> Mapping[str, Any]:
    """A contact. Balances are absent while they are zero, and from answers to writes."""
    told: dict[str, Any] = {"ContactID": contact.id} | _numbers(contact)
    told |= {"ContactStatus": contact.status, "Name": contact.name} | _contact_texts(contact)
    if view.shape is Shape.SUMMARY:
        return told | {"UpdatedDateUTC": ms_date(contact.updated_at), "HasValidationErrors": False}
    told |= _contact_slots(contact)
    told["UpdatedDateUTC"] = ms_date(contact.updated_at)
    told |= {
        "ContactGroups": groups_of(organisation, contact),
        "IsSupplier": contact.supplier,
        "IsCustomer": contact.customer,
    }
    if contact.currency is not None:
        told["DefaultCurrency"] = contact.currency
    if view.shape is Shape.WRITTEN:
        told |= {"SalesTrackingCategories": [], "PurchasesTrackingCategories": []}
    else:
        told |= _balances(organisation, contact) | {"HasAttachments": has_attachments(organisation, contact)}
    if contact.terms:
        told["PaymentTerms"] = contact.terms
    told["ContactPersons"] = contact.persons
    if view.shape is Shape.SINGLE:
        told["Attachments"] = inner_attachments(organisation, "Contacts", contact)
    if contact.merged_to is not None and view.shape is not Shape.LIST:
        told["MergedToContactID"] = contact.merged_to
    return told | {"HasValidationErrors": False}


def groups_of(organisation: Organisation, contact: Contact) -> list[Mapping[str, Any]]:
    """The groups of a contact inside the contact."""
    return [
        show_group_head(one) | {"Contacts": [], "HasValidationErrors": False}
        for one in organisation.contact_groups.values()
        if one.status != "DELETED" and contact.id in one.contact_ids
    ]


def show_group_head(group: "ContactGroup") -> dict[str, Any]:
    """What names a group."""
    return {"ContactGroupID": group.id, "Name": group.name, "Status": group.status}


def _numbers(contact: Contact) -> dict[str, Any]:
    numbers = (("ContactNumber", contact.number), ("AccountNumber", contact.account_number))
    return {name: number for name, number in numbers if number is not None}


def _contact_texts(contact: Contact) -> dict[str, Any]:
    texts = (
        ("FirstName", contact.first_name),
        ("LastName", contact.last_name),
        ("CompanyNumber", contact.company_number),
        ("EmailAddress", contact.email),
        ("BankAccountDetails", contact.bank_details),
        ("TaxNumber", contact.tax_number),
        ("AccountsReceivableTaxType", contact.sales_tax_type),
        ("AccountsPayableTaxType", contact.purchase_tax_type),
    )
    return {name: text for name, text in texts if text is not None}


def _contact_slots(contact: Contact) -> dict[str, Any]:
    return {
        "Addresses": [{"AddressType": kind} | (slot or {}) for kind, slot in contact.addresses.items()],
        "Phones": [{"PhoneType": kind} | (slot or {}) for kind, slot in contact.phones.items()],
    }


def _balances(organisation: Organisation, contact: Contact) -> dict[str, Any]:
    documents, today = organisation.documents_of.get(contact.id, ()), organisation.today()
    sides = {
        "AccountsReceivable": overdue((one for one in documents if one.receivable), today),
        "AccountsPayable": overdue((one for one in documents if not one.receivable), today),
    }
    if not any(outstanding for outstanding, _ in sides.values()):
        return {}
    return {
        "Balances": {side: {"Outstanding": outstanding, "Overdue": late} for side, (outstanding, late) in sides.items()}
    }


def compact_contact(contact: Contact) -> Mapping[str, Any]:
    """A contact inside a listed document."""
    return {
        "ContactID": contact.id,
        "Name": contact.name,
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }


def full_contact(contact: Contact, *, of_credit_note: bool = False) -> Mapping[str, Any]:
    """A contact inside a single document and inside the answer to a write; a credit note tells less of it."""
    told: dict[str, Any] = {"ContactID": contact.id, "ContactStatus": contact.status, "Name": contact.name}
    told |= _contact_texts(contact) | _contact_slots(contact)
    told |= {"UpdatedDateUTC": ms_date(contact.updated_at), "ContactGroups": []}
    if not of_credit_note:
        told |= {
            "IsSupplier": contact.supplier,
            "IsCustomer": contact.customer,
            "SalesTrackingCategories": [],
            "PurchasesTrackingCategories": [],
        }
    return told | {"ContactPersons": contact.persons, "HasValidationErrors": False}


def payment_contact(contact: Contact) -> Mapping[str, Any]:
    """A contact inside the document inside a payment."""
    return {"ContactID": contact.id, "Name": contact.name, "ContactPersons": [], "HasValidationErrors": False}
