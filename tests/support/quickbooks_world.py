"""A simulated QuickBooks Online and the connector that talks to it in one process, as the scenarios need them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from tests.contract.quickbooks.answers import answer_faults
from tests.support.witness import Witness

from tieout.books.changes import Change, Page
from tieout.books.records import (
    Account,
    Company,
    Kind,
    Line,
    Record,
    Taxation,
    TaxRate,
)
from tieout.kit.clock import ManualClock
from tieout.platforms.port import App, Cause, Environment, Operation, Tokens, Write
from tieout.platforms.quickbooks.platform import QuickBooks
from tieout.platforms.quickbooks.sandbox.application import build_simulator
from tieout.platforms.transport import CompanyTransport, CountingMeter, HttpxClient, UnlimitedBudget

ORIGIN = "http://127.0.0.1:8801"
CALLBACK = "http://127.0.0.1:8800/connect/callback/quickbooks"
US_REALM, EMPTY_REALM, GB_REALM = "9341452000000017", "9341452000000025", "9341452000000033"
START = datetime(2026, 11, 22, 18, tzinfo=UTC)
MARKER = "5f0c1d6e-2a8a-4c8f-9a57-0d8f2b9f3c11"


@dataclass
class Connected:
    """One company, connected as a person would, and everything the port gives a turn."""

    realm: str
    platform: QuickBooks
    clock: ManualClock
    client: httpx2.AsyncClient
    http: HttpxClient
    app: App
    tokens: Tokens
    meter: CountingMeter = field(default_factory=CountingMeter)
    keys: int = 0

    def transport(self, cause: Cause = Cause.PULL) -> CompanyTransport:
        return CompanyTransport(
            http=self.http,
            platform=self.platform,
            app=self.app,
            access_token=self.tokens.access_token,
            budget=UnlimitedBudget(),
            meter=self.meter,
            cause=cause,
        )

    async def pull(self, cursor: str | None = None) -> tuple[list[Page], str]:
        pages: list[Page] = []
        for _ in range(50):
            pages.append(await self.platform.fetch_page(self.transport(), self.realm, cursor, now=self.clock.now()))
            cursor = pages[-1].cursor
            if pages[-1].finished:
                return pages, cursor
        raise AssertionError("the pull does not end")

    async def books(self) -> "BooksRead":
        pages, cursor = await self.pull()
        records = {
            (change.ref.kind, change.ref.external_id): change.record
            for page in pages
            for change in page.changes
            if isinstance(change, Change)
        }
        return BooksRead(records, cursor)

    def write(self, books: "BooksRead", kind: Kind, record: Record, **more: Any) -> Write:
        self.keys += 1
        given: dict[str, Any] = {"operation": Operation.CREATE, "key": f"tieout-{self.keys:032d}"}
        return Write(
            kind=kind,
            record=record,
            company=books.company,
            tax_rates=books.of(TaxRate),
            accounts=books.of(Account),
            **(given | more),
        )

    async def send(self, write: Write) -> Change | None:
        answer = await self.transport(Cause.PUSH).send(self.platform.plan_write(self.realm, write))
        return self.platform.read_written(write, answer)

    async def created(self, books: "BooksRead", kind: Kind, record: Record) -> Change:
        change = await self.send(self.write(books, kind, record))
        assert change is not None
        return change

    async def control(self, path: str, wish: Mapping[str, Any]) -> Any:
        answer = await self.client.post(f"{ORIGIN}/_sandbox/{path}", json=wish)
        assert answer.is_success, answer.text
        return answer.json()


@dataclass
class BooksRead:
    """What a pull brought, and where the next one begins."""

    records: dict[tuple[Kind, str], Record]
    cursor: str

    @property
    def company(self) -> Company:
        (found,) = (record for record in self.records.values() if isinstance(record, Company))
        return found

    def of(self, type_: type[Any]) -> dict[str, Any]:
        return {number: record for (_, number), record in self.records.items() if isinstance(record, type_)}


async def consent(client: httpx2.AsyncClient, url: str, realm: str) -> dict[str, str]:
    """Sign in and agree by the page's own forms; what the browser brings back to the callback."""
    page = await client.get(url)
    signed_in = await client.post(url, data=await _form(page, step="sign_in", password="demo-password"))
    assert signed_in.status_code == 303
    page = await client.get(url)
    agreed = await client.post(url, data=await _form(page, step="connect", company=realm))
    assert agreed.status_code == 302, agreed.text
    return {name: values[0] for name, values in parse_qs(urlsplit(agreed.headers["location"]).query).items()}


async def _form(page: httpx2.Response, **filled: str) -> dict[str, str]:
    csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert csrf is not None
    return {"csrf": csrf[1], "email": "owner@example.com", **filled}


async def connect(realm: str) -> Connected:
    clock = ManualClock(START)
    simulator = build_simulator(clock=clock, seed=7, origin=ORIGIN)
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(Witness(simulator, answer_faults)), base_url=ORIGIN)
    registered = await client.post("/_sandbox/apps", json={"name": "Tieout", "redirect_uris": [CALLBACK]})
    app = App(
        client_id=registered.json()["client_id"],
        client_secret=registered.json()["client_secret"],
        environment=Environment.SIMULATED,
        origin=ORIGIN,
    )
    platform, http = QuickBooks(), HttpxClient(client)
    url = platform.authorize_url(app, redirect_uri=CALLBACK, state="state-1", verifier="v" * 43)
    callback = await consent(client, url, realm)
    assert callback["state"] == "state-1"
    tokens = await platform.exchange_code(http, app, code=callback["code"], redirect_uri=CALLBACK, verifier="v" * 43)
    (choice,) = await platform.list_companies(http, app, tokens, callback)
    return Connected(choice.external_id, platform, clock, client, http, app, tokens)


def line(amount: str, **more: Any) -> Line:
    given: dict[str, Any] = {"unit_price": Decimal(amount), "amount": Decimal(amount), "description": "Work"}
    return Line(**(given | more))


def document(type_: type[Any], lines: list[Line], *, tax: str = "0", **more: Any) -> Any:
    given: dict[str, Any] = {"currency": "USD", "number": "T-1001", "taxation": Taxation.EXCLUSIVE} | more
    covered = sum((each.amount for each in lines), Decimal(0))
    total = covered if given["taxation"] is Taxation.INCLUSIVE else covered + Decimal(tax)
    return type_(
        issued_on=date(2026, 11, 20),
        lines=tuple(lines),
        subtotal=total - Decimal(tax),
        tax=Decimal(tax),
        total=total,
        balance=total,
        marker=MARKER,
        **given,
    )
