"""Connected books as rows alone, for tests of the API: no platform is asked, and no lane runs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.support.partner import AT, Api, Partner

from tieout.books.encoding import encode_record
from tieout.books.records import Bill, Company, Invoice, Kind
from tieout.kit.identifiers import derived_id, new_id
from tieout.platforms.port import Environment
from tieout.platforms.registry import all_platforms
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.connections import Company as CompanyRow
from tieout.storage.tables.connections import Connection, LedgerAccount, Link, Snapshot, TaxRate
from tieout.sync.open_books import stored_facts

PLATFORM = next(iter(all_platforms()))
FACTS = Company(external_id="1", name="Acme Books", base_currency="GBP", email="books@example.com", time_zone="UTC")


@dataclass
class Connected:
    """An entity whose books are connected, as its rows say."""

    api: Api
    partner: Partner
    connection_id: UUID
    company_id: UUID

    @property
    def owner(self) -> dict[str, Any]:
        return {"partner_id": self.partner.id, "entity_id": UUID(self.partner.entity_id)}

    async def add(self, *rows: Any) -> None:
        async with self.api.services.database.write() as session:
            session.add_all(rows)

    async def change(self, table: Any, row_id: UUID, **values: Any) -> None:
        async with self.api.services.database.write() as session:
            row = await session.get_one(table, row_id)
            for name, value in values.items():
                setattr(row, name, value)

    async def link(self, object_type: str = "receivable", *, minute: int = 0, **more: Any) -> UUID:
        """A synced record, made some minutes after the beginning."""
        link_id, at = new_id(), AT + timedelta(minutes=minute)
        values = {"company_id": self.company_id, "object_id": new_id(), "sync_status": "done", **more}
        times = {"created_at": at, "updated_at": at, "last_pulled_at": at}
        await self.add(Link(id=link_id, object_type=object_type, **self.owner, **{**times, **values}))
        return link_id

    async def account(self, name: str, *, status: str = "Active", **more: Any) -> UUID:
        account_id = derived_id(self.company_id, "account", name)
        known = {"type": "Income", "is_bank_account": False, "takes_payments": False, "currency": "GBP", **more}
        row = LedgerAccount(
            id=account_id, company_id=self.company_id, external_id=name, name=name, status=status, **known
        )
        await self.add(row)
        return account_id

    async def rate(
        self, name: str, percent: str, *, status: str = "Active", sales: bool = True, purchases: bool = True
    ) -> UUID:
        rate_id = derived_id(self.company_id, "tax_rate", name)
        row = TaxRate(
            id=rate_id,
            company_id=self.company_id,
            external_id=name,
            name=name,
            status=status,
            effective_rate=Decimal(percent),
            total_rate=Decimal(percent),
            components=[{"name": name, "rate": percent, "is_compound": False}],
            on_sales=sales,
            on_purchases=purchases,
        )
        await self.add(row)
        return rate_id

    async def document(self, record: Bill | Invoice, *, raw: bytes = b"{}", **more: Any) -> None:
        """A document that was found in the books."""
        kind = Kind.BILL if isinstance(record, Bill) else Kind.INVOICE
        times = {"first_seen_at": AT, "seen_at": AT, **more}
        row = Snapshot(
            company_id=self.company_id,
            kind=kind.value,
            external_id=record.external_id or "",
            raw=raw,
            canonical=encode_record(record),
            **times,
        )
        await self.add(row)


async def connect_books(
    api: Api, partner: Partner, *, name: str = "Acme Ltd", status: str = "connected", pulled_at: datetime | None = AT
) -> Connected:
    """A new entity of the partner with books, connected and pulled unless told otherwise."""
    entity_id = UUID(await partner.make_entity(name))
    app_id, company_id, connection_id = new_id(), new_id(), new_id()
    dated: dict[str, Any] = {"partner_id": partner.id, "created_at": AT, "updated_at": AT}
    environment = {"platform": PLATFORM, "environment": Environment.PRODUCTION.value}
    async with api.services.database.write() as session:
        own = {
            "environment": f"own-{app_id.hex[:8]}"
        }  # a partner has one app in each environment, these books their own
        session.add(PlatformApp(id=app_id, client_id="app", client_secret=b"", **dated, **{**environment, **own}))
        await session.flush()
        session.add(
            CompanyRow(
                id=company_id,
                app_id=app_id,
                external_id="1",
                name=FACTS.name,
                facts=stored_facts(FACTS),
                first_pulled_at=pulled_at,
                last_pulled_at=pulled_at,
                pull_due_at=AT + timedelta(hours=1),
                **environment,
                **dated,
            )
        )
        await session.flush()
        session.add(
            Connection(
                id=connection_id,
                entity_id=entity_id,
                company_id=company_id,
                status=status,
                connected_at=AT,
                **dated,
            )
        )
    return Connected(api, partner, connection_id, company_id)
