"""Xero's payments, refunds, overpayments and prepayments as records of the books: pure, to the cent.

Money without an invoice is born from a bank transaction and has a list of its own. It is a payment that settles nothing
yet: what is set against invoices later stands on it, all of it. An overpayment lies among what is owed, a prepayment in
the account of its line (overpayments and prepayments pages).
"""

from typing import Final

from tieout.books.records import Allocation, Kind, Payment
from tieout.platforms.xero import shapes
from tieout.platforms.xero.marks import read_stamp
from tieout.platforms.xero.translate import Translation, Untranslatable, id_or_code
from tieout.platforms.xero.translate_documents import allocations_of, exchange_rate

PAID_TO_VENDORS: Final = ("ACCPAYPAYMENT", "APCREDITPAYMENT", "APOVERPAYMENTPAYMENT", "APPREPAYMENTPAYMENT")
"""Payments on the side of purchases; refunds from vendors among them."""
_PAID: Final = {
    "ACCRECPAYMENT": (Kind.PAYMENT, Kind.INVOICE),
    "ACCPAYPAYMENT": (Kind.BILL_PAYMENT, Kind.BILL),
}
_PAID_BACK: Final = {
    "ARCREDITPAYMENT": (Kind.PAYMENT, Kind.CREDIT_NOTE),
    "APCREDITPAYMENT": (Kind.BILL_PAYMENT, Kind.VENDOR_CREDIT),
    "AROVERPAYMENTPAYMENT": (Kind.PAYMENT, Kind.PAYMENT),
    "ARPREPAYMENTPAYMENT": (Kind.PAYMENT, Kind.PAYMENT),
    "APOVERPAYMENTPAYMENT": (Kind.BILL_PAYMENT, Kind.BILL_PAYMENT),
    "APPREPAYMENTPAYMENT": (Kind.BILL_PAYMENT, Kind.BILL_PAYMENT),
}
"""Refunds: on which side, and what they take from."""
_ADVANCES: Final = {
    "RECEIVE-OVERPAYMENT": (Kind.PAYMENT, Kind.INVOICE, False),
    "SPEND-OVERPAYMENT": (Kind.BILL_PAYMENT, Kind.BILL, False),
    "RECEIVE-PREPAYMENT": (Kind.PAYMENT, Kind.INVOICE, True),
    "SPEND-PREPAYMENT": (Kind.BILL_PAYMENT, Kind.BILL, True),
}
_STATUSES: Final = {"AUTHORISED": False, "PAID": False, "DELETED": True, "VOIDED": True}
"""Whether what bears a status is void."""


def translate_payment(raw: shapes.Payment) -> Translation:
    """Money against one invoice or bill, or money that was paid back: a negative payment against a credit."""
    is_refund = raw.payment_type in _PAID_BACK
    known = (_PAID_BACK if is_refund else _PAID).get(raw.payment_type)
    if known is None:
        raise Untranslatable(f"payments of type {raw.payment_type} have no meaning here")
    kind, document_kind = known
    document = raw.invoice or raw.credit_note or raw.overpayment or raw.prepayment
    document_id = _id_of(document)
    if document is None or document_id is None or not document.currency_code:
        raise Untranslatable("the payment names no document with a currency")
    reference, marker = read_stamp(raw.reference)
    payment = Payment(
        external_id=raw.payment_id,
        kind=kind,
        party_id=document.contact.contact_id if document.contact else None,
        currency=document.currency_code,
        exchange_rate=exchange_rate(raw.currency_rate),
        paid_on=shapes.read_day(raw.date),
        amount=-raw.amount if is_refund else raw.amount,
        account_id=id_or_code(raw.account.account_id, raw.account.code) if raw.account else None,
        reference=reference,
        allocations=(Allocation(document_kind=document_kind, document_id=document_id, amount=raw.amount),),
        is_void=_is_void(raw.status),
        batch_id=raw.batch_payment_id,
        marker=marker,
    )
    return Translation(kind, raw.payment_id, raw.updated_date_utc, payment)


def _id_of(document: shapes.Paid | None) -> str | None:
    if document is None:
        return None
    return document.invoice_id or document.credit_note_id or document.overpayment_id or document.prepayment_id


def _is_void(status: str) -> bool:
    found = _STATUSES.get(status)
    if found is None:
        raise Untranslatable(f"status {status} has no meaning here")
    return found


def translate_advance(raw: shapes.Advance) -> Translation:
    """An overpayment or prepayment: what remains of it settles nothing yet."""
    known = _ADVANCES.get(raw.type)
    external_id = raw.overpayment_id or raw.prepayment_id
    if known is None or external_id is None:
        raise Untranslatable(f"advances of type {raw.type} have no meaning here")
    kind, document_kind, is_prepayment = known
    is_void = _is_void(raw.status)
    payment = Payment(
        external_id=external_id,
        kind=kind,
        party_id=raw.contact.contact_id,
        currency=raw.currency_code,
        exchange_rate=exchange_rate(raw.currency_rate),
        paid_on=shapes.read_day(raw.date),
        amount=raw.total,
        unapplied=raw.total * 0 if is_void else raw.remaining_credit,
        reference=raw.reference or None,
        allocations=() if is_void else allocations_of(raw.allocations, document_kind),
        is_prepayment=is_prepayment,
        is_void=is_void,
    )
    return Translation(kind, external_id, raw.updated_date_utc, payment)
