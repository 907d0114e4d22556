"""The faults that speak QuickBooks' language: which refusal a fault is answered with, and what it does to tokens."""

from starlette.requests import Request
from starlette.responses import Response

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.gateway import faults
from tieout.platforms.quickbooks.sandbox.gateway.dialect import fault_response, trace_id, wants_json
from tieout.platforms.quickbooks.sandbox.gateway.rest import PREFIX, Rest
from tieout.platforms.quickbooks.sandbox.identity.oauth import bearer
from tieout.platforms.quickbooks.sandbox.refusals import Refusal
from tieout.sandbox.faults.kinds import FaultKind
from tieout.sandbox.faults.plan import Fault
from tieout.sandbox.simulator import Simulator

THROTTLE, QUOTA = "throttle", "quota"
"""The two limits: so many calls a minute, after which waiting helps, and the month's metered calls, after which not."""


def equip(simulator: Simulator, rest: Rest) -> None:
    """Let the simulator have them."""

    def answer(request: Request, refusal: Refusal) -> Response:
        now = simulator.clock.now()
        tid = trace_id(rest.grants.traces, now)
        return fault_response(refusal, as_json=wants_json(request), now=now, tid=tid)

    def other_user(request: Request) -> str:
        realm = request.url.path.removeprefix(PREFIX).partition("/")[0]
        return rest.books[realm].profile.last_user

    def expire(request: Request) -> None:
        rest.grants.expire(bearer(request), now=simulator.clock.now())

    def revoke(request: Request) -> None:
        access = rest.grants.access(bearer(request), now=simulator.clock.now())
        if access is not None:
            rest.grants.revoke(access.client_id, bearer(request))

    def limited(request: Request, _fault: Fault) -> Response:
        return answer(request, faults.throttled())  # both limits are answered in the same words

    simulator.know_faults(
        {
            FaultKind.RATE_LIMITED: limited,
            FaultKind.STALE_VERSION: lambda request, _: answer(request, refusals.stale(other_user(request))),
            FaultKind.PERIOD_CLOSED: lambda request, _: answer(request, refusals.period_closed()),
            FaultKind.ACCOUNT_ARCHIVED: lambda request, _: answer(request, refusals.not_found()),
            FaultKind.FEATURE_MISSING: lambda request, _: answer(request, faults.feature_not_supported("This feature")),
        },
        {FaultKind.TOKEN_EXPIRED: expire, FaultKind.TOKEN_REVOKED: revoke},
        (THROTTLE, QUOTA),
    )
