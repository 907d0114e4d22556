"""The simulated companies whose books the documents go into, connected as a person would connect them.

What is in the books is asked over HTTP, in the platform's own words, and read without any of Tieout's code.
"""

import json
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx2
from tests.support.quickbooks_world import CALLBACK, consent
from tests.support.xero_world import REDIRECT_URI, World

from tieout.books.changes import Change
from tieout.books.records import Account, AccountType, Company, Item, Kind, Party, Record, TaxRate
from tieout.kit.clock import ManualClock
from tieout.kit.identifiers import derived_id
from tieout.platforms.port import Answer, App, Cause, Environment, Platform, Request
from tieout.platforms.quickbooks.platform import PLATFORM as QUICKBOOKS
from tieout.platforms.quickbooks.sandbox.application import build_simulator as build_quickbooks
from tieout.platforms.transport import CompanyTransport, CountingMeter, HttpxClient, UnlimitedBudget
from tieout.platforms.xero.platform import PLATFORM as XERO
from tieout.platforms.xero.sandbox.application import build_simulator as build_xero
from tieout.sync.mapping import Chart, KnownAccount, KnownTaxRate
from tieout.sync.planning import Present
from tieout.sync.stand_ins import stand_in_id

AT = datetime(2026, 11, 22, 18, tzinfo=UTC)
ISSUED_ON = date(2026, 11, 20)
ORIGINS = {"quickbooks": "http://127.0.0.1:8801", "xero": "http://localhost:8802"}
SEED = 7
PAGES_MAX = 200
CUSTOMER, VENDOR = "Customer", "Vendor"
HOME = ""
"""The company's own currency."""
ROWS = 1_000
"""The most rows of one answer, on both platforms."""

REGIONS: Mapping[tuple[str, str], Sequence[str]] = {
    ("quickbooks", "US"): ("Craig's Design and Landscaping Services", "Blank Slate Trading"),
    ("quickbooks", "US automated"): ("Redwood Supply Co.",),
    ("quickbooks", "GB"): ("Harbour Lane Studio Ltd",),
    ("quickbooks", "AU"): ("Wattle Creek Trading Pty Ltd",),
    ("quickbooks", "CA"): ("Maple Ridge Outfitters Inc.",),
    ("xero", "GLOBAL"): ("Demo Company (Global)", "Meridian Trading House", "Fresh Page (Global)"),
    ("xero", "AU"): ("Harbour Bridge Consulting", "Quiet Corner Bookshop"),
    ("xero", "NZ"): ("Kauri Lane Studio", "Fresh Page (NZ)"),
    ("xero", "UK"): ("Thornbury Garden Supplies", "Fresh Page (UK)"),
    ("xero", "US"): ("Maple & Main Coffee", "Fresh Page (US)"),
}
"""Every company that a new simulator has, by platform and region."""
ABROAD = {"Craig's Design and Landscaping Services": ("EUR", "GBP", "JPY"), "Meridian Trading House": ("EUR", "JPY")}
"""Companies that deal in other currencies, and which ones are tried there."""
XERO_PEOPLE = (
    ("Demo Company (Global)", "Harbour Bridge Consulting"),
    ("Quiet Corner Bookshop",),
    (
        "Kauri Lane Studio",
        "Thornbury Garden Supplies",
        "Maple & Main Coffee",
        "Meridian Trading House",
        "Fresh Page (NZ)",
        "Fresh Page (UK)",
        "Fresh Page (US)",
        "Fresh Page (Global)",
    ),
)
"""Which organisations each of the simulated people may connect."""


@dataclass(frozen=True, slots=True)
class Partners:
    """Whom a company trades with in one currency."""

    currency: str
    customer: UUID
    vendor: UUID


@dataclass
class Books:
    """One connected company: what was pulled of it, in the form in which a push needs it."""

    platform: Platform
    name: str
    company: Company
    client: httpx2.AsyncClient
    chart: Chart
    present: Present
    partners: Sequence[Partners]
    tax_rates: Mapping[str, TaxRate]
    accounts: Mapping[str, Account]
    items: Mapping[str, Item]
    company_id: UUID
    sales_rates: Sequence[KnownTaxRate]
    purchase_rates: Sequence[KnownTaxRate]
    """Those that lines on the chosen accounts may have."""

    async def call(self, request: Request) -> Answer:
        """Send a request; raises the refusal that the answer means."""
        told = await self.client.request(
            request.method, request.path, headers=dict(request.headers), content=request.body
        )
        answer = Answer(status=told.status_code, headers=dict(told.headers), body=told.content)
        if refusal := self.platform.read_refusal(request, answer):
            raise refusal
        return answer

    async def ask(self, path: str, **query: Any) -> Any:
        """What the platform shows under an address."""
        told = await self.client.get(path, params=query)
        assert told.status_code == 200, told.text
        return json.loads(told.content, parse_float=Decimal)


