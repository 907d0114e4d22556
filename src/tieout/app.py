"""The composition root: who runs the lanes, and the application that is served."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from functools import partial
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tieout.api.envelope import install_envelope
from tieout.api.errors import install_error_handlers
from tieout.api.measuring import Measured
from tieout.api.routes import install_api
from tieout.api.versions import CONTRACT_VERSION
from tieout.engine.listing import count_lanes
from tieout.engine.port import LANES_AT_ONCE_MAX, Engine, Handler
from tieout.kit.errors import VaultRefused
from tieout.observability import Metrics
from tieout.storage import schema
from tieout.storage.database import Database
from tieout.storage.tables.access import PlatformApp
from tieout.storage.tables.connections import Connection
from tieout.storage.tables.webhooks import WAITING, WebhookDelivery, WebhookSubscription
from tieout.storage.tables.work import Intent, MeterReading
from tieout.sync import ending, keeping, resealing
from tieout.sync.delivering import outbox, sweeping
from tieout.sync.delivering.sending import place_of_secret
from tieout.sync.delivering.turns import WebhookTurns
from tieout.sync.services import Services
from tieout.sync.spreading import spread_overdue
from tieout.sync.turn import CompanyTurns
from tieout.web.routes import build_router as build_web_router
from tieout.web.routes import mount_static

VERSION = "0.1.0"
COMPANY_LANE = "company"

log = structlog.get_logger(__name__)


async def migrate(database: Database, engine: Engine) -> list[str]:
    """Bring everything that is kept in the database up to date; returns the steps that were taken."""
    return [*await schema.migrate(database), *await engine.prepare()]


async def missing(services: Services) -> str | None:
    """What keeps Tieout from running on this database, for a person; None when nothing does."""
    return (
        await schema.missing_migration(services.database)
        or await services.engine.missing()
        or await missing_vault_key(services)
    )


async def missing_vault_key(services: Services) -> str | None:
    """What the vault's keys do not open, for a person; None when every secret's key is in the ring.

    Without this check lanes would fail one by one while every connection still looks well.
    """
    async with services.database.read() as session:
        apps = await session.execute(select(PlatformApp.id, PlatformApp.client_secret))
        sealed = {f"platform_apps.client_secret:{app_id}": secret for app_id, secret in apps}
        hooks = await session.execute(
            select(WebhookSubscription.id, WebhookSubscription.secret).where(WebhookSubscription.deleted_at.is_(None))
        )
        sealed |= {place_of_secret(subscription_id): secret for subscription_id, secret in hooks}
    for place, secret in sealed.items():
        try:
            services.vault.open(secret, place=place)
        except VaultRefused as error:
            return f"TIEOUT_VAULT_KEYS do not open what this database holds ({error}): add the key that sealed it"
    return None


async def missing_older_key(services: Services) -> str | None:
    """Where a secret lies that none of the vault's keys sealed, for a person: too slow a look to be asked often."""
    place = await resealing.unopenable(services)
    if place is None:
        return None
    return (
        f"a secret in {place} was sealed by a key that TIEOUT_VAULT_KEYS lack: add that key again, and remove it only"
        " when `tieout keys status` counts no secret under it"
    )


def lane_handlers(services: Services) -> dict[str, Handler]:
    """Who runs a turn of which kind of lane."""
    return {
        COMPANY_LANE: CompanyTurns(services).run,
        ending.LANE_KIND: partial(ending.end_access, services),
        keeping.LANE_KIND: partial(keeping.keep_grant, services),
        outbox.LANE_KIND: WebhookTurns(services, api_version=CONTRACT_VERSION).run,
        sweeping.LANE_KIND: partial(sweeping.sweep_events, services),
        resealing.LANE_KIND: partial(resealing.reseal_secrets, services),
    }


async def run_lanes_until(services: Services, stop: asyncio.Event) -> None:
    """Run lanes until `stop` is set; first what fell due meanwhile is spread, and the chores are woken.

    Endpoints of partners have lanes to themselves: slow ones hold up one another at most, never anybody's books.
    """
    try:
        async with services.database.write() as session:
            await services.engine.wake(session, sweeping.LANE)
            await services.engine.wake(session, resealing.LANE)
        await spread_overdue(services)
    except Exception:
        log.exception("chores_not_woken")  # as with lanes: a database that does not answer ends no process
    handlers = lane_handlers(services)
    to_partners = {outbox.LANE_KIND: handlers.pop(outbox.LANE_KIND)}
    log.info(
        "running_lanes",
        engine=services.settings.engine,
        database=services.database.url.get_backend_name(),
        kinds=[sorted(handlers), sorted(to_partners)],
        at_once_of_each=LANES_AT_ONCE_MAX,
    )
    await asyncio.gather(services.engine.run(handlers, stop), services.engine.run(to_partners, stop))


