"""Several people and programs at the same moment, on both databases: one wins, and the others are told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, text
from tests.support.databases import BACKENDS, Backend, empty_database
from tests.support.house import House, build_house
from tests.support.partner import Partner

from tieout.platforms.port import Tokens
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.connections import Company, Connection, Consent
from tieout.sync.callbacks import Landing
from tieout.sync.choosing import attach_choice
from tieout.sync.grants import save_new_grant

AT_ONCE = 4


@pytest.fixture(params=BACKENDS)
async def crowded(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    backend: Backend = request.param
    async with empty_database(backend, tmp_path) as database:
        house = await build_house(tmp_path, database=database)
        yield house
        await house.close()


async def entity_with_choice(house: House, partner: Partner, number: int) -> str:
    """An entity whose person is about to connect the very same company; the visit's state hash."""
    await partner.make_entity(f"Entity {number}")
    connection_id = (await partner.post("/accounting_connections")).json()["id"]
    now = house.clock.now()
    tokens = Tokens(access_token="a", refresh_token="b", access_expires_in_s=1800)
    async with house.services.database.write() as session:
        app = (await session.scalars(select(PlatformApp).where(PlatformApp.platform == "xero"))).one()
        grant = save_new_grant(session, house.services.vault, app=app, tokens=tokens, received_at=now)
        await session.flush()
        session.add(
            Consent(
                state_hash=f"state-{number}",
                browser_hash="browser",
                partner_id=app.partner_id,
                connection_id=UUID(connection_id),
                app_id=app.id,
                platform="xero",
                verifier=b"",
                grant_id=grant.id,
                choices=[{"external_id": "same", "name": "The Same Company"}],
                link_expires_at=now + timedelta(days=7),
                created_at=now,
                expires_at=now + timedelta(minutes=30),
                used_at=now,
            )
        )
    return f"state-{number}"


async def test_one_of_several_entities_gets_the_books(crowded: House) -> None:
    partner = await crowded.new_partner()
    states = [await entity_with_choice(crowded, partner, number) for number in range(AT_ONCE)]
    arrivals = await asyncio.gather(
        *(attach_choice(crowded.services, state, "same", confirmed=False) for state in states)
    )
    landings = [arrival.landing for arrival in arrivals]
    assert landings.count(Landing.CONNECTED) == 1
    assert landings.count(Landing.ELSEWHERE) == AT_ONCE - 1
    async with crowded.services.database.read() as session:
        assert len((await session.scalars(select(Company))).all()) == 1
        statuses = (await session.scalars(select(Connection.status))).all()
        assert sorted(statuses) == ["connected", *["pending_auth"] * (AT_ONCE - 1)]


async def test_one_choice_confirmed_twice_is_attached_once(crowded: House) -> None:
    partner = await crowded.new_partner()
    state = await entity_with_choice(crowded, partner, 1)
    arrivals = await asyncio.gather(
        *(attach_choice(crowded.services, state, "same", confirmed=True) for _ in range(AT_ONCE))
    )
    assert {arrival.landing for arrival in arrivals} == {Landing.CONNECTED}


async def somebody_waits_for_a_lock(house: House) -> None:
    """On PostgreSQL; on SQLite nobody else writes meanwhile anyway."""
    if house.services.database.is_sqlite:
        return
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with asyncio.timeout(10):
        while True:
            async with house.services.database.read() as session:
                if await session.scalar(waiting):
                    return
            await asyncio.sleep(0.02)


async def test_a_person_who_connects_again_and_a_turn_of_the_same_books_never_wait_for_one_another(
    crowded: House,
) -> None:
    partner = await crowded.new_partner()
    await attach_choice(crowded.services, await entity_with_choice(crowded, partner, 1), "same", confirmed=False)
    database = crowded.services.database
    async with database.write() as session:
        company = (await session.scalars(select(Company))).one()
        connection = (await session.scalars(select(Connection))).one()
        connection.status = "deauthorized"
        consent = (await session.scalars(select(Consent))).one()
        consent.finished_at, consent.choices = None, [{"external_id": "same", "name": "The Same Company"}]
    async with database.write() as session:
        await session.get_one(Company, company.id, with_for_update=True)
        attaching = asyncio.create_task(attach_choice(crowded.services, "state-1", "same", confirmed=False))
        await somebody_waits_for_a_lock(crowded)
        turn = await session.get_one(Connection, connection.id, with_for_update=True)
        turn.updated_at = crowded.clock.now()
    assert (await attaching).landing is Landing.CONNECTED


async def test_programs_that_ask_at_once_get_one_connection(crowded: House) -> None:
    partner = await crowded.new_partner()
    answers = await asyncio.gather(*(partner.post("/accounting_connections") for _ in range(AT_ONCE)))
    assert [answer.status_code for answer in answers] == [201] * AT_ONCE
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_callback_that_comes_twice_at_once_is_exchanged_once(crowded: House) -> None:
    partner = await crowded.new_partner()
    person = crowded.new_person()
    link = (await partner.post("/accounting_connections")).json()["connection_url"]
    await person.open(link)
    await person.press("X Xero")
    sight = await person.sign_in()
    form = sight.forms[0]
    fields = dict(form.fields) | {"step": "connect", "company": form.choices[0][1]}
    answer = await person.http.post(sight.url.partition("?")[0], data=fields)
    callback = answer.headers["location"]
    answers = await asyncio.gather(*(person.http.get(callback) for _ in range(AT_ONCE)))
    assert {answer.status_code for answer in answers} == {303}
    seen = crowded.simulator("xero").requests.listed(limit=1_000)
    assert sum(one.path == "/connect/token" for one in seen) == 1
    await crowded.settle()
    data = (await partner.get("/accounting_connections")).json()["data"]
    assert [one["status"] for one in data] == ["connected"]
