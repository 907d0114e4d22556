"""One measured first pull in a process of its own: by Tieout, or by a plain loop over the platform's Python SDK.

`python -m benchmarks.pull_worker tieout-sqlite quickbooks FOLDER` reads what the simulator told from its input, and
prints what it measured: processor seconds of this process alone, records, calls, bytes and peak memory.
"""

import asyncio
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import structlog
from pydantic import SecretStr
from sqlalchemy import event, func, select

PAGE_SIZE = 1_000
PAGES_MAX = 2_000
TITLE = "Payables Inc"


def main(role: str, platform: str, folder: str) -> None:
    """Measure and print."""
    structlog.configure(processors=[_drop])
    told = json.loads(sys.stdin.read())
    measured = sdk_loop(platform, told) if role == "sdk" else asyncio.run(tieout(role, platform, Path(folder), told))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({**measured, "peak_mb": peak_mb}) + "\n")


def _drop(*_: Any) -> Any:
    raise structlog.DropEvent


async def tieout(role: str, platform: str, folder: Path, told: dict[str, Any]) -> dict[str, Any]:
    """Connect as a person would, with counterparts and products that the books have too, and pull to the end."""
    from tests.support import postgresql
    from tests.support.partner import Partner
    from tests.support.person import Person

    from tieout.api.partners.service import create_partner
    from tieout.app import build_app, migrate
    from tieout.assembling import build_services
    from tieout.platforms.port import Cause, Environment
    from tieout.platforms.registry import all_platforms
    from tieout.security.vault import new_key
    from tieout.settings import Settings
    from tieout.storage.tables.connections import Company, Link, Snapshot
    from tieout.sync.open_books import open_books

    adapter = all_platforms()[platform]
    adapter.rate_limits = ()
    if role == "tieout-sqlite":
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
    services = build_services(settings)
    await migrate(services.database, services.engine)
    app = build_app(services)
    app.state.services = services

    def client() -> httpx2.AsyncClient:
        mounts = {told["origin"]: httpx2.AsyncHTTPTransport()}
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=settings.public_url, mounts=mounts)

    async with services.database.write() as session:
        row, client_id, secret = await create_partner(
            session, services.clock, TITLE, environment=Environment.SIMULATED
        )
        row.brand = {"name": TITLE}
    partner = Partner(client(), row.id, client_id, secret)
    await partner.sign_in()
    await _register(services, row.id, platform, told["origin"])
    await partner.make_entity("Acme Ltd")
    await _furnish(partner, told)
    connection = (await partner.post("/accounting_connections")).json()
    await Person(client()).connect(connection["connection_url"], adapter.title, companies=told["company"])
    async with services.database.read() as session:
        company = (await session.scalars(select(Company))).one()
    books = await open_books(services, company.id, None)
    assert books is not None
    statements = 0

    def note(*_: object) -> None:
        nonlocal statements
        statements += 1

    for engine in {services.database._readers, services.database._writers}:
        event.listen(engine.sync_engine, "before_cursor_execute", note)
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started_s, wall_s = time.process_time(), time.monotonic()
    await _pull(books)
    spent_s, wall_s = time.process_time() - started_s, time.monotonic() - wall_s
    meter = books.meter
    async with services.database.read() as session:
        kinds = Counter(dict((await session.execute(select(Snapshot.kind, func.count()).group_by(Snapshot.kind))).all()))
        links = await session.scalar(select(func.count()).select_from(Link))
        calls, received = await _metered(session)
    await services.database.close()
    del meter
    return {
        "spent_s": spent_s,
        "wall_s": wall_s,
        "kinds": dict(kinds),
        "links": links,
        "calls": calls,
        "received_bytes": received,
        "statements": statements,
        "before_mb": before_mb,
        "cause": Cause.PULL.value,
    }


async def _metered(session: Any) -> tuple[int, int]:
    from tieout.storage.tables.work import MeterReading

    rows = await session.execute(
        select(func.sum(MeterReading.calls), func.sum(MeterReading.received_bytes)).where(
            MeterReading.cause == "pull", MeterReading.kind == "read"
        )
    )
    calls, received = rows.one()
    return int(calls), int(received)


async def _register(services: Any, partner_id: Any, platform: str, origin: str) -> None:
    """An app of the partner at the simulator, with its keys here, and nobody who limits calls."""
    from tieout.kit.identifiers import new_id
    from tieout.storage.tables.access import PlatformApp
    from tieout.sync.connecting import callback_url

    wish = {"name": TITLE, "redirect_uris": [callback_url(services.settings.public_url, platform)]}
    async with httpx2.AsyncClient(base_url=origin) as control:
        registered = (await control.post("/_sandbox/apps", json=wish)).json()
        (await control.post("/_sandbox/rules", json={"limits_watched": False})).raise_for_status()
    app_id = new_id()
    async with services.database.write() as session:
        session.add(
            PlatformApp(
                id=app_id,
                partner_id=partner_id,
                platform=platform,
                environment="simulated",
                client_id=registered["client_id"],
                client_secret=services.vault.seal(
                    registered["client_secret"], place=f"platform_apps.client_secret:{app_id}"
                ),
                origin=origin,
                created_at=services.clock.now(),
                updated_at=services.clock.now(),
            )
        )


