"""The REST interface: who calls, for which company, and how often. `/v3/company/{realmId}/…`; see `routes`."""

from dataclasses import dataclass, field
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.records import Person
from tieout.platforms.quickbooks.sandbox.accounting.rendering import PERSON_ID_START
from tieout.platforms.quickbooks.sandbox.gateway import faults
from tieout.platforms.quickbooks.sandbox.gateway.calls import Call
from tieout.platforms.quickbooks.sandbox.gateway.conditions import check_company
from tieout.platforms.quickbooks.sandbox.gateway.dialect import answer_response, fault_response, trace_id, wants_json
from tieout.platforms.quickbooks.sandbox.gateway.limits import Limits
from tieout.platforms.quickbooks.sandbox.gateway.remembering import RequestIds
from tieout.platforms.quickbooks.sandbox.gateway.routes import CORE, CORE_PLUS, JSON, OAUTH, Route, find_route
from tieout.platforms.quickbooks.sandbox.gateway.switches import WireSwitches
from tieout.platforms.quickbooks.sandbox.identity.grants import Access, Grants
from tieout.platforms.quickbooks.sandbox.identity.oauth import ACCOUNTING_SCOPE, bearer
from tieout.platforms.quickbooks.sandbox.refusals import NotSimulatedError, Refusal
from tieout.sandbox.billing import calls_of_workspace
from tieout.sandbox.simulator import Simulator
from tieout.sandbox.traffic import Classified

PREFIX = "/v3/company/"
MINOR_VERSION = 75
"""The newest `minorversion`; all before it have ended and are answered like it."""


@dataclass(slots=True)
class Rest:
    """The interface of one simulated platform. `simulator` is set once it exists."""

    grants: Grants
    books: dict[str, Books]
    limits: Limits = field(default_factory=Limits)
    switches: WireSwitches = field(default_factory=WireSwitches)
    simulator: Simulator = field(init=False)
    request_ids: RequestIds = field(default_factory=RequestIds)

    async def handle(self, request: Request) -> Response:
        """Answer a request, or say no the way the platform does."""
        now = self.simulator.clock.now()
        tid = trace_id(self.grants.traces, now)
        try:
            return await self._answer(request, tid)
        except Refusal as refusal:
            return fault_response(refusal, as_json=wants_json(request), now=now, tid=tid)
        except NotSimulatedError as error:
            return JSONResponse({"error": f"not simulated: {error}"}, 501)

    def classify(self, request: Request) -> Classified:
        """How a call is metered; what is no route is metered by its method."""
        path = request.url.path
        if not path.startswith(PREFIX):
            return Classified(None, None, OAUTH)
        realm_id, _, rest = path.removeprefix(PREFIX).partition("/")
        access = self.grants.access(bearer(request), now=self.simulator.clock.now())
        found = find_route(request.method, rest)
        kind = (CORE_PLUS if request.method == "GET" else CORE) if found is None else found[0].metered
        app_id = access.client_id if access is not None else None
        return Classified(realm_id if realm_id in self.books else None, app_id, kind)

    def refuse(self, request: Request, status: int) -> Response:
        """The platform's own words for a failure that a fault asks for."""
        now = self.simulator.clock.now()
        refusal = faults.throttled() if status == 429 else faults.system_failure(status)  # noqa: PLR2004 - HTTP's own figure
        return fault_response(refusal, as_json=wants_json(request), now=now, tid=trace_id(self.grants.traces, now))

    async def _answer(self, request: Request, tid: str) -> Response:
        realm_id, _, rest = request.url.path.removeprefix(PREFIX).partition("/")
        found = find_route(request.method, rest)
        call = await self._admitted(request, realm_id, found[0] if found is not None else None)
        if found is None:
            raise call.no_such_route()
        route, segments = found
        speaks = route.media_type != JSON or wants_json(request)
        if not speaks and (route.repeatable or route.metered == CORE):
            raise NotSimulatedError("answers in XML; send Accept: application/json")
        call.books.acting = call.person
        try:
            body = self._body(call, route, segments)
        finally:
            call.books.acting = None
        if len(body) > self.switches.answer_bytes_max and route.metered == CORE_PLUS:
            raise faults.result_too_big()
        if not speaks:
            raise NotSimulatedError("answers in XML; send Accept: application/json")
        return answer_response(body, tid, route.media_type)

    def _body(self, call: Call, route: Route, segments: tuple[str, ...]) -> bytes:
        if not route.repeatable:
            return route.endpoint(call, *segments)
        longest = route.request_id_max
        return self.request_ids.once(call, lambda: route.endpoint(call, *segments), longest=longest)

    async def _admitted(self, request: Request, realm_id: str, route: Route | None) -> Call:
        """Authentication, the company, and the limits, in the gateway's order."""
        now = self.simulator.clock.now()
        token = bearer(request)
        access = self.grants.access(token, now=now)
        if access is None:
            raise faults.token_invalid(f"Token expired: {token}" if token else "Authorization header is missing")
        if not _may_use(access, realm_id) or realm_id not in self.books:
            raise faults.realm_refused()
        self.limits.admit(realm_id, access.client_id, now)
        if route is not None and route.metered == CORE_PLUS:
            self._admit_metered(access.client_id, now)
        check_company(self.books[realm_id])
        _check_minor_version(request.query_params.get("minorversion"), newer=self.switches.newer_minor_versions)
        return Call(
            books=self.books[realm_id],
            client_id=access.client_id,
            person=self._person(access.user_id),
            method=request.method,
            path=request.url.path,
            query=request.query_params,
            content_type=request.headers.get("content-type", ""),
            body=await request.body() if request.method == "POST" else b"",
            now=now,
            origin=self.simulator.origin,
            switches=self.switches,
            limits=self.limits,
        )

    def _person(self, user_id: str) -> Person:
        """Somebody as records tell it: with a number for an id."""
        place = next((place for place, user in enumerate(self.simulator.users, 1) if user.id == user_id), 0)
        return Person(str(PERSON_ID_START + place), self.simulator.users[place - 1].name if place else "")

    def _admit_metered(self, client_id: str, now: datetime) -> None:
        """The monthly quota, which a workspace's programs share."""
        if self.limits.monthly_quota is not None:
            meter, apps = self.simulator.meter, self.simulator.apps.by_client_id
            used = calls_of_workspace(meter, apps, client_id, kind=CORE_PLUS, month=f"{now:%Y-%m}")
            self.limits.admit_metered(used)


def _check_minor_version(text: str | None, *, newer: bool) -> None:
    """What is below the newest counts as the newest, as nothing does; what is no version is refused."""
    if text is None:
        return
    if not text.isascii() or not text.isdigit() or (int(text[:9]) > MINOR_VERSION and not newer):
        raise faults.minor_version_invalid(text)


def _may_use(access: Access, realm_id: str) -> bool:
    return access.realm_id == realm_id and ACCOUNTING_SCOPE in access.scopes
