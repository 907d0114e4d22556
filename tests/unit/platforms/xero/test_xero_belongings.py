"""Allocations, files and batches as requests, and their answers as records."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.unit.platforms.xero.xero_books import COMPANY, MARKER, document, line, write_of

from tieout.books.changes import Change
from tieout.books.records import Attachment, CreditAllocation, Kind, Party
from tieout.platforms.errors import BatchRefused, Gone, NoAnswer, Throttled, TokenExpired, Unavailable, WriteRefused
from tieout.platforms.port import Answer, Operation, Write
from tieout.platforms.xero.platform import PLATFORM

ALLOCATION = CreditAllocation(
    credit_kind=Kind.CREDIT_NOTE,
    credit_id="cn-1",
    document_id="inv-1",
    party_id="con-1",
    currency="NZD",
    allocated_on=date(2026, 4, 24),
    amount=Decimal("40.00"),
    marker=MARKER,
)
FILE = Attachment(
    document_kind=Kind.BILL,
    document_id="inv-1",
    name="a/b.pdf",
    media_type="application/pdf",
    size_bytes=3,
    marker=MARKER,
)
JSON = {"content-type": "application/json; charset=utf-8", "xero-correlation-id": "trace-1"}


def answer(body: Any, status: int = 200) -> Answer:
    return Answer(status=status, headers=JSON, body=msgspec.json.encode(body))


def test_a_credit_is_allocated_by_one_put_and_taken_back_by_a_delete_without_a_key() -> None:
    write = write_of(Kind.ALLOCATION, ALLOCATION)
    request = PLATFORM.plan_write("org-1", write)
    assert (request.method, request.path) == (
        "PUT",
        "/api.xro/2.0/CreditNotes/cn-1/Allocations?summarizeErrors=false",
    )
    assert request.body == b'{"Allocations":[{"Invoice":{"InvoiceID":"inv-1"},"Amount":40.00,"Date":"2026-04-24"}]}'
    removal = PLATFORM.plan_write("org-1", replace(write, operation=Operation.DELETE, external_id="al-1"))
    assert (removal.method, removal.path, removal.body) == (
        "DELETE",
        "/api.xro/2.0/CreditNotes/cn-1/Allocations/al-1",
        b"",
    )
    assert "Idempotency-Key" not in removal.headers
    assert PLATFORM.renew_key(removal, "other") == removal
    assert PLATFORM.read_written(replace(write, operation=Operation.DELETE), answer({"IsDeleted": True})) is None


def test_an_allocation_is_read_from_its_answer_and_nothing_else_passes_for_one() -> None:
    write = write_of(Kind.ALLOCATION, ALLOCATION)
    told = {
        "AllocationID": "al-1",
        "Amount": 40.0,
        "Date": "/Date(1777075200000+0000)/",
        "Invoice": {"InvoiceID": "inv-1"},
    }
    change = PLATFORM.read_written(write, answer({"Allocations": [told]}))
    assert change is not None
    assert change.record == replace(ALLOCATION, external_id="al-1", allocated_on=date(2026, 4, 25), marker=None)
    for other in ([], [told, told], [{"Amount": 1}], [{"AllocationID": "al-1", "Amount": 1}]):
        with pytest.raises(Unavailable):
            PLATFORM.read_written(write, answer({"Allocations": other}))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"record": replace(ALLOCATION, amount=Decimal(0))}, "amount_not_positive"),
        ({"company": replace(COMPANY, closed_until=date(2026, 4, 24))}, "period_closed"),
    ],
)
def test_an_allocation_that_cannot_be_is_refused_beforehand(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(WriteRefused) as raised:
        PLATFORM.plan_write("org-1", replace(write_of(Kind.ALLOCATION, ALLOCATION), **changed))
    assert raised.value.explanation.code == code


def test_a_file_is_its_raw_bytes_under_a_name_that_is_its_own() -> None:
    write = write_of(Kind.ATTACHMENT, FILE, content=b"abc")
    request = PLATFORM.plan_write("org-1", write)
    assert (request.method, request.body, request.headers["Content-Type"]) == ("PUT", b"abc", "application/pdf")
    assert request.path.startswith("/api.xro/2.0/Invoices/inv-1/Attachments/a_b%20%28")
    assert request.path.endswith("%29.pdf")
    other = PLATFORM.plan_write("org-1", replace(write, record=replace(FILE, marker="another")))
    assert other.path != request.path


@pytest.mark.parametrize(("size_bytes", "code"), [(0, "file_empty"), (10 * 1024 * 1024 + 1, "file_too_large")])
def test_a_file_that_is_not_taken_is_refused_beforehand(size_bytes: int, code: str) -> None:
    with pytest.raises(WriteRefused) as raised:
        PLATFORM.plan_write("org-1", write_of(Kind.ATTACHMENT, replace(FILE, size_bytes=size_bytes)))
    assert raised.value.explanation.code == code


# Batches.


def invoices(count: int = 2) -> list[Write]:
    return [
        write_of(
            Kind.INVOICE, document(Kind.INVOICE, [line()], tax="15.00", total="115.00", number=f"INV-{n}"), key=f"k-{n}"
        )
        for n in range(count)
    ]


def written(number: str, **changed: Any) -> dict[str, Any]:
    element = {
        "Type": "ACCREC", "InvoiceID": f"id-{number}", "InvoiceNumber": number, "Contact": {"ContactID": "con-1"},
        "Date": "/Date(1776988800000+0000)/", "Status": "AUTHORISED", "CurrencyCode": "NZD", "SubTotal": 100.0,
        "TotalTax": 15.0, "Total": 115.0, "AmountDue": 115.0, "StatusAttributeString": "OK", "LineItems": [],
    }  # fmt: skip
    return element | changed


def test_a_batch_is_the_elements_of_the_single_requests_under_a_key_of_its_own() -> None:
    writes = invoices()
    singles = [PLATFORM.plan_write("org-1", write) for write in writes]
    batch = PLATFORM.plan_batch("org-1", writes, "batch-1")
    elements = [msgspec.json.decode(single.body)["Invoices"][0] for single in singles]
    assert msgspec.json.decode(batch.body) == {"Invoices": elements}
    assert (batch.method, batch.path, batch.kind) == (singles[0].method, singles[0].path, singles[0].kind)
    assert batch.headers == {**singles[0].headers, "Idempotency-Key": "batch-1"}


def test_the_answer_is_told_apart_by_write() -> None:
    writes = invoices(3)
    refused = {
        "InvoiceNumber": "INV-1",
        "InvoiceID": "00000000-0000-0000-0000-000000000000",
        "StatusAttributeString": "ERROR",
        "ValidationErrors": [{"Message": "Invoice # must be unique."}],
    }
    nameless = written("INV-2", InvoiceID="00000000-0000-0000-0000-000000000000")
    told = PLATFORM.read_batch(writes, answer({"Invoices": [written("INV-0"), refused, nameless]}))
    assert isinstance(told[0], Change)
    assert isinstance(told[1], WriteRefused)
    assert told[1].explanation.code == "number_taken"
    assert isinstance(told[2], NoAnswer), "neither written nor refused: to be looked up"


@pytest.mark.parametrize(
    "elements",
    [
        [written("INV-0")],
        [written("INV-1"), written("INV-0")],
        [written("INV-0"), written("INV-1", Contact={"ContactID": "con-2"})],
        "no list",
    ],
)
def test_an_answer_that_cannot_be_told_apart_refuses_nothing_and_confirms_nothing(elements: Any) -> None:
    with pytest.raises(NoAnswer):
        PLATFORM.read_batch(invoices(), answer({"Invoices": elements}))


def test_a_refusal_of_the_whole_call_is_told_from_that_of_a_single_write() -> None:
    batch, single = PLATFORM.plan_batch("org-1", invoices(), "batch-1"), PLATFORM.plan_write("org-1", invoices()[0])
    gone = Answer(status=404, headers={}, body=b"")
    whole = PLATFORM.read_refusal(batch, gone)
    assert isinstance(whole, BatchRefused)
    assert isinstance(whole.whole, WriteRefused)
    assert isinstance(PLATFORM.read_refusal(single, gone), WriteRefused)
    partly = answer({"Invoices": [{"StatusAttributeString": "ERROR", "ValidationErrors": [{"Message": "No."}]}]})
    assert PLATFORM.read_refusal(batch, partly) is None
    assert isinstance(PLATFORM.read_refusal(single, partly), WriteRefused)
    for status, kind in ((401, TokenExpired), (429, Throttled), (503, Unavailable)):
        assert isinstance(PLATFORM.read_refusal(batch, Answer(status=status, headers={}, body=b"")), kind)


def test_words_of_a_record_that_is_gone_are_told_as_gone() -> None:
    single = PLATFORM.plan_write("org-1", write_of(Kind.PARTY, Party(name="A", marker="m")))
    said = answer({"Payments": [{"ValidationErrors": [{"Message": "Payment has already been deleted"}]}]})
    assert isinstance(PLATFORM.read_refusal(single, said), Gone)
