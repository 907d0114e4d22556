"""Every code that says no, in the words and the envelope in which the platform says it."""

import json
from datetime import timedelta
from time import monotonic
from typing import Any
from xml.etree import ElementTree as ET

import httpx2
import pytest
from tests.contract.quickbooks.program import Connected, Platform, a_bill, a_payment, a_sale, decode

RULES = "/_sandbox/rules"
SPACE = "{http://schema.intuit.com/finance/v3}"


def error_of(answer: httpx2.Response) -> dict[str, Any]:
    return dict(answer.json()["Fault"]["Error"][0])


async def rule(platform: Platform, **rules: Any) -> None:
    answer = await platform.http.post(RULES, json=rules)
    assert answer.status_code == 200, answer.text


async def test_a_fault_carries_its_trace_and_nothing_else_of_the_platforms_headers(connected: Connected) -> None:
    fine, fault = await connected.call("GET", "customer/1"), await connected.call("GET", "customer/999")
    assert fine.headers["content-type"] == "application/json;charset=utf-8"
    assert fine.headers["cache-control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert {"intuit_tid", "qbo-version", "service-time"} <= set(fine.headers)
    assert fault.headers["content-type"] == "application/json"
    assert set(fault.headers) == {"intuit_tid", "content-type", "content-length"}


async def test_faults_without_accept_are_xml_with_their_attributes(connected: Connected) -> None:
    answer = await connected.call("POST", "query", content=b"select * from Custmoer", headers={"accept": "*/*"})
    root = ET.fromstring(answer.content)  # noqa: S314 - the simulator's own answer
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/xml")
    assert (root.tag, root.get("time")) == (f"{SPACE}IntuitResponse", "2026-05-04T12:00:00.000-07:00")
    (fault,) = root
    assert fault.get("type") == "ValidationFault"
    (error,) = fault
    assert error.attrib == {"code": "4001"}
    assert [(part.tag.removeprefix(SPACE), part.text) for part in error] == [
        ("Message", "Invalid query"),
        ("Detail", "QueryValidationError: invalid context declaration: Custmoer"),
    ]
    missing = await connected.call("GET", "customer/999", headers={"accept": "application/xml"})
    assert '<Error code="610" element="">' in missing.text


async def test_the_gateway_says_no_in_its_own_dialect_and_in_xml(connected: Connected) -> None:
    expired = await connected.call("GET", "customer/1", headers={"authorization": "Bearer gone"})
    assert expired.headers["www-authenticate"] == 'Bearer realm="Intuit", error="invalid_token"'
    fault = expired.json()["fault"]
    assert (expired.status_code, fault["type"], fault["error"][0]["code"]) == (401, "AUTHENTICATION", "3200")
    xml = await connected.call("GET", "customer/1", headers={"authorization": "Bearer gone", "accept": "*/*"})
    assert '<Fault type="AUTHENTICATION"><Error code="3200">' in xml.text
    other = await connected.call("GET", "customer/1", realm="9341452000000025")
    assert (other.status_code, other.json()["fault"]["error"][0]["code"]) == (403, "3100")


async def test_too_many_calls_are_refused_in_both_forms(platform: Platform, connected: Connected) -> None:
    await rule(platform, limits_watched=True)
    for _ in range(10):
        await connected.call("GET", "term/1")
    in_json = await connected.call("GET", "term/1")
    in_xml = await connected.call("GET", "term/1", headers={"accept": "*/*"})
    assert (in_json.status_code, in_xml.status_code) == (429, 429)
    assert error_of(in_json) == {
        "Message": "message=ThrottleExceeded; errorCode=003001; statusCode=429",
        "Detail": "The request limit was reached.  Try again later",
        "code": "3001",
    }
    assert '<Fault type="SERVICE"><Error code="3001">' in in_xml.text


@pytest.mark.parametrize(
    ("because", "code"),
    [("admin_removed", "120"), ("wrong_cluster", "130"), ("locked_out", "140"), ("maintenance", "150")],
)
async def test_a_company_that_keeps_everybody_out_says_why(
    platform: Platform, connected: Connected, because: str, code: str
) -> None:
    platform.people().act("keep_out", {"because": because})
    answer = await connected.call("GET", "customer/1")
    assert (answer.status_code, answer.json()["Fault"]["type"]) == (403, "AuthorizationFault")
    assert error_of(answer)["code"] == code
    platform.people().act("keep_out", {})
    assert (await connected.call("GET", "customer/1")).status_code == 200


@pytest.mark.parametrize(("action", "word", "code"), [("change_plan", "without", "5030"), ("forbid", "kinds", "5020")])
async def test_what_a_plan_or_a_person_lacks_can_be_neither_read_nor_written(
    platform: Platform, connected: Connected, action: str, word: str, code: str
) -> None:
    platform.people().act(action, {word: "Vendor, bill"})
    for method, path, more in (
        ("GET", "vendor/30", {}),
        ("POST", "bill", {"json": a_bill()}),
        ("GET", "query", {"params": {"query": "select * from Bill"}}),
    ):
        assert (await connected.refused(method, path, **more))[0] == code
    told = await connected.get("cdc", entities="Vendor,Customer", changedSince="2020-01-01")
    vendors, customers = told["CDCResponse"][0]["QueryResponse"]
    assert vendors["Fault"]["Error"][0]["code"] == code
    assert customers["Customer"]
    platform.people().act(action, {})
    await connected.post("Bill", a_bill())


@pytest.mark.parametrize("version", ["1", "74", "75", "075"])
async def test_older_minor_versions_count_as_the_newest(connected: Connected, version: str) -> None:
    plain = await connected.call("GET", "invoice/1", params={})
    assert (await connected.call("GET", "invoice/1", params={"minorversion": version})).content == plain.content


async def test_what_is_no_minor_version_is_refused(platform: Platform, connected: Connected) -> None:
    for version in ("latest", "7.5", "", "-1", "76"):
        assert (await connected.refused("GET", "term/1", params={"minorversion": version}))[0] == "2080"
    await rule(platform, newer_minor_versions=True)
    assert (await connected.call("GET", "term/1", params={"minorversion": "76"})).status_code == 200


async def test_a_body_that_is_no_json_is_refused_in_todays_words(connected: Connected) -> None:
    code, detail = await connected.refused("POST", "customer", content=b"{", headers={"content-type": "text/json"})
    assert (code, detail) == (
        "2010",
        "Property Name:failed to parse json object; a property specified is unsupported or invalid",
    )
    xml = await connected.call("POST", "customer", content=b"<Customer/>", headers={"content-type": "application/xml"})
    assert xml.status_code == 501


async def test_an_ended_subscription_lets_people_read_and_nothing_else(
    platform: Platform, connected: Connected
) -> None:
    invoice = await connected.invoice()
    platform.books().switches.subscription_ended = True
    assert (await connected.call("GET", f"invoice/{invoice['Id']}")).status_code == 200
    for path, body in (
        ("customer", {"DisplayName": "x"}),
        ("invoice?operation=delete", {"Id": invoice["Id"], "SyncToken": "0"}),
        ("invoice?operation=void", {"Id": invoice["Id"], "SyncToken": "0"}),
    ):
        assert (await connected.refused("POST", path, json=body))[0] == "6190"


async def test_a_stale_update_names_who_was_faster(connected: Connected) -> None:
    made = await connected.post("Customer", {"DisplayName": "Contested"})
    await connected.post("Customer", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Notes": "first"})
    code, detail = await connected.refused(
        "POST", "customer", json={"Id": made["Id"], "SyncToken": "0", "sparse": True, "Notes": "second"}
    )
    assert code == "5010"
    assert detail == (
        "Stale Object Error : You and Olivia Owner were working on this at the same time. "
        "Olivia Owner finished before you did, so your work was not saved."
    )


async def test_only_invoices_are_voided_by_an_operation(connected: Connected) -> None:
    payment, invoice = await connected.post("Payment", a_payment("5.00")), await connected.invoice()
    wish = {"Id": payment["Id"], "SyncToken": "0", "sparse": True}
    assert (await connected.refused("POST", "payment?operation=void", json=wish))[0] == "500"
    assert (await connected.refused("POST", "payment?include=void", json=wish))[0] == "500"
    body = {"Id": invoice["Id"], "SyncToken": "0"}
    assert (await connected.refused("POST", "invoice?operation=update&include=void", json=body))[0] == "500"
    voided = await connected.post("Payment", wish, operation="update", include="void")
    assert voided["TotalAmt"] == 0


async def test_a_flag_that_nothing_here_understands_is_told_loudly(connected: Connected) -> None:
    for method, path in (("POST", "invoice?include=invoiceLink"), ("GET", "customer/1?include=invoiceLink")):
        assert (await connected.call(method, path, json=a_sale())).status_code == 501


async def test_a_result_that_is_too_big_is_refused(platform: Platform, connected: Connected) -> None:
    await rule(platform, answer_bytes_max=1_000)
    assert (await connected.refused("GET", "query", params={"query": "select * from Customer"}))[0] == "10100"


async def test_a_rule_that_makes_no_sense_changes_nothing(platform: Platform) -> None:
    before = (await platform.http.get(RULES)).json()
    for wish in ({"answer_bytes_max": None}, {"sending_moves_token": 1}, {"mails_per_day": 3, "colour": True}):
        assert (await platform.http.post(RULES, json=wish)).status_code == 422
    assert (await platform.http.get(RULES)).json() == before


async def test_an_id_that_comes_back_with_another_body_is_refused_by_a_rule(
    platform: Platform, connected: Connected
) -> None:
    await rule(platform, request_id_reuse_refused=True)
    first = await connected.call("POST", "customer?requestid=r-1", json={"DisplayName": "One"})
    again = await connected.call("POST", "customer?requestid=r-1", json={"DisplayName": "One"})
    assert again.content == first.content
    assert (await connected.refused("POST", "customer?requestid=r-1", json={"DisplayName": "Two"}))[0] == "600"
    assert (await connected.refused("POST", "vendor?requestid=r-1", json={"DisplayName": "One"}))[0] == "600"


async def test_ids_are_forgotten_after_a_day(platform: Platform, connected: Connected) -> None:
    made = await connected.post("Invoice", a_sale(), requestid="r-1")
    platform.clock.move(timedelta(hours=23))
    later = await platform.connect()
    assert (await later.post("Invoice", a_sale(), requestid="r-1"))["Id"] == made["Id"]
    platform.clock.move(timedelta(hours=1))
    tomorrow = await platform.connect()
    assert (await tomorrow.post("Invoice", a_sale(), requestid="r-1"))["Id"] != made["Id"]


async def test_a_rule_has_refusals_repeated_as_well(platform: Platform, connected: Connected) -> None:
    await rule(platform, refusals_remembered=True)
    wish = {"Id": "404", "SyncToken": "0", "sparse": True}
    first = await connected.call("POST", "invoice?requestid=r-1", json=wish)
    platform.clock.move(timedelta(seconds=2))
    again = await connected.call("POST", "invoice?requestid=r-1", json=a_sale())
    assert json.loads(first.content)["Fault"] == json.loads(again.content)["Fault"]


async def test_a_party_that_owes_is_not_made_inactive(connected: Connected) -> None:
    await connected.invoice(customer="3")
    answer = await connected.call(
        "POST", "customer", json={"Id": "3", "SyncToken": "0", "sparse": True, "Active": False}
    )
    assert (error_of(answer)["code"], error_of(answer)["element"]) == ("6220", "")
    assert decode(answer)["time"]


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("invoice", a_sale(customer="404"), "Names"),
        ("invoice", a_sale(ClassRef={"value": "404"}), "Klasses"),
        ("invoice", a_sale(DepartmentRef={"value": "404"}), "Depts"),
        ("bill", a_bill(APAccountRef={"value": "404"}), "Accounts"),
        ("invoice", a_sale(item="404"), "Items"),
    ],
)
async def test_a_reference_to_nothing_names_the_list(
    connected: Connected, path: str, body: dict[str, Any], words: str
) -> None:
    item = body.pop("item", None)
    if item is not None:
        body["Line"][0]["SalesItemLineDetail"]["ItemRef"]["value"] = item
    answer = await connected.call("POST", path, json=body)
    assert error_of(answer) == {
        "Message": "Invalid Reference Id",
        "Detail": f"Invalid Reference Id : {words} element id 404 not found",
        "code": "2500",
        "element": "",
    }


