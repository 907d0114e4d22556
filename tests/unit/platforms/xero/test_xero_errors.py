"""Xero's dialects of refusal."""

import json
from typing import Any

import pytest

from tieout.platforms.errors import (
    CompanyEnded,
    Gone,
    Misuse,
    Next,
    PermissionMissing,
    PlatformRefusal,
    Throttled,
    TokenExpired,
    Unavailable,
    WriteRefused,
)
from tieout.platforms.port import Answer, CallKind, Request
from tieout.platforms.xero.errors import read_refusal
from tieout.platforms.xero.validation import KNOWN, explain_validation

GET = Request(method="GET", path="/api.xro/2.0/Invoices", kind=CallKind.READ)
PUT = Request(method="PUT", path="/api.xro/2.0/Invoices", kind=CallKind.WRITE)
POST = Request(method="POST", path="/api.xro/2.0/Invoices/1", kind=CallKind.WRITE)


def refusal_of(request: Request, status: int, body: Any = b"", **headers: str) -> PlatformRefusal | None:
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_refusal(request, Answer(status=status, headers=named, body=encoded))


def gateway(title: str, status: int, detail: str) -> dict[str, Any]:
    return {"Type": None, "Title": title, "Status": status, "Detail": detail, "Instance": "x", "Extensions": {}}


def validation(*messages: str) -> dict[str, Any]:
    return {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": [{"InvoiceID": "0", "ValidationErrors": [{"Message": message} for message in messages]}],
    }


@pytest.mark.parametrize("detail", ["TokenExpired: token expired at 04/29/2020 09:22:02", "AuthenticationUnsuccessful"])
def test_a_401_asks_for_one_refresh(detail: str) -> None:
    assert isinstance(refusal_of(GET, 401, gateway("Unauthorized", 401, detail)), TokenExpired)


@pytest.mark.parametrize("word", ["insufficient_scope", "insufficent_scope", "INSUFFICIENT_SCOPE"])
def test_a_missing_scope_is_never_refreshed_away(word: str) -> None:
    found = refusal_of(GET, 401, b"", www_authenticate=f'Bearer error="{word}"')
    assert isinstance(found, PermissionMissing)
    assert found.explanation.code == "scope_missing"


def test_a_missing_scope_is_known_by_its_detail_too() -> None:
    assert isinstance(
        refusal_of(GET, 401, gateway("Unauthorized", 401, "AuthorizationUnsuccessful")), PermissionMissing
    )


@pytest.mark.parametrize("case", [str.lower, str.title])
def test_a_403_of_the_gateway_ends_the_company(case: Any) -> None:
    found = refusal_of(GET, 403, {case("detail"): "AuthenticationUnsuccessful"}, xero_correlation_id="t-1")
    assert isinstance(found, CompanyEnded)
    assert (found.next_step, found.trace_id) == (Next.RECONNECT, "t-1")


def test_another_403_is_a_missing_permission() -> None:
    assert isinstance(refusal_of(POST, 403, b"<html></html>"), PermissionMissing)


def test_an_unknown_id_is_gone_and_an_unknown_reference_refuses_the_write() -> None:
    assert isinstance(refusal_of(GET, 404), Gone)
    assert isinstance(refusal_of(POST, 404), Gone)
    refused = refusal_of(PUT, 404)
    assert isinstance(refused, WriteRefused)
    assert refused.explanation.code == "reference_unknown"


@pytest.mark.parametrize(
    ("problem", "named", "waits_s"),
    [
        ("minute", "22", 22),
        ("day", "77000", 77000),
        ("day", None, 3600),
        ("concurrent", None, 1),
        ("appminute", "7", 7),
        ("DayLimit", "12", 12),
        (None, None, 60),
        ("minute", "soon", 60),
    ],
)
def test_a_limit_says_how_long_to_wait_or_its_kind_does(problem: str | None, named: str | None, waits_s: int) -> None:
    headers = {"x_rate_limit_problem": problem, "retry_after": named}
    found = refusal_of(GET, 429, b"", **{name: value for name, value in headers.items() if value})
    assert isinstance(found, Throttled)
    assert found.retry_after_s == waits_s


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        (503, b"The Organisation is offline", "company_offline"),
        (503, b"The Xero API is currently offline for maintenance", "platform_unavailable"),
        (503, b"The Xero API is temporarily unavailable", "platform_unavailable"),
        (500, b'{"Type":"UnhandledException"}', "platform_unavailable"),
        (502, b"<html>Bad gateway</html>", "platform_unavailable"),
        (504, b"", "platform_unavailable"),
    ],
)
def test_a_failure_of_the_platform_is_tried_again(status: int, text: bytes, code: str) -> None:
    found = refusal_of(PUT, status, text)
    assert isinstance(found, Unavailable)
    assert found.explanation.code == code


