"""Writing to Xero: the exact request of a write, and the record in its answer. Pure.

Sources: contacts, items and payments pages. PUT only ever creates; POST would find a contact by its name and change it.
"""

from decimal import Decimal
from typing import Any, Final

from tieout.books.arithmetic.predicting import Prediction
from tieout.books.changes import Change
from tieout.books.records import Address, Attachment, CreditAllocation, Document, Item, Kind, Party, Payment
from tieout.platforms.port import Answer, Operation, Request, Write
from tieout.platforms.xero import allocating, attaching, translators
from tieout.platforms.xero.client import segment, unreadable, write_request
from tieout.platforms.xero.errors import TRACE_HEADER
from tieout.platforms.xero.marks import CONTACT_NUMBER_MAX, ITEM_CODE_MAX, item_code, stamped
from tieout.platforms.xero.reading import changes_of
from tieout.platforms.xero.refusing import (
    account_without_code,
    check_account,
    check_allowed,
    check_currency,
    check_period,
    refused,
)
from tieout.platforms.xero.translate import CODE_PREFIX, Translator
from tieout.platforms.xero.writing_documents import FORMS, currency_rate, plan_document, predict_document

NAME_MAX: Final = 255
"""Characters of a contact's name (contacts page)."""
ITEM_NAME_MAX: Final = 50
"""Characters of an item's name (items page); a longer one is cut, for the whole of it stands in the description."""

_TEXTS: Final = {
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "EmailAddress",
    "tax_number": "TaxNumber",
}
PARTY_KINDS: Final = frozenset({Kind.PARTY, Kind.CUSTOMER, Kind.VENDOR})
PAYMENT_KINDS: Final = frozenset({Kind.PAYMENT, Kind.BILL_PAYMENT})


def plan_write(company_id: str, write: Write) -> Request:
    """The exact request; see `port.Platform.plan_write`. Raises NotImplementedError for what is never written here."""
    record = write.record
    check_allowed(write)
    if write.kind in PARTY_KINDS and isinstance(record, Party):
        return _plan_party(company_id, write, record)
    if write.kind is Kind.ITEM and isinstance(record, Item):
        return _plan_item(company_id, write, record)
    if write.kind in FORMS and isinstance(record, Document):
        return plan_document(company_id, write, record)
    if write.kind in PAYMENT_KINDS and isinstance(record, Payment):
        return _plan_payment(company_id, write, record)
    if write.kind is Kind.ALLOCATION and isinstance(record, CreditAllocation):
        return allocating.plan_allocation(company_id, write, record)
    if write.kind is Kind.ATTACHMENT and isinstance(record, Attachment):
        return attaching.plan_attachment(company_id, write, record)
    raise NotImplementedError(f"a {type(record).__name__} is not written to Xero as {write.kind}")


def predict(write: Write) -> Prediction | None:
    """What a document will come to; see `port.Platform.predict`."""
    if not isinstance(write.record, Document) or write.operation not in (Operation.CREATE, Operation.UPDATE):
        return None
    return predict_document(write, write.record)


def read_written(write: Write, answer: Answer) -> Change | None:
    """The record as Xero now has it; what was voided or deleted stays with that status, but for allocations."""
    if isinstance(write.record, CreditAllocation):
        return allocating.read_allocated(write, write.record, answer)
    if isinstance(write.record, Attachment):
        return attaching.read_attached(write.record, answer)
    changes = changes_of(answer, translator_of(write))
    if len(changes) != 1:
        raise unreadable(answer.headers.get(TRACE_HEADER), f"{len(changes)} records for one write")
    return changes[0]


def translator_of(write: Write) -> Translator:
    """What translates the answers about the record of a write."""
    if write.kind in PARTY_KINDS:
        return translators.CONTACTS
    if write.kind in PAYMENT_KINDS:
        return translators.PAYMENTS
    if write.kind is Kind.ITEM:
        codes = {account.code: account.external_id for account in write.accounts.values() if account.code}
        return translators.items(codes)
    return translators.INVOICES if FORMS[write.kind].plural == "Invoices" else translators.CREDIT_NOTES


