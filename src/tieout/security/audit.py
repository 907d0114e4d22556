"""The audit trail's chain: each entry's hash covers the entry and the hash of the one before it.

Changing, removing or inserting an entry breaks the chain from there on. Cutting off the newest entries does not show in
the chain itself: keep the last number and hash somewhere else for that. Purely computed here; `storage.audit_trail`
reads and writes.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

FIRST_NUMBER = 1
BEFORE_THE_FIRST = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLink:
    """What an entry says, and the hash of its predecessor."""

    partner_id: UUID
    number: int
    at: datetime
    actor: str
    action: str
    subject_id: str
    details: Mapping[str, Any]
    previous_hash: str


def entry_hash(link: AuditLink) -> str:
    """SHA-256 over the entry in a form that is always the same: 64 hexadecimal digits.

    Raises ValueError for a float, since PostgreSQL gives 1e16 back as a whole number and -0.0 without its sign.
    """
    _refuse_floats(link.details)
    said = [
        str(link.partner_id),
        link.number,
        link.at.astimezone(UTC).isoformat(timespec="microseconds"),
        link.actor,
        link.action,
        link.subject_id,
        dict(link.details),
        link.previous_hash,
    ]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_floats(value: Any) -> None:
    match value:
        case float():
            raise ValueError("no float in an audit entry: write the number as a text or a whole number")
        case Mapping():
            for inner in value.values():
                _refuse_floats(inner)
        case list() | tuple():
            for inner in value:
                _refuse_floats(inner)
