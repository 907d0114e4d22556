"""Pushing while the platform fails in every way it can: exactly one of everything in the end, and nothing lost."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from tests.support.trading import PLATFORMS, Json, Trade, shared_trade

from tieout.platforms.port import Answer
from tieout.sync import pushing

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


FAULTS: dict[str, dict[str, Any]] = {
    "drop_before_commit": {},
    "drop_after_commit": {},
    "status_before_commit": {"status": 503},
    "status_after_commit": {"status": 500},
    "rate_limited": {"retry_after_s": 1},
    "delay": {"delay_s": "0.05"},
}
LATER = {"while_the_key_lives": 25.0, "after_the_key_was_forgotten": 400.0}


async def check_once(trade: Trade, object_type: str, document: Json, kind: str) -> None:
    external_id = await trade.done(object_type, document)
    found = trade.documents(number=document["document_id"])
    assert [one.ref.id for one in found] == [external_id], kind
    assert found[0].total * 100 == document["total_amount"], kind


@pytest.mark.parametrize("step_s", LATER.values(), ids=LATER.keys())
async def test_everything_is_written_once_although_every_first_write_fails(trade: Trade, step_s: float) -> None:
    for kind, wish in FAULTS.items():
        for skip in range(0, 10, 2):  # each write's first try: a party, another, an item, an invoice, a bill
            trade.fault_writes(kind, skip=skip, **wish)
        invoice = await trade.issue(await trade.counterpart(trade.named(f"Customer, {kind}")))
        bill = await trade.bill(
            await trade.vendor(trade.named(f"Vendor, {kind}")), number=trade.named(f"SUP-{len(kind)}")
        )
        await trade.settle_all(step_s=step_s)
        trade.no_more_faults()
        await check_once(trade, "receivable", invoice, kind)
        await check_once(trade, "bill", bill, kind)
        assert (trade.parties(trade.named(f"Customer, {kind}")), trade.parties(trade.named(f"Vendor, {kind}"))) == (
            1,
            1,
        )
    await trade.pull()
    assert (await trade.connection())["errors"] is None


async def a_known_vendor(trade: Trade) -> Json:
    vendor = await trade.vendor(trade.named("Paper & Ink Supplies"))
    await trade.bill(vendor, number=trade.named("SUP-1"))
    await trade.settle()
    return vendor


async def test_a_lost_write_stays_in_doubt_however_long_its_repetitions_fail(trade: Trade) -> None:
    vendor = await a_known_vendor(trade)
    for place, kind in enumerate(("rate_limited", "drop_before_commit", "status_before_commit")):
        bill = await trade.bill(vendor, number=trade.named(f"SUP-7{place}"))
        trade.fault_writes("drop_after_commit")
        trade.fault_writes(kind, skip=1, count=100, **FAULTS[kind])
        for seconds in (0, 2, 60):
            await trade.settle(seconds=seconds)
            assert [one.state for one in await trade.open_intents()] == ["uncertain"], kind
        trade.no_more_faults()
        await trade.settle_all(step_s=400)
        await check_once(trade, "bill", bill, kind)


async def lose_answers_until_a_pull_has_passed(trade: Trade) -> None:
    """A write in doubt waits longer for its next repetition than a pull rests after trouble."""
    trade.fault_writes("cut_body", count=5)
    for seconds in (1, 2, 4, 8, 16):
        await trade.settle(seconds=seconds)
    trade.no_more_faults()
    before = (await trade.company()).last_pulled_at
    await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/sync")
    await trade.settle(seconds=31)
    assert [one.state for one in await trade.open_intents()] == ["uncertain"]
    assert (await trade.company()).last_pulled_at != before


@pytest.mark.parametrize("deed", ["edit", "delete"])
async def test_an_answer_from_before_people_changed_the_document_is_not_believed(trade: Trade, deed: str) -> None:
    """What they did was pulled when nobody knew yet that the document is ours, and does not come again."""
    vendor = await a_known_vendor(trade)
    bill = await trade.bill(vendor, number=trade.named("SUP-9"))
    trade.fault_writes("drop_after_commit")
    await trade.settle()
    (there,) = trade.documents(number=bill["document_id"])
    if deed == "delete":
        trade.act({"quickbooks": "delete", "xero": "void"}[trade.platform], document_id=there.ref.id)
    else:
        trade.act({"quickbooks": "edit", "xero": "edit_document"}[trade.platform], document_id=there.ref.id, amount="7")
    await lose_answers_until_a_pull_has_passed(trade)
    await trade.settle_all(step_s=2)
    external_id = await trade.done("bill", bill)
    (kept,) = [one for one in await trade.snapshots("bill") if one.external_id == external_id]
    counting = trade.documents(number=bill["document_id"])
    assert [one.ref.id for one in counting] == ([] if deed == "delete" else [external_id])
    if counting and kept.canonical is not None:
        assert Decimal(json.loads(kept.canonical)["total"]) == counting[0].total
    await trade.settle(days=1, minutes=1)
    assert (await trade.tie_out())["ties_out"]


async def test_a_repetition_that_is_refused_because_of_the_first_is_recognised(trade: Trade) -> None:
    """Should a platform forget a key early, its refusal of the number is our own document's doing."""
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    await trade.issue(customer)
    await trade.settle()
    invoice = await trade.issue(customer, trade.line(await trade.product("Travel")))
    if trade.platform == "quickbooks":
        await trade.settle()
        invoice = await trade.issue(customer, trade.line())
    trade.fault_writes("drop_after_commit", skip=1 if trade.platform == "quickbooks" else 0)
    await trade.settle()
    (intent,) = await trade.open_intents()
    assert intent.object_type == "receivable"
    meddler = trade.meddler()
    meddler.answers.append(("nvoice", number_taken(trade)))
    await trade.settle_all(step_s=400)
    await trade.done("receivable", invoice)
    assert len(trade.documents(number=invoice["document_id"])) == 1


