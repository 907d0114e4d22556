"""Where platforms send their webhooks: `/hooks/{platform}/{app_id}`, one address for each of a partner's apps.

Nothing is done here but to check the signature over the very bytes, to keep what was told, and to wake the lanes: the
platforms wait three to five seconds for an answer, and hold back or switch off the webhooks of all companies of an app
whose receiver fails. So whatever was signed is answered with 200, also what is not understood; only what surely is none
of the platform's is refused. An answer has no body and no cookie: to some platforms either is a failure.
"""

import asyncio
from http import HTTPStatus
from typing import Final, cast
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from tieout.kit.errors import NotFound
from tieout.observability import Metrics
from tieout.platforms.registry import all_platforms
from tieout.platforms.webhooks import Told, UnreadableWebhookError, Webhooks
from tieout.storage.tables.access import PlatformApp
from tieout.sync.grants import webhook_keys
from tieout.sync.hinting import note_webhooks
from tieout.sync.services import Services
from tieout.web.guests import services_of

router = APIRouter(include_in_schema=False)

BODY_BYTES_MAX: Final = 1_048_576
"""A platform's webhook holds hundreds of events at most, of less than 500 bytes each."""
BODY_S_MAX: Final = 10.0
"""How long a body may take to arrive."""
IN_FLIGHT_MAX: Final = 64
"""How many webhooks are served at once; whoever comes too many is asked to come again, as platforms do."""

_NOTHING: Final = Told((), frozenset())
_in_flight = asyncio.BoundedSemaphore(IN_FLIGHT_MAX)

log = structlog.get_logger(__name__)


@router.post("/hooks/{platform}/{app_id}")
async def receive(request: Request, platform: str, app_id: str) -> Response:
    """Take a webhook.

    401 for a wrong signature or when no key is set; 404 for an app or platform that there is not.
    """
    if _in_flight.locked():
        return _answered(request, platform, HTTPStatus.SERVICE_UNAVAILABLE)
    async with _in_flight:
        services = services_of(request)
        app, webhooks = await _load_app(services, platform, app_id)
        body = await _read_body(request)
        if isinstance(body, HTTPStatus):
            return _answered(request, platform, body)
        keys = webhook_keys(services.vault, app, now=services.clock.now())
        if not any([webhooks.is_signed(key, request.headers, body) for key in keys]):  # noqa: C419 - each takes its time
            log.warning("platform_webhook_refused", platform=platform, app_id=app_id, has_key=bool(keys))
            return _answered(request, platform, HTTPStatus.UNAUTHORIZED)
        await note_webhooks(services, app, _told(webhooks, body, app))
        return _answered(request, platform, HTTPStatus.OK)


async def _load_app(services: Services, platform: str, app_id: str) -> tuple[PlatformApp, Webhooks]:
    known = all_platforms().get(platform)
    async with services.database.read() as session:
        app = None if (named := _uuid(app_id)) is None else await session.get(PlatformApp, named)
    if known is None or app is None or app.platform != platform:
        message = "There is no such address for webhooks: `tieout platform show` prints the right one."
        raise NotFound(message)
    return app, known.webhooks


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def _read_body(request: Request) -> bytes | HTTPStatus:
    """The very bytes, or why they are not taken."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > BODY_BYTES_MAX:
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S_MAX):
            async for part in request.stream():
                body += part
                if len(body) > BODY_BYTES_MAX:
                    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    except TimeoutError:
        return HTTPStatus.REQUEST_TIMEOUT
    except ClientDisconnect:
        return HTTPStatus.BAD_REQUEST
    return bytes(body)


def _told(webhooks: Webhooks, body: bytes, app: PlatformApp) -> Told:
    """What a signed body says. What cannot be read was sent by the platform all the same: logged, not refused."""
    try:
        return webhooks.read(body)
    except UnreadableWebhookError as error:
        log.warning("platform_webhook_unreadable", platform=app.platform, app_id=str(app.id), why=str(error))
        return _NOTHING


def _answered(request: Request, platform: str, status: HTTPStatus) -> Response:
    metrics = cast("Metrics", request.app.state.metrics)
    metrics.platform_webhooks.labels(platform if platform in all_platforms() else "unknown", str(status.value)).inc()
    headers = {"Retry-After": "1"} if status is HTTPStatus.SERVICE_UNAVAILABLE else None
    return Response(status_code=status, headers=headers)
