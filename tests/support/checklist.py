"""Check-lists of behaviour: what a platform does, and the tests that prove it, looked up in their files."""

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent.parent
Checklist = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Headings, clauses under them, and the tests that prove each: `test_file::test_name`, with its folder if elsewhere."""


@cache
def tests_in(file: Path) -> Mapping[str, ast.AST]:
    """The tests of a file that are run, by name."""
    if not file.exists():
        return {}
    return {
        node.name: node
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not any(word in ast.dump(one) for one in node.decorator_list for word in ("'skip'", "'xfail'"))
    }


def faults_of(checklist: Checklist, folder: str) -> list[str]:
    """Clauses without a proof, and proofs that are not there or cannot fail; `folder` is where they are below tests."""
    return [
        f"{heading}: {clause}: {fault}"
        for heading, clauses in checklist.items()
        for clause, proofs in clauses.items()
        for fault in _faults_of_proofs(proofs, folder)
    ]


def _faults_of_proofs(proofs: tuple[str, ...], folder: str) -> Iterable[str]:
    if not proofs:
        yield "nothing proves it"
    for proof in proofs:
        where, _, name = proof.partition("::")
        place = where if "/" in where else f"{folder}/{where}"
        test = tests_in(TESTS / f"{place}.py").get(name)
        if test is None:
            yield f"{place} has no test {name}"
        elif not any(isinstance(node, ast.Assert) or _expects_an_error(node) for node in ast.walk(test)):
            yield f"{name} cannot fail"


def _expects_an_error(node: ast.AST) -> bool:
    """Whether a call expects an error, or compares with a recording."""
    named = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return named in ("raises", "compare")
