"""Pages of a list (Monite, 'Pagination, sorting, filtering').

A list endpoint declares a `Listing` (what it can be sorted by), takes `Paging` and its filters, and calls `page_of`.
A page token is signed and carries listing, owner, filters, sort, order, size and position: with a token every other
parameter
is taken from it (but for the size on accounting lists, which is re-sent). A token that was not made here, or for
another list or owner, is refused with 422 at ("query", "pagination_token"), as every list declares that status.

Pages are found by key, never by offset: rows that come or go between two calls shift nothing. Empty sort values come
last in ascending order.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, ValidationError
from sqlalchemy import ColumnElement, Select, literal, true, tuple_

from tieout.api.dependencies import Call
from tieout.kit.errors import Fault, Unprocessable
from tieout.kit.paging import ACCOUNTING_PAGE_SIZE_MAX, PAGE_SIZE_MAX, PageOf, Position

TOKEN_LENGTH_MAX = 8_192
_PURPOSE = "page"

Filters = TypeVar("Filters", bound=BaseModel)


class Order(StrEnum):
    """Ascending or descending."""

    ASC = "asc"
    DESC = "desc"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a caller asked for about paging."""

    limit: int
    order: Order = Order.ASC
    sort: str | None = None
    token: str | None = None


def _asking(limit_max: int, *, order_default: Order = Order.ASC) -> Callable[..., Asked]:
    def asked(
        limit: Annotated[int, Query(ge=1, le=limit_max)] = limit_max,
        order: Order = order_default,
        sort: str | None = None,
        pagination_token: Annotated[str | None, Query(max_length=TOKEN_LENGTH_MAX)] = None,
    ) -> Asked:
        return Asked(limit=limit, order=order, sort=sort, token=pagination_token)

    return asked


