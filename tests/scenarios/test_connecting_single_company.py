"""Connecting where one consent is one company, which is revoked for the whole app."""

from sqlalchemy import select
from tests.scenarios.test_connecting import disconnect, new_link, only_connection
from tests.support.house import House
from tests.support.partner import Partner

from tieout.storage.tables.connections import Grant

CRAIG, BLANK = "Craig's Design", "Blank Slate Trading"


async def connect(house: House, partner: Partner, company: str) -> str:
    sight = await house.new_person().connect(await new_link(partner), "QuickBooks Online", companies=company)
    return sight.heading


def revocations(house: House) -> int:
    seen = house.simulator("quickbooks").requests.listed(limit=10_000)
    return sum("revoke" in one.path for one in seen)


async def reasons(house: House) -> list[str | None]:
    async with house.services.database.read() as session:
        return sorted(await session.scalars(select(Grant.end_reason)), key=str)


async def test_a_person_connects_one_company(house: House) -> None:
    partner = await house.new_partner()
    assert await connect(house, partner, CRAIG) == "Craig's Design and Landscaping Services is connected"
    await house.settle()
    seen = await only_connection(partner)
    assert (seen["platform"], seen["errors"]) == ("quickbooks_online", None)
    assert seen["business_info"]["base_currency"] == "USD"


async def test_disconnecting_revokes(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, CRAIG)
    await disconnect(partner)
    await house.settle()
    assert revocations(house) == 1
    assert await reasons(house) == ["revoked"]


async def test_a_second_entity_does_not_cost_the_first_its_access(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, CRAIG)
    first = partner.entity_id
    await partner.make_entity("Second Ltd")
    assert await connect(house, partner, CRAIG) == "These books are connected already"
    await house.settle()
    assert revocations(house) == 0
    assert await reasons(house) == [None, "not_needed"]
    partner.entity_id = first
    await partner.post(f"/accounting_connections/{(await only_connection(partner))['id']}/sync")
    await house.settle()
    assert (await only_connection(partner))["errors"] is None


async def test_disconnecting_one_company_leaves_the_other_of_the_same_person(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, CRAIG)
    first = partner.entity_id
    await partner.make_entity("Second Ltd")
    await connect(house, partner, BLANK)
    await disconnect(partner)
    await house.settle()
    assert revocations(house) == 1
    partner.entity_id = first
    await partner.post(f"/accounting_connections/{(await only_connection(partner))['id']}/sync")
    await house.settle()
    assert (await only_connection(partner))["status"] == "connected"


async def test_connecting_again_before_the_end_came_through_is_not_revoked(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, CRAIG)
    await house.settle()
    await disconnect(partner)
    assert (await connect(house, partner, CRAIG)).endswith("is connected")
    await house.settle()
    assert revocations(house) == 0
    assert await reasons(house) == [None, "replaced"]
    assert (await only_connection(partner))["errors"] is None


async def test_switching_the_platform_is_asked_about(house: House) -> None:
    partner = await house.new_partner()
    await connect(house, partner, CRAIG)
    await disconnect(partner)
    await house.settle()
    person = house.new_person()
    sight = await person.connect(await new_link(partner), "Xero", companies="Demo Company (Global)")
    assert sight.heading == "Another company than before"
    assert "Craig's Design and Landscaping Services" in sight.text
    sight = await person.press("Connect Demo Company (Global)")
    assert sight.heading == "Demo Company (Global) is connected"


async def test_a_person_without_administrator_rights_is_stopped_at_the_platform(house: House) -> None:
    partner = await house.new_partner()
    person = house.new_person(email="bookkeeper@example.com")
    await person.open(await new_link(partner))
    await person.press("Q QuickBooks Online")
    sight = await person.press("Sign in", email="bookkeeper@example.com", password="demo-password")
    sight = await person.press("Connect", choose=CRAIG)
    assert (await only_connection(partner))["status"] == "pending_auth"
    assert "is connected" not in sight.heading
