"""The shapes of /accounting_tax_mappings."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from tieout.api.schemas import Body, Country, Dated, Shown
from tieout.sync.tax_mappings import Side

RATE_MAX = 1_000_000
"""In minor units of percent: 10 000 %."""

TaxValue = Annotated[int | float, Field(ge=0, le=RATE_MAX, allow_inf_nan=False)]
"""In minor units of percent: 20 % is 2000, 8.875 % is 887.5."""


class TaxMappingPayload(Body):
    """A tax, either by its value or by a VAT rate, on one side; with a country, only for counterparts there."""

    side: Side
    tax_rate_value: TaxValue | None = None
    vat_rate_id: UUID | None = None
    country: Country | None = None
    accounting_tax_rate_id: UUID

    @property
    def exact_value(self) -> Decimal | None:
        """The value with the digits that it was written with."""
        return None if self.tax_rate_value is None else Decimal(str(self.tax_rate_value))


class TaxMappingUpdate(Body):
    """Another rate for the same tax."""

    accounting_tax_rate_id: UUID


class TaxMappingResponse(Dated):
    """A mapping. `problem` is the code of what keeps its rate from being used now, if anything."""

    side: Side
    tax_rate_value: float | None
    vat_rate_id: UUID | None
    country: str | None
    accounting_tax_rate_id: UUID
    problem: str | None


class TaxMappingList(Shown):
    """All of an entity's."""

    data: list[TaxMappingResponse]
