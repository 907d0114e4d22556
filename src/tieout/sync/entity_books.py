"""What an entity's records may name in its connected books, and which day it is there."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.connections import Company, TaxRate
from tieout.sync.tax_mappings import load_tax_mappings


def zone_of(name: str | None) -> tzinfo:
    """The time zone of that name; UTC for one that is unknown here."""
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):  # no zone has this name, or it cannot be the name of one
        return UTC


def day_at(company: Company | None, moment: datetime) -> date:
    """The calendar date of a moment where the books are; in UTC without books."""
    zone = zone_of(((company.facts if company else None) or {}).get("time_zone"))
    return moment.astimezone(zone).date()


async def load_tax_rates(
    session: AsyncSession, company: Company | None, rate_ids: Iterable[UUID]
) -> dict[UUID, TaxRate]:
    """Those of the tax rates that exist in the books."""
    wanted = set(rate_ids)
    if company is None or not wanted:
        return {}
    found = await session.scalars(select(TaxRate).where(TaxRate.company_id == company.id, TaxRate.id.in_(wanted)))
    return {rate.id: rate for rate in found}


async def load_tax_values(
    session: AsyncSession, company: Company, entity_id: UUID, *, on_sales: bool
) -> frozenset[Decimal]:
    """The values, percent × 100, of all active rates for this side of the books, and what the entity maps to a rate."""
    side = TaxRate.on_sales if on_sales else TaxRate.on_purchases
    found = await session.scalars(
        select(TaxRate.effective_rate).where(TaxRate.company_id == company.id, TaxRate.status == "Active", side)
    )
    mapped = (each.value for each in await load_tax_mappings(session, entity_id) if each.on_sales == on_sales)
    return frozenset(rate * 100 for rate in found) | {value for value in mapped if value is not None}
