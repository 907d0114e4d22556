"""GET and PATCH /accounting_sync_rules: an addition, under the name that Monite's own had until July 2024.

What steers an entity's synchronisation and has no place in the contract's settings stands here.
"""

from typing import Any

from fastapi import APIRouter

from tieout.api.accounting_sync_rules.schemas import SyncRulesPayload, SyncRulesResponse, show_rules
from tieout.api.dependencies import CallForEntity, EntityCall
from tieout.storage import audit_trail
from tieout.storage.tables.business import Entity
from tieout.sync.curing import leave_news_of_settings
from tieout.sync.deciding import meet_again
from tieout.sync.events import record_event
from tieout.sync.rules import SYNC_RULES, changed_rules, rules_of

router = APIRouter(prefix="/accounting_sync_rules", tags=["Accounting sync rules"])

EVENT_OBJECT = "accounting_sync_rules"


@router.get("")
async def get_sync_rules(call: EntityCall) -> SyncRulesResponse:
    """The rules by which the entity's books are kept in step."""
    return show_rules(rules_of((await call.load_entity()).settings))


@router.patch("")
async def change_sync_rules(call: EntityCall, body: SyncRulesPayload) -> SyncRulesResponse:
    """Change them. What was refused or held under the old rules is looked at again."""
    entity = await call.session.get_one(Entity, call.entity_id, with_for_update=True)
    change = body.model_dump(mode="json", exclude_unset=True)
    kept = changed_rules(entity.settings, change)
    if kept != (entity.settings.get(SYNC_RULES) or {}):
        entity.settings = {**entity.settings, SYNC_RULES: kept}
        entity.updated_at = call.now
        await _tell(call, entity, change)
    return show_rules(rules_of(entity.settings))


async def _tell(call: CallForEntity, entity: Entity, change: dict[str, Any]) -> None:
    await leave_news_of_settings(
        call.session, call.services.engine, partner_id=call.partner_id, entity_id=entity.id, now=call.now
    )
    await meet_again(call.session, call.services.engine, partner_id=call.partner_id, entity_id=entity.id, now=call.now)
    await audit_trail.record(
        call.session,
        partner_id=call.partner_id,
        at=call.now,
        actor=call.actor,
        action="entity.accounting_sync_rules_changed",
        subject_id=str(entity.id),
        details=change,
    )
    record_event(
        call.session,
        partner_id=call.partner_id,
        entity_id=entity.id,
        object_type=EVENT_OBJECT,
        object_id=entity.id,
        action=f"{EVENT_OBJECT}.updated",
        at=call.now,
        payload=show_rules(rules_of(entity.settings)).model_dump(mode="json"),
    )
