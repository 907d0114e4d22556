"""Pushing.

A wanted record becomes an intent, the intent is sent, the outcome is kept. Three commits, none open while waiting.
Which operation it is, follows from how the record stands here and in the books (`operations`).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.postings import DoesNotAddUp, as_json, expected_postings
from tieout.books.records import Document, Kind, Party, Payment, Record
from tieout.engine.port import Turn
from tieout.platforms.errors import Explanation, Misuse, PermissionMissing, PlatformRefusal, WriteRefused
from tieout.platforms.port import Operation, Request, Write
from tieout.storage.tables.connections import Link
from tieout.storage.tables.work import Intent
from tieout.sync.composing import Composed, Unmet, Waiting, compose, load_sides
from tieout.sync.dependents import WAITS_FOR
from tieout.sync.differences import LEFT_BEHIND
from tieout.sync.drafts import Ended
from tieout.sync.intents import OPEN_STATES, intent_for, put_request
from tieout.sync.linking import OBJECT_TYPES, match_wanted
from tieout.sync.mapping import refused
from tieout.sync.naming import free_name, rename
from tieout.sync.needs import DependencyRefused, want_first
from tieout.sync.open_books import OpenBooks
from tieout.sync.operations import taking_out
from tieout.sync.parking import push_unit
from tieout.sync.parts import load_locked
from tieout.sync.rechecking import RECHECKED, recheck_company
from tieout.sync.runs import note_calls, note_push
from tieout.sync.settlements import refuse_link, settle_link
from tieout.sync.sides import DOCUMENTS, MATCHED_TYPES, sides_of
from tieout.sync.undecided import refuse_undecided

log = structlog.get_logger(__name__)

PUSH_ORDER: Final = (
    "customer",
    "vendor",
    "product",
    "receivable",
    "bill",
    "payable_credit_note",
    "payment_record",
    "credit_allocation",
    "attachment",
)
"""What is needed comes before what needs it."""
PLANNED_AT_ONCE_MAX: Final = 50
"""Records that are planned in one go and recorded in one commit."""
MEETINGS_MAX: Final = 5
"""How often one turn compares a record both sides of which people keep changing."""
_NOT_PLANNED: Final = Explanation(
    code="push_not_planned",
    message="Tieout could not prepare the record for the books.",
    fix="Report this to whoever runs Tieout: its log says more under the time of this record's last change.",
)


@dataclass(frozen=True, slots=True)
class Planned:
    """A write that is ready to become an intent, and the postings that it is expected to make."""

    composed: Composed
    request: Request
    postings: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why it cannot be written as it is, and for which operation."""

    refusal: PlatformRefusal
    operation: Operation


class Saved:
    """There is nothing to do but what was recorded just now."""


Plan = Planned | Waiting | Unmet | Refused | Saved | None


async def plan_next(books: OpenBooks, turn: Turn, looked_at: set[UUID], *, count: int = 1) -> bool:
    """Plan the next wanted records that have no open intent, up to `count`; False when there is none. One commit."""
    plans: dict[UUID, tuple[Link, Plan]] = {}
    async with books.services.database.read() as session:
        for wanted in await _next_wanted(session, books, looked_at, min(count, PLANNED_AT_ONCE_MAX)):
            looked_at.add(wanted.id)
            books.faults.in_hand = push_unit(wanted.id)
            plans[wanted.id] = (wanted, await _plan_or_refuse(session, books, wanted))
    if not plans:
        return False
    now = books.services.clock.now()
    async with turn.commit() as session:
        links = await load_locked(session, plans.keys())
        for link_id, (wanted, plan) in plans.items():
            books.faults.in_hand = push_unit(link_id)
            link = links.get(link_id)
            if link is None or _as_wanted(link) != _as_wanted(wanted):
                looked_at.discard(link_id)
            else:
                await _save(session, books, link, plan, looked_at=looked_at, now=now)
        await note_calls(session, books, now=now)
    return True


