"""Every refusal of a write says what must change before it is worth sending again."""

import pytest

from tieout.books.records import Kind
from tieout.platforms.cures import remedy_of, remedy_of_code
from tieout.platforms.errors import (
    BatchRefused,
    CompanyEnded,
    Cure,
    Explanation,
    Misuse,
    Next,
    Throttled,
    WriteRefused,
)


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
