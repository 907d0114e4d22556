"""The simulated platforms as programs that run here: built, set up, served, and saved when they stop."""

import asyncio
import contextlib
import importlib
import logging
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import httpx2
import uvicorn
from starlette.applications import Starlette

from tieout.cli.servers import Server
from tieout.kit.clock import SystemClock
from tieout.platforms.registry import all_platforms
from tieout.sandbox.agenda import SteadyClock
from tieout.sandbox.replaying.journal import Journal
from tieout.sandbox.replaying.state import State, read_state, restore, write_state
from tieout.sandbox.simulator import Simulator

HOST: Final = "127.0.0.1"
BACKLOG: Final = 128
TICK_S: Final = 0.25
"""How often a running simulator looks for what is due."""
APP_NAME: Final = "Demo app"
SEED_BITS: Final = 48

_log = logging.getLogger(__name__)


class SetUpError(Exception):
    """A simulator refused to be set up as it was asked for; the message says why."""


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


def simulated_platforms(ports: Mapping[str, int] | None = None) -> list[Simulated]:
    """Every platform that has a simulator, on its default port or the one asked for."""
    found: list[Simulated] = []
    for name in all_platforms():
        module = importlib.import_module(f"tieout.platforms.{name}.sandbox.application")
        found.append(Simulated(name, module, (ports or {}).get(name, module.DEFAULT_PORT)))
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the simulators are started with. Without a seed one is drawn, and with it every key."""

    seed: int | None = None
    documents: int = 0
    """How many documents are made up in one company of each platform."""
    starts_at: datetime | None = None
    state: Path | None = None
    redirect_uris: Mapping[str, list[str]] = field(default_factory=dict)
    webhooks: Mapping[str, str] = field(default_factory=dict)
    any_target: bool = False


@dataclass(slots=True)
class Running:
    """A simulator that is set up. `told` is what its user has to know."""

    simulated: Simulated
    app: Starlette
    told: dict[str, Any]

    @property
    def simulator(self) -> Simulator:
        """Its shared part."""
        simulator: Simulator = self.app.state.simulator
        return simulator


async def set_up(simulated: list[Simulated], wanted: Wanted) -> list[Running]:
    """Build every simulator: from the state's file if there is one, else new with an app of its own.

    Raises `SetUpError`, `StateRefusedError`, `OSError`.
    """
    saved = read_state(wanted.state) if wanted.state is not None and wanted.state.exists() else None
    seed = secrets.randbits(SEED_BITS) if wanted.seed is None else wanted.seed
    found = [await _build(one, wanted, saved, seed) for one in simulated]
    if wanted.state is not None:
        simulators, path = {one.simulated.name: one.simulator for one in found}, wanted.state
        for one in found:
            one.simulator.save = lambda: write_state(path, simulators)
    return found


async def _build(one: Simulated, wanted: Wanted, saved: State | None, seed: int) -> Running:
    state = saved.platforms.get(one.name) if saved is not None else None
    clock = SteadyClock(SystemClock())
    if state is None and wanted.starts_at is not None:
        clock.move(wanted.starts_at - clock.now())
    with clock.held(state.started_at if state is not None else None):
        own_seed = state.seed if state is not None else seed
        app: Starlette = one.module.build_simulator(clock=clock, seed=own_seed, origin=one.origin)
    simulator: Simulator = app.state.simulator
    if wanted.state is not None:
        simulator.journal = Journal()
    if simulator.post is not None:
        simulator.post.any_target = wanted.any_target
    told = {"title": one.module.TITLE, "origin": one.origin, "control": f"{one.origin}/_sandbox/", "seed": own_seed}
    if state is not None:
        await restore(app, state)
        return Running(one, app, told | {"apps": [app_.told() for app_ in simulator.apps.listed()], "restored": True})
    return Running(one, app, told | await _furnish(one, app, wanted))


async def _furnish(one: Simulated, app: Starlette, wanted: Wanted) -> dict[str, Any]:
    """An app with its keys, a webhook and documents, each as its user would ask for it at the control surface."""
    told: dict[str, Any] = {}
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=one.origin, timeout=None) as client:
        uris = wanted.redirect_uris.get(one.name) or [f"http://localhost:8800/connect/callback/{one.name}"]
        own = await _post(client, "/_sandbox/apps", {"name": APP_NAME, "redirect_uris": uris})
        told["apps"] = [own]
        if one.name in wanted.webhooks:
            hook = f"/_sandbox/apps/{own['client_id']}/webhook"
            told["webhook"] = await _post(client, hook, {"url": wanted.webhooks[one.name]})
        if wanted.documents:
            companies = (await client.get("/_sandbox/companies")).json()["companies"]
            fullest = max(companies, key=lambda company: int(company["documents"]))
            wish = {"documents": wanted.documents, "seed": 7}
            told["filled"] = await _post(client, f"/_sandbox/companies/{fullest['id']}/fill", wish)
            told["filled"]["company_id"] = fullest["id"]
    return told


async def _post(client: httpx2.AsyncClient, path: str, wish: Mapping[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, json=wish)
    told: dict[str, Any] = answer.json()
    if answer.is_error:
        raise SetUpError(str(told.get("error", answer.status_code)))
    return told


def listen(simulated: list[Simulated], descriptors: Mapping[str, int]) -> dict[str, socket.socket]:
    """A socket for each that listens from now on, so that a port in use is told before anything else is done.

    `descriptors` are of sockets that listen already. Raises `SetUpError`.
    """
    opened: dict[str, socket.socket] = {}
    for one in simulated:
        if one.name in descriptors:
            opened[one.name] = socket.socket(fileno=descriptors[one.name])
            continue
        try:
            bound = socket.create_server((HOST, one.port), backlog=BACKLOG)
        except OSError as error:
            for other in opened.values():
                other.close()
            raise SetUpError(
                f"port {one.port} of this machine cannot be used: {os.strerror(error.errno or 0)}"
            ) from error
        # Opened anew from its descriptor it knows that it speaks TCP: only then does asyncio switch off the delay that
        # holds a small answer back for 40 ms.
        opened[one.name] = socket.socket(fileno=bound.detach())
    return opened


async def serve(running: list[Running], sockets: Mapping[str, socket.socket], state: Path | None) -> None:
    """Serve every simulator until somebody stops this program, then save the state if it is kept in a file."""
    servers = [Server(_configured(one)) for one in running]
    async with _stopped_by_signals(servers), asyncio.TaskGroup() as group:
        ticking = group.create_task(_tick(running))
        serving = []
        for one, server in zip(running, servers, strict=True):
            serving.append(group.create_task(server.serve([sockets[one.simulated.name]])))
        await asyncio.gather(*serving)
        ticking.cancel()
    if state is not None:
        write_state(state, {one.simulated.name: one.simulator for one in running})


def _configured(one: Running) -> uvicorn.Config:
    return uvicorn.Config(
        one.app, host=HOST, port=one.simulated.port, log_level="warning", access_log=False, lifespan="off"
    )


@asynccontextmanager
async def _stopped_by_signals(servers: list[Server]) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _tick(running: list[Running]) -> None:
    """Let what is due happen: late commits, notifications and their repetition."""
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(TICK_S)
            for one in running:
                try:
                    await one.simulator.run_due()
                except Exception:  # noqa: BLE001 - one thing that fails must not stop what comes after it
                    _log.exception("what was due at %s failed", one.simulated.origin)


def read_moment(text: str) -> datetime:
    """An ISO 8601 moment with its offset, in UTC. Raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment needs an offset, such as Z")
    return moment.astimezone(UTC)
