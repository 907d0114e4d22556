"""Answering GET: which rows, in which order and shape, and in which envelope. Source: requests-and-responses page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import Response

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Contact, Row
from tieout.platforms.xero.sandbox.accounting.shapes import Shape, View
from tieout.platforms.xero.sandbox.gateway.dialects import JSON, query_refused, unsupported
from tieout.platforms.xero.sandbox.gateway.filters import Field, parse_order, parse_where, sort_key
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource
from tieout.platforms.xero.sandbox.wire import (
    CENT,
    QUARTER_CENT,
    BadValueError,
    encode,
    ms_date_bare,
    read_flag,
    read_since,
)

PAGE_ROWS = 100
PAGE_ROWS_MAX = 1_000
DIGITS_MAX = 9
"""The most digits of a page number."""


@dataclass(frozen=True, slots=True)
class Query:
    """The query parameters of a request, by lower-case name, and the headers that select rows."""

    params: Mapping[str, str]
    modified_since: str | None = None
    app_id: str | None = None

    def only(self, known: frozenset[str]) -> None:
        """Refuse parameters that are not simulated, loudly."""
        for name in self.params:
            if name not in known:
                raise unsupported(f"the query parameter {name}")

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        """A boolean parameter, in any case."""
        try:
            return read_flag(self.params[name]) if name in self.params else otherwise
        except BadValueError:
            raise query_refused(f"'{self.params[name]}' is not a valid value for {name}") from None

    def number(self, name: str, otherwise: int, low: int, high: int) -> int:
        """A whole number, clamped."""
        text = self.params.get(name, str(otherwise)).strip()
        if not text.lstrip("-").isdigit() or len(text) > DIGITS_MAX:
            raise query_refused(f"'{text}' is not a valid value for {name}")
        return min(max(int(text), low), high)

    def unit_places(self) -> Any:
        """The scale of unit prices: `unitdp` is 2 or 4."""
        places = self.params.get("unitdp", "2")
        if places not in {"2", "4"}:
            raise query_refused(f"'{places}' is not a valid value for unitdp")
        return QUARTER_CENT if places == "4" else CENT


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every answer of the accounting API says about itself."""

    id: str
    provider: str
    at: datetime

    def wrap(self, plural: str, parts: Sequence[bytes], more: Mapping[str, Any] | None = None) -> Response:
        """The answer that holds encoded rows."""
        head = {"Id": self.id, "Status": "OK", "ProviderName": self.provider, "DateTimeUTC": ms_date_bare(self.at)}
        opening = encode(head | dict(more or {}))[:-1]
        body = b"".join([opening, b',"', plural.encode(), b'":[', b",".join(parts), b"]}"])
        return Response(body, 200, media_type=JSON)


def answer_list(organisation: Organisation, resource: Resource, query: Query, envelope: Envelope) -> Response:
    """`GET /{Plural}`."""
    query.only(resource.query_parameters)
    rows = select(organisation, resource, query)
    paged = resource.paged and (
        "page" in query.params or "pagesize" in query.params or "statuses" in query.params or query.flag("summaryonly")
    )
    more: dict[str, Any] = {}
    if paged:
        page = query.number("page", 1, 1, 10**DIGITS_MAX)
        size = query.number("pagesize", PAGE_ROWS, 1, PAGE_ROWS_MAX)
        if "page" in query.params:
            more["pagination"] = {
                "page": page,
                "pageSize": size,
                "pageCount": -(-len(rows) // size),
                "itemCount": len(rows),
            }
        rows = rows[(page - 1) * size : page * size]
    shape = Shape.SUMMARY if query.flag("summaryonly") else Shape.PAGE if paged else Shape.LIST
    view = View(shape, query.unit_places())
    return envelope.wrap(resource.plural, [encoded(organisation, resource, row, view) for row in rows], more)


def answer_single(
    organisation: Organisation, resource: Resource, row: Row, query: Query, envelope: Envelope
) -> Response:
    """`GET /{Plural}/{id}`: the same envelope around one."""
    query.only(resource.parameters & {"unitdp"})
    view = View(Shape.SINGLE, query.unit_places())
    return envelope.wrap(resource.plural, [encode(resource.show(organisation, row, view))])


def select(organisation: Organisation, resource: Resource, query: Query) -> list[Any]:
    """The rows that a list shows, in order."""
    fields = resource.fields(organisation)
    tests: list[Callable[[Any], bool]] = []
    if query.params.get("where", "").strip():
        tests.append(parse_where(query.params["where"], fields, resource.type_name))
    since = read_since(query.modified_since) if resource.modified_since else None
    if since is not None:
        tests.append(lambda row: row.updated_at.replace(microsecond=0) >= since)
    for name, read in resource.listings.items():
        if query.params.get(name):
            wanted = {part.strip().lower() for part in query.params[name].split(",")}
            tests.append(_listed(read, wanted))
    if resource.search is not None and query.params.get("searchterm"):
        term, texts = query.params["searchterm"].lower(), resource.search
        tests.append(lambda row: any(term in text.lower() for text in texts(row) if text))
    if query.flag("createdbymyapp"):
        tests.append(lambda row: row.app_id == query.app_id)
    if not query.flag("includearchived"):
        tests.append(lambda row: not isinstance(row, Contact) or row.status == "ACTIVE")
    rows = [row for row in resource.rows(organisation) if all(test(row) for test in tests)]
    rows.sort(key=resource.default_order or (lambda row: (row.updated_at, row.id)))
    if query.params.get("order", "").strip():
        rows.sort(key=lambda row: row.id)
        for field, descending in reversed(parse_order(query.params["order"], fields, resource.type_name)):
            rows.sort(key=_by(field), reverse=descending)
    return rows


def _listed(read: Callable[[Any], str], wanted: set[str]) -> Callable[[Any], bool]:
    return lambda row: read(row).lower() in wanted


def _by(field: Field) -> Callable[[Any], Any]:
    return lambda row: sort_key(field.read(row))


def encoded(organisation: Organisation, resource: Resource, row: Row, view: View) -> bytes:
    """A row in a list, encoded once and kept until it, or a name that it shows, changes."""
    depends = (organisation.renames, organisation.today() if isinstance(row, Contact) else None)
    known = row.shapes.get(view)
    if known is not None and known[0] == depends:
        return known[1]
    made = encode(resource.show(organisation, row, view))
    row.shapes[view] = (depends, made)
    return made