def number_taken(trade: Trade) -> Any:
    bodies = {
        "quickbooks": b'{"Fault":{"Error":[{"Message":"Duplicate Document Number Error","Detail":"","code":"6140"}],'
        b'"type":"ValidationFault"}}',
        "xero": b'{"ErrorNumber":10,"Type":"ValidationException","Elements":[{"ValidationErrors":'
        b'[{"Message":"Invoice # must be unique."}]}]}',
    }

    def refuse(answer: Answer) -> Answer:
        return replace(answer, status=400, body=bodies[trade.platform])

    return refuse


async def test_a_success_that_cannot_be_read_is_looked_up_and_not_hammered(trade: Trade) -> None:
    def garble(answer: Answer) -> Answer:
        return replace(answer, body=b"<html>Welcome to the hotel's wireless network</html>")

    vendor = await a_known_vendor(trade)
    meddler = trade.meddler()
    meddler.answers += [("nvoice" if trade.platform == "xero" else "bill", garble)] * 3
    bill = await trade.bill(vendor, number=trade.named("SUP-77"))
    before = trade.calls()
    await trade.settle()
    assert trade.calls() - before == 1
    (intent,) = await trade.open_intents()
    assert intent.state == "uncertain"
    assert intent.resolve_at is not None
    assert intent.resolve_at > trade.house.clock.now()
    assert (await trade.connection())["errors"] is not None
    await trade.settle_all(step_s=2)
    await trade.done("bill", bill)
    assert len(trade.documents(number=trade.named("SUP-77"))) == 1


async def test_trouble_shows_on_the_connection_and_disappears_with_the_next_answer(trade: Trade) -> None:
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    trade.fault("status_before_commit", count=100)
    invoice = await trade.issue(customer)
    await trade.settle()
    (error,) = (await trade.connection())["errors"]
    assert "by itself" in error["message"]
    assert (await trade.synced("receivable", invoice))["sync_status"] == "pending"
    trade.no_more_faults()
    await trade.settle_all()
    await trade.done("receivable", invoice)
    assert (await trade.connection())["errors"] is None


async def test_trouble_with_pulling_is_asked_about_seldom_and_not_called_over_by_a_push(trade: Trade) -> None:
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    trade.fault("status_before_commit", method="GET", count=1_000)
    await trade.pull()
    before = trade.calls()
    for _ in range(30):
        await trade.settle(seconds=10)
    assert trade.calls() - before <= 15, "five minutes of outage"
    invoice = await trade.issue(customer)
    await trade.settle()
    await trade.done("receivable", invoice)
    assert (await trade.connection())["errors"] is not None
    trade.no_more_faults()
    await trade.settle(minutes=6)
    assert (await trade.connection())["errors"] is None


async def test_a_push_that_was_taken_back_while_it_was_planned_is_not_sent(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    await trade.issue(customer)
    await trade.settle()
    invoice = await trade.issue(customer)
    planned = "tieout.sync.pushing._plan_or_refuse"
    original = pushing._plan_or_refuse  # noqa: SLF001 - between planning and its commit there is no other way in

    async def and_meanwhile(*args: Any) -> Any:
        plan = await original(*args)
        if isinstance(plan, pushing.Planned) and args[2].object_id == UUID(invoice["id"]):
            monkeypatch.setattr(planned, original)
            await trade.ask("POST", f"/receivables/{invoice['id']}/cancel")
        return plan

    monkeypatch.setattr(planned, and_meanwhile)
    await trade.settle()
    await trade.settle(hours=1)
    assert trade.documents(number=invoice["document_id"]) == []
    assert await trade.open_intents() == []
