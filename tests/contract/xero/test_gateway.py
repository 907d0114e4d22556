import asyncio
from typing import Any

import httpx2
import pytest
from tests.contract.xero.world import ORIGIN, STARTED_AT, World

from tieout.kit.clock import ManualClock
from tieout.platforms.xero.sandbox.application import build_simulator

DEMO = "Demo Company (Global)"


async def test_an_answer_has_the_recorded_envelope_and_headers(demo: World) -> None:
    answer = await demo.call("GET", "Organisation")
    body = answer.json()
    assert list(body) == ["Id", "Status", "ProviderName", "DateTimeUTC", "Organisations"]
    assert body["Id"] == answer.headers["xero-correlation-id"]
    assert (body["Status"], body["ProviderName"]) == ("OK", "Invoicer")
    assert b'"DateTimeUTC":"\\/Date(1789437600123)\\/"' in answer.content
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert "no-store" in answer.headers["cache-control"]
    assert {"x-daylimit-remaining", "x-minlimit-remaining", "x-appminlimit-remaining"} <= set(answer.headers)


async def test_paths_and_parameters_match_in_any_case(demo: World) -> None:
    answer = await demo.http.get("/API.XRO/2.0/invoices", params={"PAGE": "1", "PageSize": "2"}, headers=demo.headers())
    assert len(answer.json()["Invoices"]) == 2


@pytest.mark.parametrize("accept", ["", "*/*", "application/xml", "application/pdf"])
async def test_xml_is_refused_loudly(demo: World, accept: str) -> None:
    answer = await demo.call("GET", "Organisation", headers={"accept": accept})
    assert answer.status_code == 501
    assert "Accept: application/json" in answer.json()["Detail"]


async def test_a_body_that_is_not_json_is_refused_loudly(demo: World) -> None:
    answer = await demo.call("PUT", "Contacts", content=b"<Contact/>", headers={"content-type": "application/xml"})
    assert answer.status_code == 501


async def test_broken_json_refuses_the_whole_request(demo: World) -> None:
    answer = await demo.call("PUT", "Contacts", content=b"{", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["ErrorNumber"]) == (400, 14)
    assert answer.json()["Type"] == "PostDataInvalidException"


async def test_an_unknown_tenant_is_forbidden_with_the_recorded_body(demo: World) -> None:
    for tenant_id in (
        "",
        "5a1b0000-0000-4000-8000-000000000000",
        demo.organisation_named("Harbour Bridge Consulting").id,
    ):
        answer = await demo.call("GET", "Organisation", headers={"xero-tenant-id": tenant_id})
        assert answer.status_code == 403
        body = answer.json()
        assert (body["Title"], body["Detail"]) == ("Forbidden", "AuthenticationUnsuccessful")
        assert "x-appminlimit-remaining" in answer.headers
        assert "x-daylimit-remaining" not in answer.headers


async def test_an_unknown_token_is_unauthorized(demo: World) -> None:
    answer = await demo.call("GET", "Organisation", headers={"authorization": "Bearer guessed"})
    assert (answer.status_code, answer.json()["Detail"]) == (401, "AuthenticationUnsuccessful")


@pytest.mark.parametrize(
    ("scope", "allowed", "refused"),
    [
        (
            "accounting.settings.read",
            ["GET Accounts", "GET Items", "GET Organisation", "GET Currencies"],
            ["PUT Accounts", "GET Contacts"],
        ),
        ("accounting.contacts", ["GET Contacts"], ["GET Invoices", "GET Reports/TrialBalance"]),
        (
            "accounting.invoices.read",
            ["GET Invoices", "GET CreditNotes", "GET Items"],
            ["GET Payments", "PUT Invoices"],
        ),
        (
            "accounting.reports.trialbalance.read",
            ["GET Reports/TrialBalance"],
            ["GET Reports/BalanceSheet", "GET Accounts"],
        ),
    ],
)
async def test_every_endpoint_asks_for_its_scope(
    world: World, scope: str, allowed: list[str], refused: list[str]
) -> None:
    await world.connect(DEMO, scope=scope)
    for one in allowed:
        method, path = one.split()
        assert (await world.call(method, path)).status_code == 200, one
    for one in refused:
        method, path = one.split()
        answer = await world.call(method, path, json={} if method == "PUT" else None)
        assert answer.status_code == 401, one
        assert "insufficent_scope" in answer.headers["www-authenticate"]
        assert answer.json()["Detail"] == "AuthorizationUnsuccessful"


