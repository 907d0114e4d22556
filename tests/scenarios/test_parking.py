"""What our own code fails at is set aside with its error, and everything else of the company goes on."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select
from tests.support.trading import PLATFORMS, Json, Trade, shared_trade

from tieout.platforms.registry import all_platforms
from tieout.storage.tables.faults import UnitFault
from tieout.storage.tables.work import Lane
from tieout.sync.parking import FAULTS_MAX, PULL, retry_lane
from tieout.sync.wanting import company_lane

pytestmark = pytest.mark.asyncio(loop_scope="module")


class PoisonError(Exception):
    """Something that nobody thought of."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PLATFORMS)
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trade]:
    async with shared_trade(tmp_path_factory.mktemp("books"), request.param) as trade:
        yield trade


@pytest_asyncio.fixture(loop_scope="module")
async def trade(shared: Trade) -> AsyncIterator[Trade]:
    await shared.begin()
    yield shared
    await shared.tidy()
    assert await faults(shared) == []


async def faults(trade: Trade) -> list[UnitFault]:
    async with trade.house.services.database.read() as session:
        return list(await session.scalars(select(UnitFault)))


async def lane(trade: Trade) -> Lane:
    async with trade.house.services.database.read() as session:
        return (await session.scalars(select(Lane).where(Lane.key == company_lane(trade.company_id)))).one()


async def retry_by_hand(trade: Trade) -> list[str]:
    services, key = trade.house.services, company_lane(trade.company_id)
    async with services.database.write() as session:
        units = await retry_lane(session, key, now=services.clock.now())
        await services.engine.wake(session, key)
    return units


def poison(patched: pytest.MonkeyPatch, trade: Trade, method: str, number: str) -> list[str]:
    """Have a method of the platform fail for the document of one number; returns where its failures are counted."""
    platform = type(all_platforms()[trade.platform])
    original = getattr(platform, method)
    failed: list[str] = []

    def fails(*arguments: Any) -> Any:
        if any(getattr(getattr(one, "record", None), "number", None) == number for one in arguments):
            failed.append(number)
            raise PoisonError(number)
        return original(*arguments)

    patched.setattr(platform, method, fails)
    return failed


async def fail_until_parked(trade: Trade) -> None:
    for _ in range(FAULTS_MAX):
        await trade.settle(seconds=10)


async def check_in_the_books_once(trade: Trade, invoice: Json) -> None:
    external_id = await trade.done("receivable", invoice)
    assert [one.ref.id for one in trade.documents(number=invoice["document_id"])] == [external_id]


async def test_a_record_that_our_code_fails_at_is_parked_alone_and_says_so(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await trade.counterpart(trade.named("Parked & Sons"))
    with monkeypatch.context() as patched:
        first = await trade.issue(customer)
        failed = poison(patched, trade, "plan_write", first["document_id"])
        others = [await trade.issue(customer) for _ in range(2)]
        await trade.settle()
        await fail_until_parked(trade)
        for other in others:
            await check_in_the_books_once(trade, other)
        assert len(failed) == FAULTS_MAX
        errors = await trade.refused("receivable", first)
        assert errors["code"] == "parked_by_fault"
        (fault,) = await faults(trade)
        assert (fault.faults, fault.parked_at is not None) == (FAULTS_MAX, True)
        assert "PoisonError" in fault.error
        resting = await lane(trade)
        assert (resting.attempts, resting.last_error) == (0, None)
        assert (await trade.connection())["errors"] is None

        await trade.settle(seconds=30)
        assert len(failed) == FAULTS_MAX, "it rests"
        await trade.settle(seconds=900)
        assert len(failed) == FAULTS_MAX + 1, "it is tried again by itself, seldom"

    assert len(await retry_by_hand(trade)) == 1
    await trade.settle_all(step_s=400)
    await check_in_the_books_once(trade, first)


async def test_a_write_whose_answer_our_code_cannot_read_is_parked_and_found_in_the_books_once_in_the_end(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await trade.counterpart(trade.named("Unreadable Ltd"))
    first = await trade.issue(customer)
    with monkeypatch.context() as patched:
        failed = poison(patched, trade, "read_written", first["document_id"])
        await trade.settle()
        other = await trade.issue(customer)
        await fail_until_parked(trade)
        assert len(failed) == FAULTS_MAX
        assert (await trade.refused("receivable", first))["code"] == "parked_by_fault"
        await check_in_the_books_once(trade, other)

    assert len(await retry_by_hand(trade)) == 1
    await trade.settle_all(step_s=400)
    await check_in_the_books_once(trade, first)


async def test_a_parked_record_is_tried_again_when_it_is_pushed_by_hand(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await trade.counterpart(trade.named("Parked & Daughters"))
    with monkeypatch.context() as patched:
        invoice = await trade.issue(customer)
        poison(patched, trade, "plan_write", invoice["document_id"])
        await trade.settle()
        await fail_until_parked(trade)
        assert (await trade.refused("receivable", invoice))["code"] == "parked_by_fault"

    await trade.push("receivable", invoice)
    await trade.settle()
    await check_in_the_books_once(trade, invoice)


async def test_a_pull_that_our_code_fails_at_rests_until_its_next_time_while_pushes_go_on(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def broken(*_: object, **__: object) -> None:
        nonlocal tries
        tries += 1
        raise PoisonError

    with monkeypatch.context() as patched:
        patched.setattr(type(all_platforms()[trade.platform]), "fetch_page", broken)
        await trade.pull()
        assert "on our side" in (await trade.connection())["errors"][0]["message"]
        await fail_until_parked(trade)
        assert tries == FAULTS_MAX
        assert "rests until its next time" in (await trade.connection())["errors"][0]["message"]
        assert [fault.unit for fault in await faults(trade)] == [PULL]

        invoice = await trade.issue(await trade.counterpart(trade.named("Customer while nothing is read")))
        await trade.settle()
        await check_in_the_books_once(trade, invoice)
        await trade.settle(minutes=50)
        assert tries == FAULTS_MAX
        await trade.settle(minutes=20)
        assert tries == FAULTS_MAX + 1

    await trade.settle(minutes=70)
    assert (await trade.connection())["errors"] is None
