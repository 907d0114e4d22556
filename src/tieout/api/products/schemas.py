"""What is sent and shown of a product (Monite, 'Products')."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from tieout.api.filtering import FILTER_VALUES_MAX, Ids, within_reach
from tieout.api.schemas import AmountMinor, Body, Currency, Dated, Filters, Moment, Number, Page, Shown, refuse_null

SMALLEST_AMOUNT_MAX = 2_147_483_647

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Description = Annotated[str, StringConstraints(max_length=2000)]
ShortDescription = Annotated[str, StringConstraints(max_length=255)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=255)]
SmallestAmount = Annotated[Number, Field(ge=0, le=SMALLEST_AMOUNT_MAX)]
SoughtName = Annotated[str, StringConstraints(max_length=100)]
SoughtPrice = Annotated[int, Field(ge=0), AfterValidator(within_reach)]


class ProductType(StrEnum):
    """What is sold."""

    PRODUCT = "product"
    SERVICE = "service"


class Price(Body):
    """A price in minor units."""

    currency: Currency
    value: AmountMinor


class ShownPrice(Shown):
    """A price in minor units."""

    currency: Currency
    value: int


class ProductServiceRequest(Body):
    """A new product."""

    name: Name
    type: ProductType = ProductType.PRODUCT
    description: Description | None = None
    price: Price | None = None
    smallest_amount: SmallestAmount | None = None
    measure_unit_id: UUID | None = None
    ledger_account_id: UUID | None = None
    external_reference: Reference | None = None


class ProductServiceUpdate(Body):
    """A change of a product."""

    name: Name | None = None
    type: ProductType | None = None
    description: ShortDescription | None = None
    price: Price | None = None
    smallest_amount: SmallestAmount | None = None
    measure_unit_id: UUID | None = None
    ledger_account_id: UUID | None = None
    external_reference: Reference | None = None

    _kept = refuse_null("name", "type")


class ProductServiceResponse(Dated):
    """A product."""

    entity_id: UUID
    entity_user_id: UUID | None
    name: str
    type: ProductType
    description: str | None
    price: ShownPrice | None
    smallest_amount: Number | None
    measure_unit_id: UUID | None
    ledger_account_id: UUID | None
    external_reference: str | None


class ProductServicePaginationResponse(Page):
    """A page of products."""

    data: list[ProductServiceResponse]


class ProductFilters(Filters):
    """What a list of products can be narrowed by."""

    id__in: Ids | None = None
    name: SoughtName | None = None
    name__contains: SoughtName | None = None
    name__icontains: SoughtName | None = None
    type: ProductType | None = None
    price: SoughtPrice | None = None
    price__gt: SoughtPrice | None = None
    price__lt: SoughtPrice | None = None
    price__gte: SoughtPrice | None = None
    price__lte: SoughtPrice | None = None
    currency: Currency | None = None
    currency__in: Annotated[list[Currency], Field(max_length=FILTER_VALUES_MAX)] | None = None
    measure_unit_id: UUID | None = None
    created_at__gt: Moment | None = None
    created_at__lt: Moment | None = None
    created_at__gte: Moment | None = None
    created_at__lte: Moment | None = None
