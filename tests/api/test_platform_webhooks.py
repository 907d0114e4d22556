"""/hooks/{platform}/{app_id}: only what the platform signed is taken, and nothing but kept hints and a wake follow."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from tests.support.databases import BACKENDS, Backend, empty_database
from tests.support.partner import AT, Api, Partner, start_api

from tieout.api.envelope import install_envelope
from tieout.api.errors import install_error_handlers
from tieout.observability import Metrics
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.connections import Company, Connection
from tieout.storage.tables.hints import WebhookHint
from tieout.storage.tables.work import Lane
from tieout.sync.hinting import HINTS_OF_SUBJECT_MAX
from tieout.web.platform_webhooks import BODY_BYTES_MAX, router

KEY = "signing key of the app"
HEADERS = {"quickbooks": "intuit-signature", "xero": "x-xero-signature"}
PLATFORMS = sorted(HEADERS)


def signature(body: bytes, key: str = KEY) -> str:
    """Computed from the platforms' words alone: base64 of the HMAC-SHA256 of the raw body."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def cloud_event(company: str, record: str = "7", type_: str = "qbo.invoice.updated.v1", **more: Any) -> dict[str, Any]:
    at = "2026-03-02T09:29:25.179851517Z"
    known = {"specversion": "1.0", "id": str(uuid4()), "source": "intuit.x=", "type": type_, "time": at}
    return {**known, "intuitentityid": record, "intuitaccountid": company, "data": {}, **more}


def told(platform: str, *pairs: tuple[str, str]) -> bytes:
    """A body that tells of invoices, each of a company."""
    if platform == "quickbooks":
        return json.dumps([cloud_event(company, record) for company, record in pairs]).encode()
    events = [
        {"resourceId": record, "tenantId": company, "tenantType": "ORGANISATION", "eventCategory": "INVOICE",
         "eventType": "Update", "eventDateUtc": "2026-03-02T09:29:25.179"}
        for company, record in pairs
    ]  # fmt: skip
    return json.dumps({"events": events, "firstEventSequence": 1, "lastEventSequence": 1, "entropy": "X"}).encode()


@cache
def application() -> FastAPI:
    """What is served beside the API: its parts are those of the API under test."""
    app = FastAPI()
    install_error_handlers(app)
    install_envelope(app)
    app.include_router(router)
    app.state.metrics = Metrics()
    return app


class Address:
    """Where a platform posts, with one company connected behind it."""

    def __init__(self, api: Api, partner: Partner, platform: str) -> None:
        self.api, self.partner, self.platform = api, partner, platform
        application().state.services = api.services
        self.http = httpx2.AsyncClient(transport=httpx2.ASGITransport(application()), base_url="https://tieout.example")
        self.path = ""
        self.company_id: UUID | None = None

    async def open(self, *, key: str | None = KEY) -> "Address":
        keys = {"client_id": "app", "client_secret": "secret"} | ({"webhook_key": key} if key else {})
        app = (await self.partner.put(f"/platforms/{self.platform}/keys/production", json=keys)).json()
        self.path = app["webhook_url"]
        self.company_id = await self.connect(app["id"], "c1")
        return self

    async def connect(self, app_id: str, external_id: str, status: str = "connected") -> UUID:
        owner: dict[str, Any] = {"partner_id": self.partner.id, "created_at": AT, "updated_at": AT}
        entity_id = UUID(await self.partner.make_entity())
        async with self.api.services.database.write() as session:
            named = {"platform": self.platform, "environment": "production", "external_id": external_id, "name": "A"}
            company = Company(app_id=UUID(app_id), pull_due_at=AT + timedelta(hours=1), **named, **owner)
            session.add(company)
            await session.flush()
            session.add(Connection(entity_id=entity_id, company_id=company.id, status=status, **owner))
            return company.id

    async def post(self, body: bytes, *, key: str = KEY, **headers: str) -> httpx2.Response:
        signed = {HEADERS[self.platform]: signature(body, key), "content-type": "application/json", **headers}
        return await self.http.post(self.path, content=body, headers=signed)

    async def hints(self) -> set[tuple[str, str]]:
        async with self.api.services.database.read() as session:
            rows = await session.scalars(select(WebhookHint).where(WebhookHint.company_id == self.company_id))
            return {(row.subject.lower(), row.external_id) for row in rows}

    async def due_at(self) -> Any:
        async with self.api.services.database.read() as session:
            lane = await session.get(Lane, f"company:{self.company_id}")
            return None if lane is None else lane.due_at


@pytest.fixture(params=PLATFORMS)
async def address(request: pytest.FixtureRequest, api: Api, partner: Partner) -> Address:
    return await Address(api, partner, request.param).open()


async def test_a_signed_webhook_is_kept_and_wakes_the_lane(address: Address) -> None:
    answer = await address.post(told(address.platform, ("c1", "7"), ("c1", "7"), ("c1", "8"), ("nobody", "9")))
    assert (answer.status_code, answer.content) == (200, b"")
    assert not {"set-cookie", "content-type"} & set(answer.headers)
    assert await address.hints() == {("invoice", "7"), ("invoice", "8")}
    assert AT < await address.due_at() < AT + timedelta(seconds=1)
    assert (await address.post(told(address.platform, ("c1", "7")))).status_code == 200
    assert await address.hints() == {("invoice", "7"), ("invoice", "8")}, "told twice is kept once"


