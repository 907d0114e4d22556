"""Limits on calls: ten a second for a program in a company, five hundred a minute in a company, and a monthly quota.

They are switched off until somebody switches them on, since a clock that stands still would fill any window.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tieout.platforms.quickbooks.sandbox.gateway import faults

CALLS_PER_SECOND, CALLS_PER_MINUTE = 10, 500
"""Of a program in a company, and of a company."""
BATCHES_PER_MINUTE, BATCHES_OF_ALL_PER_MINUTE = 40, 120
"""Of a program in a company, and of a company."""
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@dataclass(slots=True)
class Limits:
    """The windows, and whether they are watched."""

    watched: bool = False
    monthly_quota: int | None = None
    """How many CorePlus calls a program has in a calendar month; without one, any number."""
    _windows: dict[tuple[str, ...], deque[datetime]] = field(default_factory=dict)

    def admit(self, realm_id: str, client_id: str, now: datetime) -> None:
        """Count a call, or refuse it with 429; a refused call counts for nothing."""
        self._admit(
            ((realm_id,), _MINUTE, CALLS_PER_MINUTE), ((realm_id, client_id), _SECOND, CALLS_PER_SECOND), now=now
        )

    def admit_batch(self, realm_id: str, client_id: str, now: datetime) -> None:
        """Count a batch besides, or refuse it with 429."""
        self._admit(
            ((realm_id, "", "batch"), _MINUTE, BATCHES_OF_ALL_PER_MINUTE),
            ((realm_id, client_id, "batch"), _MINUTE, BATCHES_PER_MINUTE),
            now=now,
        )

    def _admit(self, *windows: tuple[tuple[str, ...], timedelta, int], now: datetime) -> None:
        if not self.watched:
            return
        for key, width, most in windows:
            window = self._windows.setdefault(key, deque())
            while window and window[0] <= now - width:
                window.popleft()
            if len(window) >= most:
                raise faults.throttled()
        for key, _, _ in windows:
            self._windows[key].append(now)

    def admit_metered(self, calls_this_month: int) -> None:
        """Refuse a metered call of a program that has used its month up."""
        if self.monthly_quota is not None and calls_this_month >= self.monthly_quota:
            raise faults.throttled()
