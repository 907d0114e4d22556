"""Stands before a simulated platform and keeps what is wrong with its answers.

`tests/conftest.py` asks after every test what was found, so no test needs to ask.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

FAULTS_MAX = 50
"""More are not kept: one is enough to fail a test."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, as far as an answer depends on it, and the answer."""

    method: str
    path: str
    status: int
    content_type: str
    body: bytes


_found: list[str] = []
"""Of the whole process: some simulated platforms serve more tests than one."""


def found_wrong() -> list[str]:
    """What was wrong with the answers since the last time that somebody asked."""
    told = _found.copy()
    _found.clear()
    return told


Judge = Callable[[Exchange], Iterable[str]]
"""What is wrong with an answer, as sentences."""


@dataclass(slots=True)
class Witness:
    """An ASGI application around another one. An answer that was cut off is not judged."""

    app: ASGIApp
    judge: Judge
    seen: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started: Message = {}
        body = bytearray()
        complete = False

        async def listen(message: Message) -> None:
            nonlocal complete
            if message["type"] == "http.response.start":
                started.update(message)
            elif message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                complete = not message.get("more_body", False)
            await send(message)

        await self.app(scope, receive, listen)
        if complete:
            self._judge(scope, started, bytes(body))

    def _judge(self, scope: Scope, started: Message, body: bytes) -> None:
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in started["headers"]}
        if "content-length" in headers and int(headers["content-length"]) != len(body):
            return  # cut on purpose
        exchange = Exchange(scope["method"], scope["path"], started["status"], headers.get("content-type", ""), body)
        self.seen += 1
        found = [f"{exchange.method} {exchange.path} {exchange.status}: {fault}" for fault in self.judge(exchange)]
        _found.extend(found[: FAULTS_MAX - len(_found)])
