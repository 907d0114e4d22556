"""The official Python SDK of Monite drives entities, counterparts, the catalogue, VAT rates and settings."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from monite import (
    AsyncMonite,
    CounterpartAddress,
    CounterpartCreatePayload_Individual,
    CounterpartCreatePayload_Organization,
    CounterpartIndividualCreatePayload,
    CounterpartOrganizationCreatePayload,
    CounterpartOrganizationRootUpdatePayload,
    CounterpartOrganizationUpdatePayload,
    EntityAddressSchema,
    LineItem,
    OptionalOrganizationSchema,
    OrganizationSchema,
    Price,
    ReceivableFacadeCreateInvoicePayload,
    UpdateEntityAddressSchema,
)
from monite.core.api_error import ApiError
from monite.types import CurrencySettingsInput, DocumentIDsSettingsRequest, MailSettings
from tests.support.monite_sdk import Sdk
from tests.support.partner import Api, Partner, start_api
from tests.support.people import user_who_may

BONN = EntityAddressSchema(country="DE", city="Bonn", postal_code="53111", line1="Hauptstr. 1")
LYON = CounterpartAddress(country="FR", city="Lyon", postal_code="69001", line1="1 rue de la Paix")


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    started = await start_api(tmp_path)
    yield started
    await started.close()


@pytest.fixture
async def sdk(api: Api) -> AsyncIterator[Sdk]:
    made = Sdk(api.app)
    yield made
    await made.close()


@pytest.fixture
async def partner(api: Api) -> Partner:
    return await api.new_partner()


@pytest.fixture
async def client(sdk: Sdk, partner: Partner) -> AsyncMonite:
    """The partner's program, for an entity in Germany."""
    token = await sdk.sign_in(str(partner.client_id), partner.client_secret)
    entity = await sdk.client(token=token).entities.create(
        type="organization",
        email="owner@example.com",
        address=BONN,
        organization=OrganizationSchema(legal_name="Bolzen GmbH"),
    )
    partner.entity_id = entity.id
    return sdk.client(token=token, entity_id=entity.id)


async def refused(call: Any) -> int | None:
    with pytest.raises(ApiError) as answer:
        await call
    return answer.value.status_code


async def make_organization(client: AsyncMonite, name: str = "Boulons SA") -> Any:
    return await client.counterparts.create(
        request=CounterpartCreatePayload_Organization(
            organization=CounterpartOrganizationCreatePayload(
                legal_name=name, is_customer=True, is_vendor=False, address=LYON
            ),
            tax_id="FR-1",
        )
    )


async def test_an_entity_is_changed_listed_and_put_out_of_use(client: AsyncMonite, partner: Partner) -> None:
    entities, entity_id = client.entities, partner.entity_id
    changed = await entities.update_by_id(
        entity_id,
        phone="+49 228 1",
        address=UpdateEntityAddressSchema(city="Köln"),
        organization=OptionalOrganizationSchema(owners_provided=True),
    )
    assert (changed.phone, changed.address.city, changed.address.line1) == ("+49 228 1", "Köln", "Hauptstr. 1")
    assert await entities.get_by_id(entity_id) == changed
    assert (await entities.get_entities_me()).id == entity_id
    listed = await entities.get(type="organization", email_in=["owner@example.com"], sort="updated_at", order="desc")
    assert [entity.id for entity in listed.data] == [entity_id]
    assert (await entities.get(id_not_in=[entity_id])).data == []
    metadata = await entities.update_partner_metadata_by_id(entity_id, metadata={"crm": {"id": 7}})
    assert metadata == await entities.get_partner_metadata_by_id(entity_id)
    assert (await entities.post_entities_id_deactivate(entity_id)).status == "inactive"
    assert await refused(client.products.create(name="Hammer")) == 409
    assert (await entities.get(status="inactive")).data[0].id == entity_id
    assert (await entities.post_entities_id_activate(entity_id)).status == "active"
    assert (await client.products.create(name="Hammer")).name == "Hammer"


