"""The rules of products.

What they name must exist. A product reaches the books with the first document that names it.
"""

from typing import Any
from uuid import UUID

from tieout.api import accounting_ids
from tieout.api.announcing import announce
from tieout.api.dependencies import CallForEntity
from tieout.api.products.schemas import ProductServiceRequest, ProductServiceResponse, ProductServiceUpdate
from tieout.api.schemas import given
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.api.wanting import followed
from tieout.kit.errors import Fault, Unprocessable
from tieout.storage.tables.business import MeasureUnit, Product
from tieout.sync.curing import leave_news_of_settings


def shown(product: Product) -> ProductServiceResponse:
    """The product as the API shows it."""
    price = None
    if product.currency is not None:
        price = {"currency": product.currency, "value": product.price_minor}
    names = set(ProductServiceResponse.model_fields) - {"price", "entity_user_id"}
    made = {"price": price, "entity_user_id": product.created_by_entity_user_id}
    return ProductServiceResponse.model_validate({name: getattr(product, name) for name in names} | made)


def _as_columns(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a request under the names of the columns."""
    columns = dict(fields)
    if "price" in columns:
        price = columns.pop("price") or {"currency": None, "value": None}
        columns |= {"currency": price["currency"], "price_minor": price["value"]}
    return columns


async def _check_named(call: CallForEntity, fields: dict[str, Any]) -> None:
    unit_id: UUID | None = fields.get("measure_unit_id")
    if unit_id is not None:
        unit = rows_of_entity(call, MeasureUnit).where(MeasureUnit.id == unit_id).with_only_columns(MeasureUnit.id)
        if await call.session.scalar(unit.with_for_update(read=True, key_share=True)) is None:
            fault = Fault(("body", "measure_unit_id"), f"there is no measure unit {unit_id}", "value_error.unknown_id")
            raise Unprocessable(fault)
    await accounting_ids.check_ledger_accounts(
        call.session,
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        ids={("body", "ledger_account_id"): fields.get("ledger_account_id")},
    )


async def load_product(call: CallForEntity, product_id: UUID, *, for_update: bool = False) -> Product:
    """A product of the call's entity; raises NotFound."""
    return await load_of_entity(call, Product, product_id, "product", for_update=for_update)


async def create_product(call: CallForEntity, body: ProductServiceRequest) -> Product:
    """Make a product; raises Unprocessable."""
    fields = body.model_dump()
    await _check_named(call, fields)
    product = Product(
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        created_by_entity_user_id=call.entity_user_id,
        created_at=call.now,
        updated_at=call.now,
        **_as_columns(fields),
    )
    call.session.add(product)
    await call.session.flush()
    announce(call, "product", product.id, "created", shown(product))
    return product


async def update_product(call: CallForEntity, product_id: UUID, body: ProductServiceUpdate) -> Product:
    """Change a product; documents keep it as it was; raises NotFound or Unprocessable."""
    product = await load_product(call, product_id, for_update=True)
    fields = given(body)
    await _check_named(call, fields)
    account_before = product.ledger_account_id
    async with followed(call, "product", product.id):
        for name, value in _as_columns(fields).items():
            setattr(product, name, value)
        product.updated_at = call.now
    if product.ledger_account_id != account_before:
        await leave_news_of_settings(
            call.session, call.services.engine, partner_id=call.partner_id, entity_id=call.entity_id, now=call.now
        )
    announce(call, "product", product.id, "updated", shown(product))
    return product


async def delete_product(call: CallForEntity, product_id: UUID) -> None:
    """Take a product out of the catalogue; its row stays for the documents that name it; raises NotFound."""
    product = await load_product(call, product_id, for_update=True)
    product.deleted_at = product.updated_at = call.now
    announce(call, "product", product.id, "deleted", shown(product))
