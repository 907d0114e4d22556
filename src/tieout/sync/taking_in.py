"""Taking in what the books changed of records that both sides have: compared three ways, taken over, pushed, or held.

A pull and a write's answer only mark a link whose record is another one in the books than both sides last agreed on
(`marking`). The lane then compares it under the locks of both rows, once nothing of it is on its way there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.encoding import encode_record
from tieout.books.records import Document, DocumentStatus, Record
from tieout.engine.port import Turn
from tieout.platforms.errors import WriteRefused
from tieout.storage.tables.business import Entity
from tieout.storage.tables.conflicts import Conflict
from tieout.storage.tables.connections import Link, Snapshot
from tieout.storage.tables.work import Intent
from tieout.sync.composing import load_sides
from tieout.sync.conflicts import CODES, IfBooks, decided_side, keep_held, load_open, shown_field
from tieout.sync.dependents import want_again
from tieout.sync.differences import DIFFERS
from tieout.sync.drafts import OVERRULED, DocumentDraft, Draft, Ended, ItemDraft, as_told, changed_since, told_as
from tieout.sync.faces import EXISTENCE, LINES, face_of_draft, is_over, keeping
from tieout.sync.following import load_followers, want_followed
from tieout.sync.intents import OPEN_STATES
from tieout.sync.mapping import Chart
from tieout.sync.marking import base_of, record_of
from tieout.sync.meeting import Sides, plan_meeting
from tieout.sync.open_books import OpenBooks
from tieout.sync.parking import push_unit
from tieout.sync.parts import forget_parts, show_settled
from tieout.sync.rules import rules_of
from tieout.sync.settlements import refuse_link
from tieout.sync.standing import LEFT_FIELDS, LEFT_STANDING, left_fields
from tieout.sync.synced_records import tell_link
from tieout.sync.taking_over import Ours, load_counterpart, load_product
from tieout.sync.taking_over_documents import load_our_document
from tieout.sync.three_way import Field, Outcome, by_outcome

TAKEN_IN_AT_ONCE_MAX: Final = 20
"""Records that are compared in one commit."""


@dataclass(frozen=True, slots=True)
class _Met:
    """A meeting: both sides, our record, what comes of each field, and the conflict that was open."""

    sides: Sides
    ours: Ours
    fields: Mapping[str, Field]
    conflict: Conflict | None


async def take_in_next(books: OpenBooks, turn: Turn) -> bool:
    """Compare the next marked records of which nothing is on its way; False when there is none. One commit."""
    now = books.services.clock.now()
    async with books.services.database.read() as session:
        ids = await _next_marked(session, books, now)
    if not ids:
        return False
    async with turn.commit() as session:
        for link_id in ids:
            books.faults.in_hand = push_unit(link_id)
            await _take_in(session, books, link_id, now=now)
            await session.flush()
    return True


async def _next_marked(session: AsyncSession, books: OpenBooks, now: datetime) -> list[UUID]:
    is_on_its_way = select(Intent.id).where(Intent.link_id == Link.id, Intent.state.in_(OPEN_STATES)).exists()
    found = await session.scalars(
        select(Link.id)
        .where(
            Link.company_id == books.company.id,
            Link.entity_id == books.connection.entity_id,
            Link.changed_there_at.is_not(None),
            Link.id.not_in(books.faults.resting_links(now)),
            ~is_on_its_way,
        )
        .order_by(Link.changed_there_at, Link.id)
        .limit(TAKEN_IN_AT_ONCE_MAX)
    )
    return list(found)


async def _take_in(session: AsyncSession, books: OpenBooks, link_id: UUID, *, now: datetime) -> None:
    """Both rows are locked, ours before the link, as everybody does who changes one."""
    seen = await session.get_one(Link, link_id)
    snapshot = await session.get(Snapshot, (seen.company_id, seen.external_kind, seen.external_id))
    there = record_of(snapshot)
    ours = await _load_ours(session, books, seen, there)
    link = await session.get(Link, link_id, with_for_update=True, populate_existing=True)
    if link is None or link.changed_there_at is None:
        return
    link.changed_there_at = None
    if link.external_id is None or link.base is None:
        return
    if ours is None:  # what stands in for a product has nothing to be changed
        link.base = link.base if there is None else encode_record(there)
        return
    try:
        sides = await _load_both(session, books, link, snapshot, there)
    except WriteRefused as refusal:
        await refuse_link(session, link, refusal, now=now)
        return
    conflict = await load_open(session, link, for_update=True)
    fields = plan_meeting(sides, ours.rule, partial(decided_side, conflict))
    await _carry_out(session, books, link, _Met(sides, ours, fields, conflict), now=now)
    if snapshot is not None:
        link.external_version, link.external_updated_at = snapshot.version_token, snapshot.changed_at


async def _load_ours(session: AsyncSession, books: OpenBooks, link: Link, there: Record | None) -> Ours | None:
    if link.object_type in ("customer", "vendor"):
        return await load_counterpart(session, link)
    if link.object_type == "product":
        return await load_product(session, books, link)
    document = there if isinstance(there, Document) else None
    return await load_our_document(session, books.company, link, document)


async def _load_both(
    session: AsyncSession, books: OpenBooks, link: Link, snapshot: Snapshot | None, there: Record | None
) -> Sides:
    draft, chart = await load_sides(session, books, link)
    entity = await session.get_one(Entity, link.entity_id)
    drafted = {} if isinstance(draft, Ended) else await _face(session, books, link, draft, chart)
    return Sides(
        object_type=link.object_type,
        draft=draft,
        drafted=drafted,
        agreed=link.agreed,
        is_wanted=link.push_wanted_at is not None or link.sync_status == "error",
        base=base_of(link),
        there=there,
        ours_at=link.object_updated_at,
        theirs_at=None if snapshot is None else snapshot.changed_at,
        rules=rules_of(entity.settings),
        total_is_doubted=bool((link.evidence or {}).get(DIFFERS)),
    )


async def _face(session: AsyncSession, books: OpenBooks, link: Link, draft: Any, chart: Chart) -> dict[str, Any]:
    account = chart.accounts.get(draft.account_id) if isinstance(draft, ItemDraft) and draft.account_id else None
    party_id = None
    if isinstance(draft, DocumentDraft):
        party_id = await session.scalar(
            select(Link.external_id).where(
                Link.company_id == link.company_id,
                Link.entity_id == link.entity_id,
                Link.object_type == ("customer" if draft.is_sale else "vendor"),
                Link.object_id == draft.counterpart_id,
            )
        )
    return face_of_draft(
        draft,
        base_currency=books.facts.base_currency if books.facts else None,
        account_id=account.external_id if account else None,
        party_id=party_id,
    )


async def _carry_out(session: AsyncSession, books: OpenBooks, link: Link, met: _Met, *, now: datetime) -> None:
    """Let both sides have what came of the meeting."""
    taken, held = by_outcome(met.fields, Outcome.THEIRS), by_outcome(met.fields, Outcome.HELD)
    draft = met.sides.draft
    if taken:
        draft = await _take_over(session, books, link, met.ours, taken, now=now)
    link.base = encode_record(_agreed_on(met.sides, held))
    is_ours_due = _agree(link, met.sides, draft, met.fields)
    _note_standing(link, draft, met.fields)
    shown = [
        shown_field(link.object_type, field, if_books=_if_books(met.ours, field), can_be_ours=_can_be_ours(field))
        for field in held.values()
    ]
    await keep_held(session, link, met.conflict, shown, now=now)
    link.last_pulled_at = now
    if EXISTENCE in taken:
        link.push_wanted_at = None
        await forget_parts(session, link, now=now)
    if is_ours_due and link.push_wanted_at is None:
        await want_again(session, link, now=now)
    elif link.push_wanted_at is None and _shows_meeting(link):
        await show_settled(session, link, now=now)
    elif taken:
        await tell_link(session, link, "updated", now=now)


async def _take_over(
    session: AsyncSession, books: OpenBooks, link: Link, ours: Ours, taken: Mapping[str, Field], *, now: datetime
) -> Draft:
    """Put fields into our record; other books' records of the same follow it. Returns what ours says now."""
    of_counterpart = ("customer", "vendor")
    followers = await load_followers(
        session,
        partner_id=link.partner_id,
        entity_id=link.entity_id,
        object_types=of_counterpart if link.object_type in of_counterpart else (),
        object_id=link.object_id,
    )
    await ours.put(session, taken, now=now)
    link.object_updated_at = now
    await session.flush()
    others = [follower for follower in followers if follower.link.id != link.id]
    await want_followed(session, books.services.engine, others, now=now)
    draft, _ = await load_sides(session, books, link)
    return draft