async def test_what_is_not_signed_with_the_key_of_the_app_is_refused(address: Address) -> None:
    body = told(address.platform, ("c1", "7"))
    header = HEADERS[address.platform]
    for wrong in (signature(body, "another key"), "", "AAAA", signature(body)[:-1], "é" * 44, signature(body + b" ")):
        answer = await address.post(body, **{header: wrong.encode()})  # type: ignore[arg-type]  # bytes are no ASCII
        assert (answer.status_code, answer.content) == (401, b"")
    unsigned = await address.http.post(address.path, content=body)
    assert (unsigned.status_code, unsigned.content) == (401, b"")
    assert (await address.post(body.replace(b"c1", b"c2"), **{header: signature(body)})).status_code == 401
    assert not await address.hints()
    assert await address.due_at() is None


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_without_a_key_nothing_is_believed(api: Api, partner: Partner, platform: str) -> None:
    address = await Address(api, partner, platform).open(key=None)
    assert (await address.post(told(platform, ("c1", "7")), key="")).status_code == 401
    assert not await address.hints()


async def test_an_address_that_there_is_not_says_so(address: Address) -> None:
    body, app_id = told(address.platform, ("c1", "7")), address.path.rpartition("/")[2]
    other = next(name for name in PLATFORMS if name != address.platform)
    for path in (
        f"/hooks/{other}/{app_id}",
        f"/hooks/{address.platform}/{uuid4()}",
        "/hooks/sage/1",
        "/hooks/xero/x%00",
    ):
        answer = await address.http.post(f"https://tieout.example{path}", content=body)
        assert (answer.status_code, list(answer.json())) == (404, ["error"])
    assert (await address.http.get(address.path)).status_code == 405


async def test_both_keys_are_good_while_they_are_exchanged(address: Address) -> None:
    body = told(address.platform, ("c1", "7"))
    services = address.api.services
    async with services.database.write() as session:
        app = await session.get_one(PlatformApp, UUID(address.path.rpartition("/")[2]))
        app.previous_webhook_key = services.vault.seal(KEY, place=f"platform_apps.previous_webhook_key:{app.id}")
        app.webhook_key = services.vault.seal("new", place=f"platform_apps.webhook_key:{app.id}")
        app.previous_keys_expire_at = AT + timedelta(hours=1)
    assert [(await address.post(body, key=key)).status_code for key in (KEY, "new", "newer")] == [200, 200, 401]
    address.api.clock.move(timedelta(hours=1))
    assert [(await address.post(body, key=key)).status_code for key in (KEY, "new")] == [401, 200]


async def test_what_was_signed_is_taken_though_it_is_not_understood(address: Address) -> None:
    odd = [b"", b"{", b"null", b"[1, null]", b'{"events": 3}', b"\xff\xfe", b"[" * 50_000, b'[{"specversion": {}}]']
    assert [(await address.post(body)).status_code for body in odd] == [200] * len(odd)
    assert not await address.hints()


async def test_a_body_beyond_the_limit_is_refused_unread(address: Address) -> None:
    body = b"[" + b" " * BODY_BYTES_MAX + b"]"
    assert (await address.post(body)).status_code == 413

    async def parts() -> Any:
        yield body

    streamed = await address.http.post(address.path, content=parts())
    assert streamed.status_code == 413


async def test_companies_that_are_not_connected_are_nobodys(address: Address) -> None:
    left = await address.connect(address.path.rpartition("/")[2], "c2", status="disconnected")
    assert (await address.post(told(address.platform, ("c2", "7"), ("c3", "7")))).status_code == 200
    async with address.api.services.database.read() as session:
        assert (await session.get_one(Company, left)).last_webhook_at is None
        assert not (await session.scalars(select(WebhookHint))).all()


async def test_of_very_many_records_it_is_kept_that_there_are_many(address: Address) -> None:
    many = [("c1", str(number)) for number in range(HINTS_OF_SUBJECT_MAX)]
    await address.post(told(address.platform, *many))
    assert len(await address.hints()) == HINTS_OF_SUBJECT_MAX
    await address.post(told(address.platform, ("c1", "one more")))
    assert await address.hints() == {("invoice", "")}
    await address.post(told(address.platform, ("c1", "another")))
    assert ("invoice", "") in await address.hints()


@pytest.mark.parametrize("backend", BACKENDS)
async def test_the_later_time_counts_in_whatever_order_webhooks_come(backend: Backend, tmp_path: Path) -> None:
    async with empty_database(backend, tmp_path) as database:
        api = await start_api(tmp_path, database=database)
        await _tell_in_odd_order(api, await Address(api, await api.new_partner(), "quickbooks").open())
        await api.http.aclose()


async def _tell_in_odd_order(api: Api, address: Address) -> None:
    times = ["2026-03-02T09:10:00.5Z", "2026-03-02T09:20:00.5Z", "2026-03-02T09:15:00.5Z"]
    for time in times:
        await address.post(json.dumps([cloud_event("c1", time=time)]).encode())
    async with api.services.database.read() as session:
        [hint] = await session.scalars(select(WebhookHint))
    assert (hint.happened_at, hint.number) == (AT.replace(minute=20, microsecond=500_000), 3)
    await address.post(json.dumps([cloud_event("c1", time="soon", type_="qbo.invoice.deleted.v1")]).encode())
    async with api.services.database.read() as session:
        [hint] = await session.scalars(select(WebhookHint))
    assert (hint.happened_at, hint.is_gone) == (None, True)


async def test_a_trial_of_the_receiver_is_passed(api: Api, partner: Partner) -> None:
    address = await Address(api, partner, "xero").open()
    body = b'{"events":[],"firstEventSequence": 0,"lastEventSequence": 0, "entropy": "S0m3r4nd0mt3xt"}'
    answers = [await address.post(body, key=key) for key in (KEY, "wrong", "wronger", KEY)]
    assert [answer.status_code for answer in answers] == [200, 401, 401, 200]
    assert not any(answer.content or "set-cookie" in answer.headers for answer in answers)
