"""What the table of endpoints says about each of them, and how their filterable properties are named."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.platforms.xero.sandbox.accounting.elements import Element
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.shapes import View
from tieout.platforms.xero.sandbox.accounting.tables import Table
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written
from tieout.platforms.xero.sandbox.gateway.filters import Field, Fields, Kind
from tieout.platforms.xero.sandbox.identity.scopes import Access

Listing = Callable[[Organisation, Any, str], bool]
"""Whether a row is in a comma-separated list of a query parameter; the value comes in lower case."""

_FILTERS = frozenset({"where", "order"})
_PAGING = frozenset({"page", "pagesize"})


@dataclass(frozen=True, slots=True)
class Span:
    """A parameter that bounds a date of rows; `first`: from below."""

    read: Callable[[Any], date | None]
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One endpoint. `rows` answers all that a list shows; `find` takes an id or a number out of the address."""

    name: str
    plural: str
    type_name: str
    id_property: str
    access: Access
    rows: Callable[[Organisation], Iterable[Any] | Table[Any]]
    find: Callable[[Organisation, str], Any]
    show: Callable[[Organisation, Any, View], Mapping[str, Any]]
    write: Callable[[Writing, Element], Written]
    fields: Callable[[Organisation], Fields]
    paged: bool = False
    modified_since: bool = True
    parameters: frozenset[str] = frozenset()
    """Query parameters beyond filtering and paging."""
    listings: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    """Parameters that hold a list, and what of a row is looked up in it."""
    search: Callable[[Any], Iterable[str | None]] | None = None
    """The texts that `searchTerm` looks through."""
    batch_max: int | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The words that the element's own enumerations know, by property."""
    default_order: Callable[[Any], Any] | None = None
    """How a list is ordered when nothing is asked; by date of change and id where this is None."""
    writes: frozenset[str] = frozenset({"PUT", "POST"})
    """The methods that write to the collection; POST also writes to one record."""
    bare_errors: bool = False
    """Whether refused elements flag themselves with HasErrors instead of HasValidationErrors."""
    optimised: frozenset[str] = frozenset()
    """The properties in lower case that Xero filters by among more rows than its threshold."""
    narrow: Mapping[str, Callable[[Organisation, str], Iterable[Any]]] = field(default_factory=dict)
    """By property or list parameter: the rows that can have a value, which comes in lower case."""
    archived: Callable[[Any], bool] | None = None
    """Whether a row is left out of lists unless `includeArchived` is said."""
    archived_unless: str = "includearchived"
    """The parameter that shows those all the same."""
    show_current: Callable[[Organisation, Any, View], Mapping[str, Any]] | None = None
    """How a list shows a row that leaves out what is archived, where that differs."""
    spans: Mapping[str, Span] = field(default_factory=dict)
    """Parameters that are the first or last day of something."""
    delete: Callable[[Writing, Any], bool] | None = None
    """Deletes a record, which is told once more if this answers true. Raises `InvalidError`."""
    tells_summary: bool = False
    """Whether the envelope begins with `SummarizeErrors`."""
    always_paged: bool = False
    """Whether it pages without being asked to."""
    paginates: bool = True
    """Whether pages come with the `pagination` object."""

    @property
    def query_parameters(self) -> frozenset[str]:
        """Every parameter that a list understands, in lower case. Unpaged endpoints ignore paging, as recorded."""
        return _FILTERS | _PAGING | self.parameters | frozenset(self.listings) | frozenset(self.spans)


def text(read: Callable[[Any], str | None]) -> Field:
    """A property that is a string."""
    return Field(Kind.TEXT, read)


def number(read: Callable[[Any], Decimal | None]) -> Field:
    """A property that is a number."""
    return Field(Kind.NUMBER, read)


def guid(read: Callable[[Any], str | None]) -> Field:
    """A property that is an id."""
    return Field(Kind.GUID, read)


def flag(read: Callable[[Any], bool]) -> Field:
    """A property that is a boolean."""
    return Field(Kind.FLAG, read)


def day(read: Callable[[Any], Any]) -> Field:
    """A property that is a date or a moment."""
    return Field(Kind.DATE, read)


def updated() -> Field:
    """`UpdatedDateUTC`."""
    return day(lambda row: row.updated_at)
