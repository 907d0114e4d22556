"""Deciding: what a person says of a pair that may be the same, and linking by hand what nothing found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Document, Item, Kind, Party, Record
from tieout.engine.port import Engine
from tieout.kit.errors import Conflict
from tieout.kit.identifiers import new_id
from tieout.kit.money import from_minor
from tieout.storage.tables.business import Counterpart, Receivable
from tieout.storage.tables.connections import Link, Snapshot
from tieout.storage.tables.matching import MatchProposal
from tieout.storage.tables.work import Intent
from tieout.sync.arriving import apply_payments_of
from tieout.sync.intents import OPEN_STATES
from tieout.sync.joining import BY_HAND, DECIDED, join, load_link, new_link
from tieout.sync.matching.listed import compare_item, compare_party, contradict
from tieout.sync.matching.sides import SCORE_MAX
from tieout.sync.naming import load_asked, rename
from tieout.sync.proposing import Ended, Status, close, shown_evidence
from tieout.sync.sides import (
    Sides,
    as_ours,
    counts,
    kinds_of,
    load_mine,
    load_snapshots,
    name_of_mine,
    name_of_theirs,
    record_of,
)
from tieout.sync.undecided import load_open, release
from tieout.sync.wanting import company_lane, want_link

_WORDS: Final = {"payable_credit_note": "credit note"}


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, and when."""

    actor: str
    now: datetime


async def accept(session: AsyncSession, engine: Engine, sides: Sides, row: MatchProposal, by: Decider) -> Link:
    """The two are the same: link them. What else was proposed of either is moot, and what waited goes on.

    Raises Conflict where that cannot be.
    """
    if row.status == Status.CLOSED:
        message = f"This match is closed ({row.ended_because}): nothing can be decided any more."
        raise Conflict(message)
    if row.external_kind not in {kind.value for kind in kinds_of(sides.platform, row.object_type)}:
        message = (
            f"A {_WORDS.get(row.object_type, row.object_type)} cannot be linked to what has the name: reject it, with "
            "create."
        )
        raise Conflict(message)
    evidence = {"agreed_on": DECIDED, "value": row.external_name, "score": row.score, "compared": row.evidence}
    link = await link_by_person(
        session,
        engine,
        sides,
        (row.object_type, row.object_id),
        (Kind(row.external_kind), row.external_id),
        by=by,
        matched_by=DECIDED,
        evidence=evidence,
    )
    _decide(row, Status.ACCEPTED, by)
    return link


async def reject(
    session: AsyncSession, engine: Engine, sides: Sides, row: MatchProposal, by: Decider, *, creates: bool
) -> None:
    """The two are not the same, and are never proposed again; with `creates` nothing else of those proposed is it.

    Ours is then written as new. Raises Conflict for what was accepted: its link can be undone.
    """
    if row.status == Status.ACCEPTED:
        message = "This match was accepted. Undo its link: POST /v1/accounting_synced_records/{id}/unlink."
        raise Conflict(message)
    rows = [row]
    if creates:
        rows += await load_open(session, sides, row.object_type, row.object_id, for_update=True)
        rows += await load_asked(session, sides, row.object_type, row.object_id)
    for one in rows:
        if one.status != Status.REJECTED:
            _decide(one, Status.REJECTED, by)
    await session.flush()
    if creates:
        await _rename(session, sides, rows, by)
        await _want(session, engine, sides, (row.object_type, row.object_id), by)
    await release(session, sides, row.object_type, [row.object_id], now=by.now)
    await engine.wake(session, company_lane(sides.company.id))


async def _rename(session: AsyncSession, sides: Sides, rows: Sequence[MatchProposal], by: Decider) -> None:
    """Ours gets the name that was suggested, where its own is taken by any of those that it is not."""
    suggested = next((row.suggested_name for row in rows if row.suggested_name), None)
    mine = await load_mine(session, sides, rows[0].object_type, rows[0].object_id)
    if suggested is None or not isinstance(mine, Counterpart):
        return
    link = await load_link(session, sides, rows[0].object_type, mine.id, for_update=True)
    if link is None:
        session.add(link := new_link(sides, rows[0].object_type, mine.id, by.now))
        await session.flush()
    rename(link, mine.name, suggested)


