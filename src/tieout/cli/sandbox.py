"""`tieout sandbox`: the simulated platforms, each on an origin of its own; and commands for one that is running."""

import asyncio
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from tieout.cli.output import AsJson, console, refuse
from tieout.cli.sandbox_commands import add_commands
from tieout.cli.simulating import Running, SetUpError, Wanted, listen, read_moment, serve, set_up, simulated_platforms
from tieout.platforms.registry import all_platforms
from tieout.sandbox.replaying.state import StateRefusedError

PORT_MAX = 65_535
DOCUMENTS_MAX = 100_000

app = typer.Typer(
    help=(
        "Run the simulated platforms: real double-entry books, real OAuth, no account and no network needed. They "
        "listen on this machine only, at ports 8801 and 8802 unless told otherwise. Without --seed every key is drawn "
        "anew; the keys of an app that is registered at each of them are printed. The commands below, and the control "
        "surface at /_sandbox/, tell simulators that are running what to do."
    ),
    invoke_without_command=True,
    no_args_is_help=False,
)
_PORT = "_port"


def _with_ports(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command an option for the port of each platform."""
    signature = inspect.signature(command, eval_str=True)
    parameters = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    for name in all_platforms():
        option = typer.Option(f"--{name}-port", help=f"Where the simulated {name} listens, instead of its usual port.")
        annotation = Annotated[int | None, option]
        parameters.append(
            inspect.Parameter(f"{name}{_PORT}", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        )
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # read by typer
    command.__annotations__ = {one.name: one.annotation for one in parameters} | {"return": None}
    return command


@app.callback()
@_with_ports
def sandbox(  # noqa: PLR0913 - every option of the command
    context: typer.Context,
    *,
    seed: Annotated[
        int | None, typer.Option(help="What chance starts from: the same seed gives the same ids and keys.")
    ] = None,
    documents: Annotated[int, typer.Option(help="How many documents to make up in a company of each.")] = 0,
    clock: Annotated[str | None, typer.Option(help="The moment to start at, such as 2026-05-04T12:00:00Z.")] = None,
    state: Annotated[
        Path | None, typer.Option(help="Keep the state in this file: read at the start, written at the end.")
    ] = None,
    redirect_uri: Annotated[
        list[str] | None, typer.Option(help="NAME=ADDRESS, where the app's users come back to; may be repeated.")
    ] = None,
    webhook: Annotated[
        list[str] | None, typer.Option(help="NAME=ADDRESS, where the app is notified; may be repeated.")
    ] = None,
    remote_webhooks: Annotated[
        bool, typer.Option("--remote-webhooks", help="Let notifications leave this machine.")
    ] = False,
    fd: Annotated[
        list[str] | None, typer.Option(hidden=True, help="NAME=FD, a socket that listens already, for the demo.")
    ] = None,
    as_json: AsJson = False,
    **ports: Any,
) -> None:
    """Run the simulated platforms; the help of the command says it all."""
    if context.invoked_subcommand is not None:
        return
    wished = {name.removesuffix(_PORT): number for name, number in ports.items() if number is not None}
    if any(not 0 < number <= PORT_MAX for number in wished.values()):
        refuse(f"a port is from 1 to {PORT_MAX}")
    if not 0 <= documents <= DOCUMENTS_MAX:
        refuse(f"documents is from 0 to {DOCUMENTS_MAX}")
    uris: dict[str, list[str]] = {}
    for name, address in _named("--redirect-uri", redirect_uri):
        uris.setdefault(name, []).append(address)
    try:
        starts_at = read_moment(clock) if clock is not None else None
        descriptors = {name: int(number) for name, number in _named("--fd", fd)}
    except ValueError as error:
        refuse(str(error))
    wanted = Wanted(
        seed=seed,
        documents=documents,
        starts_at=starts_at,
        state=state,
        redirect_uris=uris,
        webhooks=dict(_named("--webhook", webhook)),
        any_target=remote_webhooks,
    )
    try:
        asyncio.run(_run(wished, wanted, descriptors, as_json=as_json))
    except (SetUpError, StateRefusedError) as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"{error.filename or 'the simulators'}: {error.strerror or error}")


async def _run(ports: dict[str, int], wanted: Wanted, descriptors: dict[str, int], *, as_json: bool) -> None:
    simulated = simulated_platforms(ports)
    sockets = listen(simulated, descriptors)
    running = await set_up(simulated, wanted)
    _show(running, as_json=as_json)
    await serve(running, sockets, wanted.state)


def _show(running: list[Running], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"platforms": {one.simulated.name: one.told for one in running}}), flush=True)  # noqa: T201 - for a program to read
        return
    for one in running:
        console.print(f"\n[bold]{one.told['title']}[/]  {one.told['origin']}", soft_wrap=True)
        for app_ in one.told["apps"]:
            console.print(f"  app            {app_['name']}", soft_wrap=True, markup=False)
            console.print(f"  client id      {app_['client_id']}", soft_wrap=True, markup=False)
            console.print(f"  client secret  {app_['client_secret']}", soft_wrap=True, markup=False)
        if "webhook" in one.told:
            console.print(f"  webhook key    {one.told['webhook']['key']}", soft_wrap=True, markup=False)
    console.print(f"\nSeed {running[0].told['seed']}. Stop with Ctrl-C.")


def _named(option: str, given: list[str] | None) -> list[tuple[str, str]]:
    """`NAME=VALUE` options, the names being those of platforms."""
    pairs = []
    for one in given or ():
        name, separator, value = one.partition("=")
        if not separator or name not in all_platforms():
            refuse(f"{option} takes NAME=VALUE, with the name of a simulated platform: {', '.join(all_platforms())}")
        pairs.append((name, value))
    return pairs


add_commands(app)
