"""Documents as partners make them: what their API calls say, in minor units, added up by Tieout as it would show them.

Seeded: the same seed, company and number give the same document. Nothing is made that the API would refuse.
"""

import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any, Final
from uuid import UUID

from tests.totals.companies import HOME, ISSUED_ON, Books, Partners

from tieout.books.arithmetic.rounding import half_up
from tieout.books.records import Kind
from tieout.books.stated_totals import disagreements, line_amounts, stated_totals
from tieout.storage.tables.business import Payable, PayableLine, Receivable, ReceivableLine
from tieout.storage.tables.payable_credit_notes import PayableCreditNote, PayableCreditNoteLine
from tieout.sync.drafting_documents import payable_credit_note_draft, payable_draft, receivable_draft
from tieout.sync.drafts import DocumentDraft
from tieout.sync.mapping import KnownTaxRate
from tieout.sync.totals import DEDUCTION, DISCOUNT_MODE, receivable_totals

KINDS: Final = (Kind.INVOICE, Kind.BILL, Kind.CREDIT_NOTE, Kind.VENDOR_CREDIT)
SALES: Final = (Kind.INVOICE, Kind.CREDIT_NOTE)
KIND_WEIGHTS: Final = (50, 30, 10, 10)
LINES_FEW, LINES_MANY = 6, 60
USUAL = (500, 1_000, 1_250, 3_333, 10_000)
"""Discounts as they are told, percent × 100; the last leaves nothing."""
RATE_PLACES = 6


@dataclass(frozen=True, slots=True)
class Made:
    """One document of a partner's: its total in Tieout, and how to draft it for the books."""

    kind: Kind
    number: str
    total_minor: int
    tax_minor: int
    currency: str
    exchange_rate: Decimal | None
    draft: Callable[[], DocumentDraft]


