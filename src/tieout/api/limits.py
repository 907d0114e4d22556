"""How many requests an API client may make: a GCRA per client, in memory, per process (Monite, 'Rate limiting')."""

import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

CLIENTS_MAX = 10_000
TOKENS_MAX = 50_000
_US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a client's limit after a request; `wait_s` is set when the request is over it."""

    limit: int
    remaining: int
    reset_s: int
    wait_s: int | None = None

    def headers(self) -> dict[str, str]:
        """The headers that every limited answer carries."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
            "X-RateLimit-Limit-Second": str(self.limit),
            "X-RateLimit-Remaining-Second": str(self.remaining),
        }


class Rate:
    """So many requests a second for each key, as many at once."""

    def __init__(self, requests_per_s: int) -> None:
        """Nothing was spent yet."""
        self._limit = requests_per_s
        self._interval_us = _US_PER_S // requests_per_s
        self._window_us = self._interval_us * requests_per_s
        self._full_at_us: OrderedDict[UUID, int] = OrderedDict()

    def spend(self, key: UUID, now: datetime) -> Allowance:
        """Count a request, unless it is over the limit. Of very many keys the oldest are forgotten."""
        now_us = int(now.timestamp() * _US_PER_S)
        full_at_us = self._full_at_us.pop(key, now_us)
        if not now_us <= full_at_us <= now_us + self._window_us:  # also after the clock was moved back
            full_at_us = now_us
        after_us = full_at_us + self._interval_us
        over_us = after_us - now_us - self._window_us
        self._full_at_us[key] = full_at_us if over_us > 0 else after_us
        if len(self._full_at_us) > CLIENTS_MAX:
            self._full_at_us.popitem(last=False)
        if over_us > 0:
            return Allowance(self._limit, 0, _seconds(full_at_us - now_us), wait_s=_seconds(over_us))
        return Allowance(self._limit, -over_us // self._interval_us, _seconds(after_us - now_us))


class Limiter:
    """Spends requests of clients.

    It also remembers whose a token is: that never changes, so a client over its limit is refused before the database
    is asked. Whether the token is valid is never remembered. Attempts to sign in are counted apart, by the id that was
    sent and before it is known to be a client's: who guesses uses up nobody's requests.
    """

    def __init__(self, requests_per_s: int) -> None:
        """Allow so many a second, as many at once."""
        self._requests = Rate(requests_per_s)
        self._sign_ins = Rate(requests_per_s)
        self._client_of: OrderedDict[str, UUID] = OrderedDict()

    def spend(self, client_id: UUID, now: datetime) -> Allowance:
        """Count a request of a client, unless it is over the limit."""
        return self._requests.spend(client_id, now)

    def spend_sign_in(self, sent_id: UUID, now: datetime) -> Allowance:
        """Count an attempt to sign in under this id, unless it is over the limit."""
        return self._sign_ins.spend(sent_id, now)

    def client_of(self, token_hash: str) -> UUID | None:
        """The client that was seen with this token, if any."""
        return self._client_of.get(token_hash)

    def remember(self, token_hash: str, client_id: UUID) -> None:
        """Whose this token is."""
        self._client_of[token_hash] = client_id
        self._client_of.move_to_end(token_hash)
        if len(self._client_of) > TOKENS_MAX:
            self._client_of.popitem(last=False)


def _seconds(us: int) -> int:
    return max(1, math.ceil(us / _US_PER_S))
