"""What happened to a payable, told in order and with filters."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.support.documents import Trader, make_counterpart
from tests.support.partner import Api, Partner

from tieout.sync.settling import apply_payment, load_document, unapply_payment

COMPLETE = {"currency": "USD", "document_id": "V-17", "due_date": "2026-04-01", "issued_at": "2026-03-01"}
PDF = b"%PDF-1.7"


@pytest.fixture
async def vendor(api: Api, partner: Partner) -> Trader:
    await partner.make_entity()
    return await make_counterpart(api, partner, "Books by Bessie")


async def history(partner: Partner, payable_id: str, query: str = "") -> list[dict[str, Any]]:
    answer = await partner.get(f"/payables/{payable_id}/history{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def a_bill_with_a_life(api: Api, partner: Partner) -> str:
    """Made, filed, completed, handed in, approved, and paid in two parts, an hour apart from one another."""
    payable_id = str((await partner.post("/payables", json=COMPLETE)).json()["id"])
    api.clock.move(timedelta(hours=1))
    await partner.sign_in()
    path = f"/payables/{payable_id}"
    await partner.post(f"{path}/attach_file", files={"file": ("bill.pdf", PDF)})
    await partner.post(f"{path}/line_items", json={"name": "Paper", "quantity": 1, "unit_price": 500})
    await partner.post(f"{path}/submit_for_approval")
    await partner.post(f"{path}/approve_payment_operation")
    await partner.post(f"{path}/mark_as_partially_paid", json={"amount_paid": 200})
    await partner.post(f"{path}/mark_as_paid")
    return payable_id


async def test_the_whole_life_of_a_bill_is_told_in_order(api: Api, partner: Partner, vendor: Trader) -> None:
    del vendor
    payable_id = await a_bill_with_a_life(api, partner)
    events = await history(partner, payable_id)
    assert [(x["event_type"], x["event_data"]) for x in events if x["event_type"] != "file_attached"] == [
        ("payable_created", {"payable_source": "upload"}),
        ("payable_updated", {}),
        ("status_changed", {"old_status": "draft", "new_status": "new"}),
        ("status_changed", {"old_status": "new", "new_status": "approve_in_progress"}),
        ("status_changed", {"old_status": "approve_in_progress", "new_status": "waiting_to_be_paid"}),
        ("status_changed", {"old_status": "waiting_to_be_paid", "new_status": "partially_paid"}),
        ("status_changed", {"old_status": "partially_paid", "new_status": "paid"}),
    ]
    assert [x["event_type"] for x in events][1] == "file_attached"
    assert events[1]["event_data"] | {"url": ""} == {"file_name": "bill.pdf", "file_size": len(PDF), "url": ""}
    assert events[1]["event_data"]["url"] == (await partner.get(f"/payables/{payable_id}")).json()["file"]["url"]
    assert {x["payable_id"] for x in events} == {payable_id}
    assert len({x["id"] for x in events}) == len(events)
    assert await history(partner, payable_id, "?order=desc") == events[::-1]


async def test_a_history_can_be_narrowed(api: Api, partner: Partner, vendor: Trader) -> None:
    del vendor
    start = api.clock.now().isoformat().replace("+00:00", "Z")
    payable_id = await a_bill_with_a_life(api, partner)
    expected = {
        "?event_type__in=payable_created": 1,
        "?event_type__in=status_changed&event_type__in=file_attached": 6,
        "?event_type__in=credit_note_linked": 0,
        f"?entity_user_id__in={uuid4()}": 0,
        f"?timestamp__lte={start}": 1,
        f"?timestamp__lt={start}": 0,
        f"?timestamp__gt={start}": 7,
        f"?timestamp__gte={start}": 8,
    }
    found = {query: len(await history(partner, payable_id, query)) for query in expected}
    assert found == expected
    for wrong in ("?event_type__in=payable_deleted", "?sort=id", "?limit=101", "?timestamp__gt=yesterday"):
        assert (await partner.get(f"/payables/{payable_id}/history{wrong}")).status_code == 422


async def test_a_history_has_pages(api: Api, partner: Partner, vendor: Trader) -> None:
    del vendor
    payable_id = await a_bill_with_a_life(api, partner)
    events = await history(partner, payable_id)
    path, seen, token = f"/payables/{payable_id}/history", [], None
    while True:
        query = f"?pagination_token={token}" if token else "?limit=3&sort=timestamp"
        page = (await partner.get(path + query)).json()
        seen += page["data"]
        token = page["next_pagination_token"]
        if token is None:
            break
    assert seen == events
    other = str((await partner.post("/payables", json=COMPLETE)).json()["id"])
    first = (await partner.get(f"{path}?limit=3")).json()
    foreign = await partner.get(f"/payables/{other}/history?pagination_token={first['next_pagination_token']}")
    assert foreign.status_code == 422


async def test_a_refused_call_leaves_no_trace(partner: Partner, vendor: Trader) -> None:
    del vendor
    payable_id = str((await partner.post("/payables", json=COMPLETE)).json()["id"])
    before = await history(partner, payable_id)
    for action in ("submit_for_approval", "approve_payment_operation", "reject", "reopen", "mark_as_paid"):
        assert (await partner.post(f"/payables/{payable_id}/{action}")).status_code == 409
    assert (await partner.patch(f"/payables/{payable_id}", json={"currency": "QQQ"})).status_code == 422
    assert await history(partner, payable_id) == before


async def test_a_deleted_payable_has_no_history_to_show(partner: Partner, vendor: Trader) -> None:
    del vendor
    payable_id = str((await partner.post("/payables", json=COMPLETE)).json()["id"])
    await partner.delete(f"/payables/{payable_id}")
    assert (await partner.get(f"/payables/{payable_id}/history")).status_code == 404
    assert (await partner.get(f"/payables/{uuid4()}/history")).status_code == 404


async def test_credit_notes_that_come_and_go_are_told(partner: Partner, vendor: Trader) -> None:
    first, second = [str((await partner.post("/payables", json=COMPLETE)).json()["id"]) for _ in range(2)]
    body = {"counterpart_id": vendor.id, "currency": "USD", "document_id": "CN-1", "based_on": first}
    note = (await partner.post("/payable_credit_notes", json=body | {"issued_at": "2026-03-01"})).json()
    changed = await partner.patch(f"/payable_credit_notes/{note['id']}", json={"based_on": second})
    assert changed.status_code == 200, changed.text
    assert (await partner.delete(f"/payable_credit_notes/{note['id']}")).status_code == 204
    for payable_id in (first, second):
        events = (await history(partner, payable_id))[1:]
        data = {"credit_note_id": note["id"], "credit_note_document_id": "CN-1"}
        assert [(event["event_type"], event["event_data"]) for event in events] == [
            ("credit_note_linked", data),
            ("credit_note_unlinked", data),
        ]


async def test_payments_that_come_and_go_in_the_books_are_told_too(api: Api, partner: Partner, vendor: Trader) -> None:
    del vendor
    payable_id = str((await partner.post("/payables", json=COMPLETE)).json()["id"])
    await partner.post(f"/payables/{payable_id}/line_items", json={"name": "Paper", "quantity": 1, "unit_price": 500})
    await partner.post(f"/payables/{payable_id}/approve_payment_operation")
    where: dict[str, Any] = {"partner_id": partner.id, "entity_id": UUID(partner.entity_id)}
    of_books: dict[str, Any] = {"company_id": uuid4(), "external_id": "77", "now": api.clock.now()}
    async with api.services.database.write() as session:
        bill = await load_document(session, **where, object_type="payable", object_id=UUID(payable_id))
        assert bill is not None
        await apply_payment(session, bill, amount=500, paid_at=api.clock.now(), **of_books)
    async with api.services.database.write() as session:
        await unapply_payment(session, **where, **of_books)
    events = await history(partner, payable_id, "?event_type__in=status_changed")
    reached = [(event["event_data"]["new_status"], event["entity_user_id"]) for event in events]
    assert reached[-3:] == [("waiting_to_be_paid", None), ("paid", None), ("waiting_to_be_paid", None)]
