"""How bank transactions, overpayments, prepayments, batches, transfers and manual journals look on the wire.

Source: recordings of 2022 and April 2026 for bank transactions; examples of the API description for the others.
"""

from collections.abc import Mapping
from typing import Any

from tieout.platforms.xero.sandbox.accounting.contact_shapes import compact_contact, full_contact
from tieout.platforms.xero.sandbox.accounting.document_shapes import inner_payments, show_allocation, show_line
from tieout.platforms.xero.sandbox.accounting.money.rows import (
    BankTransaction,
    BankTransfer,
    BatchPayment,
    JournalItem,
    ManualJournal,
)
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Account, Allocation, Credit, Invoice, Prepayment, Row
from tieout.platforms.xero.sandbox.accounting.shapes import Shape, View, has_attachments, inner_attachments, scaled
from tieout.platforms.xero.sandbox.accounting.tracking import show_tracking
from tieout.platforms.xero.sandbox.wire import RATE, calendar_ms, calendar_string, ms_date, utc_string

_LISTED = frozenset({Shape.LIST, Shape.PAGE, Shape.SUMMARY})
_WITHOUT_LINES = frozenset({Shape.LIST, Shape.SUMMARY})


def _bank(account: Account) -> dict[str, str]:
    return {"AccountID": account.id, "Code": account.code, "Name": account.name}


def _reading(organisation: Organisation, endpoint: str, row: Row, view: View) -> dict[str, Any]:
    """What only reads tell: whether there are files, and which."""
    if view.shape is Shape.WRITTEN:
        return {}
    told: dict[str, Any] = {"HasAttachments": has_attachments(organisation, row)}
    if view.shape is Shape.SINGLE:
        told["Attachments"] = inner_attachments(organisation, endpoint, row)
    return told


def show_bank_transaction(organisation: Organisation, row: BankTransaction, view: View) -> Mapping[str, Any]:
    """A bank transaction."""
    written = view.shape is Shape.WRITTEN
    told: dict[str, Any] = {
        "BankTransactionID": row.id,
        "BankAccount": _bank(organisation.accounts[row.account_id]),
        "Type": row.type,
    }
    if row.reference is not None or written:
        told["Reference"] = row.reference or ""
    told["IsReconciled"] = row.reconciled
    if row.credit_id is not None:
        told["PrepaymentID" if row.kind == "PREPAYMENT" else "OverpaymentID"] = row.credit_id
    told |= _reading(organisation, "BankTransactions", row, view)
    if row.rate is not None and (written or row.rate != 1):
        told["CurrencyRate"] = scaled(row.rate, RATE)
    if row.url is not None:
        told["Url"] = row.url
    if row.contact_id:
        contact = organisation.contacts[row.contact_id]
        told["Contact"] = (
            compact_contact(contact) if view.shape in _LISTED else full_contact(contact, of_credit_note=True)
        )
    lines = [] if view.shape in _WITHOUT_LINES else [show_line(organisation, line, view) for line in row.lines]
    return told | {
        "DateString": calendar_string(row.on),
        "Date": calendar_ms(row.on),
        "Status": row.status,
        "LineAmountTypes": row.amount_types,
        "LineItems": lines,
        "SubTotal": row.sub_total,
        "TotalTax": row.total_tax,
        "Total": row.total,
        "UpdatedDateUTC": ms_date(row.updated_at),
        "CurrencyCode": row.currency,
    }


def show_credit(organisation: Organisation, credit: Credit, view: View) -> Mapping[str, Any]:
    """An overpayment or a prepayment."""
    name = type(credit).__name__
    told: dict[str, Any] = {f"{name}ID": credit.id, "ID": credit.id}
    if credit.rate is not None and (view.shape not in _LISTED or credit.rate != 1):
        told["CurrencyRate"] = scaled(credit.rate, RATE)
    told["Type"] = credit.type
    if isinstance(credit, Prepayment) and credit.receivable:
        told |= {"Reference": credit.number, "InvoiceNumber": credit.number}
    elif credit.reference is not None:
        told["Reference"] = credit.reference
    told |= {
        "RemainingCredit": credit.due,
        "Allocations": [show_allocation(organisation, one) for one in credit.allocations],
        "Payments": inner_payments(organisation, credit),
    }
    contact = organisation.contacts[credit.contact_id]
    listed = view.shape in _LISTED
    lines = [] if view.shape in _WITHOUT_LINES else [show_line(organisation, line, view) for line in credit.lines]
    told |= _reading(organisation, f"{type(credit).__name__}s", credit, view)
    return told | {
        "Contact": compact_contact(contact) if listed else full_contact(contact, of_credit_note=True),
        "DateString": calendar_string(credit.on),
        "Date": calendar_ms(credit.on),
        "Status": credit.status,
        "LineAmountTypes": credit.amount_types,
        "LineItems": lines,
        "SubTotal": credit.sub_total,
        "TotalTax": credit.total_tax,
        "Total": credit.total,
        "UpdatedDateUTC": ms_date(credit.updated_at),
        "UpdatedDateUTCString": utc_string(credit.updated_at),
        "CurrencyCode": credit.currency,
    }