@pytest.mark.parametrize("path", ["Nothing", "Invoices/5a1b0000-0000-4000-8000-000000000000", "Accounts/200"])
async def test_what_does_not_exist_is_an_empty_page_that_calls_itself_html(demo: World, path: str) -> None:
    answer = await demo.call("GET", path)
    assert (answer.status_code, answer.content) == (404, b"")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "x-daylimit-remaining" in answer.headers


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "Setup"), ("GET", "Reports/ExecutiveSummary"), ("DELETE", "Contacts"), ("GET", "RepeatingInvoices")],
)
async def test_what_is_not_simulated_says_so(world: World, method: str, path: str) -> None:
    scope = "accounting.settings accounting.reports.executivesummary.read accounting.contacts accounting.invoices"
    await world.connect(DEMO, scope=scope)
    answer = await world.call(method, path)
    assert answer.status_code == 501
    assert "The simulated Xero does not do this" in answer.json()["Detail"]


async def test_an_unknown_parameter_or_property_is_refused_instead_of_ignored(demo: World) -> None:
    assert (await demo.call("GET", "Invoices", params={"pagesized": "5"})).status_code == 501
    answer = await demo.call("PUT", "Contacts", json={"Name": "Acme", "Naem": "Acme"})
    assert (answer.status_code, "Naem" in answer.text.title()) == (501, True)


# Limits ---------------------------------------------------------------------------------------------------------


async def test_sixty_calls_a_minute_then_a_429_without_a_body(world: World) -> None:
    await world.connect(DEMO)
    for left in range(59, -1, -1):
        answer = await world.call("GET", "Organisation")
        assert (answer.status_code, answer.headers["x-minlimit-remaining"]) == (200, str(left))
    refused = await world.call("GET", "Organisation")
    assert (refused.status_code, refused.content) == (429, b"")
    assert refused.headers["x-rate-limit-problem"] == "minute"
    assert refused.headers["x-minlimit-remaining"] == "0"
    wait_s = int(refused.headers["retry-after"])
    assert 1 <= wait_s <= 60
    world.move(seconds=wait_s)
    assert (await world.call("GET", "Organisation")).status_code == 200


async def test_the_day_has_a_thousand_calls(world: World) -> None:
    await world.connect(DEMO)
    world.xero.api.limits.day_max = 3
    for _ in range(3):
        assert (await world.call("GET", "Organisation")).status_code == 200
    refused = await world.call("GET", "Organisation")
    assert (refused.status_code, refused.headers["x-rate-limit-problem"]) == (429, "day")
    assert 1 <= int(refused.headers["retry-after"]) <= 86_400
    assert refused.headers["x-daylimit-remaining"] == "0"


