"""Marking what the books changed of records that both sides have, for the lane to take in (`taking_in`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change, Tombstone
from tieout.books.encoding import decode_record
from tieout.books.records import Document, Kind, Record
from tieout.storage.tables.connections import Link, Snapshot
from tieout.sync.faces import differs, is_over
from tieout.sync.sides import Sides
from tieout.sync.standing import MET_TYPES, held_fields

IDS_PER_QUERY_MAX: Final = 500


async def note_changed_there(
    session: AsyncSession, sides: Sides, changes: Sequence[Change | Tombstone], *, now: datetime
) -> None:
    """Mark the links whose records a page shows otherwise than both sides last agreed, in the caller's transaction."""
    if sides.company.first_pulled_at is None:  # nothing is linked before
        return
    by_ref = {(change.ref.kind.value, change.ref.external_id): change for change in changes}
    ids = sorted({external_id for _, external_id in by_ref})
    for start in range(0, len(ids), IDS_PER_QUERY_MAX):
        links = await session.scalars(
            select(Link).where(
                Link.company_id == sides.company.id,
                Link.entity_id == sides.entity_id,
                Link.object_type.in_(MET_TYPES),
                Link.external_id.in_(ids[start : start + IDS_PER_QUERY_MAX]),
                Link.base.is_not(None),
            )
        )
        for link in links.all():
            change = by_ref.get((str(link.external_kind), str(link.external_id)))
            if change is not None and _is_other(link, change):
                link.changed_there_at = now


def _is_other(link: Link, change: Change | Tombstone) -> bool:
    base = base_of(link)
    if isinstance(change, Tombstone):
        return isinstance(base, Document) and not is_over(base)
    return type(change.record) is type(base) and differs(base, change.record)


def base_of(link: Link) -> Record | None:
    """What the books said when both sides last agreed."""
    return None if link.base is None else decode_record(Kind(str(link.external_kind)), link.base)


def record_of(snapshot: Snapshot | None) -> Record | None:
    """What the books say, as we last saw it; None for what is gone."""
    if snapshot is None or snapshot.gone_at is not None or snapshot.canonical is None:
        return None
    return decode_record(Kind(snapshot.kind), snapshot.canonical)


async def note_if_changed_there(session: AsyncSession, link: Link, *, now: datetime) -> None:
    """Mark a link whose record was read since as something else than what was just agreed on."""
    if link.object_type not in MET_TYPES or link.external_id is None:
        return
    snapshot = await session.get(Snapshot, (link.company_id, link.external_kind, link.external_id))
    if differs(base_of(link), record_of(snapshot)) or held_fields(link):
        link.changed_there_at = now