def build_app(services: Services, *, lanes_stop: asyncio.Event | None = None) -> FastAPI:
    """The API and the pages as one ASGI app.

    With `lanes_stop` its process runs lanes as well, until that is set or the app ends.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        lanes = None if lanes_stop is None else asyncio.create_task(run_lanes_until(services, lanes_stop))
        try:
            yield
        finally:
            if lanes is not None and lanes_stop is not None:
                lanes_stop.set()
                await lanes
            await services.database.close()

    app = FastAPI(
        title="Tieout",
        version=VERSION,
        summary="Accounting integration, compatible with the accounting part of Monite's API",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    app.state.metrics = Metrics()
    install_error_handlers(app)
    app.add_middleware(Measured, metrics=app.state.metrics)
    install_envelope(app)
    install_api(app)
    app.include_router(build_web_router())
    mount_static(app)
    _add_operator_routes(app, services)
    return app


def _add_operator_routes(app: FastAPI, services: Services) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        """Whether the process lives."""
        return {"status": "ok", "version": VERSION}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        """Whether the database answers, has the current schema, and holds nothing that the vault's keys do not open."""
        try:
            await services.database.ping()
            lacking = await missing(services)
        except Exception as error:  # noqa: BLE001 - whatever it is, it means not ready; its type is said
            reason = f"the database does not answer ({type(error).__name__})"
            return JSONResponse({"status": "not ready", "reason": reason}, HTTPStatus.SERVICE_UNAVAILABLE)
        if lacking is not None:
            return JSONResponse({"status": "not ready", "reason": lacking}, HTTPStatus.SERVICE_UNAVAILABLE)
        return JSONResponse({"status": "ready"})

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        """For Prometheus."""
        collected: Metrics = app.state.metrics
        await _read_gauges(services, collected)
        body, content_type = collected.render()
        return Response(body, media_type=content_type)


async def _read_gauges(services: Services, metrics: Metrics) -> None:
    async with services.database.read() as session:
        now = services.clock.now()
        lanes = await count_lanes(session, now=now)
        metrics.lanes_due.set(lanes.due)
        metrics.lanes_running.set(lanes.running)
        metrics.lanes_paused.set(lanes.paused)
        metrics.lanes_failing.set(lanes.failing)
        metrics.units_parked.set(lanes.parked_units)
        metrics.oldest_lane_due_seconds.set((now - (lanes.oldest_due_at or now)).total_seconds())
        waiting = select(func.count()).select_from(WebhookDelivery).where(WebhookDelivery.state == WAITING)
        metrics.webhooks_waiting.set(await session.scalar(waiting) or 0)
        metrics.intents.clear()
        metrics.connections.clear()
        for state, count in await session.execute(select(Intent.state, func.count()).group_by(Intent.state)):
            metrics.intents.labels(state).set(count)
        for status, count in await session.execute(select(Connection.status, func.count()).group_by(Connection.status)):
            metrics.connections.labels(status).set(count)
        await _read_meter(session, metrics, services.clock.now().date())


async def _read_meter(session: AsyncSession, metrics: Metrics, today: date) -> None:
    """Today's calls of platforms, whichever process made them."""
    metrics.platform_calls.clear()
    metrics.platform_bytes.clear()
    counted = MeterReading
    of_today = (
        select(
            PlatformApp.platform,
            counted.cause,
            counted.kind,
            func.sum(counted.calls),
            func.sum(counted.refused),
            func.sum(counted.unanswered),
        )
        .join(PlatformApp, PlatformApp.id == counted.app_id)
        .where(counted.day == today)
        .group_by(PlatformApp.platform, counted.cause, counted.kind)
    )
    for platform, cause, kind, calls, refused, unanswered in await session.execute(of_today):
        outcomes = {"served": calls - refused - unanswered, "refused": refused, "unanswered": unanswered}
        for outcome, count in outcomes.items():
            metrics.platform_calls.labels(platform, cause, kind, outcome).set(count)
    volume = select(PlatformApp.platform, func.sum(counted.sent_bytes), func.sum(counted.received_bytes))
    volume = volume.join(PlatformApp, PlatformApp.id == counted.app_id).where(counted.day == today)
    for platform, sent, received in await session.execute(volume.group_by(PlatformApp.platform)):
        metrics.platform_bytes.labels(platform, "sent").set(sent)
        metrics.platform_bytes.labels(platform, "received").set(received)
