"""Answering GET: which rows, in which order and shape, and in which envelope. Source: requests-and-responses page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Contact, Row
from tieout.platforms.xero.sandbox.accounting.shapes import Shape, View
from tieout.platforms.xero.sandbox.gateway.dialects import JSON
from tieout.platforms.xero.sandbox.gateway.query import DIGITS_MAX, Query
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource
from tieout.platforms.xero.sandbox.gateway.selection import select, too_many_rows
from tieout.platforms.xero.sandbox.wire import (
    encode,
    ms_date_bare,
)

if TYPE_CHECKING:
    from tieout.platforms.xero.sandbox.gateway.call import Call

PAGE_ROWS = 100
PAGE_ROWS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every answer of the accounting API says about itself."""

    id: str
    provider: str
    at: datetime

    def wrap(
        self,
        plural: str,
        parts: Sequence[bytes],
        more: Mapping[str, Any] | None = None,
        lead: Mapping[str, Any] | None = None,
    ) -> Response:
        """The answer that holds encoded rows; `lead` stands before everything else, `more` before the rows."""
        head = dict(lead or {}) | {
            "Id": self.id,
            "Status": "OK",
            "ProviderName": self.provider,
            "DateTimeUTC": ms_date_bare(self.at),
        }
        opening = encode(head | dict(more or {}))[:-1]
        body = b"".join([opening, b',"', plural.encode(), b'":[', b",".join(parts), b"]}"])
        return Response(body, 200, media_type=JSON)


def answer_list(call: "Call", resource: Resource, rows_max: int) -> Response:
    """`GET /{Plural}`. Raises `RefusedError`, also when there are more rows than `rows_max`."""
    organisation, query = call.organisation, call.query
    query.only(resource.query_parameters)
    rows = select(organisation, resource, query, rows_max)
    summary = query.flag("summaryonly")
    paged = resource.always_paged or (
        resource.paged
        and ("page" in query.params or "pagesize" in query.params or "statuses" in query.params or summary)
    )
    more: dict[str, Any] = {}
    if paged:
        page = query.number("page", 1, 1, 10**DIGITS_MAX)
        size = query.number("pagesize", PAGE_ROWS, 1, PAGE_ROWS_MAX)
        if resource.paginates and ("page" in query.params or resource.always_paged):
            pages = -(-len(rows) // size)
            more["pagination"] = {"page": page, "pageSize": size, "pageCount": pages, "itemCount": len(rows)}
        rows = rows[(page - 1) * size : page * size]
    elif len(rows) > rows_max > 0:
        raise too_many_rows(rows_max)
    view = View(Shape.SUMMARY if summary else Shape.PAGE if paged else Shape.LIST, query.unit_places())
    if resource.show_current is not None and not query.flag("includearchived"):
        shown = [encode(resource.show_current(organisation, row, view)) for row in rows]
    else:
        shown = [encoded(organisation, resource, row, view) for row in rows]
    lead = {"SummarizeErrors": True} if resource.tells_summary else None
    return call.envelope.wrap(resource.plural, shown, more, lead)


def answer_single(
    organisation: Organisation, resource: Resource, row: Row, query: Query, envelope: Envelope
) -> Response:
    """`GET /{Plural}/{id}`: the same envelope around one."""
    query.only(resource.parameters & {"unitdp"})
    view = View(Shape.SINGLE, query.unit_places())
    lead = {"SummarizeErrors": True} if resource.tells_summary else None
    return envelope.wrap(resource.plural, [encode(resource.show(organisation, row, view))], lead=lead)


def encoded(organisation: Organisation, resource: Resource, row: Row, view: View) -> bytes:
    """A row in a list, encoded once and kept until it, or a name that it shows, changes."""
    depends = (organisation.renames, organisation.today() if isinstance(row, Contact) else None)
    known = row.shapes.get(view)
    if known is not None and known[0] == depends:
        return known[1]
    made = encode(resource.show(organisation, row, view))
    row.shapes[view] = (depends, made)
    return made
