"""A partner's endpoint on a loopback port, in the test's own loop: it keeps what came, and answers as it is told."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tieout.platforms.transport import HttpxClient
from tieout.sync.delivering.sending import ANSWER_BYTES_MAX, TIMEOUT_S

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
REFUSED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\nConnection: close\r\n\r\noops"


def client_to_partners(client: httpx2.AsyncClient, *, timeout_s: float = TIMEOUT_S) -> HttpxClient:
    """What delivers webhooks, as `app` puts it together, over the given client."""
    return HttpxClient(client, answer_bytes_max=ANSWER_BYTES_MAX, call_timeout_s=timeout_s, cuts_answers=True)


def answer_of(status: int, body: bytes = b"", *headers: str) -> bytes:
    """The bytes of an answer."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass(frozen=True)
class Came:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.body)
        return read

    def is_signed_as_monite_does(self, secret: str) -> bool:
        """Computed from the header's form and the secret alone."""
        timestamp, signature = (part.split("=", 1)[1] for part in self.headers["monite-signature"].split(","))
        expected = hmac.new(secret.encode(), timestamp.encode() + b"." + self.body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, signature)

    def is_signed_as_the_standard_says(self, secret: str) -> bool:
        """The algorithm of Standard Webhooks 1.0."""
        key = base64.b64decode(secret.split("_", 1)[1])
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        versions = [part.split(",", 1) for part in self.headers["webhook-signature"].split(" ")]
        return any(version == "v1" and hmac.compare_digest(expected, given) for version, given in versions)


@dataclass
class Endpoint:
    """`answers` are used up one by one; then `otherwise` is said. None means that nothing is ever said."""

    url: str
    answers: list[bytes | None] = field(default_factory=list)
    otherwise: bytes | None = OK
    refuses: set[str] = field(default_factory=set)
    """Object ids whose events are refused."""
    came: list[Came] = field(default_factory=list)
    at_once_max: int = 0
    _at_once: int = 0
    _hung_up: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def events(self) -> list[dict[str, Any]]:
        """What came, read, and forgotten."""
        told = [one.event for one in self.came]
        self.came.clear()
        return told

    def hang_up(self) -> None:
        """Close the connections on which nothing was said."""
        self._hung_up.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._at_once += 1
        self.at_once_max = max(self.at_once_max, self._at_once)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers["content-length"]))
            self.came.append(Came(head[0].split(" ")[1], headers, body))
            answer = self._answer(body)
            if answer is None:
                await self._hung_up.wait()
            else:
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the other side has gone
        finally:
            self._at_once -= 1
            writer.close()

    def _answer(self, body: bytes) -> bytes | None:
        if self.refuses and any(one in body.decode() for one in self.refuses):
            return REFUSED
        return self.answers.pop(0) if self.answers else self.otherwise


@asynccontextmanager
async def listening_endpoint() -> AsyncIterator[Endpoint]:
    """An endpoint until the block ends."""
    endpoint = Endpoint("")
    server = await asyncio.start_server(endpoint.serve, "127.0.0.1", 0)
    endpoint.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks"
    try:
        yield endpoint
    finally:
        endpoint.hang_up()
        server.close()
