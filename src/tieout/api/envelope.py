"""What surrounds every answer of the API.

Request id, time spent, echoed headers, CORS, and the answer to an unexpected exception.
Monite, 'Headers' and 'Browser clients'. Paths outside `/v1` are passed on untouched, save for the request id and the
answer to an unexpected exception.
"""

import contextlib
import time
from http import HTTPStatus
from uuid import UUID

import structlog
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tieout.api.errors import error_answer, unexpected_answer
from tieout.api.idempotency import REPLAYED_HEADER
from tieout.api.versions import VERSION_HEADER, VERSIONS
from tieout.kit.identifiers import new_id

API_PREFIX = "/v1/"
ENTITY_HEADER = "x-monite-entity-id"
ANSWER_HEADERS = "tieout.answer_headers"
PREFLIGHT_AGE_S = 600

_SENT_BY_BROWSERS = (
    "authorization",
    "content-type",
    "idempotency-key",
    VERSION_HEADER,
    ENTITY_HEADER,
    "x-monite-sdk-version",
)
_SHOWN_TO_BROWSERS = (
    "X-Request-Id",
    "X-Process-Time",
    "X-Monite-Version",
    "X-Monite-Entity-Id",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "X-RateLimit-Limit-Second",
    "X-RateLimit-Remaining-Second",
    "Retry-After",
    REPLAYED_HEADER,
)


def _echoed(request: Headers) -> dict[str, str]:
    """The headers that the API repeats, if they make sense."""
    echoed: dict[str, str] = {}
    version = request.get(VERSION_HEADER)
    if version in VERSIONS:
        echoed["X-Monite-Version"] = version
    with contextlib.suppress(ValueError):
        echoed["X-Monite-Entity-Id"] = str(UUID(request.get(ENTITY_HEADER, "")))
    return echoed


def _is_plain_413(message: Message, scope: Scope) -> bool:
    """Whether the framework refuses a body in words of its own, before any handler of ours is asked."""
    if message["type"] != "http.response.start" or message["status"] != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return False
    is_json = Headers(raw=message["headers"]).get("content-type", "").startswith("application/json")
    return scope["path"].startswith(API_PREFIX) and not is_json


class Envelope:
    """ASGI middleware: adds the headers, and turns an unexpected exception into a 500 in the error shape."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s = time.perf_counter()
        request_id = str(new_id())
        extra: dict[str, str] = {}
        scope[ANSWER_HEADERS] = extra
        has_started = is_replaced = False

        async def complete(message: Message) -> None:
            nonlocal has_started, is_replaced
            if is_replaced:
                return
            if _is_plain_413(message, scope):
                await error_answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large.")(
                    scope, receive, complete
                )
                is_replaced = True
                return
            if message["type"] == "http.response.start":
                has_started = True
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers["X-Process-Time"] = f"{time.perf_counter() - started_s:.6f}"
                if scope["path"].startswith(API_PREFIX):
                    headers.update(_echoed(Headers(scope=scope)) | extra)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, complete)
            except Exception as error:
                if has_started:
                    raise
                route = getattr(scope.get("route"), "path", "unmatched")
                answer = unexpected_answer(error, request_id=request_id, method=scope["method"], route=route)
                await answer(scope, receive, complete)


class ApiCors:
    """CORS for the API only. Calls carry a bearer token and never a cookie, so any origin may make them."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app
        self._with_cors = CORSMiddleware(
            app,
            allow_origins=("*",),
            allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=_SENT_BY_BROWSERS,
            expose_headers=_SHOWN_TO_BROWSERS,
            max_age=PREFLIGHT_AGE_S,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer preflight requests and add the headers to answers below `/v1`."""
        is_api = scope["type"] == "http" and scope["path"].startswith(API_PREFIX)
        await (self._with_cors if is_api else self._app)(scope, receive, send)


def install_envelope(app: FastAPI) -> None:
    """Put the envelope around the app; CORS outermost, so that browsers can read a 500 as well."""
    app.add_middleware(Envelope)
    app.add_middleware(ApiCors)
