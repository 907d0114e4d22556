"""Access that nobody uses does not lapse, and its end is told while somebody can still renew it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select
from tests.support.house import build_house
from tests.support.trading import PLATFORMS, TOKENS, Json, Trade, open_trade, unhurried

from tieout.platforms.registry import all_platforms
from tieout.storage.tables.connections import Grant
from tieout.storage.tables.work import Event, Lane, MeterReading
from tieout.sync.wanting import company_lane

pytestmark = pytest.mark.asyncio(loop_scope="function")

ENDS_SOON = "accounting_connection.access_ends_soon"


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest_asyncio.fixture
async def trade(tmp_path: Path, platform: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Trade]:
    house = await build_house(tmp_path)
    unhurried(monkeypatch)
    yield await open_trade(house, platform)
    await house.close()


async def pause(trade: Trade, *, is_paused: bool = True) -> None:
    """Somebody pauses the lane of the company, or lets it go on."""
    async with trade.house.services.database.write() as session:
        lane = await session.get_one(Lane, company_lane(trade.company_id))
        lane.paused_at = trade.house.clock.now() if is_paused else None


def refreshes(trade: Trade) -> int:
    return trade.calls(method="POST", path_prefix=TOKENS[trade.platform])


async def access(trade: Trade) -> Json:
    await trade.partner.sign_in()
    return await trade.ask("GET", f"/accounting_connections/{trade.connection_id}/access")


async def test_books_that_are_paused_for_two_hundred_days_are_connected_still(trade: Trade) -> None:
    await pause(trade)
    before = refreshes(trade)
    for _ in range(50):
        await trade.settle(days=4)
    assert 25 <= refreshes(trade) - before <= 30, "once a week"
    async with trade.house.services.database.read() as session:
        kept = await session.scalar(select(func.sum(MeterReading.calls)).where(MeterReading.cause == "keep_alive"))
    assert kept == refreshes(trade) - before
    seen = await access(trade)
    assert seen["status"] == "connected"
    assert seen["renewed_at"] > "2026-09-10"
    assert seen["lapses_unused_at"] > seen["renewed_at"]
    await pause(trade, is_paused=False)
    await trade.pull()
    shown = await trade.connection()
    assert (shown["status"], shown["errors"]) == ("connected", None)


async def test_a_token_server_that_is_down_for_a_month_ends_nothing_and_is_told_once(trade: Trade) -> None:
    await pause(trade)
    trade.fault("status_before_commit", status=503, path_prefix=TOKENS[trade.platform], count=100_000)
    before = refreshes(trade)
    for _ in range(15):
        await trade.settle(days=2)
    assert 0 < refreshes(trade) - before <= 15
    await trade.partner.sign_in()
    (error,) = (await trade.connection())["errors"]
    assert "not renewed the access to these books since 2 March 2026" in error["message"]
    trade.no_more_faults()
    await trade.settle(days=1)
    assert (await trade.grant()).refreshed_at == trade.house.clock.now()
    await trade.partner.sign_in()
    assert (await trade.connection())["errors"] is None
    path = f"/accounting_connections/{trade.connection_id}/timeline?happened__in=trouble&happened__in=recovered"
    told = [(one["happened"], one["reason"]) for one in (await trade.ask("GET", path))["data"]]
    assert told == [("trouble", "access_not_renewed"), ("recovered", None)], "told once, and once when it is over"


async def test_what_nobody_lives_by_is_not_kept(trade: Trade) -> None:
    trade.act("disconnect")
    await trade.pull()
    assert (await trade.connection())["status"] == "deauthorized"
    before = trade.calls()
    for _ in range(4):
        await trade.settle(days=8)
    assert trade.calls() == before
    async with trade.house.services.database.read() as session:
        due = await session.scalar(select(func.count()).where(Lane.kind == "keeping", Lane.due_at.is_not(None)))
    assert due == 0


async def test_an_end_that_nothing_averts_is_told_ahead_and_renewed_by_the_link(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patched:
        house = await build_house(tmp_path)
        unhurried(patched)
        trade = await open_trade(house, "quickbooks")
        await pause(trade)
        seen = await access(trade)
        assert (seen["can_be_renewed"], seen["ends_at"][:10]) == (False, "2031-03-01")
        page = await house.new_person().open(seen["connection_url"])
        assert page.heading.endswith("is connected")
        for _ in range(18):
            await trade.settle(days=99)
        assert await trade.events(ENDS_SOON) == 1
        for _ in range(5):
            await trade.settle(days=7)
        assert await trade.events(ENDS_SOON) == 2
        seen = await access(trade)
        assert (seen["status"], seen["can_be_renewed"]) == ("connected", True)
        async with house.services.database.read() as session:
            told = (await session.scalars(select(Event).where(Event.action == ENDS_SOON))).all()[-1]
        assert told.payload["reason"] == "grant_reaches_its_end"
        assert told.payload["access_ends_at"][:10] == seen["ends_at"][:10]
        assert "connection_url" not in told.payload
        before = await trade.grant()
        page = await house.new_person().open(seen["connection_url"])
        assert "has to be renewed" in page.heading
        await trade.reconnect()
        await pause(trade, is_paused=False)
        await trade.settle()
        after, seen = await trade.grant(), await access(trade)
        assert after.id != before.id
        assert (seen["status"], seen["can_be_renewed"], seen["reason"]) == ("connected", False, None)
        assert seen["ends_at"][:4] == "2036"
        invoice = await trade.issue(await trade.counterpart("Northwind Traders"))
        await trade.settle()
        await trade.done("receivable", invoice)
        await house.close()


async def test_an_end_that_came_is_told_for_what_it_is_and_comes_back_by_the_link(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patched:
        house = await build_house(tmp_path)
        unhurried(patched)
        trade = await open_trade(house, "quickbooks")
        await pause(trade)
        for _ in range(19):
            await trade.settle(days=98)
        seen = await access(trade)
        assert (seen["status"], seen["reason"], seen["ends_at"]) == ("deauthorized", "grant_reached_its_end", None)
        assert "reached the end" in (await trade.connection())["errors"][0]["message"]
        entries = (await trade.ask("GET", f"/accounting_connections/{trade.connection_id}/timeline"))["data"]
        assert {"access_ends_soon", "deauthorized"} <= {one["happened"] for one in entries}
        await trade.reconnect()
        await pause(trade, is_paused=False)
        await trade.settle()
        assert (await access(trade))["status"] == "connected"
        await house.close()


async def test_a_refresh_token_that_was_unused_too_long_is_told_for_what_it_is(trade: Trade) -> None:
    """As after a machine was switched off for months."""
    trade.house.clock.move(timedelta(days=150))
    await trade.settle()
    seen = await access(trade)
    assert (seen["status"], seen["reason"]) == ("deauthorized", "grant_lapsed")


async def test_a_renewal_with_other_books_changes_nothing(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patched:
        house = await build_house(tmp_path)
        unhurried(patched)
        trade = await open_trade(house, "xero")
        trade.act("remove_permission", email="jordan@example.com")
        await trade.pull()
        seen = await access(trade)
        assert (seen["status"], seen["can_be_renewed"]) == ("connected", True)
        before = await trade.grant()
        title = all_platforms()["xero"].title
        await house.new_person().connect(seen["connection_url"], title, companies="Demo Company (Global)")
        await house.settle()
        assert (await trade.grant()).id == before.id
        async with house.services.database.read() as session:
            living = await session.scalar(select(func.count()).where(Grant.ended_at.is_(None)))
        assert living == 1, "what the other consent brought has ended"
        await house.close()
