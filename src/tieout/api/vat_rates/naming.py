"""VAT rates that lines of documents name: they must be in the table, and the entity's own, and in force."""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from tieout.api.accounting_ids import Place
from tieout.api.dependencies import CallForEntity
from tieout.api.scope import rows_of_entity
from tieout.api.vat_rates.service import ONE_STOP_SHOP
from tieout.books.statutory_rates import EU_MEMBERS, RATES_BY_ID, StatutoryRate
from tieout.books.taxed_supplies import tax_country
from tieout.kit.errors import Fault, Unprocessable
from tieout.storage.tables.taxation import EntityVatId

UNKNOWN = "value_error.unknown_id"


async def load_named_rates(
    call: CallForEntity, ids: Mapping[Place, UUID | None], *, days: Collection[date]
) -> dict[UUID, StatutoryRate]:
    """The rates by their ids; each must be in force on one of the days.

    Raises Unprocessable, with the place of each, for ids that no rate has, for rates of countries in which the entity
    is not registered, and for rates that have ended or not begun.
    """
    wanted = {place: rate_id for place, rate_id in ids.items() if rate_id is not None}
    if not wanted:
        return {}
    countries = await _countries(call)
    found = {place: RATES_BY_ID.get(rate_id) for place, rate_id in wanted.items()}
    wrong = {place: _wrong(rate, countries, days) for place, rate in found.items()}
    faults = [
        Fault(place, message.format(id=wanted[place]), UNKNOWN if found[place] is None else "value_error")
        for place, message in wrong.items()
        if message
    ]
    if faults:
        raise Unprocessable(*faults)
    return {rate.id: rate for rate in found.values() if rate is not None}


async def _countries(call: CallForEntity) -> set[str]:
    """The countries under whose law the entity can sell."""
    query = rows_of_entity(call, EntityVatId).with_only_columns(EntityVatId.country, EntityVatId.type).distinct()
    numbers = [(country, kind) for country, kind in (await call.session.execute(query)).all()]
    home = str((await call.load_entity()).address["country"])
    countries = {tax_country(home)} | {tax_country(country) for country, _ in numbers}
    return countries | EU_MEMBERS if any(kind == ONE_STOP_SHOP for _, kind in numbers) else countries


def _wrong(rate: StatutoryRate | None, countries: set[str], days: Collection[date]) -> str | None:
    if rate is None:
        return "there is no VAT rate {id}"
    if rate.country not in countries:
        return f"the rate is one of {rate.country}, where the entity has neither its address nor a VAT id"
    if any(rate.is_valid_on(day) for day in days):
        return None
    if all(day < rate.valid_from for day in days):
        return f"the rate begins on {rate.valid_from}"
    return f"the rate ended on {rate.valid_until}"
