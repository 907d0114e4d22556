"""Matching: what may be in the books already is proposed, waits for a decision, and is never entered twice."""

from collections.abc import AsyncIterator

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


def takes_on(trade: Trade, name: str, **more: str) -> str:
    """Somebody enters a customer in the books; answers its id there."""
    made = trade.act("create_customer", name=name, **more)
    return str(made["contact_id"] if trade.platform == "xero" else made["customer"]["id"])


async def matches(trade: Trade, thing: Json, status: str = "open") -> list[Json]:
    answer = await trade.ask("GET", f"/accounting_matches?object_id={thing['id']}&status={status}")
    found: list[Json] = answer["data"]
    return found


async def test_an_invoice_waits_until_somebody_says_that_its_customer_is_the_one_in_the_books(trade: Trade) -> None:
    there = takes_on(trade, trade.named("Weatherby Gardens Limited"))
    await trade.pull()
    customer = await trade.counterpart(trade.named("Weatherby Gardens Ltd"))
    invoice = await trade.issue(customer)
    await trade.settle()
    refusal = await trade.refused("receivable", invoice)
    assert (refusal["code"], refusal["next"]) == ("match_undecided", "somebody_must_act")
    assert "Weatherby Gardens Limited" in refusal["message"]
    assert "/v1/accounting_matches" in refusal["fix"]
    (proposed,) = await matches(trade, customer)
    assert (proposed["platform_object_id"], proposed["reason"], proposed["score"]) == (there, "name_alike", 89)
    decided = await trade.ask("POST", f"/accounting_matches/{proposed['id']}/accept")
    assert (decided["status"], decided["ended_because"]) == ("accepted", "decided")
    await trade.settle()
    assert await trade.done("customer", customer) == there
    assert trade.document(await trade.done("receivable", invoice)).party == trade.named("Weatherby Gardens Limited")


async def test_what_was_rejected_is_created_beside_it_and_never_proposed_again(trade: Trade) -> None:
    takes_on(trade, trade.named("Harrington Boat Works"))
    await trade.pull()
    customer = await trade.counterpart(trade.named("Harington Boat Works"))
    invoice = await trade.issue(customer)
    await trade.settle()
    assert (await trade.refused("customer", customer))["code"] == "match_undecided"
    (proposed,) = await matches(trade, customer)
    await trade.ask("POST", f"/accounting_matches/{proposed['id']}/reject")
    await trade.settle()
    assert await trade.done("customer", customer) != proposed["platform_object_id"]
    await trade.done("receivable", invoice)
    await trade.pull()
    assert await matches(trade, customer) == []
    refused = await trade.partner.post(f"/accounting_matches/{proposed['id']}/accept")
    assert refused.status_code == 409
    assert "Undo that first" in refused.text


async def test_a_proposal_closes_by_itself_when_the_books_say_otherwise_and_what_waited_goes_on(trade: Trade) -> None:
    there = takes_on(trade, trade.named("Pemberton Clock Repairs"))
    await trade.pull()
    customer = await trade.counterpart(trade.named("Pemberton Clock Repair"))
    invoice = await trade.issue(customer)
    await trade.settle()
    assert (await trade.refused("receivable", invoice))["code"] == "match_undecided"
    new_name = trade.named("Something Else Entirely")
    if trade.platform == "xero":
        trade.act("rename_contact", contact_id=there, name=new_name)
    else:
        trade.act("rename", kind="Customer", which=there, name=new_name)
    await trade.pull()
    (closed,) = await matches(trade, customer, "closed")
    assert closed["ended_because"] == "changed"
    await trade.done("receivable", invoice)


async def test_with_the_rule_nothing_waits(trade: Trade) -> None:
    takes_on(trade, trade.named("Wetherell Paint Supply"))
    await trade.pull()
    changed = await trade.ask("PATCH", "/accounting_sync_rules", {"unsure_matches": "create"})
    assert changed["unsure_matches"] == "create"
    customer = await trade.counterpart(trade.named("Wetherell Paints Supply"))
    invoice = await trade.issue(customer)
    await trade.settle()
    await trade.done("receivable", invoice)
    assert len(await matches(trade, customer)) == 1
    await trade.ask("PATCH", "/accounting_sync_rules", {"unsure_matches": None})


async def test_a_wrong_link_is_undone_and_another_made_by_hand(trade: Trade) -> None:
    name = trade.named("Quayside Cafe")
    wrong = takes_on(trade, name)
    await trade.pull()
    customer = await trade.counterpart(name)
    invoice = await trade.issue(customer)
    await trade.settle()
    assert await trade.done("customer", customer) == wrong
    other = trade.named("The Other Place on the Quay")
    right = takes_on(trade, other)
    await trade.pull()
    record = await trade.synced("customer", customer)
    path = f"/accounting_synced_records/{record['id']}"
    foreseen = await trade.ask("POST", f"{path}/unlink", {"dry_run": True})
    assert (foreseen["is_undone"], foreseen["refusal"]) == (False, None)
    assert [one["object_id"] for one in foreseen["stays_in_the_books"]] == [invoice["id"]]
    assert await trade.done("customer", customer) == wrong
    await trade.ask("POST", f"{path}/unlink")
    await trade.pull()
    assert (await trade.refused("customer", customer))["code"] == "link_undone"
    linked = await trade.ask("POST", f"{path}/link", {"platform_object_id": right})
    assert (linked["platform_object_id"], linked["sync_status"]) == (right, "done")
    again = await trade.issue(customer)
    await trade.settle()
    assert trade.document(await trade.done("receivable", again)).party == other
