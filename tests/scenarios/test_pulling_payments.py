"""Payments recorded in the books: they settle the partner's documents, and are taken back with them."""

from collections.abc import AsyncIterator
from datetime import timedelta
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


async def pushed_invoice(trade: Trade) -> tuple[Json, str]:
    invoice = await trade.issue(await trade.counterpart(trade.named("Northwind Traders")))
    await trade.settle()
    return invoice, await trade.done("receivable", invoice)


async def pushed_bill(trade: Trade) -> tuple[Json, str]:
    bill = await trade.bill(await trade.vendor(trade.named("Paper & Ink Supplies")), number=trade.named("SUP-77"))
    await trade.settle()
    return bill, await trade.done("bill", bill)


def pay(trade: Trade, document_id: str, amount: str | None = None) -> str:
    """Somebody records a payment; answers its id."""
    told = trade.act("pay", document_id=document_id, **({"amount": amount} if amount else {}))
    return str(told["payment_id"] if trade.platform == "xero" else told["payment"]["id"])


def take_back(trade: Trade, payment_id: str, how: str) -> None:
    """Somebody deletes a payment, or voids it where there is such a thing."""
    if trade.platform == "xero":
        trade.act("delete_payment", payment_id=payment_id)
    else:
        trade.act(how, document_id=payment_id)


async def state(trade: Trade, invoice: Json) -> tuple[str, int, int]:
    seen = await trade.receivable(invoice)
    return seen["status"], seen["amount_paid"], seen["amount_due"]


async def test_a_full_payment_pays_the_invoice_once_however_often_it_is_pulled(trade: Trade) -> None:
    invoice, document_id = await pushed_invoice(trade)
    total = invoice["total_amount"]
    pay(trade, document_id)
    for _ in range(2):
        await trade.pull()
        assert await state(trade, invoice) == ("paid", total, 0)
    assert await trade.events("receivable.paid", invoice) == 1
    records = (await trade.ask("GET", f"/payment_records?object_id={invoice['id']}"))["data"]
    assert [(one["amount"], one["status"]) for one in records] == [(total, "succeeded")]


async def test_parts_add_up_until_it_is_paid_and_unpay_as_they_are_taken_back(trade: Trade) -> None:
    invoice, document_id = await pushed_invoice(trade)
    total = invoice["total_amount"]
    first = pay(trade, document_id, "10.01")
    await trade.pull()
    assert await state(trade, invoice) == ("partially_paid", 1_001, total - 1_001)
    second = pay(trade, document_id, "20.00")
    rest = pay(trade, document_id)
    await trade.pull()
    assert await state(trade, invoice) == ("paid", total, 0)
    take_back(trade, rest, "void")
    await trade.pull()
    assert await state(trade, invoice) == ("partially_paid", 3_001, total - 3_001)
    take_back(trade, first, "delete")
    take_back(trade, second, "delete")
    await trade.pull()
    assert await state(trade, invoice) == ("issued", 0, total)
    pay(trade, document_id)
    await trade.pull()
    assert await state(trade, invoice) == ("paid", total, 0)


async def test_payments_that_come_and_go_or_are_somebody_elses_change_nothing(trade: Trade) -> None:
    invoice, document_id = await pushed_invoice(trade)
    theirs = next(one for one in trade.documents() if one.payable and not one.party.startswith(("Northwind", "Paper")))
    pay(trade, theirs.ref.id)
    take_back(trade, pay(trade, document_id), "delete")
    await trade.pull()
    assert await state(trade, invoice) == ("issued", 0, invoice["total_amount"])
    assert await trade.events("receivable.paid", invoice) == 0
    records = await trade.ask("GET", f"/payment_records?object_id={invoice['id']}")
    assert records["data"] == []


async def test_a_bill_that_is_paid_in_the_books_is_paid_here_and_unpaid_again(trade: Trade) -> None:
    bill, document_id = await pushed_bill(trade)
    payment_id = pay(trade, document_id)
    await trade.pull()
    seen = await trade.payable(bill)
    assert (seen["status"], seen["amount_paid"], seen["amount_due"]) == ("paid", bill["total_amount"], 0)
    take_back(trade, payment_id, "delete")
    await trade.pull()
    assert (await trade.payable(bill))["status"] == "waiting_to_be_paid"


