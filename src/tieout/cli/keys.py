"""`tieout keys`: the keys that encrypt secrets at rest, and their rotation."""

from typing import Annotated, Any

import typer

from tieout.cli.opening import load_settings, opened, run
from tieout.cli.output import AsJson, refuse, show
from tieout.kit.errors import TieoutError
from tieout.security.vault import mark_of, new_key
from tieout.settings import Settings
from tieout.storage.sealed import count_sealed
from tieout.sync.resealing import reseal_all
from tieout.sync.services import Services

app = typer.Typer(help="The keys that encrypt secrets at rest.", no_args_is_help=True)


@app.command("new")
def new_vault_key(key_id: Annotated[str, typer.Argument(help="A short name for the key, such as 2026-11.")]) -> None:
    """Print a fresh key in the form that TIEOUT_VAULT_KEYS takes."""
    try:
        print(new_key(key_id))  # noqa: T201 - made to be piped
    except TieoutError as error:
        refuse(str(error))


@app.command("status")
def status(*, as_json: AsJson = False) -> None:
    """Say how many secrets each key has sealed, and which keys may be removed."""
    show(run(_status(load_settings())), as_json=as_json)


async def _status(settings: Settings) -> dict[str, Any]:
    async with opened(settings) as services:
        return await _counts(services)


async def _counts(services: Services) -> dict[str, Any]:
    ring = services.vault.key_ids
    async with services.database.read() as session:
        counts = {key_id: await count_sealed(session, mark_of(key_id)) for key_id in ring}
        total = await count_sealed(session, None)
    return {
        "newest_key": ring[0],
        "secrets": [f"{key_id}: {count}" for key_id, count in counts.items()],
        "under_other_keys": total - sum(counts.values()),
        "removable_keys": [key_id for key_id in ring[1:] if counts[key_id] == 0],
    }


@app.command("rotate")
def rotate(*, as_json: AsJson = False) -> None:
    """Seal every secret anew that an older key sealed, while everything runs; may be stopped and begun again."""
    answer = run(_rotate(load_settings()))
    show(answer, as_json=as_json)
    if answer["not_opened"]:
        refuse("some secrets were sealed by a key that TIEOUT_VAULT_KEYS lack, or were altered; the log says where")


async def _rotate(settings: Settings) -> dict[str, Any]:
    async with opened(settings) as services:
        resealed = await reseal_all(services)
        done = {"sealed_anew": resealed.done, "exchanged_meanwhile": resealed.overtaken}
        return done | {"not_opened": resealed.unopened} | await _counts(services)
