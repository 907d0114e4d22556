"""Parking what our own code fails at: the unit rests, and its lane goes on with the rest.

A unit is a company's pull, the comparison of its totals, or the push of one record. It is tried again soon, later, and
after FAULTS_MAX failures in a row it is parked: a pull or a comparison until the next one would be due anyway, a push
for a quarter of an hour at a time, or until the record changes or somebody retries it by hand.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.kit.errors import TieoutError
from tieout.platforms.errors import Explanation, Misuse
from tieout.storage.tables.connections import Link
from tieout.storage.tables.faults import UnitFault
from tieout.storage.tables.work import Intent
from tieout.sync.intents import OPEN_STATES
from tieout.sync.synced_records import tell_link

FAULTS_MAX: Final = 3
"""Failures in a row after which a unit is parked."""
RETRY_S: Final = 2
"""How long a unit rests after its first failure; twice as long after each further one."""
PARKED_PUSH_S: Final = 900
"""How long a parked push rests before it is tried once more: a fault that was mended meanwhile then heals by itself."""
PULL: Final = "pull"
TIE_OUT: Final = "tie_out"

_PARKED_PUSH: Final = Explanation(
    code="parked_by_fault",
    message="Something goes wrong on our side whenever this record is put into the books, so it was set aside.",
    fix="Change the record, or have the operator look into the log and retry it; it is also tried again by itself.",
)

log = structlog.get_logger(__name__)


def push_unit(link_id: UUID) -> str:
    """The unit that puts one record into the books."""
    return f"push:{link_id}"


def link_of(unit: str) -> UUID | None:
    """The link whose push a unit is; None for other units."""
    kind, _, link_id = unit.partition(":")
    return UUID(link_id) if kind == "push" else None


@dataclass(slots=True)
class Faults:
    """The units of one lane that failed the last time they were tried."""

    lane: str
    rows: dict[str, UnitFault] = field(default_factory=dict)
    in_hand: str | None = None
    """The pull, the comparison, or the push that is planned: it is to blame for what goes wrong meanwhile."""

    def rests(self, unit: str, now: datetime) -> bool:
        """Whether a unit is not to be tried yet."""
        return unit in self.rows and self.rows[unit].retry_at > now

    def resting_links(self, now: datetime) -> set[UUID]:
        """The links whose push is not to be tried yet."""
        return {link_id for unit in self.rows if self.rests(unit, now) and (link_id := link_of(unit))}

    def until(self, at: datetime, *units: str) -> datetime:
        """`at`, or later if one of these units is to be tried again later only."""
        return max([at, *(self.rows[unit].retry_at for unit in units if unit in self.rows)])

    def retries(self, now: datetime) -> list[datetime]:
        """When the records that could not be put into the books are to be tried again."""
        return [row.retry_at for unit, row in self.rows.items() if link_of(unit) and row.retry_at > now]

    def moot(self, now: datetime) -> list[str]:
        """The pushes that were to be tried by now and that nobody wants any more, if nothing is left to do."""
        return [unit for unit, row in self.rows.items() if link_of(unit) and row.retry_at <= now]

    def touches_books(self) -> bool:
        """Whether the pull or the comparison is among them: then the connection says so."""
        return PULL in self.rows or TIE_OUT in self.rows


async def load_faults(session: AsyncSession, lane: str) -> Faults:
    """What failed of a lane."""
    rows = await session.scalars(select(UnitFault).where(UnitFault.lane == lane))
    return Faults(lane, {row.unit: row for row in rows})


def is_fault_of_ours(error: Exception) -> bool:
    """Whether a unit is to blame: nothing that was raised on purpose, and no database that does not answer."""
    if isinstance(error, TieoutError | OSError | OperationalError | InterfaceError | PoolTimeoutError):
        return False
    return not (isinstance(error, DBAPIError) and error.connection_invalidated)


async def note_fault(
    session: AsyncSession, faults: Faults, unit: str, error: str, *, parked_s: float, now: datetime
) -> UnitFault:
    """Count a failure of a unit, in the caller's transaction, and let it rest; `parked_s` if it failed too often."""
    row = await session.get(UnitFault, (faults.lane, unit), with_for_update=True)
    if row is None:
        row = UnitFault(lane=faults.lane, unit=unit, faults=0, error=error, first_at=now, last_at=now, retry_at=now)
        session.add(row)
    row.faults += 1
    row.error = error
    row.last_at = now
    if row.faults >= FAULTS_MAX:
        row.parked_at = row.parked_at or now
        row.retry_at = now + timedelta(seconds=parked_s)
        log.error("unit_parked", lane=faults.lane, unit=unit, faults=row.faults, error=error)
    else:
        row.retry_at = now + timedelta(seconds=RETRY_S * 2 ** (row.faults - 1))
    faults.rows[unit] = row
    return row


async def note_push_fault(
    session: AsyncSession, faults: Faults, of: Intent | Link, error: str, *, now: datetime
) -> None:
    """Count a failure of a record's push, by its write or its link. The write rests; once parked, the link says so."""
    link = of if isinstance(of, Link) else await session.get_one(Link, of.link_id, with_for_update=True)
    row = await note_fault(session, faults, push_unit(link.id), error, parked_s=PARKED_PUSH_S, now=now)
    if isinstance(of, Intent):
        of.resolve_at = row.retry_at
    if row.faults == FAULTS_MAX:
        link.sync_status = "error"
        link.errors = {
            "code": _PARKED_PUSH.code,
            "message": _PARKED_PUSH.message,
            "fix": _PARKED_PUSH.fix,
            "next": Misuse.next_step.value,
        }
        link.updated_at = now
        await tell_link(session, link, "failed", now=now)


async def forget_faults(session: AsyncSession, faults: Faults, units: Iterable[str]) -> None:
    """These units went well, or are to be tried as if for the first time; in the caller's transaction."""
    failed = [unit for unit in units if faults.rows.pop(unit, None) is not None]
    if failed:
        await session.execute(delete(UnitFault).where(UnitFault.lane == faults.lane, UnitFault.unit.in_(failed)))


async def retry_push(session: AsyncSession, lane: str, link_id: UUID, *, now: datetime) -> None:
    """A record was changed: its push is tried at once, in the caller's transaction, which wakes the lane."""
    failed = delete(UnitFault).where(UnitFault.lane == lane, UnitFault.unit == push_unit(link_id))
    if (await session.execute(failed.returning(UnitFault.unit))).first() is not None:
        await _resolve_at(session, [link_id], now)


async def retry_lane(session: AsyncSession, lane: str, *, now: datetime) -> list[str]:
    """Try all failed units of a lane at once, in the caller's transaction, which wakes it; returns which."""
    units = list(await session.scalars(delete(UnitFault).where(UnitFault.lane == lane).returning(UnitFault.unit)))
    await _resolve_at(session, [link_id for unit in units if (link_id := link_of(unit))], now)
    return sorted(units)


async def _resolve_at(session: AsyncSession, link_ids: list[UUID], now: datetime) -> None:
    await session.execute(
        update(Intent)
        .where(Intent.link_id.in_(link_ids), Intent.state.in_(OPEN_STATES))
        .values(resolve_at=now)
        .execution_options(synchronize_session=False)
    )
