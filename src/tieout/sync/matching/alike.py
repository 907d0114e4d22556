"""Names that are alike, without comparing every name with every other. Pure.

Names are compared where they share a word, or the beginnings of two words, and have the same figures. What very many
share is no reason to compare: so the time grows with the number of names, not with its square.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Final, Generic, TypeVar

from tieout.sync.matching.names import Name, likeness

One = TypeVar("One")
Other = TypeVar("Other")
Reason = tuple[object, ...]

COMPARED_MAX: Final = 200
"""Names that share a reason to be compared; of more than that none is compared for it alone."""
_WORDS_MAX: Final = 6
"""Words of a name that are reasons to compare it."""
_BEGINNING: Final = 3
"""Characters of a word's beginning: mistakes are made later in a word."""


class AlikeNames(Generic[Other]):
    """Names of one side, to be asked which of them are like one of the other."""

    def __init__(self, names: Mapping[Other, Name]) -> None:
        """Sort the names by what makes them worth comparing."""
        self._names = names
        self._by_reason: dict[Reason, list[Other]] = defaultdict(list)
        for key, name in names.items():
            for reason in _reasons(name):
                self._by_reason[reason].append(key)

    def find(self, name: Name) -> Iterator[tuple[Other, int]]:
        """Those that are alike, and how much."""
        compared: dict[Other, None] = {}
        for reason in _reasons(name):
            found = self._by_reason.get(reason, ())
            if len(found) <= COMPARED_MAX:
                compared.update(dict.fromkeys(found))
        for key in compared:
            if alike := likeness(name, self._names[key]):
                yield key, alike


def find_alike(ours: Mapping[One, Name], theirs: Mapping[Other, Name]) -> Iterator[tuple[One, Other, int]]:
    """Pairs whose names are alike, with how much, in the order of ours."""
    known = AlikeNames(theirs)
    for our, name in ours.items():
        for their, alike in known.find(name):
            yield our, their, alike


def _reasons(name: Name) -> set[Reason]:
    """What makes a name worth comparing with another that has the same."""
    words = sorted(set(name.words))[:_WORDS_MAX]
    found: set[Reason] = {(name.figures, word) for word in words}
    beginnings = sorted({word[:_BEGINNING] for word in words})
    found |= {(name.figures, *pair) for pair in combinations(beginnings, 2)}
    if len(words) == 1 and len(words[0]) > _BEGINNING:
        word = words[0]
        found |= {(name.figures, word[:_BEGINNING], ""), (name.figures, "", word[-_BEGINNING:])}
    return found
