"""JSON of the control surface, and of the simulated platforms: figures keep their digits both ways.

Decimals are read from JSON numbers without passing through a float. The control surface writes every figure as a
string of plain digits; a platform writes its own JSON.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tieout.sandbox.ledger import plain

BODY_BYTES_MAX = 16 * 1024 * 1024
"""The largest request body a simulator reads."""

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder()


class MalformedJsonError(ValueError):
    """The body is not JSON, or not the kind of JSON that is asked for."""


def decode(body: bytes) -> Any:
    """Read JSON with exact figures: integers stay integers, other numbers become Decimal with the digits as sent."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJsonError(str(error)) from error


def encode(value: object) -> bytes:
    """Write what `decode` reads, and whatever msgspec can write; Decimals become strings."""
    return _encoder.encode(value)


def figures_as_text(value: object) -> object:
    """The same value with every number as a string of plain digits, as the control surface promises."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): figures_as_text(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [figures_as_text(inner) for inner in value]
    raise TypeError(f"no control JSON for {type(value).__name__}")


def control_json(value: object, status: int = 200) -> Response:
    """An answer of the control surface."""
    return Response(encode(figures_as_text(value)), status, media_type="application/json")


async def read_object(request: Request) -> dict[str, Any]:
    """The JSON object in a request's body; no body is an empty one. Raises `MalformedJsonError`."""
    body = await request.body()
    if not body:
        return {}
    value = decode(body)
    if not isinstance(value, dict):
        raise MalformedJsonError("expected a JSON object")
    return value
