"""Choosing: which of the companies that a consent reached is attached to the connection.

What waits for the person stands in the consent's row, for the browser that began the visit and for a limited time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.platforms.port import CompanyChoice, Platform
from tieout.platforms.registry import platform_named
from tieout.security.tokens import hash_of
from tieout.storage import audit_trail
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.connections import Connection, Consent
from tieout.sync.attaching import (
    Attachment,
    Books,
    apply_attachment,
    load_attach_facts,
    load_books_before,
    lock_books,
    plan_attachment,
)
from tieout.sync.callbacks import Arrival, Landing
from tieout.sync.ending import ending_lane
from tieout.sync.services import Services
from tieout.sync.timeline import PERSON

ATTACH_ATTEMPTS_MAX: Final = 3
"""More than one when another commit takes the company first."""

_LANDINGS = {
    Attachment.ATTACH: Landing.CONNECTED,
    Attachment.ALREADY: Landing.CONNECTED,
    Attachment.ASK_FIRST: Landing.CHOOSE,
    Attachment.ELSEWHERE: Landing.ELSEWHERE,
    Attachment.CLOSED: Landing.ENDED,
}
_ASKED = "asked"
"""Marks the stored company that differs from the one before and waits for a yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """A choice that waits for the person. `asked` is the one to confirm, because `before` was another."""

    platform: Platform
    choices: tuple[CompanyChoice, ...]
    before: Books | None
    asked: CompanyChoice | None


def stored_choice(choice: CompanyChoice) -> dict[str, Any]:
    """The form in which a consent's row keeps a company."""
    stored: dict[str, Any] = msgspec.to_builtins(choice)
    return stored


def _read_choice(stored: dict[str, Any]) -> CompanyChoice:
    return msgspec.convert(stored, CompanyChoice)


async def load_choosing(services: Services, connection_id: UUID, browser: str | None) -> Choosing | None:
    """The choice that waits for this browser, or None."""
    async with services.database.read() as session:
        consent = await _load_waiting(session, connection_id, browser, now=services.clock.now())
        if consent is None:
            return None
        before = await load_books_before(session, await session.get_one(Connection, connection_id))
    asked = next((stored for stored in consent.choices or () if stored.get(_ASKED)), None)
    return Choosing(
        platform=platform_named(consent.platform),
        choices=tuple(_read_choice(stored) for stored in consent.choices or ()),
        before=before,
        asked=None if asked is None else _read_choice(asked),
    )


async def choose_company(
    services: Services, connection_id: UUID, browser: str | None, external_id: str, *, confirmed: bool
) -> Arrival:
    """Attach the company that the person picked, or ask once more when it is another than before."""
    async with services.database.read() as session:
        consent = await _load_waiting(session, connection_id, browser, now=services.clock.now())
        if consent is None:
            return await _nothing_waits(session, connection_id)
    if all(stored["external_id"] != external_id for stored in consent.choices or ()):
        return Arrival(landing=Landing.CHOOSE, connection_id=connection_id, platform=consent.platform)
    return await attach_choice(services, consent.state_hash, external_id, confirmed=confirmed)


async def reconsider(services: Services, connection_id: UUID, browser: str | None) -> Arrival:
    """Go back from the question to the choice; with nothing else to choose the visit ends, and its access with it."""
    async with services.database.write() as session:
        consent = await _load_waiting(session, connection_id, browser, now=services.clock.now())
        if consent is None:
            return await _nothing_waits(session, connection_id)
        several = len(consent.choices or ()) > 1
        if several:
            consent.choices = _marked(consent, None)
        else:
            await finish_without_books(services, session, consent)
    services.engine.nudge()
    landing = Landing.CHOOSE if several else Landing.WELCOME
    return Arrival(landing=landing, connection_id=connection_id, platform=consent.platform)


async def attach_choice(services: Services, state_hash: str, external_id: str, *, confirmed: bool) -> Arrival:
    """Attach one of a consent's companies in one commit, or record why not."""
    for attempt in range(1, ATTACH_ATTEMPTS_MAX + 1):
        try:
            async with services.database.write() as session:
                arrival = await _attach(services, session, state_hash, external_id, confirmed=confirmed)
        except IntegrityError:
            if attempt == ATTACH_ATTEMPTS_MAX:
                raise
        else:
            services.engine.nudge()
            return arrival
    raise AssertionError("unreachable: the last attempt returns or raises")


async def finish_without_books(services: Services, session: AsyncSession, consent: Consent) -> None:
    """End a visit in the caller's transaction; what it brought is ended at the platform by its grant's lane."""
    consent.finished_at = services.clock.now()
    if consent.grant_id is not None:
        await services.engine.wake(session, ending_lane(consent.grant_id))


async def _attach(
    services: Services, session: AsyncSession, state_hash: str, external_id: str, *, confirmed: bool
) -> Arrival:
    now = services.clock.now()
    consent = await session.get_one(Consent, state_hash)
    connection = await session.get_one(Connection, consent.connection_id)
    app = await session.get_one(PlatformApp, consent.app_id)
    await lock_books(session, connection, app, external_id)
    await session.refresh(connection, with_for_update=True)
    await session.refresh(consent, with_for_update=True)
    if consent.finished_at is not None:
        return await _nothing_waits(session, connection.id)
    choice = next(_read_choice(stored) for stored in consent.choices or () if stored["external_id"] == external_id)
    brought = Books(app_id=app.id, platform=app.platform, external_id=external_id, name=choice.name)
    attachment = plan_attachment(await load_attach_facts(session, connection, brought, confirmed=confirmed, now=now))
    match attachment:
        case Attachment.ATTACH:
            company = await apply_attachment(
                session, services.engine, connection=connection, consent=consent, app=app, choice=choice, now=now
            )
            await audit_trail.record(
                session,
                partner_id=connection.partner_id,
                at=now,
                actor=PERSON,
                action="accounting_connection.connected",
                subject_id=str(connection.id),
                details={"platform": company.platform, "company_id": str(company.id)},
            )
        case Attachment.ASK_FIRST:
            consent.choices = _marked(consent, external_id)
        case _:
            await finish_without_books(services, session, consent)
    return Arrival(landing=_LANDINGS[attachment], connection_id=connection.id, platform=consent.platform)


def _marked(consent: Consent, external_id: str | None) -> list[dict[str, Any]]:
    """The stored companies with the one to confirm marked, or none."""
    plain = [{name: value for name, value in stored.items() if name != _ASKED} for stored in consent.choices or ()]
    return [stored | {_ASKED: True} if stored["external_id"] == external_id else stored for stored in plain]


async def _load_waiting(
    session: AsyncSession, connection_id: UUID, browser: str | None, *, now: datetime
) -> Consent | None:
    if browser is None:
        return None
    return await session.scalar(
        select(Consent)
        .where(
            Consent.connection_id == connection_id,
            Consent.browser_hash == hash_of(browser),
            Consent.grant_id.is_not(None),
            Consent.choices.is_not(None),
            Consent.finished_at.is_(None),
            Consent.expires_at > now,
        )
        .order_by(Consent.created_at.desc())
        .limit(1)
    )


async def _nothing_waits(session: AsyncSession, connection_id: UUID) -> Arrival:
    """Where a person stands whose choice was made already, or ran out."""
    status = await session.scalar(select(Connection.status).where(Connection.id == connection_id))
    landing = Landing.CONNECTED if status == "connected" else Landing.TOO_LATE
    return Arrival(landing=landing, connection_id=connection_id)
