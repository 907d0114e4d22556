"""Reads and writes per second of each simulated platform, and what documents cost it in memory.

The platforms are asked as ASGI applications, without a client or a socket between, so that what is counted is their
own processor time. The floor is an application that answers the very same bytes without doing anything.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from starlette.types import ASGIApp, Message
from tests.contract.quickbooks import program
from tests.contract.xero import world
from tests.support.house import SEED

from tieout.kit.clock import ManualClock
from tieout.platforms.quickbooks.sandbox.application import build_simulator as build_quickbooks
from tieout.platforms.xero.sandbox.application import build_simulator as build_xero

DOCUMENTS = 10_000
READS, WRITES = 600, 300
PAGE_ROWS = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it reaches an application."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Simulated:
    """A connected simulator: how to fill it, the headers of a call, the page at a place, and a write."""

    name: str
    app: ASGIApp
    headers: list[tuple[bytes, bytes]]
    fill: Callable[[int], object]
    page: Callable[[int], Asked]
    write: Callable[[int], Asked]


async def rows(_folder: Path) -> list[str]:
    """Three rows for each platform, each in a process of its own: memory that another one gave back is not counted."""
    made: list[str] = []
    for name in CONNECTS:
        command = (sys.executable, "-m", "benchmarks.simulators", name)
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        told, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"measuring {name} failed")
        made += told.decode().splitlines()
    return made


async def _measure(simulated: Simulated) -> list[str]:
    before = _memory_bytes()
    fill_s = _timed(lambda: simulated.fill(DOCUMENTS))
    pages = [simulated.page(place % (DOCUMENTS // PAGE_ROWS // 4)) for place in range(READS)]
    answers = [await _answer(simulated.app, page, simulated.headers) for page in pages[: DOCUMENTS // PAGE_ROWS]]
    each_bytes = (_memory_bytes() - before) / DOCUMENTS
    read_s = await _time_all(simulated.app, pages, simulated.headers)
    floor_s = await _time_all(_same(answers[0]), pages, simulated.headers)
    write_s = await _time_all(simulated.app, [simulated.write(place) for place in range(WRITES)], simulated.headers)
    return [
        (
            f"{simulated.name}, {DOCUMENTS:,} documents made in {fill_s:.1f} s of processor time; {each_bytes:,.0f} "
            f"bytes each with a quarter of them read ({each_bytes * 100_000 / 2**30:.2f} GiB for 100,000; target 2)"
        ),
        (
            f"{simulated.name}, pages of {PAGE_ROWS} rows ({len(answers[0]):,} bytes): {READS / read_s:,.0f}/s "
            f"(target 300); {floor_s / read_s:.2f} x the same bytes from an application that does nothing"
        ),
        f"{simulated.name}, documents written: {WRITES / write_s:,.0f}/s (target 150)",
    ]


def _timed(work: Callable[[], object]) -> float:
    started_s = time.process_time()
    work()
    return time.process_time() - started_s


async def _time_all(app: ASGIApp, asked: list[Asked], headers: list[tuple[bytes, bytes]]) -> float:
    """Processor seconds for all of them, one after the other."""
    started_s = time.process_time()
    for one in asked:
        await _answer(app, one, headers)
    return time.process_time() - started_s


async def _answer(app: ASGIApp, asked: Asked, headers: list[tuple[bytes, bytes]]) -> bytes:
    """The body of a good answer."""
    told = bytearray()
    status = 0

    async def receive() -> Message:
        return {"type": "http.request", "body": asked.body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        told.extend(message.get("body", b""))

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": asked.method, "scheme": "http",
        "path": asked.path, "raw_path": asked.path.encode(), "query_string": asked.query.encode(), "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    await app(scope, receive, send)
    if status != 200:  # noqa: PLR2004 - HTTP's own figure
        raise RuntimeError(f"{asked.method} {asked.path} {status}: {bytes(told[:500])!r}")
    return bytes(told)


def _same(body: bytes) -> ASGIApp:
    """An application that answers one body."""

    async def app(_scope: Any, _receive: Any, send: Callable[[Message], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return app


def _memory_bytes() -> int:
    """What this process holds now. Needs Linux."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


async def _quickbooks() -> Simulated:
    clock = ManualClock(program.NOON)
    app = build_quickbooks(clock=clock, seed=SEED, origin=program.ORIGIN)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=program.ORIGIN) as http:
        (await http.post("/_sandbox/rules", json={"limits_watched": False})).raise_for_status()
        connected = await program.Platform(app, clock, http).connect()
    company = app.state.simulator.companies[connected.realm]
    prefix = f"/v3/company/{connected.realm}"
    statement = "select * from Invoice startposition {} maxresults {}"

    def page(place: int) -> Asked:
        query = httpx2.QueryParams({"query": statement.format(place * PAGE_ROWS + 1, PAGE_ROWS)})
        return Asked("GET", f"{prefix}/query", str(query))

    return Simulated(
        name="QuickBooks Online",
        app=app,
        headers=_headers({"authorization": f"Bearer {connected.tokens['access_token']}"}),
        fill=lambda documents: company.fill(documents, SEED),
        page=page,
        write=lambda place: Asked("POST", f"{prefix}/invoice", body=_json(program.a_sale(f"{100 + place}.00"))),
    )


async def _xero() -> Simulated:
    clock = ManualClock(world.STARTED_AT)
    app = build_xero(clock=clock, seed=SEED, origin=world.ORIGIN)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=world.ORIGIN) as http:
        (await http.post("/_sandbox/rules", json={"limits_watched": False})).raise_for_status()
        connected = world.World(app, clock, http)
        await connected.connect("Demo Company (Global)")
        contact = await connected.contact()
    company = app.state.simulator.companies[connected.tenant_id]
    return Simulated(
        name="Xero",
        app=app,
        headers=_headers(connected.headers()),
        fill=lambda documents: company.fill(documents, SEED),
        page=lambda place: Asked("GET", "/api.xro/2.0/Invoices", f"page={place + 1}&pageSize={PAGE_ROWS}"),
        write=lambda place: Asked(
            "PUT", "/api.xro/2.0/Invoices", body=_json(world.sale_of(contact["ContactID"], f"{100 + place}.00"))
        ),
    )


def _headers(more: dict[str, str]) -> list[tuple[bytes, bytes]]:
    told = {"accept": "application/json", "content-type": "application/json", **more}
    return [(name.encode(), value.encode()) for name, value in told.items()]


def _json(body: object) -> bytes:
    return json.dumps(body).encode()


CONNECTS = {"quickbooks": _quickbooks, "xero": _xero}


async def _main() -> None:
    for row in await _measure(await CONNECTS[sys.argv[1]]()):
        print(row)


if __name__ == "__main__":
    asyncio.run(_main())
