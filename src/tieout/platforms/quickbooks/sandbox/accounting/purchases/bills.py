"""Bills and vendor credits."""

from collections.abc import Sequence
from dataclasses import replace
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
from tieout.platforms.quickbooks.sandbox.accounting.currencies.rates import Exchange
from tieout.platforms.quickbooks.sandbox.accounting.documents import (
    PURCHASE_SIDE,
    DocumentTax,
    Line,
    charges_tax_by_document,
    check_number_free,
    check_stock_day,
    day_of,
    document_content,
    grouped,
    identified,
    line_amount,
    line_detail,
    sent_lines,
    shown_detail,
    stated_tax,
    tax_account,
    tax_by_line,
)
from tieout.platforms.quickbooks.sandbox.accounting.links import read_sources, with_line_links
from tieout.platforms.quickbooks.sandbox.accounting.own_accounts import CONTROLS
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped, StockMove
from tieout.platforms.quickbooks.sandbox.accounting.stock import is_stocked, stock_move
from tieout.platforms.quickbooks.sandbox.accounting.taxes.arithmetic import Outcome
from tieout.platforms.quickbooks.sandbox.accounting.wishes import Wish, check_lengths, check_multiplies, pointer
from tieout.platforms.quickbooks.sandbox.figures import ZERO, cents, money
from tieout.sandbox.ledger import JournalLine, credit, debit

_ACCOUNT, _ITEM = "AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail"


def shape_bill(wish: Wish) -> Shaped:
    """A bill. Raises `Refusal`, 6140 for a number that a bill already has."""
    shaped = shape_purchase(wish, sign=1)
    content = shaped.content
    check_number_free(wish, content)
    term = wish.resolve("SalesTermRef", "Term")
    due = wish.day("DueDate") or wish.books.due_on(day_of(content), term, days=0)
    content["DueDate"] = due.isoformat()
    content["Line"] = with_line_links(wish, content["Line"])
    return replace(shaped, sources=read_sources(wish))


def shape_vendor_credit(wish: Wish) -> Shaped:
    """A vendor credit. Raises `Refusal`."""
    return shape_purchase(wish, sign=-1)


def shape_purchase(wish: Wish, sign: int) -> Shaped:
    """A document of a vendor; `sign` is -1 where it takes a purchase back."""
    vendor = wish.resolve("VendorRef", "Vendor")
    if vendor is None:
        raise refusals.missing("VendorRef")
    exchange = read_exchange(wish, vendor)
    content = document_content(wish, exchange)
    control = control_account(wish, "APAccountRef", Role.PAYABLE, exchange)
    content |= {"VendorRef": pointer(vendor), "APAccountRef": {"value": control}}
    if "VendorAddr" not in content and vendor.content.get("BillAddr"):
        content["VendorAddr"] = dict(vendor.content["BillAddr"])
    lines = [read_purchase_line(wish, line, exchange, day_of(content)) for line in sent_lines(wish)]
    if not lines:
        raise refusals.missing("Line")
    _check_no_control_account(wish, lines)
    tax = purchase_tax(wish, content, lines)
    total = sum(tax.outcome.nets, ZERO) + tax.outcome.total
    if total < 0:
        raise refusals.business("Transaction amount must be 0 or greater")
    content["Line"], line_ids = identified(wish, shown_purchase_lines(lines, tax))
    content["TotalAmt"] = money(total)
    if tax.shown:
        content["TxnTaxDetail"] = tax.shown
    posted = in_home(wish.books, exchange, credit(control, sign * total), purchase_postings(wish, lines, tax, sign))
    return Shaped(
        content,
        total=total,
        party=vendor.ref,
        owed=sign * total,
        lines=grouped(posted),
        exchange=exchange,
        control=control,
        stock=received_stock(lines, posted[1:], sign),
        stated_tax=tax.stated,
        line_ids=line_ids,
    )


def _check_no_control_account(wish: Wish, lines: Sequence[Line]) -> None:
    """6430 for a line that would stand on another balance of parties: a bill already stands on its vendor's."""
    accounts = wish.books.shelf("Account").records
    if any(accounts[line.account_id].content["AccountType"] in CONTROLS.values() for line in lines):
        raise refusals.wrong_account("AccountRef", "an account other than Accounts Receivable or Accounts Payable")


def shown_purchase_lines(lines: Sequence[Line], tax: DocumentTax) -> list[dict[str, Any]]:
    """Every line as it is shown, net of its tax."""
    return [
        {
            **line.content,
            "Amount": money(net),
            line.detail: line.content[line.detail] | ({"TaxInclusiveAmt": money(line.amount)} if tax.inclusive else {}),
        }
        for line, net in zip(lines, tax.outcome.nets, strict=True)
    ]


