"""A house with its doors open: Tieout and the simulated platforms on free loopback ports, served from one thread.

For browsers. Its clock runs, and can be moved. What the tests ask of it runs in the servers' own event loop.
"""

import asyncio
import importlib
import threading
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.types import ASGIApp
from tests.support.databases import new_database
from tests.support.house import JUDGES, SEED
from tests.support.serving import listening_socket, server_of
from tests.support.witness import Witness

from tieout.api.partners.service import create_partner
from tieout.app import build_app
from tieout.assembling import build_services
from tieout.kit.clock import OffsetClock, SystemClock
from tieout.kit.identifiers import new_id
from tieout.platforms.port import Environment
from tieout.sandbox.simulator import Simulator
from tieout.security.vault import new_key
from tieout.settings import Settings
from tieout.storage.tables.access import Partner, PlatformApp
from tieout.storage.tables.business import Entity
from tieout.storage.tables.connections import Connection
from tieout.sync.connecting import callback_url
from tieout.sync.connection_links import connection_url
from tieout.sync.disconnecting import disconnect
from tieout.sync.services import Services

PLATFORMS = ("quickbooks", "xero")
START_S_MAX = 20.0
ASK_S_MAX = 20.0

T = TypeVar("T")


@dataclass
class OpenHouse:
    """Start it with `with`. Everything it offers may be called from the test's own thread."""

    folder: Path
    services: Services = field(init=False)
    simulators: dict[str, Starlette] = field(init=False, default_factory=dict)
    origins: dict[str, str] = field(init=False, default_factory=dict)
    clock: OffsetClock = field(init=False)
    _loop: asyncio.AbstractEventLoop = field(init=False)
    _stop: asyncio.Event = field(init=False)
    _thread: threading.Thread = field(init=False)
    _ready: threading.Event = field(init=False, default_factory=threading.Event)
    _failure: list[BaseException] = field(init=False, default_factory=list)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="open-house", daemon=True)
        self._thread.start()
        assert self._ready.wait(START_S_MAX), "the servers did not start"
        if self._failure:
            raise self._failure[0]
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(START_S_MAX)

    def ask(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something in the servers' loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(ASK_S_MAX)

    def simulator(self, platform: str) -> Simulator:
        """The shared part of a simulated platform."""
        simulator: Simulator = self.simulators[platform].state.simulator
        return simulator

    def new_link(self, partner: str = "Payables Inc", entity: str = "Acme Ltd", **brand: Any) -> tuple[str, UUID]:
        """A partner with its apps, an entity, and a connection: its link and its id."""
        return self.ask(self._new_link(partner, entity, brand))

    def link_of(self, connection_id: UUID) -> str:
        """A fresh link of a connection."""
        return self.ask(self._link_of(connection_id))

    def disconnect(self, connection_id: UUID) -> None:
        """What the partner does through the API."""
        self.ask(self._disconnect(connection_id))

    def connect_anew(self, connection_id: UUID) -> str:
        """A new connection for the same entity: its link."""
        return self.ask(self._connect_anew(connection_id))

    def change(self, connection_id: UUID, **values: Any) -> None:
        """Set columns of a connection's row."""
        self.ask(self._change(connection_id, values))

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - told to the thread that waits
            self._failure.append(error)
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self.clock = OffsetClock(SystemClock())
        sockets = {name: listening_socket() for name in ("tieout", *PLATFORMS)}
        urls = {name: f"http://127.0.0.1:{sock.getsockname()[1]}" for name, sock in sockets.items()}
        self.origins = {name: urls[name] for name in PLATFORMS}
        database = new_database(self.folder)
        await database.close()
        settings = Settings(
            database_url=f"sqlite:///{self.folder / 'tieout.db'}",
            vault_keys=SecretStr(new_key("test")),
            public_url=urls["tieout"],
            allow_private_addresses=True,
        )
        self.services = build_services(settings, clock=self.clock)
        for name in PLATFORMS:
            module = importlib.import_module(f"tieout.platforms.{name}.sandbox.application")
            self.simulators[name] = module.build_simulator(clock=self.clock, seed=SEED, origin=urls[name])
        watched = {name: Witness(simulator, JUDGES[name]) for name, simulator in self.simulators.items()}
        apps: dict[str, ASGIApp] = {"tieout": build_app(self.services, lanes_stop=asyncio.Event()), **watched}
        servers = {name: server_of(app) for name, app in apps.items()}
        async with AsyncExitStack() as stack:
            tasks = [asyncio.create_task(servers[name].serve(sockets=[sockets[name]])) for name in servers]
            stack.push_async_callback(asyncio.wait, tasks, timeout=START_S_MAX)
            while not all(server.started for server in servers.values()):  # noqa: ASYNC110 - uvicorn sets a flag, no event
                await asyncio.sleep(0.01)
            self._ready.set()
            await self._stop.wait()
            for server in servers.values():
                server.should_exit = True

    async def _new_link(self, name: str, entity: str, brand: dict[str, Any]) -> tuple[str, UUID]:
        now = self.clock.now()
        async with self.services.database.write() as session:
            partner, _, _ = await create_partner(session, self.clock, name, environment=Environment.SIMULATED)
            partner.brand = {"name": name, **brand}
            for platform in PLATFORMS:
                session.add(self._app(partner, platform))
            row = Entity(
                partner_id=partner.id,
                type="organization",
                address={},
                details={"legal_name": entity},
                created_at=now,
                updated_at=now,
            )
            session.add(row)
            await session.flush()
            connection = Connection(
                partner_id=partner.id,
                entity_id=row.id,
                status="pending_auth",
                link_epoch=1,
                created_at=now,
                updated_at=now,
            )
            session.add(connection)
            await session.flush()
            return self._url(connection), connection.id

    def _app(self, partner: Partner, platform: str) -> PlatformApp:
        registered = self.simulator(platform).apps.register(
            {"name": partner.name, "redirect_uris": [callback_url(self.services.settings.public_url, platform)]}
        )
        app_id = new_id()
        place = f"platform_apps.client_secret:{app_id}"
        return PlatformApp(
            id=app_id,
            partner_id=partner.id,
            platform=platform,
            environment=Environment.SIMULATED.value,
            client_id=registered.client_id,
            client_secret=self.services.vault.seal(registered.client_secret, place=place),
            origin=self.origins[platform],
            created_at=self.clock.now(),
            updated_at=self.clock.now(),
        )

    def _url(self, connection: Connection) -> str:
        services = self.services
        return connection_url(services.vault.signer, services.settings, connection, now=self.clock.now())

    async def _link_of(self, connection_id: UUID) -> str:
        async with self.services.database.read() as session:
            return self._url(await session.get_one(Connection, connection_id))

    async def _disconnect(self, connection_id: UUID) -> None:
        async with self.services.database.read() as session:
            connection = await session.get_one(Connection, connection_id)
        await disconnect(self.services, connection)

    async def _connect_anew(self, connection_id: UUID) -> str:
        now = self.clock.now()
        async with self.services.database.write() as session:
            old = (await session.scalars(select(Connection).where(Connection.id == connection_id))).one()
            connection = Connection(
                partner_id=old.partner_id,
                entity_id=old.entity_id,
                status="pending_auth",
                link_epoch=1,
                created_at=now,
                updated_at=now,
            )
            session.add(connection)
            await session.flush()
            return self._url(connection)

    async def _change(self, connection_id: UUID, values: dict[str, Any]) -> None:
        async with self.services.database.write() as session:
            connection = await session.get_one(Connection, connection_id)
            for name, value in values.items():
                setattr(connection, name, value)
