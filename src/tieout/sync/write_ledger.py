"""The write ledger as people read it: each intent with its exact request, every attempt, and what came back."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from tieout.storage.tables.connections import Company, Connection, Link
from tieout.storage.tables.work import Intent
from tieout.storage.tables.writes import IntentAttempt, Send
from tieout.sync.intents import FORGOTTEN, State

JSON_BYTES_MAX: Final = 262_144
"""Up to this size a JSON body is shown as JSON too; its very text is always shown."""
LISTED_MAX: Final = 1_000
"""Writes that an operator's list holds."""
NEXT_STEPS: Final = {
    "ready": "sends",
    "sending": "awaits_answer",
    "uncertain": "finds_out",
    "confirmed": "nothing",
    "refused": "awaits_cure",
    "cancelled": "nothing",
}
"""What happens next, by the state of a write."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is kept of one write: its attempts in their order, and the sends that they name, by key."""

    intent: Intent
    attempts: Sequence[IntentAttempt]
    sends: dict[str, Send]


@dataclass(frozen=True, slots=True)
class ListedWrite:
    """A write without its request; the books' name, how its last try ended, and why its record is refused if it is."""

    intent: Intent
    company: str
    last_outcome: str | None
    errors: dict[str, Any] | None


async def list_writes(
    session: AsyncSession, connection: Connection | None, *, state: str | None, object_type: str | None, limit: int
) -> list[ListedWrite]:
    """The writes of a connection, or of all, newest first: `limit` at most, which is LISTED_MAX at most."""
    is_last = (IntentAttempt.intent_id == Intent.id) & (IntentAttempt.number == Intent.attempts_noted)
    query = (
        select(Intent, Company.name, IntentAttempt.outcome, Link.errors)
        .join(Company, Company.id == Intent.company_id)
        .join(Link, Link.id == Intent.link_id)
        .outerjoin(IntentAttempt, is_last)
        .options(defer(Intent.body), defer(Intent.planned))
        .order_by(Intent.created_at.desc(), Intent.id.desc())
        .limit(min(limit, LISTED_MAX))
    )
    if connection is not None:
        query = query.where(Intent.company_id == connection.company_id, Intent.entity_id == connection.entity_id)
    if state is not None:
        query = query.where(Intent.state == state)
    if object_type is not None:
        query = query.where(Intent.object_type == object_type)
    return [
        ListedWrite(intent, company, outcome, errors if intent.state == State.REFUSED.value else None)
        for intent, company, outcome, errors in await session.execute(query)
    ]


async def load_evidence(session: AsyncSession, intent: Intent) -> Evidence:
    """The attempts of a write, and the requests that it shared with others or no longer holds."""
    attempts = list(
        await session.scalars(
            select(IntentAttempt).where(IntentAttempt.intent_id == intent.id).order_by(IntentAttempt.number)
        )
    )
    keys = {attempt.key for attempt in attempts}
    named = (Send.key.in_(keys)) | (Send.id == intent.send_id)
    sends = await session.scalars(select(Send).where(Send.company_id == intent.company_id, named))
    return Evidence(intent, attempts, {send.key: send for send in sends})


def summary_fields(intent: Intent) -> dict[str, Any]:
    """A write in one line: what it does to which record, how far it got, and what happens next."""
    return {
        "id": intent.id,
        "created_at": intent.created_at,
        "updated_at": intent.updated_at,
        "synced_record_id": intent.link_id,
        "object_type": intent.object_type,
        "object_id": intent.object_id,
        "object_version": intent.object_version,
        "operation": intent.operation,
        "state": intent.state,
        "next": NEXT_STEPS[intent.state],
        "next_attempt_at": intent.resolve_at if intent.state in {"ready", "uncertain"} else None,
        "key": intent.key,
        "attempts_count": intent.attempts_noted,
        "last_sent_at": intent.last_sent_at,
        "settled_at": intent.settled_at,
        "platform_object_id": intent.external_id,
        "trace_id": intent.trace_id,
    }


def detail_fields(evidence: Evidence) -> dict[str, Any]:
    """A write whole: the request that it holds, every attempt, and the requests that it was tried with otherwise."""
    intent = evidence.intent
    return {
        **summary_fields(intent),
        "request": _request_fields(intent),
        "expected_postings": intent.expected_postings,
        "notes": {name: value for name, value in intent.evidence.items() if name != FORGOTTEN},
        "attempts": [_attempt_fields(attempt) for attempt in evidence.attempts],
        "other_requests": [
            _send_fields(send) for send in sorted(evidence.sends.values(), key=lambda one: one.created_at)
        ],
    }


def _attempt_fields(attempt: IntentAttempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "act": attempt.act,
        "outcome": attempt.outcome,
        "key": attempt.key,
        "place": attempt.place,
        "began_at": attempt.began_at,
        "ended_at": attempt.ended_at,
        "answer": _answer_fields(attempt.answer_status, attempt.answer),
        "trace_id": attempt.trace_id,
        "platform_object_id": attempt.external_id,
        "refusal": attempt.refusal,
    }


def _send_fields(send: Send) -> dict[str, Any]:
    return {
        "reason": send.reason,
        "key": send.key,
        "size": send.size,
        "created_at": send.created_at,
        "request": _request_fields(send),
        "answer": _answer_fields(send.answer_status, send.answer),
        "trace_id": send.trace_id,
    }


def _request_fields(kept: Intent | Send) -> dict[str, Any]:
    forgotten = kept.evidence.get(FORGOTTEN) if isinstance(kept, Intent) else kept.file
    return {
        "method": kept.method,
        "path": kept.path,
        "headers": dict(kept.headers),
        "body": forgotten or body_fields(kept.body),
    }


def _answer_fields(status: int | None, body: bytes | None) -> dict[str, Any] | None:
    return None if status is None else {"status": status, "body": body_fields(body or b"")}


def body_fields(body: bytes) -> dict[str, Any]:
    """A body as text with every digit, and as JSON where it is; a file only by what identifies it."""
    fields: dict[str, Any] = {
        "size_bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "text": None,
        "parsed": None,
    }
    try:
        fields["text"] = body.decode("utf-8")
    except UnicodeDecodeError:
        return fields
    if "\0" in fields["text"]:
        return fields | {"text": None}
    if len(body) <= JSON_BYTES_MAX:
        try:
            fields["parsed"] = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return fields
    return fields
