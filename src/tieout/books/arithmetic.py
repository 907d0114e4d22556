"""What a document adds up to, and what a platform will make of it. Whole minor units in, whole minor units out.

Two families stand here, on purpose apart:

* `add_up` is our own rule, the one the API shows: every line is rounded once, half away from zero, its tax likewise, a
  discount of the whole document is shared out over the lines to the last minor unit, and every total is a sum of what
  is shown. Sums therefore always add up.
* `predict_tax` is the platforms' rule, for a write that must land on our total: tax rounded per line and then summed
  (seen in 224 recorded documents of the one), or net amounts summed per rate and rounded once (the other).

Rates of our API are percent × 100 (12.5 % is 1250, and 8.875 % is Decimal("887.5")); rates of the books are percent.
Everything is computed in exact fractions, so neither the size of a number nor the currency's decimal places matter.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from math import lcm

from tieout.books.records import Document, Taxation, TaxRate
from tieout.kit.money import apportion, to_minor

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


def half_up(value: Fraction | Decimal) -> int:
    """A number to the nearest whole one, halves away from zero, exactly."""
    numerator, denominator = value.as_integer_ratio()
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


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


# What the platforms make of it.


class Rounding(StrEnum):
    """Where a platform rounds tax."""

    PER_LINE = "per_line"
    PER_RATE = "per_rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class RatePart:
    """One rate within a tax code, in percent of the net amount (a compound one already compounded)."""

    id: str
    percent: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxableLine:
    """A line for a platform: its amount after discount, net or gross as the document's taxation says."""

    amount_minor: int
    parts: tuple[RatePart, ...] = ()

    @property
    def percent(self) -> Fraction:
        """All its rates together, as a fraction of one hundred."""
        return sum((Fraction(part.percent) for part in self.parts), Fraction(0)) / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedRate:
    """What a platform will show for one rate."""

    id: str
    percent: Decimal
    taxable_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedTax:
    """What a platform will show: `net + tax = gross`. `lines` holds each line's tax, where rounding is per line."""

    net_minor: int
    tax_minor: int
    rates: tuple[PredictedRate, ...]
    lines: tuple[int, ...] | None

    @property
    def gross_minor(self) -> int:
        """The total that the books will show."""
        return self.net_minor + self.tax_minor


def predict_tax(lines: Sequence[TaxableLine], *, rounding: Rounding, taxation: Taxation) -> PredictedTax:
    """The tax that a platform will compute for these lines.

    PER_LINE: each line's tax is rounded half up, then summed (recordings of one platform). PER_RATE: exact net
    amounts are summed for every rate, and each rate's tax is rounded once (recordings of the other).
    """
    amount = sum(line.amount_minor for line in lines)
    if taxation is Taxation.NONE:
        return PredictedTax(net_minor=amount, tax_minor=0, rates=(), lines=tuple(0 for _ in lines))
    each = tuple(_line_tax(line, taxation) for line in lines) if rounding is Rounding.PER_LINE else None
    rates = _rates_per_rate(lines, taxation) if each is None else _rates_per_line(lines, each, taxation)
    tax = sum(rate.tax_minor for rate in rates)
    net = amount - tax if taxation is Taxation.INCLUSIVE else amount
    return PredictedTax(net_minor=net, tax_minor=tax, rates=rates, lines=each)


def _line_tax(line: TaxableLine, taxation: Taxation) -> int:
    percent = line.percent
    return half_up(line.amount_minor * (percent / (1 + percent) if taxation is Taxation.INCLUSIVE else percent))


def _rates_per_line(
    lines: Sequence[TaxableLine], taxes: Sequence[int], taxation: Taxation
) -> tuple[PredictedRate, ...]:
    sums: dict[RatePart, tuple[int, int]] = {}
    for line, tax in zip(lines, taxes, strict=True):
        net = line.amount_minor - tax if taxation is Taxation.INCLUSIVE else line.amount_minor
        for part, share in zip(line.parts, _shared(tax, line), strict=True):
            taxable, so_far = sums.get(part, (0, 0))
            sums[part] = (taxable + net, so_far + share)
    return tuple(
        PredictedRate(id=part.id, percent=part.percent, taxable_minor=taxable, tax_minor=tax)
        for part, (taxable, tax) in sums.items()
    )


def _shared(tax: int, line: TaxableLine) -> list[int]:
    weights = [Fraction(part.percent) for part in line.parts]
    scale = lcm(*(weight.denominator for weight in weights))
    sign = -1 if tax < 0 else 1
    return [sign * share for share in apportion(abs(tax), [int(weight * scale) for weight in weights])]


def _rates_per_rate(lines: Sequence[TaxableLine], taxation: Taxation) -> tuple[PredictedRate, ...]:
    nets: dict[RatePart, Fraction] = {}
    for line in lines:
        net = Fraction(line.amount_minor) / (1 + line.percent if taxation is Taxation.INCLUSIVE else 1)
        for part in line.parts:
            nets[part] = nets.get(part, Fraction(0)) + net
    return tuple(
        PredictedRate(
            id=part.id,
            percent=part.percent,
            taxable_minor=half_up(net),
            tax_minor=half_up(net * Fraction(part.percent) / 100),
        )
        for part, net in nets.items()
    )


def parts_of(rate: TaxRate) -> tuple[RatePart, ...]:
    """The rates inside a tax rate of the books; one that names no components is its own single part.

    A compound component is charged on the net amount and all plain components together.
    """
    if not rate.components:
        return (RatePart(id=rate.external_id, percent=rate.effective_rate),)
    plain = sum((c.rate for c in rate.components if not c.is_compound), Decimal(0))
    return tuple(
        RatePart(
            id=component.external_id or f"{rate.external_id}:{i}",
            percent=component.rate * (1 + plain / 100) if component.is_compound else component.rate,
        )
        for i, component in enumerate(rate.components)
    )


def taxable_lines(document: Document, rates: Mapping[str, TaxRate]) -> tuple[TaxableLine, ...]:
    """A canonical document's lines, ready for `predict_tax`; raises KeyError for a rate that is not among `rates`."""
    return tuple(
        TaxableLine(
            amount_minor=to_minor(line.amount, document.currency),
            parts=() if line.tax_rate_id is None else parts_of(rates[line.tax_rate_id]),
        )
        for line in document.lines
    )


def discounted_amount(quantity: Decimal, price_minor: int, percent: Decimal) -> int:
    """What a platform makes of quantity × price less a percentage: rounded once, half up."""
    return half_up(Fraction(quantity) * price_minor * (1 - Fraction(percent) / 100))


def percent_for(discount_minor: int, of_minor: int, *, places: int) -> Decimal | None:
    """A fixed discount as a percentage with at most `places` decimals that lands on the same minor unit, or None."""
    if of_minor == 0:
        return Decimal(0) if discount_minor == 0 else None
    scale = 10**places
    percent = Decimal(half_up(Fraction(discount_minor * 100 * scale, of_minor))).scaleb(-places)
    lands = discounted_amount(Decimal(1), of_minor, percent) == of_minor - discount_minor
    return percent.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) if lands else None
