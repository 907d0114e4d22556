"""How much of an invoice a credit note may take back, and what it takes back along with its lines. Pure.

Amounts are minor units. A line is credited by quantity at its own price, or by a part of its price; either way the
value taken back (quantity × price, exactly) never exceeds the line's. Amounts that belong to the whole, such as a fixed
discount or a deduction, follow in proportion; shares are cut from the running sum, so that several credit notes over
all of an invoice take back exactly all of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tieout.books.arithmetic.rounding import half_up


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """So much of a line: units, at a price for each in minor units."""

    quantity: Decimal
    price_minor: int

    @property
    def value(self) -> Fraction:
        """What it is worth before discounts and tax, in minor units."""
        return Fraction(self.quantity) * self.price_minor


def value_of(portions: Iterable[Portion]) -> Fraction:
    """What several portions are worth together."""
    return sum((portion.value for portion in portions), Fraction(0))


def left_of(line: Portion, credited: Iterable[Portion]) -> Portion | None:
    """What is left of a line to be credited; None when nothing is.

    Where only part of the price was taken back before, the rest of the value is spread over the units that are left, in
    whole minor units.
    """
    taken = list(credited)
    units = line.quantity - sum((part.quantity for part in taken if part.price_minor == line.price_minor), Decimal(0))
    value = line.value - value_of(taken)
    if units <= 0 or (line.price_minor > 0 and value <= 0):
        return None
    price = min(line.price_minor, int(value // Fraction(units)))
    return None if price == 0 < line.price_minor else Portion(quantity=units, price_minor=price)


def fits(wanted: Portion, line: Portion, credited: Iterable[Portion]) -> bool:
    """Whether a portion can be credited of a line: no more units, price or value than are left."""
    taken = list(credited)
    whole_units = [part.quantity for part in (*taken, wanted) if part.price_minor == line.price_minor]
    return (
        wanted.price_minor <= line.price_minor
        and wanted.quantity <= line.quantity
        and sum(whole_units, Decimal(0)) <= line.quantity
        and wanted.value + value_of(taken) <= line.value
    )


def share_of(amount_minor: int, *, part: Fraction, before: Fraction, whole: Fraction) -> int:
    """The share of an amount that goes with `part` of `whole`, when `before` of it had its share already."""
    if whole == 0:
        return 0
    return half_up(amount_minor * (before + part) / whole) - half_up(amount_minor * before / whole)
