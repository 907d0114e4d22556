"""Rules of the simulated platform that a test or a person may switch: `/_sandbox/rules`.

`limits_watched` (429 at the documented rates), `monthly_quota` (CorePlus calls of a program, or null), and
`previous_refresh_token_lives_s` (how long a refresh token's old value works after a new one was handed out).
"""

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tieout.platforms.quickbooks.sandbox.gateway.limits import RuleRefusedError, read_count, read_switch
from tieout.platforms.quickbooks.sandbox.gateway.rest import Rest
from tieout.platforms.quickbooks.sandbox.identity.grants import Grants
from tieout.sandbox.control import Endpoint
from tieout.sandbox.wire import MalformedJsonError, control_json, read_object


def rules_endpoint(grants: Grants, rest: Rest) -> Endpoint:
    """The endpoint: read the rules, or change some of them."""

    async def endpoint(request: Request) -> Response:
        if request.method == "POST":
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                return control_json({"error": "send application/json"}, 415)
            try:
                _change(grants, rest, await read_object(request))
            except (RuleRefusedError, MalformedJsonError) as error:
                return control_json({"error": str(error)}, 422)
        return control_json(
            {
                "limits_watched": rest.limits.watched,
                "monthly_quota": rest.limits.monthly_quota,
                "previous_refresh_token_lives_s": int(grants.previous_value_lives.total_seconds()),
            }
        )

    return endpoint


def _change(grants: Grants, rest: Rest, wish: dict[str, Any]) -> None:
    unknown = set(wish) - {"limits_watched", "monthly_quota", "previous_refresh_token_lives_s"}
    if unknown:
        raise RuleRefusedError(f"unknown: {', '.join(sorted(unknown))}")
    if "limits_watched" in wish:
        rest.limits.watched = read_switch(wish["limits_watched"], "limits_watched")
    if "monthly_quota" in wish:
        rest.limits.monthly_quota = read_count(wish["monthly_quota"], "monthly_quota")
    if "previous_refresh_token_lives_s" in wish:
        lives_s = read_count(wish["previous_refresh_token_lives_s"], "previous_refresh_token_lives_s")
        grants.previous_value_lives = timedelta(seconds=lives_s or 0)
