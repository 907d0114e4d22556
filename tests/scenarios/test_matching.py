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
