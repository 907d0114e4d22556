"""Switching engines is a setting; what it needs is made by `tieout migrate`, and missed in plain words."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from tests.support.databases import blank_database

from tieout.app import build_app, migrate, missing
from tieout.assembling import build_services
from tieout.engine.distributed import dispatching
from tieout.kit.errors import SettingsRefused
from tieout.security.vault import new_key
from tieout.settings import Settings
from tieout.storage.database import Database
from tieout.storage.schema import METADATA
from tieout.sync.services import Services


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
async def test_tables_of_jobs_are_missed_in_plain_words_made_beside_ours_and_made_anew_for_another_version(
    distributed: Services, blank: Database
) -> None:
    embedded = build_services(settings_for(blank, "embedded"))
    await migrate(embedded.database, embedded.engine)
    assert await missing(embedded) is None
    await embedded.database.close()
    transport = httpx2.ASGITransport(build_app(distributed))
    async with httpx2.AsyncClient(transport=transport, base_url="http://tieout.test") as client:
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert "TIEOUT_ENGINE=distributed are missing: run `tieout migrate`" in answer.json()["reason"]

        assert await migrate(distributed.database, distributed.engine) == ["tieout_jobs"]
        assert (await client.get("/readyz")).status_code == 200
        assert await migrate(distributed.database, distributed.engine) == []

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))

    assert await blank.run_sync(differences) == []

    async with blank.write() as session:
        await session.execute(text("COMMENT ON SCHEMA tieout_jobs IS 'Procrastinate of old'"))
    assert "another version's" in str(await missing(distributed))
    assert await migrate(distributed.database, distributed.engine) == ["tieout_jobs"]
    assert await missing(distributed) is None


@pytest.mark.postgresql
async def test_the_session_of_a_dispatcher_that_is_silent_for_seconds_is_ended(blank: Database) -> None:
    """By PostgreSQL, so that a frozen one loses its lock; others take the lock by looking for it again and again."""
    async with dispatching(blank) as connection:
        row = await (await connection.execute("SHOW idle_session_timeout")).fetchone()
    assert row == ("5s",)