async def _save(
    session: AsyncSession, books: OpenBooks, link: Link, plan: Plan, *, looked_at: set[UUID], now: datetime
) -> None:
    if isinstance(plan, Planned):
        plan = await _save_plan(session, books, link, plan, now)
    elif isinstance(plan, Refused):
        plan = await _look_for_refused(session, books, link, plan, now)
    match plan:
        case Waiting():
            if await want_first(session, books, link, plan.needed, now=now):
                looked_at.discard(link.id)
        case Unmet():
            link.changed_there_at = now
            looked_at.discard(link.id)
        case Refused():
            await _save_refusal(session, books, link, plan, now)
            if link.object_type in OBJECT_TYPES:
                looked_at.clear()  # documents that wait for it are refused with it
        case None:
            await settle_link(session, link, now=now)
        case Saved():
            pass


async def _look_for_refused(
    session: AsyncSession, books: OpenBooks, link: Link, plan: Refused, now: datetime
) -> Saved | Refused:
    """What could not be written as it is may stand in the books already: then it need not be written."""
    is_new = plan.operation is Operation.CREATE and link.external_id is None
    if not is_new or link.object_type not in MATCHED_TYPES or isinstance(plan.refusal, DependencyRefused):
        return plan
    return plan if LEFT_BEHIND in (link.evidence or {}) else await _look_for(session, books, link, now) or plan


async def _look_for(session: AsyncSession, books: OpenBooks, link: Link, now: datetime) -> Saved | Refused | None:
    """Link what surely stands in the books, refuse what perhaps does; None for what is to be created."""
    await match_wanted(session, books, link.object_type, {link.object_id}, now=now)
    if link.external_id is not None:
        return Saved()
    try:
        await refuse_undecided(session, sides_of(books), link.object_type, link.object_id)
    except WriteRefused as refusal:
        return Refused(refusal, Operation.CREATE)
    return None


def _as_wanted(link: Link) -> tuple[datetime | None, int]:
    """What tells that a wish was taken back, or that there is a later one, while the push was planned."""
    return link.push_wanted_at, link.wishes


async def _plan_or_refuse(session: AsyncSession, books: OpenBooks, link: Link) -> Plan:
    """The plan; None when nothing is to be done.

    A record that cannot even be planned is refused, so that it holds up nothing else of the company.
    """
    aim = Operation.CREATE if link.external_id is None else Operation.UPDATE
    try:
        draft, chart = await load_sides(session, books, link)
        if isinstance(draft, Ended) and link.external_id is not None:
            aim = taking_out(Kind(str(link.external_kind)))
        composed = await compose(session, books, link, draft, chart)
        if isinstance(composed, Unmet):
            return _met_again(books, link, aim)
        if not isinstance(composed, Composed):
            return composed
        request = books.platform.plan_write(books.company.external_id, composed.write)
        return Planned(composed, request, _postings(composed.write))
    except (WriteRefused, PermissionMissing) as refusal:
        return Refused(refusal, aim)
    except NotImplementedError as error:
        return Refused(refused("push_not_built", str(error), "Do it in the books by hand."), aim)
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        log.exception("push_not_planned", link=str(link.id), object_type=link.object_type)
        message = f"{_NOT_PLANNED.message} ({type(error).__name__})"
        return Refused(Misuse(replace(_NOT_PLANNED, message=message)), aim)


def _met_again(books: OpenBooks, link: Link, aim: Operation) -> Plan:
    """Compare both sides first; a record that is never done being compared is a fault of ours."""
    times = books.unmet[link.id] = books.unmet.get(link.id, 0) + 1
    if times <= MEETINGS_MAX:
        return Unmet()
    log.error("push_not_planned", link=str(link.id), object_type=link.object_type, why="compared again and again")
    return Refused(Misuse(_NOT_PLANNED), aim)


