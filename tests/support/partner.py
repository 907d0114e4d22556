"""An API with a database of its own, and partners that call it: what the tests of the API begin with."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from fastapi import FastAPI
from pydantic import SecretStr
from tests.support.databases import new_database
from tests.support.endpoint import client_to_partners

from tieout.api.envelope import install_envelope
from tieout.api.errors import install_error_handlers
from tieout.api.limits import Limiter
from tieout.api.partners.service import create_partner
from tieout.api.routes import install_api
from tieout.engine.lanes import EmbeddedEngine
from tieout.kit.clock import ManualClock
from tieout.platforms.transport import HttpxClient
from tieout.security.vault import Vault, new_key
from tieout.settings import Settings
from tieout.storage.database import Database
from tieout.sync.services import Services

VERSION = "2024-05-25"
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ADDRESS = {"line1": "1 Main St", "city": "Springfield", "postal_code": "12345", "country": "US", "state": "IL"}


@dataclass
class Partner:
    """A partner's program.

    `entity_id`, once set, is sent with every call.
    """

    http: httpx2.AsyncClient
    id: UUID
    client_id: UUID
    client_secret: str
    token: str = ""
    entity_id: str = ""

    def headers(self) -> dict[str, str]:
        headers = {"x-monite-version": VERSION, "authorization": f"Bearer {self.token}"}
        return headers | ({"x-monite-entity-id": self.entity_id} if self.entity_id else {})

    async def call(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any
    ) -> httpx2.Response:
        return await self.http.request(method, f"/v1{path}", headers=self.headers() | (headers or {}), **options)

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.call("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx2.Response:
        return await self.call("POST", path, **options)

    async def patch(self, path: str, **options: Any) -> httpx2.Response:
        return await self.call("PATCH", path, **options)

    async def put(self, path: str, **options: Any) -> httpx2.Response:
        return await self.call("PUT", path, **options)

    async def delete(self, path: str, **options: Any) -> httpx2.Response:
        return await self.call("DELETE", path, **options)

    async def sign_in(self) -> None:
        answer = await self.http.post(
            "/v1/auth/token",
            json={
                "client_id": str(self.client_id),
                "client_secret": self.client_secret,
                "grant_type": "client_credentials",
            },
            headers={"x-monite-version": VERSION},
        )
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]

    async def make_entity(self, name: str = "Acme Ltd") -> str:
        """A new entity, for which all further calls are."""
        answer = await self.post(
            "/entities",
            json={
                "type": "organization",
                "email": "acme@example.com",
                "address": ADDRESS,
                "organization": {"legal_name": name},
            },
        )
        assert answer.status_code == 201, answer.text
        self.entity_id = answer.json()["id"]
        return self.entity_id


@dataclass
class Api:
    """The application under test, its parts, and a client without credentials."""

    app: FastAPI
    services: Services
    clock: ManualClock
    http: httpx2.AsyncClient

    async def new_partner(self, name: str = "Payables Inc") -> Partner:
        async with self.services.database.write() as session:
            partner, client_id, client_secret = await create_partner(session, self.clock, name)
        caller = Partner(self.http, partner.id, client_id, client_secret)
        await caller.sign_in()
        return caller

    async def close(self) -> None:
        await self.http.aclose()
        await self.services.database.close()


@cache
def _application() -> FastAPI:
    """One application for all tests of a process: building it takes longer than most tests. Its parts are exchanged."""
    app = FastAPI()
    install_error_handlers(app)
    install_envelope(app)
    install_api(app)
    return app


async def start_api(folder: Path, *, database: Database | None = None, **settings: Any) -> Api:
    """An API on the given database or else on a SQLite file in `folder`, at 2 March 2026, 09:30 UTC.

    Nothing runs its lanes.
    """
    clock = ManualClock(AT)
    database = database or new_database(folder)
    key = new_key("test")
    http = httpx2.AsyncClient()
    services = Services(
        settings=Settings(
            vault_keys=SecretStr(key), public_url="https://tieout.example", **{"requests_per_s": 10_000, **settings}
        ),
        clock=clock,
        database=database,
        vault=Vault.from_text(key),
        engine=EmbeddedEngine(database, clock),
        http=HttpxClient(http),
        http_to_partners=client_to_partners(http),
    )
    app = _application()
    app.state.services = services
    app.state.limiter = Limiter(services.settings.requests_per_s)
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="https://tieout.example")
    return Api(app, services, clock, client)
