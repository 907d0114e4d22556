"""What becomes of vendors' credit notes: the steps from draft to approved, and what they take off bills."""

from typing import Any

import pytest
from tests.support.crediting import COMPLETE, make_bill, make_note, note_in
from tests.support.documents import Trader, events_of, make_counterpart
from tests.support.partner import Api, Partner

from tieout.api.payable_credit_notes.states import STATUSES

AFTER: dict[str, dict[str, str]] = {
    "submit_for_approval": {"new": "submitted_for_approval"},
    "approve": {"new": "approved", "submitted_for_approval": "approved"},
    "reject": {"submitted_for_approval": "rejected"},
    "cancel": {"draft": "canceled", "new": "canceled"},
}
REACHED = [status for status in STATUSES if status != "applied"]


@pytest.fixture
async def vendor(api: Api, partner: Partner) -> Trader:
    await partner.make_entity()
    return await make_counterpart(api, partner)


@pytest.fixture
async def bill_id(partner: Partner, vendor: Trader) -> str:
    return await make_bill(partner, vendor)


async def bill_of(partner: Partner, bill_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await partner.get(f"/payables/{bill_id}")).json()
    return found


async def owed(partner: Partner, bill_id: str) -> tuple[str, int, int, int]:
    """Status, what is due, what was paid, and the total less its credits."""
    shown = await bill_of(partner, bill_id)
    return shown["status"], shown["amount_due"], shown["amount_paid"], shown["total_amount_with_credit_notes"]


@pytest.mark.parametrize("status", REACHED)
async def test_every_step_is_possible_only_where_the_table_has_it(
    api: Api, partner: Partner, bill_id: str, status: str
) -> None:
    note_id = await note_in(partner, bill_id, status)
    path = f"/payable_credit_notes/{note_id}"
    before, told = (await partner.get(path)).json(), len(await events_of(api, note_id))
    assert before["status"] == status
    for action, after in AFTER.items():
        if status in after:
            continue
        refused = await partner.post(f"{path}/{action}")
        assert refused.status_code == 409
        assert refused.json()["error"]["message"].startswith(f"Action {action} for payable credit note not allowed")
    assert (await partner.get(path)).json() == before
    assert len(await events_of(api, note_id)) == told


@pytest.mark.parametrize(
    ("status", "action"), [(status, action) for action, after in AFTER.items() for status in after]
)
async def test_a_possible_step_is_taken_and_told(
    api: Api, partner: Partner, bill_id: str, status: str, action: str
) -> None:
    after = AFTER[action][status]
    note_id = await note_in(partner, bill_id, status)
    answer = await partner.post(f"/payable_credit_notes/{note_id}/{action}")
    assert (answer.status_code, answer.json()["status"]) == (200, after)
    assert (await partner.get(f"/payable_credit_notes/{note_id}")).json() == answer.json()
    assert (await events_of(api, note_id))[-1] == f"payables_credit_note.{after}"


@pytest.mark.parametrize("status", REACHED)
async def test_what_was_handed_in_is_not_changed_any_more(partner: Partner, bill_id: str, status: str) -> None:
    note_id = await note_in(partner, bill_id, status)
    path, expected = f"/payable_credit_notes/{note_id}", 200 if status in {"draft", "new"} else 409
    line = {"name": "Paper", "quantity": 1, "unit_price": 1_000, "tax": 2_000}
    assert (await partner.patch(path, json={"description": "Returned"})).status_code == expected
    assert (await partner.post(f"{path}/line_items", json=line)).status_code in {expected, 201}
    assert (await partner.put(f"{path}/line_items", json={"data": [line]})).status_code == expected
    lines = (await partner.get(f"{path}/line_items")).json()["data"]
    assert len(lines) == (1 if expected == 200 else 0)
    line_path = f"{path}/line_items/{lines[0]['id'] if lines else note_id}"
    assert (await partner.patch(line_path, json={"name": "Ink"})).status_code == expected
    assert (await partner.delete(line_path)).status_code == expected


