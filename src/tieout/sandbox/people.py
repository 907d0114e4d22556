"""People at work in a simulated company: what somebody does there without asking the connector.

A platform gives its company a table of actions by name. An action that the table lacks is refused loudly.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

Action = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Takes what the control surface was sent, answers what happened; raises `ActionRefusedError`."""


_FIELDS = re.compile(r":?\s*`?\{([^{}]*)\}`?\s*")
_LOOSE_MARK = re.compile(r"\s+(?=[.,;])")


@dataclass(frozen=True, slots=True)
class Field:
    """Something an action wants to know. `group` names what else may be said instead, itself included."""

    name: str
    required: bool
    group: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deed:
    """An action as people are told of it."""

    name: str
    summary: str
    fields: tuple[Field, ...]


def read_deed(name: str, docstring: str) -> Deed:
    """Read an action's own description: its sentence, and its fields as in `{document_id | number, amount?}`.

    A field with a question mark may be left out; of fields with bars between them one is said.
    """
    first = " ".join(docstring.strip().split("\n\n")[0].split())
    found = _FIELDS.search(first)
    summary = _LOOSE_MARK.sub("", _FIELDS.sub(" ", first)).strip(" :.;")
    groups = [tuple(part.strip(" ?") for part in group.split("|")) for group in (found[1].split(",") if found else ())]
    marks = ["?" in group for group in (found[1].split(",") if found else ())]
    fields = tuple(
        Field(one, not optional and len(group) == 1, group)
        for group, optional in zip(groups, marks, strict=True)
        for one in group
        if one
    )
    return Deed(name, summary, fields)


class UnknownActionError(LookupError):
    """Nobody in this company can do that."""


class ActionRefusedError(ValueError):
    """The books refuse what a person tried; the message is for that person."""


class People:
    """The people of one company."""

    def __init__(self, actions: Mapping[str, Action]) -> None:
        """`actions`: what they can do, by name."""
        self._actions = dict(actions)

    @property
    def actions(self) -> tuple[str, ...]:
        """The names of what they can do."""
        return tuple(self._actions)

    def deeds(self) -> Sequence[Deed]:
        """The actions with what they want to know, as their own descriptions say."""
        return tuple(read_deed(name, action.__doc__ or "") for name, action in self._actions.items())

    def act(self, name: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Do it. Raises `UnknownActionError` or `ActionRefusedError`."""
        action = self._actions.get(name)
        if action is None:
            raise UnknownActionError(f"no action {name}; there are {', '.join(self._actions) or 'none'}")
        return action(wish)


def allow_only(wish: Mapping[str, Any], *names: str) -> None:
    """Refuse a wish that says more than the action understands."""
    unknown = set(wish) - set(names)
    if unknown:
        raise ActionRefusedError(f"not understood: {', '.join(sorted(unknown))}")


def text_in(wish: Mapping[str, Any], name: str) -> str | None:
    """A text, or a number said as one; None when absent or empty."""
    value = wish.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ActionRefusedError(f"{name} is text")
    return str(value)


def required_text_in(wish: Mapping[str, Any], name: str) -> str:
    """A text that has to be there."""
    value = text_in(wish, name)
    if value is None:
        raise ActionRefusedError(f"{name} is missing")
    return value


def amount_in(wish: Mapping[str, Any], name: str) -> Decimal | None:
    """A positive amount with at most two decimal places; None when absent or empty."""
    value = wish.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ActionRefusedError(f"{name} is an amount")
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise ActionRefusedError(f"{name} is an amount") from None
    if not amount.is_finite() or amount <= 0 or amount != amount.quantize(Decimal("0.01")):
        raise ActionRefusedError(f"{name} is a positive amount with at most two decimal places")
    return amount.quantize(Decimal("0.01"))


def date_in(wish: Mapping[str, Any], name: str) -> date | None:
    """A calendar date, YYYY-MM-DD; None when absent or empty."""
    value = text_in(wish, name)
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ActionRefusedError(f"{name} is a date, YYYY-MM-DD") from None
