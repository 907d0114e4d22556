"""Invoices and credit memos."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Role
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange import (
    check_account,
    control_account,
    in_home,
    read_exchange,
)
from tieout.platforms.quickbooks.sandbox.accounting.documents import (
    SALES_SIDE,
    DocumentTax,
    Line,
    charges_tax_by_document,
    check_stock_day,
    day_of,
    document_content,
    grouped,
    identified,
    line_amount,
    line_detail,
    numbered,
    sent_lines,
    shown_detail,
    tax_account,
    tax_by_line,
)
from tieout.platforms.quickbooks.sandbox.accounting.links import read_sources
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped
from tieout.platforms.quickbooks.sandbox.accounting.stock import is_stocked, stock_move
from tieout.platforms.quickbooks.sandbox.accounting.taxes.united_states import tax_by_document
from tieout.platforms.quickbooks.sandbox.accounting.wishes import (
    Wish,
    check_email,
    check_lengths,
    check_multiplies,
    pointer,
)
from tieout.platforms.quickbooks.sandbox.figures import ZERO, cents, money
from tieout.sandbox.ledger import JournalLine, credit, debit

_HUNDRED = Decimal(100)
_FLAGS = {
    "AllowIPNPayment": False, "AllowOnlinePayment": False, "AllowOnlineCreditCardPayment": False,
    "AllowOnlineACHPayment": False,
}  # fmt: skip
_NOT_OF_DISCOUNTS = frozenset({"Id", "LineNum", "Amount", "DiscountLineDetail", "LinkedTxn"})
_FREE_FORM = frozenset({"Invoice", "CreditMemo", "Estimate"})
"""Forms that say how their addresses are kept, as recorded in May 2026; receipts were recorded without."""
_STATUSES = {"PrintStatus": "NeedToPrint", "EmailStatus": "NotSet"}


@dataclass(frozen=True, slots=True)
class _Discount:
    """A discount on the whole document: as it is shown, what it takes off, and where that is booked."""

    content: dict[str, Any]
    amount: Decimal
    account_id: str


def shape_invoice(wish: Wish) -> Shaped:
    """An invoice. Raises `Refusal`."""
    shaped = shape_owed_sale(wish, sign=1)
    content = shaped.content
    term = wish.resolve("SalesTermRef", "Term")
    due = wish.day("DueDate") or wish.books.due_on(day_of(content), term, days=wish.books.profile.due_days)
    content["DueDate"] = due.isoformat()
    return replace(shaped, content=_FLAGS | content, sources=read_sources(wish))


def shape_credit_memo(wish: Wish) -> Shaped:
    """A credit memo. Raises `Refusal`."""
    shaped = shape_owed_sale(wish, sign=-1)
    shaped.content.pop("DueDate", None)
    return shaped


def shape_owed_sale(wish: Wish, sign: int) -> Shaped:
    """A sales form that is owed, which somebody has to owe."""
    customer = wish.resolve("CustomerRef", "Customer")
    if customer is None:
        raise refusals.missing("CustomerRef")
    return shape_sale(wish, sign, customer)


def shape_sale(wish: Wish, sign: int, customer: Record | None, money_account: Record | None = None) -> Shaped:
    """A sales form. Raises `Refusal`.

    `sign` is -1 where it takes a sale back. Its money is owed, or goes through `money_account` at once.
    """
    exchange = read_exchange(wish, customer)
    content = document_content(wish, exchange)
    if customer is not None:
        content["CustomerRef"] = pointer(customer)
    check_email(wish.body, "BillEmail")
    check_lengths(wish.body.get("CustomerMemo") or {}, {"value": 1000})
    _fill_in(wish, content, customer)
    lines, discount, others = _read_lines(wish, day_of(content))
    tax = _tax(wish, content, lines, discount)
    taken_off = discount.amount if discount is not None else ZERO
    total = sum(tax.outcome.nets, ZERO) - taken_off + tax.outcome.total
    if total < 0:
        raise refusals.business("Transaction amount must be 0 or greater")
    numbered(wish, content)
    shown = _shown_lines(lines, tax, others)
    content["Line"], line_ids = identified(wish, shown)
    subtotal = sum(tax.outcome.nets, ZERO)
    content["Line"].append({"Amount": money(subtotal), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}})
    if discount is not None:
        content["Line"].append(discount.content)
    content |= {"TxnTaxDetail": tax.shown, "TotalAmt": money(total)}
    control = ""
    if money_account is None:
        control = control_account(wish, "ARAccountRef", Role.RECEIVABLE, exchange)
    else:
        check_account(wish.books, exchange, money_account)
    taken_by = control if money_account is None else money_account.id
    posted = _postings(wish, lines, tax, discount, sign)
    return Shaped(
        content,
        total=total,
        party=customer.ref if customer is not None else None,
        owed=sign * total if money_account is None else ZERO,
        paid=money_account is not None,
        lines=grouped(in_home(wish.books, exchange, debit(taken_by, sign * total), posted)),
        exchange=exchange,
        control=control,
        stock=tuple(
            stock_move(line.item, -sign * line.quantity)
            for line in lines
            if line.item is not None and is_stocked(line.item)
        ),
        stated_tax=tax.stated,
        line_ids=line_ids,
    )


def _fill_in(wish: Wish, content: dict[str, Any], customer: Record | None) -> None:
    """What the books put where nothing was sent."""
    for field in ("BillAddr", "ShipAddr"):
        if field in wish.sent and content.get(field):
            content[field] = _own_address(wish, field, content[field])
        elif content.get(field) is None and customer is not None and customer.content.get(field):
            content[field] = dict(customer.content[field])
    for field, value in _STATUSES.items():
        content.setdefault(field, value)
    content.setdefault("ApplyTaxAfterDiscount", False)
    content.pop("FreeFormAddress", None)
    if wish.kind.name in _FREE_FORM:
        content["FreeFormAddress"] = True
    shown_custom_fields(wish, content)


def shown_custom_fields(wish: Wish, content: dict[str, Any]) -> None:
    """Every custom field of the company, with what was sent for it."""
    fields = {one.get("DefinitionId"): one for one in content.get("CustomField", ())}
    content["CustomField"] = [
        {"DefinitionId": number, "Name": name, "Type": "StringType"}
        | {key: value for key, value in fields.get(number, {}).items() if key == "StringValue"}
        for number, name in wish.books.profile.custom_fields
    ]


def _own_address(wish: Wish, field: str, sent: dict[str, Any]) -> dict[str, Any]:
    """An address that was sent gets an id, unless it is the standing one."""
    standing = wish.standing.content.get(field, {}) if wish.standing is not None else {}
    if {**sent, "Id": None} == {**standing, "Id": None}:
        return dict(standing)
    return {**sent, "Id": wish.books.next_id("address")}


def _read_lines(wish: Wish, on: date) -> tuple[list[Line], _Discount | None, list[tuple[int, dict[str, Any]]]]:
    """The lines that sell something, the discount, and lines of text alone with their places."""
    lines: list[Line] = []
    texts: list[tuple[int, dict[str, Any]]] = []
    discount_line: dict[str, Any] | None = None
    for line in sent_lines(wish):
        kind = line["DetailType"]
        check_lengths(line, {"Description": 4000})
        if kind == "SalesItemLineDetail":
            lines.append(_read_item_line(wish, line, on))
        elif kind == "DescriptionOnly":
            texts.append((len(lines), line))
        elif kind == "DiscountLineDetail" and discount_line is None:
            discount_line = line
        else:
            raise refusals.NotSimulatedError(f"a sales line of type {kind} is not simulated here")
    if not lines and not texts:
        raise refusals.missing("Line")
    return lines, _read_discount(wish, discount_line, lines), texts


def _read_item_line(wish: Wish, line: dict[str, Any], on: date) -> Line:
    detail = line_detail(line)
    amount = line_amount(line)
    check_multiplies(amount, detail.get("UnitPrice"), detail.get("Qty"))
    item = _item(wish, detail)
    if wish.kind.posts:
        check_stock_day(item, on)
    account = item.content.get("IncomeAccountRef")
    if account is None:
        raise refusals.business(f"{item.content['Name']} has no income account and cannot be sold")
    code = detail.get("TaxCodeRef", {}).get("value")
    if charges_tax_by_document(wish.books):
        code = code or "NON"
        if code not in ("TAX", "NON"):
            raise refusals.line_tax_code(code)
    gross = detail.get("TaxInclusiveAmt")
    if gross and wish.body.get("GlobalTaxCalculation") == "TaxInclusive":
        amount = cents(Decimal(gross))
    for field, kind in (("ClassRef", "Class"),):
        if field in detail:
            wish.books.resolve(detail[field], kind)
    shown = {key: value for key, value in line.items() if key not in ("Amount", "SalesItemLineDetail", "LinkedTxn")}
    shown["SalesItemLineDetail"] = shown_detail(
        {key: value for key, value in detail.items() if key != "TaxInclusiveAmt"},
        ItemRef=pointer(item),
        ItemAccountRef={"value": account["value"]},
        TaxCodeRef={"value": code} if code else None,
    )
    quantity = Decimal(detail.get("Qty", 1))
    return Line(shown, "SalesItemLineDetail", amount, account["value"], code, item, quantity)


def _item(wish: Wish, detail: dict[str, Any]) -> Record:
    """The item a line sells, or the company's default one."""
    reference = detail.get("ItemRef")
    if reference is None:
        reference = {"value": next(iter(wish.books.shelf("Item").records), "")}
    return wish.books.resolve(reference, "Item", inactive_too=_stands_already(wish, str(reference.get("value"))))


