"""Which required fields a document lacks, in the shape of a 422's faults. Pure.

A partner chooses the fields by the contract's words; those that begin with `line_items.` are asked of every line.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

LINE_ITEMS = "line_items"
_LINE_PREFIX = f"{LINE_ITEMS}."

Problem = dict[str, Any]
"""Why a document is not complete: `loc`, `msg` and `type`."""


def missing_fields(
    fields: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], required: Iterable[str]
) -> list[Problem]:
    """The required fields that are empty, each once, in the order in which they are required."""
    found: list[Problem] = []
    for field in dict.fromkeys(required):
        if field.startswith(_LINE_PREFIX):
            name = field.removeprefix(_LINE_PREFIX)
            found += [missing(LINE_ITEMS, i, name) for i, line in enumerate(lines) if is_empty(line, name)]
        elif field == LINE_ITEMS:
            found += [] if lines else [missing(LINE_ITEMS)]
        elif is_empty(fields, field):
            found.append(missing(str(field)))
    return found


def is_empty(fields: Mapping[str, Any], name: str) -> bool:
    """Whether a field says nothing."""
    return fields.get(name) in (None, "")


def missing(*loc: str | int) -> Problem:
    """The problem of a field that must be there."""
    return problem(loc, "field required", "value_error.missing")


def problem(loc: tuple[str | int, ...], msg: str, type_: str) -> Problem:
    """A problem at a place."""
    return {"loc": list(loc), "msg": msg, "type": type_}


def as_sentence(problems: Iterable[Problem]) -> str:
    """All problems in one line, for the message of a refusal."""
    return "; ".join(f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in problems)