@pytest.mark.only_at("quickbooks", because="a payment settles one document in Xero")
async def test_one_payment_for_two_invoices_settles_both_with_their_parts(trade: Trade) -> None:
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    invoices = [await trade.issue(customer) for _ in range(2)]
    await trade.settle()
    ids = [await trade.done("receivable", one) for one in invoices]
    payment_id = pay_together(trade, ids, ["120.00", "40.00"])
    await trade.pull()
    assert [await state(trade, one) for one in invoices] == [("paid", 12_000, 0), ("partially_paid", 4_000, 8_000)]
    trade.act("void", document_id=payment_id)
    await trade.pull()
    assert [await state(trade, one) for one in invoices] == [("issued", 0, 12_000)] * 2


def pay_together(trade: Trade, ids: list[str], amounts: list[str]) -> str:
    invoice = trade.quickbooks.transaction(ids[0])
    assert invoice is not None
    lines = [
        {"Amount": amount, "LinkedTxn": [{"TxnId": one, "TxnType": "Invoice"}]}
        for one, amount in zip(ids, amounts, strict=True)
    ]
    body = {"CustomerRef": invoice.content["CustomerRef"], "TotalAmt": "160.00", "Line": lines}
    return trade.enter("Payment", body)


@pytest.mark.parametrize("seconds", [3, 400])
async def test_a_payment_that_arrives_before_we_know_our_own_document_is_not_lost(trade: Trade, seconds: int) -> None:
    """The answer to the write is lost; somebody pays, and that is pulled before the write is resolved."""
    customer = await trade.counterpart(trade.named("Northwind Traders"))
    await trade.issue(customer)
    await trade.settle()
    known = len(await trade.snapshots("payment"))
    trade.fault_writes("drop_after_commit", skip=1 if trade.platform == "quickbooks" else 0)
    invoice = await trade.issue(customer)
    await trade.settle()
    (ours,) = trade.documents(number=invoice["document_id"])
    trade.fault_writes("drop_before_commit", count=1_000)
    pay(trade, ours.ref.id)
    await trade.ask("POST", f"/accounting_connections/{trade.connection_id}/sync")
    for _ in range(10):
        await trade.settle(seconds=16)
    assert len(await trade.snapshots("payment")) > known
    assert (await trade.receivable(invoice))["status"] == "issued"
    trade.no_more_faults()
    await trade.settle_all(step_s=seconds)
    assert await state(trade, invoice) == ("paid", invoice["total_amount"], 0)
    await trade.pull()
    assert await state(trade, invoice) == ("paid", invoice["total_amount"], 0)
    assert await trade.events("receivable.paid", invoice) == 1


async def test_what_was_paid_here_and_there_is_not_counted_twice_by_repetition(trade: Trade) -> None:
    invoice, document_id = await pushed_invoice(trade)
    total = invoice["total_amount"]
    await trade.ask("POST", f"/receivables/{invoice['id']}/mark_as_paid", {})
    assert await state(trade, invoice) == ("paid", total, 0)
    await trade.pull()
    assert trade.document(document_id).balance == Decimal(total) / 100, "the payment is not in the books"
    assert await state(trade, invoice) == ("paid", total, 0)


async def test_a_payment_deleted_during_a_long_silence_unpays_too(trade: Trade) -> None:
    """After weeks everything is read again, and what is gone is told by nobody."""
    invoice, document_id = await pushed_invoice(trade)
    payment_id = pay(trade, document_id)
    await trade.pull()
    assert (await trade.receivable(invoice))["status"] == "paid"
    take_back(trade, payment_id, "delete")
    trade.house.clock.move(timedelta(days=40))
    await trade.pull()
    assert await state(trade, invoice) == ("issued", 0, invoice["total_amount"])
