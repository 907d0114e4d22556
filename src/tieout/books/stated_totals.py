"""What a vendor's document adds up to. Pure.

The vendor's document is the truth: amounts that the caller states stay as stated, and are checked against the lines;
what is not stated follows from the lines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tieout.books.arithmetic.rounding import half_up
from tieout.books.arithmetic.totals import AMOUNT_MINOR_MAX, Rate, VatMode, sums_of

STATED = "stated"
"""Where `content` keeps the amounts as the caller stated them."""

AMOUNTS = ("subtotal", "tax_amount", "total_amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAmounts:
    """Amounts of one line; None as long as price or quantity is missing."""

    subtotal: int | None
    tax_amount: int | None
    total: int | None


def line_amounts(
    quantity: Decimal | None, unit_price: int | None, tax: Rate | None, *, stated_subtotal: int | None = None
) -> LineAmounts:
    """A line's amounts: from price and quantity, or else from its stated subtotal."""
    subtotal = stated_subtotal
    if quantity is not None and unit_price is not None:
        subtotal = half_up(Fraction(quantity) * unit_price)
    if subtotal is None:
        return LineAmounts(subtotal=None, tax_amount=None, total=None)
    tax_amount = 0 if tax is None else sums_of(subtotal, tax, VatMode.EXCLUSIVE).tax
    return LineAmounts(subtotal=subtotal, tax_amount=None if tax is None else tax_amount, total=subtotal + tax_amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedTotals:
    """Amounts of a whole document; None as long as nothing says them."""

    subtotal: int | None
    tax_amount: int | None
    total_amount: int | None


def stated_totals(
    stated: Mapping[str, int | None], lines: Sequence[LineAmounts], discount: int | None, *, tax: Rate | None = None
) -> StatedTotals:
    """The amounts as stated, or else as the lines say; without lines, `tax` (percent × 100) is that of the subtotal."""
    subtotal, tax_amount, total = (stated.get(name) for name in AMOUNTS)
    if lines:
        subtotal = _sum(line.subtotal for line in lines) if subtotal is None else subtotal
        tax_amount = sum(line.tax_amount or 0 for line in lines) if tax_amount is None else tax_amount
    elif tax_amount is None and subtotal is not None and tax is not None:
        tax_amount = sums_of(subtotal, tax, VatMode.EXCLUSIVE).tax
    if total is None and subtotal is not None:
        total = subtotal + (tax_amount or 0) - (discount or 0)
    return StatedTotals(subtotal=subtotal, tax_amount=tax_amount, total_amount=total)


def _sum(amounts: Any) -> int | None:
    found = list(amounts)
    return None if any(amount is None for amount in found) else sum(found)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An amount that is not what the others make of it."""

    field: str
    message: str


def disagreements(totals: StatedTotals, lines: Sequence[LineAmounts], discount: int | None) -> tuple[Disagreement, ...]:
    """Amounts that contradict each other.

    Tax may differ by one minor unit for every line: vendors round where they like.
    """
    found: list[Disagreement] = []
    if lines and totals.subtotal is not None:
        of_lines = _sum(line.subtotal for line in lines)
        if of_lines is not None and of_lines != totals.subtotal:
            found.append(Disagreement("subtotal", f"the lines add up to {of_lines}"))
    if lines and totals.tax_amount is not None:
        tax = sum(line.tax_amount or 0 for line in lines)
        if abs(tax - totals.tax_amount) > len(lines):
            found.append(Disagreement("tax_amount", f"the taxes of the lines add up to {tax}"))
    if totals.subtotal is not None and totals.total_amount is not None:
        total = totals.subtotal + (totals.tax_amount or 0) - (discount or 0)
        if total != totals.total_amount:
            found.append(Disagreement("total_amount", f"subtotal, tax and discount add up to {total}"))
    return tuple(found)


def fits(amount: int | None) -> bool:
    """Whether the contract's integers can hold the amount."""
    return amount is None or abs(amount) <= AMOUNT_MINOR_MAX


def taxes_landing_on(stated: int, taxes: Sequence[int]) -> list[int]:
    """The taxes of lines, moved so that they make what the vendor states: one minor unit each, the largest first.

    Unchanged where that does not suffice, for then it is no matter of rounding.
    """
    missing = stated - sum(taxes)
    taxed = sorted((i for i, tax in enumerate(taxes) if tax), key=lambda i: (-taxes[i], i))
    if abs(missing) > len(taxed):
        return list(taxes)
    landed = list(taxes)
    for i in taxed[: abs(missing)]:
        landed[i] += 1 if missing > 0 else -1
    return landed
