"""What a platform must offer, and what it is given. `registry` finds the folders that keep to it.

A platform never touches the database: it gets credentials, a transport and opaque cursors, and returns records.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from tieout.books.arithmetic.predicting import Prediction
from tieout.books.changes import Change, Page
from tieout.books.records import Account, Company, Item, Kind, Party, Record, TaxRate
from tieout.platforms.errors import CompanyEnded, PlatformRefusal
from tieout.platforms.webhooks import Webhooks


class Environment(StrEnum):
    """Which of a platform's worlds a partner's app belongs to."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The partner's own app at the platform.

    `origin` is where the simulator stands, for the simulated environment only. `previous_client_secret` is the one
    before the last rotation, while it is good still.
    """

    client_id: str
    client_secret: str = field(repr=False)
    environment: Environment
    origin: str | None = None
    previous_client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a token endpoint gave.

    Lifetimes in seconds from now; `consent_id` and `user_id` where the platform tells them.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_expires_in_s: int
    refresh_expires_in_s: int | None = None
    refresh_ends_in_s: int | None = None
    scopes: tuple[str, ...] = ()
    consent_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyChoice:
    """A company that a consent reaches.

    `connection_id` is the platform's handle for ending just this one, if it has one.
    """

    external_id: str
    name: str
    country: str | None = None
    base_currency: str | None = None
    connection_id: str | None = None


class Cause(StrEnum):
    """Why a call is made: what the meter counts by. `REFRESH`, `KEEP_ALIVE` and `END` concern the access itself."""

    CONNECT = "connect"
    REFRESH = "refresh"
    KEEP_ALIVE = "keep_alive"
    END = "end"
    PULL = "pull"
    PUSH = "push"
    RESOLVE = "resolve"
    TIE_OUT = "tie_out"
    PERSON = "person"


class CallKind(StrEnum):
    """What a call is to the platform's own bill. `IDENTITY` is all that concerns tokens, consents and connections."""

    READ = "read"
    WRITE = "write"
    REPORT = "report"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call below the platform's API origin. `path` carries its query; an intent keeps these very bytes.

    `headers` hold nothing secret: the transport adds the bearer token.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    kind: CallKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """One path for every call of a company: budget, timeout, retry of what was surely not sent, meter, redacted log."""

    async def send(self, request: Request) -> Answer:
        """Send and return any answer below 400; raises the PlatformRefusal that the platform's answer means."""
        ...


class HttpClient(Protocol):
    """The little of an HTTP client that the OAuth calls need; `platforms.transport` wraps the real one."""

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send to an absolute URL and return whatever comes back; raises NotSent or NoAnswer."""
        ...


class Operation(StrEnum):
    """What a write does to a record in the books."""

    CREATE = "create"
    UPDATE = "update"
    VOID = "void"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A record to be written. References inside `record` are the platform's ids already.

    `key` is the idempotency key. `external_id` and `version_token` name the record for all but a create.
    `tax_rates`, `accounts` and `items` hold those that the record or its lines name, by id: some platforms write the
    code where they read the id. `company` holds the rules of these books. `content` is the file of an attachment: it
    stands in the request, and is not kept with the plan a second time. `standing` is, of a change, the record as the
    books last showed it: by it lines keep their ids, and what would detach payments is refused before anything is sent.
    It is not kept with the plan either. `emptied` are the fields of a party or item that were emptied here since both
    sides agreed: None in any other says nothing, and what stands in the books stays. `party` is the one that a document
    names, as the books last showed it; it is not kept with the plan either.
    """

    operation: Operation
    kind: Kind
    record: Record
    key: str
    company: Company
    tax_rates: Mapping[str, TaxRate] = field(default_factory=dict)
    accounts: Mapping[str, Account] = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    external_id: str | None = None
    version_token: str | None = None
    content: bytes = field(default=b"", repr=False)
    standing: Record | None = None
    party: Party | None = None
    emptied: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingRules:
    """What resolving an unanswered write depends on (DECISIONS: writing to the books).

    Absence counts only `absence_counts_after_s` after the last send. A key is surely remembered for `key_lifetime_s`.
    `refuses_stale` says that the platform itself refuses to change what was changed since it was read; where it does
    not, it is read before.
    """

    absence_counts_after_s: int
    key_lifetime_s: int
    recreates_with_same_key: bool
    refuses_stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingRules:
    """How many writes go at once: independent calls in flight, and writes in one call (1: always singly).

    A batch is cut where the bodies of its writes, as they were planned singly, come to more than `batch_bytes_max`.
    """

    in_flight_max: int
    batch_max: int
    batch_bytes_max: int = 0