async def test_settings_are_merged_and_read_back(client: AsyncMonite, partner: Partner) -> None:
    entities, entity_id = client.entities, partner.entity_id
    first = await entities.update_settings_by_id(entity_id, language="de", vat_mode="inclusive")
    assert (first.language, first.vat_mode, first.payment_priority) == ("de", "inclusive", "working_capital")
    second = await entities.update_settings_by_id(
        entity_id,
        currency=CurrencySettingsInput(default="EUR"),
        document_ids=DocumentIDsSettingsRequest(prefix="B", include_date=True),
    )
    assert (second.language, second.document_ids.prefix if second.document_ids else None) == ("de", "B")
    assert await entities.get_settings_by_id(entity_id) == second
    assert (await entities.get_entities_id_settings_next_document_numbers(entity_id)).invoice == 1
    project = await client.partner_settings.update(
        mail=MailSettings(attach_documents_as_pdf=False, from_name="Payables"), website="https://p.example"
    )
    assert project.mail is not None
    assert (project.mail.from_name, project.mail.attach_documents_as_pdf) == ("Payables", False)
    assert await client.partner_settings.get() == project


async def test_an_entity_user_sees_the_own_entity(sdk: Sdk, client: AsyncMonite, partner: Partner) -> None:
    user = await user_who_may(partner, entity={"read": "allowed"})
    user.entity_id = ""
    entities = sdk.client(token=user.token).entities
    assert await entities.get_entities_me() == await client.entities.get_by_id(partner.entity_id)
    assert await refused(entities.patch_entities_me(phone="1")) == 403
    assert await refused(sdk.client(token=partner.token).entities.get_entities_me()) == 400


async def test_counterparts_come_with_all_that_belongs_to_them(client: AsyncMonite) -> None:
    made = await make_organization(client)
    addresses, contacts, vat_ids = (
        client.counterparts.addresses,
        client.counterparts.contacts,
        client.counterparts.vat_ids,
    )
    second = await addresses.create(made.id, country="FR", city="Nice", postal_code="06000", line1="2 quai")
    assert (await addresses.update_by_id(second.id, made.id, city="Cannes")).city == "Cannes"
    changed = await client.counterparts.update_by_id(
        made.id,
        request=CounterpartOrganizationRootUpdatePayload(
            organization=CounterpartOrganizationUpdatePayload(is_vendor=True), default_shipping_address_id=second.id
        ),
    )
    assert changed.type == "organization"
    assert (changed.default_shipping_address_id, changed.organization.is_vendor) == (second.id, True)  # type: ignore[union-attr]  # as the line above says
    assert {one.id for one in (await addresses.get(made.id)).data} == {made.default_billing_address_id, second.id}
    await addresses.delete_by_id(second.id, made.id)
    assert (await client.counterparts.get_by_id(made.id)).default_shipping_address_id is None

    ann = await contacts.create(made.id, address=LYON, first_name="Ann", last_name="Lee")
    bob = await contacts.create(made.id, address=LYON, first_name="Bob", last_name="Lee")
    assert (ann.is_default, bob.is_default) == (True, False)
    assert (await contacts.make_default_by_id(bob.id, made.id)).is_default is True
    assert (await contacts.update_by_id(ann.id, made.id, title="Dr.")).title == "Dr."
    await contacts.delete_by_id(bob.id, made.id)
    assert (await contacts.get_by_id(ann.id, made.id)).is_default is True

    number = await vat_ids.create(made.id, value="FR40303265045", country="FR", type="eu_vat")
    assert (await vat_ids.update_by_id(number.id, made.id, value="FR1")).value == "FR1"
    assert [one.id for one in (await client.counterparts.get(vat_id="FR1")).data] == [made.id]
    await vat_ids.delete_by_id(number.id, made.id)
    assert (await vat_ids.get(made.id)).data == []
    assert await refused(vat_ids.get_by_id(number.id, made.id)) == 404

    metadata = await client.counterparts.update_partner_metadata_by_id(made.id, metadata={"a": 1})
    assert metadata.metadata == {"a": 1}
    await client.counterparts.delete_by_id(made.id)
    assert await refused(client.counterparts.get_by_id(made.id)) == 404


