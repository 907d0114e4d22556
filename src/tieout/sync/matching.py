"""Matching ours to theirs: pure. Sure matches are linked, others are left alone; nothing is merged by guess."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar
from uuid import UUID

from tieout.books.records import Item, Party

Theirs = TypeVar("Theirs", Party, Item)
MatchedBy = Literal["marker", "tax_number", "email", "name", "code"]

_ACCENTS = re.compile("[\u0300-\u036f]")
"""Marks that Latin, Greek and Cyrillic letters bear; those of other scripts are letters of their own."""
_NOT_DIGITS = re.compile(r"[^0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What of our side can identify a counterpart or product."""

    id: UUID
    name: str
    email: str | None = None
    tax_number: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Match(Generic[Theirs]):
    """Ours and theirs, with the evidence: what agreed, and its value."""

    ours_id: UUID
    theirs: Theirs
    matched_by: MatchedBy
    value: str


@dataclass(frozen=True, slots=True)
class _Rule(Generic[Theirs]):
    name: MatchedBy
    of_ours: Callable[[Ours], str | None]
    of_theirs: Callable[[Theirs], str | None]
    theirs_by_value: dict[str, list[Theirs]] = field(default_factory=lambda: defaultdict(list))


def normalized(text: str | None) -> str | None:
    """A name without case, accents, punctuation and surplus spaces; None for nothing."""
    if not text:
        return None
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    words = "".join(sign if _is_of_a_word(sign) else " " for sign in _ACCENTS.sub("", plain))
    return " ".join(words.split()) or None


def _is_of_a_word(sign: str) -> bool:
    """Letters, digits, and the vowel signs and marks without which other scripts' words would be the same."""
    return unicodedata.category(sign)[0] in "LNM"


def _squeezed(text: str | None) -> str | None:
    plain = normalized(text)
    return plain.replace(" ", "") if plain else None


def match_parties(ours: Iterable[Ours], theirs: Sequence[Party]) -> list[Match[Party]]:
    """Sure matches of counterparts, each of theirs at most once: by our marker, tax number, email, then whole name."""
    rules: list[_Rule[Party]] = [
        _Rule("marker", lambda our: str(our.id), lambda their: their.marker),
        _Rule("tax_number", lambda our: _tax_number(our.tax_number), lambda their: _tax_number(their.tax_number)),
        _Rule("email", lambda our: _email(our.email), lambda their: _email(their.email)),
        _Rule("name", lambda our: normalized(our.name), lambda their: normalized(their.name)),
    ]
    return _match(ours, [their for their in theirs if their.active], rules)


def match_items(ours: Iterable[Ours], theirs: Sequence[Item]) -> list[Match[Item]]:
    """Sure matches of products, each of theirs at most once: by our marker, code, then whole name."""
    rules: list[_Rule[Item]] = [
        _Rule("marker", lambda our: str(our.id), lambda their: their.marker),
        _Rule("code", lambda our: _squeezed(our.code), lambda their: _squeezed(their.code)),
        _Rule("name", lambda our: normalized(our.name), lambda their: normalized(their.name)),
    ]
    return _match(ours, [their for their in theirs if their.active], rules)


def _contradict(our: Ours, their: Party | Item) -> bool:
    """Whether two tax numbers are surely those of two different ones, however their countries are spelled."""
    if not isinstance(their, Party):
        return False
    numbers = [_NOT_DIGITS.sub("", text or "") for text in (our.tax_number, their.tax_number)]
    return all(numbers) and numbers[0] not in numbers[1] and numbers[1] not in numbers[0]


def _email(text: str | None) -> str | None:
    """An address without case; None for what people write to say that there is none."""
    return text.strip().casefold() if text and "@" in text else None


def _tax_number(text: str | None) -> str | None:
    """A number without spaces and punctuation; None for what people write to say that there is none."""
    plain = _squeezed(text)
    return plain if plain and any(sign.isdigit() for sign in plain) else None


def _match(ours: Iterable[Ours], theirs: Sequence[Theirs], rules: Sequence[_Rule[Theirs]]) -> list[Match[Theirs]]:
    """Rule by rule, the surest first.

    A value that several of theirs, or several of ours, share decides nothing as long as they are open; nor does one
    that agrees while the tax numbers contradict it.
    """
    for rule in rules:
        for their in theirs:
            if value := rule.of_theirs(their):
                rule.theirs_by_value[value].append(their)
    open_ours = {our.id: our for our in ours}
    taken: set[str] = set()
    matches: list[Match[Theirs]] = []
    for rule in rules:
        for value, claimants in _by_value(open_ours, rule.of_ours).items():
            candidates = [their for their in rule.theirs_by_value.get(value, []) if their.external_id not in taken]
            if len(claimants) != 1 or len(candidates) != 1:
                continue
            our, their = claimants[0], candidates[0]
            if their.external_id and (rule.name == "marker" or not _contradict(our, their)):
                matches.append(Match(our.id, their, rule.name, value))
                taken.add(their.external_id)
                del open_ours[our.id]
    return matches


def _by_value(ours: Mapping[UUID, Ours], value_of: Callable[[Ours], str | None]) -> dict[str, list[Ours]]:
    grouped: dict[str, list[Ours]] = defaultdict(list)
    for our in ours.values():
        if value := value_of(our):
            grouped[value].append(our)
    return grouped
