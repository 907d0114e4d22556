"""A worker is killed at every commit and every request of a push. Nothing is lost, and nothing is there twice."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.support.mortal import PUBLIC_URL, MortalHouse, run_lanes

from tieout.api.partners.service import create_partner
from tieout.books.encoding import decode_record
from tieout.books.records import Bill, Invoice, Item, Kind, Party
from tieout.cli.visiting import Visitor, connect_books
from tieout.cli.walk_parts import Api, Json
from tieout.engine.port import LEASE_S
from tieout.kit.identifiers import new_id
from tieout.platforms.port import Environment
from tieout.platforms.registry import all_platforms
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.connections import Company, Link, Snapshot
from tieout.storage.tables.work import Intent
from tieout.sync.connecting import callback_url
from tieout.sync.services import Services
from tieout.sync.wanting import company_lane

POINTS_MAX = 200
POINTS_MIN = 30
"""At least: four or five writes, each with three commits and a request."""
RECOVERIES_MAX = 4
ADDRESS = {"country": "US", "city": "Springfield", "postal_code": "12345", "line1": "1 Main Street"}


@dataclass
class Trials:
    """One connected entity, for which each trial makes an invoice and a bill with parties and a product of its own."""

    house: MortalHouse
    token: str = ""
    entity_id: str = ""
    income_id: str = ""
    expense_id: str = ""
    rate: Json | None = None
    sales_rate: Json = field(default_factory=dict)
    currency: str = ""

    def api(self, client: Any) -> Api:
        return Api(client, PUBLIC_URL, self.token or None, self.entity_id or None)

    def connect(self) -> None:
        self.house.run(self._connect)
        self.house.run(run_lanes)
        self.house.run(self._learn)

    async def _connect(self, services: Services) -> None:
        house, platform = self.house, self.house.platform
        simulator = house.simulator.state.simulator
        async with services.database.write() as session:
            partner, client_id, secret = await create_partner(
                session, house.clock, "Cloudbench", environment=Environment.SIMULATED
            )
            registered = simulator.apps.register(
                {"name": "Cloudbench", "redirect_uris": [callback_url(PUBLIC_URL, platform)]}
            )
            app_id, now = new_id(), house.clock.now()
            place = f"platform_apps.client_secret:{app_id}"
            session.add(
                PlatformApp(
                    id=app_id,
                    partner_id=partner.id,
                    platform=platform,
                    environment="simulated",
                    client_id=registered.client_id,
                    client_secret=services.vault.seal(registered.client_secret, place=place),
                    origin=house.origin,
                    created_at=now,
                    updated_at=now,
                )
            )
        books = max(simulator.companies.values(), key=lambda one: one.documents(offset=0, limit=0)[0])
        self.currency = books.currency
        async with house.client() as client:
            credentials = {"client_id": str(client_id), "client_secret": secret, "grant_type": "client_credentials"}
            self.token = (await self.api(client).call("POST", "/auth/token", credentials))["access_token"]
            entity = {
                "type": "organization",
                "email": "owner@example.com",
                "address": ADDRESS,
                "organization": {"legal_name": "Acme Ltd"},
            }
            self.entity_id = (await self.api(client).call("POST", "/entities", entity, expect=201))["id"]
            connection = await self.api(client).call("POST", "/accounting_connections", expect=201)
            url = connection["connection_url"]
            await connect_books(Visitor(client), url, platform=platform, company=books.name, note=lambda _: None)

    async def _learn(self, _: Services) -> None:
        async with self.house.client() as client:
            accounts = (await self.api(client).call("GET", "/ledger_accounts"))["data"]
            rates = (await self.api(client).call("GET", "/accounting_tax_rates"))["data"]
        active = [one for one in accounts if one["status"] == "Active"]
        self.income_id = next(one["id"] for one in active if one["type"] == "Income")
        self.expense_id = next(one["id"] for one in active if one["type"] == "Expense")
        taxed = [one for one in rates if one["effective_tax_rate"] and one["status"] == "Active"]
        self.rate = next((one for one in taxed if one["on_purchases"]), None)
        self.sales_rate = next(one for one in taxed if one["on_sales"])

    async def run_documents(self, trial: int, _: Services) -> str:
        """The same, as work of the house."""
        return await self.make_documents(trial)

    async def make_documents(self, trial: int) -> str:
        """An invoice with a new customer and product, and a bill of a new vendor; returns the invoice's number."""
        async with self.house.client() as client:
            api = self.api(client)
            customer = await self._counterpart(api, f"Customer {trial}", is_customer=True)
            vendor = await self._counterpart(api, f"Vendor {trial}", is_customer=False)
            price = {"currency": self.currency, "value": 12_500}
            product = {"name": f"Product {trial}", "ledger_account_id": self.income_id, "price": price}
            made = await api.call("POST", "/products", product, expect=201)
            invoice = {
                "type": "invoice",
                "currency": self.currency,
                "counterpart_id": customer["id"],
                "counterpart_billing_address_id": customer["default_billing_address_id"],
                "line_items": [
                    {"product_id": made["id"], "quantity": 2, "accounting_tax_rate_id": self.sales_rate["id"]}
                ],
            }
            drafted = await api.call("POST", "/receivables", invoice, expect=201)
            issued = await api.call("POST", f"/receivables/{drafted['id']}/issue")
            await self._bill(api, trial, vendor["id"])
            return str(issued["document_id"])

    async def _counterpart(self, api: Api, name: str, *, is_customer: bool) -> Json:
        organization = {
            "legal_name": name,
            "is_customer": is_customer,
            "is_vendor": not is_customer,
            "address": ADDRESS,
        }
        body = {"type": "organization", "organization": organization}
        made: Json = await api.call("POST", "/counterparts", body, expect=201)
        return made

    async def _bill(self, api: Api, trial: int, vendor_id: str) -> None:
        tax = self.rate["effective_tax_rate"] if self.rate else 0
        amount = (8_000 * tax + 5_000) // 10_000
        bill = await api.call(
            "POST",
            "/payables",
            {
                "document_id": f"B-{trial}",
                "counterpart_id": vendor_id,
                "currency": self.currency,
                "issued_at": "2026-03-01",
                "due_date": "2026-03-31",
                "subtotal": 8_000,
                "tax_amount": amount,
                "total_amount": 8_000 + amount,
            },
        )
        line = {
            "name": "Paper",
            "quantity": 1,
            "unit_price": 8_000,
            "tax": tax,
            "ledger_account_id": self.expense_id,
            "accounting_tax_rate_id": self.rate["id"] if self.rate else None,
        }
        await api.call("POST", f"/payables/{bill['id']}/line_items", line, expect=201)
        await api.call("POST", f"/payables/{bill['id']}/approve_payment_operation")

    def recover(self, trial: int) -> None:
        """Another worker takes over: at once for even trials, after every key was forgotten for odd ones."""
        rules = all_platforms()[self.house.platform].writing_rules
        later_s = LEASE_S + 1 if trial % 2 == 0 else rules.absence_counts_after_s + 1
        self.house.clock.move(timedelta(seconds=later_s))
        for _ in range(RECOVERIES_MAX):
            self.house.run(run_lanes)
            if not self.house.run(self._open_intents):
                break
            self.house.clock.move(timedelta(seconds=rules.absence_counts_after_s + 1))

    def look_at_the_books(self) -> Counter[str]:
        """Pull once more, and count what is there."""
        self.house.run(self._pull_again)
        self.house.run(run_lanes)
        return self.house.run(self._found_in_the_books)

    async def _open_intents(self, services: Services) -> int:
        async with services.database.read() as session:
            open_ones = await session.scalars(
                select(Intent.id).where(Intent.state.in_(("ready", "sending", "uncertain")))
            )
            return len(open_ones.all())

    async def _pull_again(self, services: Services) -> None:
        async with services.database.write() as session:
            company = (await session.scalars(select(Company))).one()
            company.pull_due_at = services.clock.now()
            await services.engine.wake(session, company_lane(company.id))

    async def _found_in_the_books(self, services: Services) -> Counter[str]:
        """How often each of our parties, products and documents is in the books, by its name or number."""
        found: Counter[str] = Counter()
        async with services.database.read() as session:
            for kind, canonical in await session.execute(
                select(Snapshot.kind, Snapshot.canonical).where(
                    Snapshot.gone_at.is_(None), Snapshot.canonical.is_not(None)
                )
            ):
                record = decode_record(Kind(kind), canonical or b"")
                if isinstance(record, Party | Item):
                    found[record.name] += 1
                elif isinstance(record, Invoice | Bill):
                    found[str(record.number)] += 1
        return found

    async def links(self, services: Services) -> dict[UUID, tuple[str, str, Any]]:
        async with services.database.read() as session:
            return {
                row.id: (row.object_type, row.sync_status, row.errors) for row in await session.scalars(select(Link))
            }


@pytest.mark.parametrize("platform", sorted(all_platforms()))
def test_a_worker_killed_at_any_point_of_a_push_loses_nothing_and_doubles_nothing(
    tmp_path: Path, platform: str
) -> None:
    with MortalHouse(tmp_path, platform) as house:
        trials = Trials(house)
        trials.connect()
        died, trial = True, 0
        expected: list[str] = []
        while died:
            trial += 1
            assert trial < POINTS_MAX, "the points do not come to an end"
            number = house.run(partial(trials.run_documents, trial))
            expected += [number, f"B-{trial}", f"Customer {trial}", f"Vendor {trial}"]
            expected += [f"Product {trial}"] if all_platforms()[platform].sales_lines_need_items else []
            died = house.run_lanes_until_killed(trial)
            trials.recover(trial)
        found = trials.look_at_the_books()
        assert {name: found[name] for name in expected} == dict.fromkeys(expected, 1)
        assert [link for link in house.run(trials.links).values() if link[1] != "done"] == []
        assert trial > POINTS_MIN, "a push has more points than that"
