"""Requests of Xero's accounting API: where it stands, which headers every call carries, how queries are spelled.

Source: requests-and-responses page. The answer is XML unless JSON is asked for; `unitdp=4` keeps four decimal places
of a unit price; `summarizeErrors=false` makes a refused element answer for itself.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from tieout.platforms.errors import Explanation, Unavailable
from tieout.platforms.port import CallKind, Request

API_PATH: Final = "/api.xro/2.0"
IDEMPOTENCY_KEY_MAX: Final = 128
"""Characters of an idempotency key."""
UNIT_DECIMALS: Final = "4"

_encoder = msgspec.json.Encoder(decimal_format="number")


def read_request(
    company_id: str,
    path: str,
    query: Mapping[str, str] | None = None,
    *,
    modified_since: datetime | None = None,
    kind: CallKind = CallKind.READ,
) -> Request:
    """A GET below the API, optionally only of what changed since a moment (whole seconds, UTC)."""
    headers = _headers(company_id)
    if modified_since is not None:
        headers["If-Modified-Since"] = f"{modified_since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
    return Request(method="GET", path=_path(path, query), headers=headers, kind=kind)


def write_request(
    company_id: str, method: str, path: str, *, plural: str, element: Mapping[str, Any], key: str
) -> Request:
    """A PUT or POST of one element under an idempotency key; the same element makes the same bytes."""
    if not 0 < len(key) <= IDEMPOTENCY_KEY_MAX:
        raise ValueError(f"an idempotency key has 1 to {IDEMPOTENCY_KEY_MAX} characters")
    headers = _headers(company_id) | {"Content-Type": "application/json", "Idempotency-Key": key}
    return Request(
        method=method,
        path=_path(path, {"summarizeErrors": "false", "unitdp": UNIT_DECIMALS}),
        headers=headers,
        body=_encoder.encode({plural: [element]}),
        kind=CallKind.WRITE,
    )


def renew_key(request: Request, key: str) -> Request:
    """The same write with another Idempotency-Key."""
    return replace(request, headers={**request.headers, "Idempotency-Key": key})


def segment(text: str) -> str:
    """A text as one segment of a path."""
    return quote(text, safe="")


def _headers(company_id: str) -> dict[str, str]:
    return {"Accept": "application/json", "xero-tenant-id": company_id}


def _path(path: str, query: Mapping[str, str] | None) -> str:
    address = f"{API_PATH}/{path}"
    return f"{address}?{urlencode(query, quote_via=quote)}" if query else address


def unreadable(trace_id: str | None, why: str) -> Unavailable:
    """An answer of success whose body is not what was asked for, as when something in between answers."""
    return Unavailable(
        Explanation(
            code="answer_unreadable",
            message="Xero answered with something that cannot be read.",
            fix="Nothing to do: Tieout tries again by itself. If it lasts, a proxy may stand in between.",
        ),
        trace_id=trace_id,
        native=why,
    )
