"""How a document's amounts and tax are told to QuickBooks so that its total lands on ours to the cent. Pure.

QuickBooks has no discount on a line that leaves the others alone, and a discount of the whole document changes which
net amounts are taxed, depends on a preference and posts to an account of its own. So every line is sent with the net
amount that is left of it, the document's discount shared out to the last minor unit: what is posted as income is what
was charged, and the total is exact in every country.

Tax is always said explicitly. Outside the US: a code on every line and one tax line for every rate of every code,
those of 0 % too (leaving one out is refused with 6000). In the US: TAX or NON on the line and one code for the whole;
where the automated engine decides, only the total tax, which it then spreads over its rates.

US bills carry no tax in QuickBooks. A bookkeeper there books the sales tax paid as part of what was bought, so the tax
is added to the amounts of the taxed lines, and the bill still totals what is owed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any

from tieout.books.arithmetic import half_up
from tieout.books.records import Company, Document, Line, Taxation, TaxComponent, TaxRate
from tieout.kit.money import apportion, from_minor, to_minor
from tieout.platforms.quickbooks import preflight
from tieout.platforms.quickbooks.bodies import is_united_states
from tieout.platforms.quickbooks.errors import refused
from tieout.platforms.quickbooks.refusal_table import NEGATIVE_TOTAL
from tieout.platforms.quickbooks.translate_lists import PSEUDO_TAXED, PSEUDO_UNTAXED

_PERCENT = 100
_RATE_PLACES = 2
"""Decimals of a percentage that our API can say."""
_RATE_UNSAID = Fraction(1, 20_000)
"""Half of the last of them, as a share of an amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLine:
    """How one line is sent: `amount` as in the books, its code, and `gross` where amounts hold tax."""

    amount: Decimal
    code: str | None = None
    gross: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTax:
    """How a document's amounts are sent: its lines, `TxnTaxDetail` and `GlobalTaxCalculation`, None to leave out."""

    lines: tuple[SentLine, ...]
    detail: Mapping[str, Any] | None = None
    calculation: str | None = None


@dataclass(frozen=True, slots=True)
class _Amounts:
    """Minor units, line by line: what is left after the document's discount, and the tax of it."""

    nets: list[int]
    taxes: list[int]


def plan_tax(document: Document, company: Company, tax_rates: Mapping[str, TaxRate], *, is_sale: bool) -> SentTax:
    """The amounts and tax of a document as they are sent; raises WriteRefused when they cannot land on its total."""
    if is_united_states(company):
        return _plan_us_sale(document, company, tax_rates) if is_sale else _plan_us_purchase(document)
    return _plan_elsewhere(document, tax_rates, is_sale=is_sale)


def _plan_us_sale(document: Document, company: Company, tax_rates: Mapping[str, TaxRate]) -> SentTax:
    codes = [_us_code(line, company, tax_rates) for line in document.lines]
    taxed = {code for code in codes if code != PSEUDO_UNTAXED}
    if len(taxed - {PSEUDO_TAXED}) > 1:
        raise refused(preflight.SEVERAL_TAX_CODES)
    if not taxed and document.tax:
        raise refused(preflight.TAX_CODE_MISSING, "The document has tax, but none of its lines has a tax rate.")
    code = next(iter(taxed - {PSEUDO_TAXED}), None)
    computed = company.tax_is_computed_there
    if taxed and code is None and not computed:
        raise refused(preflight.TAX_CODE_MISSING, "The taxed lines name no tax rate of these books.")
    whole = [None if each == PSEUDO_UNTAXED else code or PSEUDO_TAXED for each in codes]
    amounts = _amounts(document, whole, {} if computed else tax_rates)
    sent = tuple(
        SentLine(
            amount=from_minor(net, document.currency),
            code=PSEUDO_UNTAXED if each == PSEUDO_UNTAXED else PSEUDO_TAXED,
        )
        for net, each in zip(amounts.nets, codes, strict=True)
    )
    if not taxed:
        return SentTax(lines=sent)
    detail: dict[str, Any] = {"TotalTax": document.tax}
    if code is not None and not computed:
        detail = {"TxnTaxCodeRef": {"value": code}, **detail}
        detail["TaxLine"] = _tax_lines(document, whole, amounts, tax_rates, is_sale=True)
    return SentTax(lines=sent, detail=detail)


def _us_code(line: Line, company: Company, tax_rates: Mapping[str, TaxRate]) -> str:
    """The code that taxes a US line, NON for none; a rate of 0 % is none, and so can stand beside another."""
    code = line.tax_rate_id
    if company.tax_is_computed_there and line.tax_amount:
        return code if code and code != PSEUDO_UNTAXED else PSEUDO_TAXED
    if code is None or code == PSEUDO_UNTAXED:
        return PSEUDO_UNTAXED
    if code == PSEUDO_TAXED:
        return PSEUDO_TAXED
    return code if _rate(tax_rates, code).effective_rate else PSEUDO_UNTAXED


