"""The simulated Xero as one ASGI application on one origin: `build_simulator` is the way in."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tieout.kit.clock import Clock
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.faulting import equip
from tieout.platforms.xero.sandbox.gateway.api import IN_FLIGHT, METHODS, AccountingApi
from tieout.platforms.xero.sandbox.gateway.attached import body_bytes_max
from tieout.platforms.xero.sandbox.gateway.dialects import (
    OFFLINE,
    UNAVAILABLE,
    in_flight,
    not_found,
    tenant_refusal,
    token_refusal,
    too_many,
    unavailable,
)
from tieout.platforms.xero.sandbox.identity.connections import ConnectionsEndpoint, bearer_access
from tieout.platforms.xero.sandbox.identity.consent import PATH as AUTHORIZE_PATH
from tieout.platforms.xero.sandbox.identity.consent import Consent
from tieout.platforms.xero.sandbox.identity.grants import Grants
from tieout.platforms.xero.sandbox.identity.keys import process_key
from tieout.platforms.xero.sandbox.identity.tokens import TokenServer
from tieout.platforms.xero.sandbox.ids import Ids
from tieout.platforms.xero.sandbox.people.desk import Desk
from tieout.platforms.xero.sandbox.people.staff import Doors, Workers
from tieout.platforms.xero.sandbox.rules import xero_rules
from tieout.platforms.xero.sandbox.seeds.filling import fill
from tieout.platforms.xero.sandbox.seeds.organisations import Seeded
from tieout.platforms.xero.sandbox.seeds.organisations import seed as seeded_organisations
from tieout.platforms.xero.sandbox.webhooks import XeroWebhooks, watch
from tieout.sandbox.agenda import MovableClock, movable
from tieout.sandbox.companies import Company
from tieout.sandbox.control.rules import rules_endpoint
from tieout.sandbox.people import ActionRefusedError
from tieout.sandbox.simulator import Keepsake, Simulator, build_application
from tieout.sandbox.traffic import Classified
from tieout.sandbox.visitors import User

DEFAULT_PORT = 8802
TITLE = "Simulated Xero"
SLUG = "xero"
ADDRESSES = (
    ("Authorize", AUTHORIZE_PATH),
    ("Token", "/connect/token"),
    ("Revocation", "/connect/revocation"),
    ("Discovery", "/.well-known/openid-configuration"),
    ("Connections", "/connections"),
    ("Accounting API", "/api.xro/2.0"),
    ("Control surface", "/_sandbox/companies"),
    ("Rules", "/_sandbox/rules"),
)


@dataclass(slots=True)
class XeroState:
    """What tests may reach through `app.state.xero`."""

    grants: Grants
    api: AccountingApi
    organisations: dict[str, Organisation]
    broad_apps: set[str] = field(default_factory=set)
    """The apps that were registered before March 2026 and so may ask for broad scopes."""
    public_apps: set[str] = field(default_factory=set)
    """The apps that run on their users' devices and so have no secret: they prove themselves by PKCE."""