def received_stock(lines: Sequence[Line], posted: Sequence[JournalLine], sign: int) -> tuple[StockMove, ...]:
    """What comes into stock, or goes back where `sign` is -1; `posted` begins with the lines' own postings."""
    return tuple(
        stock_move(line.item, sign * line.quantity, own.net)
        for line, own in zip(lines, posted, strict=False)
        if line.item is not None and is_stocked(line.item)
    )


def read_purchase_line(wish: Wish, line: dict[str, Any], exchange: Exchange, on: date) -> Line:
    """A line that buys something. Raises `Refusal`."""
    kind = line["DetailType"]
    if kind not in (_ACCOUNT, _ITEM):
        raise refusals.NotSimulatedError(f"a purchase line of type {kind} is not simulated here")
    check_lengths(line, {"Description": 4000})
    detail = line_detail(line)
    amount = line_amount(line)
    check_multiplies(amount, detail.get("UnitPrice"), detail.get("Qty"))
    _check_billable(wish, detail)
    item = _bought_item(wish, detail) if kind == _ITEM else None
    if wish.kind.posts:
        check_stock_day(item, on)
    account_id = _expense_account(wish, detail, item, exchange)
    gross = detail.pop("TaxInclusiveAmt", None)
    if gross and wish.body.get("GlobalTaxCalculation") == "TaxInclusive":
        amount = cents(Decimal(gross))
    code = _tax_code(wish, detail)
    shown = {key: value for key, value in line.items() if key not in ("Amount", kind, "LinkedTxn")}
    shown[kind] = shown_detail(
        detail,
        AccountRef={"value": account_id} if item is None else None,
        ItemRef=pointer(item) if item is not None else None,
        BillableStatus=detail.get("BillableStatus", "NotBillable"),
        TaxCodeRef={"value": code} if code else None,
    )
    return Line(shown, kind, amount, account_id, code, item, Decimal(detail.get("Qty", 1)))


def _tax_code(wish: Wish, detail: dict[str, Any]) -> str | None:
    """The code of a line: in the United States it moves no tax, and says NON unless something else was sent."""
    code = detail.get("TaxCodeRef", {}).get("value")
    if not charges_tax_by_document(wish.books):
        return None if code is None else str(code)
    if code not in (None, "TAX", "NON"):
        raise refusals.line_tax_code(str(code))
    return str(code or "NON")


def _check_billable(wish: Wish, detail: dict[str, Any]) -> None:
    if detail.get("CustomerRef") is not None:
        wish.books.resolve(detail["CustomerRef"], "Customer")
    elif detail.get("BillableStatus") == "Billable":
        raise refusals.business("A billable line needs a customer")
    if detail.get("ClassRef") is not None:
        wish.books.resolve(detail["ClassRef"], "Class")


def _bought_item(wish: Wish, detail: dict[str, Any]) -> Record:
    if detail.get("ItemRef") is None:
        raise refusals.missing("ItemRef")
    return wish.books.resolve(detail["ItemRef"], "Item", inactive_too=wish.standing is not None)


def _expense_account(wish: Wish, detail: dict[str, Any], item: Record | None, exchange: Exchange) -> str:
    """Where a line is booked: its account, or the item's, which is its stock when it is kept in one."""
    if item is None:
        if detail.get("AccountRef") is None:
            raise refusals.missing("AccountRef")
        named = wish.books.resolve(detail["AccountRef"], "Account", inactive_too=wish.standing is not None)
        check_account(wish.books, exchange, named)
        return named.id
    field = "AssetAccountRef" if item.content["Type"] == "Inventory" else "ExpenseAccountRef"
    account = item.content.get(field)
    if account is None:
        raise refusals.business(f"{item.content['Name']} has no expense account and cannot be bought")
    return str(account["value"])


def purchase_tax(wish: Wish, content: dict[str, Any], lines: list[Line]) -> DocumentTax:
    """The tax of a purchase, which has none where tax is charged by document. Raises `Refusal`."""
    if not charges_tax_by_document(wish.books):
        return tax_by_line(wish, content, lines, PURCHASE_SIDE)
    stated = stated_tax(wish)
    if stated is not None and (stated.get("TotalTax") or stated.get("TaxLine")):
        raise refusals.business("Sales tax cannot be added to purchases in this company")
    return DocumentTax(Outcome((), tuple(line.amount for line in lines)), {}, None)


def purchase_postings(wish: Wish, lines: list[Line], tax: DocumentTax, sign: int) -> list[JournalLine]:
    """Expenses and stock, line by line, and tax to be had back, in the document's currency."""
    posted = [debit(line.account_id, sign * net) for line, net in zip(lines, tax.outcome.nets, strict=True)]
    return posted + [debit(tax_account(wish.books, one.rate), sign * one.amount) for one in tax.outcome.amounts]
