"""The journal that documents are expected to make."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.books.postings import DoesNotAddUp, Posting, Role, as_json, expected_postings
from tieout.books.records import (
    Bill,
    CreditNote,
    DocumentStatus,
    Invoice,
    Kind,
    Line,
    Payment,
    Taxation,
    TaxLine,
    VendorCredit,
)

DAY = date(2026, 3, 1)
KINDS = (Invoice, Bill, CreditNote, VendorCredit)


def rows(postings: tuple[Posting, ...]) -> list[tuple[str | None, str, str]]:
    return [(x.account_id or x.role, str(x.debit), str(x.credit)) for x in postings]


def invoice() -> Invoice:
    return Invoice(
        party_id="1",
        currency="USD",
        issued_on=DAY,
        lines=(
            Line(unit_price=Decimal(100), amount=Decimal("100.00"), account_id="400", tax_rate_id="T"),
            Line(unit_price=Decimal(50), amount=Decimal("50.00"), item_id="7"),
        ),
        tax_lines=(TaxLine(rate_id="T", rate=Decimal(20), taxable=Decimal(100), amount=Decimal(20)),),
        subtotal=Decimal(150),
        tax=Decimal(20),
        total=Decimal(170),
        balance=Decimal(170),
    )


def test_an_invoice_is_owed_earned_and_taxed() -> None:
    assert rows(expected_postings(invoice())) == [
        ("receivable", "170.00", "0.00"),
        ("400", "0.00", "100.00"),
        ("income", "0.00", "50.00"),
        ("tax", "0.00", "20.00"),
    ]


def test_a_credit_note_is_an_invoice_turned_round() -> None:
    fields = {name: getattr(invoice(), name) for name in invoice().__dataclass_fields__}
    turned = expected_postings(CreditNote(**fields))
    assert [(x.account_id or x.role, x.credit, x.debit) for x in turned] == [
        (x.account_id or x.role, x.debit, x.credit) for x in expected_postings(invoice())
    ]


def test_a_bill_is_spent_and_owed() -> None:
    fields = {name: getattr(invoice(), name) for name in invoice().__dataclass_fields__}
    assert rows(expected_postings(Bill(**fields))) == [
        ("payable", "0.00", "170.00"),
        ("400", "100.00", "0.00"),
        ("expense", "50.00", "0.00"),
        ("tax", "20.00", "0.00"),
    ]


def test_an_inclusive_document_posts_net_amounts() -> None:
    inclusive = replace(
        invoice(),
        taxation=Taxation.INCLUSIVE,
        lines=(Line(unit_price=Decimal(120), amount=Decimal(120), account_id="400", tax_rate_id="T"),),
        subtotal=Decimal(100),
        total=Decimal(120),
    )
    assert rows(expected_postings(inclusive))[1] == ("400", "0.00", "100.00")


def test_a_negative_line_is_debited() -> None:
    deducted = replace(
        invoice(),
        lines=(*invoice().lines, Line(unit_price=Decimal(-10), amount=Decimal(-10), account_id="499")),
        subtotal=Decimal(140),
        total=Decimal(160),
    )
    assert ("499", "10.00", "0.00") in rows(expected_postings(deducted))


def test_a_discount_of_the_document_is_an_entry_of_its_own() -> None:
    less = replace(invoice(), discount=Decimal(15), subtotal=Decimal(135), total=Decimal(155))
    assert ("discount", "15.00", "0.00") in rows(expected_postings(less))


def test_a_cent_of_rounding_is_shown_as_rounding() -> None:
    off = replace(invoice(), total=Decimal("170.01"))
    assert rows(expected_postings(off))[-1] == ("rounding", "0.00", "0.01")


def test_a_contradiction_larger_than_rounding_is_refused() -> None:
    with pytest.raises(DoesNotAddUp):
        expected_postings(replace(invoice(), total=Decimal(171)))


@pytest.mark.parametrize("status", [DocumentStatus.DRAFT, DocumentStatus.VOID, DocumentStatus.DELETED])
def test_what_is_not_in_force_posts_nothing(status: DocumentStatus) -> None:
    assert expected_postings(replace(invoice(), status=status)) == ()


def test_money_received_reaches_the_bank_and_settles_the_receivable() -> None:
    payment = Payment(currency="USD", paid_on=DAY, amount=Decimal("12.50"), account_id="35")
    assert rows(expected_postings(payment)) == [("35", "12.50", "0.00"), ("receivable", "0.00", "12.50")]


def test_money_paid_leaves_the_bank_and_settles_the_payable() -> None:
    payment = Payment(kind=Kind.BILL_PAYMENT, currency="USD", paid_on=DAY, amount=Decimal("12.50"))
    assert rows(expected_postings(payment)) == [("bank", "0.00", "12.50"), ("payable", "12.50", "0.00")]


def test_a_payment_that_only_links_or_is_void_posts_nothing() -> None:
    payment = Payment(currency="USD", paid_on=DAY, amount=Decimal(1))
    assert expected_postings(replace(payment, is_void=True)) == ()
    assert expected_postings(replace(payment, amount=Decimal(0), is_allocation_only=True)) == ()


def test_an_intent_keeps_plain_digits_in_the_currencys_places() -> None:
    payment = Payment(currency="JPY", paid_on=DAY, amount=Decimal(1250), account_id="35")
    assert as_json(expected_postings(payment), "JPY")[0] == {
        "role": None,
        "account_id": "35",
        "detail": None,
        "debit": "1250",
        "credit": "0",
    }


amounts = st.decimals(min_value=-100_000, max_value=100_000, places=2, allow_nan=False, allow_infinity=False)
line_rows = st.lists(
    st.tuples(amounts, st.sampled_from(["400", "401", None]), st.sampled_from(["T", "U", None]), st.integers(0, 30)),
    max_size=6,
)


@given(line_rows, st.sampled_from(KINDS), st.sampled_from(list(Taxation)), st.booleans())
def test_the_journal_of_every_document_balances(
    given_rows: list[tuple[Decimal, str | None, str | None, int]],
    kind: type[Invoice],
    taxation: Taxation,
    lines_know_their_tax: bool,
) -> None:
    cent = Decimal("0.01")
    lines, taxes = [], []
    for amount, account, rate, percent in given_rows:
        taxed = rate is not None and taxation is not Taxation.NONE
        tax = (amount * percent / 100).quantize(cent) if taxed else Decimal(0)
        gross = amount + tax if taxation is Taxation.INCLUSIVE else amount
        known = tax if lines_know_their_tax else None
        lines.append(Line(unit_price=gross, amount=gross, account_id=account, tax_rate_id=rate, tax_amount=known))
        taxes.append(tax)
    net, tax = sum((row[0] for row in given_rows), Decimal(0)), sum(taxes, Decimal(0))
    document = kind(
        party_id="1",
        currency="EUR",
        issued_on=DAY,
        taxation=taxation,
        lines=tuple(lines),
        subtotal=net,
        tax=tax,
        total=net + tax,
        balance=net + tax,
    )
    postings = expected_postings(document)
    assert sum(x.debit for x in postings) == sum(x.credit for x in postings)
    assert all((x.debit > 0) != (x.credit > 0) for x in postings)
    assert all((x.role is None) != (x.account_id is None) for x in postings)
    if lines_know_their_tax:
        assert Role.ROUNDING not in {x.role for x in postings}
