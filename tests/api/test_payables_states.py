"""Payables from complete to paid, and into the books."""

from typing import Any
from uuid import UUID

import pytest
from tests.support.documents import (
    Trader,
    change_settings,
    connect_books,
    events_of,
    links_of,
    make_counterpart,
    put_into_books,
)
from tests.support.partner import Api, Partner

from tieout.api.payables.states import Action, plan_transition
from tieout.kit.errors import Conflict
from tieout.storage.tables.connections import Connection

STATES = ("draft", "new", "approve_in_progress", "waiting_to_be_paid", "partially_paid", "paid", "canceled", "rejected")
POSSIBLE = {
    Action.UPDATE: {"draft", "new"},
    Action.DELETE: {"draft", "new", "rejected", "canceled"},
    Action.SUBMIT: {"new"},
    Action.APPROVE: {"new", "approve_in_progress"},
    Action.REJECT: {"approve_in_progress"},
    Action.REOPEN: {"rejected", "waiting_to_be_paid"},
    Action.CANCEL: {"draft", "new"},
    Action.PAY: {"new", "waiting_to_be_paid", "partially_paid"},
    Action.PAY_PARTIALLY: {"waiting_to_be_paid", "partially_paid"},
    Action.ATTACH: set(STATES) - {"canceled"},
}


@pytest.fixture
async def vendor(api: Api, partner: Partner) -> Trader:
    await partner.make_entity()
    return await make_counterpart(api, partner, "Books by Bessie")


async def new_bill(partner: Partner, vendor: Trader, **line: Any) -> str:
    body = {
        "currency": "USD",
        "document_id": "V-17",
        "due_date": "2026-04-01",
        "issued_at": "2026-03-01",
        "counterpart_id": vendor.id,
        "counterpart_address_id": vendor.address_id,
    }
    payable_id = str((await partner.post("/payables", json=body)).json()["id"])
    line = {"name": "Paper", "quantity": 1, "unit_price": 10_000, "tax": 2000, **line}
    assert (await partner.post(f"/payables/{payable_id}/line_items", json=line)).status_code == 201
    return payable_id


async def do(partner: Partner, payable_id: str, *actions: str) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for action in actions:
        answer = await partner.post(f"/payables/{payable_id}/{action}")
        assert answer.status_code == 200, answer.text
        shown = answer.json()
    return shown


async def refused(partner: Partner, payable_id: str, *actions: str) -> dict[str, int]:
    return {action: (await partner.post(f"/payables/{payable_id}/{action}")).status_code for action in actions}


def is_possible(action: Action, status: str) -> bool:
    try:
        plan_transition(action, status)
    except Conflict:
        return False
    return True


def test_a_payable_can_only_do_what_its_state_allows() -> None:
    for action in Action:
        assert {status for status in STATES if is_possible(action, status)} == POSSIBLE[action]


async def test_a_payable_is_submitted_and_approved_into_the_books(api: Api, partner: Partner, vendor: Trader) -> None:
    books = await connect_books(api, partner)
    payable_id = await new_bill(partner, vendor, ledger_account_id=books.account_id)
    submitted = await do(partner, payable_id, "submit_for_approval")
    assert submitted["status"] == "approve_in_progress"
    assert submitted["counterpart"]["name"] == "Books by Bessie"
    assert submitted["counterpart"]["address"]["city"] == "Bayshore"
    assert await links_of(api, payable_id) == []
    approved = await do(partner, payable_id, "approve_payment_operation")
    assert approved["status"] == "waiting_to_be_paid"
    (link,) = await links_of(api, payable_id)
    assert (link.object_type, link.sync_status, link.company_id) == ("bill", "pending", books.company_id)
    actions = await events_of(api, payable_id)
    assert actions == ["payable.created", "payable.updated", "payable.submitted_for_approval", "payable.approved"]


async def test_a_submitted_payable_cannot_be_changed(partner: Partner, vendor: Trader) -> None:
    payable_id = await new_bill(partner, vendor)
    line_id = (await partner.get(f"/payables/{payable_id}/line_items")).json()["data"][0]["id"]
    await do(partner, payable_id, "submit_for_approval")
    path = f"/payables/{payable_id}"
    answers = [
        await partner.patch(path, json={"description": "x"}),
        await partner.post(f"{path}/line_items", json={"name": "x"}),
        await partner.put(f"{path}/line_items", json={"data": []}),
        await partner.patch(f"{path}/line_items/{line_id}", json={"name": "x"}),
        await partner.delete(f"{path}/line_items/{line_id}"),
        await partner.delete(path),
    ]
    assert [answer.status_code for answer in answers] == [409] * len(answers)
    assert "current state approve_in_progress" in answers[0].json()["error"]["message"]


async def test_an_entity_that_skips_approval_approves_by_submitting(api: Api, partner: Partner, vendor: Trader) -> None:
    await change_settings(api, partner, payables_skip_approval_flow=True)
    payable_id = await new_bill(partner, vendor)
    assert (await do(partner, payable_id, "submit_for_approval"))["status"] == "waiting_to_be_paid"
    assert (await events_of(api, payable_id))[-1] == "payable.approved"


