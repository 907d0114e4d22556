"""Which rows a list shows, in which order. Source: requests page; invoices, contacts, credit notes and payments pages.

Lists are in order of change and id unless told. Filters by ids, numbers and contacts go through indexes; what a
filter selected is remembered and kept up to date, so that the pages of one list cost one search.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import total_ordering
from typing import Any

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.tables import Selection, Table
from tieout.platforms.xero.sandbox.gateway.dialects import VALIDATION, RefusedError, exception, query_refused
from tieout.platforms.xero.sandbox.gateway.filters import Field, Filter, parse_order, parse_where, sort_key
from tieout.platforms.xero.sandbox.gateway.query import Query
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource, Span
from tieout.platforms.xero.sandbox.wire import BadValueError, read_day, read_since

ORDERS_OPTIMISED = frozenset({"updateddateutc", "date"})
"""Besides its id, what a list of more rows than the threshold can be ordered by."""
TOO_MANY = (
    "The request would go through more records than the high volume threshold of {rows_max}: page, and filter and"
    " order by optimised fields only."
)
Test = Callable[[Any], bool]


def select(organisation: Organisation, resource: Resource, query: Query, rows_max: int) -> Sequence[Any]:
    """The rows that a list shows, in order. Raises `RefusedError`."""
    rows = resource.rows(organisation)
    if not isinstance(rows, Table):
        return _Selecting(organisation, resource, query, rows).found().rows
    asked = tuple(sorted((name, text) for name, text in query.params.items() if name not in _SHAPING))
    key = (asked, query.modified_since, query.app_id if query.flag("createdbymyapp") else None)
    depends = (organisation.renames, rows_max, len(rows) > rows_max)
    return rows.selected(key, depends, _Selecting(organisation, resource, query, rows, rows_max).found)


_SHAPING = frozenset({"page", "pagesize", "summaryonly", "unitdp"})
"""Parameters that say nothing about which rows there are."""


class _Selecting:
    """One selection. `rows_max`: the threshold, 0 for none."""

    def __init__(
        self, organisation: Organisation, resource: Resource, query: Query, rows: Iterable[Any], rows_max: int = 0
    ) -> None:
        self.organisation = organisation
        self.resource = resource
        self.query = query
        self.rows = rows
        self.rows_max = rows_max

    def found(self) -> Selection:
        resource, query = self.resource, self.query
        fields = resource.fields(self.organisation)
        where = query.params.get("where", "").strip()
        wanted = parse_where(where, fields, resource.type_name) if where else None
        order = query.params.get("order", "").strip()
        ordering = parse_order(order, fields, resource.type_name) if order else ()
        self._guard(wanted, order)
        since = read_since(query.modified_since) if resource.modified_since else None
        candidates = self._candidates(wanted, since)
        tests = self._tests(wanted, since)
        if isinstance(candidates, _InOrder) and not ordering and len(tests) == (since is not None):
            return Selection(candidates)
        place = _placing(ordering) if ordering else resource.default_order or _by_change

        def passes(row: Any) -> bool:
            return all(test(row) for test in tests)

        rows = [row for row in candidates if passes(row)]
        if ordering or not isinstance(candidates, _InOrder):
            rows.sort(key=place)
        return Selection(rows, passes, place)

    def _candidates(self, wanted: Filter | None, since: datetime | None) -> Iterable[Any]:
        """The rows that can be in the answer: through an index if one applies, else all, in order of change."""
        for name, rows_of in self.resource.narrow.items():
            if self.query.params.get(name):
                values = [part.strip().lower() for part in self.query.params[name].split(",")]
                return self._indexed(rows_of, values)
            if wanted is not None and name in wanted.equals:
                return self._indexed(rows_of, [wanted.equals[name]])
        if isinstance(self.rows, Table):
            return _InOrder(self.rows, since)
        return self.rows

    def _indexed(self, rows_of: Callable[[Organisation, str], Iterable[Any]], values: Sequence[str]) -> Iterable[Any]:
        assert isinstance(self.rows, Table)
        found = {row.id: row for value in values for row in rows_of(self.organisation, value)}
        return [row for row_id, row in found.items() if row_id in self.rows]

    def _tests(self, wanted: Filter | None, since: datetime | None) -> list[Test]:
        resource, query = self.resource, self.query
        tests: list[Test] = []
        if since is not None:
            moment = since
            tests.append(lambda row: row.updated_at >= moment)
        for name, read in resource.listings.items():
            if query.params.get(name):
                values = {part.strip().lower() for part in query.params[name].split(",")}
                tests.append(_listed(read, values))
        for name, span in resource.spans.items():
            if query.params.get(name):
                tests.append(_within(span, _day(query.params[name], name)))
        if resource.archived is not None and not query.flag(resource.archived_unless):
            archived = resource.archived
            tests.append(lambda row: not archived(row))
        if query.flag("createdbymyapp"):
            tests.append(lambda row: row.app_id == query.app_id)
        if wanted is not None:
            tests.append(wanted.test)
        if resource.search is not None and query.params.get("searchterm"):
            term, texts = query.params["searchterm"].lower(), resource.search
            tests.append(lambda row: any(term in text.lower() for text in texts(row) if text))
        return tests

    def _guard(self, wanted: Filter | None, order: str) -> None:
        """Refuse what Xero has not optimised when there are more rows than its threshold."""
        if not self.rows_max or not isinstance(self.rows, Table) or len(self.rows) <= self.rows_max:
            return
        ids = {self.resource.id_property.lower()}
        used = wanted.paths if wanted is not None else frozenset()
        slow = not used <= self.resource.optimised | ids or (wanted is not None and not wanted.alternatives <= ids)
        by = {part.split()[0].lower() for part in order.split(",") if part.split()}
        if slow or not by <= ORDERS_OPTIMISED | ids or "searchterm" in self.query.params:
            raise too_many_rows(self.rows_max)


class _InOrder(Sequence[Any]):
    """The rows of a table in order of change, found when they are asked for."""

    def __init__(self, table: Table[Any], since: datetime | None) -> None:
        self._table = table
        self._ids = table.in_order(since)

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Any]:
        return iter([self._table[row_id] for row_id in self._ids[:]])

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self._table[row_id] for row_id in self._ids[place]]
        return self._table[self._ids[place]]


def too_many_rows(rows_max: int) -> RefusedError:
    """The refusal of the high volume threshold."""
    return RefusedError(exception(VALIDATION, TOO_MANY.format(rows_max=rows_max)))


def _day(text: str, name: str) -> date:
    try:
        return read_day(text.strip())
    except BadValueError:
        raise query_refused(f"'{text}' is not a valid value for {name}") from None


def _within(span: Span, bound: date) -> Test:
    """A row without the date is outside."""
    if span.first:
        return lambda row: (at := span.read(row)) is not None and at >= bound
    return lambda row: (at := span.read(row)) is not None and at <= bound


@total_ordering
@dataclass(frozen=True, slots=True)
class _Descending:
    """Turns an order round."""

    key: tuple[bool, Any]

    def __lt__(self, other: "_Descending") -> bool:
        return other.key < self.key


def _by_change(row: Any) -> tuple[Any, ...]:
    return row.updated_at, row.id


def _placing(ordering: Sequence[tuple[Field, bool]]) -> Callable[[Any], tuple[Any, ...]]:
    """By the properties that were asked for; ids break ties."""

    def place(row: Any) -> tuple[Any, ...]:
        keys = [(sort_key(field.read(row)), descending) for field, descending in ordering]
        return (*(_Descending(key) if descending else key for key, descending in keys), row.id)

    return place


def _listed(read: Callable[[Any], str], wanted: set[str]) -> Test:
    return lambda row: read(row).lower() in wanted