async def _furnish(partner: Any, told: dict[str, Any]) -> None:
    """Counterparts and products by the names that the books have."""
    from tests.support.partner import ADDRESS

    for name in told["customers"]:
        address = {key: value for key, value in ADDRESS.items() if key != "id"}
        organization = {"legal_name": name, "is_customer": True, "is_vendor": False, "address": address}
        answer = await partner.post("/counterparts", json={"type": "organization", "organization": organization})
        assert answer.status_code < 300, answer.text
    for name in told["items"]:
        body = {"name": name, "price": {"currency": told["currency"], "value": 1_000}}
        answer = await partner.post("/products", json=body)
        assert answer.status_code < 300, answer.text


async def _pull(books: Any) -> None:
    """Page after page, as a lane's turns do it."""
    from tieout.engine.running import LaneTurn
    from tieout.sync.pulling import pull_pages

    services = books.services
    async with services.database.write() as session:
        await services.engine.wake(session, "bench:pull")
    [claim] = await services.engine.claims.claim(1, kinds=("bench",))
    turn = LaneTurn(services.engine, claim, asyncio.Event())
    for _ in range(PAGES_MAX):
        await pull_pages(books, turn)
        if books.company.pull_started_at is None:
            return
    raise AssertionError("the pull does not end")


def sdk_loop(platform: str, told: dict[str, Any]) -> dict[str, Any]:
    """All pages of all lists through the SDK, each object decoded as the SDK does it, and nothing kept."""
    pages = _quickbooks_pages(told) if platform == "quickbooks" else _xero_pages(told)
    records: Counter[str] = Counter()
    calls = 0
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started_s, wall_s = time.process_time(), time.monotonic()
    for kind, count in pages:
        records[kind] += count
        calls += 1
    spent_s, wall_s = time.process_time() - started_s, time.monotonic() - wall_s
    return {"spent_s": spent_s, "wall_s": wall_s, "kinds": dict(records), "calls": calls, "before_mb": before_mb}


def _quickbooks_pages(told: dict[str, Any]) -> Iterator[tuple[str, int]]:
    import os

    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    from quickbooks import objects
    from tests.support.quickbooks_client import REDIRECT_URI, Served, books_of

    from tieout.kit.clock import SystemClock

    app = httpx2.post(f"{told['origin']}/_sandbox/apps", json={"name": "SDK", "redirect_uris": [REDIRECT_URI]}).json()
    httpx2.post(f"{told['origin']}/_sandbox/rules", json={"limits_watched": False})
    client = books_of(Served(told["origin"], SystemClock(), app["client_id"], app["client_secret"]))
    lists = {
        "account": objects.Account,
        "customer": objects.Customer,
        "vendor": objects.Vendor,
        "item": objects.Item,
        "invoice": objects.Invoice,
        "bill": objects.Bill,
        "credit_note": objects.CreditMemo,
        "vendor_credit": objects.VendorCredit,
        "payment": objects.Payment,
        "bill_payment": objects.BillPayment,
    }
    for kind, type_ in lists.items():
        start = 1
        while True:
            rows = type_.all(order_by="MetaData.CreateTime", start_position=start, max_results=PAGE_SIZE, qb=client)
            yield kind, len(rows)
            if len(rows) < PAGE_SIZE:
                break
            start += PAGE_SIZE


def _xero_pages(told: dict[str, Any]) -> Iterator[tuple[str, int]]:
    from tests.scenarios.test_xero_python import connect
    from xero_python.api_client.oauth2 import TokenApi

    TokenApi.refresh_token_url = f"{told['origin']}/connect/token"
    httpx2.post(f"{told['origin']}/_sandbox/rules", json={"limits_watched": False})
    sdk = connect(told["origin"])
    api, tenant = sdk.accounting, sdk.tenant_id
    yield "account", len(api.get_accounts(tenant).accounts)
    yield "item", len(api.get_items(tenant).items)
    lists: dict[str, tuple[Any, str]] = {
        "party": (api.get_contacts, "contacts"),
        "invoice": (api.get_invoices, "invoices"),
        "credit_note": (api.get_credit_notes, "credit_notes"),
        "payment": (api.get_payments, "payments"),
        "overpayment": (api.get_overpayments, "overpayments"),
        "prepayment": (api.get_prepayments, "prepayments"),
    }
    for kind, (ask, attribute) in lists.items():
        page = 1
        while True:
            rows = getattr(ask(tenant, page=page, page_size=PAGE_SIZE), attribute)
            yield kind, len(rows)
            if len(rows) < PAGE_SIZE:
                break
            page += 1


if __name__ == "__main__":
    main(*sys.argv[1:4])
