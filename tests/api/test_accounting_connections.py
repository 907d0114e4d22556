"""/accounting_connections: what is shown, what may be done in which state, and asking for older documents."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from tests.support.connected import PLATFORM, Connected, connect_books
from tests.support.partner import Api, Partner

from tieout.platforms.port import Environment
from tieout.platforms.registry import all_platforms
from tieout.storage.tables.connections import Company, Connection
from tieout.storage.tables.sync_history import SyncRun
from tieout.storage.tables.work import Event, Lane

PATH = "/accounting_connections"
BACKFILL = {"object_types": ["receivable"], "issued_from": "2026-01-01"}


@pytest.fixture
async def books(api: Api, partner: Partner) -> Connected:
    return await connect_books(api, partner)


async def events(api: Api) -> list[Event]:
    async with api.services.database.read() as session:
        query = select(Event).where(Event.object_type == "accounting_connection").order_by(Event.created_at)
        return list(await session.scalars(query))


async def test_a_healthy_connection_says_what_the_contract_has(books: Connected) -> None:
    one = (await books.partner.get(f"{PATH}/{books.connection_id}")).json()
    link = one.pop("connection_url")
    assert link.startswith("https://tieout.example/connect/")
    assert one == {
        "id": str(books.connection_id),
        "created_at": "2026-03-02T09:30:00Z",
        "updated_at": "2026-03-02T09:30:00Z",
        "business_info": {
            "name": "Acme Books",
            "legal_name": None,
            "email": "books@example.com",
            "type": None,
            "base_currency": "GBP",
        },
        "errors": None,
        "last_pull": "2026-03-02T09:30:00Z",
        "platform": all_platforms()[PLATFORM].api_name(Environment.PRODUCTION),
        "status": "connected",
    }
    assert [known["id"] for known in (await books.partner.get(PATH)).json()["data"]] == [one["id"]]


@pytest.mark.parametrize("body", [None, {}, {"platform": None}, {"platform": PLATFORM}])
async def test_a_connection_is_begun_with_or_without_a_body_and_only_once(
    api: Api, partner: Partner, body: dict[str, Any] | None
) -> None:
    await partner.make_entity()
    assert (await partner.get(PATH)).json() == {"data": []}
    options = {} if body is None else {"json": body}
    first = await partner.post(PATH, **options)
    assert (first.status_code, first.json()["status"]) == (201, "pending_auth")
    assert (first.json()["platform"], first.json()["last_pull"]) == (None, None)
    again = await partner.post(PATH, **options)
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    (event,) = await events(api)
    shown = first.json()
    shown.pop("connection_url")
    assert (event.action, event.payload) == ("accounting_connection.pending_auth", shown)


@pytest.mark.parametrize("body", [{"platform": "sage"}, {"platform": 7}, {"provider": "codat"}, []])
async def test_a_body_that_says_something_else_is_refused(partner: Partner, body: Any) -> None:
    await partner.make_entity()
    assert (await partner.post(PATH, json=body)).status_code == 422
    assert (await partner.get(PATH)).json() == {"data": []}


@pytest.mark.parametrize("status", ["connected", "deauthorized"])
async def test_an_entity_with_books_gets_no_second_connection(books: Connected, status: str) -> None:
    await books.change(Connection, books.connection_id, status=status)
    refused = await books.partner.post(PATH)
    assert refused.status_code == 409
    assert str(books.connection_id) in refused.json()["error"]["message"]


async def test_a_sync_is_begun_now_and_only_when_connected(books: Connected) -> None:
    begun = await books.partner.post(f"{PATH}/{books.connection_id}/sync")
    assert (begun.status_code, begun.json()) == (202, {"message": "Started connection data sync."})
    async with books.api.services.database.read() as session:
        company = await session.get_one(Company, books.company_id)
        lane = await session.get_one(Lane, f"company:{books.company_id}")
    assert company.pull_due_at == lane.due_at == books.api.clock.now()
    for status in ("pending_auth", "deauthorized", "disconnected"):
        await books.change(Connection, books.connection_id, status=status)
        refused = await books.partner.post(f"{PATH}/{books.connection_id}/sync")
        assert (refused.status_code, status in refused.json()["error"]["message"]) == (409, True)


async def test_disconnecting_tells_once_ends_what_was_running_and_lets_another_begin(books: Connected) -> None:
    now = books.api.clock.now()
    times = {"started_at": now, "updated_at": now}
    place = {"connection_id": books.connection_id, "company_id": books.company_id, **books.owner}
    running = SyncRun(cause="schedule", status="running", records={}, pushes={}, calls={}, **place, **times)
    await books.add(running)
    for _ in range(2):
        ended = await books.partner.post(f"{PATH}/{books.connection_id}/disconnect")
        assert (ended.status_code, ended.json()["status"]) == (200, "disconnected")
    (event,) = await events(books.api)
    assert (event.action, event.payload["status"]) == ("accounting_connection.disconnected", "disconnected")
    assert event.payload["reason"] == "disconnected_by_partner"
    assert "connection_url" not in event.payload
    (run,) = (await books.partner.get(f"{PATH}/{books.connection_id}/sync_runs")).json()["data"]
    assert run["status"] == "interrupted"
    assert (await books.partner.get(PATH)).json() == {"data": []}
    assert (await books.partner.get(f"{PATH}/{books.connection_id}")).json()["status"] == "disconnected"
    assert (await books.partner.post(PATH)).status_code == 201


async def test_connections_of_others_are_not_there(books: Connected, other_partner: Partner) -> None:
    await other_partner.make_entity()
    assert (await other_partner.get(PATH)).json() == {"data": []}
    for method, end in (
        ("GET", ""),
        ("POST", "/disconnect"),
        ("POST", "/sync"),
        ("GET", "/timeline"),
        ("GET", "/sync_runs"),
        ("GET", "/meter"),
    ):
        answer = await other_partner.call(method, f"{PATH}/{books.connection_id}{end}")
        assert answer.status_code == 404, end
    assert (await other_partner.post(f"{PATH}/{books.connection_id}/backfill", json=BACKFILL)).status_code == 404
    assert (await books.partner.get(f"{PATH}/{books.connection_id}")).json()["status"] == "connected"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "object_types"),
        ({**BACKFILL, "object_types": []}, "object_types"),
        ({**BACKFILL, "object_types": ["customer"]}, "object_types"),
        ({**BACKFILL, "issued_from": "yesterday"}, "issued_from"),
        ({**BACKFILL, "issued_to": "2025-12-31"}, "issued_to"),
        ({**BACKFILL, "include_settled": "yes"}, "include_settled"),
        ({**BACKFILL, "everything": True}, "everything"),
    ],
)
async def test_a_backfill_must_say_which_documents(books: Connected, body: dict[str, Any], place: str) -> None:
    answer = await books.partner.post(f"{PATH}/{books.connection_id}/backfill", json=body)
    assert answer.status_code == 422
    assert place in {fault["loc"][1] for fault in answer.json()["detail"]}
    assert (await books.partner.get(f"{PATH}/{books.connection_id}/timeline")).json()["data"] == []


@pytest.mark.parametrize("status", ["pending_auth", "disconnected"])
async def test_nothing_is_backfilled_to_books_that_are_not_connected(books: Connected, status: str) -> None:
    await books.change(Connection, books.connection_id, status=status)
    answer = await books.partner.post(f"{PATH}/{books.connection_id}/backfill", json=BACKFILL)
    assert (answer.status_code, status in answer.json()["error"]["message"]) == (409, True)


async def test_runs_can_be_narrowed_and_sorted_and_one_of_another_connection_is_not_there(
    api: Api, books: Connected
) -> None:
    now = books.api.clock.now()
    place = {"connection_id": books.connection_id, "company_id": books.company_id, **books.owner}
    counts: dict[str, Any] = {"records": {}, "pushes": {}, "calls": {}}
    ids: dict[str, UUID] = {}
    for cause, status in (("schedule", "finished"), ("push", "failed")):
        run = SyncRun(id=uuid4(), cause=cause, status=status, started_at=now, updated_at=now, **place, **counts)
        ids[cause] = run.id
        await books.add(run)
    base = f"{PATH}/{books.connection_id}/sync_runs"
    for query, expected in (("status=failed", "push"), ("cause=schedule", "schedule")):
        found = (await books.partner.get(f"{base}?{query}")).json()["data"]
        assert [one["id"] for one in found] == [str(ids[expected])]
    for wrong in ("status=lost", "cause=boredom", "sort=cause", "limit=251", "started_at__gt=now"):
        assert (await books.partner.get(f"{base}?{wrong}")).status_code == 422, wrong
    assert (await books.partner.get(f"{base}/{uuid4()}")).status_code == 404
    elsewhere = await connect_books(api, books.partner, name="Other Ltd")
    assert (await books.partner.get(f"{PATH}/{elsewhere.connection_id}/sync_runs/{ids['push']}")).status_code == 404
