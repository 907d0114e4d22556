"""Owning lanes: the one way to claim, renew and release them, whatever the engine.

A claim is a compare-and-set on the lane's row that raises its fence. Every commit of a turn is guarded by that fence,
so a worker that was frozen past its lease can call, but never commit. An owner whose lease ran out is a dead one.

Leases are judged by a clock that all workers share and nobody sets: the database's on PostgreSQL; on SQLite, where all
workers share a machine, the time since that was started. A lease that lies further ahead than leases last was taken
before the clock went back, or before the machine was started anew: it binds nobody.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine import port
from tieout.engine.fairness import in_turn, is_due
from tieout.engine.port import NextDue
from tieout.kit.clock import MachineClock
from tieout.storage.database import Database
from tieout.storage.tables.work import Lane
from tieout.storage.types import UtcDateTime

CLAIMED_BY_OTHERS_MAX: Final = 16
"""How many lanes of a partner may be claimed by others at the same moment before one of ours finds none."""
STEP_S_MIN: Final = 1.0
"""A wall clock that is behind by more was set back."""
MACHINE_STARTED_AT: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""What stands for the start of the machine in the leases of a SQLite database."""

_NOW: Final[BindParameter[datetime]] = bindparam("now", type_=UtcDateTime)
_IN_TURN: Final[BindParameter[Any]] = bindparam("in_turn", expanding=True)
_KEY: Final[BindParameter[str]] = bindparam("lane")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """A lane that this worker owns under `fence`."""

    key: str
    kind: str
    fence: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim that still holds; `is_paused` when somebody wants the lane to rest after the unit in hand."""

    is_paused: bool


class LaneClaims:
    """The lanes of one worker."""

    def __init__(self, database: Database, clock: MachineClock) -> None:
        """Own nothing yet."""
        self._database = database
        self._clock = clock
        self._owner = secrets.token_hex(8)
        self._statements: dict[str, Any] = {}
        self._seen_at, self._seen_uptime = clock.now(), clock.uptime()
        self.in_turn: set[str] = set()
        """Lanes whose turn is running here: never claimed again meanwhile, however late their renewals are."""

    async def claim(self, count: int, *, kinds: tuple[str, ...]) -> list[Claim]:
        """Own up to `count` lanes that are due, or whose owner died, in the order of `waiting`.

        It costs no write transaction when there is none.
        """
        if count <= 0 or not kinds:
            return []
        if not await self._has_any_due():
            return []
        spare = 0 if self._database.is_sqlite else CLAIMED_BY_OTHERS_MAX
        statement = self._once(
            f"claim {count} {kinds}", lambda: self._owning(self.waiting(count + spare, kinds=kinds).limit(count))
        )
        return await self._own(statement)

    async def claim_lane(self, key: str) -> Claim | None:
        """Own one lane, if it is due or its owner died."""
        statement = self._once(
            "claim one", lambda: self._owning(select(Lane.key).where(self._may_be_claimed(), Lane.key == _KEY))
        )
        claims = await self._own(statement, lane=key)
        return claims[0] if claims else None

    async def list_waiting(self, of_partner: int, *, groups: Sequence[tuple[str, ...]]) -> Sequence[Row[str, str, int]]:
        """Key, kind and place of the lanes of each group of kinds that may be claimed, in the order of `waiting`."""
        if not await self._has_any_due():
            return []
        found: list[Row[str, str, int]] = []
        async with self._database.read() as session:
            for kinds in groups:
                statement = self._once(f"list {of_partner} {kinds}", partial(self.waiting, of_partner, kinds=kinds))
                found += (await session.execute(statement, self._moment())).all()
        return found

    def waiting(self, of_partner: int, *, kinds: tuple[str, ...]) -> Select[str, str, int]:
        """Key, kind and place of the lanes that may be claimed, those first that should be; `of_partner` of each.

        Lanes of dead owners come first: `due_at` says nothing about them. Then partners take turns, whoever has fewer
        lanes running before the others; a partner's own lanes come in the order in which they fell due.

        Places are worked out once: PostgreSQL may otherwise do so for every lane while it has no statistics of them.
        """
        rivals = in_turn(of_partner, kinds=kinds, now=_NOW, is_sqlite=self._database.is_sqlite)
        orphans = select(Lane.key, literal(-1).label("place")).where(self._owner_is_dead(), Lane.kind.in_(kinds))
        places = union_all(orphans, rivals).cte("places").prefix_with("MATERIALIZED", dialect="postgresql")
        return (
            select(Lane.key, Lane.kind, places.c.place)
            .join(places, places.c.key == Lane.key)
            .where(self._may_be_claimed())
            .order_by(places.c.place, Lane.due_at, Lane.key)
        )

    async def _has_any_due(self) -> bool:
        """What is asked before anything dearer: most of the time there is nothing."""
        return bool(await self._database.ask(self._once("any", self._is_any_due), self._moment()))

    def _is_any_due(self) -> Select[bool]:
        return select(or_(exists().where(is_due(Lane, _NOW)), exists().where(self._owner_is_dead())))

    def _may_be_claimed(self) -> ColumnElement[bool]:
        """What is true of a lane that is due, or whose owner died, and that nobody has paused."""
        free = Lane.owner.is_(None) & (Lane.due_at <= _NOW)
        return and_(or_(free, self._owner_is_dead()), Lane.paused_at.is_(None), Lane.key.not_in(_IN_TURN))

    def _owning(self, waiting: Select[Any] | Select[str, str, int]) -> Any:
        """The choice is materialized: PostgreSQL may otherwise choose anew for every row, and own more than asked."""
        chosen = (
            waiting.with_for_update(skip_locked=True, of=Lane)
            .cte("chosen")
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )
        return (
            update(Lane)
            .where(Lane.key.in_(select(chosen.c.key)))
            .values(owner=self._owner, lease_until=self._lease_end(), fence=Lane.fence + 1, due_at=None)
            .returning(Lane.key, Lane.kind, Lane.fence, Lane.attempts)
            .execution_options(synchronize_session=False)
        )

    async def _own(self, statement: Any, **named: str) -> list[Claim]:
        async with self._database.write() as session:
            return [Claim(*row) for row in await session.execute(statement, self._moment() | named)]

    def _once(self, name: str, build: Callable[[], Any]) -> Any:
        """A statement that is built once: building those above takes longer than carrying them out."""
        if name not in self._statements:
            self._statements[name] = build()
        return self._statements[name]

    def _moment(self) -> dict[str, Any]:
        """What the statements have to be told each time."""
        uptime = MACHINE_STARTED_AT + self._clock.uptime()
        return {
            "now": self._clock.now(),
            "in_turn": sorted(self.in_turn),
            "lease_now": uptime,
            "lease_end": uptime + timedelta(seconds=port.LEASE_S),
        }

    async def renew(self, session: AsyncSession, key: str, fence: int) -> Lease | None:
        """Prolong the lease in the given transaction; None when the lane has another owner, or was given back."""
        statement = self._once(
            "renew",
            lambda: (
                update(Lane)
                .where(Lane.key == _KEY, Lane.fence == bindparam("held_fence"), Lane.owner == self._owner)
                .values(lease_until=self._lease_end())
                .returning(Lane.paused_at)
                .execution_options(synchronize_session=False)
            ),
        )
        row = (await session.execute(statement, self._moment() | {"lane": key, "held_fence": fence})).first()
        return None if row is None else Lease(is_paused=row.paused_at is not None)

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

    async def follow_wall_clock(self) -> None:
        """When the wall clock was set back, keep due what was due before: it would have to wait for that time again."""
        now, uptime = self._clock.now(), self._clock.uptime()
        expected = self._seen_at + (uptime - self._seen_uptime)
        self._seen_at, self._seen_uptime = now, uptime
        if expected - now <= timedelta(seconds=STEP_S_MIN):
            return
        log.warning("wall_clock_set_back", by_s=(expected - now).total_seconds())
        async with self._database.write() as session:
            await session.execute(
                update(Lane)
                .where(Lane.due_at > now, Lane.due_at <= expected)
                .values(due_at=now)
                .execution_options(synchronize_session=False)
            )

    def _owner_is_dead(self) -> ColumnElement[bool]:
        now = self._lease_now()
        return and_(Lane.owner.is_not(None), or_(Lane.lease_until <= now, Lane.lease_until > self._lease_end()))

    def _lease_now(self) -> Any:
        return bindparam("lease_now", type_=UtcDateTime) if self._database.is_sqlite else func.clock_timestamp()

    def _lease_end(self) -> Any:
        if self._database.is_sqlite:
            return bindparam("lease_end", type_=UtcDateTime)
        return func.clock_timestamp() + timedelta(seconds=port.LEASE_S)
