"""Expenses: purchases that are paid at once, in cash, by check or by card, and refunds to a card."""

from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange import account_exchange, in_home
from tieout.platforms.quickbooks.sandbox.accounting.documents import (
    check_check_number_free,
    day_of,
    document_content,
    grouped,
    identified,
    name_value,
    sent_lines,
)
from tieout.platforms.quickbooks.sandbox.accounting.links import refuse_sources
from tieout.platforms.quickbooks.sandbox.accounting.money.openings import named_party, opened, summed
from tieout.platforms.quickbooks.sandbox.accounting.purchases.bills import (
    purchase_postings,
    purchase_tax,
    read_purchase_line,
    received_stock,
    shown_purchase_lines,
)
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped
from tieout.platforms.quickbooks.sandbox.accounting.wishes import Wish, pointer
from tieout.platforms.quickbooks.sandbox.figures import ZERO, money
from tieout.sandbox.ledger import credit

CASH, CHECK, CARD = "Cash", "Check", "CreditCard"
_PAID_FROM = {CASH: "Bank", CHECK: "Bank", CARD: "Credit Card"}
"""The type of account that pays, by `PaymentType`."""
_CODES = {CASH: "54", CHECK: "3", CARD: "54"}
_CARD_CREDIT = "11"
"""What the platform's own extension object calls each type of transaction."""
_MADE_BY_THE_BOOKS = ("PurchaseEx", "TotalAmt", "RemitToAddr")


def shape_expense(wish: Wish) -> Shaped:
    """An expense. Raises `Refusal`: 2020, 2170, 6430 for an account of another type, 6000.

    Every update has to name the payment type, which stays what it is.
    """
    refuse_sources(wish, "PurchaseOrder")
    payment_type = _payment_type(wish)
    account = _account(wish, payment_type)
    party = _party(wish)
    exchange = account_exchange(wish, account, party=party)
    content = document_content(wish, exchange)
    for field in _MADE_BY_THE_BOOKS:
        content.pop(field, None)
    lines = [read_purchase_line(wish, line, exchange, day_of(content)) for line in sent_lines(wish)]
    if not lines:
        raise refusals.missing("Line")
    tax = purchase_tax(wish, content, lines)
    total = sum(tax.outcome.nets, ZERO) + tax.outcome.total
    if total < 0:
        raise refusals.business("Transaction amount must be 0 or greater")
    if payment_type == CHECK:
        check_check_number_free(wish, content)
    is_credit = payment_type == CARD and bool(wish.body.get("Credit"))
    sign = -1 if is_credit else 1
    content |= {"PaymentType": payment_type, "AccountRef": pointer(account), "TotalAmt": money(total)}
    content["Line"], line_ids = identified(wish, shown_purchase_lines(lines, tax), in_order=False)
    if tax.shown:
        content["TxnTaxDetail"] = tax.shown
    _fill_in(content, payment_type, party, is_credit=is_credit)
    posted = in_home(wish.books, exchange, credit(account.id, sign * total), purchase_postings(wish, lines, tax, sign))
    accounts = wish.books.shelf("Account").records
    openings = [
        opened(wish.books, exchange, accounts[line.account_id], party, sign * net)
        for line, net in zip(lines, tax.outcome.nets, strict=True)
    ]
    return Shaped(
        content,
        total=total,
        openings=summed(openings),
        lines=grouped(posted),
        exchange=exchange,
        stock=received_stock(lines, posted[1:], sign),
        stated_tax=tax.stated,
        line_ids=line_ids,
    )


def _payment_type(wish: Wish) -> str:
    payment_type = wish.body.get("PaymentType")
    if payment_type is None or "PaymentType" not in wish.sent:
        raise refusals.missing("PaymentType")
    if payment_type not in _PAID_FROM:
        raise refusals.invalid_choice("PaymentType", payment_type)
    if wish.standing is not None and wish.standing.content["PaymentType"] != payment_type:
        raise refusals.business("The payment type of an expense cannot be changed")
    return str(payment_type)


def _account(wish: Wish, payment_type: str) -> Record:
    account = wish.resolve("AccountRef", "Account")
    if account is None:
        raise refusals.missing("AccountRef")
    if account.content["AccountType"] != _PAID_FROM[payment_type]:
        raise refusals.wrong_account("AccountRef", _PAID_FROM[payment_type])
    return account


def _party(wish: Wish) -> Record | None:
    reference = wish.body.get("EntityRef")
    if reference is None:
        return None
    return named_party(wish.books, reference, reference.get("type"), inactive_too=wish.standing is not None)


def _fill_in(content: dict[str, Any], payment_type: str, party: Record | None, *, is_credit: bool) -> None:
    """What the books put there by themselves, by type of payment."""
    if party is not None:
        content["EntityRef"] = {**pointer(party), "type": party.kind.name}
    content.pop("Credit", None)
    if payment_type == CARD:
        content["Credit"] = is_credit
    if payment_type == CHECK:
        content.setdefault("PrintStatus", "NotSet")
        if party is not None and party.content.get("BillAddr"):
            content["RemitToAddr"] = dict(party.content["BillAddr"])
    else:
        content.pop("PrintStatus", None)
    code = _CARD_CREDIT if is_credit else _CODES[payment_type]
    content["PurchaseEx"] = {"any": [name_value("TxnType", code)]}
