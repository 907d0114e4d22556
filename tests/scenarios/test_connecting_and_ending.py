"""Disconnecting, and what is ended at the platform: this company only, and nothing that somebody else lives by."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.scenarios.test_connecting import (
    DEMO,
    HARBOUR,
    QUIET,
    actions_of_events,
    deauthorize,
    disconnect,
    new_link,
    only_connection,
    standing_at_platform,
)
from tests.support.house import House
from tests.support.partner import Partner

from tieout.kit.identifiers import new_id
from tieout.storage.tables.connections import Company, Connection, Grant, Link
from tieout.storage.tables.work import Intent


async def connect(house: House, partner: Partner, companies: str | list[str], email: str | None = None) -> None:
    person = house.new_person(email=email)
    sight = await person.connect(await new_link(partner), "Xero", companies=companies)
    assert sight.heading.endswith("is connected"), sight.text


def calls(house: House, method: str, path_prefix: str) -> int:
    seen = house.simulator("xero").requests.listed(limit=10_000)
    return sum(one.method == method and one.path.startswith(path_prefix) for one in seen)


async def grants(house: House) -> list[Grant]:
    async with house.services.database.read() as session:
        return list(await session.scalars(select(Grant).order_by(Grant.created_at)))


async def test_disconnecting_ends_the_access_at_the_platform_and_forgets_the_tokens(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, DEMO)
    await house.settle()
    before = (await grants(house))[0]
    ended = await disconnect(partner)
    assert ended["status"] == "disconnected"
    assert ended["platform"] == "xero"
    assert (await partner.get("/accounting_connections")).json() == {"data": []}
    assert (await actions_of_events(house))[-1] == "accounting_connection.pending_auth"
    assert "accounting_connection.disconnected" in await actions_of_events(house)
    await house.settle()
    assert standing_at_platform(house) == set()
    after = (await grants(house))[0]
    assert (after.end_reason, after.ended_at) == ("revoked", house.clock.now())
    assert after.refresh_token != before.refresh_token
    assert house.services.vault.open(after.refresh_token, place=f"grants.refresh_token:{after.id}") == ""
    async with house.services.database.read() as session:
        company = (await session.scalars(select(Company))).one()
        assert (company.grant_id, company.platform_connection_id, company.pull_due_at) == (None, None, None)
        assert company.cursor is not None


async def test_disconnecting_twice_is_harmless(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, DEMO)
    ended = await disconnect(partner)
    again = await partner.post(f"/accounting_connections/{ended['id']}/disconnect")
    assert (again.status_code, again.json()["status"]) == (200, "disconnected")
    assert (await actions_of_events(house)).count("accounting_connection.disconnected") == 1


async def test_a_connection_that_nobody_used_can_be_disconnected(house: House) -> None:
    partner = await house.new_partner()
    await new_link(partner)
    assert (await disconnect(partner))["status"] == "disconnected"
    assert await house.settle() == 0


async def test_another_company_of_the_same_person_goes_on(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, DEMO)
    first_entity = partner.entity_id
    await partner.make_entity("Second Ltd")
    await connect(house, partner, HARBOUR)
    await house.settle()
    await disconnect(partner)
    await house.settle()
    assert standing_at_platform(house) == {DEMO}
    assert calls(house, "POST", "/connect/revocation") == 0
    assert [grant.end_reason for grant in await grants(house)] == [None, "not_needed"]
    partner.entity_id = first_entity
    await partner.post(f"/accounting_connections/{(await only_connection(partner))['id']}/sync")
    await house.settle()
    assert (await only_connection(partner))["errors"] is None
    await disconnect(partner)
    await house.settle()
    assert standing_at_platform(house) == set()
    assert calls(house, "POST", "/connect/revocation") == 1


async def test_a_company_of_another_person_does_not_hinder_revoking(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, DEMO)
    first_entity = partner.entity_id
    await partner.make_entity("Second Ltd")
    await connect(house, partner, QUIET, email="robin@example.com")
    partner.entity_id = first_entity
    await disconnect(partner)
    await house.settle()
    assert calls(house, "POST", "/connect/revocation") == 1
    assert standing_at_platform(house) == set()
    assert standing_at_platform(house, "robin@example.com") == {QUIET}


async def test_the_access_token_is_refreshed_when_the_end_comes_late(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, DEMO)
    await partner.make_entity("Second Ltd")
    await connect(house, partner, HARBOUR)
    await house.settle()
    house.clock.move(timedelta(days=3))
    await disconnect(partner)
    await house.settle()
    assert standing_at_platform(house) == {DEMO}


@pytest.mark.parametrize("kind", ["drop_before_commit", "status_before_commit", "rate_limited", "drop_after_commit"])
async def test_a_silent_platform_is_asked_again(house: House, kind: str) -> None:
    partner = await house.new_partner()
    await connect(house, partner, DEMO)
    await house.settle()
    house.simulator("xero").faults.add({"kind": kind, "path_prefix": "/connect/revocation", "count": 2})
    assert (await disconnect(partner))["status"] == "disconnected"
    await house.settle()
    assert (await grants(house))[0].ended_at is None
    for _ in range(2):
        house.clock.move(timedelta(minutes=6))
        await house.settle()
    assert (await grants(house))[0].ended_at is not None
    assert standing_at_platform(house) == set()
    assert await house.settle() == 0


async def test_a_platform_that_refuses_for_a_week_is_asked_no_more(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, DEMO)
    await house.settle()
    house.simulator("xero").faults.add({"kind": "drop_before_commit", "path_prefix": "/connect", "count": 10_000})
    await disconnect(partner)
    await house.settle()
    house.clock.move(timedelta(days=7, minutes=1))
    await house.settle()
    assert (await grants(house))[0].ended_at is not None
    assert await house.settle() == 0


async def test_books_connected_anew_before_the_end_came_through_stay_connected(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, DEMO)
    await house.settle()
    house.simulator("xero").faults.add({"kind": "drop_before_commit", "path_prefix": "/connect/revocation"})
    await disconnect(partner)
    await connect(house, partner, DEMO)
    for _ in range(3):
        await house.settle()
        house.clock.move(timedelta(minutes=6))
    assert standing_at_platform(house) == {DEMO}
    assert [grant.end_reason for grant in await grants(house)] == ["replaced", None]
    assert (await only_connection(partner))["status"] == "connected"


async def test_lost_access_can_be_disconnected_too(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, DEMO)
    await house.settle()
    await deauthorize(house, partner)
    assert (await disconnect(partner))["status"] == "disconnected"
    await house.settle()
    assert (await grants(house))[0].ended_at is not None


async def add_intent(house: House, state: str, **more: Any) -> UUID:
    """A write of the only company in some state, as the write ledger would hold it."""
    now = house.clock.now()
    async with house.services.database.write() as session:
        company = (await session.scalars(select(Company))).one()
        entity_id = await _entity_of(session, company.id)
        link = Link(
            partner_id=company.partner_id,
            entity_id=entity_id,
            company_id=company.id,
            object_type="receivable",
            object_id=new_id(),
            last_pulled_at=now,
            created_at=now,
            updated_at=now,
        )
        session.add(link)
        await session.flush()
        known: dict[str, Any] = {"object_type": "receivable", "body": b"", "evidence": {}}
        intent = Intent(
            partner_id=company.partner_id,
            entity_id=entity_id,
            company_id=company.id,
            link_id=link.id,
            object_id=link.object_id,
            operation="create",
            state=state,
            key="k",
            method="POST",
            path="/",
            planned=b"",
            resolve_at=now + timedelta(days=1),
            created_at=now,
            updated_at=now,
            **(known | more),
        )
        session.add(intent)
        await session.flush()
        return intent.id


async def _entity_of(session: Any, company_id: UUID) -> UUID:
    entity_id: UUID = await session.scalar(select(Connection.entity_id).where(Connection.company_id == company_id))
    return entity_id


async def state_of(house: House, intent_id: UUID) -> str:
    async with house.services.database.read() as session:
        return (await session.get_one(Intent, intent_id)).state


async def test_writes_that_were_not_sent_are_cancelled(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, DEMO)
    noted = {"stale": {"wish": 1, "times": 2}}
    ready, sending = await add_intent(house, "ready", evidence=noted), await add_intent(house, "sending")
    scan = await add_intent(house, "ready", object_type="attachment", body=b"%PDF-1.7")
    await disconnect(partner)
    assert await state_of(house, ready) == "cancelled"
    async with house.services.database.read() as session:
        evidence = (await session.get_one(Intent, ready)).evidence
        file = await session.get_one(Intent, scan)
    assert evidence == {**noted, "cancelled": "disconnected_by_partner"}, "what was known of it is kept"
    assert (file.state, file.body, file.evidence["file"]["size_bytes"]) == ("cancelled", b"", 8)
    assert await state_of(house, sending) == "sending"


async def test_access_is_kept_for_ten_minutes_while_a_write_is_uncertain(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, DEMO)
    await house.settle()
    await add_intent(house, "uncertain")
    await disconnect(partner)
    await house.settle()
    house.clock.move(timedelta(minutes=9))
    await house.settle()
    assert standing_at_platform(house) == {DEMO}
    house.clock.move(timedelta(minutes=1))
    await house.settle()
    assert standing_at_platform(house) == set()


async def test_access_ends_as_soon_as_the_uncertain_write_is_resolved(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, DEMO)
    await house.settle()
    intent_id = await add_intent(house, "uncertain")
    await disconnect(partner)
    await house.settle()
    async with house.services.database.write() as session:
        (await session.get_one(Intent, intent_id)).state = "confirmed"
    house.clock.move(timedelta(seconds=15))
    await house.settle()
    assert standing_at_platform(house) == set()
