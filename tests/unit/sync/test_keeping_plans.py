"""When a grant is used for its own sake, and when its end is told."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tieout.sync.keeping_plans import KeepingFacts, is_foretold, plan_keeping

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def facts(
    *,
    refreshed_at: datetime = AT,
    lapses_at: datetime | None = None,
    ends_at: datetime | None = None,
    foretold_at: datetime | None = None,
    jitter: int = 0,
) -> KeepingFacts:
    return KeepingFacts(
        refreshed_at=refreshed_at, lapses_at=lapses_at, ends_at=ends_at, foretold_at=foretold_at, jitter=jitter
    )


def test_a_grant_that_is_in_use_is_left_alone_until_a_week_after() -> None:
    plan = plan_keeping(facts(), AT + 3 * DAY)
    assert (plan.refreshes, plan.foretells, plan.look_at) == (False, False, AT + 7 * DAY)
    assert plan_keeping(facts(), AT + 7 * DAY).refreshes


def test_a_refresh_token_with_a_short_life_is_used_before_it_ends() -> None:
    plan = plan_keeping(facts(lapses_at=AT + 9 * DAY), AT)
    assert plan.look_at == AT + 2 * DAY
    assert not plan_keeping(facts(lapses_at=AT + DAY), AT).refreshes, "it is not used again and again"
    assert plan_keeping(facts(lapses_at=AT + DAY), AT + timedelta(hours=1)).refreshes


def test_an_end_is_told_three_times_and_then_asked_for() -> None:
    ends_at, told, refreshed_at = AT + 100 * DAY, [], AT
    now, foretold_at = AT, None
    for _ in range(60):
        known = facts(ends_at=ends_at, refreshed_at=refreshed_at, foretold_at=foretold_at)
        plan = plan_keeping(known, now)
        if plan.refreshes:
            refreshed_at = now
        if plan.foretells:
            foretold_at = now
            told.append((ends_at - now).days)
        if now >= ends_at:
            break
        now = plan_keeping(facts(ends_at=ends_at, refreshed_at=refreshed_at, foretold_at=foretold_at), now).look_at
    assert told == [90, 30, 7]
    assert refreshed_at == ends_at, "the platform itself says whether it is over"


def test_a_process_that_slept_through_two_warnings_gives_one() -> None:
    ends_at = AT + 100 * DAY
    late = plan_keeping(facts(ends_at=ends_at, refreshed_at=AT + 75 * DAY), AT + 80 * DAY)
    assert late.foretells
    again = plan_keeping(facts(ends_at=ends_at, foretold_at=AT + 80 * DAY, refreshed_at=AT + 79 * DAY), AT + 81 * DAY)
    assert not again.foretells


def test_an_end_that_moves_away_is_told_anew_when_it_comes() -> None:
    moved = facts(ends_at=AT + 400 * DAY, foretold_at=AT, refreshed_at=AT)
    assert not plan_keeping(moved, AT + DAY).foretells
    assert plan_keeping(moved, AT + 311 * DAY).foretells
    assert not is_foretold(moved.ends_at, AT + DAY)
    assert is_foretold(moved.ends_at, AT + 311 * DAY)
    assert not is_foretold(None, AT)


@given(
    waited=st.timedeltas(timedelta(), 2_000 * DAY),
    lapses=st.none() | st.timedeltas(timedelta(hours=1), 200 * DAY),
    ends=st.none() | st.timedeltas(timedelta(hours=1), 2_000 * DAY),
    jitter=st.integers(0, 2**128),
)
def test_the_next_look_is_always_ahead_and_never_misses_the_lapse(
    waited: timedelta, lapses: timedelta | None, ends: timedelta | None, jitter: int
) -> None:
    known = facts(
        lapses_at=None if lapses is None else AT + lapses, ends_at=None if ends is None else AT + ends, jitter=jitter
    )
    plan = plan_keeping(known, AT + waited)
    assert plan.look_at > AT + waited
    if not plan.refreshes:
        assert plan.look_at <= AT + 7 * DAY
        if lapses is not None and lapses > timedelta(hours=2):
            assert plan.look_at < AT + lapses
