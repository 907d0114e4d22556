"""What stands in the simulated books, read from the inside: never through anything that Tieout could have got wrong."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.support.trading import Trade

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.rendering import wire
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Document, Payment, Row

Key = tuple[str, str]
"""The kind, in the words of Tieout's snapshots, and the platform's id."""

PAYMENTS = ("payment", "bill_payment")
SALES_AND_BILLS = ("invoice", "bill")
PARTS = ("allocation", "attachment")
"""What is no record of its own: the use of a credit, and a file. Tieout pulls neither."""
DOCUMENTS = (*SALES_AND_BILLS, "credit_note", "vendor_credit")
LISTS = ("customer", "vendor", "party", "item")


@dataclass(frozen=True, slots=True)
class Entry:
    """A record in the books."""

    kind: str
    id: str
    name: str
    """The number of a document, the name of anything else."""
    version: str
    alive: bool
    """Neither voided, nor deleted, nor made inactive."""
    total: Decimal = Decimal(0)
    balance: Decimal = Decimal(0)
    settles: Mapping[Key, Decimal] = field(default_factory=dict)
    """Of a payment: how much of which document."""
    content: Mapping[str, Any] = field(default_factory=dict)
    """What a snapshot of it has to say."""
    due_on: str = ""
    memo: str = ""
    """The words of a document, with whatever else the platform keeps in the same place."""

    @property
    def key(self) -> Key:
        return self.kind, self.id


_QUICKBOOKS = {
    "Customer": "customer", "Vendor": "vendor", "Item": "item", "Invoice": "invoice", "Bill": "bill",
    "CreditMemo": "credit_note", "VendorCredit": "vendor_credit", "Payment": "payment", "BillPayment": "bill_payment",
}  # fmt: skip


def entries_in(trade: Trade) -> dict[Key, Entry]:
    """Every record of the kinds that Tieout writes, in the order in which they came in."""
    found: Iterator[Entry]
    if trade.platform == "quickbooks":
        found = _in_quickbooks(trade.quickbooks)
    else:
        found = _in_xero(trade.house.simulators["xero"].state.xero.organisations[trade.books.id])
    return {entry.key: entry for entry in found}


def content_of(trade: Trade, raw: bytes) -> Mapping[str, Any]:
    """What a snapshot says, in the form of `Entry.content`."""
    told: dict[str, Any] = json.loads(raw, parse_float=Decimal)
    if trade.platform == "quickbooks":
        return dict(_referring(told))
    return {name: told[name] for name in _XERO_TOLD if name in told}


def _referring(value: Any) -> Any:
    """A value whose references say only to what: who renames somebody changes no document that names them."""
    if isinstance(value, dict):
        if value.keys() == {"value", "name"}:
            return {"value": value["value"]}
        return {name: _referring(part) for name, part in value.items()}
    return [_referring(part) for part in value] if isinstance(value, list) else value


def version_of(trade: Trade, token: str | None, changed_at: datetime | None) -> str:
    """The version of a snapshot, in the form of `Entry.version`."""
    if trade.platform == "quickbooks":
        return str(token)
    assert changed_at is not None
    return changed_at.isoformat(timespec="milliseconds")


def _in_quickbooks(books: Books) -> Iterator[Entry]:
    for native, kind in _QUICKBOOKS.items():
        for record in books.shelf(native):
            yield _quickbooks_entry(books, kind, record)
    for file in books.shelf("Attachable"):
        yield Entry("attachment", file.id, str(file.content.get("FileName", "")), str(file.token), alive=True)


def _quickbooks_entry(books: Books, kind: str, record: Record) -> Entry:
    content = record.content
    name = next((content[key] for key in ("DocNumber", "DisplayName", "Name") if key in content), "")
    settles: dict[Key, Decimal] = {}
    for part in record.shaped.applications:
        if not part.is_credit:
            key = (_QUICKBOOKS.get(part.target.kind, part.target.kind), part.target.id)
            settles[key] = settles.get(key, Decimal(0)) + part.amount
    return Entry(
        kind=kind,
        id=record.id,
        name=str(name),
        version=str(record.token),
        alive=record.active and not record.shaped.voided,
        total=record.shaped.total,
        balance=record.open,
        settles=settles,
        content=_referring(json.loads(wire(books, record), parse_float=Decimal)),
        due_on=str(content.get("DueDate", "")),
        memo=str((content.get("CustomerMemo") or {}).get("value", "")),
    )


_XERO_TOLD = (
    "ContactStatus", "Name", "Code", "InvoiceNumber", "CreditNoteNumber", "Status", "Total", "AmountDue", "AmountPaid",
    "Amount", "Type",
)  # fmt: skip


def _in_xero(organisation: Organisation) -> Iterator[Entry]:
    for contact in organisation.contacts.values():
        told = {"ContactStatus": contact.status, "Name": contact.name}
        yield _row("party", contact, contact.name, contact.status == "ACTIVE", told)
    for item in organisation.items.values():
        yield _row("item", item, item.code, alive=True, told={"Code": item.code, "Name": item.name})
    for invoice in organisation.invoices.values():
        yield _document("invoice" if invoice.receivable else "bill", invoice)
    for note in organisation.credit_notes.values():
        yield _document("credit_note" if note.receivable else "vendor_credit", note)
        for part in note.allocations:
            yield Entry("allocation", part.id, "", "", alive=True, total=part.amount)
    for files in organisation.attachments.values():
        for file in files.values():
            yield Entry("attachment", file.id, file.name, "", alive=True)
    for payment in organisation.payments.values():
        if payment.of == "Invoice":
            yield _payment(organisation, payment)


def _row(kind: str, row: Row, name: str, alive: bool, told: Mapping[str, Any]) -> Entry:
    return Entry(kind, row.id, name, row.updated_at.isoformat(timespec="milliseconds"), alive, content=told)


def _document(kind: str, row: Document) -> Entry:
    told: dict[str, Any] = {"Type": row.type, "Status": row.status}
    if row.live:
        told |= {"Total": row.total}
    if kind in SALES_AND_BILLS and row.live:
        told |= {"AmountDue": row.due, "AmountPaid": row.paid}
    version = row.updated_at.isoformat(timespec="milliseconds")
    return Entry(
        kind=kind,
        id=row.id,
        name=row.number,
        version=version,
        alive=row.live,
        total=row.total,
        balance=row.due,
        content=told,
        due_on=row.due_on.isoformat() if row.due_on else "",
        memo=row.reference or "",
    )


def _payment(organisation: Organisation, row: Payment) -> Entry:
    document = organisation.document(row.document_id)
    assert document is not None
    kind = "payment" if document.receivable else "bill_payment"
    told = {"Status": row.status, "Amount": row.amount}
    alive = row.status == "AUTHORISED"
    settles = {("invoice" if document.receivable else "bill", document.id): row.amount} if alive else {}
    version = row.updated_at.isoformat(timespec="milliseconds")
    return Entry(kind, row.id, row.reference or "", version, alive, row.amount, settles=settles, content=told)


def key_of(trade: Trade, kind: str, external_id: str, entries: Mapping[Key, Entry]) -> Key:
    """Where a link leads: in QuickBooks the use of a credit is a payment over nothing."""
    if trade.platform == "quickbooks" and kind == "allocation":
        kind = next((one for one in PAYMENTS if (one, external_id) in entries), kind)
    return kind, external_id
