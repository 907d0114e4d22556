import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.platforms.quickbooks.quickbooks_books import answer

from tieout.platforms.errors import (
    CompanyEnded,
    Gone,
    Misuse,
    Next,
    NoAnswer,
    PermissionMissing,
    PlatformRefusal,
    StaleVersion,
    Throttled,
    TokenExpired,
    Unavailable,
    WriteRefused,
)
from tieout.platforms.port import Answer, CallKind, Request
from tieout.platforms.quickbooks.errors import read_refusal
from tieout.platforms.quickbooks.refusal_table import RULES

CREATE = Request(method="POST", path="/v3/company/1/invoice", body=b'{"Line":[]}', kind=CallKind.WRITE)
CHANGE = Request(method="POST", path="/v3/company/1/invoice", body=b'{"Id":"1"}', kind=CallKind.WRITE)
READ = Request(method="GET", path="/v3/company/1/query", kind=CallKind.READ)


def fault(code: str, detail: str = "Something", element: str = "") -> dict[str, Any]:
    error = {"Message": "Message", "Detail": detail, "code": code, "element": element}
    return {"Fault": {"Error": [error], "type": "ValidationFault"}, "time": "2026-09-29T06:58:50.262-07:00"}


def refusal_of(body: Any, status: int = 400, request: Request = CREATE) -> PlatformRefusal:
    refusal = read_refusal(request, answer(body, status))
    assert refusal is not None
    return refusal


@pytest.mark.parametrize(
    ("code", "refusal", "ours"),
    [
        ("100", CompanyEnded, "connecting_user_lost_access"),
        ("120", CompanyEnded, "connecting_user_lost_access"),
        ("500", Misuse, "request_refused"),
        ("600", Misuse, "request_refused"),
        ("610", WriteRefused, "reference_inactive"),
        ("620", WriteRefused, "linked_elsewhere"),
        ("800", WriteRefused, "in_use"),
        ("2010", Misuse, "request_refused"),
        ("2040", WriteRefused, "text_not_accepted"),
        ("2050", WriteRefused, "text_too_long"),
        ("2060", WriteRefused, "date_refused"),
        ("2110", WriteRefused, "figure_refused"),
        ("2170", Misuse, "choice_refused"),
        ("2210", WriteRefused, "email_invalid"),
        ("2220", WriteRefused, "currency_not_subscribed"),
        ("2500", WriteRefused, "reference_unknown"),
        ("3001", Throttled, "throttled"),
        ("3100", CompanyEnded, "company_not_authorized"),
        ("3200", TokenExpired, "token_expired"),
        ("4000", Misuse, "query_refused"),
        ("5010", StaleVersion, "stale_version"),
        ("5020", PermissionMissing, "not_permitted"),
        ("5030", PermissionMissing, "not_in_plan"),
        ("6000", WriteRefused, "refused_by_books"),
        ("6080", WriteRefused, "name_missing"),
        ("6070", Misuse, "amount_not_price_times_quantity"),
        ("6140", WriteRefused, "number_taken"),
        ("6190", PermissionMissing, "subscription_ended"),
        ("6200", WriteRefused, "period_closed"),
        ("6210", WriteRefused, "period_closed"),
        ("6230", WriteRefused, "tax_code_refused"),
        ("6240", WriteRefused, "name_taken"),
        ("6430", WriteRefused, "account_type_wrong"),
        ("6540", WriteRefused, "locked_by_bank"),
        ("10000", Unavailable, "platform_unavailable"),
        ("10100", Misuse, "answer_too_large"),
        ("9999", WriteRefused, "refused_by_books"),
    ],
)
def test_every_code_means_one_thing(code: str, refusal: type[PlatformRefusal], ours: str) -> None:
    found = refusal_of(fault(code))
    assert type(found) is refusal
    assert found.explanation.code == ours
    assert found.trace_id == "1-aa-bb"
    assert isinstance(found, Throttled) or found.native == code


def test_whatever_a_person_must_mend_says_where_to_click() -> None:
    for rule in RULES.values():
        if rule.refusal.next_step is Next.SOMEBODY_MUST_ACT:
            assert "QuickBooks" in rule.fix or "mapping settings" in rule.fix or "try again" in rule.fix, rule.code


def test_our_codes_are_stable_words() -> None:
    assert all(rule.code.isidentifier() and rule.code.islower() for rule in RULES.values())