class LimitScope(StrEnum):
    """Whose calls a limit counts together: those to one company, or all of the partner's app."""

    COMPANY = "company"
    APP = "app"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """At most `calls` in any window of `window_s`, of which `burst` at once. The limit of a day is named `day`."""

    name: str
    calls: int
    window_s: int
    burst: int
    scope: LimitScope = LimitScope.COMPANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What an answer says about limits: the calls `left` by the limit's name, and whether this one was too many.

    `rest_s` is set on a refusal for too many calls: how long to make none. `is_told` says that these are the platform's
    own seconds, and not just the usual ones; `limit` is the one that refused, where the platform names it.
    """

    left: Mapping[str, int] = field(default_factory=dict)
    rest_s: float | None = None
    is_told: bool = True
    limit: str | None = None


class Platform(Protocol):
    """One accounting platform. Stateless: an instance may serve any number of companies at once.

    `trace_header` names, in lower case, the answer header that carries the platform's own trace id.
    `sales_lines_need_items` is true where a sales line can reach an income account only through an item.
    `shared_names` are the kinds of parties among which each name is given once.
    `api_path` begins the paths of all calls to the books; `billed_kinds` are those that the platform bills by number.
    `webhooks` says how it tells of changes.
    """

    name: str
    title: str
    region_hint: str
    trace_header: str
    consent_covers_many: bool
    sales_lines_need_items: bool
    shared_names: frozenset[Kind]
    writing_rules: WritingRules
    sending_rules: SendingRules
    rate_limits: tuple[RateLimit, ...]
    api_path: str
    billed_kinds: frozenset[CallKind]
    webhooks: Webhooks

    def api_name(self, environment: Environment) -> str:
        """The value of `platform` in our API's answers."""
        ...

    def api_origin(self, app: App) -> str:
        """Where the API of this app's environment is."""
        ...

    def kind_of(self, object_type: str) -> Kind | None:
        """Under which kind snapshots of a synced object type (customer, vendor, product, …) are kept here."""
        ...

    def authorize_url(self, app: App, *, redirect_uri: str, state: str, verifier: str) -> str:
        """Where the person signs in and consents.

        `verifier` is the PKCE secret, used by platforms that support PKCE.
        """
        ...

    async def exchange_code(self, http: HttpClient, app: App, *, code: str, redirect_uri: str, verifier: str) -> Tokens:
        """Turn the code of a callback into tokens; raises GrantEnded if the platform refuses it."""
        ...

    async def refresh_tokens(self, http: HttpClient, app: App, refresh_token: str) -> Tokens:
        """A new pair; raises GrantEnded when the grant is over."""
        ...

    async def revoke(self, http: HttpClient, app: App, refresh_token: str) -> None:
        """End the whole grant; one that has already ended is no error."""
        ...

    async def list_companies(
        self, http: HttpClient, app: App, tokens: Tokens, callback: Mapping[str, str]
    ) -> tuple[CompanyChoice, ...]:
        """The companies that this consent reaches; `callback` holds the query parameters of the redirect."""
        ...

    async def end_company(self, http: HttpClient, app: App, access_token: str, connection_id: str) -> None:
        """End the access to one company where `consent_covers_many`; one that has already ended is no error."""
        ...

    async def confirm_end(
        self, http: HttpClient, app: App, access_token: str, company_id: str, refusal: CompanyEnded
    ) -> PlatformRefusal:
        """What a CompanyEnded stands for, where its words can mean two things: itself, or PermissionMissing.

        Asks the platform once; raises what it refuses then.
        """
        ...

    def read_refusal(self, request: Request, answer: Answer) -> Exception | None:
        """The PlatformRefusal that an answer means (also one hidden behind status 200), or None."""
        ...

    def read_allowance(self, answer: Answer) -> Allowance:
        """What an answer says about limits, purely."""
        ...

    async def fetch_page(self, transport: Transport, company_id: str, cursor: str | None, *, now: datetime) -> Page:
        """The next page of a pull.

        None starts the first pull; the cursor of a finished page starts an incremental one. `now` tells how long ago
        that was: news are not kept for ever.
        """
        ...

    def recheck(self, cursor: str) -> str:
        """The cursor whose next pull reads of the company what is otherwise read less often: rights, currencies.

        For a write that was refused by what is known of them: somebody may have mended it since.
        """
        ...

    def plan_write(self, company_id: str, write: Write) -> Request:
        """The exact request, purely.

        Raises WriteRefused where it is known beforehand that the books will not take it.
        """
        ...

    def predict(self, write: Write) -> Prediction | None:
        """What the books will show of a document that is created or changed, purely; None for what has no total.

        Raises WriteRefused where `plan_write` would, for a total that the books cannot come to above all.
        """
        ...

    def read_written(self, write: Write, answer: Answer) -> Change | None:
        """The record as the platform now has it, from the write's own answer; None when it was deleted."""
        ...

    def renew_key(self, request: Request, key: str) -> Request:
        """The same request under another idempotency key, for what is surely absent."""
        ...

    def batch_of(self, write: Write) -> str | None:
        """Which writes may share one call with this one: those of the same word. None for what is sent alone."""
        ...

    def plan_batch(self, company_id: str, writes: Sequence[Write], key: str) -> Request:
        """One request for two or more writes of the same `batch_of`, within `sending_rules`, under a key of its own.

        Each of them was planned singly before, so nothing is refused here that was not refused there. Raises ValueError
        for writes that do not make a batch. Sending it raises BatchRefused when it is refused as a whole.
        """
        ...

    def read_batch(self, writes: Sequence[Write], answer: Answer) -> tuple[Change | PlatformRefusal, ...]:
        """What became of each write of a batch, in their order: the record as it now is, or why it was refused.

        NoAnswer in the place of a write says that this one is to be looked up. Raises NoAnswer when the answer cannot
        be told apart by write: what became of each is then to be looked up.
        """
        ...

    async def look_up_batch(
        self, transport: Transport, company_id: str, writes: Sequence[Write], *, first_sent_at: datetime
    ) -> tuple[Change | PlatformRefusal | None, ...]:
        """As `look_up` for each write of a batch, in their order, in as few calls as will do.

        A refusal that `look_up` would raise about one write stands in its place; one that stops them all is raised.
        """
        ...

    async def look_up(
        self, transport: Transport, company_id: str, write: Write, *, first_sent_at: datetime
    ) -> Change | None:
        """Find what an unanswered write left: by marker, or by number, party, date, currency, total and time.

        None when it was not carried out; for a deletion the other way round: what is still there, None once it is gone.

        Raises Taken when its number, name or code belongs to another record, and Gone when a record that was to be
        changed is not there. Any other refusal is of the looking, and says nothing of the write.
        """
        ...

    async def fetch_trial_balance(self, transport: Transport, company_id: str) -> Mapping[str, str]:
        """Closing balance of every ledger account by its id, by the books' own report: debit positive, plain digits."""
        ...
