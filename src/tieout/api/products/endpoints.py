"""/products."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, status
from sqlalchemy import Select

from tieout.api.dependencies import EntityCall
from tieout.api.filtering import conditions
from tieout.api.paging import Listing, Paging, page_of
from tieout.api.products import service
from tieout.api.products.schemas import (
    ProductFilters,
    ProductServicePaginationResponse,
    ProductServiceRequest,
    ProductServiceResponse,
    ProductServiceUpdate,
)
from tieout.api.scope import rows_of_entity
from tieout.storage.tables.business import Product

router = APIRouter(prefix="/products", tags=["Products"])

_LISTING = Listing(
    name="products",
    id_column=Product.id,
    sorts={"name": Product.name},
    hidden_sorts={"created_at": Product.created_at},
    sort_default="created_at",
)
_FILTERED = {
    "id": Product.id,
    "name": Product.name,
    "type": Product.type,
    "price": Product.price_minor,
    "currency": Product.currency,
    "measure_unit_id": Product.measure_unit_id,
    "created_at": Product.created_at,
}


@router.get("")
async def list_products(
    call: EntityCall, paging: Paging, filters: Annotated[ProductFilters, Query()]
) -> ProductServicePaginationResponse:
    """The entity's catalogue."""

    def query(filters: ProductFilters) -> Select[Any]:
        return rows_of_entity(call, Product).where(*conditions(filters, _FILTERED))

    page = await page_of(call, _LISTING, owner_id=call.entity_id, asked=paging, filters=filters, query=query)
    return ProductServicePaginationResponse(data=[service.shown(row) for row in page.rows], **page.tokens())


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_product(call: EntityCall, body: ProductServiceRequest) -> ProductServiceResponse:
    """Add a product to the catalogue."""
    return service.shown(await service.create_product(call, body))


@router.get("/{product_id}")
async def get_product(call: EntityCall, product_id: UUID) -> ProductServiceResponse:
    """One product."""
    return service.shown(await service.load_product(call, product_id))


@router.patch("/{product_id}")
async def update_product(call: EntityCall, product_id: UUID, body: ProductServiceUpdate) -> ProductServiceResponse:
    """Change a product."""
    return service.shown(await service.update_product(call, product_id, body))


@router.delete("/{product_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_product(call: EntityCall, product_id: UUID) -> None:
    """Take a product out of the catalogue."""
    await service.delete_product(call, product_id)
