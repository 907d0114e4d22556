"""The official Python SDK of Monite lives the life of a bill: with its lines, file, history, approval and payment."""

import base64
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from monite import (
    AsyncMonite,
    CounterpartAddress,
    CounterpartCreatePayload_Organization,
    CounterpartOrganizationCreatePayload,
    EntityAddressSchema,
    LineItemInternalRequest,
    OrganizationSchema,
    PayablePaymentTermsCreatePayload,
)
from monite.core.api_error import ApiError
from monite.types import PayablePaymentTermDiscount, PayablePaymentTermFinal
from tests.support.house import PUBLIC_URL, House

VERSION = "2024-05-25"
PDF = b"%PDF-1.7\n%%EOF"


@pytest.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=house.app), base_url=PUBLIC_URL) as client:
        yield client


@pytest.fixture
async def client(house: House, http: httpx.AsyncClient) -> AsyncMonite:
    """The SDK for a new entity of a new partner."""
    partner = await house.new_partner()

    def sdk(token: str | None = None, entity_id: str | None = None) -> AsyncMonite:
        return AsyncMonite(
            base_url=f"{PUBLIC_URL}/v1",
            monite_version=VERSION,
            token=token,
            monite_entity_id=entity_id,
            httpx_client=http,
        )

    answer = await sdk().access_tokens.create(
        client_id=str(partner.client_id), client_secret=partner.client_secret, grant_type="client_credentials"
    )
    entity = await sdk(answer.access_token).entities.create(
        type="organization",
        email="owner@example.com",
        address=EntityAddressSchema(country="US", city="Springfield", postal_code="12345", line1="1 Main Street"),
        organization=OrganizationSchema(legal_name="Acme Ltd"),
    )
    return sdk(answer.access_token, entity.id)


async def make_vendor(client: AsyncMonite) -> Any:
    address = CounterpartAddress(country="US", city="Springfield", postal_code="12345", line1="3 Side Street")
    return await client.counterparts.create(
        request=CounterpartCreatePayload_Organization(
            organization=CounterpartOrganizationCreatePayload(
                legal_name="Paper & Ink", is_customer=False, is_vendor=True, address=address
            )
        )
    )


async def test_a_bill_with_a_file_is_approved_and_paid(client: AsyncMonite, http: httpx.AsyncClient) -> None:
    vendor = await make_vendor(client)
    bill = await client.payables.create(
        document_id="SUP-77",
        counterpart_id=vendor.id,
        currency="USD",
        issued_at="2026-03-01",
        payment_terms=PayablePaymentTermsCreatePayload(
            name="2/10 net 30",
            term1=PayablePaymentTermDiscount(discount=200, number_of_days=10),
            term_final=PayablePaymentTermFinal(number_of_days=30),
        ),
        base64encoded_file=base64.b64encode(PDF).decode(),
        file_name="bill.pdf",
        partner_metadata={"ours": 5},
    )
    assert (bill.status, bill.due_date, bill.partner_metadata) == ("draft", "2026-03-31", {"ours": 5})
    assert bill.file is not None
    assert (bill.file.name, bill.file.mimetype, bill.file.size) == ("bill.pdf", "application/pdf", len(PDF))
    fetched = await http.get(urlsplit(bill.file.url).path)
    assert (fetched.status_code, fetched.content) == (200, PDF)

    replaced = await client.payables.line_items.replace(
        bill.id,
        data=[
            LineItemInternalRequest(name="Paper", quantity=3, unit_price=333, tax=2_000),
            LineItemInternalRequest(name="Ink", quantity=1, unit_price=5_000, tax=0),
        ],
    )
    assert [line.total for line in replaced.data] == [1_199, 5_000]
    first = replaced.data[0]
    changed = await client.payables.line_items.update_by_id(first.id, bill.id, quantity=1)
    assert changed.total == 400
    await client.payables.line_items.delete_by_id(replaced.data[1].id, bill.id)
    added = await client.payables.line_items.create(bill.id, name="Ink", quantity=2, unit_price=100)
    assert (await client.payables.line_items.get_by_id(added.id, bill.id)).total == 200
    assert [line.id for line in (await client.payables.line_items.get(bill.id)).data] == [first.id, added.id]

    assert (await client.payables.validate_by_id(bill.id)).validation_errors == []
    shown = await client.payables.get_by_id(bill.id)
    assert (shown.status, shown.subtotal, shown.tax_amount, shown.total_amount) == ("new", 533, 67, 600)
    assert (shown.amount_due, shown.amount_to_pay) == (600, 588)

    assert (await client.payables.submit_for_approval_by_id(bill.id)).status == "approve_in_progress"
    assert (await client.payables.reject_by_id(bill.id)).status == "rejected"
    assert (await client.payables.reopen_by_id(bill.id)).status == "new"
    assert (await client.payables.approve_payment_by_id(bill.id)).status == "waiting_to_be_paid"
    part = await client.payables.mark_as_partially_paid_by_id(bill.id, amount_paid=100)
    assert (part.status, part.amount_paid, part.amount_due) == ("partially_paid", 100, 500)
    paid = await client.payables.mark_as_paid_by_id(bill.id, comment="By card")
    assert (paid.status, paid.amount_due, paid.marked_as_paid_with_comment) == ("paid", 0, "By card")

    history = await client.payables.get_payables_id_history(bill.id, event_type_in="status_changed", order="desc")
    assert [event.event_data.new_status for event in history.data][:2] == ["paid", "partially_paid"]  # type: ignore[union-attr]  # of this type, as asked
    whole = await client.payables.get_payables_id_history(bill.id, limit=2)
    assert [event.event_type for event in whole.data] == ["payable_created", "file_attached"]
    assert whole.next_pagination_token is not None


