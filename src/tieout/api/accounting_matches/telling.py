"""Telling what a person did about a link: in the timeline of the connection, and in the audit trail."""

from typing import Any

from sqlalchemy import select

from tieout.api.dependencies import CallForEntity
from tieout.kit.errors import Conflict
from tieout.storage import audit_trail
from tieout.storage.tables.connections import Connection
from tieout.sync.connected import LIVE, load_company
from tieout.sync.match_decisions import Decider
from tieout.sync.sides import Sides
from tieout.sync.timeline import Happened, note


async def connected_sides(call: CallForEntity) -> Sides:
    """The entity and the books that it is connected to; raises Conflict when there are none."""
    company = await load_company(call.session, call.partner_id, call.entity_id)
    if company is None:
        message = "No books are connected, so nothing can be decided about them."
        raise Conflict(message)
    return Sides(company, call.entity_id)


def decider(call: CallForEntity) -> Decider:
    """Who calls, as whoever decides."""
    return Decider(call.actor, call.now)


async def tell(
    call: CallForEntity, happened: Happened, action: str, *, subject_id: str, details: dict[str, Any]
) -> None:
    """Note what was done, in the transaction of the call."""
    connection = await call.session.scalar(
        select(Connection).where(
            Connection.partner_id == call.partner_id,
            Connection.entity_id == call.entity_id,
            Connection.status.in_(LIVE),
        )
    )
    if connection is not None:
        note(call.session, connection, happened, now=call.now, actor=call.actor, details=details)
    await audit_trail.record(
        call.session,
        partner_id=call.partner_id,
        at=call.now,
        actor=call.actor,
        action=action,
        subject_id=subject_id,
        details=details,
    )
