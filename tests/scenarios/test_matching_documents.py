"""Documents that are in the books already are linked, with what was paid of them, and never entered a second time."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.support.trading import PLATFORMS, Json, Trade, shared_trade

pytestmark = pytest.mark.asyncio(loop_scope="module")
DAY = "2026-03-01"


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PLATFORMS)
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trade]:
    async with shared_trade(tmp_path_factory.mktemp("books"), request.param) as trade:
        yield trade


@pytest_asyncio.fixture(loop_scope="module")
async def trade(shared: Trade) -> AsyncIterator[Trade]:
    await shared.begin()
    yield shared
    await shared.tidy()


def enters_bill(trade: Trade, vendor: str, number: str, on: str) -> int:
    """Somebody enters a bill of 80.00 and its tax in the books, and answers its total in minor units."""
    whom = {"contact": vendor} if trade.platform == "xero" else {"vendor": vendor}
    trade.act("create_bill", **whom, amount="80.00", number=number, date=on)
    (bill,) = trade.documents(number=number)
    return int(bill.total * 100)


async def same_bill(trade: Trade, vendor: Json, number: str, total: int) -> Json:
    line = {"name": "Paper", "quantity": 1, "unit_price": total, "tax": 0, "ledger_account_id": trade.expense_id}
    return await trade.bill(vendor, line, number=number, issued_at=DAY)


async def test_bills_that_somebody_entered_are_linked_or_asked_about(trade: Trade) -> None:
    name = trade.named("Inkwell Paper Merchants")
    vendor = await trade.vendor(name)
    trade.act("create_contact" if trade.platform == "xero" else "create_vendor", name=name)
    total = enters_bill(trade, name, "B-77", DAY)
    trade.act("pay", number="B-77", amount="30.00")
    assert enters_bill(trade, name, "B-78", "2026-02-27") == total
    await trade.pull()
    before = len(trade.documents())

    same = await same_bill(trade, vendor, "B-77", total)
    await trade.settle()
    await trade.done("bill", same)
    shown = await trade.payable(same)
    assert (shown["status"], shown["amount_paid"]) == ("partially_paid", 3_000)

    like = await same_bill(trade, vendor, "b 78", total)
    await trade.settle()
    assert (await trade.refused("bill", like))["code"] == "match_undecided"
    (question,) = (await trade.ask("GET", f"/accounting_matches?object_id={like['id']}&status=open"))["data"]
    assert (question["reason"], question["score"]) == ("document_alike", 89)
    assert [one["field"] for one in question["evidence"] if not one["agrees"]] == ["date"]
    await trade.ask("POST", f"/accounting_matches/{question['id']}/accept")
    await trade.done("bill", like)
    await trade.settle()
    assert len(trade.documents()) == before

    record = await trade.synced("bill", same)
    path = f"/accounting_synced_records/{record['id']}/unlink"
    foreseen = await trade.ask("POST", path, {"dry_run": True})
    assert [(one["amount"], one["is_kept"]) for one in foreseen["payments"]] == [(3_000, False)]
    await trade.ask("POST", path)
    shown = await trade.payable(same)
    assert (shown["status"], shown["amount_paid"]) == ("waiting_to_be_paid", 0)
    await trade.pull()
    assert (await trade.refused("bill", same))["code"] == "link_undone"
    assert (await trade.payable(same))["amount_paid"] == 0


async def test_what_tieout_wrote_is_not_unlinked_while_it_stands_in_the_books(trade: Trade) -> None:
    invoice = await trade.issue(await trade.counterpart(trade.named("Bright Lamps")))
    await trade.settle()
    record = await trade.synced("receivable", invoice)
    path = f"/accounting_synced_records/{record['id']}/unlink"
    foreseen = await trade.ask("POST", path, {"dry_run": True})
    assert foreseen["refusal"]["code"] == "written_by_tieout"
    refused = await trade.partner.post(path)
    assert (refused.status_code, "second time" in refused.text) == (409, True)
    await trade.done("receivable", invoice)
