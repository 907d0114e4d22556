"""Whatever is done in whatever order in two currencies: books, control accounts, parties and stocks agree."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.contract.quickbooks.program import NOON, a_bill, a_payment, a_sale

from tieout.kit.clock import ManualClock
from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Role
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.own_accounts import own_account
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.rendering import account_balance
from tieout.platforms.quickbooks.sandbox.accounting.writing import create, delete, update, void
from tieout.platforms.quickbooks.sandbox.refusals import Refusal
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import empty_profile, fill_empty
from tieout.sandbox.simulator import seeded

ZERO = Decimal(0)
AMOUNTS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(500), places=2)
RATES = st.decimals(min_value=Decimal("0.3"), max_value=Decimal(3), places=4)
QUANTITIES = st.integers(min_value=1, max_value=9)
PLACES = st.integers(min_value=0, max_value=30)
DAYS = st.integers(min_value=0, max_value=20)
Worth = tuple[Decimal, str, Decimal]
WORTHS = st.tuples(AMOUNTS, st.sampled_from(["USD", "EUR"]), RATES)
"""An amount, a currency, and a rate."""
SIDES = {"Invoice": 1, "CreditMemo": -1, "Bill": 1, "VendorCredit": -1}
PARTY = {"Invoice": "CustomerRef", "CreditMemo": "CustomerRef", "Bill": "VendorRef", "VendorCredit": "VendorRef"}


def a_company() -> Books:
    books = Books(replace(empty_profile(), multi_currency=True), ManualClock(NOON), seeded(1, "history"))
    fill_empty(books)
    create(books, KINDS["CompanyCurrency"], {"Code": "EUR"})
    for kind, names in (("Customer", ("Ann", "Eva")), ("Vendor", ("Vera", "Egon"))):
        for name, code in zip(names, ("USD", "EUR"), strict=True):
            create(books, KINDS[kind], {"DisplayName": name, "CurrencyRef": {"value": code}})
    start = (books.today() - timedelta(days=60)).isoformat()
    accounts = {"IncomeAccountRef": "79", "ExpenseAccountRef": "80", "AssetAccountRef": "81"}
    body: dict[str, Any] = {field: {"value": account} for field, account in accounts.items()}
    body |= {"Name": "Pump", "Type": "Inventory", "PurchaseCost": "3.33", "QtyOnHand": 5, "InvStartDate": start}
    create(books, KINDS["Item"], body)
    return books


class AnyCurrencyHistory(RuleBasedStateMachine):
    books: Books

    @initialize()
    def open_company(self) -> None:
        self.books = a_company()

    def some(self, kind: str, place: int) -> Record | None:
        records = list(self.books.shelf(kind))
        return records[place % len(records)] if records else None

    def day(self, days: int) -> dict[str, str]:
        return {"TxnDate": (self.books.today() - timedelta(days=days)).isoformat()}

    def money(self, party: str, code: str, rate: Decimal) -> dict[str, Any]:
        """A document is in its party's currency or in the home currency; a rate only where it is foreign."""
        foreign = code == "EUR" and party in "24"
        return {"CurrencyRef": {"value": "EUR" if foreign else "USD"}} | ({"ExchangeRate": rate} if foreign else {})

    @rule(kind=st.sampled_from(["Invoice", "CreditMemo"]), party=st.sampled_from("12"), worth=WORTHS, days=DAYS)
    def sell(self, kind: str, party: str, worth: Worth, days: int) -> None:
        amount, code, rate = worth
        create(self.books, KINDS[kind], a_sale(str(amount), party, **self.money(party, code, rate), **self.day(days)))

    @rule(kind=st.sampled_from(["Invoice", "CreditMemo"]), quantity=QUANTITIES, party=st.sampled_from("12"), days=DAYS)
    def sell_stock(self, kind: str, quantity: int, party: str, days: int) -> None:
        detail = {"ItemRef": {"value": "2"}, "Qty": quantity, "UnitPrice": 7}
        line = {"Amount": 7 * quantity, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
        create(self.books, KINDS[kind], {"CustomerRef": {"value": party}, "Line": [line], **self.day(days)})

    @rule(kind=st.sampled_from(["Bill", "VendorCredit"]), party=st.sampled_from("34"), worth=WORTHS, days=DAYS)
    def buy(self, kind: str, party: str, worth: Worth, days: int) -> None:
        amount, code, rate = worth
        create(self.books, KINDS[kind], a_bill(str(amount), party, **self.money(party, code, rate), **self.day(days)))

    @rule(
        kind=st.sampled_from(["Bill", "VendorCredit"]), quantity=QUANTITIES, amount=AMOUNTS,
        party=st.sampled_from("34"), days=DAYS,
    )  # fmt: skip
    def buy_stock(self, kind: str, quantity: int, amount: Decimal, party: str, days: int) -> None:
        line = {"DetailType": "ItemBasedExpenseLineDetail", "Amount": amount}
        line["ItemBasedExpenseLineDetail"] = {"ItemRef": {"value": "2"}, "Qty": quantity}
        create(self.books, KINDS[kind], {"VendorRef": {"value": party}, "Line": [line], **self.day(days)})

    @rule(place=PLACES, credit=PLACES, amount=AMOUNTS, rate=RATES)
    def be_paid(self, place: int, credit: int, amount: Decimal, rate: Decimal) -> None:
        invoice, memo = self.some("Invoice", place), self.some("CreditMemo", credit)
        if invoice is None:
            return
        targets = [(str(min(amount, invoice.open)), "Invoice", invoice.id)]
        if memo is not None and memo.content["CustomerRef"] == invoice.content["CustomerRef"]:
            targets.append((str(min(memo.open, amount, invoice.open)), "CreditMemo", memo.id))
        party, code = invoice.content["CustomerRef"]["value"], invoice.content["CurrencyRef"]["value"]
        self.attempt("Payment", a_payment(str(amount), *targets, customer=party, **self.money(party, code, rate)))

    @rule(place=PLACES, credit=PLACES, amount=AMOUNTS, rate=RATES)
    def pay(self, place: int, credit: int, amount: Decimal, rate: Decimal) -> None:
        bill, back = self.some("Bill", place), self.some("VendorCredit", credit)
        if bill is None:
            return
        links, total = [(bill, min(amount, bill.open))], min(amount, bill.open)
        if back is not None and back.content["VendorRef"] == bill.content["VendorRef"]:
            links.append((back, min(back.open, total)))
            total -= min(back.open, total)
        lines = [{"Amount": part, "LinkedTxn": [{"TxnId": one.id, "TxnType": one.kind.name}]} for one, part in links]
        bank = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "35"}}}
        party, code = bill.content["VendorRef"]["value"], bill.content["CurrencyRef"]["value"]
        body = {"VendorRef": {"value": party}, "TotalAmt": total, "Line": lines, **bank}
        self.attempt("BillPayment", body | self.money(party, code, rate))

    @rule(kind=st.sampled_from(sorted(SIDES)), place=PLACES, amount=AMOUNTS)
    def change_amount(self, kind: str, place: int, amount: Decimal) -> None:
        record = self.some(kind, place)
        if record is not None and "2" not in str(record.content["Line"][0].get("SalesItemLineDetail", {})):
            line = {**record.content["Line"][0], "Amount": amount}
            self.change(record, {"Line": [line]})

    @rule(kind=st.sampled_from(sorted(SIDES)), place=PLACES, rate=RATES)
    def change_rate(self, kind: str, place: int, rate: Decimal) -> None:
        record = self.some(kind, place)
        if record is not None and record.content["CurrencyRef"]["value"] == "EUR":
            self.change(record, {"ExchangeRate": rate})

    @rule(kind=st.sampled_from(sorted(SIDES)), place=PLACES, days=DAYS)
    def change_day(self, kind: str, place: int, days: int) -> None:
        record = self.some(kind, place)
        if record is not None:
            self.change(record, self.day(days))

    def change(self, record: Record, body: dict[str, Any]) -> None:
        told = {"Id": record.id, "SyncToken": str(record.token), "sparse": True, **body}
        self.attempt(record.kind.name, told, update)

    @rule(quantity=QUANTITIES)
    def count_stock(self, quantity: int) -> None:
        item = self.books.shelf("Item").records["2"]
        body = {"Id": "2", "SyncToken": str(item.token), "sparse": True, "QtyOnHand": quantity}
        self.attempt("Item", body, update)

    @rule(kind=st.sampled_from([*sorted(SIDES), "Payment", "BillPayment"]), place=PLACES)
    def delete_one(self, kind: str, place: int) -> None:
        record = self.some(kind, place)
        if record is not None:
            delete(self.books, KINDS[kind], {"Id": record.id, "SyncToken": str(record.token)}, unlinking=True)

    @rule(kind=st.sampled_from(["Invoice", "Payment", "BillPayment"]), place=PLACES)
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

    def documents(self, code: str, kinds: tuple[str, ...]) -> list[Record]:
        return [one for kind in kinds for one in self.books.shelf(kind) if one.shaped.exchange.code == code]

    @invariant()
    def the_books_balance(self) -> None:
        if hasattr(self, "books"):
            self.books.ledger.assert_balanced()

    @invariant()
    def control_accounts_hold_what_is_open_at_the_documents_rates(self) -> None:
        if not hasattr(self, "books"):
            return
        ledger = self.books.ledger
        for code in ("USD", "EUR"):
            for role, kinds, paid, sign in (
                (Role.RECEIVABLE, ("Invoice", "CreditMemo"), "Payment", 1),
                (Role.PAYABLE, ("Bill", "VendorCredit"), "BillPayment", -1),
            ):
                account = own_account(self.books, role, code)
                rows = [(SIDES[one.kind.name] * one.open, one) for one in self.documents(code, kinds)]
                rows += [(-one.unapplied, one) for one in self.documents(code, (paid,))]
                home = sum((one.shaped.exchange.home(amount) for amount, one in rows), ZERO)
                assert ledger.balance(account) == sign * home
                shown = account_balance(self.books, self.books.shelf("Account").records[account])
                assert shown == sum((amount for amount, _ in rows), ZERO)

    @invariant()
    def parties_owe_what_is_open(self) -> None:
        if not hasattr(self, "books"):
            return
        for party, code in (("1", "USD"), ("3", "USD"), ("2", "EUR"), ("4", "EUR")):
            record = self.books.shelf("Customer").get(party) or self.books.shelf("Vendor").records[party]
            owed = ZERO
            for kind, sign in {**SIDES, "Payment": -1, "BillPayment": -1}.items():
                for one in self.books.shelf(kind):
                    if one.shaped.party == record.ref:
                        left = one.unapplied if kind.endswith("Payment") else one.open
                        same = one.shaped.exchange.code == code
                        owed += sign * (left if same else one.shaped.exchange.party(left))
            assert record.balance == owed

    @invariant()
    def the_asset_account_holds_the_stock(self) -> None:
        if not hasattr(self, "books"):
            return
        item = self.books.shelf("Item").records["2"]
        stock = self.books.stocks["2"]
        assert self.books.ledger.balance("81") == stock.value
        assert item.balance == stock.quantity


TestAnyCurrencyHistory = AnyCurrencyHistory.TestCase
TestAnyCurrencyHistory.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
