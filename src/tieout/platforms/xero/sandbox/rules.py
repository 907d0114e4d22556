"""Rules of the simulated Xero that a test or a person may switch, at `/_sandbox/rules`.

`limits_watched` (429 at the documented limits), `calls_at_once_max`, `calls_a_minute_max`, `calls_a_day_max` and
`app_calls_a_minute_max` (the tier), `previous_refresh_token_lives_s` (the grace after a rotation), `broad_apps` (client
ids of apps that were registered before March 2026 and so may ask for broad scopes), `public_apps` (client ids of apps
without a secret), every field of `switches.py`, and
the switches of `webhooks.py` as `webhook_…`. A new rule is a line in `xero_rules`, or a field of `Switches`.
"""

from datetime import timedelta

from tieout.platforms.xero.sandbox.gateway.limits import Limits
from tieout.platforms.xero.sandbox.identity.grants import Grants
from tieout.platforms.xero.sandbox.switches import Switches
from tieout.platforms.xero.sandbox.webhooks import WEBHOOK_SWITCHES, XeroWebhooks
from tieout.sandbox.control.rules import Rule, read_switch, read_texts, read_whole, rule_of, rules_of_fields


def xero_rules(
    limits: Limits, grants: Grants, apps: dict[str, set[str]], switches: Switches, webhooks: XeroWebhooks
) -> dict[str, Rule]:
    """Every rule by its name. `apps`: sets of client ids by the name of their rule."""

    def set_grace(seconds: int) -> None:
        grants.grace = timedelta(seconds=seconds)

    return {
        "limits_watched": rule_of(limits, "enforced", read_switch),
        "calls_at_once_max": rule_of(limits, "concurrent_max", read_whole()),
        "calls_a_minute_max": rule_of(limits, "minute_max", read_whole()),
        "calls_a_day_max": rule_of(limits, "day_max", read_whole()),
        "app_calls_a_minute_max": rule_of(limits, "app_minute_max", read_whole()),
        "previous_refresh_token_lives_s": Rule(read_whole(), lambda: int(grants.grace.total_seconds()), set_grace),
        **{name: _clients(ids) for name, ids in apps.items()},
        **rules_of_fields(switches),
        **{f"webhook_{name}": rule_of(webhooks, name, read) for name, read in WEBHOOK_SWITCHES.items()},
    }


def _clients(ids: set[str]) -> Rule:
    """A set of client ids."""

    def put(wanted: list[str]) -> None:
        ids.clear()
        ids.update(wanted)

    return Rule(read_texts, lambda: sorted(ids), put)
