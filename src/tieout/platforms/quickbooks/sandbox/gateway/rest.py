"""The REST interface: who calls, for which company, and what they get. `/v3/company/{realmId}/…`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import BY_ROUTE, KINDS, Kind, Operation
from tieout.platforms.quickbooks.sandbox.accounting.rendering import wire
from tieout.platforms.quickbooks.sandbox.accounting.reports import answer_report
from tieout.platforms.quickbooks.sandbox.accounting.writing import create, delete, find, update, void
from tieout.platforms.quickbooks.sandbox.figures import encode
from tieout.platforms.quickbooks.sandbox.gateway.changes import answer_changes
from tieout.platforms.quickbooks.sandbox.gateway.dialect import (
    envelope,
    fault_response,
    json_response,
    trace_id,
    wants_json,
)
from tieout.platforms.quickbooks.sandbox.gateway.limits import Limits
from tieout.platforms.quickbooks.sandbox.gateway.querying import answer_query
from tieout.platforms.quickbooks.sandbox.identity.grants import Access, Grants
from tieout.platforms.quickbooks.sandbox.identity.oauth import ACCOUNTING_SCOPE, bearer
from tieout.platforms.quickbooks.sandbox.refusals import NotSimulatedError, Refusal
from tieout.sandbox.simulator import Simulator
from tieout.sandbox.traffic import Classified
from tieout.sandbox.wire import MalformedJsonError, decode

PREFIX = "/v3/company/"
CORE, CORE_PLUS, OAUTH = "Core", "CorePlus", "OAuth"
"""How the platform meters a call: writing is Core, all reading is CorePlus, OAuth is free."""
REQUEST_ID_MAX = 50
REQUESTS_REMEMBERED_MAX = 100_000
"""How many answers are kept for repetition in one company."""
_METERED_POSTS = frozenset({"query", "batch"})
_INCLUDES = frozenset({"allowduplicatedocnum", "void", "donotupdateaccountontxns"})


@dataclass(slots=True)
class Rest:
    """The interface of one simulated platform. `simulator` is set once it exists."""

    grants: Grants
    books: dict[str, Books]
    limits: Limits = field(default_factory=Limits)
    simulator: Simulator = field(init=False)
    _answers: dict[str, dict[str, bytes]] = field(default_factory=dict)

    async def handle(self, request: Request) -> Response:
        """Answer a request, or say no the way the platform does."""
        now = self.simulator.clock.now()
        tid = trace_id(self.grants.random, now)
        try:
            return json_response(await self._answer(request), tid)
        except Refusal as refusal:
            return fault_response(refusal, as_json=wants_json(request), now=now, tid=tid)
        except NotSimulatedError as error:
            return JSONResponse({"error": f"not simulated: {error}"}, 501)

    def classify(self, request: Request) -> Classified:
        """How a call is metered."""
        path = request.url.path
        if not path.startswith(PREFIX):
            return Classified(None, None, OAUTH)
        realm_id, _, rest = path.removeprefix(PREFIX).partition("/")
        access = self.grants.access(bearer(request), now=self.simulator.clock.now())
        reads = request.method == "GET" or rest.partition("/")[0] in _METERED_POSTS
        app_id = access.client_id if access is not None else None
        return Classified(realm_id if realm_id in self.books else None, app_id, CORE_PLUS if reads else CORE)

    def refuse(self, request: Request, status: int) -> Response:
        """The platform's own words for a failure that a fault asks for."""
        now = self.simulator.clock.now()
        refusal = refusals.throttled() if status == 429 else refusals.system_failure(status)  # noqa: PLR2004 - HTTP's own figure
        return fault_response(refusal, as_json=wants_json(request), now=now, tid=trace_id(self.grants.random, now))

    async def _answer(self, request: Request) -> bytes:
        realm_id, _, rest = request.url.path.removeprefix(PREFIX).partition("/")
        books = self._admitted(request, realm_id)
        segments = [segment for segment in rest.split("/") if segment]
        if request.method not in ("GET", "POST"):
            raise _no_such_route(request)
        if request.method == "POST":
            if not wants_json(request):
                raise NotSimulatedError("answers in XML; send Accept: application/json")
            return await self._posted(request, books, segments)
        body = self._got(request, books, segments)
        if not wants_json(request):
            raise NotSimulatedError("answers in XML; send Accept: application/json")
        return body

    def _admitted(self, request: Request, realm_id: str) -> Books:
        """Authentication, the company, and the limits, in the gateway's order."""
        now = self.simulator.clock.now()
        token = bearer(request)
        access = self.grants.access(token, now=now)
        if access is None:
            raise refusals.token_invalid(f"Token expired: {token}" if token else "Authorization header is missing")
        if not _may_use(access, realm_id) or realm_id not in self.books:
            raise refusals.realm_refused()
        self.limits.admit(realm_id, access.client_id, now)
        if self.classify(request).kind == CORE_PLUS:
            meter = self.simulator.meter
            used = meter.calls(kind=CORE_PLUS, app_id=access.client_id, month=f"{now:%Y-%m}")
            self.limits.admit_metered(used)
        return self.books[realm_id]

    def _got(self, request: Request, books: Books, segments: list[str]) -> bytes:
        query, now = request.query_params, self.simulator.clock.now()
        match segments:
            case ["query"]:
                return envelope("QueryResponse", answer_query(books, query.get("query", "")), now)
            case ["cdc"]:
                told = answer_changes(books, query.get("entities", ""), query.get("changedSince", ""))
                return envelope("CDCResponse", told, now)
            case ["reports", name]:
                return encode(answer_report(books, name, dict(query)))
            case ["preferences"]:
                return self._read(books, KINDS["Preferences"], "1")
            case ["companyinfo", record_id] if record_id == books.profile.id:
                return self._read(books, KINDS["CompanyInfo"], "1")
            case [route, record_id] if route in BY_ROUTE:
                if "include" in query:
                    raise NotSimulatedError(f"include={query['include']} on reading")
                return self._read(books, BY_ROUTE[route], record_id)
        _refuse_later_routes(segments)
        raise _no_such_route(request)

    def _read(self, books: Books, kind: Kind, record_id: str) -> bytes:
        return envelope(kind.name, wire(books, find(books, kind, record_id)), self.simulator.clock.now())

    async def _posted(self, request: Request, books: Books, segments: list[str]) -> bytes:
        body = await request.body()
        match segments:
            case ["query"]:
                statement = body.decode(errors="replace")
                return envelope("QueryResponse", answer_query(books, statement), self.simulator.clock.now())
            case [route] if route in BY_ROUTE:
                return self._once(request, books, lambda: self._write(request, books, BY_ROUTE[route], body))
        _refuse_later_routes(segments)
        raise _no_such_route(request)

    def _once(self, request: Request, books: Books, write: Callable[[], bytes]) -> bytes:
        """A request with an id that was answered gets that answer again, and nothing is done again."""
        request_id = request.query_params.get("requestid")
        if not request_id:
            return write()
        if len(request_id) > REQUEST_ID_MAX:
            raise refusals.request_id_malformed(request_id)
        answers = self._answers.setdefault(books.profile.id, {})
        if request_id not in answers:
            answer = write()
            while len(answers) >= REQUESTS_REMEMBERED_MAX:
                del answers[next(iter(answers))]
            answers[request_id] = answer
        return answers[request_id]

    def _write(self, request: Request, books: Books, kind: Kind, body: bytes) -> bytes:
        wish, include = _read_body(request, body), _include(request)
        operation = _operation(request, wish, include)
        now = self.simulator.clock.now()
        if operation is Operation.DELETE:
            told = {"domain": "QBO", "status": "Deleted", "Id": delete(books, kind, wish)}
            return envelope(kind.name, encode(told), now)
        if operation is Operation.VOID:
            record = void(books, kind, wish)
        elif operation is Operation.UPDATE:
            record = update(books, kind, wish, include)
        else:
            record = create(books, kind, wish, include)
        return envelope(kind.name, wire(books, record), now)


