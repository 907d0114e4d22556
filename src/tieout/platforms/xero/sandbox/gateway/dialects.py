"""The ways in which Xero says no, each in its own shape. Source: response-codes page and recorded refusals."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.responses import Response

from tieout.platforms.xero.sandbox.wire import encode

JSON = "application/json; charset=utf-8"
NO_STORE = {"Cache-Control": "max-age=0, no-cache, no-store", "Pragma": "no-cache"}
APP_HEADER = "X-AppMinLimit-Remaining"
OFFLINE = "The Organisation is offline"
UNAVAILABLE = "The Xero API is temporarily unavailable"

VALIDATION = (10, "ValidationException")
POST_DATA = (14, "PostDataInvalidException")
QUERY = (16, "QueryParseException")


class RefusedError(Exception):
    """The whole request is refused with `response`, and nothing of it was done."""

    def __init__(self, response: Response) -> None:
        """Carry the answer."""
        super().__init__(f"refused with {response.status_code}")
        self.response = response


def _problem(status: int, title: str, detail: str, correlation_id: str) -> bytes:
    """The gateway's envelope, in PascalCase as recorded."""
    return encode(
        {
            "Type": None,
            "Title": title,
            "Status": status,
            "Detail": detail,
            "Instance": correlation_id,
            "Extensions": {},
        }
    )


def token_refusal(expired_at: datetime | None, correlation_id: str) -> Response:
    """401: the access token expired at `expired_at`, or is none of ours."""
    detail = (
        f"TokenExpired: token expired at {expired_at:%m/%d/%Y %H:%M:%S}" if expired_at else "AuthenticationUnsuccessful"
    )
    return Response(
        _problem(401, "Unauthorized", detail, correlation_id),
        401,
        NO_STORE | {"WWW-Authenticate": "Bearer error=invalid_token", "Xero-Correlation-Id": correlation_id},
        "application/json",
    )


def scope_refusal(correlation_id: str) -> Response:
    """401: the token lacks the scope; Xero's own spelling of the error."""
    return Response(
        _problem(401, "Unauthorized", "AuthorizationUnsuccessful", correlation_id),
        401,
        NO_STORE | {"WWW-Authenticate": "Bearer error=insufficent_scope", "Xero-Correlation-Id": correlation_id},
        "application/json",
    )


def tenant_refusal(correlation_id: str, headers: Mapping[str, str]) -> Response:
    """403: the tenant header is missing or wrong, or the organisation is disconnected."""
    return Response(
        _problem(403, "Forbidden", "AuthenticationUnsuccessful", correlation_id),
        403,
        NO_STORE | {"Xero-Correlation-Id": correlation_id} | dict(headers),
        "application/json",
    )


def not_found(headers: Mapping[str, str]) -> Response:
    """404: an empty body that calls itself HTML."""
    return Response(b"", 404, dict(headers), "text/html; charset=utf-8")


def too_many(headers: Mapping[str, str]) -> Response:
    """429: an empty body; what the app has left is only told when that is the problem, as recorded in 2026."""
    of_app = headers.get("X-Rate-Limit-Problem") == "appminute"
    told = {name: value for name, value in headers.items() if of_app or name != APP_HEADER}
    return Response(b"", 429, NO_STORE | told)


def unavailable(text: str, headers: Mapping[str, str], status: int = 503) -> Response:
    """503 (or another failure): plain text."""
    return Response(text, status, dict(headers), "text/html; charset=utf-8")


def not_simulated(what: str) -> Response:
    """501 that Xero would not send: the simulator says what it does not do."""
    return Response(
        encode({"Title": "NotSimulated", "Status": 501, "Detail": f"The simulated Xero does not do this: {what}"}),
        501,
        media_type="application/json",
    )


def exception(kind: tuple[int, str], message: str, elements: Sequence[Mapping[str, Any]] | None = None) -> Response:
    """400 in the accounting API's envelope."""
    number, name = kind
    body: dict[str, Any] = {"ErrorNumber": number, "Type": name, "Message": message}
    if elements is not None:
        body["Elements"] = elements
    return Response(encode(body), 400, media_type=JSON)


def key_refused(message: str) -> Response:
    """400 for an idempotency key that cannot be used: plain text."""
    return Response(message, 400, media_type="text/plain; charset=utf-8")


def in_flight() -> Response:
    """409 for a request whose idempotency key is still being worked on: unknown at Xero, and switched off."""
    return Response(b"", 409)


def validation_exception(elements: Sequence[Mapping[str, Any]]) -> Response:
    """400 that lists the elements that were refused, and only those."""
    return exception(VALIDATION, "A validation exception occurred", elements)


def query_refused(message: str) -> RefusedError:
    """400 for a filter, an order or another query parameter that does not parse."""
    return RefusedError(exception(QUERY, message))


def post_data_refused(message: str) -> RefusedError:
    """400 for a body that does not convert."""
    return RefusedError(exception(POST_DATA, message))


def unsupported(what: str) -> RefusedError:
    """501, raised from inside."""
    return RefusedError(not_simulated(what))
