"""Routes for people: whatever goes wrong is told on a page, never as a bare error."""

import traceback
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from tieout.web.pages import Page, render

FRAMES_LOGGED_MAX: Final = 30

log = structlog.get_logger(__name__)


class PeopleRoute(APIRoute):
    """A route whose every answer is a page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put the net below the endpoint."""
        handle = super().get_route_handler()

        async def handle_for_people(request: Request) -> Response:
            try:
                return await handle(request)
            except (RequestValidationError, HTTPException):
                return _broken(HTTPStatus.BAD_REQUEST, request_id=None)
            except Exception as error:  # noqa: BLE001 - whatever it is, a person must not see it raw; the log has it
                return _broken(HTTPStatus.INTERNAL_SERVER_ERROR, request_id=_note(error, self.path))

        return handle_for_people


def _note(error: Exception, route: str) -> str | None:
    """Log types and places only: messages of drivers and libraries may quote secrets."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_LOGGED_MAX:]
    log.error(
        "page_failed",
        route=route,
        error=f"{type(error).__module__}.{type(error).__qualname__}",
        frames=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    )
    return None if request_id is None else str(request_id)


def _broken(status: HTTPStatus, *, request_id: str | None) -> Response:
    is_ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    title = "Something went wrong on our side" if is_ours else "This address is not complete"
    page = Page(template="broken.html", title=title, status=status)
    return render(page, is_ours=is_ours, request_id=request_id)
