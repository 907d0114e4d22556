"""The capability matrix: what is shown to work with each platform's books, object by object.

`make capabilities` writes it into each platform's folder from the tests of the provider contract: a cell is shown only
because the tests that it names passed.
"""

from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from tieout.platforms.registry import all_platforms

MATRIX: Final = "capabilities.json"
"""The name of the files."""


class State(StrEnum):
    """What is known of a cell.

    `shown`: the tests that it names passed. `not_shown`: no test of the contract shows it. `not_built`: Tieout does not
    do it. `does_not_exist`: there is no such thing in these books.
    """

    SHOWN = "shown"
    NOT_SHOWN = "not_shown"
    NOT_BUILT = "not_built"
    DOES_NOT_EXIST = "does_not_exist"


class Capability(msgspec.Struct, frozen=True, omit_defaults=True):
    """One cell. `tests` are those that passed for it; `reason` is why there are none."""

    object: str
    direction: str
    operation: str
    state: State
    tests: tuple[str, ...] = ()
    reason: str | None = None


@cache
def load_capabilities() -> dict[str, tuple[Capability, ...]]:
    """Every cell of this release, by platform."""
    here = files("tieout.platforms")
    return {
        name: msgspec.json.decode(here.joinpath(name, MATRIX).read_bytes(), type=tuple[Capability, ...])
        for name in sorted(all_platforms())
    }
