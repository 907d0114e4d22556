"""The entity's own table of what its taxes are in the books: loaded for mapping."""

from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.tax_mappings import TaxMapping
from tieout.sync.mapping import KnownTaxMapping

Side = Literal["sales", "purchases"]
SALES: Final[Side] = "sales"
MAPPINGS_MAX: Final = 500
"""Mappings of one entity: more than any books have rates, countries and sides that matter."""


def subject_of(side: Side, value: Decimal | None, vat_rate_id: UUID | None, country: str | None) -> str:
    """What a mapping is about, in one text."""
    told = "" if value is None else format(value.normalize(), "f")
    return f"{side}:{told}:{vat_rate_id or ''}:{country or ''}"


async def load_tax_mappings(session: AsyncSession, entity_id: UUID) -> tuple[KnownTaxMapping, ...]:
    """All of an entity's."""
    rows = await session.scalars(
        select(TaxMapping).where(TaxMapping.entity_id == entity_id).order_by(TaxMapping.id).limit(MAPPINGS_MAX)
    )
    return tuple(
        KnownTaxMapping(
            on_sales=row.side == SALES,
            value=row.tax_rate_value,
            vat_rate_id=row.vat_rate_id,
            country=row.country,
            tax_rate_id=row.accounting_tax_rate_id,
        )
        for row in rows
    )
