"""What was done to a simulated platform, request by request, so that it can be done again.

Reading is left out: it draws nothing that a later write depends on. What is no matter of the books (faults, webhooks,
clock, counts) is left out too, and kept as it stands by `state`.
"""

from dataclasses import dataclass, field
from datetime import datetime

from starlette.types import ASGIApp, Message, Scope

CONTROL_PREFIX = "/_sandbox"
"""Where the control surface and its pages live; faults never befall them."""
REPLAYED = "tieout.sandbox.replayed"
"""Marks, in the scope, a request of an earlier run: its moment, and the status of a failure a fault asked for."""
_LEFT_OUT = ("clock", "faults", "switchboard", "webhooks", "requests", "meter", "state")
"""Parts of the control surface that change nothing in the books."""
_HEADERS_LEFT_OUT = frozenset(
    {b"connection", b"content-length", b"transfer-encoding", b"user-agent", b"accept-encoding"}
)


def changes_something(method: str, path: str) -> bool:
    """Whether a request to the control surface changes the books, the programs or the rules."""
    parts = path.removeprefix(CONTROL_PREFIX).strip("/").split("/")
    if method in ("GET", "HEAD") or parts[0] in _LEFT_OUT:
        return False
    return not (parts[0] == "apps" and "webhook" in parts)


@dataclass(frozen=True, slots=True)
class Entry:
    """One request. `refused` is the status of a failure that a fault asked for, which was answered without doing it."""

    at: datetime
    method: str
    path: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    refused: int | None = None


@dataclass(slots=True)
class Journal:
    """Every request that did something, in the order in which they did it."""

    entries: list[Entry] = field(default_factory=list)

    def add(self, at: datetime, scope: Scope, body: bytes, refused: int | None = None) -> None:
        """Remember a request that is about to be worked on."""
        self.entries.append(entry_of(at, scope, body, refused))


def entry_of(at: datetime, scope: Scope, body: bytes, refused: int | None = None) -> Entry:
    """A request as it is remembered."""
    headers = tuple((name, value) for name, value in scope["headers"] if name not in _HEADERS_LEFT_OUT)
    return Entry(at, scope["method"], scope["path"], scope.get("query_string", b""), headers, body, refused)


async def replay(app: ASGIApp, entry: Entry) -> int:
    """Do it again, and answer the status. What failed then with an error of the simulator's own fails again: 500."""
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": entry.method,
        "scheme": "http",
        "path": entry.path,
        "raw_path": entry.path.encode(),
        "query_string": entry.query,
        "root_path": "",
        "headers": list(entry.headers),
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
        REPLAYED: (entry.at, entry.refused),
    }
    pending = [entry.body]
    statuses: list[int] = []

    async def receive() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    try:
        await app(scope, receive, send)
    except Exception:  # noqa: BLE001 - whatever it was, it was answered as a failure of the simulator then, too
        return 500
    return statuses[0] if statuses else 500