def _plan_party(company_id: str, write: Write, party: Party) -> Request:
    """A contact to create, or the fields of one to change: what is left out keeps its value."""
    if len(party.name) > NAME_MAX:
        raise refused(
            "name_too_long", f"Xero takes names of at most {NAME_MAX} characters.", "Shorten the name.", "name"
        )
    element = _contact(write, party)
    if write.operation is Operation.CREATE:
        return write_request(company_id, "PUT", "Contacts", plural="Contacts", element=element, key=write.key)
    if write.operation is not Operation.UPDATE:
        raise NotImplementedError("Xero has no way to delete a contact, and archiving one is left to the bookkeeper")
    contact_id = _named(write)
    path = f"Contacts/{segment(contact_id)}"
    element = {"ContactID": contact_id} | element
    return write_request(company_id, "POST", path, plural="Contacts", element=element, key=write.key)


def _contact(write: Write, party: Party) -> dict[str, Any]:
    """Only what is known is sent, and an empty text for what is to be emptied.

    The currency goes over only where the books have several.
    """
    if party.marker is not None and len(party.marker) > CONTACT_NUMBER_MAX:
        raise ValueError(f"a contact's marker has at most {CONTACT_NUMBER_MAX} characters")
    foreign = party.currency if party.currency != write.company.base_currency else None
    members: dict[str, Any] = {
        "Name": party.name,
        "ContactNumber": party.marker,
        "FirstName": party.first_name,
        "LastName": party.last_name,
        "EmailAddress": party.email,
        "TaxNumber": party.tax_number,
        "DefaultCurrency": foreign if write.company.multi_currency else None,
        "Phones": [_phone(write, party.phone)] if party.phone or "phone" in write.emptied else None,
        "Addresses": [_postal(write, party.address)] if party.address or "address" in write.emptied else None,
    }
    empty = {_TEXTS[name]: "" for name in write.emptied & _TEXTS.keys()}
    return {name: value for name, value in members.items() if value} | empty


def _phone(write: Write, number: str | None) -> dict[str, str]:
    """The whole number; a change takes away the codes that stood before it."""
    phone = {"PhoneType": "DEFAULT", "PhoneNumber": number or ""}
    return phone | ({"PhoneAreaCode": "", "PhoneCountryCode": ""} if write.operation is Operation.UPDATE else {})


def _postal(write: Write, address: Address | None) -> dict[str, str]:
    """The billing address, which Xero prints on documents. A change says of every part what it is."""
    address = address or Address()
    members = {
        "AddressLine1": address.line1,
        "AddressLine2": address.line2,
        "City": address.city,
        "Region": address.state,
        "PostalCode": address.postal_code,
        "Country": address.country,
    }
    if write.operation is Operation.UPDATE:
        parts = {name: value or "" for name, value in members.items()}
    else:
        parts = {name: value for name, value in members.items() if value}
    return {"AddressType": "POBOX"} | parts


def _plan_item(company_id: str, write: Write, item: Item) -> Request:
    """A product or service to create or change. Its code is its own, or made from our mark."""
    if item.is_stock:
        raise NotImplementedError("tracked inventory is opened in Xero, because its value needs an opening entry")
    element = _item(write, item)
    if write.operation is Operation.CREATE:
        return write_request(company_id, "PUT", "Items", plural="Items", element=element, key=write.key)
    if write.operation is not Operation.UPDATE:
        raise NotImplementedError("deleting a product never touches the books")
    item_id = _named(write)
    element = {"ItemID": item_id} | element
    return write_request(
        company_id, "POST", f"Items/{segment(item_id)}", plural="Items", element=element, key=write.key
    )


def code_of_item(item: Item) -> str:
    """The code under which an item is written; raises WriteRefused for one that Xero has no room for."""
    if item.code:
        if len(item.code) > ITEM_CODE_MAX:
            raise refused(
                "code_too_long",
                f"Xero takes product codes of at most {ITEM_CODE_MAX} characters.",
                "Shorten the product's code.",
                "code",
            )
        return item.code
    if item.marker is None:
        raise ValueError("an item is written with a code or a marker")
    return item_code(item.marker)