def _stands_already(wish: Wish, item_id: str) -> bool:
    """Whether the standing document sells the item already: it may have become inactive since."""
    if wish.standing is None:
        return False
    return any(
        line.get("SalesItemLineDetail", {}).get("ItemRef", {}).get("value") == item_id
        for line in wish.standing.content["Line"]
    )


def _read_discount(wish: Wish, line: dict[str, Any] | None, lines: list[Line]) -> _Discount | None:
    if line is None:
        return None
    if wish.body.get("GlobalTaxCalculation") == "TaxInclusive":
        raise refusals.NotSimulatedError("a discount with inclusive tax is not simulated")
    detail = dict(line.get("DiscountLineDetail") or {})
    subtotal = sum((one.amount for one in lines), ZERO)
    if detail.get("PercentBased"):
        percent = detail.get("DiscountPercent")
        if percent is None:
            raise refusals.missing("DiscountPercent")
        amount = cents(subtotal * Decimal(percent) / _HUNDRED)
    else:
        amount = line_amount(line)
    account = detail.get("DiscountAccountRef") or {"value": wish.books.role(Role.DISCOUNTS)}
    taken_from = wish.books.resolve(account, "Account")
    if taken_from.content["Classification"] not in ("Revenue", "Expense"):
        raise refusals.wrong_account("DiscountAccountRef", "an account for income or expenses")
    account_id = taken_from.id
    shown = {key: value for key, value in line.items() if key not in _NOT_OF_DISCOUNTS}
    shown |= {
        "Amount": money(amount),
        "DiscountLineDetail": shown_detail(detail, DiscountAccountRef={"value": account_id}),
    }
    return _Discount(shown, amount, account_id)


