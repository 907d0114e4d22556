"""Rules of what is sure, the surest first: a value that one of ours and one of theirs have alone. Pure."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

from tieout.sync.matching.sides import MatchedBy, Pair, Theirs

SHARED_MAX: Final = 10
"""A value that more records of one side share identifies none of them: nothing is proposed for it."""


class Identified(Protocol):
    """Something of ours."""

    @property
    def id(self) -> UUID:
        """Our id of it."""
        ...


Mine = TypeVar("Mine", bound=Identified)


@dataclass(frozen=True, slots=True)
class Rule(Generic[Mine, Theirs]):
    """A value that identifies, of either side; `overrules` says that not even a contradiction counts against it."""

    name: MatchedBy
    of_ours: Callable[[Mine], str | None]
    of_theirs: Callable[[Theirs], str | None]
    overrules: bool = False
    theirs_by_value: dict[str, list[Theirs]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class Found(Generic[Mine, Theirs]):
    """What a rule found for sure."""

    ours: Mine
    theirs: Theirs
    rule: Rule[Mine, Theirs]
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled(Generic[Mine, Theirs]):
    """What the rules found, what each side has left, and what several share, whose rule decides nothing."""

    found: list[Found[Mine, Theirs]]
    ours_left: dict[UUID, Mine]
    theirs_left: dict[str, Theirs]
    shared: list[Found[Mine, Theirs]]


def apply_rules(
    ours: Iterable[Mine],
    theirs: Sequence[Theirs],
    rules: Sequence[Rule[Mine, Theirs]],
    *,
    contradict: Callable[[Mine, Theirs], bool],
    apart: frozenset[Pair] = frozenset(),
) -> Ruled[Mine, Theirs]:
    """Rule by rule, the surest first.

    A value that several of theirs, or several of ours, share decides nothing as long as they are open; nor does one
    that agrees while the two contradict one another, or were said to be `apart`.
    """
    for rule in rules:
        for their in theirs:
            if their.external_id and (value := rule.of_theirs(their)):
                rule.theirs_by_value[value].append(their)
    left = {our.id: our for our in ours}
    taken: set[str] = set()
    found: list[Found[Mine, Theirs]] = []
    for rule in rules:
        for value, mine, others in _by_value(rule, left, taken):
            if len(mine) != 1 or len(others) != 1:
                continue
            our, their = mine[0], others[0]
            if _may_be(our, their, rule, contradict, apart):
                found.append(Found(our, their, rule, value))
                taken.add(str(their.external_id))
                del left[our.id]
    open_theirs = {str(one.external_id): one for one in theirs if one.external_id and one.external_id not in taken}
    shared = [
        Found(our, their, rule, value)
        for rule in rules
        for value, mine, others in _by_value(rule, left, taken)
        if max(len(mine), len(others)) <= SHARED_MAX
        for our in mine
        for their in others
        if _may_be(our, their, rule, contradict, apart)
    ]
    return Ruled(found=found, ours_left=left, theirs_left=open_theirs, shared=shared)


def _may_be(
    our: Mine,
    their: Theirs,
    rule: Rule[Mine, Theirs],
    contradict: Callable[[Mine, Theirs], bool],
    apart: frozenset[Pair],
) -> bool:
    if (our.id, str(their.external_id)) in apart:
        return False
    return rule.overrules or not contradict(our, their)


def _by_value(
    rule: Rule[Mine, Theirs], left: Mapping[UUID, Mine], taken: Collection[str]
) -> Iterator[tuple[str, list[Mine], list[Theirs]]]:
    """Values that open records of both sides have, with those that have them."""
    grouped: dict[str, list[Mine]] = defaultdict(list)
    for our in left.values():
        if value := rule.of_ours(our):
            grouped[value].append(our)
    for value, mine in grouped.items():
        others = [their for their in rule.theirs_by_value.get(value, ()) if their.external_id not in taken]
        if others:
            yield value, mine, others
