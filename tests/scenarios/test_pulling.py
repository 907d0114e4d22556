"""Pulling: every page once, from wherever it was left; what changed, what is gone, and what nobody can read."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tests.support.house import House
from tests.support.trading import BUSY, PLATFORMS, Trade, open_trade, set_up, unhurried

from tieout.app import lane_handlers
from tieout.books.changes import Change, Page
from tieout.books.records import Kind, Untranslated
from tieout.engine.lanes import EmbeddedEngine
from tieout.engine.port import LEASE_S
from tieout.platforms.registry import all_platforms
from tieout.storage.tables.connections import Company, Snapshot
from tieout.storage.tables.work import Lane

pytestmark = pytest.mark.parametrize("platform", PLATFORMS)
PAGES_MAX = 40


@pytest.fixture
async def fresh(house: House, platform: str, monkeypatch: pytest.MonkeyPatch) -> Trade:
    """Connected, and nothing pulled yet."""
    unhurried(monkeypatch)
    return await open_trade(house, platform, name=BUSY[platform], settle=False)


async def contents(trade: Trade) -> dict[tuple[str, str], bytes | None]:
    """Everything that is known of the books, as it is kept."""
    return {(one.kind, one.external_id): one.canonical for one in await trade.rows(Snapshot) if one.gone_at is None}


async def test_a_pull_that_breaks_off_at_every_page_brings_the_same_as_one_in_peace(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch)
    fresh = await open_trade(house, platform, settle=False)
    original, failures = all_platforms()[platform].fetch_page, 0
    asked: list[str | None] = []

    async def failing(transport: Any, company_id: str, cursor: str | None, *, now: datetime) -> Page:
        nonlocal failures
        asked.append(cursor)
        page = await original(transport, company_id, cursor, now=now)
        if len(asked) % 2:
            failures += 1
            raise OSError("the process is about to die")
        return page

    with monkeypatch.context() as patched:
        patched.setattr(all_platforms()[platform], "fetch_page", failing)
        for _ in range(PAGES_MAX):
            await fresh.settle(seconds=301)
            if (await fresh.company()).first_pulled_at is not None:
                break
    assert failures > 3
    assert asked[::2] == asked[1::2], "every page is asked for again with the same cursor"
    brought = await contents(fresh)
    other = await open_trade(house, platform)
    assert brought == await contents(other)
    assert (await fresh.connection())["errors"] is None


async def test_a_pull_whose_lease_was_lost_commits_nothing_and_is_finished_by_another(
    house: House, platform: str, fresh: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, other = all_platforms()[platform].fetch_page, EmbeddedEngine(house.services.database, house.clock)
    taken_over = False

    async def slow(transport: Any, company_id: str, cursor: str | None, *, now: datetime) -> Page:
        nonlocal taken_over
        page = await original(transport, company_id, cursor, now=now)
        if not taken_over and cursor is not None:
            taken_over = True
            house.clock.move(timedelta(seconds=LEASE_S + 1))
            claims = await other.claims.claim(9, kinds=("company",))
            assert [claim.key for claim in claims] == [f"company:{fresh.company_id}"]
            before = (await fresh.company()).cursor
            await other.run_turn(claims[0], lane_handlers(house.services)["company"], asyncio.Event())
            assert (await fresh.company()).cursor != before
        return page

    monkeypatch.setattr(all_platforms()[platform], "fetch_page", slow)
    await fresh.settle()
    async with house.services.database.read() as session:
        lane = await session.get_one(Lane, f"company:{fresh.company_id}")
        assert (lane.owner, lane.fence, lane.last_error) == (None, 2, None)
    company = await fresh.company()
    assert (company.pull_started_at, company.last_pulled_at) == (None, company.first_pulled_at)
    await set_up(fresh)
    await fresh.pull()
    assert (await fresh.tie_out())["ties_out"]


async def test_a_later_pull_brings_what_changed_and_nothing_else(fresh: Trade, platform: str) -> None:
    await fresh.settle()
    first = await contents(fresh)
    await fresh.settle(minutes=20)
    before = fresh.calls()
    await fresh.pull()
    assert await contents(fresh) == first
    quiet = fresh.calls() - before
    assert quiet <= {"quickbooks": 1, "xero": 10}[platform]
    fresh.act("create_customer", name="Northwind Traders")
    payable = next(one for one in fresh.documents() if one.payable)
    fresh.act("pay", document_id=payable.ref.id)
    before = fresh.calls()
    await fresh.pull()
    assert fresh.calls() - before <= quiet + 1
    after = await contents(fresh)
    new = {kind for kind, external_id in after.keys() - first.keys()}
    assert len(new) == 2
    assert new <= {"customer", "party", "payment", "bill_payment"}
    changed = {external_id for (kind, external_id), record in first.items() if after[kind, external_id] != record}
    assert payable.ref.id in changed


async def test_what_is_deleted_in_the_books_is_marked_as_gone(fresh: Trade, platform: str) -> None:
    await fresh.settle()
    await set_up(fresh)
    invoice = await fresh.issue(await fresh.counterpart("Northwind Traders"))
    await fresh.settle()
    external_id = await fresh.done("receivable", invoice)
    await fresh.pull()
    fresh.act("delete" if platform == "quickbooks" else "void", document_id=external_id)
    await fresh.pull()
    (snapshot,) = [one for one in await fresh.snapshots("invoice") if one.external_id == external_id]
    if platform == "quickbooks":
        assert snapshot.gone_at is not None
    else:
        assert b'"void"' in (snapshot.canonical or b"")
    assert (await fresh.connection())["errors"] is None
    await fresh.settle(days=1)
    assert (await fresh.tie_out())["ties_out"]


@pytest.mark.only_at("xero", because="QuickBooks never loses an account, it becomes inactive")
async def test_an_account_that_vanishes_without_a_word_can_no_longer_be_chosen(fresh: Trade) -> None:
    await fresh.settle()
    accounts = fresh.house.simulators["xero"].state.xero.organisations[fresh.books.id].accounts
    gone = next(one for one in accounts.values() if one.name == "Subscriptions")
    del accounts[gone.id]
    await fresh.settle(days=1, minutes=5)
    listed = (await fresh.ask("GET", "/ledger_accounts?limit=100"))["data"]
    assert [one["status"] for one in listed if one["name"] == "Subscriptions"] in ([], ["Archived"])
    (snapshot,) = [one for one in await fresh.snapshots("account") if one.external_id == gone.id]
    assert snapshot.gone_at is not None


async def test_a_record_that_nobody_can_translate_is_kept_raw_and_counted(
    fresh: Trade, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = all_platforms()[platform].fetch_page
    odd: list[str] = []

    async def puzzling(transport: Any, company_id: str, cursor: str | None, *, now: datetime) -> Page:
        page = await original(transport, company_id, cursor, now=now)
        changes = list(page.changes)
        for place, change in enumerate(changes):
            if isinstance(change, Change) and change.ref.kind is Kind.INVOICE and not odd:
                odd.append(change.ref.external_id)
                reason = "a kind of invoice that nobody has seen"
                record = Untranslated(external_id=odd[0], native_kind="Invoice", reason=reason)
                changes[place] = Change(change.ref, change.version, record, change.raw)
        return Page(tuple(changes), page.cursor, page.finished, page.complete, page.whole)

    with monkeypatch.context() as patched:
        patched.setattr(all_platforms()[platform], "fetch_page", puzzling)
        await fresh.settle()
    (kept,) = [one for one in await fresh.rows(Snapshot) if one.untranslated]
    assert (kept.external_id, kept.canonical) == (odd[0], None)
    assert kept.raw
    assert "nobody has seen" in kept.untranslated
    await check_shown_as_untranslated(fresh, odd[0], kept.raw.decode())
    company = await fresh.company()
    assert company.progress["kinds"]["invoice"]["count"] == len(await fresh.snapshots("invoice"))
    assert company.first_pulled_at is not None


async def check_shown_as_untranslated(trade: Trade, external_id: str, raw: str) -> None:
    """What has no meaning here is listed with its reason, counted, told in the timeline, and shown as it was sent."""
    base = f"/accounting_connections/{trade.connection_id}"
    path = f"{base}/untranslated_records"
    listed = (await trade.partner.get(path)).json()
    shown = [one for one in listed["data"] if one["external_id"] == external_id]
    assert [(one["kind"], one["reason"]) for one in shown] == [("invoice", "a kind of invoice that nobody has seen")]
    assert listed["total"] == len(listed["data"])
    assert (await trade.partner.get(path, params={"kind": "bill"})).json()["data"] == []
    assert (await trade.partner.get(f"{path}/invoice/{external_id}")).json()["raw"] == raw
    assert (await trade.partner.get(f"{path}/bill/{external_id}")).status_code == 404
    run = (await trade.partner.get(f"{base}/sync_runs")).json()["data"][0]
    assert {one["kind"]: one["untranslated"] for one in run["records"]}["invoice"] == 1
    timeline = (await trade.partner.get(f"{base}/timeline")).json()["data"]
    (told,) = [one for one in timeline if one["happened"] == "records_not_understood"]
    assert told["details"]["records"] == {"invoice": 1}


async def test_fifteen_hundred_documents_are_paged_through_and_tie_out(fresh: Trade) -> None:
    fresh.books.fill(1_500, 3)
    await fresh.settle()
    kinds = {"Invoice": "invoice", "Bill": "bill"}
    for native, kind in kinds.items():
        assert len(await fresh.snapshots(kind)) == fresh.books.documents(offset=0, limit=0, kind=native)[0]
    assert (await fresh.tie_out())["ties_out"]


async def test_asking_to_synchronise_during_a_pull_pulls_once_more(
    fresh: Trade, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, asked = all_platforms()[platform].fetch_page, False
    starts = 0

    async def interrupted(transport: Any, company_id: str, cursor: str | None, *, now: datetime) -> Page:
        nonlocal asked, starts
        page = await original(transport, company_id, cursor, now=now)
        if not asked and cursor is not None:
            asked = True
            fresh.house.clock.move(timedelta(milliseconds=1))
            await fresh.ask("POST", f"/accounting_connections/{fresh.connection_id}/sync")
        starts += page.finished
        return page

    monkeypatch.setattr(all_platforms()[platform], "fetch_page", interrupted)
    await fresh.settle()
    assert starts == 2


async def test_a_schedule_pulls_every_hour_and_no_oftener(fresh: Trade) -> None:
    await fresh.settle()
    pulled = {(await fresh.company()).last_pulled_at}
    for _ in range(30):
        await fresh.settle(minutes=10)
        pulled.add((await fresh.company()).last_pulled_at)
    assert 4 <= len(pulled) - 1 <= 5, "five hours"


async def test_the_first_pull_of_a_company_goes_on_under_a_new_grant(fresh: Trade) -> None:
    """Half pulled, disconnected at the platform, connected again: it goes on where it was."""
    fresh.fault("status_before_commit", skip=5, count=1_000)
    await fresh.settle()
    half = (await fresh.company()).cursor
    assert half is not None
    fresh.no_more_faults()
    fresh.act("disconnect")
    await fresh.settle(seconds=40)
    assert (await fresh.connection())["status"] == "deauthorized"
    await fresh.reconnect()
    await fresh.settle()
    assert (await fresh.connection())["status"] == "connected"
    async with fresh.house.services.database.read() as session:
        assert len(list(await session.scalars(select(Company)))) == 1
    assert (await fresh.company()).first_pulled_at is not None
    assert (await fresh.tie_out())["ties_out"]
