"""`/api.xro/2.0/…`: what a call passes through, in Xero's order, and which part of the house answers it.

Token, tenant, scope, limits, media type, idempotency key, then the organisation. Paths match in any case.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from tieout.kit.clock import Clock
from tieout.platforms.xero.sandbox.accounting.about import show_actions, show_organisation
from tieout.platforms.xero.sandbox.accounting.elements import GoneError
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.reports import trial_balance
from tieout.platforms.xero.sandbox.accounting.rows import Credit, Row
from tieout.platforms.xero.sandbox.gateway.dialects import (
    NO_STORE,
    VALIDATION,
    RefusedError,
    exception,
    not_found,
    not_simulated,
    query_refused,
    scope_refusal,
    tenant_refusal,
    token_refusal,
    too_many,
    unsupported,
)
from tieout.platforms.xero.sandbox.gateway.idempotency import (
    KEY_CHARACTERS_MAX,
    Answers,
    KeyReusedError,
    fingerprint,
)
from tieout.platforms.xero.sandbox.gateway.limits import Limits
from tieout.platforms.xero.sandbox.gateway.reading import Envelope, Query, answer_list, answer_single
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource
from tieout.platforms.xero.sandbox.gateway.resources.table import NOT_SIMULATED, RESOURCES
from tieout.platforms.xero.sandbox.gateway.writes import (
    ToWrite,
    answer_allocate,
    answer_delete,
    answer_unallocate,
    answer_write,
)
from tieout.platforms.xero.sandbox.identity.connections import bearer_access
from tieout.platforms.xero.sandbox.identity.grants import Grants
from tieout.platforms.xero.sandbox.identity.scopes import SETTINGS, Access, report
from tieout.platforms.xero.sandbox.ids import Ids
from tieout.platforms.xero.sandbox.wire import BadValueError, encode, read_day

PREFIX = "/api.xro/2.0/"
IN_FLIGHT = "xero.in_flight"
"""Where the outermost layer leaves, in the scope, how many calls of this app and tenant are under way."""
_WRITES = frozenset({"PUT", "POST", "DELETE"})
_REPORTS = {
    "trialbalance": "trialbalance", "balancesheet": "balancesheet", "profitandloss": "profitandloss",
    "agedreceivablesbycontact": "aged", "agedpayablesbycontact": "aged", "banksummary": "banksummary",
    "budgetsummary": "budgetsummary", "executivesummary": "executivesummary", "tenninetynine": "tenninetynine",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """One call that was let in."""

    request: Request
    organisation: Organisation
    envelope: Envelope
    query: Query
    parts: tuple[str, ...]
    body: bytes

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.request.method


@dataclass(slots=True)
class AccountingApi:
    """The accounting API of one simulator."""

    grants: Grants
    organisations: Mapping[str, Organisation]
    clock: Clock
    ids: Ids
    app_name: Callable[[str], str]
    limits: Limits = field(default_factory=Limits)
    answers: Answers = field(default_factory=Answers)

    async def answer(self, request: Request) -> Response:
        """Answer a call."""
        correlation_id = self.ids.uuid()
        access = bearer_access(request, self.grants)
        now = self.clock.now()
        if access is None or access.expires_at <= now:
            return token_refusal(access.expires_at if access else None, correlation_id)
        tenant_id = request.headers.get("xero-tenant-id", "").lower()
        if not self.grants.connected(access.client_id, access.user_id, tenant_id):
            return tenant_refusal(correlation_id, self.limits.app_remaining(access.client_id, now))
        parts = tuple(part for part in request.url.path[len(PREFIX) :].split("/") if part)
        wanted = _access_to(parts)
        if wanted is not None and not access.scopes & (wanted.write if request.method in _WRITES else wanted.read):
            return scope_refusal(correlation_id)
        refused = self.limits.admit(access.client_id, tenant_id, request.scope.get(IN_FLIGHT, 1), now)
        if refused is not None:
            return too_many(dict(refused) | {"Xero-Correlation-Id": correlation_id})
        call = Call(
            request=request,
            organisation=self.organisations[tenant_id],
            envelope=Envelope(correlation_id, self.app_name(access.client_id), now),
            query=Query(
                {name.lower(): value for name, value in request.query_params.items()},
                request.headers.get("if-modified-since"),
                access.client_id,
            ),
            parts=parts,
            body=await request.body(),
        )
        response = self._remembered(call, access.client_id)
        headers = self.limits.remaining(access.client_id, tenant_id, now)
        for name, value in (headers | NO_STORE | {"Xero-Correlation-Id": correlation_id}).items():
            response.headers[name] = value
        return response

    def _remembered(self, call: Call, app_id: str) -> Response:
        """The answer, or the one that the call's idempotency key had before."""
        request, now = call.request, call.envelope.at
        key = request.headers.get("idempotency-key")
        if not key or request.method not in _WRITES:
            return _dispatch(call)
        if len(key) > KEY_CHARACTERS_MAX:
            return exception(VALIDATION, f"Idempotency Key must be no longer than {KEY_CHARACTERS_MAX} characters.")
        url = f"{request.url.path}?{request.url.query}"
        mark = fingerprint(request.method, call.organisation.id, url, call.body)
        try:
            replayed = self.answers.replay(app_id, key, mark, now)
        except KeyReusedError:
            return exception(VALIDATION, f"Idempotency Key: {key} is used with a different request.")
        if replayed is not None:
            return replayed
        response = _dispatch(call)
        self.answers.keep(app_id, key, mark, response, now)
        return response


