"""Credits set against documents and files hung on them, through the real client to the simulated QuickBooks."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.support.quickbooks_world import MARKER, START, US_REALM, BooksRead, Connected, connect, document, line

from tieout.books.changes import Change
from tieout.books.records import (
    Account,
    Attachment,
    Bill,
    CreditAllocation,
    CreditNote,
    Document,
    Invoice,
    Kind,
    Payment,
    VendorCredit,
)
from tieout.platforms.errors import Gone, NoAnswer, WriteRefused
from tieout.platforms.port import Cause, Operation, Write

PDF = b"%PDF-1.7 \r\n--boundary\r\n\x00\xff" * 20


@pytest.fixture
async def us() -> AsyncIterator[Connected]:
    connected = await connect(US_REALM)
    yield connected
    await connected.client.aclose()


SALE = (Kind.INVOICE, Invoice, Kind.CREDIT_NOTE, CreditNote, "1")
PURCHASE = (Kind.BILL, Bill, Kind.VENDOR_CREDIT, VendorCredit, "30")


async def pair(us: Connected, books: BooksRead, side: tuple[Any, ...]) -> tuple[Change, CreditAllocation]:
    """What is owed, and a credit of which a part is to be set against it."""
    kind, type_, credit_kind, credit_type, party_id = side
    lines = [line("100.00", item_id="1" if kind is Kind.INVOICE else None, account_id="7")]
    owed = await us.created(books, kind, document(type_, lines, party_id=party_id, number="A-1"))
    credited = await us.created(books, credit_kind, document(credit_type, lines, party_id=party_id, number="A-2"))
    return owed, CreditAllocation(
        credit_kind=credit_kind,
        credit_id=credited.ref.external_id,
        document_id=owed.ref.external_id,
        party_id=party_id,
        currency="USD",
        allocated_on=date(2026, 11, 21),
        amount=Decimal("40.00"),
        marker=MARKER,
    )


async def look_up(us: Connected, write: Write) -> Change | None:
    return await us.platform.look_up(us.transport(Cause.RESOLVE), us.realm, write, first_sent_at=START)


async def balance_of(us: Connected, type_: type[Document], number: str) -> Decimal:
    balance: Decimal = (await us.books()).of(type_)[number].balance
    return balance


@pytest.mark.parametrize("side", [SALE, PURCHASE], ids=["sale", "purchase"])
async def test_a_credit_is_set_against_what_is_owed_and_taken_back(us: Connected, side: tuple[Any, ...]) -> None:
    books = await us.books()
    owed, wanted = await pair(us, books, side)
    write = us.write(books, Kind.ALLOCATION, wanted)
    assert await look_up(us, write) is None
    await us.control("faults", {"kind": "drop_after_commit", "method": "POST", "path_prefix": "/v3/"})
    with pytest.raises(NoAnswer):
        await us.send(write)
    found = await look_up(us, write)
    repeated = await us.send(write)
    assert found == repeated
    assert found is not None
    assert found.ref.kind is Kind.ALLOCATION
    assert found.record == replace(wanted, external_id=found.ref.external_id)
    assert await balance_of(us, side[1], owed.ref.external_id) == Decimal("60.00")
    assert await balance_of(us, side[3], wanted.credit_id) == Decimal("60.00")
    (linking,) = (p for p in (await us.books()).of(Payment).values() if p.marker == MARKER)
    assert (linking.external_id, linking.amount, linking.is_allocation_only) == (found.ref.external_id, 0, True)
    deletion = replace(
        write,
        operation=Operation.DELETE,
        key="tieout-delete",
        external_id=found.ref.external_id,
        version_token=found.version.token,
    )
    assert await look_up(us, deletion) == found
    assert await us.send(deletion) is None
    assert await look_up(us, deletion) is None
    assert await balance_of(us, side[1], owed.ref.external_id) == Decimal("100.00")


async def test_without_a_mark_an_allocation_is_found_by_what_it_links(us: Connected) -> None:
    books = await us.books()
    _, wanted = await pair(us, books, SALE)
    write = us.write(books, Kind.ALLOCATION, replace(wanted, marker=None))
    made = await us.send(write)
    assert made == await look_up(us, write)
    other = us.write(books, Kind.ALLOCATION, replace(wanted, marker=None, amount=Decimal("40.01")))
    assert await look_up(us, other) is None


async def test_more_credit_than_there_is_is_refused_by_the_books(us: Connected) -> None:
    books = await us.books()
    _, wanted = await pair(us, books, SALE)
    with pytest.raises(WriteRefused) as raised:
        await us.send(us.write(books, Kind.ALLOCATION, replace(wanted, amount=Decimal("100.01"))))
    assert raised.value.explanation.code == "payment_exceeds_balance"


async def test_a_vendor_credit_names_a_bank_account_if_one_was_given(us: Connected) -> None:
    books = await us.books()
    _, wanted = await pair(us, books, PURCHASE)
    change = await us.send(replace(us.write(books, Kind.ALLOCATION, wanted), accounts={"35": books.of(Account)["35"]}))
    assert change is not None
    assert b'"BankAccountRef":{"value":"35"' in change.raw


def file_of(document_id: str, kind: Kind = Kind.INVOICE, **more: Any) -> Attachment:
    given: dict[str, Any] = {"name": "Scan: März/2026.PDF", "media_type": "application/pdf", "size_bytes": len(PDF)}
    return Attachment(document_kind=kind, document_id=document_id, **(given | {"marker": MARKER} | more))


@pytest.mark.parametrize(
    ("kind", "type_"),
    [(Kind.INVOICE, Invoice), (Kind.BILL, Bill), (Kind.CREDIT_NOTE, CreditNote), (Kind.VENDOR_CREDIT, VendorCredit)],
)
async def test_a_file_is_hung_on_a_document_and_found_there(us: Connected, kind: Kind, type_: type[Document]) -> None:
    books = await us.books()
    document_id = next(iter(books.of(type_)))
    write = us.write(books, Kind.ATTACHMENT, file_of(document_id, kind), content=PDF)
    assert await look_up(us, write) is None
    await us.control("faults", {"kind": "drop_after_commit", "method": "POST", "path_prefix": "/v3/"})
    with pytest.raises(NoAnswer):
        await us.send(write)
    stored = replace(write, content=b"")
    found = await look_up(us, stored)
    assert found is not None
    assert found.record == replace(
        file_of(document_id, kind), external_id=found.ref.external_id, name="Scan_ März_2026.pdf"
    )
    repeated = await us.send(write)
    assert repeated is not None
    assert repeated.ref == found.ref
    served = await us.client.get(json.loads(found.raw)["TempDownloadUri"])
    assert (served.content, served.headers["content-type"]) == (PDF, "application/pdf")
    deletion = replace(
        stored,
        operation=Operation.DELETE,
        key="tieout-delete",
        external_id=found.ref.external_id,
        version_token=found.version.token,
    )
    assert await us.send(deletion) is None
    assert await look_up(us, deletion) is None


async def test_two_files_of_one_name_and_size_are_told_apart_by_their_marks(us: Connected) -> None:
    books = await us.books()
    first = us.write(books, Kind.ATTACHMENT, file_of("67", marker="mark-1"), content=PDF)
    second = us.write(books, Kind.ATTACHMENT, file_of("67", marker="mark-2"), content=PDF)
    made = await us.send(first)
    assert await look_up(us, second) is None
    assert await look_up(us, first) == made


async def test_a_file_for_a_document_that_is_gone_is_refused_though_the_answer_is_a_success(us: Connected) -> None:
    books = await us.books()
    with pytest.raises(WriteRefused) as raised:
        await us.send(us.write(books, Kind.ATTACHMENT, file_of("999999"), content=PDF))
    assert raised.value.explanation.code == "reference_unknown"
    await us.control(f"companies/{US_REALM}/people/end_subscription", {})
    with pytest.raises(Exception, match="subscription_ended"):
        await us.send(us.write(books, Kind.ATTACHMENT, file_of("67"), content=PDF))


async def test_with_a_credit_that_somebody_deletes_its_allocation_goes(us: Connected) -> None:
    books = await us.books()
    _, wanted = await pair(us, books, SALE)
    write = us.write(books, Kind.ALLOCATION, wanted)
    made = await us.send(write)
    assert made is not None
    await us.control(f"companies/{US_REALM}/people/delete", {"document_id": wanted.credit_id})
    deletion = replace(write, operation=Operation.DELETE, external_id=made.ref.external_id, version_token="0")
    assert await look_up(us, deletion) is None


async def test_an_attachment_of_a_missing_record_cannot_be_deleted_twice(us: Connected) -> None:
    books = await us.books()
    write = us.write(books, Kind.ATTACHMENT, file_of("67"), content=PDF)
    made = await us.send(write)
    assert made is not None
    deletion = replace(
        write, operation=Operation.DELETE, key="k-2", external_id=made.ref.external_id, version_token="0"
    )
    await us.send(deletion)
    with pytest.raises(Gone):
        await us.send(replace(deletion, key="k-3"))
