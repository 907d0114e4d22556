"""Spending calls within a company's lane: short waits are slept, long ones give the lane back.

The company's own limits are kept by whoever holds its lane, in a row that is loaded when its books are opened and saved
with the lane's commits. Limits that all companies of an app share are leased in chunks (`allowances`).
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.budgets import CallBudget, restored
from tieout.kit.clock import Clock
from tieout.platforms.errors import Explanation, Throttled
from tieout.platforms.port import Allowance, CallKind, Cause, LimitScope, Platform, RateLimit
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.budgets import RateBudget
from tieout.storage.upserts import upserting
from tieout.sync.allowances import QUOTA_USED_UP, AppAllowance

WAIT_IN_LANE_S_MAX: Final = 2.0
"""The longest that a call is waited for while its lane is held."""
ROUTINE: Final = frozenset({Cause.PULL, Cause.TIE_OUT})
"""What leaves the last share of every limit to people, pushes and look-ups."""

_USED_UP: Final = Explanation(
    code="budget_used_up",
    message="The platform's limit of calls is used up for the moment.",
    fix="Nothing to do: the work goes on by itself when the limit allows.",
)


def seconds_of(clock: Clock) -> Callable[[], float]:
    """Seconds since 1970 by a clock, which also pass while it is asked nothing: a lane that slept has waited."""
    started_s, began_s = clock.now().timestamp(), time.monotonic()
    return lambda: max(clock.now().timestamp(), started_s + time.monotonic() - began_s)


@dataclass(slots=True)
class LaneBudget:
    """The calls of one company while its lane is held; any number of tasks of the lane may spend at once."""

    budget: CallBudget
    now_s: Callable[[], float]
    in_flight_max: int = 1
    app: AppAllowance | None = None
    _seats: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        """Make as many seats as calls may be in flight."""
        self._seats = asyncio.Semaphore(self.in_flight_max)

    async def spend(self, cause: Cause, kind: CallKind) -> None:
        """Take one call, which is to be settled; raises Throttled when the wait is too long to hold a lane for it."""
        await self._seats.acquire()
        try:
            await self._take(kind, is_routine=cause in ROUTINE)
        except BaseException:
            self._seats.release()
            raise

    async def _take(self, kind: CallKind, *, is_routine: bool) -> None:
        limited = _limited(kind)
        wait_s = self.budget.reserve(
            now_s=self.now_s(), wait_s_max=WAIT_IN_LANE_S_MAX, kind=limited, is_routine=is_routine
        )
        if wait_s > WAIT_IN_LANE_S_MAX:
            raise self._throttled(limited, wait_s)
        try:
            if self.app is not None:
                await self.app.take(kind, now_s=self.now_s(), is_routine=is_routine)
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            self._still_may(limited)
        except BaseException:
            self.budget.give_up()
            raise

    def _still_may(self, limited: str) -> None:
        """Whether no other call was refused while this one waited."""
        if (rest_s := self.budget.rest_s(self.now_s(), limited)) > 0:
            raise self._throttled(limited, rest_s)

    def settle(self, kind: CallKind, allowance: Allowance | None) -> None:
        """A call is over; believe what its answer says of the limits."""
        self._seats.release()
        now_s, limited = self.now_s(), _limited(kind)
        self.budget.settle(now_s=now_s, left=allowance.left if allowance else {})
        if allowance is None:
            return
        if allowance.rest_s is None:
            self.budget.note_served(limited)
        else:
            self.budget.note_refused(
                now_s=now_s,
                for_s=allowance.rest_s,
                kind=limited,
                limit=allowance.limit,
                is_told=allowance.is_told,
            )
        if self.app is not None:
            self.app.note(allowance, now_s=now_s)

    def judged(self, refusal: Throttled, kind: CallKind) -> Throttled:
        """What a refusal for too many calls means in the light of those before: the minute, or a quota."""
        limited = _limited(kind)
        rest_s = max(refusal.retry_after_s, self.budget.rest_s(self.now_s(), limited))
        judged = Throttled(
            QUOTA_USED_UP if self.budget.is_quota_used_up(limited) else refusal.explanation,
            retry_after_s=rest_s,
            trace_id=refusal.trace_id,
        )
        judged.answer_status, judged.answer_body = refusal.answer_status, refusal.answer_body
        judged.native = refusal.native
        return judged

    def _throttled(self, limited: str, wait_s: float) -> Throttled:
        told = QUOTA_USED_UP if self.budget.is_quota_used_up(limited) else _USED_UP
        return Throttled(told, retry_after_s=wait_s)


def _limited(kind: CallKind) -> str:
    """Quotas count what is read; writes may pass when they are used up."""
    return "write" if kind is CallKind.WRITE else "read"


def company_limits(platform: Platform, app: PlatformApp) -> tuple[RateLimit, ...]:
    """A company's limits as this app has them: the day's calls follow the tier that the app is on."""
    own = (limit for limit in platform.rate_limits if limit.scope is LimitScope.COMPANY)
    a_day = app.calls_per_day
    return tuple(
        replace(limit, calls=a_day, burst=max(a_day // 2, 1)) if a_day and limit.name == "day" else limit
        for limit in own
    )


def budget_scope(company_id: UUID) -> str:
    """Under which name a company's budget is kept."""
    return f"company:{company_id}"


async def load_budget(session: AsyncSession, company_id: UUID, limits: tuple[RateLimit, ...]) -> CallBudget:
    """The company's budget as it was last saved."""
    row = await session.get(RateBudget, budget_scope(company_id))
    return restored(limits, None if row is None else row.state)


async def save_budget(session: AsyncSession, company_id: UUID, budget: CallBudget, *, now: datetime) -> None:
    """Keep how far the limits are used up, in the caller's transaction."""
    kept = {"state": budget.stored(), "updated_at": now}
    statement = upserting(session, RateBudget).values(scope=budget_scope(company_id), **kept)
    await session.execute(statement.on_conflict_do_update(index_elements=["scope"], set_=kept))
