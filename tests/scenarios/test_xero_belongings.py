"""Credits set against documents and files hung on them, through the real client to the simulated Xero."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tests.support.xero_world import TODAY, Books, Desk, document_of, party_id, write_of, xero_world

from tieout.books.changes import Change
from tieout.books.records import (
    Attachment,
    Bill,
    CreditAllocation,
    CreditNote,
    Document,
    DocumentStatus,
    Invoice,
    Kind,
    VendorCredit,
)
from tieout.kit.identifiers import new_id
from tieout.platforms.errors import Gone, NoAnswer, WriteRefused
from tieout.platforms.port import Operation, Write
from tieout.platforms.xero.platform import PLATFORM

PDF = b"%PDF-1.7 \x00\xff" * 30


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with xero_world() as world:
        tokens, choices = await world.connect()
        yield Desk(world, tokens, choices[0].external_id)


@pytest.fixture
async def books(desk: Desk) -> Books:
    return await desk.pull()


SALE = (Kind.INVOICE, Invoice, Kind.CREDIT_NOTE, CreditNote)
PURCHASE = (Kind.BILL, Bill, Kind.VENDOR_CREDIT, VendorCredit)


async def pair(desk: Desk, books: Books, side: tuple[Any, ...] = SALE) -> tuple[Change, CreditAllocation]:
    """What is owed, and a credit of which a part is to be set against it."""
    kind, type_, credit_kind, credit_type = side
    owed = await desk.write(write_of(books, kind, document_of(books, type_)))
    credited = await desk.write(write_of(books, credit_kind, document_of(books, credit_type)))
    return owed, CreditAllocation(
        credit_kind=credit_kind,
        credit_id=credited.ref.external_id,
        document_id=owed.ref.external_id,
        party_id=party_id(books),
        currency=books.company.base_currency,
        allocated_on=TODAY,
        amount=Decimal("40.00"),
        marker=str(new_id()),
    )


async def send(desk: Desk, write: Write) -> Change | None:
    return PLATFORM.read_written(write, await desk.transport.send(desk.plan(write)))


async def standing(desk: Desk, books: Books, kind: Kind, number: str) -> Document:
    found = (await desk.pull(books.cursor)).of(kind)[number]
    assert isinstance(found, Document)
    return found


@pytest.mark.parametrize("side", [SALE, PURCHASE], ids=["sale", "purchase"])
async def test_a_credit_is_set_against_what_is_owed_and_taken_back(
    desk: Desk, books: Books, side: tuple[Any, ...]
) -> None:
    owed, wanted = await pair(desk, books, side)
    write = write_of(books, Kind.ALLOCATION, wanted)
    now = desk.world.clock.now()
    assert await desk.look_up(write, now) is None
    await desk.world.control("faults", {"kind": "drop_after_commit", "method": "PUT", "count": 1})
    with pytest.raises(NoAnswer):
        await desk.write(write)
    found = await desk.look_up(write, now)
    repeated = await desk.write(write)
    assert found is not None
    assert found.ref == repeated.ref
    assert repeated.ref.kind is Kind.ALLOCATION
    assert found.record == repeated.record == replace(wanted, external_id=found.ref.external_id, marker=None)
    invoice = await standing(desk, books, side[0], owed.ref.external_id)
    assert (invoice.balance, invoice.status) == (Decimal("68.25"), DocumentStatus.PARTIALLY_PAID)
    assert (await standing(desk, books, side[2], wanted.credit_id)).balance == Decimal("68.25")
    deletion = replace(write, operation=Operation.DELETE, external_id=found.ref.external_id)
    assert await desk.look_up(deletion, now) == found
    assert await send(desk, deletion) is None
    assert await desk.look_up(deletion, now) is None
    with pytest.raises(Gone):
        await send(desk, deletion)
    assert (await standing(desk, books, side[0], owed.ref.external_id)).balance == Decimal("108.25")


async def test_a_credit_that_is_used_up_counts_as_paid(desk: Desk, books: Books) -> None:
    owed, wanted = await pair(desk, books)
    await desk.write(write_of(books, Kind.ALLOCATION, replace(wanted, amount=Decimal("108.25"))))
    for kind, number in ((Kind.INVOICE, owed.ref.external_id), (Kind.CREDIT_NOTE, wanted.credit_id)):
        assert (await standing(desk, books, kind, number)).status is DocumentStatus.PAID


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amount": Decimal("108.26")}, "allocation_exceeds_balance"),
        ({"document_id": str(new_id())}, "reference_unknown"),
    ],
)
async def test_an_allocation_that_cannot_be_says_why(
    desk: Desk, books: Books, changed: dict[str, Any], code: str
) -> None:
    _, wanted = await pair(desk, books)
    with pytest.raises(WriteRefused) as raised:
        await desk.write(write_of(books, Kind.ALLOCATION, replace(wanted, **changed)))
    assert raised.value.explanation.code == code


async def test_a_credit_that_is_spent_or_of_somebody_else_says_so(desk: Desk, books: Books) -> None:
    _, wanted = await pair(desk, books)
    bill = await desk.write(write_of(books, Kind.BILL, document_of(books, Bill)))
    with pytest.raises(WriteRefused) as raised:
        await desk.write(write_of(books, Kind.ALLOCATION, replace(wanted, document_id=bill.ref.external_id)))
    assert raised.value.explanation.code == "allocation_not_possible"
    large = await desk.write(write_of(books, Kind.INVOICE, document_of(books, net="1000.00", tax="82.50")))
    with pytest.raises(WriteRefused) as raised:
        await desk.write(
            write_of(
                books,
                Kind.ALLOCATION,
                replace(wanted, document_id=large.ref.external_id, amount=Decimal("500.00")),
            )
        )
    assert raised.value.explanation.code == "credit_exceeded"


def file_of(document: Change, **more: Any) -> Attachment:
    given: dict[str, Any] = {"name": "Scan: März/2026.PDF", "media_type": "application/pdf", "size_bytes": len(PDF)}
    given |= {"marker": str(new_id()), **more}
    return Attachment(document_kind=document.ref.kind, document_id=document.ref.external_id, **given)


@pytest.mark.parametrize(("kind", "type_"), [(Kind.INVOICE, Invoice), (Kind.VENDOR_CREDIT, VendorCredit)])
async def test_a_file_is_hung_on_a_document_and_found_there(
    desk: Desk, books: Books, kind: Kind, type_: type[Document]
) -> None:
    document = await desk.write(write_of(books, kind, document_of(books, type_)))
    wanted = file_of(document)
    write = write_of(books, Kind.ATTACHMENT, wanted, content=PDF)
    now = desk.world.clock.now()
    assert await desk.look_up(write, now) is None
    await desk.world.control("faults", {"kind": "drop_after_commit", "method": "PUT", "count": 1})
    with pytest.raises(NoAnswer):
        await desk.write(write)
    found = await desk.look_up(replace(write, content=b""), now)
    assert found is not None
    assert isinstance(found.record, Attachment)
    assert found.record == replace(wanted, external_id=found.ref.external_id, name=found.record.name)
    assert found.record.name.startswith("Scan_ März_2026 (")
    again = await desk.write(replace(write, key="another"))
    assert again.ref == found.ref, "a repetition replaces only itself, even under another key"
    served = await desk.transport.send(
        replace(desk.plan(write), method="GET", headers={"xero-tenant-id": desk.company_id})
    )
    assert served.body == PDF


async def test_a_file_never_replaces_one_of_the_same_name(desk: Desk, books: Books) -> None:
    invoice = await desk.write(write_of(books, Kind.INVOICE, document_of(books)))
    first = await desk.write(write_of(books, Kind.ATTACHMENT, file_of(invoice), content=PDF))
    second = await desk.write(write_of(books, Kind.ATTACHMENT, file_of(invoice), content=PDF))
    assert first.ref != second.ref
    with pytest.raises(NotImplementedError, match="no way to change or remove"):
        desk.plan(write_of(books, Kind.ATTACHMENT, first.record, operation=Operation.DELETE, external_id="x"))


async def test_the_eleventh_file_of_a_document_is_refused(desk: Desk, books: Books) -> None:
    invoice = await desk.write(write_of(books, Kind.INVOICE, document_of(books)))
    for _ in range(10):
        await desk.write(write_of(books, Kind.ATTACHMENT, file_of(invoice), content=PDF))
    with pytest.raises(WriteRefused) as raised:
        await desk.write(write_of(books, Kind.ATTACHMENT, file_of(invoice), content=PDF))
    assert raised.value.explanation.code == "too_many_files"
