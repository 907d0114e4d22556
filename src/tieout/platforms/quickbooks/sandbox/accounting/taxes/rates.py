"""Tax rates as objects: their history of values, and the making of new ones."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Regime
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.taxes.arithmetic import Basis, Period
from tieout.platforms.quickbooks.sandbox.figures import figure
from tieout.platforms.quickbooks.sandbox.moments import stamp

_LONG_AGO = date(1970, 1, 1)


def periods_of(record: Record) -> list[Period]:
    """The history of a rate; a rate without one was always what it is."""
    told = record.content.get("EffectiveTaxRate") or [{"RateValue": record.content["RateValue"]}]
    return [
        Period(Decimal(one["RateValue"]), _day(one.get("EffectiveDate")) or _LONG_AGO, _day(one.get("EndDate")))
        for one in told
    ]


def _day(moment: str | None) -> date | None:
    return None if moment is None else date.fromisoformat(moment[:10])


def rate_content(
    books: Books,
    name: str,
    percent: Decimal,
    agency_id: str,
    *,
    periods: Sequence[Period] = (),
    special: str | None = None,
) -> dict[str, Any]:
    """A tax rate's own fields."""
    of_lines = books.profile.regime is Regime.CODE_PER_LINE
    content: dict[str, Any] = {
        "Name": name,
        "Description": name if of_lines else "Sales Tax",
        "Active": True,
        "RateValue": figure(percent),
        "AgencyRef": {"value": agency_id},
        "SpecialTaxType": special or ("NONE" if percent else "ZERO_RATE"),
        "DisplayType": "ReadOnly",
    }
    return content | ({"EffectiveTaxRate": [_told(one) for one in periods]} if periods else {})


def _told(period: Period) -> dict[str, Any]:
    told = {"RateValue": figure(period.percent), "EffectiveDate": _midnight(period.starts_on)}
    return told | ({"EndDate": _midnight(period.ends_on)} if period.ends_on is not None else {})


def _midnight(day: date) -> str:
    """A day as the platform writes it in a rate's history: its first moment in Pacific time."""
    offset = stamp(datetime(day.year, day.month, day.day, 20, tzinfo=UTC))[-6:]
    return f"{day.isoformat()}T00:00:00{offset}"


def change_rate(books: Books, record: Record, percent: Decimal, starts_on: date) -> None:
    """Let a rate have another value from a day on; documents of earlier days keep the old one.

    Raises `ValueError` for a day that is not after the start of its last period.
    """
    history = sorted(periods_of(record), key=lambda period: period.starts_on)
    if starts_on <= history[-1].starts_on:
        raise ValueError(f"the rate has a value from {history[-1].starts_on} on already")
    history[-1] = replace(history[-1], ends_on=starts_on - timedelta(days=1))
    history.append(Period(percent, starts_on))
    content = {**record.content, "EffectiveTaxRate": [_told(one) for one in history]}
    record.shaped = replace(record.shaped, content=content)
    record.touch(books.now(), token=True)


def rate_detail(
    record: Record, *, order: int = 0, basis: Basis = Basis.AMOUNT, on_order: int | None = None
) -> dict[str, Any]:
    """A rate in the list of a tax code."""
    told: dict[str, Any] = {
        "TaxRateRef": {"value": record.id, "name": record.content["Name"]},
        "TaxTypeApplicable": basis.value,
        "TaxOrder": order,
    }
    return told | ({"TaxOnTaxOrder": on_order} if on_order is not None else {})


def code_content(
    name: str, *, taxable: bool = True, group: bool = True, made_by_engine: bool = False
) -> dict[str, Any]:
    """A tax code's own fields, without its rates."""
    content: dict[str, Any] = {
        "Name": name,
        "Description": name,
        "Active": True,
        "Hidden": False,
        "Taxable": taxable,
        "TaxGroup": group,
    }
    if not group:
        return content
    return content | {"TaxCodeConfigType": "SYSTEM_GENERATED" if made_by_engine else "USER_DEFINED"}
