"""Invoices, bills, credits and payments: Intuit's objects to the words of the books. Pure.

Totals and balances are the recorded ones, never recomputed. A transaction whose lines do not add up to its own total
is not translated: half an understanding of money is worse than none.
"""

from decimal import Decimal

from tieout.books.records import (
    Allocation,
    Bill,
    CreditNote,
    DocumentStatus,
    Invoice,
    Kind,
    Line,
    Payment,
    Taxation,
    TaxLine,
    VendorCredit,
)
from tieout.platforms.quickbooks import wire
from tieout.platforms.quickbooks.marker import read_note
from tieout.platforms.quickbooks.translate_lists import PSEUDO_TAXED, UnreadableError, ref_id

LINE_DEPTH_MAX = 3
"""How deep bundles may lie in each other."""

_ZERO = Decimal(0)
_ONE = Decimal(1)
_VOIDED = "Voided"
"""QuickBooks has no status field: a void is a total of zero and a note that begins with this (recorded answers)."""
_TAXATION = {"TaxInclusive": Taxation.INCLUSIVE, "NotApplicable": Taxation.NONE}
_WITHOUT_AMOUNT = frozenset({"SubTotalLineDetail", "TaxLineDetail"})
_CHARGES = {"Invoice": Kind.INVOICE, "Bill": Kind.BILL}
_CREDITS = {"CreditMemo": Kind.CREDIT_NOTE, "VendorCredit": Kind.VENDOR_CREDIT, "Deposit": Kind.OTHER}
_DOCUMENTS: dict[str, type[Invoice] | type[Bill] | type[CreditNote] | type[VendorCredit]] = {
    "Invoice": Invoice,
    "Bill": Bill,
    "CreditMemo": CreditNote,
    "VendorCredit": VendorCredit,
}


def translate_document(
    native: str, document: wire.Document, home_currency: str | None
) -> Invoice | Bill | CreditNote | VendorCredit:
    """An invoice, bill, credit memo or vendor credit; raises UnreadableError with the reason."""
    party = document.customer_ref or document.vendor_ref
    total, issued_on = document.total_amt, document.txn_date
    if party is None or total is None or issued_on is None:
        raise UnreadableError("it lacks its party, total or date")
    detail = document.txn_tax_detail
    tax = _tax_of(detail)
    code = ref_id(detail.txn_tax_code_ref) if detail else None
    taxation = _TAXATION.get(document.global_tax_calculation or "", Taxation.EXCLUSIVE)
    lines, discount = _lines(document.line, code, inclusive=taxation is Taxation.INCLUSIVE)
    covered = sum((line.amount for line in lines), -discount)
    if taxation is Taxation.INCLUSIVE and covered != total:
        # Some lines carry no gross amount: the net ones, which are always there, say the same.
        taxation = Taxation.EXCLUSIVE
        lines, discount = _lines(document.line, code, inclusive=False)
        covered = sum((line.amount for line in lines), -discount)
    if covered != (total if taxation is Taxation.INCLUSIVE else total - tax):
        raise UnreadableError(f"its lines add up to {covered}, but its total is {total} with {tax} of tax")
    balance = document.balance if document.balance is not None else document.remaining_credit
    if balance is None:
        raise UnreadableError("it does not say its balance")
    memo, marker = read_note(document.private_note)
    if document.customer_memo is not None and document.customer_memo.value:
        memo = document.customer_memo.value
    return _DOCUMENTS[native](
        external_id=document.id,
        number=document.doc_number or None,
        party_id=party.value,
        party_name=party.name,
        currency=_currency(document, home_currency),
        exchange_rate=document.exchange_rate,
        issued_on=issued_on,
        due_on=document.due_date,
        taxation=taxation,
        lines=lines,
        tax_lines=_tax_lines(detail),
        discount=discount,
        subtotal=total - tax,
        tax=tax,
        total=total,
        balance=balance,
        status=_status(total, balance, document.private_note),
        memo=memo,
        marker=marker,
    )


def is_voided(total: Decimal, note: str | None) -> bool:
    """Whether a transaction was voided: nothing is left of it but its number and this note."""
    return not total and note is not None and note.startswith(_VOIDED)


def _status(total: Decimal, balance: Decimal, note: str | None) -> DocumentStatus:
    if is_voided(total, note):
        return DocumentStatus.VOID
    if not balance:
        return DocumentStatus.PAID
    return DocumentStatus.OPEN if balance == total else DocumentStatus.PARTIALLY_PAID


def _currency(transaction: wire.Transaction, home_currency: str | None) -> str:
    currency = ref_id(transaction.currency_ref) or home_currency
    if currency is None:
        raise UnreadableError("it does not say its currency")
    return currency


def _tax_of(detail: wire.TxnTaxDetail | None) -> Decimal:
    if detail is None:
        return _ZERO
    if detail.total_tax is not None:
        return detail.total_tax
    return sum((line.amount for line in detail.tax_line), _ZERO)


