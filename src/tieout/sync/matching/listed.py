"""Counterparts and products: which of ours are those of the books. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from tieout.books.records import Item, Party
from tieout.sync.matching.alike import find_alike
from tieout.sync.matching.names import Name, likeness, name_of, normalized, squeezed
from tieout.sync.matching.ruling import Found, Rule, apply_rules
from tieout.sync.matching.sides import (
    PROPOSAL_SCORE_MIN,
    SCORE_MAX,
    SURE_SCORE_MIN,
    Evidence,
    Match,
    Matched,
    MatchedBy,
    Ours,
    Pair,
    Proposal,
    Reason,
    best_of,
)

_SURE: Final[Mapping[MatchedBy, int]] = {"marker": 100, "tax_number": 98, "code": 97, "email": 95, "name": 93}
"""What a rule is worth where nothing else agrees or disagrees."""
_SHARED: Final[Mapping[MatchedBy, int]] = {"marker": 89, "tax_number": 88, "code": 87, "email": 85, "name": 84}
"""The same where several share the value."""
_TAX_NUMBER_ALIKE: Final = 85
_PER_LIKENESS: Final = 0.9
"""Of the likeness of two names, what counts as a score."""
_AGREES, _DISAGREES, _UNLIKE_NAME, _OTHER_EMAIL = 3, 3, 10, 15
"""What each further field adds or takes."""
_PHONE_DIGITS: Final = 7
"""The last digits of a phone number, which it has however its country is written."""
_TAX_DIGITS_MIN: Final = 6
_NOT_DIGITS = re.compile(r"[^0-9]+")
_COUNTRY_BEFORE = re.compile(r"\A[a-z]{2}(?=[0-9])")

Their = TypeVar("Their", Party, Item)
Compare = Callable[[Ours, Their], tuple[Evidence, ...]]


def match_parties(
    ours: Iterable[Ours], theirs: Sequence[Party], *, apart: frozenset[Pair] = frozenset()
) -> Matched[Party]:
    """Counterparts, each of theirs surely matched at most once: by our marker, tax number, email, then whole name."""
    rules: list[Rule[Ours, Party]] = [
        Rule("marker", lambda our: str(our.id), lambda their: their.marker, overrules=True),
        Rule("tax_number", lambda our: tax_number(our.tax_number), lambda their: tax_number(their.tax_number)),
        Rule("email", lambda our: email(our.email), lambda their: email(their.email)),
        Rule("name", lambda our: normalized(our.name), lambda their: normalized(their.name)),
    ]
    living = [their for their in theirs if their.active]
    ruled = apply_rules(ours, living, rules, contradict=contradict, apart=apart)
    unsure = [_shared(found, compare_party) for found in ruled.shared]
    unsure += _alike(ruled.ours_left, ruled.theirs_left, compare_party)
    unsure += _bytax_digits(ruled.ours_left, ruled.theirs_left)
    return Matched([_sure(found, compare_party) for found in ruled.found], best_of(unsure, apart))


def match_items(ours: Iterable[Ours], theirs: Sequence[Item], *, apart: frozenset[Pair] = frozenset()) -> Matched[Item]:
    """Products, each of theirs surely matched at most once: by our marker, code, then whole name."""
    rules: list[Rule[Ours, Item]] = [
        Rule("marker", lambda our: str(our.id), lambda their: their.marker, overrules=True),
        Rule("code", lambda our: squeezed(our.code), lambda their: squeezed(their.code)),
        Rule("name", lambda our: normalized(our.name), lambda their: normalized(their.name)),
    ]
    living = [their for their in theirs if their.active]
    ruled = apply_rules(ours, living, rules, contradict=lambda *_: False, apart=apart)
    unsure = [_shared(found, compare_item) for found in ruled.shared]
    unsure += _alike(ruled.ours_left, ruled.theirs_left, compare_item)
    return Matched([_sure(found, compare_item) for found in ruled.found], best_of(unsure, apart))


def contradict(our: Ours, their: Party) -> bool:
    """Whether two tax numbers are surely those of two different ones; a country may be missing, or not be said."""
    one, other = tax_number(our.tax_number) or "", tax_number(their.tax_number) or ""
    digits = [_NOT_DIGITS.sub("", text) for text in (one, other)]
    if not all(digits):
        return False
    countries = {_country(text) for text in (one, other)} - {None}
    return len(countries) > 1 or (digits[0] not in digits[1] and digits[1] not in digits[0])


def _country(plain: str) -> str | None:
    """The country that a tax number begins with, Greece by either of its codes; a mask is none."""
    found = _COUNTRY_BEFORE.match(plain)
    return None if found is None or found.group(0) == "xx" else found.group(0).replace("gr", "el")


def email(text: str | None) -> str | None:
    """An address without case; None for what people write to say that there is none."""
    return text.strip().casefold() if text and "@" in text else None


def tax_number(text: str | None) -> str | None:
    """A number without spaces and punctuation; None for what people write to say that there is none."""
    plain = squeezed(text)
    return plain if plain and any(sign.isdigit() for sign in plain) else None


def tax_digits(text: str | None) -> str | None:
    """A tax number without its country; None for one that is masked or too short to say anything."""
    plain = _COUNTRY_BEFORE.sub("", tax_number(text) or "")
    return plain if plain.isdigit() and len(plain) >= _TAX_DIGITS_MIN else None


def _phone(text: str | None) -> str | None:
    digits = _NOT_DIGITS.sub("", text or "")
    return digits[-_PHONE_DIGITS:] if len(digits) >= _PHONE_DIGITS else None


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    ours: str | None
    theirs: str | None
    plain: Callable[[str | None], str | None]

    def compared(self) -> Evidence | None:
        """What the two sides say, if both say something."""
        one, other = self.plain(self.ours), self.plain(self.theirs)
        if one is None or other is None:
            return None
        return Evidence(field=self.name, ours=self.ours, theirs=self.theirs, agrees=one == other)


def compare_party(our: Ours, their: Party) -> tuple[Evidence, ...]:
    """What agrees and disagrees between a counterpart and a party, wherever both say something."""
    fields = (
        _Field("tax_number", our.tax_number, their.tax_number, tax_digits),
        _Field("email", our.email, their.email, email),
        _Field("phone", our.phone, their.phone, _phone),
    )
    return (_compared_name(our.name, their.name), *(found for field in fields if (found := field.compared())))


def compare_item(our: Ours, their: Item) -> tuple[Evidence, ...]:
    """The same of a product."""
    code = _Field("code", our.code, their.code, squeezed).compared()
    return (_compared_name(our.name, their.name), *([code] if code else []))


def _compared_name(ours: str, theirs: str) -> Evidence:
    one, other = name_of(ours), name_of(theirs)
    same = one is not None and other is not None and one.plain == other.plain
    alike = 100 if same else likeness(one, other) if one and other else 0
    return Evidence(field="name", ours=ours, theirs=theirs, agrees=same, likeness=alike)


def _sure(found: Found[Ours, Their], compare: Compare[Their]) -> Match[Their]:
    evidence = compare(found.ours, found.theirs)
    name = found.rule.name
    score = _SURE[name] + _weight(evidence, but=name)
    score = SCORE_MAX if name == "marker" else max(SURE_SCORE_MIN, min(score, SCORE_MAX - 1))
    return Match(found.ours.id, found.theirs, name, found.value, score, evidence)


def _shared(found: Found[Ours, Their], compare: Compare[Their]) -> Proposal[Their]:
    """A value that several share: always for a person to see."""
    evidence = compare(found.ours, found.theirs)
    score = max(PROPOSAL_SCORE_MIN, _SHARED[found.rule.name] + _weight(evidence, but=found.rule.name))
    return _proposal(found.ours, found.theirs, "several_fit", score, evidence)


def _alike(
    ours: Mapping[UUID, Ours],
    theirs: Mapping[str, Their],
    compare: Compare[Their],
) -> list[Proposal[Their]]:
    """Names that are alike; those that are the same are shared by several, and told as that."""
    mine = {key: name for key, our in ours.items() if (name := name_of(our.name))}
    others = {key: name for key, their in theirs.items() if (name := name_of(their.name))}
    return [
        _proposed_by_name(ours[our_key], theirs[their_key], alike, compare)
        for our_key, their_key, alike in find_alike(mine, others)
        if not _are_same(mine[our_key], others[their_key]) and not _contradict_any(ours[our_key], theirs[their_key])
    ]


def _are_same(one: Name, other: Name) -> bool:
    return one.plain == other.plain


def _contradict_any(our: Ours, their: Party | Item) -> bool:
    return isinstance(their, Party) and contradict(our, their)


def _proposed_by_name(our: Ours, their: Their, alike: int, compare: Compare[Their]) -> Proposal[Their]:
    evidence = compare(our, their)
    return _proposal(our, their, "name_alike", round(alike * _PER_LIKENESS) + _weight(evidence, but="name"), evidence)


def _bytax_digits(ours: Mapping[UUID, Ours], theirs: Mapping[str, Party]) -> list[Proposal[Party]]:
    """The same tax number, once with and once without its country."""
    by_digits: dict[str, list[Party]] = {}
    for their in theirs.values():
        if digits := tax_digits(their.tax_number):
            by_digits.setdefault(digits, []).append(their)
    found = []
    for our in ours.values():
        for their in by_digits.get(tax_digits(our.tax_number) or "", ()):
            one, other = tax_number(our.tax_number), tax_number(their.tax_number)
            if one != other and not (one or "")[:2].isalpha() & (other or "")[:2].isalpha():
                evidence = compare_party(our, their)
                score = _TAX_NUMBER_ALIKE + _weight(evidence, but="tax_number")
                found.append(_proposal(our, their, "tax_number_alike", score, evidence))
    return found


def _proposal(our: Ours, their: Their, reason: Reason, score: int, evidence: tuple[Evidence, ...]) -> Proposal[Their]:
    return Proposal(our.id, their, reason, min(score, SURE_SCORE_MIN - 1), evidence)


def _weight(evidence: Iterable[Evidence], *, but: str) -> int:
    """What the other fields say for and against."""
    weight = 0
    for one in evidence:
        if one.field == but:
            continue
        if one.agrees or (one.field == "name" and one.likeness):
            weight += _AGREES
        elif one.field == "name":
            weight -= _UNLIKE_NAME
        else:
            weight -= _OTHER_EMAIL if one.field == "email" else _DISAGREES
    return weight
