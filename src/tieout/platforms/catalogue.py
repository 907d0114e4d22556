"""The catalogue of errors: what each code means, what to click, and when it is tried again.

`make errors` writes it from the explanations where they stand in the source: what is said of all books beside this
module, and what is said of a platform's own into its folder.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from tieout.platforms.registry import all_platforms

CATALOGUE: Final = "catalogue.json"
"""The name of the files."""


class Meaning(msgspec.Struct, frozen=True):
    """What a code means, in the books of `platform` or, where that is None, in all."""

    message: str
    fix: str
    field: str | None = None
    platform: str | None = None


class Place(msgspec.Struct, frozen=True):
    """Where in a platform's menus to look."""

    platform: str
    path: str


class Entry(msgspec.Struct, frozen=True):
    """One code. `retries` are the cures by which it is tried again; none where it goes on with another record."""

    code: str
    title: str
    retries: tuple[str, ...]
    meanings: tuple[Meaning, ...] = ()
    places: tuple[Place, ...] = ()


class _OfPlatform(msgspec.Struct, frozen=True):
    meanings: Mapping[str, tuple[Meaning, ...]]
    places: Mapping[str, tuple[str, ...]]


@cache
def load_catalogue() -> tuple[Entry, ...]:
    """Every code of this release, in the alphabet's order."""
    here = files("tieout.platforms")
    of_all: tuple[Entry, ...] = msgspec.json.decode(here.joinpath(CATALOGUE).read_bytes(), type=tuple[Entry, ...])
    of_each = {
        name: msgspec.json.decode(here.joinpath(name, CATALOGUE).read_bytes(), type=_OfPlatform)
        for name in all_platforms()
    }
    return tuple(_whole(entry, of_each) for entry in of_all)


def _whole(entry: Entry, of_each: Mapping[str, Any]) -> Entry:
    meanings = [
        msgspec.structs.replace(meaning, platform=name)
        for name, said in of_each.items()
        for meaning in said.meanings.get(entry.code, ())
    ]
    places = [Place(name, path) for name, said in of_each.items() for path in said.places.get(entry.code, ())]
    return msgspec.structs.replace(entry, meanings=(*entry.meanings, *meanings), places=tuple(places))
