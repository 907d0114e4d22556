"""Rules of the simulated Xero that a test or a person may switch, at `/_sandbox/rules`.

`limits_watched` (429 at the documented limits), `calls_at_once_max`, `calls_a_minute_max`, `calls_a_day_max` and
`app_calls_a_minute_max` (the tier), `previous_refresh_token_lives_s` (the grace after a rotation), `broad_apps` (client
ids of apps that were registered before March 2026 and so may ask for broad scopes), and everything in `switches.py`.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tieout.platforms.xero.sandbox.gateway.limits import Limits
from tieout.platforms.xero.sandbox.identity.grants import Grants
from tieout.platforms.xero.sandbox.switches import Switches
from tieout.sandbox.control import Endpoint
from tieout.sandbox.wire import MalformedJsonError, control_json, read_object

COUNT_MAX = 10_000_000
SWITCH_MAX = 25 * 1024 * 1024
_LIMITS = {
    "calls_at_once_max": "concurrent_max",
    "calls_a_minute_max": "minute_max",
    "calls_a_day_max": "day_max",
    "app_calls_a_minute_max": "app_minute_max",
}
_GRACE = "previous_refresh_token_lives_s"
_COUNTED = ("high_volume_rows_max", "attachment_bytes_max", "connections_max")
_SWITCHED = ("in_flight_duplicates_refused", "pretty_json")
"""The names of `Switches`."""


class RuleRefusedError(ValueError):
    """The rule makes no sense; the message says why."""


def rules_endpoint(limits: Limits, grants: Grants, broad_apps: set[str], switches: Switches) -> Endpoint:
    """The endpoint: read the rules, or change some of them."""

    async def endpoint(request: Request) -> Response:
        if request.method == "POST":
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                return control_json({"error": "send application/json"}, 415)
            try:
                wish = await read_object(request)
                for change in (
                    *_changes(limits, grants, broad_apps, _without(wish)),
                    *_switched(switches, wish),
                ):
                    change()
            except (RuleRefusedError, MalformedJsonError) as error:
                return control_json({"error": str(error)}, 422)
        told: dict[str, object] = {"limits_watched": limits.enforced}
        told |= {name: getattr(limits, attribute) for name, attribute in _LIMITS.items()}
        told |= {name: getattr(switches, name) for name in (*_COUNTED, *_SWITCHED)}
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


def _without(wish: dict[str, Any]) -> dict[str, Any]:
    """The part of a wish that is not about switches."""
    return {name: value for name, value in wish.items() if name not in {*_COUNTED, *_SWITCHED}}


def _switched(switches: Switches, wish: dict[str, Any]) -> list[Callable[[], object]]:
    changes = [_setting(switches, name, _count(wish, name, SWITCH_MAX)) for name in _COUNTED if name in wish]
    for name in _SWITCHED:
        if name in wish:
            if not isinstance(wish[name], bool):
                raise RuleRefusedError(f"{name} is true or false")
            changes.append(_setting(switches, name, wish[name]))
    return changes


def _setting(owner: object, attribute: str, value: object) -> Callable[[], object]:
    return lambda: setattr(owner, attribute, value)


def _count(wish: dict[str, Any], name: str, count_max: int = COUNT_MAX) -> int:
    value = wish[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= count_max:
        raise RuleRefusedError(f"{name} is a whole number from 0 to {count_max}")
    return value
