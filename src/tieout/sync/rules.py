"""The rules by which an entity wants its books kept in step, from its settings. Pure.

Every rule has a default; the entity's settings keep only what was chosen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal

from tieout.sync.push_statuses import PUSH_STATUSES

SYNC_RULES: Final = "accounting_sync_rules"
"""Where an entity's settings keep them; the contract's settings have no such field, so nobody else writes there."""
TOTAL_TOLERANCE: Final = "total_tolerance"
TOTAL_TOLERANCE_MAX: Final = 1
"""Minor units: more than rounding explains is never accepted."""


class Policy(StrEnum):
    """Who is right about a field that was changed on both sides.

    `newest`: whoever changed the record last, by the platform's clock and ours; a tie goes to the books.
    `hold`: nobody, until somebody decides.
    """

    BOOKS_WIN = "books_win"
    PARTNER_WINS = "partner_wins"
    NEWEST = "newest"
    HOLD = "hold"


class FieldGroup(StrEnum):
    """Fields that are decided on alike.

    `contact_details`: names, addresses, tax numbers. `texts`: numbers, memos, descriptions. `money`: amounts, lines,
    the currency and whom it is owed. `dates`: of issue and when due. `existence`: whether the record counts at all.
    """

    CONTACT_DETAILS = "contact_details"
    TEXTS = "texts"
    MONEY = "money"
    DATES = "dates"
    EXISTENCE = "existence"


class UnsureMatches(StrEnum):
    """What becomes of a record that may be in the books already, while nobody has decided.

    `hold`: it waits, and what needs it. `create`: it is created beside what it may be the same as.
    """

    HOLD = "hold"
    CREATE = "create"


class NameClashes(StrEnum):
    """What becomes of a customer or vendor whose name somebody else has in books that give each name once.

    `refuse`: it is not written, and the refusal shows the name that would be used. `suffix`: that name is used.
    """

    REFUSE = "refuse"
    SUFFIX = "suffix"


_OF_DOCUMENTS: Final[Mapping[FieldGroup, Policy]] = {
    FieldGroup.TEXTS: Policy.NEWEST,
    FieldGroup.MONEY: Policy.HOLD,
    FieldGroup.DATES: Policy.HOLD,
    FieldGroup.EXISTENCE: Policy.HOLD,
}
_OF_PARTIES: Final[Mapping[FieldGroup, Policy]] = {FieldGroup.CONTACT_DETAILS: Policy.NEWEST}

CONFLICTS: Final[Mapping[str, Mapping[FieldGroup, Policy]]] = {
    "customer": _OF_PARTIES,
    "vendor": _OF_PARTIES,
    "product": {FieldGroup.TEXTS: Policy.NEWEST, FieldGroup.MONEY: Policy.HOLD},
    "receivable": _OF_DOCUMENTS,
    "bill": _OF_DOCUMENTS,
    "payable_credit_note": _OF_DOCUMENTS,
}
"""The default policies, and which groups of fields each type of record has."""


MetType = Literal["customer", "vendor", "product", "receivable", "bill", "payable_credit_note"]
"""Records that are compared on both sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRules:
    """All rules of one entity. `conflicts` names a policy for each type of synced record and group of its fields.

    `push_statuses` names for receivables and payables the statuses in which they are wanted in the books.
    `total_tolerance` is by how many minor units for each of its tax rates a document may come to another total in the
    books and stay there.
    """

    conflicts: Mapping[str, Mapping[FieldGroup, Policy]] = field(default_factory=lambda: CONFLICTS)
    unsure_matches: UnsureMatches = UnsureMatches.HOLD
    name_clashes: NameClashes = NameClashes.REFUSE
    total_tolerance: int = 0
    push_statuses: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: PUSH_STATUSES)

    def policy(self, object_type: str, group: FieldGroup) -> Policy:
        """Who wins; what no rule names is held."""
        return self.conflicts.get(object_type, {}).get(group, Policy.HOLD)


def rules_of(settings: Mapping[str, Any]) -> SyncRules:
    """The rules that an entity's settings make."""
    chosen = settings.get(SYNC_RULES) or {}
    return SyncRules(
        conflicts=_conflicts(chosen.get("conflicts") or {}),
        unsure_matches=UnsureMatches(chosen.get("unsure_matches") or UnsureMatches.HOLD),
        name_clashes=NameClashes(chosen.get("name_clashes") or NameClashes.REFUSE),
        total_tolerance=int(chosen.get(TOTAL_TOLERANCE) or 0),
        push_statuses=_push_statuses(chosen.get("push_statuses") or {}),
    )


def _push_statuses(chosen: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    return {of: named if chosen.get(of) is None else tuple(chosen[of]) for of, named in PUSH_STATUSES.items()}


def _conflicts(chosen: Mapping[str, Any]) -> Mapping[str, Mapping[FieldGroup, Policy]]:
    return {
        object_type: {
            group: Policy((chosen.get(object_type) or {}).get(group, policy)) for group, policy in groups.items()
        }
        for object_type, groups in CONFLICTS.items()
    }


def changed_rules(settings: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """What the settings keep after a change: object by object; null takes what was chosen back."""
    return _put(settings.get(SYNC_RULES) or {}, change)


def _put(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(old)
    for name, given in new.items():
        value = _put(kept.get(name) or {}, given) if isinstance(given, Mapping) else given
        if value in (None, {}):
            kept.pop(name, None)
        else:
            kept[name] = value
    return kept