def _plan_us_purchase(document: Document) -> SentTax:
    """Tax as part of the cost: on the lines that are taxed, or on all when none says so."""
    codes = [
        PSEUDO_TAXED if line.tax_amount or line.tax_rate_id not in (None, PSEUDO_UNTAXED) else None
        for line in document.lines
    ]
    if document.tax and not any(codes):
        codes = [PSEUDO_TAXED for _ in codes]
    amounts = _amounts(document, codes, {})
    return SentTax(
        lines=tuple(
            SentLine(amount=from_minor(net + tax, document.currency))
            for net, tax in zip(amounts.nets, amounts.taxes, strict=True)
        )
    )


def _plan_elsewhere(document: Document, tax_rates: Mapping[str, TaxRate], *, is_sale: bool) -> SentTax:
    codes = [line.tax_rate_id for line in document.lines]
    if document.taxation is Taxation.NONE or (not document.tax and not any(codes)):
        if document.tax:
            raise refused(preflight.TOTAL_DIFFERS, "The document says that no tax applies, and has tax.")
        amounts = _amounts(document, [None for _ in codes], tax_rates)
        nets = tuple(SentLine(amount=from_minor(net, document.currency)) for net in amounts.nets)
        return SentTax(lines=nets, calculation="NotApplicable")
    for place, code in enumerate(codes):
        if code is None:
            message = f"Line {place + 1} has no tax rate, and these books want one on every line."
            raise refused(preflight.TAX_CODE_MISSING, message)
        _check_direction(_rate(tax_rates, code), is_sale=is_sale)
    amounts = _amounts(document, codes, tax_rates)
    inclusive = document.taxation is Taxation.INCLUSIVE
    sent = tuple(
        SentLine(
            amount=from_minor(net, document.currency),
            code=code,
            gross=from_minor(net + tax, document.currency) if inclusive else None,
        )
        for net, tax, code in zip(amounts.nets, amounts.taxes, codes, strict=True)
    )
    return SentTax(
        lines=sent,
        detail={
            "TotalTax": document.tax,
            "TaxLine": _tax_lines(document, codes, amounts, tax_rates, is_sale=is_sale),
        },
        calculation="TaxInclusive" if inclusive else "TaxExcluded",
    )


def _check_direction(rate: TaxRate, *, is_sale: bool) -> None:
    if not (rate.on_sales if is_sale else rate.on_purchases):
        side = "sales" if is_sale else "purchases"
        raise refused(preflight.TAX_CODE_UNFIT, f"The tax rate {rate.name} is not made for {side} in QuickBooks.")


def _rate(tax_rates: Mapping[str, TaxRate], code: str) -> TaxRate:
    rate = tax_rates.get(code)
    if rate is None:
        raise refused(preflight.TAX_CODE_MISSING, f"The tax rate {code} is not known in these books.")
    return rate


def _amounts(document: Document, codes: Sequence[str | None], tax_rates: Mapping[str, TaxRate]) -> _Amounts:
    """Net and tax of every line, so that they add up to the document's. A line without a code has no tax.

    The lines' own tax is taken where it is said and adds up; else every code's tax is what its rate makes, and the odd
    minor units of rounding go to the largest.
    """
    amounts = _discounted(document)
    inclusive = document.taxation is Taxation.INCLUSIVE
    total, tax = (to_minor(figure, document.currency) for figure in (document.total, document.tax))
    taxes = _said_taxes(document, codes, tax)
    if taxes is None:
        taxes = _made_taxes(amounts, codes, tax_rates, tax, inclusive=inclusive)
    _check_rates(amounts, taxes, codes, tax_rates, inclusive=inclusive)
    nets = [amount - own for amount, own in zip(amounts, taxes, strict=True)] if inclusive else amounts
    if sum(nets) + tax != total:
        message = f"The lines make {from_minor(sum(nets) + tax, document.currency)}, the total is {document.total}."
        raise refused(preflight.TOTAL_DIFFERS, message)
    if total < 0:
        raise refused(NEGATIVE_TOTAL)
    return _Amounts(nets, taxes)


def _discounted(document: Document) -> list[int]:
    """The lines' amounts less their share of the document's discount."""
    amounts = [to_minor(line.amount, document.currency) for line in document.lines]
    discount = to_minor(document.discount, document.currency)
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
        taxes.append(to_minor(line.tax_amount, document.currency) if code is not None and line.tax_amount else 0)
    return taxes if sum(taxes) == tax else None