@pytest.mark.parametrize("status", [405, 406, 412, 413, 415, 501])
def test_a_wrong_request_is_a_fault_of_ours(status: int) -> None:
    assert isinstance(refusal_of(PUT, status, b"no"), Misuse)


@pytest.mark.parametrize(
    "body",
    [
        {"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": "Error converting value"},
        {"ErrorNumber": 16, "Type": "QueryParseException", "Message": "No property"},
        b"not json",
        b"\xff\xfe",
    ],
)
def test_a_body_or_query_that_cannot_be_read_is_a_fault_of_ours(body: Any) -> None:
    assert isinstance(refusal_of(PUT, 400, body), Misuse)


@pytest.mark.parametrize("wrap", [lambda text: text.encode(), lambda text: {"Message": text}])
def test_a_reused_key_is_a_fault_of_ours(wrap: Any) -> None:
    found = refusal_of(PUT, 400, wrap("Idempotency Key: k is used with a different request."))
    assert isinstance(found, Misuse)
    assert found.explanation.code == "idempotency_key_reused"


def test_a_validation_keeps_xeros_own_words() -> None:
    found = refusal_of(PUT, 400, validation("A novel reason.", "Another one."))
    assert isinstance(found, WriteRefused)
    assert (found.explanation.code, found.native) == ("validation_failed", "A novel reason. / Another one.")
    assert "A novel reason." in found.explanation.message
    assert "Another one." in found.explanation.message


def test_a_validation_without_messages_is_still_a_refusal() -> None:
    body = {"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception occurred"}
    assert isinstance(refusal_of(PUT, 400, body), WriteRefused)


def test_a_refused_element_is_found_under_status_200() -> None:
    body = {
        "Status": "OK",
        "Contacts": [
            {
                "ContactID": "00000000-0000-0000-0000-000000000000",
                "HasValidationErrors": True,
                "StatusAttributeString": "ERROR",
                "ValidationErrors": [{"Message": "The contact name X is already assigned to another contact."}],
            }
        ],
    }
    found = refusal_of(PUT, 200, body)
    assert isinstance(found, WriteRefused)
    assert found.explanation.code == "name_taken"


def test_a_refused_line_is_found_under_status_200_and_under_its_other_name() -> None:
    line = {"ValidationErrors": [{"Description": "Account code '999' is not a valid code for this document."}]}
    found = refusal_of(PUT, 200, {"Invoices": [{"ValidationErrors": [], "LineItems": [line]}]})
    assert isinstance(found, WriteRefused)
    assert found.explanation.code == "account_unknown"


def test_an_element_marked_as_refused_without_a_reason_is_refused() -> None:
    found = refusal_of(PUT, 200, {"Invoices": [{"StatusAttributeString": "ERROR", "ValidationErrors": []}]})
    assert isinstance(found, WriteRefused)


@pytest.mark.parametrize(
    "body",
    [
        {"Invoices": [{"StatusAttributeString": "OK", "LineItems": [{"ValidationErrors": []}]}]},
        {"Payments": [{"StatusAttributeString": "WARNING", "Warnings": [{"Message": "Before the invoice date."}]}]},
        b"",
    ],
)
def test_a_success_or_a_warning_is_no_refusal(body: Any) -> None:
    assert refusal_of(PUT, 200, body) is None


def test_what_is_read_is_never_searched_for_refusals() -> None:
    assert refusal_of(GET, 200, {"Items": [{"ValidationErrors": [{"Message": "old"}]}]}) is None


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (
            "The contact name X is already assigned to another contact.",
            "name_taken",
        ),
        (
            "The specified contact details matched an archived contact.",
            "contact_archived",
        ),
        ("Invoice # must be unique.", "number_taken"),
        ("The document date cannot be before the period lock date 31 Mar 2026", "period_closed"),
        ("The TaxType code 'INPUT' cannot be used with account code '630'.", "tax_rate_not_allowed"),
        ("The TaxType code 'TAX009' does not exist or has been archived.", "tax_rate_gone"),
        ("Users Organisation is not subscribed to currency NZD", "currency_not_subscribed"),
        ("Payment amount exceeds the amount outstanding on this document", "payment_exceeds_balance"),
        ("Payments can only be made against Authorised documents", "document_not_authorised"),
        ("Invoice not of valid status for modification", "status_forbids_change"),
        (
            "This document cannot be edited as it has a payment or credit note allocated to it.",
            "document_has_payments",
        ),
    ],
)
def test_known_words_have_a_stable_code_and_say_what_to_click(message: str, code: str) -> None:
    explanation = explain_validation(["An unknown remark.", message])
    assert explanation.code == code
    assert explanation.fix


def test_codes_are_told_apart_and_every_known_reason_names_its_place_in_xero() -> None:
    codes = [known.explanation.code for known in KNOWN]
    assert len(codes) == len(set(codes))
    for known in KNOWN:
        assert known.explanation.message.endswith(".")
        assert known.explanation.fix.endswith(".")
