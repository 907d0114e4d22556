from datetime import UTC, datetime, timedelta, timezone

import pytest

from tieout.kit.clock import ManualClock, OffsetClock, SystemClock

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_the_systems_clock_is_aware_and_in_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta()


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(AT)
    assert clock.now() == clock.now() == AT
    clock.move(timedelta(hours=1))
    clock.move(timedelta(minutes=-1))
    assert clock.now() == AT + timedelta(minutes=59)


def test_a_manual_clock_needs_an_aware_time_and_tells_it_in_utc() -> None:
    with pytest.raises(ValueError, match="aware"):
        ManualClock(AT.replace(tzinfo=None))
    now = ManualClock(AT.astimezone(timezone(timedelta(hours=5)))).now()
    assert (now, now.utcoffset()) == (AT, timedelta())


def test_an_offset_clock_goes_with_its_underlying_one() -> None:
    underlying = ManualClock(AT)
    clock = OffsetClock(underlying)
    clock.move(timedelta(days=1))
    underlying.move(timedelta(seconds=1))
    assert clock.now() == AT + timedelta(days=1, seconds=1)
    clock.move(timedelta(days=-2))
    assert clock.now() == AT + timedelta(days=-1, seconds=1)
