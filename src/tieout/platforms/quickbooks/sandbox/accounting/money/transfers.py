"""Transfers: money moved between two asset accounts."""

from decimal import Decimal

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange import account_exchange, in_home
from tieout.platforms.quickbooks.sandbox.accounting.documents import document_content
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped
from tieout.platforms.quickbooks.sandbox.accounting.wishes import Wish, pointer, refuse_unsimulated
from tieout.platforms.quickbooks.sandbox.figures import cents, money
from tieout.sandbox.ledger import credit, debit

_MADE_BY_THE_BOOKS = ("Line", "TransferEx", "TotalAmt")


def shape_transfer(wish: Wish) -> Shaped:
    """A transfer. Raises `Refusal`: 2020 without its accounts or amount, 6430 for an account of another class."""
    refuse_unsimulated(wish.body, ["Line", "TxnTaxDetail"])
    source, goal = _asset(wish, "FromAccountRef"), _asset(wish, "ToAccountRef")
    exchange = account_exchange(wish, source, goal)
    content = document_content(wish, exchange)
    for field in _MADE_BY_THE_BOOKS:
        content.pop(field, None)
    amount = cents(Decimal(wish.need("Amount")))
    if amount <= 0:
        raise refusals.business("You must set a transaction amount.")
    if source.id == goal.id:
        raise refusals.business("You cannot transfer money from an account to itself")
    content |= {"FromAccountRef": pointer(source), "ToAccountRef": pointer(goal), "Amount": money(amount)}
    lines = in_home(wish.books, exchange, debit(goal.id, amount), [credit(source.id, amount)])
    return Shaped(content, total=amount, lines=lines, exchange=exchange)


def _asset(wish: Wish, field: str) -> Record:
    """An asset account that needs no party beside it."""
    account = wish.resolve(field, "Account")
    if account is None:
        raise refusals.missing(field)
    is_asset = account.content["Classification"] == "Asset"
    if not is_asset or account.content["AccountType"] == "Accounts Receivable":
        raise refusals.wrong_account(field, "an asset account other than Accounts Receivable")
    return account
