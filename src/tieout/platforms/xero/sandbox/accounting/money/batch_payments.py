"""Batches: many invoices, or many bills, paid at once. Source: batch-payments page; API description.

PUT creates one, POST deletes it with all its payments. The payments of a batch cannot be deleted singly.
"""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from tieout.platforms.xero.sandbox.accounting.elements import Element, GoneError, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.money.rows import BatchPayment
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.payments import (
    TOO_MUCH,
    PaymentPlan,
    apply_payment,
    check_only_deletes,
    delete_payment,
    paying_account,
    plan_payment,
)
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_length, check_locks
from tieout.platforms.xero.sandbox.wire import ZERO

TEXTS = {"Reference": 255, "Particulars": 12, "Code": 12, "Details": 18, "Narrative": 18}
"""What is told to the bank, and how long it may be."""
WORDS = vocabulary(
    " ".join(("Account Date Payments BatchPaymentID Status", *TEXTS)),
    "DateString Amount Type TotalAmount IsReconciled",
)
PAYMENT_WORDS = vocabulary(
    "Invoice Account Date Amount BankAmount CurrencyRate Reference BankAccountNumber Particulars Code Details",
    "PaymentID IsReconciled InvoiceNumber",
)
UPDATE_WORDS = vocabulary("BatchPaymentID Status")
PAYMENTS_MAX = 500


def write_batch_payment(writing: Writing, element: Element) -> Written:
    """Create a batch, or delete one."""
    if writing.may_update:
        return _delete(writing, element)
    element.check(WORDS)
    return _create(writing, element)


def _create(writing: Writing, element: Element) -> Written:
    organisation = writing.organisation
    named = element.inner("Account")
    account = paying_account(
        organisation, named.text("AccountID") if named else None, named.text("Code") if named else None
    )
    on = element.day("Date")
    if on is None:
        raise InvalidError("Date must be specified")
    texts = {}
    for name, length_max in TEXTS.items():
        text = element.text(name)
        check_length(name, text, length_max)
        if text is not None:
            texts[name] = text
    payments = element.inners("Payments") or []
    if not 0 < len(payments) <= PAYMENTS_MAX:
        raise InvalidError(f"A batch payment needs from 1 to {PAYMENTS_MAX} payments")
    told: dict[str, object] = {"Account": {"AccountID": account.id}, "Date": on.isoformat()}
    plans = [plan_payment(organisation, _payment(organisation, one, told)) for one in payments]
    type_ = _type(plans)
    _check_amounts(plans)
    batch = BatchPayment(
        id=organisation.ids.uuid(),
        updated_at=writing.at,
        app_id=writing.app_id,
        type=type_,
        account_id=account.id,
        on=on,
        total=sum((plan.exchange.bank_amount for plan in plans), ZERO),
        texts=texts,
    )
    organisation.batch_payments[batch.id] = batch
    for plan in plans:
        batch.payment_ids.append(apply_payment(writing, replace(plan, batch_id=batch.id)).id)
    return Written(batch)


def _payment(organisation: Organisation, sent: Element, told: dict[str, object]) -> Element:
    """One payment of a batch as an element of its own. Account and date are the batch's; it cannot say others."""
    sent.check(PAYMENT_WORDS)
    if sent.inner("Invoice") is None:
        raise InvalidError("Batch payments can only be made against invoices")
    inner = sent.inner("Account")
    if inner is not None:
        account = paying_account(organisation, inner.text("AccountID"), inner.text("Code"))
        if {"AccountID": account.id} != told["Account"]:
            raise InvalidError("The payments of a batch have to be made from its account")
    on = sent.day("Date")
    if on is not None and on.isoformat() != told["Date"]:
        raise InvalidError("The payments of a batch have to be made on its date")
    kept = ("Invoice", "Amount", "BankAmount", "CurrencyRate", "Reference")
    return Element({name: sent.sent[name.lower()] for name in kept if sent.has(name)} | told, sent.path)


def _type(plans: list[PaymentPlan]) -> str:
    sides = {plan.document.receivable for plan in plans}
    if len(sides) > 1:
        raise InvalidError("A batch payment cannot hold both sales invoices and bills")
    return "RECBATCH" if sides.pop() else "PAYBATCH"


def _check_amounts(plans: list[PaymentPlan]) -> None:
    """The same invoice may be paid twice in a batch, but not beyond what is open."""
    wanted: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for plan in plans:
        wanted[plan.document.id] += plan.amount
        if wanted[plan.document.id] > plan.document.due:
            raise InvalidError(TOO_MUCH)


def _delete(writing: Writing, element: Element) -> Written:
    refusal = "Batch payments cannot be updated. A batch payment can only be deleted"
    check_only_deletes(element, WORDS, UPDATE_WORDS, refusal)
    organisation = writing.organisation
    batch = writing.target if isinstance(writing.target, BatchPayment) else None
    batch_id = element.text("BatchPaymentID")
    if batch is None and not batch_id:
        raise InvalidError("BatchPaymentID must be specified")
    batch = batch or organisation.batch_payments.get((batch_id or "").lower())
    if batch is None:
        raise GoneError
    if batch.status == "DELETED":
        raise InvalidError("Batch payment has already been deleted")
    check_locks(organisation, batch.on)
    for payment_id in batch.payment_ids:
        delete_payment(writing, organisation.payments[payment_id])
    batch.status = "DELETED"
    batch.touch(writing.at)
    return Written(batch)
