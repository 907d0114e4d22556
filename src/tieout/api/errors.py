"""Every refusal in one of the contract's two shapes (Monite, 'Errors').

`{"error": {"message": …}}`, with `type` where there is one; and for 422 `{"detail": [{"loc", "msg", "type"}]}`.
"""

import traceback
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from tieout.api.schemas import VARIANT
from tieout.kit.errors import Fault, RateLimited, Refusal, Unauthorized, Unprocessable

FRAMES_LOGGED_MAX = 30
CAUSES_LOGGED_MAX = 5
FAULTS_LOGGED_MAX = 20

log = structlog.get_logger(__name__)


def error_answer(
    status: int, message: str, *, type_: str | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    """An answer in the error shape."""
    error = {"type": type_, "message": message} if type_ else {"message": message}
    return JSONResponse({"error": error}, status, headers)


def faults_answer(faults: Iterable[Fault]) -> JSONResponse:
    """An answer in the shape of a 422; it repeats nothing of what was sent."""
    detail = [{"loc": list(fault.loc), "msg": fault.msg, "type": fault.type} for fault in faults]
    return JSONResponse({"detail": detail}, HTTPStatus.UNPROCESSABLE_ENTITY)


def unexpected_answer(error: Exception, *, request_id: str, method: str, route: str) -> JSONResponse:
    """A 500 that names the request, so that its log line can be found.

    The log names types and places only: messages of drivers and libraries may quote values, and values may be secret.
    """
    log.error(
        "request_failed",
        request_id=request_id,
        method=method,
        route=route,
        error=_chain(error),
        faults=_places(error),
        frames=[
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)[-FRAMES_LOGGED_MAX:]
        ],
    )
    return error_answer(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        f"Something went wrong on our side. Nothing was changed. Quote the request id {request_id}.",
    )


def _chain(error: BaseException) -> list[str]:
    names: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(names) < CAUSES_LOGGED_MAX:
        names.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        cause = cause.__cause__ or cause.__context__
    return names


def _places(error: Exception) -> list[str]:
    """Where an answer of ours was not what its schema says: places and kinds of fault, never values."""
    if not isinstance(error, ResponseValidationError | ValidationError):
        return []
    return [f"{fault['loc']}: {fault['type']}" for fault in error.errors()[:FAULTS_LOGGED_MAX]]


async def _on_refusal(_request: Request, error: Exception) -> JSONResponse:
    match error:
        case Unprocessable(faults=faults):
            return faults_answer(faults)
        case RateLimited(message=message, retry_after_s=retry_after_s):
            return error_answer(error.status, message, headers={"Retry-After": str(retry_after_s)})
        case Unauthorized(message=message):
            return error_answer(error.status, message, headers={"WWW-Authenticate": "Bearer"})
        case Refusal(message=message, type=type_):
            return error_answer(error.status, message, type_=type_)
        case _:
            raise error


def _fault(error: Any) -> Fault:
    root, *rest = error["loc"]
    if rest and str(rest[0]).startswith(VARIANT):
        del rest[0]
    return Fault(loc=(root, *rest), msg=error["msg"], type=error["type"])


async def _on_invalid_request(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return faults_answer(_fault(fault) for fault in error.errors())


async def _on_http_exception(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return error_answer(error.status_code, str(error.detail), headers=dict(error.headers or {}))


def install_error_handlers(app: FastAPI) -> None:
    """Answer every refusal in the contract's shapes; `envelope` answers what nobody expected."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
