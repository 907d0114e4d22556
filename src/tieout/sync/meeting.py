"""Meeting: what follows where the books changed a record since both sides last agreed. Decided purely.

Fields flow, win, or are held as `three_way` and the entity's rules say; then the state of our record and its room
decide whether what flows back can be taken over (`taking_over`).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from tieout.books.records import Document, Record
from tieout.sync.drafts import Draft, Ended, changed_since
from tieout.sync.faces import EXISTENCE, LINES, PARTY, face_of, group_of, is_over, only_shared, ours_beside
from tieout.sync.rules import Policy, SyncRules
from tieout.sync.taking_over import Ruling
from tieout.sync.three_way import Face, Field, Outcome, Side, Why, merge

_WORTH_ASKING: Final = (PARTY, "issued_on", LINES)
"""What somebody must not have changed of a document that is taken out: its money, and when it was posted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Both sides of a record, as they stand and as they last agreed.

    `is_wanted` says that our side changed something that the books are to have. `drafted` is our face, in which
    `party_id` is what the books call our counterpart today. `total_is_doubted` where the books may have made another
    total of what we wrote by themselves.
    """

    object_type: str
    draft: Draft
    drafted: Face
    agreed: Mapping[str, Any] | None
    is_wanted: bool
    base: Record | None
    there: Record | None
    ours_at: datetime | None
    theirs_at: datetime | None
    rules: SyncRules
    total_is_doubted: bool = False


Decided = Callable[[Field], Side | None]
"""What somebody decided about a field that was held with just these values."""
Rule = Callable[[Field], Ruling]


def plan_meeting(sides: Sides, rule: Rule, decided: Decided) -> dict[str, Field]:
    """The outcome of every field; `existence` stands alone, for what does not count has no other fields."""
    if sides.base is None:
        return {}
    if isinstance(sides.draft, Ended):
        return _meet_ended(sides, decided)
    if is_over(sides.there):
        return _meet_gone(sides, rule, decided)
    return {name: _ruled(field, sides, rule, decided) for name, field in compare_fields(sides).items()}


def compare_fields(sides: Sides) -> dict[str, Field]:
    """The plain comparison of a record that counts on both sides."""
    assert sides.base is not None
    assert sides.there is not None
    assert not isinstance(sides.draft, Ended)
    base, theirs = (only_shared(sides.draft, face_of(record)) for record in (sides.base, sides.there))
    changed = changed_since(sides.agreed, sides.draft) if sides.is_wanted else frozenset()
    if PARTY in base and sides.drafted.get(PARTY) == theirs.get(PARTY):
        changed |= {PARTY}  # a counterpart that was merged with another in the books is ours still
    ours = ours_beside(base, sides.drafted, changed)
    return merge(base, ours, theirs, lambda name: _winner(sides, name))


def _winner(sides: Sides, name: str) -> Side | None:
    match sides.rules.policy(sides.object_type, group_of(sides.object_type, name)):
        case Policy.BOOKS_WIN:
            return Side.BOOKS
        case Policy.PARTNER_WINS:
            return Side.PARTNER
        case Policy.NEWEST if sides.ours_at is not None and sides.theirs_at is not None:
            return Side.PARTNER if sides.ours_at > sides.theirs_at else Side.BOOKS
        case _:
            return None


def _ruled(field: Field, sides: Sides, rule: Rule, decided: Decided) -> Field:
    """A field after what somebody decided, and after what our record has room for."""
    if field.name == LINES and field.outcome is Outcome.THEIRS and sides.total_is_doubted:
        field = replace(field, outcome=Outcome.HELD, why=Why.TOTAL_DIFFERS)
    if field.outcome is Outcome.THEIRS:
        outcome, why = rule(field)
        field = replace(field, outcome=outcome, why=why)
    if field.outcome is not Outcome.HELD:
        return field
    match decided(field):
        case Side.PARTNER:
            return replace(field, outcome=Outcome.OURS, why=None)
        case Side.BOOKS:
            outcome, _ = rule(field)
            return replace(field, outcome=Outcome.THEIRS if outcome is Outcome.THEIRS else Outcome.LEFT, why=None)
        case _:
            return field


def _meet_gone(sides: Sides, rule: Rule, decided: Decided) -> dict[str, Field]:
    """Voided or deleted in the books, while it counts here."""
    if is_over(sides.base) or not isinstance(sides.base, Document):
        return {}
    changed = changed_since(sides.agreed, sides.draft) if sides.is_wanted else frozenset()
    field = Field(EXISTENCE, True, True, False, Outcome.THEIRS)  # noqa: FBT003 - the values of the field
    if changed:
        winner = _winner(sides, EXISTENCE)
        is_theirs = winner is Side.BOOKS
        field = replace(field, outcome=Outcome.THEIRS if is_theirs else Outcome.HELD)
        field = field if is_theirs else replace(field, why=Why.BOTH_CHANGED)
    return {EXISTENCE: _ruled(field, sides, rule, decided)}


def _meet_ended(sides: Sides, decided: Decided) -> dict[str, Field]:
    """Ended here, while the books changed its money."""
    assert isinstance(sides.draft, Ended)
    if is_over(sides.there) or not isinstance(sides.base, Document) or not sides.is_wanted or sides.draft.is_let_go:
        return {}
    if not would_lose(sides.base, sides.there):
        return {}
    field = Field(EXISTENCE, True, False, True, Outcome.HELD, Why.BOTH_CHANGED)  # noqa: FBT003 - likewise
    side = decided(field) or (Side.PARTNER if _winner(sides, EXISTENCE) is Side.PARTNER else None)
    if side is None:
        return {EXISTENCE: field}
    return {EXISTENCE: replace(field, outcome=Outcome.OURS if side is Side.PARTNER else Outcome.LEFT, why=None)}


def would_lose(base: Record | None, there: Record | None) -> bool:
    """Whether taking a document out of the books would undo what somebody changed of its money there."""
    if not isinstance(base, Document) or not isinstance(there, Document) or is_over(base):
        return False
    one, other = face_of(base), face_of(there)
    return any(_posted(one, name) != _posted(other, name) for name in _WORTH_ASKING)


def _posted(face: Face, name: str) -> Any:
    value = face[name]
    return (value["currency"], value["tax"], value["total"]) if name == LINES else value


def must_meet(base: Record | None, there: Record | None, held: Collection[str]) -> bool:
    """Whether the books changed something of a record in force here that is neither taken in nor held yet."""
    if base is None or EXISTENCE in held or is_over(base):
        return False
    if is_over(there):
        return isinstance(base, Document)
    assert there is not None
    one, other = face_of(base), face_of(there)
    return any(one[name] != other[name] for name in one if name not in held)
