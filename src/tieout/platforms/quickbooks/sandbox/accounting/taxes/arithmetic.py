"""Sales tax: which rates a document carries and how much each comes to. Pure.

Net amounts are summed per rate first and each rate is rounded once, half up, as recorded. A rate is taken on the net
amount, on that with the tax of the rates below it, or on their tax alone (`TaxTypeApplicable` of a tax code's rate).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tieout.platforms.quickbooks.sandbox.figures import ZERO, cents

_HUNDRED = Decimal(100)


class Basis(StrEnum):
    """What a rate is taken on."""

    AMOUNT = "TaxOnAmount"
    AMOUNT_AND_TAX = "TaxOnAmountPlusTax"
    TAX = "TaxOnTax"


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate as a document uses it."""

    id: str
    percent: Decimal
    order: int = 0
    basis: Basis = Basis.AMOUNT
    on_order: int | None = None
    """The order of the rates whose tax it is taken on; without one, all rates of a lower order."""

    def is_on(self, other: "Rate") -> bool:
        """Whether it is taken on the tax of another rate."""
        return other.order == self.on_order if self.on_order is not None else other.order < self.order


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when a rate has a value, both days included; None is without end."""

    percent: Decimal
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class TaxedLine:
    """A line with its amount, gross when tax is inclusive, and the rates that its code brings."""

    amount: Decimal
    rates: tuple[Rate, ...]


@dataclass(frozen=True, slots=True)
class RateAmount:
    """What one rate comes to."""

    rate: Rate
    net: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Outcome:
    """The tax of a document. `nets` has the net amount of every line, in order."""

    amounts: tuple[RateAmount, ...]
    nets: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        """All rates together."""
        return sum((one.amount for one in self.amounts), ZERO)


def percent_on(periods: Sequence[Period], on: date) -> Decimal:
    """What a rate is on a day: that of the period it falls into; before all of them that of the first."""
    in_order = sorted(periods, key=lambda period: period.starts_on)
    reached = [period for period in in_order if period.starts_on <= on] or in_order[:1]
    return reached[-1].percent


def plan_exclusive(lines: Sequence[TaxedLine]) -> Outcome:
    """Tax on top of net amounts."""
    bases: dict[Rate, Decimal] = {}
    for line in lines:
        for rate, factor in zip(line.rates, _base_factors(line.rates), strict=True):
            bases[rate] = bases.get(rate, ZERO) + line.amount * factor
    amounts = tuple(
        RateAmount(rate, cents(base), cents(cents(base) * rate.percent / _HUNDRED)) for rate, base in bases.items()
    )
    return Outcome(amounts, tuple(line.amount for line in lines))


def plan_inclusive(lines: Sequence[TaxedLine]) -> Outcome:
    """Tax within gross amounts: what is left after it is the net, and nothing is lost between the two."""
    nets = [line.amount for line in lines]
    by_rates: dict[tuple[Rate, ...], list[int]] = {}
    for place, line in enumerate(lines):
        by_rates.setdefault(line.rates, []).append(place)
    amounts: dict[Rate, RateAmount] = {}
    for rates, places in by_rates.items():
        if not rates:
            continue
        bases = _base_factors(rates)
        factors = [base * rate.percent / _HUNDRED for base, rate in zip(bases, rates, strict=True)]
        divisor = 1 + sum(factors, ZERO)
        gross = sum((lines[place].amount for place in places), ZERO)
        net = cents(gross / divisor)
        taxes = _summing_to(gross - net, [net * factor for factor in factors])
        for rate, base, amount in zip(rates, bases, taxes, strict=True):
            known = amounts.get(rate, RateAmount(rate, ZERO, ZERO))
            amounts[rate] = RateAmount(rate, known.net + cents(net * base), known.amount + amount)
        shares = _summing_to(net, [lines[place].amount / divisor for place in places])
        for place, share in zip(places, shares, strict=True):
            nets[place] = share
    return Outcome(tuple(amounts.values()), tuple(nets))


def plan_stated(computed: Outcome, stated: Mapping[str, Decimal], *, inclusive: bool) -> Outcome:
    """The same document with the amounts that the client states for its rates; inclusive nets give way."""
    amounts = tuple(RateAmount(one.rate, one.net, stated.get(one.rate.id, one.amount)) for one in computed.amounts)
    if not inclusive:
        return Outcome(amounts, computed.nets)
    difference = computed.total - sum((one.amount for one in amounts), ZERO)
    nets = list(computed.nets)
    if nets:
        largest = max(range(len(nets)), key=lambda place: abs(nets[place]))
        nets[largest] += difference
    return Outcome(amounts, tuple(nets))


def plan_spread(computed: Outcome, total: Decimal) -> Outcome:
    """The same document with a stated total, spread over its rates in proportion to what they came to."""
    if not computed.amounts:
        return computed
    weights = [one.amount for one in computed.amounts]
    shares = split(total, weights if any(weights) else [one.rate.percent for one in computed.amounts])
    pairs = zip(computed.amounts, shares, strict=True)
    return Outcome(tuple(RateAmount(one.rate, one.net, share) for one, share in pairs), computed.nets)


def missing_rates(lines: Iterable[TaxedLine], stated: Iterable[str]) -> set[str]:
    """The rates of the lines' codes that a stated list leaves out."""
    return {rate.id for line in lines for rate in line.rates} - set(stated)


def _base_factors(rates: Sequence[Rate]) -> list[Decimal]:
    """What each rate is taken on, for every unit of net amount."""
    bases, taxes = {}, dict[int, Decimal]()
    for place in sorted(range(len(rates)), key=lambda one: rates[one].order):
        rate = rates[place]
        below = sum((tax for other, tax in taxes.items() if rate.is_on(rates[other])), ZERO)
        bases[place] = {Basis.AMOUNT: Decimal(1), Basis.AMOUNT_AND_TAX: 1 + below, Basis.TAX: below}[rate.basis]
        taxes[place] = bases[place] * rate.percent / _HUNDRED
    return [bases[place] for place in range(len(rates))]


def _summing_to(total: Decimal, parts: Sequence[Decimal]) -> list[Decimal]:
    """The parts rounded so that they come to the total: the largest takes the difference."""
    rounded = [cents(part) for part in parts]
    largest = max(range(len(parts)), key=lambda place: abs(parts[place]))
    rounded[largest] += total - sum(rounded, ZERO)
    return rounded


def split(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """A total in parts by weight, each rounded; the last takes what is left."""
    whole = sum(weights, ZERO)
    parts = [cents(total * weight / whole) if whole else ZERO for weight in weights[:-1]]
    return [*parts, total - sum(parts, ZERO)]