async def test_a_taken_name_is_refused_with_or_without_whose_it_is(platform: Platform, connected: Connected) -> None:
    taken = {"DisplayName": "Cool Cars"}
    assert (await connected.refused("POST", "customer", json=taken))[1] == "The name supplied already exists. : null"
    detail = (await connected.refused("POST", "vendor", json=taken))[1]
    assert detail.endswith(
        ": Another customer, vendor or employee is already using this name. Please use a different name."
    )
    await rule(platform, duplicate_names_tell_ids=True)
    assert (await connected.refused("POST", "vendor", json=taken))[1] == "The name supplied already exists. : Id=3"


async def test_what_is_gone_is_told_from_what_never_was(connected: Connected) -> None:
    made = await connected.invoice()
    await connected.call("POST", "invoice?operation=delete", json={"Id": made["Id"], "SyncToken": "0"})
    gone, never = await connected.call("GET", f"invoice/{made['Id']}"), await connected.call("GET", "invoice/999999")
    assert (error_of(gone)["code"], error_of(never)["code"]) == ("610", "610")
    assert error_of(gone)["Detail"] == "Object Not Found : Another user has deleted this transaction."
    assert error_of(never)["Detail"].startswith("Object Not Found : Something you're trying to use has been made")


async def test_closed_books_are_refused_in_the_documented_words(platform: Platform, connected: Connected) -> None:
    platform.people().act("close_books", {"date": "2026-04-30"})
    answer = await connected.call("POST", "invoice", json=a_sale(TxnDate="2026-04-30"))
    assert error_of(answer) == {
        "Message": "Account Period Closed, Cannot Update Through Services API",
        "Detail": "The account period has closed and the account books cannot be updated through the QBO Services API. "
        "Please use the QBO website to make these changes.",
        "code": "6210",
        "element": "",
    }
    await rule(platform, closed_books_are_6200=True)
    assert (await connected.refused("POST", "invoice", json=a_sale(TxnDate="2026-04-30")))[0] == "6200"


