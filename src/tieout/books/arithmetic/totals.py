"""What a document adds up to by Tieout's own rule, the one that the API shows. Whole minor units in and out.

Every line is rounded once, half away from zero, its tax likewise; a discount of the whole document is shared out over
the lines to the last minor unit; and every total is a sum of what is shown. Sums therefore always add up.

Rates are percent × 100 (12.5 % is 1250, and 8.875 % is Decimal("887.5")). Everything is computed in exact fractions, so
neither the size of a number nor the currency's decimal places matter.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from tieout.books.arithmetic.rounding import half_up
from tieout.kit.money import apportion

AMOUNT_MINOR_MAX = 9_007_199_254_740_991
PERCENT_100 = 10_000

Rate = int | Decimal
"""A tax rate, percent × 100."""


class DiscountTooLarge(ValueError):  # noqa: N818 - reads as a sentence
    """A discount takes away more than there is; `line` is its index, None for the document's own."""

    def __init__(self, line: int | None) -> None:
        """Name the line."""
        self.line = line
        super().__init__("the discount is larger than the amount it is taken from")


class DeductionTooLarge(ValueError):  # noqa: N818 - reads as a sentence
    """A deduction is larger than the document."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("the deduction is larger than the document")


class AmountTooLarge(ValueError):  # noqa: N818 - reads as a sentence
    """An amount does not fit the contract's largest integer (2^53 - 1)."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(f"an amount is larger than {AMOUNT_MINOR_MAX} minor units")


class DiscountType(StrEnum):
    """In which unit a discount is told."""

    AMOUNT = "amount"
    PERCENTAGE = "percentage"


class VatMode(StrEnum):
    """Whether prices hold the tax already; also whether discounts are taken from amounts that hold it."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """A discount: minor units, or percent × 100."""

    type: DiscountType
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """A line as a document states it. `price_minor` is of one unit; `rate` is percent × 100."""

    quantity: Decimal
    price_minor: int
    discount: Discount | None = None
    rate: Rate = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Net, tax and gross; `net + tax = gross`, always."""

    net: int
    tax: int

    @property
    def gross(self) -> int:
        """Net and tax together."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTotals:
    """One line: `own` after its own discount, `share` of the document's discount, `final` after both."""

    own: Sums
    share: int
    final: Sums
    rate: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTotals:
    """All lines of one rate (percent × 100)."""

    rate: Rate
    taxable: int
    tax: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """A whole document. Every field is a sum of the lines' (`total` less the deduction)."""

    lines: tuple[LineTotals, ...]
    rates: tuple[RateTotals, ...]
    subtotal: int
    subtotal_after_vat: int
    discount_value: int
    discounted_subtotal: int
    total_vat: int
    deduction: int
    total: int


def add_up(
    lines: Sequence[PricedLine],
    *,
    vat_mode: VatMode = VatMode.EXCLUSIVE,
    discount: Discount | None = None,
    discount_mode: VatMode = VatMode.EXCLUSIVE,
    deduction: int = 0,
) -> Totals:
    """The totals of a document (the contract's receivables).

    `discount_mode` matters where prices hold tax: whether discounts are taken from net or from gross amounts. The
    deduction becomes a line without tax in the books, so it lowers the total and nothing else. Raises DiscountTooLarge,
    DeductionTooLarge and AmountTooLarge.
    """
    from_gross = vat_mode is VatMode.INCLUSIVE and discount_mode is VatMode.INCLUSIVE
    own = [_line_sums(i, line, vat_mode, from_gross=from_gross) for i, line in enumerate(lines)]
    weights = [sums.gross if from_gross else sums.net for sums in own]
    value = _discount_value(discount, sum(weights))
    shares = _shares(value, weights, [(line.rate, sums.tax) for line, sums in zip(lines, own, strict=True)])
    made = tuple(
        LineTotals(own=sums, share=share, final=_less(sums, share, line.rate, from_gross=from_gross), rate=line.rate)
        for sums, share, line in zip(own, shares, lines, strict=True)
    )
    net, tax = sum(line.final.net for line in made), sum(line.final.tax for line in made)
    if sum(sums.gross for sums in own) > AMOUNT_MINOR_MAX:
        raise AmountTooLarge
    if deduction > net + tax:
        raise DeductionTooLarge
    return Totals(
        lines=made,
        rates=_by_rate(made),
        subtotal=sum(sums.net for sums in own),
        subtotal_after_vat=sum(sums.gross for sums in own),
        discount_value=value,
        discounted_subtotal=net,
        total_vat=tax,
        deduction=deduction,
        total=net + tax - deduction,
    )


def _line_sums(index: int, line: PricedLine, vat_mode: VatMode, *, from_gross: bool) -> Sums:
    whole = Fraction(line.quantity) * line.price_minor
    if line.discount is not None and line.discount.type is DiscountType.PERCENTAGE:
        if line.discount.amount > PERCENT_100:
            raise DiscountTooLarge(index)
        whole *= Fraction(PERCENT_100 - line.discount.amount, PERCENT_100)
    sums = sums_of(half_up(whole), line.rate, vat_mode)
    if line.discount is None or line.discount.type is DiscountType.PERCENTAGE:
        return sums
    if line.discount.amount > (sums.gross if from_gross else sums.net):
        raise DiscountTooLarge(index)
    return _less(sums, line.discount.amount, line.rate, from_gross=from_gross)


def sums_of(amount_minor: int, rate: Rate, vat_mode: VatMode) -> Sums:
    """Net and tax of an amount that is net (exclusive) or gross (inclusive)."""
    of, exact = amount_minor, Fraction(rate)
    if vat_mode is VatMode.EXCLUSIVE:
        return Sums(net=of, tax=half_up(of * exact / PERCENT_100))
    tax = half_up(of * exact / (PERCENT_100 + exact))
    return Sums(net=of - tax, tax=tax)


def _less(sums: Sums, share: int, rate: Rate, *, from_gross: bool) -> Sums:
    if share == 0:
        return sums
    if from_gross:
        return sums_of(sums.gross - share, rate, VatMode.INCLUSIVE)
    return sums_of(sums.net - share, rate, VatMode.EXCLUSIVE)


def _shares(value: int, weights: Sequence[int], taxes: Sequence[tuple[Rate, int]]) -> list[int]:
    """The value shared out by weights; odd units go by what the lines are, so that their order changes no total."""
    order = sorted(range(len(weights)), key=lambda i: (-weights[i], *taxes[i]))
    shared = apportion(value, [weights[i] for i in order]) if value else [0] * len(order)
    shares = dict(zip(order, shared, strict=True))
    return [shares[i] for i in range(len(weights))]


def _discount_value(discount: Discount | None, of: int) -> int:
    if discount is None:
        return 0
    if discount.type is DiscountType.PERCENTAGE:
        if discount.amount > PERCENT_100:
            raise DiscountTooLarge(None)
        return half_up(Fraction(of * discount.amount, PERCENT_100))
    if discount.amount > of:
        raise DiscountTooLarge(None)
    return discount.amount


def _by_rate(lines: Iterable[LineTotals]) -> tuple[RateTotals, ...]:
    sums: dict[Rate, tuple[int, int]] = {}
    for line in lines:
        taxable, tax = sums.get(line.rate, (0, 0))
        sums[line.rate] = (taxable + line.final.net, tax + line.final.tax)
    return tuple(RateTotals(rate=rate, taxable=taxable, tax=tax) for rate, (taxable, tax) in sums.items())
