"""Conflicts: what is held because both sides say something else, until somebody decides or nothing differs any more.

Whoever opens, changes or ends one tells of it in the same transaction: by an event, on the connection's timeline and on
the synced record.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.kit.identifiers import new_id
from tieout.platforms.errors import Explanation, Next
from tieout.platforms.port import Operation
from tieout.storage.tables.conflicts import OPEN, Conflict
from tieout.storage.tables.connections import Connection, Link
from tieout.sync.connected import LIVE
from tieout.sync.events import record_event
from tieout.sync.faces import EXISTENCE, group_of
from tieout.sync.three_way import Field, Side
from tieout.sync.timeline import TIEOUT, Happened, note

EVENT_OBJECT: Final = "accounting_conflict"
CODES: Final = ("changed_in_books", "gone_from_books")
"""What the synced record of a held conflict says."""


_HELD: Final = Explanation(
    code="changed_in_books",
    message="The books and your record say different things, and nobody has decided which is right.",
    fix="Look the conflict up under /v1/accounting_conflicts and resolve it there. Nothing was overwritten.",
)
_HELD_AS_GONE: Final = Explanation(
    code="gone_from_books",
    message="The record was deleted or voided in the books, and cannot end on your side by itself.",
    fix="Look the conflict up under /v1/accounting_conflicts and resolve it there; or end the record on your side too.",
)


class Status(StrEnum):
    """How far a conflict got."""

    HELD = "held"
    DECIDED = "decided"
    RESOLVED = "resolved"
    VANISHED = "vanished"


class IfBooks(StrEnum):
    """What comes of deciding for the books: ours becomes theirs, or both stay as they are."""

    TAKEN_OVER = "taken_over"
    LEFT_STANDING = "left_standing"


def fingerprint(name: str, base: Any, ours: Any, theirs: Any) -> str:
    """What a decision was about: it is void as soon as either side says something else."""
    return hashlib.sha256(msgspec.json.encode([name, base, ours, theirs], order="deterministic")).hexdigest()


def shown_field(object_type: str, field: Field, *, if_books: IfBooks, can_be_ours: bool) -> dict[str, Any]:
    """A held field as the conflict keeps and shows it."""
    assert field.why is not None, "what is held says why"
    return {
        "name": field.name,
        "group": group_of(object_type, field.name).value,
        "why": field.why.value,
        "values": {"base": field.base, "ours": field.ours, "theirs": field.theirs},
        "choices": [Side.BOOKS.value, *([Side.PARTNER.value] if can_be_ours else [])],
        "if_books": if_books.value,
    }


def decided_side(conflict: Conflict | None, field: Field) -> Side | None:
    """What somebody decided about just these values; None while nobody has."""
    said = (conflict.decisions or {}).get(field.name) if conflict is not None else None
    if said is None or said["about"] != fingerprint(field.name, field.base, field.ours, field.theirs):
        return None
    return Side(said["side"])


async def load_open(session: AsyncSession, link: Link, *, for_update: bool = False) -> Conflict | None:
    """The open conflict of a link."""
    query = select(Conflict).where(Conflict.link_id == link.id, Conflict.status.in_(OPEN))
    found: Conflict | None = await session.scalar(query.with_for_update() if for_update else query)
    return found


def errors_of_held(conflict: Conflict) -> dict[str, Any]:
    """What the synced record shows as long as a conflict is open."""
    names = [field["name"] for field in conflict.fields]
    is_gone = names == [EXISTENCE] and conflict.fields[0]["values"]["theirs"] is False
    said = _HELD_AS_GONE if is_gone else replace(_HELD, message=f"{_HELD.message} ({', '.join(names)})")
    return {
        "code": said.code,
        "message": said.message,
        "fix": said.fix,
        "next": Next.SOMEBODY_MUST_ACT.value,
        "operation": Operation.UPDATE.value,
        "conflict_id": str(conflict.id),
    }


async def keep_held(
    session: AsyncSession, link: Link, known: Conflict | None, fields: list[dict[str, Any]], *, now: datetime
) -> None:
    """Let a link's conflict hold just these fields: it is opened, changed, or ended when nothing is held any more."""
    if not fields:
        link.held = None
        if known is not None:
            await _end(session, link, known, now=now)
        return
    if known is None:
        known = _opened(link, fields, now)
        session.add(known)
        await session.flush()
        await _tell(session, link, known, "held", Happened.CONFLICT_HELD, now=now)
    elif known.fields != fields:
        known.fields = fields
        known.version += 1
        known.status, known.decisions, known.decided_by = Status.HELD.value, {}, None
        known.updated_at = now
        await _tell(session, link, known, "updated", None, now=now)
    link.held = {
        "fields": [field["name"] for field in fields],
        "wishes": link.wishes,
        "errors": errors_of_held(known),
    }


def _opened(link: Link, fields: list[dict[str, Any]], now: datetime) -> Conflict:
    return Conflict(
        id=new_id(),
        partner_id=link.partner_id,
        entity_id=link.entity_id,
        company_id=link.company_id,
        link_id=link.id,
        object_type=link.object_type,
        object_id=link.object_id,
        status=Status.HELD.value,
        version=1,
        fields=fields,
        decisions={},
        created_at=now,
        updated_at=now,
    )


async def _end(session: AsyncSession, link: Link, conflict: Conflict, *, now: datetime) -> None:
    is_decided = conflict.status == Status.DECIDED.value
    conflict.status = (Status.RESOLVED if is_decided else Status.VANISHED).value
    conflict.ended_at = conflict.updated_at = now
    happened = Happened.CONFLICT_RESOLVED if is_decided else Happened.CONFLICT_VANISHED
    await _tell(session, link, conflict, conflict.status, happened, now=now)


def conflict_fields(conflict: Conflict) -> dict[str, Any]:
    """What the API and its events say of a conflict."""
    return {
        "id": conflict.id,
        "created_at": conflict.created_at,
        "updated_at": conflict.updated_at,
        "ended_at": conflict.ended_at,
        "synced_record_id": conflict.link_id,
        "object_type": conflict.object_type,
        "object_id": conflict.object_id,
        "status": conflict.status,
        "version": conflict.version,
        "fields": conflict.fields,
        "decisions": {name: said["side"] for name, said in (conflict.decisions or {}).items()},
        "decided_by": conflict.decided_by,
    }


async def _tell(
    session: AsyncSession, link: Link, conflict: Conflict, verb: str, happened: Happened | None, *, now: datetime
) -> None:
    record_event(
        session,
        partner_id=link.partner_id,
        entity_id=link.entity_id,
        object_type=EVENT_OBJECT,
        object_id=conflict.id,
        action=f"{EVENT_OBJECT}.{verb}",
        at=now,
        payload=msgspec.to_builtins(conflict_fields(conflict)),
    )
    connection = await session.scalar(
        select(Connection).where(
            Connection.company_id == link.company_id,
            Connection.entity_id == link.entity_id,
            Connection.status.in_(LIVE),
        )
    )
    if happened is None or connection is None:
        return
    details: Mapping[str, Any] = {
        "conflict_id": str(conflict.id),
        "object_type": link.object_type,
        "object_id": str(link.object_id),
        "fields": [field["name"] for field in conflict.fields],
    }
    actor = conflict.decided_by if happened is Happened.CONFLICT_RESOLVED else TIEOUT
    note(session, connection, happened, now=now, actor=actor or TIEOUT, details=dict(details))