async def test_counterparts_are_found_page_by_page(client: AsyncMonite) -> None:
    for name in ("Charlie", "Alpha", "Bravo"):
        await make_organization(client, name)
    await client.counterparts.create(
        request=CounterpartCreatePayload_Individual(
            individual=CounterpartIndividualCreatePayload(
                first_name="Zoe", last_name="Zulu", is_customer=False, is_vendor=True, address=LYON
            )
        )
    )
    names: list[str] = []
    token: str | None = None
    while page := await client.counterparts.get(
        limit=2, sort="counterpart_name", order="asc", type="organization", pagination_token=token
    ):
        names += [one.organization.legal_name for one in page.data]  # type: ignore[union-attr]  # only organizations
        token = page.next_pagination_token
        if token is None:
            break
    assert names == ["Alpha", "Bravo", "Charlie"]
    vendors = (await client.counterparts.get(is_vendor=True, address_city="Lyon")).data
    assert [one.type for one in vendors] == ["individual"]


async def test_a_catalogue_is_built_and_searched(client: AsyncMonite) -> None:
    unit = await client.measure_units.create(name="hour", description="60 minutes")
    assert (await client.measure_units.update_by_id(unit.id, name="h")).name == "h"
    product = await client.products.create(
        name="Advice", type="service", price=Price(currency="EUR", value=12_500), measure_unit_id=unit.id
    )
    assert await refused(client.measure_units.delete_by_id(unit.id)) == 409
    cheaper = await client.products.update_by_id(product.id, price=Price(currency="EUR", value=9_900))
    assert cheaper.price is not None
    assert cheaper.price.value == 9_900
    for found in (
        await client.products.get(price_lt=10_000, currency_in=["EUR"], type="service"),
        await client.products.get(name_icontains="ADV", measure_unit_id=unit.id),
    ):
        assert [one.id for one in found.data] == [product.id]
    await client.products.delete_by_id(product.id)
    assert await refused(client.products.get_by_id(product.id)) == 404
    await client.measure_units.delete_by_id(unit.id)
    assert (await client.measure_units.get()).data == []


async def test_an_invoice_has_the_rate_that_the_law_has_for_its_buyer(client: AsyncMonite, partner: Partner) -> None:
    own = await client.entities.vat_ids.create(partner.entity_id, country="DE", value="DE136695976", type="eu_vat")
    assert [one.id for one in (await client.entities.vat_ids.get(partner.entity_id)).data] == [own.id]
    buyer = await make_organization(client)
    at_home = (await client.vat_rates.get(counterpart_id=buyer.id, entity_vat_id_id=own.id)).data
    assert [rate.value for rate in at_home] == [1900, 700, 0]
    await client.counterparts.vat_ids.create(buyer.id, value="FR40303265045", country="FR", type="eu_vat")
    [reverse_charge] = (await client.vat_rates.get(counterpart_id=buyer.id, entity_vat_id_id=own.id)).data
    assert (reverse_charge.value, reverse_charge.country, reverse_charge.status) == (0, "DE", "active")
    service = await client.products.create(name="Advice", type="service", price=Price(currency="EUR", value=10_000))
    for rate, total in ((at_home[0], 11_900), (reverse_charge, 10_000)):
        invoice = await client.receivables.create(
            request=ReceivableFacadeCreateInvoicePayload(
                type="invoice",
                currency="EUR",
                counterpart_id=buyer.id,
                counterpart_billing_address_id=buyer.default_billing_address_id,
                line_items=[LineItem(quantity=1, product_id=service.id, vat_rate_id=rate.id)],
            )
        )
        assert invoice.total_amount == total
        assert invoice.line_items[0].product.vat_rate.id == rate.id
    await client.entities.vat_ids.update_by_id(own.id, partner.entity_id, value="DE129273398")
    await client.entities.vat_ids.delete_by_id(own.id, partner.entity_id)
    assert await refused(client.entities.vat_ids.get_by_id(own.id, partner.entity_id)) == 404


async def test_what_is_not_built_says_so(client: AsyncMonite) -> None:
    buyer = await make_organization(client)
    assert await refused(client.counterparts.bank_accounts.get(buyer.id)) == 501
    credentials = client.counterpart_e_invoicing_credentials
    assert await refused(credentials.get_counterparts_id_einvoicing_credentials(buyer.id)) == 501
