"""The tax of receivables as callers see it: of each line, and of all lines of one rate together."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from tieout.api.receivables.lines import exact_rate
from tieout.api.vat_rates.service import components_of
from tieout.books.arithmetic.rounding import half_up
from tieout.books.arithmetic.totals import RateTotals
from tieout.books.statutory_rates import RATES_BY_ID, StatutoryRate
from tieout.kit.money import apportion
from tieout.storage.tables.business import ReceivableLine

_DIGITS_OF_A_RATE = 1_000
"""No rate of the law has more than three digits behind percent × 100."""


def statutory_rate(line: ReceivableLine) -> StatutoryRate | None:
    """The rate of the law that the line names, if it names one."""
    return None if line.vat_rate_id is None else RATES_BY_ID[line.vat_rate_id]


def show_rate(line: ReceivableLine, country: str) -> dict[str, Any]:
    """The rate of a line; `country` is where the tax of lines is owed that name no rate of the law."""
    shown = {"country": country, "value": line.tax_rate_value, "name": line.tax_rate_name}
    rate = statutory_rate(line)
    if rate is None:
        return shown
    return {**shown, "id": rate.id, "country": rate.country, "components": components_of(rate)}


def show_totals(totals: Iterable[RateTotals], lines: Sequence[ReceivableLine]) -> list[dict[str, Any]]:
    """The tax by rate. The parts of a rate add up to its amount; they are told if all its lines name the same rate."""
    shown = []
    for total in totals:
        of_rate = [line for line in lines if exact_rate(line) == total.rate]
        named = {line.vat_rate_id: statutory_rate(line) for line in of_rate}
        rate = next(iter(named.values())) if len(named) == 1 else None
        shown.append(
            {
                "id": None if rate is None else rate.id,
                "amount": total.tax,
                "components": None if rate is None else _components(rate, total.tax),
                "taxable_amount": total.taxable,
                "value": half_up(Fraction(total.rate)),
                "name": of_rate[-1].tax_rate_name if of_rate else None,
            }
        )
    return shown


def _components(rate: StatutoryRate, tax: int) -> list[dict[str, Any]]:
    amounts = apportion(tax, [int(part.value * _DIGITS_OF_A_RATE) for part in rate.parts])
    return [
        {"name": part.name, "value": part.value, "amount": amount}
        for part, amount in zip(rate.parts, amounts, strict=True)
    ]
