"""One path for every call to a platform: bearer token, budget, timeout, retry of what was surely not sent, meter, log.

`HttpxClient` turns an HTTP client's failures into what matters to the books: the request surely never arrived, or it
may have been carried out. `CompanyTransport` is what a platform's reading and writing are given for one company.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

import httpx2
import stamina
import structlog

from tieout.platforms.errors import Explanation, NoAnswer, NotSent, PlatformRefusal, Unavailable
from tieout.platforms.port import Allowance, Answer, App, CallKind, Cause, HttpClient, Platform, Request

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 60.0
"""The longest silence while waiting for an answer, or for more of it."""
WRITE_TIMEOUT_S = 60.0
POOL_TIMEOUT_S = 30.0
"""The longest wait for a free connection of the shared client."""
CALL_TIMEOUT_S = 180.0
"""The longest that one call may take as a whole; the slowest platform gives up after 120 s."""
ANSWER_BYTES_MAX = 64 * 1024 * 1024
"""The largest answer that is read."""
SEND_ATTEMPTS_MAX = 3
"""How often a request that surely never arrived is sent."""
SEND_RETRY_S_MAX = 10.0
"""After so many seconds no further attempt is begun."""
SEND_PAUSE_S_MAX = 0.8
"""The longest pause between two attempts: a company's lane is held meanwhile, which sleeps for 2 s at most."""

_SECRET_SEGMENT = re.compile(r"\d{10,}")
"""A path segment like this is a company's id, which platforms ask to keep out of logs."""

log = structlog.get_logger(__name__)


class Budget(Protocol):
    """How many calls may be made now."""

    async def spend(self, cause: Cause, kind: CallKind) -> None:
        """Take one call out of the budget; raises Throttled when there is none left for this cause."""
        ...

    def settle(self, kind: CallKind, allowance: Allowance | None) -> None:
        """The call that was spent is over; `allowance` is what its answer says of the limits, if one came."""
        ...


class Meter(Protocol):
    """Counts what the platform may bill."""

    def count(self, *, cause: Cause, kind: CallKind, sent_bytes: int, received_bytes: int, status: int | None) -> None:
        """Note one call that reached the platform, or may have; `status` is None when no answer came."""
        ...


class UnlimitedBudget:
    """Never refuses: for tests and benchmarks."""

    async def spend(self, cause: Cause, kind: CallKind) -> None:
        """Let every call pass."""

    def settle(self, kind: CallKind, allowance: Allowance | None) -> None:
        """Nothing is kept."""


@dataclass(slots=True)
class CountingMeter:
    """Counts in memory: for tests and benchmarks."""

    calls: Counter[tuple[Cause, CallKind]] = field(default_factory=Counter)
    statuses: Counter[int | None] = field(default_factory=Counter)
    sent_bytes: int = 0
    received_bytes: int = 0

    def count(self, *, cause: Cause, kind: CallKind, sent_bytes: int, received_bytes: int, status: int | None) -> None:
        """Add one call to the sums."""
        self.calls[cause, kind] += 1
        self.statuses[status] += 1
        self.sent_bytes += sent_bytes
        self.received_bytes += received_bytes

    @property
    def total(self) -> int:
        """How many calls were made in all."""
        return self.calls.total()


class HttpxClient:
    """`port.HttpClient` over one shared client, which may carry an in-process transport in tests."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        *,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
        call_timeout_s: float = CALL_TIMEOUT_S,
        cuts_answers: bool = False,
    ) -> None:
        """Take the client; closing it stays its owner's business.

        With `cuts_answers` the beginning of a longer answer is enough, as it came over the wire.
        """
        self._client = client
        self._answer_bytes_max = answer_bytes_max
        self._call_timeout_s = call_timeout_s
        self._cuts_answers = cuts_answers
        self._timeout = httpx2.Timeout(
            connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S, write=WRITE_TIMEOUT_S, pool=POOL_TIMEOUT_S
        )

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send to an absolute URL and return whatever comes back, redirects too.

        Raises NotSent when no connection came about, NoAnswer for everything that went wrong later.
        """
        try:
            async with asyncio.timeout(self._call_timeout_s):
                return await self._exchange(method, url, headers, body)
        except (
            httpx2.ConnectError,
            httpx2.ConnectTimeout,
            httpx2.PoolTimeout,
            httpx2.ProxyError,
            httpx2.UnsupportedProtocol,
            httpx2.InvalidURL,
        ) as error:
            raise NotSent(_not_sent(error)) from error
        except (httpx2.RequestError, httpx2.StreamError, OSError, TimeoutError) as error:
            raise NoAnswer(_no_answer(type(error).__name__)) from error

    async def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        async with self._client.stream(
            method,
            url,
            headers=dict(headers),
            content=body or None,
            timeout=self._timeout,
            follow_redirects=False,
        ) as response:
            received = bytearray()
            async for chunk in response.aiter_raw() if self._cuts_answers else response.aiter_bytes():
                received += chunk
                if len(received) > self._answer_bytes_max:
                    if self._cuts_answers:
                        break
                    raise NoAnswer(_no_answer(f"the answer exceeds {self._answer_bytes_max} bytes"))
            lowered = {name.lower(): value for name, value in response.headers.items()}
            return Answer(status=response.status_code, headers=lowered, body=bytes(received[: self._answer_bytes_max]))


