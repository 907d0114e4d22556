"""Withdrawing a document from the books' queue, as long as nothing of it was sent.

What is in the books already can only be undone there, and doing that from here is not built yet: the caller is told so,
and never led to believe that the books follow.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.kit.errors import Conflict, NotBuiltYet
from tieout.storage.tables.connections import Link
from tieout.storage.tables.work import Intent
from tieout.sync.synced_records import tell_link

_ON_ITS_WAY = ("ready", "sending", "uncertain", "confirmed")


class Whereabouts(StrEnum):
    """How far a document got on its way into the books."""

    NOWHERE = "nowhere"
    WAITING = "waiting"
    ON_ITS_WAY = "on_its_way"
    IN_THE_BOOKS = "in_the_books"


async def load_whereabouts(
    session: AsyncSession, *, partner_id: UUID, entity_id: UUID, object_type: str, object_id: UUID
) -> Whereabouts:
    """Where a record is, in any company that the entity was ever connected to."""
    links = list(await _links(session, partner_id, entity_id, object_type, object_id))
    if not links:
        return Whereabouts.NOWHERE
    if any(link.external_id is not None or link.sync_status == "done" for link in links):
        return Whereabouts.IN_THE_BOOKS
    sent = await session.scalar(
        select(Intent.id)
        .where(
            Intent.partner_id == partner_id,
            Intent.link_id.in_([link.id for link in links]),
            Intent.state.in_(_ON_ITS_WAY),
        )
        .limit(1)
    )
    return Whereabouts.WAITING if sent is None else Whereabouts.ON_ITS_WAY


def refuse_what_the_books_have(whereabouts: Whereabouts, what: str) -> None:
    """Raise NotBuiltYet for a document in the books, Conflict for one on its way there; `what` says what was asked."""
    if whereabouts is Whereabouts.IN_THE_BOOKS:
        message = f"{what} that is in the books already is not built yet: do it in the books."
        raise NotBuiltYet(message)
    if whereabouts is Whereabouts.ON_ITS_WAY:
        message = f"{what} that is being written to the books is not possible: wait until that has ended."
        raise Conflict(message)


async def withdraw_push(
    session: AsyncSession, *, partner_id: UUID, entity_id: UUID, object_type: str, object_id: UUID, now: datetime
) -> None:
    """Take back the wish to have a record in the books, which must be nowhere or waiting."""
    for link in await _links(session, partner_id, entity_id, object_type, object_id):
        tried = await session.scalar(select(Intent.id).where(Intent.link_id == link.id).limit(1))
        if tried is None:
            await tell_link(session, link, "deleted", now=now)
            await session.delete(link)
        else:
            link.push_wanted_at = None
            link.updated_at = now
            await tell_link(session, link, "updated", now=now)


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
