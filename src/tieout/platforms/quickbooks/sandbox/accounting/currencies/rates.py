"""Exchange rates of a company, day by day: a walk around plausible figures that a seed repeats, and what people set.

Every calendar year is a walk of its own between two anchors, so that any day is found without walking up to it.
"""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from random import Random

from tieout.platforms.quickbooks.sandbox.figures import cents

_FACTS: dict[str, tuple[str, str]] = json.loads(
    (Path(__file__).parents[2] / "facts" / "currencies.json").read_text(encoding="utf-8")
)
_ONE = Decimal(1)
_ANCHOR_SPREAD, _DAILY_SPREAD = 400, 35
"""How far, in ten-thousandths, a year's anchor and a day's step may lie from where they came from."""
_DAYS = 366
_PLACES, _DIGITS_LEAST = 6, 4
"""A rate has six decimal places, and for very small units as many as show four digits."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The currency of a document, and the home units that one unit of it is worth there."""

    code: str
    rate: Decimal = _ONE
    party_rate: Decimal = _ONE
    """Home units for one unit of its party's currency, where the document is in the home currency and that is not."""

    def home(self, amount: Decimal) -> Decimal:
        """An amount in the home currency, rounded half up to the cent."""
        return amount if self.rate == _ONE else cents(amount * self.rate)

    def party(self, amount: Decimal) -> Decimal:
        """An amount as it counts in the balance of the document's party."""
        return amount if self.party_rate == _ONE else cents(amount / self.party_rate)


HOME = Exchange("")
"""The exchange of what is in the home currency anyway."""


def currency_name(code: str) -> str | None:
    """What a currency is called, or None for a code that is none."""
    row = _FACTS.get(code)
    return row[0] if row is not None else None


@dataclass(frozen=True, slots=True)
class SetRate:
    """A rate that somebody set for a day."""

    rate: Decimal
    at: datetime


@dataclass(slots=True)
class RateTable:
    """Home units for one unit of each currency, for any day."""

    home: str
    seed: int
    set_rates: dict[tuple[str, date], SetRate] = field(default_factory=dict)
    """What people set, by currency and day; it holds for that day alone."""

    def rate(self, code: str, on: date) -> Decimal:
        """Home units for one unit of the currency on that day. The code has to be one that `currency_name` knows."""
        if code == self.home:
            return _ONE
        told = self.set_rates.get((code, on))
        if told is not None:
            return told.rate
        dollars = _dollars(self.seed, code, on)
        return rounded_rate(dollars if self.home == "USD" else dollars / _dollars(self.seed, self.home, on))

    def set_rate(self, code: str, on: date, rate: Decimal, *, at: datetime) -> None:
        """Let the rate of that day be this one."""
        self.set_rates[(code, on)] = SetRate(rounded_rate(rate), at)


def rounded_rate(rate: Decimal) -> Decimal:
    """A rate as it is kept and shown."""
    places = max(_PLACES, _DIGITS_LEAST - 1 - rate.adjusted())
    return rate.quantize(_ONE.scaleb(-places), ROUND_HALF_UP).normalize() + 0


def _dollars(seed: int, code: str, on: date) -> Decimal:
    """United States dollars for one unit."""
    if code == "USD":
        return _ONE
    return Decimal(_FACTS[code][1]) * _year(seed, code, on.year)[on.timetuple().tm_yday - 1] / 10_000


@cache
def _year(seed: int, code: str, year: int) -> tuple[int, ...]:
    """Ten-thousandths of the plausible figure for each day of a year, from one anchor to the next."""
    start, end = _anchor(seed, code, year), _anchor(seed, code, year + 1)
    steps = Random(f"rates:{seed}:{code}:{year}")  # noqa: S311 - a walk that the seed repeats
    walk, value = [], 0
    for _ in range(_DAYS):
        walk.append(value)
        value += steps.randint(-_DAILY_SPREAD, _DAILY_SPREAD)
    return tuple(start + walk[day] + (end - start - value) * day // _DAYS for day in range(_DAYS))


def _anchor(seed: int, code: str, year: int) -> int:
    anchors = Random(f"rates:{seed}:{code}:{year}:anchor")  # noqa: S311 - as above
    return 10_000 + anchors.randint(-_ANCHOR_SPREAD, _ANCHOR_SPREAD)
