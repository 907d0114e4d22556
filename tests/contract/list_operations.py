"""Writes into `docs/monite-compatibility.md` which operations of the contract are served, and what was added.

    make compatibility

It reads the contract's facts, the application's route table and `api/additions.py`, so it cannot say what is not so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.contract.conformity import facts
from tests.contract.served import CONTRACT, is_built

from tieout.api import additions

PAGE = Path(__file__).resolve().parents[2] / "docs" / "monite-compatibility.md"
BEGIN = "<!-- operations: written by `make compatibility` -->"
END = "<!-- end of operations -->"


@dataclass(slots=True)
class Row:
    """The methods of one path."""

    served: list[str] = field(default_factory=list)
    unbuilt: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)


def rows() -> dict[str, Row]:
    """Every path of the contract and of the additions, in the alphabet's order."""
    found: dict[str, Row] = {}
    for path, method in CONTRACT:
        row = found.setdefault(path, Row())
        (row.served if is_built(path, method) else row.unbuilt).append(method.upper())
    for added in additions.PATHS:
        found.setdefault(added.path, Row()).added.extend(added.methods)
    return dict(sorted(found.items()))


def resource_of(path: str) -> str:
    """The first part of a path."""
    return path.split("/")[1]


def render() -> str:
    """The whole part of the page between the two marks."""
    by_resource: dict[str, dict[str, Row]] = {}
    for path, row in rows().items():
        by_resource.setdefault(resource_of(path), {})[path] = row
    tables = (line for item in by_resource.items() for line in _table(*item))
    return "\n".join([BEGIN, "", *_summary(), *_added(), *tables, END])


def _summary() -> Iterator[str]:
    served = sum(is_built(path, method) for path, method in CONTRACT)
    added = sum(len(one.methods) for one in additions.PATHS)
    yield f"{served} of the {len(CONTRACT)} operations of the contract ({facts()['version']}) are served."
    yield f"The other {len(CONTRACT) - served} answer 501 and name themselves. {added} operations are additions."
    yield ""


def _added() -> Iterator[str]:
    yield "### What is added, and why"
    yield ""
    yield "| addition | why |"
    yield "| --- | --- |"
    for path in additions.PATHS:
        yield f"| `{' '.join(path.methods)} {path.path}` | {path.why} |"
    for one in additions.FIELDS:
        yield f"| `{one.name}` of `{one.schema}` | {one.why} |"
    for value in additions.VALUES:
        yield f"| `{value.value}` as `{value.field}` of `{value.schema}` | {value.why} |"
    yield ""


def _count(paths: dict[str, Row]) -> str:
    served = sum(len(row.served) for row in paths.values())
    known = served + sum(len(row.unbuilt) for row in paths.values())
    return f"{served} of {known}" if known else "an addition"


def _table(resource: str, paths: dict[str, Row]) -> Iterator[str]:
    yield f"### {resource}: {_count(paths)}"
    yield ""
    yield "| path | served | 501 | added |"
    yield "| --- | --- | --- | --- |"
    for path, row in paths.items():
        cells = (" ".join(methods) for methods in (row.served, row.unbuilt, row.added))
        yield "| " + " | ".join((f"`{path}`", *cells)) + " |"
    yield ""


def page_with(operations: str, page: str) -> str:
    """The page with the part between the marks exchanged; raises ValueError when a mark is missing."""
    start, end = page.index(BEGIN), page.index(END) + len(END)
    return page[:start] + operations + page[end:]


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page_with(render(), PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
