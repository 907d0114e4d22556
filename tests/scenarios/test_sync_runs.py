"""Runs: what a synchronisation read, wrote and cost, and how it ended, however it ended."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.support.house import House
from tests.support.trading import PLATFORMS, Json, Trade, open_trade, set_up, unhurried

from tieout.engine.port import LEASE_S
from tieout.platforms.registry import all_platforms
from tieout.storage.tables.work import Event
from tieout.sync.pulling import SAVE_EVERY

pytestmark = pytest.mark.parametrize("platform", PLATFORMS)


@pytest.fixture
async def trade(house: House, platform: str, monkeypatch: pytest.MonkeyPatch) -> Trade:
    unhurried(monkeypatch)
    return await open_trade(house, platform)


async def runs(trade: Trade, **query: Any) -> list[Json]:
    """Newest first."""
    trade.partner.entity_id = trade.entity_id
    path = f"/accounting_connections/{trade.connection_id}/sync_runs"
    answer = await trade.partner.get(path, params={"order": "desc", **query})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def events(trade: Trade) -> list[Event]:
    async with trade.house.services.database.read() as session:
        found = select(Event).where(
            Event.entity_id == UUID(trade.entity_id), Event.object_type == "accounting_sync_run"
        )
        return list(await session.scalars(found.order_by(Event.created_at)))


def total(run: Json, counts: str, word: str) -> int:
    return sum(entry[word] for entry in run[counts])


async def test_the_first_run_counts_everything_that_the_books_hold_and_every_call(trade: Trade) -> None:
    (run,) = await runs(trade)
    assert (run["cause"], run["status"], run["error"], run["attempts"]) == ("connected", "finished", None, 1)
    assert run["accounting_connection_id"] == trade.connection_id
    kinds = {entry["kind"]: entry for entry in run["records"]}
    for kind in ("account", "tax_rate", "invoice", "bill"):
        snapshots = await trade.snapshots(kind)
        assert kinds[kind]["read"] == kinds[kind]["changed"] == len(snapshots) > 0
    assert total(run, "records", "gone") == 0
    assert total(run, "calls", "calls") == await trade.metered_calls(but="connect") > 0
    assert {entry["cause"] for entry in run["calls"]} == {"pull", "tie_out"}
    assert total(run, "calls", "received_bytes") > total(run, "calls", "calls")
    (told,) = await events(trade)
    assert (told.action, told.object_id, told.payload) == ("accounting_sync_run.finished", UUID(run["id"]), run)
    path = f"/accounting_connections/{trade.connection_id}/sync_runs/{run['id']}"
    assert await trade.ask("GET", path) == run


async def test_a_later_run_tells_why_it_began_and_what_is_new_in_the_books(trade: Trade) -> None:
    await trade.settle(minutes=70)
    quiet = (await runs(trade))[0]
    assert (quiet["cause"], quiet["status"]) == ("schedule", "finished")
    assert total(quiet, "records", "changed") == 0, quiet["records"]
    trade.act("create_customer", name="Northwind Traders")
    payable = next(one for one in trade.documents() if one.payable)
    trade.act("pay", document_id=payable.ref.id)
    await trade.pull()
    busy = (await runs(trade))[0]
    assert busy["cause"] == "request"
    changed = {entry["kind"]: entry["changed"] for entry in busy["records"] if entry["changed"]}
    assert len(changed) >= 3, changed
    assert set(changed.values()) <= {1, 2}, changed
    await trade.settle(minutes=70)
    assert (await runs(trade))[0]["cause"] == "schedule"
    assert len(await runs(trade, cause="schedule")) == 2
    assert await runs(trade, status="failed") == []
    assert len(await runs(trade, started_at__gte=busy["started_at"])) == 2


@pytest.mark.only_at("quickbooks", because="Xero voids what it has approved")
async def test_what_is_gone_from_the_books_is_counted_as_gone(trade: Trade) -> None:
    invoice = await trade.issue(await trade.counterpart("Northwind Traders"))
    await trade.settle()
    external_id = await trade.done("receivable", invoice)
    await trade.pull()
    trade.act("delete", document_id=external_id)
    await trade.pull()
    counted = {entry["kind"]: entry["gone"] for entry in (await runs(trade))[0]["records"]}
    assert counted["invoice"] == 1


async def test_a_push_is_a_run_that_counts_what_was_pushed_and_what_was_refused(trade: Trade) -> None:
    await trade.settle(minutes=1)
    invoice = await trade.issue(await trade.counterpart("Northwind Traders"))
    bill = await trade.bill(await trade.vendor("Paper & Ink"), trade.bill_line(ledger_account_id=None), approve=False)
    await trade.settle()
    await trade.done("receivable", invoice)
    run = (await runs(trade))[0]
    assert (run["cause"], run["status"], run["records"]) == ("push", "finished", [])
    pushed = {entry["object_type"]: (entry["pushed"], entry["refused"]) for entry in run["pushes"]}
    assert pushed["receivable"] == pushed["customer"] == (1, 0)
    assert total(run, "calls", "calls") == sum(count for count, _ in pushed.values())
    assert bill["status"] == "draft", "an incomplete bill is not wanted in the books"
    refused = await trade.issue(
        await trade.counterpart("Southwind Traders"), trade.line(accounting_tax_rate_id=None, tax_rate_value=3_333)
    )
    await trade.settle(minutes=1)
    await trade.refused("receivable", refused)
    run = (await runs(trade))[0]
    assert {"object_type": "receivable", "pushed": 0, "refused": 1} in run["pushes"]
    assert run["status"] == "finished", "a refused record is no failed run"


async def test_a_run_that_fails_says_why_is_told_once_and_is_taken_up_until_it_ends(trade: Trade) -> None:
    trade.fault("status_before_commit", count=1_000)
    await trade.settle(minutes=70)
    failed = (await runs(trade))[0]
    assert (failed["cause"], failed["status"]) == ("schedule", "failed")
    assert failed["error"]["message"]
    assert failed["error"]["fix"]
    before = len(await runs(trade))
    for _ in range(3):
        await trade.settle(minutes=6)
    again = (await runs(trade))[0]
    assert (len(await runs(trade)), again["id"], again["attempts"]) == (before, failed["id"], 4)
    trade.no_more_faults()
    await trade.settle(minutes=6)
    ended = (await runs(trade))[0]
    assert (ended["id"], ended["status"], ended["error"]) == (failed["id"], "finished", None)
    told = [(event.action.partition(".")[2], event.object_id) for event in await events(trade)]
    assert told[-2:] == [("failed", UUID(failed["id"])), ("finished", UUID(failed["id"]))]
    assert len([one for one in told if one[0] == "failed"]) == 1


async def test_a_run_whose_process_died_is_interrupted_and_another_begins(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch)
    trade = await open_trade(house, platform, settle=False)
    adapter = all_platforms()[platform]
    original, calls = adapter.fetch_page, 0

    async def dying(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise SystemExit
        house.clock.move(SAVE_EVERY)
        return await original(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(adapter, "fetch_page", dying)
        with pytest.raises(SystemExit):
            await trade.settle()
    (running,) = await runs(trade)
    assert (running["status"], running["finished_at"]) == ("running", None)
    assert total(running, "records", "read") > 0
    died_at = running["updated_at"]
    await trade.settle(seconds=LEASE_S + 1)
    finished, interrupted = await runs(trade)
    assert (interrupted["id"], interrupted["status"]) == (running["id"], "interrupted")
    assert interrupted["finished_at"] == died_at, "when it was last heard of"
    assert (finished["status"], finished["cause"]) == ("finished", "connected")
    read = total(finished, "records", "read") + total(interrupted, "records", "read")
    assert read >= len(await trade.snapshots("invoice"))
    told = {event.action.partition(".")[2] for event in await events(trade)}  # in any order: both at one moment
    assert told == {"interrupted", "finished"}
    await set_up(trade)


async def test_a_run_that_one_turn_leaves_is_taken_up_by_the_next(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch)
    monkeypatch.setattr("tieout.engine.port.TURN_UNITS_MAX", 1)
    trade = await open_trade(house, platform, settle=False)
    turns = await house.settle()
    assert turns > 3
    (run,) = await runs(trade)
    assert (run["status"], run["attempts"]) == ("finished", 1)
    assert total(run, "calls", "calls") == await trade.metered_calls(but="connect")


async def test_a_run_ends_with_its_connection(trade: Trade) -> None:
    trade.fault("status_before_commit", count=1_000)
    await trade.settle(minutes=70)
    await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/disconnect")
    assert (await runs(trade))[0]["status"] == "failed"
    trade.no_more_faults()
    await trade.settle(minutes=70)
    assert (await runs(trade))[0]["status"] == "failed", "nobody takes it up"


async def test_a_run_whose_access_was_withdrawn_says_so(trade: Trade) -> None:
    trade.act("disconnect")
    await trade.settle(minutes=70)
    run = (await runs(trade))[0]
    connection = await trade.connection()
    assert (run["status"], connection["status"]) == ("failed", "deauthorized")
    assert run["error"]["message"] in connection["errors"][0]["message"]


async def test_runs_of_others_are_not_there(house: House, trade: Trade) -> None:
    (run, *_) = await runs(trade)
    stranger = await house.new_partner("Somebody Else Inc")
    base = f"/accounting_connections/{trade.connection_id}"
    for path in (f"{base}/sync_runs", f"{base}/sync_runs/{run['id']}", f"{base}/timeline"):
        assert (await stranger.get(path)).status_code == 404
    elsewhere = f"/accounting_connections/{trade.company_id}/sync_runs/{run['id']}"
    assert (await trade.partner.get(elsewhere)).status_code == 404