def _made_taxes(
    amounts: Sequence[int], codes: Sequence[str | None], tax_rates: Mapping[str, TaxRate], tax: int, *, inclusive: bool
) -> list[int]:
    """Tax by code from its rate, brought to the document's tax, and shared over the code's lines.

    What rounding leaves goes to the code with the most tax; all of it to one whose rate only the platform knows.
    """
    places = _places(codes)
    made = {code: _made(sum(amounts[i] for i in own), tax_rates.get(code), inclusive) for code, own in places.items()}
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
        for place, share in zip(own, _shared(known.get(code, 0), [amounts[i] for i in own]), strict=True):
            taxes[place] = share
    return taxes


def _check_rates(
    amounts: Sequence[int],
    taxes: Sequence[int],
    codes: Sequence[str | None],
    tax_rates: Mapping[str, TaxRate],
    *,
    inclusive: bool,
) -> None:
    """Refuse a tax that is not its code's: sent explicitly it would land, and make the tax return wrong.

    Rounding may part the two by half a minor unit for every line and once for the whole; and a rate of more than two
    decimals (Quebec's 9.975 %) by what our API's two decimals cannot say.
    """
    for code, own in _places(codes).items():
        amount, said = sum(amounts[i] for i in own), sum(taxes[i] for i in own)
        rate = tax_rates.get(code)
        made = _made(amount, rate, inclusive)
        if rate is None or made is None:
            continue
        unsaid = rate.effective_rate != round(rate.effective_rate, _RATE_PLACES)
        apart = len(own) + (half_up(abs(amount) * _RATE_UNSAID) if unsaid else 0)
        if abs(said - made) > apart:
            raise refused(
                preflight.TAX_DIFFERS,
                f"The tax rate {rate.name} is {rate.effective_rate} % in QuickBooks, not what the lines say.",
            )


def _places(codes: Sequence[str | None]) -> dict[str, list[int]]:
    """Which lines name which code."""
    places: dict[str, list[int]] = {}
    for place, code in enumerate(codes):
        if code is not None:
            places.setdefault(code, []).append(place)
    return places


def _made(amount: int, rate: TaxRate | None, inclusive: bool) -> int | None:
    """What a rate makes of an amount in minor units; None when only the platform knows."""
    if rate is None or rate.external_id == PSEUDO_TAXED:
        return None
    percent = Fraction(rate.effective_rate) / _PERCENT
    return half_up(amount * (percent / (1 + percent) if inclusive else percent))


def _shared(whole: int, weights: Sequence[int]) -> list[int]:
    """Apportion a whole of either sign."""
    sign = -1 if whole < 0 else 1
    return [sign * share for share in apportion(abs(whole), [abs(weight) for weight in weights])]


def _tax_lines(
    document: Document,
    codes: Sequence[str | None],
    amounts: _Amounts,
    tax_rates: Mapping[str, TaxRate],
    *,
    is_sale: bool,
) -> list[dict[str, Any]]:
    """One entry for every rate of every code used, with its share of the code's tax."""
    sums: dict[str, tuple[TaxComponent, int, int]] = {}
    for code in dict.fromkeys(code for code in codes if code is not None):
        own = [i for i, each in enumerate(codes) if each == code]
        net, tax = sum(amounts.nets[i] for i in own), sum(amounts.taxes[i] for i in own)
        rate = _rate(tax_rates, code)
        parts = rate.components if is_sale else rate.purchase_components or rate.components
        for part, share in zip(parts, _shared(tax, _weights(parts)), strict=True):
            if part.external_id is None:
                raise refused(preflight.TAX_CODE_MISSING, f"The rates of {rate.name} are not known.")
            _, taxable, so_far = sums.get(part.external_id, (part, 0, 0))
            sums[part.external_id] = (part, taxable + net, so_far + share)
    return [
        {
            "Amount": from_minor(tax, document.currency),
            "DetailType": "TaxLineDetail",
            "TaxLineDetail": {
                "TaxRateRef": {"value": rate_id},
                "PercentBased": True,
                "TaxPercent": part.rate,
                "NetAmountTaxable": from_minor(net, document.currency) if part.rate else Decimal(0),
            },
        }
        for rate_id, (part, net, tax) in sums.items()
    ]


def _weights(parts: Sequence[TaxComponent]) -> list[int]:
    """Whole weights of a code's rates, a compound one on top of the plain ones."""
    plain = sum((Fraction(part.rate) for part in parts if not part.is_compound), Fraction(0)) / _PERCENT
    percents = [Fraction(part.rate) * (1 + plain if part.is_compound else 1) for part in parts]
    scale = lcm(*(percent.denominator for percent in percents))
    return [abs(int(percent * scale)) for percent in percents]
