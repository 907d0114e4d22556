"""Writes while people work in the same books, and while the books cannot be looked at: nobody's work is lost, no write
is made twice, and what is in doubt stays in doubt until the books have told."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import update
from tests.support.operating import intents_of, open_of, open_operations, pay, payments_of, pushed_bill, pushed_invoice
from tests.support.trading import PLATFORMS, Trade

from tieout.storage.tables.work import Intent

pytestmark = pytest.mark.asyncio(loop_scope="module")

EDIT = {"quickbooks": "edit", "xero": "edit_document"}
VENDOR = {"quickbooks": "vendor", "xero": "contact"}


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PLATFORMS)
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trade]:
    async with open_operations(tmp_path_factory.mktemp("books"), request.param) as trade:
        yield trade


@pytest_asyncio.fixture(loop_scope="module")
async def trade(shared: Trade) -> AsyncIterator[Trade]:
    await shared.begin()
    yield shared
    await shared.tidy()


def edit(trade: Trade, external_id: str) -> None:
    """Somebody changes the amount of a document, a little after we wrote it and before we pull."""
    trade.house.clock.move(timedelta(seconds=5))
    trade.act(EDIT[trade.platform], document_id=external_id, amount="7")
    trade.house.clock.move(timedelta(seconds=5))


async def test_what_somebody_changed_since_it_was_last_read_is_not_taken_out(trade: Trade) -> None:
    bill, external_id = await pushed_bill(trade)
    edit(trade, external_id)
    theirs = trade.document(external_id).total
    await trade.ask("POST", f"/payables/{bill['id']}/reopen")
    await trade.settle()
    assert (await trade.refused("bill", bill))["code"] == "changed_in_books"
    assert trade.document(external_id).total == theirs


async def test_what_somebody_changed_since_it_was_last_read_is_not_written_over(trade: Trade) -> None:
    invoice, external_id = await pushed_invoice(trade)
    edit(trade, external_id)
    theirs = trade.document(external_id).total
    await trade.ask("PATCH", f"/receivables/{invoice['id']}", {"issued_invoice": {"due_date": "2026-12-24"}})
    await trade.settle()
    assert (await trade.refused("receivable", invoice))["code"] == "changed_in_books"
    assert trade.document(external_id).total == theirs


async def test_a_document_that_nobody_touched_is_changed_and_taken_out(trade: Trade) -> None:
    invoice, external_id = await pushed_invoice(trade)
    trade.house.clock.move(timedelta(seconds=5))
    await trade.ask("PATCH", f"/receivables/{invoice['id']}", {"issued_invoice": {"due_date": "2026-12-24"}})
    await trade.settle()
    await trade.done("receivable", invoice)
    await trade.ask("POST", f"/receivables/{invoice['id']}/cancel")
    await trade.settle()
    await trade.done("receivable", invoice)
    assert trade.postings(external_id) == {}


@pytest.mark.parametrize("status", [400, 403])
async def test_a_payment_in_doubt_is_not_given_up_because_the_books_cannot_be_looked_at(
    trade: Trade, status: int
) -> None:
    bill, external_id = await pushed_bill(trade)
    trade.fault_writes("drop_after_commit")
    record = await pay(trade, "payables", bill)
    await trade.settle()
    trade.fault("status_before_commit", method="GET", status=status, count=50)
    await trade.settle(seconds=400)
    await trade.settle(seconds=700)
    (write,) = [one for one in await intents_of(trade, "payment_record") if str(one.object_id) == record["id"]]
    assert write.state == "uncertain"
    trade.no_more_faults()
    await trade.settle_all(step_s=700)
    await trade.done("payment_record", record)
    assert open_of(trade, external_id) == 0
    assert len(await payments_of(trade, bill)) == 1


async def test_a_payment_does_not_overtake_a_change_of_its_invoice_that_was_put_off(trade: Trade) -> None:
    invoice, external_id = await pushed_invoice(trade)
    trade.fault_writes("rate_limited", retry_after_s=1)
    await trade.ask("PATCH", f"/receivables/{invoice['id']}", {"issued_invoice": {"due_date": "2026-12-24"}})
    await trade.settle()
    async with trade.house.services.database.write() as session:
        put_off = update(Intent).where(Intent.state == "ready")
        await session.execute(put_off.values(resolve_at=trade.house.clock.now() + timedelta(hours=1)))
    trade.no_more_faults()
    record = await pay(trade, "receivables", invoice)
    trade.house.clock.move(timedelta(minutes=5))
    assert await trade.house.settle() <= 5, "the lane rests as long as what it waits for"
    assert sorted((one.object_type, one.attempts) for one in await trade.open_intents()) == [
        ("payment_record", 0),
        ("receivable", 1),
    ]
    await trade.settle(hours=1)
    await trade.done("receivable", invoice)
    await trade.done("payment_record", record)
    assert open_of(trade, external_id) == 0


async def test_a_bill_whose_answer_was_lost_is_there_once_beside_another_of_its_number(trade: Trade) -> None:
    vendor = await trade.vendor(trade.named("Paper & Ink"))
    first = await trade.bill(vendor, number=trade.named("RENT"))
    await trade.settle()
    await trade.done("bill", first)
    trade.house.clock.move(timedelta(minutes=10))
    trade.fault_writes("drop_before_commit")
    second = await trade.bill(vendor, number=trade.named("RENT"), issued_at="2026-02-01", due_date="2026-02-28")
    await trade.settle_all(step_s=100)
    if trade.platform == "quickbooks":  # which takes a supplier's number once
        assert (await trade.refused("bill", second))["code"] == "number_taken"
    else:
        await trade.done("bill", second)
    assert len(trade.documents(number=trade.named("RENT"))) == (1 if trade.platform == "quickbooks" else 2)


async def test_a_customer_whom_somebody_else_entered_meanwhile_is_matched_and_not_taken_for_ours(trade: Trade) -> None:
    if trade.platform == "xero":
        pytest.skip("a contact bears our mark there")
    name = trade.named("Northwind Traders")
    trade.fault("drop_before_commit", method="POST", path_prefix=f"/v3/company/{trade.books.id}/customer")
    customer = await trade.counterpart(name, email="ours@example.com")
    await trade.issue(customer)
    await trade.settle()
    theirs = trade.enter("Customer", {"DisplayName": name, "PrimaryEmailAddr": {"Address": "theirs@example.com"}})
    await trade.settle_all(step_s=100)
    (link,) = [one for one in await trade.links() if str(one.object_id) == customer["id"]]
    assert (link.matched_by, link.external_id) == ("name", theirs)
    (write,) = [one for one in await intents_of(trade, "customer") if str(one.object_id) == customer["id"]]
    assert write.state == "refused"
    (there,) = [one.content for one in trade.quickbooks.shelf("Customer") if one.id == theirs]
    assert there["PrimaryEmailAddr"] == {"Address": "theirs@example.com"}