class Maker:
    """Makes the documents of one company."""

    def __init__(self, books: Books, seed: int) -> None:
        """What is drawn follows from the company and the seed alone."""
        self.books = books
        self.seed = seed
        self.sales, self.purchases = (
            sorted(rates, key=lambda one: one.external_id) for rates in (books.sales_rates, books.purchase_rates)
        )
        of_sales = Counter(_value(rate) for rate in self.sales)
        self.alone = {value for value, count in of_sales.items() if count == 1}
        """Values that only one rate of sales has: lines that tell just the value are mapped to it."""

    def make(self, number: int) -> Made:
        """The document of this number."""
        drawn = Random(f"{self.seed}:{self.books.name}:{number}")  # noqa: S311 - a document that the seed repeats
        (kind,) = drawn.choices(KINDS, KIND_WEIGHTS)
        partners = self.books.partners[0] if drawn.random() < 0.7 else drawn.choice(self.books.partners)
        label = f"{self.seed}-{number}-{''.join(drawn.choices(string.ascii_uppercase, k=4))}"
        if kind in SALES:
            return self._sale(drawn, kind, label, partners)
        return self._purchase(drawn, kind, label, partners)

    def _currency(self, drawn: Random, partners: Partners) -> tuple[str, Decimal | None]:
        """The currency of a document, and of some in a foreign one the rate that was agreed on."""
        if partners.currency == HOME:
            return self.books.company.base_currency, None
        agreed = Decimal(drawn.randint(1, 3 * 10**RATE_PLACES)).scaleb(-RATE_PLACES)
        return partners.currency, agreed if drawn.random() < 0.5 else None

    # Sales ----------------------------------------------------------------------------------------------------

    def _sale(self, drawn: Random, kind: Kind, label: str, partners: Partners) -> Made:
        currency, exchange_rate = self._currency(drawn, partners)
        row = Receivable(
            id=_id(drawn),
            version=1,
            type="credit_note" if kind is Kind.CREDIT_NOTE else "invoice",
            document_id=label,
            currency=currency,
            counterpart_id=partners.customer,
            vat_mode=drawn.choice(("exclusive", "inclusive")),
            discount=None,
            memo=None,
            due_date=ISSUED_ON + timedelta(days=30),
            content={DISCOUNT_MODE: drawn.choice(("exclusive", "inclusive"))},
        )
        rates = self._of_one_document(drawn, self.sales)
        lines = [self._sales_line(drawn, i, drawn.choice(rates)) for i in range(_count(drawn))]
        totals = receivable_totals(row, lines)
        if drawn.random() < 0.3:
            row.discount = discount(drawn, totals.subtotal)
            totals = receivable_totals(row, lines)
        if drawn.random() < 0.1 and totals.total > 3:
            row.content = {**row.content, DEDUCTION: drawn.choice((totals.total, drawn.randint(1, totals.total // 3)))}
            totals = receivable_totals(row, lines)
        row.total_amount, row.total_vat_amount = totals.total, totals.total_vat
        return Made(
            kind,
            label,
            totals.total,
            totals.total_vat,
            currency,
            exchange_rate,
            partial(receivable_draft, row, lines, ISSUED_ON, {}, self.books.chart),
        )

    def _sales_line(self, drawn: Random, position: int, rate: KnownTaxRate | int) -> ReceivableLine:
        units, each, value = quantity(drawn), price(drawn), _value(rate)
        is_named = not isinstance(rate, int) and (value not in self.alone or drawn.random() < 0.7)
        exact = rate.effective_rate * 100 if is_named and not isinstance(rate, int) else value
        worth = int(units * each)
        return ReceivableLine(
            position=position,
            product={"name": "Work", "description": None},
            product_id=None,
            quantity=units,
            price_minor=each,
            discount=discount(drawn, worth * 2 // 3) if drawn.random() < 0.25 else None,
            tax_rate_value=value,
            exact_rate=None if exact == value else exact,
            accounting_tax_rate_id=rate.id if is_named and not isinstance(rate, int) else None,
        )

    def _of_one_document(self, drawn: Random, rates: Sequence[KnownTaxRate]) -> Sequence[KnownTaxRate | int]:
        """Which rates a document's lines may have: where the document names the code, it has one, beside none."""
        company = self.books.company
        if company.tax_is_computed_there:
            return [0, drawn.choice((400, 725, 863, 913, 975))]
        if company.taxes_purchases:
            return rates
        return [drawn.choice([one for one in rates if one.effective_rate]), *(r for r in rates if not r.effective_rate)]

    # Purchases ------------------------------------------------------------------------------------------------

    def _purchase(self, drawn: Random, kind: Kind, label: str, partners: Partners) -> Made:
        currency, exchange_rate = self._currency(drawn, partners)
        is_bill = kind is Kind.BILL
        us_rates: Sequence[KnownTaxRate | int] = (0, 825, 912)
        rates = self.purchases if self.books.company.taxes_purchases else us_rates
        lines = [self._purchase_line(drawn, i, drawn.choice(rates), is_bill=is_bill) for i in range(_count(drawn))]
        amounts = [line_amounts(line.quantity, line.unit_price, _exact(self.books, line)) for line in lines]
        for line, amount in zip(lines, amounts, strict=True):
            line.subtotal, line.tax_amount, line.total = amount.subtotal, amount.tax_amount, amount.total
        subtotal = sum(one.subtotal or 0 for one in amounts)
        taken_off = drawn.randint(1, subtotal // 3) if is_bill and subtotal > 3 and drawn.random() < 0.1 else None
        stated: dict[str, int | None] = {}
        taxed = sum(bool(one.tax_amount) for one in amounts)
        if taxed and drawn.random() < 0.2:
            tax = sum(one.tax_amount or 0 for one in amounts)
            stated["tax_amount"] = max(0, tax + drawn.randint(-taxed, taxed))
        totals = stated_totals(stated, amounts, taken_off)
        assert not disagreements(totals, amounts, taken_off)
        common: dict[str, Any] = {
            "id": _id(drawn),
            "version": 1,
            "document_id": label,
            "currency": currency,
            "counterpart_id": partners.vendor,
            "description": None,
            "issued_at": ISSUED_ON,
            "subtotal": totals.subtotal,
            "tax_amount": totals.tax_amount,
            "total_amount": totals.total_amount,
        }
        draft: Callable[[], DocumentDraft]
        if is_bill:
            bill = Payable(**common, due_date=ISSUED_ON + timedelta(days=30), discount=taken_off)
            draft = partial(payable_draft, bill, lines)
        else:
            note = PayableCreditNote(**common)
            named = {int(one.effective_rate * 100): one.id for one in self.purchases}
            draft = partial(payable_credit_note_draft, note, lines, named)
        return Made(kind, label, totals.total_amount or 0, totals.tax_amount or 0, currency, exchange_rate, draft)

    def _purchase_line(self, drawn: Random, position: int, rate: KnownTaxRate | int, *, is_bill: bool) -> Any:
        common = {
            "position": position,
            "name": "Paper",
            "quantity": quantity(drawn),
            "unit_price": price(drawn),
            "tax": _value(rate),
        }
        if is_bill:
            return PayableLine(**common, accounting_tax_rate_id=None if isinstance(rate, int) else rate.id)
        return PayableCreditNoteLine(**common)


def _value(rate: KnownTaxRate | int) -> int:
    """A rate in the contract's whole numbers."""
    return rate if isinstance(rate, int) else half_up(rate.effective_rate * 100)


def _exact(books: Books, line: Any) -> Decimal | int:
    """The rate of a line as the API computes with it: that of the rate that it names, else its value."""
    named = getattr(line, "accounting_tax_rate_id", None)
    found = next((one for one in books.chart.tax_rates if one.id == named), None)
    return int(line.tax) if found is None else found.effective_rate * 100


def _id(drawn: Random) -> UUID:
    return UUID(int=drawn.getrandbits(128))


def _count(drawn: Random) -> int:
    return drawn.randint(LINES_FEW, LINES_MANY) if drawn.random() < 0.02 else drawn.randint(1, LINES_FEW)


def quantity(drawn: Random) -> Decimal:
    """Mostly whole, often of two places, sometimes of as many as the books can hold, or more."""
    if drawn.random() < 0.5:
        return Decimal(drawn.randint(1, 12))
    places = drawn.choice((1, 2, 2, 2, 3, 4, 5))
    return Decimal(drawn.randint(1, 20 * 10**places)).scaleb(-places)


def price(drawn: Random) -> int:
    """From nothing to some 100,000, in minor units."""
    return drawn.choice(
        (drawn.randint(0, 99), drawn.randint(100, 50_000), drawn.randint(100, 50_000), drawn.randint(50_000, 9_999_999))
    )


def discount(drawn: Random, most_minor: int) -> dict[str, Any]:
    """A percentage, or a sum of at most so much."""
    if most_minor < 1 or drawn.random() < 0.6:
        return {"type": "percentage", "amount": drawn.choice((*USUAL, *(drawn.randint(1, 6_000) for _ in USUAL)))}
    return {"type": "amount", "amount": drawn.randint(1, most_minor)}
