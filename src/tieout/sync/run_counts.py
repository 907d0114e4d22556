"""What a run counts, added up: pure."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

from tieout.books.changes import Change, Tombstone
from tieout.books.encoding import encode_record
from tieout.books.records import Untranslated

Counts: TypeAlias = dict[str, dict[str, int]]
COUNTED: Final = ("read", "changed", "gone", "untranslated")
"""What a run counts of the records of a kind."""


class Seen(NamedTuple):
    """What was known of a record before: enough to tell that it is another state now."""

    version_token: str | None
    changed_at: datetime | None
    canonical: bytes | None


def added(counts: Mapping[str, Mapping[str, int]], more: Mapping[str, Mapping[str, int]]) -> Counts:
    """Both together, name by name."""
    total: Counts = {name: dict(entry) for name, entry in counts.items()}
    for name, entry in more.items():
        known = total.setdefault(name, {})
        for word, number in entry.items():
            known[word] = known.get(word, 0) + number
    return total


def counted_changes(
    changes: Iterable[Change | Tombstone], seen: Mapping[tuple[str, str], Seen], living: Collection[tuple[str, str]]
) -> Counts:
    """How many records a page brought by kind: read, of these new or another than before, and gone.

    `untranslated` are those of the new or changed ones that have no meaning here, and are kept raw. `living` are those
    of `seen` that were not gone before.
    """
    counts: Counts = {}
    for change in changes:
        key = (change.ref.kind.value, change.ref.external_id)
        entry = counts.setdefault(change.ref.kind.value, dict.fromkeys(COUNTED, 0))
        if isinstance(change, Tombstone):
            entry["gone"] += key in living
        else:
            entry["read"] += 1
            is_new = key not in living or _state_of(change) != seen[key]
            entry["changed"] += is_new
            entry["untranslated"] += is_new and isinstance(change.record, Untranslated)
    return {kind: entry for kind, entry in counts.items() if any(entry.values())}


def _state_of(change: Change) -> Seen:
    canonical = None if isinstance(change.record, Untranslated) else encode_record(change.record)
    return Seen(change.version.token, change.version.updated_at, canonical)


def listed(counts: Mapping[str, Mapping[str, Any]], name: str) -> list[dict[str, Any]]:
    """Counts as the API shows them: a list in the alphabet's order, what is counted under `name`."""
    return [{name: key, **counts[key]} for key in sorted(counts)]
