"""`tieout partner`: the software companies that this Tieout serves."""

from typing import Annotated

import typer
from sqlalchemy import select

from tieout.api.partners.service import create_partner
from tieout.cli.opening import load_settings, opened, run
from tieout.cli.output import AsJson, show
from tieout.platforms.port import Environment
from tieout.settings import Settings
from tieout.storage.tables.access import Partner

app = typer.Typer(help="The software companies that this Tieout serves.", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="The company's name, as its customers know it.")],
    *,
    environment: Annotated[
        Environment, typer.Option(help="Which of the platforms' worlds its connections use.")
    ] = Environment.PRODUCTION,
    as_json: AsJson = False,
) -> None:
    """Make a partner and print its API client's id and secret, once."""
    show(run(_create(load_settings(), name, environment)), as_json=as_json)


async def _create(settings: Settings, name: str, environment: Environment) -> dict[str, str]:
    async with opened(settings) as services, services.database.write() as session:
        partner, client_id, secret = await create_partner(session, services.clock, name, environment=environment)
        return {"partner_id": str(partner.id), "client_id": str(client_id), "client_secret": secret}


@app.command("list")
def list_partners(*, as_json: AsJson = False) -> None:
    """List the partners."""
    partners = run(_list(load_settings()))
    show(
        {"partners": partners if as_json else [f"{p['id']}  {p['environment']:<10}  {p['name']}" for p in partners]},
        as_json=as_json,
    )


async def _list(settings: Settings) -> list[dict[str, str]]:
    async with opened(settings) as services, services.database.read() as session:
        rows = await session.scalars(select(Partner).order_by(Partner.created_at))
        return [{"id": str(row.id), "name": row.name, "environment": row.environment} for row in rows]
