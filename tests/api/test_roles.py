"""/roles."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from tests.support.partner import Api, Partner
from tests.support.people import new_role, new_user, permissions, sign_in_user, user_who_may

from tieout.storage.tables.access import AuditEntry
from tieout.storage.tables.work import Event

VIEWER = {"name": "Viewer", "permissions": permissions(payable="read pay", product="read")}


@pytest.fixture
async def seller(partner: Partner) -> Partner:
    await partner.make_entity()
    return partner


async def test_a_role_is_answered_with_200_and_shown_as_it_was_sent(seller: Partner) -> None:
    answer = await seller.post("/roles", json=VIEWER)
    assert answer.status_code == 200
    made = answer.json()
    assert set(made) == {"id", "created_at", "updated_at", "name", "permissions", "status"}
    assert (made["name"], made["permissions"], made["status"]) == ("Viewer", VIEWER["permissions"], "active")
    assert (await seller.get(f"/roles/{made['id']}")).json() == made


async def test_what_a_permission_leaves_out_is_the_contracts_default(seller: Partner) -> None:
    body = {"name": "X", "permissions": {"objects": [{"object_type": "payable", "actions": [{}]}]}}
    shown = (await seller.post("/roles", json=body)).json()["permissions"]["objects"]
    assert shown == [{"object_type": "payable", "actions": [{"action_name": "read", "permission": "allowed"}]}]


async def test_a_role_may_allow_nothing(seller: Partner) -> None:
    made = (await seller.post("/roles", json={"name": "Nobody", "permissions": {}})).json()
    assert made["permissions"] == {"objects": []}


@pytest.mark.parametrize(
    "objects",
    [
        [{"object_type": "ledger_account"}],
        [{"actions": []}],
        [{"object_type": "product", "actions": [{"action_name": "pay"}]}],
        [{"object_type": "product", "actions": [{"permission": "sometimes"}]}],
        [{"object_type": "product", "colour": "red"}],
        [{"object_type": "payable", "actions": [{"action_name": "read", "colour": "red"}]}],
    ],
)
async def test_permissions_that_do_not_exist_are_422(seller: Partner, objects: list[Any]) -> None:
    answer = await seller.post("/roles", json={"name": "X", "permissions": {"objects": objects}})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:3] == ["body", "permissions", "objects"]


async def test_a_permission_that_is_said_twice_is_422_for_nobody_knows_which_one_counts(seller: Partner) -> None:
    twice = (
        permissions(product={"read": "allowed"})["objects"] + permissions(product={"read": "not_allowed"})["objects"]
    )
    answer = await seller.post("/roles", json={"name": "X", "permissions": {"objects": twice}})
    assert answer.status_code == 422
    assert "product.read" in answer.json()["detail"][0]["msg"]


@pytest.mark.parametrize("body", [{}, {"name": "X"}, {"permissions": {}}, {"name": "", "permissions": {}}])
async def test_a_role_needs_a_name_and_permissions(seller: Partner, body: dict[str, Any]) -> None:
    assert (await seller.post("/roles", json=body)).status_code == 422


async def test_names_differ_within_an_entity_and_know_upper_case(seller: Partner) -> None:
    made = (await seller.post("/roles", json=VIEWER)).json()
    assert (await seller.post("/roles", json=VIEWER)).status_code == 409
    other = (await seller.post("/roles", json=VIEWER | {"name": "viewer"})).json()
    assert (await seller.patch(f"/roles/{other['id']}", json={"name": "Viewer"})).status_code == 409
    assert (await seller.patch(f"/roles/{made['id']}", json={"name": "Viewer"})).status_code == 200
    await seller.make_entity("Another")
    assert (await seller.post("/roles", json=VIEWER)).status_code == 200


async def test_the_name_of_a_deleted_role_is_free_again(seller: Partner) -> None:
    made = (await seller.post("/roles", json=VIEWER)).json()
    assert (await seller.delete(f"/roles/{made['id']}")).status_code == 204
    assert (await seller.post("/roles", json=VIEWER)).status_code == 200


async def test_new_permissions_take_the_place_of_the_old_and_hold_for_the_next_call(seller: Partner) -> None:
    role_id = await new_role(seller, product="read create")
    user = await sign_in_user(seller, (await new_user(seller, role_id))["id"])
    assert (await user.get("/products")).status_code == 200
    answer = await seller.patch(f"/roles/{role_id}", json={"permissions": permissions(counterpart="read")})
    assert answer.json()["permissions"] == permissions(counterpart="read")
    assert (await user.get("/products")).status_code == 403
    assert (await user.get("/counterparts")).status_code == 200


async def test_a_change_leaves_what_it_does_not_name_and_empties_nothing(seller: Partner) -> None:
    made = (await seller.post("/roles", json=VIEWER)).json()
    answer = await seller.patch(f"/roles/{made['id']}", json={"name": "Reader"})
    assert answer.json()["permissions"] == VIEWER["permissions"]
    for field in ("name", "permissions"):
        assert (await seller.patch(f"/roles/{made['id']}", json={field: None})).status_code == 422


async def test_nobody_gives_themselves_more_than_their_role_allows(seller: Partner) -> None:
    may: dict[str, Any] = {
        "role": "create read update",
        "entity_user": "read update",
        "product": {"read": "allowed_for_own"},
    }
    user = await user_who_may(seller, **may)
    me = (await user.get("/entity_users/me")).json()
    mine, another = f"/roles/{me['role_id']}", (await user.post("/roles", json=VIEWER)).json()
    for more in (may | {"product": "read"}, may | {"payable": "approve"}):
        refused = await user.patch(mine, json={"name": "Boss", "permissions": permissions(**more)})
        assert refused.status_code == 403
        assert "somebody else has to" in refused.json()["error"]["message"]
    assert (await user.patch(f"/entity_users/{me['id']}", json={"role_id": another["id"]})).status_code == 403
    assert (await seller.get(mine)).json()["permissions"] == permissions(**may)
    assert (await user.get("/entity_users/me")).json() == me
    assert (await user.patch(mine, json={"name": "Clerk", "permissions": permissions(**may)})).status_code == 200
    assert (
        await user.patch(f"/roles/{another['id']}", json={"permissions": permissions(tag="read")})
    ).status_code == 200
    colleague = await new_user(seller, another["id"])
    given = await user.patch(f"/entity_users/{colleague['id']}", json={"role_id": me["role_id"]})
    assert given.json()["role_id"] == me["role_id"]
    assert (await seller.patch(mine, json={"permissions": permissions(payable="approve")})).status_code == 200


async def test_a_role_in_use_cannot_be_deleted_until_nobody_has_it(seller: Partner) -> None:
    role_id = await new_role(seller, product="read")
    user = await new_user(seller, role_id)
    assert (await seller.delete(f"/roles/{role_id}")).status_code == 409
    assert (await seller.delete(f"/entity_users/{user['id']}")).status_code == 204
    assert (await seller.delete(f"/roles/{role_id}")).status_code == 204
    assert (await seller.get(f"/roles/{role_id}")).status_code == 404
    assert (await seller.delete(f"/roles/{role_id}")).status_code == 404


async def test_roles_are_filtered_sorted_and_paged(seller: Partner) -> None:
    ids = sorted([await new_role(seller, product="read") for _ in range(3)])
    first = (await seller.get(f"/roles/{ids[0]}")).json()
    for query, expected in (
        ("", ids),
        (f"?id__in={ids[2]}&id__in={ids[0]}", [ids[0], ids[2]]),
        (f"?name={first['name']}", [ids[0]]),
        ("?created_at__gt=2026-03-03T00:00:00Z", []),
        ("?created_at__lte=2026-03-02T09:30:00Z&created_at__gte=2026-03-02T09:30:00Z", ids),
        ("?created_at=2026-03-02T09:30:00Z", ids),
        ("?sort=created_at&order=desc", ids[::-1]),
    ):
        page = (await seller.get(f"/roles{query}")).json()
        assert [one["id"] for one in page["data"]] == expected, query
    page = (await seller.get("/roles?limit=2")).json()
    rest = (await seller.get(f"/roles?pagination_token={page['next_pagination_token']}")).json()
    assert [one["id"] for one in page["data"] + rest["data"]] == ids


async def test_roles_of_others_are_404(seller: Partner, other_partner: Partner) -> None:
    await other_partner.make_entity()
    theirs = await new_role(other_partner, product="read")
    own_entity = seller.entity_id
    await seller.make_entity("Another")
    of_the_other_entity = await new_role(seller, product="read")
    seller.entity_id = own_entity
    for role_id in (theirs, of_the_other_entity, uuid4()):
        assert (await seller.get(f"/roles/{role_id}")).status_code == 404
        assert (await seller.patch(f"/roles/{role_id}", json={"name": "Mine"})).status_code == 404
        assert (await seller.delete(f"/roles/{role_id}")).status_code == 404
    assert (await seller.get("/roles")).json()["data"] == []


async def test_what_became_of_a_role_is_told_and_recorded(api: Api, seller: Partner) -> None:
    role_id = await new_role(seller, product="read")
    await seller.patch(f"/roles/{role_id}", json={"permissions": permissions(product="read delete")})
    await seller.delete(f"/roles/{role_id}")
    expected = ["role.created", "role.updated", "role.deleted"]
    async with api.services.database.read() as session:
        entries = await session.scalars(
            select(AuditEntry).where(AuditEntry.subject_id == role_id).order_by(AuditEntry.number)
        )
        found = entries.all()
        assert [entry.action for entry in found] == expected
        assert found[1].details["permissions"] == permissions(product="read delete")
        events = await session.scalars(select(Event).where(Event.object_type == "role"))
        assert sorted(event.action for event in events) == sorted(expected)


SETTING = {"name": "Clerk", "permissions": permissions(payable="read create submit")}


async def test_the_partners_default_role_is_given_to_every_new_entity(partner: Partner) -> None:
    assert (await partner.patch("/settings", json={"default_role": SETTING})).status_code == 200
    await partner.make_entity()
    [role] = (await partner.get("/roles")).json()["data"]
    assert (role["name"], role["permissions"]) == ("Clerk", SETTING["permissions"])
    assert (await new_user(partner))["role_id"] == role["id"]


async def test_an_entity_that_is_older_than_the_setting_gets_it_with_its_first_user(seller: Partner) -> None:
    await seller.patch("/settings", json={"default_role": SETTING})
    assert (await seller.get("/roles")).json()["data"] == []
    user = await new_user(seller)
    [role] = (await seller.get("/roles")).json()["data"]
    assert (role["name"], role["id"]) == ("Clerk", user["role_id"])


@pytest.mark.parametrize("setting", [{"name": "X"}, {"permissions": {}}, {"name": "X", "permissions": {"all": True}}])
async def test_a_setting_that_is_no_role_is_422(partner: Partner, setting: dict[str, Any]) -> None:
    answer = await partner.patch("/settings", json={"default_role": setting})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:2] == ["body", "default_role"]
