"""What people do with documents and money: issue, edit, pay, credit, void and delete."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tieout.platforms.xero.sandbox.accounting.credit_notes import write_credit_note
from tieout.platforms.xero.sandbox.accounting.credits import allocate, void_credit
from tieout.platforms.xero.sandbox.accounting.elements import Element
from tieout.platforms.xero.sandbox.accounting.invoices import write_invoice
from tieout.platforms.xero.sandbox.accounting.money.bank_transactions import write_bank_transaction
from tieout.platforms.xero.sandbox.accounting.money.rows import BankTransaction
from tieout.platforms.xero.sandbox.accounting.payments import write_payment
from tieout.platforms.xero.sandbox.accounting.rows import Credit, CreditNote, Document, Invoice
from tieout.platforms.xero.sandbox.people.desk import Desk, Wish
from tieout.sandbox.people import Action, ActionRefusedError, allow_only, amount_in, date_in, required_text_in, text_in

DUE_DAYS = 14
EDITS = ("contact", "amount", "description", "account", "date", "due_date", "reference", "new_number", "currency_rate")


class Paperwork:
    """Documents and money of one organisation."""

    def __init__(self, desk: Desk) -> None:
        """Work at `desk`."""
        self._desk = desk
        self._organisation = desk.organisation

    def actions(self) -> Mapping[str, Action]:
        """What can be done, by name."""
        return {
            "pay": self.pay,
            "delete_payment": self.delete_payment,
            "create_invoice": self.create_invoice,
            "create_bill": self.create_bill,
            "create_credit_note": self.create_credit_note,
            "edit_document": self.edit_document,
            "mark_sent": self.mark_sent,
            "void": self.void,
            "delete": self.delete,
            "record_overpayment": self.record_overpayment,
            "record_prepayment": self.record_prepayment,
            "allocate_credit": self.allocate_credit,
            "delete_bank_transaction": self.delete_bank_transaction,
            "reconcile": self.reconcile,
        }

    def pay(self, wish: Wish) -> dict[str, Any]:
        """Record a payment: `{document_id | number, amount?, date?, account?, reference?, currency_rate?}`.

        All that is open is paid unless told.
        """
        allow_only(wish, "document_id", "number", "amount", "date", "account", "reference", "currency_rate")
        document, on = self._desk.document(wish), date_in(wish, "date") or self._organisation.today()
        kind = type(document).__name__
        said: dict[str, Any] = {
            kind: {f"{kind}ID": document.id},
            "Account": self._desk.paying(text_in(wish, "account")),
            "Date": on.isoformat(),
            "Amount": amount_in(wish, "amount") or document.due,
        }
        said |= _texts(wish, reference="Reference", currency_rate="CurrencyRate")
        payment = self._desk.do(write_payment, said).row
        return {"payment_id": payment.id, "document_id": document.id, "status": document.status, "open": document.due}

    def delete_payment(self, wish: Wish) -> dict[str, Any]:
        """Take a payment back: `{payment_id}`."""
        allow_only(wish, "payment_id")
        payment_id = required_text_in(wish, "payment_id")
        payment = self._organisation.payments.get(payment_id.lower())
        if payment is None:
            raise ActionRefusedError(f"there is no payment {payment_id}")
        self._desk.do(write_payment, {"Status": "DELETED"}, target=payment)
        return {"payment_id": payment.id, "status": payment.status}

    def create_invoice(self, wish: Wish) -> dict[str, Any]:
        """Issue a sale: `{contact, amount, description?, account?, date?, due_date?, number?, currency?, status?}`.

        Tax comes on top. `currency_rate` is understood too.
        """
        return self._issue(wish, "ACCREC", "200")

    def create_bill(self, wish: Wish) -> dict[str, Any]:
        """Enter a bill: `{contact, amount, description?, account?, date?, due_date?, number?, currency?, status?}`."""
        return self._issue(wish, "ACCPAY", "400")

    def create_credit_note(self, wish: Wish) -> dict[str, Any]:
        """Credit a customer: `{contact, amount, description?, account?, date?, number?, currency?, status?}`."""
        return self._issue(wish, "ACCRECCREDIT", "200")

    def edit_document(self, wish: Wish) -> dict[str, Any]:
        """Change a document: `{document_id | number, contact?, amount?, description?, date?, due_date?, reference?}`.

        `account`, `new_number` and `currency_rate` are understood too; amount, description and account are those of
        its only line.
        A new due date, or nothing but that it was sent, leaves the date of change of a partly paid document alone.
        """
        allow_only(wish, "document_id", "number", *EDITS)
        document = self._desk.document(wish)
        if not isinstance(document, Invoice | CreditNote):
            raise ActionRefusedError("an overpayment or a prepayment cannot be edited")
        said = _texts(wish, reference="Reference", currency_rate="CurrencyRate")
        if (contact := text_in(wish, "contact")) is not None:
            said["Contact"] = {"ContactID": self._desk.contact({"contact": contact}, "contact_id", "contact").id}
        for name, property_ in (("date", "Date"), ("due_date", "DueDate")):
            if (on := date_in(wish, name)) is not None:
                said[property_] = on.isoformat()
        if (number := text_in(wish, "new_number")) is not None:
            said[f"{type(document).__name__}Number"] = number
        line = self._edited_line(wish, document)
        if line:
            said["LineItems"] = [line]
        if not said:
            raise ActionRefusedError("say what is different")
        self._write(document, said)
        return {"document_id": document.id, "status": document.status, "total": document.total, "open": document.due}

    def mark_sent(self, wish: Wish) -> dict[str, Any]:
        """Say that a sale was sent to its customer: `{document_id | number}`."""
        allow_only(wish, "document_id", "number")
        document = self._desk.document(wish)
        self._write(document, {"SentToContact": True})
        return {"document_id": document.id, "sent": document.sent}

    def void(self, wish: Wish) -> dict[str, Any]:
        """Void an approved document, an overpayment or a prepayment, or delete a draft: `{document_id | number}`."""
        allow_only(wish, "document_id", "number")
        document = self._desk.document(wish)
        if isinstance(document, Credit) and not isinstance(document, CreditNote):
            self._desk.attempt(lambda: void_credit(self._desk.writing(), document))
        else:
            status = "VOIDED" if document.status in {"AUTHORISED", "PAID"} else "DELETED"
            self._write(document, {"Status": status})
        return {"document_id": document.id, "status": document.status}

    def delete(self, wish: Wish) -> dict[str, Any]:
        """Delete a draft: `{document_id | number}`. What was approved can only be voided."""
        allow_only(wish, "document_id", "number")
        document = self._desk.document(wish)
        self._write(document, {"Status": "DELETED"})
        return {"document_id": document.id, "status": document.status}

    def record_overpayment(self, wish: Wish) -> dict[str, Any]:
        """Record an overpayment: `{contact, amount, account?, date?, description?, paid?}`.

        `paid`: "true" when it was paid to a supplier instead of received from a customer.
        """
        return self._advance(wish, "OVERPAYMENT", {})

    def record_prepayment(self, wish: Wish) -> dict[str, Any]:
        """Record a prepayment: `{contact, amount, account?, date?, description?, paid?, for_account?}`.

        `for_account` is the code of the account of its line.
        """
        code = text_in(wish, "for_account") or ("620" if _paid(wish) else "835")
        return self._advance(wish, "PREPAYMENT", {"AccountCode": code})

    def allocate_credit(self, wish: Wish) -> dict[str, Any]:
        """Set a credit against an invoice: `{credit_id | credit_number, document_id | number, amount?}`."""
        allow_only(wish, "credit_id", "credit_number", "document_id", "number", "amount")
        credit, invoice = self._desk.document(wish, "credit_id", "credit_number"), self._desk.document(wish)
        if not isinstance(credit, Credit):
            raise ActionRefusedError("that is no credit")
        amount = amount_in(wish, "amount") or min(credit.due, invoice.due)
        element = Element({"Invoice": {"InvoiceID": invoice.id}, "Amount": amount}, "By hand")
        allocation = self._desk.attempt(lambda: allocate(self._desk.writing(may_update=False), credit, element))
        return {"allocation_id": allocation.id, "open": invoice.due, "remaining": credit.due}

    def delete_bank_transaction(self, wish: Wish) -> dict[str, Any]:
        """Delete money spent or received: `{bank_transaction_id}`."""
        allow_only(wish, "bank_transaction_id")
        row = self._bank_transaction(wish)
        self._desk.do(write_bank_transaction, {"Status": "DELETED"}, target=row)
        return {"bank_transaction_id": row.id, "status": row.status}

    def reconcile(self, wish: Wish) -> dict[str, Any]:
        """Match a payment or a bank transaction with the bank's statement: `{payment_id | bank_transaction_id}`."""
        allow_only(wish, "payment_id", "bank_transaction_id")
        payment_id = text_in(wish, "payment_id")
        row = self._organisation.payments.get(payment_id.lower()) if payment_id else self._bank_transaction(wish)
        if row is None or row.status != "AUTHORISED":
            raise ActionRefusedError("there is nothing to reconcile")
        row.reconciled = True
        row.touch(self._organisation.now())
        return {"id": row.id, "reconciled": True}

    def _bank_transaction(self, wish: Wish) -> BankTransaction:
        row_id = required_text_in(wish, "bank_transaction_id")
        row = self._organisation.bank_transactions.get(row_id.lower())
        if row is None:
            raise ActionRefusedError(f"there is no bank transaction {row_id}")
        return row

    def _write(self, document: Document, said: Mapping[str, Any]) -> None:
        if not isinstance(document, Invoice | CreditNote):
            raise ActionRefusedError("that can only be done with an invoice or a credit note")
        self._desk.do(write_credit_note if isinstance(document, CreditNote) else write_invoice, said, target=document)

    @staticmethod
    def _edited_line(wish: Wish, document: Document) -> dict[str, Any]:
        """What becomes of the only line of a document; empty when nothing was said about it."""
        amount = amount_in(wish, "amount")
        said = _texts(wish, description="Description", account="AccountCode")
        if amount is not None:
            said |= {"UnitAmount": amount, "Quantity": Decimal(1)}
        if said and len(document.lines) != 1:
            raise ActionRefusedError("the document has more than one line")
        return said | {"LineItemID": document.lines[0].id} if said else {}

    def _advance(self, wish: Wish, kind: str, line: dict[str, Any]) -> dict[str, Any]:
        more = ("for_account",) if kind == "PREPAYMENT" else ()
        allow_only(wish, "contact", "amount", "account", "date", "description", "paid", *more)
        amount, on = amount_in(wish, "amount"), date_in(wish, "date") or self._organisation.today()
        if amount is None:
            raise ActionRefusedError("amount is missing")
        said = {
            "Type": f"{'SPEND' if _paid(wish) else 'RECEIVE'}-{kind}",
            "Contact": {"Name": required_text_in(wish, "contact")},
            "BankAccount": self._desk.paying(text_in(wish, "account")),
            "Date": on.isoformat(),
            "LineAmountTypes": "NoTax",
            "LineItems": [
                {"Description": text_in(wish, "description") or kind.capitalize(), "Quantity": 1, "UnitAmount": amount}
                | line
            ],
        }
        row = self._desk.do(write_bank_transaction, said, may_update=False).row
        assert isinstance(row, BankTransaction)
        return {"bank_transaction_id": row.id, "credit_id": row.credit_id, "total": row.total}

    def _issue(self, wish: Wish, type_: str, account: str) -> dict[str, Any]:
        credit = type_.endswith("CREDIT")
        due = () if credit else ("due_date",)
        allow_only(
            wish, "contact", "amount", "description", "account", "date", "number", "currency", "currency_rate",
            "status", *due,
        )  # fmt: skip
        amount, on = amount_in(wish, "amount"), date_in(wish, "date") or self._organisation.today()
        if amount is None:
            raise ActionRefusedError("amount is missing")
        line = {
            "Description": text_in(wish, "description") or "Services",
            "Quantity": Decimal(1),
            "UnitAmount": amount,
            "AccountCode": text_in(wish, "account") or account,
        }
        said: dict[str, Any] = {
            "Type": type_,
            "Contact": {"Name": required_text_in(wish, "contact")},
            "Date": on.isoformat(),
            "Status": text_in(wish, "status") or "AUTHORISED",
            "LineItems": [line],
        }
        said |= _texts(wish, currency="CurrencyCode", currency_rate="CurrencyRate")
        said |= _texts(wish, number="CreditNoteNumber" if credit else "InvoiceNumber")
        if not credit:
            said["DueDate"] = (date_in(wish, "due_date") or on + timedelta(days=DUE_DAYS)).isoformat()
        document = self._desk.do(write_credit_note if credit else write_invoice, said, may_update=False).row
        assert isinstance(document, Document)
        return {"document_id": document.id, "number": document.number, "total": document.total}


def _texts(wish: Wish, **names: str) -> dict[str, Any]:
    """The texts of a wish under the API's names for them."""
    return {property_: text for name, property_ in names.items() if (text := text_in(wish, name)) is not None}


def _paid(wish: Wish) -> bool:
    """Whether money went out instead of in."""
    said = wish.get("paid", False)
    if said not in {True, False, "true", "false"}:
        raise ActionRefusedError("paid is true or false")
    return said in {True, "true"}
