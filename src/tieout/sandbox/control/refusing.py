"""How the control surface reads what it is sent and says no: `{"error": …}`."""

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tieout.sandbox.apps import AppRefusedError
from tieout.sandbox.faults.plan import FaultRefusedError
from tieout.sandbox.people import ActionRefusedError, UnknownActionError
from tieout.sandbox.webhooks.notices import WebhookRefusedError
from tieout.sandbox.wire import MalformedJsonError, control_json, read_object

PAGE_ENTRIES_MAX = 1_000
"""The most journal entries or requests in one answer."""

Endpoint = Callable[[Request], Awaitable[Response]]


class ControlRefusedError(Exception):
    """A wish that cannot be granted, with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        """`message` is for the person at the switchboard."""
        super().__init__(message)
        self.status = status


def answering(endpoint: Endpoint) -> Endpoint:
    """Turn refusals into answers."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ControlRefusedError as error:
            return control_json({"error": str(error)}, error.status)
        except UnknownActionError as error:
            return control_json({"error": str(error.args[0])}, 501)
        except ActionRefusedError as error:
            return control_json({"error": str(error)}, 409)
        except (AppRefusedError, FaultRefusedError, MalformedJsonError, WebhookRefusedError) as error:
            return control_json({"error": str(error)}, 422)

    return answer


async def read_wish(request: Request) -> dict[str, Any]:
    """The JSON object that was sent, as nothing but `application/json`."""
    if media_type(request) != "application/json":
        raise ControlRefusedError(415, "send application/json")
    return await read_object(request)


def media_type(request: Request) -> str:
    """What the request says its body is."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def figure(wish: dict[str, Any], name: str, otherwise: int) -> Decimal:
    """A number, exactly as it was sent."""
    value = wish.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ControlRefusedError(422, f"{name} is a number")
    try:
        told = Decimal(value)
    except InvalidOperation:
        raise ControlRefusedError(422, f"{name} is a number") from None
    if not told.is_finite():
        raise ControlRefusedError(422, f"{name} is a number")
    return told


def page_figure(request: Request, name: str, otherwise: int) -> int:
    """`offset` or `limit` of a page."""
    value = request.query_params.get(name, str(otherwise))
    if not value.isascii() or not value.isdigit() or len(value) > 9:  # noqa: PLR2004 - more digits than any page has
        raise ControlRefusedError(422, f"{name} is a whole number")
    return int(value) if name == "offset" else min(int(value), PAGE_ENTRIES_MAX)


def day(value: str | None) -> date | None:
    """A calendar date; None when nothing was said."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ControlRefusedError(422, "date is YYYY-MM-DD") from None
