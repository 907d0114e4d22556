"""Fields of the contract that Tieout does not have yet: whoever sends one is told so, by name."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel

from tieout.kit.errors import NotBuiltYet


def refuse_unbuilt(given: BaseModel, names: Iterable[str], *, place: Sequence[str | int] = ()) -> None:
    """Raise NotBuiltYet for the first of the fields that says something (null, false, 0 and empty say nothing)."""
    for name in names:
        value: Any = getattr(given, name)
        if value:
            path = ".".join(str(part) for part in (*place, name))
            message = f"The field {path} is part of the API but not built into Tieout yet."
            raise NotBuiltYet(message)
