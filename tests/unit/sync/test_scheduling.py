"""When a company is pulled next: webhooks lead, polling is the backstop, and nobody comes all at once."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.stage import AT

from tieout.books.records import Kind
from tieout.sync.scheduling import (
    DELAYED_S_MAX,
    HEARD_WITHIN_S,
    JITTER_SHARE,
    PAUSE_S,
    PAUSE_S_MAX,
    SPREAD_S_MAX,
    TIE_OUT_EVERY_S,
    Intervals,
    WebhookFacts,
    Webhooks,
    drawn,
    judge_webhooks,
    may_have_been_missed,
    plan_next_pull,
    plan_next_tie_out,
    plan_pause,
    plan_spread,
)
from tieout.sync.tying_out import Step, plan_tie_out

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
INTERVALS = Intervals(usual_s=3600, with_webhooks_s=4 * 3600)
draws = st.floats(0, 1, exclude_max=True)
moments = st.none() | st.integers(-20 * 24, 0).map(lambda hours: AT + timedelta(hours=hours))
facts = st.builds(WebhookFacts, expected_at=moments, last_at=moments, missed_at=moments)


def wait_s(known: WebhookFacts, draw: float = 0.0) -> float:
    return (plan_next_pull(INTERVALS, known, now=AT, draw=draw) - AT).total_seconds()


@pytest.mark.parametrize(
    ("known", "verdict", "seconds"),
    [
        (WebhookFacts(), Webhooks.NOT_EXPECTED, 3600),
        (WebhookFacts(last_at=AT), Webhooks.NOT_EXPECTED, 3600),
        (WebhookFacts(expected_at=AT - DAY), Webhooks.UNPROVEN, 3600),
        (WebhookFacts(expected_at=AT - 9 * DAY, last_at=AT - 8 * DAY), Webhooks.UNPROVEN, 3600),
        (WebhookFacts(expected_at=AT - 9 * DAY, last_at=AT - HOUR), Webhooks.HEALTHY, 4 * 3600),
        (WebhookFacts(expected_at=AT - 9 * DAY, last_at=AT - DAY, missed_at=AT - HOUR), Webhooks.SILENT, 1800),
        (WebhookFacts(expected_at=AT - 9 * DAY, missed_at=AT - HOUR), Webhooks.SILENT, 1800),
        (WebhookFacts(expected_at=AT - 9 * DAY, missed_at=AT - DAY, last_at=AT - HOUR), Webhooks.HEALTHY, 4 * 3600),
        (WebhookFacts(expected_at=AT - 9 * DAY, missed_at=AT - HOUR, last_at=AT), Webhooks.DOUBTED, 3600),
        (WebhookFacts(expected_at=AT - 9 * DAY, app_last_at=AT - DAY), Webhooks.HEALTHY, 4 * 3600),
        (WebhookFacts(expected_at=AT - 9 * DAY, missed_at=AT - DAY, app_last_at=AT), Webhooks.SILENT, 1800),
    ],
)
def test_polling_is_seldom_while_webhooks_work_and_frequent_while_they_are_silent(
    known: WebhookFacts, verdict: Webhooks, seconds: float
) -> None:
    assert judge_webhooks(known, AT) is verdict
    assert wait_s(known) == seconds


@given(facts, draws)
def test_jitter_only_ever_adds_up_to_a_tenth(known: WebhookFacts, draw: float) -> None:
    assert wait_s(known) <= wait_s(known, draw) < wait_s(known) * (1 + JITTER_SHARE) + 1e-3


@given(facts, st.integers(1, 10**6), st.integers(1, 10**6))
def test_no_interval_of_the_operators_makes_working_webhooks_cost_more(
    known: WebhookFacts, usual_s: int, with_webhooks_s: int
) -> None:
    intervals = Intervals(usual_s=usual_s, with_webhooks_s=with_webhooks_s)
    healthy = WebhookFacts(expected_at=AT - DAY, last_at=AT)
    without = plan_next_pull(intervals, WebhookFacts(), now=AT, draw=0)
    assert plan_next_pull(intervals, healthy, now=AT, draw=0) >= without
    assert plan_next_pull(intervals, known, now=AT, draw=0) > AT


def test_a_quiet_company_is_counted_on_for_a_week_and_no_longer() -> None:
    heard = WebhookFacts(expected_at=AT - 30 * DAY, last_at=AT - timedelta(seconds=HEARD_WITHIN_S))
    assert judge_webhooks(heard, AT) is Webhooks.HEALTHY
    assert judge_webhooks(heard, AT + timedelta(seconds=1)) is Webhooks.UNPROVEN


@pytest.mark.parametrize(
    ("kind", "changed_at", "known", "missed"),
    [
        (Kind.INVOICE, AT - HOUR, WebhookFacts(expected_at=AT - DAY), True),
        (Kind.BILL, AT - HOUR, WebhookFacts(expected_at=AT - DAY, last_at=AT), True),
        (Kind.INVOICE, AT - timedelta(seconds=DELAYED_S_MAX), WebhookFacts(expected_at=AT - DAY), True),
        (Kind.INVOICE, AT - timedelta(seconds=DELAYED_S_MAX - 1), WebhookFacts(expected_at=AT - DAY), False),
        (Kind.INVOICE, AT - DAY, WebhookFacts(expected_at=AT - DAY), False),
        (Kind.INVOICE, AT - HOUR, WebhookFacts(), False),
        (Kind.INVOICE, None, WebhookFacts(expected_at=AT - DAY), False),
        (Kind.ITEM, AT - HOUR, WebhookFacts(expected_at=AT - DAY), False),
        (Kind.CUSTOMER, AT - HOUR, WebhookFacts(expected_at=AT - DAY), False),
    ],
)
def test_webhooks_are_only_blamed_for_what_every_platform_tells_and_in_time(
    kind: Kind, changed_at: datetime | None, known: WebhookFacts, *, missed: bool
) -> None:
    assert may_have_been_missed(kind, changed_at, known, read_at=AT) is missed


@given(draws)
def test_books_are_compared_about_once_a_day(draw: float) -> None:
    day_s = (plan_next_tie_out(now=AT, draw=draw) - AT).total_seconds()
    assert TIE_OUT_EVERY_S - 3600 <= day_s <= TIE_OUT_EVERY_S


@given(st.integers(1, 10**9), draws)
def test_trouble_is_tried_again_later_and_later_up_to_five_minutes(troubles: int, draw: float) -> None:
    pause, next_pause = plan_pause(troubles, draw=draw), plan_pause(troubles + 1, draw=draw)
    assert timedelta(seconds=PAUSE_S) <= pause <= next_pause <= timedelta(seconds=PAUSE_S_MAX * (1 + JITTER_SHARE))
    assert plan_pause(1, draw=0) == timedelta(seconds=PAUSE_S)


@given(st.integers(0, 500), st.integers(1, 10**6))
def test_what_fell_due_while_nobody_worked_comes_one_after_the_other(overdue: int, interval_s: int) -> None:
    spread = plan_spread(overdue, now=AT, interval_s=interval_s)
    assert len(spread) == overdue
    assert list(spread) == sorted(spread)
    assert all(AT <= moment <= AT + timedelta(seconds=min(interval_s / 2, SPREAD_S_MAX)) for moment in spread)
    if overdue > 1:
        gaps = {round((later - earlier).total_seconds(), 3) for earlier, later in pairwise(spread)}
        assert max(gaps) - min(gaps) <= 0.002


@pytest.mark.parametrize(
    ("pulled_s_ago", "sent_s_after", "step"),
    [
        (60, None, Step.COMPARE),
        (61, None, Step.PULL),
        (60, -1, Step.COMPARE),
        (60, 0, Step.WAIT),
        (899, 5, Step.WAIT),
        (900, 5, Step.PULL),
        (-1, None, Step.PULL),
        (-1, 5, Step.PULL),
    ],
)
def test_books_are_compared_with_documents_that_were_pulled_since_the_last_write(
    pulled_s_ago: int, sent_s_after: int | None, step: Step
) -> None:
    """Seconds since a pull ended that took ten; what was sent counts from its beginning. Clocks are set back, too."""
    pulled_at = AT - timedelta(seconds=pulled_s_ago)
    began_at = pulled_at - timedelta(seconds=10)
    sent_at = None if sent_s_after is None else began_at + timedelta(seconds=sent_s_after)
    assert plan_tie_out(pull_began_at=began_at, pulled_at=pulled_at, sent_at=sent_at, now=AT) is step
    assert plan_tie_out(pull_began_at=None, pulled_at=None, sent_at=sent_at, now=AT) is Step.PULL


def test_chance_is_repeatable_and_even_between_companies() -> None:
    assert drawn("pull", "1", AT) == drawn("pull", "1", AT) != drawn("pull", "2", AT)
    numbers = [drawn("pull", number) for number in range(2_000)]
    assert all(0 <= number < 1 for number in numbers)
    assert all(150 < sum(tenth / 10 <= number < (tenth + 1) / 10 for number in numbers) < 250 for tenth in range(10))
