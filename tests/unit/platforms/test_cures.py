"""Every refusal of a write says what must change before it is worth sending again."""

import ast
from pathlib import Path

import pytest

from tieout.books.records import Kind
from tieout.platforms import quickbooks, xero
from tieout.platforms.cures import REMEDIES, remedy_of, remedy_of_code
from tieout.platforms.errors import (
    BatchRefused,
    CompanyEnded,
    Cure,
    Explanation,
    Misuse,
    Next,
    PermissionMissing,
    Throttled,
    WriteRefused,
)
from tieout.platforms.quickbooks import attaching, preflight, refusal_table
from tieout.platforms.quickbooks.refusal_table import Rule
from tieout.platforms.xero.validation import KNOWN

JUDGED_BY_WHAT_IS_NEXT = {"record_gone", "refused_by_books", "query_refused", "answer_too_large"}
"""Codes that may mean many things, and faults in reading."""


def rules() -> list[Rule]:
    modules = (refusal_table, preflight, attaching)
    return [value for module in modules for value in vars(module).values() if isinstance(value, Rule)]


def codes_in_calls() -> set[str]:
    """The codes of refusals that are worded where they happen: first arguments of `refused`."""
    found = set()
    for package in (quickbooks, xero):
        for path in Path(package.__path__[0]).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                    continue
                if node.func.id == "refused" and isinstance(node.args[0], ast.Constant):
                    found.add(str(node.args[0].value))
    return found


def test_every_code_by_which_a_write_is_refused_has_its_remedy() -> None:
    refused_by_rule = {rule.code for rule in rules() if rule.refusal in (WriteRefused, PermissionMissing, Misuse)}
    codes = refused_by_rule | {known.explanation.code for known in KNOWN} | codes_in_calls()
    assert len(codes) > 60
    assert codes - set(REMEDIES) - JUDGED_BY_WHAT_IS_NEXT == set()


def test_a_reopened_period_is_worth_trying_and_a_changed_contact_is_not() -> None:
    remedy = remedy_of(WriteRefused(Explanation("period_closed", "Closed.", "Open it.")))
    assert remedy.helps(Cure.BOOKS_CHANGE, [Kind.PARTY, Kind.COMPANY])
    assert not remedy.helps(Cure.BOOKS_CHANGE, [Kind.PARTY])
    assert remedy.helps(Cure.RECORD_CHANGE)
    assert not remedy.helps(Cure.TIME)


@pytest.mark.parametrize(
    ("code", "next_step", "cure"),
    [
        ("anything", Next.RETRIES_BY_ITSELF, Cure.TIME),
        ("anything", Next.RECONNECT, Cure.RECONNECT),
        ("anything", Next.REPORT_A_FAULT, Cure.RELEASE),
        ("subscription_ended", Next.SOMEBODY_MUST_ACT, Cure.ACCESS_CHANGE),
        ("validation_failed", Next.SOMEBODY_MUST_ACT, Cure.BOOKS_CHANGE),
    ],
)
def test_what_helps_is_told_by_code_and_by_what_is_next(code: str, next_step: Next, cure: Cure) -> None:
    assert remedy_of_code(code, next_step).helps(cure, list(Kind))


def test_time_alone_helps_against_limits_and_refused_batches_and_a_consent_against_a_disconnection() -> None:
    said = Explanation("request_refused", "No.", "Wait.")
    assert remedy_of(Throttled(said, retry_after_s=1)).cures == {Cure.TIME}
    assert remedy_of(BatchRefused(Misuse(said))).cures == {Cure.TIME}
    assert remedy_of(CompanyEnded(said)).cures == {Cure.RECONNECT}
