"""The routes of the REST interface below `/v3/company/{realmId}/`, as a table: a new one is one line.

An endpoint takes the `Call` and the path segments that its pattern names in braces, and answers the whole body. The
first route that fits a path is taken, so words stand before braces.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange_rates import read_rate, write_rate
from tieout.platforms.quickbooks.sandbox.accounting.rendering import wire
from tieout.platforms.quickbooks.sandbox.accounting.taxes.service import create_tax_code
from tieout.platforms.quickbooks.sandbox.attachments.uploading import answer_download, answer_upload
from tieout.platforms.quickbooks.sandbox.delivering.printing import answer_pdf
from tieout.platforms.quickbooks.sandbox.delivering.sending import answer_send
from tieout.platforms.quickbooks.sandbox.figures import encode
from tieout.platforms.quickbooks.sandbox.gateway.batching import answer_batch
from tieout.platforms.quickbooks.sandbox.gateway.calls import Call
from tieout.platforms.quickbooks.sandbox.gateway.changes import answer_changes
from tieout.platforms.quickbooks.sandbox.gateway.objects import (
    read_company,
    read_object,
    read_preferences,
    write_object,
)
from tieout.platforms.quickbooks.sandbox.gateway.querying import answer_query
from tieout.platforms.quickbooks.sandbox.gateway.remembering import BATCH_REQUEST_ID_MAX, REQUEST_ID_MAX
from tieout.platforms.quickbooks.sandbox.refusals import NotSimulatedError
from tieout.platforms.quickbooks.sandbox.reports.answering import answer_report

CORE, CORE_PLUS, OAUTH = "Core", "CorePlus", "OAuth"
"""How the platform meters a call: writing is Core, all reading and every batch is CorePlus, OAuth is free."""
JSON = "application/json;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `pattern` is words and `{names}` between slashes."""

    method: str
    pattern: str
    endpoint: Callable[..., bytes]
    metered: str = CORE_PLUS
    repeatable: bool = False
    """Whether a `requestid` makes a repetition get the first answer."""
    request_id_max: int = REQUEST_ID_MAX
    media_type: str = JSON
    """What it answers; anything but JSON is answered whatever the client accepts."""

    def segments(self) -> tuple[str | None, ...]:
        """The words of the pattern, with None for what is variable."""
        return tuple(None if part.startswith("{") else part for part in self.pattern.split("/"))


def _query(call: Call) -> bytes:
    statement = call.query.get("query", "") if call.method == "GET" else call.body.decode(errors="replace")
    undocumented = call.switches.undocumented_query_operators
    return call.envelope("QueryResponse", answer_query(call.books, statement, undocumented=undocumented))


def _changes(call: Call) -> bytes:
    entities, since = call.query.get("entities", ""), call.query.get("changedSince", "")
    return call.envelope("CDCResponse", answer_changes(call.books, entities, since))


def _report(call: Call, name: str) -> bytes:
    return encode(answer_report(call.books, name, dict(call.query)))


def _tax_service(call: Call) -> bytes:
    return encode(create_tax_code(call.books, call.json()))


def _read_rate(call: Call) -> bytes:
    rate = read_rate(call.books, call.query.get("sourcecurrencycode"), call.query.get("asofdate"))
    return call.envelope(rate.kind.name, wire(call.books, rate))


def _write_rate(call: Call) -> bytes:
    rate = write_rate(call.books, call.json())
    return call.envelope(rate.kind.name, wire(call.books, rate))


def _later(call: Call, *_segments: str) -> bytes:
    """A route that the real platform has and the simulation does not have yet."""
    raise NotSimulatedError(f"the route {call.method} {call.path}")


ROUTES = (
    Route("GET", "query", _query),
    Route("POST", "query", _query),
    Route("GET", "cdc", _changes),
    Route("GET", "reports/{name}", _report),
    Route("GET", "preferences", read_preferences),
    Route("GET", "companyinfo/{realm}", read_company),
    Route("GET", "exchangerate", _read_rate),
    Route("POST", "exchangerate", _write_rate, CORE, repeatable=True),
    Route("POST", "taxservice/taxcode", _tax_service, CORE, repeatable=True),
    Route("POST", "batch", answer_batch, repeatable=True, request_id_max=BATCH_REQUEST_ID_MAX),
    Route("POST", "upload", answer_upload, CORE, repeatable=True),
    Route("GET", "download/{id}", answer_download, media_type="text/plain;charset=utf-8"),
    Route("GET", "attachable-thumbnail/{id}", _later),
    Route("GET", "{entity}/{id}/pdf", answer_pdf, media_type="application/pdf"),
    Route("POST", "{entity}/{id}/send", answer_send, CORE, repeatable=True),
    Route("GET", "{entity}/{id}", read_object),
    Route("POST", "{entity}", write_object, CORE, repeatable=True),
)
"""Every route there is."""


def _by_shape() -> dict[tuple[str, int], tuple[tuple[tuple[str | None, ...], Route], ...]]:
    shapes: dict[tuple[str, int], tuple[tuple[tuple[str | None, ...], Route], ...]] = {}
    for route in ROUTES:
        words = route.segments()
        key = (route.method, len(words))
        shapes[key] = (*shapes.get(key, ()), (words, route))
    return shapes


_BY_SHAPE = _by_shape()


def find_route(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    """The route of a path below the company, with the segments that it leaves open."""
    segments = [segment for segment in path.split("/") if segment]
    for words, route in _BY_SHAPE.get((method, len(segments)), ()):
        if all(word is None or word == segment for word, segment in zip(words, segments, strict=True)):
            return route, tuple(segment for word, segment in zip(words, segments, strict=True) if word is None)
    return None
