"""The official Python SDK of Monite lives the life of invoices and credit notes, without any books connected."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from monite import (
    AsyncMonite,
    CounterpartAddress,
    CounterpartCreatePayload_Organization,
    CounterpartOrganizationCreatePayload,
    EntityAddressSchema,
    LineItem,
    LineItemProductCreate,
    OrganizationSchema,
    Price,
    ReceivableCreateBasedOnPayload,
    ReceivableFacadeCreateInvoicePayload,
    UpdateCreditNote,
    UpdateCreditNotePayload,
    UpdateInvoice,
    UpdateInvoicePayload,
    UpdateIssuedInvoice,
    UpdateIssuedInvoicePayload,
    UpdateProductForCreditNote,
)
from monite.core.api_error import ApiError
from monite.types import InlinePaymentTermsRequestPayload, InlineTermFinal
from tests.support.house import PUBLIC_URL, House

VERSION = "2024-05-25"


class Sdk:
    """The SDK without a token, as the partner, and for the partner's entity."""

    def __init__(self, house: House) -> None:
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=house.app), base_url=PUBLIC_URL)

    def client(self, token: str | None = None, entity_id: str | None = None) -> AsyncMonite:
        return AsyncMonite(
            base_url=f"{PUBLIC_URL}/v1",
            monite_version=VERSION,
            token=token,
            monite_entity_id=entity_id,
            httpx_client=self.http,
        )


@pytest.fixture
async def client(house: House) -> AsyncIterator[AsyncMonite]:
    """The SDK for a new entity of a new partner."""
    partner, sdk = await house.new_partner(), Sdk(house)
    answer = await sdk.client().access_tokens.create(
        client_id=str(partner.client_id), client_secret=partner.client_secret, grant_type="client_credentials"
    )
    entity = await sdk.client(answer.access_token).entities.create(
        type="organization",
        email="owner@example.com",
        address=EntityAddressSchema(country="US", city="Springfield", postal_code="12345", line1="1 Main Street"),
        organization=OrganizationSchema(legal_name="Acme Ltd"),
    )
    yield sdk.client(answer.access_token, entity.id)
    await sdk.http.aclose()


def line(name: str, price: int, quantity: float) -> LineItem:
    product = LineItemProductCreate(name=name, price=Price(currency="USD", value=price))
    return LineItem(quantity=quantity, product=product, tax_rate_value=2_000)


async def make_invoice(client: AsyncMonite, *lines: LineItem, days: int = 30) -> Any:
    address = CounterpartAddress(country="US", city="Springfield", postal_code="12345", line1="3 Side Street")
    customer = await client.counterparts.create(
        request=CounterpartCreatePayload_Organization(
            organization=CounterpartOrganizationCreatePayload(
                legal_name="Northwind Traders", is_customer=True, is_vendor=False, address=address
            )
        )
    )
    return await client.receivables.create(
        request=ReceivableFacadeCreateInvoicePayload(
            type="invoice",
            currency="USD",
            counterpart_id=customer.id,
            counterpart_billing_address_id=customer.default_billing_address_id or "",
            line_items=list(lines),
            payment_terms=InlinePaymentTermsRequestPayload(term_final=InlineTermFinal(number_of_days=days)),
        )
    )


async def told(client: AsyncMonite, receivable: Any) -> list[str]:
    """The kinds of everything that happened to a receivable, oldest first."""
    return [str(entry.event_type) for entry in (await client.receivables.get_history(receivable.id)).data]