def _tax(wish: Wish, content: dict[str, Any], lines: list[Line], discount: _Discount | None) -> DocumentTax:
    """The document's tax, after the discount if it says so."""
    reduced = _after_discount(content, lines, discount)
    if not charges_tax_by_document(wish.books):
        tax = tax_by_line(wish, content, reduced, SALES_SIDE)
        nets = tuple(line.amount for line in lines) if discount is not None else tax.outcome.nets
        return replace(tax, outcome=replace(tax.outcome, nets=nets))
    tax = tax_by_document(wish, content, reduced)
    return replace(tax, outcome=replace(tax.outcome, nets=tuple(line.amount for line in lines)))


def _after_discount(content: dict[str, Any], lines: list[Line], discount: _Discount | None) -> list[Line]:
    """The lines as tax sees them: each less its share of the discount, if tax comes after it."""
    subtotal = sum((line.amount for line in lines), ZERO)
    if discount is None or not content["ApplyTaxAfterDiscount"] or not subtotal:
        return lines
    left = (subtotal - discount.amount) / subtotal
    return [replace(line, amount=line.amount * left) for line in lines]


def _shown_lines(lines: list[Line], tax: DocumentTax, texts: list[tuple[int, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Every line that has an id as it is shown, text lines in their places."""
    shown = []
    for line, net in zip(lines, tax.outcome.nets, strict=True):
        detail = line.content[line.detail]
        if tax.inclusive:
            detail = {**detail, "TaxInclusiveAmt": money(line.amount)}
        shown.append({**line.content, "Amount": money(net), line.detail: detail})
    for place, text in reversed(texts):
        shown.insert(place, {key: value for key, value in text.items() if key != "Amount"})
    return shown


def _postings(
    wish: Wish, lines: list[Line], tax: DocumentTax, discount: _Discount | None, sign: int
) -> list[JournalLine]:
    """Income, discount and tax owed, which is all that stands against what is receivable, in the sale's currency."""
    posted = [credit(line.account_id, sign * net) for line, net in zip(lines, tax.outcome.nets, strict=True)]
    if discount is not None:
        posted.append(debit(discount.account_id, sign * discount.amount))
    posted += [credit(tax_account(wish.books, one.rate), sign * one.amount) for one in tax.outcome.amounts]
    return posted
