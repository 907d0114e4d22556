"""How QuickBooks notifies: CloudEvents or the older `eventNotifications`, signed, retried on a ladder.

Source: the webhooks, managing-webhooks and best-practice pages; the SDKs' published signature vectors; a recorded
CloudEvent. Where they leave something open there is a switch at `/_sandbox/rules`:

- `webhook_void_spelling`, `void` or `voided`: both have been seen in the wild for a voided transaction.
- `webhook_balance_events`, off: whether a party or item whose figures moved is told as updated.
- `webhook_content_type`: `application/json`, or `application/cloudevents+json` as one third party reports.
- `webhook_aggregation_s`: how long the first event waits for others, which the platform calls seconds to minutes.
- `webhook_attempts_max`: how often one notification is tried, which the platform leaves open.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import new as new_mac
from random import Random
from typing import Any

import msgspec

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.gateway.dialect import trace_id
from tieout.platforms.quickbooks.sandbox.identity.grants import Grants
from tieout.platforms.quickbooks.sandbox.moments import Zone, in_zone
from tieout.sandbox.control.rules import Read, read_choice, read_switch, read_whole
from tieout.sandbox.webhooks.deliveries import PostOffice
from tieout.sandbox.webhooks.notices import Event, Notice, Reply, Webhook

CLOUD_EVENTS, EVENT_NOTIFICATIONS = "cloudevents", "eventnotifications"
COVERED = frozenset(
    {
        "Account", "Bill", "BillPayment", "Budget", "ChangeOrder", "Class", "CompanyCurrency", "CreditMemo", "Currency",
        "Customer", "Department", "Deposit", "Employee", "Estimate", "Invoice", "Item", "JournalCode", "JournalEntry",
        "Payment", "PaymentMethod", "Preferences", "Purchase", "PurchaseOrder", "RefundReceipt", "SalesReceipt",
        "TaxAgency", "Term", "TimeActivity", "Transfer", "Vendor", "VendorCredit",
    }
)  # fmt: skip
"""The kinds of record that are told of; TaxCode, TaxRate, Attachable and ExchangeRate are not among them."""
LADDER_S = (10, 20, 30, 300, 1_200, 7_200, 14_400, 21_600)
"""How long after each failed attempt the next one comes; the last again and again."""
_OPERATIONS = {
    "created": "Create", "updated": "Update", "deleted": "Delete", "merged": "Merge", "voided": "Void",
    "emailed": "Emailed",
}  # fmt: skip
_RANKS = ("updated", "emailed", "voided", "merged", "created", "deleted")
_UPDATE_ONLY = frozenset({"Preferences"})
_encoder = msgspec.json.Encoder()


@dataclass(slots=True)
class QuickBooksWebhooks:
    """The rules. One notification may hold events of several companies."""

    grants: Grants
    formats: tuple[str, ...] = (CLOUD_EVENTS, EVENT_NOTIFICATIONS)
    topics: frozenset[str] = COVERED
    topics_field: str = "entities"
    events_max: int = 100
    holds_back: bool = True
    disables_on_giving_up: bool = False
    confirms: bool = False
    timeout_s: float = 3.0
    aggregation_s: int = 10
    void_spelling: str = "void"
    balance_events: bool = False
    content_type: str = "application/json"
    attempts_max: int = 20

    def wants(self, webhook: Webhook, event: Event) -> bool:
        """Whether the program subscribed to the kind and is connected to the company."""
        return event.subject in webhook.topics and self.grants.connected(webhook.client_id, event.company_id)

    def merge(self, first: str, second: str) -> str:
        """The verb that says more."""
        return max(first, second, key=_RANKS.index)

    def compose(self, webhook: Webhook, events: Sequence[Event], now: datetime, random: Random) -> Notice:
        """A notification in the program's format."""
        if webhook.format == CLOUD_EVENTS:
            body = _encoder.encode([self._cloud_event(webhook, event, random) for event in events])
            version = "2.0"
        else:
            body = _encoder.encode(_event_notifications(events))
            version = "1.0"
        headers = {
            "content-type": self.content_type if webhook.format == CLOUD_EVENTS else "application/json",
            "intuit-signature": signature(webhook.key, body),
            "intuit-t-id": trace_id(random, now),
            "intuit-created-time": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "intuit-notification-schema-version": version,
        }
        return Notice(headers, body)

    def probes(self, webhook: Webhook, now: datetime, random: Random) -> Sequence[tuple[Notice, int]]:
        """A new receiver is not tried."""
        del webhook, now, random
        return ()

    def takes(self, reply: Reply) -> bool:
        """The receiver has to answer 200."""
        return reply.status == 200  # noqa: PLR2004 - HTTP's own figure

    def wait(self, attempts: int, since: timedelta) -> timedelta | None:
        """The ladder of retries."""
        del since
        if attempts >= self.attempts_max:
            return None
        return timedelta(seconds=LADDER_S[min(attempts, len(LADDER_S)) - 1])

    def _cloud_event(self, webhook: Webhook, event: Event, random: Random) -> dict[str, Any]:
        verb = self.void_spelling if event.verb == "voided" else event.verb
        source = base64.b64encode(sha256(webhook.client_id.encode()).digest()).decode()
        return {
            "specversion": "1.0",
            "id": event.id,
            "source": f"intuit.{source}",
            "type": f"qbo.{event.subject.lower()}.{verb}.v1",
            "datacontenttype": "application/json",
            "time": f"{event.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}{random.randrange(1000):03d}Z",
            "intuitentityid": event.record_id,
            "intuitaccountid": event.company_id,
            "data": {"deletedid": event.more["deleted_id"]} if "deleted_id" in event.more else {},
        }


def signature(key: str, body: bytes) -> str:
    """`intuit-signature`: the body's HMAC-SHA256 under the verifier token, in base64."""
    return base64.b64encode(new_mac(key.encode(), body, sha256).digest()).decode()


def _event_notifications(events: Sequence[Event]) -> dict[str, Any]:
    """The older format, grouped by company."""
    realms: dict[str, list[dict[str, str]]] = {}
    for event in events:
        told = {
            "name": event.subject,
            "id": event.record_id,
            "operation": _OPERATIONS[event.verb],
            "lastUpdated": f"{in_zone(event.at, Zone.PACIFIC):%Y-%m-%dT%H:%M:%S%z}",
        }
        if "deleted_id" in event.more:
            told["deletedId"] = str(event.more["deleted_id"])
        realms.setdefault(event.company_id, []).append(told)
    return {
        "eventNotifications": [
            {"realmId": realm, "dataChangeEvent": {"entities": entities}} for realm, entities in realms.items()
        ]
    }


def watch(books: Books, post: PostOffice, rules: QuickBooksWebhooks) -> None:
    """Let the post office know of every change in a company's books."""

    def changed(record: Record, verb: str, deleted_id: str | None) -> None:
        kind = record.kind.name
        if kind not in COVERED:
            return
        if verb == "balance":
            if not rules.balance_events:
                return
            verb = "updated"
        if kind in _UPDATE_ONLY:
            verb = "updated"
        more = {} if deleted_id is None else {"deleted_id": deleted_id}
        post.note(books.profile.id, kind, record.id, verb, **more)

    books.on_change = changed


WEBHOOK_SWITCHES: Mapping[str, Read] = {
    "void_spelling": read_choice("void", "voided"),
    "balance_events": read_switch,
    "content_type": read_choice("application/json", "application/cloudevents+json"),
    "aggregation_s": read_whole(0, 3_600),
    "attempts_max": read_whole(1, 1_000),
}
"""How each switch is read; their names at the control surface begin with `webhook_`."""
