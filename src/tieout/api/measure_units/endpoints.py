"""/measure_units."""

from uuid import UUID

from fastapi import APIRouter, status
from sqlalchemy import select, update

from tieout.api.dependencies import CallForEntity, EntityCall
from tieout.api.measure_units.schemas import UnitListResponse, UnitRequest, UnitResponse, UnitUpdate
from tieout.api.schemas import given
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.kit.errors import Conflict, Fault, Unprocessable
from tieout.storage.tables.business import MeasureUnit, Product

UNITS_MAX = 1_000

router = APIRouter(prefix="/measure_units", tags=["Measure units"])


async def _load(call: CallForEntity, unit_id: UUID, *, for_update: bool = False) -> MeasureUnit:
    return await load_of_entity(call, MeasureUnit, unit_id, "measure unit", for_update=for_update)


@router.get("")
async def list_units(call: EntityCall) -> UnitListResponse:
    """All units of the entity: there are few, so the list has no pages."""
    query = rows_of_entity(call, MeasureUnit).order_by(MeasureUnit.created_at, MeasureUnit.id).limit(UNITS_MAX)
    units = await call.session.scalars(query)
    return UnitListResponse(data=[UnitResponse.model_validate(unit) for unit in units])


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_unit(call: EntityCall, body: UnitRequest) -> UnitResponse:
    """Make a unit."""
    query = rows_of_entity(call, MeasureUnit).with_only_columns(MeasureUnit.id).offset(UNITS_MAX - 1).limit(1)
    if await call.session.scalar(query) is not None:
        raise Unprocessable(Fault(("body",), f"an entity has at most {UNITS_MAX} measure units"))
    unit = MeasureUnit(
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        created_at=call.now,
        updated_at=call.now,
        **body.model_dump(),
    )
    call.session.add(unit)
    await call.session.flush()
    return UnitResponse.model_validate(unit)


@router.get("/{unit_id}")
async def get_unit(call: EntityCall, unit_id: UUID) -> UnitResponse:
    """One unit."""
    return UnitResponse.model_validate(await _load(call, unit_id))


@router.patch("/{unit_id}")
async def update_unit(call: EntityCall, unit_id: UUID, body: UnitUpdate) -> UnitResponse:
    """Change a unit."""
    unit = await _load(call, unit_id, for_update=True)
    for name, value in given(body).items():
        setattr(unit, name, value)
    unit.updated_at = call.now
    return UnitResponse.model_validate(unit)


@router.delete("/{unit_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_unit(call: EntityCall, unit_id: UUID) -> None:
    """Delete a unit that no product is counted in any more; a deleted product forgets it."""
    unit = await _load(call, unit_id, for_update=True)
    counted = (Product.partner_id == call.partner_id, Product.measure_unit_id == unit.id)
    products = select(Product.id).where(*counted, Product.deleted_at.is_(None))  # other users' too
    if await call.session.scalar(products.limit(1)) is not None:
        message = f"The measure unit {unit.id} is in use by products."
        raise Conflict(message)
    await call.session.execute(update(Product).where(*counted).values(measure_unit_id=None))
    await call.session.delete(unit)
