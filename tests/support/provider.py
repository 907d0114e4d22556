"""One simulated company and the real client to it, the same for every platform: what the provider contract talks to.

Simulators are built once for a process and shared by all tests of the contract: a test that changes the books makes
records of its own. Time is the simulators' own clock, which only goes forward.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs, urlsplit

import httpx2
from starlette.applications import Starlette
from tests.support.house import AT, JUDGES, ORIGINS, build_simulators
from tests.support.person import Person
from tests.support.witness import Witness

from tieout.books.changes import Change, ExternalRef, Page, Tombstone
from tieout.books.records import Account, Company, Record
from tieout.kit.clock import ManualClock
from tieout.platforms.oauth import new_verifier
from tieout.platforms.port import App, Cause, Environment, Platform, Tokens, Write
from tieout.platforms.registry import all_platforms
from tieout.platforms.transport import CompanyTransport, CountingMeter, HttpxClient, UnlimitedBudget
from tieout.sandbox.companies import Company as SimulatedCompany
from tieout.sandbox.simulator import Simulator
from tieout.sync.control_totals import compare

HOME = {"quickbooks": "Harbour Lane Studio Ltd", "xero": "Harbour Bridge Consulting"}
"""Where a test works that needs no particular company: GBP at 20 %, AUD at 10 %."""
CALLBACK = "https://tieout.test/callback"
PAGES_MAX = 300
TOKEN_AGE_MAX = timedelta(minutes=20)
USERS = {
    "quickbooks": ("owner@example.com",),
    "xero": ("jordan@example.com", "robin@example.com", "casey@example.com"),
}
"""Who signs in at the simulators; each sees other companies."""

AnyRecord = TypeVar("AnyRecord", bound=Record)


@dataclass
class Pulled:
    """What a pull brought, page by page."""

    pages: list[Page] = field(default_factory=list)

    @property
    def cursor(self) -> str:
        """Where the next pull begins."""
        return self.pages[-1].cursor

    @property
    def changes(self) -> Iterator[Change]:
        """Every change, in the order in which they came."""
        return (change for page in self.pages for change in page.changes if isinstance(change, Change))

    @property
    def gone(self) -> set[ExternalRef]:
        """What the pull says is gone."""
        return {change.ref for page in self.pages for change in page.changes if isinstance(change, Tombstone)}

    @property
    def records(self) -> dict[ExternalRef, Record]:
        """The latest state of everything that was read."""
        return {change.ref: change.record for change in self.changes}

    def of(self, type_: type[AnyRecord]) -> dict[str, AnyRecord]:
        """The records of a type by their ids."""
        return {ref.external_id: record for ref, record in self.records.items() if isinstance(record, type_)}

    @property
    def company(self) -> Company:
        """The rules of the books."""
        (company,) = self.of(Company).values()
        return company


@dataclass
class Mirror:
    """What a follower of the change feed holds: every page laid over what was known, as storage does it."""

    records: dict[ExternalRef, Record] = field(default_factory=dict)

    def lay(self, pages: Iterable[Page]) -> None:
        """Take over pages; what a whole list lacks is gone."""
        for page in pages:
            present = {change.ref for change in page.changes}
            for ref in [ref for ref in self.records if ref.kind in page.whole and ref not in present]:
                del self.records[ref]
            for change in page.changes:
                if isinstance(change, Tombstone):
                    self.records.pop(change.ref, None)
                else:
                    self.records[change.ref] = change.record


@dataclass
class ProviderBooks:
    """One company, connected as a person would, and everything that the port gives a turn."""

    platform: str
    name: str
    adapter: Platform
    simulated: SimulatedCompany
    simulator: Simulator
    clock: ManualClock
    http: HttpxClient
    app: App
    tokens: Tokens
    tokens_at: datetime
    meter: CountingMeter = field(default_factory=CountingMeter)

    @property
    def id(self) -> str:
        """The platform's id of the company."""
        return self.simulated.id

    async def transport(self, cause: Cause = Cause.PULL) -> CompanyTransport:
        """The path of every call, with access that is good."""
        if self.clock.now() - self.tokens_at > TOKEN_AGE_MAX:
            self.tokens = await self.adapter.refresh_tokens(self.http, self.app, self.tokens.refresh_token)
            self.tokens_at = self.clock.now()
        return CompanyTransport(
            http=self.http,
            platform=self.adapter,
            app=self.app,
            access_token=self.tokens.access_token,
            budget=UnlimitedBudget(),
            meter=self.meter,
            cause=cause,
        )

    async def page(self, cursor: str | None) -> Page:
        """The next page of a pull."""
        transport = await self.transport()
        return await self.adapter.fetch_page(transport, self.id, cursor, now=self.clock.now())

    async def pull(self, cursor: str | None = None) -> Pulled:
        """A pull to its end."""
        pulled = Pulled()
        for _ in range(PAGES_MAX):
            pulled.pages.append(await self.page(cursor))
            cursor = pulled.cursor
            if pulled.pages[-1].finished:
                return pulled
        raise AssertionError("the pull does not end")

    async def write(self, write: Write) -> Change | None:
        """Plan, send and read one write."""
        transport = await self.transport(Cause.PUSH)
        answer = await transport.send(self.adapter.plan_write(self.id, write))
        return self.adapter.read_written(write, answer)

    def lose_answer(self) -> None:
        """Cut the connection after the platform has carried the next call out, and before it answers."""
        self.simulator.faults.add({"kind": "drop_after_commit", "path_prefix": self.adapter.api_path, "count": 1})

    def act(self, action: str, **wish: Any) -> dict[str, Any]:
        """Let somebody who works in the company do something, and let a second pass."""
        done = self.simulated.people.act(action, wish)
        self.clock.move(timedelta(seconds=1))
        return done