async def test_a_rejected_payable_can_be_reopened_or_deleted(api: Api, partner: Partner, vendor: Trader) -> None:
    payable_id = await new_bill(partner, vendor)
    assert (await do(partner, payable_id, "submit_for_approval", "reject"))["status"] == "rejected"
    assert (await do(partner, payable_id, "reopen"))["status"] == "new"
    await do(partner, payable_id, "submit_for_approval", "reject")
    assert (await partner.delete(f"/payables/{payable_id}")).status_code == 204
    assert (await partner.get(f"/payables/{payable_id}")).status_code == 404
    assert (await events_of(api, payable_id))[-1] == "payable.deleted"


async def test_a_cancelled_payable_is_final(partner: Partner, vendor: Trader) -> None:
    payable_id = await new_bill(partner, vendor)
    assert (await do(partner, payable_id, "cancel"))["status"] == "canceled"
    actions = ("submit_for_approval", "approve_payment_operation", "reject", "reopen", "cancel", "mark_as_paid")
    assert await refused(partner, payable_id, *actions) == dict.fromkeys(actions, 409)


async def test_a_draft_cannot_be_submitted_or_approved(partner: Partner, vendor: Trader) -> None:
    payable_id = await new_bill(partner, vendor)
    await partner.patch(f"/payables/{payable_id}", json={"document_id": None})
    actions = ("submit_for_approval", "approve_payment_operation", "mark_as_paid")
    assert await refused(partner, payable_id, *actions) == dict.fromkeys(actions, 409)


async def test_books_connected_since_are_asked_again_before_approval(
    api: Api, partner: Partner, vendor: Trader
) -> None:
    payable_id = await new_bill(partner, vendor)
    await connect_books(api, partner)
    answer = await partner.post(f"/payables/{payable_id}/approve_payment_operation")
    assert answer.status_code == 409
    assert "line_items.0.ledger_account_id" in answer.json()["error"]["message"]


async def test_books_that_nobody_authorised_yet_ask_for_nothing(api: Api, partner: Partner, vendor: Trader) -> None:
    books = await connect_books(api, partner, status="disconnected")
    async with api.services.database.write() as session:
        session.add(
            Connection(
                partner_id=partner.id,
                entity_id=UUID(partner.entity_id),
                created_at=api.clock.now(),
                updated_at=api.clock.now(),
            )
        )
    payable_id = await new_bill(partner, vendor)
    assert (await do(partner, payable_id, "approve_payment_operation"))["status"] == "waiting_to_be_paid"
    assert await links_of(api, payable_id) == []
    assert books.company_id is not None


async def test_an_approved_payable_can_be_reopened_and_is_wanted_out_of_the_books_that_have_it(
    api: Api, partner: Partner, vendor: Trader
) -> None:
    books = await connect_books(api, partner)
    payable_id = await new_bill(partner, vendor, ledger_account_id=books.account_id)
    await do(partner, payable_id, "approve_payment_operation")
    assert (await do(partner, payable_id, "reopen"))["status"] == "new"
    assert await links_of(api, payable_id) == []
    await do(partner, payable_id, "approve_payment_operation")
    await put_into_books(api, payable_id)
    assert (await do(partner, payable_id, "reopen"))["status"] == "new"
    (link,) = await links_of(api, payable_id)
    assert (link.sync_status, link.external_id) == ("pending", "77")
    assert link.push_wanted_at is not None


async def test_partial_payments_tell_the_running_total(partner: Partner, vendor: Trader) -> None:
    payable_id = await new_bill(partner, vendor)
    path = f"/payables/{payable_id}/mark_as_partially_paid"
    assert (await partner.post(path, json={"amount_paid": 1})).status_code == 409
    await do(partner, payable_id, "approve_payment_operation")
    for total in (2_000, 5_000):
        answer = await partner.post(path, json={"amount_paid": total})
        shown = answer.json()
        assert (shown["status"], shown["amount_paid"], shown["amount_due"]) == (
            "partially_paid",
            total,
            12_000 - total,
        )
    assert (await partner.post(path, json={"amount_paid": 5_000})).status_code == 409
    assert (await partner.post(path, json={"amount_paid": 12_000})).status_code == 422
    records = (await partner.get(f"/payment_records?object_id={payable_id}&sort=amount")).json()["data"]
    assert [record["amount"] for record in records] == [2_000, 3_000]
    assert await refused(partner, payable_id, "reopen") == {"reopen": 409}
    paid = await do(partner, payable_id, "mark_as_paid")
    assert (paid["status"], paid["amount_due"]) == ("paid", 0)


async def test_a_new_payable_that_was_paid_at_once_goes_into_the_books_too(
    api: Api, partner: Partner, vendor: Trader
) -> None:
    books = await connect_books(api, partner)
    payable_id = await new_bill(partner, vendor, ledger_account_id=books.account_id)
    answer = await partner.post(f"/payables/{payable_id}/mark_as_paid", json={"comment": "By card"})
    assert (answer.json()["status"], answer.json()["amount_paid"]) == ("paid", 12_000)
    assert answer.json()["marked_as_paid_with_comment"] == "By card"
    assert [link.object_type for link in await links_of(api, payable_id)] == ["bill"]
    assert (await events_of(api, payable_id))[-1] == "payable.paid"
    assert await refused(partner, payable_id, "mark_as_paid") == {"mark_as_paid": 409}
