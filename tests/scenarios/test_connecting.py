"""A person connects an entity's books: what they see, what the partner sees, and what stands at the platform."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import func, select
from tests.support.house import PUBLIC_URL, House
from tests.support.partner import Partner
from tests.support.person import Person, Sight

from tieout.storage.tables.access import Partner as PartnerRow
from tieout.storage.tables.connections import Company, Connection, Consent, Grant
from tieout.storage.tables.work import Event

DEMO, HARBOUR, QUIET = "Demo Company (Global)", "Harbour Bridge Consulting", "Quiet Corner Bookshop"


async def new_link(partner: Partner) -> str:
    answer = await partner.post("/accounting_connections")
    assert answer.status_code == 201, answer.text
    return str(answer.json()["connection_url"])


async def only_connection(partner: Partner) -> dict[str, Any]:
    data = (await partner.get("/accounting_connections")).json()["data"]
    assert len(data) == 1
    return dict(data[0])


async def actions_of_events(house: House) -> list[str]:
    async with house.services.database.read() as session:
        rows = await session.scalars(select(Event.action).order_by(Event.created_at, Event.action))
        return [action for action in rows if action.startswith("accounting_connection.")]


async def count_of(house: House, table: type) -> int:
    async with house.services.database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


def standing_at_platform(house: House, email: str = "jordan@example.com") -> set[str]:
    """The names of the organisations that a user's connections still reach at the simulated Xero."""
    state = house.simulators["xero"].state.xero
    simulator = house.simulator("xero")
    user = next(user for user in simulator.users if user.email == email)
    return {
        simulator.companies[connection.tenant_id].name
        for app in simulator.apps.listed()
        for connection in state.grants.connections(app.client_id, user.id)
    }


async def leave_for_xero(partner: Partner, person: Person) -> Sight:
    """As far as the platform's consent page."""
    await person.open(await new_link(partner))
    await person.press("X Xero")
    return await person.sign_in()


async def test_a_person_connects_books_and_everybody_sees_it(house: House) -> None:
    partner = await house.new_partner()
    person = house.new_person()
    sight = await person.connect(await new_link(partner), "Xero", companies=DEMO)
    assert sight.heading == f"{DEMO} is connected"
    assert "Reading your books for the first time" in sight.text

    seen = await only_connection(partner)
    assert (seen["status"], seen["platform"], seen["errors"]) == ("connected", "xero", None)
    assert seen["business_info"]["name"] == DEMO
    assert await actions_of_events(house) == ["accounting_connection.connected", "accounting_connection.pending_auth"]

    await house.settle()
    sight = await person.open(sight.url)
    assert "Your books have been read" in sight.text
    seen = await only_connection(partner)
    assert seen["last_pull"] == "2026-03-02T09:30:00Z"
    assert seen["business_info"]["base_currency"] == "USD"


async def test_the_link_of_a_connected_entity_shows_that_it_is_connected(house: House) -> None:
    partner = await house.new_partner()
    link = await new_link(partner)
    await house.new_person().connect(link, "Xero", companies=DEMO)
    assert (await house.new_person().open(link)).heading == f"{DEMO} is connected"


async def test_a_person_who_says_no_connects_nothing_and_may_start_again(house: House) -> None:
    partner = await house.new_partner()
    person = house.new_person()
    await leave_for_xero(partner, person)
    sight = await person.press("Cancel")
    assert sight.heading == "You chose not to connect"
    assert await count_of(house, Grant) == 0
    await person.click("Start again")
    sight = await person.go_through("Xero", companies=DEMO)
    assert sight.heading == f"{DEMO} is connected"


async def test_several_companies_wait_for_a_choice_and_the_others_are_let_go_of(house: House) -> None:
    partner = await house.new_partner()
    person = house.new_person()
    sight = await person.connect(await new_link(partner), "Xero", companies=[DEMO, HARBOUR])
    assert sight.heading == "Which company?"
    assert (await only_connection(partner))["status"] == "pending_auth"
    assert standing_at_platform(house) == {DEMO, HARBOUR}
    sight = await person.press("Connect this company", choose=HARBOUR)
    assert sight.heading == f"{HARBOUR} is connected"
    await house.settle()
    assert standing_at_platform(house) == {HARBOUR}
    assert (await only_connection(partner))["status"] == "connected"


