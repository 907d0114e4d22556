"""Whatever people think of, in whatever order: the books balance and agree with the documents."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.contract.quickbooks.program import NOON, a_bill, a_journal_entry, a_payment, a_sale

from tieout.kit.clock import ManualClock
from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Profile, Role
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.money.deposits import undeposited_amount
from tieout.platforms.quickbooks.sandbox.accounting.money.openings import applied_with
from tieout.platforms.quickbooks.sandbox.accounting.money.settling import expense_word
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.rendering import rendered
from tieout.platforms.quickbooks.sandbox.accounting.writing import create, delete, update, void
from tieout.platforms.quickbooks.sandbox.refusals import Refusal
from tieout.platforms.quickbooks.sandbox.reports.open_items import CUSTOMERS, VENDORS, open_items
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import empty_profile, fill_empty
from tieout.sandbox.simulator import seeded

SALES_FORMS = st.sampled_from(["Invoice", "CreditMemo"])
DELETABLE = st.sampled_from(
    [
        "Invoice", "CreditMemo", "Payment", "Bill", "VendorCredit", "BillPayment", "SalesReceipt", "RefundReceipt",
        "Purchase", "JournalEntry", "Deposit",
    ]
)  # fmt: skip
FUNDS = ("Payment", "SalesReceipt", "RefundReceipt", "JournalEntry")
OPENERS = ("JournalEntry", "Purchase", "Deposit")
ACCOUNTS = st.sampled_from(["7", "35", "4", "84", "33"])
PARTIES = st.sampled_from("1234")
AMOUNTS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(500), places=2)
PLACES = st.integers(min_value=0, max_value=30)


class AnyHistory(RuleBasedStateMachine):
    """Whatever is done in whatever order, the books balance and agree with the documents."""

    books: Books

    @initialize()
    def open_company(self) -> None:
        profile: Profile = empty_profile()
        self.books = Books(profile, ManualClock(NOON), seeded(1, "history"))
        fill_empty(self.books)
        for name in ("Ann", "Bob"):
            create(self.books, KINDS["Customer"], {"DisplayName": name})
        for name in ("Vera", "Walt"):
            create(self.books, KINDS["Vendor"], {"DisplayName": name})

    def some(self, kind: str, place: int) -> Record | None:
        records = list(self.books.shelf(kind))
        return records[place % len(records)] if records else None

    @rule(
        kind=st.sampled_from(["Invoice", "CreditMemo"]),
        amount=AMOUNTS,
        customer=st.sampled_from("12"),
        taxed=st.booleans(),
    )
    def sell(self, kind: str, amount: Decimal, customer: str, taxed: bool) -> None:
        tax = {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}}} if taxed else {}
        create(self.books, KINDS[kind], a_sale(str(amount), customer, code="TAX" if taxed else None, **tax))

    @rule(kind=st.sampled_from(["Bill", "VendorCredit"]), amount=AMOUNTS, vendor=st.sampled_from("34"))
    def buy(self, kind: str, amount: Decimal, vendor: str) -> None:
        create(self.books, KINDS[kind], a_bill(str(amount), vendor))

    @rule(place=PLACES, credit=PLACES, amount=AMOUNTS)
    def be_paid(self, place: int, credit: int, amount: Decimal) -> None:
        invoice, memo = self.some("Invoice", place), self.some("CreditMemo", credit)
        if invoice is None:
            return
        targets = [(str(min(amount, invoice.open)), "Invoice", invoice.id)]
        if memo is not None and memo.content["CustomerRef"] == invoice.content["CustomerRef"]:
            targets.append((str(min(memo.open, amount, invoice.open)), "CreditMemo", memo.id))
        self.attempt("Payment", a_payment(str(amount), *targets, customer=invoice.content["CustomerRef"]["value"]))

    @rule(place=PLACES, amount=AMOUNTS)
    def pay(self, place: int, amount: Decimal) -> None:
        bill = self.some("Bill", place)
        if bill is None:
            return
        paid = str(min(amount, bill.open))
        link = {"Amount": paid, "LinkedTxn": [{"TxnId": bill.id, "TxnType": "Bill"}]}
        bank = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "35"}}}
        body = {"VendorRef": bill.content["VendorRef"], "TotalAmt": paid, "Line": [link], **bank}
        self.attempt("BillPayment", body)

    @rule(kind=SALES_FORMS, place=PLACES, amount=AMOUNTS, customer=st.sampled_from("12"))
    def change(self, kind: str, place: int, amount: Decimal, customer: str) -> None:
        record = self.some(kind, place)
        if record is not None:
            body = {**a_sale(str(amount), customer), "Id": record.id, "SyncToken": str(record.token), "sparse": True}
            self.attempt(kind, body, update)

    @rule(kind=st.sampled_from(["SalesReceipt", "RefundReceipt"]), amount=AMOUNTS, account=st.sampled_from(["4", "35"]))
    def sell_at_once(self, kind: str, amount: Decimal, account: str) -> None:
        create(self.books, KINDS[kind], a_sale(str(amount), "1", DepositToAccountRef={"value": account}))

    @rule(how=st.sampled_from(["Cash", "Check", "CreditCard"]), amount=AMOUNTS, account=ACCOUNTS, party=PARTIES)
    def spend(self, how: str, amount: Decimal, account: str, party: str) -> None:
        kind = "AccountBasedExpenseLineDetail"
        line = {"Amount": str(amount), "DetailType": kind, kind: {"AccountRef": {"value": account}}}
        paid = {"PaymentType": how, "AccountRef": {"value": "41" if how == "CreditCard" else "35"}, "Credit": True}
        self.attempt("Purchase", {"EntityRef": {"value": party}, "Line": [line], **paid})

    @rule(debited=ACCOUNTS, credited=ACCOUNTS, amount=AMOUNTS, one=PARTIES, other=PARTIES)
    def enter(self, debited: str, credited: str, amount: Decimal, one: str, other: str) -> None:
        self.attempt("JournalEntry", self.entry(debited, credited, amount, one, other))

    @rule(place=PLACES, accounts=st.tuples(ACCOUNTS, ACCOUNTS), amount=AMOUNTS, parties=st.tuples(PARTIES, PARTIES))
    def enter_again(self, place: int, accounts: tuple[str, str], amount: Decimal, parties: tuple[str, str]) -> None:
        record = self.some("JournalEntry", place)
        if record is not None:
            body = self.entry(*accounts, amount, *parties)
            self.attempt("JournalEntry", {**body, "Id": record.id, "SyncToken": str(record.token)}, update)

    def entry(self, debited: str, credited: str, amount: Decimal, one: str, other: str) -> dict[str, Any]:
        sides = (("Debit", debited, one), ("Credit", credited, other))
        named = [(how, account, str(amount), {"Entity": {"EntityRef": {"value": who}}}) for how, account, who in sides]
        return a_journal_entry(*named)

    @rule(
        kind=st.sampled_from(FUNDS), places=st.tuples(PLACES, PLACES), account=ACCOUNTS, party=PARTIES, amount=AMOUNTS
    )
    def bank(self, kind: str, places: tuple[int, int], account: str, party: str, amount: Decimal) -> None:
        detail = {"AccountRef": {"value": account}, "Entity": {"value": party}}
        lines: list[dict[str, Any]] = [
            {"Amount": str(amount), "DetailType": "DepositLineDetail", "DepositLineDetail": detail}
        ]
        for funds in (self.some(kind, places[0]), self.some("Payment", places[1])):
            if funds is not None:
                line_id = "0"
                if kind == "JournalEntry" and funds.kind.name == kind:
                    line_id = "0" if funds.shaped.lines and funds.shaped.lines[0].account_id == "4" else "1"
                link = {"TxnId": funds.id, "TxnType": funds.kind.name, "TxnLineId": line_id}
                lines.append({"Amount": undeposited_amount(self.books, funds), "LinkedTxn": [link]})
        self.attempt("Deposit", {"DepositToAccountRef": {"value": "35"}, "Line": lines})

    @rule(kind=st.sampled_from(OPENERS), place=PLACES, other=PLACES, amount=AMOUNTS)
    def settle_opening(self, kind: str, place: int, other: int, amount: Decimal) -> None:
        """Pay what was opened, or use it for an invoice or a bill."""
        record = self.some(kind, place)
        if record is None or not record.shaped.openings:
            return
        opening = record.shaped.openings[0]
        word = expense_word(record) if kind == "Purchase" else kind
        part = str(min(amount, abs(opening.amount) - applied_with(self.books, record, opening.party)))
        targets = [(part, word, record.id)]
        is_customer = opening.party.kind == "Customer"
        debt = self.some("Invoice" if is_customer else "Bill", other)
        if opening.amount < 0 and debt is not None:
            targets.append((part, debt.kind.name, debt.id))
        total = "0" if opening.amount < 0 else part
        body = a_payment(total, *targets, customer=opening.party.id)
        if is_customer:
            self.attempt("Payment", body)
        else:
            bank = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "35"}}}
            body = {"VendorRef": {"value": opening.party.id}, "TotalAmt": total, "Line": body["Line"], **bank}
            self.attempt("BillPayment", body)

    @rule(kind=DELETABLE, place=PLACES)
    def delete_one(self, kind: str, place: int) -> None:
        record = self.some(kind, place)
        if record is not None:
            self.attempt(kind, {"Id": record.id, "SyncToken": str(record.token)}, self.unlink_and_delete)

    @staticmethod
    def unlink_and_delete(*told: Any) -> None:
        delete(*told, unlinking=True)

    @rule(kind=st.sampled_from(["Invoice", "Payment", "BillPayment", "SalesReceipt"]), place=PLACES)
    def void_one(self, kind: str, place: int) -> None:
        record = self.some(kind, place)
        if record is not None:
            self.attempt(kind, {"Id": record.id, "SyncToken": str(record.token)}, void)

    def attempt(self, kind: str, body: dict[str, Any], write: Any = create) -> None:
        """What is refused changes nothing."""
        entries = len(self.books.ledger.entries)
        try:
            write(self.books, KINDS[kind], body)
        except Refusal:
            assert len(self.books.ledger.entries) == entries

    @invariant()
    def the_books_balance(self) -> None:
        if hasattr(self, "books"):
            self.books.ledger.assert_balanced()

    @invariant()
    def what_is_owed_is_in_the_control_accounts(self) -> None:
        if not hasattr(self, "books"):
            return
        ledger = self.books.ledger
        owed_to_us = sum(record.balance for record in self.books.shelf("Customer"))
        owed_by_us = sum(record.balance for record in self.books.shelf("Vendor"))
        assert ledger.balance(self.books.role(Role.RECEIVABLE)) == owed_to_us
        assert ledger.balance(self.books.role(Role.PAYABLE)) == -owed_by_us

    @invariant()
    def balances_are_derived_from_what_is_open(self) -> None:
        if not hasattr(self, "books"):
            return
        for customer in self.books.shelf("Customer"):
            owed = self.sum_open("Invoice", customer) - self.sum_open("CreditMemo", customer)
            owed -= sum(one.unapplied for one in self.books.shelf("Payment") if one.shaped.party == customer.ref)
            assert customer.balance == owed + sum(self.opened(customer))
        for vendor in self.books.shelf("Vendor"):
            owed = self.sum_open("Bill", vendor) - self.sum_open("VendorCredit", vendor)
            owed -= sum(one.unapplied for one in self.books.shelf("BillPayment") if one.shaped.party == vendor.ref)
            assert vendor.balance == owed + sum(self.opened(vendor))
        for kind in ("Invoice", "CreditMemo", "Bill", "VendorCredit"):
            for record in self.books.shelf(kind):
                assert 0 <= record.open <= record.shaped.total
                assert rendered(self.books, record)["Balance"] == record.open

    @invariant()
    def what_is_open_adds_up_to_the_control_accounts(self) -> None:
        if not hasattr(self, "books"):
            return
        for side, role, sign in ((CUSTOMERS, Role.RECEIVABLE, 1), (VENDORS, Role.PAYABLE, -1)):
            left = sum((one.open for one in open_items(self.books, side, self.books.today())), Decimal(0))
            assert left == sign * self.books.ledger.balance(self.books.role(role))

    @invariant()
    def what_was_not_deposited_lies_in_undeposited_funds(self) -> None:
        if not hasattr(self, "books"):
            return
        waiting = [
            undeposited_amount(self.books, record)
            for kind in (*FUNDS, "Purchase")
            for record in self.books.shelf(kind)
            if not any(ref.kind == "Deposit" for ref in record.settlements)
        ]
        assert self.books.ledger.balance(self.books.role(Role.UNDEPOSITED)) == sum(waiting)

    def sum_open(self, kind: str, party: Record) -> Decimal:
        return sum((one.open for one in self.books.shelf(kind) if one.shaped.party == party.ref), Decimal(0))

    def opened(self, party: Record) -> Iterator[Decimal]:
        """What is left of everything that was opened with a party outside its own documents."""
        for kind in OPENERS:
            for record in self.books.shelf(kind):
                for one in record.shaped.openings:
                    if one.party == party.ref:
                        applied = applied_with(self.books, record, party.ref)
                        assert 0 <= applied <= abs(one.amount)
                        yield one.amount - applied.copy_sign(one.amount)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
