import re
from datetime import UTC, datetime

import httpx2
import pytest
from starlette.applications import Starlette

from tieout.sandbox.billing import calls_of_workspace
from tieout.sandbox.traffic import Classified, SeenRequest

COMPANY = "/_sandbox/companies/7"


async def test_a_program_is_registered_once_per_wish_with_keys_of_its_own(client: httpx2.AsyncClient) -> None:
    wish = {"name": "Partner", "redirect_uris": ["http://localhost:8000/connect/callback/x"]}
    first, second = [(await client.post("/_sandbox/apps", json=wish)).json() for _ in range(2)]
    assert first["client_id"] != second["client_id"]
    assert len((await client.get("/_sandbox/apps")).json()["apps"]) == 2


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"name": "x"},
        {"name": "x", "redirect_uris": []},
        {"name": "x", "redirect_uris": ["ftp://localhost"]},
        {"name": "x", "redirect_uris": ["http://example.com/"]},
        {"name": "x", "redirect_uris": ["https://example.com/#part"]},
        {"name": "x", "redirect_uris": ["https://example.com/"], "colour": "red"},
    ],
)
async def test_a_registration_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, wish: dict[str, object]
) -> None:
    assert (await client.post("/_sandbox/apps", json=wish)).status_code == 422


async def test_the_clock_is_moved_and_set(client: httpx2.AsyncClient) -> None:
    moved = await client.post("/_sandbox/clock", json={"advance_s": 90})
    assert moved.json() == {"now": "2026-03-01T12:01:30+00:00"}
    await client.post("/_sandbox/clock", json={"now": "2027-01-01T00:00:00+01:00"})
    assert (await client.get("/_sandbox/clock")).json() == {"now": "2026-12-31T23:00:00+00:00"}


@pytest.mark.parametrize("wish", [{}, {"now": "soon"}, {"now": "2026-01-01T00:00:00"}, {"advance_s": "x"}])
async def test_a_time_that_is_none_is_refused(client: httpx2.AsyncClient, wish: dict[str, object]) -> None:
    assert (await client.post("/_sandbox/clock", json=wish)).status_code == 422


async def test_requests_are_logged_and_metered(client: httpx2.AsyncClient) -> None:
    await client.post("/things", content=b"12345")
    await client.get("/things?a=b")
    log = (await client.get("/_sandbox/requests")).json()["requests"]
    assert {(one["method"], one["query"], one["status"], one["body"]) for one in log} == {
        ("GET", "a=b", "200", ""),
        ("POST", "", "200", "12345"),
    }
    meter = (await client.get("/_sandbox/meter?company_id=7")).json()["meter"]
    assert {(row["kind"], row["calls"], row["bytes_in"]) for row in meter} == {("write", "1", "5"), ("read", "1", "0")}
    assert (await client.get("/_sandbox/meter?company_id=8")).json()["meter"] == []


async def test_a_person_acts_and_the_books_show_it(client: httpx2.AsyncClient) -> None:
    answer = await client.post(f"{COMPANY}/people/pay", json={"amount": "12.50"})
    assert answer.json() == {"paid": "12.50"}
    journal = (await client.get(f"{COMPANY}/journal")).json()
    assert [(line["account"], line["debit"], line["credit"]) for line in journal["entries"][0]["lines"]] == [
        ("Bank", "12.50", "0.00"),
        ("Sales", "0.00", "12.50"),
    ]
    trial = (await client.get(f"{COMPANY}/trial-balance")).json()
    assert (trial["total_debit"], trial["total_credit"]) == ("12.50", "12.50")
    assert (await client.get(f"{COMPANY}/trial-balance?date=2026-02-28")).json()["accounts"] == []


async def test_an_action_that_nobody_can_do_is_loud(client: httpx2.AsyncClient) -> None:
    answer = await client.post(f"{COMPANY}/people/dance", json={})
    assert answer.status_code == 501
    assert "dance" in answer.json()["error"]


@pytest.mark.parametrize("amount", ["-1", "0", "1.005", "x", "NaN", True, []])
async def test_an_amount_that_is_none_is_refused(client: httpx2.AsyncClient, amount: object) -> None:
    assert (await client.post(f"{COMPANY}/people/pay", json={"amount": amount})).status_code == 409


async def test_json_is_taken_only_as_json(client: httpx2.AsyncClient) -> None:
    plain = await client.post("/_sandbox/clock", content=b'{"advance_s": 1}', headers={"content-type": "text/plain"})
    assert plain.status_code == 415
    broken = await client.post("/_sandbox/clock", content=b"{", headers={"content-type": "application/json"})
    assert broken.status_code == 422


