"""`tieout sandbox`: the simulated platforms, each on an origin of its own."""

import asyncio
import importlib
import json
import socket
from dataclasses import dataclass
from types import ModuleType
from typing import Annotated

import typer
import uvicorn

from tieout.cli.output import AsJson, console, refuse
from tieout.kit.clock import OffsetClock, SystemClock
from tieout.platforms.registry import all_platforms

HOST = "127.0.0.1"
PORT_MAX = 65_535


@dataclass(frozen=True, slots=True)
class Simulated:
    """A simulated platform and where it stands."""

    name: str
    module: ModuleType
    port: int

    @property
    def origin(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"


def simulated_platforms(ports: dict[str, int] | None = None) -> list[Simulated]:
    """Every platform that has a simulator, on its default port or the one asked for."""
    found: list[Simulated] = []
    for name in all_platforms():
        module = importlib.import_module(f"tieout.platforms.{name}.sandbox.application")
        found.append(Simulated(name, module, (ports or {}).get(name, module.DEFAULT_PORT)))
    return found


def sandbox(
    *,
    port: Annotated[
        list[str] | None, typer.Option(help="NAME=PORT, to put a platform on another port; may be repeated.")
    ] = None,
    fd: Annotated[
        list[str] | None, typer.Option(hidden=True, help="NAME=FD, a socket that listens already, for the demo.")
    ] = None,
    seed: Annotated[int, typer.Option(help="What the simulators' chances start from.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Run the simulated platforms: real double-entry books, real OAuth, no account and no network needed."""
    ports, sockets = _numbers("--port", port), _numbers("--fd", fd)
    if any(not 0 < number <= PORT_MAX for number in ports.values()):
        refuse(f"a port is from 1 to {PORT_MAX}")
    simulated = simulated_platforms(ports)
    if unknown := set(ports) - {one.name for one in simulated}:
        refuse(f"there is no simulated platform {', '.join(sorted(unknown))}")
    addresses = {one.name: one.origin for one in simulated}
    if as_json:
        print(json.dumps({"platforms": addresses}), flush=True)  # noqa: T201 - for a program to read
    else:
        for one in simulated:
            console.print(f"{one.module.TITLE:<32} {one.origin}")
    asyncio.run(_serve(simulated, seed, sockets))


def _numbers(option: str, given: list[str] | None) -> dict[str, int]:
    try:
        return {name: int(number) for name, _, number in (one.partition("=") for one in given or ())}
    except ValueError:
        refuse(f"{option} takes NAME=NUMBER")


async def _serve(simulated: list[Simulated], seed: int, sockets: dict[str, int]) -> None:
    servers = [
        uvicorn.Server(
            uvicorn.Config(
                one.module.build_simulator(clock=OffsetClock(SystemClock()), seed=seed, origin=one.origin),
                host=HOST,
                port=one.port,
                log_level="warning",
                access_log=False,
                lifespan="off",
            )
        )
        for one in simulated
    ]
    async with asyncio.TaskGroup() as group:
        for one, server in zip(simulated, servers, strict=True):
            opened = [socket.socket(fileno=sockets[one.name])] if one.name in sockets else None
            group.create_task(server.serve(opened))
