"""What is compared, and what comes of it: pure values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Generic, Literal, TypeVar
from uuid import UUID

from tieout.books.records import Document, Item, Kind, Party

Theirs = TypeVar("Theirs", Party, Item, Document)
MatchedBy = Literal["marker", "tax_number", "email", "name", "code", "number"]
Reason = Literal["name_alike", "tax_number_alike", "several_fit", "document_alike", "name_taken", "linked_before"]
Pair = tuple[UUID, str]
"""Ours by its id, theirs by the platform's."""

SCORE_MAX = 100
SURE_SCORE_MIN = 90
"""What reaches it is linked; everything below is for a person to decide."""
PROPOSAL_SCORE_MIN = 70
"""Less is not worth a person's look."""
CANDIDATES_MAX = 10
"""Proposals for one record of ours: the best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What of our side can identify a counterpart or product."""

    id: UUID
    name: str
    email: str | None = None
    tax_number: str | None = None
    code: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OurDocument:
    """What can identify an invoice, a bill or a credit note; `party_id` is the books' id of its counterpart."""

    id: UUID
    kind: Kind
    number: str | None
    party_id: str | None
    party_name: str
    currency: str
    total: Decimal
    issued_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One field of both sides, and whether it agrees; `likeness` in percent where that is not all or nothing."""

    field: str
    ours: str | None
    theirs: str | None
    agrees: bool
    likeness: int | None = None


@dataclass(frozen=True, slots=True)
class Match(Generic[Theirs]):
    """Ours and theirs, surely the same: what it was matched by, its value, and everything that was compared."""

    ours_id: UUID
    theirs: Theirs
    matched_by: MatchedBy
    value: str
    score: int = SCORE_MAX
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal(Generic[Theirs]):
    """Ours and theirs, perhaps the same."""

    ours_id: UUID
    theirs: Theirs
    reason: Reason
    score: int
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Matched(Generic[Theirs]):
    """What is sure, and what is for a person to decide: the best first for each of ours."""

    sure: Sequence[Match[Theirs]] = field(default_factory=list)
    unsure: Sequence[Proposal[Theirs]] = field(default_factory=list)


def best_of(found: Iterable[Proposal[Theirs]], apart: frozenset[Pair] = frozenset()) -> list[Proposal[Theirs]]:
    """Each pair once, by its best score, and of each of ours the best: those that are worth a look, and not apart."""
    by_pair: dict[Pair, Proposal[Theirs]] = {}
    for one in found:
        pair = (one.ours_id, str(one.theirs.external_id))
        if one.score < PROPOSAL_SCORE_MIN or pair in apart:
            continue
        if pair not in by_pair or by_pair[pair].score < one.score:
            by_pair[pair] = one
    by_ours: dict[UUID, list[Proposal[Theirs]]] = {}
    for (ours_id, _), one in sorted(by_pair.items(), key=lambda entry: (-entry[1].score, entry[0])):
        by_ours.setdefault(ours_id, []).append(one)
    return [one for mine in by_ours.values() for one in mine[:CANDIDATES_MAX]]
