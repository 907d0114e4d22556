"""Connecting: a person leaves for a platform's consent page, comes back, and the books are attached.

No transaction is open while waiting for the platform. A visit's `state` is random, kept only as a hash, bound to the
browser by a cookie, and used once: that it is used stands in a commit of its own before the code is exchanged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.kit.identifiers import random_token
from tieout.platforms.errors import PlatformRefusal
from tieout.platforms.oauth import new_verifier
from tieout.platforms.port import Cause, CompanyChoice, Platform, Tokens
from tieout.platforms.registry import platform_named
from tieout.security.tokens import hash_of
from tieout.storage.tables.access import Partner, PlatformApp
from tieout.storage.tables.connections import Connection, Consent
from tieout.sync.attaching import OPEN
from tieout.sync.callbacks import Arrival, Landing, landing_of_exchange, landing_of_listing, plan_callback
from tieout.sync.choosing import attach_choice, finish_without_books, stored_choice
from tieout.sync.ending import ending_lane
from tieout.sync.grants import open_app, save_new_grant
from tieout.sync.metering import metering
from tieout.sync.renewing import may_renew
from tieout.sync.services import Services

CONSENT_LIFETIME_S: Final = 1800
"""How long a person may stay at the platform, and then again at the choice of a company."""
OPEN_CONSENTS_MAX: Final = 20
"""Visits of one connection that may be under way at once; the oldest are forgotten."""
STATE_CHARACTERS_MAX: Final = 200
CODE_CHARACTERS_MAX: Final = 4096
CHOICES_MAX: Final = 1_000
"""Companies of one consent that are offered."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """The person may leave: where to."""

    url: str
    platform: Platform


def callback_url(public_url: str, platform: str) -> str:
    """Where a platform sends people back to: to be registered with the partner's app there."""
    return f"{public_url}/connect/callback/{platform}"


async def start_consent(
    services: Services, connection_id: UUID, platform_name: str, browser: str, *, link_expires_at: datetime
) -> Departure | Arrival:
    """Begin a visit to a platform, for the browser that carries the cookie value `browser` and came by a link."""
    platform = platform_named(platform_name)
    now = services.clock.now()
    state, verifier = random_token(), new_verifier()
    async with services.database.write() as session:
        connection = await session.get_one(Connection, connection_id)
        if connection.status not in OPEN and not await may_renew(session, connection, now=now):
            landing = Landing.CONNECTED if connection.status == "connected" else Landing.ENDED
            return Arrival(landing=landing, connection_id=connection_id, platform=platform_name)
        app = await load_app(session, connection, platform_name)
        if app is None:
            return Arrival(landing=Landing.NOT_SET_UP, connection_id=connection_id, platform=platform_name)
        await _forget_old_visits(session, connection_id, now=now)
        session.add(
            Consent(
                state_hash=hash_of(state),
                browser_hash=hash_of(browser),
                partner_id=connection.partner_id,
                connection_id=connection_id,
                app_id=app.id,
                platform=platform_name,
                verifier=services.vault.seal(verifier, place=f"consents.verifier:{hash_of(state)}"),
                link_expires_at=link_expires_at,
                created_at=now,
                expires_at=now + timedelta(seconds=CONSENT_LIFETIME_S),
            )
        )
        opened = open_app(services.vault, app, now=services.clock.now())
    redirect_uri = callback_url(services.settings.public_url, platform_name)
    url = platform.authorize_url(opened, redirect_uri=redirect_uri, state=state, verifier=verifier)
    return Departure(url=url, platform=platform)


async def load_app(session: AsyncSession, connection: Connection, platform: str) -> PlatformApp | None:
    """The app that the connection's partner uses at a platform, or None when none is set up."""
    return await session.scalar(
        select(PlatformApp)
        .join(Partner, Partner.id == PlatformApp.partner_id)
        .where(
            PlatformApp.partner_id == connection.partner_id,
            PlatformApp.platform == platform,
            PlatformApp.environment == Partner.environment,
        )
    )