@pytest.mark.parametrize("status", REACHED)
async def test_what_is_in_force_or_handed_in_is_not_deleted(
    api: Api, partner: Partner, bill_id: str, status: str
) -> None:
    note_id = await note_in(partner, bill_id, status)
    path = f"/payable_credit_notes/{note_id}"
    stays = status in {"submitted_for_approval", "approved"}
    assert (await partner.delete(path)).status_code == (409 if stays else 204)
    assert (await partner.get(path)).status_code == (200 if stays else 404)
    assert len((await partner.get("/payable_credit_notes")).json()["data"]) == int(stays)
    assert ("payables_credit_note.deleted" in await events_of(api, note_id)) is not stays
    if not stays:
        assert (await partner.delete(path)).status_code == 404
        assert (await bill_of(partner, bill_id))["credit_notes"] == []


async def test_a_draft_is_handed_in_only_when_it_is_complete(partner: Partner, bill_id: str) -> None:
    note_id = await note_in(partner, bill_id, "draft")
    path = f"/payable_credit_notes/{note_id}"
    assert (await partner.post(f"{path}/submit_for_approval")).status_code == 409
    assert (await partner.post(f"{path}/approve")).status_code == 409
    await partner.patch(path, json=COMPLETE)
    assert (await partner.post(f"{path}/submit_for_approval")).json()["status"] == "submitted_for_approval"


async def test_what_became_incomplete_is_not_approved(partner: Partner, bill_id: str) -> None:
    note_id = await note_in(partner, bill_id, "submitted_for_approval")
    await partner.put("/payable_credit_notes/validations", json={"required_fields": ["description"]})
    refused = await partner.post(f"/payable_credit_notes/{note_id}/approve")
    assert (refused.status_code, "description" in refused.json()["error"]["message"]) == (409, True)
    await partner.post("/payable_credit_notes/validations/reset")
    assert (await partner.post(f"/payable_credit_notes/{note_id}/approve")).status_code == 200


async def test_the_vendor_is_kept_as_it_was_when_the_credit_note_was_handed_in(
    partner: Partner, vendor: Trader, bill_id: str
) -> None:
    named = {"counterpart_id": vendor.id, "counterpart_address_id": vendor.address_id}
    note_id = await note_in(partner, bill_id, "new", **named)
    answer = (await partner.post(f"/payable_credit_notes/{note_id}/submit_for_approval")).json()
    assert answer["counterpart"]["name"] == "Amy's Bird Sanctuary"
    assert answer["counterpart"]["address"]["city"] == "Bayshore"
    assert answer["counterpart_raw"] is None
    await partner.patch(f"/counterparts/{vendor.id}", json={"organization": {"legal_name": "Amy's Ltd"}})
    kept = (await partner.get(f"/payable_credit_notes/{note_id}")).json()
    assert kept["counterpart"] == answer["counterpart"]


async def test_an_approved_credit_lowers_what_is_owed(api: Api, partner: Partner, bill_id: str) -> None:
    note_id = await note_in(partner, bill_id, "new")
    linked = {"id": note_id, "document_id": "CN-1", "issued_at": "2026-03-01", "total_amount": 1_200}
    assert (await bill_of(partner, bill_id))["credit_notes"] == [linked | {"status": "new"}]
    assert await owed(partner, bill_id) == ("waiting_to_be_paid", 10_000, 0, 10_000)
    await partner.post(f"/payable_credit_notes/{note_id}/approve")
    assert await owed(partner, bill_id) == ("waiting_to_be_paid", 8_800, 0, 8_800)
    listed = (await partner.get("/payables")).json()["data"]
    assert listed == [await bill_of(partner, bill_id)]
    assert listed[0]["credit_notes"] == [linked | {"status": "approved"}]
    partly = await partner.post(f"/payables/{bill_id}/mark_as_partially_paid", json={"amount_paid": 8_800})
    assert partly.status_code == 422
    paid = await partner.post(f"/payables/{bill_id}/mark_as_paid", json={})
    assert (paid.json()["status"], paid.json()["amount_paid"], paid.json()["amount_due"]) == ("paid", 8_800, 0)
    assert (await events_of(api, bill_id))[-1] == "payable.paid"


