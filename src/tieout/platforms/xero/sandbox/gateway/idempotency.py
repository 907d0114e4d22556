"""`Idempotency-Key`: an answer is remembered for 6 minutes from the first call, refusals and failures included.

Source: idempotency page as quoted by several public sources. The scope is the app. The same key with another request is
refused; after 6 minutes the key is new.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from starlette.responses import Response

LIFETIME = timedelta(minutes=6)
KEY_CHARACTERS_MAX = 128
ANSWERS_KEPT = 5_000
"""How many answers are remembered; the oldest go first."""
_NOT_REPLAYED = frozenset(
    {"content-length", "xero-correlation-id", "x-daylimit-remaining", "x-minlimit-remaining", "x-appminlimit-remaining"}
)


@dataclass(frozen=True, slots=True)
class _Answer:
    """`fingerprint` None stands for a failure that a fault asked for, whatever the request was."""

    fingerprint: str | None
    at: datetime
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def response(self) -> Response:
        return Response(self.body, self.status, dict(self.headers))


class KeyReusedError(Exception):
    """The key was used with a different request."""


@dataclass(slots=True)
class Answers:
    """The answers of one simulator, by app and key."""

    kept: OrderedDict[tuple[str, str], _Answer] = field(default_factory=OrderedDict)

    def replay(self, app_id: str, key: str, fingerprint: str, now: datetime) -> Response | None:
        """The answer to the first call with this key; None when there is none. Raises `KeyReusedError`."""
        answer = self.kept.get((app_id, key))
        if answer is None:
            return None
        if now - answer.at >= LIFETIME:
            del self.kept[app_id, key]
            return None
        if answer.fingerprint not in (None, fingerprint):
            raise KeyReusedError
        return answer.response()

    def keep(self, app_id: str, key: str, fingerprint: str | None, response: Response, now: datetime) -> None:
        """Remember an answer; the time of the first call stays."""
        known = self.kept.get((app_id, key))
        at = known.at if known is not None and now - known.at < LIFETIME else now
        headers = tuple((name, value) for name, value in response.headers.items() if name not in _NOT_REPLAYED)
        self.kept[app_id, key] = _Answer(fingerprint, at, response.status_code, headers, bytes(response.body))
        while len(self.kept) > ANSWERS_KEPT:
            self.kept.popitem(last=False)


def fingerprint(method: str, tenant_id: str, url: str, body: bytes) -> str:
    """What makes two requests the same."""
    return sha256(b"\x00".join([method.encode(), tenant_id.encode(), url.encode(), body])).hexdigest()
