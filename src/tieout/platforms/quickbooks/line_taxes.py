"""Net and tax of every line of a document, so that they make its total: what was told, or what its rates make. Pure.

The partner's figures come first. Where the lines' own tax adds up, it is taken; else every code's tax is what its rates
make of it, and what rounding leaves goes to the largest. A tax that no rounding explains is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tieout.books.arithmetic.predicting import parts_of
from tieout.books.arithmetic.rounding import half_up
from tieout.books.records import Document, Taxation, TaxRate
from tieout.kit.money import apportion, from_minor, to_minor
from tieout.platforms.quickbooks import preflight
from tieout.platforms.quickbooks.errors import refused
from tieout.platforms.quickbooks.refusal_table import NEGATIVE_TOTAL
from tieout.platforms.quickbooks.translate_lists import PSEUDO_TAXED

_UNITS_SOLD, _UNITS_BOUGHT = 1, 2
"""By how many minor units for each line rounding may part our tax from a code's: half a one for the line and, less
often, half a one for the whole; vendors state tax that may be another one off.
"""
_RATE_UNSAID = Fraction(1, 20_000)
"""Half of the last decimal of a percentage that our API can say, as a share of an amount."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """Minor units, line by line: what is left after the document's discount, and the tax of it."""

    nets: list[int]
    taxes: list[int]


def rate_of(tax_rates: Mapping[str, TaxRate], code: str) -> TaxRate:
    """The tax rate of a code; raises WriteRefused for one that is not known."""
    rate = tax_rates.get(code)
    if rate is None:
        raise refused(preflight.TAX_CODE_MISSING, f"The tax rate {code} is not known in these books.")
    return rate


def line_amounts(
    document: Document, codes: Sequence[str | None], tax_rates: Mapping[str, TaxRate], *, is_sale: bool
) -> Amounts:
    """Net and tax of every line, so that they add up to the document's. A line without a code has no tax.

    The lines' own tax is taken where it is said and adds up; else every code's tax is what its rate makes, and the odd
    minor units of rounding go to the largest.
    """
    amounts = _discounted(document)
    inclusive = document.taxation is Taxation.INCLUSIVE
    total, tax = (_minor(figure, document.currency) for figure in (document.total, document.tax))
    percents = {code: _percent_of(tax_rates.get(code), is_sale=is_sale) for code in codes if code is not None}
    taxes = _said_taxes(document, codes, tax)
    if taxes is None:
        taxes = _made_taxes(amounts, codes, percents, tax, inclusive=inclusive)
    for code, own in places_of(codes).items():
        made = _made(sum(amounts[i] for i in own), percents[code], inclusive=inclusive)
        if made is not None:
            said = sum(taxes[i] for i in own)
            units = len(own) * (_UNITS_SOLD if is_sale else _UNITS_BOUGHT)
            _check_tax(sum(amounts[i] for i in own), said - made, units, tax_rates[code], percents[code])
    nets = [amount - own for amount, own in zip(amounts, taxes, strict=True)] if inclusive else amounts
    if sum(nets) + tax != total:
        message = f"The lines make {from_minor(sum(nets) + tax, document.currency)}, the total is {document.total}."
        raise refused(preflight.TOTAL_DIFFERS, message)
    if total < 0:
        raise refused(NEGATIVE_TOTAL)
    return Amounts(nets, taxes)


def _discounted(document: Document) -> list[int]:
    """The lines' amounts less their share of the document's discount."""
    amounts = [_minor(line.amount, document.currency) for line in document.lines]
    discount = _minor(document.discount, document.currency)
    if not discount:
        return amounts
    weights = [max(amount, 0) for amount in amounts]
    if not 0 < discount <= sum(weights):
        raise refused(preflight.TOTAL_DIFFERS, "The discount is below zero, or more than the lines are worth.")
    return [amount - share for amount, share in zip(amounts, apportion(discount, weights), strict=True)]


