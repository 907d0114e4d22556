"""GET and PATCH /entities/me, and what entity users make of the catalogue."""

import pytest
from tests.support.partner import ADDRESS, Partner
from tests.support.people import user_who_may

ALL = {"create": "allowed", "read": "allowed", "update": "allowed", "delete": "allowed"}
OWN = {"create": "allowed", "read": "allowed", "update": "allowed_for_own", "delete": "allowed_for_own"}


@pytest.fixture
async def seller(partner: Partner) -> Partner:
    await partner.make_entity()
    return partner


async def test_a_user_sees_and_changes_the_entity_without_naming_it(seller: Partner) -> None:
    user = await user_who_may(seller, entity=ALL)
    user.entity_id = ""
    entity = (await user.get("/entities/me")).json()
    assert entity == (await seller.get(f"/entities/{seller.entity_id}")).json()
    changed = await user.patch("/entities/me", json={"phone": "555"})
    assert changed.status_code == 200
    assert changed.json() == entity | {"phone": "555"}
    events = (await seller.get("/events?object_type=entity")).json()["data"]
    assert sorted(event["action"] for event in events) == ["entity.created", "entity.updated"]


async def test_a_users_role_says_what_may_be_done_to_the_entity(seller: Partner) -> None:
    user = await user_who_may(seller, entity={"read": "allowed"})
    user.entity_id = ""
    assert (await user.get("/entities/me")).status_code == 200
    refused = await user.patch("/entities/me", json={"phone": "555"})
    assert refused.status_code == 403
    stranger = await user_who_may(seller, product=ALL)
    stranger.entity_id = ""
    assert (await stranger.get("/entities/me")).status_code == 403


async def test_a_user_cannot_name_another_entity(seller: Partner) -> None:
    user = await user_who_may(seller, entity=ALL)
    user.entity_id = ""
    other = await seller.make_entity("Second Ltd")
    assert (await user.get("/entities/me", headers={"x-monite-entity-id": other})).status_code == 403


async def test_a_partner_names_the_entity_in_the_header(seller: Partner, other_partner: Partner) -> None:
    assert (await seller.get("/entities/me")).json()["id"] == seller.entity_id
    assert (await seller.patch("/entities/me", json={"phone": "1"})).json()["phone"] == "1"
    theirs = await other_partner.make_entity()
    assert (await seller.get("/entities/me", headers={"x-monite-entity-id": theirs})).status_code == 404
    seller.entity_id = ""
    for answer in (await seller.get("/entities/me"), await seller.patch("/entities/me", json={"phone": "2"})):
        assert answer.status_code == 400
        assert "x-monite-entity-id" in answer.json()["error"]["message"]


async def test_a_wrong_change_is_refused_as_everywhere(seller: Partner) -> None:
    user = await user_who_may(seller, entity=ALL)
    user.entity_id = ""
    for change, place in (({"type": "individual"}, ["body", "type"]), ({"email": "x"}, ["body", "email"])):
        answer = await user.patch("/entities/me", json=change)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == place
    person = await user.patch("/entities/me", json={"individual": {"first_name": "Mary"}})
    assert person.json()["detail"][0]["loc"] == ["body", "individual"]


async def test_what_a_user_makes_names_them(seller: Partner) -> None:
    user = await user_who_may(seller, product=ALL, counterpart=ALL)
    user_id = str(user.user_id)
    product = (await user.post("/products", json={"name": "Hammer"})).json()
    assert product["entity_user_id"] == user_id
    counterpart = (
        await user.post(
            "/counterparts",
            json={
                "type": "organization",
                "organization": {"legal_name": "B", "is_customer": True, "is_vendor": True, "address": ADDRESS},
            },
        )
    ).json()
    assert counterpart["created_by_entity_user_id"] == user_id
    assert (await seller.get(f"/products/{product['id']}")).json() == product
    assert (await seller.post("/products", json={"name": "Saw"})).json()["entity_user_id"] is None


async def test_a_user_who_may_change_only_their_own_leaves_others_alone(seller: Partner) -> None:
    user = await user_who_may(seller, product=OWN)
    mine = (await user.post("/products", json={"name": "Mine"})).json()
    theirs = (await seller.post("/products", json={"name": "Theirs"})).json()
    assert (await user.patch(f"/products/{mine['id']}", json={"name": "Changed"})).status_code == 200
    assert (await user.patch(f"/products/{theirs['id']}", json={"name": "Changed"})).status_code == 403
    assert (await user.delete(f"/products/{theirs['id']}")).status_code == 403
    assert (await seller.get(f"/products/{theirs['id']}")).json() == theirs


async def test_a_unit_that_anybodys_product_is_counted_in_cannot_be_deleted(seller: Partner) -> None:
    user = await user_who_may(seller, product=ALL)
    unit = (await seller.post("/measure_units", json={"name": "kg"})).json()
    product = (await seller.post("/products", json={"name": "Nails", "measure_unit_id": unit["id"]})).json()
    assert (await user.delete(f"/measure_units/{unit['id']}")).status_code == 409
    assert (await seller.get(f"/products/{product['id']}")).json()["measure_unit_id"] == unit["id"]
