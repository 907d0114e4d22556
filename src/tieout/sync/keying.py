"""Keying: writes, with each page of the books, the words by which its records are found again for a match."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change, Tombstone
from tieout.books.records import Kind
from tieout.storage.tables.connections import Connection
from tieout.storage.tables.matching import MatchNews, SnapshotKey
from tieout.storage.upserts import upsert
from tieout.sync.matching.keys import KEYED_KINDS, NAME, NEVER_NEWS, keys_of_theirs
from tieout.sync.matching.names import Name, name_of

PER_QUERY_MAX: Final = 500
NEWS_MAX: Final = 100_000
"""News of one kind that are looked at after one pull; what is beyond waits for the next."""


async def save_keys(session: AsyncSession, company_id: UUID, changes: Sequence[Change | Tombstone]) -> None:
    """Bring the keys of changed records up to date; those whose keys have changed are news to be matched.

    What only moved a balance changes no key, and is no news.
    """
    wanted = _wanted(changes)
    if not wanted:
        return
    known = await _load(session, company_id, wanted)
    added, removed = [], []
    for ref, keys in wanted.items():
        added += [(*ref, key) for key in keys - known[ref]]
        removed += [(*ref, key) for key in known[ref] - keys]
    if removed:
        await _remove(session, company_id, removed)
    if added:
        rows = [{"company_id": company_id, "kind": kind, "external_id": id_, "key": key} for kind, id_, key in added]
        await upsert(session, SnapshotKey, rows, key=("company_id", "kind", "external_id", "key"))
    await _note_news(session, company_id, {(kind, id_) for kind, id_, _ in (*added, *removed)})


def _wanted(changes: Sequence[Change | Tombstone]) -> dict[tuple[str, str], frozenset[str]]:
    """The keys that records of these changes have from now on."""
    return {
        (one.ref.kind.value, one.ref.external_id): keys_of_theirs(one.ref.kind, one.record)
        if isinstance(one, Change)
        else frozenset()
        for one in changes
        if one.ref.kind in KEYED_KINDS
    }


async def _load(
    session: AsyncSession, company_id: UUID, refs: Collection[tuple[str, str]]
) -> dict[tuple[str, str], set[str]]:
    by_kind: dict[str, list[str]] = defaultdict(list)
    for kind, external_id in refs:
        by_kind[kind].append(external_id)
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for kind, ids in by_kind.items():
        for part in _parts(ids):
            rows = await session.execute(
                select(SnapshotKey.external_id, SnapshotKey.key).where(
                    SnapshotKey.company_id == company_id, SnapshotKey.kind == kind, SnapshotKey.external_id.in_(part)
                )
            )
            for external_id, key in rows:
                found[kind, external_id].add(key)
    return found


async def _remove(session: AsyncSession, company_id: UUID, removed: Sequence[tuple[str, str, str]]) -> None:
    for part in _parts(removed):
        await session.execute(
            delete(SnapshotKey)
            .where(
                SnapshotKey.company_id == company_id,
                tuple_(SnapshotKey.kind, SnapshotKey.external_id, SnapshotKey.key).in_(part),
            )
            .execution_options(synchronize_session=False)
        )


async def _note_news(session: AsyncSession, company_id: UUID, refs: Iterable[tuple[str, str]]) -> None:
    """Before anything was matched everything is news, and is looked at as a whole."""
    rows = [
        {"company_id": company_id, "kind": kind, "external_id": external_id}
        for kind, external_id in refs
        if kind not in NEVER_NEWS
    ]
    if rows and await session.scalar(
        select(Connection.id).where(Connection.company_id == company_id, Connection.matched_at.is_not(None)).limit(1)
    ):
        await upsert(session, MatchNews, rows, key=("company_id", "kind", "external_id"))


async def take_news(session: AsyncSession, company_id: UUID, kind: Kind) -> set[str]:
    """The records of a kind that are news, which they are no longer then."""
    mine = MatchNews.company_id == company_id, MatchNews.kind == kind.value
    found = set(await session.scalars(select(MatchNews.external_id).where(*mine).limit(NEWS_MAX)))
    for part in _parts(sorted(found)):
        await session.execute(
            delete(MatchNews).where(*mine, MatchNews.external_id.in_(part)).execution_options(synchronize_session=False)
        )
    return found


async def find_by_keys(session: AsyncSession, company_id: UUID, kind: Kind, keys: Collection[str]) -> set[str]:
    """The records of a kind that have any of these keys."""
    found: set[str] = set()
    for part in _parts(sorted(keys)):
        found |= set(
            await session.scalars(
                select(SnapshotKey.external_id).where(
                    SnapshotKey.company_id == company_id, SnapshotKey.kind == kind.value, SnapshotKey.key.in_(part)
                )
            )
        )
    return found


async def load_names(session: AsyncSession, company_id: UUID, kind: Kind) -> dict[str, Name]:
    """The names of all records of a kind that are in use, by their ids."""
    rows = await session.execute(
        select(SnapshotKey.external_id, SnapshotKey.key).where(
            SnapshotKey.company_id == company_id,
            SnapshotKey.kind == kind.value,
            SnapshotKey.key >= NAME,
            SnapshotKey.key < f"{NAME}\U0010ffff",
        )
    )
    named = ((external_id, name_of(key.removeprefix(NAME))) for external_id, key in rows)
    return {external_id: name for external_id, name in named if name is not None}


def _parts(values: Sequence[Any]) -> Iterable[list[Any]]:
    return (list(values[start : start + PER_QUERY_MAX]) for start in range(0, len(values), PER_QUERY_MAX))
