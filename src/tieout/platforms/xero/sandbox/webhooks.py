"""How Xero notifies: a receiver that proves it checks signatures is told of contacts, invoices and credit notes.

Source: webhooks pages (overview, configuring your server, creating webhooks) and the webhooks description 16.1. Where
they leave something open there is a switch at `/_sandbox/rules`:

- `webhook_aggregation_s`: how long the first event waits for others.
- `webhook_strict_answers`, on: a 200 with a body or a cookie counts as a failure, as the page asks for neither.
- `webhook_titled_types`, off: `Update` and `Create`, as older samples on the pages spell what the description calls
  `UPDATE` and `CREATE`.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import new as new_mac
from random import Random
from typing import Any

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Contact, CreditNote, Invoice, Row
from tieout.platforms.xero.sandbox.identity.grants import Grants
from tieout.platforms.xero.sandbox.wire import encode
from tieout.sandbox.control.rules import Read, read_switch, read_whole
from tieout.sandbox.webhooks.deliveries import PostOffice
from tieout.sandbox.webhooks.notices import Event, Notice, Reply, Webhook

CATEGORIES = frozenset({"INVOICE", "CONTACT", "CREDITNOTE"})
_PATHS = {"INVOICE": "Invoices", "CONTACT": "Contacts", "CREDITNOTE": "CreditNotes"}
LADDER_S = (30, 60, 120, 300, 900, 1_800, 3_600, 7_200, 14_400)
"""Growing waits between attempts, for up to a day; the platform says only that they grow."""
GIVES_UP_AFTER = timedelta(hours=24)
_PROBES = (True, False, False, True)
"""Whether each of the trial notifications is signed rightly; they come in an order that is drawn."""
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(slots=True)
class XeroWebhooks:
    """The rules. One notification may hold events of several organisations and categories."""

    grants: Grants
    origin: str
    formats: tuple[str, ...] = ("xero",)
    topics: frozenset[str] = CATEGORIES
    topics_field: str = "categories"
    events_max: int = 100
    holds_back: bool = False
    disables_on_giving_up: bool = True
    confirms: bool = True
    timeout_s: float = 5.0
    aggregation_s: int = 5
    strict_answers: bool = True
    titled_types: bool = False

    def wants(self, webhook: Webhook, event: Event) -> bool:
        """Whether the app chose the category and is connected to the organisation."""
        return event.subject in webhook.topics and self.grants.app_connected(webhook.client_id, event.company_id)

    def merge(self, first: str, second: str) -> str:
        """A record that was made and changed at once was made."""
        return "CREATE" if "CREATE" in (first, second) else second

    def compose(self, webhook: Webhook, events: Sequence[Event], now: datetime, random: Random) -> Notice:
        """A notification; its events are numbered on from the last one."""
        del now
        body = encode(
            {
                "events": [self._told(event) for event in events],
                "firstEventSequence": webhook.sequence - len(events) + 1,
                "lastEventSequence": webhook.sequence,
                "entropy": _entropy(random),
            }
        )
        return _signed(body, signature(webhook.key, body))

    def probes(self, webhook: Webhook, now: datetime, random: Random) -> Sequence[tuple[Notice, int]]:
        """The intent to receive: notifications without events, of which only those signed rightly may be taken."""
        del now
        rightly = list(_PROBES)
        random.shuffle(rightly)
        told = []
        for right in rightly:
            empty = {"events": [], "firstEventSequence": 0, "lastEventSequence": 0, "entropy": _entropy(random)}
            body = encode(empty)
            key = webhook.key if right else "".join(random.choices(_CAPITALS, k=44))
            told.append((_signed(body, signature(key, body)), 200 if right else 401))
        return told

    def takes(self, reply: Reply) -> bool:
        """200, and by the letter of the page nothing else with it."""
        if reply.status != 200:  # noqa: PLR2004 - HTTP's own figure
            return False
        return not self.strict_answers or (not reply.body_bytes and not reply.cookies)

    def wait(self, attempts: int, since: timedelta) -> timedelta | None:
        """Longer and longer, until a day has passed."""
        wait = timedelta(seconds=LADDER_S[min(attempts, len(LADDER_S)) - 1])
        if since >= GIVES_UP_AFTER:
            return None
        return min(wait, GIVES_UP_AFTER - since)

    def _told(self, event: Event) -> dict[str, Any]:
        told: dict[str, Any] = {
            "resourceUrl": f"{self.origin}/api.xro/2.0/{_PATHS[event.subject]}/{event.record_id}",
            "resourceId": event.record_id,
            "tenantId": event.company_id,
            "tenantType": "ORGANISATION",
            "eventCategory": event.subject,
            "eventType": event.verb.title() if self.titled_types else event.verb,
            "eventDateUtc": event.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds"),
        }
        return told | ({"data": dict(event.more)} if event.more else {})


def signature(key: str, body: bytes) -> str:
    """`x-xero-signature`: the body's HMAC-SHA256 under the webhook's signing key, in base64."""
    return base64.b64encode(new_mac(key.encode(), body, sha256).digest()).decode()


def _signed(body: bytes, signed: str) -> Notice:
    return Notice({"content-type": "application/json; charset=utf-8", "x-xero-signature": signed}, body)


def _entropy(random: Random) -> str:
    return "".join(random.choices(_CAPITALS, k=20))


def watch(organisation: Organisation, post: PostOffice) -> None:
    """Let the post office know of every change to what notifications cover."""

    def changed(row: Row, verb: str) -> None:
        if type(row) is Invoice:
            post.note(organisation.id, "INVOICE", row.id, verb)
        elif type(row) is Contact:
            post.note(organisation.id, "CONTACT", row.id, verb)
        elif type(row) is CreditNote:
            post.note(organisation.id, "CREDITNOTE", row.id, verb, Type=row.type, Status=row.status)

    organisation.on_change = changed


WEBHOOK_SWITCHES: Mapping[str, Read] = {
    "aggregation_s": read_whole(0, 3_600),
    "strict_answers": read_switch,
    "titled_types": read_switch,
}
"""How each switch is read; their names at the control surface begin with `webhook_`."""
