"""Joining: a record of ours and one of the books are the same from now on."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Item, Kind
from tieout.kit.identifiers import derived_id, new_id
from tieout.storage.tables.business import Product
from tieout.storage.tables.connections import Company, Link, Snapshot
from tieout.sync.dependents import want_dependents
from tieout.sync.matching.sides import Match
from tieout.sync.proposing import shown_evidence
from tieout.sync.sides import DOCUMENTS, Sides, load_snapshots, record_of
from tieout.sync.synced_records import tell_link

UNKNOWN: Final = {"digest": "unknown"}
"""What our side of a matched document said is not kept: whatever is changed of it later is a change."""
DECIDED: Final = "decision"
"""What a link was matched by that a person decided on."""
BY_HAND: Final = "by_hand"
"""What a link was matched by that a person made."""


async def join(
    session: AsyncSession,
    sides: Sides,
    snapshot: Snapshot,
    *,
    about: tuple[str, UUID],
    link: Link | None,
    matched_by: str,
    evidence: dict[str, Any],
    now: datetime,
) -> Link:
    """Link the two, in the caller's transaction.

    `about` names the type and id of ours, and `link` is the one that it has already, which leads nowhere yet.

    Nothing is wanted of ours any more, and what waited for it goes on.
    """
    is_new = link is None
    link = link or new_link(sides, *about, now)
    earlier = link.evidence or {}
    if is_new:
        session.add(link)
    link.external_kind = snapshot.kind
    link.external_id = snapshot.external_id
    link.external_version = snapshot.version_token
    link.external_updated_at = snapshot.changed_at
    link.matched_by = matched_by
    link.evidence = evidence
    link.base = snapshot.canonical
    link.agreed = UNKNOWN if about[0] in DOCUMENTS else None
    link.sync_status = "done"
    link.errors = link.push_wanted_at = None
    link.last_pulled_at = link.updated_at = now
    await _take_over_account(session, sides, link, snapshot, now)
    await tell_link(session, link, "created" if is_new else "done", now=now)
    await want_dependents(session, link, earlier, now=now)
    return link


def new_link(sides: Sides, object_type: str, object_id: UUID, now: datetime) -> Link:
    """A link of a record of ours that leads nowhere yet."""
    return Link(
        id=new_id(),
        partner_id=sides.company.partner_id,
        entity_id=sides.entity_id,
        company_id=sides.company.id,
        object_type=object_type,
        object_id=object_id,
        evidence={},
        wishes=0,
        last_pulled_at=now,
        created_at=now,
        updated_at=now,
    )


async def load_link(
    session: AsyncSession, sides: Sides, object_type: str, object_id: UUID, *, for_update: bool = False
) -> Link | None:
    """The link of a record of ours, also one that leads nowhere."""
    query = select(Link).where(*sides.of_links, Link.object_type == object_type, Link.object_id == object_id)
    found: Link | None = await session.scalar(query.with_for_update() if for_update else query)
    return found


async def _take_over_account(
    session: AsyncSession, sides: Sides, link: Link, snapshot: Snapshot, now: datetime
) -> None:
    """A matched product learns its ledger account from the books, unless the partner has set one."""
    if link.object_type != "product":
        return
    product, item = await session.get(Product, link.object_id), record_of(snapshot)
    if product is None or product.ledger_account_id is not None:
        return
    if isinstance(item, Item) and item.income_account_id:
        product.ledger_account_id = derived_id(sides.company.id, "account", item.income_account_id)
        product.updated_at = now


async def save_matches(
    session: AsyncSession,
    sides: Sides,
    object_type: str,
    kind: Kind,
    matches: Sequence[Match[Any]],
    *,
    now: datetime,
) -> list[Link]:
    """Link what is surely the same."""
    links = await _waiting(session, sides, object_type, {match.ours_id for match in matches})
    ids = {str(match.theirs.external_id) for match in matches}
    snapshots = await load_snapshots(session, sides.company.id, kind, ids)
    held = await session.get(Company, sides.company.id)  # else a session lets go of it, and reads it for each event
    made = []
    for match in matches:
        snapshot = snapshots.get(str(match.theirs.external_id))
        if snapshot is None:
            continue
        evidence = {
            "agreed_on": match.matched_by,
            "value": match.value,
            "score": match.score,
            "compared": shown_evidence(match.evidence),
        }
        made.append(
            await join(
                session,
                sides,
                snapshot,
                link=links.get(match.ours_id),
                about=(object_type, match.ours_id),
                matched_by=match.matched_by,
                evidence=evidence,
                now=now,
            )
        )
    await session.flush()
    del held
    return made


async def _waiting(
    session: AsyncSession, sides: Sides, object_type: str, object_ids: Collection[UUID]
) -> dict[UUID, Link]:
    """Links that are wanted, or were refused, and lead nowhere yet."""
    if not object_ids:
        return {}
    links = await session.scalars(
        select(Link).where(*sides.of_links, Link.object_type == object_type, Link.external_id.is_(None))
    )
    return {link.object_id: link for link in links if link.object_id in object_ids}
