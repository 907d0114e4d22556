"""Rotating the vault's keys: every secret is found by its column's type, sealed anew, and lost in no race."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import select, update
from tests.support.endpoint import client_to_partners

from tieout.app import missing_older_key
from tieout.engine.lanes import EmbeddedEngine
from tieout.kit.clock import ManualClock
from tieout.kit.identifiers import new_id
from tieout.platforms.transport import HttpxClient
from tieout.security.tokens import hash_of
from tieout.security.vault import Vault, mark_of
from tieout.settings import Settings
from tieout.storage.database import Database
from tieout.storage.sealed import SealedRow, count_sealed, replace_sealed, sealed_columns
from tieout.storage.tables.access import Partner, PlatformApp
from tieout.storage.tables.connections import Grant
from tieout.storage.tables.idempotency import KeptAnswer
from tieout.storage.tables.work import Lane
from tieout.sync import resealing
from tieout.sync.services import Services

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OLD, NEW = b"o" * 32, b"n" * 32
OLD_RING, BOTH, NEW_RING = Vault({"old": OLD}), Vault({"new": NEW, "old": OLD}), Vault({"new": NEW})
SOURCE = Path(__file__).parents[3] / "src" / "tieout"
GRANTS = 5


@pytest.fixture
async def services(database: Database) -> AsyncIterator[Services]:
    """Tieout on a ring whose old key has sealed everything there is: an app, grants, and a kept answer."""
    clock = ManualClock(AT)
    async with httpx2.AsyncClient() as nobody:
        yield Services(
            settings=Settings(vault_keys=SecretStr("unused")),
            clock=clock,
            database=database,
            vault=BOTH,
            engine=EmbeddedEngine(database, clock),
            http=HttpxClient(nobody),
            http_to_partners=client_to_partners(nobody),
        )


@pytest.fixture
async def secrets(database: Database) -> dict[str, str]:
    """What was sealed, by its place."""
    dated: dict[str, Any] = {"created_at": AT, "updated_at": AT}
    partner_id, app_id, key_hash = new_id(), new_id(), hash_of("key")
    kept: dict[str, str] = {}

    def seal(place: str, secret: str) -> bytes:
        kept[place] = secret
        return OLD_RING.seal(secret, place=place)

    async with database.write() as session:
        session.add(Partner(id=partner_id, name="Payables Inc", **dated))
        await session.flush()
        secret = seal(f"platform_apps.client_secret:{app_id}", "app secret")
        app = {"platform": "ledgerly", "environment": "production", "client_id": "app", "client_secret": secret}
        session.add(PlatformApp(id=app_id, partner_id=partner_id, **app, **dated))
        body = seal(f"kept_answers.body:{key_hash}", '{"id": 1}')
        answer = {"fingerprint": "f", "status": 200, "body": body, "created_at": AT}
        session.add(KeptAnswer(partner_id=partner_id, key_hash=key_hash, **answer))
        await session.flush()
        for number in range(GRANTS):
            grant_id = new_id()
            tokens = {name: seal(f"grants.{name}:{grant_id}", f"{name} {number}") for name in TOKENS}
            grant = {"partner_id": partner_id, "app_id": app_id, "access_expires_at": AT, "refreshed_at": AT}
            session.add(Grant(id=grant_id, **grant, **tokens, **dated))
    return kept


TOKENS = ("access_token", "refresh_token", "spare_refresh_token")


async def opened_by(database: Database, vault: Vault) -> dict[str, str]:
    """Every secret of the database; raises VaultRefused for one that this ring does not open."""
    found = {}
    async with database.read() as session:
        for where in sealed_columns():
            for *key, sealed in await session.execute(select(*where.key, where.column)):
                if sealed is not None:
                    place = where.place_of(tuple(key))
                    found[place] = vault.open(sealed, place=place)
    return found


async def test_afterwards_the_old_key_is_needed_no_more(services: Services, secrets: dict[str, str]) -> None:
    done = await resealing.reseal_all(services)
    assert (done.done, done.overtaken, done.unopened) == (len(secrets), 0, 0)
    assert await opened_by(services.database, NEW_RING) == secrets
    assert (await resealing.reseal_all(services)).done == 0


async def test_secrets_are_counted_by_the_key_that_sealed_them(services: Services, secrets: dict[str, str]) -> None:
    async with services.database.read() as session:
        assert await count_sealed(session, mark_of("old")) == await count_sealed(session, None) == len(secrets)
        assert await count_sealed(session, mark_of("new")) == 0
        assert await count_sealed(session, mark_of("ol")) == 0


async def test_what_a_stop_interrupted_goes_on_where_it_was(
    services: Services, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "ROWS_MAX", 2)
    async for batch in resealing.older_secrets(services):
        async with services.database.write() as session:
            await resealing.reseal(session, BOTH, batch)
        break
    left = await resealing.reseal_all(services)
    assert 0 < left.done < len(secrets)
    assert await opened_by(services.database, NEW_RING) == secrets


async def test_a_secret_that_is_exchanged_meanwhile_stays_as_its_owner_wrote_it(
    services: Services, secrets: dict[str, str]
) -> None:
    place = next(place for place in secrets if place.startswith("grants.refresh_token"))
    fresh = OLD_RING.seal("just refreshed", place=place)
    async for batch in resealing.older_secrets(services):
        if batch.column.column.name == "refresh_token":
            async with services.database.write() as session:
                await session.execute(
                    update(Grant).where(Grant.id == UUID(place.partition(":")[2])).values(refresh_token=fresh)
                )
            async with services.database.write() as session:
                done = await resealing.reseal(session, BOTH, batch)
            assert (done.done, done.overtaken) == (GRANTS - 1, 1)
    assert (await opened_by(services.database, BOTH))[place] == "just refreshed"
    assert (await resealing.reseal_all(services)).unopened == 0
    assert (await opened_by(services.database, NEW_RING))[place] == "just refreshed"


async def test_a_secret_of_an_unknown_key_stays_and_holds_up_nothing(
    services: Services, secrets: dict[str, str]
) -> None:
    foreign = Vault({"gone": b"g" * 32})
    place = next(place for place in secrets if place.startswith("grants.access_token"))
    async with services.database.write() as session:
        sealed = foreign.seal("lost", place=place)
        await session.execute(
            update(Grant).where(Grant.id == UUID(place.partition(":")[2])).values(access_token=sealed)
        )
    done = await resealing.reseal_all(services)
    assert (done.done, done.unopened) == (len(secrets) - 1, 1)
    told = await missing_older_key(services)
    assert told is not None
    assert "grants.access_token" in told


async def test_whoever_starts_without_the_old_key_is_told_so_until_all_is_rotated(
    services: Services, secrets: dict[str, str]
) -> None:
    assert secrets
    without = replace(services, vault=NEW_RING)
    assert await missing_older_key(without) is not None
    assert await missing_older_key(services) is None
    await resealing.reseal_all(services)
    assert await missing_older_key(without) is None


async def test_the_chore_comes_back_while_the_ring_has_an_older_key(
    services: Services, secrets: dict[str, str]
) -> None:
    for vault, comes_back in ((BOTH, AT + timedelta(seconds=resealing.AGAIN_S)), (NEW_RING, None)):
        running = replace(services, vault=vault)
        async with services.database.write() as session:
            await services.engine.wake(session, resealing.LANE)

        async def turn(turn: Any, running: Services = running) -> Any:
            return await resealing.reseal_secrets(running, turn)

        await services.engine.run_until_idle({resealing.LANE_KIND: turn})  # type: ignore[attr-defined]  # the embedded engine has it
        assert await opened_by(services.database, NEW_RING) == secrets
        async with services.database.read() as session:
            lane = await session.get_one(Lane, resealing.LANE)
        assert (lane.due_at, lane.last_error) == (comes_back, None)


async def test_a_row_that_is_gone_is_not_written(services: Services, secrets: dict[str, str]) -> None:
    where = next(each for each in sealed_columns() if each.table.name == "kept_answers")
    assert secrets
    async with services.database.write() as session:
        assert not await replace_sealed(session, where, SealedRow((new_id(), "none"), b"x"), b"y")


def test_every_place_of_a_secret_is_a_sealed_column_and_the_other_way_round() -> None:
    places = re.compile(r'f"(\w+\.\w+):\{')
    of_apps = re.compile(r'(?:place_of_app\(|_moved\(vault, row, "\w+", )"(\w+)"')
    sources = [path for path in SOURCE.rglob("*.py") if "sandbox" not in path.parts]
    texts = [path.read_text() for path in sources]
    named = {place for source in texts for place in places.findall(source)}
    named |= {f"platform_apps.{column}" for source in texts for column in of_apps.findall(source)}
    assert named == {f"{where.table.name}.{where.column.name}" for where in sealed_columns()}
