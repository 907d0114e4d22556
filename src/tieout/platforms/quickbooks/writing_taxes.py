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
from typing import Any

from tieout.books.arithmetic.predicting import Prediction, parts_of, predicted
from tieout.books.arithmetic.rounding import half_up
from tieout.books.records import Company, Document, Line, Taxation, TaxComponent, TaxRate
from tieout.kit.money import from_minor
from tieout.platforms.quickbooks import preflight
from tieout.platforms.quickbooks.bodies import is_united_states
from tieout.platforms.quickbooks.errors import refused
from tieout.platforms.quickbooks.line_taxes import Amounts, line_amounts, rate_of
from tieout.platforms.quickbooks.translate_lists import PSEUDO_TAXED, PSEUDO_UNTAXED

AMOUNT_PLACES = 2
"""Decimal places of an amount in QuickBooks, whatever the currency."""


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


def plan_tax(document: Document, company: Company, tax_rates: Mapping[str, TaxRate], *, is_sale: bool) -> SentTax:
    """The amounts and tax of a document as they are sent; raises WriteRefused when they cannot land on its total."""
    if is_united_states(company):
        sent = _plan_us_sale(document, company, tax_rates) if is_sale else _plan_us_purchase(document)
    else:
        sent = _plan_elsewhere(document, tax_rates, is_sale=is_sale)
    _check_places(document, sent)
    prediction = predict_sent(document, sent, company)
    if prediction.total != document.total:
        message = f"The document states {document.total}, QuickBooks would come to {prediction.total}."
        raise refused(preflight.TOTAL_DIFFERS, message)
    return sent


def predict_sent(document: Document, sent: SentTax, company: Company) -> Prediction:
    """What QuickBooks will show: lines as they are sent, and the tax that is stated with them, by rate or as a whole.

    Every rate of every code is stated, so nothing is left for the platform to round; the automated engine spreads the
    stated total over its rates.
    """
    subtotal = sum((line.amount for line in sent.lines), Decimal(0))
    detail = sent.detail or {}
    told = detail.get("TaxLine")
    tax = detail.get("TotalTax", Decimal(0)) if told is None else sum((one["Amount"] for one in told), Decimal(0))
    return predicted(document, subtotal, tax, base_currency=company.base_currency, places=AMOUNT_PLACES)


def _check_places(document: Document, sent: SentTax) -> None:
    """Refuse what the books would round: they keep cents, and some currencies have thousandths."""
    figures = [line.amount for line in sent.lines] + [line.gross for line in sent.lines if line.gross is not None]
    detail = sent.detail or {}
    figures += [detail.get("TotalTax", Decimal(0)), *(one["Amount"] for one in detail.get("TaxLine", ()))]
    for figure in figures:
        if figure != round(figure, AMOUNT_PLACES):
            message = f"{figure} {document.currency} has more than {AMOUNT_PLACES} decimal places."
            raise refused(preflight.AMOUNT_TOO_PRECISE, message)


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
    amounts = line_amounts(document, whole, {} if computed else tax_rates, is_sale=True)
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
    return code if rate_of(tax_rates, code).effective_rate else PSEUDO_UNTAXED


def _plan_us_purchase(document: Document) -> SentTax:
    """Tax as part of the cost: on the lines that are taxed, or on all when none says so."""
    codes = [
        PSEUDO_TAXED if line.tax_amount or line.tax_rate_id not in (None, PSEUDO_UNTAXED) else None
        for line in document.lines
    ]
    if document.tax and not any(codes):
        codes = [PSEUDO_TAXED for _ in codes]
    amounts = line_amounts(document, codes, {}, is_sale=False)
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
        amounts = line_amounts(document, [None for _ in codes], tax_rates, is_sale=is_sale)
        nets = tuple(SentLine(amount=from_minor(net, document.currency)) for net in amounts.nets)
        return SentTax(lines=nets, calculation="NotApplicable")
    for place, code in enumerate(codes):
        if code is None:
            message = f"Line {place + 1} has no tax rate, and these books want one on every line."
            raise refused(preflight.TAX_CODE_MISSING, message)
        _check_direction(rate_of(tax_rates, code), is_sale=is_sale)
    amounts = line_amounts(document, codes, tax_rates, is_sale=is_sale)
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


def _tax_lines(
    document: Document,
    codes: Sequence[str | None],
    amounts: Amounts,
    tax_rates: Mapping[str, TaxRate],
    *,
    is_sale: bool,
) -> list[dict[str, Any]]:
    """One entry for every rate of every code used: what the rate makes, the odd units of rounding on the largest."""
    sums: dict[str, tuple[TaxComponent, int, int]] = {}
    for code in dict.fromkeys(code for code in codes if code is not None):
        own = [i for i, each in enumerate(codes) if each == code]
        net, tax = sum(amounts.nets[i] for i in own), sum(amounts.taxes[i] for i in own)
        rate = rate_of(tax_rates, code)
        components = rate.components if is_sale else rate.purchase_components or rate.components
        percents = [Fraction(part.percent) for part in parts_of(rate, is_sale=is_sale)] if components else []
        for part, share in zip(components, _by_rate(net, tax, percents), strict=True):
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


def _by_rate(net: int, tax: int, percents: Sequence[Fraction]) -> list[int]:
    """A code's tax by its rates, some of which may take back what others charge (reverse charge)."""
    if not percents:
        return []
    made = [half_up(net * percent / 100) for percent in percents]
    made[max(range(len(made)), key=lambda i: abs(percents[i]))] += tax - sum(made)
    return made