def show_credit_allocation(organisation: Organisation, credit: Credit, allocation: Allocation) -> Mapping[str, Any]:
    """The answer to an allocation; of overpayments and prepayments it names the credit too."""
    told = dict(show_allocation(organisation, allocation))
    if credit.bank_transaction_id is None:
        return told
    name = type(credit).__name__
    return told | {name: {f"{name}ID": credit.id, "ID": credit.id, "LineItems": []}, "ValidationErrors": []}


def show_batch_payment(organisation: Organisation, batch: BatchPayment, _view: View) -> Mapping[str, Any]:
    """A batch with its payments; a deleted one has none."""
    account = organisation.accounts[batch.account_id]
    live = batch.payment_ids if batch.status == "AUTHORISED" else []
    return {
        "Account": {"AccountID": account.id, "CurrencyCode": organisation.bank_currency(account)},
        **batch.texts,
        "BatchPaymentID": batch.id,
        "DateString": calendar_string(batch.on),
        "Date": calendar_ms(batch.on),
        "Payments": [_batched(organisation, payment_id) for payment_id in live],
        "Type": batch.type,
        "Status": batch.status,
        "TotalAmount": batch.total,
        "UpdatedDateUTC": ms_date(batch.updated_at),
        "IsReconciled": batch.reconciled,
    }


def _batched(organisation: Organisation, payment_id: str) -> Mapping[str, Any]:
    payment = organisation.payments[payment_id]
    invoice = organisation.invoices[payment.document_id]
    told: dict[str, Any] = {"Invoice": _stub(invoice), "PaymentID": payment.id}
    if payment.reference is not None:
        told["Reference"] = payment.reference
    return told | {"Amount": payment.amount, "BankAmount": payment.bank_amount}


def _stub(invoice: Invoice) -> Mapping[str, Any]:
    return {
        "InvoiceID": invoice.id,
        "CurrencyCode": invoice.currency,
        "Payments": [],
        "CreditNotes": [],
        "Prepayments": [],
        "Overpayments": [],
        "HasErrors": False,
        "IsDiscounted": False,
        "LineItems": [],
    }


def show_bank_transfer(organisation: Organisation, transfer: BankTransfer, view: View) -> Mapping[str, Any]:
    """A transfer between bank accounts."""
    accounts, legs = organisation.accounts, organisation.bank_transactions
    told: dict[str, Any] = {
        "BankTransferID": transfer.id,
        "CreatedDateUTCString": f"{transfer.created_at:%Y-%m-%dT%H:%M:%S}",
        "CreatedDateUTC": ms_date(transfer.created_at),
        "DateString": calendar_string(transfer.on),
        "Date": calendar_ms(transfer.on),
        "Status": transfer.status,
        "FromBankAccount": _bank(accounts[transfer.from_account_id]),
        "ToBankAccount": _bank(accounts[transfer.to_account_id]),
        "Amount": transfer.amount,
        "FromBankTransactionID": transfer.from_transaction_id,
        "ToBankTransactionID": transfer.to_transaction_id,
        "FromIsReconciled": legs[transfer.from_transaction_id].reconciled,
        "ToIsReconciled": legs[transfer.to_transaction_id].reconciled,
    }
    if transfer.reference is not None:
        told["Reference"] = transfer.reference
    if view.shape in {Shape.SINGLE, Shape.WRITTEN}:
        told["CurrencyRate"] = scaled(transfer.rate, RATE)
    told |= _reading(organisation, "BankTransfers", transfer, view)
    told |= {"FromTracking": [], "ToTracking": []}
    return told | ({"ValidationErrors": []} if view.shape is Shape.WRITTEN else {})


def show_manual_journal(organisation: Organisation, journal: ManualJournal, view: View) -> Mapping[str, Any]:
    """A manual journal."""
    told: dict[str, Any] = {
        "Date": calendar_ms(journal.on),
        "Status": journal.status,
        "LineAmountTypes": journal.amount_types,
        "UpdatedDateUTC": ms_date(journal.updated_at),
        "ManualJournalID": journal.id,
        "Narration": journal.narration,
        "JournalLines": []
        if view.shape in _WITHOUT_LINES
        else [_journal_line(organisation, item) for item in journal.items],
    }
    if journal.url is not None:
        told["Url"] = journal.url
    told["ShowOnCashBasisReports"] = journal.on_cash_basis
    return told | _reading(organisation, "ManualJournals", journal, view)


def _journal_line(organisation: Organisation, item: JournalItem) -> Mapping[str, Any]:
    account = organisation.accounts[item.account_id]
    told: dict[str, Any] = {} if item.description is None else {"Description": item.description}
    return told | {
        "TaxType": item.tax_type,
        "TaxAmount": item.tax_amount,
        "LineAmount": item.amount,
        "AccountCode": account.code,
        "Tracking": [show_tracking(organisation, one) for one in item.tracking],
        "AccountID": account.id,
        "IsBlank": False,
    }
