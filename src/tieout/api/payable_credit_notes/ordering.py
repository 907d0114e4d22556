"""Quantities as text that compares like the numbers: neither database compares exact decimals. Pure."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tieout.storage.tables.payable_credit_notes import QUANTITY_ORDER_LENGTH

QUANTITY_PLACES: Final = 10
BEYOND: Final = Decimal(10) ** (QUANTITY_ORDER_LENGTH - QUANTITY_PLACES)
"""Larger than any quantity of a line."""
LEAST: Final = Decimal(1).scaleb(-2 * QUANTITY_PLACES)
"""Smaller than any quantity of a line that is not zero."""


def within_reach(quantity: Decimal) -> Decimal:
    """A quantity to compare with, however large or small it is: what is out of reach compares like the bounds."""
    return min(quantity, BEYOND) if quantity == 0 else min(max(quantity, LEAST), BEYOND)


def quantity_order(quantity: Decimal, *, rounded_up: bool = False) -> str:
    """A quantity that is not negative, in digits of fixed length; one with more places is rounded to its neighbour."""
    exact = Fraction(quantity) * 10**QUANTITY_PLACES
    digits = math.ceil(exact) if rounded_up else math.floor(exact)
    return str(min(digits, 10**QUANTITY_ORDER_LENGTH - 1)).zfill(QUANTITY_ORDER_LENGTH)
