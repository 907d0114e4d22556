"""The rules of entities.

Details fit the type, what an answer needs cannot be emptied, sensitive changes are recorded.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from tieout.api import accounting_ids
from tieout.api.dependencies import Call
from tieout.api.entities.schemas import (
    CreateEntityRequest,
    EntityIndividualResponse,
    EntityOrganizationResponse,
    EntityStatus,
    EntityType,
    UpdateEntityRequest,
)
from tieout.api.entities.settings import PatchSettingsPayload, plan_settings, shown_settings
from tieout.api.roles.defaults import provision_default
from tieout.kit.errors import Fault, NotFound, Unprocessable
from tieout.storage import audit_trail
from tieout.storage.tables.business import Entity
from tieout.sync.curing import leave_news_of_settings
from tieout.sync.drafting import ACCOUNTING_DEFAULTS
from tieout.sync.events import record_event

_PLAIN = ("email", "phone", "website", "tax_id", "registration_number", "registration_authority")
_NEVER_EMPTY = frozenset(("city", "postal_code", "line1", "legal_name", "first_name", "last_name"))


def shown(entity: Entity) -> EntityOrganizationResponse | EntityIndividualResponse:
    """The entity as the API shows it."""
    plain = {name: getattr(entity, name) for name in ("id", "created_at", "updated_at", "status", "address", *_PLAIN)}
    if entity.type == EntityType.ORGANIZATION:
        return EntityOrganizationResponse.model_validate({**plain, "type": entity.type, "organization": entity.details})
    return EntityIndividualResponse.model_validate({**plain, "type": entity.type, "individual": entity.details})


def _other(kind: str) -> str:
    return EntityType.INDIVIDUAL if kind == EntityType.ORGANIZATION else EntityType.ORGANIZATION


def _check_details(kind: str, body: CreateEntityRequest | UpdateEntityRequest) -> None:
    if getattr(body, _other(kind)) is not None:
        message = f"an entity of type {kind} has no {_other(kind)}"
        raise Unprocessable(Fault(("body", _other(kind)), message))


def plan_entity(body: CreateEntityRequest, *, partner_id: UUID, now: datetime) -> Entity:
    """The new row; raises Unprocessable when the details do not fit the type."""
    _check_details(body.type, body)
    details = getattr(body, body.type)
    if details is None:
        raise Unprocessable(Fault(("body", body.type), "Field required", "missing"))
    return Entity(
        partner_id=partner_id,
        type=body.type.value,
        address=body.address.model_dump(mode="json"),
        details=details.model_dump(mode="json"),
        created_at=now,
        updated_at=now,
        **{name: getattr(body, name) for name in _PLAIN},
    )


def _changed(old: dict[str, Any], change: dict[str, Any] | None) -> dict[str, Any]:
    kept = {name: value for name, value in (change or {}).items() if value is not None or name not in _NEVER_EMPTY}
    return {**old, **kept}


def apply_change(entity: Entity, body: UpdateEntityRequest) -> None:
    """Put the change into the row; raises Unprocessable."""
    _check_details(entity.type, body)
    change = body.model_dump(mode="json", exclude_unset=True)
    for name in _PLAIN:
        if name in change:
            setattr(entity, name, change[name])
    entity.address = _changed(entity.address, change.get("address"))
    entity.details = _changed(entity.details, change.get(entity.type))


async def load_entity(call: Call, entity_id: UUID, *, for_update: bool = False) -> Entity:
    """An entity of the caller's; raises NotFound."""
    query = select(Entity).where(Entity.id == entity_id, Entity.partner_id == call.partner_id)
    entity = await call.session.scalar(query.with_for_update() if for_update else query)
    if entity is None:
        message = f"There is no entity {entity_id}."
        raise NotFound(message)
    return entity


def announce(call: Call, entity: Entity, verb: str) -> None:
    """Write the event of a change, in its transaction."""
    record_event(
        call.session,
        partner_id=call.partner_id,
        entity_id=entity.id,
        object_type="entity",
        object_id=entity.id,
        action=f"entity.{verb}",
        at=call.now,
        payload=shown(entity).model_dump(mode="json"),
    )


async def create_entity(call: Call, body: CreateEntityRequest) -> Entity:
    """Make an entity; raises Unprocessable."""
    entity = plan_entity(body, partner_id=call.partner_id, now=call.now)
    call.session.add(entity)
    await call.session.flush()
    announce(call, entity, "created")
    await provision_default(call, entity.id)
    return entity


async def update_entity(call: Call, entity_id: UUID, body: UpdateEntityRequest) -> Entity:
    """Change an entity; raises NotFound or Unprocessable."""
    entity = await load_entity(call, entity_id, for_update=True)
    apply_change(entity, body)
    entity.updated_at = call.now
    announce(call, entity, "updated")
    return entity


async def set_status(call: Call, entity_id: UUID, status: EntityStatus) -> Entity:
    """Take an entity in or out of use; repeating it changes nothing; raises NotFound."""
    entity = await load_entity(call, entity_id, for_update=True)
    if entity.status != status:
        entity.status = status.value
        entity.updated_at = call.now
        announce(call, entity, "updated")
        await audit_trail.record(
            call.session,
            partner_id=call.partner_id,
            at=call.now,
            actor=call.actor,
            action="entity.status_changed",
            subject_id=str(entity.id),
            details={"status": status.value},
        )
    return entity


async def change_settings(call: Call, entity_id: UUID, body: PatchSettingsPayload) -> Entity:
    """Change an entity's settings; raises NotFound or Unprocessable."""
    entity = await load_entity(call, entity_id, for_update=True)
    if body.accounting is not None:
        await _check_accounting(call, entity_id, body)
        await audit_trail.record(
            call.session,
            partner_id=call.partner_id,
            at=call.now,
            actor=call.actor,
            action="entity.accounting_settings_changed",
            subject_id=str(entity.id),
            details=body.accounting.model_dump(mode="json", exclude_unset=True),
        )
    before, entity.settings = entity.settings, plan_settings(entity.settings, body)
    if before.get(ACCOUNTING_DEFAULTS) != entity.settings.get(ACCOUNTING_DEFAULTS):
        await leave_news_of_settings(
            call.session, call.services.engine, partner_id=call.partner_id, entity_id=entity.id, now=call.now
        )
    entity.updated_at = call.now
    record_event(
        call.session,
        partner_id=call.partner_id,
        entity_id=entity.id,
        object_type="entity_settings",
        object_id=entity.id,
        action="entity_settings.updated",
        at=call.now,
        payload=shown_settings(entity.settings).model_dump(mode="json"),
    )
    return entity


async def _check_accounting(call: Call, entity_id: UUID, body: PatchSettingsPayload) -> None:
    accounting = body.accounting
    if accounting is not None and (accounts := accounting.ledger_account_ids) is not None:
        ids: dict[accounting_ids.Place, UUID | None] = {
            ("body", "accounting", "ledger_account_ids", "payments"): accounts.payments,
            ("body", "accounting", "ledger_account_ids", "products"): accounts.products,
        }
        await accounting_ids.check_ledger_accounts(
            call.session, partner_id=call.partner_id, entity_id=entity_id, ids=ids
        )
    if accounting is not None and (taxes := accounting.tax_ids) is not None:
        await accounting_ids.check_tax_rates(
            call.session,
            partner_id=call.partner_id,
            entity_id=entity_id,
            ids={("body", "accounting", "tax_ids", "deductions"): taxes.deductions},
        )
