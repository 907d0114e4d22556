"""Whatever the partner issues lands on its total, and comes back as it went."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.unit.platforms.quickbooks.quickbooks_books import (
    MARKER,
    REALM,
    UK,
    UK_RATES,
    US,
    US_RATES,
    AnyDocument,
    answer,
    document,
    echoed,
    rate,
    sent,
    write,
)

from tieout.books.arithmetic.totals import Discount, DiscountType, PricedLine, VatMode, add_up
from tieout.books.records import Bill, Company, Kind, Line, Taxation
from tieout.kit.money import from_minor
from tieout.platforms.errors import WriteRefused
from tieout.platforms.port import Operation
from tieout.platforms.quickbooks.platform import PLATFORM

SALES = (Kind.INVOICE, Kind.CREDIT_NOTE)
NATIVE = {
    Kind.INVOICE: "Invoice",
    Kind.CREDIT_NOTE: "CreditMemo",
    Kind.BILL: "Bill",
    Kind.VENDOR_CREDIT: "VendorCredit",
}
QUANTITIES = st.decimals("0.01", "50", places=2)
PRICES = st.integers(1, 500_000)
DISCOUNTS = st.none() | st.builds(Discount, type=st.just(DiscountType.PERCENTAGE), amount=st.integers(1, 3_000))


@st.composite
def documents(draw: st.DrawFn, kind: Kind, rates: dict[str, Any], codes: list[str], currency: str) -> AnyDocument:
    """A document with totals by our own arithmetic, as a push would bring it."""
    vat_mode = draw(st.sampled_from(VatMode))
    picked = draw(st.lists(st.tuples(QUANTITIES, PRICES, DISCOUNTS, st.sampled_from(codes)), min_size=1, max_size=6))
    totals = add_up(
        [
            PricedLine(
                quantity=quantity,
                price_minor=price,
                discount=discount,
                rate=int((rates[code].effective_rate * 100).to_integral_value()),
            )
            for quantity, price, discount, code in picked
        ],
        vat_mode=vat_mode,
        discount=draw(DISCOUNTS),
    )
    assume(totals.total > 0)
    inclusive = vat_mode is VatMode.INCLUSIVE
    lines = [
        Line(
            description="Something",
            quantity=quantity,
            unit_price=from_minor(price, currency),
            amount=from_minor(made.final.gross if inclusive else made.final.net, currency),
            item_id="1",
            account_id=None if kind in SALES else "7",
            tax_rate_id=code,
            tax_amount=from_minor(made.final.tax, currency),
        )
        for (quantity, price, _, code), made in zip(picked, totals.lines, strict=True)
    ]
    return document(
        kind,
        lines,
        tax=str(from_minor(totals.total_vat, currency)),
        currency=currency,
        taxation=Taxation.INCLUSIVE if inclusive else Taxation.EXCLUSIVE,
        memo="For you",
    )


def check_lands(record: AnyDocument, kind: Kind, company: Company) -> None:
    planned = write(record, kind, company)
    body = sent(PLATFORM.plan_write(REALM, planned))
    total = sum((each["Amount"] for each in body["Line"]), Decimal(0))
    tax = body.get("TxnTaxDetail", {})
    assert total + tax.get("TotalTax", 0) == record.total
    if "TaxLine" in tax:
        assert sum(each["Amount"] for each in tax["TaxLine"]) == tax["TotalTax"]
    for each in body["Line"]:
        detail = each[each["DetailType"]]
        if "UnitPrice" in detail:
            assert abs(detail["UnitPrice"] * detail["Qty"] - each["Amount"]) <= Decimal("0.005")
    change = PLATFORM.read_written(planned, answer(echoed(NATIVE[kind], body)))
    assert change is not None
    read = change.record
    assert isinstance(read, type(record))
    assert (read.total, read.balance, read.number) == (record.total, record.total, record.number)
    assert (read.party_id, read.issued_on, read.marker) == (record.party_id, record.issued_on, MARKER)
    assert read.memo == "For you"
    assert read.currency == record.currency
    if not (isinstance(record, Bill) and company.country == "US"):
        assert (read.subtotal, read.tax) == (record.subtotal, record.tax)
        assert [each.tax_rate_id for each in read.lines] == [each.tax_rate_id for each in record.lines]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_us_document_lands_on_its_total_and_comes_back_as_it_went(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([Kind.INVOICE, Kind.CREDIT_NOTE, Kind.BILL]))
    code = data.draw(st.sampled_from(["2", "3"]))
    check_lands(data.draw(documents(kind, US_RATES, [code, "NON"], "USD")), kind, US)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_document_elsewhere_lands_on_its_total_and_comes_back_as_it_went(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from([Kind.INVOICE, Kind.CREDIT_NOTE, Kind.BILL]))
    codes = ["5", "6", "7"] if kind is Kind.BILL else ["5", "6", "7", "8"]
    record = data.draw(documents(kind, UK_RATES, codes, "GBP"))
    assume(all(each.tax_rate_id != "8" for each in record.lines) or record.tax)
    check_lands(record, kind, UK)


def bill(*lines: Line, tax: str = "0", **more: Any) -> Any:
    return write(document(Kind.BILL, list(lines), tax=tax, currency="GBP", **more), Kind.BILL, UK)


def test_a_reverse_charge_keeps_both_its_sides() -> None:
    charged = Line(unit_price=Decimal("80.01"), amount=Decimal("80.01"), account_id="7", tax_rate_id="9")
    rates = UK_RATES | {"9": rate("9", "20.0% RC", "0", purchases=("20", "-20"))}
    planned = write(document(Kind.BILL, [charged], currency="GBP"), Kind.BILL, UK, tax_rates=rates)
    detail = sent(PLATFORM.plan_write(REALM, planned))["TxnTaxDetail"]
    assert detail["TotalTax"] == 0
    assert [each["Amount"] for each in detail["TaxLine"]] == [Decimal(16), Decimal(-16)]


def test_a_cent_that_the_vendor_rounded_otherwise_is_stated_and_a_wrong_rate_is_not() -> None:
    lines = [
        Line(
            unit_price=Decimal("3.33"), amount=Decimal("3.33"), account_id="7", tax_rate_id="5", tax_amount=Decimal(tax)
        )
        for tax in ("0.67", "0.67", "0.68")
    ]
    planned = bill(*lines, tax="2.02")
    assert sent(PLATFORM.plan_write(REALM, planned))["TxnTaxDetail"]["TaxLine"][0]["Amount"] == Decimal("2.02")
    prediction = PLATFORM.predict(planned)
    assert prediction is not None
    assert (prediction.subtotal, prediction.tax, prediction.total) == (
        Decimal("9.99"),
        Decimal("2.02"),
        Decimal("12.01"),
    )
    with pytest.raises(WriteRefused) as refused:
        PLATFORM.plan_write(REALM, bill(*(replace(each, tax_amount=Decimal("0.80")) for each in lines), tax="2.40"))
    assert refused.value.explanation.code == "tax_differs"


def test_yen_are_whole_with_us_and_have_hundredths_in_the_books() -> None:
    half = Line(description="Hours", quantity=Decimal("2.5"), unit_price=Decimal(333), amount=Decimal(833), item_id="1")
    invoice = document(Kind.INVOICE, [half], currency="JPY", taxation=Taxation.NONE, exchange_rate=Decimal("0.005217"))
    planned = write(invoice, Kind.INVOICE, UK)
    detail = sent(PLATFORM.plan_write(REALM, planned))["Line"][0]["SalesItemLineDetail"]
    assert (detail["Qty"], detail["UnitPrice"]) == (Decimal("2.5"), Decimal("333.2")), "2.5 × 333 would be 832.50"
    prediction = PLATFORM.predict(planned)
    assert prediction is not None
    assert (prediction.total, prediction.home_total) == (Decimal(833), Decimal("4.35"))


@pytest.mark.parametrize(("amount", "code"), [("1.234", "amount_too_precise"), ("1.230", None)])
def test_thousandths_are_not_rounded_away(amount: str, code: str | None) -> None:
    dinars = Line(unit_price=Decimal(amount), amount=Decimal(amount), item_id="1")
    planned = write(document(Kind.INVOICE, [dinars], currency="KWD", taxation=Taxation.NONE), Kind.INVOICE, UK)
    if code is None:
        assert sent(PLATFORM.plan_write(REALM, planned))["Line"][0]["Amount"] == Decimal("1.23")
        return
    with pytest.raises(WriteRefused) as refused:
        PLATFORM.plan_write(REALM, planned)
    assert refused.value.explanation.code == code


def test_what_has_no_total_is_not_predicted() -> None:
    gone = write(document(Kind.INVOICE, [Line(unit_price=Decimal(1), amount=Decimal(1), item_id="1")]), Kind.INVOICE)
    assert PLATFORM.predict(replace(gone, operation=Operation.DELETE)) is None
