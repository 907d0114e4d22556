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
KEY_HEADER: Final = "Idempotency-Key"
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
    company_id: str, method: str, path: str, *, plural: str, element: Mapping[str, Any], key: str, units: bool = True
) -> Request:
    """A PUT or POST of one element under an idempotency key; the same element makes the same bytes.

    `units` is false where the address takes no `unitdp`, because nothing there has a unit price.
    """
    query = {"summarizeErrors": "false"} | ({"unitdp": UNIT_DECIMALS} if units else {})
    return Request(
        method=method,
        path=_path(path, query),
        headers=_write_headers(company_id, key, "application/json"),
        body=_encoder.encode({plural: [element]}),
        kind=CallKind.WRITE,
    )


def file_request(company_id: str, path: str, content: bytes, *, media_type: str, key: str) -> Request:
    """A PUT of the raw bytes of a file."""
    headers = _write_headers(company_id, key, media_type)
    return Request(method="PUT", path=_path(path, None), headers=headers, body=content, kind=CallKind.WRITE)


def delete_request(company_id: str, path: str) -> Request:
    """A DELETE, which takes no idempotency key: what is gone cannot go twice."""
    return Request(method="DELETE", path=_path(path, None), headers=_headers(company_id), kind=CallKind.WRITE)


def renew_key(request: Request, key: str) -> Request:
    """The same write with another Idempotency-Key; one without a key stays as it is."""
    if KEY_HEADER not in request.headers:
        return request
    return replace(request, headers={**request.headers, KEY_HEADER: key})


def segment(text: str) -> str:
    """A text as one segment of a path."""
    return quote(text, safe="")


def _headers(company_id: str) -> dict[str, str]:
    return {"Accept": "application/json", "xero-tenant-id": company_id}


def _write_headers(company_id: str, key: str, media_type: str) -> dict[str, str]:
    if not 0 < len(key) <= IDEMPOTENCY_KEY_MAX:
        raise ValueError(f"an idempotency key has 1 to {IDEMPOTENCY_KEY_MAX} characters")
    return _headers(company_id) | {"Content-Type": media_type, KEY_HEADER: key}


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
