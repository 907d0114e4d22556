"""Rules of the simulated platform that a test or a person may switch: `/_sandbox/rules`.

`limits_watched` (429 at the documented rates), `monthly_quota` (CorePlus calls of a program, or null),
`previous_refresh_token_lives_s` (how long a refresh token's old value works after a new one was handed out),
`keeps_settled_documents` (a document with payments applied is neither voided nor deleted), `duplicate_names_tell_ids`
(the refusal of a taken name has the id of its owner), every field of `gateway.switches`, and the switches of `webhooks`
as `webhook_…`. A new rule is a line in `_rules`, or a field there.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tieout.platforms.quickbooks.sandbox.gateway.limits import RuleRefusedError, read_count, read_switch
from tieout.platforms.quickbooks.sandbox.gateway.rest import Rest
from tieout.platforms.quickbooks.sandbox.gateway.switches import WireSwitches
from tieout.platforms.quickbooks.sandbox.identity.grants import Grants
from tieout.platforms.quickbooks.sandbox.webhooks import WEBHOOK_SWITCHES, QuickBooksWebhooks
from tieout.sandbox.refusing import Endpoint
from tieout.sandbox.wire import MalformedJsonError, control_json, read_object

_OF_BOOKS = ("keeps_settled_documents", "duplicate_names_tell_ids")
"""Switches that every company's books have."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: how it is read from a wish, how it stands, how it is set."""

    read: Callable[[Any, str], Any]
    get: Callable[[], Any]
    set: Callable[[Any], None]


def rules_endpoint(grants: Grants, rest: Rest, webhooks: QuickBooksWebhooks) -> Endpoint:
    """The endpoint: read the rules, or change some of them."""
    rules = _rules(grants, rest) | {
        f"webhook_{name}": _field(webhooks, name, read) for name, read in WEBHOOK_SWITCHES.items()
    }

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


def _rules(grants: Grants, rest: Rest) -> dict[str, Rule]:
    def set_lifetime(seconds: int) -> None:
        grants.previous_value_lives = timedelta(seconds=seconds or 0)

    return {
        "limits_watched": _field(rest.limits, "watched", read_switch),
        "monthly_quota": _field(rest.limits, "monthly_quota", read_count),
        "previous_refresh_token_lives_s": Rule(
            read_count, lambda: int(grants.previous_value_lives.total_seconds()), set_lifetime
        ),
        **{name: _of_all(rest, name) for name in _OF_BOOKS},
        **{one.name: _field(rest.switches, one.name, _READERS[one.type]) for one in fields(WireSwitches)},
    }


def _read_whole(value: Any, name: str) -> int:
    count = read_count(value, name)
    if count is None:
        raise RuleRefusedError(f"{name} is a whole number")
    return count


_READERS: dict[Any, Callable[[Any, str], Any]] = {bool: read_switch, int: _read_whole}
"""How a field of the switches is read, by its type."""


def _of_all(rest: Rest, name: str) -> Rule:
    """A switch of every company's books."""
    return Rule(
        read_switch,
        lambda: all(getattr(books.switches, name) for books in rest.books.values()),
        lambda value: _set_in_all(rest, name, value),
    )


def _set_in_all(rest: Rest, name: str, value: Any) -> None:
    """Set a switch of every company's books."""
    for books in rest.books.values():
        setattr(books.switches, name, value)


def _field(owner: object, name: str, read: Callable[[Any, str], Any]) -> Rule:
    return Rule(read, lambda: getattr(owner, name), lambda value: setattr(owner, name, value))