async def test_a_form_needs_the_proof_of_our_own_page(client: httpx2.AsyncClient, tiny: Starlette) -> None:
    await client.post(f"{COMPANY}/people/pay", json={})
    foreign = await client.post(f"{COMPANY}/people/pay", data={"amount": "5.00"})
    assert foreign.status_code == 403
    page = await client.get(COMPANY)
    proof = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
    assert proof is not None
    ours = await client.post(f"{COMPANY}/people/pay", data={"amount": "5.00", "csrf": proof[1]})
    assert (ours.status_code, ours.headers["location"]) == (303, f"{COMPANY}?show=documents&done=pay")
    assert str(tiny.state.simulator.companies["7"].paid) == "6.00"


async def test_the_pages_say_that_they_are_a_simulation_and_escape_names(client: httpx2.AsyncClient) -> None:
    for path in ("/", COMPANY):
        page = await client.get(path)
        assert "Simulation." in page.text
        assert "Tiny &amp; Sons &lt;Ltd&gt;" in page.text
    assert (await client.get("/_sandbox/static/style.css")).status_code == 200


async def test_an_unknown_company_is_not_found(client: httpx2.AsyncClient) -> None:
    for path in ("", "/journal", "/trial-balance"):
        assert (await client.get(f"/_sandbox/companies/9{path}")).status_code == 404


async def test_a_registration_is_changed_in_what_is_sent_and_ended(client: httpx2.AsyncClient, tiny: Starlette) -> None:
    gone: list[str] = []
    tiny.state.simulator.app_gone.append(gone.append)
    wish = {"name": "Partner", "redirect_uris": ["http://localhost:8000/a"], "workspace": "ours"}
    app = (await client.post("/_sandbox/apps", json=wish)).json()
    address = f"/_sandbox/apps/{app['client_id']}"
    uris = ["http://localhost:8000/b", "https://example.com/c"]
    changed = (await client.post(address, json={"redirect_uris": uris})).json()
    assert changed == app | {"redirect_uris": uris}
    assert (await client.get(address)).json() == changed
    wrong: list[dict[str, object]] = [{"client_secret": "x"}, {"redirect_uris": []}, {"name": ""}, {"production": "no"}]
    for refused in wrong:
        assert (await client.post(address, json=refused)).status_code == 422
    assert (await client.delete(address)).json() == {"removed": "1"}
    assert gone == [app["client_id"]]
    assert (await client.get(address)).status_code == 404


async def test_only_production_calls_of_a_workspace_are_billed(tiny: Starlette) -> None:
    simulator = tiny.state.simulator
    simulator.billed_kinds = frozenset({"read"})
    own, fellow, other, trial = [
        simulator.apps.register({"name": "x", "redirect_uris": ["http://localhost/"], **more}).client_id
        for more in ({}, {}, {"workspace": "theirs"}, {"production": False})
    ]
    for app_id, kind, status in [
        (own, "read", 200), (own, "read", 500), (own, "write", 200), (fellow, "read", 200), (other, "read", 200),
        (trial, "read", 200), (None, "read", 200),
    ]:  # fmt: skip
        simulator.meter.add(a_seen(app_id, kind, status))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=tiny), base_url="http://tiny.test") as client:
        billed = (await client.get("/_sandbox/meter/billed")).json()
    assert billed["calls"] == [
        {"workspace": "default", "month": "2026-03", "kind": "read", "calls": "2"},
        {"workspace": "theirs", "month": "2026-03", "kind": "read", "calls": "1"},
    ]
    assert [(row["app_id"], row["day"], row["bytes_out"]) for row in billed["egress"]] == [
        (own, "2026-03-01", "20"),
        (fellow, "2026-03-01", "10"),
        (other, "2026-03-01", "10"),
    ]
    apps = simulator.apps.by_client_id
    assert calls_of_workspace(simulator.meter, apps, own, kind="read", month="2026-03") == 2
    assert calls_of_workspace(simulator.meter, apps, trial, kind="read", month="2026-03") == 0


def a_seen(app_id: str | None, kind: str, status: int) -> SeenRequest:
    of = Classified("7", app_id, kind)
    return SeenRequest(datetime(2026, 3, 1, tzinfo=UTC), "GET", "/", "", status, of, 0, 10, (), "")


async def test_the_meter_tells_by_day_or_by_month(client: httpx2.AsyncClient) -> None:
    await client.get("/things")
    await client.post("/_sandbox/clock", json={"advance_s": 86_400})
    await client.get("/things")
    by_day = (await client.get("/_sandbox/meter?by=day")).json()["meter"]
    assert [(row["day"], row["calls"]) for row in by_day] == [("2026-03-01", "1"), ("2026-03-02", "1")]
    assert [row["calls"] for row in (await client.get("/_sandbox/meter")).json()["meter"]] == ["2"]
    assert (await client.get("/_sandbox/meter?by=year")).status_code == 422


async def test_a_platform_without_webhooks_says_so(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/_sandbox/webhooks")).status_code == 501