async def _want(session: AsyncSession, engine: Engine, sides: Sides, ours: tuple[str, UUID], by: Decider) -> None:
    """Have a record written, though nothing may need it yet."""
    object_type, object_id = ours
    link = await load_link(session, sides, object_type, object_id, for_update=True)
    is_new = link is None
    if link is None:
        session.add(link := new_link(sides, object_type, object_id, by.now))
    if link.external_id is None:
        link.object_updated_at = link.object_updated_at or by.now
        await want_link(session, engine, link, now=by.now, verb="created" if is_new else "updated")


def _decide(row: MatchProposal, status: Status, by: Decider) -> None:
    row.status = status.value
    row.ended_because = Ended.DECIDED.value
    row.decided_at = row.updated_at = by.now
    row.decided_by = by.actor


async def link_by_person(
    session: AsyncSession,
    engine: Engine,
    sides: Sides,
    ours: tuple[str, UUID],
    theirs: tuple[Kind, str],
    *,
    by: Decider,
    matched_by: str = BY_HAND,
    evidence: dict[str, Any] | None = None,
) -> Link:
    """Link a record of ours and one of the books; the same again changes nothing. Raises Conflict."""
    object_type, object_id = ours
    kind, external_id = theirs
    link = await load_link(session, sides, object_type, object_id, for_update=True)
    if link is not None and link.external_id == external_id:
        return link
    snapshot = await _load_theirs(session, sides, object_type, kind, external_id)
    await _check_ours(session, sides, object_type, object_id, link)
    await _check_free(session, sides, object_type, external_id)
    record = record_of(snapshot)
    compared = await _check_pair(session, sides, object_type, object_id, record)
    made = await join(
        session,
        sides,
        snapshot,
        about=ours,
        link=link,
        matched_by=matched_by,
        evidence={**(evidence or {"agreed_on": BY_HAND, "value": external_id, "compared": compared}), "by": by.actor},
        now=by.now,
    )
    await session.flush()
    if isinstance(record, Document) and record.balance != record.total:
        await apply_payments_of(session, sides, {external_id}, now=by.now, adopts=True)
    await _settle_others(session, sides, made, by)
    await engine.wake(session, company_lane(sides.company.id))
    return made


async def kind_of_ours(session: AsyncSession, sides: Sides, object_type: str, object_id: UUID) -> Kind:
    """Under which kind a record of ours stands in the books; raises Conflict where these have no place for it."""
    kinds = kinds_of(sides.platform, object_type)
    if not kinds:
        message = f"{sides.platform.title} has no place for a {_WORDS.get(object_type, object_type)}."
        raise Conflict(message)
    mine = await load_mine(session, sides, object_type, object_id)
    return kinds[-1] if isinstance(mine, Receivable) and mine.type == "credit_note" else kinds[0]


async def _load_theirs(session: AsyncSession, sides: Sides, object_type: str, kind: Kind, external_id: str) -> Snapshot:
    title, words = sides.platform.title, _WORDS.get(object_type, object_type)
    if kind not in kinds_of(sides.platform, object_type):
        message = f"A {kind.value.replace('_', ' ')} of {title} cannot be linked to a {words}."
        raise Conflict(message)
    found = await load_snapshots(session, sides.company.id, kind, [external_id])
    if external_id not in found:
        message = (
            f"{title} has no {kind.value.replace('_', ' ')} {external_id}, as far as was pulled. Synchronise first."
        )
        raise Conflict(message)
    if not counts(record_of(found[external_id])):
        message = (
            f"{external_id} is set aside, void or deleted in {title}: make it active there first, and synchronise."
        )
        raise Conflict(message)
    return found[external_id]


async def _check_ours(
    session: AsyncSession, sides: Sides, object_type: str, object_id: UUID, link: Link | None
) -> None:
    if link is None and await load_mine(session, sides, object_type, object_id) is None:
        message = f"The {_WORDS.get(object_type, object_type)} {object_id} was deleted here."
        raise Conflict(message)
    if link is None:
        return
    if link.external_id is not None:
        message = f"It is linked to {link.external_id} already. Undo that first: POST …/{link.id}/unlink."
        raise Conflict(message)
    if await is_being_written(session, link):
        message = "It is being written to the books at this moment. Try again when that has ended."
        raise Conflict(message)


async def is_being_written(session: AsyncSession, link: Link) -> bool:
    """Whether a write of the record, or of a part of it, is on its way or in doubt."""
    parts = select(Link.id).where(Link.part_of == link.id)
    found = await session.scalar(
        select(Intent.id)
        .where(or_(Intent.link_id == link.id, Intent.link_id.in_(parts)), Intent.state.in_(OPEN_STATES))
        .limit(1)
    )
    return found is not None


