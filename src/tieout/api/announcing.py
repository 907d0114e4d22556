"""Events of what callers change, written in the transaction of the change."""

from uuid import UUID

from pydantic import BaseModel

from tieout.api.dependencies import CallForEntity
from tieout.sync.events import record_event


def announce(call: CallForEntity, object_type: str, object_id: UUID, verb: str, shown: BaseModel) -> None:
    """Write the event `object_type.verb`; its payload is the object as the API shows it."""
    record_event(
        call.session,
        partner_id=call.partner_id,
        entity_id=call.entity_id,
        object_type=object_type,
        object_id=object_id,
        action=f"{object_type}.{verb}",
        at=call.now,
        payload=shown.model_dump(mode="json"),
    )
