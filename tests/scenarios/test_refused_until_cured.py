"""What was refused goes into the books by itself once its cause has gone away, and is left alone while it has not."""

from collections.abc import AsyncIterator
from typing import NoReturn
from uuid import UUID

import pytest
import pytest_asyncio
from tests.support.trading import PLATFORMS, Json, Trade, shared_trade

from tieout.platforms.errors import Explanation, WriteRefused
from tieout.platforms.registry import all_platforms

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


async def known_vendor(trade: Trade) -> Json:
    vendor = await trade.vendor(trade.named("Paper & Ink Supplies"))
    await trade.bill(vendor, number=trade.named("SUP-1"))
    await trade.settle()
    return vendor


async def tries(trade: Trade, thing: Json) -> int:
    (link,) = [one for one in await trade.links() if one.object_id == UUID(thing["id"])]
    return int((link.cure or {}).get("tries", 0))


async def later(trade: Trade) -> None:
    """Some hours in which the books are read as usual."""
    for _ in range(3):
        await trade.settle(hours=2)


async def test_a_bill_in_a_closed_period_goes_in_once_it_is_open_again(trade: Trade) -> None:
    vendor = await known_vendor(trade)
    trade.lock("2026-12-31")
    bill = await trade.bill(vendor, number=trade.named("SUP-2"))
    await trade.settle()
    await trade.settle(days=1, minutes=5)
    errors = await trade.refused("bill", bill)
    assert errors["code"] == "period_closed"
    assert "books_change" in errors["retries"]
    before = await tries(trade, bill)
    await later(trade)
    assert await tries(trade, bill) == before <= 2, "the same cause is not tried over and over"
    trade.lock()
    await trade.settle(days=1, minutes=5)
    await trade.done("bill", bill)


async def test_a_bill_on_an_archived_account_goes_in_once_that_is_back(trade: Trade) -> None:
    vendor = await known_vendor(trade)
    account = await trade.ask("GET", f"/ledger_accounts/{trade.expense_id}")
    bill = await trade.bill(vendor, number=trade.named("SUP-3"))
    set_archived(trade, account, archived=True)
    await trade.settle()
    await later(trade)
    assert "books_change" in (await trade.refused("bill", bill))["retries"]
    assert await tries(trade, bill) <= 1
    set_archived(trade, account, archived=False)
    await trade.pull()
    await trade.done("bill", bill)


def set_archived(trade: Trade, account: Json, *, archived: bool) -> None:
    """Somebody archives an account in the books, or brings it back."""
    if trade.platform == "xero":
        trade.act("archive_account" if archived else "restore_account", account=account["nominal_code"])
        return
    (record,) = [one for one in trade.quickbooks.shelf("Account") if one.content["Name"] == account["name"]]
    record.active = record.content["Active"] = not archived
    record.touch(trade.quickbooks.now(), token=True)


async def test_a_bill_without_an_account_goes_in_once_there_is_a_default(trade: Trade) -> None:
    vendor = await known_vendor(trade)
    path = f"/entities/{trade.entity_id}/accounting_defaults"
    await trade.ask("PUT", path, {"ledger_account_ids": {"bill_lines": trade.expense_id}})
    line = trade.bill_line(ledger_account_id=None)
    bill = await trade.bill(vendor, line, number=trade.named("SUP-4"))
    await trade.ask("PUT", path, {"ledger_account_ids": {"bill_lines": None}})
    await trade.settle()
    assert "settings_change" in (await trade.refused("bill", bill))["retries"]
    await trade.ask("PUT", path, {"ledger_account_ids": {"bill_lines": None}})
    await trade.settle()
    assert await tries(trade, bill) == 0, "nothing has changed"
    await trade.ask("PUT", path, {"ledger_account_ids": {"bill_lines": trade.expense_id}})
    await trade.settle()
    await trade.done("bill", bill)


@pytest.mark.only_at("quickbooks", because="Xero takes every number that a bill can have here")
async def test_what_only_a_change_of_the_record_cures_is_left_alone(trade: Trade) -> None:
    vendor = await known_vendor(trade)
    bill = await trade.bill(vendor, number="N" * 40)
    await trade.settle()
    assert (await trade.refused("bill", bill))["retries"] == ["record_change"]
    account = await trade.ask("GET", f"/ledger_accounts/{trade.expense_id}")
    set_archived(trade, account, archived=True)
    await trade.pull()
    set_archived(trade, account, archived=False)
    await trade.pull()
    path = f"/entities/{trade.entity_id}/accounting_defaults"
    for account_id in (trade.expense_id, None):
        await trade.ask("PUT", path, {"ledger_account_ids": {"bill_lines": account_id}})
        await trade.settle()
    assert await tries(trade, bill) == 0
    await trade.refused("bill", bill)


async def test_a_number_that_somebody_gives_up_is_taken_again(trade: Trade) -> None:
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    first = await trade.issue(customer)
    await trade.settle()
    taken = f"INV-{int(first['document_id'].rpartition('-')[2]) + 1:05}"
    theirs = write_by_hand(trade, taken)
    invoice = await trade.issue(customer)
    await trade.settle()
    errors = await trade.refused("receivable", invoice)
    assert errors["code"] == "number_taken"
    await later(trade)
    assert await tries(trade, invoice) == 0
    take_out(trade, theirs)
    await trade.pull()
    if trade.platform == "xero":
        assert await tries(trade, invoice) == 1, "the number of what was voided stays taken there"
        return
    await trade.done("receivable", invoice)


async def test_what_was_refused_for_want_of_permission_is_tried_when_the_books_are_connected_again(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = await known_vendor(trade)

    def refuse(*_: object) -> NoReturn:
        raise WriteRefused(Explanation("not_permitted", "You may not.", "Ask somebody who may."))

    with monkeypatch.context() as patched:
        patched.setattr(all_platforms()[trade.platform], "plan_write", refuse)
        bill = await trade.bill(vendor, number=trade.named("SUP-5"))
        await trade.settle()
    assert "reconnect" in (await trade.refused("bill", bill))["retries"]
    await later(trade)
    assert await tries(trade, bill) == 0
    await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/disconnect")
    trade.connection_id = (await trade.ask("POST", "/accounting_connections"))["id"]
    await trade.reconnect()
    await trade.settle()
    await trade.done("bill", bill)


def write_by_hand(trade: Trade, number: str) -> str:
    """A sale that somebody enters in the books under a number; its id."""
    if trade.platform == "xero":
        trade.act("create_invoice", contact="Somebody Else", amount="11.00", number=number)
        return trade.documents(number=number)[0].ref.id
    trade.quickbooks.switches.warn_duplicate_sales_numbers = True
    line = {"Amount": "11.00", "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
    body = {"CustomerRef": {"value": "1"}, "DocNumber": number, "Line": [line]}
    return trade.enter("Invoice", body | {"GlobalTaxCalculation": "NotApplicable"})


def take_out(trade: Trade, document_id: str) -> None:
    trade.act("void" if trade.platform == "xero" else "delete", document_id=document_id)