async def test_a_choice_that_is_never_made_is_ended_at_the_platform(house: House) -> None:
    partner = await house.new_partner()
    person = house.new_person()
    sight = await person.connect(await new_link(partner), "Xero", companies=[DEMO, HARBOUR])
    await house.settle()
    assert standing_at_platform(house) == {DEMO, HARBOUR}
    house.clock.move(timedelta(minutes=31))
    await house.settle()
    assert standing_at_platform(house) == set()
    sight = await person.open(sight.url)
    assert sight.heading == "That took a little too long"
    assert (await only_connection(partner))["status"] == "pending_auth"


async def test_nobody_can_choose_a_company_that_the_consent_did_not_bring(house: House) -> None:
    partner = await house.new_partner()
    person = house.new_person()
    sight = await person.connect(await new_link(partner), "Xero", companies=[DEMO, HARBOUR])
    sight.forms[0].choices[0] = ("company", "00000000-0000-0000-0000-000000000000", "Forged")
    assert (await person.press("Connect this company", choose="Forged")).heading == "Which company?"
    assert (await only_connection(partner))["status"] == "pending_auth"


async def callback_of(partner: Partner, person: Person) -> str:
    """The address with which the platform would send this person back, which is not opened."""
    sight = await leave_for_xero(partner, person)
    form = sight.forms[0]
    fields = dict(form.fields) | {"step": "connect", "company": form.choices[0][1]}
    answer = await person.http.post(sight.url.partition("?")[0], data=fields)
    return str(answer.headers["location"])


async def test_a_callback_counts_once(house: House) -> None:
    partner = await house.new_partner()
    person = house.new_person()
    callback = await callback_of(partner, person)
    assert (await person.open(callback)).heading == f"{DEMO} is connected"
    grants, events = await count_of(house, Grant), await actions_of_events(house)
    assert (await person.open(callback)).heading == f"{DEMO} is connected"
    assert await count_of(house, Grant) == grants
    assert await actions_of_events(house) == events


async def test_a_callback_in_another_browser_connects_nothing_and_gives_no_link(house: House) -> None:
    partner = await house.new_partner()
    person = house.new_person()
    callback = await callback_of(partner, person)
    stranger = house.new_person()
    sight = await stranger.open(callback)
    assert (sight.status, sight.heading) == (400, "Please go on in one browser")
    assert "/connect/" not in sight.html
    assert await count_of(house, Grant) == 0
    assert (await person.open(callback)).heading == f"{DEMO} is connected"


async def test_a_callback_after_half_an_hour_connects_nothing(house: House) -> None:
    partner = await house.new_partner()
    person = house.new_person()
    callback = await callback_of(partner, person)
    house.clock.move(timedelta(minutes=30))
    assert (await person.open(callback)).heading == "That took a little too long"
    assert await count_of(house, Grant) == 0
    assert (await person.open(callback)).heading == "This step is over already"


@pytest.mark.parametrize(
    "address",
    [
        "/connect/callback/xero",
        "/connect/callback/xero?state=made-up&code=abc",
        "/connect/callback/xero?state=" + "x" * 5000,
        "/connect/callback/nobody?state=a",
    ],
)
async def test_a_callback_that_nobody_began_is_told_so(house: House, address: str) -> None:
    sight = await house.new_person().open(PUBLIC_URL + address)
    assert (sight.status, sight.heading) == (400, "We cannot tell where you came from")


async def test_the_state_of_one_platform_is_nothing_at_another(house: House) -> None:
    partner = await house.new_partner()
    person = house.new_person()
    callback = await callback_of(partner, person)
    sight = await person.open(callback.replace("/callback/xero", "/callback/quickbooks"))
    assert sight.status == 400
    assert await count_of(house, Grant) == 0


@pytest.mark.parametrize("kind", ["drop_before_commit", "status_before_commit", "rate_limited", "drop_after_commit"])
async def test_a_platform_that_does_not_answer_leaves_nothing_and_may_be_tried_again(house: House, kind: str) -> None:
    partner = await house.new_partner()
    person = house.new_person()
    callback = await callback_of(partner, person)
    house.simulator("xero").faults.add({"kind": kind, "path_prefix": "/connect/token"})
    assert (await person.open(callback)).heading == "Xero is not answering"
    assert await count_of(house, Grant) == 0
    assert (await only_connection(partner))["status"] == "pending_auth"
    await person.click("Try again")
    assert (await person.go_through("Xero", companies=DEMO)).heading == f"{DEMO} is connected"


