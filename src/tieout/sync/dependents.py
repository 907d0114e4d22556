"""Dependents: what was refused because something else was, and goes on by itself once that is in the books."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.storage.tables.connections import Link
from tieout.sync.synced_records import tell_link

WAITS_FOR: Final = "waits_for"
"""Where the evidence of a refused record names what it was refused for."""
UNDECIDED: Final = "match_undecided"
"""The code of what is not written because it, or what it needs, may be in the books already."""
WAS_REFUSED: Final = "was_refused"
"""Where the evidence of a record says that others may have been refused for it."""


async def want_again(session: AsyncSession, link: Link, *, now: datetime) -> None:
    """Want a record once more."""
    link.push_wanted_at = link.updated_at = now
    link.wishes += 1
    link.sync_status = "pending"
    link.errors = None
    await tell_link(session, link, "updated", now=now)


async def want_dependents(session: AsyncSession, link: Link, evidence: Mapping[str, object], *, now: datetime) -> None:
    """A record is in the books: what was refused because it was not, goes on by itself.

    `evidence` is the link's from before: a record that was never refused kept nothing else out.
    """
    if WAS_REFUSED not in evidence:
        return
    codes = [f"{link.object_type}_refused", f"{link.object_type}_not_in_books", UNDECIDED]
    waiting = await session.scalars(
        select(Link).where(
            Link.company_id == link.company_id,
            Link.entity_id == link.entity_id,
            Link.sync_status == "error",
            Link.push_wanted_at.is_(None),
            Link.errors["code"].as_string().in_(codes),
        )
    )
    for dependent in waiting.all():
        if dependent.evidence.get(WAITS_FOR) in (None, str(link.object_id)):
            await want_again(session, dependent, now=now)
