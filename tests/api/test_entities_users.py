"""Entity users and what belongs to their entity: tax numbers, rates, settings."""

import pytest
from tests.support.partner import Partner
from tests.support.people import user_who_may

READ = "read"
ALL = "create read update delete"
GERMAN = {"country": "DE", "type": "eu_vat", "value": "DE136695976"}


@pytest.fixture
async def seller(partner: Partner) -> Partner:
    await partner.make_entity()
    return partner


async def test_a_user_keeps_the_tax_numbers_of_their_entity(seller: Partner) -> None:
    user = await user_who_may(seller, entity_vat_ids=ALL)
    path = f"/entities/{seller.entity_id}/vat_ids"
    number = (await user.post(path, json=GERMAN)).json()
    assert (await user.get(path)).json() == {"data": [number]} == (await seller.get(path)).json()
    assert (await user.patch(f"{path}/{number['id']}", json={"value": "DE1"})).json()["value"] == "DE1"
    assert (await user.delete(f"{path}/{number['id']}")).status_code == 204


async def test_a_user_does_with_tax_numbers_only_what_the_role_allows(seller: Partner) -> None:
    user = await user_who_may(seller, entity_vat_ids=READ)
    path = f"/entities/{seller.entity_id}/vat_ids"
    number = (await seller.post(path, json=GERMAN)).json()
    assert (await user.get(f"{path}/{number['id']}")).json() == number
    for answer in (
        await user.post(path, json=GERMAN),
        await user.patch(f"{path}/{number['id']}", json={"value": "X"}),
        await user.delete(f"{path}/{number['id']}"),
    ):
        assert answer.status_code == 403
    assert (await seller.get(path)).json() == {"data": [number]}


async def test_the_tax_numbers_of_another_entity_are_not_the_users(seller: Partner) -> None:
    user = await user_who_may(seller, entity_vat_ids=ALL)
    other = await seller.make_entity("Second Ltd")
    assert (await user.get(f"/entities/{other}/vat_ids")).status_code == 403
    assert (await user.post(f"/entities/{other}/vat_ids", json=GERMAN)).status_code == 403
    assert (await seller.get(f"/entities/{other}/vat_ids")).json() == {"data": []}


async def test_every_user_may_see_the_rates_and_units(seller: Partner) -> None:
    user = await user_who_may(seller)
    user.entity_id = seller.entity_id
    assert (await user.get("/vat_rates")).status_code == 200
    assert (await user.get("/measure_units")).status_code == 200
    assert (await user.post("/measure_units", json={"name": "kg"})).status_code == 403


async def test_a_deactivated_entity_is_read_but_not_changed(seller: Partner) -> None:
    unit = (await seller.post("/measure_units", json={"name": "kg"})).json()
    await seller.post(f"/entities/{seller.entity_id}/deactivate")
    assert (await seller.get("/measure_units")).json() == {"data": [unit]}
    for answer in (
        await seller.post("/measure_units", json={"name": "h"}),
        await seller.patch(f"/measure_units/{unit['id']}", json={"name": "h"}),
        await seller.delete(f"/measure_units/{unit['id']}"),
        await seller.post("/products", json={"name": "Hammer"}),
        await seller.patch("/entities/me", json={"phone": "1"}),
    ):
        assert answer.status_code == 409
        assert "not active" in answer.json()["error"]["message"]
    await seller.post(f"/entities/{seller.entity_id}/activate")
    assert (await seller.delete(f"/measure_units/{unit['id']}")).status_code == 204