def _access_to(parts: tuple[str, ...]) -> Access | None:
    """What the address asks of a token; None where there is nothing."""
    name = parts[0].lower() if parts else ""
    if name == "organisation":
        return SETTINGS
    if name == "reports":
        family = _REPORTS.get(parts[1].lower()) if len(parts) > 1 else None
        return report(family) if family else None
    resource = RESOURCES.get(name)
    return resource.access if resource else NOT_SIMULATED.get(name)


def _dispatch(call: Call) -> Response:
    """Find who answers, and turn what they raise into answers."""
    try:
        _check_media_types(call)
        return _route(call)
    except RefusedError as error:
        return error.response
    except GoneError:
        return not_found({})


def _check_media_types(call: Call) -> None:
    """XML is Xero's default; it is not simulated, so asking for anything but JSON is refused loudly."""
    accepts = call.request.headers.get("accept", "")
    if "application/json" not in accepts.lower():
        raise unsupported(f"an answer in XML, which Xero gives to 'Accept: {accepts}'; send Accept: application/json")
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if call.method in {"PUT", "POST"} and kind != "application/json":
        raise unsupported(f"a request body of type '{kind}'; send application/json")


def _route(call: Call) -> Response:
    name = call.parts[0].lower() if call.parts else ""
    match name:
        case "organisation":
            return _organisation(call)
        case "reports":
            return _report(call)
    resource = RESOURCES.get(name)
    if resource is not None:
        return _resource(call, resource)
    if name in NOT_SIMULATED:
        return not_simulated(f"the endpoint {call.parts[0]}")
    return not_found({})


def _organisation(call: Call) -> Response:
    sub = call.parts[1].lower() if len(call.parts) > 1 else ""
    if call.method != "GET" or sub not in {"", "actions"} or len(call.parts) > 2:  # noqa: PLR2004 - Organisation/Actions
        return not_simulated(f"{call.method} {'/'.join(call.parts)}")
    call.query.only(frozenset())
    if sub == "actions":
        return call.envelope.wrap("Actions", [encode(row) for row in show_actions(call.organisation)])
    return call.envelope.wrap("Organisations", [encode(show_organisation(call.organisation))])


def _report(call: Call) -> Response:
    name = call.parts[1].lower() if len(call.parts) > 1 else ""
    if name != "trialbalance" or call.method != "GET":
        return not_simulated(f"the report {'/'.join(call.parts[1:])}") if name in _REPORTS else not_found({})
    call.query.only(frozenset({"date", "paymentsonly"}))
    if call.query.flag("paymentsonly"):
        raise unsupported("reports on a cash basis (paymentsOnly)")
    try:
        day = read_day(call.query.params["date"]) if "date" in call.query.params else call.organisation.today()
    except BadValueError as error:
        raise query_refused(str(error)) from None
    return call.envelope.wrap("Reports", [encode(trial_balance(call.organisation, day))])


def _resource(call: Call, resource: Resource) -> Response:
    """A list, one record, or something below one."""
    if len(call.parts) == 1:
        if call.method == "GET":
            return answer_list(call.organisation, resource, call.query, call.envelope)
        return _write(call, resource, None)
    row = resource.find(call.organisation, call.parts[1])
    if row is None:
        return not_found({})
    return _below(call, resource, row) if len(call.parts) > 2 else _single(call, resource, row)  # noqa: PLR2004 - below a record


def _single(call: Call, resource: Resource, row: Row) -> Response:
    if call.method == "GET":
        return answer_single(call.organisation, resource, row, call.query, call.envelope)
    if call.method == "DELETE":
        return answer_delete(call.organisation, row, call.query, call.envelope)
    return _write(call, resource, row)


def _write(call: Call, resource: Resource, row: Row | None) -> Response:
    if call.method not in resource.writes or (row is not None and call.method == "PUT"):
        return not_simulated(f"{call.method} {'/'.join(call.parts)}")
    batch = ToWrite(call.organisation, resource, row, may_update=call.method == "POST")
    return answer_write(batch, call.query, call.envelope, call.body)


def _below(call: Call, resource: Resource, row: Row) -> Response:
    """`Allocations[/{id}]` below a credit; attachments, history and their like are not simulated."""
    below = call.parts[2].lower()
    if isinstance(row, Credit) and below == "allocations":
        if call.method == "PUT" and len(call.parts) == 3:  # noqa: PLR2004 - the collection
            return answer_allocate(call.organisation, row, call.query, call.envelope, call.body)
        if call.method == "DELETE" and len(call.parts) == 4:  # noqa: PLR2004 - one of them
            return answer_unallocate(call.organisation, row, call.parts[3], call.query)
    return not_simulated(f"{call.method} {resource.name}/…/{'/'.join(call.parts[2:])}")
