"""What is open with one contact: aged receivables and payables. Source: API description of the two reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Allocation, Contact, Credit, Document, Overpayment, Prepayment
from tieout.platforms.xero.sandbox.accounting.statuses import POSTED
from tieout.platforms.xero.sandbox.reports.rows import (
    Row,
    added,
    cell,
    figure,
    header,
    report,
    row,
    section,
    spelled,
    summary,
)
from tieout.platforms.xero.sandbox.wire import ZERO, calendar_string

HEADINGS = ("Date", "Reference", "Due Date", "", "Total", "Paid", "Credited", "Due")


@dataclass(frozen=True, slots=True)
class Question:
    """Whose documents, dated between which days, as they stood on which day."""

    contact: Contact
    receivable: bool
    as_of: date
    since: date | None
    until: date


@dataclass(frozen=True, slots=True)
class _Standing:
    """A document as it stood on a day, in home currency; a credit's amounts are negative."""

    document: Document
    total: Decimal
    paid: Decimal
    credited: Decimal

    @property
    def due(self) -> Decimal:
        return self.total - self.paid - self.credited


def aged_by_contact(organisation: Organisation, question: Question) -> Mapping[str, Any]:
    """The report, settled documents included. With a first day, what is older makes an opening balance."""
    standings = [
        _standing(organisation, document, question.as_of)
        for document in organisation.documents_of.get(question.contact.id, ())
        if document.status in POSTED and document.receivable == question.receivable and document.on <= question.until
    ]
    standings.sort(key=lambda standing: (standing.document.on, standing.document.number, standing.document.id))
    since = question.since
    shown = [standing for standing in standings if since is None or standing.document.on >= since]
    opening = sum((one.due for one in standings if since is not None and one.document.on < since), ZERO)
    totals = added(([one.total, one.paid, one.credited, one.due] for one in shown), 4)
    rows: list[Row] = [header(HEADINGS)]
    if since is not None:
        opened = [cell(calendar_string(since)), cell("Opening Balance"), *[cell("")] * 5, cell(figure(opening))]
        rows.append(section("", [row(opened)]))
    if shown:
        lines = [_row(standing, question.as_of) for standing in shown]
        rows.append(section("", [*lines, summary("Total", ["", "", "", *totals])]))
    if since is not None:
        closing = [*totals[:3], totals[3] + opening]
        rows.append(section("", [summary("Closing Balance", ["", "", "", *closing])]))
    side = "Receivables" if question.receivable else "Payables"
    titles = [
        "Invoices",
        question.contact.name,
        f"From {spelled(since)} to {spelled(question.until)}" if since else f"To {spelled(question.until)}",
        f"Showing payments to {spelled(question.as_of)}",
    ]
    return report(organisation, f"Aged{side}ByContact", f"Aged {side} By Contact", titles, rows)


def _standing(organisation: Organisation, document: Document, day: date) -> _Standing:
    """Take back what was paid and credited after the day."""
    later_paid = sum(
        (
            payment.amount
            for payment in organisation.payments_of.get(document.id, ())
            if payment.status == "AUTHORISED" and payment.on > day
        ),
        ZERO,
    )
    later_credited = sum(
        (allocation.amount for allocation in _allocations(organisation, document) if allocation.on > day), ZERO
    )
    sign = -1 if isinstance(document, Credit) else 1
    return _Standing(
        document,
        sign * document.home(document.total),
        sign * document.home(document.paid - later_paid),
        sign * document.home(document.credited - later_credited),
    )


def _allocations(organisation: Organisation, document: Document) -> Sequence[Allocation]:
    """The allocations of a credit, or those against an invoice."""
    if isinstance(document, Credit):
        return document.allocations
    return [
        allocation
        for credit_id in dict.fromkeys(organisation.credits_of.get(document.id, ()))
        if (credit := organisation.credit(credit_id)) is not None
        for allocation in credit.allocations
        if allocation.invoice_id == document.id
    ]


def _mark(document: Document) -> str:
    """How a cell calls the id of its document."""
    if isinstance(document, Overpayment):
        return "overpaymentID"
    if isinstance(document, Prepayment):
        return "prepaymentID"
    return "creditNoteID" if isinstance(document, Credit) else "invoiceID"


def _row(standing: _Standing, as_of: date) -> Row:
    """One document, whose every cell says its id."""
    document = standing.document
    mark = (_mark(document), document.id)
    late = (as_of - document.due_on).days if document.due_on is not None and standing.due > 0 else 0
    values = [
        calendar_string(document.on),
        (document.reference or document.number) if document.receivable else document.number,
        calendar_string(document.due_on) if document.due_on is not None else "",
        f"{late} days overdue" if late > 1 else "1 day overdue" if late == 1 else "",
        figure(standing.total),
        figure(standing.paid),
        figure(standing.credited),
        figure(standing.due),
    ]
    return row([cell(value, mark) for value in values])