async def test_files_are_uploaded_and_attached_once(client: AsyncMonite) -> None:
    uploaded = await client.payables.upload_from_file(file=("scan.pdf", PDF, "application/pdf"))
    assert (uploaded.status, uploaded.ocr_status) == ("draft", None)
    with pytest.raises(ApiError) as refused:
        await client.payables.attach_file_by_id(uploaded.id, file=("other.pdf", PDF))
    assert refused.value.status_code == 409
    bare = await client.payables.create(document_id="SUP-78")
    assert (await client.payables.get(has_file=True)).data[0].id == uploaded.id
    attached = await client.payables.attach_file_by_id(bare.id, file=("bill.pdf", PDF))
    assert attached.file is not None
    assert attached.file_id == attached.file.id
    assert (await client.payables.cancel_by_id(bare.id)).status == "canceled"
    await client.payables.delete_by_id(uploaded.id)
    with pytest.raises(ApiError) as gone:
        await client.payables.get_by_id(uploaded.id)
    assert gone.value.status_code == 404


async def test_what_has_nothing_to_do_with_accounting_says_that_it_is_not_built(client: AsyncMonite) -> None:
    bill = await client.payables.create(document_id="SUP-79")
    for call in (
        client.payables.post_payables_id_cancel_ocr,
        client.payables.get_payables_id_suggestions,
        client.payables.delete_payables_id_suggestions,
    ):
        with pytest.raises(ApiError) as unbuilt:
            await call(bill.id)
        assert unbuilt.value.status_code == 501


async def test_lists_are_narrowed_paged_and_validated_as_the_sdk_asks(client: AsyncMonite) -> None:
    vendor = await make_vendor(client)
    made = [
        await client.payables.create(
            document_id=f"SUP-{number}", counterpart_id=vendor.id, currency="USD", total_amount=number * 100
        )
        for number in range(1, 4)
    ]
    page = await client.payables.get(limit=2, sort="created_at", order="desc")
    assert page.next_pagination_token is not None
    rest = await client.payables.get(pagination_token=page.next_pagination_token)
    assert sorted(bill.id for bill in [*page.data, *rest.data]) == sorted(bill.id for bill in made)
    found = await client.payables.get(
        status_in=["draft", "new"],
        counterpart_id=vendor.id,
        counterpart_name_icontains="paper",
        total_amount_gt=100,
        total_amount_lte=300,
        document_id_contains="SUP-2",
        search_text="sup",
        id_in=[bill.id for bill in made],
        currency="USD",
        has_file=False,
        has_tags=False,
        origin="upload",
        source_of_payable_data="user_specified",
    )
    assert [bill.document_id for bill in found.data] == ["SUP-2"]
    required = await client.payables.update_validations(required_fields=["currency", "line_items.name"])
    assert (await client.payables.get_validations()).required_fields == required.required_fields
    assert len((await client.payables.reset_validations()).required_fields) == 6
