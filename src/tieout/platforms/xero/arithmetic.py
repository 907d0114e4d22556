"""What Xero will make of a document's lines, predicted to the cent.

Verified on 224 recorded documents without exception: a line amount is quantity × unit amount less the discount, rounded
half up to two places whatever the currency; tax is rounded half up per line and then summed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

from tieout.books.arithmetic import PredictedTax, RatePart, Rounding, TaxableLine, half_up, predict_tax
from tieout.books.records import Taxation

CENT: Final = Decimal("0.01")
FOUR_PLACES: Final = 4
"""Decimal places of a quantity, and with `unitdp=4` of a unit amount."""
DISCOUNT_PLACES: Final = 2
_FIT: Final = Decimal(1).scaleb(-FOUR_PLACES)


@dataclass(frozen=True, slots=True)
class Price:
    """How a line's amount is told to Xero; at most one of the discounts is given."""

    quantity: Decimal
    unit_amount: Decimal
    discount_rate: Decimal | None = None
    discount_amount: Decimal | None = None

    @property
    def line_cents(self) -> int:
        """The line amount that Xero will compute."""
        return cents_of_line(self.quantity, self.unit_amount, self.discount_rate, self.discount_amount)


def cents_of_line(
    quantity: Decimal,
    unit_amount: Decimal,
    discount_rate: Decimal | None = None,
    discount_amount: Decimal | None = None,
) -> int:
    """Quantity × unit amount less the discount, in cents, rounded once half up."""
    whole = Fraction(quantity) * Fraction(unit_amount)
    whole *= 1 - Fraction(discount_rate or 0) / 100
    return half_up((whole - Fraction(discount_amount or 0)) * 100)


def cents(amount: Decimal) -> int | None:
    """Whole cents of an amount; None if it has a part of one."""
    scaled = amount.scaleb(2)
    return int(scaled) if scaled == scaled.to_integral_value() else None


def from_cents(amount_cents: int) -> Decimal:
    """The amount in the currency's main unit, with two places."""
    return Decimal(amount_cents).scaleb(-2)


def price_line(
    quantity: Decimal, unit_price: Decimal, discount_percent: Decimal | None, amount_cents: int, *, may_discount: bool
) -> Price:
    """How to tell Xero a line so that it lands on its amount: as stated if that lands, else ever less literally.

    As stated; with a discount, where the kind of document may have one; with the unit price changed; and when not even
    four decimal places of it land, as one piece at the whole amount.
    """
    stated = Price(quantity, unit_price)
    literal = _fits(quantity) and _fits(unit_price)
    if literal and stated.line_cents == amount_cents:
        return stated
    if literal and may_discount:
        discounted = _discounted(stated, discount_percent, amount_cents)
        if discounted is not None:
            return discounted
    if _fits(quantity) and quantity != 0:
        unit = (from_cents(amount_cents) / quantity).quantize(_FIT, ROUND_HALF_UP)
        folded = Price(quantity, unit.normalize() if unit else Decimal(0))
        if folded.line_cents == amount_cents:
            return folded
    return Price(Decimal(1), from_cents(amount_cents))


def _discounted(stated: Price, percent: Decimal | None, amount_cents: int) -> Price | None:
    """The same price with a discount: the stated percentage, one of two places that lands, or a sum of money."""
    whole_cents = stated.line_cents
    if not 0 <= amount_cents < whole_cents:
        return None
    near = (Decimal(whole_cents - amount_cents) * 100 / Decimal(whole_cents)).quantize(CENT, ROUND_HALF_UP)
    for rate in (percent, near):
        if rate is not None and 0 < rate <= 100 and rate == rate.quantize(CENT):  # noqa: PLR2004 - a percentage
            discounted = Price(stated.quantity, stated.unit_amount, discount_rate=rate)
            if discounted.line_cents == amount_cents:
                return discounted
    by_sum = from_cents(whole_cents - amount_cents)
    return Price(stated.quantity, stated.unit_amount, discount_amount=by_sum)


def _fits(number: Decimal) -> bool:
    return number == number.quantize(_FIT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class TaxedLine:
    """A line's amount in cents, what it is taxed by in percent, and whose tax the document states, if it does."""

    amount_cents: int
    rate_id: str | None
    percent: Decimal
    stated_tax_cents: int | None = None


def predict(lines: Sequence[TaxedLine], taxation: Taxation) -> PredictedTax:
    """What Xero will compute if it is told no tax amounts."""
    taxable = [
        TaxableLine(amount_minor=line.amount_cents, parts=(RatePart(id=line.rate_id or "", percent=line.percent),))
        for line in lines
    ]
    return predict_tax(taxable, rounding=Rounding.PER_LINE, taxation=taxation)


def tax_amounts(lines: Sequence[TaxedLine], predicted: Sequence[int], tax_cents: int) -> list[int] | None:
    """The tax of every line so that all of it lands on the document's tax; None when rounding cannot explain it.

    Rounding moves a line's tax by a cent at most. Where the document states each line's tax, that is taken; else the
    cents are laid on the largest taxed lines.
    """
    stated = [line.stated_tax_cents for line in lines]
    if all(tax is not None for tax in stated) and sum(tax or 0 for tax in stated) == tax_cents:
        amounts = [tax or 0 for tax in stated]
    else:
        amounts = _spread(lines, predicted, tax_cents - sum(predicted))
    explained = all(
        abs(amount - was) <= (1 if line.percent else 0)
        for amount, was, line in zip(amounts, predicted, lines, strict=True)
    )
    return amounts if explained and sum(amounts) == tax_cents else None


def _spread(lines: Sequence[TaxedLine], predicted: Sequence[int], missing: int) -> list[int]:
    amounts = list(predicted)
    taxed = sorted((i for i, line in enumerate(lines) if line.percent), key=lambda i: (-abs(lines[i].amount_cents), i))
    for i in taxed[: abs(missing)]:
        amounts[i] += 1 if missing > 0 else -1
    return amounts
