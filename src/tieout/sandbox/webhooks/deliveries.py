"""The post office of a simulated platform: notifications to programs, on the simulator's clock.

Events are gathered for a while, put into notifications, sent, and sent again when nobody takes them, by the platform's
own rules (`notices.WebhookRules`). Nothing here waits on the machine's clock except for a receiver's answer.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from random import Random
from urllib.parse import urlsplit
from uuid import UUID

import httpx2

from tieout.kit.clock import Clock
from tieout.sandbox.faults.kinds import FaultKind
from tieout.sandbox.faults.plan import Fault, FaultPlan
from tieout.sandbox.traffic import Classified
from tieout.sandbox.webhooks.notices import (
    BODY_CHARACTERS_KEPT,
    Attempt,
    Delivery,
    Event,
    Notice,
    Reply,
    Sender,
    Webhook,
    WebhookRefusedError,
    WebhookRules,
    WebhookState,
)

ATTEMPTS_PER_RUN_MAX = 2_000
"""How many attempts are made before whoever moved the clock gets an answer."""
EVENTS_WAITING_MAX = 200_000
"""How many events wait for one program; the oldest are lost first."""
URL_CHARACTERS_MAX = 2_000
_KEY_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


async def send_over_http(url: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """Post a notification. Redirects are not followed; no answer is status 0."""
    try:
        async with httpx2.AsyncClient(follow_redirects=False, trust_env=False, timeout=None) as client:
            answer = await client.post(url, headers=dict(headers), content=body)
    except httpx2.HTTPError as error:
        return Reply(0, words=type(error).__name__)
    return Reply(answer.status_code, len(answer.content), "set-cookie" in answer.headers)


@dataclass(slots=True)
class PostOffice:
    """Every webhook of one platform. `send` may be replaced; `any_target` lets notifications leave this machine."""

    rules: WebhookRules
    clock: Clock
    faults: FaultPlan
    random: Random
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    send: Sender = send_over_http
    any_target: bool = False
    operation: int = 0
    """Counts requests and acts of people; what one of them does to one record is one event."""
    _muted: bool = False
    _running: asyncio.Lock = field(default_factory=asyncio.Lock)

    def register(self, client_id: str, wish: Mapping[str, object]) -> tuple[Webhook, bool]:
        """Set where a program is told: `{url, format?, <topics>?, new_key?}`; and whether it has a key it had not.

        Raises `WebhookRefusedError`.
        """
        allowed = {"url", "format", self.rules.topics_field, "new_key"}
        if unknown := set(wish) - allowed:
            raise WebhookRefusedError(f"unknown: {', '.join(sorted(unknown))}")
        standing = self.webhooks.get(client_id)
        url = self._read_url(wish.get("url", standing.url if standing else None))
        format_ = wish.get("format", standing.format if standing else self.rules.formats[0])
        if format_ not in self.rules.formats:
            raise WebhookRefusedError(f"format is one of {', '.join(self.rules.formats)}")
        topics = self._read_topics(wish.get(self.rules.topics_field), standing)
        new_key = wish.get("new_key", False)
        if not isinstance(new_key, bool):
            raise WebhookRefusedError("new_key is true or false")
        if standing is None:
            webhook = Webhook(client_id, url, self._draw_key(), str(format_), topics)
            self.webhooks[client_id] = webhook
            self._start(webhook)
            return webhook, True
        moved = url != standing.url
        standing.url, standing.format, standing.topics = url, str(format_), topics
        if new_key:
            standing.key = self._draw_key()
        if moved:
            self._start(standing)
        return standing, new_key

    def enable(self, client_id: str) -> Webhook:
        """Switch a webhook on, for the first time or again; where the platform does so, its receiver is tried first."""
        webhook, now = self.webhooks[client_id], self.clock.now()
        self._start(webhook)
        if self.rules.confirms:
            for notice, status in self.rules.probes(webhook, now, self.random):
                webhook.outstanding.append(Delivery(self._draw_id(), notice, now, now, expected_status=status))
        return webhook

    def remove(self, client_id: str) -> bool:
        """Stop telling a program."""
        return self.webhooks.pop(client_id, None) is not None

    def note(self, company_id: str, subject: str, record_id: str, verb: str, **more: object) -> None:
        """Something happened: every program that wants to know is going to be told."""
        if self._muted:
            return
        now = self.clock.now()
        for webhook in self.webhooks.values():
            event = Event("", company_id, subject, record_id, verb, now, self.operation, more)
            if webhook.state is not WebhookState.ACTIVE or not self.rules.wants(webhook, event):
                continue
            place = webhook.place_of(event)
            if place is not None:
                first = webhook.waiting[place]
                merged = self.rules.merge(first.verb, verb)
                webhook.waiting[place] = replace(event, id=first.id, verb=merged, more={**first.more, **more})
                continue
            identity = str(UUID(int=self.random.getrandbits(128), version=4))
            webhook.add(replace(event, id=identity))
            if len(webhook.waiting) > EVENTS_WAITING_MAX:
                webhook.take(1)

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Notify nobody of what happens meanwhile: it is made up, and long past."""
        self._muted, before = True, self._muted
        try:
            yield
        finally:
            self._muted = before

    def next_at(self) -> datetime | None:
        """When something is due."""
        return min((at for webhook in self.webhooks.values() if (at := self._due(webhook)) is not None), default=None)

    async def run(self, *, flush: bool = False, retry: bool = False) -> int:
        """Send what is due; `flush` ends the gathering of events, `retry` the waiting for the next attempt.

        Answers how many attempts were made.
        """
        async with self._running:
            now, made = self.clock.now(), 0
            for webhook in list(self.webhooks.values()):
                if retry:
                    for delivery in webhook.outstanding:
                        delivery.due_at = min(delivery.due_at, now)
                made += await self._run_one(webhook, now, flush=flush, attempts_max=ATTEMPTS_PER_RUN_MAX - made)
            return made

    async def _run_one(self, webhook: Webhook, now: datetime, *, flush: bool, attempts_max: int) -> int:
        for made in range(attempts_max):
            if flush and webhook.waiting and not self._is_held_back(webhook):
                self._gather(webhook, now)
            due = self._due(webhook)
            if due is None or due > now:
                return made
            delivery = next((one for one in sorted(webhook.outstanding, key=_turn) if one.due_at <= now), None)
            if delivery is None:
                self._gather(webhook, due)
                continue
            await self._attempt(webhook, delivery)
        return attempts_max

    def _is_held_back(self, webhook: Webhook) -> bool:
        return self.rules.holds_back and any(not one.waits_aside and not one.is_copy for one in webhook.outstanding)

    def _due(self, webhook: Webhook) -> datetime | None:
        """When this webhook has something to do: an attempt, or events that have waited long enough."""
        times = [delivery.due_at for delivery in webhook.outstanding]
        if webhook.waiting and not self._is_held_back(webhook):
            times.append(webhook.waiting[0].at + timedelta(seconds=self.rules.aggregation_s))
        return min(times, default=None)

    def _gather(self, webhook: Webhook, at: datetime) -> None:
        """Put waiting events into a notification."""
        events = webhook.take(self.rules.events_max)
        companies = tuple(dict.fromkeys(event.company_id for event in events))
        drawn = self.faults.draw_notification([Classified(one, webhook.client_id, "") for one in companies])
        faults: Mapping[FaultKind, Fault] = {fault.kind: fault for fault in drawn}
        if FaultKind.WEBHOOK_REORDERED in faults:
            events.reverse()
        webhook.sequence += len(events)
        notice = self.rules.compose(webhook, events, at, self.random)
        delivery = Delivery(self._draw_id(), notice, at, at, companies, len(events))
        if FaultKind.WEBHOOK_MISSING in faults:
            self._remember(webhook, delivery, Reply(0), "lost on purpose")
            return
        for kind in (FaultKind.WEBHOOK_REORDERED, FaultKind.WEBHOOK_DELAYED):
            if kind in faults:
                delivery.due_at += timedelta(seconds=int(faults[kind].delay_s))
        delivery.waits_aside = FaultKind.WEBHOOK_REORDERED in faults
        if FaultKind.WEBHOOK_DUPLICATED in faults:
            delivery.copies_after_s = int(faults[FaultKind.WEBHOOK_DUPLICATED].delay_s)
        webhook.outstanding.append(delivery)

    async def _attempt(self, webhook: Webhook, delivery: Delivery) -> None:
        """Hand a notification over once, and say what follows from how it went."""
        at = delivery.due_at
        delivery.attempts += 1
        reply = await self._post(webhook.url, delivery.notice)
        if delivery not in webhook.outstanding:
            return  # the webhook was changed while the receiver took its time
        if delivery.expected_status is not None:
            self._probed(webhook, delivery, reply)
        elif self.rules.takes(reply):
            webhook.outstanding.remove(delivery)
            self._remember(webhook, delivery, reply, "received")
            if delivery.copies_after_s is not None:
                due_at = at + timedelta(seconds=delivery.copies_after_s)
                copy = Delivery(delivery.id, delivery.notice, due_at, due_at, delivery.companies, delivery.event_count)
                copy.is_copy = True
                webhook.outstanding.append(copy)
        else:
            self._failed(webhook, delivery, reply, at)

    def _failed(self, webhook: Webhook, delivery: Delivery, reply: Reply, at: datetime) -> None:
        wait = self.rules.wait(delivery.attempts, at - delivery.made_at)
        if wait is not None:
            self._remember(webhook, delivery, reply, _why(reply), next_at=at + wait)
            delivery.due_at = at + wait
            return
        webhook.outstanding.remove(delivery)
        self._remember(webhook, delivery, reply, f"{_why(reply)}; given up")
        if self.rules.disables_on_giving_up:
            webhook.state = WebhookState.DISABLED
            webhook.take(len(webhook.waiting))
            webhook.outstanding.clear()

    def _start(self, webhook: Webhook) -> None:
        """Forget what was on its way, since a new address is none of its business."""
        webhook.take(len(webhook.waiting))
        webhook.outstanding.clear()
        webhook.state = WebhookState.UNCONFIRMED if self.rules.confirms else WebhookState.ACTIVE

    def _probed(self, webhook: Webhook, delivery: Delivery, reply: Reply) -> None:
        webhook.outstanding.remove(delivery)
        fits = reply.status == delivery.expected_status
        if fits and delivery.expected_status == 200:  # noqa: PLR2004 - HTTP's own figure
            fits = self.rules.takes(reply)
        word = "" if fits else f", where {delivery.expected_status} was expected"
        self._remember(webhook, delivery, reply, f"intent to receive: {_why(reply) if not fits else 'right'}{word}")
        if not fits:
            webhook.outstanding.clear()
        elif not webhook.outstanding:
            webhook.state = WebhookState.ACTIVE

    async def _post(self, url: str, notice: Notice) -> Reply:
        try:
            async with asyncio.timeout(self.rules.timeout_s):
                return await self.send(url, notice.headers, notice.body)
        except TimeoutError:
            return Reply(0, words=f"no answer within {self.rules.timeout_s:g} s")
        except (OSError, httpx2.HTTPError) as error:
            return Reply(0, words=type(error).__name__)

    def _remember(
        self, webhook: Webhook, delivery: Delivery, reply: Reply, outcome: str, *, next_at: datetime | None = None
    ) -> None:
        body = delivery.notice.body.decode(errors="replace")[:BODY_CHARACTERS_KEPT]
        at, count = delivery.due_at, delivery.event_count
        webhook.remember(Attempt(delivery.id, at, delivery.attempts, reply.status, outcome, count, body, next_at))

    def _read_url(self, url: object) -> str:
        if not isinstance(url, str) or len(url) > URL_CHARACTERS_MAX:
            raise WebhookRefusedError("url is an address")
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment or parts.username:
            raise WebhookRefusedError(f"url: {url} is no web address")
        if not self.any_target and not is_loopback(parts.hostname):
            raise WebhookRefusedError(f"url: {parts.hostname} is not this machine; notifications stay on it")
        return url

    def _read_topics(self, wished: object, standing: Webhook | None) -> frozenset[str]:
        name = self.rules.topics_field
        if wished is None:
            return standing.topics if standing is not None else self.rules.topics
        if not isinstance(wished, list) or not wished or not all(isinstance(one, str) for one in wished):
            raise WebhookRefusedError(f"{name} is a list of at least one")
        if unknown := sorted(set(wished) - self.rules.topics):
            raise WebhookRefusedError(f"no notification covers {', '.join(unknown)}")
        return frozenset(wished)

    def _draw_key(self) -> str:
        return "".join(self.random.choices(_KEY_LETTERS, k=44))

    def _draw_id(self) -> str:
        return f"{self.random.getrandbits(64):016x}"


def is_loopback(host: str) -> bool:
    """Whether a host's name or literal address is this machine; names are not looked up."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _turn(delivery: Delivery) -> tuple[datetime, datetime]:
    return delivery.due_at, delivery.made_at


def _why(reply: Reply) -> str:
    if not reply.status:
        return reply.words or "no answer"
    if reply.status == 200:  # noqa: PLR2004 - HTTP's own figure
        return "answered 200, but with a body or cookies"
    return f"answered {reply.status}"