def _agreed_on(sides: Sides, held: Mapping[str, Field]) -> Record:
    """What the books said when both sides agreed: what they say now, but for what is held."""
    assert sides.base is not None
    if EXISTENCE in held:
        return sides.base
    if sides.there is None:
        base = sides.base
        return replace(base, status=DocumentStatus.DELETED) if isinstance(base, Document) else base
    return sides.there if is_over(sides.there) else keeping(sides.there, sides.base, held)


def _agree(link: Link, sides: Sides, draft: Draft, fields: Mapping[str, Field]) -> bool:
    """Note what ours said when both sides agreed; returns whether the books are to get something of ours for theirs."""
    won = by_outcome(fields, Outcome.OURS)
    is_ours_due = EXISTENCE in won or any(one.theirs != one.base for one in won.values())
    if isinstance(draft, Ended):
        return is_ours_due
    told = as_told(draft)
    agreed = dict(link.agreed or told)
    changed = frozenset() if isinstance(sides.draft, Ended) else changed_since(link.agreed, sides.draft)
    for name, field in fields.items():
        names = [one for one in told_as(name) if one in told]
        if field.outcome in (Outcome.THEIRS, Outcome.AGREED, Outcome.LEFT):
            agreed |= {one: told[one] for one in names}
        elif field.outcome is Outcome.OURS and field.theirs != field.base and name not in changed:
            agreed |= dict.fromkeys(names, OVERRULED)
    if link.agreed is not None or is_ours_due:
        link.agreed = agreed
    return is_ours_due


