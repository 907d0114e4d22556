"""Trade: an entity whose books are connected at a simulated platform, and what it writes, asks and finds there.

What is in the books is read from the simulator itself, never from what Tieout keeps.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import pytest
import structlog
from sqlalchemy import func, select
from tests.support.house import House, build_house
from tests.support.partner import ADDRESS, Partner

from tieout.api.limits import Limiter
from tieout.platforms.port import Answer, HttpClient, WritingRules
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.writing import create
from tieout.platforms.registry import all_platforms
from tieout.sandbox.companies import Company, DocumentView
from tieout.storage.tables.connections import Company as CompanyRow
from tieout.storage.tables.connections import Connection, Grant, Link, Snapshot
from tieout.storage.tables.work import Event, Intent, MeterReading

Json = dict[str, Any]

PLATFORMS = sorted(all_platforms())
HOME = {"quickbooks": "Harbour Lane Studio Ltd", "xero": "Harbour Bridge Consulting"}
"""Books with one rate of tax for sales and, first among others, one for purchases: GBP at 20 %, AUD at 10 %."""
BUSY = {"quickbooks": "Craig's Design and Landscaping Services", "xero": "Demo Company (Global)"}
"""Books in the United States, and in several tax rates."""
WRITES = {"quickbooks": "/v3/company/", "xero": "/api.xro/2.0/"}
"""Where every call about a company goes; writes are its POST and PUT."""
TOKENS = {"quickbooks": "/oauth2/v1/tokens/bearer", "xero": "/connect/token"}
SETTLE_MAX = 80


def quieten(house: House) -> None:
    """Let the simulated platforms take any number of calls."""
    house.simulators["quickbooks"].state.quickbooks.rest.limits.watched = False
    house.simulators["xero"].state.xero.api.limits.enforced = False


@dataclass
class Meddler:
    """Stands between Tieout and the platforms, as a proxy may, and changes what passes; the first that fits, once."""

    inner: HttpClient
    requests: list[tuple[str, Callable[[bytes], bytes]]] = field(default_factory=list)
    """Part of the URL of a write, and what becomes of its body."""
    answers: list[tuple[str, Callable[[Answer], Answer]]] = field(default_factory=list)
    """Part of the URL of a write, and what becomes of its answer."""

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if method != "GET":
            body = self._once(self.requests, url, body)
        answer = await self.inner.send(method, url, headers, body)
        return self._once(self.answers, url, answer) if method != "GET" else answer

    def _once(self, rules: list[tuple[str, Callable[[Any], Any]]], url: str, passing: Any) -> Any:
        for rule in rules:
            if rule[0] in url:
                rules.remove(rule)
                return rule[1](passing)
        return passing


@dataclass
class Trade:
    """One entity of one partner, connected to one company."""

    house: House
    partner: Partner
    platform: str
    books: Company
    connection_id: str
    entity_id: str
    company_id: UUID
    income_id: str
    expense_id: str
    sales_rate: Json
    purchase_rate: Json | None
    made: int = 0
    tag: int = 0
    """Raised by each test that shares these books with others, so that its names and numbers are its own."""

    def named(self, words: str) -> str:
        """Words that no other test uses for a name or number in these books."""
        return f"{words} {self.tag}" if self.tag else words

    # What the partner does ------------------------------------------------------------------------------------

    async def counterpart(self, name: str, *, is_customer: bool = True, is_vendor: bool = False, **more: Any) -> Json:
        """A counterpart of the entity's."""
        organization = {
            "legal_name": name,
            "is_customer": is_customer,
            "is_vendor": is_vendor,
            "address": {key: value for key, value in ADDRESS.items() if key != "id"},
            **more,
        }
        return await self.ask("POST", "/counterparts", {"type": "organization", "organization": organization})

    async def vendor(self, name: str) -> Json:
        return await self.counterpart(name, is_customer=False, is_vendor=True)

    async def product(self, name: str, price: int = 10_000, **more: Any) -> Json:
        """A product of the catalogue, in the books' currency."""
        body = {"name": self.named(name), "price": {"currency": self.books.currency, "value": price}, **more}
        return await self.ask("POST", "/products", body)

    def line(self, product: Json | None = None, **more: Any) -> Json:
        """A line with the books' own rate for sales; without a product, an inline one."""
        named: Json = (
            {"product_id": product["id"]}
            if product is not None
            else {"product": {"name": "Work", "price": {"currency": self.books.currency, "value": 10_000}}}
        )
        rate = {} if "tax_rate_value" in more else {"accounting_tax_rate_id": self.sales_rate["id"]}
        return {**named, "quantity": 1, **rate, **more}

    async def draft(self, customer: Json, *lines: Json, **more: Any) -> Json:
        """An invoice that is not issued."""
        if not lines:
            self.made += 1
            lines = (self.line(await self.product(f"Product {self.made}")),)
        body = {
            "type": "invoice",
            "currency": self.books.currency,
            "counterpart_id": customer["id"],
            "counterpart_billing_address_id": customer["default_billing_address_id"],
            "line_items": list(lines),
            **more,
        }
        return await self.ask("POST", "/receivables", body)

    async def issue(self, customer: Json, *lines: Json, **more: Any) -> Json:
        """An issued invoice, of one hour of a product of its own unless lines are given."""
        drafted = await self.draft(customer, *lines, **more)
        return await self.ask("POST", f"/receivables/{drafted['id']}/issue")

    async def bill(self, vendor: Json, *lines: Json, number: str = "V-100", approve: bool = True, **more: Any) -> Json:
        """An approved bill, of one line unless lines are given."""
        lines = lines or (self.bill_line(),)
        subtotal = sum(round(line["unit_price"] * line["quantity"]) for line in lines)
        tax = sum((round(line["unit_price"] * line["quantity"]) * line["tax"] + 5_000) // 10_000 for line in lines)
        body = {
            "document_id": number,
            "counterpart_id": vendor["id"],
            "currency": self.books.currency,
            "issued_at": "2026-03-01",
            "due_date": "2026-03-31",
            "subtotal": subtotal,
            "tax_amount": tax,
            "total_amount": subtotal + tax,
            **more,
        }
        made = await self.ask("POST", "/payables", body)
        for line in lines:
            await self.ask("POST", f"/payables/{made['id']}/line_items", line)
        return await self.ask("POST", f"/payables/{made['id']}/approve_payment_operation") if approve else made

    def bill_line(self, **more: Any) -> Json:
        """A line of a bill with the books' own rate for purchases."""
        rate = self.purchase_rate
        line = {"name": "Paper", "quantity": 1, "unit_price": 8_000, "ledger_account_id": self.expense_id}
        taxed = {"tax": rate["effective_tax_rate"], "accounting_tax_rate_id": rate["id"]} if rate else {"tax": 0}
        return {**line, **taxed, **more}

    async def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """Call the API as this entity; whatever is not a success fails the test."""
        self.partner.entity_id = self.entity_id
        answer = await self.partner.call(method, path, **({"json": body} if body is not None else {}))
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
        found: Json = answer.json() if answer.content else {}
        return found

    # What it sees ---------------------------------------------------------------------------------------------

    async def synced(self, object_type: str, thing: Json) -> Json:
        """The only synced record of a thing."""
        path = f"/accounting_synced_records?object_type={object_type}&object_id={thing['id']}"
        (record,) = (await self.ask("GET", path))["data"]
        return dict(record)

    async def push(self, object_type: str, thing: Json) -> Json:
        """Push once more, as a person would after mending, a little later."""
        self.house.clock.move(timedelta(seconds=1))
        record = await self.synced(object_type, thing)
        return await self.ask("POST", f"/accounting_synced_records/{record['id']}/push")

    async def done(self, object_type: str, thing: Json) -> str:
        """The id in the books of a thing that must be there."""
        record = await self.synced(object_type, thing)
        assert (record["sync_status"], record["errors"]) == ("done", None), record
        return str(record["platform_object_id"])

    async def refused(self, object_type: str, thing: Json) -> Json:
        """Why a thing that must not be in the books is not; whoever reads it must learn what to do."""
        record = await self.synced(object_type, thing)
        assert record["sync_status"] == "error", record
        errors: Json = record["errors"]
        assert errors["message"]
        assert errors["fix"]
        return errors

    async def receivable(self, invoice: Json) -> Json:
        return await self.ask("GET", f"/receivables/{invoice['id']}")

    async def payable(self, bill: Json) -> Json:
        return await self.ask("GET", f"/payables/{bill['id']}")

    async def connection(self) -> Json:
        return await self.ask("GET", f"/accounting_connections/{self.connection_id}")

    async def tie_out(self) -> Json:
        return await self.ask("GET", f"/accounting_connections/{self.connection_id}/tie_out")

    # Time and work --------------------------------------------------------------------------------------------

    @property
    def rules(self) -> WritingRules:
        return all_platforms()[self.platform].writing_rules

    async def settle(self, **later: float) -> None:
        """Run the lanes, `later` if told."""
        if later:
            self.house.clock.move(timedelta(**later))
        await self.house.settle()

    async def settle_all(self, *, step_s: float = 20) -> None:
        """Run the lanes, and let time pass in steps, until no write is open."""
        await self.house.settle()
        for _ in range(SETTLE_MAX):
            if not await self.open_intents():
                return
            await self.settle(seconds=step_s)
        raise AssertionError(f"still open: {[(one.state, one.evidence) for one in await self.open_intents()]}")

    async def pull(self) -> None:
        """Synchronise, a minute later."""
        self.house.clock.move(timedelta(minutes=1))
        await self.ask("POST", f"/accounting_connections/{self.connection_id}/sync")
        await self.house.settle()

    async def reconnect(self) -> None:
        """Go through the connection's own link again."""
        url = (await self.connection())["connection_url"]
        title = all_platforms()[self.platform].title
        await self.house.new_person().connect(url, title, companies=self.books.name)

    async def begin(self) -> None:
        """Come on stage before a test: the application is one for all, and faults are over."""
        self.tag += 1
        self.house.app.state.services = self.house.services
        self.house.app.state.limiter = Limiter(self.house.services.settings.requests_per_s)
        quieten(self.house)

    async def tidy(self) -> None:
        """Leave the stage as the next test expects it: nothing fails, nothing is open, and the books are connected."""
        self.no_more_faults()
        if isinstance(self.house.services.http, Meddler):
            self._call_through(self.house.services.http.inner)
        self.lock()
        if (await self.connection())["status"] != "connected":
            await self.reconnect()
        await self.pull()
        await self.settle_all(step_s=400)

    # What is in the books -------------------------------------------------------------------------------------

    def act(self, action: str, **wish: Any) -> Json:
        """Somebody in the company does something."""
        return self.books.people.act(action, wish)

    @property
    def quickbooks(self) -> Books:
        """The books behind the simulated QuickBooks, where its people can do too little."""
        found: Books = self.house.simulators["quickbooks"].state.quickbooks.books[self.books.id]
        return found

    def enter(self, kind: str, body: Json) -> str:
        """Somebody enters a record in QuickBooks; answers its id."""
        return create(self.quickbooks, KINDS[kind], body).id

    def lock(self, on: str | None = None) -> None:
        """Somebody closes the books up to a day, or opens them again."""
        self.act({"xero": "lock_period", "quickbooks": "close_books"}[self.platform], **({"date": on} if on else {}))

    def documents(self, kind: str | None = None, **known: Any) -> Sequence[DocumentView]:
        """The documents in the books with these attributes that still count."""
        _, found = self.books.documents(offset=0, limit=10_000, kind=kind)
        return [
            one
            for one in found
            if one.status not in {"VOIDED", "DELETED", "Voided"}
            and all(getattr(one, name) == value for name, value in known.items())
        ]

    def document(self, external_id: str) -> DocumentView:
        """The one document with that id."""
        (found,) = [one for one in self.documents() if one.ref.id == external_id]
        return found

    def postings(self, external_id: str) -> dict[str, Decimal]:
        """What the books hold for a document: debit less credit, by account name, over all of its entries."""
        sums: dict[str, Decimal] = {}
        for entry in self.books.ledger.entries:
            if entry.document.id == external_id:
                for line in entry.lines:
                    name = self.books.ledger.account(line.account_id).name
                    sums[name] = sums.get(name, Decimal(0)) + line.net
        return {name: amount for name, amount in sums.items() if amount}

    def parties(self, name: str) -> int:
        """How many active parties in the books have that name, as customer, vendor or both."""
        return sum(known == name for known in self._party_names())

    def _party_names(self) -> Iterable[str]:
        if self.platform == "xero":
            contacts = self.house.simulators["xero"].state.xero.organisations[self.books.id].contacts
            return [contact.name for contact in contacts.values() if contact.status == "ACTIVE"]
        shelves = [*self.quickbooks.shelf("Customer"), *self.quickbooks.shelf("Vendor")]
        return [record.content["DisplayName"] for record in shelves if record.active]

    # Faults and calls -----------------------------------------------------------------------------------------

    def fault(self, kind: str, **wish: Any) -> None:
        """Let something go wrong at the platform, at writes unless told otherwise."""
        where = {} if "path_prefix" in wish else {"path_prefix": WRITES[self.platform]}
        self.house.simulator(self.platform).faults.add({"kind": kind, **where, **wish})

    def fault_writes(self, kind: str, **wish: Any) -> None:
        """The same for writes of any method."""
        for method in ("POST",) if self.platform == "quickbooks" else ("PUT", "POST"):
            self.fault(kind, method=method, **wish)

    def no_more_faults(self) -> None:
        self.house.simulator(self.platform).faults.remove()

    def meddler(self) -> Meddler:
        """Somebody on the wire from now on."""
        meddler = Meddler(self.house.services.http)
        self._call_through(meddler)
        return meddler

    def _call_through(self, http: HttpClient) -> None:
        self.house.services = self.house.app.state.services = replace(self.house.services, http=http)

    def calls(self, *, method: str | None = None, path_prefix: str = "") -> int:
        """How many calls the platform has seen, of all kinds or of some."""
        seen = self.house.simulator(self.platform).requests.listed(limit=10_000)
        return sum(method in (None, one.method) and one.path.startswith(path_prefix) for one in seen)

    # Rows -----------------------------------------------------------------------------------------------------

    async def open_intents(self) -> list[Intent]:
        return [one for one in await self.rows(Intent) if one.state in {"ready", "sending", "uncertain"}]

    async def company(self) -> CompanyRow:
        async with self.house.services.database.read() as session:
            return await session.get_one(CompanyRow, self.company_id)

    async def grant(self) -> Grant:
        async with self.house.services.database.read() as session:
            company = await session.get_one(CompanyRow, self.company_id)
            return await session.get_one(Grant, company.grant_id)

    async def rows(self, table: Any) -> list[Any]:
        """All rows of a table that belong to this company."""
        async with self.house.services.database.read() as session:
            return list(await session.scalars(select(table).where(table.company_id == self.company_id)))

    async def events(self, action: str, *things: Json) -> int:
        """How many events of that kind the entity has had, about some things or all."""
        about = [Event.object_id.in_([UUID(thing["id"]) for thing in things])] if things else []
        async with self.house.services.database.read() as session:
            counted = await session.scalar(
                select(func.count()).where(Event.entity_id == UUID(self.entity_id), Event.action == action, *about)
            )
            return int(counted or 0)

    async def links(self) -> list[Link]:
        return await self.rows(Link)

    async def snapshots(self, kind: str) -> list[Snapshot]:
        return [one for one in await self.rows(Snapshot) if one.kind == kind]

    async def metered_calls(self, *, but: str | None = None) -> int:
        """Calls to these books' API, of whatever cause but one; not those of signing in."""
        return sum(one.calls for one in await self.readings() if one.kind != "identity" and one.cause != but)

    async def readings(self) -> list[MeterReading]:
        """What was metered for this connection."""
        async with self.house.services.database.read() as session:
            mine = select(MeterReading).where(MeterReading.subject_id == UUID(self.connection_id))
            return list(await session.scalars(mine))


async def open_trade(
    house: House,
    platform: str,
    *,
    name: str | None = None,
    partner: Partner | None = None,
    settle: bool = True,
    email: str | None = None,
) -> Trade:
    """Connect an entity of a partner to the books of a company, pull them, and choose its default accounts."""
    quieten(house)
    books = next(one for one in house.simulator(platform).companies.values() if one.name == (name or HOME[platform]))
    if partner is None:
        partner = await house.new_partner()
    answer = await partner.post("/accounting_connections")
    assert answer.status_code == 201, answer.text
    connection = answer.json()
    person = house.new_person(email=email)
    sight = await person.connect(connection["connection_url"], all_platforms()[platform].title, companies=books.name)
    if sight.heading == "Another company than before":
        sight = await person.press("Connect")
    async with house.services.database.read() as session:
        row = await session.get_one(Connection, UUID(connection["id"]))
    assert row.company_id is not None, sight.text
    trade = Trade(
        house=house,
        partner=partner,
        platform=platform,
        books=books,
        connection_id=connection["id"],
        entity_id=partner.entity_id,
        company_id=row.company_id,
        income_id="",
        expense_id="",
        sales_rate={},
        purchase_rate=None,
    )
    if settle:
        await house.settle()
        await set_up(trade)
    return trade


async def set_up(trade: Trade) -> None:
    """Learn the chart and the rates, and make the first income account the entity's default for what it sells."""
    accounts = [
        one for one in (await trade.ask("GET", "/ledger_accounts?limit=100"))["data"] if one["status"] == "Active"
    ]
    rates = [
        one
        for one in (await trade.ask("GET", "/accounting_tax_rates?limit=100"))["data"]
        if one["status"] == "Active" and one["effective_tax_rate"]
    ]
    trade.income_id = next(one["id"] for one in accounts if one["type"] == "Income" and "ales" in one["name"])
    trade.expense_id = next(one["id"] for one in accounts if one["type"] == "Expense")
    trade.sales_rate = next(one for one in rates if one["on_sales"])
    trade.purchase_rate = next((one for one in rates if one["on_purchases"] and "Capital" not in one["name"]), None)
    chosen = {"accounting": {"ledger_account_ids": {"products": trade.income_id}}}
    await trade.ask("PATCH", f"/entities/{trade.entity_id}/settings", chosen)


@asynccontextmanager
async def shared_trade(folder: Path, platform: str) -> AsyncIterator[Trade]:
    """Books for all tests of a module: connecting takes longer than most of them."""
    with pytest.MonkeyPatch.context() as patched:
        house = await build_house(folder)
        unhurried(patched)
        yield await open_trade(house, platform)
        await house.close()


def _drop(*_: object) -> NoReturn:
    raise structlog.DropEvent


def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Tieout make any number of calls, so that no test waits for a budget.

    What is logged is kept from being drawn in colours, which takes longer than the calls themselves.
    """
    monkeypatch.setattr("structlog._config._CONFIG.default_processors", [_drop])
    for platform in all_platforms().values():
        monkeypatch.setattr(platform, "rate_limits", ())
