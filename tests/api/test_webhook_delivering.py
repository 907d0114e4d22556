"""Delivering: what arrives at a partner's endpoint, in which order, how often, and what becomes of failures."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs
from tests.support.endpoint import OK, REFUSED, answer_of
from tests.support.hooked import Hooked, hooked

from tieout.engine.port import LEASE_S, Turn
from tieout.security.outbound import outbound_client
from tieout.storage.tables.webhooks import WebhookDelivery
from tieout.storage.tables.work import Lane
from tieout.sync.delivering import schedule
from tieout.sync.delivering.outbox import webhook_lane
from tieout.sync.delivering.sending import ANSWER_BYTES_MAX
from tieout.sync.delivering.turns import AT_ONCE_MAX
from tieout.sync.events import record_event


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Hooked]:
    async with hooked(tmp_path) as made:
        yield made


async def test_an_event_arrives_as_the_api_shows_it_and_signed(stand: Hooked) -> None:
    subscription = await stand.subscribe()
    product_id = await stand.make("Ink")
    assert stand.endpoint.came == [], "nothing is sent inside a call"
    await stand.settle()

    (came,) = stand.endpoint.came
    assert came.path == "/hooks"
    assert came.headers["content-type"] == "application/json"
    assert came.event["webhook_subscription_id"] == subscription["id"]
    assert came.event["action"] == "product.created"
    assert came.event["object"]["id"] == product_id
    assert came.event["object"]["name"] == "Ink"
    shown = (await stand.partner.get(f"/events/{came.event['id']}")).json()
    assert {name: value for name, value in came.event.items() if name != "webhook_subscription_id"} == shown

    assert came.headers["webhook-id"] == came.event["id"]
    assert came.headers["webhook-timestamp"] == str(int(stand.api.clock.now().timestamp()))
    assert f"t={came.headers['webhook-timestamp']},v1=" in came.headers["monite-signature"]
    for is_signed in (came.is_signed_as_monite_does, came.is_signed_as_the_standard_says):
        assert is_signed(subscription["secret"])
        assert not is_signed("whsec_" + "A" * 44)

    (delivery,) = await stand.deliveries()
    expected = {"requests_made_count": 1, "response": "ok", "response_status_code": 200, "was_successful": True}
    assert delivery == {**expected, "id": delivery["id"], "event_id": shown["id"], "url": stand.endpoint.url}


async def test_a_secret_signs_until_it_is_replaced_and_never_after(stand: Hooked) -> None:
    old = await stand.subscribe()
    await stand.make()
    new = (await stand.partner.post(f"/webhook_subscriptions/{old['id']}/regenerate_secret")).json()
    with capture_logs() as lines:
        await stand.settle()
    (came,) = stand.endpoint.came
    assert came.is_signed_as_monite_does(new["secret"])
    assert not came.is_signed_as_monite_does(old["secret"])
    assert not came.is_signed_as_the_standard_says(old["secret"])
    assert new["secret"] not in str(lines)
    assert stand.endpoint.url not in str(lines)


@pytest.mark.parametrize("event_types", [["updated"], ["product.updated"], ["updated", "product.updated", "other"]])
async def test_only_the_events_that_were_asked_for_arrive(stand: Hooked, event_types: list[str]) -> None:
    await stand.subscribe(event_types=event_types)
    await stand.subscribe("counterpart")
    product_id = await stand.make()
    await stand.rename(product_id, "Paper")
    await stand.settle()
    assert [event["action"] for event in stand.endpoint.events()] == ["product.updated"]
    assert len(await stand.deliveries()) == 1


async def test_every_subscription_gets_an_event_with_its_own_signature_and_entry(stand: Hooked) -> None:
    made = [await stand.subscribe(), await stand.subscribe()]
    await stand.make()
    await stand.settle()
    came = {one.event["webhook_subscription_id"]: one for one in stand.endpoint.came}
    assert set(came) == {one["id"] for one in made}
    assert all(came[one["id"]].is_signed_as_monite_does(one["secret"]) for one in made)
    deliveries = await stand.deliveries()
    assert len({one["id"] for one in deliveries}) == 2
    assert len({one["event_id"] for one in deliveries}) == 1


async def test_who_has_not_subscribed_pays_nothing_and_gets_nothing(stand: Hooked) -> None:
    await stand.make()
    assert await stand.settle() == 0
    subscription = await stand.subscribe()
    assert await stand.settle() == 0, "what happened before is not sent"
    await stand.partner.post(f"/webhook_subscriptions/{subscription['id']}/disable")
    await stand.make()
    await stand.partner.post(f"/webhook_subscriptions/{subscription['id']}/enable")
    await stand.settle()
    assert stand.endpoint.came == []
    assert await stand.deliveries() == []


async def test_a_change_that_is_taken_back_sends_nothing(stand: Hooked) -> None:
    await stand.subscribe()
    services = stand.api.services
    with pytest.raises(RuntimeError, match="at the last moment"):  # noqa: PT012 - the transaction is the statement
        async with services.database.write() as session:
            note(stand, session)
            raise RuntimeError("at the last moment")
    async with services.database.write() as session:
        note(stand, session, verb="kept")
        savepoint = await session.begin_nested()
        note(stand, session, verb="taken_back")
        await session.flush()
        await savepoint.rollback()
    await stand.settle()
    assert [event["action"] for event in stand.endpoint.events()] == ["product.kept"]


def note(stand: Hooked, session: Any, *, verb: str = "tried", object_id: UUID | None = None, number: int = 0) -> None:
    record_event(
        session,
        partner_id=stand.partner.id,
        entity_id=UUID(stand.partner.entity_id),
        object_type="product",
        object_id=object_id or UUID(int=1),
        action=f"product.{verb}",
        at=stand.api.clock.now(),
        payload={"number": number},
    )


async def test_the_events_of_an_object_arrive_in_the_order_of_their_commits(stand: Hooked) -> None:
    await stand.subscribe()
    for number in range(12):
        async with stand.api.services.database.write() as session:
            for place in range(3):
                note(stand, session, object_id=UUID(int=number % 4), number=10 * number + place)
    await stand.settle()
    came: dict[str, list[int]] = {}
    for event in stand.endpoint.events():
        came.setdefault(event["description"], []).append(event["object"]["number"])
    assert len(came) == 4
    assert all(numbers == sorted(numbers) and len(numbers) == 9 for numbers in came.values())


async def test_several_objects_are_sent_at_once_and_one_object_never(stand: Hooked) -> None:
    await stand.subscribe()
    async with stand.api.services.database.write() as session:
        for number in range(2 * AT_ONCE_MAX):
            note(stand, session, object_id=UUID(int=number))
    await stand.settle()
    assert 1 < stand.endpoint.at_once_max <= AT_ONCE_MAX

    stand.endpoint.at_once_max = 0
    async with stand.api.services.database.write() as session:
        for number in range(5):
            note(stand, session, number=number)
    await stand.settle()
    assert stand.endpoint.at_once_max == 1


async def test_an_object_whose_event_is_refused_holds_up_itself_alone(stand: Hooked) -> None:
    await stand.subscribe()
    bad, good = await stand.make("bad"), await stand.make("good")
    stand.endpoint.refuses = {bad}
    await stand.rename(bad, "bad again")
    await stand.rename(good, "good again")
    await stand.settle()
    names = [event["object"]["name"] for event in stand.endpoint.events()]
    assert sorted(names) == ["bad", "good", "good again"]
    await stand.later(seconds=10)
    assert [event["object"]["name"] for event in stand.endpoint.events()] == ["bad"]
    stand.endpoint.refuses = set()
    await stand.later(minutes=10)
    assert [event["object"]["name"] for event in stand.endpoint.events()] == ["bad", "bad again"]


async def test_a_failed_event_is_tried_eight_times_within_28_hours_and_then_given_up(stand: Hooked) -> None:
    await stand.subscribe()
    stand.endpoint.otherwise = REFUSED
    await stand.make()
    began_at = stand.api.clock.now()
    await stand.settle()
    waited_s: list[float] = []
    for _ in range(20):
        async with stand.api.services.database.read() as session:
            due_at = await session.scalar(select(Lane.due_at).where(Lane.kind == "webhook"))
        if due_at is None:
            break
        waited_s.append((due_at - stand.api.clock.now()).total_seconds())
        stand.api.clock.move(due_at - stand.api.clock.now() - timedelta(milliseconds=1))
        assert await stand.settle() == 0
        stand.api.clock.move(timedelta(milliseconds=1))
        await stand.settle()
    ids = {one.headers["webhook-id"] for one in stand.endpoint.came}
    assert (len(stand.endpoint.came), len(ids)) == (schedule.ATTEMPTS_MAX, 1)
    for waited, delay_s in zip(waited_s, schedule.RETRY_DELAYS_S, strict=True):
        assert delay_s <= waited <= delay_s * (1 + schedule.JITTER) + 0.001
    assert timedelta(hours=27) < stand.api.clock.now() - began_at < timedelta(hours=31)
    (delivery,) = await stand.deliveries()
    assert (delivery["requests_made_count"], delivery["was_successful"]) == (8, False)
    assert (delivery["response"], delivery["response_status_code"]) == ("oops", 500)
    assert len({one.headers["webhook-timestamp"] for one in stand.endpoint.came}) == 8


async def test_an_event_that_arrives_late_is_told_as_a_success(stand: Hooked) -> None:
    await stand.subscribe()
    stand.endpoint.answers = [answer_of(503), answer_of(404), answer_of(204)]
    await stand.make()
    await stand.settle()
    (delivery,) = await stand.deliveries()
    assert (delivery["was_successful"], delivery["response_status_code"]) == (False, 503)
    await stand.later(minutes=1)
    await stand.later(minutes=10)
    (delivery,) = await stand.deliveries()
    assert (delivery["was_successful"], delivery["response_status_code"]) == (True, 204)
    assert (delivery["requests_made_count"], delivery["response"]) == (3, "")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_answer_of_success_is_one(stand: Hooked, status: int) -> None:
    await stand.subscribe()
    stand.endpoint.otherwise = answer_of(status)
    await stand.make()
    await stand.settle()
    assert [one["was_successful"] for one in await stand.deliveries()] == [True]


@pytest.mark.parametrize("status", [301, 302, 307, 308, 304, 400, 401, 404, 410, 429, 500])
async def test_a_redirect_is_not_followed_and_no_other_answer_is_a_success(stand: Hooked, status: int) -> None:
    await stand.subscribe()
    stand.endpoint.otherwise = answer_of(status, b"", f"Location: {stand.endpoint.url}/elsewhere")
    await stand.make()
    await stand.settle()
    assert [one.path for one in stand.endpoint.came] == ["/hooks"]
    (delivery,) = await stand.deliveries()
    assert (delivery["was_successful"], delivery["response_status_code"]) == (False, status)


@pytest.mark.parametrize(
    "body", [b"x" * 10_000_000, b"\0\xff\xfe" * 100, gzip.compress(b"a" * 50_000_000), "é".encode() * ANSWER_BYTES_MAX]
)
async def test_a_big_or_binary_answer_is_kept_bounded_and_as_text(stand: Hooked, body: bytes) -> None:
    await stand.subscribe()
    stand.endpoint.otherwise = answer_of(200, body, "Content-Encoding: gzip" if body[:2] == b"\x1f\x8b" else "X: y")
    await stand.make()
    await stand.settle()
    (delivery,) = await stand.deliveries()
    assert delivery["was_successful"] is True
    assert 0 < len(delivery["response"]) <= ANSWER_BYTES_MAX
    assert "\0" not in delivery["response"]


async def test_an_endpoint_that_says_nothing_is_not_waited_for(stand: Hooked) -> None:
    subscription = await stand.subscribe()
    stand.endpoint.otherwise = None
    async with httpx2.AsyncClient() as client:
        stand.deliver_with(client, timeout_s=0.05)
        await stand.make()
        async with asyncio.timeout(10):
            await stand.settle()
    (delivery,) = await stand.deliveries()
    assert (delivery["was_successful"], delivery["response_status_code"], delivery["response"]) == (False, None, None)
    assert (await stand.health(subscription))["last_failure"].startswith("No answer came in time")


async def test_an_endpoint_that_is_not_there_is_a_failure_that_says_so(stand: Hooked) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    subscription = await stand.subscribe(url=url)
    await stand.make()
    await stand.settle()
    assert [one["was_successful"] for one in await stand.deliveries()] == [False]
    assert (await stand.health(subscription))["last_failure"].startswith("No connection came about")


async def test_a_name_that_leads_to_a_private_address_is_refused_when_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]

    async with (
        hooked(tmp_path, allow_private_addresses=False) as stand,
        outbound_client(allow_private_addresses=False) as client,
    ):
        subscription = await stand.subscribe(url="https://hooks.example/")
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        stand.deliver_with(client)
        await stand.make()
        await stand.settle()
        assert [one["was_successful"] for one in await stand.deliveries()] == [False]
        assert "not a public one" in (await stand.health(subscription))["last_failure"]
    assert stand.endpoint.came == []


async def test_what_was_allowed_once_is_not_called_when_the_operator_forbids_it(stand: Hooked) -> None:
    subscription = await stand.subscribe()
    settings = stand.api.services.settings.model_copy(update={"allow_private_addresses": False})
    stand.api.services = replace(stand.api.services, settings=settings)
    await stand.make()
    await stand.settle()
    assert stand.endpoint.came == []
    assert "https://" in (await stand.health(subscription))["last_failure"]


async def test_a_crash_between_sending_and_keeping_sends_again_under_the_same_id(stand: Hooked) -> None:
    subscription = await stand.subscribe()
    await stand.make()
    engine: Any = stand.api.services.engine
    (claim,) = await engine.claims.claim(1, kinds=("webhook",))

    class Dies:
        key = claim.key

        def commit(self, *, is_unit: bool = True) -> Any:
            del is_unit
            raise KeyboardInterrupt

        def is_over(self) -> bool:
            return False

    dying: Turn = Dies()
    with pytest.raises(KeyboardInterrupt):
        await stand.handlers()["webhook"](dying)
    assert len(stand.endpoint.came) == 1
    assert (await stand.deliveries())[0]["requests_made_count"] == 0
    assert await stand.settle() == 0, "the dead owner's lease has not ended"

    await stand.later(seconds=LEASE_S + 1)
    first, second = stand.endpoint.came
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert all(one.is_signed_as_the_standard_says(subscription["secret"]) for one in (first, second))
    assert (await stand.deliveries())[0]["was_successful"] is True


async def test_an_endpoint_that_fails_is_called_rarely_and_one_event_at_a_time(stand: Hooked) -> None:
    subscription = await stand.subscribe()
    stand.endpoint.otherwise = REFUSED
    for number in range(20):
        await stand.make(f"Product {number}")
    await stand.settle()
    assert len(stand.endpoint.came) == AT_ONCE_MAX + schedule.FAILURES_BEFORE_REST - 1
    assert (await stand.health(subscription))["resting_until"] is not None

    stand.endpoint.came.clear()
    for _ in range(12):
        await stand.later(minutes=6)
    assert len(stand.endpoint.came) == 12
    stand.endpoint.otherwise = OK
    await stand.later(minutes=6)
    for _ in range(3):
        await stand.later(hours=11)
    assert {one["was_successful"] for one in await stand.deliveries()} == {True}
    health = await stand.health(subscription)
    assert (health["failures_in_row"], health["failing_since"], health["resting_until"]) == (0, None, None)
    assert health["waiting_count"] == 0


async def test_an_endpoint_without_a_success_for_days_is_disabled_with_its_reason(stand: Hooked) -> None:
    subscription = await stand.subscribe()
    path = f"/webhook_subscriptions/{subscription['id']}"
    stand.endpoint.otherwise = REFUSED
    for _ in range(4):
        product_id = await stand.make()
        await stand.settle()
        for _ in range(5):
            await stand.later(hours=4)
    assert (await stand.partner.get(path)).json()["status"] == "disabled"
    health = await stand.health(subscription)
    assert health["disabled_reason"] == "endpoint_failed_for_days"
    assert health["disabled_at"] is not None
    assert health["last_failure"] == "The endpoint answered with status 500."
    assert health["waiting_count"] > 0
    assert health["next_attempt_at"] is None

    stand.endpoint.came.clear()
    stand.endpoint.otherwise = OK
    await stand.later(days=2)
    assert stand.endpoint.came == []
    assert (await stand.partner.post(f"{path}/enable")).json()["status"] == "enabled"
    await stand.settle()
    assert product_id in {event["object"]["id"] for event in stand.endpoint.events()}
    health = await stand.health(subscription)
    assert (health["disabled_reason"], health["waiting_count"], health["last_failure"]) == (None, 0, None)


async def test_what_waits_goes_to_a_new_address_at_once(stand: Hooked) -> None:
    subscription = await stand.subscribe(url=stand.endpoint.url + "/old")
    stand.endpoint.answers = [REFUSED]
    await stand.make()
    await stand.settle()
    await stand.partner.patch(f"/webhook_subscriptions/{subscription['id']}", json={"url": stand.endpoint.url})
    await stand.settle()
    assert [one.path for one in stand.endpoint.came] == ["/hooks/old", "/hooks"]
    assert [one["url"] for one in await stand.deliveries()] == [stand.endpoint.url]


async def test_what_waits_for_a_deleted_subscription_is_never_sent_and_says_so(stand: Hooked) -> None:
    subscription = await stand.subscribe()
    await stand.make()
    await stand.partner.delete(f"/webhook_subscriptions/{subscription['id']}")
    await stand.settle()
    await stand.make()
    await stand.settle()
    assert stand.endpoint.came == []
    (delivery,) = await stand.deliveries()
    assert (delivery["requests_made_count"], delivery["was_successful"]) == (0, False)


async def test_a_dead_endpoint_does_not_hold_up_another(stand: Hooked) -> None:
    dead = await stand.subscribe(url=stand.endpoint.url + "/dead", event_types=["created"])
    await stand.subscribe(event_types=["updated"])
    stand.endpoint.answers = [REFUSED]
    product_id = await stand.make()
    await stand.settle()
    await stand.rename(product_id, "Paper")
    await stand.settle()
    assert [one.path for one in stand.endpoint.came] == ["/hooks/dead", "/hooks"]
    assert (await stand.health(dead))["waiting_count"] == 1


async def test_thousands_of_events_are_put_in_line_in_one_small_commit(stand: Hooked) -> None:
    subscription = await stand.subscribe()
    async with stand.api.services.database.write() as session:
        for number in range(2_000):
            note(stand, session, object_id=UUID(int=number), number=number)
    async with stand.api.services.database.read() as session:
        count = await session.scalar(select(func.count()).select_from(WebhookDelivery))
        numbers = (await session.scalars(select(WebhookDelivery.number).order_by(WebhookDelivery.number))).all()
        lane = await session.get_one(Lane, webhook_lane(UUID(subscription["id"])))
    assert count == 2_000
    assert numbers == list(range(1, 2_001))
    assert lane.due_at == stand.api.clock.now()
