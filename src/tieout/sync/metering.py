"""What calls cost: counted while a turn works, saved with its commits; and spending within the platform's limits."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.budgets import CallBudget
from tieout.platforms.errors import Explanation, Throttled
from tieout.platforms.port import CallKind, Cause
from tieout.storage.tables.work import MeterReading
from tieout.storage.upserts import upserting

WAIT_IN_LANE_S_MAX: Final = 2.0


@dataclass(slots=True)
class Reading:
    """Calls and bytes not yet saved."""

    calls: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0


@dataclass(slots=True)
class CompanyMeter:
    """Counts one company's calls by cause and kind until `save` writes them down."""

    company_id: UUID
    _readings: dict[tuple[Cause, CallKind], Reading] = field(default_factory=lambda: defaultdict(Reading))

    def count(self, *, cause: Cause, kind: CallKind, sent_bytes: int, received_bytes: int, status: int | None) -> None:
        """Note one call; an unanswered one counts too, since the platform may have served it."""
        del status
        reading = self._readings[cause, kind]
        reading.calls += 1
        reading.sent_bytes += sent_bytes
        reading.received_bytes += received_bytes

    async def save(self, session: AsyncSession, day: date) -> Mapping[tuple[Cause, CallKind], Reading]:
        """Add what was counted to the day's readings, in the caller's transaction; if that fails, it is kept.

        Returns what was added.
        """
        saved, self._readings = self._readings, defaultdict(Reading)
        event.listen(session.sync_session, "after_rollback", lambda _: self._take_back(saved), once=True)
        for (cause, kind), reading in saved.items():
            statement = upserting(session, MeterReading).values(
                company_id=self.company_id,
                day=day,
                cause=cause.value,
                kind=kind.value,
                calls=reading.calls,
                sent_bytes=reading.sent_bytes,
                received_bytes=reading.received_bytes,
            )
            await session.execute(
                statement.on_conflict_do_update(
                    index_elements=["company_id", "day", "cause", "kind"],
                    set_={
                        "calls": MeterReading.calls + statement.excluded.calls,
                        "sent_bytes": MeterReading.sent_bytes + statement.excluded.sent_bytes,
                        "received_bytes": MeterReading.received_bytes + statement.excluded.received_bytes,
                    },
                )
            )
        return saved

    def _take_back(self, readings: Mapping[tuple[Cause, CallKind], Reading]) -> None:
        for key, reading in readings.items():
            kept = self._readings[key]
            kept.calls += reading.calls
            kept.sent_bytes += reading.sent_bytes
            kept.received_bytes += reading.received_bytes


@dataclass(slots=True)
class LaneBudget:
    """Spends a company's calls inside its lane: short waits are slept, long ones give the lane back."""

    budget: CallBudget
    now_s: Callable[[], float] = time.monotonic

    async def spend(self, cause: Cause) -> None:
        """Take one call; raises Throttled when the wait is too long to hold a lane for it."""
        del cause
        while (wait_s := self.budget.take(self.now_s())) > 0:
            if wait_s > WAIT_IN_LANE_S_MAX:
                raise Throttled(
                    Explanation(
                        code="budget_used_up",
                        message="The platform's limit of calls is used up for the moment.",
                        fix="Nothing to do: the work goes on by itself when the limit allows.",
                    ),
                    retry_after_s=wait_s,
                )
            await asyncio.sleep(wait_s)
