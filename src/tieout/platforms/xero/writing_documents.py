"""Writing invoices, bills, credit notes and vendor credits to Xero: the exact request, or why there is none. Pure.

Sources: invoices and credit notes pages, rounding guide. Contacts are named by id alone, for any more would edit the
contact. Nothing is sent that would not land on the document's own total and tax.
"""

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from tieout.books.arithmetic.predicting import Prediction, predicted
from tieout.books.records import Document, DocumentStatus, Kind, Line, Taxation
from tieout.platforms.port import Operation, Request, Write
from tieout.platforms.standing_lines import with_line_ids
from tieout.platforms.xero.arithmetic import (
    AMOUNT_PLACES,
    Price,
    TaxedLine,
    cents,
    from_cents,
    predict,
    price_line,
    tax_amounts,
    unit_cents,
)
from tieout.platforms.xero.client import segment, write_request
from tieout.platforms.xero.marks import stamped
from tieout.platforms.xero.menus import ITEMS, TAX_RATES
from tieout.platforms.xero.refusing import (
    check_account,
    check_changeable,
    check_contact,
    check_currency,
    check_period,
    check_tax_rate,
    check_unapplied,
    refused,
)
from tieout.platforms.xero.translate import CODE_PREFIX

NUMBER_MAX: Final = 255
"""Characters of a document's number (invoices page)."""
DESCRIPTION_MAX: Final = 4000
"""Characters of a line's description (invoices page)."""
UNTAXED: Final = "NONE"
"""The tax type that every organisation has, whatever its country."""

