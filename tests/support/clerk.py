"""Somebody who works in a simulated company, by the same words on every platform."""

from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from tests.support.provider import ProviderBooks

from tieout.sandbox.people import ActionRefusedError


@dataclass
class Clerk:
    """Does in the books what people do there. Names are the clerk's own, so that tests can share a company."""

    books: ProviderBooks
    tag: str
    made: int = 0
    customers: list[str] = field(default_factory=list)
    """Ids of the customers that this clerk entered and has not set aside, and likewise below."""
    vendors: list[str] = field(default_factory=list)
    open_documents: list[str] = field(default_factory=list)

    @property
    def _is_xero(self) -> bool:
        return self.books.platform == "xero"

    def _name(self, words: str) -> str:
        self.made += 1
        return f"{words} {self.tag} {self.made}"

    def take_on(self, words: str = "Northwind", *, sells: bool = False) -> str:
        """Enter a customer, or a vendor."""
        name = self._name(words)
        if self._is_xero:
            party_id = str(self.books.act("create_contact", name=name)["contact_id"])
        else:
            kind = "vendor" if sells else "customer"
            party_id = str(self.books.act(f"create_{kind}", name=name)[kind]["id"])
        (self.vendors if sells else self.customers).append(party_id)
        return party_id

    def sell(self, customer: str | None = None, amount: str = "100.00", **more: Any) -> str:
        """Issue an invoice of one line."""
        return self._issue("invoice", customer or self._one_of(self.customers), amount, **more)

    def buy(self, vendor: str | None = None, amount: str = "80.00", **more: Any) -> str:
        """Enter a bill of one line."""
        return self._issue(
            "bill", vendor or self._one_of(self.vendors, sells=True), amount, number=self._name("B"), **more
        )

    def _one_of(self, parties: list[str], *, sells: bool = False) -> str:
        return parties[-1] if parties else self.take_on(sells=sells)

    def _issue(self, kind: str, party: str, amount: str, **more: Any) -> str:
        if self._is_xero:
            organisation: Any = self.books.simulated
            done = self.books.act(f"create_{kind}", contact=organisation.contacts[party].name, amount=amount, **more)
            document_id = str(done["document_id"])
        else:
            side = "customer" if kind == "invoice" else "vendor"
            done = self.books.act(f"create_{kind}", **{side: party}, amount=amount, **more)
            document_id = str(done["document"]["id"])
        self.open_documents.append(document_id)
        return document_id

    def pay(self, document_id: str, amount: str | None = None) -> str:
        """Pay a document, or a part of it; the id of the payment."""
        done = self.books.act("pay", document_id=document_id, **({"amount": amount} if amount else {}))
        return str(done["payment_id"] if self._is_xero else done["payment"]["id"])

    def void(self, document_id: str) -> None:
        """Void a document."""
        self.books.act("void", document_id=document_id)

    def delete(self, document_id: str) -> None:
        """Delete a document, which QuickBooks knows of every one and Xero only of drafts."""
        self.books.act("delete", document_id=document_id)

    def put_off(self, document_id: str, due_on: str) -> None:
        """Let a document be due on another day."""
        self.books.act("edit_document" if self._is_xero else "edit", document_id=document_id, due_date=due_on)

    def rename(self, customer: str, name: str) -> None:
        """Give a customer another name."""
        if self._is_xero:
            self.books.act("rename_contact", contact_id=customer, name=name)
        else:
            self.books.act("rename", kind="Customer", which=customer, name=name)

    def set_aside(self, customer: str) -> None:
        """Archive a customer who owes nothing."""
        if self._is_xero:
            self.books.act("archive_contact", contact_id=customer)
        else:
            self.books.act("inactivate", kind="Customer", which=customer)

    def merge(self, source: str, goal: str) -> None:
        """Make one customer of two."""
        if self._is_xero:
            self.books.act("merge_contacts", from_id=source, into_id=goal)
        else:
            self.books.act("merge", **{"kind": "Customer", "from": source, "into": goal})

    def do_something(self, random: Random) -> None:
        """Anything that people do on a working day; what the books refuse is left."""
        amount = str(Decimal(random.randint(100, 99_999)).scaleb(-2))
        some = random.choice(self.open_documents) if self.open_documents else None
        deeds: list[Any] = [
            self.take_on,
            lambda: self.take_on("Supply", sells=True),
            lambda: self.sell(amount=amount),
            lambda: self.buy(amount=amount),
            lambda: self.rename(random.choice(self.customers), self._name("Renamed")) if self.customers else None,
        ]
        if some is not None:
            deeds += [
                lambda: self.pay(some),
                lambda: self.pay(some, "0.50"),
                lambda: self.void(some),
                lambda: self.put_off(some, f"2027-01-{random.randint(10, 28)}"),
                lambda: self.books.act("delete" if not self._is_xero else "void", document_id=some),
            ]
        try:
            random.choice(deeds)()
        except ActionRefusedError:
            return
