"""What a platform will make of a document, told before it is sent. Pure.

Platforms round tax per line and sum it (seen in 224 recorded documents of the one), or sum exact net amounts per rate
and round each rate once (the other). Where they let a client state the tax, they take what is stated; so a write that
would not land on the partner's total by itself lands by what is stated with it.

Rates of the books are percent. Amounts are minor units: those that the platform keeps, two decimal places everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import lcm
from types import MappingProxyType

from tieout.books.arithmetic.rounding import half_up, home_amount
from tieout.books.records import Document, Taxation, TaxComponent, TaxRate
from tieout.kit.money import apportion


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What the books will show of a document, in its own currency; `subtotal + tax = total`.

    `home_total` is what its total is worth in the books' currency, None where the platform takes a rate of its own.
    """

    subtotal: Decimal
    tax: Decimal
    total: Decimal
    home_total: Decimal | None = None


def predict_tax(
    lines: Sequence[TaxableLine],
    *,
    rounding: Rounding,
    taxation: Taxation,
    stated_lines: Sequence[int | None] = (),
    stated_rates: Mapping[str, int] = MappingProxyType({}),
) -> PredictedTax:
    """The tax that a platform will show for these lines.

    PER_LINE: each line's tax is rounded half up, then summed (recordings of one platform). PER_RATE: exact net
    amounts are summed for every rate, and each rate's tax is rounded once (recordings of the other). What is stated for
    a line or a rate, by the platform's rule, takes the place of what it would compute.
    """
    amount = sum(line.amount_minor for line in lines)
    if taxation is Taxation.NONE:
        return PredictedTax(net_minor=amount, tax_minor=0, rates=(), lines=tuple(0 for _ in lines))
    if rounding is Rounding.PER_LINE:
        told = tuple(stated_lines) or (None,) * len(lines)
        pairs = zip(lines, told, strict=True)
        each = tuple(_line_tax(line, taxation) if tax is None else tax for line, tax in pairs)
        rates, tax = _rates_per_line(lines, each, taxation), sum(each)
    else:
        each, computed = None, _rates_per_rate(lines, taxation)
        rates = tuple(replace(rate, tax_minor=stated_rates.get(rate.id, rate.tax_minor)) for rate in computed)
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
    if not weights:
        return []
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


def parts_of(rate: TaxRate, *, is_sale: bool = True) -> tuple[RatePart, ...]:
    """The rates inside a tax rate of the books, for one side of them; one that names none is its own single part.

    A component that does not say what it comes to of the net amount is charged on that and, if it is compound, on all
    plain components too.
    """
    components = _components(rate, is_sale=is_sale)
    if not components:
        return (RatePart(id=rate.external_id, percent=rate.effective_rate),)
    plain = sum((c.rate for c in components if not c.is_compound), Decimal(0))
    return tuple(
        RatePart(id=component.external_id or f"{rate.external_id}:{i}", percent=_percent_of_net(component, plain))
        for i, component in enumerate(components)
    )


def _components(rate: TaxRate, *, is_sale: bool) -> Sequence[TaxComponent]:
    return rate.components if is_sale else rate.purchase_components or rate.components


def _percent_of_net(component: TaxComponent, plain: Decimal) -> Decimal:
    if component.effective_rate is not None:
        return component.effective_rate
    return component.rate * (1 + plain / 100) if component.is_compound else component.rate


def predicted(document: Document, subtotal: Decimal, tax: Decimal, *, base_currency: str, places: int) -> Prediction:
    """The prediction of a document from what it will come to; amounts at home have `places` decimal places."""
    total, rate = subtotal + tax, document.exchange_rate
    if document.currency == base_currency:
        return Prediction(subtotal=subtotal, tax=tax, total=total, home_total=total)
    home = home_amount(total, rate, places=places) if rate else None
    return Prediction(subtotal=subtotal, tax=tax, total=total, home_total=home)
