"""Candidates: of both sides, what has to be looked at to judge a few records as if everything had been."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Item, Kind, Party, Record
from tieout.storage.tables.connections import Link
from tieout.sync.keying import find_by_keys, load_names
from tieout.sync.matching.alike import AlikeNames
from tieout.sync.matching.keys import DIGITS, keys_of_ours, keys_of_theirs
from tieout.sync.matching.names import name_of
from tieout.sync.matching.sides import Ours
from tieout.sync.sides import Sides
from tieout.sync.snapshots import load_records

ROUNDS_MAX: Final = 5
"""How often is asked again who shares something with those that were just found."""
GATHERED_MAX: Final = 2_000
"""Records of either side that are looked at together; a value that so many share identifies nobody."""
IDS_PER_QUERY_MAX: Final = 500


@dataclass(slots=True)
class Names:
    """The names of a kind, sorted once for as long as the books stand still."""

    sorted: AlikeNames[str] | None = None

    async def of(self, session: AsyncSession, company_id: UUID, kind: Kind) -> AlikeNames[str]:
        """The names, read when they are first asked for."""
        if self.sorted is None:
            self.sorted = AlikeNames(await load_names(session, company_id, kind))
        return self.sorted


@dataclass(slots=True)
class Gathered:
    """Some of ours and of theirs, with whoever shares anything with them."""

    ours: dict[UUID, Ours] = field(default_factory=dict)
    theirs: dict[str, Record] = field(default_factory=dict)


async def gather(
    session: AsyncSession,
    sides: Sides,
    object_type: str,
    kind: Kind,
    ours: Mapping[UUID, Ours],
    *,
    names: Names,
    rivals: Mapping[UUID, Ours] | None = None,
) -> Gathered:
    """Candidates of the books for some of ours; with `rivals`, our others, also all that may have a better claim."""
    found = Gathered(ours=dict(ours))
    keys = {key for our in ours.values() for key in keys_of_ours(our)}
    ids = await find_by_keys(session, sides.company.id, kind, keys) if keys else set()
    known = await names.of(session, sides.company.id, kind) if ours else None
    for our in ours.values():
        name = name_of(our.name)
        if known is not None and name is not None:
            ids |= {external_id for external_id, _ in known.find(name)}
    await _add(session, sides, found, ids, object_type=object_type, kind=kind)
    if rivals is None or not found.theirs:
        return found
    by_key = _by_key(rivals)
    for _ in range(ROUNDS_MAX):
        keys = {key for one in found.theirs.values() for key in keys_of_theirs(kind, one) if not key.startswith(DIGITS)}
        new = {our_id for key in keys for our_id in by_key.get(key, ())} - found.ours.keys()
        if not new or len(found.ours) > GATHERED_MAX:
            break
        found.ours |= {our_id: rivals[our_id] for our_id in new}
        keys = {key for our_id in new for key in keys_of_ours(rivals[our_id]) if not key.startswith(DIGITS)}
        ids = await find_by_keys(session, sides.company.id, kind, keys) - found.theirs.keys()
        if not ids or len(found.theirs) > GATHERED_MAX:
            break
        await _add(session, sides, found, ids, object_type=object_type, kind=kind)
    return found


async def _add(
    session: AsyncSession, sides: Sides, found: Gathered, ids: set[str], *, object_type: str, kind: Kind
) -> None:
    """Take in those of the books that nothing of ours is linked to yet."""
    wanted = sorted(ids)
    for start in range(0, len(wanted), IDS_PER_QUERY_MAX):
        part = wanted[start : start + IDS_PER_QUERY_MAX]
        taken = await session.scalars(
            select(Link.external_id).where(*sides.of_links, Link.object_type == object_type, Link.external_id.in_(part))
        )
        free = set(part) - {str(external_id) for external_id in taken}
        found.theirs |= await load_records(session, sides.company.id, kind, free)


def _by_key(ours: Mapping[UUID, Ours]) -> dict[str, list[UUID]]:
    by_key: dict[str, list[UUID]] = defaultdict(list)
    for our in ours.values():
        for key in keys_of_ours(our):
            by_key[key].append(our.id)
    return by_key


def their_relatives(ours: Mapping[UUID, Ours], kind: Kind, theirs: Iterable[Record]) -> set[UUID]:
    """Which of ours share anything with records of the books, or have a name like theirs."""
    by_key = _by_key(ours)
    known = AlikeNames({our.id: name for our in ours.values() if (name := name_of(our.name))})
    found: set[UUID] = set()
    for one in theirs:
        for key in keys_of_theirs(kind, one):
            found |= set(by_key.get(key, ()))
        name = name_of(one.name) if isinstance(one, Party | Item) else None
        if name is not None:
            found |= {our_id for our_id, _ in known.find(name)}
    return found
