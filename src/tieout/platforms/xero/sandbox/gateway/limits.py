"""Xero's limits, in fixed windows that start at a time of the tenant's own. Source: limits page, 2026 wording.

Per app and tenant 5 calls at once, 60 a minute, 1,000 a day on the Starter tier; per app 10,000 a minute. Calls that
are refused do not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil

from tieout.platforms.xero.sandbox.gateway.dialects import APP_HEADER
from tieout.platforms.xero.sandbox.wire import EPOCH

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass(slots=True)
class _Window:
    start: datetime = EPOCH
    used: int = 0


@dataclass(slots=True)
class Limits:
    """The counters of one simulator. `enforced` switches refusals; the headers count in any case."""

    enforced: bool = True
    concurrent_max: int = 5
    minute_max: int = 60
    day_max: int = 1_000
    app_minute_max: int = 10_000
    _windows: dict[tuple[str, ...], _Window] = field(default_factory=dict)

    def admit(self, app_id: str, tenant_id: str, in_flight: int, now: datetime) -> Mapping[str, str] | None:
        """Count a call. None when it may pass; else the headers of the 429."""
        windows = self._open(app_id, tenant_id, now)
        if self.enforced:
            if in_flight > self.concurrent_max:
                return {"X-Rate-Limit-Problem": "concurrent"} | self.remaining(app_id, tenant_id, now)
            for problem, window, limit, length in windows:
                if window.used >= limit:
                    wait_s = ceil((window.start + length - now) / timedelta(seconds=1))
                    told = {"Retry-After": str(max(1, wait_s)), "X-Rate-Limit-Problem": problem}
                    return told | self.remaining(app_id, tenant_id, now)
        for _, window, _, _ in windows:
            window.used += 1
        return None

    def remaining(self, app_id: str, tenant_id: str, now: datetime) -> dict[str, str]:
        """The headers of every answer of a tenant."""
        left = {
            problem: max(0, limit - window.used) for problem, window, limit, _ in self._open(app_id, tenant_id, now)
        }
        return {
            "X-DayLimit-Remaining": str(left["day"]),
            "X-MinLimit-Remaining": str(left["minute"]),
            APP_HEADER: str(left["appminute"]),
        }

    def app_remaining(self, app_id: str, now: datetime) -> dict[str, str]:
        """The one header of a 403."""
        window = self._window(("app", app_id), MINUTE, now)
        return {APP_HEADER: str(max(0, self.app_minute_max - window.used))}

    def _open(self, app_id: str, tenant_id: str, now: datetime) -> list[tuple[str, _Window, int, timedelta]]:
        return [
            ("minute", self._window(("minute", app_id, tenant_id), MINUTE, now), self.minute_max, MINUTE),
            ("day", self._window(("day", app_id, tenant_id), DAY, now), self.day_max, DAY),
            ("appminute", self._window(("app", app_id), MINUTE, now), self.app_minute_max, MINUTE),
        ]

    def _window(self, key: tuple[str, ...], length: timedelta, now: datetime) -> _Window:
        """The window that holds `now`; a new one forgets what was used."""
        seconds = int(length.total_seconds())
        offset = timedelta(seconds=int.from_bytes(sha256(key[-1].encode()).digest()[:4], "big") % seconds)
        start = EPOCH + ((now - EPOCH - offset) // length) * length + offset
        window = self._windows.setdefault(key, _Window())
        if window.start != start:
            window.start, window.used = start, 0
        return window
