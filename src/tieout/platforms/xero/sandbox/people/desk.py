"""How a person's wish finds its records, and is carried out under the rules of the books.

The rules are those of the books; a rule that only the API has (an archived contact cannot be edited) does not bind
people. Source: invoices, payments and contacts pages.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tieout.platforms.xero.sandbox.accounting.contacts import find_contact
from tieout.platforms.xero.sandbox.accounting.credit_notes import find_credit_note
from tieout.platforms.xero.sandbox.accounting.elements import Element, GoneError, InvalidError
from tieout.platforms.xero.sandbox.accounting.invoices import find_invoice
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Account, Contact, Document
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written
from tieout.platforms.xero.sandbox.gateway.dialects import RefusedError
from tieout.sandbox.people import ActionRefusedError, text_in

T = TypeVar("T")
Wish = Mapping[str, Any]


class Desk:
    """Where the people of one organisation work."""

    def __init__(self, organisation: Organisation) -> None:
        """Work in `organisation`."""
        self.organisation = organisation

    def writing(self, *, target: Any = None, may_update: bool = True) -> Writing:
        """A write now, for nobody's app."""
        return Writing(self.organisation, None, may_update=may_update, at=self.organisation.now(), target=target)

    def do(
        self,
        write: Callable[[Writing, Element], Written],
        said: Mapping[str, Any],
        *,
        target: Any = None,
        may_update: bool = True,
    ) -> Written:
        """Do what an app would do with the same words. Raises `ActionRefusedError`."""
        writing = self.writing(target=target, may_update=may_update)
        return self.attempt(lambda: write(writing, Element(said, "By hand")))

    @staticmethod
    def attempt(do: Callable[[], T]) -> T:
        """Do it, and refuse as the books refuse."""
        try:
            return do()
        except InvalidError as error:
            raise ActionRefusedError(str(error)) from None
        except GoneError:
            raise ActionRefusedError("something that was named does not exist") from None
        except RefusedError as error:
            raise ActionRefusedError(bytes(error.response.body).decode()) from None

    def document(self, wish: Wish, id_name: str = "document_id", name: str = "number") -> Document:
        """An invoice or a credit by id, or one of the first two by number."""
        document_id, number = text_in(wish, id_name), text_in(wish, name)
        if document_id is not None:
            document = self.organisation.document(document_id.lower())
        elif number is not None:
            document = find_invoice(self.organisation, number) or find_credit_note(self.organisation, number)
        else:
            raise ActionRefusedError(f"say {id_name} or {name}")
        if document is None:
            raise ActionRefusedError(f"there is no document {document_id or number}")
        return document

    def contact(self, wish: Wish, id_name: str, name: str) -> Contact:
        """A contact by id or number, or an active one by name."""
        contact_id, called = text_in(wish, id_name), text_in(wish, name)
        contact = find_contact(self.organisation, contact_id) if contact_id else None
        if contact is None and called:
            contact = self.organisation.active_contact_named(called)
        if contact is None:
            raise ActionRefusedError(f"there is no contact {contact_id or called or 'without a name'}")
        return contact

    def account(self, code: str) -> Account:
        """An account of the chart by code, archived or not."""
        account = self.organisation.account_by_code(code)
        if account is None:
            raise ActionRefusedError("there is no such account")
        return account

    def paying(self, code: str | None) -> dict[str, str]:
        """The account that a payment goes through: as told, or the first bank account."""
        if code is not None:
            return {"Code": code}
        bank = next(
            (one for one in self.organisation.accounts.values() if one.type == "BANK" and one.status == "ACTIVE"), None
        )
        if bank is None:
            raise ActionRefusedError("there is no bank account")
        return {"AccountID": bank.id}
