"""The official SDK of Monite reads connected books and follows synced records; only its base URL is another."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest
from monite import AsyncMonite
from monite.core.api_error import ApiError
from tests.support.house import PUBLIC_URL, House
from tests.support.trading import PLATFORMS, Trade, open_trade, unhurried

pytestmark = pytest.mark.parametrize("platform", PLATFORMS)


@pytest.fixture
async def trade(house: House, platform: str, monkeypatch: pytest.MonkeyPatch) -> Trade:
    unhurried(monkeypatch)
    return await open_trade(house, platform)


@pytest.fixture
async def client(house: House, trade: Trade) -> AsyncIterator[AsyncMonite]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=house.app)) as http:
        yield AsyncMonite(
            base_url=f"{PUBLIC_URL}/v1",
            monite_version="2024-05-25",
            token=trade.partner.token,
            monite_entity_id=trade.entity_id,
            httpx_client=http,
        )


async def test_connections_accounts_and_rates_are_read_as_the_sdk_expects_them(
    trade: Trade, client: AsyncMonite
) -> None:
    (connection,) = (await client.accounting.connections.get()).data
    assert (connection.id, connection.status) == (trade.connection_id, "connected")
    assert connection.business_info is not None
    assert connection.business_info.base_currency == trade.books.currency
    assert await client.accounting.connections.get_by_id(connection.id)

    accounts = (await client.accounting.ledger_accounts.get(limit=250, sort="name")).data
    assert [one.name for one in accounts] == sorted(one.name for one in accounts)
    assert await client.accounting.ledger_accounts.get_by_id(accounts[0].id) == accounts[0]
    assert {one.type for one in accounts} <= {"Asset", "Equity", "Expense", "Income", "Liability", "Unknown"}
    assert {one.status for one in accounts} <= {"Active", "Archived"}
    backwards = (await client.accounting.ledger_accounts.get(limit=3, sort="name", order="desc")).data
    assert [one.id for one in backwards] == [one.id for one in accounts[:-4:-1]]

    rates = (await client.accounting.tax_rates.get()).data
    taxed = next(one for one in rates if one.effective_tax_rate)
    assert await client.accounting.tax_rates.get_by_id(taxed.id) == taxed
    assert taxed.components
    assert taxed.components[0].name
    for missing in (client.accounting.ledger_accounts.get_by_id, client.accounting.tax_rates.get_by_id):
        with pytest.raises(ApiError) as refused:
            await missing(str(uuid4()))
        assert refused.value.status_code == 404


async def test_documents_of_the_books_are_read_through_page_by_page(trade: Trade, client: AsyncMonite) -> None:
    invoice = await trade.issue(await trade.counterpart("Northwind Traders"))
    bill = await trade.bill(await trade.vendor("Paper & Ink Supplies"), number="SUP-77")
    await trade.settle()
    await trade.pull()
    for listing, one in (
        (client.accounting.payables.get, client.accounting.payables.get_by_id),
        (client.accounting.receivables.get, client.accounting.receivables.get_by_id),
    ):
        everything = await paged(listing, 2)
        assert len(everything) == len({each.id for each in everything}) >= 3
        assert await paged(listing, 500) == everything
        assert await one(everything[0].id) == everything[0]
        with pytest.raises(ApiError) as refused:
            await one("no such id")
        assert refused.value.status_code == 404

    payable = await client.accounting.payables.get_by_id(await trade.done("bill", bill))
    assert (payable.invoice_number, payable.currency, payable.status) == ("SUP-77", trade.books.currency, "open")
    assert Decimal(str(payable.total_amount)) * 100 == bill["total_amount"]
    assert payable.amount_due == payable.total_amount
    assert payable.vendor_ref is not None
    assert payable.vendor_ref.name == "Paper & Ink Supplies"
    assert payable.posted_date == date(2026, 3, 1).isoformat()
    assert payable.lines is not None
    account = await client.accounting.ledger_accounts.get_by_id(str(payable.lines[0].ledger_account_id))
    assert account.id == trade.expense_id

    receivable = await client.accounting.receivables.get_by_id(await trade.done("receivable", invoice))
    assert receivable.invoice_number == invoice["document_id"]
    assert receivable.customer_ref is not None
    assert receivable.customer_ref.company_name == "Northwind Traders"
    assert receivable.pass_through
    assert receivable.lines is not None
    assert (receivable.lines[0].quantity, receivable.lines[0].unit_amount) == (1, 100)


async def paged(listing: Any, limit: int) -> list[Any]:
    """Everything, so many at a time."""
    found: list[Any] = []
    while page := (await listing(limit=limit, offset=len(found))).data:
        assert len(page) <= limit
        found += page
    return found


async def test_synced_records_are_followed_and_pushed_again(trade: Trade, client: AsyncMonite) -> None:
    customer = await trade.counterpart("Northwind Traders")
    invoices = [await trade.issue(customer) for _ in range(3)]
    wrong = await trade.issue(customer, trade.line(tax_rate_value=1_337))
    await trade.settle()
    records = (await client.accounting.synced_records.get(object_type="receivable")).data
    assert {one.object_id for one in records} == {one["id"] for one in [*invoices, wrong]}
    (refused,) = [one for one in records if one.sync_status == "error"]
    assert (refused.object_id, refused.provider) == (wrong["id"], None)
    assert refused.errors is not None
    assert "Tax rate does not exist" in str(refused.errors["message"])
    page = await client.accounting.synced_records.get(object_type="receivable", limit=2, sort="updated_at")
    rest = await client.accounting.synced_records.get(
        object_type="receivable", limit=2, pagination_token=page.next_pagination_token
    )
    assert {one.id for one in [*page.data, *rest.data]} == {one.id for one in records}
    again = await client.accounting.synced_records.push_by_id(refused.id)
    assert (again.id, again.sync_status) == (refused.id, "pending")
    known = (await client.accounting.synced_records.get(object_type="receivable", object_id_in=invoices[0]["id"])).data
    assert await client.accounting.synced_records.get_by_id(known[0].id) == known[0]
