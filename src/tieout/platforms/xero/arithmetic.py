"""What Xero will make of a document's lines, predicted to the cent.

Verified on 224 recorded documents without exception: a line amount is quantity × unit amount less the discount, rounded
half up to two places whatever the currency; tax is rounded half up per line and then summed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

from tieout.books.arithmetic.predicting import PredictedTax, RatePart, Rounding, TaxableLine, predict_tax
from tieout.books.arithmetic.rounding import half_up, line_minor, percent_for
from tieout.books.records import Taxation
from tieout.kit.money import exponent

CENT: Final = Decimal("0.01")
FOUR_PLACES: Final = 4
"""Decimal places of a quantity, and with `unitdp=4` of a unit amount."""
PERCENT_PLACES: Final = 2
AMOUNT_PLACES: Final = 2
"""Decimal places of an amount in Xero, whatever the currency."""
_CENTS: Final = 100
_RATE_UNSAID: Final = Fraction(1, 20_000)
"""Half of the last decimal of a percentage that our API can say, as a share of an amount."""
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
    taken_off = None if discount_amount is None else discount_amount * _CENTS
    return line_minor(quantity, unit_amount * _CENTS, percent=discount_rate, discount=taken_off)


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
    for rate in (percent, percent_for(whole_cents - amount_cents, whole_cents, places=PERCENT_PLACES)):
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


def predict(lines: Sequence[TaxedLine], taxation: Taxation, stated: Sequence[int | None] = ()) -> PredictedTax:
    """What Xero will show, where the tax that is `stated` for a line takes the place of what it would compute."""
    taxable = [
        TaxableLine(amount_minor=line.amount_cents, parts=(RatePart(id=line.rate_id or "", percent=line.percent),))
        for line in lines
    ]
    return predict_tax(taxable, rounding=Rounding.PER_LINE, taxation=taxation, stated_lines=stated)


def unit_cents(currency: str) -> int:
    """The smallest amount that documents of a currency have, in cents: a whole one for yen; never below a cent."""
    return int(10 ** max(AMOUNT_PLACES - exponent(currency), 0))


def tax_amounts(
    lines: Sequence[TaxedLine], predicted: Sequence[int], tax_cents: int, *, unit: int = 1
) -> list[int] | None:
    """The tax of every line so that all of it lands on the document's tax; None when rounding cannot explain it.

    Rounding moves a line's tax by one `unit` of the currency at most (cents, see `unit_cents`); where that is more than
    Xero keeps, by half of it on top; and a rate of more than two decimals by what our API's two cannot say. Where the
    document states each line's tax, that is taken; else the units are laid on the largest taxed lines.
    """
    stated = [line.stated_tax_cents for line in lines]
    if all(tax is not None for tax in stated) and sum(tax or 0 for tax in stated) == tax_cents:
        amounts = [tax or 0 for tax in stated]
    else:
        amounts = _spread(lines, [_whole(tax, unit) for tax in predicted], tax_cents, unit)
    explained = all(
        abs(amount - was) <= (unit + unit // 2 + _unsaid(line) if line.percent else 0)
        for amount, was, line in zip(amounts, predicted, lines, strict=True)
    )
    return amounts if explained and sum(amounts) == tax_cents else None


def _unsaid(line: TaxedLine) -> int:
    if line.percent == round(line.percent, PERCENT_PLACES):
        return 0
    return half_up(abs(line.amount_cents) * _RATE_UNSAID)


def _whole(tax: int, unit: int) -> int:
    return half_up(Fraction(tax, unit)) * unit


def _spread(lines: Sequence[TaxedLine], predicted: Sequence[int], tax_cents: int, unit: int) -> list[int]:
    amounts = list(predicted)
    missing = tax_cents - sum(amounts)
    taxed = sorted((i for i, line in enumerate(lines) if line.percent), key=lambda i: (-abs(lines[i].amount_cents), i))
    for i in taxed[: abs(missing) // unit]:
        amounts[i] += unit if missing > 0 else -unit
    return amounts
