"""Time, injected: nothing in Tieout reads the machine's clock except through one of these."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time, always aware and in UTC."""

    def now(self) -> datetime:
        """The present moment, UTC-aware."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The machine's time, UTC-aware."""
        return datetime.now(UTC)


class OffsetClock:
    """A running clock that can be moved: another clock plus an offset."""

    def __init__(self, underlying: Clock) -> None:
        """Start in step with `underlying`."""
        self._underlying = underlying
        self._offset = timedelta()

    def now(self) -> datetime:
        """The underlying time plus what was moved so far."""
        return self._underlying.now() + self._offset

    def move(self, by: timedelta) -> None:
        """Move the clock; a negative step moves it back."""
        self._offset += by


class ManualClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, at: datetime) -> None:
        """Stand at `at`, which must be aware."""
        if at.tzinfo is None:
            msg = "a clock needs an aware time"
            raise ValueError(msg)
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """The time it was last set to."""
        return self._at

    def move(self, by: timedelta) -> None:
        """Move the clock; a negative step moves it back."""
        self._at += by
