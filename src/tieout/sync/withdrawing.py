"""Withdrawing a document that counts no more: from the queue if nothing of it was sent, else out of the books."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.port import Engine
from tieout.storage.tables.connections import Link
from tieout.storage.tables.work import Intent
from tieout.sync.intents import OPEN_STATES, State
from tieout.sync.parts import load_parts
from tieout.sync.synced_records import tell_link
from tieout.sync.wanting import want_link

_SENT = ("sending", "uncertain")


async def withdraw(
    session: AsyncSession,
    engine: Engine,
    *,
    partner_id: UUID,
    entity_id: UUID,
    object_type: str,
    object_id: UUID,
    now: datetime,
) -> None:
    """A document counts no more, in the caller's transaction: what was not sent is never sent, the rest is taken out.

    That goes for every company that the entity was ever connected to: books that are not connected now are left as they
    are until they are connected again.
    """
    for link in await _links(session, partner_id, entity_id, object_type, object_id):
        if await _cancel_ready(session, link, now=now) or link.external_id is not None:
            await want_link(session, engine, link, now=now)
        else:
            await _forget(session, link, now=now)


async def _cancel_ready(session: AsyncSession, link: Link, *, now: datetime) -> bool:
    """Cancel what was planned and not sent; returns whether something was sent whose outcome is not known."""
    intents = await session.scalars(
        select(Intent).where(Intent.link_id == link.id, Intent.state.in_(OPEN_STATES)).with_for_update()
    )
    is_sent = False
    for intent in intents.all():
        if intent.state in _SENT or intent.first_sent_at is not None:
            is_sent = True
            continue
        intent.state = State.CANCELLED.value
        intent.settled_at = intent.updated_at = now
        intent.evidence = {**intent.evidence, "cancelled": "the record was withdrawn before it was sent"}
    return is_sent


async def _forget(session: AsyncSession, link: Link, *, now: datetime) -> None:
    """Take back the wish to have a record, and its parts, in the books: they never reached them."""
    for one in (*await load_parts(session, link), link):
        tried = await session.scalar(select(Intent.id).where(Intent.link_id == one.id).limit(1))
        if tried is None:
            await tell_link(session, one, "deleted", now=now)
            await session.delete(one)
        else:
            one.push_wanted_at = one.errors = None
            one.sync_status = "done"
            one.updated_at = now
            await tell_link(session, one, "updated", now=now)


async def _links(
    session: AsyncSession, partner_id: UUID, entity_id: UUID, object_type: str, object_id: UUID
) -> list[Link]:
    found = await session.scalars(
        select(Link)
        .where(
            Link.partner_id == partner_id,
            Link.entity_id == entity_id,
            Link.object_type == object_type,
            Link.object_id == object_id,
        )
        .with_for_update()
    )
    return list(found)
