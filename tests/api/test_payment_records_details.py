"""Payment records of bills and invoices: changes, users, what is overpaid, and what comes at once."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.support.crediting import make_bill, note_in
from tests.support.documents import Trader, events_of, make_counterpart
from tests.support.partner import Api, Partner

RECORDS = "/payment_records"
PAID_AT = {"paid_at": "2026-03-02T08:00:00Z"}


@pytest.fixture
async def trader(api: Api, partner: Partner) -> Trader:
    await partner.make_entity()
    return await make_counterpart(api, partner)


@pytest.fixture
async def bill_id(partner: Partner, trader: Trader) -> str:
    return await make_bill(partner, trader)


async def make_invoice(partner: Partner, trader: Trader, **fields: Any) -> str:
    """An issued invoice of 100 dollars."""
    product = {"name": "Work", "price": {"currency": "USD", "value": 10_000}}
    body = {
        "type": "invoice",
        "counterpart_id": trader.id,
        "counterpart_billing_address_id": trader.address_id,
        "currency": "USD",
        "line_items": [{"product": product, "quantity": 1, "tax_rate_value": 0}],
    }
    receivable_id = str((await partner.post("/receivables", json=body | fields)).json()["id"])
    assert (await partner.post(f"/receivables/{receivable_id}/issue")).status_code == 200
    return receivable_id


def payment(object_id: str, amount: int = 4_000, type_: str = "payable", **fields: Any) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD", "object": {"id": object_id, "type": type_}, **fields}


async def create(partner: Partner, body: dict[str, Any]) -> dict[str, Any]:
    answer = await partner.post(RECORDS, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def bill(partner: Partner, bill_id: str) -> tuple[str, int, int]:
    shown = (await partner.get(f"/payables/{bill_id}")).json()
    return shown["status"], shown["amount_paid"], shown["amount_due"]


async def test_payments_settle_a_bill(api: Api, partner: Partner, bill_id: str) -> None:
    first = await create(partner, payment(bill_id))
    assert first["object"] == {
        "id": bill_id,
        "type": "payable",
        "old_status": "waiting_to_be_paid",
        "new_status": "partially_paid",
    }
    assert await bill(partner, bill_id) == ("partially_paid", 4_000, 6_000)
    second = await create(partner, payment(bill_id, 7_000))
    assert (second["object"]["new_status"], second["overpaid_amount"]) == ("paid", 1_000)
    assert await bill(partner, bill_id) == ("paid", 11_000, 0)
    assert (await events_of(api, bill_id))[-2:] == ["payable.partially_paid", "payable.paid"]


async def test_marking_a_bill_as_paid_records_the_payments(partner: Partner, bill_id: str) -> None:
    partly = await partner.post(f"/payables/{bill_id}/mark_as_partially_paid", json={"amount_paid": 3_000})
    again = await partner.post(f"/payables/{bill_id}/mark_as_partially_paid", json={"amount_paid": 5_000})
    assert (partly.json()["amount_paid"], again.json()["amount_paid"]) == (3_000, 5_000)
    for amount, status in ((5_000, 409), (10_000, 422)):
        refused = await partner.post(f"/payables/{bill_id}/mark_as_partially_paid", json={"amount_paid": amount})
        assert refused.status_code == status
    assert (await partner.post(f"/payables/{bill_id}/mark_as_paid")).json()["status"] == "paid"
    rows = (await partner.get(f"{RECORDS}?object_id={bill_id}")).json()["data"]
    assert sorted(row["amount"] for row in rows) == [2_000, 3_000, 5_000]
    assert {row["status"] for row in rows} == {"succeeded"}
    assert {row["object"]["old_status"] for row in rows} == {"waiting_to_be_paid", "partially_paid"}


@pytest.mark.parametrize("status", ["new", "canceled", "paid"])
async def test_a_bill_that_is_not_to_be_paid_takes_no_payment(partner: Partner, trader: Trader, status: str) -> None:
    bill_id = await make_bill(partner, trader, approved=status == "paid")
    for action in {"canceled": ["cancel"], "paid": ["mark_as_paid"]}.get(status, []):
        assert (await partner.post(f"/payables/{bill_id}/{action}")).status_code == 200
    refused = await partner.post(RECORDS, json=payment(bill_id))
    assert refused.status_code == 409
    assert refused.json()["error"]["message"] == f"Action pay for payable in status {status} not allowed"
    assert len((await partner.get(RECORDS)).json()["data"]) == int(status == "paid")


async def test_credits_count_before_payments(partner: Partner, bill_id: str) -> None:
    await note_in(partner, bill_id, "approved")
    made = await create(partner, payment(bill_id, 9_000))
    assert (made["overpaid_amount"], made["object"]["new_status"]) == (200, "paid")


async def test_a_late_invoice_is_called_overdue_here_too(api: Api, partner: Partner, trader: Trader) -> None:
    invoice_id = await make_invoice(partner, trader)
    due = {"issued_invoice": {"due_date": "2026-03-05"}}
    assert (await partner.patch(f"/receivables/{invoice_id}", json=due)).status_code == 200
    api.clock.move(timedelta(days=5))
    await partner.sign_in()
    assert (await partner.get(f"/receivables/{invoice_id}")).json()["status"] == "overdue"
    planned = await create(partner, payment(invoice_id, 1_000, "receivable", status="created"))
    assert (planned["object"]["old_status"], planned["object"]["new_status"]) == ("overdue", "overdue")
    made = await create(partner, payment(invoice_id, 1_000, "receivable"))
    assert (made["object"]["old_status"], made["object"]["new_status"]) == ("overdue", "partially_paid")


async def test_a_planned_payment_moves_to_another_document(partner: Partner, trader: Trader, bill_id: str) -> None:
    invoice_id = await make_invoice(partner, trader)
    made = await create(partner, payment(bill_id, status="created", planned_payment_date="2026-03-10"))
    path = f"{RECORDS}/{made['id']}"
    moved = (await partner.patch(path, json={"object": {"id": invoice_id, "type": "receivable"}})).json()
    assert moved["object"] == {"id": invoice_id, "type": "receivable", "old_status": "issued", "new_status": "issued"}
    done = (await partner.post(f"{path}/mark_as_succeeded", json=PAID_AT)).json()
    assert done["object"]["new_status"] == "partially_paid"
    assert await bill(partner, bill_id) == ("waiting_to_be_paid", 0, 10_000)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"amount": None}, 422),
        ({"currency": None}, 422),
        ({"object": None}, 422),
        ({"amount": 0}, 422),
        ({"amount": -5}, 501),
        ({"amount": 1.5}, 422),
        ({"currency": "EUR"}, 422),
        ({"status": "succeeded"}, 422),
        ({"entity_user_id": str(uuid4())}, 404),
        ({"object": {"id": str(uuid4()), "type": "payable"}}, 404),
        ({"amount": 5, "currency": "EUR", "payment_method": "card"}, 422),
    ],
    ids=lambda value: "" if isinstance(value, int) else "+".join(value),
)
async def test_a_wrong_change_changes_nothing(
    partner: Partner, bill_id: str, change: dict[str, Any], status: int
) -> None:
    made = await create(partner, payment(bill_id, status="created", planned_payment_date="2026-03-10"))
    path = f"{RECORDS}/{made['id']}"
    assert (await partner.patch(path, json=change)).status_code == status
    assert (await partner.get(path)).json() == made


async def test_details_are_changed_and_emptied(partner: Partner, bill_id: str) -> None:
    intent_id = str(uuid4())
    details: dict[str, Any] = {
        "payment_method": "wire",
        "payment_intent_id": intent_id,
        "payment_intent_status": "sent",
    }
    made = await create(partner, payment(bill_id, status="created", planned_payment_date="2026-03-10", **details))
    assert {name: made[name] for name in details} == details
    path = f"{RECORDS}/{made['id']}"
    emptied = (await partner.patch(path, json=dict.fromkeys(details) | {"planned_payment_date": None})).json()
    assert [emptied[name] for name in (*details, "planned_payment_date")] == [None] * 4
    assert emptied["amount"] == 4_000


async def test_a_planned_payment_that_was_one_too_much_is_told(partner: Partner, bill_id: str) -> None:
    planned = [await create(partner, payment(bill_id, 10_000, status="processing")) for _ in range(3)]
    first = await partner.post(f"{RECORDS}/{planned[0]['id']}/mark_as_succeeded", json=PAID_AT)
    assert (first.json()["object"]["new_status"], first.json()["overpaid_amount"]) == ("paid", 0)
    for record in planned[1:]:
        more = await partner.post(f"{RECORDS}/{record['id']}/mark_as_succeeded", json=PAID_AT)
        assert (more.status_code, more.json()["overpaid_amount"]) == (200, 10_000)
    assert await bill(partner, bill_id) == ("paid", 30_000, 0)


async def test_a_payment_of_a_document_that_is_gone_does_not_succeed(partner: Partner, trader: Trader) -> None:
    bill_id = await make_bill(partner, trader)
    made = await create(partner, payment(bill_id, status="created"))
    for action in ("reopen", "cancel"):
        assert (await partner.post(f"/payables/{bill_id}/{action}")).status_code == 200
    path = f"{RECORDS}/{made['id']}"
    assert (await partner.post(f"{path}/mark_as_succeeded", json=PAID_AT)).status_code == 409
    assert (await partner.delete(f"/payables/{bill_id}")).status_code == 204
    assert (await partner.post(f"{path}/mark_as_succeeded", json=PAID_AT)).status_code == 404
    assert (await partner.get(path)).json() == made
    assert (await partner.post(f"{path}/cancel", json={})).json()["status"] == "canceled"


async def test_payments_that_come_at_once_overpay_only_aloud(partner: Partner, bill_id: str) -> None:
    answers = await asyncio.gather(*(partner.post(RECORDS, json=payment(bill_id, 6_000)) for _ in range(4)))
    made = [answer.json() for answer in answers if answer.status_code == 201]
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409]
    assert sorted(one["overpaid_amount"] for one in made) == [0, 2_000]
    assert await bill(partner, bill_id) == ("paid", 12_000, 0)


async def test_a_payment_succeeds_once_however_often_it_is_said_at_once(partner: Partner, bill_id: str) -> None:
    path = f"{RECORDS}/{(await create(partner, payment(bill_id, status='created')))['id']}"
    said = [partner.post(f"{path}/mark_as_succeeded", json=PAID_AT) for _ in range(2)]
    answers = await asyncio.gather(*said, partner.post(f"{path}/cancel", json={}))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    status = (await partner.get(path)).json()["status"]
    assert await bill(partner, bill_id) == (
        ("partially_paid", 4_000, 6_000) if status == "succeeded" else ("waiting_to_be_paid", 0, 10_000)
    )


async def test_lists_can_be_narrowed_by_every_moment_and_word(api: Api, partner: Partner, bill_id: str) -> None:
    words = {"payment_intent_status": "sent", "payment_method": "wire"}
    await create(partner, payment(bill_id, 1_000, status="created", planned_payment_date="2026-03-10", **words))
    api.clock.move(timedelta(minutes=1))
    at = api.clock.now().isoformat().replace("+00:00", "Z")
    api.clock.move(timedelta(minutes=1))
    await create(partner, payment(bill_id, 8_000, paid_at="2026-01-01T00:00:00Z"))
    await create(partner, payment(bill_id, 3_000, paid_at="2026-01-02T00:00:00Z"))
    expected = {
        "sort=amount": [1_000, 3_000, 8_000],
        "sort=paid_at": [8_000, 3_000, 1_000],
        "sort=overpaid_amount&order=desc&limit=1": [3_000],
        f"created_at__gt={at}&sort=amount": [3_000, 8_000],
        f"created_at__lt={at}": [1_000],
        f"updated_at__gt={at}&sort=amount": [3_000, 8_000],
        f"updated_at__lt={at}": [1_000],
        "paid_at__gt=2026-01-01T00:00:00Z": [3_000],
        "paid_at__lt=2026-01-02T00:00:00Z": [8_000],
        "planned_payment_date__gt=2026-03-09": [1_000],
        "planned_payment_date__lt=2026-03-10": [],
        "planned_payment_date__lte=2026-03-10": [1_000],
        "payment_intent_status=sent": [1_000],
        "payment_method=card": [],
        f"object_id={bill_id}&status=succeeded&sort=amount": [3_000, 8_000],
    }
    found = {query: (await partner.get(f"{RECORDS}?{query}")).json()["data"] for query in expected}
    assert {query: [row["amount"] for row in rows] for query, rows in found.items()} == expected
    for query in ("status=failed", "object_type=quote", "sort=status", "limit=101", "is_external=perhaps"):
        assert (await partner.get(f"{RECORDS}?{query}")).status_code == 422


@pytest.mark.parametrize(("action", "after"), [("cancel", "canceled"), ("start_processing", "processing")])
async def test_a_step_without_details_is_taken(partner: Partner, bill_id: str, action: str, after: str) -> None:
    path = f"{RECORDS}/{(await create(partner, payment(bill_id, status='created')))['id']}/{action}"
    assert (await partner.post(path)).status_code == 422, "the contract asks for a body"
    taken = await partner.post(path, headers={"content-type": "application/json"}, content=b"")
    assert (taken.status_code, taken.json()["status"]) == (200, after)
    empty = {"content-type": "application/json"}
    assert (await partner.post(RECORDS, headers=empty, content=b"")).status_code == 422
    assert (await partner.patch(path.rpartition("/")[0], headers=empty, content=b"")).status_code in {200, 409}
