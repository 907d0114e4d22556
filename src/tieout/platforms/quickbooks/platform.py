"""QuickBooks Online, as the port wants it: `PLATFORM` is what the registry finds."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tieout.books.arithmetic.predicting import Prediction
from tieout.books.changes import Change, Page
from tieout.books.records import Kind
from tieout.platforms.errors import CompanyEnded, PlatformRefusal
from tieout.platforms.port import (
    Allowance,
    Answer,
    App,
    CallKind,
    CompanyChoice,
    Environment,
    HttpClient,
    Platform,
    RateLimit,
    Request,
    SendingRules,
    Tokens,
    Transport,
    Write,
    WritingRules,
)
from tieout.platforms.quickbooks import authorization, client, errors, reading, reports, resolving, webhooks, writing
from tieout.platforms.webhooks import Webhooks

_NEVER_BATCHED = "Intuit bills batches and not single writes: every write is sent alone"

_KINDS = {
    "customer": Kind.CUSTOMER,
    "vendor": Kind.VENDOR,
    "product": Kind.ITEM,
    "receivable": Kind.INVOICE,
    "bill": Kind.BILL,
    "payment_record": Kind.PAYMENT,
}


class QuickBooks:
    """The platform. Stateless but for its clock, which only tells whether a pull is too long ago to go on."""

    name = "quickbooks"
    title = "QuickBooks Online"
    region_hint = "United States, Canada, United Kingdom, Australia, France, India"
    trace_header = errors.TRACE_HEADER
    consent_covers_many = False
    sales_lines_need_items = True
    shared_names = frozenset({Kind.CUSTOMER, Kind.VENDOR})
    """And employees, who are not read: what the books refuse for their names tells of them."""
    writing_rules = WritingRules(
        absence_counts_after_s=120, key_lifetime_s=120, recreates_with_same_key=True, refuses_stale=True
    )
    """Intuit's gateway gives up after 120 s; how long it remembers a requestid is not told, so as short is assumed."""
    sending_rules = SendingRules(in_flight_max=4, batch_max=1)
    rate_limits: tuple[RateLimit, ...] = (
        RateLimit(name="minute", calls=498, window_s=60, burst=6),
        RateLimit(name="second", calls=10, window_s=1, burst=1),
    )
    """Fewer than 500 a minute and ten a second (Intuit, throttling): 8.2 a second last. No batch is sent."""
    api_path = "/v3/company/"
    billed_kinds = frozenset({CallKind.READ, CallKind.REPORT})
    """CorePlus calls. Writes and uploads are Core, which is free (Intuit, App Partner Program)."""
    webhooks: Webhooks = webhooks.WEBHOOKS

    def api_name(self, environment: Environment) -> str:
        """Only Intuit's own sandbox has a name of its own."""
        return "quickbooks_online_sandbox" if environment is Environment.SANDBOX else "quickbooks_online"

    def api_origin(self, app: App) -> str:
        """Where REST stands; raises ValueError for a simulated app without an origin."""
        return authorization.addresses(app).api

    def kind_of(self, object_type: str) -> Kind | None:
        """Customers and vendors are lists of their own here; None for an object that is not synced."""
        return _KINDS.get(object_type)

    def authorize_url(self, app: App, *, redirect_uri: str, state: str, verifier: str) -> str:  # noqa: ARG002 - no PKCE
        """Where the person signs in and picks one company. Intuit has no PKCE, so the verifier plays no part."""
        return authorization.authorize_url(app, redirect_uri=redirect_uri, state=state)

    async def exchange_code(self, http: HttpClient, app: App, *, code: str, redirect_uri: str, verifier: str) -> Tokens:  # noqa: ARG002 - no PKCE
        """Turn a code into tokens; raises GrantEnded if it was used or is too old."""
        return await authorization.exchange_code(http, app, code=code, redirect_uri=redirect_uri)

    async def refresh_tokens(self, http: HttpClient, app: App, refresh_token: str) -> Tokens:
        """A new pair, whose refresh token may be the old one; raises GrantEnded."""
        return await authorization.refresh_tokens(http, app, refresh_token)

    async def revoke(self, http: HttpClient, app: App, refresh_token: str) -> None:
        """End the grant, which is of one company."""
        await authorization.revoke(http, app, refresh_token)

    async def list_companies(
        self, http: HttpClient, app: App, tokens: Tokens, callback: Mapping[str, str]
    ) -> tuple[CompanyChoice, ...]:
        """The one company that was picked; raises Misuse when the redirect does not name it."""
        return await authorization.list_companies(http, app, tokens, callback)

    async def end_company(self, http: HttpClient, app: App, access_token: str, connection_id: str) -> None:
        """There is nothing smaller than a grant to end."""
        raise NotImplementedError("a consent reaches one company here: revoke the grant instead")

    async def confirm_end(
        self, http: HttpClient, app: App, access_token: str, company_id: str, refusal: CompanyEnded
    ) -> PlatformRefusal:
        """What it says: Intuit's codes mean one thing each, so there is nothing to ask."""
        del http, app, access_token, company_id
        return refusal

    def read_refusal(self, request: Request, answer: Answer) -> Exception | None:
        """What an answer refuses, in any of Intuit's dialects, or None."""
        return errors.read_refusal(request, answer)

    def read_allowance(self, answer: Answer) -> Allowance:
        """Intuit says nothing of what is left, and seldom how long to wait."""
        return errors.read_allowance(answer)

    async def fetch_page(self, transport: Transport, company_id: str, cursor: str | None, *, now: datetime) -> Page:
        """The next page of a pull (see `reading`)."""
        return await reading.fetch_page(transport, company_id, cursor, now=now)

    def recheck(self, cursor: str) -> str:
        """Preferences come with every pull."""
        return cursor

    def plan_write(self, company_id: str, write: Write) -> Request:
        """The exact request (see `writing`)."""
        return writing.plan_write(company_id, write)

    def predict(self, write: Write) -> Prediction | None:
        """What a document will come to in the books."""
        return writing.predict(write)

    def read_written(self, write: Write, answer: Answer) -> Change | None:
        """The record as the write's answer shows it; None when it was deleted."""
        return writing.read_written(write, answer)

    def renew_key(self, request: Request, key: str) -> Request:
        """The same request under another requestid."""
        return client.renew_key(request, key)

    def batch_of(self, write: Write) -> str | None:  # noqa: ARG002 - whatever it is
        """Nothing shares a call."""
        return None

    def plan_batch(self, company_id: str, writes: Sequence[Write], key: str) -> Request:
        """Never: see `batch_of`."""
        raise NotImplementedError(_NEVER_BATCHED)

    def read_batch(self, writes: Sequence[Write], answer: Answer) -> tuple[Change | PlatformRefusal, ...]:
        """Never: see `batch_of`."""
        raise NotImplementedError(_NEVER_BATCHED)

    async def look_up_batch(
        self, transport: Transport, company_id: str, writes: Sequence[Write], *, first_sent_at: datetime
    ) -> tuple[Change | PlatformRefusal | None, ...]:
        """Never: see `batch_of`."""
        raise NotImplementedError(_NEVER_BATCHED)

    async def look_up(
        self, transport: Transport, company_id: str, write: Write, *, first_sent_at: datetime
    ) -> Change | None:
        """Whether an unanswered write was carried out (see `resolving`)."""
        return await resolving.look_up(transport, company_id, write, first_sent_at=first_sent_at)

    async def fetch_trial_balance(self, transport: Transport, company_id: str) -> Mapping[str, str]:
        """Closing balances by account (see `reports`)."""
        return await reports.fetch_trial_balance(transport, company_id)


PLATFORM: Platform = QuickBooks()
