"""The people of a simulated company: they pay, void, and take on customers, through the same rules as everybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Role
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS, TRANSACTIONS, Operation
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.writing import create, delete, void
from tieout.platforms.quickbooks.sandbox.gateway.conditions import condition_actions
from tieout.platforms.quickbooks.sandbox.identity.grants import Grants
from tieout.platforms.quickbooks.sandbox.refusals import NotSimulatedError, Refusal
from tieout.sandbox.apps import Apps
from tieout.sandbox.people import (
    ActionRefusedError,
    People,
    allow_only,
    amount_in,
    date_in,
    required_text_in,
    text_in,
)

_PAID_BY = {"Invoice": "Payment", "Bill": "BillPayment"}
_NUMBERED = (
    "Invoice",
    "Bill",
    "CreditMemo",
    "VendorCredit",
    "BillPayment",
    "JournalEntry",
    "Deposit",
    "SalesReceipt",
    "RefundReceipt",
    "Purchase",
)


@dataclass(slots=True)
class Staff:
    """Who works in one company. `apps` is set once the platform exists."""

    books: Books
    grants: Grants
    apps: Apps | None = None

    def people(self) -> People:
        """Their actions, by name."""
        return People(
            {
                "pay": self.pay,
                "create_customer": self.create_customer,
                "void": self.void,
                "delete": self.delete,
                "close_books": self.close_books,
                "disconnect": self.disconnect,
                **condition_actions(self.books),
            }
        )

    def pay(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Record a payment of an invoice or bill: `{document_id | number, amount?, date?, account?}`.

        Without an amount everything open is paid; without an account an invoice is paid into undeposited funds and a
        bill from the checking account.
        """
        allow_only(wish, "document_id", "number", "amount", "date", "account")
        document = self._document(wish, tuple(_PAID_BY))
        amount, on = amount_in(wish, "amount") or document.open, date_in(wish, "date") or self.books.today()
        if not amount:
            raise ActionRefusedError(f"{document.kind.name} {document.id} is paid already")
        body = _payment(self.books, document, amount, on, text_in(wish, "account"))
        payment = self._written(_PAID_BY[document.kind.name], body)
        return {
            "payment": {"kind": payment.kind.name, "id": payment.id, "amount": amount},
            "document": {"kind": document.kind.name, "id": document.id, "balance": document.open},
        }

    def create_customer(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Take on a customer: `{name, email?}`."""
        allow_only(wish, "name", "email")
        body: dict[str, Any] = {"DisplayName": required_text_in(wish, "name")}
        email = text_in(wish, "email")
        if email is not None:
            body["PrimaryEmailAddr"] = {"Address": email}
        customer = self._written("Customer", body)
        return {"customer": {"id": customer.id, "name": customer.content["DisplayName"]}}

    def void(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Void an invoice or payment: `{document_id | number}`."""
        allow_only(wish, "document_id", "number")
        voidable = tuple(kind.name for kind in TRANSACTIONS if Operation.VOID in kind.operations)
        document = self._document(wish, voidable)
        try:
            record = void(self.books, document.kind, {"Id": document.id, "SyncToken": str(document.token)})
        except Refusal as refusal:
            raise ActionRefusedError(str(refusal)) from refusal
        return {"document": {"kind": record.kind.name, "id": record.id, "balance": record.open}}

    def delete(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Delete a document: `{document_id | number}`."""
        allow_only(wish, "document_id", "number")
        document = self._document(wish, tuple(kind.name for kind in TRANSACTIONS))
        try:
            body = {"Id": document.id, "SyncToken": str(document.token)}
            delete(self.books, document.kind, body, unlinking=True)
        except Refusal as refusal:
            raise ActionRefusedError(str(refusal)) from refusal
        return {"deleted": {"kind": document.kind.name, "id": document.id}}

    def close_books(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Close the books up to and including a day: `{date}`; without one they are opened again."""
        allow_only(wish, "date")
        self.books.switches.books_closed_on = date_in(wish, "date")
        self.books.shelf("Preferences").records["1"].touch(self.books.now(), token=True)
        return {"books_closed_on": self.books.switches.books_closed_on}

    def disconnect(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Disconnect a program, or all of them, from inside the company: `{client_id?}`.

        The tokens die at once, and nobody tells the program; only the person's browser is sent to its address.
        """
        allow_only(wish, "client_id")
        ended = self.grants.disconnect(self.books.profile.id, text_in(wish, "client_id"))
        known = self.apps.by_client_id if self.apps is not None else {}
        addresses = {client_id: known[client_id].disconnect_url for client_id in ended if client_id in known}
        joined = {
            client_id: f"{address}{'&' if '?' in address else '?'}realmId={self.books.profile.id}"
            for client_id, address in addresses.items()
            if address is not None
        }
        return {"disconnected": ended, "browser_goes_to": joined}

    def _written(self, kind: str, body: Mapping[str, Any]) -> Record:
        try:
            return create(self.books, KINDS[kind], body)
        except (Refusal, NotSimulatedError) as refusal:
            raise ActionRefusedError(str(refusal)) from refusal

    def _document(self, wish: Mapping[str, Any], kinds: tuple[str, ...]) -> Record:
        """The document that a person means, by id or number."""
        document_id, number = text_in(wish, "document_id"), text_in(wish, "number")
        if (document_id is None) == (number is None):
            raise ActionRefusedError("say document_id or number")
        found = [self.books.transaction(document_id)] if document_id is not None else self._numbered(str(number))
        fitting = [record for record in found if record is not None and record.kind.name in kinds]
        if not fitting:
            raise ActionRefusedError(f"no {' or '.join(kinds)} with this id or number")
        if len(fitting) > 1:
            raise ActionRefusedError("several documents have this number; say document_id")
        return fitting[0]

    def _numbered(self, number: str) -> list[Record | None]:
        return [
            self.books.shelf(kind).get(record_id)
            for kind in _NUMBERED
            for record_id in self.books.numbers.get((kind, number), ())
        ]


def _payment(books: Books, document: Record, amount: Decimal, on: date, account: str | None) -> dict[str, Any]:
    """The body of a payment of that document."""
    applied = min(amount, document.open)
    body: dict[str, Any] = {
        "TxnDate": on.isoformat(),
        "TotalAmt": amount,
        "Line": [{"Amount": applied, "LinkedTxn": [{"TxnId": document.id, "TxnType": document.kind.name}]}],
    }
    if document.kind.name == "Invoice":
        deposit = {"DepositToAccountRef": {"value": account}} if account is not None else {}
        return body | {"CustomerRef": document.content["CustomerRef"]} | deposit
    paying = account or books.role(Role.CHECKING)
    body |= {"VendorRef": document.content["VendorRef"], "APAccountRef": document.content["APAccountRef"]}
    holder = books.shelf("Account").get(paying)
    if holder is not None and holder.content["AccountType"] == "Credit Card":
        return body | {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": {"value": paying}}}
    return body | {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": paying}}}