def _tax_lines(detail: wire.TxnTaxDetail | None) -> tuple[TaxLine, ...]:
    if detail is None or not detail.tax_line:
        return ()
    return tuple(
        TaxLine(
            rate_id=ref_id(line.tax_line_detail.tax_rate_ref),
            rate=line.tax_line_detail.tax_percent,
            taxable=line.tax_line_detail.net_amount_taxable or _ZERO,
            amount=line.amount,
        )
        for line in detail.tax_line
        if line.tax_line_detail is not None
    )


def _lines(
    sent: tuple[wire.Line, ...], code: str | None, *, inclusive: bool, depth: int = 0
) -> tuple[tuple[Line, ...], Decimal]:
    """The lines that carry money, bundles opened, and the sum of the document's own discount lines."""
    lines: list[Line] = []
    discount = _ZERO
    for line in sent:
        kind = line.detail_type
        if kind in _WITHOUT_AMOUNT:
            continue
        if kind == "DiscountLineDetail":
            discount += line.amount or _ZERO
        elif kind == "GroupLineDetail" and line.group_line_detail is not None and line.group_line_detail.line:
            if depth == LINE_DEPTH_MAX:
                raise UnreadableError("its bundles lie too deep in each other")
            inner, inner_discount = _lines(line.group_line_detail.line, code, inclusive=inclusive, depth=depth + 1)
            lines += inner
            discount += inner_discount
        else:
            lines.append(_line(line, code, inclusive=inclusive))
    return tuple(lines), discount


def _line(line: wire.Line, code: str | None, *, inclusive: bool) -> Line:
    amount = line.amount if line.amount is not None else _ZERO
    detail = (
        line.sales_item_line_detail or line.account_based_expense_line_detail or line.item_based_expense_line_detail
    )
    if detail is None:
        return Line(external_id=line.id, description=line.description, unit_price=amount, amount=amount)
    tax = detail.tax_amount
    unit_price = detail.unit_price
    quantity = detail.qty
    if inclusive and detail.tax_inclusive_amt is not None:
        tax = detail.tax_inclusive_amt - amount
        amount = detail.tax_inclusive_amt
        unit_price = None
    if quantity is None:
        quantity, unit_price = _ONE, amount
    elif unit_price is None:
        unit_price = amount / quantity if quantity else amount
    tax_rate_id = ref_id(detail.tax_code_ref)
    if tax_rate_id == PSEUDO_TAXED and code is not None:
        tax_rate_id = code
    return Line(
        external_id=line.id,
        description=line.description,
        quantity=quantity,
        unit_price=unit_price,
        amount=amount,
        account_id=ref_id(detail.account_ref),
        item_id=ref_id(detail.item_ref),
        tax_rate_id=tax_rate_id,
        tax_amount=tax,
    )


def translate_payment(native: str, payment: wire.Payment, home_currency: str | None) -> Payment:
    """A payment of a customer or to a vendor; raises UnreadableError with the reason.

    A credit that is applied takes part as an allocation too: amount + credits = charges + unapplied.
    """
    total, paid_on = payment.total_amt, payment.txn_date
    if total is None or paid_on is None:
        raise UnreadableError("it lacks its total or date")
    party = payment.customer_ref or payment.vendor_ref
    allocations, applied = _allocations(payment.line)
    left = total - applied
    unapplied = payment.unapplied_amt if payment.unapplied_amt is not None else left
    if unapplied != left or unapplied < 0:
        raise UnreadableError(f"it is {total} and leaves {unapplied} unapplied, but its lines settle {applied}")
    voided = is_voided(total, payment.private_note)
    _, marker = read_note(payment.private_note)
    return Payment(
        external_id=payment.id,
        kind=Kind.PAYMENT if native == "Payment" else Kind.BILL_PAYMENT,
        party_id=party.value if party else None,
        currency=_currency(payment, home_currency),
        exchange_rate=payment.exchange_rate,
        paid_on=paid_on,
        amount=total,
        unapplied=unapplied,
        account_id=_account_of(payment),
        reference=payment.payment_ref_num or payment.doc_number or None,
        allocations=allocations,
        is_allocation_only=not total and not voided and bool(allocations),
        is_void=voided,
        marker=marker,
    )


def _account_of(payment: wire.Payment) -> str | None:
    if payment.check_payment is not None:
        return ref_id(payment.check_payment.bank_account_ref)
    if payment.credit_card_payment is not None:
        return ref_id(payment.credit_card_payment.cc_account_ref)
    return ref_id(payment.deposit_to_account_ref)


def _allocations(lines: tuple[wire.Line, ...]) -> tuple[tuple[Allocation, ...], Decimal]:
    """What the lines settle, and how much of the payment that takes; credits give instead of taking."""
    allocations: list[Allocation] = []
    applied = _ZERO
    for line in lines:
        amount = line.amount or _ZERO
        if len(line.linked_txn) != 1:
            raise UnreadableError("one of its lines settles none or several transactions")
        link = line.linked_txn[0]
        credit = _CREDITS.get(link.txn_type)
        applied += amount if credit is None else -amount
        allocations.append(
            Allocation(
                document_kind=credit or _CHARGES.get(link.txn_type, Kind.OTHER),
                document_id=link.txn_id,
                amount=amount,
            )
        )
    return tuple(allocations), applied
