"""People and apps do anything at all with money in many currencies; the books stay straight."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.contract.xero.test_filling import assert_sound, named

from tieout.platforms.xero.sandbox.accounting.credit_notes import write_credit_note
from tieout.platforms.xero.sandbox.accounting.credits import allocate, unallocate
from tieout.platforms.xero.sandbox.accounting.elements import Element, InvalidError
from tieout.platforms.xero.sandbox.accounting.invoices import write_invoice
from tieout.platforms.xero.sandbox.accounting.money.bank_transactions import write_bank_transaction
from tieout.platforms.xero.sandbox.accounting.money.batch_payments import write_batch_payment
from tieout.platforms.xero.sandbox.accounting.money.manual_journals import write_manual_journal
from tieout.platforms.xero.sandbox.accounting.payments import write_payment
from tieout.platforms.xero.sandbox.accounting.rows import Credit, Document
from tieout.platforms.xero.sandbox.accounting.writing import Writing
from tieout.sandbox.people import ActionRefusedError

indexes = st.integers(0, 10_000)
amounts = st.decimals("0.01", "900", places=2)
rates = st.none() | st.decimals("0.3", "3", places=4)
currencies = st.sampled_from(["SGD", "EUR", "USD", "GBP", "AUD"])
banks = st.sampled_from(["090", "091", "092", "093"])


class MoneyHistory(RuleBasedStateMachine):
    """One contact of a house of many currencies."""

    @initialize()
    def open_books(self) -> None:
        self.organisation = named("Meridian Trading House")

    def write(self, do: Callable[[Writing, Element], Any], said: dict[str, Any], *, new: bool = False) -> None:
        self.attempt(
            lambda: do(self.writing(new=new), Element({k: v for k, v in said.items() if v is not None}, "Said"))
        )

    def writing(self, *, new: bool = False) -> Writing:
        return Writing(self.organisation, "app", may_update=not new, at=self.organisation.now())

    def attempt(self, do: Callable[[], Any]) -> None:
        """A refusal is fine; it must leave nothing behind."""
        before = len(self.organisation.ledger.entries)
        try:
            do()
        except (InvalidError, ActionRefusedError):
            assert len(self.organisation.ledger.entries) == before

    def settled(self) -> list[Document]:
        books = self.organisation
        return [
            *books.invoices.values(), *books.credit_notes.values(), *books.overpayments.values(),
            *books.prepayments.values(),
        ]  # fmt: skip

    def credits(self) -> list[Credit]:
        return [row for row in self.settled() if isinstance(row, Credit)]

    @rule(amount=amounts, sale=st.booleans(), credit=st.booleans(), currency=currencies, rate=rates)
    def issue(self, amount: Decimal, sale: bool, credit: bool, currency: str, rate: Decimal | None) -> None:
        line = {"Description": "x", "Quantity": 3, "UnitAmount": amount, "AccountCode": "200" if sale else "400"}
        said = {
            "Type": ("ACCREC" if sale else "ACCPAY") + ("CREDIT" if credit else ""),
            "Contact": {"Name": "Bergen Maritime"},
            "Status": "AUTHORISED",
            "CurrencyCode": currency,
            "CurrencyRate": rate,
            "LineItems": [line],
        }
        if credit:
            self.write(write_credit_note, said)
        else:
            self.write(write_invoice, said | {"DueDate": self.organisation.today().isoformat()})

    @rule(
        amount=amounts,
        type_=st.sampled_from(
            ["RECEIVE", "SPEND", "RECEIVE-OVERPAYMENT", "SPEND-OVERPAYMENT", "RECEIVE-PREPAYMENT", "SPEND-PREPAYMENT"]
        ),
        bank=banks,
        how=st.sampled_from([None, "Exclusive", "NoTax"]),
    )
    def move(self, amount: Decimal, type_: str, bank: str, how: str | None) -> None:
        account = {} if "OVER" in type_ else {"AccountCode": "200" if type_.startswith("REC") else "400"}
        said = {
            "Type": type_,
            "Contact": {"Name": "Bergen Maritime"},
            "BankAccount": {"Code": bank},
            "LineAmountTypes": how,
            "LineItems": [{"Description": "x", "UnitAmount": amount} | account],
        }
        self.write(write_bank_transaction, said, new=True)

    @rule(index=indexes, amount=amounts, whole=st.booleans(), bank=banks, rate=rates)
    def pay(self, index: int, amount: Decimal, whole: bool, bank: str, rate: Decimal | None) -> None:
        rows = [row for row in self.settled() if row.due > 0]
        if not rows:
            return
        row = rows[index % len(rows)]
        kind = type(row).__name__
        said = {kind: {f"{kind}ID": row.id}, "Account": {"Code": bank}, "CurrencyRate": rate}
        self.write(write_payment, said | {"Amount": row.due if whole else amount}, new=True)

    @rule(first=indexes, second=indexes, bank=banks)
    def pay_many(self, first: int, second: int, bank: str) -> None:
        rows = [row for row in self.organisation.invoices.values() if row.due > 0]
        if not rows:
            return
        payments = [
            {"Invoice": {"InvoiceID": row.id}, "Amount": row.due}
            for row in (rows[first % len(rows)], rows[second % len(rows)])
        ]
        said = {"Account": {"Code": bank}, "Date": self.organisation.today().isoformat(), "Payments": payments}
        self.write(write_batch_payment, said, new=True)

    @rule(index=indexes)
    def take_back(self, index: int) -> None:
        batches, payments = list(self.organisation.batch_payments.values()), list(self.organisation.payments.values())
        row = (payments + batches)[index % (len(batches) + len(payments))]
        name = f"{type(row).__name__}ID"
        do = write_payment if name == "PaymentID" else write_batch_payment
        self.write(do, {name: row.id, "Status": "DELETED"})

    @rule(first=indexes, second=indexes, amount=amounts, whole=st.booleans())
    def set_against(self, first: int, second: int, amount: Decimal, whole: bool) -> None:
        notes = [row for row in self.credits() if row.due > 0]
        if not notes:
            return
        credit = notes[first % len(notes)]
        rows = [
            row
            for row in self.organisation.invoices.values()
            if row.due > 0
            and (row.currency, row.contact_id, row.receivable)
            == (credit.currency, credit.contact_id, credit.receivable)
        ]
        if rows:
            row = rows[second % len(rows)]
            said = {"Invoice": {"InvoiceID": row.id}, "Amount": min(row.due, credit.due) if whole else amount}
            self.write(lambda writing, element: allocate(writing, credit, element), said)

    @rule(index=indexes)
    def set_free(self, index: int) -> None:
        known = [(row, one) for row in self.credits() for one in row.allocations]
        if known:
            credit, allocation = known[index % len(known)]
            self.attempt(lambda: unallocate(self.writing(), credit, allocation.id))

    @rule(index=indexes)
    def void(self, index: int) -> None:
        rows = self.settled()
        wish = {"document_id": rows[index % len(rows)].id}
        self.attempt(lambda: self.organisation.people.act("void", wish))

    @rule(amount=amounts, how=st.sampled_from(["NoTax", "Exclusive", "Inclusive"]))
    def journal(self, amount: Decimal, how: str) -> None:
        lines = [{"LineAmount": amount, "AccountCode": "400"}, {"LineAmount": -amount, "AccountCode": "429"}]
        said = {"Narration": "x", "Status": "POSTED", "LineAmountTypes": how, "JournalLines": lines}
        self.write(write_manual_journal, said, new=True)

    @invariant()
    def the_books_are_sound(self) -> None:
        if hasattr(self, "organisation"):
            assert_sound(self.organisation)


TestMoneyHistory = MoneyHistory.TestCase
TestMoneyHistory.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
