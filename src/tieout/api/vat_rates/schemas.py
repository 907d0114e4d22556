"""What is asked and shown of VAT rates (Monite, 'VAT rates')."""

from datetime import date
from enum import StrEnum
from typing import Literal
from uuid import UUID

from tieout.api.products.schemas import ProductType
from tieout.api.schemas import Country, Dated, Filters, Number, Shown


class VatRateStatus(StrEnum):
    """Whether a rate can be used today."""

    ACTIVE = "active"
    INACTIVE = "inactive"


class VatRateComponent(Shown):
    """A tax within a rate, percent × 100."""

    name: str
    value: Number


class VatRateResponse(Dated):
    """A rate, percent × 100."""

    country: Country
    value: int
    components: list[VatRateComponent]
    status: VatRateStatus
    valid_from: date
    valid_until: date | None
    created_by: Literal["monite"] = "monite"


class VatRateListResponse(Shown):
    """All rates that a sale can have."""

    data: list[VatRateResponse]


class VatRateFilters(Filters):
    """To whom, from where and what is sold."""

    counterpart_id: UUID | None = None
    counterpart_address_id: UUID | None = None
    counterpart_vat_id_id: UUID | None = None
    entity_vat_id_id: UUID | None = None
    product_type: ProductType | None = None
