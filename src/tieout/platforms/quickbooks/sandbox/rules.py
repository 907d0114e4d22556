"""Rules of the simulated platform that a test or a person may switch: `/_sandbox/rules`.

`limits_watched` (429 at the documented rates), `monthly_quota` (CorePlus calls of a program, or null),
`previous_refresh_token_lives_s` (how long a refresh token's old value works after a new one was handed out),
`keeps_settled_documents` (a document with payments applied is neither voided nor deleted), `duplicate_names_tell_ids`
(the refusal of a taken name has the id of its owner), `closed_books_are_6200` (closed books are refused under the
other code that is documented for them), every field of `gateway.switches`, and the switches of `webhooks`
as `webhook_…`. A new rule is a line in `quickbooks_rules`, or a field there.
"""

from datetime import timedelta
from typing import Any

from tieout.platforms.quickbooks.sandbox.gateway.rest import Rest
from tieout.platforms.quickbooks.sandbox.identity.grants import Grants
from tieout.platforms.quickbooks.sandbox.webhooks import WEBHOOK_SWITCHES, QuickBooksWebhooks
from tieout.sandbox.control.rules import Rule, read_switch, read_whole, read_whole_or_none, rule_of, rules_of_fields

_OF_BOOKS = ("keeps_settled_documents", "duplicate_names_tell_ids", "closed_books_are_6200")
"""Switches that every company's books have."""


def quickbooks_rules(grants: Grants, rest: Rest, webhooks: QuickBooksWebhooks) -> dict[str, Rule]:
    """Every rule by its name."""

    def set_lifetime(seconds: int) -> None:
        grants.previous_value_lives = timedelta(seconds=seconds)

    return {
        "limits_watched": rule_of(rest.limits, "watched", read_switch),
        "monthly_quota": rule_of(rest.limits, "monthly_quota", read_whole_or_none),
        "previous_refresh_token_lives_s": Rule(
            read_whole(), lambda: int(grants.previous_value_lives.total_seconds()), set_lifetime
        ),
        **{name: _of_all(rest, name) for name in _OF_BOOKS},
        **rules_of_fields(rest.switches),
        **{f"webhook_{name}": rule_of(webhooks, name, read) for name, read in WEBHOOK_SWITCHES.items()},
    }


def _of_all(rest: Rest, name: str) -> Rule:
    """A switch of every company's books."""

    def put(value: Any) -> None:
        for books in rest.books.values():
            setattr(books.switches, name, value)

    return Rule(read_switch, lambda: all(getattr(books.switches, name) for books in rest.books.values()), put)
