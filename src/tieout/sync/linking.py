"""Linking: finds what may be the same on both sides, lets `matching` decide, saves what is sure and proposes the rest.

Once after connecting everything is compared; later only what changed on either side, and what is about to be written.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Item, Kind, Party, Record
from tieout.storage.tables.business import Counterpart, Product
from tieout.storage.tables.connections import Connection, Link
from tieout.sync.candidates import Names, gather, their_relatives
from tieout.sync.drafting import load_chart
from tieout.sync.joining import save_matches
from tieout.sync.keying import take_news
from tieout.sync.linking_documents import match_documents_all, match_documents_news, match_documents_wanted
from tieout.sync.matching.listed import match_items, match_parties
from tieout.sync.matching.sides import Matched, Ours
from tieout.sync.naming import settle_clashes
from tieout.sync.open_books import OpenBooks
from tieout.sync.proposing import load_apart, load_proposed_with, save_proposals
from tieout.sync.sides import DOCUMENTS, LISTED, Sides, as_ours, has_twin, sides_of
from tieout.sync.snapshots import load_records
from tieout.sync.stand_ins import stand_in_draft
from tieout.sync.undecided import release

OBJECT_TYPES: Final = LISTED
Counted = dict[str, dict[str, int]]
OVERLAP: Final = timedelta(minutes=10)
"""How far back is looked for what changed here: what a slow call commits late bears the time of its beginning."""


async def match_pulled(session: AsyncSession, books: OpenBooks, *, is_partial: bool, now: datetime) -> Counted:
    """After a pull: compare what changed on either side, the first time everything; that waits for a whole one.

    Returns how many records of which type were linked and proposed, when everything was compared.
    """
    connection = await session.get_one(Connection, books.connection.id)
    sides, since = sides_of(books), connection.matched_at
    if since is None and is_partial:
        return {}
    connection.matched_at = now
    if since is not None:
        for object_type in LISTED:
            await _match_news(session, sides, object_type, since=since - OVERLAP, now=now)
        await match_documents_news(session, books, now=now)
        await settle_clashes(session, sides, now=now)
        return {}
    linked = {object_type: await _match_all(session, sides, object_type, now=now) for object_type in LISTED}
    linked |= await match_documents_all(session, books, now=now)
    await settle_clashes(session, sides, now=now)
    return {
        "linked": {name: counted[0] for name, counted in linked.items()},
        "proposed": {name: counted[1] for name, counted in linked.items()},
    }


async def match_wanted(
    session: AsyncSession, books: OpenBooks, object_type: str, object_ids: Collection[UUID], *, now: datetime
) -> None:
    """Compare these records, which are about to be written, with what the books have by now."""
    if object_type in DOCUMENTS:
        await match_documents_wanted(session, books, object_type, object_ids, now=now)
    elif object_type in LISTED:
        names = books.reference.setdefault(f"names:{object_type}", Names())
        await _match_some(session, sides_of(books), object_type, object_ids, names=names, now=now)


async def _match_all(session: AsyncSession, sides: Sides, object_type: str, *, now: datetime) -> tuple[int, int]:
    """Everything of a type with everything of its kind; returns how many were linked and proposed."""
    kind = sides.platform.kind_of(object_type)
    if kind is None:
        return 0, 0
    await take_news(session, sides.company.id, kind)
    ours = await load_unlinked(session, sides, object_type)
    theirs = await load_records(session, sides.company.id, kind) if ours else {}
    free = await _without_taken(session, sides, object_type, theirs)
    matched = _decide(object_type, ours.values(), free.values(), await load_apart(session, sides, object_type))
    await _save(session, sides, object_type, matched, kind=kind, ours=ours, looked_at=None, now=now)
    return len(matched.sure), len(matched.unsure)


async def _match_news(session: AsyncSession, sides: Sides, object_type: str, *, since: datetime, now: datetime) -> None:
    kind = sides.platform.kind_of(object_type)
    if kind is None:
        return
    changed = await _changed_here(session, sides, object_type, since)
    news = await take_news(session, sides.company.id, kind)
    names = Names()
    if news:
        changed |= await load_proposed_with(session, sides, object_type, news)
        records = await load_records(session, sides.company.id, kind, news)
        free = await _without_taken(session, sides, object_type, records)
        if free:
            ours = await load_unlinked(session, sides, object_type)
            changed |= their_relatives(ours, kind, free.values())
    if changed:
        await _match_some(session, sides, object_type, changed, names=names, now=now)


async def _match_some(
    session: AsyncSession,
    sides: Sides,
    object_type: str,
    object_ids: Collection[UUID],
    *,
    names: Names,
    now: datetime,
) -> None:
    """Some records, with all that could be the same, and all that could be in their way."""
    kind = sides.platform.kind_of(object_type)
    if kind is None:
        return
    ours = await load_unlinked(session, sides, object_type, object_ids)
    gathered = await gather(session, sides, object_type, kind, ours, names=names)
    if gathered.theirs:
        rivals = await load_unlinked(session, sides, object_type)
        gathered = await gather(session, sides, object_type, kind, ours, names=names, rivals=rivals)
    apart = await load_apart(session, sides, object_type)
    whole = _decide(object_type, gathered.ours.values(), gathered.theirs.values(), apart)
    matched = Matched(
        [one for one in whole.sure if one.ours_id in ours], [one for one in whole.unsure if one.ours_id in ours]
    )
    await _save(session, sides, object_type, matched, kind=kind, ours=ours, looked_at=object_ids, now=now)


def _decide(
    object_type: str, ours: Iterable[Ours], theirs: Iterable[Record], apart: frozenset[tuple[UUID, str]]
) -> Matched[Any]:
    if object_type == "product":
        return match_items(ours, [one for one in theirs if isinstance(one, Item)], apart=apart)
    return match_parties(ours, [one for one in theirs if isinstance(one, Party)], apart=apart)


async def load_unlinked(
    session: AsyncSession, sides: Sides, object_type: str, object_ids: Collection[UUID] | None = None
) -> dict[UUID, Ours]:
    """Counterparts in a role, or products, that have no twin yet: all, or those of these ids."""
    model = Product if object_type == "product" else Counterpart
    query = select(model).where(
        model.entity_id == sides.entity_id,
        model.partner_id == sides.company.partner_id,
        model.deleted_at.is_(None),
        ~has_twin(sides, object_type, model.id),
    )
    if object_type != "product":
        query = query.where(Counterpart.is_customer if object_type == "customer" else Counterpart.is_vendor)
    if object_ids is not None:
        query = query.where(model.id.in_(object_ids))
    rows: list[Any] = list(await session.scalars(query))
    found = {row.id: as_ours(row) for row in rows}
    if object_type == "product":
        stand_ins = await _stand_ins(session, sides)
        found |= {one.id: one for one in stand_ins if object_ids is None or one.id in object_ids}
    return found


async def _stand_ins(session: AsyncSession, sides: Sides) -> list[Ours]:
    """Items that stand in for a ledger account's products, are wanted in the books, and may be there already."""
    wanted = set(
        await session.scalars(
            select(Link.object_id).where(
                *sides.of_links,
                Link.object_type == "product",
                Link.external_id.is_(None),
                Link.object_id.not_in(select(Product.id)),
            )
        )
    )
    if not wanted:
        return []
    chart = await load_chart(session, sides.company.id, sides.entity_id)
    drafts = (stand_in_draft(object_id, chart.accounts.values(), sides.company.id) for object_id in wanted)
    return [Ours(id=draft.id, name=draft.name) for draft in drafts if draft is not None]


