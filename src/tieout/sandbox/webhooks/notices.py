"""What a notification to a program's webhook is made of, and what a platform has to say about its own."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any, Protocol

ATTEMPTS_REMEMBERED = 1_000
"""How many attempts the history of one webhook keeps."""
BODY_CHARACTERS_KEPT = 8_000
"""How much of a notification's body the history keeps."""


class WebhookRefusedError(ValueError):
    """The registration makes no sense; the message says why."""


class WebhookState(StrEnum):
    """Whether notifications are sent."""

    ACTIVE = "active"
    UNCONFIRMED = "unconfirmed"
    """The receiver has not shown yet that it checks signatures."""
    DISABLED = "disabled"
    """The receiver failed for too long."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one record."""

    id: str
    company_id: str
    subject: str
    """The platform's word for the kind of record."""
    record_id: str
    verb: str
    at: datetime
    operation: int
    """Which request, or which act of a person, it came from."""
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def record(self) -> str:
        """What it befell."""
        return f"{self.company_id}/{self.subject}/{self.record_id}"


@dataclass(frozen=True, slots=True)
class Notice:
    """What is sent: a body with its headers, the signature among them."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What the receiver said. Status 0: nothing, or not in time."""

    status: int
    body_bytes: int = 0
    cookies: bool = False
    words: str = ""
    """Why there was no answer."""


Sender = Callable[[str, Mapping[str, str], bytes], Awaitable[Reply]]
"""Posts a body with headers to an address; a test may deliver to an application in its own process."""


@dataclass(slots=True, eq=False)
class Delivery:
    """A notification on its way: the same bytes until somebody takes them."""

    id: str
    notice: Notice
    due_at: datetime
    made_at: datetime
    companies: tuple[str, ...] = ()
    event_count: int = 0
    attempts: int = 0
    copies_after_s: int | None = None
    """Sent once more so long after it was taken."""
    waits_aside: bool = False
    """Whether later ones overtake it."""
    expected_status: int | None = None
    """Of a probe: what the receiver has to answer."""
    is_copy: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to hand a notification over, for the history."""

    delivery_id: str
    at: datetime
    number: int
    status: int
    outcome: str
    event_count: int
    body: str
    next_at: datetime | None = None


@dataclass(slots=True)
class Webhook:
    """Where and how one program wants to be told. `topics` are the platform's words for kinds of record."""

    client_id: str
    url: str
    key: str
    format: str
    topics: frozenset[str]
    state: WebhookState = WebhookState.ACTIVE
    sequence: int = 0
    """How many events were put into notifications so far."""
    waiting: list[Event] = field(default_factory=list)
    outstanding: list[Delivery] = field(default_factory=list)
    history: list[Attempt] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)
    """Where the events of the last operation wait, by record."""

    def place_of(self, event: Event) -> int | None:
        """Where an event of the same operation and record waits; None where there is none."""
        if self.waiting and self.waiting[-1].operation != event.operation:
            self._places.clear()
        return self._places.get(event.record)

    def add(self, event: Event) -> None:
        """Let an event wait."""
        self._places[event.record] = len(self.waiting)
        self.waiting.append(event)

    def remember(self, attempt: Attempt) -> None:
        """Put an attempt into the history; the oldest may go."""
        self.history.append(attempt)
        del self.history[:-ATTEMPTS_REMEMBERED]

    def take(self, count: int) -> list[Event]:
        """The events that wait longest, which wait no more."""
        taken = self.waiting[:count]
        del self.waiting[:count]
        self._places.clear()
        return taken


class WebhookRules(Protocol):
    """How a platform notifies. The first of `formats` is the one that is used when nothing is said."""

    formats: tuple[str, ...]
    topics: frozenset[str]
    topics_field: str
    """What the platform calls them."""
    timeout_s: float
    aggregation_s: int
    """How long the first event waits for others."""
    events_max: int
    """How many events go into one notification."""
    holds_back: bool
    """Whether nothing new is sent until the last notification was taken."""

    def wants(self, webhook: Webhook, event: Event) -> bool:
        """Whether the program is told of it: it has to be connected to the company."""
        ...

    def merge(self, first: str, second: str) -> str:
        """The verb for two that befell one record in one operation."""
        ...

    def compose(self, webhook: Webhook, events: Sequence[Event], now: datetime, random: Random) -> Notice:
        """The notification of some events; `webhook.sequence` counts them already."""
        ...

    def probes(self, webhook: Webhook, now: datetime, random: Random) -> Sequence[tuple[Notice, int]]:
        """What a new receiver is tried with, and the status it has to answer to each."""
        ...

    def takes(self, reply: Reply) -> bool:
        """Whether the notification counts as received."""
        ...

    def wait(self, attempts: int, since: timedelta) -> timedelta | None:
        """How long after so many failed attempts, `since` the first, the next one comes; None to give up."""
        ...

    disables_on_giving_up: bool
    confirms: bool
    """Whether a receiver is tried with `probes`, when it is switched on, before it is told anything."""
