"""Proposals: pairs that may be the same, kept for a person to decide, and closed by themselves when that is moot."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Document, Item, Kind, Party
from tieout.kit.identifiers import new_id
from tieout.storage.tables.matching import MatchProposal
from tieout.sync.matching.sides import Evidence, Pair, Proposal
from tieout.sync.sides import Sides, name_of_theirs

IDS_PER_QUERY_MAX: Final = 500


class Status(StrEnum):
    """How a proposal stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CLOSED = "closed"


class Ended(StrEnum):
    """Why a proposal is not open any more."""

    DECIDED = "decided"
    ANOTHER_ACCEPTED = "another_accepted"
    LINKED = "linked"
    CHANGED = "changed"
    UNLINKED = "unlinked"


AnyProposal = Proposal[Party] | Proposal[Item] | Proposal[Document]


async def load_apart(session: AsyncSession, sides: Sides, object_type: str) -> frozenset[Pair]:
    """Pairs of which somebody has said that they are not the same."""
    rows = await session.execute(
        select(MatchProposal.object_id, MatchProposal.external_id).where(
            *_of(sides, object_type),
            MatchProposal.decided_at.is_not(None),
            MatchProposal.status != Status.ACCEPTED.value,
        )
    )
    return frozenset((object_id, external_id) for object_id, external_id in rows)


async def save_proposals(
    session: AsyncSession,
    sides: Sides,
    object_type: str,
    found: Sequence[tuple[Kind, AnyProposal]],
    *,
    names: Mapping[UUID, str],
    looked_at: Collection[UUID] | None,
    now: datetime,
) -> set[UUID]:
    """Keep what is proposed of the records that were `looked_at`, None for all; close what is not any more.

    `names` are those of ours. Returns those of ours of which something was closed.
    """
    known = await _load_known(session, sides, object_type, looked_at)
    proposed: set[UUID] = set()
    for kind, one in found:
        row = known.get((one.ours_id, str(one.theirs.external_id)))
        if row is None:
            row = _new(sides, object_type, kind, one, now)
            session.add(row)
        elif row.status in (Status.ACCEPTED, Status.REJECTED) or row.reason == "name_taken":
            continue
        _bring_up_to_date(row, one, names[one.ours_id], now)
        proposed.add(row.id)
    moot = [
        row
        for row in known.values()
        if row.status == Status.OPEN and row.id not in proposed and row.reason != "name_taken"
    ]
    for row in moot:
        close(row, Ended.CHANGED, now=now)
    await session.flush()
    return {row.object_id for row in moot}


def close(row: MatchProposal, because: Ended, *, now: datetime) -> None:
    """A proposal is moot."""
    row.status = Status.CLOSED.value
    row.ended_because = because.value
    row.updated_at = now


async def load_proposed_with(
    session: AsyncSession, sides: Sides, object_type: str, external_ids: Collection[str]
) -> set[UUID]:
    """Ours that are proposed to be the same as any of these of the books."""
    rows = await session.execute(
        select(MatchProposal.object_id, MatchProposal.external_id).where(
            *_of(sides, object_type), MatchProposal.status == Status.OPEN.value
        )
    )
    return {object_id for object_id, external_id in rows if external_id in external_ids}


async def _load_known(
    session: AsyncSession, sides: Sides, object_type: str, looked_at: Collection[UUID] | None
) -> dict[Pair, MatchProposal]:
    query = select(MatchProposal).where(*_of(sides, object_type))
    if looked_at is None:
        rows = list(await session.scalars(query))
    else:
        ids, rows = sorted(looked_at), []
        for start in range(0, len(ids), IDS_PER_QUERY_MAX):
            part = ids[start : start + IDS_PER_QUERY_MAX]
            rows += list(await session.scalars(query.where(MatchProposal.object_id.in_(part))))
    return {(row.object_id, row.external_id): row for row in rows}


def _of(sides: Sides, object_type: str) -> tuple[Any, ...]:
    return (
        MatchProposal.company_id == sides.company.id,
        MatchProposal.entity_id == sides.entity_id,
        MatchProposal.object_type == object_type,
    )


def _new(sides: Sides, object_type: str, kind: Kind, one: AnyProposal, now: datetime) -> MatchProposal:
    return MatchProposal(
        id=new_id(),
        partner_id=sides.company.partner_id,
        entity_id=sides.entity_id,
        company_id=sides.company.id,
        object_type=object_type,
        object_id=one.ours_id,
        external_kind=kind.value,
        external_id=str(one.theirs.external_id),
        created_at=now,
    )


def _bring_up_to_date(row: MatchProposal, one: AnyProposal, name: str, now: datetime) -> None:
    evidence = shown_evidence(one.evidence)
    new = {
        "status": Status.OPEN.value,
        "reason": one.reason,
        "score": one.score,
        "evidence": evidence,
        "object_name": name,
        "external_name": name_of_theirs(one.theirs),
        "ended_because": None,
    }
    if any(getattr(row, field) != value for field, value in new.items()):
        for field, value in new.items():
            setattr(row, field, value)
        row.updated_at = now


def shown_evidence(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    """What was compared, as it is kept and shown."""
    shown: list[dict[str, Any]] = msgspec.to_builtins(list(evidence))
    return shown