async def test_a_token_that_expires_in_the_middle_of_a_run_is_renewed_by_refreshing(
    platform: Platform, connected: Connected
) -> None:
    wish = {"kind": "token_expired", "path_prefix": "/v3/", "skip": 1}
    assert (await platform.http.post("/_sandbox/faults", json=wish)).status_code == 201
    assert (await connected.call("GET", "customer/1")).status_code == 200
    for _ in range(2):
        refused = await connected.call("POST", "invoice", json=a_sale())
        assert (refused.status_code, refused.json()["fault"]["error"][0]["code"]) == (401, "3200")
    renewed = await platform.token(
        connected.app, grant_type="refresh_token", refresh_token=connected.tokens["refresh_token"]
    )
    connected.tokens = renewed.json()
    assert (await connected.call("POST", "invoice", json=a_sale())).status_code == 200


async def test_a_slow_answer_comes_late_and_whole(platform: Platform, connected: Connected) -> None:
    wish = {"kind": "delay", "path_prefix": "/v3/", "delay_s": "0.05"}
    assert (await platform.http.post("/_sandbox/faults", json=wish)).status_code == 201
    began = monotonic()
    slow = await connected.call("GET", "customer/1")
    assert monotonic() - began >= 0.05
    assert decode(slow) == decode(await connected.call("GET", "customer/1"))
