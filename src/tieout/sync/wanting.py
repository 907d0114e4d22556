"""Wanting a push.

The partner's record and the wish to have it in the books commit together, and the lane is woken with them.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.port import Engine
from tieout.kit.identifiers import new_id
from tieout.storage.tables.connections import Connection, Link
from tieout.sync.synced_records import tell_link

ObjectType = Literal["product", "customer", "vendor", "receivable", "bill", "payment_record"]
LIVE = ("connected", "deauthorized")


def company_lane(company_id: UUID) -> str:
    """The key of a company's lane."""
    return f"company:{company_id}"


async def want_push(
    session: AsyncSession,
    engine: Engine,
    *,
    partner_id: UUID,
    entity_id: UUID,
    object_type: ObjectType,
    object_id: UUID,
    object_updated_at: datetime,
    now: datetime,
) -> Link | None:
    """Mark a record as wanted in the books, in the caller's transaction.

    Returns its link, or None when the entity has no connection: documents from before a connection are not pushed.
    """
    company_id = await session.scalar(
        select(Connection.company_id).where(
            Connection.entity_id == entity_id, Connection.partner_id == partner_id, Connection.status.in_(LIVE)
        )
    )
    if company_id is None:
        return None
    link = await session.scalar(
        select(Link).where(
            Link.company_id == company_id,
            Link.entity_id == entity_id,
            Link.object_type == object_type,
            Link.object_id == object_id,
        )
    )
    is_new = link is None
    if link is None:
        link = Link(
            id=new_id(),
            partner_id=partner_id,
            entity_id=entity_id,
            company_id=company_id,
            object_type=object_type,
            object_id=object_id,
            last_pulled_at=now,
            created_at=now,
            updated_at=now,
        )
        session.add(link)
    link.push_wanted_at = now
    link.sync_status = "pending"
    link.errors = None
    link.object_updated_at = object_updated_at
    link.updated_at = now
    await tell_link(session, link, "created" if is_new else "updated", now=now)
    await engine.wake(session, company_lane(company_id))
    return link


async def push_again(session: AsyncSession, engine: Engine, link: Link, *, now: datetime) -> bool:
    """Want a record's push once more, in the caller's transaction; what is in the books already is left alone.

    Returns whether it is wanted.
    """
    if link.external_id is not None and link.sync_status == "done":
        return False
    link.push_wanted_at = now
    link.sync_status = "pending"
    link.errors = None
    link.updated_at = now
    await tell_link(session, link, "updated", now=now)
    await engine.wake(session, company_lane(link.company_id))
    return True
