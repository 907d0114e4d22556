"""Merges in the books: two parties became one there, and what was linked to the one follows to the other.

Some books say into which party one was merged. Others only make it inactive and move its documents: where all documents
that left it name the same other party, it was merged into that one. Without such evidence nothing is followed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change, ExternalRef, Tombstone
from tieout.books.encoding import decode_record
from tieout.books.records import Document, Kind, Party, Payment, Record
from tieout.storage.tables.connections import Company, Connection, Link, Snapshot
from tieout.storage.tables.work import Intent
from tieout.sync.intents import OPEN_STATES
from tieout.sync.open_books import OpenBooks
from tieout.sync.synced_records import tell_link
from tieout.sync.timeline import PLATFORM, Happened, note

PARTIES: Final = (Kind.CUSTOMER, Kind.VENDOR, Kind.PARTY)
KEYS_PER_QUERY_MAX: Final = 500
DOCUMENTS_NAMED_MAX: Final = 20
"""So many moved documents stand in the evidence of a merge."""
_OF_CUSTOMERS: Final = (Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT)

_FOLLOWED: Final = "Two parties were merged in the books. The record that led to the one now leads to the other."
_STAYS: Final = "Two parties were merged in the books. The record that led to the one still does: unlink one of them."

Known = Mapping[ExternalRef, Record]


@dataclass(frozen=True, slots=True)
class Merge:
    """A party that became another.

    `is_told` says that the books name it; else `documents` moved from one to the other.
    """

    ref: ExternalRef
    into_id: str
    is_told: bool
    documents: tuple[str, ...] = ()


@dataclass(slots=True)
class _Moves:
    """Where the documents of one party went."""

    goals: set[str] = field(default_factory=set)
    documents: list[str] = field(default_factory=list)


def plan_merges(changes: Iterable[Change | Tombstone], known: Known) -> list[Merge]:
    """The merges that a page shows: pure. `known` is how its documents stood before."""
    arrived = [change for change in changes if isinstance(change, Change)]
    gone = {change.ref: change.record for change in arrived if _is_set_aside(change.record)}
    if not gone:
        return []
    moves: dict[ExternalRef, _Moves] = defaultdict(_Moves)
    for change in arrived:
        before, after = _party_of(known.get(change.ref)), _party_of(change.record)
        if before is None or after is None or before == after:
            continue
        for kind in PARTIES:
            source = ExternalRef(kind, before)
            if source in gone and _may_name(change.ref.kind, kind):
                moves[source].goals.add(after)
                moves[source].documents.append(change.ref.external_id)
    merges: list[Merge] = []
    for ref, record in gone.items():
        if isinstance(record, Party) and record.merged_into:
            merges.append(Merge(ref, record.merged_into, is_told=True))
        elif len(moves[ref].goals) == 1:
            (into_id,) = moves[ref].goals
            merges.append(Merge(ref, into_id, is_told=False, documents=tuple(moves[ref].documents)))
    return merges


def _is_set_aside(record: Record) -> bool:
    return isinstance(record, Party) and not record.active


def _party_of(record: Record | None) -> str | None:
    return record.party_id if isinstance(record, Document | Payment) else None


def _may_name(document: Kind, party: Kind) -> bool:
    """Whether a document of a kind names parties of a kind."""
    return party is Kind.PARTY or (party is Kind.CUSTOMER) is (document in _OF_CUSTOMERS)


async def load_before(
    session: AsyncSession, company_id: UUID, changes: Sequence[Change | Tombstone]
) -> dict[ExternalRef, Record]:
    """How the documents of a page stood, if it sets a party aside: else nobody asks."""
    if not any(isinstance(change, Change) and _is_set_aside(change.record) for change in changes):
        return {}
    keys = [
        (change.ref.kind.value, change.ref.external_id)
        for change in changes
        if isinstance(change, Change) and isinstance(change.record, Document | Payment)
    ]
    found: dict[ExternalRef, Record] = {}
    for start in range(0, len(keys), KEYS_PER_QUERY_MAX):
        rows = await session.execute(
            select(Snapshot.kind, Snapshot.external_id, Snapshot.canonical).where(
                Snapshot.company_id == company_id,
                Snapshot.canonical.is_not(None),
                tuple_(Snapshot.kind, Snapshot.external_id).in_(keys[start : start + KEYS_PER_QUERY_MAX]),
            )
        )
        for kind, external_id, canonical in rows:
            if canonical is not None:
                found[ExternalRef(Kind(kind), external_id)] = decode_record(Kind(kind), canonical)
    return found


async def follow_merges(session: AsyncSession, books: OpenBooks, merges: Sequence[Merge], *, now: datetime) -> None:
    """Let the links of merged parties lead to the ones that they became, with the evidence; told in the timeline.

    A link stays where it is while a write of it is under way, and where the other party is linked already: two of ours
    are then one in the books, which only a person can sort out.
    """
    for merge in merges:
        links = await session.scalars(
            select(Link).where(
                Link.company_id == books.company.id,
                Link.entity_id == books.connection.entity_id,
                Link.external_kind == merge.ref.kind.value,
                Link.external_id == merge.ref.external_id,
            )
        )
        for link in links.all():
            reason = await _follow(session, books.company, link, merge, now=now)
            await _note(session, books, link, merge, reason, now=now)


async def _follow(session: AsyncSession, company: Company, link: Link, merge: Merge, *, now: datetime) -> str | None:
    """Lead one link on; returns why it stays, if it does."""
    goal = await session.get(Snapshot, (company.id, merge.ref.kind.value, merge.into_id))
    if goal is None or goal.canonical is None or goal.gone_at is not None:
        return "party_not_known"
    taken = select(Link.id).where(
        Link.company_id == link.company_id,
        Link.entity_id == link.entity_id,
        Link.object_type == link.object_type,
        Link.external_id == merge.into_id,
    )
    if await session.scalar(taken) is not None:
        return "linked_already"
    under_way = select(Intent.id).where(Intent.link_id == link.id, Intent.state.in_(OPEN_STATES)).limit(1)
    if await session.scalar(under_way) is not None:
        return "write_under_way"
    link.evidence = {
        "agreed_on": "merged",
        "merged_from": merge.ref.external_id,
        "merged_into": merge.into_id,
        "told_by_the_books": merge.is_told,
        "moved_documents": list(merge.documents[:DOCUMENTS_NAMED_MAX]),
        "before": link.evidence,
    }
    link.matched_by = "merged"
    link.external_id = merge.into_id
    link.external_version, link.external_updated_at = goal.version_token, goal.changed_at
    link.base = goal.canonical
    link.last_pulled_at = link.updated_at = now
    await session.flush()
    await tell_link(session, link, "updated", now=now)
    return None


async def _note(
    session: AsyncSession, books: OpenBooks, link: Link, merge: Merge, reason: str | None, *, now: datetime
) -> None:
    note(
        session,
        await session.get_one(Connection, books.connection.id),
        Happened.PARTIES_MERGED,
        now=now,
        actor=PLATFORM,
        reason=reason,
        message=_FOLLOWED if reason is None else _STAYS,
        details={
            "company_id": str(books.company.id),
            "object_type": link.object_type,
            "object_id": str(link.object_id),
            "merged_from": merge.ref.external_id,
            "merged_into": merge.into_id,
        },
    )
