"""Companies side by side: what one lane does, fails at or loses is nothing to another."""

from typing import Any

import pytest
from sqlalchemy import inspect
from tests.support.house import House
from tests.support.trading import BUSY, PLATFORMS, Trade, open_trade, unhurried

from tieout.storage.tables.business import PaymentRecord
from tieout.storage.tables.connections import Connection, LedgerAccount, Link, Snapshot, TaxRate
from tieout.storage.tables.work import Intent, Lane

pytestmark = pytest.mark.parametrize("platform", PLATFORMS)
TABLES = (Snapshot, LedgerAccount, TaxRate, Link, Intent, Connection, PaymentRecord)


def _columns(table: Any) -> list[str]:
    return [column.key for column in inspect(table).column_attrs]


async def everything(trade: Trade) -> dict[str, Any]:
    """Every row that belongs to a company, column by column."""
    seen: dict[str, Any] = {}
    for table in TABLES:
        columns = _columns(table)
        rows = [[getattr(row, name) for name in columns] for row in await trade.rows(table)]
        seen[table.__name__] = sorted(map(repr, rows))
    seen["MeterReading"] = sorted((str(row.day), row.cause, row.kind, row.calls) for row in await trade.readings())
    company = await trade.company()
    seen["Company"] = [repr(getattr(company, name)) for name in _columns(type(company))]
    async with trade.house.services.database.read() as session:
        lane = await session.get_one(Lane, f"company:{trade.company_id}")
        seen["Lane"] = (lane.owner, lane.fence, lane.last_error)
    return seen


async def live_a_day(trade: Trade) -> None:
    """Everything that a lane can go through."""
    invoice = await trade.issue(await trade.counterpart("Northwind Traders"))
    refused = await trade.issue(await trade.counterpart("Southwind Traders"), trade.line(tax_rate_value=1_337))
    await trade.house.settle()
    await trade.refused("receivable", refused)
    trade.act("pay", document_id=await trade.done("receivable", invoice))
    await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/sync")
    await trade.house.settle()
    assert (await trade.receivable(invoice))["status"] == "paid"


async def test_one_company_lives_and_another_of_the_same_partner_does_not_notice(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unhurried(monkeypatch)
    first = await open_trade(house, platform)
    await first.partner.make_entity("Second Ltd")
    second = await open_trade(house, platform, name=BUSY[platform], partner=first.partner)
    before = await everything(first)
    assert before["Snapshot"]
    await live_a_day(second)
    assert await everything(first) == before
    second.act("disconnect")
    await second.ask("POST", f"/accounting_connections/{second.connection_id}/sync")
    await house.settle()
    assert (await second.connection())["status"] == "deauthorized"
    assert await everything(first) == before
    assert (await first.connection())["status"] == "connected"


async def test_two_partners_in_the_same_company_see_their_own_records_only(
    house: House, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two programs may be connected to the same books: each has its own company here."""
    unhurried(monkeypatch)
    first, second = await open_trade(house, platform), await open_trade(house, platform)
    assert (first.books.id, first.company_id != second.company_id) == (second.books.id, True)
    await house.settle()  # what choosing the default accounts may have cured
    before = await everything(second)
    await live_a_day(first)
    assert await everything(second) == before
    customer = await second.counterpart("Northwind Traders")
    await second.issue(customer, second.line(quantity=2))
    await second.pull()
    assert {link.partner_id for link in await second.links()} == {second.partner.id}
    assert second.parties("Northwind Traders") == 1, "the other program's customer was found in the books"
    assert (await second.synced("customer", customer))["sync_status"] == "done"
    assert (await second.ask("GET", "/payment_records"))["data"] == []
