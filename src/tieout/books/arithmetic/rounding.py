"""Rounding: to whole units, halves away from zero, and nowhere else. Exact fractions before that.

What a line comes to, and what an amount is worth in the books' own currency, is rounded once, so the order of the
factors does not matter.
"""

from decimal import Decimal
from fractions import Fraction
from typing import Final

HOME_PLACES: Final = 12
"""Where an amount in home currency is cut before it is rounded: rates may be inverses, right to some 28 digits."""


def half_up(value: Fraction | Decimal) -> int:
    """A number to the nearest whole one, halves away from zero, exactly."""
    numerator, denominator = value.as_integer_ratio()
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def line_minor(
    quantity: Decimal,
    unit_price: Decimal | int,
    *,
    percent: Decimal | None = None,
    discount: Decimal | int | None = None,
) -> int:
    """What a line comes to: quantity × price less a percentage, or less a sum, rounded once.

    Price, sum and result are in the same unit, cents say.
    """
    whole = Fraction(quantity) * Fraction(unit_price)
    whole *= 1 - Fraction(percent or 0) / 100
    return half_up(whole - Fraction(discount or 0))


def percent_for(discount_minor: int, of_minor: int, *, places: int) -> Decimal | None:
    """A fixed discount as a percentage with at most `places` decimals that lands on the same minor unit, or None."""
    if of_minor == 0:
        return Decimal(0) if discount_minor == 0 else None
    percent = Decimal(half_up(Fraction(discount_minor * 100 * 10**places, of_minor))).scaleb(-places)
    lands = line_minor(Decimal(1), of_minor, percent=percent) == of_minor - discount_minor
    return percent if lands else None


def home_amount(amount: Decimal, rate: Decimal, *, places: int) -> Decimal:
    """An amount of a foreign currency in the books' own, `rate` of which are one of the foreign: rounded once."""
    scale = 10**HOME_PLACES
    cut = Fraction(half_up(Fraction(amount) * Fraction(rate) * scale), scale)
    return Decimal(half_up(cut * 10**places)).scaleb(-places)