async def _next_wanted(session: AsyncSession, books: OpenBooks, looked_at: set[UUID], count: int) -> list[Link]:
    in_order = case({name: place for place, name in enumerate(PUSH_ORDER)}, value=Link.object_type, else_=99)
    has_open_intent = select(Intent.id).where(Intent.link_id == Link.id, Intent.state.in_(OPEN_STATES)).exists()
    found = await session.scalars(
        select(Link)
        .where(
            Link.company_id == books.company.id,
            Link.entity_id == books.connection.entity_id,
            Link.push_wanted_at.is_not(None),
            Link.changed_there_at.is_(None),
            Link.id.not_in(looked_at | books.faults.resting_links(books.services.clock.now())),
            ~has_open_intent,
        )
        .order_by(in_order, Link.push_wanted_at)
        .limit(count)
    )
    return list(found)


def _postings(write: Write) -> list[dict[str, Any]]:
    """The journal that a write is expected to make; taking a document out turns its entries round."""
    record: Record = write.record
    if write.operation is Operation.UPDATE or not isinstance(record, Document | Payment):
        return []
    assert not isinstance(record, Document) or type(record) is not Document
    if write.operation is Operation.CREATE:
        return as_json(expected_postings(record), record.currency)
    try:
        entries = as_json(expected_postings(record), record.currency)
    except DoesNotAddUp:
        return []  # what somebody changed in the books until it does not add up, can still be taken out
    return [{**entry, "debit": entry["credit"], "credit": entry["debit"]} for entry in entries]


async def _save_plan(
    session: AsyncSession, books: OpenBooks, link: Link, plan: Planned, now: datetime
) -> Saved | Refused:
    """Record the intent as ready; one that was refused earlier for the same version gets the new request.

    What is in the books already, entered there by somebody since we last looked, is linked instead of written. What may
    be there already is refused.
    """
    write = plan.composed.write
    if link.object_type in MATCHED_TYPES and write.operation is Operation.CREATE:
        found = await _look_for(session, books, link, now)
        if isinstance(found, Saved) and link.object_type in DOCUMENTS:
            link.agreed = plan.composed.agreed
        if found is not None:
            return found
        try:
            plan = await _named_freely(session, books, link, plan, now)
        except WriteRefused as refusal:
            return Refused(refusal, write.operation)
    write = plan.composed.write
    intent = await intent_for(session, link, write.operation, plan.composed.version, now=now)
    put_request(intent, write, plan.request)
    intent.expected_postings = plan.postings
    intent.wish = link.wishes
    intent.agreed = plan.composed.agreed
    link.external_kind = write.kind.value
    return Saved()


async def _named_freely(session: AsyncSession, books: OpenBooks, link: Link, plan: Planned, now: datetime) -> Planned:
    """The same plan, under another name where that of a party is taken and the entity's rules allow it."""
    write = plan.composed.write
    if not isinstance(write.record, Party):
        return plan
    name = await free_name(session, sides_of(books), link, write.record, now=now)
    if name is None:
        return plan
    rename(link, write.record.name, name)
    write = replace(write, record=replace(write.record, name=name))
    agreed = None if plan.composed.agreed is None else {**plan.composed.agreed, "name": name}
    composed = replace(plan.composed, write=write, agreed=agreed)
    return replace(plan, composed=composed, request=books.platform.plan_write(books.company.external_id, write))


async def _save_refusal(session: AsyncSession, books: OpenBooks, link: Link, plan: Refused, now: datetime) -> None:
    if isinstance(plan.refusal, DependencyRefused):
        link.evidence = {**(link.evidence or {}), WAITS_FOR: str(plan.refusal.need.object_id)}
    if plan.refusal.explanation.code in RECHECKED:
        await recheck_company(session, books, now=now)
    await refuse_link(session, link, plan.refusal, now=now, operation=plan.operation.value)
    await note_push(session, books, link.object_type, "refused", now=now)
