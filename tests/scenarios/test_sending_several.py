"""Several writes at once, singly and in batches: each is in the books exactly once, whatever befalls the others."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select
from tests.support.trading import Json, Trade, shared_trade

from tieout.platforms.errors import Explanation, Throttled
from tieout.platforms.port import Answer, HttpClient
from tieout.storage.tables.work import Intent
from tieout.storage.tables.writes import IntentAttempt, Send
from tieout.sync import settlements
from tieout.sync.spending import LaneBudget

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_quickbooks(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trade]:
    async with shared_trade(tmp_path_factory.mktemp("books"), "quickbooks") as trade:
        yield trade


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_xero(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trade]:
    async with shared_trade(tmp_path_factory.mktemp("books"), "xero") as trade:
        yield trade


@pytest_asyncio.fixture(loop_scope="module")
async def quickbooks(shared_quickbooks: Trade) -> AsyncIterator[Trade]:
    await shared_quickbooks.begin()
    yield shared_quickbooks
    await shared_quickbooks.tidy()


@pytest_asyncio.fixture(loop_scope="module")
async def xero(shared_xero: Trade) -> AsyncIterator[Trade]:
    await shared_xero.begin()
    yield shared_xero
    await shared_xero.tidy()


async def some_bills(trade: Trade, count: int) -> list[Json]:
    """Bills of a vendor who is in the books already."""
    vendor = await trade.vendor(trade.named("Paper & Ink Supplies"))
    await trade.bill(vendor, number=trade.named("SUP-first"))
    await trade.settle_all()
    return [await trade.bill(vendor, number=trade.named(f"SUP-{place}")) for place in range(count)]


async def check_once(trade: Trade, bills: list[Json]) -> None:
    for bill in bills:
        external_id = await trade.done("bill", bill)
        assert [one.ref.id for one in trade.documents(number=bill["document_id"])] == [external_id]


async def rows_of(trade: Trade, bill: Json) -> list[IntentAttempt]:
    async with trade.house.services.database.read() as session:
        rows = await session.scalars(
            select(IntentAttempt)
            .join(Intent, Intent.id == IntentAttempt.intent_id)
            .where(Intent.object_id == UUID(bill["id"]))
            .order_by(IntentAttempt.number)
        )
        return list(rows)


async def attempts_of(trade: Trade, bill: Json) -> list[tuple[str, str]]:
    return [(row.act, row.outcome) for row in await rows_of(trade, bill)]


async def intent_of(trade: Trade, bill: Json) -> Intent:
    (intent,) = [one for one in await trade.rows(Intent) if str(one.object_id) == bill["id"]]
    assert isinstance(intent, Intent)
    return intent


@dataclass
class Slow:
    """A way to the platform that takes a while, and counts who is on it."""

    inner: HttpClient
    now: int = 0
    most: int = 0

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(0.005)
            return await self.inner.send(method, url, headers, body)
        finally:
            self.now -= 1


async def test_four_go_at_the_same_time_and_no_more(quickbooks: Trade) -> None:
    trade = quickbooks
    bills = await some_bills(trade, 6)
    slow = Slow(trade.house.services.http)
    trade.meddler().inner = slow
    before = trade.calls(method="POST")
    await trade.settle()
    assert slow.most == 4
    assert trade.calls(method="POST") - before == 6
    await check_once(trade, bills)
    assert await attempts_of(trade, bills[0]) == [("sent", "carried_out")]


async def test_one_that_fails_ends_the_turn_only_after_its_neighbours_were_recorded(quickbooks: Trade) -> None:
    trade = quickbooks
    bills = await some_bills(trade, 4)
    trade.fault_writes("drop_after_commit", skip=1)
    await trade.settle()
    assert len(await trade.open_intents()) == 1, "three were recorded"
    await trade.settle_all(step_s=400)
    await check_once(trade, bills)
    (unlucky,) = [tried for bill in bills if len(tried := await attempts_of(trade, bill)) > 1]
    assert unlucky == [("sent", "no_answer"), ("looked_up", "found")]


async def test_one_that_cannot_be_recorded_is_parked_and_holds_up_nobody(
    quickbooks: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    trade = quickbooks
    bills = await some_bills(trade, 5)
    original = settlements.confirm

    async def confirm(session: Any, books: Any, intent: Intent, *args: Any, **more: Any) -> None:
        if str(intent.object_id) == bills[1]["id"]:
            raise ArithmeticError("a fault of ours")
        await original(session, books, intent, *args, **more)

    monkeypatch.setattr("tieout.sync.recording.confirm", confirm)
    await trade.settle()
    assert [str(one.object_id) for one in await trade.open_intents()] == [bills[1]["id"]]
    await check_once(trade, [bills[0], *bills[2:]])
    monkeypatch.setattr("tieout.sync.recording.confirm", original)
    await trade.settle_all(step_s=1_000)
    await check_once(trade, bills)


async def test_a_clock_that_was_set_back_makes_nobody_trust_a_key(quickbooks: Trade) -> None:
    trade = quickbooks
    bills = await some_bills(trade, 1)
    trade.fault_writes("drop_after_commit")
    await trade.settle()
    before = trade.calls(method="POST")
    trade.house.clock.set_wall_clock(timedelta(hours=-1))
    await trade.pull()
    assert trade.calls(method="POST") == before, "found by looking"
    await check_once(trade, bills)
    trade.house.clock.set_wall_clock(timedelta(hours=1))


async def test_what_is_in_doubt_when_the_books_are_left_is_only_looked_for(quickbooks: Trade) -> None:
    trade = quickbooks
    bills = await some_bills(trade, 2)
    trade.fault_writes("drop_after_commit")
    trade.fault_writes("drop_before_commit", skip=1)
    await trade.settle()
    assert len(await trade.open_intents()) == 2
    before = trade.calls(method="POST", path_prefix="/v3/company")
    await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/disconnect")
    for _ in range(5):
        await trade.settle(seconds=60)
    assert trade.calls(method="POST", path_prefix="/v3/company") == before
    assert sorted([(await intent_of(trade, bill)).state for bill in bills]) == ["cancelled", "confirmed"]
    trade.connection_id = (await trade.ask("POST", "/accounting_connections"))["id"]
    await trade.reconnect()
    await trade.settle_all()
    await check_once(trade, bills)


async def test_a_call_that_the_platform_turned_away_is_seen_with_its_answer(quickbooks: Trade) -> None:
    trade = quickbooks
    (bill,) = await some_bills(trade, 1)
    trade.fault_writes("rate_limited", retry_after_s=5)
    await trade.settle()
    assert (await intent_of(trade, bill)).attempts == 1
    await trade.settle_all()
    assert await attempts_of(trade, bill) == [("sent", "nothing_happened"), ("sent", "carried_out")]
    (turned_away, _) = await rows_of(trade, bill)
    assert turned_away.answer_status == 429
    assert turned_away.answer


async def test_looking_that_the_budget_puts_off_is_no_attempt_and_takes_none_back(
    xero: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    trade = xero
    (bill,) = await some_bills(trade, 1)
    trade.fault_writes("drop_before_commit")
    await trade.settle()
    with monkeypatch.context() as patched:
        patched.setattr(LaneBudget, "spend", _no_calls_left)
        for _ in range(3):
            await trade.settle(seconds=400)
    kept = await intent_of(trade, bill)
    assert (kept.state, kept.attempts, kept.attempts_noted) == ("uncertain", 1, 1)
    await trade.settle_all()
    tried = [("sent", "no_answer"), ("looked_up", "absent"), ("sent", "carried_out")]
    assert await attempts_of(trade, bill) == tried
    (first,) = [one for one in await trade.rows(Send) if one.key == (await rows_of(trade, bill))[0].key]
    assert first.reason == "absent", "the request under the key that was given up is kept"


async def _no_calls_left(*_: object) -> None:
    raise Throttled(Explanation("budget_used_up", "Nothing is left.", "Wait."), retry_after_s=60)


# Batches ------------------------------------------------------------------------------------------------------


async def batches(trade: Trade) -> list[Send]:
    return [one for one in await trade.rows(Send) if one.reason == "batch"]


async def test_many_bills_are_one_call_and_one_send_with_its_answer(xero: Trade) -> None:
    trade = xero
    bills = await some_bills(trade, 5)
    before = trade.calls(method="PUT")
    await trade.settle()
    assert trade.calls(method="PUT") - before == 1
    await check_once(trade, bills)
    (send,) = await batches(trade)
    assert (send.size, send.answer_status) == (5, 200)
    assert send.answer is not None
    assert b"InvoiceID" in send.answer
    intents = [await intent_of(trade, bill) for bill in bills]
    assert sorted((one.send_id, one.place) for one in intents) == [(send.id, place) for place in range(5)]
    assert await attempts_of(trade, bills[3]) == [("sent", "carried_out")]


async def test_a_batch_whose_answer_is_lost_is_repeated_whole_while_its_key_lives(xero: Trade) -> None:
    trade = xero
    bills = await some_bills(trade, 5)
    trade.fault_writes("drop_after_commit")
    await trade.settle()
    assert {one.state for one in await trade.open_intents()} == {"uncertain"}
    await trade.settle(seconds=90)
    await check_once(trade, bills)
    assert await attempts_of(trade, bills[0]) == [("sent", "no_answer"), ("sent", "carried_out")]


async def test_a_batch_whose_key_was_forgotten_is_looked_up_in_few_calls(xero: Trade) -> None:
    trade = xero
    bills = await some_bills(trade, 5)
    trade.fault_writes("drop_after_commit")
    await trade.settle()
    before = trade.calls(method="PUT"), trade.calls(method="GET", path_prefix="/api.xro/2.0/Invoices")
    await trade.settle(seconds=400)
    await check_once(trade, bills)
    assert trade.calls(method="PUT") == before[0]
    assert trade.calls(method="GET", path_prefix="/api.xro/2.0/Invoices") - before[1] <= 3
    assert await attempts_of(trade, bills[0]) == [("sent", "no_answer"), ("looked_up", "found")]


async def test_a_batch_that_never_arrived_goes_singly_once_that_is_sure(xero: Trade) -> None:
    trade = xero
    bills = await some_bills(trade, 3)
    trade.fault_writes("drop_before_commit")
    await trade.settle()
    before = trade.calls(method="PUT")
    await trade.settle(seconds=400)
    assert trade.calls(method="PUT") - before == 3
    await check_once(trade, bills)
    tried = [("sent", "no_answer"), ("looked_up", "absent"), ("sent", "carried_out")]
    assert await attempts_of(trade, bills[0]) == tried


async def test_a_batch_that_is_refused_as_a_whole_goes_singly_at_once(xero: Trade) -> None:
    trade = xero
    bills = await some_bills(trade, 3)
    trade.meddler().requests.append(("nvoices", lambda body: body.replace(b'"ACCPAY"', b'"ACCWHAT"', 1)))
    await trade.settle()
    await check_once(trade, bills)
    tried = [("sent", "refused"), ("looked_up", "absent"), ("sent", "carried_out")]
    assert [await attempts_of(trade, bill) for bill in bills] == [tried] * 3


async def test_one_that_is_refused_in_a_batch_leaves_the_others_in_the_books(xero: Trade) -> None:
    trade = xero
    bills = await some_bills(trade, 3)
    meddler = trade.meddler()

    def without_a_date(body: bytes) -> bytes:
        return body.replace(b'"Date":"2026-03-01"', b'"Date":""', 1)

    meddler.requests.append(("nvoices", without_a_date))
    await trade.settle()
    states = [(await trade.synced("bill", bill))["sync_status"] for bill in bills]
    assert sorted(states) in (["done", "done", "error"], ["done", "done", "done"])


async def test_an_answer_that_cannot_be_told_apart_is_looked_up(xero: Trade) -> None:
    trade = xero
    bills = await some_bills(trade, 4)
    meddler = trade.meddler()
    meddler.answers.append(("nvoices", lambda answer: replace(answer, body=b'{"Invoices":[]}')))
    await trade.settle()
    assert {one.state for one in await trade.open_intents()} == {"uncertain"}
    await trade.settle_all(step_s=400)
    await check_once(trade, bills)


async def test_what_the_person_may_not_do_is_not_sent_and_goes_in_by_itself_once_the_right_is_given(
    xero: Trade,
) -> None:
    organisation = xero.house.simulators["xero"].state.xero.organisations[xero.books.id]
    organisation.refused_actions.add("CreateApprovedBill")
    await xero.settle(days=2)  # rights are read once a day
    await xero.pull()
    vendor = await xero.vendor(xero.named("Paper & Ink Supplies"))
    before = xero.calls(method="PUT", path_prefix="/api.xro/2.0/Invoices")
    bill = await xero.bill(vendor, number=xero.named("SUP-forbidden"))
    await xero.settle()
    assert (await xero.refused("bill", bill))["code"] == "not_permitted"
    assert xero.calls(method="PUT", path_prefix="/api.xro/2.0/Invoices") == before
    organisation.refused_actions.discard("CreateApprovedBill")
    await xero.pull()
    await xero.settle()
    await xero.done("bill", bill)
