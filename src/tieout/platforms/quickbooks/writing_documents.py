"""Bodies of invoices, bills, credit memos, vendor credits and payments. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tieout.books.arithmetic.rounding import line_minor
from tieout.books.records import AccountType, CreditNote, Document, Invoice, Kind, Line, Payment
from tieout.platforms.port import Operation, Write
from tieout.platforms.quickbooks import preflight
from tieout.platforms.quickbooks.bodies import fitted, is_united_states, plain, reference
from tieout.platforms.quickbooks.errors import refused
from tieout.platforms.quickbooks.marker import NOTE_CHARS_MAX, marked_note
from tieout.platforms.quickbooks.writing_taxes import SentLine, SentTax, plan_tax
from tieout.platforms.standing_lines import with_line_ids

DESCRIPTION_CHARS_MAX = 4000
CUSTOMER_MEMO_CHARS_MAX = 1000
UNIT_PRICE_PLACES_MAX = 6
"""Beyond so many decimals a unit price is left out, and QuickBooks divides."""

_NO_TAX = {"TotalTax": 0}
"""Said of a change that leaves a US sale untaxed: else the tax that was stated before would stay."""
_CREDIT_KINDS = (Kind.CREDIT_NOTE, Kind.VENDOR_CREDIT)
_LINK_TYPES = {
    Kind.INVOICE: "Invoice",
    Kind.CREDIT_NOTE: "CreditMemo",
    Kind.BILL: "Bill",
    Kind.VENDOR_CREDIT: "VendorCredit",
}


def document_body(write: Write, document: Document) -> dict[str, Any]:
    """The body that creates or changes a document; raises WriteRefused where the books would not take it as it is.

    A change says all that a create says, every line included: the lines that are sent replace those that stand.
    """
    company = write.company
    changes = write.operation is Operation.UPDATE
    if changes:
        document = _placed(write, document)
    preflight.check_open(company, document.issued_on)
    preflight.check_currency(company, document.currency)
    if not document.party_id:
        raise refused(preflight.PARTY_MISSING)
    if not changes:
        preflight.check_party(write.party)
    if not document.lines:
        raise refused(preflight.TOTAL_DIFFERS, "The document has no lines.", field="lines")
    is_sale = isinstance(document, Invoice | CreditNote)
    taxes = plan_tax(document, company, write.tax_rates, is_sale=is_sale)
    memo = fitted(document.memo, company, CUSTOMER_MEMO_CHARS_MAX if is_sale else NOTE_CHARS_MAX)
    return {
        "CustomerRef" if is_sale else "VendorRef": reference(document.party_id),
        "DocNumber": preflight.check_number(document.number) or ("" if changes and not is_sale else None),
        "TxnDate": document.issued_on.isoformat(),
        "DueDate": document.due_on.isoformat() if document.due_on and write.kind not in _CREDIT_KINDS else None,
        **said_currency(write, document.currency, document.exchange_rate),
        "GlobalTaxCalculation": taxes.calculation,
        "Line": _lines(write, document, taxes, is_sale=is_sale),
        "TxnTaxDetail": taxes.detail or (_NO_TAX if changes and is_sale and is_united_states(company) else None),
        "CustomerMemo": {"value": memo or ""} if is_sale and (memo or changes) else None,
        "PrivateNote": marked_note(None if is_sale else memo, document.marker),
    }


def _placed(write: Write, document: Document) -> Document:
    """The document with the ids of its standing lines. Raises WriteRefused if it may not be changed like this."""
    standing = write.standing
    if not isinstance(standing, Document):
        return document
    preflight.check_changeable(document, standing)
    preflight.check_open(write.company, standing.issued_on)
    return with_line_ids(document, standing)


def said_currency(write: Write, currency: str, exchange_rate: Decimal | None) -> dict[str, Any]:
    """Currency and rate, only where the books keep several; a rate for the books' own is refused there."""
    if not write.company.multi_currency:
        return {}
    foreign = currency != write.company.base_currency
    return {"CurrencyRef": {"value": currency}, "ExchangeRate": exchange_rate if foreign else None}


def _lines(write: Write, document: Document, taxes: SentTax, *, is_sale: bool) -> list[dict[str, Any]]:
    pairs = zip(document.lines, taxes.lines, strict=True)
    if is_sale:
        return [_sales_line(write, document, line, sent) for line, sent in pairs]
    return [_expense_line(write, document, line, sent) for line, sent in pairs]


def _sales_line(write: Write, document: Document, line: Line, sent: SentLine) -> dict[str, Any]:
    if line.item_id is None:
        raise refused(preflight.ITEM_MISSING)
    if write.operation is Operation.CREATE:
        preflight.check_item(write.items.get(line.item_id))
    priced, description = _priced(document, line, sent)
    return {
        "Id": line.external_id if write.operation is Operation.UPDATE else None,
        "Description": fitted(description, write.company, DESCRIPTION_CHARS_MAX),
        "Amount": sent.amount,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {
            "ItemRef": reference(line.item_id),
            **priced,
            "TaxCodeRef": reference(sent.code),
            "TaxInclusiveAmt": sent.gross,
        },
    }


