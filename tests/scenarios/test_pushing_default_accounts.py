"""Bill lines without an account are posted to the entity's default, if it has chosen one."""

from collections.abc import AsyncIterator
from decimal import Decimal

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


async def set_default(trade: Trade, account_id: str | None) -> None:
    path = f"/entities/{trade.entity_id}/accounting_defaults"
    await trade.ask("PUT", path, {"ledger_account_ids": {"bill_lines": account_id}})


async def unposted_bill(trade: Trade, number: str) -> Json:
    """A bill whose line names no account, handed in."""
    vendor = await trade.vendor(trade.named("Paper & Ink Supplies"))
    line = trade.bill_line(ledger_account_id=None)
    return await trade.bill(vendor, line, number=trade.named(number), approve=False)


def spent(trade: Trade, external_id: str) -> list[str]:
    """The accounts that the bill's cost was posted to: those with 80.00 on them."""
    postings = trade.postings(external_id).items()
    return [account.partition(" (")[0] for account, amount in postings if amount == Decimal(80)]


async def test_a_line_without_account_reaches_the_books_under_the_default(trade: Trade) -> None:
    await set_default(trade, None)
    bill = await unposted_bill(trade, "SUP-1")
    assert (await trade.payable(bill))["status"] == "draft"
    await set_default(trade, trade.expense_id)
    await trade.ask("POST", f"/payables/{bill['id']}/approve_payment_operation")
    await trade.settle()
    by_default = spent(trade, await trade.done("bill", bill))
    named = await trade.bill(
        await trade.vendor(trade.named("Ink & Paper Supplies")), number=trade.named("SUP-2"), approve=True
    )
    await trade.settle()
    assert by_default == spent(trade, await trade.done("bill", named))
    assert len(by_default) == 1
    shown = await trade.ask("GET", f"/payables/{bill['id']}/line_items")
    assert shown["data"][0]["ledger_account_id"] is None, "the line says what the partner wrote"


async def test_a_default_that_was_taken_back_before_the_push_is_asked_for_again(trade: Trade) -> None:
    await set_default(trade, trade.expense_id)
    bill = await unposted_bill(trade, "SUP-3")
    await trade.ask("POST", f"/payables/{bill['id']}/approve_payment_operation")
    await set_default(trade, None)
    await trade.settle()
    errors = await trade.refused("bill", bill)
    assert "accounting defaults" in errors["fix"]
    await set_default(trade, trade.expense_id)
    await trade.push("bill", bill)
    await trade.settle()
    await trade.done("bill", bill)
