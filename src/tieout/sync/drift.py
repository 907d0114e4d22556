"""Drift: what a pull brings that stops something of the entity's from being pushed is said at once, before it is.

A ledger account that was archived, a tax rate that was retired, a customer, vendor or product that was set aside: only
pages that hold such records are looked at, and only what is in use is noted. `problems` lists what is so now.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.changes import Change, Tombstone
from tieout.books.records import Account, Item, Kind, Party, TaxRate
from tieout.storage.tables.connections import Company, Connection
from tieout.storage.tables.drift import InactiveReference
from tieout.sync.connection_events import tell_connection
from tieout.sync.open_books import OpenBooks
from tieout.sync.problems import load_links, load_problems
from tieout.sync.timeline import TIEOUT, Happened, note

LISTED: Final = (Kind.ACCOUNT, Kind.TAX_RATE, Kind.ITEM, Kind.PARTY, Kind.CUSTOMER, Kind.VENDOR)
TOLD_MAX: Final = 20
"""Names that one entry of the timeline lists."""
_CHART: Final = (Kind.ACCOUNT.value, Kind.TAX_RATE.value)

Key = tuple[str, str]


async def note_drift(
    session: AsyncSession, books: OpenBooks, company: Company, changes: Sequence[Change | Tombstone], *, now: datetime
) -> None:
    """Note what of a page cannot be used any more and is in use, and forget what can again. After the page is saved."""
    if company.first_pulled_at is None:
        return
    usable = usable_by_key(changes)
    if not usable:
        return
    known = {
        (row.kind, row.external_id): row.name
        for row in await session.scalars(select(InactiveReference).where(InactiveReference.company_id == company.id))
    }
    mended = [key for key, name in usable.items() if name is None and key in known]
    lost = {key: name for key, name in usable.items() if name is not None and key not in known}
    for kind, external_id in mended:
        await session.execute(
            delete(InactiveReference).where(
                InactiveReference.company_id == company.id,
                InactiveReference.kind == kind,
                InactiveReference.external_id == external_id,
            )
        )
    noted = await _in_use(session, company, books.connection.entity_id, lost) if lost else {}
    for (kind, external_id), name in noted.items():
        session.add(
            InactiveReference(company_id=company.id, kind=kind, external_id=external_id, name=name, since_at=now)
        )
    await _tell(session, books, Happened.REFERENCES_INACTIVE, noted, now=now)
    await _tell(session, books, Happened.REFERENCES_USABLE_AGAIN, {key: known[key] for key in mended}, now=now)


def usable_by_key(changes: Sequence[Change | Tombstone]) -> dict[Key, str | None]:
    """The records of the lists on a page: None for those that can be used, what the others are called. Pure."""
    found: dict[Key, str | None] = {}
    for change in changes:
        if change.ref.kind not in LISTED:
            continue
        key = (change.ref.kind.value, change.ref.external_id)
        if isinstance(change, Tombstone):
            found[key] = change.ref.external_id
        elif isinstance(change.record, Account | TaxRate | Item | Party):
            found[key] = None if change.record.active else change.record.name
    return found


async def _in_use(session: AsyncSession, company: Company, entity_id: UUID, lost: dict[Key, str]) -> dict[Key, str]:
    """Those of them that something of the entity's uses, with the names by which they were known."""
    found: dict[Key, str] = {}
    if any(kind in _CHART for kind, _ in lost):
        for problem in await load_problems(session, company, entity_id):
            kind = Kind.ACCOUNT.value if problem.kind == "ledger_account" else problem.kind
            if (kind, str(problem.external_id)) in lost:
                found[kind, str(problem.external_id)] = problem.name or str(problem.external_id)
    others = {key: name for key, name in lost.items() if key[0] not in _CHART}
    for link in await load_links(session, company.id, entity_id, [external_id for _, external_id in others]):
        key = (str(link.external_kind), str(link.external_id))
        if key in others:
            found[key] = others[key]
    return found


async def _tell(
    session: AsyncSession, books: OpenBooks, happened: Happened, names: dict[Key, str], *, now: datetime
) -> None:
    """One entry of the timeline and one event for all of them."""
    if not names:
        return
    connection = await session.get_one(Connection, books.connection.id)
    listed = [{"kind": kind, "platform_object_id": id_, "name": name} for (kind, id_), name in names.items()]
    details = {"count": len(listed), "references": listed[:TOLD_MAX]}
    said = ", ".join(f"“{one['name']}”" for one in listed[:TOLD_MAX])
    message = (
        f"Archived or deleted in the books, though records here use it: {said}. The connection's problems list what."
        if happened is Happened.REFERENCES_INACTIVE
        else f"Usable in the books again: {said}."
    )
    note(session, connection, happened, now=now, actor=TIEOUT, message=message, details=details)
    await tell_connection(session, connection, happened.value, now=now, details=details)
