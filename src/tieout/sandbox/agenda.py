"""What is still to happen on a simulator's clock, and the clock itself, which can be held still for one request."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Protocol, runtime_checkable

from tieout.kit.clock import Clock
from tieout.sandbox.replaying.journal import Entry

Job = Callable[[datetime], Awaitable[None]]
"""Something to be done at a moment, which it is told."""


@runtime_checkable
class MovableClock(Clock, Protocol):
    """A clock that the control surface can move."""

    def move(self, by: timedelta) -> None:
        """Move the clock."""
        ...


class SteadyClock:
    """A running clock that can be moved, and stands still for whoever is inside `held`.

    What one request does then all happens at one moment, and can be done again at that moment.
    """

    def __init__(self, underlying: Clock) -> None:
        """Start in step with `underlying`."""
        self._underlying = underlying
        self._offset = timedelta()
        self._held: ContextVar[datetime | None] = ContextVar("held", default=None)

    def now(self) -> datetime:
        """The moment, UTC-aware."""
        return self._held.get() or self._underlying.now() + self._offset

    def move(self, by: timedelta) -> None:
        """Move the clock; a negative step moves it back."""
        self._offset += by

    @property
    def offset(self) -> timedelta:
        """How far it was moved from the clock beneath it."""
        return self._offset

    @contextmanager
    def held(self, at: datetime | None = None) -> Iterator[datetime]:
        """Let the clock stand still, now or `at` a moment."""
        moment = at or self.now()
        token = self._held.set(moment)
        try:
            yield moment
        finally:
            self._held.reset(token)


@contextmanager
def held(clock: Clock, at: datetime | None = None) -> Iterator[None]:
    """Let the clock stand still if it can; a clock that cannot stands still anyway, or is no matter of ours."""
    if isinstance(clock, SteadyClock):
        with clock.held(at):
            yield
    else:
        yield


def movable(clock: Clock) -> MovableClock:
    """The clock itself if it can be moved, else a clock in step with it that can."""
    return clock if isinstance(clock, MovableClock) else SteadyClock(clock)


@dataclass(slots=True)
class Agenda:
    """What is still to happen, in the order of its time; what has one time happens in the order it was put down."""

    _heap: list[tuple[datetime, int, Job, Entry]] = field(default_factory=list)
    _made: int = 0

    def put(self, at: datetime, job: Job, entry: Entry) -> None:
        """Let something happen at a moment; `entry` is the request behind it, for a file."""
        self._made += 1
        heappush(self._heap, (at, self._made, job, entry))

    def entries(self) -> list[Entry]:
        """The requests that are still to be worked on, each at its moment, in their order."""
        return [replace(entry, at=at) for at, _, _, entry in sorted(self._heap, key=lambda one: one[:2])]

    def next_at(self) -> datetime | None:
        """When the next thing happens."""
        return self._heap[0][0] if self._heap else None

    async def settle(self, now: datetime) -> None:
        """Do what is due by now. A job that puts down another one for now is followed by it."""
        while self._heap and self._heap[0][0] <= now:
            at, _, job, _ = heappop(self._heap)
            await job(at)
