"""Following: what is changed here of a counterpart or product that the books have, is changed there.

Only a change made here since both sides agreed: what was merely found in the books and matched stays as it is there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.port import Engine
from tieout.storage.tables.business import Counterpart, Product
from tieout.storage.tables.connections import Link
from tieout.sync.drafting import draft_of_product, draft_party
from tieout.sync.drafts import as_told
from tieout.sync.wanting import want_link


@dataclass(frozen=True, slots=True)
class Follower:
    """A link to the books of a record that is about to change, and what the record says until then."""

    link: Link
    told: dict[str, Any]


async def load_followers(
    session: AsyncSession, *, partner_id: UUID, entity_id: UUID, object_types: Sequence[str], object_id: UUID
) -> list[Follower]:
    """The links of a record to all books that ever were to have it, locked.

    Books that are not connected now follow once they are connected again.
    """
    links = await session.scalars(
        select(Link)
        .where(
            Link.partner_id == partner_id,
            Link.entity_id == entity_id,
            Link.object_type.in_(object_types),
            Link.object_id == object_id,
        )
        .with_for_update()
    )
    return [Follower(link, await _told(session, link)) for link in links.all()]


async def want_followed(session: AsyncSession, engine: Engine, followers: Sequence[Follower], *, now: datetime) -> None:
    """Want in the books what has changed since, in the caller's transaction.

    What was refused as it was is tried as it is now.
    """
    for follower in followers:
        link = follower.link
        if await _told(session, link) == follower.told:
            continue
        if link.external_id is not None and link.agreed is None:
            link.agreed = follower.told
        link.object_updated_at = now
        await want_link(session, engine, link, now=now)


async def _told(session: AsyncSession, link: Link) -> dict[str, Any]:
    if link.object_type == "product":
        product = await session.get_one(Product, link.object_id)
        return as_told(draft_of_product(product))
    await session.get_one(Counterpart, link.object_id)
    return as_told(await draft_party(session, link))