_RATE_PLACES: Final = Decimal("0.000001")
_TAXATION: Final = {
    Taxation.EXCLUSIVE: "Exclusive",
    Taxation.INCLUSIVE: "Inclusive",
    Taxation.NONE: "NoTax",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a kind of document is written: its list, its type, the names of its id and number.

    `is_due` for those with a due date, `is_sale` for those with a reference besides their number, `discounts` for those
    whose lines may have one.
    """

    plural: str
    type: str
    id_name: str
    number_name: str
    is_due: bool = False
    is_sale: bool = False
    discounts: bool = False


FORMS: Final = {
    Kind.INVOICE: Form(
        plural="Invoices",
        type="ACCREC",
        id_name="InvoiceID",
        number_name="InvoiceNumber",
        is_due=True,
        is_sale=True,
        discounts=True,
    ),
    Kind.BILL: Form(plural="Invoices", type="ACCPAY", id_name="InvoiceID", number_name="InvoiceNumber", is_due=True),
    Kind.CREDIT_NOTE: Form(
        plural="CreditNotes",
        type="ACCRECCREDIT",
        id_name="CreditNoteID",
        number_name="CreditNoteNumber",
        is_sale=True,
    ),
    Kind.VENDOR_CREDIT: Form(
        plural="CreditNotes", type="ACCPAYCREDIT", id_name="CreditNoteID", number_name="CreditNoteNumber"
    ),
}


def plan_document(company_id: str, write: Write, document: Document) -> Request:
    """The request that creates, changes, voids or deletes a document; see `port.Platform.plan_write`."""
    form = FORMS[write.kind]
    check_period(write.company, document.issued_on)
    if write.operation is Operation.CREATE:
        check_currency(write.company, document.currency)
        check_contact(write.party)
        element = _document(form, write, document)
        return write_request(company_id, "PUT", form.plural, plural=form.plural, element=element, key=write.key)
    if write.external_id is None:
        raise ValueError("all but a create name the record")
    if write.operation is Operation.UPDATE:
        return _plan_change(company_id, form, write, document)
    check_unapplied(document)
    status = "DELETED" if document.status is DocumentStatus.DRAFT else "VOIDED"
    return write_request(
        company_id,
        "POST",
        f"{form.plural}/{segment(write.external_id)}",
        plural=form.plural,
        element={form.id_name: write.external_id, "Status": status},
        key=write.key,
    )


def _plan_change(company_id: str, form: Form, write: Write, document: Document) -> Request:
    """All of a document anew, its lines under the ids that they have: what is left out of the lines is deleted."""
    if isinstance(write.standing, Document):
        check_changeable(write.standing)
        check_period(write.company, write.standing.issued_on)
    element = {form.id_name: write.external_id} | changed_element(write, document)
    path = f"{form.plural}/{segment(write.external_id or '')}"
    return write_request(company_id, "POST", path, plural=form.plural, element=element, key=write.key)


def changed_element(write: Write, document: Document) -> dict[str, Any]:
    """What a change says of a document."""
    if isinstance(write.standing, Document):
        document = with_line_ids(document, write.standing)
    element = _document(FORMS[write.kind], write, document)
    for line, sent in zip(document.lines, element["LineItems"], strict=True):
        if line.external_id is not None:
            sent["LineItemID"] = line.external_id
    return element


def _document(form: Form, write: Write, document: Document) -> dict[str, Any]:
    element: dict[str, Any] = {
        "Type": form.type,
        "Contact": {"ContactID": document.party_id},
        "Date": document.issued_on.isoformat(),
        "LineAmountTypes": _TAXATION[document.taxation],
        "LineItems": _lines(form, write, document),
        "CurrencyCode": document.currency,
        "Status": "DRAFT" if document.status is DocumentStatus.DRAFT else "AUTHORISED",
    }
    if form.is_due:
        element["DueDate"] = (document.due_on or document.issued_on).isoformat()
    if document.number:
        element[form.number_name] = _number(document.number)
    elif write.operation is Operation.UPDATE and not form.is_sale:
        element[form.number_name] = ""
    reference = stamped(document.memo, document.marker)
    if reference:
        element["Reference"] = reference
    rate = currency_rate(document.exchange_rate, document.currency, write)
    if rate is not None:
        element["CurrencyRate"] = rate
    return element


def _number(number: str) -> str:
    if len(number) > NUMBER_MAX or not number.isascii() or not number.isprintable():
        raise refused(
            "number_not_printable",
            f"Xero takes numbers of at most {NUMBER_MAX} plain letters, digits and signs.",
            "Give the document another number.",
            "number",
        )
    return number


def currency_rate(exchange_rate: Decimal | None, currency: str, write: Write) -> Decimal | None:
    """Xero's rate, the document's units for one of the base currency; None where it is to use its own of the day."""
    if exchange_rate is None or exchange_rate <= 0 or currency == write.company.base_currency:
        return None
    return (1 / exchange_rate).quantize(_RATE_PLACES, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class _Told:
    """How a document's lines are told to Xero; tax is in cents, None where Xero will come to it by itself."""

    prices: list[Price]
    taxed: list[TaxedLine]
    taxes: list[int | None]


def _told(form: Form, write: Write, document: Document) -> _Told:
    """The lines as they are sent; raises WriteRefused when they would not land on the document's total and tax."""
    if not document.lines:
        raise refused("lines_missing", "The document has no lines.", "Add at least one line.", "lines")
    prices = [_price(form, write, line) for line in document.lines]
    taxed = [_taxed(write, line, price, document.taxation) for line, price in zip(document.lines, prices, strict=True)]
    return _Told(prices, taxed, _taxes(document, taxed))


def predict_document(write: Write, document: Document) -> Prediction:
    """What Xero will show of a document as it is sent; raises WriteRefused as `plan_document` does."""
    told = _told(FORMS[write.kind], write, document)
    shown = predict(told.taxed, document.taxation, told.taxes)
    stated = replace(document, exchange_rate=_rate_told(document, write))
    net, tax = from_cents(shown.net_minor), from_cents(shown.tax_minor)
    return predicted(stated, net, tax, base_currency=write.company.base_currency, places=AMOUNT_PLACES)


def _rate_told(document: Document, write: Write) -> Decimal | None:
    """The rate as Xero will take it: it is told the other way round, with six decimal places."""
    told = currency_rate(document.exchange_rate, document.currency, write)
    return None if told is None else 1 / told


def _lines(form: Form, write: Write, document: Document) -> list[dict[str, Any]]:
    told = _told(form, write, document)
    return [
        _line(write, line, price, tax_type=_tax_type(taxed, document.taxation), tax=tax)
        for line, price, taxed, tax in zip(document.lines, told.prices, told.taxed, told.taxes, strict=True)
    ]


def _price(form: Form, write: Write, line: Line) -> Price:
    amount_cents = cents(line.amount)
    if amount_cents is None:
        raise _too_precise(f"The amount {line.amount} of a line")
    price = price_line(line.quantity, line.unit_price, line.discount_percent, amount_cents, may_discount=form.discounts)
    item = write.items.get(line.item_id) if line.item_id else None
    if item is not None and item.is_stock and price.quantity != line.quantity:
        raise _would_differ(
            f"{line.quantity} × {line.unit_price} cannot be told to Xero so that it makes {line.amount}"
        )
    return price


def _taxed(write: Write, line: Line, price: Price, taxation: Taxation) -> TaxedLine:
    stated = None if line.tax_amount is None else cents(line.tax_amount)
    if taxation is Taxation.NONE or line.tax_rate_id is None:
        return TaxedLine(price.line_cents, None, Decimal(0), stated)
    rate = write.tax_rates.get(line.tax_rate_id)
    if rate is None:
        raise refused(
            "tax_rate_unknown",
            "A tax rate of one of the lines has not been read from Xero.",
            f"In Xero: {TAX_RATES}, check it; then synchronise and choose it again.",
            "tax_rate_id",
        )
    check_tax_rate(rate)
    return TaxedLine(price.line_cents, line.tax_rate_id, rate.effective_rate, stated)


def _taxes(document: Document, lines: list[TaxedLine]) -> list[int | None]:
    """Tax amounts to be sent, in cents, none where Xero will come to the same by itself.

    Raises WriteRefused where the lines or what rounding explains of their tax do not make the document's own.
    """
    total_cents, tax_cents = _cents_of(document.total, "total"), _cents_of(document.tax, "tax")
    computed = predict(lines, document.taxation)
    by_line = computed.lines or ()
    amounts = tax_amounts(lines, by_line, tax_cents, unit=unit_cents(document.currency))
    told: list[int | None] = [None] * len(lines)
    if amounts is not None and tax_cents != computed.tax_minor:
        told = [None if amount == was else amount for amount, was in zip(amounts, by_line, strict=True)]
    shown = predict(lines, document.taxation, told)
    if amounts is None or (shown.gross_minor, shown.tax_minor) != (total_cents, tax_cents):
        raise _would_differ(
            f"the document states {document.total} with {document.tax} tax, Xero would come to "
            f"{from_cents(shown.gross_minor)} with {from_cents(shown.tax_minor)} tax"
        )
    return told


def _cents_of(figure: Decimal, what: str) -> int:
    """Whole cents; raises WriteRefused for what Xero would round."""
    whole = cents(figure)
    if whole is None:
        raise _too_precise(f"The {what} {figure} of the document")
    return whole


def _too_precise(what: str) -> Exception:
    return refused(
        "amount_too_precise",
        f"{what} has more than {AMOUNT_PLACES} decimal places, and Xero keeps {AMOUNT_PLACES} in every currency.",
        "Make the amounts and taxes of the lines whole hundredths; or keep this document out of Xero.",
        "lines",
    )


def _would_differ(why: str) -> Exception:
    return refused(
        "total_would_differ",
        f"The document would not have the same total in Xero: {why}.",
        "Check the quantities, prices, discounts and tax rates of the lines, and that each rate is matched with the "
        "right one in Xero.",
        "total",
    )


def _tax_type(taxed: TaxedLine, taxation: Taxation) -> str | None:
    return None if taxation is Taxation.NONE else taxed.rate_id or UNTAXED


def _line(write: Write, line: Line, price: Price, *, tax_type: str | None, tax: int | None) -> dict[str, Any]:
    element: dict[str, Any] = {
        "Description": _description(write, line, price),
        "Quantity": price.quantity,
        "UnitAmount": price.unit_amount,
    }
    if price.discount_rate is not None:
        element["DiscountRate"] = price.discount_rate
    if price.discount_amount is not None:
        element["DiscountAmount"] = price.discount_amount
    if line.item_id:
        element["ItemCode"] = _item_code(write, line.item_id)
    element |= _account(write, line)
    if tax_type is not None:
        element["TaxType"] = tax_type
    if tax is not None:
        element["TaxAmount"] = from_cents(tax)
    return element


def _description(write: Write, line: Line, price: Price) -> str:
    """The words of a line, cut to fit; what had to be told as one piece keeps its quantity and price in words."""
    item = write.items.get(line.item_id) if line.item_id else None
    words = line.description or (item.description or item.name if item else None)
    if not words or not words.strip():
        raise refused("description_missing", "A line has no description.", "Describe every line.", "lines")
    stated = "" if price.quantity == line.quantity else f" ({line.quantity:f} × {line.unit_price:f})"
    room = DESCRIPTION_MAX - len(stated)
    return (words if len(words) <= room else words[: room - 1] + "…") + stated


def _item_code(write: Write, item_id: str) -> str:
    """Lines name products by code."""
    if item_id.startswith(CODE_PREFIX):
        return item_id.removeprefix(CODE_PREFIX)
    item = write.items.get(item_id)
    if item is None or not item.code:
        raise refused(
            "item_unknown",
            "A product of one of the lines has not been read from Xero.",
            f"In Xero: {ITEMS}, check it; then synchronise and try again.",
            "item_id",
        )
    return item.code


def _account(write: Write, line: Line) -> dict[str, str]:
    """The ledger account of a line; one with a product may leave it to the product."""
    if line.account_id is None:
        if line.item_id:
            return {}
        raise refused(
            "ledger_account_missing",
            "A line has no ledger account.",
            "Choose a ledger account for the line, or a default one for all.",
            "account_id",
        )
    return account_reference(line.account_id, write)


def account_reference(account_id: str, write: Write) -> dict[str, str]:
    """How a line names a ledger account: by its code if there is one, else by its id."""
    if account_id.startswith(CODE_PREFIX):
        return {"AccountCode": account_id.removeprefix(CODE_PREFIX)}
    account = write.accounts.get(account_id)
    check_account(account)
    if account is not None and account.code:
        return {"AccountCode": account.code}
    return {"AccountID": account_id}
