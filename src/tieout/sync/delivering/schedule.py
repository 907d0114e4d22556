"""When a delivery is tried again, how long an endpoint rests, and when it is given up. Pure.

The schedule is that of the widely used implementations of Standard Webhooks: eight attempts within about 28 hours. The
jitter of a delivery is always the same, so that endpoints are not called by thousands at once after an outage, and
tests know when.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

RETRY_DELAYS_S: Final = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600)
"""The waits between the attempts of one delivery, each from the end of the attempt before."""
ATTEMPTS_MAX: Final = len(RETRY_DELAYS_S) + 1
JITTER: Final = 0.1
"""By how much of itself a wait may be longer."""

FAILURES_BEFORE_REST: Final = 3
"""After so many failures in a row an endpoint is called rarely; from the first on, by one delivery at a time."""
REST_S: Final = 5
REST_S_MAX: Final = 300

GIVE_UP_AFTER_S: Final = 3 * 24 * 3600
"""An endpoint without one success for so long is disabled,"""
GIVE_UP_FAILURES_MIN: Final = 10
"""if it was called at least so often meanwhile."""


def next_attempt_at(delivery_id: UUID, attempts: int, *, now: datetime) -> datetime | None:
    """When to try again after `attempts` failures; None when that was the last."""
    if attempts >= ATTEMPTS_MAX:
        return None
    delay_s = RETRY_DELAYS_S[attempts - 1]
    return now + timedelta(seconds=delay_s * (1 + JITTER * _share(delivery_id, attempts)))


def _share(delivery_id: UUID, attempts: int) -> float:
    """A number from 0 to 1 that looks random and is always the same for the same attempt."""
    digest = hashlib.sha256(delivery_id.bytes + attempts.to_bytes(2, "big")).digest()
    return int.from_bytes(digest[:4], "big") / (2**32 - 1)


def rest_until(failures_in_row: int, *, now: datetime) -> datetime | None:
    """Until when an endpoint is left alone after so many failures in a row; None when it need not rest."""
    if failures_in_row < FAILURES_BEFORE_REST:
        return None
    doublings = min(failures_in_row - FAILURES_BEFORE_REST, 10)
    return now + timedelta(seconds=min(REST_S * 2**doublings, REST_S_MAX))


def is_given_up(failing_since: datetime | None, failures_in_row: int, *, last_attempt_at: datetime | None) -> bool:
    """Whether an endpoint has failed for so long, and so often, that it is disabled."""
    if failing_since is None or last_attempt_at is None or failures_in_row < GIVE_UP_FAILURES_MIN:
        return False
    return last_attempt_at - failing_since >= timedelta(seconds=GIVE_UP_AFTER_S)
