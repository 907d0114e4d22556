"""/measure_units and /products."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.support.partner import Api, Partner

PRODUCT_FIELDS = {
    "id",
    "created_at",
    "updated_at",
    "entity_id",
    "entity_user_id",
    "name",
    "type",
    "description",
    "price",
    "smallest_amount",
    "measure_unit_id",
    "ledger_account_id",
    "external_reference",
}


@pytest.fixture
async def seller(partner: Partner) -> Partner:
    await partner.make_entity()
    return partner


async def made(seller: Partner, **fields: Any) -> dict[str, Any]:
    answer = await seller.post("/products", json={"name": "Hammer"} | fields)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_unit_lives_its_life(seller: Partner) -> None:
    answer = await seller.post("/measure_units", json={"name": "kg", "unknown": "left alone"})
    assert answer.status_code == 201
    unit = answer.json()
    assert set(unit) == {"id", "created_at", "updated_at", "name", "description"}
    path = f"/measure_units/{unit['id']}"
    assert (await seller.patch(path, json={"description": "kilogram"})).json()["description"] == "kilogram"
    assert (await seller.get("/measure_units")).json() == {"data": [unit | {"description": "kilogram"}]}
    assert (await seller.delete(path)).status_code == 204
    assert (await seller.get(path)).status_code == 404


@pytest.mark.parametrize("change", [{"name": ""}, {"name": None}, {"name": "x" * 101}, {"unknown": 1}])
async def test_a_wrong_change_of_a_unit_is_refused(seller: Partner, change: dict[str, Any]) -> None:
    unit = (await seller.post("/measure_units", json={"name": "kg"})).json()
    answer = await seller.patch(f"/measure_units/{unit['id']}", json=change)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", next(iter(change))]


async def test_a_unit_in_use_cannot_be_deleted(seller: Partner) -> None:
    unit = (await seller.post("/measure_units", json={"name": "kg"})).json()
    product = await made(seller, measure_unit_id=unit["id"])
    assert (await seller.delete(f"/measure_units/{unit['id']}")).status_code == 409
    assert (await seller.delete(f"/products/{product['id']}")).status_code == 204
    assert (await seller.delete(f"/measure_units/{unit['id']}")).status_code == 204


async def test_a_product_is_made_and_read_back(seller: Partner) -> None:
    product = await made(
        seller, price={"currency": "EUR", "value": 1999}, smallest_amount=0.5, external_reference="H-1", type="service"
    )
    assert set(product) == PRODUCT_FIELDS
    assert product["price"] == {"currency": "EUR", "value": 1999}
    assert product["smallest_amount"] == 0.5
    assert product["entity_id"] == seller.entity_id
    assert (await seller.get(f"/products/{product['id']}")).json() == product


async def test_a_product_needs_no_more_than_a_name(seller: Partner) -> None:
    product = await made(seller)
    assert product["type"] == "product"
    assert product["price"] is None


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"name": ""}, ["body", "name"]),
        ({"color": "red"}, ["body", "color"]),
        ({"type": "thing"}, ["body", "type"]),
        ({"price": {"currency": "EUR"}}, ["body", "price", "value"]),
        ({"price": {"currency": "EUR", "value": 1.0}}, ["body", "price", "value"]),
        ({"price": {"currency": "EUR", "value": "1"}}, ["body", "price", "value"]),
        ({"price": {"currency": "EUR", "value": -1}}, ["body", "price", "value"]),
        ({"price": {"currency": "EUR", "value": 2**53}}, ["body", "price", "value"]),
        ({"price": {"currency": "eur", "value": 1}}, ["body", "price", "currency"]),
        ({"smallest_amount": -1}, ["body", "smallest_amount"]),
        ({"smallest_amount": 9.2580629989536e-236}, ["body", "smallest_amount"]),
        ({"measure_unit_id": str(uuid4())}, ["body", "measure_unit_id"]),
        ({"ledger_account_id": str(uuid4())}, ["body", "ledger_account_id"]),
        ({"description": "x" * 2001}, ["body", "description"]),
    ],
)
async def test_a_wrong_product_is_refused_and_nothing_is_kept(
    seller: Partner, change: dict[str, Any], place: list[str]
) -> None:
    answer = await seller.post("/products", json={"name": "Hammer"} | change)
    assert answer.status_code == 422
    assert [fault["loc"] for fault in answer.json()["detail"]] == [place]
    assert (await seller.get("/products")).json()["data"] == []


async def test_a_change_empties_what_may_be_empty(seller: Partner) -> None:
    product = await made(seller, price={"currency": "EUR", "value": 5}, description="heavy")
    changed = await seller.patch(f"/products/{product['id']}", json={"price": None})
    assert changed.json() == product | {"price": None}
    for field in ("name", "type"):
        refused = await seller.patch(f"/products/{product['id']}", json={field: None})
        assert refused.status_code == 422


async def test_a_deleted_product_is_gone_but_its_row_stays(api: Api, seller: Partner) -> None:
    product = await made(seller)
    assert (await seller.delete(f"/products/{product['id']}")).status_code == 204
    assert (await seller.get(f"/products/{product['id']}")).status_code == 404
    assert (await seller.delete(f"/products/{product['id']}")).status_code == 404
    assert (await seller.get("/products")).json()["data"] == []
    async with api.services.database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM products")) == 1


async def test_products_are_narrowed_by_every_filter(seller: Partner) -> None:
    unit = (await seller.post("/measure_units", json={"name": "kg"})).json()
    hammer = await made(seller, price={"currency": "EUR", "value": 100}, measure_unit_id=unit["id"])
    repair = await made(seller, name="hammer_repair 100%", type="service", price={"currency": "USD", "value": 200})
    for query, expected in (
        (f"id__in={hammer['id']}", [hammer]),
        ("name=Hammer", [hammer]),
        ("name__contains=hammer", [repair]),
        ("name__icontains=HAMMER", [hammer, repair]),
        ("name__icontains=r_r", [repair]),
        ("name__icontains=100%25", [repair]),
        ("name__icontains=%25", [repair]),
        ("type=service", [repair]),
        ("price=100", [hammer]),
        (f"price={10**30}", []),
        (f"price__lte={10**30}", [hammer, repair]),
        ("price__gt=100", [repair]),
        ("price__lt=200", [hammer]),
        ("price__gte=100&price__lte=200", [hammer, repair]),
        ("currency=USD", [repair]),
        ("currency__in=USD&currency__in=EUR", [hammer, repair]),
        (f"measure_unit_id={unit['id']}", [hammer]),
        ("sort=name&order=desc", [repair, hammer]),
        ("created_at__gt=2026-03-02T09:30:00Z", []),
    ):
        answer = await seller.get(f"/products?{query}")
        assert answer.status_code == 200, answer.text
        key = "name"
        assert sorted(p[key] for p in answer.json()["data"]) == sorted(p[key] for p in expected), query


@pytest.mark.parametrize(
    "query", ["name=%00", "price=-1", "price__lt=-1", "currency=EURO", "price=x", "id__in=7", "sort=created_at"]
)
async def test_wrong_filters_are_422(seller: Partner, query: str) -> None:
    answer = await seller.get(f"/products?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:2] == ["query", query.partition("=")[0]]


@pytest.mark.parametrize("resource", ["measure_units", "products"])
async def test_what_belongs_to_others_is_not_there(api: Api, seller: Partner, resource: str) -> None:
    mine = (await seller.post(f"/{resource}", json={"name": "mine"})).json()
    other = await api.new_partner("Somebody Else Inc")
    await other.make_entity()
    my_other_entity = Partner(seller.http, seller.id, seller.client_id, seller.client_secret, seller.token)
    await my_other_entity.make_entity("Second Ltd")
    for caller in (other, my_other_entity):
        path = f"/{resource}/{mine['id']}"
        for answer in (
            await caller.get(path),
            await caller.patch(path, json={"name": "theirs"}),
            await caller.delete(path),
        ):
            assert answer.status_code == 404
            assert set(answer.json()) == {"error"}
        assert (await caller.get(f"/{resource}")).json()["data"] == []
    assert (await seller.get(f"/{resource}/{mine['id']}")).json() == mine


async def test_the_unit_of_another_entity_cannot_be_named(seller: Partner) -> None:
    unit = (await seller.post("/measure_units", json={"name": "kg"})).json()
    await seller.make_entity("Second Ltd")
    answer = await seller.post("/products", json={"name": "Hammer", "measure_unit_id": unit["id"]})
    assert answer.status_code == 422
