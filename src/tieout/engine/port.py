"""What an engine offers: lanes that are woken in the transaction of a change and run one turn at a time.

A lane is a row. Waking it sets `due_at` in the caller's transaction, so a change and its wake commit together; who
runs it is decided by a compare-and-set on the same row, whatever the engine.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

LEASE_S = 6
RENEW_EVERY_S = 2
POLL_EVERY_S = 1.0
"""How long a due lane may go unseen when no hint of it arrives."""
TURN_UNITS_MAX = 50
TURN_S_MAX = 20
TURN_LASTS_S_MAX = 1_800
"""A turn that has not ended by then hangs: its last unit would have waited for ten calls of three minutes each."""
LANES_AT_ONCE_MAX = 4
SHUTDOWN_S_MAX = 15.0
"""How long turns may take to end when the engine stops; then they are cut off."""
BACKOFF_S_MAX = 300
ERROR_LENGTH_MAX = 500


class Turn(Protocol):
    """A lane's turn: the right to commit, as long as the lease is kept."""

    key: str

    def commit(self, *, is_unit: bool = True) -> AbstractAsyncContextManager[AsyncSession]:
        """A write transaction that commits only while this turn still owns the lane; raises LeaseLost.

        Each is a unit of the turn's work, unless it only begins one that another commit ends.
        """
        ...

    def is_over(self) -> bool:
        """Whether the turn used up its units or its time, or is asked to stop."""
        ...


@dataclass(frozen=True, slots=True)
class NextDue:
    """When the lane wants its next turn; None until somebody wakes it."""

    at: datetime | None


Handler = Callable[[Turn], Awaitable[NextDue]]


class Engine(Protocol):
    """Runs lanes."""

    async def wake(
        self, session: AsyncSession, key: str, *, at: datetime | None = None, partner_id: UUID | None = None
    ) -> None:
        """Make the lane due at `at` (now by default) or earlier, in the caller's transaction.

        `partner_id` is whose share of the workers the lane uses; it is enough that one wake of a lane names it.
        """
        ...

    async def pause(self, session: AsyncSession, key: str, *, reason: str) -> bool:
        """Let the lane rest until it is resumed, in the caller's transaction; False when there is no such lane.

        A turn that is running ends after the unit in hand. Whoever wakes the lane meanwhile is not forgotten.
        """
        ...

    async def resume(self, session: AsyncSession, key: str) -> bool:
        """Let the lane go on, in the caller's transaction; False when there is no such lane."""
        ...

    def nudge(self) -> None:
        """Hint, after a commit, that something may be due; never needed for correctness."""
        ...

    async def run(self, handlers: dict[str, Handler], stop: asyncio.Event) -> None:
        """Run due lanes until `stop` is set, then give all leases back."""
        ...

    async def prepare(self) -> list[str]:
        """Bring what the engine keeps in the database besides the lanes up to date; returns what was done."""
        ...

    async def missing(self) -> str | None:
        """What the engine lacks in the database, for a person; None when it can run."""
        ...
