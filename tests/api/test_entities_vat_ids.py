"""/entities/{entity_id}/vat_ids: shapes, refusals, isolation."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.support.partner import Api, Partner

from tieout.api.entities import vat_ids

GERMAN = {"country": "DE", "type": "eu_vat", "value": "DE136695976"}


async def made(partner: Partner, **fields: Any) -> dict[str, Any]:
    answer = await partner.post(f"/entities/{partner.entity_id}/vat_ids", json=GERMAN | fields)
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


@pytest.fixture
async def seller(partner: Partner) -> Partner:
    await partner.make_entity()
    return partner


async def test_a_tax_number_lives_its_life(api: Api, seller: Partner) -> None:
    path = f"/entities/{seller.entity_id}/vat_ids"
    assert (await seller.get(path)).json() == {"data": []}
    first = await made(seller)
    assert first == GERMAN | {"id": first["id"], "entity_id": seller.entity_id}
    api.clock.move(timedelta(seconds=1))
    second = await made(seller, country="FR", value="FR40303265045")
    assert (await seller.get(path)).json() == {"data": [first, second]}
    assert (await seller.get(f"{path}/{first['id']}")).json() == first
    changed = await seller.patch(f"{path}/{first['id']}", json={"type": "eu_oss_vat"})
    assert changed.json() == first | {"type": "eu_oss_vat"}
    assert (await seller.delete(f"{path}/{first['id']}")).status_code == 204
    assert (await seller.get(f"{path}/{first['id']}")).status_code == 404
    assert (await seller.delete(f"{path}/{first['id']}")).status_code == 404
    assert (await seller.get(path)).json() == {"data": [second]}


async def test_a_type_that_is_not_told_is_unknown(seller: Partner) -> None:
    answer = await seller.post(f"/entities/{seller.entity_id}/vat_ids", json={"country": "GB", "value": "GB1"})
    assert answer.json()["type"] == "unknown"


async def test_null_in_a_change_leaves_the_field_as_it_was(seller: Partner) -> None:
    number = await made(seller)
    path = f"/entities/{seller.entity_id}/vat_ids/{number['id']}"
    answer = await seller.patch(path, json={"country": None, "type": None, "value": None})
    assert answer.status_code == 200
    assert answer.json() == number


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"country": None}, ["body", "country"]),
        ({"country": "de"}, ["body", "country"]),
        ({"value": None}, ["body", "value"]),
        ({"value": "x" * 33}, ["body", "value"]),
        ({"value": "a\x00"}, ["body", "value"]),
        ({"value": 5}, ["body", "value"]),
        ({"type": "vat"}, ["body", "type"]),
        ({"entity_id": str(uuid4())}, ["body", "entity_id"]),
    ],
)
async def test_a_wrong_tax_number_is_refused_and_nothing_is_kept(
    seller: Partner, change: dict[str, Any], place: list[str]
) -> None:
    path = f"/entities/{seller.entity_id}/vat_ids"
    answer = await seller.post(path, json=GERMAN | change)
    assert answer.status_code == 422
    assert [fault["loc"] for fault in answer.json()["detail"]] == [place]
    assert (await seller.get(path)).json() == {"data": []}


@pytest.mark.parametrize("change", [{"country": "XX"}, {"value": "x" * 33}, {"type": ""}, {"id": str(uuid4())}])
async def test_a_wrong_change_is_refused(seller: Partner, change: dict[str, Any]) -> None:
    number = await made(seller)
    path = f"/entities/{seller.entity_id}/vat_ids/{number['id']}"
    answer = await seller.patch(path, json=change)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", next(iter(change))]
    assert (await seller.get(path)).json() == number


async def test_an_id_that_is_none_is_refused_under_the_contracts_name(seller: Partner) -> None:
    answer = await seller.get(f"/entities/{seller.entity_id}/vat_ids/7")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["path", "id"]


async def test_an_entity_has_so_many_tax_numbers_and_no_more(seller: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vat_ids, "VAT_IDS_MAX", 2)
    await made(seller)
    await made(seller)
    answer = await seller.post(f"/entities/{seller.entity_id}/vat_ids", json=GERMAN)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body"]


async def test_the_numbers_of_another_entity_are_not_there(seller: Partner, other_partner: Partner) -> None:
    number = await made(seller)
    first = seller.entity_id
    second = await seller.make_entity("Second Ltd")
    await other_partner.make_entity()
    for caller, entity_id in ((seller, second), (other_partner, first), (other_partner, other_partner.entity_id)):
        path = f"/entities/{entity_id}/vat_ids/{number['id']}"
        for answer in (
            await caller.get(path),
            await caller.patch(path, json={"value": "X"}),
            await caller.delete(path),
        ):
            assert answer.status_code == 404
    assert (await other_partner.get(f"/entities/{first}/vat_ids")).status_code == 404
    assert (await other_partner.post(f"/entities/{first}/vat_ids", json=GERMAN)).status_code == 404
    assert (await seller.get(f"/entities/{second}/vat_ids")).json() == {"data": []}
    assert (await seller.get(f"/entities/{first}/vat_ids/{number['id']}")).json() == number
