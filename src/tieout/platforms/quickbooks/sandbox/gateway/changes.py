"""Change data capture: what was changed or deleted since a moment, whole, and at most a thousand objects of it."""

from datetime import datetime, timedelta

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import BY_WORD, Kind
from tieout.platforms.quickbooks.sandbox.accounting.rendering import wire
from tieout.platforms.quickbooks.sandbox.figures import encode
from tieout.platforms.quickbooks.sandbox.gateway import faults
from tieout.platforms.quickbooks.sandbox.gateway.conditions import check_kind
from tieout.platforms.quickbooks.sandbox.gateway.dialect import fault_alone
from tieout.platforms.quickbooks.sandbox.moments import read_moment, stamp
from tieout.platforms.quickbooks.sandbox.refusals import Refusal

OBJECTS_MAX = 1_000
"""The most objects in one answer; there is no second page."""
DELETIONS_REMEMBERED = timedelta(days=30)
"""How long a deletion can be seen. Live objects were recorded to come however old they are."""


def answer_changes(books: Books, entities: str, changed_since: str) -> bytes:
    """The `CDCResponse`; a kind that the company may not see has a fault in its place.

    Raises `Refusal` for a kind that is not covered or a time that is none.
    """
    kinds = [_covered(name.strip()) for name in entities.split(",") if name.strip()]
    if not kinds:
        raise refusals.missing("entities")
    if not changed_since:
        raise refusals.missing("changedSince")
    try:
        since = read_moment(changed_since.replace(" ", "+"))
    except ValueError:
        raise refusals.invalid_value("changedSince", changed_since, "java.util.Date") from None
    left = OBJECTS_MAX
    answers = []
    for kind in kinds:
        try:
            check_kind(books, kind)
        except Refusal as refusal:
            answers.append(encode(fault_alone(refusal)))
            continue
        rows = _changed(books, kind, since, left)
        left -= len(rows)
        answers.append(_answer(kind, rows))
    return b'[{"QueryResponse":[%s]}]' % b",".join(answers)


def _covered(name: str) -> Kind:
    kind = BY_WORD.get(name.lower())
    if kind is None or not kind.changes:
        raise faults.query_invalid(f"invalid context declaration: {name}")
    return kind


def _changed(books: Books, kind: Kind, since: datetime, most: int) -> list[bytes]:
    """Live objects, the longest unchanged first, then deletions; `most` of them at most."""
    shelf = books.shelf(kind)
    live = [wire(books, record) for record in shelf.by_update().since(since)[:most]]
    horizon = max(since, books.now() - DELETIONS_REMEMBERED)
    gone: list[bytes] = []
    for record_id, at in reversed(shelf.deletions.items()):
        if at < horizon:
            break
        told = {"domain": "QBO", "status": "Deleted", "Id": record_id, "MetaData": {"LastUpdatedTime": stamp(at)}}
        gone.append(encode(told))
    return live + gone[::-1][: most - len(live)]


def _answer(kind: Kind, rows: list[bytes]) -> bytes:
    if not rows:
        return b"{}"
    total = b',"totalCount":%d' % len(rows) if kind.counted else b""
    head = b'{"%s":[%s],"startPosition":1,"maxResults":%d' % (kind.name.encode(), b",".join(rows), len(rows))
    return head + total + b"}"