def build_simulator(*, clock: Clock, seed: int, origin: str) -> Starlette:
    """A simulated Xero that answers as `origin`. `app.state.simulator` is the shared part, `app.state.xero` its own."""
    moving = movable(clock)
    ids = Ids(f"xero:{seed}")
    seeded = seeded_organisations(moving, ids)
    simulator, state = _assemble(seeded, moving, ids, seed, origin)
    tokens = TokenServer(
        origin=origin,
        grants=state.grants,
        apps=simulator.apps,
        users={user.id: user for user in seeded.users},
        key=process_key(),
        public_apps=state.public_apps,
    )
    connections = ConnectionsEndpoint(state.grants, state.organisations, state.api.ids)
    consent = Consent(
        simulator,
        state.grants,
        organisations_of=lambda user: _organisations_of(seeded, state.grants, user),
        granular_only=lambda app: app.client_id not in state.broad_apps,
        connections_max=lambda: state.api.switches.connections_max,
    )
    webhooks = XeroWebhooks(state.grants, simulator.origin)
    post = simulator.notify_by(webhooks)
    for organisation in state.organisations.values():
        watch(organisation, post)
    equip(simulator, state.grants, state.api)
    simulator.streams["answers"] = state.api.ids.random
    simulator.keepsakes["signing_key"] = Keepsake(tokens.written_key, tokens.take_key)
    simulator.billed_kinds = frozenset({"accounting read", "accounting write"})
    simulator.app_gone.append(state.grants.withdraw)
    app = build_application(
        simulator,
        [
            Route(AUTHORIZE_PATH, consent.page, methods=["GET"]),
            Route(AUTHORIZE_PATH, consent.step, methods=["POST"]),
            Route("/connect/token", tokens.token, methods=["POST"]),
            Route("/connect/revocation", tokens.revocation, methods=["POST"]),
            Route("/connect/userinfo", tokens.userinfo, methods=["GET"]),
            Route("/.well-known/openid-configuration", tokens.discovery, methods=["GET"]),
            Route("/.well-known/openid-configuration/jwks", tokens.jwks, methods=["GET"]),
            Route("/connections", connections.listed, methods=["GET"]),
            Route("/connections/{connection_id}", connections.removed, methods=["DELETE"]),
            Route(
                "/_sandbox/rules",
                rules_endpoint(
                    xero_rules(
                        state.api.limits,
                        state.grants,
                        {"broad_apps": state.broad_apps, "public_apps": state.public_apps},
                        state.api.switches,
                        webhooks,
                    )
                ),
                methods=["GET", "POST"],
            ),
            Route("/api.xro/2.0/{rest:path}", state.api.answer, methods=[*METHODS, "PATCH", "HEAD", "OPTIONS"]),
        ],
    )
    app.state.xero = state
    app.add_middleware(Gate, state=state)
    return app


def _assemble(seeded: Seeded, clock: MovableClock, ids: Ids, seed: int, origin: str) -> tuple[Simulator, XeroState]:
    """The shared simulator and Xero's own state, which know each other."""
    grants = Grants(clock, ids)
    organisations = dict(seeded.organisations)
    companies: dict[str, Company] = dict(seeded.organisations)

    def app_name(client_id: str) -> str:
        return simulator.apps.by_client_id[client_id].name

    state = XeroState(
        grants=grants,
        api=AccountingApi(
            grants=grants,
            organisations=organisations,
            clock=clock,
            ids=Ids(f"xero:{seed}:answers"),  # apart, so that reading never changes which ids records get
            app_name=app_name,
        ),
        organisations=organisations,
    )
    answerer = Answerer(state)
    simulator = Simulator(
        title=TITLE,
        slug=SLUG,
        origin=origin,
        clock=clock,
        seed=seed,
        companies=companies,
        classify=answerer.classify,
        refuse=answerer.refuse,
        addresses=ADDRESSES,
        users=seeded.users,
        body_bytes_max=body_bytes_max,
    )
    for organisation in organisations.values():
        organisation.origin = origin
        _staff(organisation, grants, seeded)
    return simulator, state


def _staff(organisation: Organisation, grants: Grants, seeded: Seeded) -> None:
    """Give an organisation its people and its generator."""
    organisation.filler = lambda documents, seed: fill(organisation, documents, seed)

    def concerned(email: str | None) -> set[tuple[str, str]]:
        """The users of an organisation of a mail address, or all of them."""
        found = {
            (user.id, organisation.id)
            for user in seeded.users
            if email in {None, user.email} and organisation.id in seeded.organisations_of[user.id]
        }
        if not found:
            raise ActionRefusedError(f"nobody here has the address {email}")
        return found

    def bar(email: str | None) -> int:
        wanted = concerned(email) - grants.barred
        grants.barred |= wanted
        return len(wanted)

    def admit(email: str | None) -> int:
        wanted = concerned(email) & grants.barred
        grants.barred -= wanted
        return len(wanted)

    doors = Doors(lambda client_id: len(grants.disconnect_tenant(organisation.id, client_id)), bar, admit)
    organisation.people = Workers(Desk(organisation), doors).people()


