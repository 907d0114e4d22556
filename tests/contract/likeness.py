"""How an answer of a simulated platform differs in shape from a recorded one: names and types, never values."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any


def differences(recorded: Any, ours: Any, free: frozenset[str], *, may_miss: frozenset[str]) -> Iterator[str]:
    """Recorded fields that are missing, values of another type, and fields that are not recorded.

    `free` names fields that may be there although they were not recorded, `may_miss` those that need not be there
    although they were.
    """
    yield from _Comparison(free, may_miss).unlike(recorded, ours, "answer")


class _Comparison:
    def __init__(self, free: frozenset[str], may_miss: frozenset[str]) -> None:
        self._free = free
        self._may_miss = may_miss

    def unlike(self, recorded: Any, ours: Any, place: str) -> Iterator[str]:
        if isinstance(recorded, dict) and isinstance(ours, dict):
            yield from self._unlike_one([recorded], ours, place)
        elif isinstance(recorded, list) and isinstance(ours, list):
            yield from self._unlike_elements(recorded, ours, place)
        elif _kind(recorded) != _kind(ours):
            yield f"{place} is {ours!r}, recorded {recorded!r}"

    def _unlike_elements(self, recorded: list[Any], ours: list[Any], place: str) -> Iterator[str]:
        """Elements are alike by what they say they are; what only some recorded ones have, ours need not have."""
        kinds: dict[str, list[Any]] = {}
        for one in recorded:
            kinds.setdefault(_what(one), []).append(one)
        for number, one in enumerate(ours):
            twins = kinds.get(_what(one))
            if twins is None:
                if recorded and _what(one) != "Section":  # accounts below accounts nest, which no recording shows
                    yield f"{place}[{number}] is {_what(one)}, which is not recorded"
            elif isinstance(one, dict):
                yield from self._unlike_one(twins, one, f"{place}[{number}]")
            else:
                yield from self.unlike(twins[0], one, f"{place}[{number}]")

    def _unlike_one(self, twins: list[dict[str, Any]], one: dict[str, Any], place: str) -> Iterator[str]:
        always = set.intersection(*(set(twin) for twin in twins))
        ever = {name for twin in twins for name in twin}
        yield from (f"{place}.{name} is missing" for name in sorted(always - set(one) - self._may_miss))
        for name, value in one.items():
            if name in ever:
                told = [list(self.unlike(twin[name], value, f"{place}.{name}")) for twin in twins if name in twin]
                yield from min(told, key=len)
            elif name not in self._free:
                yield f"{place}.{name} is not recorded"


def _what(one: Any) -> str:
    """What an element says it is."""
    if not isinstance(one, dict):
        return _kind(one)
    if one.get("status") == "Deleted":
        return "a deletion"
    wrapped = [name for name, value in one.items() if isinstance(value, dict) and len(one) <= 2]
    return str(one.get("DetailType") or one.get("type") or (wrapped or ["object"])[0])


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "flag"
    return "figure" if isinstance(value, int | float | Decimal) else type(value).__name__
