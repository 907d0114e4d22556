"""Trying an app's keys at its platform, and taking a new secret only after the platform has accepted it.

No transaction is open while the platform is asked.
"""

from dataclasses import replace

from tieout.api.dependencies import DetachedPartnerCall
from tieout.api.platforms.service import addresses_of, known_platform, load_app, record
from tieout.kit.errors import Conflict, Fault, NotFound, Unprocessable
from tieout.platforms.port import App, Environment
from tieout.storage.tables.access import PlatformApp
from tieout.sync.grants import open_app
from tieout.sync.trying_keys import KeysTried, Verdict, try_keys


async def _read_app(call: DetachedPartnerCall, platform: str, environment: Environment) -> tuple[PlatformApp, App]:
    """The partner's app, and the same with its secret opened; raises NotFound."""
    async with call.services.database.read() as session:
        row = await load_app(session, call.partner_id, known_platform(platform).name, environment)
        if row is None:
            message = f"No keys are set for {platform} in the environment {environment}."
            raise NotFound(message)
        return row, open_app(call.services.vault, row)


async def _try(call: DetachedPartnerCall, platform: str, app: App) -> KeysTried:
    redirect_uri = addresses_of(platform, call.services.settings.public_url).redirect_url
    return await try_keys(known_platform(platform), call.services.http, app, redirect_uri=redirect_uri)


async def test_keys(call: DetachedPartnerCall, platform: str, environment: Environment) -> KeysTried:
    """What the platform makes of the keys that are set; raises NotFound."""
    _, app = await _read_app(call, platform, environment)
    return await _try(call, platform, app)


async def rotate_secret(
    call: DetachedPartnerCall, platform: str, environment: Environment, client_secret: str
) -> PlatformApp:
    """Put a new client secret in the place of the old one.

    Raises NotFound, Unprocessable when the platform refuses the new secret, and Conflict when it does not answer or the
    keys were changed meanwhile; then the old secret stays.
    """
    before, app = await _read_app(call, platform, environment)
    tried = await _try(call, platform, replace(app, client_secret=client_secret))
    if tried.verdict is Verdict.REFUSED:
        raise Unprocessable(Fault(("body", "client_secret"), f"{tried.message} {tried.fix}", "value_error.refused"))
    if tried.verdict is Verdict.NOT_ANSWERING:
        message = f"The new secret could not be tried, so the old one stays. {tried.message}"
        raise Conflict(message)
    async with call.services.database.write() as session:
        row = await load_app(session, call.partner_id, platform, environment, for_update=True)
        if row is None or (row.client_id, row.client_secret) != (before.client_id, before.client_secret):
            message = "The keys of this app were changed meanwhile."
            raise Conflict(message)
        row.client_secret = call.services.vault.seal(client_secret, place=f"platform_apps.client_secret:{row.id}")
        row.updated_at = call.services.clock.now()
        await record(session, call.services.clock, row, actor=call.actor, action="platform_keys.rotated", details={})
        return row
