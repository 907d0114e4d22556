"""The door every request to a simulated platform passes: faults befall it here, and it is logged and metered.

While a request is worked on the clock stands still for it, so that the same request at the same moment does the same.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tieout.sandbox.agenda import held
from tieout.sandbox.control.guarding import stranger
from tieout.sandbox.faults.kinds import FaultKind
from tieout.sandbox.faults.plan import ConnectionCutError, Fault
from tieout.sandbox.replaying.journal import CONTROL_PREFIX, REPLAYED, changes_something, entry_of
from tieout.sandbox.traffic import BODY_CHARACTERS_KEPT, SeenRequest
from tieout.sandbox.wire import control_json

if TYPE_CHECKING:
    from tieout.sandbox.simulator import Simulator

_DISCONNECT_WAITS_MAX = 10
_REFUSALS = (
    FaultKind.RATE_LIMITED, FaultKind.STALE_VERSION, FaultKind.PERIOD_CLOSED, FaultKind.ACCOUNT_ARCHIVED,
    FaultKind.FEATURE_MISSING,
)  # fmt: skip
_CUTS = frozenset(
    {
        FaultKind.DROP_BEFORE_COMMIT, FaultKind.DROP_AFTER_COMMIT, FaultKind.COMMIT_LATER,
        FaultKind.REFRESH_ANSWER_LOST,
    }
)  # fmt: skip
_TOO_MANY = 429


class Doorway:
    """ASGI middleware around a simulated platform."""

    def __init__(self, app: ASGIApp, simulator: "Simulator") -> None:
        """Stand before `app`, serving `simulator`."""
        self.app = app
        self.simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope.get("path", "")
        is_control = path == "/" or path.startswith(CONTROL_PREFIX)
        refused = stranger(self.simulator, scope) if is_control else None
        if refused is not None:
            await control_json({"error": refused}, 403)(scope, receive, send)
            return
        if is_control and scope["method"] in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        body = await _read(receive, self.simulator.body_bytes_max(path))
        if body is None:
            await _too_large(send)
            return
        self.simulator.begin()
        if REPLAYED in scope:
            await self._again(scope, body, send)
        elif is_control:
            await self._control(scope, body, send)
        else:
            await self._platform(scope, body, receive, send)

    async def _control(self, scope: Scope, body: bytes, send: Send) -> None:
        """The switchboard: no fault befalls it. What changes the platform is done at one moment, and remembered."""
        if not changes_something(scope["method"], scope["path"]):
            await self.app(scope, _replay(body), send)
            return
        await self.simulator.settle()
        with held(self.simulator.clock):
            self._remember(scope, body)
            await self.app(scope, _replay(body), send)

    async def _again(self, scope: Scope, body: bytes, send: Send) -> None:
        """A request of an earlier run, at its own moment: without faults, and without being counted."""
        at, status = scope[REPLAYED]
        with held(self.simulator.clock, at):
            if status is None:
                await self.app(scope, _replay(body), send)
            else:
                self.simulator.refuse(Request(scope, _replay(body)), status)
                await control_json({})(scope, _replay(body), send)

    async def _platform(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        await self.simulator.settle()
        with held(self.simulator.clock):
            request = Request(scope, _replay(body))
            faults = self.simulator.faults.draw(
                scope["method"], scope["path"], of=lambda: self.simulator.classify(request), body=body
            )
            answer = await self._answer(scope, request, body, faults)
            self._note(request, body, answer, faults, billed=not _is_later(faults))
        await self._deliver(answer, faults, receive, send)

    async def _answer(self, scope: Scope, request: Request, body: bytes, faults: Sequence[Fault]) -> list[Message]:
        """What the platform answers, collected; empty if a fault kept the request from it."""
        by_kind = {fault.kind: fault for fault in faults}
        if FaultKind.DROP_BEFORE_COMMIT in by_kind:
            return []
        if FaultKind.COMMIT_LATER in by_kind:
            self._put_off(scope, body, faults, by_kind[FaultKind.COMMIT_LATER])
            return []
        refused = await self._refused(request, body, by_kind)
        if refused is not None:
            return refused
        for kind in by_kind:
            if kind in self.simulator.fault_effects:
                self.simulator.fault_effects[kind](request)
        answer = await self._commit(scope, body)
        if FaultKind.STATUS_AFTER_COMMIT in by_kind:
            fault = by_kind[FaultKind.STATUS_AFTER_COMMIT]
            return await self._said(request, fault, self._refuse(request, body, fault.status))
        return answer

    async def _refused(self, request: Request, body: bytes, by_kind: Mapping[FaultKind, Fault]) -> list[Message] | None:
        """The refusal that a fault asks for, in the platform's words; None when no fault asks for one."""
        if FaultKind.STATUS_BEFORE_COMMIT in by_kind:
            fault = by_kind[FaultKind.STATUS_BEFORE_COMMIT]
            return await self._said(request, fault, self._refuse(request, body, fault.status))
        for kind in _REFUSALS:
            if kind not in by_kind:
                continue
            words = self.simulator.fault_answers.get(kind)
            answer = words(request, by_kind[kind]) if words else self.simulator.refuse(request, _TOO_MANY)
            return await self._said(request, by_kind[kind], answer)
        return None

    def _refuse(self, request: Request, body: bytes, status: int) -> Response:
        """A failure in the platform's words, which some platforms remember under the request's key."""
        if request.method not in ("GET", "HEAD"):
            self._remember(request.scope, body, refused=status)
        return self.simulator.refuse(request, status)

    async def _said(self, request: Request, fault: Fault, response: Response) -> list[Message]:
        if fault.retry_after_s is not None:
            response.headers["retry-after"] = str(fault.retry_after_s)
        answer: list[Message] = []

        async def collect(message: Message) -> None:
            answer.append(message)

        await response(request.scope, request.receive, collect)
        return answer

    async def _commit(self, scope: Scope, body: bytes) -> list[Message]:
        """Let the platform do it."""
        if scope["method"] not in ("GET", "HEAD"):
            self._remember(scope, body)
        answer: list[Message] = []

        async def collect(message: Message) -> None:
            answer.append(message)

        await self.app(scope, _replay(body), collect)
        return answer

    def _put_off(self, scope: Scope, body: bytes, faults: Sequence[Fault], fault: Fault) -> None:
        """Let the platform do it later."""

        async def job(at: datetime) -> None:
            self.simulator.begin()
            with held(self.simulator.clock, at):
                answer = await self._commit(scope, body)
                self._note(Request(scope, _replay(body)), body, answer, faults, billed=True)

        at = self.simulator.clock.now() + timedelta(seconds=float(fault.delay_s))
        self.simulator.agenda.put(at, job, entry_of(at, scope, body))

    def _remember(self, scope: Scope, body: bytes, refused: int | None = None) -> None:
        if self.simulator.journal is not None:
            self.simulator.journal.add(self.simulator.clock.now(), scope, body, refused)

    async def _deliver(self, answer: list[Message], faults: Sequence[Fault], receive: Receive, send: Send) -> None:
        """Hand the answer over: late, in part, or not at all, when a fault says so."""
        kinds = {fault.kind: fault for fault in faults}
        if FaultKind.DELAY in kinds:
            await asyncio.sleep(float(kinds[FaultKind.DELAY].delay_s))
        if kinds.keys() & _CUTS:
            await self._cut(receive, at_once=True)
            return
        if FaultKind.CUT_BODY in kinds and (part := _part(answer)):
            for message in part:
                await send(message)
            await self._cut(receive, at_once=False)
            return
        for message in answer:
            await send(message)

    async def _cut(self, receive: Receive, *, at_once: bool) -> None:
        """Close the connection, with what was sent so far unless `at_once`.

        uvicorn's `receive` is a method of the cycle that holds the transport. In one process there is no transport,
        and the caller sees an exception instead: `Simulator.cut_error`.
        """
        transport = getattr(getattr(receive, "__self__", None), "transport", None)
        if transport is None:
            raise self.simulator.cut_error()
        if at_once:
            transport.abort()
        else:
            transport.close()
        for _ in range(_DISCONNECT_WAITS_MAX):
            if (await receive())["type"] == "http.disconnect":
                return
        raise ConnectionCutError("the connection was cut")

    def _note(
        self, request: Request, body: bytes, answer: list[Message], faults: Sequence[Fault], *, billed: bool
    ) -> None:
        """Log and, unless it is only put off, meter."""
        status = next((message["status"] for message in answer if message["type"] == "http.response.start"), 0)
        bytes_out = sum(len(message.get("body", b"")) for message in answer)
        classified = self.simulator.classify(request)
        seen = SeenRequest(
            at=self.simulator.clock.now(),
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            status=status,
            classified=classified,
            bytes_in=len(body),
            bytes_out=bytes_out,
            faults=tuple(fault.kind.value for fault in faults),
            body=body.decode(errors="replace")[:BODY_CHARACTERS_KEPT] if classified.company_id else "",
        )
        self.simulator.requests.add(seen)
        if billed:
            self.simulator.meter.add(seen)


def _is_later(faults: Sequence[Fault]) -> bool:
    """Whether a request is put off: one that never arrives is not, whatever else befalls it."""
    kinds = {fault.kind for fault in faults}
    return FaultKind.COMMIT_LATER in kinds and FaultKind.DROP_BEFORE_COMMIT not in kinds


def _part(answer: list[Message]) -> list[Message]:
    """The answer up to the middle of its body; empty when there is no body to break."""
    body = b"".join(message.get("body", b"") for message in answer)
    if len(body) < 2:  # noqa: PLR2004 - a body of one byte has no middle
        return []
    start = next(message for message in answer if message["type"] == "http.response.start")
    return [start, {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}]


async def _read(receive: Receive, most: int) -> bytes | None:
    """The whole body, or None when it is larger than `most` bytes."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(chunks)
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > most:
            return None
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _replay(body: bytes) -> Receive:
    """Receive a body that was read already."""
    pending = [body]

    async def receive() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    return receive


async def _too_large(send: Send) -> None:
    await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