async def test_credits_pay_the_rest_of_a_bill(api: Api, partner: Partner, bill_id: str) -> None:
    await partner.post(f"/payables/{bill_id}/mark_as_partially_paid", json={"amount_paid": 9_000})
    await note_in(partner, bill_id, "approved", subtotal=1_000, tax_amount=0, total_amount=1_000)
    assert await owed(partner, bill_id) == ("paid", 0, 9_000, 9_000)
    assert (await events_of(api, bill_id))[-1] == "payable.paid"
    await note_in(partner, bill_id, "approved")
    assert await owed(partner, bill_id) == ("paid", 0, 9_000, 7_800)


async def test_a_credit_does_not_approve_a_bill(partner: Partner, vendor: Trader) -> None:
    bill_id = await make_bill(partner, vendor, 1_200, approved=False)
    await note_in(partner, bill_id, "approved")
    assert await owed(partner, bill_id) == ("new", 0, 0, 0)
    assert (await partner.post(f"/payables/{bill_id}/approve_payment_operation")).status_code == 200
    paid = await partner.post(f"/payables/{bill_id}/mark_as_paid", json={})
    assert (paid.json()["status"], paid.json()["amount_paid"]) == ("paid", 0)


async def test_a_credit_without_a_bill_is_approved_for_itself(partner: Partner) -> None:
    await partner.make_entity()
    await partner.put("/payable_credit_notes/validations", json={"required_fields": ["total_amount"]})
    note = await make_note(partner, **COMPLETE)
    assert note["status"] == "new"
    assert (await partner.post(f"/payable_credit_notes/{note['id']}/approve")).json()["status"] == "approved"


@pytest.fixture
async def autolinking(partner: Partner) -> None:
    settings = {"allow_credit_note_autolinking": True, "approve_page_url": "https://partner.example/approve"}
    assert (await partner.patch("/settings", json={"payable": settings})).status_code == 200


@pytest.mark.usefixtures("autolinking")
async def test_a_credit_note_finds_its_bill_by_the_number_that_it_names(
    partner: Partner, vendor: Trader, bill_id: str
) -> None:
    named = {"based_on_document_id": "SUP-7", "counterpart_id": vendor.id}
    assert (await make_note(partner, based_on_document_id="SUP-7"))["based_on"] is None, "a vendor is named too"
    assert (await make_note(partner, **named | {"based_on_document_id": "SUP-8"}))["based_on"] is None
    assert (await make_note(partner, **named))["based_on"] == bill_id
    assert (await make_note(partner, **named))["based_on"] is None, "the bill has a credit note already"


@pytest.mark.usefixtures("autolinking")
async def test_a_number_that_two_bills_have_finds_neither(partner: Partner, vendor: Trader, bill_id: str) -> None:
    assert bill_id != await make_bill(partner, vendor)
    note = await make_note(partner, based_on_document_id="SUP-7", counterpart_id=vendor.id)
    assert note["based_on"] is None


@pytest.mark.usefixtures("autolinking")
async def test_only_an_approved_bill_is_found(partner: Partner, vendor: Trader) -> None:
    await make_bill(partner, vendor, approved=False)
    note = await make_note(partner, based_on_document_id="SUP-7", counterpart_id=vendor.id)
    assert note["based_on"] is None


async def test_bills_are_not_sought_unless_the_partner_wants_that(
    partner: Partner, vendor: Trader, bill_id: str
) -> None:
    note = await make_note(partner, based_on_document_id="SUP-7", counterpart_id=vendor.id)
    assert (note["based_on"], (await bill_of(partner, bill_id))["credit_notes"]) == (None, [])
