"""Planning: what a draft becomes in the books, to the cent, and what has to be there before."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.books.records import Address, Bill, DocumentStatus, Invoice, Taxation
from tieout.platforms.errors import WriteRefused
from tieout.sync.drafts import DocumentDraft, DraftLine, ItemDraft, PartyDraft
from tieout.sync.mapping import Chart, KnownAccount, KnownTaxRate
from tieout.sync.planning import Needed, Present, needed_first, plan_document, plan_item, plan_party

CUSTOMER, VENDOR, CHAIR, TABLE = (UUID(int=number) for number in range(1, 5))
SALES, COSTS = UUID(int=11), UUID(int=12)
VAT, EXEMPT = UUID(int=21), UUID(int=22)


def account(account_id: UUID) -> KnownAccount:
    return KnownAccount(id=account_id, external_id=f"A{account_id.int}", name="Account", active=True)


def rate(rate_id: UUID, percent: int) -> KnownTaxRate:
    return KnownTaxRate(
        id=rate_id,
        external_id=f"T{rate_id.int}",
        name=f"{percent} %",
        effective_rate=Decimal(percent),
        active=True,
        on_sales=True,
        on_purchases=True,
    )


CHART = Chart(
    accounts={one: account(one) for one in (SALES, COSTS)},
    tax_rates=[rate(VAT, 20), rate(EXEMPT, 0)],
    default_sales_account_id=SALES,
)
PRESENT = Present(customers={CUSTOMER: "C1"}, vendors={VENDOR: "V1"}, products={CHAIR: "I1"})
NOTHING = Present(customers={}, vendors={}, products={})

LINE = DraftLine(
    description="Chair", quantity=Decimal("1.5"), unit_price=2000, net=3000, tax=600, tax_value=2000, product_id=CHAIR
)
SALE = DocumentDraft(
    id=UUID(int=100),
    version=3,
    is_sale=True,
    counterpart_id=CUSTOMER,
    number="INV-1",
    currency="EUR",
    issued_on=date(2026, 3, 2),
    due_on=date(2026, 4, 1),
    memo="Thanks",
    taxation=Taxation.EXCLUSIVE,
    lines=(LINE,),
    total=3600,
)
PURCHASE = replace(SALE, is_sale=False, counterpart_id=VENDOR, lines=(replace(LINE, account_id=COSTS),))


def code_of(draft: DocumentDraft, chart: Chart = CHART) -> tuple[str, str | None]:
    with pytest.raises(WriteRefused) as refusal:
        plan_document(draft, PRESENT, chart)
    return refusal.value.explanation.code, refusal.value.explanation.field


def test_nothing_is_needed_first_when_all_is_there() -> None:
    assert needed_first(SALE, PRESENT, lines_need_items=True) == ()
    assert needed_first(PURCHASE, PRESENT, lines_need_items=True) == ()


def test_the_counterpart_comes_first_and_then_each_product_once_in_the_order_of_the_lines() -> None:
    lines = tuple(replace(LINE, product_id=product) for product in (TABLE, CHAIR, TABLE, None))
    draft = replace(SALE, lines=lines, total=4 * SALE.total)
    assert needed_first(draft, NOTHING, lines_need_items=True) == (
        Needed("customer", CUSTOMER),
        Needed("product", TABLE),
        Needed("product", CHAIR),
    )
    assert needed_first(draft, PRESENT, lines_need_items=True) == (Needed("product", TABLE),)


def test_products_are_not_needed_where_lines_name_accounts_themselves_nor_on_bills() -> None:
    assert needed_first(SALE, NOTHING, lines_need_items=False) == (Needed("customer", CUSTOMER),)
    assert needed_first(PURCHASE, NOTHING, lines_need_items=True) == (Needed("vendor", VENDOR),)


def test_a_customer_of_the_books_is_no_vendor_of_the_books() -> None:
    only_customer = Present(customers={VENDOR: "C9"}, vendors={}, products={})
    assert needed_first(PURCHASE, only_customer, lines_need_items=False) == (Needed("vendor", VENDOR),)


def test_an_invoice_goes_over_whole() -> None:
    planned = plan_document(SALE, PRESENT, CHART)

    assert type(planned) is Invoice
    assert (planned.number, planned.party_id, planned.currency, planned.memo) == ("INV-1", "C1", "EUR", "Thanks")
    assert (planned.issued_on, planned.due_on) == (SALE.issued_on, SALE.due_on)
    assert (planned.subtotal, planned.tax, planned.total, planned.balance) == (
        Decimal("30.00"), Decimal("6.00"), Decimal("36.00"), Decimal("36.00")
    )  # fmt: skip
    assert (planned.status, planned.marker, planned.external_id) == (DocumentStatus.OPEN, str(SALE.id), None)
    (line,) = planned.lines
    assert (line.description, line.quantity, line.unit_price) == ("Chair", Decimal("1.5"), Decimal("20.00"))
    assert (line.amount, line.tax_amount) == (Decimal("30.00"), Decimal("6.00"))
    assert (line.account_id, line.item_id, line.tax_rate_id) == ("A11", "I1", "T21")


def test_a_bill_names_its_own_accounts_and_no_items() -> None:
    planned = plan_document(PURCHASE, PRESENT, CHART)
    assert type(planned) is Bill
    assert planned.party_id == "V1"
    assert (planned.lines[0].account_id, planned.lines[0].item_id) == ("A12", None)


def test_line_amounts_carry_their_tax_where_the_document_is_inclusive() -> None:
    inclusive = plan_document(replace(SALE, taxation=Taxation.INCLUSIVE), PRESENT, CHART)
    assert (inclusive.lines[0].amount, inclusive.lines[0].tax_amount) == (Decimal("36.00"), Decimal("6.00"))
    assert (inclusive.subtotal, inclusive.tax, inclusive.total) == (Decimal("30.00"), Decimal("6.00"), Decimal("36.00"))


def test_a_currency_without_cents_is_written_without_them() -> None:
    planned = plan_document(replace(SALE, currency="JPY"), PRESENT, CHART)
    assert (planned.total, planned.lines[0].unit_price) == (Decimal(3600), Decimal(2000))


def test_a_deduction_lowers_the_total_under_its_own_rate() -> None:
    deduction = DraftLine(
        description="Deduction",
        quantity=Decimal(1),
        unit_price=-600,
        net=-600,
        tax=0,
        tax_value=0,
        account_id=COSTS,
        stands_for="deduction_amount",
    )
    draft = replace(SALE, lines=(LINE, deduction), total=3000)
    planned = plan_document(draft, PRESENT, replace(CHART, deductions_tax_id=EXEMPT))

    assert (planned.lines[1].amount, planned.lines[1].account_id, planned.lines[1].tax_rate_id) == (
        Decimal("-6.00"), "A12", "T22"
    )  # fmt: skip
    assert (planned.subtotal, planned.tax, planned.total) == (Decimal("24.00"), Decimal("6.00"), Decimal("30.00"))
    wrong = replace(CHART, deductions_tax_id=UUID(int=99))
    assert code_of(draft, wrong) == ("belongs_to_another_company", "deduction_amount")
    homeless = replace(draft, lines=(replace(LINE, account_id=COSTS), replace(deduction, account_id=None)))
    no_default = replace(CHART, default_sales_account_id=None, deductions_tax_id=EXEMPT)
    with pytest.raises(WriteRefused) as refusal:
        plan_document(homeless, PRESENT, no_default)
    explanation = refusal.value.explanation
    assert (explanation.code, explanation.field) == ("ledger_account_missing", "deduction_amount")
    assert "accounting.ledger_account_ids.products" in explanation.fix


def test_a_bills_discount_is_under_the_rate_of_deductions_only_where_that_is_for_purchases() -> None:
    discount = DraftLine(
        description="Discount",
        quantity=Decimal(1),
        unit_price=-600,
        net=-600,
        tax=0,
        tax_value=0,
        account_id=COSTS,
        stands_for="discount",
    )
    bill = replace(PURCHASE, lines=(*PURCHASE.lines, discount), total=PURCHASE.total - 600)
    both, bought = (
        KnownTaxRate(
            id=UUID(int=number),
            external_id=name,
            name=name,
            effective_rate=Decimal(0),
            active=True,
            on_sales=name != "bought",
            on_purchases=name != "sold",
        )
        for number, name in ((71, "both"), (72, "bought"))
    )
    sold = replace(both, id=UUID(int=73), external_id="sold", on_purchases=False)
    rated = [rate for rate in CHART.tax_rates if rate.effective_rate]
    for chosen, others, taken in ((both, (bought,), "both"), (sold, (bought,), "bought")):
        chart = replace(CHART, tax_rates=[*rated, chosen, *others], deductions_tax_id=chosen.id)
        assert plan_document(bill, PRESENT, chart).lines[-1].tax_rate_id == taken
    ambiguous = replace(CHART, tax_rates=[*rated, sold, bought, replace(bought, id=UUID(int=74))])
    assert code_of(bill, replace(ambiguous, deductions_tax_id=sold.id)) == ("tax_rate_ambiguous", "discount")


def test_a_sale_falls_back_on_the_entitys_account_and_a_bill_does_not() -> None:
    assert plan_document(SALE, PRESENT, CHART).lines[0].account_id == "A11"
    bill = replace(PURCHASE, lines=(LINE,))
    assert code_of(bill) == ("ledger_account_missing", "line_items.0.ledger_account_id")
    assert code_of(SALE, replace(CHART, default_sales_account_id=None))[0] == "ledger_account_missing"


def test_a_refusal_names_the_line() -> None:
    second = replace(LINE, tax_rate_id=UUID(int=99))
    draft = replace(SALE, lines=(LINE, second), total=7200)
    assert code_of(draft) == ("belongs_to_another_company", "line_items.1.accounting_tax_rate_id")


@pytest.mark.parametrize("off_by", [-1, 1, 3600])
def test_lines_that_do_not_add_up_to_the_total_are_refused(off_by: int) -> None:
    assert code_of(replace(SALE, total=SALE.total + off_by)) == ("totals_disagree", "total_amount")


lines = st.builds(
    lambda net, tax, quantity: replace(LINE, net=net, tax=tax, quantity=quantity),
    st.integers(-(10**12), 10**12),
    st.integers(-(10**11), 10**11),
    st.decimals("0.01", 1000, places=2),
)


@given(st.lists(lines, min_size=1, max_size=8), st.sampled_from(Taxation), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_subtotal_tax_and_total_add_up_from_the_lines(
    drafted: list[DraftLine], taxation: Taxation, currency: str
) -> None:
    total = sum(line.net + line.tax for line in drafted)
    draft = replace(SALE, lines=tuple(drafted), total=total, taxation=taxation, currency=currency)
    planned = plan_document(draft, PRESENT, CHART)

    assert planned.subtotal + planned.tax == planned.total == planned.balance
    tax = sum((line.tax_amount or Decimal() for line in planned.lines), Decimal())
    amounts = sum((line.amount for line in planned.lines), Decimal())
    assert tax == planned.tax
    assert amounts == (planned.total if taxation is Taxation.INCLUSIVE else planned.subtotal)


PARTY = PartyDraft(
    id=CUSTOMER,
    version=1,
    is_customer=True,
    is_vendor=False,
    name="Acme Ltd",
    first_name=None,
    last_name="Smith",
    email="a@acme.example",
    phone="+44 1",
    tax_number="GB1",
    address=Address(line1="1 Road", country="GB"),
)


def test_a_counterpart_goes_over_with_its_own_words_and_our_marker() -> None:
    planned = plan_party(PARTY, base_currency="GBP")
    for name in ("name", "first_name", "last_name", "email", "phone", "tax_number", "address", "is_customer"):
        assert getattr(planned, name) == getattr(PARTY, name)
    assert (planned.currency, planned.marker, planned.is_vendor, planned.external_id) == (
        "GBP", str(CUSTOMER), False, None
    )  # fmt: skip


@pytest.mark.parametrize("name", ["", "  ", "\t"])
def test_a_counterpart_without_a_name_is_refused(name: str) -> None:
    with pytest.raises(WriteRefused) as refusal:
        plan_party(replace(PARTY, name=name), base_currency=None)
    assert (refusal.value.explanation.code, refusal.value.explanation.field) == ("name_missing", "name")


ITEM = ItemDraft(
    id=CHAIR, version=1, name="Chair", code="CH-1", description=None, unit_price=1999, currency="GBP", account_id=COSTS
)


@pytest.mark.parametrize(
    ("currency", "price", "expected"),
    [
        ("GBP", 1999, Decimal("19.99")),
        ("USD", 1999, None),
        (None, 1999, None),
        ("GBP", None, None),
        ("GBP", 0, Decimal(0)),
    ],
)
def test_a_price_goes_over_in_the_companys_own_currency_only(
    currency: str | None, price: int | None, expected: Decimal | None
) -> None:
    planned = plan_item(replace(ITEM, currency=currency, unit_price=price), CHART, base_currency="GBP")
    assert planned.unit_price == expected
    assert (planned.name, planned.code, planned.marker, planned.is_sold) == ("Chair", "CH-1", str(CHAIR), True)


def test_a_product_needs_an_account_of_its_own_or_of_the_entity() -> None:
    assert plan_item(ITEM, CHART, base_currency="GBP").income_account_id == "A12"
    homeless = replace(ITEM, account_id=None)
    assert plan_item(homeless, CHART, base_currency="GBP").income_account_id == "A11"
    with pytest.raises(WriteRefused) as refusal:
        plan_item(homeless, replace(CHART, default_sales_account_id=None), base_currency="GBP")
    assert (refusal.value.explanation.code, refusal.value.explanation.field) == (
        "ledger_account_missing", "ledger_account_id"
    )  # fmt: skip