async def test_more_than_five_calls_at_once_are_refused_without_a_time_to_wait(world: World) -> None:
    await world.connect(DEMO)
    fault = {"kind": "delay", "delay_s": "0.05", "count": 6, "path_prefix": "/api.xro/"}
    assert (await world.http.post("/_sandbox/faults", json=fault)).status_code == 201
    answers = await asyncio.gather(*(world.call("GET", "Organisation") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["x-rate-limit-problem"] == "concurrent"
    assert "retry-after" not in refused.headers


async def test_limits_can_be_switched_off(world: World) -> None:
    await world.connect(DEMO)
    told = await world.http.post("/_sandbox/rules", json={"limits_watched": False})
    assert told.json()["limits_watched"] is False
    answers = [await world.call("GET", "Organisation") for _ in range(70)]
    assert {answer.status_code for answer in answers} == {200}


async def test_a_rule_that_makes_no_sense_changes_nothing(world: World) -> None:
    before = (await world.http.get("/_sandbox/rules")).json()
    assert (before["calls_a_day_max"], before["previous_refresh_token_lives_s"]) == ("1000", "1800")
    for wish in ({"calls_a_day_max": 5, "gravity": 0}, {"calls_a_day_max": -1}, {"limits_watched": "no"}):
        assert (await world.http.post("/_sandbox/rules", json=wish)).status_code == 422
    assert (await world.http.post("/_sandbox/rules", data={"limits_watched": "no"})).status_code == 415
    assert (await world.http.get("/_sandbox/rules")).json() == before
    changed = await world.http.post("/_sandbox/rules", json={"calls_a_day_max": 5000, "broad_apps": ["a"]})
    assert (changed.json()["calls_a_day_max"], changed.json()["broad_apps"]) == ("5000", ["a"])


# Idempotency ----------------------------------------------------------------------------------------------------


async def test_a_repeated_key_creates_one_contact(demo: World) -> None:
    first = await _put(demo, "key-1", {"Name": "Acme"})
    again = await _put(demo, "key-1", {"Name": "Acme"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert first.headers["xero-correlation-id"] != again.headers["xero-correlation-id"]
    assert [one.name for one in demo.organisation.contacts.values()].count("Acme") == 1


async def test_a_refusal_is_remembered_too(demo: World) -> None:
    known = await demo.contact("Acme")
    first = await _put(demo, "key-1", {"Name": "Acme"})
    await demo.act("rename_contact", contact_id=known["ContactID"], name="Acme Old")
    assert (await _put(demo, "key-1", {"Name": "Acme"})).content == first.content
    assert (await _put(demo, "key-2", {"Name": "Acme"})).status_code == 200


async def test_a_key_of_another_request_is_refused(demo: World) -> None:
    assert (await _put(demo, "key-1", {"Name": "Acme"})).status_code == 200
    answer = await _put(demo, "key-1", {"Name": "Other"})
    assert answer.status_code == 400
    assert answer.text == "Idempotency Key: key-1 is used with a different request."
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_a_key_is_new_again_after_six_minutes(demo: World) -> None:
    assert (await _put(demo, "key-1", {"Name": "Acme"})).status_code == 200
    demo.move(minutes=5, seconds=59)
    assert (await _put(demo, "key-1", {"Name": "Acme"})).status_code == 200
    demo.move(seconds=1)
    assert (await _put(demo, "key-1", {"Name": "Acme"})).status_code == 400


async def test_a_replay_counts_against_the_limits(world: World) -> None:
    await world.connect(DEMO)
    first = await _put(world, "key-1", {"Name": "Acme"})
    again = await _put(world, "key-1", {"Name": "Acme"})
    assert int(first.headers["x-minlimit-remaining"]) - int(again.headers["x-minlimit-remaining"]) == 1


async def test_a_key_longer_than_128_characters_is_refused(demo: World) -> None:
    assert (await _put(demo, "k" * 129, {"Name": "Acme"})).status_code == 400


async def _put(world: World, key: str, contact: dict[str, Any]) -> httpx2.Response:
    return await world.call("PUT", "Contacts", json=contact, headers={"idempotency-key": key})


# Faults ---------------------------------------------------------------------------------------------------------


async def test_an_answer_lost_after_the_work_was_done_is_found_by_its_key(demo: World) -> None:
    demo.app.state.simulator.cut_error = lambda: httpx2.RemoteProtocolError("cut")
    await demo.http.post("/_sandbox/faults", json={"kind": "drop_after_commit", "method": "PUT"})
    with pytest.raises(httpx2.RemoteProtocolError):
        await _put(demo, "key-1", {"Name": "Acme"})
    assert (await _put(demo, "key-1", {"Name": "Acme"})).status_code == 200
    assert [one.name for one in demo.organisation.contacts.values()].count("Acme") == 1


async def test_a_failure_of_xero_is_remembered_under_its_key(demo: World) -> None:
    await demo.http.post("/_sandbox/faults", json={"kind": "status_before_commit", "method": "PUT", "status": 500})
    first = await _put(demo, "key-1", {"Name": "Acme"})
    again = await _put(demo, "key-1", {"Name": "Acme"})
    assert (first.status_code, again.status_code) == (500, 500)
    assert (await _put(demo, "key-2", {"Name": "Acme"})).status_code == 200


@pytest.mark.parametrize(
    ("status", "text"),
    [(503, "The Organisation is offline"), (429, ""), (404, ""), (401, "AuthenticationUnsuccessful")],
)
async def test_a_fault_speaks_xeros_language(demo: World, status: int, text: str) -> None:
    fault = {"kind": "status_before_commit", "status": status, "path_prefix": "/api.xro/"}
    await demo.http.post("/_sandbox/faults", json=fault)
    answer = await demo.call("GET", "Organisation")
    assert answer.status_code == status
    assert text in answer.text
    assert bool(text) == bool(answer.content)


async def test_calls_are_logged_and_metered_by_organisation_and_app(demo: World) -> None:
    await demo.get("Organisation")
    await demo.contact()
    seen = (await demo.http.get("/_sandbox/requests", params={"company_id": demo.tenant_id})).json()["requests"]
    assert {(one["method"], one["kind"], one["app_id"]) for one in seen} == {
        ("PUT", "accounting write", demo.client_id),
        ("GET", "accounting read", demo.client_id),
    }
    assert demo.app.state.simulator.meter.calls(kind="accounting read", company_id=demo.tenant_id) == 1


async def test_one_seed_makes_the_same_organisations(world: World) -> None:
    twin = build_simulator(clock=ManualClock(STARTED_AT), seed=7, origin=ORIGIN).state.xero.organisations
    other = build_simulator(clock=ManualClock(STARTED_AT), seed=8, origin=ORIGIN).state.xero.organisations
    assert list(twin) == list(world.xero.organisations)
    assert list(other) != list(twin)
    assert [list(one.invoices) for one in twin.values()] == [
        list(one.invoices) for one in world.xero.organisations.values()
    ]