async def _changed_here(session: AsyncSession, sides: Sides, object_type: str, since: datetime) -> set[UUID]:
    model = Product if object_type == "product" else Counterpart
    rows = await session.scalars(
        select(model.id).where(
            model.entity_id == sides.entity_id,
            model.updated_at >= since,
            ~has_twin(sides, object_type, model.id),
        )
    )
    return set(rows)


async def _without_taken(
    session: AsyncSession, sides: Sides, object_type: str, records: Mapping[str, Record]
) -> dict[str, Record]:
    """Records that nothing of ours is linked to yet."""
    if not records:
        return {}
    taken = await session.scalars(
        select(Link.external_id).where(*sides.of_links, Link.object_type == object_type, Link.external_id.is_not(None))
    )
    free = dict(records)
    for external_id in taken:
        free.pop(str(external_id), None)
    return free


async def _save(
    session: AsyncSession,
    sides: Sides,
    object_type: str,
    matched: Matched[Any],
    *,
    kind: Kind,
    ours: Mapping[UUID, Ours],
    looked_at: Collection[UUID] | None,
    now: datetime,
) -> None:
    await save_matches(session, sides, object_type, kind, matched.sure, now=now)
    names = {our.id: our.name for our in ours.values()}
    found = [(kind, one) for one in matched.unsure]
    moot = await save_proposals(session, sides, object_type, found, names=names, looked_at=looked_at, now=now)
    await release(session, sides, object_type, moot, now=now)