def _said_taxes(document: Document, codes: Sequence[str | None], tax: int) -> list[int] | None:
    """The lines' own tax, if all taxed ones say it, no discount changes it afterwards and it adds up."""
    if document.discount:
        return None
    taxes = []
    for line, code in zip(document.lines, codes, strict=True):
        if code is not None and line.tax_amount is None:
            return None
        taxes.append(_minor(line.tax_amount, document.currency) if code is not None and line.tax_amount else 0)
    return taxes if sum(taxes) == tax else None


def _made_taxes(
    amounts: Sequence[int],
    codes: Sequence[str | None],
    percents: Mapping[str, Fraction | None],
    tax: int,
    *,
    inclusive: bool,
) -> list[int]:
    """Tax by code from its rate, brought to the document's tax, and shared over the code's lines.

    What rounding leaves goes to the code with the most tax; all of it to one whose rate only the platform knows.
    """
    places = places_of(codes)
    made = {
        code: _made(sum(amounts[i] for i in own), percents[code], inclusive=inclusive) for code, own in places.items()
    }
    known = {code: own for code, own in made.items() if own is not None}
    left = tax - sum(known.values())
    if left:
        unknown = [code for code in made if code not in known]
        taker = next(iter(unknown), None) or max(known, key=lambda code: abs(known[code]), default=None)
        if taker is None:
            raise refused(preflight.TAX_DIFFERS, "The document has tax, but none of its lines is taxed.")
        known[taker] = known.get(taker, 0) + left
    taxes = [0] * len(amounts)
    for code, own in places.items():
        for place, share in zip(own, shared(known.get(code, 0), [amounts[i] for i in own]), strict=True):
            taxes[place] = share
    return taxes


def _check_tax(amount: int, apart: int, units: int, rate: TaxRate, percent: Fraction | None) -> None:
    """Refuse a tax that is not its code's: sent explicitly it would land, and make the tax return wrong.

    Rounding may part the two by so many units; a rate of more than two decimals (Quebec's 9.975 %) also by what our
    API's two decimals cannot say.
    """
    is_unsaid = percent is not None and (percent * 100**2).denominator != 1
    if abs(apart) > units + (half_up(abs(amount) * _RATE_UNSAID) if is_unsaid else 0):
        raise refused(
            preflight.TAX_DIFFERS,
            f"The tax rate {rate.name} is {rate.effective_rate} % in QuickBooks, not what the lines say.",
        )


def places_of(codes: Sequence[str | None]) -> dict[str, list[int]]:
    """Which lines name which code."""
    places: dict[str, list[int]] = {}
    for place, code in enumerate(codes):
        if code is not None:
            places.setdefault(code, []).append(place)
    return places


def _percent_of(rate: TaxRate | None, *, is_sale: bool) -> Fraction | None:
    """What a tax rate takes of a net amount on one side of the books; None when only the platform knows."""
    if rate is None or rate.external_id == PSEUDO_TAXED:
        return None
    return sum((Fraction(part.percent) for part in parts_of(rate, is_sale=is_sale)), Fraction(0)) / 100


def _made(amount: int, percent: Fraction | None, *, inclusive: bool) -> int | None:
    """What a rate makes of an amount in minor units; None when only the platform knows."""
    if percent is None:
        return None
    return half_up(amount * (percent / (1 + percent) if inclusive else percent))


def shared(whole: int, weights: Sequence[int]) -> list[int]:
    """Apportion a whole of either sign."""
    sign = -1 if whole < 0 else 1
    return [sign * share for share in apportion(abs(whole), [abs(weight) for weight in weights])]


def _minor(amount: Decimal, currency: str) -> int:
    """Whole minor units; raises WriteRefused for an amount that is finer than its currency."""
    try:
        return to_minor(amount, currency)
    except ValueError as error:
        message = f"{amount} {currency} has more decimal places than this currency."
        raise refused(preflight.AMOUNT_TOO_PRECISE, message) from error
