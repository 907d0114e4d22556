"""From a commit to a delivery, on both databases: nothing lost, nothing early, in the order of commits."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.support.listed import Listed

from tieout.storage.audit_trail import record
from tieout.storage.tables.webhooks import WebhookDelivery, WebhookReplay, WebhookSubscription
from tieout.storage.tables.work import Event, Lane
from tieout.sync.delivering import sweeping
from tieout.sync.delivering.outbox import webhook_lane
from tieout.sync.delivering.replaying import begin_anew

WRITERS = 8
CHANGES = 6
WAIT_S_MAX = 60


async def numbers(stand: Listed) -> list[int]:
    async with stand.services.database.read() as session:
        query = select(WebhookDelivery.number).order_by(WebhookDelivery.number)
        return list(await session.scalars(query))


async def test_nothing_is_in_line_before_its_commit_and_all_of_it_after(stand: Listed) -> None:
    database = stand.services.database
    async with database.write() as session:
        stand.note(session)
        stand.note(session)
        await session.flush()
        assert (await session.scalars(select(WebhookDelivery))).all() == []
        assert (await session.scalars(select(Lane))).all() == []
    assert await numbers(stand) == [1, 2]
    assert await stand.settle() == 1
    assert len(stand.http.came) == 2


async def test_a_change_that_fails_leaves_no_number_behind(stand: Listed) -> None:
    database = stand.services.database
    async with database.write() as session:
        stand.note(session)
    with pytest.raises(RuntimeError):  # noqa: PT012 - the transaction is the statement
        async with database.write() as session:
            stand.note(session)
            raise RuntimeError("not now")
    async with database.write() as session:
        stand.note(session)
    assert await numbers(stand) == [1, 2]
    async with stand.services.database.read() as session:
        assert len((await session.scalars(select(Event))).all()) == 2


async def test_who_begins_first_and_commits_last_comes_last(stand: Listed) -> None:
    """A cursor over a sequence would have passed by the slow one's events."""
    if stand.services.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    slow_wrote, fast_is_done = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with stand.services.database.write() as session:
            stand.note(session, object_number=1)
            await session.flush()
            slow_wrote.set()
            await fast_is_done.wait()

    async def fast() -> None:
        await slow_wrote.wait()
        async with stand.services.database.write() as session:
            stand.note(session, object_number=2)
        assert await stand.settle() == 1
        assert [event["object"]["object"] for event in stand.http.came] == [2]
        fast_is_done.set()

    async with asyncio.timeout(WAIT_S_MAX):
        await asyncio.gather(slow(), fast())
    assert await stand.settle() == 1
    assert [event["object"]["object"] for event in stand.http.came] == [2, 1]
    assert await numbers(stand) == [1, 2]


async def test_writers_at_once_lose_nothing_and_keep_each_objects_order(stand: Listed) -> None:
    """They write audit entries too, which lock the partner: nobody waits for somebody who waits for them."""
    done = asyncio.Event()

    async def write(writer: int) -> None:
        for number in range(CHANGES):
            async with stand.services.database.write() as session:
                stand.note(session, object_number=writer, number=number)
                if writer % 2:
                    await record(
                        session,
                        partner_id=stand.partner_id,
                        at=stand.services.clock.now(),
                        actor="somebody",
                        action="product.updated",
                        subject_id=str(writer),
                    )

    async def deliver() -> None:
        while not done.is_set():
            await stand.settle()
            await asyncio.sleep(0)

    async with asyncio.timeout(WAIT_S_MAX):
        delivering = asyncio.create_task(deliver())
        await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
        done.set()
        await delivering
    await stand.settle()
    assert await numbers(stand) == list(range(1, WRITERS * CHANGES + 1))
    for writer in range(WRITERS):
        told = [event["object"]["number"] for event in stand.http.came if event["object"]["object"] == writer]
        assert told == list(range(CHANGES))
    assert len({event["id"] for event in stand.http.came}) == len(stand.http.came) == WRITERS * CHANGES


async def test_what_happened_before_is_delivered_by_a_replay_and_again_one_by_one(stand: Listed) -> None:
    database, now = stand.services.database, stand.services.clock.now()
    async with database.write() as session:
        subscription = await session.get_one(WebhookSubscription, stand.subscription_id)
        subscription.status = "disabled"
        for number in range(3):
            stand.note(session, object_number=number)
    assert await numbers(stand) == []
    async with database.write() as session:
        subscription = await session.get_one(WebhookSubscription, stand.subscription_id)
        subscription.status = "enabled"
        replay = WebhookReplay(
            partner_id=stand.partner_id,
            subscription_id=stand.subscription_id,
            from_at=now,
            until_at=now,
            created_at=now,
            updated_at=now,
        )
        session.add(replay)
        await stand.engine().wake(session, webhook_lane(stand.subscription_id))
    await stand.settle()
    assert await numbers(stand) == [1, 2, 3]
    assert len(stand.http.came) == 3
    async with database.write() as session:
        delivery = (await session.scalars(select(WebhookDelivery).where(WebhookDelivery.number == 2))).one()
        assert await begin_anew(session, delivery, now=now)
        assert (await session.get_one(WebhookReplay, replay.id)).events_count == 3
    await stand.settle()
    assert await numbers(stand) == [1, 3, 4]
    assert stand.http.came[-1]["id"] == str(delivery.event_id)


async def test_sweeping_deletes_what_is_old_and_nothing_else(stand: Listed) -> None:
    async with stand.services.database.write() as session:
        stand.note(session)
    cut = stand.services.clock.now()
    async with stand.services.database.write() as session:
        assert await sweeping.sweep(session, before=cut) == 0
    async with stand.services.database.write() as session:
        assert await sweeping.sweep(session, before=cut + timedelta(seconds=1)) == 2
    assert await numbers(stand) == []
