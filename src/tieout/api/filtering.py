"""Filters of lists: exact ones by the field's name, others by its suffix (Monite, 'Pagination, sorting, filtering').

`name__icontains` compares without case what the database folds: all letters on PostgreSQL, the ASCII ones on SQLite.
"""

from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import ColumnElement, func

from tieout.api.schemas import AMOUNT_MINOR_MAX

FILTER_VALUES_MAX = 100
FILTER_LENGTH_MAX = 255

Ids = Annotated[list[UUID], Field(max_length=FILTER_VALUES_MAX)]
Texts = Annotated[list[Annotated[str, Field(max_length=FILTER_LENGTH_MAX)]], Field(max_length=FILTER_VALUES_MAX)]
Text = Annotated[str, Field(max_length=FILTER_LENGTH_MAX)]


def within_reach(amount: int) -> int:
    """No amount is beyond the contract's integers, so comparing with the first one beyond them says the same."""
    return max(-AMOUNT_MINOR_MAX - 1, min(amount, AMOUNT_MINOR_MAX + 1))


SoughtAmount = Annotated[int, AfterValidator(within_reach)]
"""An amount to compare with, however large: the databases' own integers end earlier than the contract's do."""


def _contains(column: Any, value: str) -> ColumnElement[bool]:
    """With case: LIKE would fold it on SQLite, `replace` folds nowhere."""
    found: ColumnElement[bool] = func.replace(column, value, "") != column if value else column.is_not(None)
    return found


_TESTS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "": eq,
    "gt": gt,
    "lt": lt,
    "gte": ge,
    "lte": le,
    "in": lambda column, values: column.in_(values),
    "not_in": lambda column, values: column.not_in(values),
    "contains": _contains,
    "icontains": lambda column, value: column.icontains(value, autoescape=True),
    "iexact": lambda column, value: func.lower(column) == func.lower(value),
    "istartswith": lambda column, value: column.istartswith(value, autoescape=True),
}


def conditions(
    filters: BaseModel, columns: Mapping[str, Any], *, apart: frozenset[str] = frozenset()
) -> list[ColumnElement[bool]]:
    """The conditions that the given filters mean.

    `columns` maps field names (before the suffix) to columns; fields in `apart` are the caller's own business. A field
    that is in neither is a mistake of the program and raises KeyError: no filter is silently ignored.
    """
    found: list[ColumnElement[bool]] = []
    for name in sorted(filters.model_fields_set - apart):
        value = getattr(filters, name)
        if value is not None:
            field, _, test = name.partition("__")
            found.append(_TESTS[test](columns[field], value))
    return found
