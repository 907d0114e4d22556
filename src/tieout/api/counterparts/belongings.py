"""The rules of what belongs to a counterpart: addresses, contacts, tax numbers."""

from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Select, func, select

from tieout.api.announcing import announce
from tieout.api.counterparts.details import AddressResponse, ContactResponse, VatIdResponse
from tieout.api.counterparts.service import DEFAULT_ADDRESSES, load_counterpart
from tieout.api.counterparts.service import shown as shown_counterpart
from tieout.api.dependencies import CallForEntity
from tieout.api.schemas import given
from tieout.api.scope import rows_of_entity
from tieout.api.wanting import followed
from tieout.kit.errors import Fault, NotFound, Unprocessable
from tieout.storage.tables.business import Counterpart, CounterpartAddress, CounterpartContact, CounterpartVatId

BELONGINGS_MAX = 200

Belonging = TypeVar("Belonging", CounterpartAddress, CounterpartContact, CounterpartVatId)

_Any = CounterpartAddress | CounterpartContact | CounterpartVatId
_NAMES: dict[type[_Any], tuple[str, str]] = {
    CounterpartAddress: ("address", "counterpart_address"),
    CounterpartContact: ("contact", "counterpart_contact_person"),
    CounterpartVatId: ("VAT id", "counterpart_tax_id"),
}


def shown(row: _Any) -> BaseModel:
    """The row as the API shows it."""
    match row:
        case CounterpartAddress():
            return AddressResponse.model_validate(row)
        case CounterpartContact():
            return ContactResponse.model_validate(row)
        case CounterpartVatId():
            return VatIdResponse.model_validate(row)


def _announce(call: CallForEntity, row: _Any, verb: str) -> None:
    announce(call, _NAMES[type(row)][1], row.id, verb, shown(row))


def _all(call: CallForEntity, model: type[Belonging], counterpart_id: UUID) -> Select[Belonging]:
    query = rows_of_entity(call, model).where(model.counterpart_id == counterpart_id)
    return query.order_by(model.created_at, model.id)


async def list_all(call: CallForEntity, model: type[Belonging], counterpart_id: UUID) -> list[Belonging]:
    """Everything of this kind, oldest first; raises NotFound."""
    await load_counterpart(call, counterpart_id)
    return list(await call.session.scalars(_all(call, model, counterpart_id).limit(BELONGINGS_MAX)))


async def load_one(call: CallForEntity, model: type[Belonging], counterpart_id: UUID, row_id: UUID) -> Belonging:
    """One of this kind; raises NotFound."""
    await load_counterpart(call, counterpart_id)
    row: Belonging | None = await call.session.scalar(_all(call, model, counterpart_id).where(model.id == row_id))
    if row is None:
        message = f"There is no {_NAMES[model][0]} {row_id} of the counterpart {counterpart_id}."
        raise NotFound(message)
    return row


async def create_one(call: CallForEntity, model: type[Belonging], counterpart_id: UUID, body: BaseModel) -> Belonging:
    """Add one; the first contact is the default one; raises NotFound or Unprocessable."""
    await load_counterpart(call, counterpart_id, for_update=True)
    count = await call.session.scalar(
        select(func.count()).select_from(_all(call, model, counterpart_id).order_by(None).subquery())
    )
    if count is not None and count >= BELONGINGS_MAX:
        message = f"a counterpart has at most {BELONGINGS_MAX} of these"
        raise Unprocessable(Fault(("body",), message))
    row = model(
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        counterpart_id=counterpart_id,
        created_at=call.now,
        updated_at=call.now,
        **body.model_dump(),
    )
    if isinstance(row, CounterpartContact):
        row.is_default = not count
    if isinstance(row, CounterpartVatId):
        row.created_by_entity_user_id = call.entity_user_id
    async with followed(call, "counterpart", counterpart_id):
        call.session.add(row)
    _announce(call, row, "created")
    return row


async def update_one(
    call: CallForEntity, model: type[Belonging], counterpart_id: UUID, row_id: UUID, body: BaseModel
) -> Belonging:
    """Change one; raises NotFound."""
    row = await load_one(call, model, counterpart_id, row_id)
    async with followed(call, "counterpart", counterpart_id):
        for name, value in given(body).items():
            setattr(row, name, value)
        row.updated_at = call.now
    _announce(call, row, "update")
    return row


async def delete_one(call: CallForEntity, model: type[Belonging], counterpart_id: UUID, row_id: UUID) -> None:
    """Remove one. A default address is forgotten; the oldest contact left becomes the default; raises NotFound."""
    counterpart = await load_counterpart(call, counterpart_id, for_update=True)
    row = await load_one(call, model, counterpart_id, row_id)
    _announce(call, row, "delete")
    async with followed(call, "counterpart", counterpart_id):
        await call.session.delete(row)
        await call.session.flush()
        if isinstance(row, CounterpartAddress):
            _forget_address(call, counterpart, row.id)
    if isinstance(row, CounterpartContact) and row.is_default:
        oldest = await call.session.scalar(_all(call, CounterpartContact, counterpart_id).limit(1))
        if oldest is not None:
            oldest.is_default, oldest.updated_at = True, call.now
            _announce(call, oldest, "make_default")


def _forget_address(call: CallForEntity, counterpart: Counterpart, address_id: UUID) -> None:
    """Leave the counterpart without the default that is gone, and say so."""
    defaults = [name for name in DEFAULT_ADDRESSES if getattr(counterpart, name) == address_id]
    for name in defaults:
        setattr(counterpart, name, None)
    if defaults:
        counterpart.updated_at = call.now
        announce(call, "counterpart", counterpart.id, "updated", shown_counterpart(counterpart))


async def make_default(call: CallForEntity, counterpart_id: UUID, contact_id: UUID) -> CounterpartContact:
    """Make this contact the default one; repeating it changes nothing; raises NotFound."""
    await load_counterpart(call, counterpart_id, for_update=True)
    chosen = await load_one(call, CounterpartContact, counterpart_id, contact_id)
    if not chosen.is_default:
        for contact in await call.session.scalars(_all(call, CounterpartContact, counterpart_id)):
            contact.is_default = contact.id == chosen.id
        chosen.updated_at = call.now
        _announce(call, chosen, "make_default")
    return chosen
