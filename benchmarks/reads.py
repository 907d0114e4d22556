"""API reads per second, against a bare route of the same framework that runs the same query in the same process."""

import statistics
import time
from pathlib import Path
from uuid import UUID

import httpx2
from fastapi import FastAPI, Request

from benchmarks.connected import Connected, connected_company
from tieout.api.accounting_connections.reading import READING
from tieout.platforms.registry import all_platforms
from tieout.security.tokens import hash_of

READS = 50
TURNS = 20


async def rows(folder: Path) -> list[str]:
    """One row: reading a connection, with token, entity and row in one statement."""
    platform = next(iter(all_platforms()))
    async with connected_company(folder, platform, documents=0) as connected:
        await connected.house.settle()
        return [await _measure(connected)]


async def _measure(connected: Connected) -> str:
    connection_id = (await connected.partner.get("/accounting_connections")).json()["data"][0]["id"]
    path = f"/v1/accounting_connections/{connection_id}"
    headers = connected.partner.headers()
    ours = connected.partner.http
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(_bare(connected)), base_url="http://bare") as bare:
        pairs = [(await _read(ours, path, headers), await _read(bare, path, headers)) for _ in range(TURNS)]
    ours_s, bare_s = (min(times) / READS for times in zip(*pairs, strict=True))
    ratio = statistics.median(bare_s / ours_s for ours_s, bare_s in pairs)
    return (
        f"read, GET /accounting_connections/{{id}}: {1 / ours_s:,.0f} per second of processor time, client included; "
        f"{ratio:.2f} x a bare route that runs the same query ({1 / bare_s:,.0f})"
    )


def _bare(connected: Connected) -> FastAPI:
    """The same statement in a route of the framework that checks nothing and adds nothing."""
    app = FastAPI()
    database = connected.house.services.database

    @app.get("/v1/accounting_connections/{connection_id}")
    async def read(request: Request, connection_id: UUID) -> dict[str, str]:
        token = request.headers["authorization"].removeprefix("Bearer ")
        entity_id = UUID(request.headers["x-monite-entity-id"])
        named = {"token_hash": hash_of(token), "entity_id": entity_id, "connection_id": connection_id}
        async with database.read() as session:
            row = (await session.execute(READING, named)).one()
            return {"id": str(row.Connection.id), "status": row.Connection.status, "name": row.Company.name}

    return app


async def _read(client: httpx2.AsyncClient, path: str, headers: dict[str, str]) -> float:
    """Seconds of processor time; ours and the peer take turns, so that other work on the machine slows both."""
    (await client.get(path, headers=headers)).raise_for_status()
    started_s = time.process_time()
    for _ in range(READS):
        (await client.get(path, headers=headers)).raise_for_status()
    return time.process_time() - started_s
