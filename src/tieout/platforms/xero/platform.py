"""Xero, as the port asks for it. Each promise is kept in a module of its own; this one only names them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

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
    LimitScope,
    Platform,
    RateLimit,
    Request,
    SendingRules,
    Tokens,
    Transport,
    Write,
    WritingRules,
)
from tieout.platforms.webhooks import Webhooks
from tieout.platforms.xero import (
    authorization,
    batching,
    client,
    errors,
    looking_up,
    looking_up_batches,
    reading,
    trial_balance,
    webhooks,
    writing,
)
from tieout.platforms.xero.cursor import rechecking

MINUTE_S: Final = 60
DAY_S: Final = 86_400

_KINDS: Final = {
    "customer": Kind.PARTY,
    "vendor": Kind.PARTY,
    "product": Kind.ITEM,
    "receivable": Kind.INVOICE,
    "bill": Kind.BILL,
    "payable": Kind.BILL,
    "payable_credit_note": Kind.VENDOR_CREDIT,
    "payment_record": Kind.PAYMENT,
}


class Xero:
    """Xero; see `port.Platform` for every method's promise."""

    name = "xero"
    title = "Xero"
    region_hint = "Australia, New Zealand, United Kingdom and elsewhere"
    trace_header = errors.TRACE_HEADER
    consent_covers_many = True
    sales_lines_need_items = False
    shared_names = frozenset({Kind.PARTY})
    """Among those in use: an archived contact gives its name up."""
    writing_rules = WritingRules(
        absence_counts_after_s=360, key_lifetime_s=300, recreates_with_same_key=False, refuses_stale=False
    )
    """Xero remembers a key for six minutes from its first call, refusals too; five are sure, then a new key is used."""
    sending_rules = SendingRules(
        in_flight_max=4, batch_max=batching.BATCH_MAX, batch_bytes_max=batching.BATCH_BYTES_MAX
    )
    rate_limits: tuple[RateLimit, ...] = (
        RateLimit(name="minute", calls=60, window_s=MINUTE_S, burst=10),
        RateLimit(name="day", calls=1_000, window_s=DAY_S, burst=500),
        RateLimit(name="app_minute", calls=10_000, window_s=MINUTE_S, burst=1_000, scope=LimitScope.APP),
    )
    """A company: 60 calls a minute, and 1,000 a day on the Starter tier; an app: 10,000 a minute (limits page)."""
    api_path = "/api.xro/"
    billed_kinds = frozenset[CallKind]()
    """Xero bills the bytes that leave it, not calls."""
    webhooks: Webhooks = webhooks.WEBHOOKS

    def api_name(self, environment: Environment) -> str:  # noqa: ARG002 - Xero has one name in every world
        """Always `xero`: it has no sandbox of its own."""
        return "xero"

    def api_origin(self, app: App) -> str:
        """Where the accounting API is."""
        return authorization.addresses(app).api

    def kind_of(self, object_type: str) -> Kind | None:
        """A contact is customer and vendor in one."""
        return _KINDS.get(object_type)

    def authorize_url(self, app: App, *, redirect_uri: str, state: str, verifier: str) -> str:
        """Where the person signs in and chooses organisations."""
        return authorization.authorize_url(app, redirect_uri=redirect_uri, state=state, verifier=verifier)

    async def exchange_code(self, http: HttpClient, app: App, *, code: str, redirect_uri: str, verifier: str) -> Tokens:
        """Turn the code of a callback into tokens."""
        return await authorization.exchange_code(http, app, code=code, redirect_uri=redirect_uri, verifier=verifier)

    async def refresh_tokens(self, http: HttpClient, app: App, refresh_token: str) -> Tokens:
        """A new pair of tokens."""
        return await authorization.refresh_tokens(http, app, refresh_token)

    async def revoke(self, http: HttpClient, app: App, refresh_token: str) -> None:
        """End the whole grant: every organisation that this person connected to the app."""
        await authorization.revoke(http, app, refresh_token)

    async def list_companies(
        self,
        http: HttpClient,
        app: App,
        tokens: Tokens,
        callback: Mapping[str, str],  # noqa: ARG002 - Xero's callback names no organisation
    ) -> tuple[CompanyChoice, ...]:
        """The organisations of this very consent."""
        return await authorization.list_companies(http, app, tokens)

    async def end_company(self, http: HttpClient, app: App, access_token: str, connection_id: str) -> None:
        """End the access to one organisation."""
        await authorization.end_company(http, app, access_token, connection_id)

    async def confirm_end(
        self, http: HttpClient, app: App, access_token: str, company_id: str, refusal: CompanyEnded
    ) -> PlatformRefusal:
        """Itself when the organisation is no longer listed; else the person has lost the permission."""
        return await authorization.confirm_end(http, app, access_token, company_id, refusal)

    def read_refusal(self, request: Request, answer: Answer) -> Exception | None:
        """The refusal that an answer means, or None."""
        return errors.read_refusal(request, answer)

    def read_allowance(self, answer: Answer) -> Allowance:
        """What Xero's headers say."""
        return errors.read_allowance(answer)

    async def fetch_page(self, transport: Transport, company_id: str, cursor: str | None, *, now: datetime) -> Page:
        """The next page of a pull; Xero tells of changes however long ago they were."""
        del now
        return await reading.fetch_page(transport, company_id, cursor)

    def recheck(self, cursor: str) -> str:
        """See `port.Platform.recheck`."""
        return rechecking(cursor)

    def plan_write(self, company_id: str, write: Write) -> Request:
        """The exact request of a write."""
        return writing.plan_write(company_id, write)

    def predict(self, write: Write) -> Prediction | None:
        """What a document will come to in the books."""
        return writing.predict(write)

    def read_written(self, write: Write, answer: Answer) -> Change | None:
        """The record as Xero now has it."""
        return writing.read_written(write, answer)

    def renew_key(self, request: Request, key: str) -> Request:
        """The same request with another Idempotency-Key."""
        return client.renew_key(request, key)

    def batch_of(self, write: Write) -> str | None:
        """Which endpoint takes it together with others."""
        return batching.batch_of(write)

    def plan_batch(self, company_id: str, writes: Sequence[Write], key: str) -> Request:
        """Several elements of one endpoint in one call."""
        return batching.plan_batch(company_id, writes, key)

    def read_batch(self, writes: Sequence[Write], answer: Answer) -> tuple[Change | PlatformRefusal, ...]:
        """What became of each element."""
        return batching.read_batch(writes, answer)

    async def look_up_batch(
        self, transport: Transport, company_id: str, writes: Sequence[Write], *, first_sent_at: datetime
    ) -> tuple[Change | PlatformRefusal | None, ...]:
        """Whether each of an unanswered batch was carried out; invoices and bills by their numbers, 40 a call."""
        return await looking_up_batches.look_up_batch(transport, company_id, writes, first_sent_at=first_sent_at)

    async def look_up(
        self, transport: Transport, company_id: str, write: Write, *, first_sent_at: datetime
    ) -> Change | None:
        """Whether an unanswered write was carried out."""
        return await looking_up.look_up(transport, company_id, write, first_sent_at=first_sent_at)

    async def fetch_trial_balance(self, transport: Transport, company_id: str) -> Mapping[str, str]:
        """Closing balances by account, from Xero's own report."""
        return await trial_balance.fetch_trial_balance(transport, company_id)


PLATFORM: Final[Platform] = Xero()
