"""From the partner's invoice to its endpoint: what happens in the books is told, signed, once and in order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.endpoint import Endpoint, listening_endpoint
from tests.support.house import House, build_house
from tests.support.trading import PLATFORMS, Trade, open_trade, unhurried

from tieout.app import run_lanes_until
from tieout.engine.port import LANES_AT_ONCE_MAX
from tieout.kit.identifiers import new_id
from tieout.storage.tables.work import Lane
from tieout.sync.delivering import sweeping
from tieout.sync.wanting import company_lane

WAIT_S_MAX = 30


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with listening_endpoint() as made:
        yield made


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    built = await build_house(tmp_path, allow_private_addresses=True)
    unhurried(monkeypatch)
    yield built
    await built.close()


async def subscribe(trade: Trade, endpoint: Endpoint, object_type: str, *event_types: str) -> dict[str, Any]:
    body = {"object_type": object_type, "url": endpoint.url, "event_types": list(event_types)}
    return await trade.ask("POST", "/webhook_subscriptions", body)


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_an_issued_invoice_is_told_as_issued_and_as_being_in_the_books(
    house: House, endpoint: Endpoint, platform: str
) -> None:
    trade = await open_trade(house, platform)
    secrets = {
        made["id"]: made["secret"]
        for made in (
            await subscribe(trade, endpoint, "accounting_synced_record", "done"),
            await subscribe(trade, endpoint, "receivable"),
            await subscribe(trade, endpoint, "accounting_connection", "accounting_connection.disconnected"),
        )
    }
    customer = await trade.counterpart("Northwind Traders")
    invoice = await trade.issue(customer)
    await trade.settle()

    for one in endpoint.came:
        secret = secrets[one.event["webhook_subscription_id"]]
        assert one.is_signed_as_monite_does(secret)
        assert one.is_signed_as_the_standard_says(secret)
    told = endpoint.events()
    receivables = [event["action"] for event in told if event["object_type"] == "receivable"]
    assert receivables[:2] == ["receivable.created", "receivable.issued"]
    (synced,) = [
        event
        for event in told
        if event["object_type"] == "accounting_synced_record" and event["object"]["object_id"] == invoice["id"]
    ]
    assert synced["action"] == "accounting_synced_record.done"
    assert synced["object"] == await trade.synced("receivable", invoice)
    assert synced["object"]["platform_object_id"] == await trade.done("receivable", invoice)
    ids = [event["id"] for event in told]
    assert len(set(ids)) == len(ids)

    (connection,) = (await trade.ask("GET", "/accounting_connections"))["data"]
    await trade.ask("POST", f"/accounting_connections/{connection['id']}/disconnect")
    await trade.settle()
    assert [event["action"] for event in endpoint.events()] == ["accounting_connection.disconnected"]
    deliveries = (await trade.ask("GET", "/webhook_deliveries?event_action=disconnected"))["data"]
    assert [one["was_successful"] for one in deliveries] == [True]


async def seen(condition: Callable[[], bool]) -> None:
    """Wait until it holds; the test's own time limit ends a wait in vain."""
    async with asyncio.timeout(WAIT_S_MAX):
        while not condition():  # noqa: ASYNC110 - what is looked at sets no event
            await asyncio.sleep(0.01)


async def lane_of(house: House, key: str) -> Lane | None:
    async with house.services.database.read() as session:
        return await session.get(Lane, key)


async def test_whoever_runs_lanes_delivers_sweeps_and_lets_no_endpoint_hold_up_the_books(
    house: House, endpoint: Endpoint
) -> None:
    partner = await house.new_partner()
    for _ in range(LANES_AT_ONCE_MAX + 1):
        body = {"object_type": "product", "url": endpoint.url}
        assert (await partner.post("/webhook_subscriptions", json=body)).status_code == 201
    stop = asyncio.Event()
    endpoint.otherwise = None
    running = asyncio.create_task(run_lanes_until(house.services, stop))
    try:
        assert (await partner.post("/products", json={"name": "Ink"})).status_code == 201
        await seen(lambda: len(endpoint.came) == LANES_AT_ONCE_MAX)
        company = company_lane(new_id())
        async with house.services.database.write() as session:
            await house.services.engine.wake(session, company)
        house.services.engine.nudge()
        ran = False
        async with asyncio.timeout(WAIT_S_MAX):
            while not ran:
                lane = await lane_of(house, company)
                ran = lane is not None and lane.fence == 1 and lane.owner is None
                await asyncio.sleep(0.01)
        assert len(endpoint.came) == LANES_AT_ONCE_MAX, "the endpoint still says nothing"
        sweeping_lane = await lane_of(house, sweeping.LANE)
        assert sweeping_lane is not None
        assert sweeping_lane.due_at is not None
        assert sweeping_lane.due_at > house.clock.now()
    finally:
        stop.set()
        endpoint.hang_up()
        await running