def _note_standing(link: Link, draft: Draft, fields: Mapping[str, Field]) -> None:
    """Remember for which fields the books keep theirs although ours says something else."""
    left = left_fields(link) - {name for name, one in fields.items() if one.outcome is not Outcome.UNCHANGED}
    left |= set(by_outcome(fields, Outcome.LEFT))
    gone = {LEFT_FIELDS, LEFT_STANDING}
    if LINES in fields and fields[LINES].outcome not in (Outcome.UNCHANGED, Outcome.HELD):
        gone.add(DIFFERS)
    evidence = {name: said for name, said in (link.evidence or {}).items() if name not in gone}
    if left - {EXISTENCE}:
        evidence[LEFT_FIELDS] = sorted(left - {EXISTENCE})
    if isinstance(draft, Ended) and (EXISTENCE in left or (link.evidence or {}).get(LEFT_STANDING)):
        evidence[LEFT_STANDING] = True
    link.evidence = evidence


def _if_books(ours: Ours, field: Field) -> IfBooks:
    outcome, _ = ours.rule(field)
    return IfBooks.TAKEN_OVER if outcome is Outcome.THEIRS and field.ours is not False else IfBooks.LEFT_STANDING


def _can_be_ours(field: Field) -> bool:
    """What was voided or deleted in the books cannot be brought back there."""
    return not (field.name == EXISTENCE and field.theirs is False)


def _shows_meeting(link: Link) -> bool:
    """Whether the synced record says nothing but what follows from the meeting: a refusal of a write stays."""
    return link.sync_status == "done" or (link.errors or {}).get("code") in CODES