async def connect_quickbooks(names: Sequence[str]) -> list[Books]:
    """Connect companies of one simulated QuickBooks Online, each by a consent of its own."""
    clock, origin = ManualClock(AT), ORIGINS["quickbooks"]
    simulator = build_quickbooks(clock=clock, seed=SEED, origin=origin)
    simulator.state.quickbooks.rest.limits.watched = False
    client = _client(simulator, origin)
    app = await _register(client, CALLBACK, origin)
    realms = {one.name: one.id for one in simulator.state.simulator.companies.values()}
    connected = []
    for name in names:
        url = QUICKBOOKS.authorize_url(app, redirect_uri=CALLBACK, state="state-1", verifier="v" * 43)
        callback = await consent(client, url, realms[name])
        tokens = await QUICKBOOKS.exchange_code(
            HttpxClient(client), app, code=callback["code"], redirect_uri=CALLBACK, verifier="v" * 43
        )
        books_client = _client(simulator, origin, tokens.access_token)
        for currency in (HOME, *ABROAD.get(name, ())):
            await _enter_in_quickbooks(books_client, realms[name], currency)
        connected.append(await _open(QUICKBOOKS, name, realms[name], app, books_client))
    return connected


async def _enter_in_quickbooks(client: httpx2.AsyncClient, realm: str, currency: str) -> None:
    """A customer and a vendor in a currency, as a bookkeeper would enter them."""
    known = await client.get(f"/v3/company/{realm}/query", params={"query": "select * from CompanyCurrency"})
    codes = {one["Code"] for one in known.json().get("QueryResponse", {}).get("CompanyCurrency", ())}
    if currency != HOME and currency not in codes:
        await _done(client.post(f"/v3/company/{realm}/companycurrency", json={"Code": currency}))
    for kind in (CUSTOMER, VENDOR):
        more = {} if currency == HOME else {"CurrencyRef": {"value": currency}}
        body = {"DisplayName": f"{kind} {currency}".strip(), **more}
        await _done(client.post(f"/v3/company/{realm}/{kind.lower()}", json=body))


async def connect_xero(names: Sequence[str]) -> list[Books]:
    """Connect organisations of one simulated Xero, those of each person by one consent."""
    clock, origin = ManualClock(AT), ORIGINS["xero"]
    simulator = build_xero(clock=clock, seed=SEED, origin=origin)
    simulator.state.xero.api.limits.enforced = False
    app = await _register(_client(simulator, origin), REDIRECT_URI, origin)
    ids = {one.name: one.id for one in simulator.state.simulator.companies.values()}
    connected = []
    for person, owned in enumerate(XERO_PEOPLE):
        if not (wanted := [name for name in names if name in owned]):
            continue
        client = _client(simulator, origin)
        world = World(simulator, client, clock, app, HttpxClient(client), person=person)
        tokens, _ = await world.connect([ids[name] for name in wanted])
        for name in wanted:
            books_client = _client(simulator, origin, tokens.access_token, {"Xero-tenant-id": ids[name]})
            for currency in ABROAD.get(name, ()):
                await _done(books_client.put("/api.xro/2.0/Currencies", json={"Code": currency}))
            contacts = {"Contacts": [{"Name": CUSTOMER}, {"Name": VENDOR}]}
            await _done(books_client.put("/api.xro/2.0/Contacts", json=contacts))
            connected.append(await _open(XERO, name, ids[name], app, books_client))
    return connected


async def _done(call: Awaitable[httpx2.Response]) -> None:
    answer = await call
    assert answer.status_code == 200, answer.text


def _client(
    simulator: Any, origin: str, token: str | None = None, headers: Mapping[str, str] | None = None
) -> httpx2.AsyncClient:
    told = {"Accept": "application/json", **(headers or {})} | ({"Authorization": f"Bearer {token}"} if token else {})
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(simulator), base_url=origin, headers=told)


async def _register(client: httpx2.AsyncClient, redirect_uri: str, origin: str) -> App:
    registered = await client.post("/_sandbox/apps", json={"name": "Tieout", "redirect_uris": [redirect_uri]})
    return App(
        client_id=registered.json()["client_id"],
        client_secret=registered.json()["client_secret"],
        environment=Environment.SIMULATED,
        origin=origin,
    )


