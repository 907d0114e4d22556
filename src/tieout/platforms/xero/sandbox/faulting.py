"""The faults that speak Xero's language: which refusal a fault is answered with, and what it does to tokens.

A record has no version at Xero, so nothing is ever stale. Source: limits and response-codes pages.
"""

from collections.abc import Mapping
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from tieout.platforms.xero.sandbox.gateway.api import AccountingApi
from tieout.platforms.xero.sandbox.gateway.dialects import too_many, validation_exception
from tieout.platforms.xero.sandbox.identity.connections import bearer_access
from tieout.platforms.xero.sandbox.identity.grants import Grants
from tieout.sandbox.faults.kinds import FaultKind
from tieout.sandbox.faults.plan import Fault
from tieout.sandbox.simulator import Simulator

WAITS_S: Mapping[str, int | None] = {"minute": 22, "day": 77_000, "concurrent": None, "appminute": 22}
"""What each limit says in Retry-After: recorded or reported figures; a call too many at once says nothing."""
_HEADER_OF = {"minute": "X-MinLimit-Remaining", "day": "X-DayLimit-Remaining", "appminute": "X-AppMinLimit-Remaining"}
_NO_FEATURE = "The organisation's subscription does not include this feature."


def equip(simulator: Simulator, grants: Grants, api: AccountingApi) -> None:
    """Let the simulator have them."""

    def headers(request: Request) -> dict[str, str]:
        access, now = bearer_access(request, grants), simulator.clock.now()
        tenant_id = request.headers.get("xero-tenant-id", "").lower()
        correlation = {"Xero-Correlation-Id": api.ids.uuid()}
        return correlation | api.limits.remaining(access.client_id if access else "", tenant_id, now)

    def limited(request: Request, fault: Fault) -> Response:
        problem = fault.limit or "minute"
        told = headers(request) | {"X-Rate-Limit-Problem": problem}
        if problem in _HEADER_OF:
            told[_HEADER_OF[problem]] = "0"
        wait_s = WAITS_S[problem]
        return too_many(told if wait_s is None else told | {"Retry-After": str(wait_s)})

    def invalid(request: Request, message: str) -> Response:
        response = validation_exception([{"ValidationErrors": [{"Message": message}]}])
        response.headers.update(headers(request))
        return response

    def closed(request: Request, _fault: Fault) -> Response:
        lock: date = simulator.clock.now().date()
        day = f"{lock.day} {lock:%B %Y}"
        return invalid(request, f"The document date cannot be before the period lock date of {day}")

    def archived(request: Request, _fault: Fault) -> Response:
        return invalid(
            request,
            "Account code '200' has been archived, or has been deleted. Each line item must reference a valid account.",
        )

    def expire(request: Request) -> None:
        grants.expire(request.headers.get("authorization", "").partition(" ")[2].strip())

    def revoke(request: Request) -> None:
        access = bearer_access(request, grants)
        if access is not None:
            grants.withdraw(access.client_id, access.user_id)

    simulator.know_faults(
        {
            FaultKind.RATE_LIMITED: limited,
            FaultKind.PERIOD_CLOSED: closed,
            FaultKind.ACCOUNT_ARCHIVED: archived,
            FaultKind.FEATURE_MISSING: lambda request, _: invalid(request, _NO_FEATURE),
        },
        {FaultKind.TOKEN_EXPIRED: expire, FaultKind.TOKEN_REVOKED: revoke},
        tuple(WAITS_S),
    )
