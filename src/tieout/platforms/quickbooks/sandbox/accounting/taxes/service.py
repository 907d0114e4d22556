"""`POST /taxservice/taxcode`: a new tax code, of new rates and of such as there are.

It is the only way for a client to make either, and nothing deletes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Regime
from tieout.platforms.quickbooks.sandbox.accounting.documents import PURCHASE_SIDE, SALES_SIDE
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.placing import place
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped
from tieout.platforms.quickbooks.sandbox.accounting.taxes.arithmetic import Period
from tieout.platforms.quickbooks.sandbox.accounting.taxes.rates import code_content, rate_content, rate_detail
from tieout.platforms.quickbooks.sandbox.accounting.wishes import check_lengths
from tieout.platforms.quickbooks.sandbox.figures import figure

_FIELDS = ("TaxCode", "TaxCodeId", "TaxRateDetails", "Id")
"""`Id` is what the field's Python client sends beside them, as 0."""
_RATE_FIELDS = ("TaxRateName", "TaxRateId", "RateValue", "TaxAgencyId", "TaxApplicableOn")
_SIDES = {"Sales": SALES_SIDE, "Purchase": PURCHASE_SIDE}
_PERCENT_MAX = 100


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One rate of the new code: one that stands, or one to be made."""

    side: str
    standing: Record | None = None
    name: str = ""
    percent: Decimal = Decimal(0)
    agency_id: str = ""


def create_tax_code(books: Books, body: Mapping[str, Any]) -> dict[str, Any]:
    """Make the code and its new rates; answers the request with their ids.

    Raises `Refusal`: 2010, 2020, 2050, 2110, 2170, 2500, 6000, 6240, 6190.
    """
    if books.switches.subscription_ended:
        raise refusals.subscription_ended()
    _check_fields("TaxService", _FIELDS, body)
    if not books.switches.sales_tax_set_up:
        raise refusals.no_sales_tax()
    name = body.get("TaxCode")
    if not name or not isinstance(name, str):
        raise refusals.missing("TaxCode")
    check_lengths(body, {"TaxCode": 100})
    details = body.get("TaxRateDetails")
    if not details or not isinstance(details, list):
        raise refusals.missing("TaxRateDetails")
    if ("tax codes", name.lower()) in books.names:
        raise refusals.duplicate_name(_TAKEN.format("tax code"), "")
    wanted = [_read_rate(books, detail) for detail in details]
    _check_distinct(wanted)
    rates = [one.standing or _make_rate(books, one) for one in wanted]
    code = _make_code(books, name, [(one.side, rate) for one, rate in zip(wanted, rates, strict=True)])
    told = [_told(rate, one.side) for one, rate in zip(wanted, rates, strict=True)]
    return {"TaxCode": name, "TaxCodeId": code.id, "TaxRateDetails": told}


_TAKEN = "Another {} is already using this name. Please use a different name."


def _check_fields(type_name: str, known: Sequence[str], body: Mapping[str, Any]) -> None:
    for field in body:
        if field not in known:
            raise refusals.unknown_property(field, type_name, list(known))


def _read_rate(books: Books, detail: Any) -> _Wanted:
    if not isinstance(detail, Mapping):
        raise refusals.invalid_value("TaxRateDetails", detail, "com.intuit.schema.finance.v3.TaxRateDetails")
    _check_fields("TaxRateDetails", _RATE_FIELDS, detail)
    side = detail.get("TaxApplicableOn") or "Sales"
    if side not in _SIDES:
        raise refusals.invalid_choice("TaxApplicableOn", side)
    rate_id = detail.get("TaxRateId")
    if rate_id:
        return _Wanted(side, books.resolve({"value": rate_id}, "TaxRate"))
    for field in ("TaxRateName", "RateValue", "TaxAgencyId"):
        if detail.get(field) in (None, ""):
            raise refusals.missing(field)
    check_lengths(detail, {"TaxRateName": 100})
    name = str(detail["TaxRateName"])
    if ("tax rates", name.lower()) in books.names:
        raise refusals.duplicate_name(_TAKEN.format("tax rate"), "")
    agency = books.resolve({"value": detail["TaxAgencyId"]}, "TaxAgency")
    return _Wanted(side, None, name, _percent(detail["RateValue"]), agency.id)


def _percent(value: Any) -> Decimal:
    """A percentage, as a number or a text of one. Whether `8%` is taken is not known, so it is refused."""
    try:
        percent = Decimal(str(value))
    except InvalidOperation:
        raise refusals.invalid_value("RateValue", value, "java.math.BigDecimal") from None
    if not percent.is_finite() or not 0 <= percent <= _PERCENT_MAX:
        raise refusals.unsupported_decimal("RateValue", value)
    return percent


def _check_distinct(wanted: Sequence[_Wanted]) -> None:
    """No rate twice on one side, no new name twice."""
    standing = [(one.side, one.standing.id) for one in wanted if one.standing is not None]
    if len(set(standing)) < len(standing):
        raise refusals.business("A single tax rate cannot be listed twice in a tax code")
    names = [one.name.lower() for one in wanted if one.standing is None]
    if len(set(names)) < len(names):
        raise refusals.duplicate_name(_TAKEN.format("tax rate"), "")


def _make_rate(books: Books, wanted: _Wanted) -> Record:
    by_line = books.profile.regime is Regime.CODE_PER_LINE
    periods = [Period(wanted.percent, books.today())] if by_line else []
    content = rate_content(books, wanted.name, wanted.percent, wanted.agency_id, periods=periods)
    return _put(books, "TaxRate", content)


def _make_code(books: Books, name: str, rates: Sequence[tuple[str, Record]]) -> Record:
    content = code_content(name)
    for side, field in _SIDES.items():
        content[field] = {"TaxRateDetail": [rate_detail(rate) for on, rate in rates if on == side]}
    return _put(books, "TaxCode", content)


def _put(books: Books, kind: str, content: dict[str, Any]) -> Record:
    shaped = Shaped(content)
    record = books.add(KINDS[kind], books.next_id(KINDS[kind].sequence), shaped)
    place(books, record, shaped)
    return record


def _told(rate: Record, side: str) -> dict[str, Any]:
    return {
        "RateValue": figure(Decimal(rate.content["RateValue"])),
        "TaxRateId": rate.id,
        "TaxApplicableOn": side,
        "TaxAgencyId": rate.content["AgencyRef"]["value"],
        "TaxRateName": rate.content["Name"],
    }
