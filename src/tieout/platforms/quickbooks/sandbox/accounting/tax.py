"""Sales tax: which rates a document carries and how much each comes to. Pure.

Net amounts are summed per rate first and each rate is rounded once, half up, as recorded.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tieout.platforms.quickbooks.sandbox.figures import ZERO, cents

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate as a document uses it."""

    id: str
    percent: Decimal


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


def plan_exclusive(lines: Sequence[TaxedLine]) -> Outcome:
    """Tax on top of net amounts."""
    nets: dict[Rate, Decimal] = {}
    for line in lines:
        for rate in line.rates:
            nets[rate] = nets.get(rate, ZERO) + line.amount
    amounts = tuple(
        RateAmount(rate, cents(net), cents(cents(net) * rate.percent / _HUNDRED)) for rate, net in nets.items()
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
        gross = sum((lines[place].amount for place in places), ZERO)
        percent = sum((rate.percent for rate in rates), ZERO)
        net = cents(gross * _HUNDRED / (_HUNDRED + percent))
        for rate, amount in zip(rates, split(gross - net, [rate.percent for rate in rates]), strict=True):
            known = amounts.get(rate, RateAmount(rate, ZERO, ZERO))
            amounts[rate] = RateAmount(rate, known.net + net, known.amount + amount)
        for place, share in zip(places, split(net, [lines[place].amount for place in places]), strict=True):
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


def split(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """A total in parts by weight, each rounded; the last takes what is left."""
    whole = sum(weights, ZERO)
    parts = [cents(total * weight / whole) if whole else ZERO for weight in weights[:-1]]
    return [*parts, total - sum(parts, ZERO)]