def _item(write: Write, item: Item) -> dict[str, Any]:
    cut = len(item.name) > ITEM_NAME_MAX
    name = item.name[: ITEM_NAME_MAX - 1] + "…" if cut else item.name
    element: dict[str, Any] = {
        "Code": code_of_item(item),
        "Name": name,
        "IsSold": item.is_sold,
        "IsPurchased": item.is_purchased,
    }
    description = item.description or (item.name if cut else None)
    if description or "description" in write.emptied:
        element["Description"] = description or ""
    if item.is_sold:
        element["SalesDetails"] = _details(write, item.unit_price, item.income_account_id, item.tax_rate_id)
    if item.is_purchased:
        element["PurchaseDetails"] = _details(write, None, item.expense_account_id, None)
    return element


def _details(write: Write, price: Decimal | None, account_id: str | None, tax_type: str | None) -> dict[str, Any]:
    members = {
        "UnitPrice": price,
        "AccountCode": _account_code(write, account_id) if account_id else None,
        "TaxType": tax_type,
    }
    return {name: value for name, value in members.items() if value is not None}


def _account_code(write: Write, account_id: str) -> str:
    """Items name accounts by code alone."""
    if account_id.startswith(CODE_PREFIX):
        return account_id.removeprefix(CODE_PREFIX)
    account = write.accounts.get(account_id)
    check_account(account)
    if account is None:
        raise refused(
            "account_unknown",
            "The product's ledger account has not been read from Xero.",
            "Synchronise, then choose the ledger account again.",
            "account_id",
        )
    if not account.code:
        raise account_without_code(account)
    return account.code


def _plan_payment(company_id: str, write: Write, payment: Payment) -> Request:
    """Money against one document. Payments are never changed, only deleted."""
    check_period(write.company, payment.paid_on)
    if write.operation is Operation.UPDATE:
        raise NotImplementedError("Xero's payments cannot be changed: delete and write them anew")
    if write.operation is not Operation.CREATE:
        path = f"Payments/{segment(_named(write))}"
        element: dict[str, Any] = {"Status": "DELETED"}
        return write_request(company_id, "POST", path, plural="Payments", element=element, key=write.key)
    check_currency(write.company, payment.currency)
    element = _payment(write, payment)
    return write_request(company_id, "PUT", "Payments", plural="Payments", element=element, key=write.key)


def _payment(write: Write, payment: Payment) -> dict[str, Any]:
    if len(payment.allocations) != 1 or payment.unapplied or payment.allocations[0].amount != payment.amount:
        raise NotImplementedError("a payment in Xero settles exactly one document, and no more than it owes")
    allocation = payment.allocations[0]
    if allocation.document_kind not in {Kind.INVOICE, Kind.BILL}:
        raise NotImplementedError("only payments of invoices and bills are written, no refunds of credits")
    if payment.account_id is None:
        raise refused(
            "payment_account_missing",
            "There is no ledger account for payments.",
            "Choose the bank account that payments are booked to.",
            "account_id",
        )
    element: dict[str, Any] = {
        "Invoice": {"InvoiceID": allocation.document_id},
        "Account": _payment_account(write, payment.account_id),
        "Date": payment.paid_on.isoformat(),
        "Amount": allocation.amount,
    }
    reference = stamped(payment.reference, payment.marker)
    if reference:
        element["Reference"] = reference
    rate = currency_rate(payment.exchange_rate, payment.currency, write)
    if rate is not None:
        element["CurrencyRate"] = rate
    return element


def _payment_account(write: Write, account_id: str) -> dict[str, str]:
    """Bank accounts may have no code, so payments name them by id."""
    if account_id.startswith(CODE_PREFIX):
        return {"Code": account_id.removeprefix(CODE_PREFIX)}
    check_account(write.accounts.get(account_id))
    return {"AccountID": account_id}


def _named(write: Write) -> str:
    if write.external_id is None:
        raise ValueError("all but a create name the record")
    return write.external_id
