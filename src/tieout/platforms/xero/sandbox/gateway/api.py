"""`/api.xro/2.0/…`: what a call passes through, in Xero's order, and which part of the house answers it.

Token, tenant, scope, limits, media type, idempotency key, then the organisation. Paths match in any case.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tieout.kit.clock import Clock
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.gateway.call import Call
from tieout.platforms.xero.sandbox.gateway.dialects import (
    NO_STORE,
    key_refused,
    not_simulated,
    scope_refusal,
    tenant_refusal,
    token_refusal,
    too_many,
)
from tieout.platforms.xero.sandbox.gateway.idempotency import (
    KEY_CHARACTERS_MAX,
    Answers,
    KeyReusedError,
    fingerprint,
)
from tieout.platforms.xero.sandbox.gateway.limits import Limits
from tieout.platforms.xero.sandbox.gateway.query import Query
from tieout.platforms.xero.sandbox.gateway.reading import Envelope
from tieout.platforms.xero.sandbox.gateway.routing import access_to, route
from tieout.platforms.xero.sandbox.identity.connections import bearer_access
from tieout.platforms.xero.sandbox.identity.grants import Grants
from tieout.platforms.xero.sandbox.ids import Ids
from tieout.platforms.xero.sandbox.switches import Switches

PREFIX = "/api.xro/2.0/"
IN_FLIGHT = "xero.in_flight"
"""Where the outermost layer leaves, in the scope, how many calls of this app and tenant are under way."""
METHODS = frozenset({"GET", "PUT", "POST", "DELETE"})
"""What the accounting API supports anywhere; anything else is answered with 501 (response-codes page)."""
_WRITES = METHODS - {"GET"}
_KEYED = frozenset({"PUT", "POST"})
"""The methods that heed an idempotency key."""


@dataclass(slots=True)
class AccountingApi:
    """The accounting API of one simulator."""

    grants: Grants
    organisations: Mapping[str, Organisation]
    clock: Clock
    ids: Ids
    app_name: Callable[[str], str]
    switches: Switches = field(default_factory=Switches)
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
        parts = tuple(part for part in request.scope["path"][len(PREFIX) :].split("/") if part)
        wanted = access_to(parts)
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
                _parameters(request),
                request.headers.get("if-modified-since"),
                access.client_id,
            ),
            parts=parts,
            body=await request.body(),
        )
        if request.method in METHODS:
            response = self._remembered(call, access.client_id)
        else:
            response = not_simulated(f"the method {request.method}, which Xero does not support either")
        headers = self.limits.remaining(access.client_id, tenant_id, now)
        for name, value in (headers | NO_STORE | {"Xero-Correlation-Id": correlation_id}).items():
            response.headers[name] = value
        return _indented(response) if self.switches.pretty_json else response

    def _remembered(self, call: Call, app_id: str) -> Response:
        """The answer, or the one that the call's idempotency key had before."""
        request, now = call.request, call.envelope.at
        key = request.headers.get("idempotency-key")
        if not key or request.method not in _KEYED:
            return route(call, self.switches)
        if len(key) > KEY_CHARACTERS_MAX:
            return key_refused(f"Idempotency Key must be no longer than {KEY_CHARACTERS_MAX} characters.")
        url = f"{request.url.path}?{request.url.query}"
        mark = fingerprint(request.method, call.organisation.id, url, call.body)
        try:
            replayed = self.answers.replay(app_id, key, mark, now)
        except KeyReusedError:
            return key_refused(f"Idempotency Key: {key} is used with a different request.")
        if replayed is not None:
            return replayed
        response = route(call, self.switches)
        self.answers.keep(app_id, key, mark, response, now)
        return response


def _parameters(request: Request) -> dict[str, str]:
    """The query by lower-case name; what is said twice is a list with commas, as on Xero's kind of server."""
    told: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        folded = name.lower()
        told[folded] = f"{told[folded]},{value}" if folded in told else value
    return told


def _indented(response: Response) -> Response:
    """The same JSON with the indentation and the line ends of 2020."""
    if not response.headers.get("content-type", "").startswith("application/json") or not response.body:
        return response
    body = msgspec.json.format(bytes(response.body), indent=2).replace(b"\n", b"\r\n")
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(body, response.status_code, headers)
