"""Xero's webhooks: a list of events, signed with the app's webhook key.

Source: webhooks overview, configuring your server, and the webhooks description 16.1. An event names a record by id and
category, without its content; a delivery may hold events of several organisations, or none at all, which is how Xero
tries a receiver. Payments, items and accounts are not told of: what a change of a document may mean is read with it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from msgspec import structs

from tieout.books.records import Kind
from tieout.platforms.webhooks import (
    SOMETHING,
    Hint,
    Told,
    UnreadableWebhookError,
    entries_of,
    read_json,
    signed_with,
    text_of,
)
from tieout.platforms.xero.cursor import Hinted, Stream, read_cursor, write_cursor

SIGNATURE_HEADER: Final = "x-xero-signature"
INVOICE: Final = "INVOICE"
CREDIT_NOTE: Final = "CREDITNOTE"
CONTACT: Final = "CONTACT"
IDS_MAX: Final = 40
"""So many ids go into one call (requests page). More is read as news of the kind: a call for a thousand records."""
KINDS: Final[Mapping[str, frozenset[Kind]]] = {
    INVOICE: frozenset({Kind.INVOICE, Kind.BILL}),
    CREDIT_NOTE: frozenset({Kind.CREDIT_NOTE, Kind.VENDOR_CREDIT}),
    CONTACT: frozenset({Kind.PARTY}),
}
NOT_READ: Final = frozenset({"SUBSCRIPTION"})
"""What is told of and never pulled. A category that is not known here is worth a look at everything."""


class XeroWebhooks:
    """How Xero tells of changes."""

    times_exact_to = timedelta(milliseconds=1)

    def is_signed(self, key: str, headers: Mapping[str, str], body: bytes) -> bool:
        """By the app's webhook key, over the bytes as they came."""
        return signed_with(key, headers.get(SIGNATURE_HEADER), body)

    def read(self, body: bytes) -> Told:
        """Raises UnreadableWebhookError for what is no list of events. An empty one tells nothing, and is well."""
        content = read_json(body)
        if not isinstance(content, dict) or not isinstance(content.get("events"), list):
            raise UnreadableWebhookError("no list of events")
        events = [_hint(event) for event in entries_of(content["events"])]
        known = [hint for hint in events if hint.company_id]
        hints = (hint for hint in known if hint.subject not in NOT_READ)
        return Told(tuple(hints), frozenset(hint.company_id for hint in known))

    def kinds_of(self, subject: str) -> frozenset[Kind]:
        """Sales and purchases share a category."""
        return KINDS.get(subject, frozenset())

    def begin(self, cursor: str | None, hints: Sequence[Hint], *, is_routine: bool) -> str | None:
        """A pull of what was told of, and of payments where documents changed; of everything where that is not clear.

        A routine pull reads everything that changed anyway, and so does the first one.
        """
        place = read_cursor(cursor)
        subjects = {hint.subject for hint in hints}
        if is_routine or place.mark(Stream.INVOICES) is None or not hints or not subjects <= KINDS.keys():
            return cursor
        led = structs.replace(place, hinted=plan_hinted(hints), sweeping=False, sweeping_contacts=False).going_on()
        return cursor if led is None else write_cursor(led)


def plan_hinted(hints: Sequence[Hint]) -> Hinted:
    """What to read: records by their ids as long as one call takes them, else the news of all records of their kind."""
    ids = {
        subject: sorted({hint.external_id for hint in hints if hint.subject == subject})
        for subject in (CONTACT, INVOICE)
    }
    streams = {Stream.CREDIT_NOTES, Stream.PAYMENTS} if any(hint.subject == CREDIT_NOTE for hint in hints) else set()
    for subject, stream in ((CONTACT, Stream.CONTACTS), (INVOICE, Stream.INVOICES)):
        if len(ids[subject]) > IDS_MAX or not all(_is_id(one) for one in ids[subject]):
            ids[subject] = []
            streams.add(stream)
    if Stream.INVOICES in streams:
        streams.add(Stream.PAYMENTS)
    return Hinted(contacts=tuple(ids[CONTACT]), invoices=tuple(ids[INVOICE])).wanting(*streams)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _hint(event: Mapping[str, Any]) -> Hint:
    """What one event tells, however its words are written. A deletion is an update here."""
    subject = text_of(event.get("eventCategory")).upper()
    return Hint(
        text_of(event.get("tenantId")).lower(),
        subject if subject in KINDS or subject in NOT_READ else SOMETHING,
        text_of(event.get("resourceId")).lower(),
        _moment(event.get("eventDateUtc")),
    )


def _moment(value: object) -> datetime | None:
    """A time, which is in UTC also where it does not say so."""
    try:
        moment = datetime.fromisoformat(text_of(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


WEBHOOKS: Final = XeroWebhooks()