async def _open(platform: Platform, name: str, external_id: str, app: App, client: httpx2.AsyncClient) -> Books:
    """Pull everything once, and choose what documents will name."""
    transport = CompanyTransport(
        http=HttpxClient(client),
        platform=platform,
        app=app,
        access_token=client.headers["authorization"].removeprefix("Bearer "),
        budget=UnlimitedBudget(),
        meter=CountingMeter(),
        cause=Cause.PULL,
    )
    records: dict[tuple[Kind, str], Record] = {}
    cursor: str | None = None
    for _ in range(PAGES_MAX):
        page = await platform.fetch_page(transport, external_id, cursor, now=AT)
        cursor = page.cursor
        for change in page.changes:
            if isinstance(change, Change):
                records[change.ref.kind, change.ref.external_id] = change.record
        if page.finished:
            break
    return _books(platform, name, client, records)


def _books(
    platform: Platform,
    name: str,
    client: httpx2.AsyncClient,
    records: Mapping[tuple[Kind, str], Record],
) -> Books:
    def of(type_: type[Any]) -> dict[str, Any]:
        return {id_: record for (_, id_), record in records.items() if isinstance(record, type_)}

    (company,) = of(Company).values()
    company_id = derived_id(UUID(int=1), "company", company.external_id)
    accounts, items, parties = of(Account), of(Item), of(Party)
    known = {
        id_: KnownAccount(
            id=derived_id(company_id, "account", id_),
            external_id=id_,
            name=one.name,
            active=one.active,
            type=one.type.value,
        )
        for id_, one in accounts.items()
    }
    income = _named(accounts, AccountType.INCOME, ("Sales", "Sales of Product Income", "Services"))
    expense = _named(accounts, AccountType.EXPENSE, ("Office Expenses", "Office expenses", "Consulting & Accounting"))
    item = next((id_ for id_, one in items.items() if one.active and not one.is_stock and one.income_account_id), None)
    rates = [_known_rate(company_id, id_, one) for id_, one in of(TaxRate).items()]
    sides = {
        True: [one for one in rates if one.active and one.on_sales and one.fits(known[income])],
        False: [one for one in rates if one.active and one.on_purchases and one.fits(known[expense])],
    }
    zero = next(one for one in sides[True] if one in sides[False] and not one.effective_rate)
    chart = Chart(
        accounts={one.id: one for one in known.values()},
        tax_rates=rates,
        default_sales_account_id=known[income].id,
        default_bill_account_id=known[expense].id,
        deductions_tax_id=zero.id,
        tax_is_computed_there=company.tax_is_computed_there,
        taxes_purchases=company.taxes_purchases,
    )
    partners = [_partners(company_id, currency, parties) for currency in (HOME, *ABROAD.get(name, ()))]
    stand_in = stand_in_id(company_id, known[income])
    return Books(
        platform=platform,
        name=name,
        company=company,
        client=client,
        chart=chart,
        present=Present(
            customers={derived_id(company_id, "party", id_): id_ for id_ in parties},
            vendors={derived_id(company_id, "party", id_): id_ for id_ in parties},
            products={stand_in: item} if item else {},
        ),
        partners=partners,
        tax_rates=of(TaxRate),
        accounts=accounts,
        items=items,
        company_id=company_id,
        sales_rates=sides[True],
        purchase_rates=sides[False],
    )


def _known_rate(company_id: UUID, external_id: str, rate: TaxRate) -> KnownTaxRate:
    return KnownTaxRate(
        id=derived_id(company_id, "tax_rate", external_id),
        external_id=external_id,
        name=rate.name,
        effective_rate=rate.effective_rate,
        active=rate.active,
        on_sales=rate.on_sales,
        on_purchases=rate.on_purchases,
        applies_to=None if rate.applies_to is None else frozenset(type_.value for type_ in rate.applies_to),
    )


def _partners(company_id: UUID, currency: str, parties: Mapping[str, Party]) -> Partners:
    """Those whom we entered; where parties have no currency, the same for every one."""
    sides = []
    for kind in (CUSTOMER, VENDOR):
        named = {one.name: id_ for id_, one in parties.items()}
        external_id = named.get(f"{kind} {currency}".strip()) or named[kind]
        sides.append(derived_id(company_id, "party", external_id))
    return Partners(currency, *sides)


def _named(accounts: Mapping[str, Account], type_: AccountType, wanted: Sequence[str]) -> str:
    found = {one.name: id_ for id_, one in accounts.items() if one.type is type_ and one.active}
    return next((found[name] for name in wanted if name in found), next(iter(found.values())))
