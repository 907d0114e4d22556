"""History records and notes. Source: history-and-notes page, examples of the API description.

Writes through the API and files that are attached leave records; what the seeds and the generator made has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tieout.platforms.xero.sandbox.accounting.elements import Element, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Row
from tieout.platforms.xero.sandbox.wire import ms_date, ms_date_bare

WORDS = vocabulary("Details", "Changes DateUTC DateUTCString User")
DETAILS_CHARACTERS_MAX = 250
NOTE = "Note"
SYSTEM = "System Generated"
WITH_HISTORY = frozenset(
    {"BankTransactions", "BankTransfers", "BatchPayments", "Contacts", "CreditNotes", "ExpenseClaims", "Invoices",
     "Items", "ManualJournals", "Overpayments", "Payments", "Prepayments", "PurchaseOrders", "Quotes", "Receipts",
     "RepeatingInvoices"}
)  # fmt: skip
"""The endpoints whose records have one."""
_WORDS_OF_STATUS = {"VOIDED": "Voided", "DELETED": "Deleted"}


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """What happened to a record, or a note about it."""

    changes: str
    details: str
    at: datetime


def record_change(organisation: Organisation, record_id: str, changes: str, details: str) -> HistoryRecord:
    """Add to the history of a record."""
    record = HistoryRecord(changes, details, organisation.now())
    organisation.history.setdefault(record_id, []).append(record)
    return record


def record_write(organisation: Organisation, row: Row, provider: str, *, new: bool) -> None:
    """Note that an app wrote a record."""
    changes = "Created" if new else _WORDS_OF_STATUS.get(getattr(row, "status", ""), "Updated")
    record_change(organisation, row.id, changes, f"{changes} through the Xero API using {provider}")


def write_note(organisation: Organisation, record_id: str, element: Element) -> HistoryRecord:
    """`PUT …/History`: a note. Raises `InvalidError`."""
    element.check(WORDS)
    details = (element.text("Details") or "").strip()
    if not details:
        raise InvalidError("Details must be specified")
    if len(details) > DETAILS_CHARACTERS_MAX:
        raise InvalidError(f"The Details field must be no longer than {DETAILS_CHARACTERS_MAX} characters")
    return record_change(organisation, record_id, NOTE, details)


def show_history(organisation: Organisation, record_id: str) -> list[Mapping[str, Any]]:
    """The history of a record, newest first."""
    return [
        {
            "Changes": record.changes,
            "DateUTCString": f"{record.at:%Y-%m-%dT%H:%M:%S}",
            "DateUTC": ms_date(record.at),
            "User": SYSTEM,
            "Details": record.details,
        }
        for record in reversed(organisation.history.get(record_id, []))
    ]


def show_note(record: HistoryRecord) -> Mapping[str, Any]:
    """A note as the answer to writing it tells of it: without an offset, without its kind."""
    return {
        "DateUTCString": f"{record.at:%Y-%m-%dT%H:%M:%S}",
        "DateUTC": ms_date_bare(record.at),
        "Details": record.details,
        "ValidationErrors": [],
    }
