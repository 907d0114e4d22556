"""Documents that are changed and taken out again, through the real client to the simulated QuickBooks."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.support.quickbooks_world import GB_REALM, START, US_REALM, BooksRead, Connected, connect, document, line

from tieout.books.changes import Change
from tieout.books.records import Bill, CreditNote, Document, Invoice, Kind, Line, VendorCredit
from tieout.platforms.errors import NoAnswer, StaleVersion, WriteRefused
from tieout.platforms.port import Cause, Operation, Write


@pytest.fixture
async def us() -> AsyncIterator[Connected]:
    connected = await connect(US_REALM)
    yield connected
    await connected.client.aclose()


@pytest.fixture
async def gb() -> AsyncIterator[Connected]:
    connected = await connect(GB_REALM)
    yield connected
    await connected.client.aclose()


SALE: dict[str, Any] = {"item_id": "1"}
PURCHASE: dict[str, Any] = {"account_id": "7"}


def work(amount: str, side: dict[str, Any], **more: Any) -> Line:
    return line(amount, **(side | more))


def change_of(us: Connected, books: BooksRead, made: Change, wanted: Any, **more: Any) -> Write:
    given: dict[str, Any] = {
        "operation": Operation.UPDATE,
        "external_id": made.ref.external_id,
        "version_token": made.version.token,
        "standing": made.record,
    }
    return us.write(books, made.ref.kind, wanted, **(given | more))


async def look_up(connected: Connected, write: Write) -> Change | None:
    kept = replace(write, standing=None)
    transport = connected.transport(Cause.RESOLVE)
    return await connected.platform.look_up(transport, connected.realm, kept, first_sent_at=START)


@pytest.mark.parametrize(
    ("kind", "type_", "party_id", "side"),
    [
        (Kind.INVOICE, Invoice, "1", SALE),
        (Kind.CREDIT_NOTE, CreditNote, "1", SALE),
        (Kind.BILL, Bill, "30", PURCHASE),
        (Kind.VENDOR_CREDIT, VendorCredit, "30", PURCHASE),
    ],
)
async def test_a_document_is_changed_as_a_whole_and_a_lost_answer_is_recognised(
    us: Connected, kind: Kind, type_: type[Document], party_id: str, side: dict[str, Any]
) -> None:
    books = await us.books()
    lines = [work("100.00", side, description="Kept"), work("50.00", side, description="Left out")]
    made = await us.created(books, kind, document(type_, lines, party_id=party_id, memo="Before"))
    assert isinstance(made.record, Document)
    kept = made.record.lines[0]
    after = [work("25.00", side, description="New"), work("100.00", side, description="Kept")]
    wanted = replace(document(type_, after, party_id=party_id, number="T-1002"), issued_on=date(2026, 11, 19))
    write = change_of(us, books, made, wanted)
    assert await look_up(us, write) is None
    await us.control("faults", {"kind": "drop_after_commit", "method": "POST", "path_prefix": "/v3/"})
    with pytest.raises(NoAnswer):
        await us.send(write)
    found = await look_up(us, write)
    assert found is not None
    there = found.record
    assert isinstance(there, Document)
    assert (there.number, there.total, there.issued_on) == ("T-1002", Decimal("125.00"), date(2026, 11, 19))
    assert [each.description for each in there.lines] == ["New", "Kept"]
    assert there.lines[1].external_id == kept.external_id, "a line that stays keeps its id"
    assert (there.marker, there.memo) == (wanted.marker, None)
    assert await us.send(write) == found, "a repetition gets the first answer"
    with pytest.raises(StaleVersion):
        await us.send(replace(write, key="another"))


async def test_a_sale_that_is_no_longer_taxed_loses_its_tax(us: Connected) -> None:
    books = await us.books()
    taxed = document(Invoice, [work("100.00", SALE, tax_rate_id="2")], tax="8.00", party_id="1")
    made = await us.created(books, Kind.INVOICE, taxed)
    change = await us.send(change_of(us, books, made, document(Invoice, [work("100.00", SALE)], party_id="1")))
    assert change is not None
    assert isinstance(change.record, Invoice)
    assert (change.record.tax, change.record.total) == (Decimal(0), Decimal("100.00"))


async def test_vat_follows_the_lines(gb: Connected) -> None:
    books = await gb.books()
    sale = {"party_id": "1", "currency": "GBP"}
    lines = [work("100.00", SALE, tax_rate_id="1", tax_amount=Decimal("20.00"))]
    made = await gb.created(books, Kind.INVOICE, document(Invoice, lines, tax="20.00", **sale))
    lines = [*lines, work("10.00", SALE, tax_rate_id="2", tax_amount=Decimal("0.50"))]
    write = change_of(gb, books, made, document(Invoice, lines, tax="20.50", **sale))
    change = await gb.send(write)
    assert change is not None
    assert isinstance(change.record, Invoice)
    assert (change.record.tax, change.record.total) == (Decimal("20.50"), Decimal("130.50"))
    assert await look_up(gb, write) == change
    untaxed = document(Invoice, [work("10.00", SALE)], **sale)
    change = await gb.send(change_of(gb, books, change, untaxed))
    assert change is not None
    assert isinstance(change.record, Invoice)
    assert change.record.total == Decimal("10.00")


async def test_what_is_paid_in_part_is_changed_only_as_far_as_no_payment_is_detached(us: Connected) -> None:
    books = await us.books()
    made = await us.created(books, Kind.INVOICE, document(Invoice, [work("100.00", SALE)], party_id="1"))
    number = made.ref.external_id
    await us.control(f"companies/{US_REALM}/people/pay", {"document_id": number, "amount": "60.00"})
    books = await us.books()
    standing = books.of(Invoice)[number]
    paid = replace(made, record=standing)
    for wanted in (
        document(Invoice, [work("59.99", SALE)], party_id="1"),
        document(Invoice, [work("100.00", SALE)], party_id="2"),
    ):
        with pytest.raises(WriteRefused) as raised:
            await us.send(change_of(us, books, paid, wanted))
        assert raised.value.explanation.code == "document_has_payments"
    more = document(Invoice, [work("120.00", SALE)], party_id="1")
    token = str(int(made.version.token or "") + 1)
    change = await us.send(change_of(us, books, paid, more, version_token=token))
    assert change is not None
    assert isinstance(change.record, Invoice)
    assert change.record.balance == Decimal("60.00")
    for operation in (Operation.VOID, Operation.DELETE):
        removal = us.write(books, Kind.INVOICE, standing, operation=operation, external_id=number, version_token="9")
        with pytest.raises(WriteRefused) as raised:
            await us.send(removal)
        assert raised.value.explanation.code == "document_has_payments"


async def test_what_was_voided_there_is_not_changed_any_more(us: Connected) -> None:
    books = await us.books()
    record = document(Invoice, [work("100.00", SALE)], party_id="1")
    made = await us.created(books, Kind.INVOICE, record)
    await us.control(f"companies/{US_REALM}/people/void", {"document_id": made.ref.external_id})
    standing = (await us.books()).of(Invoice)[made.ref.external_id]
    with pytest.raises(WriteRefused) as raised:
        await us.send(change_of(us, books, replace(made, record=standing), record))
    assert raised.value.explanation.code == "status_forbids_change"
