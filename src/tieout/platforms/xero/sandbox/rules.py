"""Rules of the simulated Xero that a test or a person may switch, at `/_sandbox/rules`.

`limits_watched` (429 at the documented limits), `calls_at_once_max`, `calls_a_minute_max`, `calls_a_day_max` and
`app_calls_a_minute_max` (the tier), `previous_refresh_token_lives_s` (the grace after a rotation), `broad_apps` (client
ids of apps that were registered before March 2026 and so may ask for broad scopes).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tieout.platforms.xero.sandbox.gateway.limits import Limits
from tieout.platforms.xero.sandbox.identity.grants import Grants
from tieout.sandbox.control import Endpoint
from tieout.sandbox.wire import MalformedJsonError, control_json, read_object

COUNT_MAX = 10_000_000
_LIMITS = {
    "calls_at_once_max": "concurrent_max",
    "calls_a_minute_max": "minute_max",
    "calls_a_day_max": "day_max",
    "app_calls_a_minute_max": "app_minute_max",
}
_GRACE = "previous_refresh_token_lives_s"


class RuleRefusedError(ValueError):
    """The rule makes no sense; the message says why."""


def rules_endpoint(limits: Limits, grants: Grants, broad_apps: set[str]) -> Endpoint:
    """The endpoint: read the rules, or change some of them."""

    async def endpoint(request: Request) -> Response:
        if request.method == "POST":
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                return control_json({"error": "send application/json"}, 415)
            try:
                for change in _changes(limits, grants, broad_apps, await read_object(request)):
                    change()
            except (RuleRefusedError, MalformedJsonError) as error:
                return control_json({"error": str(error)}, 422)
        told: dict[str, object] = {"limits_watched": limits.enforced}
        told |= {name: getattr(limits, attribute) for name, attribute in _LIMITS.items()}
        return control_json(told | {_GRACE: int(grants.grace.total_seconds()), "broad_apps": sorted(broad_apps)})

    return endpoint


def _changes(limits: Limits, grants: Grants, broad_apps: set[str], wish: dict[str, Any]) -> list[Callable[[], object]]:
    """What to do; nothing is done unless all of it makes sense."""
    unknown = set(wish) - {"limits_watched", _GRACE, "broad_apps", *_LIMITS}
    if unknown:
        raise RuleRefusedError(f"unknown: {', '.join(sorted(unknown))}")
    changes: list[Callable[[], object]] = []
    if "limits_watched" in wish:
        watched = wish["limits_watched"]
        if not isinstance(watched, bool):
            raise RuleRefusedError("limits_watched is true or false")
        changes.append(lambda: setattr(limits, "enforced", watched))
    for name, attribute in _LIMITS.items():
        if name in wish:
            changes.append(_setting(limits, attribute, _count(wish, name)))
    if _GRACE in wish:
        changes.append(_setting(grants, "grace", timedelta(seconds=_count(wish, _GRACE))))
    if "broad_apps" in wish:
        apps = wish["broad_apps"]
        if not isinstance(apps, list) or not all(isinstance(app, str) for app in apps):
            raise RuleRefusedError("broad_apps is a list of client ids")
        changes += [broad_apps.clear, lambda: broad_apps.update(apps)]
    return changes


def _setting(owner: object, attribute: str, value: object) -> Callable[[], object]:
    return lambda: setattr(owner, attribute, value)


def _count(wish: dict[str, Any], name: str) -> int:
    value = wish[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= COUNT_MAX:
        raise RuleRefusedError(f"{name} is a whole number from 0 to {COUNT_MAX}")
    return value
