"""One first pull by Tieout in a process of its own, so that its time and memory are nobody else's.

`python -m benchmarks.tieout_pulls sqlite quickbooks FOLDER` reads what the simulator told from its input, and prints
processor seconds of this process, records, links, calls, bytes, statements and the peak of its memory.
"""

import asyncio
import json
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import structlog
from pydantic import SecretStr
from sqlalchemy import event, func, select
from tests.support import postgresql
from tests.support.partner import ADDRESS, Partner
from tests.support.person import Person

from tieout.api.partners.service import create_partner
from tieout.app import build_app, migrate
from tieout.assembling import build_services
from tieout.engine.lanes import EmbeddedEngine
from tieout.engine.running import LaneTurn
from tieout.kit.collecting import collect_seldom
from tieout.kit.identifiers import new_id
from tieout.platforms.port import Environment
from tieout.platforms.registry import all_platforms
from tieout.security.vault import new_key
from tieout.settings import Settings
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.connections import Company, Link, Snapshot
from tieout.storage.tables.work import MeterReading
from tieout.sync.connecting import callback_url
from tieout.sync.open_books import OpenBooks, open_books
from tieout.sync.pulling import pull_pages
from tieout.sync.services import Services

PULLS_MAX = 2_000
TITLE = "Payables Inc"


def _drop(*_: Any) -> Any:
    raise structlog.DropEvent


async def measure(database: str, platform: str, folder: Path, told: dict[str, Any]) -> dict[str, Any]:
    """Connect as a person would, with counterparts and products that the books have too, and pull to the end."""
    services = _services(database, folder)
    await migrate(services.database, services.engine)
    company_id = await _connected(services, platform, told)
    books = await open_books(services, company_id, None)
    assert books is not None
    statements = 0

    def note(*_: object) -> None:
        nonlocal statements
        statements += 1

    for engine in {services.database._readers, services.database._writers}:  # noqa: SLF001 - counted from outside
        event.listen(engine.sync_engine, "before_cursor_execute", note)
    collect_seldom()
    before_mb = peak_mb()
    started_s, started_at_s = time.process_time(), time.monotonic()
    await _pull(books)
    spent_s, took_s = time.process_time() - started_s, time.monotonic() - started_at_s
    found = await _found(services)
    await services.database.close()
    return {**found, "spent_s": spent_s, "took_s": took_s, "statements": statements, "before_mb": before_mb}


def peak_mb() -> float:
    """The most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _services(database: str, folder: Path) -> Services:
    if database == "sqlite":
        url = f"sqlite:///{folder / 'tieout.db'}"
    else:
        server = postgresql.server()
        url = server.url(server.new_database())
    settings = Settings(
        database_url=url,
        vault_keys=SecretStr(new_key("bench")),
        requests_per_s=10_000,
        token_lifetime_s=86_400,
        allow_private_addresses=True,
    )
    return build_services(settings)


async def _connected(services: Services, platform: str, told: dict[str, Any]) -> UUID:
    """A partner with an entity, its counterparts and products, connected to the full books; nothing is pulled yet."""
    adapter = all_platforms()[platform]
    adapter.rate_limits = ()
    app = build_app(services)
    app.state.services = services

    def client() -> httpx2.AsyncClient:
        mounts: dict[str, httpx2.AsyncBaseTransport | None] = {told["origin"]: httpx2.AsyncHTTPTransport()}
        here = httpx2.ASGITransport(app)
        return httpx2.AsyncClient(transport=here, base_url=services.settings.public_url, mounts=mounts)

    async with services.database.write() as session:
        row, client_id, secret = await create_partner(session, services.clock, TITLE, environment=Environment.SIMULATED)
        row.brand = {"name": TITLE}
    partner = Partner(client(), row.id, client_id, secret)
    await partner.sign_in()
    await _register(services, row.id, platform, told["origin"])
    await partner.make_entity("Acme Ltd")
    await _furnish(partner, told)
    connection = (await partner.post("/accounting_connections")).json()
    await Person(client()).connect(connection["connection_url"], adapter.title, companies=told["company"])
    async with services.database.read() as session:
        return (await session.scalars(select(Company.id))).one()


async def _register(services: Services, partner_id: UUID, platform: str, origin: str) -> None:
    """An app of the partner at the simulator, with its keys here, and nobody who limits calls."""
    wish = {"name": TITLE, "redirect_uris": [callback_url(services.settings.public_url, platform)]}
    async with httpx2.AsyncClient(base_url=origin) as control:
        registered = (await control.post("/_sandbox/apps", json=wish)).json()
        (await control.post("/_sandbox/rules", json={"limits_watched": False})).raise_for_status()
    app_id = new_id()
    place = f"platform_apps.client_secret:{app_id}"
    async with services.database.write() as session:
        session.add(
            PlatformApp(
                id=app_id,
                partner_id=partner_id,
                platform=platform,
                environment=Environment.SIMULATED.value,
                client_id=registered["client_id"],
                client_secret=services.vault.seal(registered["client_secret"], place=place),
                origin=origin,
                created_at=services.clock.now(),
                updated_at=services.clock.now(),
            )
        )


async def _furnish(partner: Partner, told: dict[str, Any]) -> None:
    """Counterparts and products by the names that the books have."""
    address = {key: value for key, value in ADDRESS.items() if key != "id"}
    for name in told["customers"]:
        organization = {"legal_name": name, "is_customer": True, "is_vendor": False, "address": address}
        body = {"type": "organization", "organization": organization}
        (await partner.post("/counterparts", json=body)).raise_for_status()
    for name in told["items"]:
        body = {"name": name, "price": {"currency": told["currency"], "value": 1_000}}
        (await partner.post("/products", json=body)).raise_for_status()


async def _pull(books: OpenBooks) -> None:
    """Page after page, as a lane's turns do it."""
    services = books.services
    assert isinstance(services.engine, EmbeddedEngine)
    async with services.database.write() as session:
        await services.engine.wake(session, "bench:pull")
    [claim] = await services.engine.claims.claim(1, kinds=("bench",))
    turn = LaneTurn(services.engine, claim, asyncio.Event())
    for _ in range(PULLS_MAX):
        await pull_pages(books, turn)
        if books.company.pull_started_at is None:
            return
    raise AssertionError("the pull does not end")


async def _found(services: Services) -> dict[str, Any]:
    """What is held now, and what the meter says that it cost."""
    counted = select(func.sum(MeterReading.calls), func.sum(MeterReading.received_bytes))
    async with services.database.read() as session:
        kinds = await session.execute(select(Snapshot.kind, func.count()).group_by(Snapshot.kind))
        links = await session.scalar(select(func.count()).select_from(Link))
        calls, received = (await session.execute(counted.where(MeterReading.cause == "pull"))).one()
        return {
            "kinds": dict(Counter(dict(kinds.all()))),
            "links": links,
            "calls": int(calls),
            "received_bytes": int(received),
        }


if __name__ == "__main__":
    structlog.configure(processors=[_drop])
    made = asyncio.run(measure(sys.argv[1], sys.argv[2], Path(sys.argv[3]), json.loads(sys.stdin.read())))
    sys.stdout.write(json.dumps({**made, "peak_mb": peak_mb()}) + "\n")
