"""/entity_users, and what users see of themselves."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from tests.support.partner import Api, Partner
from tests.support.people import new_role, new_user, permissions, sign_in_user, user_who_may

from tieout.storage.tables.access import AuditEntry
from tieout.storage.tables.work import Event

CASEY = {
    "login": "caseyp",
    "first_name": "Casey",
    "last_name": "Peters",
    "email": "casey@example.com",
    "phone": "+44 20 7946 0000",
    "title": "Finance Manager",
}


@pytest.fixture
async def seller(partner: Partner) -> Partner:
    await partner.make_entity()
    return partner


async def test_a_user_is_answered_with_200_and_shown_with_role_and_status(seller: Partner) -> None:
    role_id = await new_role(seller, product="read")
    answer = await seller.post("/entity_users", json=CASEY | {"role_id": role_id})
    assert answer.status_code == 200
    made = answer.json()
    assert {name: made[name] for name in CASEY} == CASEY
    assert (made["role_id"], made["status"], made["userpic_file_id"]) == (role_id, "active", None)
    assert (await seller.get(f"/entity_users/{made['id']}")).json() == made


async def test_a_user_without_a_role_gets_one_that_reads_everything_and_changes_nothing(seller: Partner) -> None:
    first = (await seller.post("/entity_users", json={"login": "a", "first_name": "A"})).json()
    second = (await seller.post("/entity_users", json={"login": "b", "first_name": "B", "role_id": None})).json()
    assert first["role_id"] == second["role_id"]
    user = await sign_in_user(seller, first["id"])
    for path in ("/products", "/payables", "/receivables", "/counterparts", "/roles", "/entity_users/my_entity"):
        assert (await user.get(path)).status_code == 200, path
    assert (await user.post("/products", json={"name": "X"})).status_code == 403


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"login": None}, "login"),
        ({"first_name": None}, "first_name"),
        ({"email": "nobody"}, "email"),
        ({"login": "x" * 256}, "login"),
        ({"role_id": "admin"}, "role_id"),
        ({"role_id": "00000000-0000-4000-8000-000000000000"}, "role_id"),
        ({"status": "active"}, "status"),
        ({"password": "x"}, "password"),
    ],
)
async def test_what_makes_no_sense_is_422(seller: Partner, change: dict[str, Any], place: str) -> None:
    body = {name: value for name, value in (CASEY | change).items() if not (value is None and name in CASEY)}
    answer = await seller.post("/entity_users", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", place]


async def test_a_role_of_another_entity_is_none(seller: Partner, other_partner: Partner) -> None:
    await other_partner.make_entity()
    role_id = await new_role(other_partner, product="read")
    user = await new_user(seller)
    for answer in (
        await seller.post("/entity_users", json=CASEY | {"role_id": role_id}),
        await seller.patch(f"/entity_users/{user['id']}", json={"role_id": role_id}),
    ):
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", "role_id"]


async def test_logins_differ_within_an_entity_and_are_free_again_with_their_user(seller: Partner) -> None:
    user = (await seller.post("/entity_users", json=CASEY)).json()
    assert (await seller.post("/entity_users", json=CASEY)).status_code == 409
    other = await new_user(seller)
    assert (await seller.patch(f"/entity_users/{other['id']}", json={"login": "caseyp"})).status_code == 409
    assert (await seller.patch(f"/entity_users/{user['id']}", json={"login": "caseyp"})).status_code == 200
    await seller.delete(f"/entity_users/{user['id']}")
    assert (await seller.patch(f"/entity_users/{other['id']}", json={"login": "caseyp"})).status_code == 200
    await seller.make_entity("Another")
    assert (await seller.post("/entity_users", json=CASEY)).status_code == 200


async def test_a_change_leaves_what_it_does_not_name(api: Api, seller: Partner) -> None:
    user = (await seller.post("/entity_users", json=CASEY)).json()
    api.clock.move(timedelta(minutes=1))
    answer = await seller.patch(f"/entity_users/{user['id']}", json={"last_name": None, "title": "CFO"})
    changed = answer.json()
    assert changed == user | {"last_name": None, "title": "CFO", "updated_at": "2026-03-02T09:31:00Z"}
    for field in ("login", "first_name", "role_id"):
        assert (await seller.patch(f"/entity_users/{user['id']}", json={field: None})).status_code == 422


async def test_a_deleted_user_is_shown_nowhere_and_their_tokens_end_at_once(seller: Partner) -> None:
    user = await user_who_may(seller, product="read")
    assert (await user.get("/products")).status_code == 200
    assert (await seller.delete(f"/entity_users/{user.user_id}")).status_code == 204
    assert (await user.get("/products")).status_code == 401
    assert (await seller.get(f"/entity_users/{user.user_id}")).status_code == 404
    assert (await seller.delete(f"/entity_users/{user.user_id}")).status_code == 404
    for query in ("", "?status=deleted"):
        assert (await seller.get(f"/entity_users{query}")).json()["data"] == []


async def test_users_are_filtered_sorted_and_paged(api: Api, seller: Partner) -> None:
    role_id = await new_role(seller, product="read")
    ann = await new_user(seller, role_id, login="ann", first_name="Ann", last_name="Smith")
    api.clock.move(timedelta(minutes=1))
    bob = await new_user(seller, login="bob", first_name="Bob", last_name="O%Neil")
    api.clock.move(timedelta(minutes=1))
    await seller.patch(f"/entity_users/{ann['id']}", json={"title": "CFO"})
    for query, expected in (
        ("", [ann, bob]),
        (f"?id__in={bob['id']}", [bob]),
        (f"?id__not_in={bob['id']}", [ann]),
        (f"?role_id={role_id}", [ann]),
        (f"?role_id__in={role_id}&role_id__in={bob['role_id']}", [ann, bob]),
        ("?login=bob", [bob]),
        ("?status=active", [ann, bob]),
        ("?first_name=Ann", [ann]),
        ("?first_name=An", []),
        ("?name__istartswith=smi", [ann]),
        ("?name__istartswith=ann%20s", [ann]),
        ("?name__istartswith=O%25", [bob]),
        ("?name__istartswith=%25", []),
        ("?created_at__gt=2026-03-02T09:30:00Z", [bob]),
        ("?created_at__lt=2026-03-02T09:31:00Z", [ann]),
        ("?created_at__gte=2026-03-02T09:31:00Z&created_at__lte=2026-03-02T09:31:00Z", [bob]),
        ("?sort=updated_at", [bob, ann]),
        ("?sort=updated_at&order=desc", [ann, bob]),
    ):
        page = (await seller.get(f"/entity_users{query}")).json()
        assert [one["id"] for one in page["data"]] == [one["id"] for one in expected], query
    page = (await seller.get("/entity_users?limit=1")).json()
    rest = (await seller.get(f"/entity_users?pagination_token={page['next_pagination_token']}")).json()
    assert [one["id"] for one in page["data"] + rest["data"]] == [ann["id"], bob["id"]]


async def test_users_of_others_are_404(seller: Partner, other_partner: Partner) -> None:
    await other_partner.make_entity()
    theirs = await new_user(other_partner)
    for user_id in (theirs["id"], uuid4()):
        assert (await seller.get(f"/entity_users/{user_id}")).status_code == 404
        assert (await seller.patch(f"/entity_users/{user_id}", json={"title": "X"})).status_code == 404
        assert (await seller.delete(f"/entity_users/{user_id}")).status_code == 404


async def test_users_see_themselves_their_role_and_their_entity(seller: Partner) -> None:
    user = await user_who_may(seller, entity="read")
    user.entity_id = ""
    me = (await user.get("/entity_users/me")).json()
    assert me["id"] == str(user.user_id)
    role = (await user.get("/entity_users/my_role")).json()
    assert (role["id"], role["permissions"]) == (me["role_id"], permissions(entity="read"))
    assert (await user.get("/entity_users/my_entity")).json()["id"] == seller.entity_id


async def test_users_change_themselves_but_neither_login_nor_role(seller: Partner) -> None:
    user = await user_who_may(seller)
    answer = await user.patch("/entity_users/me", json={"last_name": "Smith", "title": "CFO"})
    assert (answer.status_code, answer.json()["last_name"]) == (200, "Smith")
    for change in ({"role_id": str(uuid4())}, {"login": "root"}, {"first_name": None}):
        assert (await user.patch("/entity_users/me", json=change)).status_code == 422


async def test_the_own_entity_is_changed_by_those_who_may_update_entities(seller: Partner) -> None:
    reader = await user_who_may(seller, entity="read")
    assert (await reader.patch("/entity_users/my_entity", json={"phone": "1"})).status_code == 403
    writer = await user_who_may(seller, entity="read update")
    assert (await writer.patch("/entity_users/my_entity", json={"phone": "1"})).json()["phone"] == "1"
    assert (await seller.get(f"/entities/{seller.entity_id}")).json()["phone"] == "1"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "me"),
        ("PATCH", "me"),
        ("GET", "my_entity"),
        ("PATCH", "my_entity"),
        ("GET", "my_role"),
    ],
)
async def test_a_partners_token_has_no_user_to_show(seller: Partner, method: str, path: str) -> None:
    answer = await seller.call(method, f"/entity_users/{path}", json={} if method == "PATCH" else None)
    assert answer.status_code == 403
    assert "entity user" in answer.json()["error"]["message"]


async def test_what_became_of_a_user_is_told_and_recorded_without_their_data(api: Api, seller: Partner) -> None:
    boss = await user_who_may(seller, entity_user="create update delete", role="read")
    made = (await boss.post("/entity_users", json=CASEY)).json()
    await boss.patch(f"/entity_users/{made['id']}", json={"email": "c@example.com"})
    await boss.delete(f"/entity_users/{made['id']}")
    expected = ["entity_user.created", "entity_user.updated", "entity_user.deleted"]
    async with api.services.database.read() as session:
        entries = (
            await session.scalars(
                select(AuditEntry).where(AuditEntry.subject_id == made["id"]).order_by(AuditEntry.number)
            )
        ).all()
        assert [entry.action for entry in entries] == expected
        assert {entry.actor for entry in entries} == {f"entity_user:{boss.user_id} api_client:{boss.client_id}"}
        assert "example.com" not in str([entry.details for entry in entries])
        events = await session.scalars(select(Event).where(Event.object_id == UUID(made["id"])))
        assert sorted(event.action for event in events) == sorted(expected)
