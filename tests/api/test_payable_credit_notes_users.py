"""Credit notes and payments of entity users: who made them, and whose they are."""

from tests.support.crediting import make_bill, make_note
from tests.support.documents import make_counterpart
from tests.support.partner import Api, Partner
from tests.support.people import user_who_may

NOTES, RECORDS = "/payable_credit_notes", "/payment_records"
PAYABLE = ("create", "read", "update", "cancel")


def may(permission: str, *actions: str) -> dict[str, str]:
    return dict.fromkeys(actions, permission)


async def test_a_credit_note_names_the_user_who_made_it(partner: Partner) -> None:
    await partner.make_entity()
    ada = await user_who_may(partner, payable=may("allowed", *PAYABLE))
    made, by_program = await make_note(ada), await make_note(partner, document_id="CN-2")
    assert (made["created_by_user_id"], by_program["created_by_user_id"]) == (str(ada.user_id), None)
    line = await ada.post(f"{NOTES}/{made['id']}/line_items", json={"name": "Paper"})
    assert line.json()["created_by_user_id"] == str(ada.user_id)
    found = await partner.get(f"{NOTES}?created_by_entity_user_id={ada.user_id}")
    assert [row["id"] for row in found.json()["data"]] == [made["id"]]
    path = f"{NOTES}/{made['id']}/line_items?created_by_user_id={ada.user_id}"
    assert len((await partner.get(path)).json()["data"]) == 1


async def test_a_user_sees_only_own_credit_notes_where_the_role_says_so(partner: Partner) -> None:
    await partner.make_entity()
    bob = await user_who_may(partner, payable=may("allowed_for_own", *PAYABLE))
    mine, other = await make_note(bob), await make_note(partner, document_id="CN-2")
    assert [row["id"] for row in (await bob.get(NOTES)).json()["data"]] == [mine["id"]]
    assert (await bob.get(f"{NOTES}/{other['id']}")).status_code == 404
    assert (await bob.post(f"{NOTES}/{other['id']}/cancel")).status_code == 404
    assert (await bob.post(f"{NOTES}/{mine['id']}/cancel")).json()["status"] == "canceled"


async def test_a_user_without_the_permission_is_refused(partner: Partner) -> None:
    await partner.make_entity()
    eve = await user_who_may(partner, payable=may("not_allowed", *PAYABLE))
    assert (await eve.get(NOTES)).status_code == 403
    assert (await eve.get(f"{NOTES}/validations")).status_code == 403


async def test_a_payment_names_whose_it_is_and_who_told_of_it(api: Api, partner: Partner) -> None:
    await partner.make_entity()
    bill_id = await make_bill(partner, await make_counterpart(api, partner))
    ada = await user_who_may(partner, payment_record=may("allowed", "create", "read"))
    body = {"amount": 100, "currency": "USD", "object": {"id": bill_id, "type": "payable"}}
    made = (await ada.post(RECORDS, json=body | {"status": "created"})).json()
    assert (made["entity_user_id"], made["history"][0]["entity_user_id"]) == (str(ada.user_id), str(ada.user_id))
    path = f"{RECORDS}/{made['id']}"
    done = (await partner.post(f"{path}/mark_as_succeeded", json={"paid_at": "2026-03-02T08:00:00Z"})).json()
    assert [entry["entity_user_id"] for entry in done["history"]] == [str(ada.user_id), None]
    named = (await partner.post(RECORDS, json=body | {"entity_user_id": str(ada.user_id)})).json()
    assert (named["entity_user_id"], named["history"][0]["entity_user_id"]) == (str(ada.user_id), None)