Paging = Annotated[Asked, Depends(_asking(PAGE_SIZE_MAX))]
AccountingPaging = Annotated[Asked, Depends(_asking(ACCOUNTING_PAGE_SIZE_MAX))]
NewestFirst = Annotated[Asked, Depends(_asking(ACCOUNTING_PAGE_SIZE_MAX, order_default=Order.DESC))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a list can be sorted by.

    `sorts` maps the contract's words to columns or expressions (date, datetime, str, int or UUID); `id_column` breaks
    ties. `hidden_sorts` holds a default sort that callers cannot name.
    """

    name: str
    id_column: ColumnElement[UUID] | Any
    sorts: Mapping[str, ColumnElement[Any] | Any]
    sort_default: str
    hidden_sorts: Mapping[str, ColumnElement[Any] | Any] = field(default_factory=dict)
    is_limit_resent: bool = False

    def column(self, sort: str) -> ColumnElement[Any]:
        """The expression of a sort."""
        found: ColumnElement[Any] = {**self.hidden_sorts, **self.sorts}[sort]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[Filters]):
    """What will be read: from the token if there is one, else as asked."""

    filters: Filters
    sort: str
    order: Order
    limit: int
    position: Position | None = None


def _token_refused() -> Unprocessable:
    fault = Fault(("query", "pagination_token"), "not a pagination token of this list", "value_error.pagination_token")
    return Unprocessable(fault)


def plan_reading(call: Call, listing: Listing, owner_id: UUID, asked: Asked, filters: Filters) -> Reading[Filters]:
    """Put token and parameters together; raises Unprocessable."""
    if asked.token is not None:
        return _from_token(call, listing, owner_id, asked, type(filters))
    sort = listing.sort_default if asked.sort is None else asked.sort
    if asked.sort is not None and asked.sort not in listing.sorts:
        words = ", ".join(listing.sorts)
        raise Unprocessable(Fault(("query", "sort"), f"Input should be one of: {words}", "enum"))
    return Reading(filters=filters, sort=sort, order=asked.order, limit=asked.limit)


def _from_token(
    call: Call, listing: Listing, owner_id: UUID, asked: Asked, filters_type: type[Filters]
) -> Reading[Filters]:
    payload = call.services.vault.signer.check(_PURPOSE, asked.token or "")
    if payload is None:
        raise _token_refused()
    said = json.loads(payload)
    if (said["list"], said["owner"]) != (listing.name, str(owner_id)):
        raise _token_refused()
    try:
        filters = filters_type.model_validate(said["filters"])
    except ValidationError as error:  # made by an older release with other filters
        raise _token_refused() from error
    return Reading(
        filters=filters,
        sort=said["sort"],
        order=Order(said["order"]),
        limit=asked.limit if listing.is_limit_resent else said["limit"],
        position=Position(said["value"], said["id"], backwards=said["backwards"]),
    )


def _token(
    call: Call, listing: Listing, owner_id: UUID, reading: Reading[Any], position: Position | None
) -> str | None:
    if position is None:
        return None
    said = {
        "list": listing.name,
        "owner": str(owner_id),
        "filters": reading.filters.model_dump(mode="json", by_alias=True, exclude_unset=True),
        "sort": reading.sort,
        "order": reading.order,
        "limit": reading.limit,
        "value": position.value,
        "id": position.row_id,
        "backwards": position.backwards,
    }
    return call.services.vault.signer.sign(_PURPOSE, json.dumps(said, separators=(",", ":")).encode())


def _written(value: Any) -> str:
    """A sort value as text that says its kind."""
    match value:
        case None:
            return "-"
        case datetime():
            return f"t{value.isoformat()}"
        case date():
            return f"d{value.isoformat()}"
        case int():
            return f"i{int(value)}"
        case UUID():
            return f"u{value}"
        case str():
            return f"s{value}"
    message = f"a list cannot be sorted by a {type(value).__name__}"
    raise TypeError(message)


def _read(text: str) -> Any:
    kind, value = text[:1], text[1:]
    readers: dict[str, Callable[[str], Any]] = {
        "t": datetime.fromisoformat,
        "d": date.fromisoformat,
        "i": int,
        "u": UUID,
        "s": str,
    }
    return None if kind == "-" else readers[kind](value)


def _beyond(column: ColumnElement[Any], id_column: Any, position: Position, *, upwards: bool) -> ColumnElement[bool]:
    """The rows above the position among those that have a value, or have none, as its own row; or those below it.

    Pairs are compared as pairs: only so does a database begin in the middle of an index.
    """
    value, row_id = _read(position.value), UUID(position.row_id)
    if value is None:
        by_id: ColumnElement[bool] = id_column > row_id if upwards else id_column < row_id
        return by_id
    pair = tuple_(column, id_column)
    place = tuple_(literal(value, column.type), literal(row_id, id_column.type))
    return pair > place if upwards else pair < place


def _stretches(column: ColumnElement[Any], position: Position | None, *, upwards: bool) -> list[ColumnElement[bool]]:
    """The parts of a list that are read one after the other: rows with a value, then those without.

    A part that lies before the position is left out. Each is in an index's own order, which the whole is not.
    """
    if not getattr(column, "nullable", True):
        return [true()]
    filled, empty = column.is_not(None), column.is_(None)
    stretches: list[ColumnElement[bool]] = [filled, empty] if upwards else [empty, filled]
    is_in_last = position is not None and (_read(position.value) is None) is upwards
    return stretches[1:] if is_in_last else stretches


async def read_page(call: Call, listing: Listing, query: Select[Any], reading: Reading[Any]) -> PageOf[Any]:
    """The rows of a page: the first element of each row of `query`."""
    column, id_column = listing.column(reading.sort), listing.id_column
    position = reading.position
    is_backwards = position is not None and position.backwards
    upwards = (reading.order is Order.ASC) is not is_backwards
    query = query.add_columns(column.label("sort_value"), id_column.label("sort_id"))
    query = query.order_by(*(key.asc() if upwards else key.desc() for key in (column, id_column)))
    found: list[Any] = []
    for number, stretch in enumerate(_stretches(column, position, upwards=upwards)):
        part = query.where(stretch).limit(reading.limit + 1 - len(found))
        if position is not None and number == 0:
            part = part.where(_beyond(column, id_column, position, upwards=upwards))
        found += (await call.session.execute(part)).all()
        if len(found) > reading.limit:
            break
    has_more, found = len(found) > reading.limit, found[: reading.limit]
    if is_backwards:
        found.reverse()
    has_next = has_more or is_backwards
    has_previous = has_more if is_backwards else position is not None
    return PageOf(
        rows=[row[0] for row in found],
        next=_position(found[-1]) if found and has_next else None,
        previous=_position(found[0], backwards=True) if found and has_previous else None,
    )


def _position(row: Any, *, backwards: bool = False) -> Position:
    return Position(_written(row.sort_value), str(row.sort_id), backwards=backwards)


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """Rows of a page and the tokens of its neighbours."""

    rows: list[Any]
    next_pagination_token: str | None
    prev_pagination_token: str | None

    def tokens(self) -> dict[str, str | None]:
        """The two fields that a paged answer ends with."""
        return {
            "next_pagination_token": self.next_pagination_token,
            "prev_pagination_token": self.prev_pagination_token,
        }


async def page_of(
    call: Call,
    listing: Listing,
    *,
    owner_id: UUID,
    asked: Asked,
    filters: Filters,
    query: Callable[[Filters], Select[Any]],
) -> ListAnswer:
    """Read the page that was asked for.

    `query` gets the filters that apply (those of the token, if there is one) and returns the select of the owner's
    rows, neither ordered nor limited.
    """
    reading = plan_reading(call, listing, owner_id, asked, filters)
    page = await read_page(call, listing, query(reading.filters), reading)
    return ListAnswer(
        page.rows,
        _token(call, listing, owner_id, reading, page.next),
        _token(call, listing, owner_id, reading, page.previous),
    )
