"""Payments of customers and bill payments: money, and what it settles."""

from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Role
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange import (
    check_account,
    control_account,
    home_line,
    read_exchange,
)
from tieout.platforms.quickbooks.sandbox.accounting.currencies.rates import Exchange
from tieout.platforms.quickbooks.sandbox.accounting.documents import (
    check_check_number_free,
    document_content,
    line_amount,
    name_value,
)
from tieout.platforms.quickbooks.sandbox.accounting.money.settling import Target, find_target
from tieout.platforms.quickbooks.sandbox.accounting.records import Application, Record, Shaped
from tieout.platforms.quickbooks.sandbox.accounting.wishes import (
    LINES_MAX,
    Wish,
    check_lengths,
    pointer,
)
from tieout.platforms.quickbooks.sandbox.figures import ZERO, cents, money
from tieout.sandbox.ledger import DocumentRef, credit, debit

_DEPOSIT_ACCOUNTS = ("Bank", "Other Current Asset")


def shape_payment(wish: Wish) -> Shaped:
    """Money from a customer. Raises `Refusal`."""
    total = _total(wish)
    customer = wish.resolve("CustomerRef", "Customer")
    if customer is None:
        raise refusals.missing("CustomerRef")
    exchange = read_exchange(wish, customer)
    content = _content(wish, exchange)
    check_lengths(wish.body, {"PaymentRefNum": 21})
    account = wish.resolve("DepositToAccountRef", "Account")
    if account is not None:
        if account.content["AccountType"] not in _DEPOSIT_ACCOUNTS:
            raise refusals.wrong_account("DepositToAccountRef", " or ".join(_DEPOSIT_ACCOUNTS))
        check_account(wish.books, exchange, account)
    deposit_to = account.id if account is not None else wish.books.role(Role.UNDEPOSITED)
    control = control_account(wish, "ARAccountRef", Role.RECEIVABLE, exchange)
    wish.resolve("PaymentMethodRef", "PaymentMethod")
    applications, lines = _applications(wish, customer, exchange)
    if _used(applications) > total:
        raise refusals.business("The amount applied is more than the payment and its credits")
    content |= {"CustomerRef": pointer(customer), "TotalAmt": money(total), "Line": lines}
    content.setdefault("ProcessPayment", False)
    if total:
        content["DepositToAccountRef"] = {"value": deposit_to}
    return Shaped(
        content,
        total=total,
        party=customer.ref,
        owed=-total,
        lines=(home_line(wish.books, exchange, debit(deposit_to, total)),),
        applications=applications,
        exchange=exchange,
        control=control,
    )


def shape_bill_payment(wish: Wish) -> Shaped:
    """Money to a vendor. Raises `Refusal`."""
    total = _total(wish)
    vendor = wish.resolve("VendorRef", "Vendor")
    if vendor is None:
        raise refusals.missing("VendorRef")
    exchange = read_exchange(wish, vendor)
    content = _content(wish, exchange)
    paid_from = _paying_account(wish, content, exchange, total)
    applications, lines = _applications(wish, vendor, exchange)
    if not lines:
        raise refusals.missing("Line")
    if wish.body["PayType"] == "Check":
        check_check_number_free(wish, content)
    if _used(applications) != total:
        raise refusals.business("The total of a bill payment is what its bills come to, less the credits it uses")
    control = control_account(wish, "APAccountRef", Role.PAYABLE, exchange)
    content |= {
        "VendorRef": pointer(vendor),
        "TotalAmt": money(total),
        "Line": lines,
    }
    return Shaped(
        content,
        total=total,
        party=vendor.ref,
        owed=-total,
        lines=(home_line(wish.books, exchange, credit(paid_from, total)),) if paid_from is not None else (),
        applications=applications,
        exchange=exchange,
        control=control,
    )


def _total(wish: Wish) -> Decimal:
    total = cents(Decimal(wish.need("TotalAmt")))
    if total < 0:
        raise refusals.business("Transaction amount must be 0 or greater")
    return total


