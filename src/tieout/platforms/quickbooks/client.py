"""The requests of Intuit's REST API, and how their answers are opened.

Paths and names: Intuit's pages on REST features, data queries and change data capture.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

import msgspec

from tieout.platforms.errors import Explanation, Unavailable
from tieout.platforms.port import Answer, CallKind, Request, Transport
from tieout.platforms.quickbooks import wire

MINOR_VERSION = 75
"""The only one Intuit still answers; said in every call, so that the next one is ours to choose."""
ROWS_MAX = 1000
"""The most rows of a query, and of a change data capture answer."""

_READ_HEADERS = {"Accept": "application/json"}
_JSON = "application/json"
_REQUEST_ID = re.compile(r"requestid=[^&]*")

Envelope = TypeVar("Envelope")
_query_decoder = msgspec.json.Decoder(wire.QueryAnswer)
_changes_decoder = msgspec.json.Decoder(wire.ChangesAnswer)
_info_decoder = msgspec.json.Decoder(wire.CompanyInfoAnswer)
_preferences_decoder = msgspec.json.Decoder(wire.PreferencesAnswer)


def address(company_id: str, resource: str, query: str = "") -> str:
    """A path below the API origin; `query` is a query string without its question mark."""
    tail = f"{query}&" if query else ""
    return f"/v3/company/{quote(company_id, safe='')}/{resource}?{tail}minorversion={MINOR_VERSION}"


def read_request(company_id: str, resource: str, query: str = "", kind: CallKind = CallKind.READ) -> Request:
    """A GET of one resource."""
    return Request(method="GET", path=address(company_id, resource, query), headers=_READ_HEADERS, kind=kind)


def query_request(company_id: str, statement: str) -> Request:
    """A query; values in it are already quoted by `quoted`."""
    return read_request(company_id, "query", f"query={quote(statement, safe='')}")


def changes_request(company_id: str, natives: Iterable[str], since: datetime) -> Request:
    """Change data capture of several types at once, from an instant on."""
    names = ",".join(natives)
    return read_request(company_id, "cdc", f"entities={names}&changedSince={quote(instant(since), safe='')}")


def write_request(
    company_id: str, resource: str, body: bytes, *, key: str, operation: str | None = None, media_type: str = _JSON
) -> Request:
    """A POST under an idempotency key (`requestid`); `operation` is delete or void."""
    query = f"operation={operation}&" if operation else ""
    path = address(company_id, resource, f"{query}requestid={quote(key, safe='')}")
    headers = {"Accept": _JSON, "Content-Type": media_type}
    return Request(method="POST", path=path, headers=headers, body=body, kind=CallKind.WRITE)


def renew_key(request: Request, key: str) -> Request:
    """The same write under another `requestid`."""
    path, count = _REQUEST_ID.subn(f"requestid={quote(key, safe='')}", request.path)
    if not count:
        raise ValueError("only a write has a requestid")
    return replace(request, path=path)


def quoted(value: str) -> str:
    """A string literal of the query language: single quotes, backslash and quote escaped."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def instant(time: datetime) -> str:
    """A time in UTC to the second, rounded down: what the books store has no more digits."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def fetch_query(transport: Transport, company_id: str, statement: str) -> wire.QueryAnswer:
    """Run a query; raises Unavailable when the answer is not what a query answers."""
    return opened(await transport.send(query_request(company_id, statement)), _query_decoder)


async def fetch_changes(
    transport: Transport, company_id: str, natives: Iterable[str], since: datetime
) -> wire.ChangesAnswer:
    """Run change data capture."""
    return opened(await transport.send(changes_request(company_id, natives, since)), _changes_decoder)


async def fetch_company_info(transport: Transport, company_id: str) -> wire.CompanyInfoAnswer:
    """Read the company."""
    request = read_request(company_id, f"companyinfo/{quote(company_id, safe='')}")
    return opened(await transport.send(request), _info_decoder)


async def fetch_preferences(transport: Transport, company_id: str) -> wire.PreferencesAnswer:
    """Read its preferences."""
    return opened(await transport.send(read_request(company_id, "preferences")), _preferences_decoder)


def opened(answer: Answer, decoder: msgspec.json.Decoder[Envelope]) -> Envelope:
    """The envelope of a read; raises Unavailable when it is something else, such as a proxy's page."""
    try:
        return decoder.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unavailable(
            Explanation(
                code="answer_unreadable",
                message="The answer of QuickBooks could not be read.",
                fix="Nothing to do: Tieout tries again by itself. If it lasts, report it with the trace id.",
            ),
            trace_id=answer.headers.get("intuit_tid"),
            native=str(error)[:200],
        ) from error
