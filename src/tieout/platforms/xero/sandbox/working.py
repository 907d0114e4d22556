"""People at work in an organisation: what somebody does in the browser, without asking any app.

The rules are those of the books; a rule that only the API has (an archived contact cannot be edited) does not bind
people. Source: invoices, payments and contacts pages.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tieout.platforms.xero.sandbox.accounting.accounts import write_account
from tieout.platforms.xero.sandbox.accounting.contacts import find_contact, name_taken, write_contact
from tieout.platforms.xero.sandbox.accounting.credit_notes import find_credit_note, write_credit_note
from tieout.platforms.xero.sandbox.accounting.elements import Element, InvalidError
from tieout.platforms.xero.sandbox.accounting.invoices import find_invoice, write_invoice
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.payments import write_payment
from tieout.platforms.xero.sandbox.accounting.rows import Contact, CreditNote, Document, Payment
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written
from tieout.platforms.xero.sandbox.gateway.dialects import RefusedError
from tieout.sandbox.people import (
    Action,
    ActionRefusedError,
    People,
    allow_only,
    amount_in,
    date_in,
    required_text_in,
    text_in,
)

Wish = Mapping[str, Any]
DUE_DAYS = 14


class Workers:
    """The people of one organisation. `disconnect` ends the connections of an app, or of all: answers how many."""

    def __init__(self, organisation: Organisation, disconnect: Callable[[str | None], int]) -> None:
        """Work in `organisation`."""
        self._organisation = organisation
        self._disconnect = disconnect

    def people(self) -> People:
        """What they can do, by name."""
        actions: dict[str, Action] = {
            "pay": self.pay,
            "delete_payment": self.delete_payment,
            "create_customer": self.create_contact,
            "create_contact": self.create_contact,
            "rename_contact": self.rename_contact,
            "archive_contact": self.archive_contact,
            "restore_contact": self.restore_contact,
            "merge_contacts": self.merge_contacts,
            "create_invoice": self.create_invoice,
            "create_bill": self.create_bill,
            "void": self.void,
            "archive_account": self.archive_account,
            "lock_period": self.lock_period,
            "disconnect": self.disconnect,
        }
        return People(actions)

    def pay(self, wish: Wish) -> dict[str, Any]:
        """Record a payment: `{document_id | number, amount?, date?, account?}`; all that is open unless told."""
        allow_only(wish, "document_id", "number", "amount", "date", "account", "reference")
        document, on = self._document(wish), date_in(wish, "date") or self._organisation.today()
        kind = "CreditNote" if isinstance(document, CreditNote) else "Invoice"
        said: dict[str, Any] = {
            kind: {f"{kind}ID": document.id},
            "Account": self._account(text_in(wish, "account")),
            "Date": on.isoformat(),
            "Amount": amount_in(wish, "amount") or document.due,
        }
        if (reference := text_in(wish, "reference")) is not None:
            said["Reference"] = reference
        payment = self._do(write_payment, said).row
        return {"payment_id": payment.id, "document_id": document.id, "status": document.status, "open": document.due}

    def delete_payment(self, wish: Wish) -> dict[str, Any]:
        """Take a payment back: `{payment_id}`."""
        allow_only(wish, "payment_id")
        payment_id = required_text_in(wish, "payment_id")
        payment = self._organisation.payments.get(payment_id.lower())
        if payment is None:
            raise ActionRefusedError(f"there is no payment {payment_id}")
        self._do(write_payment, {"Status": "DELETED"}, target=payment)
        return {"payment_id": payment.id, "status": payment.status}

    def create_contact(self, wish: Wish) -> dict[str, Any]:
        """Enter a contact: `{name, email?}`."""
        allow_only(wish, "name", "email")
        name, email = required_text_in(wish, "name"), text_in(wish, "email")
        if self._organisation.active_contact_named(name) is not None:
            raise ActionRefusedError(name_taken(name))
        row = self._do(write_contact, {"Name": name} | ({"EmailAddress": email} if email else {})).row
        return {"contact_id": row.id}

    def rename_contact(self, wish: Wish) -> dict[str, Any]:
        """Give a contact another name: `{contact_id | contact, name}`."""
        allow_only(wish, "contact_id", "contact", "name")
        contact = self._contact(wish, "contact_id", "contact")
        self._do(write_contact, {"Name": required_text_in(wish, "name")}, target=contact)
        return {"contact_id": contact.id, "name": contact.name}

    def archive_contact(self, wish: Wish) -> dict[str, Any]:
        """Archive a contact, open documents or not: `{contact_id | contact}`."""
        allow_only(wish, "contact_id", "contact")
        contact = self._contact(wish, "contact_id", "contact")
        self._do(write_contact, {"ContactStatus": "ARCHIVED"}, target=contact)
        return {"contact_id": contact.id, "status": contact.status}

    def restore_contact(self, wish: Wish) -> dict[str, Any]:
        """Bring an archived contact back, which no app can: `{contact_id}`."""
        allow_only(wish, "contact_id")
        contact = self._contact(wish, "contact_id", "contact")
        if self._organisation.active_contact_named(contact.name) is not None:
            raise ActionRefusedError(name_taken(contact.name))
        contact.status, contact.merged_to = "ACTIVE", None
        contact.touch(self._organisation.now())
        self._organisation.index_contact(contact)
        return {"contact_id": contact.id, "status": contact.status}

    def merge_contacts(self, wish: Wish) -> dict[str, Any]:
        """Merge one contact into another: `{from_id, into_id}`; its documents move, and it is archived."""
        allow_only(wish, "from_id", "into_id")
        source, goal = self._contact(wish, "from_id", "from"), self._contact(wish, "into_id", "into")
        if source is goal or "ARCHIVED" in {source.status, goal.status}:
            raise ActionRefusedError("two different active contacts are needed")
        organisation = self._organisation
        at = organisation.now()
        for document in list(organisation.documents_of.get(source.id, ())):
            document.contact_id = goal.id
            organisation.index_document(document, old_contact=source.id)
            document.touch(at)
        goal.customer, goal.supplier = goal.customer or source.customer, goal.supplier or source.supplier
        source.status, source.merged_to = "ARCHIVED", goal.id
        organisation.index_contact(source, old_name=source.name)
        organisation.renames += 1
        source.touch(at)
        goal.touch()
        return {"contact_id": goal.id, "merged_id": source.id}

    def create_invoice(self, wish: Wish) -> dict[str, Any]:
        """Issue a sale: `{contact, amount, description?, account?, date?, due_date?, number?}`, tax on top."""
        return self._issue(wish, "ACCREC", "200")

    def create_bill(self, wish: Wish) -> dict[str, Any]:
        """Enter a bill: the same as a sale."""
        return self._issue(wish, "ACCPAY", "400")

    def void(self, wish: Wish) -> dict[str, Any]:
        """Void an approved document or delete a draft: `{document_id | number}`."""
        allow_only(wish, "document_id", "number")
        document = self._document(wish)
        status = "VOIDED" if document.status in {"AUTHORISED", "PAID"} else "DELETED"
        write = write_credit_note if isinstance(document, CreditNote) else write_invoice
        self._do(write, {"Status": status}, target=document)
        return {"document_id": document.id, "status": document.status}

    def archive_account(self, wish: Wish) -> dict[str, Any]:
        """Archive an account: `{account}` by code."""
        allow_only(wish, "account")
        account = self._organisation.account_by_code(required_text_in(wish, "account"))
        if account is None:
            raise ActionRefusedError("there is no such account")
        self._do(write_account, {"Status": "ARCHIVED"}, target=account)
        return {"account_id": account.id, "status": account.status}

    def lock_period(self, wish: Wish) -> dict[str, Any]:
        """Lock everything dated on or before a day: `{date}`; without a date the lock is taken off."""
        allow_only(wish, "date")
        self._organisation.period_lock = date_in(wish, "date")
        return {"period_lock": self._organisation.period_lock}

    def disconnect(self, wish: Wish) -> dict[str, Any]:
        """Disconnect an app, or every app: `{client_id?}`. Nobody is told."""
        allow_only(wish, "client_id")
        return {"disconnected": self._disconnect(text_in(wish, "client_id"))}

    def _issue(self, wish: Wish, type_: str, account: str) -> dict[str, Any]:
        allow_only(wish, "contact", "amount", "description", "account", "date", "due_date", "number")
        amount, on = amount_in(wish, "amount"), date_in(wish, "date") or self._organisation.today()
        if amount is None:
            raise ActionRefusedError("amount is missing")
        due_on = date_in(wish, "due_date") or on + timedelta(days=DUE_DAYS)
        number = text_in(wish, "number")
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
            "DueDate": due_on.isoformat(),
            "Status": "AUTHORISED",
            "LineItems": [line],
        } | ({"InvoiceNumber": number} if number else {})
        document = self._do(write_invoice, said, may_update=False).row
        assert isinstance(document, Document)
        return {"document_id": document.id, "number": document.number, "total": document.total}

    def _do(
        self, write: Callable[[Writing, Element], Written], said: Mapping[str, Any], *,
        target: Contact | Document | Payment | Any = None, may_update: bool = True,
    ) -> Written:  # fmt: skip
        """Do what an app would do with the same words, as nobody's app."""
        organisation = self._organisation
        writing = Writing(organisation, None, may_update=may_update, at=organisation.now(), target=target)
        try:
            return write(writing, Element(said, "By hand"))
        except InvalidError as error:
            raise ActionRefusedError(str(error)) from None
        except RefusedError as error:
            raise ActionRefusedError(bytes(error.response.body).decode()) from None

    def _document(self, wish: Wish) -> Document:
        document_id, number = text_in(wish, "document_id"), text_in(wish, "number")
        if document_id is not None:
            document = self._organisation.document(document_id.lower())
        elif number is not None:
            document = find_invoice(self._organisation, number) or find_credit_note(self._organisation, number)
        else:
            raise ActionRefusedError("say document_id or number")
        if document is None:
            raise ActionRefusedError(f"there is no document {document_id or number}")
        return document

    def _contact(self, wish: Wish, id_name: str, name: str) -> Contact:
        contact_id, called = text_in(wish, id_name), text_in(wish, name)
        contact = find_contact(self._organisation, contact_id) if contact_id else None
        if contact is None and called:
            contact = self._organisation.active_contact_named(called)
        if contact is None:
            raise ActionRefusedError(f"there is no contact {contact_id or called or 'without a name'}")
        return contact

    def _account(self, code: str | None) -> dict[str, str]:
        if code is not None:
            return {"Code": code}
        bank = next(
            (one for one in self._organisation.accounts.values() if one.type == "BANK" and one.status == "ACTIVE"), None
        )
        if bank is None:
            raise ActionRefusedError("there is no bank account")
        return {"AccountID": bank.id}
