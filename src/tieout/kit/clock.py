"""Time, injected: nothing in Tieout reads the machine's clocks except through one of these."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time, always aware and in UTC."""

    def now(self) -> datetime:
        """The present moment, UTC-aware. People and time servers move it; durations are not measured by it."""
        ...


class MachineClock(Clock, Protocol):
    """Tells the time, and how long the machine has been running."""

    def uptime(self) -> timedelta:
        """How long the machine has been running, time asleep included.

        The same for all its processes; nobody sets it, and it starts anew when the machine does.
        """
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """The machine's time, UTC-aware."""
        return datetime.now(UTC)

    def uptime(self) -> timedelta:
        """Since the machine was started, where the system tells (Linux); else its monotonic clock."""
        since_boot = getattr(time, "CLOCK_BOOTTIME", None)
        return timedelta(seconds=time.monotonic() if since_boot is None else time.clock_gettime(since_boot))


class OffsetClock:
    """A running clock that can be moved: another clock plus an offset."""

    def __init__(self, underlying: MachineClock) -> None:
        """Start in step with `underlying`."""
        self._underlying = underlying
        self._offset = timedelta()
        self._set_by = timedelta()

    def now(self) -> datetime:
        """The underlying time plus what was moved so far."""
        return self._underlying.now() + self._offset + self._set_by

    def uptime(self) -> timedelta:
        """The underlying one plus what was moved so far."""
        return self._underlying.uptime() + self._offset

    def move(self, by: timedelta) -> None:
        """Let time pass; a negative step takes it back."""
        self._offset += by

    def set_wall_clock(self, by: timedelta) -> None:
        """Set the time as people and time servers do, without any time passing."""
        self._set_by += by


class ManualClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, at: datetime) -> None:
        """Stand at `at`, which must be aware."""
        if at.tzinfo is None:
            msg = "a clock needs an aware time"
            raise ValueError(msg)
        self._at = at.astimezone(UTC)
        self._uptime = timedelta(days=1)

    def now(self) -> datetime:
        """The time it was last set to."""
        return self._at

    def uptime(self) -> timedelta:
        """A day, plus what was moved so far."""
        return self._uptime

    def move(self, by: timedelta) -> None:
        """Let time pass; a negative step takes it back."""
        self._at += by
        self._uptime += by

    def set_wall_clock(self, by: timedelta) -> None:
        """Set the time as people and time servers do, without any time passing."""
        self._at += by