def _may_use(access: Access, realm_id: str) -> bool:
    return access.realm_id == realm_id and ACCOUNTING_SCOPE in access.scopes


def _read_body(request: Request, body: bytes) -> dict[str, Any]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type.endswith("xml"):
        raise NotSimulatedError("bodies in XML; send application/json")
    try:
        wish = decode(body)
    except MalformedJsonError:
        raise refusals.malformed() from None
    if not isinstance(wish, dict):
        raise refusals.malformed()
    return wish


def _include(request: Request) -> frozenset[str]:
    include = frozenset(flag for flag in request.query_params.get("include", "").split(",") if flag)
    unknown = include - _INCLUDES
    if unknown:
        raise NotSimulatedError(f"include={','.join(sorted(unknown))}")
    return include


def _operation(request: Request, wish: dict[str, Any], include: frozenset[str]) -> Operation:
    """What a POST does: it says so, or a body with an id is an update."""
    asked = request.query_params.get("operation")
    if asked is None:
        return Operation.UPDATE if wish.get("Id") else Operation.CREATE
    is_sales_form = not request.url.path.endswith("payment")
    if asked == "void" and is_sales_form:
        return Operation.VOID
    if asked == "update":
        return Operation.VOID if "void" in include else Operation.UPDATE
    if asked == "delete":
        return Operation.DELETE
    raise refusals.unsupported(asked)


def _refuse_later_routes(segments: list[str]) -> None:
    """Routes that the real platform has and the simulation does not have yet."""
    match segments:
        case ["batch" | "upload" | "exchangerate"] | ["taxservice", _] | ["download", _]:
            raise NotSimulatedError(f"the route {'/'.join(segments)}")
        case [_, _, "pdf" | "send"]:
            raise NotSimulatedError(f"the route {'/'.join(segments)}")


def _no_such_route(request: Request) -> Refusal:
    return refusals.unsupported_route(request.url.path)
