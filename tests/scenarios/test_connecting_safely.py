"""What the hosted pages and the API refuse, and what they never show."""

import logging
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select
from tests.scenarios.test_connecting import DEMO, callback_of, disconnect, new_link, only_connection
from tests.support.house import PUBLIC_URL, House

from tieout.kit.identifiers import new_id
from tieout.storage.tables.connections import Company, Connection, Consent
from tieout.web.masking import LinkMask, masked_path


async def test_a_link_expires_after_its_lifetime_and_says_whom_to_ask(house: House) -> None:
    partner = await house.new_partner(support_email="help@payables.example")
    link = await new_link(partner)
    house.clock.move(timedelta(days=7) - timedelta(seconds=1))
    assert (await house.new_person().open(link)).status == 200
    house.clock.move(timedelta(seconds=1))
    sight = await house.new_person().open(link)
    assert (sight.status, sight.heading) == (410, "This link has expired")
    assert sight.forms == []
    assert any(href.startswith("mailto:help@payables.example") for href, _ in sight.links)
    assert (await house.new_person().open((await only_connection(partner))["connection_url"])).status == 200


async def test_a_visit_to_a_platform_renews_no_link(house: House) -> None:
    partner = await house.new_partner()
    link = await new_link(partner)
    house.clock.move(timedelta(days=7) - timedelta(minutes=10))
    person = house.new_person()
    await person.open(link)
    await person.press("X Xero")
    await person.sign_in()
    sight = await person.press("Cancel")
    assert sight.status == 200
    house.clock.move(timedelta(minutes=10))
    assert (await person.open(sight.url)).heading == "This link has expired"


async def test_raising_the_epoch_withdraws_every_link(house: House) -> None:
    partner = await house.new_partner()
    link = await new_link(partner)
    async with house.services.database.write() as session:
        (await session.scalars(select(Connection))).one().link_epoch += 1
    sight = await house.new_person().open(link)
    assert (sight.status, sight.heading) == (410, "This link was withdrawn")


@pytest.mark.parametrize("cut", [1, 20, 59])
async def test_a_link_that_was_cut_opens_nothing(house: House, cut: int) -> None:
    link = await new_link(await house.new_partner())
    sight = await house.new_person().open(link[:-cut])
    assert sight.status in (404, 405)
    assert "Payables Inc" not in sight.text


async def test_a_form_needs_its_token_its_browser_and_its_site(house: House) -> None:
    partner = await house.new_partner()
    link = await new_link(partner)
    person = house.new_person()
    sight = await person.open(link)
    fields = dict(sight.forms[0].fields)
    start = f"{link}/start"
    stranger = house.new_person()
    await stranger.open(link)
    attempts = [
        await person.http.post(start, data={"platform": "xero"}),
        await person.http.post(start, data={"platform": "xero", "form_token": "made-up"}),
        await stranger.http.post(start, data={"platform": "xero", **fields}),
        await person.http.post(start, data={"platform": "xero", **fields}, headers={"sec-fetch-site": "cross-site"}),
        await person.http.post(start, data={"platform": "xero", **fields}, headers={"sec-fetch-site": "same-site"}),
        await person.http.post(start, data={"platform": "xero", **fields}, headers={"origin": "https://evil.example"}),
    ]
    assert [answer.status_code for answer in attempts] == [403] * len(attempts)
    house.clock.move(timedelta(hours=4))
    assert (await person.http.post(start, data={"platform": "xero", **fields})).status_code == 403
    async with house.services.database.read() as session:
        assert (await session.scalars(select(Consent))).all() == []


async def test_a_form_of_one_connection_is_nothing_for_another(house: House) -> None:
    first, second = await house.new_partner("First Inc"), await house.new_partner("Second Inc")
    person = house.new_person()
    fields = dict((await person.open(await new_link(first))).forms[0].fields)
    answer = await person.http.post(f"{await new_link(second)}/start", data={"platform": "xero", **fields})
    assert answer.status_code == 403