def _content(wish: Wish, exchange: Exchange) -> dict[str, Any]:
    content = document_content(wish, exchange)
    content.pop("Line", None)
    return content


def _used(applications: tuple[Application, ...]) -> Decimal:
    return sum((-one.amount if one.is_credit else one.amount for one in applications), ZERO)


def _paying_account(wish: Wish, content: dict[str, Any], exchange: Exchange, total: Decimal) -> str | None:
    """The bank account or card that pays; a check over nothing needs none."""
    pay_type = wish.need("PayType")
    holder, field, wanted = (
        ("CheckPayment", "BankAccountRef", "Bank")
        if pay_type == "Check"
        else ("CreditCardPayment", "CCAccountRef", "Credit Card")
    )
    detail = dict(wish.body.get(holder) or {})
    if detail.get(field) is None:
        if total or pay_type != "Check":
            raise refusals.missing(field)
        content[holder] = {"PrintStatus": "NotSet"} | detail
        return None
    account = wish.books.resolve(detail[field], "Account", inactive_too=wish.standing is not None)
    if account.content["AccountType"] != wanted:
        raise refusals.wrong_account(field, wanted)
    check_account(wish.books, exchange, account)
    if holder == "CheckPayment":
        detail.setdefault("PrintStatus", "NotSet")
    content[holder] = detail | {field: pointer(account)}
    return account.id


def _applications(
    wish: Wish, payer: Record, exchange: Exchange
) -> tuple[tuple[Application, ...], list[dict[str, Any]]]:
    """What the lines settle, each within what is open. Raises `Refusal`: 2020, 610, 620, 6000."""
    amounts: dict[DocumentRef, Decimal] = {}
    targets: dict[DocumentRef, Target] = {}
    lines: list[dict[str, Any]] = []
    sent = wish.body.get("Line") or []
    if len(sent) > LINES_MAX:
        raise refusals.business(f"A transaction can have at most {LINES_MAX} lines")
    for line in sent:
        amount, target = line_amount(line), find_target(wish, line, payer)
        ref = target.record.ref
        if amount < 0:
            raise refusals.business("An amount that is applied cannot be negative")
        if target.record.shaped.exchange.code != exchange.code:
            raise refusals.business("A payment can only be applied to documents in its own currency")
        if targets.setdefault(ref, target).part != target.part:
            raise refusals.NotSimulatedError("one payment for several parties of one document")
        amounts[ref] = amounts.get(ref, ZERO) + amount
        lines.append(_shown_line(wish, amount, target))
    for ref, amount in amounts.items():
        if amount > targets[ref].open:
            raise refusals.business(f"The amount applied to {targets[ref].word} {ref.id} is more than its balance")
    applications = tuple(
        Application(ref, amount, targets[ref].is_credit, targets[ref].part) for ref, amount in amounts.items() if amount
    )
    credits_used = sum((one.amount for one in applications if one.is_credit), ZERO)
    settled = sum((one.amount for one in applications if not one.is_credit), ZERO)
    if credits_used > settled:
        raise refusals.business("More credit is used than there is to settle")
    return applications, lines


def _shown_line(wish: Wish, amount: Decimal, target: Target) -> dict[str, Any]:
    """A line as it is shown; customers' payments leak the platform's own extension objects."""
    link = {"TxnId": target.record.id, "TxnType": target.word}
    if target.line_id is not None:
        link["TxnLineId"] = target.line_id
    line: dict[str, Any] = {"Amount": money(amount), "LinkedTxn": [link]}
    if wish.kind.name == "Payment":
        facts = (
            ("txnId", target.record.id),
            ("txnOpenBalance", str(cents(target.worth))),
            ("txnReferenceNumber", target.record.content.get("DocNumber", "")),
        )
        line["LineEx"] = {"any": [name_value(name, value) for name, value in facts]}
    return line
