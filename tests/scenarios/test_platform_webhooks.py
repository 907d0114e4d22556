"""Somebody changes the books, the platform's webhook comes, and the partner is told within seconds."""

from datetime import timedelta

import pytest
from tests.support.house import House
from tests.support.platform_hooks import hook_up
from tests.support.trading import PLATFORMS, open_trade, unhurried


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_payment_in_the_books_is_told_by_a_webhook(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch)
    trade = await open_trade(house, platform)
    hooks = await hook_up(trade)
    buyer = await trade.counterpart("Cobalt Ltd")
    invoice = await trade.issue(buyer)
    await trade.settle(seconds=1)
    external_id = await trade.done("receivable", invoice)
    await hooks.deliver()
    house.clock.move(timedelta(minutes=1))
    before = await trade.metered_calls()
    trade.act("pay", document_id=external_id)
    await hooks.deliver()
    assert (await trade.receivable(invoice))["status"] == "paid"
    assert hooks.outcomes[-1] == "received"
    fewest = {"quickbooks": 1, "xero": 2}
    assert await trade.metered_calls() == before + fewest[platform]
    assert not await hooks.waiting()