async def test_an_invoice_is_written_issued_and_paid(client: AsyncMonite) -> None:
    needed = await client.receivables.get_receivables_required_fields()
    assert needed.line_item is not None
    draft = await make_invoice(client, line("Advice", 10_000, 1))
    await client.receivables.update_line_items_by_id(draft.id, data=[line("Advice", 10_000, 2)])
    changed: Any = await client.receivables.update_by_id(
        draft.id, request=UpdateInvoicePayload(invoice=UpdateInvoice(memo="Thank you"))
    )
    assert (changed.memo, changed.total_amount, changed.status) == ("Thank you", 24_000, "draft")
    issued: Any = await client.receivables.issue_by_id(draft.id)
    assert (issued.status, issued.document_id, issued.amount_due) == ("issued", "INV-00001", 24_000)
    later = UpdateIssuedInvoicePayload(issued_invoice=UpdateIssuedInvoice(footer="Bank 1"))
    await client.receivables.update_by_id(draft.id, request=later)
    part: Any = await client.receivables.mark_as_partially_paid_by_id(draft.id, amount_paid=4_000, comment="Cash")
    assert (part.status, part.amount_due) == ("partially_paid", 20_000)
    paid: Any = await client.receivables.mark_as_paid_by_id(draft.id)
    assert (paid.status, paid.amount_paid, paid.amount_due) == ("paid", 24_000, 0)
    assert await told(client, draft) == [
        "receivable_created",
        "receivable_updated",
        "receivable_updated",
        "status_changed",
        "receivable_updated",
        "payment_received",
        "status_changed",
        "payment_received",
        "status_changed",
    ]
    payments = await client.receivables.get_history(draft.id, event_type_in=["payment_received"], order="desc")
    entry = await client.receivables.get_history_by_id(payments.data[-1].id, draft.id)
    assert entry.event_data.model_dump(exclude_none=True) == {
        "amount_paid": 4_000,
        "amount_due": 20_000,
        "comment": "Cash",
    }


async def test_credit_notes_take_an_invoice_back(house: House, client: AsyncMonite) -> None:
    draft = await make_invoice(client, line("Laptop", 100_000, 10), line("Bag", 5_000, 10))
    issued: Any = await client.receivables.issue_by_id(draft.id)
    basis = ReceivableCreateBasedOnPayload(type="credit_note", based_on=issued.id)
    note: Any = await client.receivables.create(request=basis)
    laptop = note.line_items[0].product.id
    some = UpdateCreditNote(line_items={laptop: UpdateProductForCreditNote(quantity=2)})
    note = await client.receivables.update_by_id(note.id, request=UpdateCreditNotePayload(credit_note=some))
    assert note.total_amount == 240_000
    with pytest.raises(ApiError) as refused:
        await client.receivables.create(request=basis)
    assert refused.value.status_code == 409
    await client.receivables.issue_by_id(note.id)
    less: Any = await client.receivables.get_by_id(issued.id)
    assert (less.status, less.amount_due) == ("issued", 1_260_000 - 240_000)
    house.clock.move(timedelta(seconds=1))
    rest: Any = await client.receivables.create(request=basis)
    await client.receivables.issue_by_id(rest.id)
    gone: Any = await client.receivables.get_by_id(issued.id)
    assert (gone.status, gone.amount_due, gone.total_amount_with_credit_notes) == ("canceled", 0, 0)
    assert gone.related_documents.credit_note_ids == [note.id, rest.id]
    found = await client.receivables.get(based_on=issued.id, sort="total_amount")
    assert [one.id for one in found.data] == [note.id, rest.id]


async def test_late_invoices_are_found_by_list_and_search(client: AsyncMonite) -> None:
    late = await make_invoice(client, line("Advice", 100, 1))
    open_ = await make_invoice(client, line("Advice", 200, 1))
    unwanted = await make_invoice(client, line("Advice", 300, 1))
    for one in (late, open_, unwanted):
        await client.receivables.issue_by_id(one.id)
    await client.receivables.cancel_by_id(unwanted.id)
    long_ago = UpdateIssuedInvoicePayload(issued_invoice=UpdateIssuedInvoice(due_date="2020-01-31"))
    assert (await client.receivables.update_by_id(late.id, request=long_ago)).status == "overdue"
    overdue = await client.receivables.get(status="overdue", due_date_lt="2020-02-01")
    assert [one.id for one in overdue.data] == [late.id]
    searched = await client.receivables.post_receivables_search(status_in=["issued", "canceled"], sort="total_amount")
    assert [one.id for one in searched.data] == [open_.id, unwanted.id]
    with pytest.raises(ApiError) as refused:
        await client.receivables.get_pdf_link_by_id(late.id)
    assert refused.value.status_code == 501
