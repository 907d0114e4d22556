"""What the operator sees of lanes: which are due, paused or failing, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.faults import UnitFault
from tieout.storage.tables.work import Lane

LISTED_MAX: Final = 1_000


class Which(StrEnum):
    """Lanes that an operator asks for."""

    DUE = "due"
    RUNNING = "running"
    FAILING = "failing"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class ListedLane:
    """A lane with those of its units that failed."""

    lane: Lane
    faults: Sequence[UnitFault]


@dataclass(frozen=True, slots=True)
class LaneCounts:
    """How many lanes are in which condition, and when the one fell due that waits longest."""

    due: int
    running: int
    failing: int
    paused: int
    parked_units: int
    oldest_due_at: datetime | None


async def list_lanes(session: AsyncSession, which: Which | None, *, now: datetime) -> list[ListedLane]:
    """The lanes in a condition, or all, those first that are due first; LISTED_MAX at most."""
    condition = Lane.key.is_not(None) if which is None else _condition(which, now)
    lanes = list(
        await session.scalars(
            select(Lane).where(condition).order_by(Lane.due_at.is_(None), Lane.due_at, Lane.key).limit(LISTED_MAX)
        )
    )
    keys = [lane.key for lane in lanes]
    faults = list(await session.scalars(select(UnitFault).where(UnitFault.lane.in_(keys)).order_by(UnitFault.first_at)))
    return [ListedLane(lane, [fault for fault in faults if fault.lane == lane.key]) for lane in lanes]


async def count_lanes(session: AsyncSession, *, now: datetime) -> LaneCounts:
    """What is worth watching."""
    counted = {
        which: await session.scalar(select(func.count()).select_from(Lane).where(_condition(which, now))) or 0
        for which in Which
    }
    parked = select(func.count()).select_from(UnitFault).where(UnitFault.parked_at.is_not(None))
    return LaneCounts(
        due=counted[Which.DUE],
        running=counted[Which.RUNNING],
        failing=counted[Which.FAILING],
        paused=counted[Which.PAUSED],
        parked_units=await session.scalar(parked) or 0,
        oldest_due_at=await session.scalar(select(func.min(Lane.due_at)).where(_condition(Which.DUE, now))),
    )


def _condition(which: Which, now: datetime) -> ColumnElement[bool]:
    match which:
        case Which.DUE:
            return (Lane.due_at <= now) & Lane.owner.is_(None) & Lane.paused_at.is_(None)
        case Which.RUNNING:
            return Lane.owner.is_not(None)
        case Which.FAILING:
            return or_(Lane.last_error.is_not(None), exists().where(UnitFault.lane == Lane.key))
        case Which.PAUSED:
            return Lane.paused_at.is_not(None)