async def _forget_old_visits(session: AsyncSession, connection_id: UUID, *, now: datetime) -> None:
    """Drop visits that can no longer end well, and the oldest of too many; none that brought a grant."""
    never_returned = (Consent.connection_id == connection_id, Consent.grant_id.is_(None))
    await session.execute(delete(Consent).where(*never_returned, Consent.expires_at <= now))
    too_many = (
        select(Consent.state_hash)
        .where(*never_returned)
        .order_by(Consent.created_at.desc(), Consent.state_hash)
        .offset(OPEN_CONSENTS_MAX - 1)
    )
    surplus = (await session.scalars(too_many)).all()
    if surplus:
        await session.execute(delete(Consent).where(Consent.state_hash.in_(surplus)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """A visit whose code is to be exchanged."""

    state_hash: str
    connection_id: UUID
    app: PlatformApp
    platform: Platform
    verifier: str


async def finish_consent(
    services: Services, platform_name: str, query: Mapping[str, str], browser: str | None
) -> Arrival:
    """Take a person who comes back from a platform as far as they can go; nothing is left half-written."""
    visit = await _claim_visit(services, platform_name, query, browser)
    if isinstance(visit, Arrival):
        return visit
    async with metering(
        services,
        app_id=visit.app.id,
        subject_id=visit.connection_id,
        platform=visit.platform,
        cause=Cause.CONNECT,
    ) as counted:
        brought = await _bring(counted, visit, query)
    if isinstance(brought, Arrival):
        return brought
    return await _offer(services, visit, brought[:CHOICES_MAX])


async def _bring(services: Services, visit: _Visit, query: Mapping[str, str]) -> tuple[CompanyChoice, ...] | Arrival:
    """Exchange the code and ask which companies the consent reaches; or where the person stands without any."""
    app = open_app(services.vault, visit.app, now=services.clock.now())
    redirect_uri = callback_url(services.settings.public_url, visit.platform.name)
    try:
        tokens = await visit.platform.exchange_code(
            services.http, app, code=query["code"], redirect_uri=redirect_uri, verifier=visit.verifier
        )
    except PlatformRefusal as refusal:
        _note(visit, refusal)
        return _arrival(visit, landing_of_exchange(refusal))
    await _save_tokens(services, visit, tokens)
    try:
        choices = await visit.platform.list_companies(services.http, app, tokens, query)
    except PlatformRefusal as refusal:
        _note(visit, refusal)
        return await _give_up(services, visit, landing_of_listing(refusal))
    return choices or await _give_up(services, visit, Landing.NO_COMPANY)


def _note(visit: _Visit, refusal: PlatformRefusal) -> None:
    log.warning(
        "consent_failed",
        connection_id=str(visit.connection_id),
        platform=visit.platform.name,
        refusal=refusal.explanation.code,
        native=refusal.native,
    )


def _arrival(visit: _Visit, landing: Landing) -> Arrival:
    return Arrival(landing=landing, connection_id=visit.connection_id, platform=visit.platform.name)


async def _claim_visit(
    services: Services, platform_name: str, query: Mapping[str, str], browser: str | None
) -> _Visit | Arrival:
    """Check the state and mark it used, in a commit of its own."""
    state = query.get("state", "")
    if not state or len(state) > STATE_CHARACTERS_MAX or len(query.get("code", "")) > CODE_CHARACTERS_MAX:
        return Arrival(landing=Landing.UNKNOWN, platform=platform_name)
    now = services.clock.now()
    async with services.database.write() as session:
        consent = await session.get(Consent, hash_of(state), with_for_update=True)
        connection = await session.get(Connection, consent.connection_id) if consent else None
        landing = plan_callback(
            consent,
            platform=platform_name,
            browser=browser,
            query=query,
            connection_status=connection.status if connection else None,
            now=now,
        )
        if consent is None or connection is None or landing in (Landing.UNKNOWN, Landing.OTHER_BROWSER):
            known = connection.id if connection and landing is Landing.OTHER_BROWSER else None
            return Arrival(landing=landing or Landing.UNKNOWN, connection_id=known, platform=platform_name)
        if consent.used_at is None:
            consent.used_at = now
            if landing is not None:
                consent.finished_at = now
        if landing is not None:
            if "error" in query:
                log.info("consent_refused", connection_id=str(connection.id), native=query["error"][:40])
            return Arrival(landing=landing, connection_id=connection.id, platform=platform_name)
        return _Visit(
            state_hash=consent.state_hash,
            connection_id=connection.id,
            app=await session.get_one(PlatformApp, consent.app_id),
            platform=platform_named(platform_name),
            verifier=services.vault.open(consent.verifier, place=f"consents.verifier:{consent.state_hash}"),
        )


async def _save_tokens(services: Services, visit: _Visit, tokens: Tokens) -> None:
    """Keep what was received before anything else is asked, and see that it ends if the person never goes on."""
    now = services.clock.now()
    async with services.database.write() as session:
        grant = save_new_grant(session, services.vault, app=visit.app, tokens=tokens, received_at=now)
        await session.flush()
        consent = await session.get_one(Consent, visit.state_hash)
        consent.grant_id = grant.id
        consent.expires_at = now + timedelta(seconds=CONSENT_LIFETIME_S)
        await services.engine.wake(
            session, ending_lane(grant.id), at=consent.expires_at, partner_id=visit.app.partner_id
        )


async def _give_up(services: Services, visit: _Visit, landing: Landing) -> Arrival:
    """End a visit that brought a grant and no books."""
    async with services.database.write() as session:
        consent = await session.get_one(Consent, visit.state_hash)
        await finish_without_books(services, session, consent)
    services.engine.nudge()
    return _arrival(visit, landing)


async def _offer(services: Services, visit: _Visit, choices: tuple[CompanyChoice, ...]) -> Arrival:
    """Keep what the consent reached; a single company is attached at once, several wait for the person."""
    async with services.database.write() as session:
        consent = await session.get_one(Consent, visit.state_hash)
        consent.choices = [stored_choice(choice) for choice in choices]
    if len(choices) > 1:
        return _arrival(visit, Landing.CHOOSE)
    return await attach_choice(services, visit.state_hash, choices[0].external_id, confirmed=False)
