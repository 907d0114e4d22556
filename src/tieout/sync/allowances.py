"""What all companies of a partner's app share at the platform, leased by each process in chunks.

A chunk is one transaction, so that a call costs none. What was leased of a minute lapses after some seconds, and the
limit is stretched by these: whenever leased calls go, no window holds more than the platform allows. Of the month's
billed calls what was leased stays good; what a dying process had not used of it is lost, a chunk at most.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from tieout.engine.budgets import QUOTA_REST_S_MAX, RESERVED_SHARE, restored
from tieout.platforms.errors import Explanation, Throttled
from tieout.platforms.port import Allowance, CallKind, LimitScope, Platform, RateLimit
from tieout.storage.database import Database
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.budgets import RateBudget
from tieout.storage.upserts import upserting

CHUNK_CALLS: Final = 50
"""How many calls are leased at once."""
LEASED_S: Final = 10
"""How long calls leased of a minute are good."""
LOW_REST_S: Final = 2.5
"""How long routine work of a process rests when the platform says that the app has little left."""

QUOTA_USED_UP: Final = Explanation(
    code="quota_used_up",
    message="The platform serves this app no more calls that read: its allowance seems to be used up.",
    fix="Look at the app's usage in the platform's developer portal, and choose a higher tier or wait for the next "
    "month. Writing goes on where the platform still takes it, and Tieout tries reading again every few hours.",
)
_APP_USED_UP: Final = Explanation(
    code="app_budget_used_up",
    message="The app's limit of calls, which all its companies share, is used up for the moment.",
    fix="Nothing to do: the work goes on by itself when the limit allows.",
)


@dataclass(slots=True)
class _Lease:
    """What this process holds for one app."""

    calls: int = 0
    good_until_s: float = 0.0
    month: str = ""
    billed_calls: int = 0
    rests_until_s: float = 0.0
    routine_rests_until_s: float = 0.0
    leasing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Who finds nothing left leases alone; whoever asks meanwhile has a share in that."""


@dataclass(slots=True)
class AppAllowance:
    """One app's share in what this process leased, with the limits and the month's allowance that hold for it."""

    database: Database
    app_id: UUID
    limits: tuple[RateLimit, ...]
    billed_kinds: frozenset[CallKind]
    billed_calls_per_month: int | None
    lease: _Lease

    async def take(self, kind: CallKind, *, now_s: float, is_routine: bool) -> None:
        """Take one call of the app's, leasing more if none is left here; raises Throttled."""
        rest_s = max(self.lease.rests_until_s, self.lease.routine_rests_until_s if is_routine else 0.0) - now_s
        if rest_s > 0:
            raise Throttled(_APP_USED_UP, retry_after_s=rest_s)
        async with self.lease.leasing:
            if self.billed_calls_per_month is not None and kind in self.billed_kinds:
                await self._take_billed(self.billed_calls_per_month, now_s=now_s, is_routine=is_routine)
            if not self.limits:
                return
            if self.lease.calls <= 0 or now_s >= self.lease.good_until_s:
                await self._lease_calls(now_s=now_s, is_routine=is_routine)
            self.lease.calls -= 1

    def note(self, allowance: Allowance, *, now_s: float) -> None:
        """Believe what an answer says of the limits that all companies share."""
        for limit in self.limits:
            if allowance.limit == limit.name and allowance.rest_s is not None:
                self.lease.rests_until_s = max(self.lease.rests_until_s, now_s + allowance.rest_s)
            elif allowance.left.get(limit.name, limit.calls) <= limit.calls * RESERVED_SHARE:
                self.lease.routine_rests_until_s = now_s + LOW_REST_S

    async def _lease_calls(self, *, now_s: float, is_routine: bool) -> None:
        stretched = [replace(limit, window_s=limit.window_s + LEASED_S) for limit in self.limits]
        async with self.database.write() as session:
            row = await _own_row(session, self.app_id, now_s)
            budget = restored(stretched, row.state)
            wait_s, count = 0.0, 0
            while count < CHUNK_CALLS and not (wait_s := budget.reserve(now_s=now_s, is_routine=is_routine)):
                count += 1
            row.state = {**row.state, **budget.stored()}
        if count == 0:
            raise Throttled(_APP_USED_UP, retry_after_s=wait_s)
        self.lease.calls, self.lease.good_until_s = count, now_s + LEASED_S

    async def _take_billed(self, allowed: int, *, now_s: float, is_routine: bool) -> None:
        """Count a billed call of this month, by UTC; routine work leaves the last share to people."""
        month = f"{datetime.fromtimestamp(now_s, UTC):%Y-%m}"
        if self.lease.month != month:
            self.lease.month, self.lease.billed_calls = month, 0
        if self.lease.billed_calls <= 0:
            usable = int(allowed * (1 - RESERVED_SHARE)) if is_routine else allowed
            async with self.database.write() as session:
                row = await _own_row(session, self.app_id, now_s)
                used = _used_in(row.state, month)
                self.lease.billed_calls = max(min(CHUNK_CALLS, usable - used), 0)
                row.state = {**row.state, "month": month, "billed_calls": used + self.lease.billed_calls}
        if self.lease.billed_calls <= 0:
            raise Throttled(QUOTA_USED_UP, retry_after_s=QUOTA_REST_S_MAX)
        self.lease.billed_calls -= 1


def _used_in(state: dict[str, Any], month: str) -> int:
    return int(state.get("billed_calls", 0)) if state.get("month") == month else 0


async def _own_row(session: Any, app_id: UUID, now_s: float) -> RateBudget:
    """The app's row, which nobody else can change until this transaction ends."""
    scope, now = f"app:{app_id}", datetime.fromtimestamp(now_s, UTC)
    made = upserting(session, RateBudget).values(scope=scope, state={}, updated_at=now)
    await session.execute(made.on_conflict_do_nothing(index_elements=["scope"]))
    row: RateBudget = await session.get_one(RateBudget, scope, with_for_update=True)
    row.updated_at = now
    return row


@dataclass(slots=True)
class AppAllowances:
    """What this process holds of all apps' shared limits."""

    database: Database
    _leases: dict[UUID, _Lease] = field(default_factory=dict)

    def of(self, platform: Platform, app: PlatformApp) -> AppAllowance | None:
        """One app's; None when nothing is limited for the app as a whole."""
        shared: Sequence[RateLimit] = [one for one in platform.rate_limits if one.scope is LimitScope.APP]
        if not shared and app.billed_calls_per_month is None:
            return None
        return AppAllowance(
            database=self.database,
            app_id=app.id,
            limits=tuple(shared),
            billed_kinds=platform.billed_kinds,
            billed_calls_per_month=app.billed_calls_per_month,
            lease=self._leases.setdefault(app.id, _Lease()),
        )
