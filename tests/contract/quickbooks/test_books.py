"""The books behind the interface: tax by line, reports, and whatever order of work people think of."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.contract.quickbooks.program import NOON, Connected, Platform, a_bill, a_payment, a_sale

from tieout.kit.clock import ManualClock
from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Profile, Role
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.rendering import rendered
from tieout.platforms.quickbooks.sandbox.accounting.writing import create, delete, update, void
from tieout.platforms.quickbooks.sandbox.refusals import Refusal
from tieout.platforms.quickbooks.sandbox.seeds.us_sample import empty_profile, fill_empty
from tieout.sandbox.ledger import DocumentRef
from tieout.sandbox.simulator import seeded


def british_sale(mode: str, *lines: tuple[str, str | None], **more: Any) -> dict[str, Any]:
    told = []
    for amount, code in lines:
        detail: dict[str, Any] = {"ItemRef": {"value": "1"}}
        if code is not None:
            detail["TaxCodeRef"] = {"value": code}
        told.append({"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail})
    return {"CustomerRef": {"value": "1"}, "GlobalTaxCalculation": mode, "Line": told, **more}


async def test_tax_on_top_is_rounded_once_per_rate(platform: Platform, british: Connected) -> None:
    sale = british_sale("TaxExcluded", ("0.33", "1"), ("0.33", "1"), ("0.33", "1"), ("10.00", "2"))
    invoice = await british.post("Invoice", sale)
    assert invoice["TxnTaxDetail"]["TotalTax"] == Decimal("0.70")
    assert [
        (line["TaxLineDetail"]["TaxRateRef"]["value"], line["Amount"]) for line in invoice["TxnTaxDetail"]["TaxLine"]
    ] == [("1", Decimal("0.20")), ("3", Decimal("0.50"))]
    entry = platform.books(british.realm).ledger.standing(DocumentRef("Invoice", invoice["Id"]))
    assert entry is not None
    assert {line.account_id: line.net for line in entry.lines} == {
        "6": Decimal("11.69"),
        "2": Decimal("-10.99"),
        "8": Decimal("-0.70"),
    }


async def test_tax_within_leaves_the_gross_alone(british: Connected) -> None:
    invoice = await british.post("Invoice", british_sale("TaxInclusive", ("100.00", "1"), ("0.01", "1")))
    assert (invoice["TotalAmt"], invoice["TxnTaxDetail"]["TotalTax"]) == (Decimal("100.01"), Decimal("16.67"))
    first, second, _ = invoice["Line"]
    assert (first["Amount"] + second["Amount"], first["SalesItemLineDetail"]["TaxInclusiveAmt"]) == (
        Decimal("83.34"),
        Decimal("100.00"),
    )
    body = {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    assert (await british.post("Invoice", body))["TotalAmt"] == Decimal("100.01")


async def test_stated_tax_lines_need_every_rate_of_the_codes(british: Connected) -> None:
    def line(rate: str, amount: str) -> dict[str, Any]:
        return {"Amount": amount, "DetailType": "TaxLineDetail", "TaxLineDetail": {"TaxRateRef": {"value": rate}}}

    lines = (("10.00", "1"), ("5.00", "3"))
    whole = {"TxnTaxDetail": {"TaxLine": [line("1", "2.01"), line("5", "0")]}}
    invoice = await british.post("Invoice", british_sale("TaxExcluded", *lines, **whole))
    assert invoice["TotalAmt"] == Decimal("17.01")
    for wrong in ([line("1", "2.01")], [line("1", "2.01"), line("5", "0"), line("3", "1")]):
        sale = british_sale("TaxExcluded", *lines, TxnTaxDetail={"TaxLine": wrong})
        assert (await british.refused("POST", "invoice", json=sale))[0] == "6000"


async def test_a_stated_total_alone_is_not_heeded_outside_the_united_states(british: Connected) -> None:
    sale = british_sale("TaxExcluded", ("10.00", "1"), TxnTaxDetail={"TotalTax": "9.99"})
    assert (await british.post("Invoice", sale))["TxnTaxDetail"]["TotalTax"] == Decimal("2.00")


@pytest.mark.parametrize(
    ("mode", "code", "more", "refusal"),
    [
        (None, "1", {}, "2020"),
        ("TaxExcluded", None, {}, "6230"),
        ("TaxExcluded", "TAX", {}, "6160"),
        ("NotApplicable", None, {"TxnTaxDetail": {"TotalTax": 1}}, "6170"),
        ("Sometimes", "1", {}, "2170"),
    ],
)
async def test_tax_by_line_has_its_rules(
    british: Connected, mode: Any, code: str | None, more: dict[str, Any], refusal: str
) -> None:
    sale = british_sale(mode, ("10.00", code), **more)
    assert (await british.refused("POST", "invoice", json=sale))[0] == refusal


async def test_tax_on_a_bill_can_be_had_back(platform: Platform, british: Connected) -> None:
    bill = a_bill("100.00", "5", code="1", GlobalTaxCalculation="TaxExcluded")
    bill["Line"][0]["AccountBasedExpenseLineDetail"]["AccountRef"] = {"value": "14"}
    made = await british.post("Bill", bill)
    entry = platform.books(british.realm).ledger.standing(DocumentRef("Bill", made["Id"]))
    assert entry is not None
    assert {line.account_id: line.net for line in entry.lines} == {
        "14": Decimal("100.00"),
        "8": Decimal("20.00"),
        "7": Decimal("-120.00"),
    }
    rate = made["TxnTaxDetail"]["TaxLine"][0]["TaxLineDetail"]["TaxRateRef"]
    assert rate == {"value": "2"}


async def test_the_trial_balance_comes_from_the_journal_and_balances(platform: Platform, connected: Connected) -> None:
    await connected.invoice("250.00")
    report = await connected.get("reports/TrialBalance", start_date="2026-01-01", end_date="2026-05-04")
    assert report["Header"]["ReportName"] == "TrialBalance"
    rows = [row["ColData"] for row in report["Rows"]["Row"] if row["type"] == "Data"]
    (total,) = [row["Summary"]["ColData"] for row in report["Rows"]["Row"] if row.get("group") == "GrandTotal"]
    assert total[1] == total[2]
    assert Decimal(total[1]["value"]) == sum(Decimal(row[1]["value"] or 0) for row in rows)
    receivable = next(row for row in rows if row[0].get("id") == "84")
    assert Decimal(receivable[1]["value"]) == platform.books().ledger.balance("84")
    assert receivable[2]["value"] == ""


async def test_earlier_years_stand_in_retained_earnings(platform: Platform, connected: Connected) -> None:
    await connected.invoice("70.00", TxnDate="2024-06-01")
    report = await connected.get("reports/TrialBalance", start_date="2026-01-01", end_date="2026-01-01")
    rows = {row["ColData"][0]["id"]: row["ColData"] for row in report["Rows"]["Row"] if row["type"] == "Data"}
    assert Decimal(rows["2"][2]["value"]) >= 70
    assert "1" not in rows
    assert platform.books().ledger.balance("1") < 0


async def test_a_report_without_figures_says_so(empty: Connected) -> None:
    report = await empty.get("reports/TrialBalance")
    assert report["Header"]["DateMacro"] == "this month-to-date"
    assert report["Header"]["Option"] == [{"Name": "NoReportData", "Value": "true"}]
    assert report["Rows"] == {}


SALES_FORMS = st.sampled_from(["Invoice", "CreditMemo"])
DELETABLE = st.sampled_from(["Invoice", "CreditMemo", "Payment", "Bill", "VendorCredit", "BillPayment"])
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

    @rule(
        kind=st.sampled_from(["Invoice", "CreditMemo", "Payment", "Bill", "VendorCredit", "BillPayment"]), place=PLACES
    )
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
            assert customer.balance == owed
        for kind in ("Invoice", "CreditMemo", "Bill", "VendorCredit"):
            for record in self.books.shelf(kind):
                assert 0 <= record.open <= record.shaped.total
                assert rendered(self.books, record)["Balance"] == record.open

    def sum_open(self, kind: str, customer: Record) -> Decimal:
        return sum((one.open for one in self.books.shelf(kind) if one.shaped.party == customer.ref), Decimal(0))


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
