"""Tags: made, put on payables, found by, and taken off."""

from typing import Any
from uuid import uuid4

import pytest
from tests.support.documents import events_of
from tests.support.partner import Api, Partner

SOMEBODY = "5f0c9c6e-5d0a-4d3a-9a57-2a3b8f6f4c11"
"""An id that nobody has; the same in every process, since tests are named by it."""


@pytest.fixture
async def buyer(partner: Partner) -> Partner:
    await partner.make_entity()
    return partner


async def new_tag(buyer: Partner, name: str = "Marketing", **fields: Any) -> dict[str, Any]:
    answer = await buyer.post("/tags", json={"name": name, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def new_bill(buyer: Partner, *tag_ids: str) -> dict[str, Any]:
    answer = await buyer.post("/payables", json={"tag_ids": list(tag_ids)})
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_tag_is_made_changed_and_deleted(api: Api, buyer: Partner) -> None:
    made = await new_tag(buyer, category="department", description="All campaigns")
    assert (made["name"], made["category"], made["description"]) == ("Marketing", "department", "All campaigns")
    assert made["created_by_entity_user_id"] is None
    path = f"/tags/{made['id']}"
    assert (await buyer.get(path)).json() == made
    changed = await buyer.patch(path, json={"name": "Growth", "description": None})
    assert (changed.json()["name"], changed.json()["category"], changed.json()["description"]) == (
        "Growth",
        "department",
        None,
    )
    removed = await buyer.delete(path)
    assert (removed.status_code, removed.content) == (204, b"")
    assert (await buyer.get(path)).status_code == 404
    assert await events_of(api, made["id"]) == ["tag.created", "tag.updated", "tag.deleted"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "x", "category": "mood"}, "category"),
        ({"name": "x", "description": ""}, "description"),
        ({"name": "x", "colour": "red"}, "colour"),
    ],
)
async def test_a_wrong_tag_is_refused(buyer: Partner, body: dict[str, Any], field: str) -> None:
    answer = await buyer.post("/tags", json=body)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", field])
    assert (await buyer.get("/tags")).json()["data"] == []


async def test_a_name_can_be_changed_but_not_emptied(buyer: Partner) -> None:
    made = await new_tag(buyer)
    assert (await buyer.patch(f"/tags/{made['id']}", json={"name": None})).status_code == 422


async def test_tags_are_listed(buyer: Partner) -> None:
    made = {name: (await new_tag(buyer, name))["id"] for name in ("A", "B", "C")}
    expected = {
        "": {"A", "B", "C"},
        "name__in=A&name__in=C": {"A", "C"},
        f"id__in={made['B']}": {"B"},
        f"created_by_entity_user_id={SOMEBODY}": set(),
        "sort=updated_at&order=desc&limit=3": {"A", "B", "C"},
    }
    found = {query: {tag["name"] for tag in (await buyer.get(f"/tags?{query}")).json()["data"]} for query in expected}
    assert found == expected
    first = (await buyer.get("/tags?limit=2")).json()
    rest = (await buyer.get(f"/tags?pagination_token={first['next_pagination_token']}")).json()
    assert {tag["name"] for tag in [*first["data"], *rest["data"]]} == {"A", "B", "C"}
    assert (await buyer.get("/tags?sort=name")).status_code == 422


async def test_payables_carry_tags_and_are_found_by_them(buyer: Partner) -> None:
    red, blue = await new_tag(buyer, "red"), await new_tag(buyer, "blue")
    both, one, none = (
        await new_bill(buyer, red["id"], blue["id"]),
        await new_bill(buyer, red["id"]),
        await new_bill(buyer),
    )
    assert {tag["name"] for tag in both["tags"]} == {"red", "blue"}
    assert none["tags"] == []
    names = {both["id"]: "both", one["id"]: "one", none["id"]: "none"}
    expected = {
        f"tag_ids={red['id']}": {"both", "one"},
        f"tag_ids={blue['id']}&tag_ids={SOMEBODY}": {"both"},
        f"tag_ids__not_in={blue['id']}": {"one", "none"},
        f"tag_ids__not_in={SOMEBODY}": {"both", "one", "none"},
        "has_tags=true": {"both", "one"},
        "has_tags=false": {"none"},
    }
    found = {}
    for query in expected:
        found[query] = {names[row["id"]] for row in (await buyer.get(f"/payables?{query}")).json()["data"]}
    assert found == expected


async def test_a_change_names_all_tags_and_leaves_them_when_it_names_none(buyer: Partner) -> None:
    red, blue = await new_tag(buyer, "red"), await new_tag(buyer, "blue")
    path = f"/payables/{(await new_bill(buyer, red['id'], red['id']))['id']}"
    untouched = await buyer.patch(path, json={"description": "x"})
    assert [tag["name"] for tag in untouched.json()["tags"]] == ["red"]
    changed = await buyer.patch(path, json={"tag_ids": [blue["id"]]})
    assert [tag["name"] for tag in changed.json()["tags"]] == ["blue"]
    assert (await buyer.patch(path, json={"tag_ids": None})).json()["tags"] == []


async def test_a_deleted_tag_is_off_every_payable(buyer: Partner) -> None:
    red = await new_tag(buyer, "red")
    bill = await new_bill(buyer, red["id"])
    await buyer.delete(f"/tags/{red['id']}")
    assert (await buyer.get(f"/payables/{bill['id']}")).json()["tags"] == []
    kept = await new_tag(buyer, "kept")
    other = await new_bill(buyer, kept["id"])
    assert (await buyer.delete(f"/payables/{other['id']}")).status_code == 204
    assert (await buyer.delete(f"/tags/{kept['id']}")).status_code == 204


async def test_unknown_tags_are_refused_with_their_place(buyer: Partner, other_partner: Partner) -> None:
    red = await new_tag(buyer, "red")
    await other_partner.make_entity()
    foreign = (await other_partner.post("/tags", json={"name": "foreign"})).json()
    for unknown in (SOMEBODY, foreign["id"]):
        answer = await buyer.post("/payables", json={"tag_ids": [red["id"], unknown]})
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "tag_ids", 1])
    assert (await buyer.get("/payables")).json()["data"] == []


async def test_tags_of_others_do_not_exist(buyer: Partner, other_partner: Partner) -> None:
    path = f"/tags/{(await new_tag(buyer))['id']}"
    await other_partner.make_entity()
    answers = [
        await other_partner.get(path),
        await other_partner.patch(path, json={"name": "mine"}),
        await other_partner.delete(path),
        await buyer.get(f"/tags/{uuid4()}"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert (await other_partner.get("/tags")).json()["data"] == []
