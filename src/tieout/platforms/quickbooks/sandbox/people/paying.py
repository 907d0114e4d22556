"""Payments of invoices and bills, and taking them to the bank."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Role
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.writing import create
from tieout.platforms.quickbooks.sandbox.people.finding import DOCUMENT, document_in, optional_in
from tieout.sandbox.people import ActionRefusedError, allow_only, amount_in, date_in

Wish = Mapping[str, Any]
_PAID_BY = {"Invoice": "Payment", "Bill": "BillPayment"}
_DEPOSITED = ("Payment", "SalesReceipt")


def pay(books: Books, wish: Wish) -> dict[str, Any]:
    """Record a payment of an invoice or bill: `{document_id | number, amount?, date?, account?}`.

    Without an amount everything open is paid; without an account an invoice is paid into undeposited funds and a bill
    from the checking account.
    """
    allow_only(wish, *DOCUMENT, "amount", "date", "account")
    document = document_in(books, wish, tuple(_PAID_BY))
    amount, on = amount_in(wish, "amount") or document.open, date_in(wish, "date") or books.today()
    if not amount:
        raise ActionRefusedError(f"{document.kind.name} {document.id} is paid already")
    account = optional_in(books, wish, "account", "Account")
    body = _payment(books, document, amount, on, account)
    payment = create(books, KINDS[_PAID_BY[document.kind.name]], body)
    return {
        "payment": {"kind": payment.kind.name, "id": payment.id, "amount": amount},
        "document": {"kind": document.kind.name, "id": document.id, "balance": document.open},
    }


def _payment(books: Books, document: Record, amount: Decimal, on: date, account: Record | None) -> dict[str, Any]:
    """The body of a payment of that document, in its currency."""
    applied = min(amount, document.open)
    body: dict[str, Any] = {
        "TxnDate": on.isoformat(),
        "TotalAmt": amount,
        "Line": [{"Amount": applied, "LinkedTxn": [{"TxnId": document.id, "TxnType": document.kind.name}]}],
        "CurrencyRef": document.content["CurrencyRef"],
    }
    if document.kind.name == "Invoice":
        into = {"DepositToAccountRef": {"value": account.id}} if account is not None else {}
        return body | {"CustomerRef": document.content["CustomerRef"]} | into
    body |= {"VendorRef": document.content["VendorRef"], "APAccountRef": document.content["APAccountRef"]}
    paying = account.id if account is not None else books.role(Role.CHECKING)
    if account is not None and account.content["AccountType"] == "Credit Card":
        return body | {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": {"value": paying}}}
    return body | {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": paying}}}


def deposit(books: Books, wish: Wish) -> dict[str, Any]:
    """Take the money of a payment from undeposited funds to the bank: `{document_id | number, date?, account?}`."""
    allow_only(wish, *DOCUMENT, "date", "account")
    payment = document_in(books, wish, _DEPOSITED)
    account = optional_in(books, wish, "account", "Account")
    on = date_in(wish, "date") or books.today()
    link = {"TxnId": payment.id, "TxnType": payment.kind.name, "TxnLineId": "0"}
    body = {
        "TxnDate": on.isoformat(),
        "DepositToAccountRef": {"value": account.id if account is not None else books.role(Role.CHECKING)},
        "Line": [{"Amount": payment.shaped.total, "LinkedTxn": [link]}],
    }
    taken = create(books, KINDS["Deposit"], body)
    return {"deposit": {"id": taken.id, "amount": taken.shaped.total}, "payment": {"id": payment.id}}