@pytest.mark.parametrize(
    ("request_", "refusal"), [(CREATE, WriteRefused), (CHANGE, Gone), (READ, Gone)], ids=["create", "change", "read"]
)
def test_what_is_not_found_is_the_record_or_what_it_refers_to(
    request_: Request, refusal: type[PlatformRefusal]
) -> None:
    assert type(refusal_of(fault("610"), request=request_)) is refusal


@pytest.mark.parametrize(
    ("detail", "field"),
    [
        ("Invalid Reference Id : Names element id 7 not found", "party_id"),
        ("Invalid Reference Id : Accounts element id 7 not found", "account_id"),
        ("Invalid Reference Id : Items element id 7 not found", "item_id"),
        ("Invalid Reference Id : Klasses element id 7 not found", None),
    ],
)
def test_a_refused_reference_says_which_field_it_was(detail: str, field: str | None) -> None:
    assert refusal_of(fault("2500", detail)).explanation.field == field


def test_the_named_element_is_told_in_our_words_and_the_platform_in_its_own() -> None:
    found = refusal_of(fault("2050", "String length is\n either shorter", "DocNumber"))
    assert found.explanation.field == "number"
    assert found.explanation.message.endswith("QuickBooks says: String length is either shorter")


@pytest.mark.parametrize(("code", "status"), [("3200", 401), ("3100", 403), ("120", 403)])
def test_what_the_gateway_writes_about_a_token_is_never_passed_on(code: str, status: int) -> None:
    found = refusal_of(fault(code, "Token expired: very-secret"), status)
    assert "very-secret" not in str(found)
    assert "very-secret" not in found.explanation.message


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (401, TokenExpired),
        (403, PermissionMissing),
        (429, Throttled),
        (500, Unavailable),
        (502, Unavailable),
        (504, Unavailable),
        (404, Misuse),
    ],
)
def test_a_status_without_a_body_is_read_too(status: int, refusal: type[PlatformRefusal]) -> None:
    assert type(refusal_of(b"", status)) is refusal
    assert type(refusal_of(b"<html>Bad gateway</html>", status)) is refusal


def test_a_failure_of_the_server_is_never_a_refusal_of_the_record() -> None:
    assert type(refusal_of(fault("6000"), 500)) is Unavailable


def test_the_wait_that_is_named_is_kept_and_else_a_minute() -> None:
    named = Answer(status=429, headers={"retry-after": "7"}, body=b"")
    found = read_refusal(READ, named)
    assert isinstance(found, Throttled)
    assert found.retry_after_s == 7
    unnamed = refusal_of(b"", 429)
    assert isinstance(unnamed, Throttled)
    assert unnamed.retry_after_s == 60


@pytest.mark.parametrize(
    "body",
    [
        {"BatchItemResponse": [{"Vendor": {}}, fault("6140")]},
        {"AttachableResponse": [fault("6140")]},
        {"CDCResponse": [{"QueryResponse": [{}, fault("6140")]}]},
        {"QueryResponse": fault("6140")},
        fault("6140"),
    ],
)
def test_a_fault_inside_a_success_is_a_refusal(body: dict[str, Any]) -> None:
    assert refusal_of(body, 200).explanation.code == "number_taken"


def test_a_record_that_speaks_of_faults_is_a_success() -> None:
    told = {"Item": {"Id": "1", "Name": "Fault", "Description": 'say "Fault" twice'}}
    assert read_refusal(READ, answer(told)) is None


@pytest.mark.parametrize(("request_", "refusal"), [(CREATE, NoAnswer), (READ, Unavailable)], ids=["write", "read"])
def test_a_page_where_an_answer_was_due_leaves_a_write_in_doubt(
    request_: Request, refusal: type[PlatformRefusal]
) -> None:
    page = Answer(status=200, headers={"content-type": "text/html"}, body=b"<html>Maintenance</html>")
    assert type(read_refusal(request_, page)) is refusal


@given(
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["Fault", "fault", "Error", "error", "code", "QueryResponse"]), inner)
        ),
    ).map(lambda value: json.dumps(value).encode()),
    st.sampled_from([200, 400, 401, 403, 429, 500]),
)
def test_no_body_however_odd_breaks_the_reading(body: bytes, status: int) -> None:
    found = read_refusal(CREATE, answer(body, status))
    assert found is None or isinstance(found, PlatformRefusal)
    assert status < 400 or found is not None
