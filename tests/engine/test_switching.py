"""Switching engines is a setting; what it needs is made by `tieout migrate`, and missed in plain words."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from tests.support.databases import blank_database

from tieout.app import build_app, build_services, migrate, missing
from tieout.kit.errors import SettingsRefused
from tieout.security.vault import new_key
from tieout.settings import Settings
from tieout.storage.database import Database
from tieout.storage.schema import METADATA
from tieout.sync.services import Services

WORKER_S_MAX = 60


def settings_for(database: Database, engine: str) -> Settings:
    url = database.url.set(drivername=database.url.get_backend_name()).render_as_string(hide_password=False)
    return Settings.model_validate({"database_url": url, "engine": engine, "vault_keys": new_key("first")})


@pytest.fixture
async def blank(tmp_path: Path) -> AsyncIterator[Database]:
    async with blank_database("postgresql", tmp_path) as database:
        yield database


@pytest.fixture
async def distributed(blank: Database) -> AsyncIterator[Services]:
    services = build_services(settings_for(blank, "distributed"))
    yield services
    await services.database.close()


def test_the_distributed_engine_is_refused_on_sqlite(tmp_path: Path) -> None:
    settings = Settings.model_validate(
        {"database_url": f"sqlite:///{tmp_path / 'x.db'}", "engine": "distributed", "vault_keys": new_key("first")}
    )
    with pytest.raises(SettingsRefused, match="needs PostgreSQL"):
        build_services(settings)


@pytest.mark.postgresql
async def test_migrating_makes_the_tables_of_jobs_beside_ours(distributed: Services, blank: Database) -> None:
    embedded = build_services(settings_for(blank, "embedded"))
    await migrate(embedded.database, embedded.engine)
    assert await missing(embedded) is None
    await embedded.database.close()
    assert "run `tieout migrate`" in str(await missing(distributed))

    assert await migrate(distributed.database, distributed.engine) == ["tieout_jobs"]
    assert await missing(distributed) is None
    assert await migrate(distributed.database, distributed.engine) == []

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))

    assert await blank.run_sync(differences) == []


@pytest.mark.postgresql
async def test_tables_of_another_version_are_made_anew(distributed: Services, blank: Database) -> None:
    await migrate(distributed.database, distributed.engine)
    async with blank.write() as session:
        await session.execute(text("COMMENT ON SCHEMA tieout_jobs IS 'Procrastinate of old'"))
    assert "another version's" in str(await missing(distributed))

    assert await migrate(distributed.database, distributed.engine) == ["tieout_jobs"]
    assert await missing(distributed) is None


@pytest.mark.postgresql
async def test_a_server_says_that_it_is_not_ready_without_the_tables_of_jobs(
    distributed: Services, blank: Database
) -> None:
    embedded = build_services(settings_for(blank, "embedded"))
    await migrate(embedded.database, embedded.engine)
    await embedded.database.close()
    transport = httpx2.ASGITransport(build_app(distributed))
    async with httpx2.AsyncClient(transport=transport, base_url="http://tieout.test") as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert "TIEOUT_ENGINE=distributed" in answer.json()["reason"]
        await migrate(distributed.database, distributed.engine)
        assert (await client.get("/readyz")).status_code == 200


@pytest.mark.postgresql
async def test_a_worker_says_what_it_runs_and_stops_when_it_is_told(distributed: Services) -> None:
    await migrate(distributed.database, distributed.engine)
    settings = distributed.settings
    environment = os.environ | {
        "TIEOUT_DATABASE_URL": settings.database_url,
        "TIEOUT_ENGINE": "distributed",
        "TIEOUT_VAULT_KEYS": settings.vault_keys.get_secret_value(),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tieout", "worker", env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(WORKER_S_MAX):
            while (entry := json.loads(await process.stderr.readline()))["event"] != "running_lanes":
                pass
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (entry["engine"], entry["database"]) == ("distributed", "postgresql")
    assert ["webhook"] in entry["kinds"]
