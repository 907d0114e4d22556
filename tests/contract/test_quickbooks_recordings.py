"""The connector against every answer of QuickBooks Online's that was recorded."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support.recordings_quickbooks import Recorded, recorded_objects, recordings_folder, tally

from tieout.books.changes import Change, Tombstone
from tieout.books.records import Bill, Company, DocumentStatus, Invoice, Kind, Party, Payment, TaxRate
from tieout.platforms.errors import (
    Gone,
    Misuse,
    PermissionMissing,
    PlatformRefusal,
    Throttled,
    TokenExpired,
    WriteRefused,
)
from tieout.platforms.port import Answer, CallKind, Request
from tieout.platforms.quickbooks import wire
from tieout.platforms.quickbooks.errors import read_refusal
from tieout.platforms.quickbooks.translate_lists import translate_company

FOLDER = recordings_folder()
pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="NO RECORDINGS: set TIEOUT_REFERENCE_DIR to the folder that holds qbo-samples"
)


@pytest.fixture(scope="module")
def recorded() -> list[Recorded]:
    return list(recorded_objects(folder()))


def folder() -> Path:
    assert FOLDER is not None
    return FOLDER


def one(recorded: list[Recorded], file: str, external_id: str) -> Any:
    return next(
        each.change.record
        for each in recorded
        if each.file == file and isinstance(each.change, Change) and each.change.ref.external_id == external_id
    )


def exchanges(name: str) -> Iterator[tuple[Request, Answer]]:
    """Recorded exchanges as the connector would see them."""
    for exchange in json.loads((folder() / "http" / name).read_text()):
        sent, got = exchange["request"], exchange["response"]
        kind = CallKind.WRITE if sent["method"] == "POST" else CallKind.READ
        body = json.dumps(sent["body"]).encode() if sent["body"] else b""
        headers = {name.lower(): value for name, value in got["headers"].items()} | {"intuit_tid": "1-2-3"}
        yield (
            Request(method=sent["method"], path="/v3/company/1/x", body=body, kind=kind),
            Answer(status=got["status"], headers=headers, body=json.dumps(got["body"]).encode()),
        )


def refusal_of(answer: Answer, kind: CallKind = CallKind.WRITE, body: bytes = b"{}") -> PlatformRefusal:
    refusal = read_refusal(Request(method="POST", path="/v3/company/1/x", body=body, kind=kind), answer)
    assert refusal is not None
    return refusal


def test_every_recorded_object_ties_to_the_cent_or_says_why_it_has_no_meaning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    counted = tally(folder())
    with capsys.disabled():
        print("\n" + "\n".join(counted.lines()))  # noqa: T201 - the counts are the point
    assert counted.differences == []
    assert counted.total >= 150
    assert counted.translated.total() >= 115


def test_every_recorded_object_of_a_pulled_type_keeps_its_own_bytes(recorded: list[Recorded]) -> None:
    changes = [(each.raw, each.change) for each in recorded if isinstance(each.change, Change)]
    assert all(change.raw == raw for raw, change in changes)


def test_every_recorded_party_and_document_has_a_version_and_a_time_in_utc(recorded: list[Recorded]) -> None:
    for each in recorded:
        if isinstance(each.change, Change) and isinstance(each.change.record, Party | Invoice | Bill | Payment):
            assert each.change.version.token is not None
            assert each.change.version.updated_at is not None
            assert str(each.change.version.updated_at.tzinfo) == "UTC"


def test_the_recorded_void_is_a_void_and_a_note_of_that_name_with_money_in_it_is_not(recorded: list[Recorded]) -> None:
    voids = [each.change for each in recorded if each.file == "http/invoice-void.json"]
    statuses = [change.record.status for change in voids if isinstance(change, Change)]  # type: ignore[union-attr]  # every void is a document
    assert statuses == [DocumentStatus.OPEN, DocumentStatus.VOID]
    assert one(recorded, "xml/invoice_void_success_response.xml", "1").status is DocumentStatus.OPEN
    assert one(recorded, "xml/payment_void_response_success.xml", "8748").is_void


def test_the_recorded_deletion_is_a_tombstone(recorded: list[Recorded]) -> None:
    assert any(each.file == "http/invoice-delete.json" and isinstance(each.change, Tombstone) for each in recorded)


def test_the_recorded_bill_with_tax_shows_its_tax_line(recorded: list[Recorded]) -> None:
    bill: Bill = one(recorded, "xml/bill_txn_tax_detail.xml", "292")
    assert (bill.subtotal, bill.tax, bill.total, bill.balance) == tuple(map(Decimal, ("400", "20", "420", "420")))
    assert [(line.rate_id, line.rate, line.taxable) for line in bill.tax_lines] == [("17", Decimal(5), Decimal(400))]
    assert bill.lines[0].tax_rate_id == "9"


def test_the_recorded_bill_payment_by_card_names_its_account_and_bill(recorded: list[Recorded]) -> None:
    payment: Payment = one(recorded, "xml/bill_payment_cc_response.xml", "812")
    assert payment.account_id == "135"
    assert payment.kind is Kind.BILL_PAYMENT
    assert [(each.document_kind, each.document_id) for each in payment.allocations] == [(Kind.BILL, "134")]


def test_the_recorded_preferences_make_the_rules_of_the_books() -> None:
    preferences = msgspec.json.decode((folder() / "json" / "preferences.json").read_bytes(), type=wire.Preferences)
    company = translate_company(
        "4620816365", wire.CompanyInfo(id="1", company_name="Craig's", country="US"), preferences
    )
    assert company == Company(
        external_id="4620816365",
        name="Craig's",
        base_currency="USD",
        country="US",
        multi_currency=True,
        taxes_purchases=False,
    )


def test_the_recorded_pseudo_codes_cannot_be_chosen_except_for_no_tax(recorded: list[Recorded]) -> None:
    rates: list[TaxRate] = [one(recorded, "xml/tax_codes.xml", each) for each in ("TAX", "NON", "CustomSalesTax")]
    assert [(rate.on_sales, rate.on_purchases) for rate in rates] == [(False, False), (True, True), (False, False)]


def test_every_recorded_success_is_no_refusal() -> None:
    for path in sorted((folder() / "http").glob("*.json")):
        if "error" in path.name or "fault" in path.name or path.name.startswith(("batch", "invoice-pdf")):
            continue
        for request, answer in exchanges(path.name):
            assert read_refusal(request, answer) is None, path.name


@pytest.mark.parametrize(
    ("name", "refusal", "code", "native"),
    [
        ("error-400-duplicate-name-6240.json", WriteRefused, "name_taken", "6240"),
        ("error-400-query-4001.json", Misuse, "query_refused", "4001"),
        ("error-400-unknown-property-2010.json", Misuse, "request_refused", "2010"),
        ("error-400-unsupported-500-and-invalid-id-2030.json", Misuse, "request_refused", "500"),
        ("error-401-token-expired.json", TokenExpired, "token_expired", "3200"),
        ("batch-create-delete-update-query.json", Gone, "record_gone", "610"),
    ],
)
def test_every_recorded_error_is_the_refusal_that_it_means(
    name: str, refusal: type[PlatformRefusal], code: str, native: str
) -> None:
    request, answer = next(exchanges(name))
    if refusal is Gone:
        request = Request(method="GET", path=request.path, kind=CallKind.READ)
    found = read_refusal(request, answer)
    assert type(found) is refusal
    assert found.explanation.code == code
    assert found.native == native
    assert found.trace_id == "1-2-3"


def test_a_fault_inside_a_success_is_found() -> None:
    body = (folder() / "json" / "attachable-upload-fault-6190-subscription-ended.json").read_bytes()
    found = refusal_of(Answer(status=200, headers={"content-type": "application/json"}, body=body))
    assert isinstance(found, PermissionMissing)
    assert found.explanation.code == "subscription_ended"


@pytest.mark.parametrize(
    ("name", "status", "refusal", "code"),
    [
        ("throttle_exceeded_error.xml", 403, Throttled, "throttled"),
        ("too_many_requests_error.xml", 429, Throttled, "throttled"),
        ("customer_duplicate_error.xml", 400, WriteRefused, "name_taken"),
        ("query_validation_error.xml", 400, Misuse, "query_refused"),
    ],
)
def test_every_recorded_error_in_xml_is_read_too(
    name: str, status: int, refusal: type[PlatformRefusal], code: str
) -> None:
    body = (folder() / "xml" / name).read_bytes()
    found = refusal_of(Answer(status=status, headers={"content-type": "application/xml"}, body=body))
    assert type(found) is refusal
    assert found.explanation.code == code
