"""Trying an app's keys at its platform, and exchanging them with an overlap once the platform has accepted the new.

No transaction is open while the platform is asked.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from tieout.api.platforms.schemas import OVERLAP_DEFAULT_S
from tieout.api.platforms.service import addresses_of, known_platform, load_app, record
from tieout.kit.errors import Conflict, Fault, NotFound, Unprocessable
from tieout.platforms.port import App, Cause, Environment
from tieout.security.vault import Vault
from tieout.storage.tables.access import PlatformApp
from tieout.sync.grants import open_app, place_of_app
from tieout.sync.metering import metering
from tieout.sync.services import Services
from tieout.sync.trying_keys import KeysTried, Verdict, try_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class AppNamed:
    """Which app, and who asks about it."""

    partner_id: UUID
    platform: str
    environment: Environment
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKeys:
    """What the developer portal gave anew; without `webhook_key` that stays. The old ones are good for `overlap_s`."""

    client_secret: str = field(repr=False)
    webhook_key: str | None = field(default=None, repr=False)
    overlap_s: int = OVERLAP_DEFAULT_S


async def _read_app(services: Services, named: AppNamed) -> tuple[PlatformApp, App]:
    """The partner's app, and the same with its secret opened; raises NotFound."""
    async with services.database.read() as session:
        row = await load_app(session, named.partner_id, known_platform(named.platform).name, named.environment)
        if row is None:
            raise _not_set(named)
        return row, open_app(services.vault, row, now=services.clock.now())


def _not_set(named: AppNamed) -> NotFound:
    return NotFound(f"No keys are set for {named.platform} in the environment {named.environment}.")


async def _try(services: Services, platform: str, row: PlatformApp, app: App) -> KeysTried:
    redirect_uri = addresses_of(platform, services.settings.public_url).redirect_url
    known = known_platform(platform)
    async with metering(services, app_id=row.id, subject_id=row.id, platform=known, cause=Cause.CONNECT) as counted:
        return await try_keys(known, counted.http, app, redirect_uri=redirect_uri)


async def test_keys(services: Services, named: AppNamed) -> KeysTried:
    """What the platform makes of the keys that are set; raises NotFound."""
    row, app = await _read_app(services, named)
    return await _try(services, named.platform, row, replace(app, previous_client_secret=None))


async def rotate_keys(services: Services, named: AppNamed, new: NewKeys) -> PlatformApp:
    """Put new keys in the place of the old, which stay good for a while.

    Raises NotFound, Unprocessable when the platform refuses the new secret, and Conflict when it does not answer or the
    keys were changed meanwhile; then the old ones stay.
    """
    before, app = await _read_app(services, named)
    fresh = replace(app, client_secret=new.client_secret, previous_client_secret=None)
    tried = await _try(services, named.platform, before, fresh)
    if tried.verdict is Verdict.REFUSED:
        raise Unprocessable(Fault(("body", "client_secret"), f"{tried.message} {tried.fix}", "value_error.refused"))
    if tried.verdict is Verdict.NOT_ANSWERING:
        message = f"The new secret could not be tried, so the old one stays. {tried.message}"
        raise Conflict(message)
    async with services.database.write() as session:
        row = await load_app(session, named.partner_id, named.platform, named.environment, for_update=True)
        if row is None or _keys_of(row) != _keys_of(before):
            message = "The keys of this app were changed meanwhile."
            raise Conflict(message)
        _exchange(services.vault, row, new, now=services.clock.now())
        details: dict[str, object] = {"overlap_s": new.overlap_s, "with_webhook_key": new.webhook_key is not None}
        action = "platform_keys.rotated"
        await record(session, services.clock, row, actor=named.actor, action=action, details=details)
        return row


def _keys_of(row: PlatformApp) -> tuple[str, bytes, bytes | None]:
    return row.client_id, row.client_secret, row.webhook_key


def _exchange(vault: Vault, row: PlatformApp, new: NewKeys, *, now: datetime) -> None:
    """New keys in the place of the old; what came before the old is forgotten."""
    forget_previous(row)
    if new.overlap_s > 0:
        row.previous_keys_expire_at = now + timedelta(seconds=new.overlap_s)
        row.previous_client_secret = _moved(vault, row, "client_secret", "previous_client_secret")
        if new.webhook_key is not None and row.webhook_key is not None:
            row.previous_webhook_key = _moved(vault, row, "webhook_key", "previous_webhook_key")
    row.client_secret = vault.seal(new.client_secret, place=place_of_app("client_secret", row))
    if new.webhook_key is not None:
        row.webhook_key = vault.seal(new.webhook_key, place=place_of_app("webhook_key", row))
    row.updated_at = now


def _moved(vault: Vault, row: PlatformApp, column: str, to_column: str) -> bytes:
    """A secret sealed for another column of its row: it opens nowhere but where it lies."""
    secret = vault.open(getattr(row, column), place=place_of_app(column, row))
    return vault.seal(secret, place=place_of_app(to_column, row))


def forget_previous(row: PlatformApp) -> None:
    """From now on only the newest keys are good."""
    row.previous_client_secret = row.previous_webhook_key = row.previous_keys_expire_at = None


async def end_previous_keys(services: Services, named: AppNamed) -> PlatformApp:
    """End the keys before the last rotation now, as after a leak; none is no error. Raises NotFound."""
    platform = known_platform(named.platform).name
    async with services.database.write() as session:
        row = await load_app(session, named.partner_id, platform, named.environment, for_update=True)
        if row is None:
            raise _not_set(named)
        if row.previous_keys_expire_at is not None:
            forget_previous(row)
            row.updated_at = services.clock.now()
            action = "platform_keys.previous_ended"
            await record(session, services.clock, row, actor=named.actor, action=action, details={})
        return row