async def test_a_code_that_the_platform_refuses_is_told_so(house: House) -> None:
    partner = await house.new_partner()
    person = house.new_person()
    callback = await callback_of(partner, person)
    parts = dict(parse_qsl(urlsplit(callback).query))
    sight = await person.open(callback.replace(parts["code"], "no-such-code"))
    assert sight.heading == "Xero did not confirm the connection"
    assert await count_of(house, Grant) == 0


async def test_access_is_ended_again_when_the_companies_cannot_be_listed(house: House) -> None:
    partner = await house.new_partner()
    person = house.new_person()
    callback = await callback_of(partner, person)
    house.simulator("xero").faults.add({"kind": "status_before_commit", "path_prefix": "/connections"})
    assert (await person.open(callback)).heading == "Xero is not answering"
    assert standing_at_platform(house) == {DEMO}
    await house.settle()
    assert standing_at_platform(house) == set()
    async with house.services.database.read() as session:
        grant = (await session.scalars(select(Grant))).one()
        assert grant.end_reason == "revoked"


async def test_books_that_another_entity_has_are_not_taken_away(house: House) -> None:
    partner = await house.new_partner()
    await house.new_person().connect(await new_link(partner), "Xero", companies=DEMO)
    await house.settle()
    first_entity = partner.entity_id
    await partner.make_entity("Second Ltd")
    link = await new_link(partner)
    sight = await house.new_person().connect(link, "Xero", companies=DEMO)
    assert sight.heading == "These books are connected already"
    assert (await only_connection(partner))["status"] == "pending_auth"
    await house.settle()
    partner.entity_id = first_entity
    assert (await only_connection(partner))["status"] == "connected"
    assert standing_at_platform(house) == {DEMO}
    async with house.services.database.read() as session:
        fresh = (await session.scalars(select(Grant).order_by(Grant.created_at.desc(), Grant.ended_at.desc()))).all()
        assert sorted(str(grant.end_reason) for grant in fresh) == ["None", "not_needed"]
    assert (
        await partner.post(f"/accounting_connections/{(await only_connection(partner))['id']}/sync")
    ).status_code == 202
    await house.settle()
    assert (await only_connection(partner))["errors"] is None


async def disconnect(partner: Partner) -> dict[str, Any]:
    connection = await only_connection(partner)
    answer = await partner.post(f"/accounting_connections/{connection['id']}/disconnect")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_the_same_books_are_taken_up_again_without_a_question(house: House) -> None:
    partner = await house.new_partner()
    await house.new_person().connect(await new_link(partner), "Xero", companies=DEMO)
    await house.settle()
    ended = await disconnect(partner)
    await house.settle()
    link = await new_link(partner)
    sight = await house.new_person().connect(link, "Xero", companies=DEMO)
    assert sight.heading == f"{DEMO} is connected"
    again = await only_connection(partner)
    assert again["id"] != ended["id"]
    assert await count_of(house, Company) == 1
    await house.settle()
    assert (await only_connection(partner))["errors"] is None


async def test_other_books_than_before_are_asked_about_with_both_names(house: House) -> None:
    partner = await house.new_partner()
    await house.new_person().connect(await new_link(partner), "Xero", companies=DEMO)
    await disconnect(partner)
    await house.settle()
    person = house.new_person()
    sight = await person.connect(await new_link(partner), "Xero", companies=HARBOUR)
    assert sight.heading == "Another company than before"
    assert DEMO in sight.text
    assert HARBOUR in sight.text
    assert (await only_connection(partner))["status"] == "pending_auth"
    sight = await person.press(f"Connect {HARBOUR}")
    assert sight.heading == f"{HARBOUR} is connected"
    assert await count_of(house, Company) == 2


async def test_a_person_who_goes_back_from_the_question_connects_nothing(house: House) -> None:
    partner = await house.new_partner()
    await house.new_person().connect(await new_link(partner), "Xero", companies=DEMO)
    await disconnect(partner)
    await house.settle()
    person = house.new_person()
    await person.connect(await new_link(partner), "Xero", companies=HARBOUR)
    sight = await person.press("No, go back")
    assert sight.heading == "Payables Inc would like to connect to Acme Ltd’s accounting"
    await house.settle()
    assert standing_at_platform(house) == set()
    sight = await person.go_through("Xero", companies=DEMO)
    assert sight.heading == f"{DEMO} is connected"


