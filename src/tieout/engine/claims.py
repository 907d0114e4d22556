"""Owning lanes: the one way to claim, renew and release them, whatever the engine.

A claim is a compare-and-set on the lane's row that raises its fence. Every commit of a turn is guarded by that fence,
so a worker that was frozen past its lease can call, but never commit. An owner whose lease ran out is a dead one.

Leases are judged by a clock that all workers share and nobody sets: the database's on PostgreSQL; on SQLite, where all
workers share a machine, the time since that was started. A lease that lies further ahead than leases last was taken
before the clock went back, or before the machine was started anew: it binds nobody.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine import port
from tieout.engine.port import NextDue
from tieout.kit.clock import MachineClock
from tieout.storage.database import Database
from tieout.storage.tables.work import Lane
from tieout.storage.types import UtcDateTime

MACHINE_STARTED_AT: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""What stands for the start of the machine in the leases of a SQLite database."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A lane that this worker owns under `fence`."""

    key: str
    kind: str
    fence: int
    attempts: int


class LaneClaims:
    """The lanes of one worker."""

    def __init__(self, database: Database, clock: MachineClock) -> None:
        """Own nothing yet."""
        self._database = database
        self._clock = clock
        self._owner = secrets.token_hex(8)
        self.in_turn: set[str] = set()
        """Lanes whose turn is running here: never claimed again meanwhile, however late their renewals are."""

    async def claim(self, count: int, *, kinds: tuple[str, ...]) -> list[Claim]:
        """Own up to `count` lanes that are due, or whose owner died.

        Lanes of dead owners come first (`due_at` says nothing about them), then those that wait longest.
        """
        if count <= 0:
            return []
        return await self._own(self.waiting(count, kinds=kinds))

    def waiting(self, count: int, *, kinds: tuple[str, ...]) -> Select[str, str]:
        """Key and kind of up to `count` lanes that may be claimed, those first that should be."""
        return (
            select(Lane.key, Lane.kind)
            .where(self.may_be_claimed(), Lane.kind.in_(kinds))
            .order_by(Lane.owner.is_(None), Lane.lease_until, Lane.due_at)
            .limit(count)
        )

    async def claim_lane(self, key: str) -> Claim | None:
        """Own one lane, if it is due or its owner died."""
        claims = await self._own(select(Lane.key, Lane.kind).where(self.may_be_claimed(), Lane.key == key))
        return claims[0] if claims else None

    def may_be_claimed(self) -> ColumnElement[bool]:
        """What is true of a lane that is due, or whose owner died, and that nobody has paused."""
        free = Lane.owner.is_(None) & (Lane.due_at <= self._clock.now())
        return and_(or_(free, self._owner_is_dead()), Lane.paused_at.is_(None), Lane.key.not_in(self.in_turn))

    async def _own(self, waiting: Select[str, str]) -> list[Claim]:
        """The choice is materialized: PostgreSQL may otherwise choose anew for every row, and own more than asked."""
        chosen = (
            waiting.with_for_update(skip_locked=True, of=Lane)
            .cte("chosen")
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )
        async with self._database.write() as session:
            rows = await session.execute(
                update(Lane)
                .where(Lane.key.in_(select(chosen.c.key)))
                .values(owner=self._owner, lease_until=self._lease_end(), fence=Lane.fence + 1, due_at=None)
                .returning(Lane.key, Lane.kind, Lane.fence, Lane.attempts)
                .execution_options(synchronize_session=False)
            )
            return [Claim(*row) for row in rows]

    async def renew(self, session: AsyncSession, key: str, fence: int) -> bool:
        """Prolong the lease in the given transaction; False when the lane has another owner, or was given back."""
        renewed = await session.execute(
            update(Lane)
            .where(Lane.key == key, Lane.fence == fence, Lane.owner == self._owner)
            .values(lease_until=self._lease_end())
            .returning(Lane.key)
            .execution_options(synchronize_session=False)
        )
        return renewed.first() is not None

    async def release(self, claim: Claim, due: NextDue, *, error: str | None) -> bool:
        """Give the lane back; returns whether it is due again at once.

        A wake that came during the turn stands if it is earlier than what the turn asked for.
        """
        now = self._clock.now()
        asked = literal(due.at, UtcDateTime)
        earlier = case((Lane.due_at.is_(None), asked), (Lane.due_at > asked, asked), else_=Lane.due_at)
        async with self._database.write() as session:
            released = await session.execute(
                update(Lane)
                .where(Lane.key == claim.key, Lane.fence == claim.fence)
                .values(
                    owner=None,
                    lease_until=None,
                    due_at=Lane.due_at if due.at is None else earlier,
                    attempts=0 if error is None else Lane.attempts + 1,
                    last_error=error,
                )
                .returning(Lane.due_at)
                .execution_options(synchronize_session=False)
            )
            due_at = released.scalar()
        return due_at is not None and due_at <= now

    def _owner_is_dead(self) -> ColumnElement[bool]:
        now = self._lease_now()
        return and_(Lane.owner.is_not(None), or_(Lane.lease_until <= now, Lane.lease_until > self._lease_end()))

    def _lease_now(self) -> Any:
        if self._database.is_sqlite:
            return literal(MACHINE_STARTED_AT + self._clock.uptime(), UtcDateTime)
        return func.clock_timestamp()

    def _lease_end(self) -> Any:
        if self._database.is_sqlite:
            return literal(MACHINE_STARTED_AT + self._clock.uptime() + timedelta(seconds=port.LEASE_S), UtcDateTime)
        return func.clock_timestamp() + timedelta(seconds=port.LEASE_S)
