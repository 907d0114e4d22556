"""A simulated Xero and the connector that talks to it in one process, as the scenarios need them."""

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from starlette.applications import Starlette
from tests.contract.xero.answers import answer_faults
from tests.support.witness import Witness

from tieout.books.changes import Change, Page
from tieout.books.records import (
    Allocation,
    Company,
    CreditNote,
    Document,
    Invoice,
    Kind,
    Line,
    Party,
    Payment,
    Record,
)
from tieout.kit.clock import ManualClock
from tieout.kit.identifiers import new_id
from tieout.platforms.oauth import new_verifier
from tieout.platforms.port import App, Cause, CompanyChoice, Environment, Operation, Request, Tokens, Write
from tieout.platforms.transport import CompanyTransport, CountingMeter, HttpxClient, UnlimitedBudget
from tieout.platforms.xero.platform import PLATFORM
from tieout.platforms.xero.sandbox.application import build_simulator

ORIGIN = "http://localhost:8802"
REDIRECT_URI = "http://localhost:8000/connect/callback/xero"
PAGES_MAX = 100
RATE, PURCHASE_RATE = "OUTPUT", "INPUT"
"""8.25 % on sales and on purchases in the seeded company."""
TODAY = date(2026, 5, 20)
STEPS_MAX = 3


@dataclass
class Books:
    """What a pull brought, by kind and id."""

    pages: list[Page] = field(default_factory=list)

    @property
    def cursor(self) -> str:
        return self.pages[-1].cursor

    @property
    def changes(self) -> list[Change]:
        return [change for page in self.pages for change in page.changes if isinstance(change, Change)]

    def of(self, kind: Kind) -> dict[str, Any]:
        """The records of a kind, the latest of each."""
        return {change.ref.external_id: change.record for change in self.changes if change.ref.kind is kind}

    @property
    def company(self) -> Company:
        (company,) = self.of(Kind.COMPANY).values()
        assert isinstance(company, Company)
        return company


@dataclass
class World:
    """The simulator, the partner's app there, and a client for both."""

    simulator: Starlette
    client: httpx2.AsyncClient
    clock: ManualClock
    app: App
    http: HttpxClient
    meter: CountingMeter = field(default_factory=CountingMeter)
    person: int = 0
    """Which of the simulator's users signs in."""

    @property
    def companies(self) -> list[Any]:
        """The simulated organisations."""
        return list(self.simulator.state.simulator.companies.values())

    async def control(self, path: str, wish: Mapping[str, Any]) -> Any:
        """Ask the simulator's switchboard for something."""
        answer = await self.client.post(f"{ORIGIN}/_sandbox/{path}", json=dict(wish))
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def act(self, company_id: str, action: str, **wish: Any) -> Any:
        """Let somebody in an organisation do something."""
        return await self.control(f"companies/{company_id}/people/{action}", wish)

    async def consent(
        self, company_ids: Iterable[str] | None = None, *, step: str = "connect"
    ) -> tuple[dict[str, str], str]:
        """Sign in and answer the consent page; the callback's parameters, and the PKCE verifier."""
        verifier = new_verifier()
        url = PLATFORM.authorize_url(self.app, redirect_uri=REDIRECT_URI, state="state-1", verifier=verifier)
        page = await self.client.get(url)
        for _ in range(STEPS_MAX):
            if page.status_code != 200:
                break
            action = re.search(r'<form method="post" action="([^"]+)"', page.text)
            assert action is not None, page.text
            form = page.text[action.start() : page.text.index("</form>", action.start())]
            fields: dict[str, Any] = {
                unescape(name): unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form)
            }
            signing_in = 'name="password"' in form
            if signing_in:
                person = self.simulator.state.simulator.users[self.person]
                fields |= {"email": person.email, "password": person.password, "step": "sign_in"}
            else:
                fields |= {"step": step, "company": list(company_ids or [self.companies[0].id])}
            page = await self.client.post(ORIGIN + action[1], data=fields)
        assert page.status_code == 302, page.text
        query = parse_qs(urlsplit(page.headers["location"]).query)
        return {name: values[0] for name, values in query.items()}, verifier

    async def connect(self, company_ids: Iterable[str] | None = None) -> tuple[Tokens, tuple[CompanyChoice, ...]]:
        """Consent, exchange the code, and see which organisations there are."""
        callback, verifier = await self.consent(company_ids)
        tokens = await PLATFORM.exchange_code(
            self.http, self.app, code=callback["code"], redirect_uri=REDIRECT_URI, verifier=verifier
        )
        return tokens, await PLATFORM.list_companies(self.http, self.app, tokens, callback)

    def transport(self, tokens: Tokens, cause: Cause = Cause.PULL) -> CompanyTransport:
        """The path of every call of a company."""
        return CompanyTransport(
            http=self.http,
            platform=PLATFORM,
            app=self.app,
            access_token=tokens.access_token,
            budget=UnlimitedBudget(),
            meter=self.meter,
            cause=cause,
        )


