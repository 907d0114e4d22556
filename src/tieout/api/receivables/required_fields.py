"""Which fields an invoice needs, for forms that ask before they write one (Monite, 'Required fields')."""

from typing import Literal
from uuid import UUID

from tieout.api.dependencies import CallForEntity
from tieout.api.entities.vat_ids import load_vat_id
from tieout.api.schemas import Country, Filters, Shown
from tieout.api.scope import load_of_entity
from tieout.books.statutory_rates import RATES_BY_COUNTRY
from tieout.books.taxed_supplies import tax_country
from tieout.storage.tables.business import Counterpart, CounterpartAddress, CounterpartVatId


class FieldSchema(Shown):
    """Whether a field is needed, and what it is."""

    description: str
    required: bool = False


class LineItemFields(Shown):
    """The fields of a line."""

    measure_unit: FieldSchema
    tax_rate_value: FieldSchema
    vat_rate_id: FieldSchema


class PartyFields(Shown):
    """The fields of the entity or the counterpart."""

    tax_id: FieldSchema
    vat_id: FieldSchema


class ReceivableRequiredFields(Shown):
    """What an invoice needs."""

    counterpart: PartyFields
    entity: PartyFields
    line_item: LineItemFields


class RequiredFieldsFilters(Filters):
    """Between whom the invoice will be."""

    counterpart_id: UUID | None = None
    counterpart_billing_address_id: UUID | None = None
    counterpart_country: Country | None = None
    counterpart_type: Literal["individual", "organization"] | None = None
    entity_vat_id_id: UUID | None = None
    counterpart_vat_id_id: UUID | None = None


async def read_required_fields(call: CallForEntity, filters: RequiredFieldsFilters) -> ReceivableRequiredFields:
    """What an invoice needs by these parties; raises NotFound for what the entity does not have.

    A line must say its tax: by a VAT rate where Tieout knows those of the seller's country, else by its value. Tax
    numbers are never needed: who must name one is for the partner to know.
    """
    country = await _country(call, filters)
    has_rates = bool(RATES_BY_COUNTRY.get(tax_country(country)))
    party = PartyFields(
        tax_id=FieldSchema(description="The number by which the tax office knows the party"),
        vat_id=FieldSchema(description="The number by which the party is registered for VAT"),
    )
    return ReceivableRequiredFields(
        counterpart=party,
        entity=party,
        line_item=LineItemFields(
            measure_unit=FieldSchema(description="What the product is counted in"),
            tax_rate_value=FieldSchema(description="The tax rate, percent × 100", required=not has_rates),
            vat_rate_id=FieldSchema(description="One of GET /vat_rates", required=has_rates),
        ),
    )


async def _country(call: CallForEntity, filters: RequiredFieldsFilters) -> str:
    """The country under whose law is sold."""
    if filters.counterpart_id is not None:
        await load_of_entity(call, Counterpart, filters.counterpart_id, "counterpart")
    if filters.counterpart_billing_address_id is not None:
        await load_of_entity(call, CounterpartAddress, filters.counterpart_billing_address_id, "address")
    if filters.counterpart_vat_id_id is not None:
        await load_of_entity(call, CounterpartVatId, filters.counterpart_vat_id_id, "VAT id")
    if filters.entity_vat_id_id is not None:
        return str((await load_vat_id(call, filters.entity_vat_id_id)).country)
    return str((await call.load_entity()).address.get("country", ""))
