"""API reads per second, against a bare route of the same framework that runs the same query in the same process."""

import time
from pathlib import Path
from uuid import UUID

import httpx2
from fastapi import FastAPI
from sqlalchemy import select

from benchmarks.connected import Connected, connected_company
from tieout.platforms.registry import all_platforms
from tieout.storage.tables.connections import Company, Connection

READS = 1_000


async def rows(folder: Path) -> list[str]:
    """One row: reading a connection, with token, entity and row."""
    platform = next(iter(all_platforms()))
    async with connected_company(folder, platform, documents=0) as connected:
        await connected.house.settle()
        return [await _measure(connected)]


async def _measure(connected: Connected) -> str:
    connection_id = (await connected.partner.get("/accounting_connections")).json()["data"][0]["id"]
    path = f"/v1/accounting_connections/{connection_id}"
    ours_s = await _read(connected.partner.http, path, connected.partner.headers())
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(_bare(connected)), base_url="http://bare") as bare:
        bare_s = await _read(bare, path, {})
    return (
        f"read, GET /accounting_connections/{{id}}: {READS / ours_s:,.0f}/s in this process, client included; "
        f"{bare_s / ours_s:.2f} x a bare route that runs the same query ({READS / bare_s:,.0f}/s)"
    )


def _bare(connected: Connected) -> FastAPI:
    app = FastAPI()
    database = connected.house.services.database

    @app.get("/v1/accounting_connections/{connection_id}")
    async def read(connection_id: UUID) -> dict[str, str]:
        async with database.read() as session:
            query = select(Connection, Company).outerjoin(Company, Company.id == Connection.company_id)
            connection, company = (await session.execute(query.where(Connection.id == connection_id))).one()
            return {"id": str(connection.id), "status": connection.status, "name": company.name}

    return app


async def _read(client: httpx2.AsyncClient, path: str, headers: dict[str, str]) -> float:
    for _ in range(50):
        (await client.get(path, headers=headers)).raise_for_status()
    started_s = time.perf_counter()
    for _ in range(READS):
        (await client.get(path, headers=headers)).raise_for_status()
    return time.perf_counter() - started_s
