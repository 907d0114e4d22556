"""The four limits, the tiers, the ceiling of connections, and the threshold of high volumes."""

import asyncio
from typing import Any

import httpx2
import pytest
from tests.contract.xero.world import World, hidden

DEMO = "Demo Company (Global)"
HARBOUR = "Harbour Bridge Consulting"
LEFT = {"x-daylimit-remaining", "x-minlimit-remaining", "x-appminlimit-remaining"}


async def rule(world: World, **wish: Any) -> None:
    answer = await world.http.post("/_sandbox/rules", json=wish)
    assert answer.status_code == 200, answer.text


def problem(answer: httpx2.Response) -> str:
    assert (answer.status_code, answer.content) == (429, b"")
    assert "no-store" in answer.headers["cache-control"]
    assert "xero-correlation-id" in answer.headers
    return str(answer.headers["x-rate-limit-problem"])


async def test_the_starter_tier_has_a_thousand_calls_a_day_and_a_rule_makes_it_five(world: World) -> None:
    await world.connect(DEMO)
    first = await world.call("GET", "Organisation")
    assert first.headers["x-daylimit-remaining"] == "999"
    await rule(world, calls_a_day_max=5000)
    assert (await world.call("GET", "Organisation")).headers["x-daylimit-remaining"] == "4998"


@pytest.mark.parametrize(
    ("name", "word", "wait_max_s"),
    [("calls_a_minute_max", "minute", 60), ("calls_a_day_max", "day", 86_400)],
)
async def test_a_limit_of_a_tenant_says_how_long_to_wait_and_nothing_of_the_app(
    world: World, name: str, word: str, wait_max_s: int
) -> None:
    await world.connect(DEMO)
    await rule(world, **{name: 1})
    assert (await world.call("GET", "Organisation")).status_code == 200
    answer = await world.call("GET", "Organisation")
    assert problem(answer) == word
    assert 1 <= int(answer.headers["retry-after"]) <= wait_max_s
    assert set(answer.headers) & LEFT == LEFT - {"x-appminlimit-remaining"}
    world.move(seconds=int(answer.headers["retry-after"]))
    if word == "minute":
        assert (await world.call("GET", "Organisation")).status_code == 200


async def test_the_limit_of_the_app_counts_all_its_tenants(world: World) -> None:
    await world.connect(DEMO, HARBOUR)
    await rule(world, app_calls_a_minute_max=1)
    assert (await world.call("GET", "Organisation")).status_code == 200
    world.tenant_id = world.organisation_named(HARBOUR).id
    answer = await world.call("GET", "Organisation")
    assert problem(answer) == "appminute"
    assert answer.headers["x-appminlimit-remaining"] == "0"


async def test_too_many_calls_at_once_say_nothing_of_waiting(world: World) -> None:
    await world.connect(DEMO)
    await rule(world, calls_at_once_max=1)
    await world.http.post("/_sandbox/faults", json={"kind": "delay", "delay_s": "0.02", "count": 1})
    answers = await asyncio.gather(*(world.call("GET", "Organisation") for _ in range(2)))
    refused = next(one for one in answers if one.status_code != 200)
    assert problem(refused) == "concurrent"
    assert "retry-after" not in refused.headers


async def test_tenants_have_windows_of_their_own(world: World) -> None:
    await world.connect(DEMO, HARBOUR)
    await rule(world, calls_a_minute_max=1)
    assert (await world.call("GET", "Organisation")).status_code == 200
    world.tenant_id = world.organisation_named(HARBOUR).id
    assert (await world.call("GET", "Organisation")).status_code == 200


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [("Invoices", {"where": "("}, 400), ("Invoices/none", {}, 404), ("Organisation", {}, 200)],
)
async def test_every_answer_of_a_tenant_tells_what_is_left(
    demo: World, path: str, params: dict[str, str], status: int
) -> None:
    answer = await demo.call("GET", path, params=params)
    assert answer.status_code == status
    assert set(answer.headers) & LEFT == LEFT


async def test_a_401_tells_nothing_of_limits(demo: World) -> None:
    answer = await demo.call("GET", "Organisation", headers={"authorization": "Bearer none"})
    assert not set(answer.headers) & LEFT


@pytest.mark.parametrize("method", ["PATCH", "HEAD", "OPTIONS"])
async def test_a_method_that_is_not_supported_anywhere_is_a_501(demo: World, method: str) -> None:
    assert (await demo.call(method, "Invoices")).status_code == 501


async def test_an_app_at_its_ceiling_connects_no_further_organisation(world: World) -> None:
    await rule(world, connections_max=1)
    await world.connect(DEMO)
    page = await world.sign_in(world.ask())
    chosen = {"company": [world.organisation_named(HARBOUR).id], "step": "connect"}
    answer = await world.http.post("/identity/connect/authorize", data=hidden(page) | chosen)
    assert answer.status_code == 200
    assert "cannot be connected to more than 1" in answer.text
    again = {"company": [world.organisation_named(DEMO).id], "step": "connect"}
    assert (await world.http.post("/identity/connect/authorize", data=hidden(answer) | again)).status_code == 302


# High volumes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("Invoices", {}, 400),
        ("Invoices", {"page": "1"}, 200),
        ("Invoices", {"page": "1", "where": 'Status=="AUTHORISED"'}, 200),
        ("Invoices", {"page": "1", "where": "Date>=DateTime(2026,01,01) AND AmountDue>0"}, 200),
        ("Invoices", {"page": "1", "where": 'CurrencyCode=="USD"'}, 400),
        ("Invoices", {"page": "1", "where": 'Status=="PAID" OR Status=="VOIDED"'}, 400),
        ("Invoices", {"page": "1", "order": "UpdatedDateUTC DESC"}, 200),
        ("Invoices", {"page": "1", "order": "Total"}, 400),
        ("Invoices", {"page": "1", "searchTerm": "INV"}, 400),
        ("Contacts", {"page": "1", "where": 'Name=="Boom FM"'}, 200),
        ("Contacts", {"page": "1", "where": 'FirstName=="Boom"'}, 400),
        ("Payments", {"page": "1", "where": "IsReconciled==true"}, 400),
        ("Payments", {"page": "1", "where": 'Status=="AUTHORISED"'}, 200),
        ("CreditNotes", {"page": "1", "where": "Total>1"}, 400),
    ],
)
async def test_beyond_the_threshold_only_optimised_pages_are_answered(
    demo: World, path: str, params: dict[str, str], status: int
) -> None:
    await rule(demo, high_volume_rows_max=1)
    answer = await demo.call("GET", path, params=params)
    assert answer.status_code == status, answer.text
    if status == 400:
        assert "high volume threshold" in answer.json()["Message"]


async def test_json_can_be_had_as_it_was_printed_in_2020(demo: World) -> None:
    await rule(demo, pretty_json=True)
    answer = await demo.call("GET", "Invoices", params={"page": 1, "pageSize": 1})
    assert answer.content.startswith(b'{\r\n  "Id": "')
    assert b'"DateTimeUTC": "\\/Date(1789437600123)\\/"' in answer.content
    assert b".00,\r\n" in answer.content
    assert int(answer.headers["content-length"]) == len(answer.content)
