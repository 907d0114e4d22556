"""Payments of invoices and bills, and refunds of credit notes. Source: payments page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tieout.platforms.xero.sandbox.accounting.elements import Element, GoneError, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.postings import post_payment
from tieout.platforms.xero.sandbox.accounting.rows import Account, CreditNote, Document, Payment
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_length, check_locks
from tieout.platforms.xero.sandbox.gateway.dialects import unsupported
from tieout.platforms.xero.sandbox.wire import RATE, half_up

WORDS = vocabulary(
    "Invoice CreditNote Account Date Amount CurrencyRate Reference IsReconciled Status PaymentID",
    "BankAmount PaymentType HasAccount Contact",
)
UPDATE_WORDS = vocabulary("Status PaymentID", "")
TOO_MUCH = "Payment amount exceeds the amount outstanding on this document"
NOT_AUTHORISED = "Payments can only be made against Authorised documents"
NOT_FOUND = "The document with the supplied id was not found for this endpoint."
EARLY = "The payment date is prior to the invoice date."
ACCOUNTLESS = "Account could not be found"
REFERENCE_LENGTH_MAX = 255
_TYPES = {
    "ACCREC": "ACCRECPAYMENT",
    "ACCPAY": "ACCPAYPAYMENT",
    "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT",
}


@dataclass(frozen=True, slots=True)
class PaymentPlan:
    """A payment that may be made."""

    document: Document
    account: Account
    on: date
    amount: Decimal
    rate: Decimal | None
    reference: str | None
    reconciled: bool


def write_payment(writing: Writing, element: Element) -> Written:
    """Create a payment, or delete the one that the address or `PaymentID` names: nothing else can change."""
    known = _match(writing, element)
    if known is not None:
        element.check(UPDATE_WORDS)
        return _delete(writing, element, known)
    plan = plan_payment(writing.organisation, element)
    payment = apply_payment(writing, plan)
    early = plan.on < plan.document.on
    return Written(payment, warnings=(EARLY,) if early else ())


def _match(writing: Writing, element: Element) -> Payment | None:
    if isinstance(writing.target, Payment):
        return writing.target
    payment_id = element.text("PaymentID")
    if not payment_id or not writing.may_update:
        return None
    known = writing.organisation.payments.get(payment_id.lower())
    if known is None:
        raise GoneError
    return known


def plan_payment(organisation: Organisation, element: Element) -> PaymentPlan:
    """Convert and check a new payment."""
    element.check(WORDS)
    if element.choice("Status", ("AUTHORISED", "DELETED")) == "DELETED":
        raise InvalidError("Payment not of valid status for creation")
    document = _document(organisation, element)
    account = _account(organisation, element)
    on, amount = element.day("Date") or organisation.today(), element.decimal("Amount")
    reference = element.text("Reference")
    check_length("Reference", reference, REFERENCE_LENGTH_MAX)
    messages = []
    if amount is None or half_up(amount) <= 0:
        raise InvalidError("Payment amount must be greater than zero")
    if document.status != "AUTHORISED":
        messages.append(NOT_AUTHORISED)
    if half_up(amount) > document.due:
        messages.append(TOO_MUCH)
    if messages:
        raise InvalidError(*messages)
    check_locks(organisation, on)
    return PaymentPlan(
        document=document,
        account=account,
        on=on,
        amount=half_up(amount),
        rate=_rate(organisation, element, document),
        reference=reference,
        reconciled=element.flag("IsReconciled") or False,
    )


def apply_payment(writing: Writing, plan: PaymentPlan) -> Payment:
    """Record a payment; the document, and its date of change, move with it in the same millisecond."""
    organisation, document = writing.organisation, plan.document
    home = plan.amount if plan.rate in (None, 1) else half_up(plan.amount / (plan.rate or Decimal(1)))
    payment = Payment(
        id=organisation.ids.uuid(),
        updated_at=writing.at,
        app_id=writing.app_id,
        document_id=document.id,
        of_credit_note=isinstance(document, CreditNote),
        account_id=plan.account.id,
        on=plan.on,
        amount=plan.amount,
        bank_amount=home,
        home_settled=document.settle_home(plan.amount),
        type=_TYPES[document.type],
        rate=plan.rate,
        reference=plan.reference,
        reconciled=plan.reconciled,
    )
    organisation.payments[payment.id] = payment
    organisation.payments_of[document.id].append(payment)
    document.paid += payment.amount
    document.home_settled += payment.home_settled
    if not document.due:
        document.status = "PAID"
        document.fully_paid_on = max(
            one.on for one in organisation.payments_of[document.id] if one.status == "AUTHORISED"
        )
    post_payment(organisation, payment)
    organisation.settled_changed(document, writing.at)
    return payment


def _delete(writing: Writing, element: Element, payment: Payment) -> Written:
    if element.choice("Status", ("AUTHORISED", "DELETED")) != "DELETED":
        raise InvalidError("Payments cannot be updated. A payment can only be deleted")
    if payment.status == "DELETED":
        raise InvalidError("Payment has already been deleted")
    organisation = writing.organisation
    check_locks(organisation, payment.on)
    delete_payment(organisation, payment)
    payment.touch(writing.at)
    document = organisation.document(payment.document_id)
    assert document is not None
    organisation.settled_changed(document, writing.at)
    return Written(payment)


def delete_payment(organisation: Organisation, payment: Payment) -> None:
    """Take a payment back: its document is open again."""
    document = organisation.document(payment.document_id)
    assert document is not None
    payment.status = "DELETED"
    document.paid -= payment.amount
    document.home_settled -= payment.home_settled
    document.status, document.fully_paid_on = "AUTHORISED", None
    post_payment(organisation, payment)


def _document(organisation: Organisation, element: Element) -> Document:
    """The invoice or credit note to pay, by id or number."""
    for name in ("Prepayment", "Overpayment"):
        if element.has(name):
            raise unsupported(f"payments of a {name.lower()}")
    invoice, credit_note = element.inner("Invoice"), element.inner("CreditNote")
    if (invoice is None) == (credit_note is None):
        raise InvalidError("A payment needs one of Invoice and CreditNote")
    named = invoice or credit_note
    assert named is not None
    table: Mapping[str, Document] = organisation.invoices if invoice else organisation.credit_notes
    key, number = ("InvoiceID", "InvoiceNumber") if invoice else ("CreditNoteID", "CreditNoteNumber")
    types = ("ACCREC", "ACCPAY") if invoice else ("ACCRECCREDIT", "ACCPAYCREDIT")
    document_id, document_number = named.text(key), named.text(number)
    document = table.get(document_id.lower()) if document_id else None
    if document is None and not document_id and document_number:
        found = [row for row in organisation.documents_numbered(document_number, *types) if row.live]
        document = found[0] if len(found) == 1 else None
    if document is None:
        raise InvalidError(NOT_FOUND)
    return document


def _account(organisation: Organisation, element: Element) -> Account:
    """A bank account, or one that takes payments, by id or code."""
    named = element.inner("Account")
    account_id, code = (named.text("AccountID"), named.text("Code")) if named else (None, None)
    if not account_id and not code:
        raise InvalidError("A payment account must be specified")
    account = organisation.accounts.get(account_id.lower()) if account_id else organisation.account_by_code(code or "")
    if account is None:
        raise InvalidError(ACCOUNTLESS)
    if account.status != "ACTIVE":
        raise InvalidError(f"Account code '{account.code}' has been archived, or has been deleted.")
    if account.type != "BANK" and not account.takes_payments:
        raise InvalidError(f"Account code '{account.code}' is not a valid code for payments.")
    if account.currency not in (None, organisation.currency):
        raise unsupported("payments through a bank account in a foreign currency")
    return account


def _rate(organisation: Organisation, element: Element, document: Document) -> Decimal | None:
    """The rate of a payment of a foreign document; Xero would look it up, here it has to be sent."""
    if document.currency == organisation.currency:
        return Decimal(1)
    rate = element.decimal("CurrencyRate")
    if rate is None:
        raise unsupported("looking up an exchange rate: send CurrencyRate with the payment")
    if rate <= 0:
        raise InvalidError("The currency rate must be greater than zero")
    return half_up(rate, RATE)
