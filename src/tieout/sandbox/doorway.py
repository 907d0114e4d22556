"""The door every request to a simulated platform passes: faults befall it here, and it is logged and metered."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tieout.sandbox.faults import ConnectionCutError, Fault, FaultKind
from tieout.sandbox.traffic import BODY_CHARACTERS_KEPT, SeenRequest
from tieout.sandbox.wire import BODY_BYTES_MAX

if TYPE_CHECKING:
    from tieout.sandbox.simulator import Simulator

CONTROL_PREFIX = "/_sandbox"
"""Where the control surface and its pages live; faults never befall them."""
_DISCONNECT_WAITS_MAX = 10


class Doorway:
    """ASGI middleware around a simulated platform."""

    def __init__(self, app: ASGIApp, simulator: "Simulator") -> None:
        """Stand before `app`, serving `simulator`."""
        self.app = app
        self.simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or not."""
        path = scope.get("path", "")
        if scope["type"] != "http" or path == "/" or path.startswith(CONTROL_PREFIX):
            await self.app(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            await _too_large(send)
            return
        request = Request(scope, _replay(body))
        faults = self.simulator.faults.draw(scope["method"], path)
        answer = await self._answer(scope, request, body, faults)
        self._note(request, body, answer, faults)
        await self._deliver(answer, faults, receive, send)

    async def _answer(self, scope: Scope, request: Request, body: bytes, faults: Sequence[Fault]) -> list[Message]:
        """What the platform answers, collected; empty if a fault kept the request from it."""
        for fault in faults:
            if fault.kind is FaultKind.DROP_BEFORE_COMMIT:
                return []
            if fault.kind is FaultKind.STATUS_BEFORE_COMMIT:
                return await self._refusal(request, fault, fault.status)
            if fault.kind is FaultKind.RATE_LIMITED:
                return await self._refusal(request, fault, 429)
        answer: list[Message] = []

        async def collect(message: Message) -> None:
            answer.append(message)

        await self.app(scope, _replay(body), collect)
        for fault in faults:
            if fault.kind is FaultKind.STATUS_AFTER_COMMIT:
                return await self._refusal(request, fault, fault.status)
        return answer

    async def _refusal(self, request: Request, fault: Fault, status: int) -> list[Message]:
        """The platform's own words for a failure it did not choose."""
        answer: list[Message] = []

        async def collect(message: Message) -> None:
            answer.append(message)

        response = self.simulator.refuse(request, status)
        if fault.retry_after_s is not None:
            response.headers["retry-after"] = str(fault.retry_after_s)
        await response(request.scope, request.receive, collect)
        return answer

    async def _deliver(self, answer: list[Message], faults: Sequence[Fault], receive: Receive, send: Send) -> None:
        """Hand the answer over: late, or not at all, when a fault says so."""
        kinds = {fault.kind: fault for fault in faults}
        if FaultKind.DELAY in kinds:
            await asyncio.sleep(float(kinds[FaultKind.DELAY].delay_s))
        if kinds.keys() & {FaultKind.DROP_BEFORE_COMMIT, FaultKind.DROP_AFTER_COMMIT}:
            await self._cut(receive)
            return
        for message in answer:
            await send(message)

    async def _cut(self, receive: Receive) -> None:
        """Close the connection without an answer.

        uvicorn's `receive` is a method of the cycle that holds the transport. In one process there is no transport,
        and the caller sees an exception instead: `Simulator.cut_error`.
        """
        abort = getattr(getattr(getattr(receive, "__self__", None), "transport", None), "abort", None)
        if abort is None:
            raise self.simulator.cut_error()
        abort()
        for _ in range(_DISCONNECT_WAITS_MAX):
            if (await receive())["type"] == "http.disconnect":
                return
        raise ConnectionCutError("the connection was cut")

    def _note(self, request: Request, body: bytes, answer: list[Message], faults: Sequence[Fault]) -> None:
        """Log and meter."""
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
        self.simulator.meter.add(seen)


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None when it is larger than `BODY_BYTES_MAX`."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(chunks)
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > BODY_BYTES_MAX:
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
