"""Writes the capability matrix: `docs/capabilities.md`, and what `GET /v1/accounting_capabilities` answers.

    make capabilities

It runs the provider contract (`tests/contract/provider`), and a cell becomes green only because every test that says it
proves the cell passed on that platform. Nothing is written if one fails.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec
import pytest
from tests.contract.capability_reasons import all_cells, reason_for
from tests.support.capabilities import DIRECTIONS, OBJECTS, OPERATIONS, Cell, cells_of

from tieout.platforms.capabilities import MATRIX, Capability, State
from tieout.platforms.registry import all_platforms, platform_named

ROOT: Final = Path(__file__).parents[2]
SUITE: Final = ROOT / "tests" / "contract" / "provider"
PAGE: Final = ROOT / "docs" / "capabilities.md"
_ROOM: Final = ROOT / "src" / "tieout" / "platforms"
_SIGNS: Final = {State.SHOWN: "✓", State.NOT_SHOWN: "?", State.NOT_BUILT: "—", State.DOES_NOT_EXIST: "·"}
_HEADINGS: Final = {
    "in": "In: what is read from the books",
    "out": "Out: what is written to the books",
}
_INTRODUCTION: Final = """\
# Capabilities

What Tieout does with each object, in each direction, on each platform. `make capabilities` writes this page by running
the provider contract (`tests/contract/provider`) against the simulated platforms, for every company that they have:
**a cell is green only because the tests named below it passed**. The same is served by
`GET /v1/accounting_capabilities`.

| sign | |
| --- | --- |
| ✓ | shown by the tests that are named below |
| ? | no test of the contract shows it |
| — | not built, for the reason below |
| · | there is no such thing in these books |

Of what comes in, `read` is the first pull, and the other operations are what people do in the books later: `rename`
changes the name of what links hold on to, `vanish` is to disappear without a word in any feed.
"""

Shown = Mapping[tuple[str, Cell], Iterable[str]]
"""The tests that show each cell, by platform."""


class Passed:
    """A plugin of pytest that notes which tests passed, and for which cells."""

    def __init__(self) -> None:
        """Nothing has run."""
        self.items: list[pytest.Item] = []
        self.passed: set[str] = set()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Keep what will run."""
        self.items = list(session.items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what passed."""
        if report.when == "call" and report.passed:
            self.passed.add(report.nodeid)

    def shown(self) -> Shown:
        """The cells all of whose tests passed."""
        return shown_by(item for item in self.items if item.nodeid in self.passed)


def shown_by(items: Iterable[pytest.Item]) -> Shown:
    """Which cells tests show, and the names of these tests."""
    found: dict[tuple[str, Cell], set[str]] = {}
    for item in items:
        for platform, cell in cells_of(item):
            found.setdefault((platform, cell), set()).add(_name(item))
    return found


def _name(item: pytest.Item) -> str:
    """The name of a test, without the parameters that its platform and company are."""
    return item.nodeid.partition("[")[0]


def capabilities(platform: str, shown: Shown) -> list[Capability]:
    """The whole matrix of a platform."""
    return [_capability(platform, cell, sorted(shown.get((platform, cell), ()))) for cell in all_cells()]


def _capability(platform: str, cell: Cell, tests: list[str]) -> Capability:
    state, reason = reason_for(platform, cell)
    if tests and state is not State.NOT_SHOWN:
        raise ValueError(f"{tests} show what is said not to be there: {platform}, {cell}: {reason}")
    if tests:
        return Capability(cell.object, cell.direction, cell.operation, State.SHOWN, tests=tuple(tests))
    return Capability(cell.object, cell.direction, cell.operation, state, reason=reason)


def files(shown: Shown) -> dict[Path, str]:
    """Everything that is written."""
    matrices = {platform: capabilities(platform, shown) for platform in sorted(all_platforms())}
    written = {_ROOM / name / MATRIX: _json(cells) for name, cells in matrices.items()}
    return written | {PAGE: page(matrices)}


def _json(cells: list[Capability]) -> str:
    """One line for each cell, so that a change is read easily."""
    lines = ",\n ".join(msgspec.json.encode(cell).decode() for cell in cells)
    return f"[\n {lines}\n]\n"


def page(matrices: Mapping[str, list[Capability]]) -> str:
    """The page."""
    parts = [_INTRODUCTION]
    for direction in DIRECTIONS:
        parts.append(f"\n## {_HEADINGS[direction]}\n")
        for platform, cells in matrices.items():
            chosen = [cell for cell in cells if cell.direction == direction]
            parts.append(f"\n### {platform_named(platform).title}, {direction}\n\n")
            parts += [*_table(direction, chosen), "\n", *_footnotes(chosen), *_tests(chosen)]
    return "".join(parts)


def _table(direction: str, cells: list[Capability]) -> Iterator[str]:
    signs = {(cell.object, cell.operation): _SIGNS[cell.state] for cell in cells}
    operations = OPERATIONS[direction]
    yield f"| | {' | '.join(operations)} |\n"
    yield f"| --- |{' :-: |' * len(operations)}\n"
    for name in OBJECTS:
        row = " | ".join(signs[name, operation] for operation in operations)
        yield f"| {_words(name)} | {row} |\n"


def _footnotes(cells: list[Capability]) -> Iterator[str]:
    """Why cells are not green, those of one reason together."""
    by_reason: dict[tuple[State, str], dict[str, list[str]]] = {}
    for cell in cells:
        if cell.reason is not None and cell.state is not State.NOT_SHOWN:
            by_reason.setdefault((cell.state, cell.reason), {}).setdefault(cell.operation, []).append(cell.object)
    for (state, why), named in sorted(by_reason.items()):
        objects: dict[tuple[str, ...], list[str]] = {}
        for operation, names in named.items():
            objects.setdefault(tuple(names), []).append(operation)
        every = OPERATIONS[cells[0].direction]
        meant = "; ".join(
            f"{'all' if tuple(operations) == every else ', '.join(operations)} of {', '.join(map(_words, names))}"
            for names, operations in objects.items()
        )
        yield f"- {_SIGNS[state]} {why} ({meant})\n"


def _tests(cells: list[Capability]) -> Iterator[str]:
    """The tests that show cells, each with what it shows."""
    by_test: dict[str, dict[str, list[str]]] = {}
    for cell in cells:
        for test in cell.tests:
            by_test.setdefault(test, {}).setdefault(cell.operation, []).append(cell.object)
    yield "\n<details><summary>The tests that passed</summary>\n\n"
    for test, named in sorted(by_test.items()):
        meant = "; ".join(f"{operation} of {', '.join(map(_words, names))}" for operation, names in named.items())
        yield f"- `{test}`: {meant}\n"
    yield "\n</details>\n"


def _words(name: str) -> str:
    return name.replace("_", " ")


def main() -> int:
    """Run the contract, and write what it showed."""
    passed = Passed()
    code = pytest.main([str(SUITE), "-q", "-n", "0"], plugins=[passed])
    if code != pytest.ExitCode.OK:
        sys.stderr.write("The provider contract does not hold: nothing was written.\n")
        return int(code)
    for path, text in files(passed.shown()).items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
