"""Comparing a record three ways, field by field: what both sides last agreed on, what ours says, what theirs. Pure.

What one side alone changed flows to the other, what both made the same is agreed on, and what both changed differently
goes by the policy of the field: one side wins, or it is held. Nothing is lost: every field has an outcome, and what was
held keeps what was agreed on as its base, so that it is seen again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias


class Side(StrEnum):
    """Whose values are right."""

    BOOKS = "books"
    PARTNER = "partner"


class Outcome(StrEnum):
    """What becomes of a field.

    `unchanged`: nobody changed it. `agreed`: both made it the same. `ours`: ours is to be written into the books.
    `theirs`: theirs is to be taken over. `left`: theirs stands there and ours here, and both are content.
    `held`: nothing is done until somebody decides.
    """

    UNCHANGED = "unchanged"
    AGREED = "agreed"
    OURS = "ours"
    THEIRS = "theirs"
    LEFT = "left"
    HELD = "held"


class Why(StrEnum):
    """Why a field is held.

    `both_changed`: each side changed it, differently. `immutable`: only the books changed it, and of an issued document
    ours may not be changed. `no_room`: what the books say cannot be said of our record. `total_differs`: the books may
    have made the difference themselves. `in_use`: payments or credits of ours keep it from ending.
    """

    BOTH_CHANGED = "both_changed"
    IMMUTABLE = "immutable"
    NO_ROOM = "no_room"
    TOTAL_DIFFERS = "total_differs"
    IN_USE = "in_use"


Face: TypeAlias = Mapping[str, Any]
"""What a record says of itself, by field, in values that are equal when they mean the same."""
Decide: TypeAlias = Callable[[str], Side | None]
"""Who wins a field that both sides changed differently; None to hold it."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field with its three values and its outcome. One that a side does not have is None there."""

    name: str
    base: Any
    ours: Any
    theirs: Any
    outcome: Outcome
    why: Why | None = None

    @property
    def merged(self) -> Any:
        """What both sides will say, or go on saying; of a held one what they agreed on last."""
        match self.outcome:
            case Outcome.THEIRS:
                return self.theirs
            case Outcome.OURS | Outcome.AGREED | Outcome.LEFT:
                return self.ours
            case _:
                return self.base


_WINNER: Final = {Side.BOOKS: Outcome.THEIRS, Side.PARTNER: Outcome.OURS}


def merge(base: Face, ours: Face, theirs: Face, decide: Decide) -> dict[str, Field]:
    """The outcome of every field that any of the three has."""
    names = dict.fromkeys((*base, *ours, *theirs))
    return {name: _field(name, base.get(name), ours.get(name), theirs.get(name), decide) for name in names}


def _field(name: str, base: Any, ours: Any, theirs: Any, decide: Decide) -> Field:
    if ours == theirs:
        outcome = Outcome.UNCHANGED if ours == base else Outcome.AGREED
    elif theirs == base:
        outcome = Outcome.OURS
    elif ours == base:
        outcome = Outcome.THEIRS
    else:
        winner = decide(name)
        outcome = Outcome.HELD if winner is None else _WINNER[winner]
        return Field(name, base, ours, theirs, outcome, Why.BOTH_CHANGED if winner is None else None)
    return Field(name, base, ours, theirs, outcome)


def by_outcome(fields: Mapping[str, Field], *outcomes: Outcome) -> dict[str, Field]:
    """The fields with one of these outcomes."""
    return {name: one for name, one in fields.items() if one.outcome in outcomes}
