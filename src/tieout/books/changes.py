"""What a pull brings: pages of changes, each a version of one record or the news that it is gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tieout.books.records import Kind, Record


@dataclass(frozen=True, slots=True)
class ExternalRef:
    """A record as the platform knows it."""

    kind: Kind
    external_id: str


@dataclass(frozen=True, slots=True)
class Version:
    """Which state of a record this is: the platform's opaque token if it has one, and when it last changed (UTC)."""

    token: str | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """A record as it now stands, raw and translated.

    `raw` is the platform's JSON, byte for byte where it sends objects singly.
    """

    ref: ExternalRef
    version: Version
    record: Record
    raw: bytes


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A record that is gone from the books."""

    ref: ExternalRef
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a pull.

    `cursor` continues after it, or starts the next pull when `finished`; opaque to all but its platform.

    `complete` names the kinds that have now been read to their end in this pull. `whole` names those of them of which
    this very page holds every record there is: what is not on it is gone, though nobody said so. `read_through` names
    those of which this page ends a list that was read from its start in this pull, over several pages: what was on none
    of them is gone. `is_partial` says that the pull reads only what webhooks told of.
    """

    changes: tuple[Change | Tombstone, ...]
    cursor: str
    finished: bool
    complete: frozenset[Kind] = frozenset()
    whole: frozenset[Kind] = frozenset()
    read_through: frozenset[Kind] = frozenset()
    is_partial: bool = False


def joined(pages: Sequence[Page]) -> Page:
    """Consecutive pages as one; of a record that is on several of them, for pages may overlap, what came last."""
    last = pages[-1]
    return Page(
        changes=tuple({change.ref: change for page in pages for change in page.changes}.values()),
        cursor=last.cursor,
        finished=last.finished,
        complete=frozenset().union(*(page.complete for page in pages)),
        whole=frozenset().union(*(page.whole for page in pages)),
        read_through=frozenset().union(*(page.read_through for page in pages)),
        is_partial=last.is_partial,
    )
