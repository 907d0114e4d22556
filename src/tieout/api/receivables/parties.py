"""Who a receivable is from and to, kept with the document as they were when it was written."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from tieout.api.dependencies import CallForEntity
from tieout.api.entities.vat_ids import load_vat_id
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.kit.errors import Fault, NotFound, Unprocessable
from tieout.storage.tables.business import (
    Counterpart,
    CounterpartAddress,
    CounterpartContact,
    CounterpartVatId,
    Entity,
    Receivable,
)
from tieout.storage.tables.taxation import EntityVatId

_ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")
_ENTITY = ("email", "phone", "website", "tax_id", "registration_number", "registration_authority")
_NO_LANGUAGE = "en"

Part = TypeVar("Part", CounterpartAddress, CounterpartContact, CounterpartVatId)


async def set_counterpart(call: CallForEntity, receivable: Receivable, counterpart_id: UUID) -> None:
    """Take the counterpart as it is now; raises NotFound."""
    counterpart = await load_of_entity(call, Counterpart, counterpart_id, "counterpart")
    is_another = receivable.counterpart_id is not None and receivable.counterpart_id != counterpart.id
    receivable.counterpart_id = counterpart.id
    receivable.counterpart_name = counterpart.name
    contact = await call.session.scalar(
        rows_of_entity(call, CounterpartContact)
        .where(CounterpartContact.counterpart_id == counterpart.id)
        .order_by(CounterpartContact.is_default.desc(), CounterpartContact.created_at)
        .limit(1)
    )
    kept = {} if is_another else {"counterpart_contact": receivable.content.get("counterpart_contact")}
    forgotten = ("counterpart_billing_address", "counterpart_shipping_address", "counterpart_vat_id")
    receivable.content = {
        **receivable.content,
        **(dict.fromkeys(forgotten) if is_another else {}),
        "counterpart_type": counterpart.type,
        "counterpart_tax_id": counterpart.tax_id,
        "counterpart_external_reference": counterpart.external_reference,
        "counterpart_language": counterpart.language,
        "counterpart_contact": kept.get("counterpart_contact") or (None if contact is None else _contact(contact)),
    }


async def set_parts(call: CallForEntity, receivable: Receivable, given: Mapping[str, UUID | None]) -> None:
    """Take addresses, contact and tax number of the counterpart, and the entity's tax number, by the contract's fields.

    Null empties. Raises NotFound for one that the counterpart or the entity does not have.
    """
    content = dict(receivable.content)
    for field, part_id in given.items():
        match field:
            case "counterpart_billing_address_id" | "counterpart_shipping_address_id":
                address = await _part(call, receivable, CounterpartAddress, part_id, "address")
                content[field.removesuffix("_id")] = None if address is None else _address(address)
            case "counterpart_vat_id_id":
                vat_id = await _part(call, receivable, CounterpartVatId, part_id, "VAT id")
                content["counterpart_vat_id"] = None if vat_id is None else _vat_id(vat_id)
            case "contact_id":
                contact = await _part(call, receivable, CounterpartContact, part_id, "contact")
                content["counterpart_contact"] = None if contact is None else _contact(contact)
            case "entity_vat_id_id":
                own = None if part_id is None else await load_vat_id(call, part_id)
                content["entity_vat_id"] = None if own is None else _entity_vat_id(own)
            case _:
                raise KeyError(field)
    receivable.content = content


async def _part(
    call: CallForEntity, receivable: Receivable, model: type[Part], part_id: UUID | None, what: str
) -> Part | None:
    if part_id is None:
        return None
    row = await load_of_entity(call, model, part_id, what)
    if row.counterpart_id != receivable.counterpart_id:
        message = f"There is no {what} {part_id}."
        raise NotFound(message)
    return row


def check_billing_address(receivable: Receivable, place: tuple[str | int, ...]) -> None:
    """Raise Unprocessable when the counterpart was changed and no billing address of the new one was named."""
    if receivable.content.get("counterpart_billing_address") is None:
        message = "another counterpart needs a billing address of its own"
        raise Unprocessable(Fault((*place, "counterpart_billing_address_id"), message, "missing"))


def _address(row: CounterpartAddress) -> dict[str, Any]:
    return {"id": str(row.id), **{name: getattr(row, name) for name in _ADDRESS}}


def _contact(row: CounterpartContact) -> dict[str, Any]:
    address = {name: row.address.get(name) for name in _ADDRESS}
    return {
        **{name: getattr(row, name) for name in ("first_name", "last_name", "title", "email", "phone")},
        "address": address,
    }


def _vat_id(row: CounterpartVatId) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "counterpart_id": str(row.counterpart_id),
        **{name: getattr(row, name) for name in ("country", "type", "value")},
    }


def _entity_vat_id(row: EntityVatId) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "entity_id": str(row.entity_id),
        **{name: getattr(row, name) for name in ("country", "type", "value")},
    }


def entity_on_document(entity: Entity, override: Mapping[str, Any] | None) -> dict[str, Any]:
    """The entity as the document shows it: as it is now, with what the document says instead."""
    shown = {name: getattr(entity, name) for name in _ENTITY}
    if entity.type == "organization":
        shown |= {"type": "organization", "name": entity.details.get("legal_name", "")}
    else:
        names = {name: entity.details.get(name, "") for name in ("first_name", "last_name")}
        shown |= {"type": "individual", **names}
    return {**shown, **(override or {})}


def entity_language(entity: Entity) -> str:
    """The language of the entity's own copy."""
    return str(entity.settings.get("language") or _NO_LANGUAGE)
