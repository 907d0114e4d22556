"""The official Python SDK of Monite writes vendors' credit notes and payment records; only its base URL is another."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from monite import AsyncMonite
from monite.core.api_error import ApiError
from monite.types import CreditNoteLineItemCreateRequest, PaymentRecordObjectRequest
from tests.support.crediting import make_bill
from tests.support.documents import Trader, make_counterpart
from tests.support.partner import VERSION, Api, Partner, start_api

PAID_AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    started = await start_api(tmp_path)
    yield started
    await started.close()


@pytest.fixture
async def partner(api: Api) -> Partner:
    made = await api.new_partner()
    await made.make_entity()
    return made


@pytest.fixture
async def vendor(api: Api, partner: Partner) -> Trader:
    return await make_counterpart(api, partner)


@pytest.fixture
async def client(api: Api, partner: Partner) -> AsyncIterator[AsyncMonite]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api.app)) as http:
        yield AsyncMonite(
            base_url="https://tieout.example/v1",
            monite_version=VERSION,
            token=partner.token,
            monite_entity_id=partner.entity_id,
            httpx_client=http,
        )


async def test_a_credit_note_goes_from_draft_to_approved(client: AsyncMonite, partner: Partner, vendor: Trader) -> None:
    bill_id = await make_bill(partner, vendor)
    notes = client.credit_notes
    note = await notes.post_payable_credit_notes(
        document_id="CN-7",
        issued_at="2026-03-01",
        based_on=bill_id,
        counterpart_id=vendor.id,
        currency="USD",
        description="Paper that was wet",
    )
    assert (note.status, note.total_amount, note.based_on_document_id) == ("draft", None, "SUP-7")
    lacking = await notes.get_payable_credit_notes_id_validate(note.id)
    assert [error["loc"] for error in lacking.validation_errors or []] == [
        ["tax_amount"],
        ["total_amount"],
        ["subtotal"],
    ]

    line = await notes.post_payable_credit_notes_id_line_items(
        note.id, name="Paper", quantity=2.5, unit_price=333, tax=1_900
    )
    assert (line.subtotal, line.tax_amount, line.total) == (833, 158, 991)
    changed = await notes.patch_payable_credit_notes_id_line_items_id(note.id, line.id, unit="box")
    assert (await notes.get_payable_credit_notes_id_line_items_id(note.id, line.id)) == changed
    replaced = await notes.put_payable_credit_notes_id_line_items(
        note.id,
        data=[CreditNoteLineItemCreateRequest(name=name, quantity=1, unit_price=500) for name in ("Paper", "Ink")],
    )
    left = await notes.delete_payable_credit_notes_id_line_items_id(note.id, replaced.data[0].id)
    assert [row.name for row in left.data] == ["Ink"]
    listed = await notes.get_payable_credit_notes_id_line_items(note.id, sort="quantity", quantity_gte=1)
    assert listed.data == left.data

    described = await notes.patch_payable_credit_notes_id(note.id, description="Ink that was dry")
    assert (described.status, described.total_amount) == ("new", 500)
    assert (await notes.post_payable_credit_notes_id_submit_for_approval(note.id)).status == "submitted_for_approval"
    with pytest.raises(ApiError) as refused:
        await notes.post_payable_credit_notes_id_cancel(note.id)
    assert refused.value.status_code == 409
    approved = await notes.post_payable_credit_notes_id_approve(note.id)
    assert approved.status == "approved"
    found = await notes.get_payable_credit_notes(status_in=["approved"], based_on=bill_id, total_amount_gte=500)
    assert [one.id for one in found.data] == [note.id]
    bill = await client.payables.get_by_id(bill_id)
    assert (bill.amount_due, bill.total_amount_with_credit_notes) == (9_500, 9_500)
    assert [(one.id, one.status) for one in bill.credit_notes] == [(note.id, "approved")]


async def test_credit_notes_are_rejected_cancelled_and_deleted(
    client: AsyncMonite, partner: Partner, vendor: Trader
) -> None:
    notes, bill_id = client.credit_notes, await make_bill(partner, vendor)
    made = [
        await notes.post_payable_credit_notes(
            document_id=f"CN-{i}",
            issued_at="2026-03-01",
            based_on=bill_id,
            currency="USD",
            subtotal=100,
            tax_amount=19,
            total_amount=119,
        )
        for i in range(2)
    ]
    await notes.post_payable_credit_notes_id_submit_for_approval(made[0].id)
    assert (await notes.post_payable_credit_notes_id_reject(made[0].id)).status == "rejected"
    assert (await notes.post_payable_credit_notes_id_cancel(made[1].id)).status == "canceled"
    for note in made:
        await notes.delete_payable_credit_notes_id(note.id)
        with pytest.raises(ApiError) as gone:
            await notes.get_payable_credit_notes_id(note.id)
        assert gone.value.status_code == 404


async def test_the_required_fields_of_credit_notes_are_chosen_and_reset(client: AsyncMonite) -> None:
    notes = client.credit_notes
    defaults = await notes.get_payable_credit_notes_validations()
    chosen = await notes.put_payable_credit_notes_validations(required_fields=["description", "line_items.tax"])
    assert chosen.required_fields == ["description", "line_items.tax"]
    assert await notes.get_payable_credit_notes_validations() == chosen
    assert await notes.post_payable_credit_notes_validations_reset() == defaults


async def test_payments_are_planned_made_and_found(client: AsyncMonite, partner: Partner, vendor: Trader) -> None:
    bill_id, records = await make_bill(partner, vendor), client.payment_records
    of_bill = PaymentRecordObjectRequest(id=bill_id, type="payable")
    planned = await records.create(
        amount=4_000, currency="USD", object=of_bill, status="created", planned_payment_date="2026-03-10"
    )
    assert (planned.status, planned.is_external, planned.object.new_status) == ("created", True, "waiting_to_be_paid")
    changed = await records.patch_payment_records_id(planned.id, amount=6_000, payment_method="wire")
    assert (changed.amount, changed.payment_method) == (6_000, "wire")
    started = await records.post_payment_records_id_start_processing(planned.id, payment_intent_status="sent")
    assert (started.status, started.payment_intent_status) == ("processing", "sent")
    done = await records.post_payment_records_id_mark_as_succeeded(planned.id, paid_at=PAID_AT)
    assert (done.status, done.object.old_status, done.object.new_status) == (
        "succeeded",
        "waiting_to_be_paid",
        "partially_paid",
    )
    assert [entry.status for entry in done.history] == ["created", "processing", "succeeded"]
    with pytest.raises(ApiError) as refused:
        await records.post_payment_records_id_cancel(planned.id)
    assert refused.value.status_code == 409

    over = await records.create(amount=5_000, currency="USD", object=of_bill)
    assert (over.overpaid_amount, over.object.new_status) == (1_000, "paid")
    found = await records.get(object_id=bill_id, status="succeeded", sort="amount", order="desc")
    assert [one.amount for one in found.data] == [6_000, 5_000]
    assert await records.get_by_id(over.id) == over
    assert (await client.payables.get_by_id(bill_id)).status == "paid"
