"""Payments of invoices and bills, and refunds of credit notes. Source: payments page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tieout.platforms.xero.sandbox.accounting.credits import last_settled_on
from tieout.platforms.xero.sandbox.accounting.elements import (
    Element,
    GoneError,
    InvalidError,
    Vocabulary,
    vocabulary,
)
from tieout.platforms.xero.sandbox.accounting.money.currencies import (
    DOUBTFUL,
    Exchange,
    Offer,
    doubtful,
    exchange,
    sent_rate,
)
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.postings import post_payment
from tieout.platforms.xero.sandbox.accounting.rows import Account, Document, Payment, Prepayment
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_length, check_locks
from tieout.platforms.xero.sandbox.wire import half_up

WORDS = vocabulary(
    "Invoice CreditNote Overpayment Prepayment InvoiceNumber CreditNoteNumber Account Code Date Amount BankAmount"
    " CurrencyRate Reference IsReconciled Status PaymentID",
    "PaymentType HasAccount Contact BatchPaymentID BatchPayment",
)
UPDATE_WORDS = vocabulary("Status PaymentID", "")
TOO_MUCH = "Payment amount exceeds the amount outstanding on this document"
NOT_AUTHORISED = "Payments can only be made against Authorised documents"
NOT_FOUND = "The document with the supplied id was not found for this endpoint."
EARLY = "The payment date is prior to the invoice date."
ACCOUNTLESS = "Account could not be found"
IN_BATCH = "Payments created via batch payments cannot be deleted"
REFERENCE_LENGTH_MAX = 255
_TYPES = {
    "ACCREC": "ACCRECPAYMENT",
    "ACCPAY": "ACCPAYPAYMENT",
    "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT",
    "RECEIVE-OVERPAYMENT": "AROVERPAYMENTPAYMENT",
    "SPEND-OVERPAYMENT": "APOVERPAYMENTPAYMENT",
    "RECEIVE-PREPAYMENT": "ARPREPAYMENTPAYMENT",
    "SPEND-PREPAYMENT": "APPREPAYMENTPAYMENT",
}


@dataclass(frozen=True, slots=True)
class PaymentPlan:
    """A payment that may be made."""

    document: Document
    account: Account
    on: date
    amount: Decimal
    exchange: Exchange
    reference: str | None
    reconciled: bool
    warnings: tuple[str, ...] = ()
    batch_id: str | None = None


def write_payment(writing: Writing, element: Element) -> Written:
    """Create a payment, or delete the one that the address or `PaymentID` names: nothing else can change."""
    known = _match(writing, element)
    if known is not None:
        check_only_deletes(element, WORDS, UPDATE_WORDS, "Payments cannot be updated. A payment can only be deleted")
        return _delete(writing, known)
    plan = plan_payment(writing.organisation, element)
    return Written(apply_payment(writing, plan), warnings=plan.warnings)


def check_only_deletes(element: Element, words: Vocabulary, deleting: Vocabulary, refusal: str) -> None:
    """Refuse an update that is not a deletion, and loudly a deletion that says more."""
    element.check(words)
    if element.choice("Status", ("AUTHORISED", "DELETED")) != "DELETED":
        raise InvalidError(refusal)
    element.check(deleting)


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
    if amount is None or half_up(amount) <= 0:
        raise InvalidError("Payment amount must be greater than zero")
    amount = half_up(amount)
    messages = []
    if document.status != "AUTHORISED":
        messages.append(NOT_AUTHORISED)
    if amount > document.due:
        messages.append(TOO_MUCH)
    if messages:
        raise InvalidError(*messages)
    check_locks(organisation, on)
    return PaymentPlan(
        document=document,
        account=account,
        on=on,
        amount=amount,
        exchange=_exchange(organisation, element, document, account, (amount, on)),
        reference=reference,
        reconciled=element.flag("IsReconciled") or False,
        warnings=_warnings(organisation, element, document, on),
    )


def _exchange(
    organisation: Organisation, element: Element, document: Document, account: Account, paid: tuple[Decimal, date]
) -> Exchange:
    bank_amount = element.decimal("BankAmount") or None
    if bank_amount is not None and half_up(bank_amount) <= 0:
        raise InvalidError("The BankAmount must be greater than zero")
    bank_currency = organisation.bank_currency(account)
    if isinstance(document, Prepayment) and bank_currency != document.currency:
        raise InvalidError("A prepayment can only be refunded from an account in its own currency")
    amount, on = paid
    offer = Offer(
        amount,
        document.currency,
        bank_currency,
        on,
        sent_rate(element),
        None if bank_amount is None else half_up(bank_amount),
    )
    return exchange(organisation, offer)


def _warnings(organisation: Organisation, element: Element, document: Document, on: date) -> tuple[str, ...]:
    early = on < document.on
    odd = doubtful(organisation, document.currency, sent_rate(element), on)
    return tuple(text for text, applies in ((EARLY, early), (DOUBTFUL, odd)) if applies)


def apply_payment(writing: Writing, plan: PaymentPlan) -> Payment:
    """Record a payment; the document, and its date of change, move with it in the same millisecond."""
    organisation, document = writing.organisation, plan.document
    payment = Payment(
        id=organisation.ids.uuid(),
        updated_at=writing.at,
        app_id=writing.app_id,
        document_id=document.id,
        account_id=plan.account.id,
        on=plan.on,
        amount=plan.amount,
        bank_amount=plan.exchange.bank_amount,
        home_bank=plan.exchange.home,
        home_settled=document.settle_home(plan.amount),
        type=_TYPES[document.type],
        rate=plan.exchange.rate,
        reference=plan.reference,
        reconciled=plan.reconciled,
        batch_id=plan.batch_id,
    )
    post_payment(organisation, payment)
    organisation.payments[payment.id] = payment
    organisation.payments_of[document.id].append(payment)
    document.paid += payment.amount
    document.home_settled += payment.home_settled
    if not document.due:
        document.status = "PAID"
        document.fully_paid_on = last_settled_on(organisation, document)
    organisation.settled_changed(document, writing.at)
    return payment


def _delete(writing: Writing, payment: Payment) -> Written:
    if payment.status == "DELETED":
        raise InvalidError("Payment has already been deleted")
    if payment.batch_id is not None:
        raise InvalidError(IN_BATCH)
    organisation = writing.organisation
    check_locks(organisation, payment.on)
    delete_payment(writing, payment)
    return Written(payment)


def delete_payment(writing: Writing, payment: Payment) -> None:
    """Take a payment back: its document is open again."""
    organisation = writing.organisation
    document = organisation.document(payment.document_id)
    assert document is not None
    payment.status = "DELETED"
    document.paid -= payment.amount
    document.home_settled -= payment.home_settled
    document.status, document.fully_paid_on = "AUTHORISED", None
    post_payment(organisation, payment)
    payment.touch(writing.at)
    organisation.settled_changed(document, writing.at)


def _document(organisation: Organisation, element: Element) -> Document:
    """What to pay, by id or number: one invoice, credit note, overpayment or prepayment."""
    tables: Mapping[str, Mapping[str, Document]] = {
        "Invoice": organisation.invoices,
        "CreditNote": organisation.credit_notes,
        "Overpayment": organisation.overpayments,
        "Prepayment": organisation.prepayments,
    }
    named = [kind for kind in tables if element.inner(kind) is not None or element.text(f"{kind}Number")]
    if len(named) != 1:
        raise InvalidError("A payment needs one of Invoice and CreditNote")
    kind = named[0]
    inner = element.inner(kind)
    document_id = inner.text(f"{kind}ID") if inner else None
    document_number = (inner.text(f"{kind}Number") if inner else None) or element.text(f"{kind}Number")
    document = tables[kind].get(document_id.lower()) if document_id else None
    if document is None and not document_id and document_number:
        document = _numbered(organisation, kind, document_number)
    if document is None:
        raise InvalidError(NOT_FOUND)
    return document


def _numbered(organisation: Organisation, kind: str, number: str) -> Document | None:
    """The one live invoice or credit note of a number; overpayments and prepayments are known by id alone."""
    types = {"Invoice": ("ACCREC", "ACCPAY"), "CreditNote": ("ACCRECCREDIT", "ACCPAYCREDIT")}.get(kind, ())
    found = [row for row in organisation.documents_numbered(number, *types) if row.live]
    return found[0] if len(found) == 1 else None


def _account(organisation: Organisation, element: Element) -> Account:
    """A bank account, or one that takes payments, by id or code."""
    named = element.inner("Account")
    account_id, code = (named.text("AccountID"), named.text("Code")) if named else (None, element.text("Code"))
    return paying_account(organisation, account_id, code)


def paying_account(organisation: Organisation, account_id: str | None, code: str | None) -> Account:
    """The account that payments can go through, or `InvalidError`."""
    if not account_id and not code:
        raise InvalidError("A payment account must be specified")
    account = organisation.accounts.get(account_id.lower()) if account_id else organisation.account_by_code(code or "")
    if account is None:
        raise InvalidError(ACCOUNTLESS)
    if account.status != "ACTIVE":
        raise InvalidError(f"Account code '{account.code}' has been archived, or has been deleted.")
    if account.type != "BANK" and not account.takes_payments:
        raise InvalidError(f"Account code '{account.code}' is not a valid code for payments.")
    return account