_built: dict[str, Any] = {}
_opened: dict[tuple[str, str], ProviderBooks] = {}


def company_names() -> list[tuple[str, str]]:
    """Every ready company of every platform: (platform, name)."""
    simulators = _simulators()[1]
    return [
        (platform, company.name)
        for platform, app in sorted(simulators.items())
        for company in _simulator(app).companies.values()
    ]


async def opened(platform: str, name: str) -> ProviderBooks:
    """The company of this process by that name; it is connected when it is first asked for."""
    known = _opened.get((platform, name))
    if known is None:
        known = _opened[platform, name] = await _open(platform, name)
    return known


def _simulators() -> tuple[ManualClock, dict[str, Starlette]]:
    if not _built:
        clock = ManualClock(AT)
        simulators = build_simulators(clock)
        simulators["quickbooks"].state.quickbooks.rest.limits.watched = False
        simulators["xero"].state.xero.api.limits.enforced = False
        _built.update(clock=clock, simulators=simulators)
    return _built["clock"], _built["simulators"]


def _simulator(app: Starlette) -> Simulator:
    return cast("Simulator", app.state.simulator)


async def _open(platform: str, name: str) -> ProviderBooks:
    clock, simulators = _simulators()
    simulator, origin = _simulator(simulators[platform]), ORIGINS[platform]
    adapter = all_platforms()[platform]
    witness = Witness(simulators[platform], JUDGES[platform])
    mounts: dict[str, httpx2.AsyncBaseTransport | None] = {
        origin: httpx2.ASGITransport(witness),
        "https://tieout.test": httpx2.ASGITransport(_arrived),
    }
    registered = simulator.apps.register({"name": f"Contract of {name}", "redirect_uris": [CALLBACK]})
    app = App(
        client_id=registered.client_id,
        client_secret=registered.client_secret,
        environment=Environment.SIMULATED,
        origin=origin,
    )
    company = next(one for one in simulator.companies.values() if one.name == name)
    http = HttpxClient(httpx2.AsyncClient(mounts=mounts, verify=False))
    verifier = new_verifier()
    url = adapter.authorize_url(app, redirect_uri=CALLBACK, state="contract", verifier=verifier)
    for email in USERS[platform]:
        callback = await _consent(Person(httpx2.AsyncClient(mounts=mounts, verify=False), email), url, name)
        if callback:
            break
    tokens = await adapter.exchange_code(http, app, code=callback["code"], redirect_uri=CALLBACK, verifier=verifier)
    return ProviderBooks(platform, name, adapter, company, simulator, clock, http, app, tokens, clock.now())


async def _consent(person: Person, url: str, name: str) -> Mapping[str, str]:
    """What the browser brings back; nothing if this person does not see the company."""
    await person.open(url)
    seen = await person.sign_in()
    offered = [words for form in seen.forms for _, _, words in form.choices]
    if not any(words.startswith(name) for words in offered):
        return {}
    back = await person.press("Connect", choose=name)
    return {key: values[0] for key, values in parse_qs(urlsplit(back.url).query).items()}


async def _arrived(_scope: Any, _receive: Any, send: Any) -> None:
    """Where the browser is sent back to."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b"<h1>Back</h1>"})


async def check_ties_out(books: ProviderBooks, pulled: Pulled) -> None:
    """No difference on either side."""
    balances = await books.adapter.fetch_trial_balance(await books.transport(Cause.TIE_OUT), books.id)
    totals = compare(
        pulled.of(Account).values(),
        {account_id: Decimal(balance) for account_id, balance in balances.items()},
        list(pulled.records.values()),
        base_currency=pulled.company.base_currency,
    )
    assert [total.difference for total in totals] == [0, 0], totals
