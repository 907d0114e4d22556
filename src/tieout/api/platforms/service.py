"""The rules of the partner's apps; the API and the operator's command both come here.

Client secret and webhook key are sealed to their row. Keys of another app cannot take the place of those through which
companies are connected: their grants would die without a word.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.api.platforms.schemas import AddressesResponse, AppResponse, PlatformList, PlatformResponse
from tieout.kit.clock import Clock
from tieout.kit.errors import Conflict, Fault, NotFound, Unprocessable
from tieout.kit.identifiers import new_id
from tieout.platforms.port import Environment, Platform
from tieout.platforms.registry import all_platforms
from tieout.security.vault import Vault
from tieout.storage import audit_trail
from tieout.storage.tables.access import Partner, PlatformApp
from tieout.storage.tables.connections import Company, Connection, Grant
from tieout.sync.connected import LIVE
from tieout.sync.grants import place_of_app


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What a developer portal gives. `origin` is where a simulated platform stands."""

    client_id: str
    client_secret: str = field(repr=False)
    webhook_key: str | None = field(default=None, repr=False)
    origin: str | None = None


def known_platform(name: str) -> Platform:
    """The platform of that name; raises NotFound."""
    try:
        return all_platforms()[name]
    except KeyError:
        message = f"There is no platform {name}. There are: {', '.join(all_platforms())}."
        raise NotFound(message) from None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def plan_origin(origin: str | None, environment: Environment, *, allow_private_addresses: bool) -> str | None:
    """The origin of a simulated platform, checked; raises Unprocessable.

    Tieout calls it, so it must be this machine's, unless the operator lets calls go to private addresses.
    """
    place = ("body", "origin")
    if environment is not Environment.SIMULATED:
        if origin is not None:
            raise Unprocessable(Fault(place, "only the simulated environment has an origin of its own"))
        return None
    if origin is None:
        raise Unprocessable(Fault(place, "say where the simulated platform stands, like http://127.0.0.1:8801"))
    try:
        parts = urlsplit(origin)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Unprocessable(Fault(place, "Input should be an origin, like http://127.0.0.1:8801")) from None
    has_more = parts.username is not None or parts.path not in {"", "/"} or bool(parts.query or parts.fragment)
    if parts.scheme not in {"http", "https"} or not host or has_more:
        raise Unprocessable(Fault(place, "Input should be an origin, like http://127.0.0.1:8801"))
    if not allow_private_addresses and not _is_loopback(host):
        raise Unprocessable(Fault(place, "a simulated platform must stand on this machine (a loopback address)"))
    shown_host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown_host}" + ("" if port is None else f":{port}")


async def load_app(
    session: AsyncSession, partner_id: UUID, platform: str, environment: Environment, *, for_update: bool = False
) -> PlatformApp | None:
    """The partner's app at a platform, if its keys are set."""
    query = select(PlatformApp).where(
        PlatformApp.partner_id == partner_id,
        PlatformApp.platform == platform,
        PlatformApp.environment == environment.value,
    )
    return await session.scalar(query.with_for_update() if for_update else query)


async def _has_live_companies(session: AsyncSession, app: PlatformApp) -> bool:
    query = (
        select(Connection.id)
        .join(Company, Company.id == Connection.company_id)
        .where(Company.app_id == app.id, Company.partner_id == app.partner_id, Connection.status.in_(LIVE))
        .limit(1)
    )
    return await session.scalar(query) is not None


async def set_keys(  # noqa: PLR0913 - which app, its keys, and who sets them: all named
    session: AsyncSession,
    vault: Vault,
    clock: Clock,
    partner_id: UUID,
    *,
    platform: str,
    environment: Environment,
    keys: Keys,
    actor: str,
    allow_private_addresses: bool,
) -> PlatformApp:
    """Set or replace the keys of an app; raises NotFound, Unprocessable or Conflict."""
    known_platform(platform)
    origin = plan_origin(keys.origin, environment, allow_private_addresses=allow_private_addresses)
    now = clock.now()
    app = await load_app(session, partner_id, platform, environment, for_update=True)
    if app is not None and app.client_id != keys.client_id and await _has_live_companies(session, app):
        message = "Companies are connected through the app whose keys are set. Disconnect them before setting another."
        raise Conflict(message)
    if app is None:
        app = PlatformApp(
            id=new_id(), partner_id=partner_id, platform=platform, environment=environment.value, created_at=now
        )
        session.add(app)
    if app.client_id != keys.client_id:
        app.last_webhook_at = None
    app.client_id, app.origin, app.updated_at = keys.client_id, origin, now
    app.client_secret = vault.seal(keys.client_secret, place=place_of_app("client_secret", app))
    app.webhook_key = app.previous_client_secret = app.previous_webhook_key = app.previous_keys_expire_at = None
    if keys.webhook_key is not None:
        app.webhook_key = vault.seal(keys.webhook_key, place=place_of_app("webhook_key", app))
    await session.flush()
    await record(
        session,
        clock,
        app,
        actor=actor,
        action="platform_keys.set",
        details={"origin": origin, "has_webhook_key": app.webhook_key is not None},
    )
    return app


