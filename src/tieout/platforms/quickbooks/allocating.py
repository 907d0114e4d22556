"""Setting credits against what is owed. QuickBooks has no record for it: a payment of zero links the two. Pure.

Recorded: when QuickBooks applies a credit by itself, it writes a Payment of zero with two lines of one amount, the
invoice and the credit memo. Vendor credits and bills take a BillPayment likewise.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tieout.books.changes import Change, ExternalRef
from tieout.books.records import Account, Allocation, CreditAllocation, Kind, Payment, Untranslated
from tieout.platforms.port import Write
from tieout.platforms.quickbooks import preflight
from tieout.platforms.quickbooks.bodies import reference
from tieout.platforms.quickbooks.errors import refused
from tieout.platforms.quickbooks.marker import marked_note
from tieout.platforms.quickbooks.writing_documents import link_line, said_currency

NATIVE_OF_CREDIT = {Kind.CREDIT_NOTE: "Payment", Kind.VENDOR_CREDIT: "BillPayment"}
"""What links a credit to what is owed."""
_PAYMENT_KIND = {Kind.CREDIT_NOTE: Kind.PAYMENT, Kind.VENDOR_CREDIT: Kind.BILL_PAYMENT}
CHARGE_OF = {Kind.CREDIT_NOTE: Kind.INVOICE, Kind.VENDOR_CREDIT: Kind.BILL}
"""What a credit may settle."""


def native_of(record: CreditAllocation) -> str:
    """Which of Intuit's types the linking payment is; raises ValueError for what is no credit."""
    if record.credit_kind not in NATIVE_OF_CREDIT:
        raise ValueError(f"a {record.credit_kind} is no credit that can be set against something")
    return NATIVE_OF_CREDIT[record.credit_kind]


def payment_kind_of(record: CreditAllocation) -> Kind:
    """Under which kind a pull brings the linking payment."""
    return _PAYMENT_KIND[record.credit_kind]


def allocation_body(write: Write, record: CreditAllocation) -> dict[str, Any]:
    """The payment of zero. Raises WriteRefused for a closed period, a missing party and an amount that is none."""
    preflight.check_open(write.company, record.allocated_on)
    preflight.check_currency(write.company, record.currency)
    if not record.party_id:
        raise refused(preflight.PARTY_MISSING)
    if record.amount <= 0:
        raise refused(preflight.TOTAL_DIFFERS, "A credit is set against something by an amount above zero.")
    native = native_of(record)
    shared = {
        "TotalAmt": 0,
        "TxnDate": record.allocated_on.isoformat(),
        **said_currency(write, record.currency, None),
        "Line": [
            link_line(CHARGE_OF[record.credit_kind], record.document_id, record.amount),
            link_line(record.credit_kind, record.credit_id, record.amount),
        ],
        "PrivateNote": marked_note(None, record.marker),
    }
    if native == "Payment":
        return {"CustomerRef": reference(record.party_id), **shared}
    check = {"BankAccountRef": reference(_bank_account(write, record.currency))}
    return {"VendorRef": reference(record.party_id), "PayType": "Check", "CheckPayment": check, **shared}


def _bank_account(write: Write, currency: str) -> str | None:
    """A bank account for the check over nothing, if one of the allocation's currency was given with the write."""
    return next((key for key, account in sorted(write.accounts.items()) if _may_pay(write, account, currency)), None)


def _may_pay(write: Write, account: Account, currency: str) -> bool:
    return account.is_bank and account.active and (account.currency or write.company.base_currency) == currency


def as_allocation(record: CreditAllocation, change: Change) -> Change:
    """A linking payment as the allocation that it is; kept raw where it is no longer only that."""
    payment = change.record
    found = allocation_in(record.credit_kind, payment) if isinstance(payment, Payment) else None
    ref = ExternalRef(Kind.ALLOCATION, change.ref.external_id)
    if found is None:
        reason = "the payment of zero that set the credit against the document was changed in QuickBooks"
        if isinstance(payment, Untranslated):
            reason = payment.reason
        untranslated = Untranslated(external_id=change.ref.external_id, native_kind=native_of(record), reason=reason)
        return replace(change, ref=ref, record=untranslated)
    return replace(change, ref=ref, record=found)


def allocation_in(credit_kind: Kind, payment: Payment) -> CreditAllocation | None:
    """The allocation that a payment of zero is: one credit against one charge, of one amount; else None."""
    if not payment.is_allocation_only or payment.party_id is None:
        return None
    credits_used = [each for each in payment.allocations if each.document_kind is credit_kind]
    settled = [each for each in payment.allocations if each.document_kind is CHARGE_OF[credit_kind]]
    if len(payment.allocations) != 2 or len(credits_used) != 1 or len(settled) != 1:  # noqa: PLR2004 - credit and charge
        return None
    return CreditAllocation(
        external_id=payment.external_id,
        credit_kind=credit_kind,
        credit_id=credits_used[0].document_id,
        document_id=settled[0].document_id,
        party_id=payment.party_id,
        currency=payment.currency,
        allocated_on=payment.paid_on,
        amount=settled[0].amount,
        marker=payment.marker,
    )


def adopted(record: CreditAllocation, payments: Iterable[Change]) -> Change | None:
    """The payment of zero that an unanswered write left: by its mark, or without one by credit, document and amount."""
    for change in payments:
        payment = change.record
        if not isinstance(payment, Payment) or payment.is_void:
            continue
        is_ours = payment.marker == record.marker if record.marker else payment.marker is None
        if is_ours and (record.marker or _links_the_same(record, payment.allocations)):
            return as_allocation(record, change)
    return None


def _links_the_same(record: CreditAllocation, allocations: Iterable[Allocation]) -> bool:
    wanted = {
        (record.credit_kind, record.credit_id, record.amount),
        (CHARGE_OF[record.credit_kind], record.document_id, record.amount),
    }
    return {(each.document_kind, each.document_id, each.amount) for each in allocations} == wanted
