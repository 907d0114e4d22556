"""Stands before a simulated platform and keeps what is wrong with its answers, so that every test checks them all."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

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


Judge = Callable[[Exchange], Iterable[str]]
"""What is wrong with an answer, as sentences."""


@dataclass(slots=True)
class Witness:
    """An ASGI application around another one. An answer that was cut off is not judged."""

    app: ASGIApp
    judge: Judge
    faults: list[str] = field(default_factory=list)
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
        self.faults.extend(found[: FAULTS_MAX - len(self.faults)])

    def assert_satisfied(self) -> None:
        """Fail with everything that was wrong."""
        assert not self.faults, "\n".join(["answers that the platform would not give:", *self.faults])