class CompanyTransport:
    """`port.Transport` for one company and one cause, with the access token of its grant."""

    def __init__(
        self,
        *,
        http: HttpClient,
        platform: Platform,
        app: App,
        access_token: str,
        budget: Budget,
        meter: Meter,
        cause: Cause,
    ) -> None:
        """Bind all that a call needs beyond the request itself; the token is kept out of every text."""
        self._http = http
        self._platform = platform
        self._origin = platform.api_origin(app)
        self._authorization = f"Bearer {access_token}"
        self._budget = budget
        self._meter = meter
        self._cause = cause

    async def send(self, request: Request) -> Answer:
        """Send and return any answer below 400; raises the PlatformRefusal that the platform's answer means.

        One call is one unit of the budget; attempts that never reached the platform cost nothing more.
        """
        if not request.path.startswith("/"):
            raise ValueError("a request's path begins with a slash")
        await self._budget.spend(self._cause, request.kind)
        allowance = None
        started = time.perf_counter()
        try:
            answer = await self._send_until_sent(request)
            allowance = self._platform.read_allowance(answer)
        except NotSent as refusal:
            self._note(request, started, None, refusal)
            raise
        except PlatformRefusal as refusal:
            self._count(request, None)
            self._note(request, started, None, refusal)
            raise
        finally:
            self._budget.settle(request.kind, allowance)
        self._count(request, answer)
        refusal_or_none = self._platform.read_refusal(request, answer) or _unexpected(answer)
        self._note(request, started, answer, refusal_or_none)
        if refusal_or_none is not None:
            if isinstance(refusal_or_none, PlatformRefusal):
                refusal_or_none.answer_status, refusal_or_none.answer_body = answer.status, answer.body
            raise refusal_or_none
        return answer

    async def _send_until_sent(self, request: Request) -> Answer:
        headers = {**request.headers, "Authorization": self._authorization}
        url = self._origin + request.path
        async for attempt in stamina.retry_context(
            on=NotSent,
            attempts=SEND_ATTEMPTS_MAX,
            timeout=SEND_RETRY_S_MAX,
            wait_initial=0.2,
            wait_max=SEND_PAUSE_S_MAX,
        ):
            with attempt:
                return await self._http.send(request.method, url, headers, request.body)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _count(self, request: Request, answer: Answer | None) -> None:
        self._meter.count(
            cause=self._cause,
            kind=request.kind,
            sent_bytes=len(request.body),
            received_bytes=len(answer.body) if answer else 0,
            status=answer.status if answer else None,
        )

    def _note(self, request: Request, started: float, answer: Answer | None, refusal: Exception | None) -> None:
        """One line per call: no token, no body, no value of a query, no company id."""
        log.info(
            "platform_call",
            platform=self._platform.name,
            cause=self._cause.value,
            kind=request.kind.value,
            method=request.method,
            path=redacted_path(request.path),
            status=answer.status if answer else None,
            duration_ms=round((time.perf_counter() - started) * 1000),
            received_bytes=len(answer.body) if answer else None,
            trace_id=answer.headers.get(self._platform.trace_header) if answer else None,
            refusal=refusal.explanation.code if isinstance(refusal, PlatformRefusal) else None,
        )


def redacted_path(path: str) -> str:
    """A path fit for a log: long numbers masked to their last four digits, of the query the names only."""
    bare, _, query = path.partition("?")
    segments = (f"…{segment[-4:]}" if _SECRET_SEGMENT.fullmatch(segment) else segment for segment in bare.split("/"))
    names = "&".join(part.partition("=")[0] for part in query.split("&")) if query else ""
    return "/".join(segments) + (f"?{names}" if names else "")


def _unexpected(answer: Answer) -> PlatformRefusal | None:
    """A net below every platform's own reading: no answer of 400 or more, and no redirect, passes as a success."""
    if answer.status >= HTTPStatus.BAD_REQUEST:
        return Unavailable(
            Explanation(
                code="unexpected_answer",
                message=f"The platform answered with status {answer.status}.",
                fix="Nothing to do: Tieout tries again by itself.",
            ),
            native=str(answer.status),
        )
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES and answer.status != HTTPStatus.NOT_MODIFIED:
        return Unavailable(
            Explanation(
                code="unexpected_redirect",
                message="The platform pointed to another address instead of answering.",
                fix="Nothing to do: Tieout tries again by itself. If it lasts, a proxy may stand in between.",
            ),
            native=str(answer.status),
        )
    return None


def _not_sent(error: Exception) -> Explanation:
    return Explanation(
        code="not_sent",
        message=f"No connection to the platform came about ({type(error).__name__}); nothing was sent.",
        fix="Nothing to do: Tieout sends it again by itself. If it lasts, check the network and its proxy.",
    )


def _no_answer(why: str) -> Explanation:
    return Explanation(
        code="no_answer",
        message=f"The platform's answer did not arrive ({why}); the request may have been carried out.",
        fix="Nothing to do: Tieout looks whether it was carried out before it sends anything again.",
    )