@dataclass
class Desk:
    """One connected organisation: pull from it, write to it."""

    world: World
    tokens: Tokens
    company_id: str

    @property
    def transport(self) -> CompanyTransport:
        return self.world.transport(self.tokens)

    async def pull(self, cursor: str | None = None) -> Books:
        """All pages of a pull."""
        books = Books()
        for _ in range(PAGES_MAX):
            page = await PLATFORM.fetch_page(self.transport, self.company_id, cursor, now=self.world.clock.now())
            books.pages.append(page)
            cursor = page.cursor
            if page.finished:
                return books
        raise AssertionError("the pull does not end")

    def plan(self, write: Write) -> Request:
        return PLATFORM.plan_write(self.company_id, write)

    async def write(self, write: Write) -> Change:
        """Plan, send and read one write."""
        answer = await self.transport.send(self.plan(write))
        change = PLATFORM.read_written(write, answer)
        assert change is not None
        return change

    async def look_up(self, write: Write, first_sent_at: datetime) -> Change | None:
        return await PLATFORM.look_up(self.transport, self.company_id, write, first_sent_at=first_sent_at)


@asynccontextmanager
async def xero_world() -> AsyncIterator[World]:
    """A fresh simulator at noon of a day in May, and an app that is registered there."""
    clock = ManualClock(datetime(2026, 5, 20, 12, tzinfo=UTC))
    simulator = build_simulator(clock=clock, seed=1, origin=ORIGIN)
    simulator.state.simulator.cut_error = lambda: httpx2.ReadError("the connection was cut")
    witness = Witness(simulator, answer_faults)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=witness), base_url=ORIGIN) as client:
        app = App(client_id="app-1", client_secret="secret-1", environment=Environment.SIMULATED, origin=ORIGIN)
        world = World(simulator, client, clock, app, HttpxClient(client))
        await world.control(
            "apps",
            {
                "name": "Tieout tests",
                "client_id": app.client_id,
                "client_secret": app.client_secret,
                "redirect_uris": [REDIRECT_URI],
            },
        )
        yield world


def only(records: Mapping[str, Record], **wanted: Any) -> Any:
    """The one record with these values."""
    found = [r for r in records.values() if all(getattr(r, name) == value for name, value in wanted.items())]
    assert len(found) == 1, f"{len(found)} records with {wanted}"
    return found[0]


def write_of(books: Books, kind: Kind, record: Any, **changed: Any) -> Write:
    members: dict[str, Any] = {
        "operation": Operation.CREATE,
        "kind": kind,
        "record": record,
        "key": f"tieout-{new_id().hex}",
        "company": books.company,
        "tax_rates": books.of(Kind.TAX_RATE),
        "accounts": books.of(Kind.ACCOUNT),
        "items": books.of(Kind.ITEM),
    }
    return Write(**members | changed)


def account_id(books: Books, code: str) -> str:
    found: str = only(books.of(Kind.ACCOUNT), code=code).external_id
    return found


def party_id(books: Books) -> str:
    parties: list[Party] = [party for party in books.of(Kind.PARTY).values() if party.active]
    assert parties[0].external_id is not None
    return parties[0].external_id


def document_of(
    books: Books, record_type: type[Document] = Invoice, net: str = "100.00", tax: str = "8.25", **changed: Any
) -> Any:
    total = Decimal(net) + Decimal(tax)
    is_sale = issubclass(record_type, Invoice | CreditNote)
    line = Line(
        description="Work",
        unit_price=Decimal(net),
        amount=Decimal(net),
        account_id=account_id(books, "200" if is_sale else "429"),
        tax_rate_id=RATE if is_sale else PURCHASE_RATE,
        tax_amount=Decimal(tax),
    )
    members: dict[str, Any] = {
        "number": f"T-{new_id().hex[:8]}",
        "party_id": party_id(books),
        "currency": books.company.base_currency,
        "issued_on": TODAY,
        "due_on": TODAY + timedelta(days=14),
        "lines": (line,),
        "subtotal": Decimal(net),
        "tax": Decimal(tax),
        "total": total,
        "balance": total,
        "marker": str(new_id()),
    }
    return record_type(**members | changed)


def payment_of(books: Books, document: Change, amount: str, **changed: Any) -> Payment:
    allocation = Allocation(
        document_kind=document.ref.kind, document_id=document.ref.external_id, amount=Decimal(amount)
    )
    members: dict[str, Any] = {
        "currency": books.company.base_currency,
        "paid_on": TODAY,
        "amount": Decimal(amount),
        "account_id": account_id(books, "090"),
        "allocations": (allocation,),
        "marker": str(new_id()),
    }
    return Payment(**members | changed)
