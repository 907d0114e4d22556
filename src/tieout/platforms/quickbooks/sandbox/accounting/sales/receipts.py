"""Sales that are paid at once, and refunds of money."""

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Role
from tieout.platforms.quickbooks.sandbox.accounting.links import refuse_sources
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped
from tieout.platforms.quickbooks.sandbox.accounting.sales.forms import shape_sale
from tieout.platforms.quickbooks.sandbox.accounting.wishes import Wish, check_lengths, pointer

_MONEY_ACCOUNTS = ("Bank", "Other Current Asset")
_TO_PRINT = "To Print"
"""The number of a refund whose check is still to be printed."""
_OF_DEBTS = ("DueDate", "SalesTermRef")


def shape_sales_receipt(wish: Wish) -> Shaped:
    """A sale whose money goes to undeposited funds, or where it says. Raises `Refusal`."""
    account = _account(wish)
    if account is None:
        account = wish.books.resolve({"value": wish.books.role(Role.UNDEPOSITED)}, "Account")
    return _shape(wish, 1, account)


def shape_refund_receipt(wish: Wish) -> Shaped:
    """Money that goes back to a customer, out of an account that has to be named. Raises `Refusal`."""
    account = _account(wish)
    if account is None:
        raise refusals.missing("DepositToAccountRef")
    shaped = _shape(wish, -1, account)
    content = shaped.content
    if "EmailStatus" not in wish.body:
        del content["EmailStatus"]
    if content["PrintStatus"] == "NeedToPrint":
        content.setdefault("PaymentRefNum", _TO_PRINT)
    elif content.get("PaymentRefNum") == _TO_PRINT:
        del content["PaymentRefNum"]
    return shaped


def _shape(wish: Wish, sign: int, account: Record) -> Shaped:
    refuse_sources(wish, "Estimate", "CreditMemo", "TimeActivity", "ReimburseCharge")
    check_lengths(wish.body, {"PaymentRefNum": 21})
    wish.resolve("PaymentMethodRef", "PaymentMethod")
    shaped = shape_sale(wish, sign, wish.resolve("CustomerRef", "Customer"), account)
    for field in _OF_DEBTS:
        shaped.content.pop(field, None)
    shaped.content["DepositToAccountRef"] = pointer(account)
    return shaped


def _account(wish: Wish) -> Record | None:
    """The account that takes the money, or gives it back; 6430 for one of another type."""
    account = wish.resolve("DepositToAccountRef", "Account")
    if account is not None and account.content["AccountType"] not in _MONEY_ACCOUNTS:
        raise refusals.wrong_account("DepositToAccountRef", " or ".join(_MONEY_ACCOUNTS))
    return account