def _expense_line(write: Write, document: Document, line: Line, sent: SentLine) -> dict[str, Any]:
    """An account that is named outranks the item's own: it was chosen for this line."""
    priced, description = _priced(document, line, sent)
    coded = {"TaxCodeRef": reference(sent.code), "TaxInclusiveAmt": sent.gross}
    body: dict[str, Any] = {
        "Id": line.external_id if write.operation is Operation.UPDATE else None,
        "Description": fitted(description, write.company, DESCRIPTION_CHARS_MAX),
        "Amount": sent.amount,
    }
    if line.account_id is not None:
        detail = {"AccountRef": reference(line.account_id), **coded}
        return {
            **body,
            "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": detail,
        }
    if line.item_id is None:
        raise refused(preflight.ACCOUNT_MISSING)
    detail = {"ItemRef": reference(line.item_id), **priced, **coded}
    return {**body, "DetailType": "ItemBasedExpenseLineDetail", "ItemBasedExpenseLineDetail": detail}


def _priced(document: Document, line: Line, sent: SentLine) -> tuple[dict[str, Any], str | None]:
    """Quantity and unit price whose product is the amount (else QuickBooks refuses with 6070), and the description.

    Where no price of reasonable length makes the amount, only the quantity is sent, and where the price that is sent
    is not the document's, the description tells it: quantities of stock stay right and nothing is hidden.
    """
    if line_minor(line.quantity, line.unit_price * 100) == sent.amount * 100:
        return {"Qty": line.quantity, "UnitPrice": line.unit_price}, line.description
    told = f"{plain(line.quantity)} × {plain(line.unit_price)} {document.currency}"
    if line.discount_percent:
        told = f"{told} less {plain(line.discount_percent)} %"
    if sent.gross is not None:
        told = f"{told} including tax"
    described = f"{line.description} ({told})" if line.description else told
    if line.quantity <= 0:
        return {}, described
    price = (sent.amount / line.quantity).quantize(Decimal(1).scaleb(-UNIT_PRICE_PLACES_MAX))
    if price * line.quantity == sent.amount:
        return {"Qty": line.quantity, "UnitPrice": price}, described
    return {"Qty": line.quantity}, described


def payment_body(write: Write, payment: Payment) -> dict[str, Any]:
    """The body that creates a payment of a customer or to a vendor, or one of zero that links credits to charges."""
    preflight.check_open(write.company, payment.paid_on)
    preflight.check_currency(write.company, payment.currency)
    if payment.party_id is None:
        raise refused(preflight.PARTY_MISSING)
    _check_allocations(payment)
    shared = {
        "TotalAmt": payment.amount,
        "TxnDate": payment.paid_on.isoformat(),
        **said_currency(write, payment.currency, payment.exchange_rate),
        "Line": [link_line(each.document_kind, each.document_id, each.amount) for each in payment.allocations],
        "PrivateNote": marked_note(None, payment.marker),
    }
    number = preflight.check_number(payment.reference, "reference")
    if write.kind is Kind.PAYMENT:
        account = reference(payment.account_id)
        return {
            "CustomerRef": reference(payment.party_id),
            "PaymentRefNum": number,
            "DepositToAccountRef": account if payment.amount else None,
            **shared,
        }
    return {"VendorRef": reference(payment.party_id), "DocNumber": number, **_paid_from(write, payment), **shared}


def _paid_from(write: Write, payment: Payment) -> Mapping[str, Any]:
    """The bank or credit card side of a bill payment."""
    if payment.account_id is None:
        raise refused(preflight.ACCOUNT_MISSING, "No bank or credit card account is chosen to pay bills from.")
    account = write.accounts.get(payment.account_id)
    if account is not None and account.type is AccountType.LIABILITY:
        return {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": reference(payment.account_id)}}
    return {"PayType": "Check", "CheckPayment": {"BankAccountRef": reference(payment.account_id)}}


def link_line(kind: Kind, document_id: str, amount: Decimal) -> dict[str, Any]:
    """A line of a payment: how much of which document it settles or, of a credit, uses."""
    if kind not in _LINK_TYPES:
        raise NotImplementedError(f"a payment cannot settle a {kind} here: its type in the books is not known")
    return {"Amount": amount, "LinkedTxn": [{"TxnId": document_id, "TxnType": _LINK_TYPES[kind]}]}


def _check_allocations(payment: Payment) -> None:
    """Amount and credits make charges and the rest."""
    credits_given = sum(
        (each.amount for each in payment.allocations if each.document_kind in _CREDIT_KINDS), Decimal(0)
    )
    charges = sum((each.amount for each in payment.allocations if each.document_kind not in _CREDIT_KINDS), Decimal(0))
    left = payment.amount + credits_given - charges
    if left != payment.unapplied or left < 0 or any(each.amount <= 0 for each in payment.allocations):
        message = f"The payment is {payment.amount} with {credits_given} of credits, but settles {charges}."
        raise refused(preflight.TOTAL_DIFFERS, message, field="allocations")