def _organisations_of(seeded: Seeded, grants: Grants, user: User) -> Sequence[Company]:
    return [
        seeded.organisations[organisation_id]
        for organisation_id in seeded.organisations_of[user.id]
        if (user.id, organisation_id) not in grants.barred
    ]


class Answerer:
    """How the shared room's faults and counts speak Xero's language."""

    def __init__(self, state: XeroState) -> None:
        """Speak for one simulator."""
        self._state = state

    def classify(self, request: Request) -> Classified:
        """Whose call it is; Xero charges for bytes out of the accounting API."""
        path = request.url.path.lower()
        access = bearer_access(request, self._state.grants)
        tenant_id = request.headers.get("xero-tenant-id", "").lower()
        company_id = tenant_id if tenant_id in self._state.organisations else None
        app_id = access.client_id if access else None
        if path.startswith("/api.xro/"):
            return Classified(company_id, app_id, "accounting read" if request.method == "GET" else "accounting write")
        return Classified(None, app_id, "connections" if path.startswith("/connections") else "identity")

    def refuse(self, request: Request, status: int) -> Response:
        """What Xero would answer with this status. A 500 is remembered under its idempotency key, as at Xero."""
        state = self._state
        correlation_id = state.api.ids.uuid()
        access, now = bearer_access(request, state.grants), state.grants.clock.now()
        tenant_id = request.headers.get("xero-tenant-id", "").lower()
        app_id = access.client_id if access else ""
        headers = {"Xero-Correlation-Id": correlation_id} | state.api.limits.remaining(app_id, tenant_id, now)
        match status:
            case 401:
                return token_refusal(None, correlation_id)
            case 403:
                return tenant_refusal(correlation_id, state.api.limits.app_remaining(app_id, now))
            case 404:
                return not_found(headers)
            case 429:
                return too_many({"Retry-After": "22", "X-Rate-Limit-Problem": "minute"} | headers)
            case 503:
                return unavailable(OFFLINE, headers)
        response = unavailable(UNAVAILABLE, headers, status)
        key = request.headers.get("idempotency-key")
        if status == 500 and key and access is not None:  # noqa: PLR2004 - the failure that Xero remembers
            state.api.answers.keep(access.client_id, key, None, response, now)
        return response


class Gate:
    """The outermost layer: folds the case of paths, and counts how many calls of an app and tenant are under way."""

    def __init__(self, app: ASGIApp, state: XeroState) -> None:
        """Stand before `app`."""
        self.app = app
        self._grants = state.grants
        self._switches = state.api.switches
        self._under_way: dict[tuple[str, str], int] = {}
        self._keys: set[tuple[str, str]] = set()
        """The apps and idempotency keys of requests whose answers have not been sent whole."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        lowered = scope["path"].lower()
        if lowered.startswith(("/api.xro/", "/connections")):
            head = "/api.xro/2.0/" if lowered.startswith("/api.xro/2.0/") else "/connections"
            if lowered.startswith(head):
                scope["path"] = head + scope["path"][len(head) :]
        request = Request(scope)
        access = bearer_access(request, self._grants)
        key = (access.client_id if access else "", request.headers.get("xero-tenant-id", "").lower())
        keyed = (key[0], request.headers.get("idempotency-key", ""))
        if self._switches.in_flight_duplicates_refused and keyed in self._keys:
            await in_flight()(scope, receive, send)
            return
        if keyed[1]:
            self._keys.add(keyed)
        self._under_way[key] = self._under_way.get(key, 0) + 1
        scope[IN_FLIGHT] = self._under_way[key]
        try:
            await self.app(scope, receive, send)
        finally:
            self._keys.discard(keyed)
            self._under_way[key] -= 1
            if not self._under_way[key]:
                del self._under_way[key]
