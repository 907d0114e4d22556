"""Intents.

The write ledger's entries. What is to be written is kept whole, so that a re-send repeats the very bytes.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.encoding import decode_record, encode_record
from tieout.books.records import Account, Company, Item, Kind, TaxRate
from tieout.kit.identifiers import new_id
from tieout.platforms.port import CallKind, Operation, Request, Write, WritingRules
from tieout.storage.tables.connections import Link
from tieout.storage.tables.work import Intent
from tieout.storage.tables.writes import Send
from tieout.sync.synced_records import ATTACHMENT

KEY_PREFIX: Final = "tieout-"
FORGOTTEN: Final = "file"
"""Under this name the evidence keeps what identifies a file, whose bytes are dropped once its fate is settled."""
BACKOFF_S_MAX: Final = 60
OPEN_STATES: Final = ("ready", "sending", "uncertain")
UNRESOLVED_STATES: Final = ("sending", "uncertain")
"""Of these the books are asked even when nothing new is written any more."""

ABSENT: Final = "absent_at"
"""Where the evidence of an intent says when it was last judged to be absent, to be sent anew under the key it had."""
STALE: Final = "stale"
"""Where the evidence counts how often one wish was planned anew as the record had changed: it outlives the plans."""


class State(StrEnum):
    """How far an intent got."""

    READY = "ready"
    SENDING = "sending"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"


class _StoredWrite(msgspec.Struct):
    operation: Operation
    kind: Kind
    record: msgspec.Raw
    key: str
    company: Company
    tax_rates: Mapping[str, TaxRate]
    accounts: Mapping[str, Account]
    items: Mapping[str, Item]
    external_id: str | None = None
    version_token: str | None = None
    emptied: frozenset[str] = frozenset()


_encoder = msgspec.json.Encoder(decimal_format="string")
_decoder = msgspec.json.Decoder(_StoredWrite)


def encode_write(write: Write) -> bytes:
    """A write as JSON, whole."""
    return _encoder.encode(
        _StoredWrite(
            operation=write.operation,
            kind=write.kind,
            record=msgspec.Raw(encode_record(write.record)),
            key=write.key,
            company=write.company,
            tax_rates=write.tax_rates,
            accounts=write.accounts,
            items=write.items,
            external_id=write.external_id,
            version_token=write.version_token,
            emptied=write.emptied,
        )
    )


def decode_write(encoded: bytes) -> Write:
    """The write that was encoded."""
    stored = _decoder.decode(encoded)
    return Write(
        operation=stored.operation,
        kind=stored.kind,
        record=decode_record(stored.kind, bytes(stored.record)),
        key=stored.key,
        company=stored.company,
        tax_rates=stored.tax_rates,
        accounts=stored.accounts,
        items=stored.items,
        external_id=stored.external_id,
        version_token=stored.version_token,
        emptied=stored.emptied,
    )


def request_of(kept: Intent | Send) -> Request:
    """The exact request that an intent or a send keeps."""
    return Request(method=kept.method, path=kept.path, headers=kept.headers, body=kept.body, kind=CallKind.WRITE)


def put_request(intent: Intent, write: Write, request: Request) -> None:
    """Give an intent its request, and the write that it carries out."""
    intent.key = write.key
    intent.method = request.method
    intent.path = request.path
    intent.headers = dict(request.headers)
    intent.body = request.body
    intent.planned = encode_write(write)
    if FORGOTTEN in (intent.evidence or {}):
        intent.evidence = {name: noted for name, noted in intent.evidence.items() if name != FORGOTTEN}


class Kept(StrEnum):
    """Why a request is kept apart from its intent."""

    BATCH = "batch"
    CHANGED = "changed"
    ABSENT = "absent"


def keep_request(session: AsyncSession, intent: Intent, reason: Kept, *, now: datetime) -> None:
    """Keep, in the caller's transaction, the request that an intent was tried with and is about to lose.

    Its file goes at once: what is to be sent is put into the intent anew.
    """
    if not intent.attempts:
        return
    forget_file(intent)
    session.add(
        Send(
            id=new_id(),
            partner_id=intent.partner_id,
            entity_id=intent.entity_id,
            company_id=intent.company_id,
            reason=reason.value,
            key=intent.key,
            method=intent.method,
            path=intent.path,
            headers=intent.headers,
            body=intent.body,
            file=intent.evidence.get(FORGOTTEN),
            size=1,
            created_at=now,
        )
    )


def forget_file(intent: Intent) -> None:
    """A file was sent, or never will be by this request: what identifies it is evidence enough. Other writes stay."""
    if intent.object_type != ATTACHMENT or not intent.body:
        return
    kept = {"size_bytes": len(intent.body), "sha256": hashlib.sha256(intent.body).hexdigest()}
    intent.evidence = {**intent.evidence, FORGOTTEN: {**kept, "text": None, "parsed": None}}
    intent.body = b""


async def intent_for(session: AsyncSession, link: Link, operation: Operation, version: int, *, now: datetime) -> Intent:
    """The entry of one record, operation and version, ready for a new request; what came of an older one is kept."""
    intent: Intent | None = await session.scalar(
        select(Intent).where(
            Intent.link_id == link.id, Intent.operation == operation.value, Intent.object_version == version
        )
    )
    if intent is None:
        intent = Intent(
            id=new_id(),
            partner_id=link.partner_id,
            entity_id=link.entity_id,
            company_id=link.company_id,
            link_id=link.id,
            object_type=link.object_type,
            object_id=link.object_id,
            object_version=version,
            operation=operation.value,
            attempts=0,
            attempts_noted=0,
            goes_alone=False,
            evidence={},
            created_at=now,
        )
        session.add(intent)
    else:
        keep_request(session, intent, Kept.CHANGED, now=now)
        intent.evidence = {name: noted for name, noted in intent.evidence.items() if name == STALE}
        intent.attempts = 0
        intent.goes_alone = False
        intent.first_sent_at = intent.last_sent_at = intent.resolve_at = intent.settled_at = None
        intent.external_id = intent.trace_id = intent.send_id = intent.place = None
    intent.state = State.READY.value
    intent.updated_at = now
    return intent


class Step(StrEnum):
    """What to do about a write whose answer did not arrive."""

    SEND_AGAIN = "send_again"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Absence:
    """What it means that an unanswered write was not found: since when that counts, and whether it already does."""

    counts_from: datetime
    counts: bool


def plan_resolution(rules: WritingRules, *, first_sent_at: datetime, now: datetime) -> Step:
    """Send the same bytes under the same key while the platform surely remembers it; afterwards look.

    A clock that was set back says nothing of how long ago it was sent: then too the books are looked at.
    """
    alive = first_sent_at <= now < first_sent_at + timedelta(seconds=rules.key_lifetime_s)
    return Step.SEND_AGAIN if alive else Step.LOOK


def judge_absence(rules: WritingRules, *, last_sent_at: datetime, now: datetime) -> Absence:
    """A timed-out call may still commit: absence counts only some time after the last send.

    A send that seems to lie ahead was made before the clock was set back: its time counts from now.
    """
    counts_from = min(last_sent_at, now) + timedelta(seconds=rules.absence_counts_after_s)
    return Absence(counts_from=counts_from, counts=now >= counts_from)


def backoff(attempts: int) -> timedelta:
    """How long to wait before the next attempt: 1 s, 2 s, 4 s … up to a minute."""
    return timedelta(seconds=min(2 ** max(attempts - 1, 0), BACKOFF_S_MAX))
