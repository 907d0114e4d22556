"""The rules of VAT rates: who sells and buys is read from what the caller names; the law's table says the rest."""

from datetime import UTC, date, datetime, time
from uuid import UUID

from sqlalchemy import case

from tieout.api.counterparts.schemas import CounterpartType
from tieout.api.days import today_of
from tieout.api.dependencies import CallForEntity
from tieout.api.entities.vat_ids import load_vat_id
from tieout.api.products.schemas import ProductType
from tieout.api.scope import load_of_entity, rows_of_entity
from tieout.api.vat_rates.schemas import VatRateComponent, VatRateFilters, VatRateResponse, VatRateStatus
from tieout.books.statutory_rates import EDITION, FIRST_EDITION, StatutoryRate
from tieout.books.taxed_supplies import Buyer, Seller, Sold, usable_rates
from tieout.kit.errors import NotFound
from tieout.storage.tables.business import Counterpart, CounterpartAddress, CounterpartVatId

ONE_STOP_SHOP = "eu_oss_vat"

_TRADERS_NUMBERS = frozenset(("eu_vat", "unknown"))
"""Types of tax numbers that show another member's tax office that the buyer is a trader."""

_SOLD = {ProductType.PRODUCT: Sold.GOODS, ProductType.SERVICE: Sold.SERVICE}


def components_of(rate: StatutoryRate) -> list[VatRateComponent]:
    """The taxes that a rate is made of."""
    return [VatRateComponent(name=part.name, value=part.value) for part in rate.parts]


def shown(rate: StatutoryRate, *, on: date) -> VatRateResponse:
    """The rate as the API shows it on that day."""
    return VatRateResponse(
        id=rate.id,
        created_at=datetime.combine(FIRST_EDITION, time.min, UTC),
        updated_at=datetime.combine(EDITION, time.min, UTC),
        country=rate.country,
        value=rate.value,
        components=components_of(rate),
        status=VatRateStatus.ACTIVE if rate.is_valid_on(on) else VatRateStatus.INACTIVE,
        valid_from=rate.valid_from,
        valid_until=rate.valid_until,
    )


async def list_usable(call: CallForEntity, filters: VatRateFilters) -> list[VatRateResponse]:
    """The rates that the entity can put on a sale today; raises NotFound for what it does not have."""
    today = await today_of(call)
    seller = await _seller(call, filters.entity_vat_id_id)
    buyer = await _buyer(call, filters)
    sold = None if filters.product_type is None else _SOLD[filters.product_type]
    return [shown(rate, on=today) for rate in usable_rates(seller, buyer, sold, on=today)]


async def _seller(call: CallForEntity, vat_id_id: UUID | None) -> Seller:
    if vat_id_id is None:
        return Seller(country=str((await call.load_entity()).address["country"]))
    number = await load_vat_id(call, vat_id_id)
    if number.type == ONE_STOP_SHOP:  # a scheme of the country of registration, not a registration elsewhere
        return Seller(country=number.country, uses_one_stop_shop=True)
    return Seller(country=number.country)


async def _buyer(call: CallForEntity, filters: VatRateFilters) -> Buyer | None:
    """Who buys, as far as it is told; raises NotFound for what is nobody's or another counterpart's."""
    address, number = None, None
    owner_ids = set() if filters.counterpart_id is None else {filters.counterpart_id}
    if filters.counterpart_address_id is not None:
        address = await load_of_entity(call, CounterpartAddress, filters.counterpart_address_id, "address")
        owner_ids.add(address.counterpart_id)
    if filters.counterpart_vat_id_id is not None:
        number = await load_of_entity(call, CounterpartVatId, filters.counterpart_vat_id_id, "VAT id")
        owner_ids.add(number.counterpart_id)
    if not owner_ids:
        return None
    if len(owner_ids) > 1:
        message = "The address and the VAT id must be those of the counterpart."
        raise NotFound(message)
    counterpart = await load_of_entity(call, Counterpart, owner_ids.pop(), "counterpart")
    address = address or await _usual_address(call, counterpart)
    number = number or await _usual_number(call, counterpart, None if address is None else address.country)
    return _described(counterpart, address, number)


async def _usual_address(call: CallForEntity, counterpart: Counterpart) -> CounterpartAddress | None:
    """The default billing address, or the oldest one."""
    query = rows_of_entity(call, CounterpartAddress).where(CounterpartAddress.counterpart_id == counterpart.id)
    is_another = CounterpartAddress.id != counterpart.default_billing_address_id
    found: CounterpartAddress | None = await call.session.scalar(
        query.order_by(is_another, CounterpartAddress.created_at, CounterpartAddress.id).limit(1)
    )
    return found


async def _usual_number(call: CallForEntity, counterpart: Counterpart, country: str | None) -> CounterpartVatId | None:
    """A trader's number of the counterpart: the one of the address's country, or the oldest."""
    query = rows_of_entity(call, CounterpartVatId).where(
        CounterpartVatId.counterpart_id == counterpart.id, CounterpartVatId.type.in_(_TRADERS_NUMBERS)
    )
    is_elsewhere = case((CounterpartVatId.country == country, 0), else_=1)
    found: CounterpartVatId | None = await call.session.scalar(
        query.order_by(is_elsewhere, CounterpartVatId.created_at, CounterpartVatId.id).limit(1)
    )
    return found


def _described(
    counterpart: Counterpart, address: CounterpartAddress | None, number: CounterpartVatId | None
) -> Buyer | None:
    registered_in = None if number is None else number.country
    country = registered_in if address is None else address.country
    if country is None:
        return None
    is_trader = number is not None and number.type in _TRADERS_NUMBERS
    return Buyer(
        country=country,
        region=None if address is None else address.state,
        is_business=counterpart.type == CounterpartType.ORGANIZATION or number is not None,
        vat_country=(registered_in or country) if is_trader else None,
    )
