"""The tax numbers of an entity: their shape and their rules (Monite, 'Entity VAT IDs').

Documents that name one keep it as it was, so that it can be changed and removed at any time.
"""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import func, select

from tieout.api.dependencies import Call, CallForEntity
from tieout.api.entities.service import load_entity
from tieout.api.schemas import Body, Country, Shown, VatIdType
from tieout.api.scope import load_of_entity
from tieout.kit.errors import Fault, NotFound, Unprocessable
from tieout.storage.tables.taxation import EntityVatId as Row

VAT_IDS_MAX = 200

VatNumber = Annotated[str, StringConstraints(max_length=32)]


class EntityVatID(Body):
    """A new tax number."""

    country: Country
    type: VatIdType = "unknown"
    value: VatNumber


class EntityUpdateVatID(Body):
    """A change of a tax number: what is left out or null stays."""

    country: Country | None = None
    type: VatIdType | None = None
    value: VatNumber | None = None


class EntityVatIDResponse(Shown):
    """A tax number of an entity."""

    id: UUID
    entity_id: UUID
    country: Country
    type: VatIdType
    value: str


class EntityVatIDResourceList(Shown):
    """All tax numbers of an entity."""

    data: list[EntityVatIDResponse]


async def load_vat_id(call: CallForEntity, vat_id_id: UUID) -> Row:
    """A tax number of the call's entity, for a document that names it; raises NotFound."""
    return await load_of_entity(call, Row, vat_id_id, "entity VAT id")


async def list_all(call: Call, entity_id: UUID) -> list[Row]:
    """All tax numbers of an entity, oldest first; raises NotFound."""
    await load_entity(call, entity_id)
    query = select(Row).where(Row.partner_id == call.partner_id, Row.entity_id == entity_id)
    return list(await call.session.scalars(query.order_by(Row.created_at, Row.id).limit(VAT_IDS_MAX)))


async def load_one(call: Call, entity_id: UUID, vat_id_id: UUID) -> Row:
    """A tax number of an entity of the caller's; raises NotFound."""
    await load_entity(call, entity_id)
    row = await call.session.scalar(
        select(Row).where(Row.id == vat_id_id, Row.entity_id == entity_id, Row.partner_id == call.partner_id)
    )
    if row is None:
        message = f"There is no VAT id {vat_id_id} of the entity {entity_id}."
        raise NotFound(message)
    return row


async def create_one(call: Call, entity_id: UUID, body: EntityVatID) -> Row:
    """Add a tax number; raises NotFound or Unprocessable."""
    await load_entity(call, entity_id, for_update=True)
    owned = (Row.partner_id == call.partner_id, Row.entity_id == entity_id)
    count = await call.session.scalar(select(func.count()).select_from(Row).where(*owned))
    if count is not None and count >= VAT_IDS_MAX:
        raise Unprocessable(Fault(("body",), f"an entity has at most {VAT_IDS_MAX} VAT ids"))
    row = Row(
        partner_id=call.partner_id,
        entity_id=entity_id,
        created_at=call.now,
        updated_at=call.now,
        **body.model_dump(),
    )
    call.session.add(row)
    await call.session.flush()
    return row


async def update_one(call: Call, entity_id: UUID, vat_id_id: UUID, body: EntityUpdateVatID) -> Row:
    """Change a tax number; raises NotFound."""
    row = await load_one(call, entity_id, vat_id_id)
    for name, value in body.model_dump(exclude_none=True).items():
        setattr(row, name, value)
    row.updated_at = call.now
    return row


async def delete_one(call: Call, entity_id: UUID, vat_id_id: UUID) -> None:
    """Remove a tax number; raises NotFound."""
    await call.session.delete(await load_one(call, entity_id, vat_id_id))
