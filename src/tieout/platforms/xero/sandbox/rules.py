"""Rules of the simulated Xero that a test or a person may switch, at `/_sandbox/rules`.

`limits_watched` (429 at the documented limits), `calls_at_once_max`, `calls_a_minute_max`, `calls_a_day_max` and
`app_calls_a_minute_max` (the tier), `previous_refresh_token_lives_s` (the grace after a rotation), `broad_apps` (client
ids of apps that were registered before March 2026 and so may ask for broad scopes), `public_apps` (client ids of apps
without a secret), every field of `switches.py`, and
the switches of `webhooks.py` as `webhook_…`. A new rule is a line in `_rules`, or a field of `Switches`.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tieout.platforms.xero.sandbox.gateway.limits import Limits
from tieout.platforms.xero.sandbox.identity.grants import Grants
from tieout.platforms.xero.sandbox.switches import Switches
from tieout.platforms.xero.sandbox.webhooks import WEBHOOK_SWITCHES, XeroWebhooks
from tieout.sandbox.refusing import Endpoint
from tieout.sandbox.wire import MalformedJsonError, control_json, read_object

COUNT_MAX = 100_000_000


class RuleRefusedError(ValueError):
    """The rule makes no sense; the message says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: how it is read from a wish, how it stands, how it is set."""

    read: Callable[[Any, str], Any]
    get: Callable[[], Any]
    set: Callable[[Any], None]


def rules_endpoint(
    limits: Limits, grants: Grants, apps: dict[str, set[str]], switches: Switches, webhooks: XeroWebhooks
) -> Endpoint:
    """The endpoint: read the rules, or change some of them. `apps`: sets of client ids by the name of their rule."""
    rules = _rules(limits, grants) | {name: _clients(ids) for name, ids in apps.items()}
    rules |= {one.name: _field(switches, one.name, _READERS[one.type]) for one in fields(Switches)}
    rules |= {f"webhook_{name}": _field(webhooks, name, _READERS[kind]) for name, kind in WEBHOOK_SWITCHES.items()}

    async def endpoint(request: Request) -> Response:
        if request.method == "POST":
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                return control_json({"error": "send application/json"}, 415)
            try:
                _change(rules, await read_object(request))
            except (RuleRefusedError, MalformedJsonError) as error:
                return control_json({"error": str(error)}, 422)
        return control_json({name: rule.get() for name, rule in rules.items()})

    return endpoint


def _change(rules: dict[str, Rule], wish: dict[str, Any]) -> None:
    """All that is asked for, or nothing."""
    unknown = set(wish) - set(rules)
    if unknown:
        raise RuleRefusedError(f"unknown: {', '.join(sorted(unknown))}")
    wanted = {name: rules[name].read(value, name) for name, value in wish.items()}
    for name, value in wanted.items():
        rules[name].set(value)


def _rules(limits: Limits, grants: Grants) -> dict[str, Rule]:
    def set_grace(seconds: int) -> None:
        grants.grace = timedelta(seconds=seconds)

    return {
        "limits_watched": _field(limits, "enforced", _switch),
        "calls_at_once_max": _field(limits, "concurrent_max", _count),
        "calls_a_minute_max": _field(limits, "minute_max", _count),
        "calls_a_day_max": _field(limits, "day_max", _count),
        "app_calls_a_minute_max": _field(limits, "app_minute_max", _count),
        "previous_refresh_token_lives_s": Rule(_count, lambda: int(grants.grace.total_seconds()), set_grace),
    }


def _clients(ids: set[str]) -> Rule:
    """A set of client ids."""

    def put(wanted: list[str]) -> None:
        ids.clear()
        ids.update(wanted)

    return Rule(_texts, lambda: sorted(ids), put)


def _field(owner: object, name: str, read: Callable[[Any, str], Any]) -> Rule:
    return Rule(read, lambda: getattr(owner, name), lambda value: setattr(owner, name, value))


def _switch(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise RuleRefusedError(f"{name} is true or false")
    return value


def _count(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= COUNT_MAX:
        raise RuleRefusedError(f"{name} is a whole number from 0 to {COUNT_MAX}")
    return value


def _texts(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise RuleRefusedError(f"{name} is a list of texts")
    return value


_READERS: dict[Any, Callable[[Any, str], Any]] = {bool: _switch, int: _count}
"""How a switch is read, by its type."""