async def test_going_back_among_several_shows_the_choice_again(house: House) -> None:
    partner = await house.new_partner()
    await house.new_person().connect(await new_link(partner), "Xero", companies=DEMO)
    await disconnect(partner)
    await house.settle()
    person = house.new_person()
    sight = await person.connect(await new_link(partner), "Xero", companies=[DEMO, HARBOUR])
    assert sight.heading == "Which company?"
    assert "connected before" in sight.text
    await person.press("Connect this company", choose=HARBOUR)
    assert (await person.press("No, go back")).heading == "Which company?"
    assert (await person.press("Connect this company", choose=DEMO)).heading == f"{DEMO} is connected"


async def deauthorize(house: House, partner: Partner) -> None:
    """Somebody ends the access inside the platform, and Tieout notices at its next pull."""
    simulator = house.simulator("xero")
    for company in simulator.companies.values():
        company.people.act("disconnect", {})
    connection = await only_connection(partner)
    await partner.post(f"/accounting_connections/{connection['id']}/sync")
    await house.settle()
    assert (await only_connection(partner))["status"] == "deauthorized"


async def test_lost_access_recovers_on_the_same_connection(house: House) -> None:
    partner = await house.new_partner()
    await house.new_person().connect(await new_link(partner), "Xero", companies=DEMO)
    await house.settle()
    await deauthorize(house, partner)
    lost = await only_connection(partner)
    assert lost["errors"]
    assert (await partner.post("/accounting_connections")).status_code == 409
    person = house.new_person()
    sight = await person.open(lost["connection_url"])
    assert sight.heading == f"Payables Inc has lost access to {DEMO}"
    sight = await person.go_through("Xero", companies=DEMO)
    assert sight.heading == f"{DEMO} is connected"
    await house.settle()
    again = await only_connection(partner)
    assert (again["id"], again["status"], again["errors"]) == (lost["id"], "connected", None)
    assert (await actions_of_events(house)).count("accounting_connection.connected") == 2


async def test_a_connection_that_the_partner_ends_meanwhile_is_not_connected(house: House) -> None:
    partner = await house.new_partner()
    person = house.new_person()
    link = await new_link(partner)
    await person.connect(link, "Xero", companies=[DEMO, HARBOUR])
    await disconnect(partner)
    assert (await person.press("Connect this company", choose=DEMO)).heading == "This connection was ended"
    await house.settle()
    assert standing_at_platform(house) == set()
    assert (await person.open(link)).heading == "This connection was ended"


async def test_old_visits_of_a_connection_are_forgotten(house: House) -> None:
    partner = await house.new_partner()
    link = await new_link(partner)
    for _ in range(25):
        person = house.new_person()
        await person.open(link)
        await person.press("X Xero")
    assert await count_of(house, Consent) == 20
    house.clock.move(timedelta(hours=1))
    person = house.new_person()
    await person.open(link)
    await person.press("X Xero")
    assert await count_of(house, Consent) == 1


async def test_a_partner_without_an_app_is_told_apart_from_a_fault(house: House) -> None:
    partner = await house.new_partner()
    person = house.new_person()
    link = await new_link(partner)
    await person.open(link)
    async with house.services.database.write() as session:
        row = (await session.scalars(select(Connection))).one()
        owner = await session.get_one(type(await _partner_row(session, row)), row.partner_id)
        owner.environment = "production"
    sight = await house.new_person().open(link)
    assert "has not set up any accounting software yet" in sight.text
    assert sight.forms == []


async def _partner_row(session: Any, connection: Connection) -> Any:
    return await session.get_one(PartnerRow, connection.partner_id)


async def test_tokens_of_a_process_that_died_are_ended_when_the_visit_is_over(house: House) -> None:
    partner = await house.new_partner()
    person = house.new_person()
    await person.connect(await new_link(partner), "Xero", companies=[DEMO, HARBOUR])
    async with house.services.database.write() as session:
        (await session.scalars(select(Consent))).one().choices = None
    await house.settle()
    assert standing_at_platform(house) == {DEMO, HARBOUR}
    house.clock.move(timedelta(minutes=31))
    await house.settle()
    assert standing_at_platform(house) == set()
