"""Names that are given once: where that of a customer or vendor is taken, another is suggested, and never used unasked.

Some books have one name space for customers, vendors and employees, others for all contacts in use.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.books.records import Kind, Party
from tieout.kit.identifiers import new_id
from tieout.platforms.errors import WriteRefused
from tieout.storage.tables.connections import Link
from tieout.storage.tables.matching import MatchProposal
from tieout.storage.tables.work import Intent
from tieout.sync.dependents import want_again
from tieout.sync.intents import OPEN_STATES
from tieout.sync.keying import find_by_keys
from tieout.sync.mapping import refused
from tieout.sync.matching.keys import name_key
from tieout.sync.matching.sides import SURE_SCORE_MIN
from tieout.sync.proposing import Ended, Status, close
from tieout.sync.rules import NameClashes
from tieout.sync.sides import Sides, load_mine, load_rules
from tieout.sync.snapshots import load_records

TAKEN: Final = "name_taken"
"""The code of a refusal for a name, and the reason of the decision that is asked for."""
UNSEEN: Final = "unseen"
"""The kind and id of whoever has a name in the books and was not pulled: an employee, as a rule."""
ROLES: Final = {"customer": "C", "vendor": "V"}
"""What is put behind a name that somebody of another kind has."""
SUGGESTED_MAX: Final = 20
"""How many names are tried to find one that is free."""
_SCORE: Final = SURE_SCORE_MIN - 20


async def free_name(session: AsyncSession, sides: Sides, link: Link, party: Party, *, now: datetime) -> str | None:
    """Another name for a party that is about to be created, where its own is taken and the rules allow it; else None.

    Raises WriteRefused where the name is taken and somebody has to decide, and asks for that decision.
    """
    holders = await find_holders(session, sides, party.name) or await _other_role(session, sides, link, party.name)
    if not holders:
        await _close_asked(session, sides, link, now=now)
        return None
    name = await suggest(session, sides, link.object_type, party.name, [kind for kind, _, _ in holders])
    if (await load_rules(session, sides)).name_clashes is NameClashes.SUFFIX:
        await _close_asked(session, sides, link, now=now)
        return name
    for kind, external_id, theirs in holders:
        holder = (kind.value, external_id, theirs)
        await _ask(session, sides, link, name=party.name, holder=holder, suggested=name, now=now)
    held_by = [f"{theirs} ({kind.value} {external_id})" for kind, external_id, theirs in holders]
    raise taken(sides, link.object_type, party.name, name, held_by)


async def find_holders(session: AsyncSession, sides: Sides, name: str) -> list[tuple[Kind, str, str]]:
    """Who in the books has a name, of all kinds that share one name space, as far as was pulled."""
    found: list[tuple[Kind, str, str]] = []
    for kind in sorted(sides.platform.shared_names):
        ids = await find_by_keys(session, sides.company.id, kind, name_key(name))
        for external_id, record in sorted((await load_records(session, sides.company.id, kind, ids)).items()):
            if isinstance(record, Party) and record.active and _same(record.name, name):
                found.append((kind, external_id, record.name))
    return found


async def _other_role(session: AsyncSession, sides: Sides, link: Link, name: str) -> list[tuple[Kind, str, str]]:
    """The same counterpart in its other role, which is on its way into a list of the same name space."""
    other = "vendor" if link.object_type == "customer" else "customer"
    kind = sides.platform.kind_of(other)
    if kind is None or kind is sides.platform.kind_of(link.object_type) or kind not in sides.platform.shared_names:
        return []
    await session.flush()
    is_being_written = select(Intent.id).where(Intent.link_id == Link.id, Intent.state.in_(OPEN_STATES)).exists()
    found = await session.scalar(
        select(Link.id).where(
            *sides.of_links, Link.object_type == other, Link.object_id == link.object_id, is_being_written
        )
    )
    return [] if found is None else [(kind, UNSEEN, name)]


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


async def suggest(session: AsyncSession, sides: Sides, object_type: str, name: str, holders: Collection[Kind]) -> str:
    """A name that nobody has: with the role behind it, where somebody of another kind has it; else with a number."""
    mine = sides.platform.kind_of(object_type)
    role = ROLES[object_type] if mine not in holders else None
    for number in range(1, SUGGESTED_MAX + 1):
        words = [role] if role else []
        words += [str(number + (0 if role else 1))] if number > 1 or not role else []
        suggested = f"{name} ({' '.join(words)})"
        if not await find_holders(session, sides, suggested):
            return suggested
    return f"{name} ({ROLES[object_type]} {new_id().hex[:8]})"


def taken(sides: Sides, object_type: str, name: str, suggested: str, holders: Collection[str]) -> WriteRefused:
    """The refusal, which shows the name that would be used."""
    held = f"by {', '.join(holders)}" if holders else "by somebody who was not pulled, an employee perhaps"
    return refused(
        TAKEN,
        f"The name {name} is taken in {sides.platform.title} {held}, where it is given only once. Nothing was renamed: "
        f"as a {object_type} of its own it would be called {suggested}.",
        "Rename one of the two. Or POST /v1/accounting_matches/{id}/reject with create: true to use that name, or set "
        "name_clashes: suffix in /v1/accounting_sync_rules to use such names always.",
        "name",
    )


async def settle_clashes(session: AsyncSession, sides: Sides, *, now: datetime) -> None:
    """After a pull: what the books refused for its name, and is not there under it, asks for a decision or has one."""
    rows = await session.scalars(
        select(Link).where(
            *sides.of_links,
            Link.object_type.in_(ROLES),
            Link.sync_status == "error",
            Link.external_id.is_(None),
            Link.push_wanted_at.is_(None),
            Link.errors["code"].as_string() == TAKEN,
        )
    )
    links = list(rows)
    if not links:
        return
    rules = await load_rules(session, sides)
    for link in links:
        mine = await load_mine(session, sides, link.object_type, link.object_id)
        if mine is None or await load_asked(session, sides, link.object_type, link.object_id):
            continue
        name = written_name(link, mine.name)
        holders = await find_holders(session, sides, name)
        suggested = await suggest(session, sides, link.object_type, name, [kind for kind, _, _ in holders])
        if rules.name_clashes is NameClashes.SUFFIX:
            rename(link, mine.name, suggested)
            await want_again(session, link, now=now)
            continue
        for kind, external_id, theirs in holders:
            await _ask(
                session,
                sides,
                link,
                name=mine.name,
                holder=(kind.value, external_id, theirs),
                suggested=suggested,
                now=now,
            )
        if not holders:
            await _ask(
                session, sides, link, name=mine.name, holder=(UNSEEN, UNSEEN, name), suggested=suggested, now=now
            )


def rename(link: Link, name: str, to: str) -> None:
    """Ours is called differently in the books, for as long as it has this name here."""
    link.renamed = {"from": name, "to": to}


def written_name(link: Link, name: str) -> str:
    """What a counterpart is called in the books."""
    renamed = link.renamed or {}
    return str(renamed["to"]) if renamed.get("from") == name else name


async def load_asked(session: AsyncSession, sides: Sides, object_type: str, object_id: UUID) -> list[MatchProposal]:
    """The decisions on a name that are asked for."""
    rows = await session.scalars(
        select(MatchProposal).where(
            MatchProposal.company_id == sides.company.id,
            MatchProposal.entity_id == sides.entity_id,
            MatchProposal.object_type == object_type,
            MatchProposal.object_id == object_id,
            MatchProposal.reason == TAKEN,
            MatchProposal.status == Status.OPEN.value,
        )
    )
    return list(rows)


async def _close_asked(session: AsyncSession, sides: Sides, link: Link, *, now: datetime) -> None:
    for row in await load_asked(session, sides, link.object_type, link.object_id):
        close(row, Ended.CHANGED, now=now)


async def _ask(
    session: AsyncSession,
    sides: Sides,
    link: Link,
    *,
    name: str,
    holder: tuple[str, str, str],
    suggested: str,
    now: datetime,
) -> None:
    """Ask for a decision about one who has the name: an earlier one of the same pair is asked anew."""
    kind, external_id, theirs = holder
    row = await session.scalar(
        select(MatchProposal).where(
            MatchProposal.company_id == sides.company.id,
            MatchProposal.entity_id == sides.entity_id,
            MatchProposal.object_type == link.object_type,
            MatchProposal.object_id == link.object_id,
            MatchProposal.external_kind == kind,
            MatchProposal.external_id == external_id,
        )
    )
    if row is None:
        row = MatchProposal(
            id=new_id(),
            partner_id=link.partner_id,
            entity_id=link.entity_id,
            company_id=link.company_id,
            object_type=link.object_type,
            object_id=link.object_id,
            external_kind=kind,
            external_id=external_id,
            created_at=now,
        )
        session.add(row)
    row.status, row.ended_because = Status.OPEN.value, None
    row.reason, row.score = TAKEN, _SCORE
    row.object_name, row.external_name, row.suggested_name = name, theirs, suggested
    row.evidence = [{"field": "name", "ours": name, "theirs": theirs, "agrees": True, "likeness": 100}]
    row.updated_at = now
    await session.flush()
