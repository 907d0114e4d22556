"""Allocations and files as requests, and their answers as records."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.unit.platforms.quickbooks.quickbooks_books import CHECKING, MARKER, REALM, UK, US, answer, sent, write

from tieout.books.records import Attachment, CreditAllocation, Kind, Untranslated
from tieout.platforms.errors import NoAnswer, WriteRefused
from tieout.platforms.port import Operation, Write
from tieout.platforms.quickbooks.platform import PLATFORM

ALLOCATION = CreditAllocation(
    credit_kind=Kind.CREDIT_NOTE,
    credit_id="12",
    document_id="11",
    party_id="58",
    currency="USD",
    allocated_on=date(2026, 11, 21),
    amount=Decimal("40.00"),
    marker=MARKER,
)
PDF = b"%PDF-1.7\r\n--tieout\x00\xff"
FILE = Attachment(
    document_kind=Kind.CREDIT_NOTE,
    document_id="12",
    name='a "b".PDF',
    media_type="application/pdf",
    size_bytes=len(PDF),
    marker=MARKER,
)


def allocate(**changed: Any) -> Write:
    return write(replace(ALLOCATION, **changed), Kind.ALLOCATION, accounts={})


def attach(content: bytes = PDF, **changed: Any) -> Write:
    return write(replace(FILE, size_bytes=len(content), **changed), Kind.ATTACHMENT, content=content)


def code_of(planned: Write) -> str:
    with pytest.raises(WriteRefused) as raised:
        PLATFORM.plan_write(REALM, planned)
    assert raised.value.explanation.fix
    return raised.value.explanation.code


def test_a_credit_memo_is_linked_by_a_payment_of_zero() -> None:
    request = PLATFORM.plan_write(REALM, allocate())
    assert f"/v3/company/{REALM}/payment?requestid=" in request.path
    assert sent(request) == {
        "CustomerRef": {"value": "58"},
        "TotalAmt": 0,
        "TxnDate": "2026-11-21",
        "Line": [
            {"Amount": 40, "LinkedTxn": [{"TxnId": "11", "TxnType": "Invoice"}]},
            {"Amount": 40, "LinkedTxn": [{"TxnId": "12", "TxnType": "CreditMemo"}]},
        ],
        "PrivateNote": f"[Tieout {MARKER}]",
    }


def test_a_vendor_credit_is_linked_by_a_check_over_nothing() -> None:
    planned = replace(allocate(credit_kind=Kind.VENDOR_CREDIT), accounts={"35": CHECKING})
    request = PLATFORM.plan_write(REALM, planned)
    body = sent(request)
    assert f"/v3/company/{REALM}/billpayment?requestid=" in request.path
    assert (body["VendorRef"], body["PayType"], body["TotalAmt"]) == ({"value": "58"}, "Check", 0)
    assert body["CheckPayment"] == {"BankAccountRef": {"value": "35"}}
    assert [each["LinkedTxn"][0]["TxnType"] for each in body["Line"]] == ["Bill", "VendorCredit"]


def test_a_foreign_allocation_says_its_currency() -> None:
    body = sent(PLATFORM.plan_write(REALM, replace(allocate(currency="EUR"), company=UK)))
    assert body["CurrencyRef"] == {"value": "EUR"}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amount": Decimal(0)}, "total_differs"),
        ({"party_id": ""}, "party_missing"),
        ({"currency": "EUR"}, "multicurrency_off"),
    ],
)
def test_an_allocation_that_cannot_be_is_refused_beforehand(changed: dict[str, Any], code: str) -> None:
    assert code_of(allocate(**changed)) == code


@pytest.mark.parametrize("operation", [Operation.CREATE, Operation.DELETE])
def test_an_allocation_in_closed_books_is_refused_beforehand(operation: Operation) -> None:
    closed = replace(US, closed_until=date(2026, 11, 21))
    planned = replace(allocate(), company=closed, operation=operation, external_id="9", version_token="0")
    assert code_of(planned) == "period_closed"


def linking(**changed: Any) -> bytes:
    credit = {"Amount": 40, "LinkedTxn": [{"TxnId": "12", "TxnType": "CreditMemo"}]}
    charge = {"Amount": 40, "LinkedTxn": [{"TxnId": "11", "TxnType": "Invoice"}]}
    payment = {
        "Id": "9",
        "SyncToken": "1",
        "CustomerRef": {"value": "58"},
        "CurrencyRef": {"value": "USD"},
        "TxnDate": "2026-11-21",
        "TotalAmt": 0,
        "UnappliedAmt": 0,
        "Line": [charge, credit],
    }
    return msgspec.json.encode({"Payment": payment | changed, "time": "2026-11-21T00:00:00-08:00"})


def test_its_answer_is_the_allocation_and_what_became_of_it_there_stays_raw() -> None:
    change = PLATFORM.read_written(allocate(), answer(linking()))
    assert change is not None
    assert (change.ref.kind, change.ref.external_id, change.version.token) == (Kind.ALLOCATION, "9", "1")
    assert change.record == replace(ALLOCATION, external_id="9", marker=None)
    changed = PLATFORM.read_written(allocate(), answer(linking(TotalAmt=5, UnappliedAmt=5)))
    assert changed is not None
    assert isinstance(changed.record, Untranslated)
    assert changed.ref == change.ref
    with pytest.raises(NoAnswer):
        PLATFORM.read_written(allocate(), answer({"Invoice": {}}))


def test_an_upload_is_the_same_bytes_every_time_and_holds_the_file_as_it_is() -> None:
    request, again = (PLATFORM.plan_write(REALM, attach()) for _ in range(2))
    assert request == again
    assert request.path == f"/v3/company/{REALM}/upload?requestid={attach().key}&minorversion=75"
    media_type, boundary = request.headers["Content-Type"].split("; boundary=")
    assert media_type == "multipart/form-data"
    before, metadata, file, after = request.body.split(f"--{boundary}".encode())
    assert (before, after) == (b"", b"--\r\n")
    assert file.split(b"\r\n\r\n", 1)[1] == PDF + b"\r\n"
    assert msgspec.json.decode(metadata.split(b"\r\n\r\n", 1)[1]) == {
        "AttachableRef": [{"EntityRef": {"type": "CreditMemo", "value": "12"}, "IncludeOnSend": False}],
        "FileName": "a _b_.pdf",
        "ContentType": "application/pdf",
        "Note": f"[Tieout {MARKER}]",
    }
    renewed = PLATFORM.renew_key(request, "another")
    assert (renewed.body, renewed.path) == (request.body, request.path.replace(attach().key, "another"))


def test_a_boundary_that_stands_in_the_file_is_not_used() -> None:
    boundary = PLATFORM.plan_write(REALM, attach()).headers["Content-Type"].split("=")[1]
    other = PLATFORM.plan_write(REALM, attach(PDF + boundary.encode())).headers["Content-Type"].split("=")[1]
    assert other != boundary


@pytest.mark.parametrize(
    ("content", "changed", "code"),
    [
        (b"", {}, "file_empty"),
        (PDF, {"name": "page.html"}, "file_type_not_accepted"),
        (PDF, {"name": "page", "media_type": "x/y"}, "file_type_not_accepted"),
        (b"\x00" * 100 * 1024 * 1024, {}, "file_too_large"),
    ],
)
def test_a_file_that_is_not_taken_is_refused_beforehand(content: bytes, changed: dict[str, Any], code: str) -> None:
    assert code_of(attach(content, **changed)) == code


def test_a_file_that_is_not_the_one_of_its_record_is_no_write_at_all() -> None:
    with pytest.raises(ValueError, match="bytes"):
        PLATFORM.plan_write(REALM, replace(attach(), content=b"x"))


@pytest.mark.parametrize("kind", [Kind.ALLOCATION, Kind.ATTACHMENT])
def test_neither_is_changed_in_place(kind: Kind) -> None:
    planned = allocate() if kind is Kind.ALLOCATION else attach()
    with pytest.raises(NotImplementedError, match="delete it and write it anew"):
        PLATFORM.plan_write(REALM, replace(planned, operation=Operation.UPDATE, external_id="1", version_token="0"))
