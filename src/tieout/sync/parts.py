"""Parts: what belongs to a document and has an entry of its own in the write ledger, such as the bill's file.

Parts are no synced records: what becomes of one is told on the document's, which is done only when its parts are.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.connections import Link
from tieout.sync.synced_records import ALLOCATION, ATTACHMENT, Verb, tell_link

_HAVE_PARTS: Final = ("receivable", "bill", "payable_credit_note")
_TOLD_AS: Final = {ALLOCATION: "allocation", ATTACHMENT: "attachment"}


class Status(StrEnum):
    """How far a synced record got, in the contract's words."""

    PENDING = "pending"
    ERROR = "error"
    DONE = "done"


_VERBS: Final[dict[Status, Verb]] = {Status.DONE: "done", Status.ERROR: "failed", Status.PENDING: "updated"}


def plan_status(*, is_wanted: bool, parts: Sequence[tuple[str, bool]]) -> Status:
    """The status of a document that was not refused itself, from the status of its parts and whether each is wanted."""
    if is_wanted:
        return Status.PENDING
    if any(status == "error" and not wanted for status, wanted in parts):
        return Status.ERROR
    return Status.PENDING if any(wanted for _, wanted in parts) else Status.DONE


async def load_locked(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Link]:
    """Links by their ids, with the documents that they are parts of, locked until the transaction ends.

    Documents are locked before parts, and each by their ids, as everybody does: so two never wait for one another.
    """
    wholes = select(Link.part_of).where(Link.id.in_(ids), Link.part_of.is_not(None))
    found = await session.scalars(
        select(Link)
        .where(or_(Link.id.in_(ids), Link.id.in_(wholes)))
        .order_by(Link.part_of.is_not(None), Link.id)
        .with_for_update()
    )
    return {link.id: link for link in found}


async def load_parts(session: AsyncSession, link: Link) -> Sequence[Link]:
    """The parts of a document, the oldest first; none of what has none."""
    if link.object_type not in _HAVE_PARTS:
        return ()
    found = await session.scalars(select(Link).where(Link.part_of == link.id).order_by(Link.created_at, Link.id))
    return found.all()


async def show_settled(session: AsyncSession, link: Link, *, now: datetime) -> None:
    """Put a record that was not refused itself into the status that follows from its parts, and tell of it."""
    parts = await load_parts(session, link)
    status = plan_status(
        is_wanted=link.push_wanted_at is not None,
        parts=[(part.sync_status, part.push_wanted_at is not None) for part in parts],
    )
    failed = next((part for part in parts if part.sync_status == "error" and part.push_wanted_at is None), None)
    errors = None
    if link.held is not None and status is not Status.PENDING:
        status, errors = Status.ERROR, link.held["errors"]
    elif status is Status.ERROR and failed is not None:
        errors = {**(failed.errors or {}), "operation": _TOLD_AS[failed.object_type]}
    link.sync_status, link.errors = status.value, errors
    link.updated_at = now
    verb: Verb = _VERBS[status]
    await tell_link(session, link, verb, now=now)


async def tell_whole(session: AsyncSession, part: Link, *, now: datetime) -> None:
    """Let the document that a part belongs to show what became of the part."""
    if part.part_of is None:
        return
    await session.flush()
    whole = await session.get(Link, part.part_of, with_for_update=True)
    if whole is None or whole.push_wanted_at is not None or is_refused_itself(whole):
        return
    if whole.external_id is not None:
        await show_settled(session, whole, now=now)


def is_refused_itself(link: Link) -> bool:
    """Whether the document's own write was refused, and not that of a part."""
    return link.sync_status == "error" and (link.errors or {}).get("operation") not in _TOLD_AS.values()


async def forget_parts(session: AsyncSession, link: Link, *, now: datetime) -> None:
    """A document is gone from the books, and what hung on it with it."""
    for part in await load_parts(session, link):
        part.external_id = part.external_version = part.base = part.push_wanted_at = None
        part.sync_status, part.errors = "done", None
        part.updated_at = now
