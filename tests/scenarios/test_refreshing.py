"""Access to the books: renewed by one owner, never lost with an answer, and said aloud when it has ended."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select
from tests.support.trading import PLATFORMS, TOKENS, Trade, shared_trade

from tieout.platforms.errors import CompanyEnded, GrantEnded, Throttled
from tieout.platforms.port import Answer, Request
from tieout.platforms.quickbooks.sandbox.identity.grants import Access, Grants
from tieout.storage.tables.connections import Company, Grant
from tieout.storage.tables.work import Event
from tieout.sync.deauthorizing import end_grant
from tieout.sync.grants import open_grant
from tieout.sync.open_books import RefreshingTransport, open_books
from tieout.sync.refreshing import OWNED_S, fresh_grant
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
    await shared.tidy()


ENDED = "accounting_connection.deauthorized"
AFTER_ANY_PAUSE_S = PAUSE_S_MAX * 1.2


def refreshes(trade: Trade) -> int:
    return trade.calls(method="POST", path_prefix=TOKENS[trade.platform])


def take_no_token(trade: Trade, monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    """The platform refuses access tokens so many times, whatever they are."""
    if trade.platform == "xero":
        trade.fault("status_before_commit", status=401, count=times)
        return
    original, left = Grants.access, times

    def access(self: Grants, token: str, *, now: datetime) -> Access | None:
        nonlocal left
        left -= 1
        return original(self, token, now=now) if left < 0 else None

    monkeypatch.setattr(Grants, "access", access)


async def test_a_token_that_ends_soon_or_is_ended_early_is_renewed_once(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = refreshes(trade)
    trade.house.clock.move(timedelta(hours=3))
    invoice = await trade.issue(await trade.counterpart(trade.named("Northwind Traders")))
    await trade.pull()
    await trade.done("receivable", invoice)
    assert refreshes(trade) - before == 1, "once for a whole turn"
    take_no_token(trade, monkeypatch, times=2 if trade.platform == "quickbooks" else 1)
    invoice = await trade.issue(await trade.counterpart(trade.named("Southwind Traders")))
    await trade.settle()
    await trade.done("receivable", invoice)
    assert refreshes(trade) - before == 2
    assert trade.parties(trade.named("Southwind Traders")) == 1


async def test_books_that_take_no_token_at_all_are_disconnected_with_a_reason(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        take_no_token(trade, patched, times=1_000)
        await trade.pull()
    seen = await trade.connection()
    assert seen["status"] == "deauthorized"
    assert "by itself" not in seen["errors"][0]["message"]
    trade.no_more_faults()
    await trade.reconnect()
    await trade.settle()
    assert (await trade.connection())["status"] == "connected"


@pytest.mark.parametrize("times", [1, 7], ids=["once", "for_a_while"])
async def test_answers_that_are_lost_cost_no_access(trade: Trade, times: int) -> None:
    trade.house.clock.move(timedelta(hours=3))
    trade.fault("drop_after_commit", path_prefix=TOKENS[trade.platform], count=times)
    invoice = await trade.issue(await trade.counterpart(trade.named("Northwind Traders")))
    await trade.settle()
    await trade.settle_all(step_s=40)
    await trade.done("receivable", invoice)
    seen = await trade.connection()
    assert (seen["status"], seen["errors"]) == ("connected", None)


async def test_a_token_server_that_fails_is_no_end_of_the_grant(trade: Trade) -> None:
    trade.house.clock.move(timedelta(hours=3))
    trade.fault("status_before_commit", status=503, path_prefix=TOKENS[trade.platform], count=5)
    await trade.pull()
    seen = await trade.connection()
    assert (seen["status"], bool(seen["errors"])) == ("connected", True)
    for _ in range(6):
        await trade.settle(seconds=AFTER_ANY_PAUSE_S)
    seen = await trade.connection()
    assert (seen["status"], seen["errors"]) == ("connected", None)


async def test_of_two_that_refresh_at_once_one_does_and_the_other_waits_or_takes_its_tokens(trade: Trade) -> None:
    services = trade.house.services
    trade.house.clock.move(timedelta(hours=3))
    before = refreshes(trade)
    several = [await open_books(services, trade.company_id, None) for _ in range(5)]

    async def refresh(place: int) -> str:
        books = several[place]
        assert books is not None
        try:
            grant = await fresh_grant(services, books.platform, books.app, books.grant, force=False)
        except Throttled as refusal:
            return refusal.explanation.code
        return grant.access_token

    got = await asyncio.gather(*(refresh(place) for place in range(5)))
    assert refreshes(trade) - before == 1
    tokens = {one for one in got if one != "refresh_under_way"}
    assert len(tokens) == 1
    late = await refresh(0)
    assert late in tokens


async def own(trade: Trade) -> None:
    """Somebody else has begun to refresh the grant, and says nothing more."""
    async with trade.house.services.database.write() as session:
        grant = await session.get_one(Grant, (await trade.grant()).id)
        grant.refresh_owner, grant.refresh_until = "somebody", trade.house.clock.now() + timedelta(seconds=OWNED_S)


async def test_an_owner_that_died_is_replaced_after_its_time(trade: Trade) -> None:
    trade.house.clock.move(timedelta(hours=3))
    await own(trade)
    invoice = await trade.issue(await trade.counterpart(trade.named("Northwind Traders")))
    await trade.settle()
    assert (await trade.synced("receivable", invoice))["sync_status"] == "pending"
    assert (await trade.connection())["errors"] is None
    await trade.settle(seconds=OWNED_S + 1)
    await trade.done("receivable", invoice)


async def test_a_clock_that_is_put_back_leaves_no_owner_for_hours(trade: Trade) -> None:
    trade.house.clock.move(timedelta(hours=3))
    await own(trade)
    async with trade.house.services.database.write() as session:
        grant = await session.get_one(Grant, (await trade.grant()).id)
        grant.refresh_until = trade.house.clock.now() + timedelta(hours=2)
    invoice = await trade.issue(await trade.counterpart(trade.named("Northwind Traders")))
    await trade.settle()
    await trade.done("receivable", invoice)


async def soon_at_its_end(trade: Trade) -> None:
    """The access token is good for two minutes."""
    await trade.pull()
    trade.house.clock.move((await trade.grant()).access_expires_at - trade.house.clock.now() - timedelta(minutes=2))


async def test_nobody_waits_for_a_refresh_while_the_token_is_good(trade: Trade) -> None:
    await soon_at_its_end(trade)
    await own(trade)
    before = refreshes(trade)
    invoice = await trade.issue(await trade.counterpart(trade.named("Northwind Traders")))
    await trade.settle()
    await trade.done("receivable", invoice)
    assert refreshes(trade) == before


async def test_a_token_server_that_fails_ahead_of_time_hinders_nobody(trade: Trade) -> None:
    await soon_at_its_end(trade)
    trade.fault("status_before_commit", status=503, path_prefix=TOKENS[trade.platform], count=1_000)
    before = refreshes(trade)
    invoice = await trade.issue(await trade.counterpart(trade.named("Northwind Traders")))
    turns = await trade.house.settle()
    await trade.done("receivable", invoice)
    assert 0 < refreshes(trade) - before <= turns, "once a turn, not with every call"
    assert (await trade.connection())["errors"] is None


@pytest.mark.parametrize("kind", ["drop_before_commit", "invalid_client"])
async def test_a_write_that_waits_for_a_token_is_neither_in_doubt_nor_refused(
    trade: Trade, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    invoice = await trade.issue(customer)
    trade.house.clock.move(timedelta(hours=3))
    with monkeypatch.context() as patched:
        if kind == "invalid_client":
            patched.setattr("tieout.sandbox.apps.App.has_secret", lambda *_: False)
        else:
            trade.fault(kind, path_prefix=TOKENS[trade.platform], count=1_000)
        for _ in range(3):
            await trade.settle(seconds=31)
        assert {one.state for one in await trade.open_intents()} <= {"ready"}
        assert (await trade.synced("receivable", invoice))["sync_status"] == "pending"
        seen = await trade.connection()
        assert (seen["status"], bool(seen["errors"])) == ("connected", True), "the customer has ended nothing"
    trade.no_more_faults()
    await trade.settle_all(step_s=200)
    await trade.done("receivable", invoice)


class Late:
    """A platform whose answer to a refresh comes when somebody else was faster."""

    def __init__(self, trade: Trade) -> None:
        self.trade, self.inner, self.overtaken = trade, trade.house.services.http, False

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        answer = await self.inner.send(method, url, headers, body)
        if TOKENS[self.trade.platform] in url and not self.overtaken:
            self.overtaken = True
            self.trade.house.clock.move(timedelta(seconds=OWNED_S + 1))
            services = self.trade.house.services
            books = await open_books(services, self.trade.company_id, None)
            assert books is not None
            await fresh_grant(services, books.platform, books.app, books.grant, force=True)
        return answer


async def test_a_pair_that_comes_late_is_kept_beside_the_newer_one(trade: Trade) -> None:
    services = trade.house.services
    books = await open_books(services, trade.company_id, None)
    assert books is not None
    slow = replace(services, http=Late(trade))
    got = await fresh_grant(slow, books.platform, books.app, books.grant, force=True)
    after = await trade.grant()
    assert after.generation == got.generation == books.grant.generation + 1, "the one who took over counts"
    opened = open_grant(services.vault, after)
    assert opened.spare_refresh_token is not None
    if trade.platform == "xero":
        assert opened.spare_refresh_token != opened.refresh_token
    trade.house.clock.move(timedelta(hours=3))
    async with services.database.write() as session:
        row = await session.get_one(Grant, after.id)
        row.refresh_token = services.vault.seal("no longer known", place=f"grants.refresh_token:{row.id}")
    await trade.pull()
    seen = await trade.connection()
    assert (seen["status"], seen["errors"]) == ("connected", None), "the spare one was good"
    assert (await trade.grant()).spare_refresh_token is None


async def test_access_revoked_at_the_platform_is_told_once_and_nobody_is_hammered(trade: Trade) -> None:
    told_before = await trade.events(ENDED)
    trade.act("disconnect")
    invoice = await trade.issue(await trade.counterpart(trade.named("Northwind Traders")))
    await trade.pull()
    seen = await trade.connection()
    assert seen["status"] == "deauthorized"
    assert "onnect" in seen["errors"][0]["message"]
    assert "by itself" not in seen["errors"][0]["message"]
    assert await trade.events(ENDED) - told_before == 1
    async with trade.house.services.database.read() as session:
        told = (await session.scalars(select(Event).where(Event.action == ENDED))).all()[-1]
    assert told.object_id == UUID(trade.connection_id)
    assert told.payload["reason"]
    before = trade.calls()
    for minutes in (1, 10, 60, 600):
        await trade.settle(minutes=minutes)
    await trade.issue(await trade.counterpart(trade.named("Southwind Traders")))
    assert await trade.house.settle() <= 2, "the lane must not spin"
    assert trade.calls() - before == 0
    assert await trade.events(ENDED) - told_before == 1
    assert (await trade.synced("receivable", invoice))["sync_status"] == "pending"


async def test_reconnecting_on_the_same_connection_sends_what_waited(trade: Trade) -> None:
    trade.act("disconnect")
    waiting = await trade.issue(await trade.counterpart(trade.named("Northwind Traders")))
    await trade.settle()
    assert (await trade.connection())["status"] == "deauthorized"
    later = await trade.issue(await trade.counterpart(trade.named("Southwind Traders")))
    await trade.settle(minutes=10)
    await trade.reconnect()
    await trade.settle()
    seen = await trade.connection()
    assert (seen["id"], seen["status"], seen["errors"]) == (trade.connection_id, "connected", None)
    for invoice in (waiting, later):
        await trade.done("receivable", invoice)
        assert len(trade.documents(number=invoice["document_id"])) == 1
    assert (await trade.ask("GET", "/accounting_connections"))["data"][0]["id"] == trade.connection_id


async def test_a_write_in_doubt_when_access_ends_is_resolved_after_the_reconnect(trade: Trade) -> None:
    vendor = await trade.vendor(trade.named("Paper & Ink Supplies"))
    await trade.bill(vendor, number=trade.named("SUP-1"))
    await trade.settle()
    trade.fault_writes("drop_after_commit")
    bill = await trade.bill(vendor, number=trade.named("SUP-77"))
    await trade.settle()
    assert [one.state for one in await trade.open_intents()] == ["uncertain"]
    trade.act("disconnect")
    await trade.settle(minutes=20)
    assert (await trade.connection())["status"] == "deauthorized"
    assert [one.state for one in await trade.open_intents()] == ["uncertain"]
    await trade.reconnect()
    await trade.settle_all(step_s=400)
    await trade.done("bill", bill)
    assert len(trade.documents(number=trade.named("SUP-77"))) == 1


async def test_a_reconnect_while_the_old_access_fails_is_not_undone_by_it(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turn that hears of the end is slower than the person who has already connected again."""
    original, reconnected = RefreshingTransport.send, False

    async def slow(self: RefreshingTransport, request: Request) -> Answer:
        nonlocal reconnected
        try:
            return await original(self, request)
        except (GrantEnded, CompanyEnded) as refusal:
            if not reconnected:
                reconnected = True
                async with trade.house.services.database.write() as session:
                    company = await session.get_one(Company, trade.company_id)
                    assert company.grant_id is not None
                    await end_grant(session, company.grant_id, refusal.explanation, now=trade.house.clock.now())
                await trade.reconnect()
            raise

    trade.act("disconnect")
    monkeypatch.setattr(RefreshingTransport, "send", slow)
    await trade.pull()
    await trade.settle(minutes=1)
    seen = await trade.connection()
    assert (reconnected, seen["status"], seen["errors"]) == (True, "connected", None)
