"""Which lines of a changed document are lines that stand in the books already, so that they keep their ids. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from tieout.books.records import Document, Line


def with_line_ids(wanted: Document, standing: Document) -> Document:
    """The wanted document, its lines with the ids of the standing ones that they are or replace.

    A line that is the same keeps its id wherever it now stands; the others take over the ids that are left, in order.
    """
    left = [line for line in standing.lines if line.external_id is not None]
    if len({line.external_id for line in left}) != len(left):
        return wanted
    ids: list[str | None] = []
    for line in wanted.lines:
        same = next((one for one in left if _content(one) == _content(line)), None)
        ids.append(same.external_id if same is not None else None)
        if same is not None:
            left.remove(same)
    return replace(wanted, lines=tuple(_filled(wanted.lines, ids, [line.external_id for line in left])))


def _filled(lines: Sequence[Line], ids: Sequence[str | None], left: list[str | None]) -> list[Line]:
    return [
        replace(line, external_id=line_id if line_id is not None else (left.pop(0) if left else None))
        for line, line_id in zip(lines, ids, strict=True)
    ]


def _content(line: Line) -> tuple[object, ...]:
    return line.description, line.quantity, line.amount, line.item_id, line.account_id
