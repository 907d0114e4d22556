"""What waits for a decision on a match, and goes on once there is one, or none is needed any more."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.platforms.errors import WriteRefused
from tieout.storage.tables.connections import Link
from tieout.storage.tables.matching import MatchProposal
from tieout.sync.dependents import UNDECIDED, want_again, want_dependents
from tieout.sync.joining import load_link
from tieout.sync.mapping import refused
from tieout.sync.matching.sides import SCORE_MAX
from tieout.sync.proposing import Status
from tieout.sync.rules import UnsureMatches
from tieout.sync.sides import Sides, load_rules

_NAMED_MAX: Final = 3
"""Candidates that a refusal names; the list of matches has them all."""


async def refuse_undecided(session: AsyncSession, sides: Sides, object_type: str, object_id: UUID) -> None:
    """Raise WriteRefused while somebody has to decide whether a record is in the books already, unless a rule says."""
    candidates = await load_open(session, sides, object_type, object_id)
    if not candidates:
        return
    rules = await load_rules(session, sides)
    if rules.unsure_matches is UnsureMatches.HOLD:
        raise _undecided(sides, candidates)


def _undecided(sides: Sides, candidates: list[MatchProposal]) -> WriteRefused:
    first, words = candidates[0], candidates[0].object_type.replace("_", " ")
    named = ", ".join(
        f"{one.external_name or 'without a name'} ({one.external_id}; {one.score} of {SCORE_MAX})"
        for one in candidates[:_NAMED_MAX]
    )
    more = f" and {len(candidates) - _NAMED_MAX} more" if len(candidates) > _NAMED_MAX else ""
    return refused(
        UNDECIDED,
        f"The {words} {first.object_name} may be in {sides.platform.title} already: {named}{more}. Nothing is created "
        "until somebody has decided.",
        f"Look at GET /v1/accounting_matches?object_id={first.object_id}&status=open. POST …/accept of the right one "
        "links it, …/reject of all has a new one created. With unsure_matches: create in /v1/accounting_sync_rules "
        "nothing waits.",
        "counterpart" if first.object_type in ("customer", "vendor") else None,
    )


async def load_open(
    session: AsyncSession, sides: Sides, object_type: str, object_id: UUID, *, for_update: bool = False
) -> list[MatchProposal]:
    """The open proposals of a record, the best first."""
    query = (
        select(MatchProposal)
        .where(
            MatchProposal.company_id == sides.company.id,
            MatchProposal.entity_id == sides.entity_id,
            MatchProposal.object_type == object_type,
            MatchProposal.object_id == object_id,
            MatchProposal.status == Status.OPEN.value,
            MatchProposal.reason != "name_taken",
        )
        .order_by(MatchProposal.score.desc(), MatchProposal.id)
    )
    return list(await session.scalars(query.with_for_update() if for_update else query))


async def release(
    session: AsyncSession, sides: Sides, object_type: str, object_ids: Iterable[UUID], *, now: datetime
) -> None:
    """What waited for a decision on these records goes on, where none is open any more.

    In the caller's transaction, which wakes the lane where it is not the lane's own.
    """
    for object_id in sorted(object_ids):
        link = await load_link(session, sides, object_type, object_id, for_update=True)
        if link is None or not _waits(link) or await load_open(session, sides, object_type, object_id):
            continue
        await want_again(session, link, now=now)
        await want_dependents(session, link, link.evidence or {}, now=now)


def _waits(link: Link) -> bool:
    return link.external_id is None and (link.errors or {}).get("code") == UNDECIDED