async def test_every_page_is_closed_to_frames_scripts_caches_and_referrers(house: House) -> None:
    partner = await house.new_partner(logo_url="https://cdn.payables.example/logo.svg")
    link = await new_link(partner)
    person = house.new_person()
    pages = [await person.open(link), await person.open(f"{link}/not-connected/denied"), await person.open(link + "x")]
    pages.append(await house.new_person().connect(link, "Xero", companies=DEMO))
    for sight in pages:
        policy = dict(part.split(" ", 1) for part in sight.headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert policy["script-src"] in ("'none'", "'self'")
        assert "unsafe" not in sight.headers["content-security-policy"]
        assert sight.headers["referrer-policy"] == "no-referrer"
        assert sight.headers["cache-control"] == "no-store"
        assert sight.headers["x-content-type-options"] == "nosniff"
    assert "https://cdn.payables.example" in pages[0].headers["content-security-policy"]


async def test_a_brand_cannot_put_anything_into_a_page(house: House) -> None:
    partner = await house.new_partner(
        "<script>alert(1)</script>",
        color="red;}</style><script>",
        logo_url="javascript:alert(1)",
        return_url="//evil.example",
        support_email='a@b.example"><script>',
        welcome_text="<img src=x onerror=alert(1)>",
    )
    sight = await house.new_person().open(await new_link(partner))
    assert "<script" not in sight.html
    assert "javascript:" not in sight.html
    assert "<img" not in sight.html
    assert "evil.example" not in sight.html


async def test_nobody_is_sent_anywhere_but_to_the_platform_and_our_own_pages(house: House) -> None:
    partner = await house.new_partner()
    link = await new_link(partner)
    person = house.new_person()
    fields = dict((await person.open(link)).forms[0].fields)
    answer = await person.http.post(f"{link}/start", data={"platform": "//evil.example", **fields})
    assert answer.headers["location"] == urlsplit(link).path
    callback = await callback_of(partner, person)
    answer = await person.http.get(callback.replace("state=", "error=access_denied&next=https://evil.example&state="))
    assert answer.headers["location"].startswith("/connect/")
    assert "evil" not in answer.headers["location"]


async def test_the_cookie_is_kept_from_scripts_and_plain_connections(house: House) -> None:
    link = await new_link(await house.new_partner())
    answer = await house.new_person().http.get(link)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("tieout_connect=")
    assert {"HttpOnly", "SameSite=lax", "Path=/connect"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


@pytest.mark.parametrize(
    ("path", "masked"),
    [
        ("/connect/abcdefghijkl", "/connect/abcd…"),
        ("/connect/abcdefghijkl/progress?seen=3", "/connect/abcd…/progress?seen"),
        ("/connect/callback/xero?code=secret&state=secret", "/connect/callback/xero?code&state"),
        ("/connect/ended/quickbooks?realmId=123", "/connect/ended/quickbooks?realmId"),
        ("/connect/preview/abcdefghijkl/welcome?language=de", "/connect/preview/abcd…/welcome?language"),
        ("/files/abcdefghijkl", "/files/abcd…"),
        ("/files/abcdefghijkl/more?x=secret", "/files/abcd…"),
        ("/v1/entities?limit=3", "/v1/entities?limit=3"),
    ],
)
def test_a_log_line_gives_no_link_away(path: str, masked: str) -> None:
    assert masked_path(path) == masked
    record = logging.LogRecord(
        "uvicorn.access", 20, "", 0, "%s %s %s %s %d", ("1.2.3.4", "GET", path, "1.1", 200), None
    )
    assert LinkMask().filter(record)
    assert masked in record.getMessage()
    assert "secret" not in record.getMessage()


async def test_a_hint_from_outside_only_makes_a_pull_due_and_not_too_often(house: House) -> None:
    partner = await house.new_partner()
    await house.new_person().connect(await new_link(partner), "Xero", companies=DEMO)
    await house.settle()

    async def company() -> Company:
        async with house.services.database.read() as session:
            return (await session.scalars(select(Company))).one()

    external_id = (await company()).external_id
    address = f"{PUBLIC_URL}/connect/ended/xero?realmId={external_id}"
    due_at = (await company()).pull_due_at
    sight = await house.new_person().open(address)
    assert (sight.status, sight.heading) == (200, "Xero is disconnected")
    assert external_id not in sight.text
    assert (await company()).pull_due_at == due_at
    house.clock.move(timedelta(minutes=2))
    await house.new_person().open(address)
    assert (await company()).pull_due_at == house.clock.now()
    assert (await only_connection(partner))["status"] == "connected"
    await house.new_person().open(f"{PUBLIC_URL}/connect/again/xero?realmId={new_id()}")
    assert await house.settle() == 1


async def test_a_hint_about_lost_access_finds_it_out(house: House) -> None:
    partner = await house.new_partner()
    await house.new_person().connect(await new_link(partner), "Xero", companies=DEMO)
    await house.settle()
    house.clock.move(timedelta(minutes=2))
    simulator = house.simulator("xero")
    ended = next(company for company in simulator.companies.values() if company.name == DEMO)
    ended.people.act("disconnect", {})
    sight = await house.new_person().open(f"{PUBLIC_URL}/connect/again/xero?realmId={ended.id}")
    assert sight.heading == "Connect Xero again"
    await house.settle()
    assert (await only_connection(partner))["status"] == "deauthorized"


async def test_the_api_keeps_partners_and_entities_apart(house: House) -> None:
    partner, other = await house.new_partner("First Inc"), await house.new_partner("Second Inc")
    await new_link(partner)
    connection = await only_connection(partner)
    foreign_entity = partner.entity_id
    first = partner.entity_id
    await partner.make_entity("Second Ltd")
    for caller in (other, partner):
        assert (await caller.get("/accounting_connections")).json() == {"data": []}
        assert (await caller.get(f"/accounting_connections/{connection['id']}")).status_code == 404
        assert (await caller.post(f"/accounting_connections/{connection['id']}/disconnect")).status_code == 404
        assert (await caller.post(f"/accounting_connections/{connection['id']}/sync")).status_code == 404
    other.entity_id = foreign_entity
    assert (await other.get("/accounting_connections")).status_code == 404
    partner.entity_id = first
    assert (await only_connection(partner))["status"] == "pending_auth"


async def test_a_pending_connection_is_given_again_and_a_connected_one_refused(house: House) -> None:
    partner = await house.new_partner()
    first = await partner.post("/accounting_connections")
    again = await partner.post("/accounting_connections", json={})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    await house.new_person().connect(first.json()["connection_url"], "Xero", companies=DEMO)
    refused = await partner.post("/accounting_connections")
    assert refused.status_code == 409
    assert set(refused.json()) == {"error"}
    await disconnect(partner)
    assert (await partner.post("/accounting_connections")).json()["id"] != first.json()["id"]


async def test_a_platform_in_the_body_is_checked_and_offered_first(house: House) -> None:
    partner = await house.new_partner()
    answer = await partner.post("/accounting_connections", json={"platform": "xero"})
    assert answer.status_code == 201
    sight = await house.new_person().open(answer.json()["connection_url"])
    assert sight.forms[0].buttons[0][1] == "xero"
    refused = await partner.post("/accounting_connections", json={"platform": "sage"})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "platform"]
    assert (await partner.post("/accounting_connections", json={"plattform": "xero"})).status_code == 422


async def test_only_a_connected_connection_can_be_synchronised(house: House) -> None:
    partner = await house.new_partner()
    link = await new_link(partner)
    connection = await only_connection(partner)
    path = f"/accounting_connections/{connection['id']}/sync"
    assert (await partner.post(path)).status_code == 409
    await house.new_person().connect(link, "Xero", companies=DEMO)
    await house.settle()
    answer = await partner.post(path)
    assert (answer.status_code, answer.json()) == (202, {"message": "Started connection data sync."})
    assert await house.settle() == 1


async def test_an_answer_has_exactly_the_fields_of_the_contract(house: House) -> None:
    partner = await house.new_partner()
    answer = await partner.post("/accounting_connections")
    assert set(answer.json()) == {
        "id",
        "created_at",
        "updated_at",
        "business_info",
        "connection_url",
        "errors",
        "last_pull",
        "platform",
        "status",
    }
    assert answer.json()["status"] == "pending_auth"
    assert [answer.json()[name] for name in ("platform", "errors", "last_pull", "business_info")] == [None] * 4


async def test_a_form_that_is_too_large_or_no_form_is_refused_on_a_page(house: House) -> None:
    link = await new_link(await house.new_partner())
    person = house.new_person()
    await person.open(link)
    too_large = await person.http.post(f"{link}/start", data={"platform": "x" * 100_000})
    with_file = await person.http.post(f"{link}/start", files={"platform": b"xero"})
    no_form = await person.http.post(f"{link}/start", content=b"\xff\xfe", headers={"content-type": "text/plain"})
    assert too_large.status_code in (400, 413)
    assert [with_file.status_code, no_form.status_code] == [400, 403]
    for answer in (with_file, no_form):
        assert answer.headers["content-type"].startswith("text/html")
        assert "content-security-policy" in answer.headers


async def test_a_fault_of_ours_is_told_on_a_page_without_its_cause(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = await new_link(await house.new_partner())

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("tieout.web.connect.load_guest", broken)
    sight = await house.new_person().open(link)
    assert (sight.status, sight.heading) == (500, "Something went wrong on our side")
    assert "secret" not in sight.html