async def _check_free(session: AsyncSession, sides: Sides, object_type: str, external_id: str) -> None:
    other = await session.scalar(
        select(Link.object_id).where(*sides.of_links, Link.object_type == object_type, Link.external_id == external_id)
    )
    if other is not None:
        message = f"{external_id} is linked to another record of yours, {other}. Undo that first, or use that record."
        raise Conflict(message)


async def _check_pair(
    session: AsyncSession, sides: Sides, object_type: str, object_id: UUID, record: Record
) -> list[dict[str, Any]]:
    """What speaks for and against the two being the same; raises Conflict for what cannot be."""
    mine = await load_mine(session, sides, object_type, object_id)
    if mine is None:
        return []
    if isinstance(record, Document):
        await _check_documents(session, sides, object_type, mine, record)
        return []
    if isinstance(record, Item):
        return shown_evidence(compare_item(as_ours(mine), record))
    if not isinstance(record, Party):
        return []
    if contradict(as_ours(mine), record):
        message = (
            f"Their tax numbers contradict one another: {mine.tax_id} here, {record.tax_number} in the books. Correct "
            "the one that is wrong first."
        )
        raise Conflict(message)
    return shown_evidence(compare_party(as_ours(mine), record))


async def _check_documents(session: AsyncSession, sides: Sides, object_type: str, mine: Any, theirs: Document) -> None:
    """The same paper has one amount, and one party."""
    total = None if mine.total_amount is None else from_minor(mine.total_amount, mine.currency)
    if (mine.currency, total) != (theirs.currency, theirs.total):
        message = (
            f"The totals differ: {total} {mine.currency} here, {theirs.total} {theirs.currency} in the books. Correct "
            "the one that is wrong first."
        )
        raise Conflict(message)
    role = "customer" if object_type == "receivable" else "vendor"
    party = await load_link(session, sides, role, mine.counterpart_id)
    if party is None or party.external_id != theirs.party_id:
        name = (await session.get_one(Counterpart, mine.counterpart_id)).name
        message = (
            f"In the books it is of {theirs.party_name or theirs.party_id}, and here of {name}, which is not linked to "
            f"that {role}. Link the {role} first, or choose the right one in the books."
        )
        raise Conflict(message)


async def _settle_others(session: AsyncSession, sides: Sides, link: Link, by: Decider) -> None:
    """What else was proposed of either side is moot; what waited only for that goes on."""
    rows = await session.scalars(
        select(MatchProposal).where(
            MatchProposal.company_id == sides.company.id,
            MatchProposal.entity_id == sides.entity_id,
            MatchProposal.object_type == link.object_type,
            MatchProposal.status == Status.OPEN.value,
            or_(
                MatchProposal.object_id == link.object_id,
                (MatchProposal.external_id == link.external_id) & (MatchProposal.external_kind == link.external_kind),
            ),
        )
    )
    others = list(rows)
    for row in others:
        close(row, Ended.ANOTHER_ACCEPTED, now=by.now)
    await session.flush()
    await release(session, sides, link.object_type, {row.object_id for row in others}, now=by.now)


async def keep_apart(session: AsyncSession, sides: Sides, link: Link, record: Record | None, by: Decider) -> None:
    """Remember that two are not the same, whatever a pull finds later."""
    row = await session.scalar(
        select(MatchProposal).where(
            MatchProposal.company_id == sides.company.id,
            MatchProposal.entity_id == sides.entity_id,
            MatchProposal.object_type == link.object_type,
            MatchProposal.object_id == link.object_id,
            MatchProposal.external_kind == link.external_kind,
            MatchProposal.external_id == link.external_id,
        )
    )
    if row is None:
        mine = await load_mine(session, sides, link.object_type, link.object_id)
        row = MatchProposal(
            id=new_id(),
            partner_id=link.partner_id,
            entity_id=link.entity_id,
            company_id=link.company_id,
            object_type=link.object_type,
            object_id=link.object_id,
            object_name=name_of_mine(mine) if mine is not None else "",
            external_kind=str(link.external_kind),
            external_id=str(link.external_id),
            external_name=name_of_theirs(record) if record is not None else "",
            reason="linked_before",
            score=int((link.evidence or {}).get("score", SCORE_MAX)),
            evidence=_compared(link),
            created_at=by.now,
        )
        session.add(row)
    _decide(row, Status.REJECTED, by)
    row.ended_because = Ended.UNLINKED.value


def _compared(link: Link) -> Sequence[Any]:
    found: list[Any] = list((link.evidence or {}).get("compared", ()))
    return found
