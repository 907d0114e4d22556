"""Webhooks lead and polling follows: seldom while they work, and more often once they missed something."""

from datetime import timedelta
from uuid import UUID

import pytest
from tests.support.house import House
from tests.support.trading import Trade, open_trade, unhurried

from tieout.platforms.webhooks import Hint, Told
from tieout.storage.tables.connections import Company
from tieout.sync.hinting import GATHERED_S, note_webhooks

HOUR_S = 3_600


async def next_pull_s(trade: Trade) -> float:
    company = await trade.company()
    assert company.pull_due_at is not None
    assert company.last_pulled_at is not None
    return (company.pull_due_at - company.last_pulled_at).total_seconds()


async def tell(trade: Trade, app_id: UUID) -> int:
    companies = frozenset({trade.books.id, "somebody else's"})
    hints = tuple(Hint(company, "CONTACT", "1") for company in companies)
    return await note_webhooks(trade.house.services, app_id, Told(hints, companies))


@pytest.mark.parametrize("platform", ["xero"])
async def test_webhooks_slow_polling_down_until_they_miss_a_document(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch)
    trade = await open_trade(house, platform)
    app_id = (await trade.company()).app_id
    assert HOUR_S <= await next_pull_s(trade) <= 1.1 * HOUR_S

    assert await tell(trade, UUID(int=0)) == 0, "another app's webhooks say nothing here"
    assert await tell(trade, app_id) == 1
    pulled_at = (await trade.company()).last_pulled_at
    await trade.settle(seconds=GATHERED_S / 2)
    assert (await trade.company()).last_pulled_at == pulled_at, "a burst is gathered"
    await tell(trade, app_id)
    await trade.settle(seconds=GATHERED_S / 2)
    assert (await trade.company()).last_pulled_at == house.clock.now()
    assert 4 * HOUR_S <= await next_pull_s(trade) <= 4.4 * HOUR_S

    house.clock.move(timedelta(minutes=1))
    trade.act("pay", document_id=next(one for one in trade.documents() if one.payable).ref.id)
    await trade.settle(hours=5)
    assert HOUR_S / 2 <= await next_pull_s(trade) <= 0.55 * HOUR_S, "a document was paid, and no webhook told"
    house.clock.move(timedelta(minutes=1))
    await tell(trade, app_id)
    await trade.settle(minutes=1)
    assert await next_pull_s(trade) >= 4 * HOUR_S
    async with house.services.database.read() as session:
        company = await session.get_one(Company, trade.company_id)
    assert company.webhook_missed_at is not None
