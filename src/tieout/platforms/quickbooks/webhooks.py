"""Intuit's webhooks: CloudEvents, and the body of before that, signed with the app's verifier token.

Source: Intuit's webhooks pages, and deliveries that others recorded. An event names a record without its version; one
delivery may hold events of several companies. Verbs are not told apart but for deletion, which no row of a query shows:
one change data capture call says what became of everything, however many events there were.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from tieout.books.records import Kind
from tieout.platforms.quickbooks.cursor import Phase, read_cursor, written
from tieout.platforms.quickbooks.reading import COVERED
from tieout.platforms.quickbooks.translate import KIND_OF
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

SIGNATURE_HEADER: Final = "intuit-signature"
REFERENCE: Final = frozenset({"Preferences", "TaxAgency", "CompanyCurrency"})
"""Of what change data capture leaves out: these say that the company or its tax rates are to be read again."""
NOT_READ: Final = frozenset(
    {
        "Budget", "ChangeOrder", "Class", "Currency", "Department", "Deposit", "Employee",
        "Estimate", "JournalCode", "JournalEntry", "PaymentMethod", "Purchase", "PurchaseOrder", "RefundReceipt",
        "SalesReceipt", "Term", "TimeActivity", "Transfer",
    }
) - frozenset(COVERED)  # fmt: skip
"""What is told of and never pulled: no call is spent on it. A name that is not known here is worth one."""

_SUBJECTS: Final = {name.lower(): name for name in (*COVERED, *REFERENCE)}
_PASSED_OVER: Final = frozenset(name.lower() for name in NOT_READ)
_TYPE_PARTS_MIN: Final = 3
_DELETED: Final = frozenset({"delete", "deleted"})
_HAS_FRACTION: Final = re.compile(r"\.\d*[1-9]")
_LESS_THAN_A_SECOND: Final = timedelta(microseconds=999_999)


class QuickBooksWebhooks:
    """How QuickBooks tells of changes."""

    times_exact_to = timedelta(seconds=1)

    def is_signed(self, key: str, headers: Mapping[str, str], body: bytes) -> bool:
        """By the verifier token of the app, over the bytes as they came."""
        return signed_with(key, headers.get(SIGNATURE_HEADER), body)

    def read(self, body: bytes) -> Told:
        """Either format; raises UnreadableWebhookError for anything else."""
        content = read_json(body)
        if isinstance(content, dict) and isinstance(content.get("eventNotifications"), list):
            events = list(_of_notifications(content))
        elif isinstance(content, list) or (isinstance(content, dict) and "specversion" in content):
            listed = content if isinstance(content, list) else [content]
            events = [hint for event in entries_of(listed) for hint in _of_cloud_event(event)]
        else:
            raise UnreadableWebhookError("neither CloudEvents nor event notifications")
        known = [hint for hint in events if hint.company_id]
        hints = (hint for hint in known if hint.subject.lower() not in _PASSED_OVER)
        return Told(tuple(hints), frozenset(hint.company_id for hint in known))

    def kinds_of(self, subject: str) -> frozenset[Kind]:
        """A type of Intuit's is of one kind; preferences and agencies have no records of their own."""
        return frozenset({KIND_OF[subject]}) if subject in KIND_OF else frozenset()

    def begin(self, cursor: str | None, hints: Sequence[Hint], *, is_routine: bool) -> str | None:
        """The pull that would come next anyway: a single call; company and tax are read with it if they changed."""
        del is_routine
        place = read_cursor(cursor)
        if place.phase is not Phase.CHANGES or REFERENCE.isdisjoint(hint.subject for hint in hints):
            return cursor
        return written(msgspec.structs.replace(place, reference_at=None))


def _of_cloud_event(event: Mapping[str, Any]) -> Iterator[Hint]:
    """What one CloudEvent tells; of a merge also that the one which was merged away changed."""
    parts = text_of(event.get("type")).split(".")
    is_known = len(parts) >= _TYPE_PARTS_MIN and parts[0].lower() == "qbo"
    extra = event.get("data")
    yield from _hints(
        text_of(event.get("intuitaccountid")),
        parts[1] if is_known else SOMETHING,
        parts[2] if is_known else SOMETHING,
        ids=(event.get("intuitentityid"), extra.get("deletedid") if isinstance(extra, dict) else None),
        at=_moment(event.get("time")),
    )


def _of_notifications(content: Mapping[str, Any]) -> Iterator[Hint]:
    for notification in entries_of(content["eventNotifications"]):
        company_id = text_of(notification.get("realmId"))
        change = notification.get("dataChangeEvent")
        entities = entries_of(change.get("entities")) if isinstance(change, dict) else ()
        if not entities:
            yield Hint(company_id, SOMETHING, SOMETHING)
        for entity in entities:
            yield from _hints(
                company_id,
                text_of(entity.get("name")),
                text_of(entity.get("operation")),
                ids=(entity.get("id"), entity.get("deletedId")),
                at=_moment(entity.get("lastUpdated")),
            )


def _hints(company_id: str, name: str, verb: str, *, ids: tuple[object, object], at: datetime | None) -> Iterator[Hint]:
    subject = _SUBJECTS.get(name.lower(), name if name.lower() in _PASSED_OVER else SOMETHING)
    record_id, merged_id = text_of(ids[0]), text_of(ids[1])
    yield Hint(company_id, subject, record_id, at, is_gone=verb.lower() in _DELETED)
    if merged_id:
        yield Hint(company_id, subject, merged_id, at)


def _moment(value: object) -> datetime | None:
    """The latest moment that a time means: Intuit writes nanoseconds, and formerly whole seconds."""
    try:
        text = text_of(value)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return None
        return moment.astimezone(UTC) + (timedelta() if _HAS_FRACTION.search(text) else _LESS_THAN_A_SECOND)
    except (ValueError, OverflowError):
        return None


WEBHOOKS: Final = QuickBooksWebhooks()
