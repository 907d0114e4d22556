"""The official Python SDK of Monite drives the whole flow; only its base URL is another."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from monite import (
    AsyncMonite,
    CounterpartAddress,
    CounterpartCreatePayload_Organization,
    CounterpartOrganizationCreatePayload,
    EntityAddressSchema,
    LineItem,
    OrganizationSchema,
    Price,
    ReceivableFacadeCreateInvoicePayload,
)
from monite.core.api_error import ApiError
from monite.types import AccountingSettings, DefaultLedgerAccountIDs
from tests.support.house import PUBLIC_URL, House
from tests.support.monite_sdk import Sdk

from tieout.platforms.registry import all_platforms
from tieout.sandbox.companies import Company

PLATFORMS = sorted(all_platforms())


@pytest.fixture
async def sdk(house: House) -> AsyncIterator[Sdk]:
    made = Sdk(house.app, PUBLIC_URL)
    yield made
    await made.close()


def busiest(house: House, platform: str) -> Company:
    """The simulated company with the most documents."""
    return max(house.simulator(platform).companies.values(), key=lambda one: one.documents(offset=0, limit=0)[0])


async def sign_in(house: House, sdk: Sdk, books: Company) -> tuple[AsyncMonite, str]:
    """A client with an access token and an entity, and the entity's id; all through the SDK."""
    partner = await house.new_partner()
    token = await sdk.sign_in(str(partner.client_id), partner.client_secret)
    entity = await sdk.client(token=token).entities.create(
        type="organization",
        email="owner@example.com",
        address=EntityAddressSchema(country="US", city="Springfield", postal_code="12345", line1="1 Main Street"),
        organization=OrganizationSchema(legal_name=books.name),
    )
    return sdk.client(token=token, entity_id=entity.id), entity.id


async def make_counterpart(client: AsyncMonite, name: str, *, is_customer: bool) -> Any:
    address = CounterpartAddress(country="US", city="Springfield", postal_code="12345", line1="3 Side Street")
    return await client.counterparts.create(
        request=CounterpartCreatePayload_Organization(
            organization=CounterpartOrganizationCreatePayload(
                legal_name=name, is_customer=is_customer, is_vendor=not is_customer, address=address
            )
        )
    )


async def connect(house: House, client: AsyncMonite, platform: str, books: Company) -> str:
    assert (await client.accounting.connections.get()).data == []
    connection = await client.accounting.connections.create()
    assert connection.status == "pending_auth"
    title = all_platforms()[platform].title
    await house.new_person().connect(connection.connection_url, title, companies=books.name)
    await house.settle()
    connected = await client.accounting.connections.get_by_id(connection.id)
    assert connected.status == "connected"
    assert connected.last_pull is not None
    assert connected.business_info is not None
    assert connected.business_info.base_currency == books.currency
    return connection.id


async def issue_invoice(client: AsyncMonite, currency: str) -> Any:
    """An invoice with the first rate that the books have for sales."""
    customer = await make_counterpart(client, "Northwind Traders", is_customer=True)
    unit = await client.measure_units.create(name="hour")
    product = await client.products.create(
        name="Advisory hour", measure_unit_id=unit.id, price=Price(currency=currency, value=12_500), type="service"
    )
    rates = (await client.accounting.tax_rates.get()).data
    rate = next(one for one in rates if one.effective_tax_rate and one.on_sales and one.status == "Active")  # type: ignore[attr-defined]  # an addition
    invoice = await client.receivables.create(
        request=ReceivableFacadeCreateInvoicePayload(
            type="invoice",
            currency=currency,
            counterpart_id=customer.id,
            counterpart_billing_address_id=customer.default_billing_address_id,
            line_items=[LineItem(quantity=3, product_id=product.id, accounting_tax_rate_id=rate.id)],
        )
    )
    return await client.receivables.issue_by_id(invoice.id)


async def approve_bill(client: AsyncMonite, currency: str, ledger_account_id: str) -> Any:
    """A bill with the first rate that the books have for purchases; some have none."""
    vendor = await make_counterpart(client, "Paper & Ink Supplies", is_customer=False)
    rates = (await client.accounting.tax_rates.get()).data
    taxed = [one for one in rates if one.effective_tax_rate and one.on_purchases and one.status == "Active"]  # type: ignore[attr-defined]  # an addition
    percent = taxed[0].effective_tax_rate or 0 if taxed else 0
    tax_amount = round(8_000 * percent / 10_000)
    bill = await client.payables.create(
        document_id="SUP-77",
        counterpart_id=vendor.id,
        currency=currency,
        issued_at="2026-03-01",
        due_date="2026-03-31",
        subtotal=8_000,
        tax_amount=tax_amount,
        total_amount=8_000 + tax_amount,
    )
    await client.payables.line_items.create(
        bill.id,
        name="Printer paper",
        quantity=1,
        unit_price=8_000,
        tax=percent,
        ledger_account_id=ledger_account_id,
        accounting_tax_rate_id=taxed[0].id if taxed else None,
    )
    await client.payables.submit_for_approval_by_id(bill.id)
    return await client.payables.approve_payment_by_id(bill.id)


async def in_the_books(client: AsyncMonite, books: Company, object_type: Any, document: Any) -> str:
    """The document's id in the books, whose journal has it once and with the same total."""
    records = (await client.accounting.synced_records.get(object_type=object_type, object_id=document.id)).data
    assert [(one.sync_status, one.errors) for one in records] == [("done", None)]
    external_id = str(records[0].platform_object_id)
    entries = [entry for entry in books.ledger.entries if entry.document.id == external_id]
    assert len(entries) == 1
    assert sum((line.debit for line in entries[0].lines), Decimal(0)) == Decimal(document.total_amount) / 100
    return external_id


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_the_official_sdk_drives_the_whole_flow(house: House, sdk: Sdk, platform: str) -> None:
    books = busiest(house, platform)
    client, entity_id = await sign_in(house, sdk, books)
    connection_id = await connect(house, client, platform, books)
    accounts = (await client.accounting.ledger_accounts.get()).data
    income = next(one for one in accounts if one.type == "Income" and one.status == "Active")
    expense = next(one for one in accounts if one.type == "Expense" and one.status == "Active")
    settings = await client.entities.update_settings_by_id(
        entity_id, accounting=AccountingSettings(ledger_account_ids=DefaultLedgerAccountIDs(products=income.id))
    )
    assert settings.accounting is not None

    invoice = await issue_invoice(client, books.currency)
    bill = await approve_bill(client, books.currency, expense.id)
    house.clock.move(timedelta(minutes=1))  # the first pull has used up what may be asked for at once
    await house.settle()
    external_id = await in_the_books(client, books, "receivable", invoice)
    await in_the_books(client, books, "bill", bill)

    books.people.act("pay", {"document_id": external_id})
    house.clock.move(timedelta(minutes=1))
    message = await client.accounting.connections.sync_by_id(connection_id)
    assert message.message == "Started connection data sync."
    await house.settle()
    paid = await client.receivables.get_by_id(invoice.id)
    assert (paid.type, paid.status) == ("invoice", "paid")
    assert paid.amount_due == 0  # type: ignore[union-attr]  # it is an invoice, as the line above says

    with pytest.raises(ApiError) as refused:
        await client.accounting.connections.create()
    assert refused.value.status_code == 409
    ended = await client.accounting.connections.disconnect_by_id(connection_id)
    assert ended.status == "disconnected"
