"""What ends a connection and what does not: the platform's words are believed only where they mean just that."""

from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select
from tests.support.trading import PLATFORMS, Json, Trade, open_trade, shared_trade

from tieout.platforms.port import Answer
from tieout.storage.tables.connections import Connection
from tieout.storage.tables.work import Event
from tieout.sync.scheduling import PAUSE_S_MAX

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PLATFORMS)
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trade]:
    async with shared_trade(tmp_path_factory.mktemp("books"), request.param) as trade:
        yield trade


@pytest_asyncio.fixture(loop_scope="module")
async def trade(shared: Trade) -> AsyncIterator[Trade]:
    await shared.begin()
    yield shared
    let_in(shared)
    await shared.tidy()


def let_in(trade: Trade) -> None:
    trade.act("restore_permission" if trade.platform == "xero" else "keep_out")


async def reason(trade: Trade) -> str | None:
    """Why the connection ended: the same in its row, its event and its timeline."""
    async with trade.house.services.database.read() as session:
        row = await session.get_one(Connection, UUID(trade.connection_id))
        events = select(Event).where(Event.object_id == row.id, Event.action.like("%.deauthorized"))
        told = (await session.scalars(events.order_by(Event.created_at))).all()[-1]
    entries: list[Json] = (await trade.ask("GET", f"/accounting_connections/{trade.connection_id}/timeline"))["data"]
    noted = max((one for one in entries if one["happened"] == "deauthorized"), key=lambda one: str(one["created_at"]))
    assert row.end_reason == told.payload["reason"] == noted["reason"]
    return row.end_reason


async def stays_connected(trade: Trade) -> str:
    """The connection is as before, and says what is wrong."""
    seen = await trade.connection()
    assert seen["status"] == "connected"
    (error,) = seen["errors"]
    return str(error["message"])


async def test_a_company_that_was_disconnected_there_says_why_and_comes_back_by_its_link(trade: Trade) -> None:
    trade.act("disconnect")
    await trade.pull()
    assert await reason(trade) == {"quickbooks": "grant_ended", "xero": "company_disconnected"}[trade.platform]
    assert trade.calls(method="GET", path_prefix="/connections?") <= 1
    await trade.reconnect()
    await trade.settle()
    assert (await trade.connection())["status"] == "connected"


@pytest.mark.only_at("xero", because="the other platform says it in another way")
async def test_whoever_lost_the_permission_in_xero_has_disconnected_nothing(trade: Trade) -> None:
    asked = trade.calls(method="GET", path_prefix="/connections")
    trade.act("remove_permission")
    await trade.pull()
    assert "may not do this" in await stays_connected(trade)
    assert trade.calls(method="GET", path_prefix="/connections") - asked == 1
    calls = trade.calls()
    await trade.settle(minutes=5)
    assert trade.calls() == calls, "nobody is hammered meanwhile"
    trade.act("restore_permission")
    await trade.settle(minutes=6)
    seen = await trade.connection()
    assert (seen["status"], seen["errors"]) == ("connected", None)


@pytest.mark.only_at("xero", because="the other platform says it in another way")
async def test_nothing_is_believed_while_xero_cannot_be_asked(trade: Trade) -> None:
    trade.act("disconnect")
    trade.fault("status_before_commit", status=503, path_prefix="/connections", count=1)
    await trade.pull()
    await stays_connected(trade)
    await trade.settle(seconds=PAUSE_S_MAX * 1.2)
    assert await reason(trade) == "company_disconnected"


@pytest.mark.only_at("xero", because="the other platform says it in another way")
async def test_an_organisation_that_is_disconnected_takes_no_other_of_the_same_person_along(trade: Trade) -> None:
    entity_id = trade.partner.entity_id
    await trade.partner.make_entity("Second Ltd")
    other = await open_trade(trade.house, "xero", name="Demo Company (Global)", partner=trade.partner)
    trade.act("disconnect")
    await trade.pull()
    assert await reason(trade) == "company_disconnected"
    await other.pull()
    seen = await other.connection()
    assert (seen["status"], seen["errors"]) == ("connected", None)
    trade.partner.entity_id = entity_id


@pytest.mark.only_at("quickbooks", because="the other platform says it in another way")
async def test_a_user_who_is_no_longer_an_admin_has_to_be_replaced(trade: Trade) -> None:
    trade.act("keep_out", because="admin_removed")
    await trade.pull()
    assert await reason(trade) == "connecting_user_lost_access"
    assert "admin" in (await trade.connection())["errors"][0]["message"]


@pytest.mark.parametrize("because", ["maintenance", "locked_out"])
@pytest.mark.only_at("quickbooks", because="the other platform says it in another way")
async def test_a_company_that_is_shut_for_a_while_is_not_disconnected(trade: Trade, because: str) -> None:
    trade.act("keep_out", because=because)
    await trade.pull()
    await stays_connected(trade)
    trade.act("keep_out")
    await trade.settle(seconds=PAUSE_S_MAX * 1.2)
    seen = await trade.connection()
    assert (seen["status"], seen["errors"]) == ("connected", None)


async def test_a_firewall_that_says_no_has_disconnected_nothing(trade: Trade) -> None:
    """Whatever it answers a write with: neither the company nor the grant has ended."""
    for status in (403, 407, 451):
        page = Answer(status=status, headers={"content-type": "text/html"}, body=b"<html>No</html>")
        trade.meddler().answers.append((trade.books.id, partial(instead, page)))
        await trade.issue(await trade.counterpart(trade.named(f"Northwind {status}")))
        await trade.settle()
        assert (await trade.connection())["status"] == "connected"


def instead(page: Answer, _: Answer) -> Answer:
    return page
