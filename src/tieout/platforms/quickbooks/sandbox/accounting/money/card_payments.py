"""Payments of a credit card's balance from a bank account. They are no payments of bills, and settle nothing.

Sources: the fields that a published client has for CreditCardPaymentTxn. That its amount and both accounts are
required, in every update too, is reported.
"""

from decimal import Decimal

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange import account_exchange, in_home
from tieout.platforms.quickbooks.sandbox.accounting.documents import document_content
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped
from tieout.platforms.quickbooks.sandbox.accounting.wishes import PRIVATE_NOTE_MAX, Wish, check_lengths, pointer
from tieout.platforms.quickbooks.sandbox.figures import cents, money
from tieout.sandbox.ledger import credit, debit

_TYPES = {"BankAccountRef": "Bank", "CreditCardAccountRef": "Credit Card"}


def shape_card_payment(wish: Wish) -> Shaped:
    """A payment of a card. Raises `Refusal`: 2020 without its amount or an account, 6430 for one of another type."""
    for field in ("Amount", *_TYPES):
        if wish.body.get(field) is None or field not in wish.sent:
            raise refusals.missing(field)
    check_lengths(wish.body, {"CheckNum": 21, "Memo": PRIVATE_NOTE_MAX})
    bank, card = (_account(wish, field) for field in _TYPES)
    wish.resolve("VendorRef", "Vendor")
    exchange = account_exchange(wish, bank, card)
    content = document_content(wish, exchange)
    amount = cents(Decimal(wish.body["Amount"]))
    if amount <= 0:
        raise refusals.business("You must set a transaction amount.")
    content |= {"BankAccountRef": pointer(bank), "CreditCardAccountRef": pointer(card), "Amount": money(amount)}
    lines = in_home(wish.books, exchange, debit(card.id, amount), [credit(bank.id, amount)])
    return Shaped(content, total=amount, lines=lines, exchange=exchange)


def _account(wish: Wish, field: str) -> Record:
    account = wish.resolve(field, "Account")
    if account is None:
        raise refusals.missing(field)
    if account.content["AccountType"] != _TYPES[field]:
        raise refusals.wrong_account(field, _TYPES[field])
    return account
