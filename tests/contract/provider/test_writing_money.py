"""Money, credits and files are written once, taken back, and found again where no answer came."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from tests.support.capabilities import proves
from tests.support.provider import ProviderBooks
from tests.support.provider_desk import DOCUMENTS, Desk, desk_at

from tieout.books.changes import Change
from tieout.books.records import Attachment, CreditAllocation, Document, DocumentStatus, Kind, Payment, Record
from tieout.platforms.errors import NoAnswer, PlatformRefusal
from tieout.platforms.port import Operation, Write

PDF = b"%PDF-1.4\n%%EOF\n"
SIDES = {Kind.PAYMENT: Kind.INVOICE, Kind.BILL_PAYMENT: Kind.BILL}
CREDITS = {Kind.CREDIT_NOTE: Kind.INVOICE, Kind.VENDOR_CREDIT: Kind.BILL}


async def open_of(desk: Desk, there: Change) -> Decimal:
    """What the next pull says is open of a document."""
    record = (await desk.news()).records[there.ref]
    assert isinstance(record, Document)
    return record.balance


async def entered(desk: Desk, kind: Kind) -> tuple[Change, Document]:
    """A document that is in the books."""
    made = await desk.create(kind, await desk.document(kind))
    assert isinstance(made.record, Document)
    return made, made.record


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(
            kind,
            id=kind.value,
            marks=[
                pytest.mark.capability(object=kind.value, direction="out", operation=one)
                for one in ("create", "delete")
            ],
        )
        for kind in SIDES
    ],
)
async def test_a_payment_settles_its_document_until_it_is_deleted(any_books: ProviderBooks, kind: Kind) -> None:
    desk = await desk_at(any_books)
    document, record = await entered(desk, SIDES[kind])
    paid = await desk.create(kind, desk.payment(document.ref, record, "100.10"))
    assert isinstance(paid.record, Payment)
    assert (paid.record.amount, paid.record.unapplied, paid.record.paid_on) == (
        Decimal("100.10"),
        Decimal(0),
        desk.today,
    )
    assert [(one.document_id, one.amount) for one in paid.record.allocations] == [
        (document.ref.external_id, Decimal("100.10"))
    ]
    assert await open_of(desk, document) == record.total - Decimal("100.10")
    await desk.carry_out(desk.change(paid, Operation.DELETE))
    assert await open_of(desk, document) == record.total


@proves("out", "create", "allocation")
@proves("out", "delete", "allocation")
@pytest.mark.parametrize("kind", CREDITS, ids=[kind.value for kind in CREDITS])
async def test_a_credit_is_used_on_its_document_until_that_is_taken_back(books: ProviderBooks, kind: Kind) -> None:
    desk = await desk_at(books)
    credit, _ = await entered(desk, kind)
    document, record = await entered(desk, CREDITS[kind])
    used = await desk.create(Kind.ALLOCATION, desk.allocation(credit.ref, document.ref, record, "250.00"))
    assert isinstance(used.record, CreditAllocation)
    assert (used.record.document_id, used.record.amount) == (document.ref.external_id, Decimal(250))
    assert await open_of(desk, document) == record.total - 250
    await desk.carry_out(desk.change(used, Operation.DELETE))
    assert await open_of(desk, document) == record.total


@proves("out", "create", "attachment")
async def test_a_file_hangs_on_its_document(books: ProviderBooks) -> None:
    desk = await desk_at(books)
    document, _ = await entered(desk, Kind.BILL)
    wanted = desk.file(document.ref, PDF, "Scan – Übersicht.pdf")
    hung = await desk.create(Kind.ATTACHMENT, wanted, content=PDF)
    assert isinstance(hung.record, Attachment)
    assert (hung.record.document_id, hung.record.size_bytes) == (document.ref.external_id, len(PDF))
    assert hung.record.marker == wanted.marker


async def a_party(desk: Desk) -> Write:
    role = Kind.CUSTOMER
    return desk.write(desk.kind_of(role), desk.party_record(role, f"Łódź {desk.number()}"))


def a_document(kind: Kind) -> Callable[[Desk], Awaitable[Write]]:
    async def made(desk: Desk) -> Write:
        return desk.write(kind, await desk.document(kind))

    return made


def a_payment(kind: Kind) -> Callable[[Desk], Awaitable[Write]]:
    async def made(desk: Desk) -> Write:
        document, record = await entered(desk, SIDES[kind])
        return desk.write(kind, desk.payment(document.ref, record, "10.00"))

    return made


def known_by(record: Record) -> object:
    """What nothing else in the books shares with a record that was written here."""
    return getattr(record, "number", None) or getattr(record, "name", None) or getattr(record, "allocations", None)


CREATED: dict[str, Callable[[Desk], Awaitable[Write]]] = {
    "customer": a_party,
    **{kind.value: a_document(kind) for kind in DOCUMENTS},
    **{kind.value: a_payment(kind) for kind in SIDES},
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.capability(object=name, direction="out", operation="create"))
        for name in CREATED
    ],
)
async def test_what_is_written_twice_or_cut_off_is_in_the_books_once_and_is_found(
    books: ProviderBooks, name: str
) -> None:
    """The same bytes under the same key make one record, and one whose answer was lost is found by looking."""
    desk = await desk_at(books)
    write = await CREATED[name](desk)
    assert await desk.look_up(write) is None
    desk.books.lose_answer()
    with pytest.raises(NoAnswer):
        await desk.carry_out(write)
    found = await desk.look_up(write)
    assert found is not None
    again, twice = await desk.done(write), await desk.done(write)
    assert again.ref == twice.ref == found.ref
    records = (await desk.news()).records
    assert [ref for ref, record in records.items() if known_by(record) == known_by(found.record)] == [found.ref]


@pytest.mark.capability
@pytest.mark.parametrize("operation", [Operation.UPDATE, Operation.DELETE])
async def test_a_change_whose_answer_was_lost_is_seen_in_the_books(books: ProviderBooks, operation: Operation) -> None:
    desk = await desk_at(books)
    wanted = await desk.document(Kind.BILL)
    made = await desk.create(Kind.BILL, wanted)
    later = desk.with_lines(wanted, [replace(wanted.lines[0], description="Paper, later")])
    write = desk.change(made, operation, later if operation is Operation.UPDATE else None)  # type: ignore[arg-type]  # one of the four
    before = await desk.look_up(write)
    assert (before is None) is (operation is Operation.UPDATE), "not carried out yet"
    desk.books.lose_answer()
    with pytest.raises(NoAnswer):
        await desk.carry_out(write)
    after = await desk.look_up(write)
    assert (after is not None) is (operation is Operation.UPDATE)


@proves("out", "void", "invoice")
async def test_a_voided_invoice_stays_with_its_number_and_without_an_amount(any_books: ProviderBooks) -> None:
    desk = await desk_at(any_books)
    made, record = await entered(desk, Kind.INVOICE)
    voided = await desk.done(desk.change(made, Operation.VOID))
    assert isinstance(voided.record, Document)
    assert (voided.record.status, voided.record.number) == (DocumentStatus.VOID, record.number)
    assert await open_of(desk, made) == 0


@pytest.mark.capability
async def test_what_the_books_refuse_is_refused_by_a_name(books: ProviderBooks) -> None:
    desk = await desk_at(books)
    document, record = await entered(desk, Kind.INVOICE)
    await desk.create(Kind.PAYMENT, desk.payment(document.ref, record, "1.00"))
    paid = replace(record, balance=record.total - 1)
    nobody = await desk.document(Kind.BILL, party_id="999999" if desk.platform == "quickbooks" else desk.marker("no"))
    refused = {
        "document_has_payments": desk.change(document, Operation.VOID, paid),  # type: ignore[arg-type]  # one of the four
        "party": desk.write(Kind.BILL, nobody),
        "pay": desk.write(Kind.PAYMENT, desk.payment(document.ref, record, "999999.00")),
    }
    for word, write in refused.items():
        with pytest.raises(PlatformRefusal) as raised:
            await desk.carry_out(write)
        code = raised.value.explanation.code
        assert code not in ("refused_by_books", "validation_failed", "answer_unreadable"), (word, code)