async def delete_keys(
    session: AsyncSession, clock: Clock, partner_id: UUID, *, platform: str, environment: Environment, actor: str
) -> None:
    """Remove an app with its keys; raises NotFound, or Conflict once a company was connected through it."""
    app = await load_app(session, partner_id, known_platform(platform).name, environment, for_update=True)
    if app is None:
        message = f"No keys are set for {platform} in the environment {environment}."
        raise NotFound(message)
    for model in (Company, Grant):
        if await session.scalar(select(model.id).where(model.app_id == app.id).limit(1)) is not None:
            message = (
                "Companies were connected through this app, and what is known of them hangs on it."
                " Replace its keys instead of removing them."
            )
            raise Conflict(message)
    await record(session, clock, app, actor=actor, action="platform_keys.deleted", details={})
    await session.delete(app)


async def record(
    session: AsyncSession, clock: Clock, app: PlatformApp, *, actor: str, action: str, details: dict[str, object]
) -> None:
    """Note in the audit trail what was done with an app's keys."""
    names = {"platform": app.platform, "environment": app.environment, "client_id": app.client_id}
    await audit_trail.record(
        session,
        partner_id=app.partner_id,
        at=clock.now(),
        actor=actor,
        action=action,
        subject_id=str(app.id),
        details=names | details,
    )


async def set_environment(
    session: AsyncSession, clock: Clock, partner_id: UUID, environment: Environment, *, actor: str
) -> None:
    """Choose whose apps new connections use; connected companies stay with the app they were connected through."""
    partner = await session.get_one(Partner, partner_id, with_for_update=True)
    if partner.environment == environment:
        return
    details = {"from": partner.environment, "to": environment.value}
    partner.environment, partner.updated_at = environment.value, clock.now()
    await audit_trail.record(
        session,
        partner_id=partner_id,
        at=clock.now(),
        actor=actor,
        action="partner.environment_changed",
        subject_id=str(partner_id),
        details=details,
    )


def addresses_of(platform: str, public_url: str) -> AddressesResponse:
    """The addresses that belong to a platform, whichever app."""
    return AddressesResponse(
        redirect_url=f"{public_url}/connect/callback/{platform}",
        disconnect_url=f"{public_url}/connect/ended/{platform}",
        reconnect_url=f"{public_url}/connect/again/{platform}",
    )


def webhook_url(app: PlatformApp, public_url: str) -> str:
    """Where the platform sends the app's webhooks."""
    return f"{public_url}/hooks/{app.platform}/{app.id}"


def shown(app: PlatformApp, public_url: str) -> AppResponse:
    """The app without its secrets."""
    return AppResponse(
        id=app.id,
        environment=Environment(app.environment),
        client_id=app.client_id,
        has_webhook_key=app.webhook_key is not None,
        origin=app.origin,
        webhook_url=webhook_url(app, public_url),
        last_webhook_at=app.last_webhook_at,
        previous_keys_expire_at=app.previous_keys_expire_at,
        created_at=app.created_at,
        updated_at=app.updated_at,
    )


def _shown_platform(platform: Platform, apps: Sequence[PlatformApp], public_url: str) -> PlatformResponse:
    return PlatformResponse(
        name=platform.name,
        title=platform.title,
        region_hint=platform.region_hint,
        addresses=addresses_of(platform.name, public_url),
        apps=[shown(app, public_url) for app in apps if app.platform == platform.name],
    )


async def list_platforms(session: AsyncSession, partner_id: UUID, *, public_url: str) -> PlatformList:
    """Every platform, the partner's apps there, and every address to paste into the developer portals."""
    partner = await session.get_one(Partner, partner_id)
    query = select(PlatformApp).where(PlatformApp.partner_id == partner_id).order_by(PlatformApp.environment)
    apps = (await session.scalars(query)).all()
    return PlatformList(
        environment=Environment(partner.environment),
        environments=list(Environment),
        data=[_shown_platform(platform, apps, public_url) for platform in all_platforms().values()],
    )
