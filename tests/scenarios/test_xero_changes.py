"""Documents that are changed and taken out again, through the real client to the simulated Xero."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.support.xero_world import TODAY, Books, Desk, document_of, payment_of, write_of, xero_world

from tieout.books.changes import Change
from tieout.books.records import (
    Bill,
    CreditAllocation,
    CreditNote,
    Document,
    DocumentStatus,
    Invoice,
    Kind,
    VendorCredit,
)
from tieout.platforms.errors import Gone, NoAnswer, WriteRefused
from tieout.platforms.port import Operation, Write


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with xero_world() as world:
        tokens, choices = await world.connect()
        yield Desk(world, tokens, choices[0].external_id)


@pytest.fixture
async def books(desk: Desk) -> Books:
    return await desk.pull()


def change_of(books: Books, made: Change, wanted: Document, **more: Any) -> Write:
    given: dict[str, Any] = {
        "operation": Operation.UPDATE,
        "external_id": made.ref.external_id,
        "standing": made.record,
    }
    return write_of(books, made.ref.kind, wanted, **(given | more))


async def look_up(desk: Desk, write: Write) -> Change | None:
    return await desk.look_up(replace(write, standing=None), desk.world.clock.now())


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        (Kind.INVOICE, Invoice),
        (Kind.BILL, Bill),
        (Kind.CREDIT_NOTE, CreditNote),
        (Kind.VENDOR_CREDIT, VendorCredit),
    ],
)
async def test_a_document_is_changed_as_a_whole_and_a_lost_answer_is_recognised(
    desk: Desk, books: Books, kind: Kind, type_: type[Document]
) -> None:
    first = document_of(books, type_)
    lines = (first.lines[0], replace(first.lines[0], description="Left out"))
    doubled = replace(first, lines=lines, subtotal=Decimal(200), tax=Decimal("16.50"), total=Decimal("216.50"))
    made = await desk.write(write_of(books, kind, doubled))
    assert isinstance(made.record, Document)
    kept = made.record.lines[0].external_id
    new = replace(first.lines[0], description="New", unit_price=Decimal(20), amount=Decimal(20), tax_amount=None)
    wanted = replace(
        first,
        number=f"{first.number}-B",
        lines=(new, first.lines[0]),
        subtotal=Decimal(120),
        tax=Decimal("9.90"),
        total=Decimal("129.90"),
        due_on=TODAY + timedelta(days=30),
        memo="Changed" if type_ is Invoice else None,
    )
    write = change_of(books, made, wanted)
    assert await look_up(desk, write) is None
    await desk.world.control("faults", {"kind": "drop_after_commit", "method": "POST", "count": 1})
    with pytest.raises(NoAnswer):
        await desk.write(write)
    found = await look_up(desk, write)
    assert found is not None
    there = found.record
    assert isinstance(there, Document)
    assert (there.number, there.total, there.memo) == (wanted.number, Decimal("129.90"), wanted.memo)
    assert [each.description for each in there.lines] == ["New", "Work"]
    assert there.lines[1].external_id == kept, "a line that stays keeps its id"
    again = await desk.write(write)
    assert again.ref == made.ref
    assert await look_up(desk, replace(write, record=replace(wanted, number="another"))) is None


async def test_a_draft_is_changed_and_approved(desk: Desk, books: Books) -> None:
    draft = replace(document_of(books), status=DocumentStatus.DRAFT)
    made = await desk.write(write_of(books, Kind.INVOICE, draft))
    change = await desk.write(change_of(books, made, replace(draft, status=DocumentStatus.OPEN)))
    assert isinstance(change.record, Invoice)
    assert change.record.status is DocumentStatus.OPEN


async def paid_and_credited(desk: Desk, books: Books) -> list[Change]:
    """An invoice with a payment, a credit note that is used in part, and a bill that is paid."""
    invoice = await desk.write(write_of(books, Kind.INVOICE, document_of(books)))
    credit = await desk.write(write_of(books, Kind.CREDIT_NOTE, document_of(books, CreditNote)))
    bill = await desk.write(write_of(books, Kind.BILL, document_of(books, Bill)))
    await desk.write(write_of(books, Kind.PAYMENT, payment_of(books, invoice, "8.25")))
    await desk.write(write_of(books, Kind.BILL_PAYMENT, payment_of(books, bill, "108.25", kind=Kind.BILL_PAYMENT)))
    assert isinstance(invoice.record, Document)
    allocation = CreditAllocation(
        credit_kind=Kind.CREDIT_NOTE,
        credit_id=credit.ref.external_id,
        document_id=invoice.ref.external_id,
        party_id=invoice.record.party_id,
        currency=invoice.record.currency,
        allocated_on=TODAY,
        amount=Decimal(10),
    )
    await desk.write(write_of(books, Kind.ALLOCATION, allocation))
    return [invoice, credit, bill]


async def test_what_is_settled_is_neither_changed_nor_taken_out(desk: Desk, books: Books) -> None:
    documents = await paid_and_credited(desk, books)
    pulled = await desk.pull(books.cursor)
    for made in documents:
        standing = pulled.of(made.ref.kind)[made.ref.external_id]
        unaware = change_of(books, made, made.record, standing=None)  # type: ignore[arg-type]  # it is a document
        attempts = [change_of(books, replace(made, record=standing), standing)]
        for operation in (Operation.VOID, Operation.DELETE):
            attempts.append(replace(attempts[0], operation=operation))
        for write in attempts:
            with pytest.raises(WriteRefused) as raised:
                desk.plan(write)
            assert raised.value.explanation.code == "document_has_payments"
        with pytest.raises(WriteRefused) as raised:
            await desk.write(replace(unaware, operation=Operation.VOID))
        assert raised.value.explanation.code in {"document_has_payments", "status_forbids_change"}


async def test_what_was_voided_there_is_not_changed_any_more(desk: Desk, books: Books) -> None:
    made = await desk.write(write_of(books, Kind.INVOICE, document_of(books)))
    await desk.world.act(desk.company_id, "void", document_id=made.ref.external_id)
    standing = (await desk.pull(books.cursor)).of(Kind.INVOICE)[made.ref.external_id]
    for known in (standing, None):
        with pytest.raises(WriteRefused) as raised:
            await desk.write(change_of(books, made, made.record, standing=known))  # type: ignore[arg-type]  # it is a document
        assert raised.value.explanation.code == "status_forbids_change"


async def test_a_payment_that_is_deleted_already_is_told_as_gone(desk: Desk, books: Books) -> None:
    invoice = await desk.write(write_of(books, Kind.INVOICE, document_of(books)))
    payment = payment_of(books, invoice, "8.25")
    paid = await desk.write(write_of(books, Kind.PAYMENT, payment))
    deletion = write_of(books, Kind.PAYMENT, payment, operation=Operation.DELETE, external_id=paid.ref.external_id)
    await desk.write(deletion)
    with pytest.raises(Gone):
        await desk.write(replace(deletion, key="another"))
