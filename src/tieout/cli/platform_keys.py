"""`tieout platform`: a partner's own apps at the platforms. Secrets come from the environment, never as an argument."""

from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.api.api_clients.service import OPERATOR
from tieout.api.platforms import service, trying
from tieout.api.platforms.schemas import OVERLAP_DEFAULT_S, OVERLAP_MAX_S, KeysPayload
from tieout.cli.opening import load_settings, opened, run, secret_from
from tieout.cli.output import AsJson, refuse, show
from tieout.kit.errors import NotFound
from tieout.platforms.port import Environment
from tieout.settings import Settings
from tieout.storage.tables.access import Partner

app = typer.Typer(help="A partner's own apps at the platforms.", no_args_is_help=True)

PartnerId = Annotated[UUID, typer.Option("--partner", help="The partner's id, as `tieout partner list` shows it.")]
PlatformName = Annotated[str, typer.Argument(help="The platform's name, as `tieout platform show` lists it.")]
World = Annotated[Environment, typer.Option("--environment", help="To which of the platform's worlds the keys belong.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """Which app gets which keys."""

    partner_id: UUID
    platform: str
    environment: Environment
    keys: service.Keys = field(repr=False)


@app.command("set")
def set_keys(
    platform: PlatformName,
    partner: PartnerId,
    *,
    environment: World = Environment.PRODUCTION,
    client_id: Annotated[str, typer.Option(help="The app's client id, from the platform's developer portal.")],
    secret_env: Annotated[str, typer.Option(help="Name of the environment variable that holds the app's secret.")],
    webhook_key_env: Annotated[
        str | None, typer.Option(help="Name of the environment variable that holds the webhook's key.")
    ] = None,
    origin: Annotated[str | None, typer.Option(help="Where a simulated platform stands.")] = None,
    as_json: AsJson = False,
) -> None:
    """Set or replace the keys of an app. They are encrypted at rest and never shown again."""
    try:
        keys = KeysPayload(
            client_id=client_id,
            client_secret=secret_from(secret_env) or "",
            webhook_key=secret_from(webhook_key_env),
            origin=origin,
        )
    except ValidationError as error:  # its own text would repeat the secret
        refuse("; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors()))
    wanted = _Wanted(
        partner_id=partner, platform=platform, environment=environment, keys=service.Keys(**keys.model_dump())
    )
    show(run(_set_keys(load_settings(), wanted)), as_json=as_json)


async def _set_keys(settings: Settings, wanted: _Wanted) -> dict[str, Any]:
    async with opened(settings) as services, services.database.write() as session:
        await _check_partner(session, wanted.partner_id)
        row = await service.set_keys(
            session,
            services.vault,
            services.clock,
            wanted.partner_id,
            platform=wanted.platform,
            environment=wanted.environment,
            keys=wanted.keys,
            actor=OPERATOR,
            allow_private_addresses=settings.allow_private_addresses,
        )
        shown = service.shown(row, settings.public_url).model_dump(mode="json")
        return shown | service.addresses_of(wanted.platform, settings.public_url).model_dump(mode="json")


@app.command("show")
def show_platforms(partner: PartnerId, *, as_json: AsJson = False) -> None:
    """List the platforms, whose keys are set, and every address to paste into their developer portals."""
    answer = run(_show(load_settings(), partner))
    if as_json:
        show(answer, as_json=True)
        return
    show({"environment in use": answer["environment"]}, as_json=False)
    for platform in answer["data"]:
        keys = [
            f"{one['environment']}: {one['client_id']}, webhooks to {one['webhook_url']} ({_key_of(one)})"
            for one in platform["apps"]
        ]
        show({"platform": platform["name"], **platform["addresses"], "keys": keys or "none"}, as_json=False)


def _key_of(app: dict[str, Any]) -> str:
    if not app["has_webhook_key"]:
        return "no key is set for them, so none is taken"
    return f"last one {app['last_webhook_at']}" if app["last_webhook_at"] else "none has come yet"


async def _show(settings: Settings, partner_id: UUID) -> dict[str, Any]:
    async with opened(settings) as services, services.database.read() as session:
        await _check_partner(session, partner_id)
        listed = await service.list_platforms(session, partner_id, public_url=settings.public_url)
        return listed.model_dump(mode="json")


@app.command("rotate")
def rotate_keys(
    platform: PlatformName,
    partner: PartnerId,
    *,
    environment: World = Environment.PRODUCTION,
    secret_env: Annotated[str, typer.Option(help="Name of the environment variable that holds the new secret.")],
    webhook_key_env: Annotated[
        str | None, typer.Option(help="Name of the environment variable that holds the webhook's new key.")
    ] = None,
    overlap_s: Annotated[
        int, typer.Option(min=0, max=OVERLAP_MAX_S, help="How long the old keys stay good; 0 ends them now.")
    ] = OVERLAP_DEFAULT_S,
    as_json: AsJson = False,
) -> None:
    """Take new keys of an app, once the platform has accepted the secret; the old ones stay good for a while."""
    new = trying.NewKeys(
        client_secret=secret_from(secret_env) or "", webhook_key=secret_from(webhook_key_env), overlap_s=overlap_s
    )
    show(run(_rotate(load_settings(), _named(partner, platform, environment), new)), as_json=as_json)


async def _rotate(settings: Settings, named: trying.AppNamed, new: trying.NewKeys) -> dict[str, Any]:
    async with opened(settings) as services:
        row = await trying.rotate_keys(services, named, new)
        return service.shown(row, settings.public_url).model_dump(mode="json")


@app.command("end-previous")
def end_previous_keys(
    platform: PlatformName, partner: PartnerId, *, environment: World = Environment.PRODUCTION, as_json: AsJson = False
) -> None:
    """End the keys before the last rotation now, as after a leak."""
    show(run(_end_previous(load_settings(), _named(partner, platform, environment))), as_json=as_json)


async def _end_previous(settings: Settings, named: trying.AppNamed) -> dict[str, Any]:
    async with opened(settings) as services:
        row = await trying.end_previous_keys(services, named)
        return service.shown(row, settings.public_url).model_dump(mode="json")


def _named(partner_id: UUID, platform: str, environment: Environment) -> trying.AppNamed:
    return trying.AppNamed(partner_id=partner_id, platform=platform, environment=environment, actor=OPERATOR)


@app.command("limits")
def set_limits(
    platform: PlatformName,
    partner: PartnerId,
    *,
    environment: World = Environment.PRODUCTION,
    calls_per_day: Annotated[
        int, typer.Option(min=0, help="Calls a day to each company that the app's tier allows; 0: the platform's own.")
    ] = 0,
    billed_calls_per_month: Annotated[
        int, typer.Option(min=0, help="Billed calls a month of all companies together; 0: as many as there are.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Say how many calls the app's tier allows, and how many it may cost; what is not said is not limited here."""
    limits = {"calls_per_day": calls_per_day or None, "billed_calls_per_month": billed_calls_per_month or None}
    run(_limit(load_settings(), _named(partner, platform, environment), limits))
    show({"platform": platform, "environment": environment.value, **limits}, as_json=as_json)


async def _limit(settings: Settings, named: trying.AppNamed, limits: dict[str, int | None]) -> None:
    async with opened(settings) as services, services.database.write() as session:
        known = service.known_platform(named.platform).name
        row = await service.load_app(session, named.partner_id, known, named.environment, for_update=True)
        if row is None:
            message = f"No keys are set for {named.platform} in the environment {named.environment}."
            raise NotFound(message)
        row.calls_per_day, row.billed_calls_per_month = limits["calls_per_day"], limits["billed_calls_per_month"]
        row.updated_at = services.clock.now()
        details: dict[str, object] = dict(limits)
        await service.record(
            session, services.clock, row, actor=named.actor, action="platform_limits.set", details=details
        )


@app.command("remove")
def remove_keys(platform: PlatformName, partner: PartnerId, *, environment: World, as_json: AsJson = False) -> None:
    """Remove an app's keys, as long as no company was connected through it."""
    run(_remove(load_settings(), partner, platform, environment))
    show({"removed": f"{platform}, {environment.value}"}, as_json=as_json)


async def _remove(settings: Settings, partner_id: UUID, platform: str, environment: Environment) -> None:
    async with opened(settings) as services, services.database.write() as session:
        await service.delete_keys(
            session, services.clock, partner_id, platform=platform, environment=environment, actor=OPERATOR
        )


@app.command("use")
def use_environment(
    environment: Annotated[Environment, typer.Argument(help="Whose apps new connections use.")],
    partner: PartnerId,
    *,
    as_json: AsJson = False,
) -> None:
    """Choose the environment of a partner's new connections."""
    run(_use(load_settings(), partner, environment))
    show({"environment": environment.value}, as_json=as_json)


async def _use(settings: Settings, partner_id: UUID, environment: Environment) -> None:
    async with opened(settings) as services, services.database.write() as session:
        await _check_partner(session, partner_id)
        await service.set_environment(session, services.clock, partner_id, environment, actor=OPERATOR)


async def _check_partner(session: AsyncSession, partner_id: UUID) -> None:
    if await session.get(Partner, partner_id) is None:
        message = f"There is no partner {partner_id}: `tieout partner list` shows them."
        raise NotFound(message)
