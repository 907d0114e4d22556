"""Several records in one call, through the real client to the simulated Xero."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.support.xero_world import Books, Desk, account_id, document_of, payment_of, write_of, xero_world

from tieout.books.changes import Change
from tieout.books.records import Bill, CreditNote, Document, Invoice, Item, Kind, Party, Payment
from tieout.kit.identifiers import new_id
from tieout.platforms.errors import BatchRefused, NoAnswer, PlatformRefusal, WriteRefused
from tieout.platforms.port import Operation, Write
from tieout.platforms.xero.platform import PLATFORM


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with xero_world() as world:
        tokens, choices = await world.connect()
        yield Desk(world, tokens, choices[0].external_id)


@pytest.fixture
async def books(desk: Desk) -> Books:
    return await desk.pull()


async def send(desk: Desk, writes: Sequence[Write], key: str = "batch-1") -> tuple[Change | PlatformRefusal, ...]:
    answer = await desk.transport.send(PLATFORM.plan_batch(desk.company_id, writes, key))
    return PLATFORM.read_batch(writes, answer)


async def look_up(desk: Desk, writes: Sequence[Write]) -> tuple[Change | PlatformRefusal | None, ...]:
    now = desk.world.clock.now()
    return await PLATFORM.look_up_batch(desk.transport, desk.company_id, writes, first_sent_at=now)


def invoices_and_bills(books: Books, count: int) -> list[Write]:
    kinds: list[tuple[Kind, type[Document]]] = [(Kind.INVOICE, Invoice), (Kind.BILL, Bill)]
    return [write_of(books, *_kind_and_record(books, *kinds[place % 2])) for place in range(count)]


def _kind_and_record(books: Books, kind: Kind, type_: type[Document]) -> tuple[Kind, Any]:
    return kind, document_of(books, type_)


async def test_fifty_invoices_and_bills_land_in_one_call_and_a_repetition_makes_no_more(
    desk: Desk, books: Books
) -> None:
    writes = invoices_and_bills(books, 50)
    assert {PLATFORM.batch_of(write) for write in writes} == {"Invoices"}
    before = desk.world.meter.total
    first, second = await send(desk, writes), await send(desk, writes)
    assert desk.world.meter.total - before == 2
    assert [change.ref for change in first if isinstance(change, Change)] == [
        change.ref for change in second if isinstance(change, Change)
    ]
    for write, change in zip(writes, first, strict=True):
        assert isinstance(change, Change)
        assert isinstance(change.record, Document)
        assert isinstance(write.record, Document)
        assert (change.ref.kind, change.record.number, change.record.total) == (
            write.kind,
            write.record.number,
            write.record.total,
        )
    pulled = await desk.pull(books.cursor)
    made = {c.ref.external_id for c in pulled.changes if isinstance(c.record, Invoice | Bill)}
    assert made == {change.ref.external_id for change in first if isinstance(change, Change)}


async def test_a_refused_element_is_refused_as_it_is_singly_and_the_others_are_written(
    desk: Desk, books: Books
) -> None:
    good = [write_of(books, Kind.INVOICE, document_of(books)) for _ in range(2)]
    taken = await desk.write(write_of(books, Kind.INVOICE, document_of(books)))
    assert isinstance(taken.record, Document)
    bad = write_of(books, Kind.INVOICE, document_of(books, number=taken.record.number))
    with pytest.raises(WriteRefused) as singly:
        await desk.write(bad)
    told = await send(desk, [good[0], bad, good[1]])
    assert isinstance(told[1], WriteRefused)
    assert told[1].explanation == singly.value.explanation
    assert told[1].trace_id
    assert [type(one) for one in told] == [Change, WriteRefused, Change]


async def test_one_unknown_contact_refuses_the_call_and_writes_nothing(desk: Desk, books: Books) -> None:
    good = write_of(books, Kind.INVOICE, document_of(books))
    bad = write_of(books, Kind.INVOICE, document_of(books, party_id=str(new_id())))
    with pytest.raises(BatchRefused) as raised:
        await send(desk, [good, bad])
    assert raised.value.whole.explanation.code == "reference_unknown"
    assert await look_up(desk, [good, bad]) == (None, None)
    assert isinstance((await desk.write(good)).record, Invoice), "its own key is still unused"
    with pytest.raises(WriteRefused):
        await desk.write(bad)


async def test_a_batch_whose_answer_was_lost_is_looked_up_in_few_calls(desk: Desk, books: Books) -> None:
    writes = invoices_and_bills(books, 50)
    await desk.world.control("faults", {"kind": "drop_after_commit", "method": "PUT", "count": 1})
    with pytest.raises(NoAnswer):
        await send(desk, writes)
    unsent = write_of(books, Kind.INVOICE, document_of(books))
    unnumbered = write_of(books, Kind.BILL, document_of(books, Bill, number=None))
    before = desk.world.meter.total
    found = await look_up(desk, [*writes, unsent, unnumbered])
    assert desk.world.meter.total - before == 5, (
        "of 40 numbers and of the rest what there is and what is ours, and of the bill without what is new"
    )
    assert found[50:] == (None, None)
    for write, change in zip(writes, found, strict=False):
        assert isinstance(change, Change)
        assert isinstance(change.record, Document)
        assert isinstance(write.record, Document)
        assert change.record.marker == write.record.marker or write.kind is Kind.BILL


async def test_a_number_of_somebody_else_is_told_in_the_place_of_its_write(desk: Desk, books: Books) -> None:
    taken = await desk.write(write_of(books, Kind.INVOICE, document_of(books)))
    assert isinstance(taken.record, Document)
    rival = write_of(books, Kind.INVOICE, document_of(books, number=taken.record.number))
    found = await look_up(desk, [rival, write_of(books, Kind.INVOICE, document_of(books))])
    assert isinstance(found[0], WriteRefused)
    assert found[0].explanation.code == "number_taken"
    assert found[1] is None


async def test_contacts_items_credits_and_payments_go_together_too(desk: Desk, books: Books) -> None:
    invoices = [await desk.write(write_of(books, Kind.INVOICE, document_of(books))) for _ in range(2)]
    sets: list[list[Write]] = [
        [write_of(books, Kind.PARTY, Party(name=f"Batch {n} Ltd", marker=str(new_id()))) for n in range(3)],
        [
            write_of(
                books,
                Kind.ITEM,
                Item(name=f"Thing {n}", income_account_id=account_id(books, "200"), marker=str(new_id())),
            )
            for n in range(3)
        ],
        [write_of(books, Kind.CREDIT_NOTE, document_of(books, CreditNote)) for _ in range(2)],
        [write_of(books, Kind.PAYMENT, payment_of(books, invoice, "8.25")) for invoice in invoices],
    ]
    for place, writes in enumerate(sets):
        told = await send(desk, writes, f"batch-{place}")
        found = await look_up(desk, writes)
        for write, change, again in zip(writes, told, found, strict=True):
            assert isinstance(change, Change)
            assert isinstance(again, Change)
            assert change.ref == again.ref
            assert isinstance(change.record, type(write.record))


async def test_two_payments_that_together_exceed_a_document_end_with_one_refused(desk: Desk, books: Books) -> None:
    invoice = await desk.write(write_of(books, Kind.INVOICE, document_of(books)))
    writes = [write_of(books, Kind.PAYMENT, payment_of(books, invoice, "60.00")) for _ in range(2)]
    told = await send(desk, writes)
    assert isinstance(told[0], Change)
    assert isinstance(told[0].record, Payment)
    assert isinstance(told[1], WriteRefused)
    assert told[1].explanation.code == "payment_exceeds_balance"


async def test_what_is_no_create_is_sent_alone(desk: Desk, books: Books) -> None:
    write = write_of(books, Kind.INVOICE, document_of(books))
    assert PLATFORM.batch_of(replace(write, operation=Operation.VOID, external_id="x")) is None
    for writes in ([write], [write] * 51, [write, write_of(books, Kind.PARTY, Party(name="A", marker="m"))]):
        with pytest.raises(ValueError, match="a batch is 2 to 50 writes of one endpoint"):
            PLATFORM.plan_batch(desk.company_id, writes, "batch-1")
    line = document_of(books).lines[0]
    long = replace(line, description="x" * 4000, amount=Decimal(0), unit_price=Decimal(0), tax_amount=Decimal(0))
    large = replace(write, record=document_of(books, lines=(line, *[long] * 20)))
    with pytest.raises(ValueError, match="at most 3000000 bytes"):
        PLATFORM.plan_batch(desk.company_id, [large] * 40, "batch-1")
