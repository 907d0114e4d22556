"""Whose lane is next: partners take turns, so that one with nearly all of the due lanes holds up nobody else.

A lane's place is the number of lanes that its partner has running, plus those of the same partner that wait before it.
Only the first few of each partner are looked at, each found by the index, so that a claim costs as much as there are
partners with something waiting, not as much as there are lanes.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, ScalarSelect, Select, Subquery, and_, func, literal, select, true, union_all
from sqlalchemy.orm import aliased

from tieout.storage.tables.work import Lane

Moment = ColumnElement[datetime]


def in_turn(of_partner: int, *, kinds: tuple[str, ...], now: Moment, is_sqlite: bool) -> Select[str, int]:
    """Key and place of the first `of_partner` due lanes of each partner and kind."""
    shares = _shares(kinds, now)
    running = (
        select(Lane.partner_id, func.count().label("lanes"))
        .where(Lane.owner.is_not(None), Lane.kind.in_(kinds))
        .group_by(Lane.partner_id)
        .cte("running")
    )
    first = _first_of_each(shares, of_partner, now, is_sqlite=is_sqlite)
    before = func.row_number().over(partition_by=first.c.partner_id, order_by=(first.c.due_at, first.c.key)) - 1
    place = before + func.coalesce(running.c.lanes, 0)
    return select(first.c.key, place.label("place")).join_from(
        first, running, running.c.partner_id == first.c.partner_id, isouter=True
    )


def _shares(kinds: tuple[str, ...], now: Moment) -> CTE:
    """Every kind and partner with a lane that waits, found by leaps along the index; nothing when nothing is due."""
    of_kinds = union_all(*(select(literal(kind).label("kind")) for kind in kinds)).cte("kinds")
    anything_due = select(Lane.key).where(is_due(Lane, now)).exists()
    shares = (
        select(of_kinds.c.kind, _next_partner(of_kinds.c.kind, None).label("partner_id"))
        .where(anything_due)
        .cte("shares", recursive=True)
    )
    onwards = select(shares.c.kind, _next_partner(shares.c.kind, shares.c.partner_id)).where(
        shares.c.partner_id.is_not(None)
    )
    return shares.union_all(onwards)


def _next_partner(kind: ColumnElement[str], after: ColumnElement[UUID] | None) -> ScalarSelect[UUID]:
    lane = aliased(Lane)
    further = true() if after is None else lane.partner_id > after
    return (
        select(lane.partner_id)
        .where(lane.kind == kind, further, _waits(lane))
        .order_by(lane.partner_id)
        .limit(1)
        .correlate(kind.table)
        .scalar_subquery()
    )


def _first_of_each(shares: CTE, count: int, now: Moment, *, is_sqlite: bool) -> Subquery:
    lane = aliased(Lane)
    due = (
        select(lane.key, lane.partner_id, lane.due_at)
        .where(lane.kind == shares.c.kind, lane.partner_id == shares.c.partner_id, is_due(lane, now))
        .order_by(lane.due_at)
        .limit(count)
        .correlate(shares)
    )
    if not is_sqlite:
        first = due.lateral("first")
        return select(first.c.key, first.c.partner_id, first.c.due_at).join_from(shares, first, true()).subquery()
    keys = due.with_only_columns(lane.key)
    return select(Lane.key, Lane.partner_id, Lane.due_at).join_from(shares, Lane, Lane.key.in_(keys)).subquery()


def _waits(lane: type[Lane]) -> ColumnElement[bool]:
    return and_(lane.due_at.is_not(None), lane.owner.is_(None), lane.paused_at.is_(None))


def is_due(lane: type[Lane], now: Moment) -> ColumnElement[bool]:
    """What is true of a lane that is due and that nobody owns or has paused."""
    return and_(_waits(lane), lane.due_at <= now)
