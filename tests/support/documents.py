"""What documents need before they can be written: counterparts, products, and books that are connected."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from tests.support.partner import Api, Partner

from tieout.kit.identifiers import new_id
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.business import Counterpart, CounterpartAddress, Entity, Product
from tieout.storage.tables.connections import Company, Connection, LedgerAccount, Link, TaxRate
from tieout.storage.tables.work import Event


@dataclass(frozen=True)
class Trader:
    """A counterpart and its address."""

    id: str
    address_id: str


@dataclass(frozen=True)
class ConnectedBooks:
    """Books with an account, a bank account, and tax rates by their value (percent × 100)."""

    company_id: UUID
    account_id: str
    bank_id: str
    rates: dict[str, str]


async def make_counterpart(api: Api, partner: Partner, name: str = "Amy's Bird Sanctuary") -> Trader:
    """A customer and vendor of the partner's entity."""
    counterpart_id, address_id = new_id(), new_id()
    dates = {"created_at": api.clock.now(), "updated_at": api.clock.now()}
    owner: dict[str, Any] = {"partner_id": partner.id, "entity_id": UUID(partner.entity_id), **dates}
    async with api.services.database.write() as session:
        session.add(
            Counterpart(
                id=counterpart_id,
                type="organization",
                name=name,
                email="amy@example.com",
                is_customer=True,
                is_vendor=True,
                **owner,
            )
        )
        await session.flush()
        session.add(
            CounterpartAddress(
                id=address_id,
                counterpart_id=counterpart_id,
                line1="4581 Finch St.",
                city="Bayshore",
                postal_code="94326",
                country="US",
                **owner,
            )
        )
    return Trader(str(counterpart_id), str(address_id))


async def make_product(api: Api, partner: Partner, price: int | None = 10_000, currency: str | None = "USD") -> str:
    """A product of the partner's entity."""
    product_id = new_id()
    async with api.services.database.write() as session:
        session.add(
            Product(
                id=product_id,
                partner_id=partner.id,
                entity_id=UUID(partner.entity_id),
                name="Rock fountain",
                description="Made of granite",
                price_minor=price,
                currency=currency,
                created_at=api.clock.now(),
                updated_at=api.clock.now(),
            )
        )
    return str(product_id)


async def connect_books(
    api: Api, partner: Partner, *, time_zone: str | None = "America/Los_Angeles", status: str = "connected"
) -> ConnectedBooks:
    """Connect the partner's entity to books that nobody pulls."""
    dates = {"created_at": api.clock.now(), "updated_at": api.clock.now()}
    app_id, company_id, account_id, bank_id = new_id(), new_id(), new_id(), new_id()
    rates = {"0": new_id(), "887.5": new_id(), "2000": new_id()}
    async with api.services.database.write() as session:
        session.add(
            PlatformApp(
                id=app_id,
                partner_id=partner.id,
                platform=f"platform-{app_id}"[:40],
                environment="simulated",
                client_id="client",
                client_secret=b"sealed",
                **dates,
            )
        )
        await session.flush()
        session.add(
            Company(
                id=company_id,
                partner_id=partner.id,
                app_id=app_id,
                platform="xero",
                environment="simulated",
                external_id="1",
                name="Acme",
                facts={"time_zone": time_zone, "base_currency": "USD"},
                **dates,
            )
        )
        await session.flush()
        session.add(
            Connection(
                partner_id=partner.id,
                entity_id=UUID(partner.entity_id),
                status=status,
                company_id=company_id,
                **dates,
            )
        )
        session.add_all([_account(company_id, account_id, "Sales"), _account(company_id, bank_id, "Checking")])
        session.add_all([_tax_rate(company_id, row_id, value) for value, row_id in rates.items()])
    known = {value: str(row_id) for value, row_id in rates.items()}
    return ConnectedBooks(company_id, str(account_id), str(bank_id), known)


def _account(company_id: UUID, row_id: UUID, name: str) -> LedgerAccount:
    is_bank = name == "Checking"
    return LedgerAccount(
        id=row_id,
        company_id=company_id,
        external_id=name,
        name=name,
        type="Income",
        is_bank_account=is_bank,
        takes_payments=is_bank,
        status="Active",
    )


def _tax_rate(company_id: UUID, row_id: UUID, value: str) -> TaxRate:
    percent = Decimal(value) / 100
    return TaxRate(
        id=row_id,
        company_id=company_id,
        external_id=value,
        name=f"Tax {value}",
        status="Active",
        effective_rate=percent,
        total_rate=percent,
        on_sales=True,
        on_purchases=True,
    )


async def change_settings(api: Api, partner: Partner, **settings: Any) -> None:
    """Put settings of the partner's entity in place, past the API."""
    async with api.services.database.write() as session:
        entity = await session.get_one(Entity, UUID(partner.entity_id))
        entity.settings = {**entity.settings, **settings}


async def events_of(api: Api, object_id: str) -> list[str]:
    """The actions of all events about an object, oldest first."""
    async with api.services.database.read() as session:
        rows = await session.scalars(select(Event).where(Event.object_id == UUID(object_id)))
        return sorted_actions(list(rows))


def sorted_actions(events: list[Event]) -> list[str]:
    return [event.action for event in sorted(events, key=lambda event: event.created_at)]


async def links_of(api: Api, object_id: str) -> list[Link]:
    """The links of an object."""
    async with api.services.database.read() as session:
        return list(await session.scalars(select(Link).where(Link.object_id == UUID(object_id))))


async def put_into_books(api: Api, object_id: str, external_id: str = "77") -> None:
    """Say that a wanted push was confirmed."""
    async with api.services.database.write() as session:
        link = await session.scalar(select(Link).where(Link.object_id == UUID(object_id)))
        assert link is not None
        link.external_id, link.sync_status, link.push_wanted_at = external_id, "done", None
