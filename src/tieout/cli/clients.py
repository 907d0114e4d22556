"""`tieout client`: the API clients of a partner, for the operator. A secret is printed once."""

from typing import Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.api.api_clients import service
from tieout.api.api_clients.schemas import ApiClientResponse, CreateApiClientRequest
from tieout.cli.opening import load_settings, opened, run
from tieout.cli.output import AsJson, refuse, show
from tieout.kit.errors import NotFound
from tieout.settings import Settings
from tieout.storage.tables.access import ApiClient, Partner

app = typer.Typer(help="The API clients of a partner: credentials of its programs.", no_args_is_help=True)

PartnerId = Annotated[UUID, typer.Option("--partner", help="The partner's id, as `tieout partner list` shows it.")]
ClientId = Annotated[UUID, typer.Argument(help="The client's id, as `tieout client list` shows it.")]


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="The program that will use it.")],
    partner: PartnerId,
    *,
    as_json: AsJson = False,
) -> None:
    """Make another client and print its id and secret, once."""
    try:
        wanted = CreateApiClientRequest(name=name)
    except ValidationError as error:
        refuse(f"name: {error.errors()[0]['msg']}")
    show(run(_create(load_settings(), partner, wanted)), as_json=as_json)


async def _create(settings: Settings, partner_id: UUID, wanted: CreateApiClientRequest) -> dict[str, str]:
    async with opened(settings) as services, services.database.write() as session:
        await _check_partner(session, partner_id)
        client, secret = await service.create_client(
            session, partner_id=partner_id, name=wanted.name, now=services.clock.now()
        )
        return {"client_id": str(client.id), "client_secret": secret}


@app.command("list")
def list_clients(partner: PartnerId, *, as_json: AsJson = False) -> None:
    """List a partner's clients, revoked ones too."""
    clients = run(_list(load_settings(), partner))
    show({"clients": clients if as_json else [_line(client) for client in clients]}, as_json=as_json)


async def _list(settings: Settings, partner_id: UUID) -> list[dict[str, Any]]:
    async with opened(settings) as services, services.database.read() as session:
        await _check_partner(session, partner_id)
        query = select(ApiClient).where(ApiClient.partner_id == partner_id).order_by(ApiClient.created_at, ApiClient.id)
        return [_told(client) for client in await session.scalars(query)]


@app.command("rotate")
def rotate(
    client: ClientId,
    partner: PartnerId,
    *,
    overlap_s: Annotated[
        int, typer.Option(min=0, max=service.OVERLAP_MAX_S, help="How long the old secret stays good; 0 ends it now.")
    ] = service.OVERLAP_DEFAULT_S,
    as_json: AsJson = False,
) -> None:
    """Give a client a new secret and print it, once."""
    show(run(_rotate(load_settings(), partner, client, overlap_s)), as_json=as_json)


async def _rotate(settings: Settings, partner_id: UUID, client_id: UUID, overlap_s: int) -> dict[str, Any]:
    async with opened(settings) as services, services.database.write() as session:
        client = await service.load_client(session, partner_id, client_id, for_update=True)
        secret = await service.rotate_secret(session, client, overlap_s=overlap_s, now=services.clock.now())
        expires_at = client.previous_secret_expires_at
        return {
            "client_id": str(client.id),
            "client_secret": secret,
            "previous_secret_expires_at": expires_at.isoformat() if expires_at else None,
        }


@app.command("end-previous-secret")
def end_previous_secret(client: ClientId, partner: PartnerId, *, as_json: AsJson = False) -> None:
    """End the secret before the last rotation, and the tokens that it got, at once."""
    show(run(_end_previous_secret(load_settings(), partner, client)), as_json=as_json)


async def _end_previous_secret(settings: Settings, partner_id: UUID, client_id: UUID) -> dict[str, Any]:
    async with opened(settings) as services, services.database.write() as session:
        client = await service.load_client(session, partner_id, client_id, for_update=True)
        await service.end_previous_secret(session, client, now=services.clock.now())
        return _told(client)


@app.command("revoke")
def revoke(client: ClientId, partner: PartnerId, *, as_json: AsJson = False) -> None:
    """End a client and all its tokens at once: here also the last one, after which nothing of the partner's works."""
    show(run(_revoke(load_settings(), partner, client)), as_json=as_json)


async def _revoke(settings: Settings, partner_id: UUID, client_id: UUID) -> dict[str, Any]:
    async with opened(settings) as services, services.database.write() as session:
        client = await service.load_client(session, partner_id, client_id, for_update=True)
        await service.revoke_client(session, client, now=services.clock.now(), may_be_last=True)
        return _told(client)


async def _check_partner(session: AsyncSession, partner_id: UUID) -> None:
    if await session.get(Partner, partner_id) is None:
        message = f"There is no partner {partner_id}."
        raise NotFound(message)


def _told(client: ApiClient) -> dict[str, Any]:
    return ApiClientResponse.model_validate(client).model_dump(mode="json")


def _line(client: dict[str, Any]) -> str:
    if client["revoked_at"]:
        return f"{client['id']}  {client['name']}  revoked {client['revoked_at']}"
    used = f"last used {client['last_used_at']}" if client["last_used_at"] else "never used"
    return f"{client['id']}  {client['name']}  {used}"
