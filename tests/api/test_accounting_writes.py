"""The write ledger: whoever reads it sees the exact request, every attempt, and what came back."""

from collections.abc import AsyncIterator
from hashlib import sha256

import pytest
import pytest_asyncio
from tests.support.trading import PLATFORMS, Json, Trade, shared_trade

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


async def bills(trade: Trade, count: int) -> list[Json]:
    vendor = await trade.vendor(trade.named("Paper & Ink Supplies"))
    await trade.settle_all()
    return [await trade.bill(vendor, number=trade.named(f"SUP-{place}")) for place in range(count)]


async def ledger(trade: Trade, bill: Json) -> list[Json]:
    record = await trade.synced("bill", bill)
    return list((await trade.ask("GET", f"/accounting_synced_records/{record['id']}/writes"))["data"])


async def whole(trade: Trade, bill: Json) -> Json:
    (write,) = await ledger(trade, bill)
    return await trade.ask("GET", f"/accounting_writes/{write['id']}")


async def test_a_write_shows_its_request_its_answer_and_its_trace(trade: Trade) -> None:
    (bill,) = await bills(trade, 1)
    await trade.settle()
    write = await whole(trade, bill)
    assert (write["state"], write["operation"], write["next"]) == ("confirmed", "create", "nothing")
    assert write["platform_object_id"] == await trade.done("bill", bill)
    body = write["request"]["body"]
    assert bill["document_id"] in body["text"]
    assert body["sha256"] == sha256(body["text"].encode()).hexdigest()
    assert body["parsed"]
    assert not [name for name in write["request"]["headers"] if name.lower() == "authorization"]
    (attempt,) = write["attempts"]
    assert (attempt["act"], attempt["outcome"], attempt["answer"]["status"]) == ("sent", "carried_out", 200)
    assert attempt["answer"]["body"]["parsed"]
    assert attempt["trace_id"] == write["trace_id"] is not None
    assert attempt["key"] == write["key"]


async def test_every_attempt_is_seen_in_its_order(trade: Trade) -> None:
    (bill,) = await bills(trade, 1)
    trade.fault_writes("drop_before_commit", skip=1)  # after the vendor
    await trade.settle()
    doubtful = await whole(trade, bill)
    assert (doubtful["state"], doubtful["next"]) == ("uncertain", "finds_out")
    assert doubtful["next_attempt_at"] is not None
    await trade.settle_all(step_s=400)
    write = await whole(trade, bill)
    seen = [(one["number"], one["act"], one["outcome"]) for one in write["attempts"]]
    expected = [(1, "sent", "no_answer"), (2, "looked_up", "absent"), (3, "sent", "carried_out")]
    if trade.rules.recreates_with_same_key:  # whose answer may be that of an earlier sending
        expected.append((4, "looked_up", "found"))
    assert seen == expected
    assert write["attempts"][0]["refusal"]["code"] == "no_answer"
    keys = {one["key"] for one in write["attempts"]}
    assert keys == {write["key"], *(other["key"] for other in write["other_requests"])}


async def test_a_refusal_is_kept_with_the_platforms_own_words(trade: Trade) -> None:
    bill, _ = await bills(trade, 2)
    trade.lock("2026-12-31")
    await trade.settle()
    record = await trade.refused("bill", bill)
    writes = await ledger(trade, bill)
    trade.lock()
    if not writes:
        assert record["code"] == "period_closed", "known beforehand, so nothing was sent"
        return
    write = await whole(trade, bill)
    assert (write["state"], write["next"]) == ("refused", "awaits_cure")
    assert write["attempts"][-1]["refusal"]["code"] == record["code"]


async def test_the_ledger_of_a_connection_is_narrowed_and_paged(trade: Trade) -> None:
    made = await bills(trade, 3)
    await trade.settle()
    path = f"/accounting_connections/{trade.connection_id}/writes?object_type=bill&state=confirmed"
    first = await trade.ask("GET", f"{path}&limit=2")
    assert len(first["data"]) == 2
    rest = await trade.ask("GET", f"{path}&limit=2&pagination_token={first['next_pagination_token']}")
    times = [one["created_at"] for one in [*first["data"], *rest["data"]]]
    assert times == sorted(times, reverse=True), "newest first"
    assert {one["object_id"] for one in [*first["data"], *rest["data"]]} >= {bill["id"] for bill in made}
    (of_one,) = (await trade.ask("GET", f"{path}&object_id={made[0]['id']}"))["data"]
    assert of_one["object_id"] == made[0]["id"]
    assert (await trade.ask("GET", f"{path}&operation=void"))["data"] == []


async def test_a_batch_is_shown_with_each_of_its_writes(trade: Trade) -> None:
    made = await bills(trade, 2)
    await trade.settle()
    write = await whole(trade, made[1])
    if trade.platform == "quickbooks":
        assert write["other_requests"] == [], "everything goes singly there"
        return
    (batch,) = write["other_requests"]
    (attempt,) = write["attempts"]
    assert (batch["reason"], batch["size"], batch["answer"]["status"]) == ("batch", 2, 200)
    assert (attempt["key"], attempt["answer"]) == (batch["key"], None)
    sent = batch["request"]["body"]["parsed"]["Invoices"][attempt["place"]]
    assert made[1]["document_id"] in str(sent)
