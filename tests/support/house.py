"""A whole Tieout in one process: the app with API and pages, its lanes, and the simulated platforms behind its client.

Time stands still until `House.clock` is moved; lanes run when `House.settle` is called. Nothing listens anywhere.
"""

import importlib
import ssl
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx2
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.applications import Starlette
from tests.contract.quickbooks import answers as quickbooks_answers
from tests.contract.xero import answers as xero_answers
from tests.support.databases import new_database
from tests.support.endpoint import client_to_partners
from tests.support.partner import Partner
from tests.support.person import Person
from tests.support.witness import Judge, Witness

from tieout.api.limits import Limiter
from tieout.api.partners.service import create_partner
from tieout.app import build_app, lane_handlers
from tieout.engine.lanes import EmbeddedEngine
from tieout.kit.clock import ManualClock
from tieout.kit.identifiers import new_id
from tieout.platforms.port import Environment
from tieout.platforms.transport import HttpxClient
from tieout.sandbox.simulator import Simulator
from tieout.security.vault import Vault, new_key
from tieout.settings import Settings
from tieout.storage.database import Database
from tieout.storage.tables.access import Partner as PartnerRow
from tieout.storage.tables.access import PlatformApp
from tieout.sync.connecting import callback_url
from tieout.sync.services import Services

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PUBLIC_URL = "http://127.0.0.1:8800"
ORIGINS = {"quickbooks": "http://127.0.0.1:8801", "xero": "http://127.0.0.1:8802"}
SEED = 7
JUDGES: dict[str, Judge] = {"quickbooks": quickbooks_answers.answer_faults, "xero": xero_answers.answer_faults}
"""Every answer of a simulated platform is checked against the platform's facts, in every test."""


@dataclass
class House:
    """Everything that runs, and ways to make people and partners that use it."""

    app: FastAPI
    services: Services
    clock: ManualClock
    simulators: dict[str, Starlette]
    witnesses: dict[str, Witness]
    outward: httpx2.AsyncClient
    _clients: list[httpx2.AsyncClient] = field(default_factory=list)

    def simulator(self, platform: str) -> Simulator:
        """The shared part of a simulated platform: its faults, requests, programs and companies."""
        return cast("Simulator", self.simulators[platform].state.simulator)

    async def new_partner(self, name: str = "Payables Inc", **brand: Any) -> Partner:
        """A partner with an app at every simulated platform, and an entity."""
        async with self.services.database.write() as session:
            row, client_id, client_secret = await create_partner(
                session, self.clock, name, environment=Environment.SIMULATED
            )
            row.brand = {"name": name, **brand}
        caller = Partner(self._client(), row.id, client_id, client_secret)
        await caller.sign_in()
        for platform in self.simulators:
            await self.set_up(row.id, platform)
        await caller.make_entity("Acme Ltd")
        return caller

    async def set_up(self, partner_id: UUID, platform: str) -> None:
        """Register an app of the partner at a simulated platform, and give Tieout its keys."""
        async with self.services.database.write() as session:
            partner = await session.get_one(PartnerRow, partner_id)
            registered = self.simulator(platform).apps.register(
                {"name": partner.name, "redirect_uris": [callback_url(PUBLIC_URL, platform)]}
            )
            app_id = new_id()
            place = f"platform_apps.client_secret:{app_id}"
            session.add(
                PlatformApp(
                    id=app_id,
                    partner_id=partner_id,
                    platform=platform,
                    environment=Environment.SIMULATED.value,
                    client_id=registered.client_id,
                    client_secret=self.services.vault.seal(registered.client_secret, place=place),
                    origin=ORIGINS[platform],
                    created_at=self.clock.now(),
                    updated_at=self.clock.now(),
                )
            )

    def new_person(self, **options: Any) -> Person:
        """Somebody with a browser of their own, without script."""
        return Person(self._client(), **options)

    async def settle(self) -> int:
        """Run every lane until nothing is due; returns the number of turns."""
        return await self.services.engine.run_until_idle(lane_handlers(self.services))  # type: ignore[attr-defined,no-any-return]  # the embedded engine has it

    async def close(self) -> None:
        for client in [*self._clients, self.outward]:
            await client.aclose()
        await self.services.database.close()

    async def close_up(self) -> None:
        """Close everything that a forked child cannot share with its parent."""
        await self.close()
        self._clients.clear()

    def reopen(self, database: Database) -> None:
        """Go on in a forked child, with a copy of the database that `close_up` closed, and the same kind of engine."""
        self.outward = httpx2.AsyncClient(mounts=_mounts(self.witnesses), verify=_trust)
        self.services = replace(
            self.services,
            database=database,
            engine=type(self.services.engine)(database, self.clock),  # type: ignore[call-arg]  # as every engine of ours
            http=HttpxClient(self.outward),
            http_to_partners=client_to_partners(self.outward),
        )
        self.app.state.services = self.services
        self.app.state.limiter = Limiter(self.services.settings.requests_per_s)

    def new_client(self) -> httpx2.AsyncClient:
        """A program's way to the API, and a browser's to every page."""
        return self._client()

    def _client(self) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.app), base_url=PUBLIC_URL, mounts=_mounts(self.witnesses)
        )
        self._clients.append(client)
        return client


def _mounts(witnesses: dict[str, Witness]) -> dict[str, httpx2.AsyncBaseTransport | None]:
    return {ORIGINS[name]: httpx2.ASGITransport(witness) for name, witness in witnesses.items()}


def build_simulators(clock: ManualClock) -> dict[str, Starlette]:
    """Every simulated platform there is, on the given clock."""
    simulators: dict[str, Starlette] = {}
    for name, origin in ORIGINS.items():
        module = f"tieout.platforms.{name}.sandbox.application"
        if find_spec(module) is not None:
            simulators[name] = importlib.import_module(module).build_simulator(clock=clock, seed=SEED, origin=origin)
            simulators[name].state.simulator.cut_error = lambda: httpx2.RemoteProtocolError("the connection was cut")
    return simulators


_trust = ssl.create_default_context()
"""Whom outward calls trust: read once, for reading takes longer than most calls."""


async def build_house(folder: Path, *, database: Database | None = None, **settings: Any) -> House:
    """A Tieout at 2 March 2026, 09:30 UTC, on the given database or else on a SQLite file in `folder`."""
    clock = ManualClock(AT)
    database = database or new_database(folder)
    simulators = build_simulators(clock)
    witnesses = {name: Witness(simulator, JUDGES[name]) for name, simulator in simulators.items()}
    outward = httpx2.AsyncClient(mounts=_mounts(witnesses), verify=_trust)
    key = new_key("test")
    services = Services(
        settings=Settings(
            vault_keys=SecretStr(key),
            public_url=PUBLIC_URL,
            **{"requests_per_s": 10_000, "token_lifetime_s": 365 * 86_400, **settings},
        ),
        clock=clock,
        database=database,
        vault=Vault.from_text(key),
        engine=EmbeddedEngine(database, clock),
        http=HttpxClient(outward),
        http_to_partners=client_to_partners(outward),
    )
    return House(
        app=_application(services),
        services=services,
        clock=clock,
        simulators=simulators,
        witnesses=witnesses,
        outward=outward,
    )


_built: list[FastAPI] = []


def _application(services: Services) -> FastAPI:
    """One app for all tests of a process, since building it takes long; its parts are exchanged."""
    if not _built:
        _built.append(build_app(services))
    app = _built[0]
    app.state.services = services
    app.state.limiter = Limiter(services.settings.requests_per_s)
    return app
