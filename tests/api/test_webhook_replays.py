"""The log of deliveries, delivering again, trying an endpoint out, and what is swept after three months."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from tests.support.endpoint import OK, REFUSED
from tests.support.hooked import Hooked, hooked

from tieout.api.webhook_replays import service
from tieout.kit.identifiers import new_id
from tieout.storage.tables.webhooks import WebhookDelivery
from tieout.storage.tables.work import Event
from tieout.sync.delivering import replaying, sweeping, turns
from tieout.sync.events import record_event


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Hooked]:
    async with hooked(tmp_path) as made:
        yield made


def actions(stand: Hooked) -> list[str]:
    return [event["action"] for event in stand.endpoint.events()]


async def replay(stand: Hooked, **body: Any) -> dict[str, Any]:
    begin = (stand.api.clock.now() - timedelta(days=1)).isoformat()
    answer = await stand.partner.post("/webhook_replays", json={"created_at__gte": begin, **body})
    assert answer.status_code == 202, answer.text
    (made,) = answer.json()["data"]
    return dict(made)


async def test_the_log_is_narrowed_by_the_contracts_filters(stand: Hooked) -> None:
    await stand.subscribe()
    await stand.subscribe("counterpart")
    product_id = await stand.make()
    stand.api.clock.move(timedelta(hours=1))
    at = stand.api.clock.now().isoformat()
    await stand.rename(product_id, "Paper")
    everything = await stand.deliveries()
    assert [(one["requests_made_count"], one["was_successful"], one["response"]) for one in everything] == [
        (0, None, None),
        (0, None, None),
    ]
    await stand.settle()
    created, updated = [one["id"] for one in await stand.deliveries()]

    async def ids(**query: str) -> list[str]:
        return [one["id"] for one in await stand.deliveries(**query)]

    assert await ids(order="desc", sort="created_at") == [updated, created]
    assert await ids(object_type="product") == [created, updated]
    assert await ids(object_type="counterpart") == []
    assert await ids(event_action="updated") == await ids(event_action="product.updated") == [updated]
    assert await ids(event_action="date") == await ids(event_action="counterpart.updated") == []
    assert await ids(event_id=everything[0]["event_id"]) == [created]
    assert await ids(event_id=str(new_id())) == []
    assert await ids(created_at__gte=at) == [updated]
    assert await ids(created_at__lt=at) == [created]
    assert (await stand.partner.get("/webhook_deliveries", params={"object_type": "x"})).status_code == 422


async def test_the_log_is_the_entitys_own(stand: Hooked) -> None:
    await stand.subscribe()
    await stand.make()
    first = stand.partner.entity_id
    await stand.partner.make_entity("Other Ltd")
    assert await stand.deliveries() == []
    other = await stand.api.new_partner("Somebody Else Inc")
    other.entity_id = first
    assert (await other.get("/webhook_deliveries")).status_code == 404
    stand.partner.entity_id = ""
    assert (await stand.partner.get("/webhook_deliveries")).status_code in {400, 422}


async def test_one_delivery_is_sent_again_under_the_same_id_and_counted_on(stand: Hooked) -> None:
    await stand.subscribe()
    await stand.make()
    await stand.settle()
    (delivery,) = await stand.deliveries()
    answer = await stand.partner.post(f"/webhook_deliveries/{delivery['id']}/replay")
    assert answer.status_code == 202
    assert answer.json() == delivery
    await stand.settle()
    assert len({one.headers["webhook-id"] for one in stand.endpoint.came}) == 1
    assert len(stand.endpoint.came) == 2
    (delivery,) = await stand.deliveries()
    assert (delivery["requests_made_count"], delivery["was_successful"]) == (2, True)


async def test_a_delivery_that_was_given_up_begins_its_schedule_anew(stand: Hooked) -> None:
    await stand.subscribe()
    stand.endpoint.otherwise = REFUSED
    await stand.make()
    await stand.settle()
    for _ in range(8):
        await stand.later(hours=12)
    assert len(stand.endpoint.came) == 8
    (delivery,) = await stand.deliveries()
    await stand.partner.post(f"/webhook_deliveries/{delivery['id']}/replay")
    await stand.later(minutes=10)
    stand.endpoint.otherwise = OK
    await stand.later(hours=1)
    (delivery,) = await stand.deliveries()
    assert (delivery["requests_made_count"], delivery["was_successful"]) == (10, True)


async def test_a_delivery_that_waits_is_tried_at_once(stand: Hooked) -> None:
    await stand.subscribe()
    stand.endpoint.answers = [REFUSED]
    await stand.make()
    await stand.settle()
    (delivery,) = await stand.deliveries()
    await stand.partner.post(f"/webhook_deliveries/{delivery['id']}/replay")
    await stand.settle()
    assert [one["was_successful"] for one in await stand.deliveries()] == [True]


async def test_nothing_is_delivered_again_that_is_not_the_callers_or_cannot_be(stand: Hooked) -> None:
    subscription = await stand.subscribe()
    await stand.make()
    await stand.settle()
    (delivery,) = await stand.deliveries()
    path = f"/webhook_deliveries/{delivery['id']}/replay"
    other = await stand.api.new_partner("Somebody Else Inc")
    await other.make_entity()
    assert (await other.post(path)).status_code == 404
    assert (await stand.partner.post(f"/webhook_deliveries/{new_id()}/replay")).status_code == 404
    await stand.partner.post(f"/webhook_subscriptions/{subscription['id']}/disable")
    assert (await stand.partner.post(path)).status_code == 409
    await stand.partner.delete(f"/webhook_subscriptions/{subscription['id']}")
    assert (await stand.partner.post(path)).status_code == 409
    await stand.settle()
    assert len(stand.endpoint.came) == 1


async def test_a_range_is_delivered_again_with_what_was_missed_while_disabled(stand: Hooked) -> None:
    subscription = await stand.subscribe(event_types=["created", "updated"])
    product_id = await stand.make()
    await stand.settle()
    await stand.partner.post(f"/webhook_subscriptions/{subscription['id']}/disable")
    stand.api.clock.move(timedelta(hours=1))
    await stand.rename(product_id, "Paper")
    await stand.partner.delete(f"/products/{product_id}")
    stand.api.clock.move(timedelta(hours=1))
    await stand.partner.post(f"/webhook_subscriptions/{subscription['id']}/enable")
    assert actions(stand) == ["product.created"]

    made = await replay(stand, object_type="product")
    assert (made["events_count"], made["finished_at"]) == (0, None)
    await stand.settle()
    assert actions(stand) == ["product.created", "product.updated"]
    done = (await stand.partner.get(f"/webhook_replays/{made['id']}")).json()
    assert done["events_count"] == 2
    assert done["finished_at"] is not None
    assert len(await stand.deliveries()) == 2

    await replay(stand, undelivered_only=True)
    await stand.settle()
    assert actions(stand) == []


async def test_a_range_is_as_wide_as_asked(stand: Hooked) -> None:
    subscription = await stand.subscribe()
    first_entity = stand.partner.entity_id
    for name in ("a", "b", "c"):
        await stand.make(name)
        stand.api.clock.move(timedelta(hours=1))
    await stand.partner.make_entity("Other Ltd")
    await stand.make("d")
    await stand.settle()
    stand.endpoint.came.clear()
    now = stand.api.clock.now()

    async def names(**body: Any) -> list[str]:
        await replay(stand, **body)
        await stand.settle()
        return [event["object"]["name"] for event in stand.endpoint.events()]

    assert await names() == ["a", "b", "c", "d"]
    assert await names(created_at__gte=(now - timedelta(hours=2)).isoformat()) == ["b", "c", "d"]
    assert await names(created_at__lte=(now - timedelta(minutes=90)).isoformat()) == ["a", "b"]
    assert await names(entity_id=first_entity) == ["a", "b", "c"]
    assert await names(webhook_subscription_id=subscription["id"], entity_id=stand.partner.entity_id) == ["d"]


async def test_a_long_range_is_put_in_line_page_by_page_in_order(
    stand: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "PAGE_EVENTS_MAX", 7)
    monkeypatch.setattr(replaying, "WAITING_MAX", 10)
    async with stand.api.services.database.write() as session:
        for number in range(60):
            record_event(
                session,
                partner_id=stand.partner.id,
                entity_id=UUID(stand.partner.entity_id),
                object_type="product",
                object_id=UUID(int=number % 3),
                action="product.updated",
                at=stand.api.clock.now() - timedelta(seconds=60 - number // 2),  # two at the same moment
                payload={"number": number},
            )
    await stand.subscribe()
    made = await replay(stand)
    waiting: list[int] = []

    async def page_by_page(session: AsyncSession, replay_id: UUID, **options: Any) -> None:
        await replaying.replay_page(session, replay_id, **options)
        count = select(func.count()).select_from(WebhookDelivery).where(WebhookDelivery.state == "waiting")
        waiting.append(await session.scalar(count) or 0)

    monkeypatch.setattr(turns, "replay_page", page_by_page)
    while await stand.settle():
        pass
    assert len(waiting) == 9
    assert max(waiting) < 10 + 7
    numbers = [event["object"]["number"] for event in stand.endpoint.events()]
    assert sorted(numbers) == list(range(60))
    for one in range(3):
        seconds = [number // 2 for number in numbers if number % 3 == one]
        assert seconds == sorted(seconds)
    assert (await stand.partner.get(f"/webhook_replays/{made['id']}")).json()["events_count"] == 60


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"created_at__gte": "yesterday"}, 422),
        ({"created_at__gte": "2026-03-02T09:00:00Z", "created_at__lte": "2026-03-02T08:00:00Z"}, 422),
        ({"created_at__gte": "2027-01-01T00:00:00Z"}, 422),
        ({"created_at__gte": "2026-03-02T09:00:00Z", "undelivered_only": "yes"}, 422),
        ({"created_at__gte": "2026-03-02T09:00:00Z", "colour": "red"}, 422),
        ({"created_at__gte": "2026-03-02T09:00:00Z", "webhook_subscription_id": str(UUID(int=7))}, 422),
        ({"created_at__gte": "2026-03-02T09:00:00Z", "entity_id": str(UUID(int=7))}, 422),
        ({"created_at__gte": "2026-03-02T09:00:00Z", "object_type": "receivable"}, 409),
    ],
)
async def test_a_range_that_cannot_be_delivered_is_refused(stand: Hooked, body: dict[str, Any], status: int) -> None:
    await stand.subscribe()
    answer = await stand.partner.post("/webhook_replays", json=body)
    assert answer.status_code == status, answer.text


async def test_replays_are_the_partners_own(stand: Hooked) -> None:
    subscription = await stand.subscribe()
    made = await replay(stand)
    other = await stand.api.new_partner("Somebody Else Inc")
    begin = {"created_at__gte": "2026-03-01T00:00:00Z"}
    assert (await other.get(f"/webhook_replays/{made['id']}")).status_code == 404
    assert (await other.post("/webhook_replays", json=begin)).status_code == 409
    theirs = {**begin, "webhook_subscription_id": subscription["id"]}
    assert (await other.post("/webhook_replays", json=theirs)).status_code == 422
    theirs = {**begin, "entity_id": stand.partner.entity_id}
    await other.post("/webhook_subscriptions", json={"object_type": "product", "url": stand.endpoint.url})
    assert (await other.post("/webhook_replays", json=theirs)).status_code == 422


async def test_only_so_many_replays_are_under_way(stand: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "UNFINISHED_MAX", 1)
    await stand.subscribe()
    await replay(stand)
    body = {"created_at__gte": "2026-03-01T00:00:00Z"}
    assert (await stand.partner.post("/webhook_replays", json=body)).status_code == 409
    await stand.settle()
    await replay(stand)


async def test_an_endpoint_can_be_tried_out(stand: Hooked) -> None:
    chosen = await stand.subscribe(event_types=["created"])
    await stand.subscribe()
    answer = await stand.partner.post(f"/webhook_subscriptions/{chosen['id']}/test")
    assert answer.status_code == 202
    await stand.settle()
    (came,) = stand.endpoint.came
    assert came.event == {**answer.json(), "webhook_subscription_id": chosen["id"]}
    assert came.event["action"] == "product.test"
    assert came.is_signed_as_the_standard_says(chosen["secret"])
    other = await stand.api.new_partner("Somebody Else Inc")
    await other.make_entity()
    assert (await other.post(f"/webhook_subscriptions/{chosen['id']}/test")).status_code == 404
    await stand.partner.post(f"/webhook_subscriptions/{chosen['id']}/disable")
    assert (await stand.partner.post(f"/webhook_subscriptions/{chosen['id']}/test")).status_code == 409
    assert len((await stand.partner.get("/events?object_type=product")).json()["data"]) == 1


async def test_the_trial_of_one_endpoint_is_replayed_to_that_one_alone(stand: Hooked) -> None:
    chosen = await stand.subscribe(event_types=["updated"])
    other = await stand.subscribe()
    await stand.partner.post(f"/webhook_subscriptions/{chosen['id']}/test")
    await stand.make()
    await stand.settle()
    stand.endpoint.came.clear()
    for subscription in (chosen, other):
        await replay(stand, webhook_subscription_id=subscription["id"])
    await stand.settle()
    came = {(event["webhook_subscription_id"], event["action"]) for event in stand.endpoint.events()}
    assert came == {(chosen["id"], "product.test"), (other["id"], "product.created")}


async def test_events_and_deliveries_are_swept_after_three_months(
    stand: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "ROWS_MAX", 2)
    subscription = await stand.subscribe()
    for name in ("a", "b", "c"):
        await stand.make(name)
    await replay(stand)
    await stand.settle()
    engine = stand.api.services.engine
    async with stand.api.services.database.write() as session:
        await engine.wake(session, sweeping.LANE)
    stand.api.clock.move(timedelta(days=sweeping.KEPT_DAYS, hours=-1))
    await stand.make("young")
    await stand.settle()
    assert len(await stand.deliveries()) == 4
    await stand.partner.post("/webhook_replays", json={"created_at__gte": stand.api.clock.now().isoformat()})

    await stand.later(hours=7)
    assert len(await stand.deliveries()) == 1
    events = (await stand.partner.get("/events")).json()["data"]
    assert [event["object"]["name"] for event in events] == ["young"]
    assert (await stand.health(subscription))["status"] == "enabled"
    await stand.later(days=sweeping.KEPT_DAYS)
    async with stand.api.services.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Event)) == 0


async def test_an_old_event_stays_while_a_young_delivery_tells_of_it(stand: Hooked) -> None:
    await stand.make("old")
    await stand.later(days=60)
    await stand.subscribe()
    await replay(stand, created_at__gte="2026-01-01T00:00:00Z")
    await stand.settle()
    async with stand.api.services.database.write() as session:
        await stand.api.services.engine.wake(session, sweeping.LANE)
    await stand.later(days=60)
    (delivery,) = await stand.deliveries()
    assert (await stand.partner.get(f"/events/{delivery['event_id']}")).status_code == 200
    await stand.later(days=60)
    assert await stand.deliveries() == []
    assert (await stand.partner.get(f"/events/{delivery['event_id']}")).status_code == 404
