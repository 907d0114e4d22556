"""Payables of entity users: who made them, who paid them, and whose they are."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import update
from tests.support.partner import VERSION, Api, Partner

from tieout.kit.identifiers import new_id
from tieout.storage.tables.people import EntityUser, Role

ACTIONS = ("create", "read", "update", "delete", "submit", "approve", "pay", "cancel", "reopen")
COMPLETE = {"currency": "USD", "document_id": "V-17", "due_date": "2026-04-01", "issued_at": "2026-03-01"}
LINE = {"name": "Paper", "quantity": 1, "unit_price": 500}


def allowed(permission: str) -> dict[str, Any]:
    actions = [{"action_name": action, "permission": permission} for action in ACTIONS]
    return {"objects": [{"object_type": "payable", "actions": actions}]}


async def new_user(api: Api, partner: Partner, permission: str = "allowed") -> tuple[Partner, str, str]:
    """A user of the partner's entity who may do this much with payables: their program, their id and their role's."""
    user_id, role_id = new_id(), new_id()
    dates = {"created_at": api.clock.now(), "updated_at": api.clock.now()}
    owner = {"partner_id": partner.id, "entity_id": UUID(partner.entity_id)}
    async with api.services.database.write() as session:
        session.add(Role(id=role_id, name=f"role {role_id}", permissions=allowed(permission), **owner, **dates))
        await session.flush()
        session.add(
            EntityUser(id=user_id, role_id=role_id, login=f"user {user_id}", first_name="Ada", **owner, **dates)
        )
    answer = await partner.http.post(
        "/v1/auth/token",
        json={
            "client_id": str(partner.client_id),
            "client_secret": partner.client_secret,
            "grant_type": "entity_user",
            "entity_user_id": str(user_id),
        },
        headers={"x-monite-version": VERSION},
    )
    assert answer.status_code == 200, answer.text
    return replace(partner, token=answer.json()["access_token"]), str(user_id), str(role_id)


async def new_bill(caller: Partner) -> dict[str, Any]:
    made: dict[str, Any] = (await caller.post("/payables", json=COMPLETE)).json()
    added = await caller.post(f"/payables/{made['id']}/line_items", json=LINE)
    assert added.status_code == 201, added.text
    return made | {"line": added.json()}


async def test_a_payable_tells_who_made_it_and_in_which_role(api: Api, partner: Partner) -> None:
    await partner.make_entity()
    ada, user_id, role_id = await new_user(api, partner)
    made, by_program = await new_bill(ada), await new_bill(partner)
    assert (made["was_created_by_user_id"], made["created_by_role_id"]) == (user_id, role_id)
    assert (by_program["was_created_by_user_id"], by_program["created_by_role_id"]) == (None, None)
    assert made["line"]["was_created_by_user_id"] == user_id
    found = await partner.get(f"/payables?was_created_by_user_id={user_id}")
    assert [row["id"] for row in found.json()["data"]] == [made["id"]]
    for bill, expected in ((made, 1), (by_program, 0)):
        path = f"/payables/{bill['id']}/line_items?was_created_by_user_id={user_id}"
        assert len((await partner.get(path)).json()["data"]) == expected
    async with api.services.database.write() as session:  # a role given later changes nothing about earlier bills
        other = new_id()
        dates = {"created_at": api.clock.now(), "updated_at": api.clock.now()}
        owner = {"partner_id": partner.id, "entity_id": UUID(partner.entity_id)}
        session.add(Role(id=other, name="another", permissions=allowed("allowed"), **owner, **dates))
        await session.flush()
        await session.execute(update(EntityUser).values(role_id=other))
    assert (await partner.get(f"/payables/{made['id']}")).json()["created_by_role_id"] == role_id


async def test_the_history_tells_who_did_what(api: Api, partner: Partner) -> None:
    await partner.make_entity()
    ada, ada_id, _ = await new_user(api, partner)
    bob, bob_id, _ = await new_user(api, partner)
    path = f"/payables/{(await new_bill(ada))['id']}"
    await ada.post(f"{path}/submit_for_approval")
    await bob.post(f"{path}/approve_payment_operation")
    await partner.post(f"{path}/mark_as_partially_paid", json={"amount_paid": 1})
    paid = await bob.post(f"{path}/mark_as_paid")
    assert paid.json()["marked_as_paid_by_entity_user_id"] == bob_id
    events = (await partner.get(f"{path}/history?event_type__in=status_changed")).json()["data"]
    assert [event["entity_user_id"] for event in events] == [ada_id, ada_id, bob_id, None, bob_id]
    of_bob = (await partner.get(f"{path}/history?entity_user_id__in={bob_id}")).json()["data"]
    assert [event["event_data"]["new_status"] for event in of_bob] == ["waiting_to_be_paid", "paid"]


async def test_a_user_who_may_touch_only_what_is_their_own_sees_no_other_payables(api: Api, partner: Partner) -> None:
    await partner.make_entity()
    ada, _, _ = await new_user(api, partner, "allowed_for_own")
    own, foreign = await new_bill(ada), await new_bill(partner)
    assert [row["id"] for row in (await ada.get("/payables")).json()["data"]] == [own["id"]]
    path = f"/payables/{foreign['id']}"
    refused = [
        await ada.get(path),
        await ada.get(f"{path}/history"),
        await ada.get(f"{path}/line_items"),
        await ada.patch(path, json={}),
        await ada.post(f"{path}/line_items", json=LINE),
        await ada.post(f"{path}/attach_file", files={"file": ("bill.pdf", b"%PDF-1.7")}),
        await ada.post(f"{path}/validate"),
        await ada.post(f"{path}/submit_for_approval"),
        await ada.post(f"{path}/mark_as_paid"),
        await ada.delete(path),
    ]
    assert {answer.status_code for answer in refused} <= {403, 404}
    assert (await partner.get(path)).json()["status"] == "new"
    for answer in (
        await ada.post(f"/payables/{own['id']}/attach_file", files={"file": ("bill.pdf", b"%PDF-1.7")}),
        await ada.post(f"/payables/{own['id']}/mark_as_paid"),
    ):
        assert answer.status_code == 200, answer.text


async def test_a_user_without_permission_can_do_nothing(api: Api, partner: Partner) -> None:
    await partner.make_entity()
    ada, _, _ = await new_user(api, partner, "not_allowed")
    path = f"/payables/{(await new_bill(partner))['id']}"
    answers = [
        await ada.get("/payables"),
        await ada.post("/payables", json=COMPLETE),
        await ada.post("/payables/upload_from_file", files={"file": ("bill.pdf", b"%PDF-1.7")}),
        await ada.get(f"{path}/history"),
        await ada.post(f"{path}/mark_as_paid"),
        await ada.delete(f"{path}/file"),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert len((await partner.get("/payables")).json()["data"]) == 1
