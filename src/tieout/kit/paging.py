"""Pages of a list: what a list is sorted by, and how far it was read.

A page token carries the filters and the sort it was made with (Monite, 'Pagination, sorting, filtering'), signed so
that
it cannot be altered; signing is `security.signatures`' business, the form is this module's.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

PAGE_SIZE_MAX = 100
ACCOUNTING_PAGE_SIZE_MAX = 250

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: after (or before) the row with this sort value and id."""

    value: str
    row_id: str
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class PageOf(Generic[Row]):
    """Rows of one page and where the neighbouring pages begin, if there are any."""

    rows: list[Row]
    next: Position | None = None
    previous: Position | None = None
