"""Deciding a conflict: planned purely, then left to the lane, which carries it out if nothing has changed meanwhile."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.engine.port import Engine
from tieout.storage.tables.conflicts import OPEN, Conflict
from tieout.storage.tables.connections import Link
from tieout.sync.conflicts import Status, fingerprint
from tieout.sync.connected import load_company
from tieout.sync.three_way import Side
from tieout.sync.wanting import company_lane


class Refused(Exception):  # noqa: N818 - what is said is a refusal
    """It cannot be decided like this; the message is for a person."""


class UnknownField(Exception):  # noqa: N818 - likewise
    """The conflict holds no field of that name."""


def plan_decision(
    conflict: Conflict, *, whole: Side | None, fields: Mapping[str, Side] | None, version: int | None
) -> dict[str, Side] | None:
    """Which side is right in which fields; None if that was decided before. Raises Refused and UnknownField."""
    known = {field["name"]: field for field in conflict.fields}
    for name in fields or {}:
        if name not in known:
            raise UnknownField(name)
    wanted = dict(fields or {}) if whole is None else dict.fromkeys(known, whole)
    said = {name: Side(decision["side"]) for name, decision in (conflict.decisions or {}).items()}
    if conflict.status != Status.HELD.value and said == wanted:
        return None
    if conflict.status not in OPEN:
        raise Refused(f"This conflict is over: it has {conflict.status}.")
    if conflict.status == Status.DECIDED.value:
        raise Refused("This conflict was decided otherwise already, which is being done.")
    if version is not None and version != conflict.version:
        raise Refused(f"The conflict has changed meanwhile: it is at version {conflict.version}.")
    for name, side in wanted.items():
        if side.value not in known[name]["choices"]:
            raise Refused(f"{name} cannot be decided for {side.value}: what was ended in the books stays ended there.")
    return wanted


async def decide(
    session: AsyncSession,
    engine: Engine,
    conflict: Conflict,
    link: Link,
    decisions: Mapping[str, Side],
    *,
    by: str,
    now: datetime,
) -> None:
    """Note a decision about just the values that the conflict holds, and wake the lane; both rows are locked."""
    known: dict[str, dict[str, Any]] = {field["name"]: field for field in conflict.fields}
    conflict.decisions = {name: {"side": side.value, "about": _about(known[name])} for name, side in decisions.items()}
    conflict.status = Status.DECIDED.value
    conflict.decided_by = by
    conflict.updated_at = now
    link.changed_there_at = now
    await engine.wake(session, company_lane(link.company_id))


async def meet_again(
    session: AsyncSession, engine: Engine, *, partner_id: UUID, entity_id: UUID, now: datetime
) -> None:
    """Have all that is held of an entity compared anew, since its rules have changed, in the caller's transaction."""
    company = await load_company(session, partner_id, entity_id)
    if company is None:
        return
    links = await session.scalars(
        select(Link)
        .where(Link.company_id == company.id, Link.entity_id == entity_id, Link.held.is_not(None))
        .order_by(Link.id)
        .with_for_update()
    )
    for link in links.all():
        link.changed_there_at = now
    await engine.wake(session, company_lane(company.id))


def _about(field: Mapping[str, Any]) -> str:
    return fingerprint(field["name"], **field["values"])
