"""Moments as QuickBooks writes them, in its servers' Pacific time, and the calendar days of companies.

The rules for summer time are written out, so that nothing depends on a time zone database being installed.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum

_SUNDAY = 6


class Zone(StrEnum):
    """Where a company's calendar is."""

    PACIFIC = "America/Los_Angeles"
    LONDON = "Europe/London"


def _sunday(year: int, month: int, nth: int) -> date:
    """The nth Sunday of a month; -1 is the last."""
    if nth > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(_SUNDAY - first.weekday()) % 7 + 7 * (nth - 1))
    last = date(year, month + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - _SUNDAY) % 7)


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def in_zone(moment: datetime, zone: Zone) -> datetime:
    """The moment on the clocks of a zone. Summer time: United States since 2007, United Kingdom since 1996."""
    year = moment.astimezone(UTC).year
    if zone is Zone.PACIFIC:
        summer = _at(_sunday(year, 3, 2), 10) <= moment < _at(_sunday(year, 11, 1), 9)
        return moment.astimezone(timezone(timedelta(hours=-7 if summer else -8)))
    summer = _at(_sunday(year, 3, -1), 1) <= moment < _at(_sunday(year, 10, -1), 1)
    return moment.astimezone(timezone(timedelta(hours=1 if summer else 0)))


def stamp(moment: datetime) -> str:
    """A moment in `MetaData`: to the second, with the Pacific offset."""
    return in_zone(moment, Zone.PACIFIC).isoformat(timespec="seconds")


def envelope_stamp(moment: datetime) -> str:
    """The `time` of an answer: to the millisecond, with the Pacific offset."""
    return in_zone(moment, Zone.PACIFIC).isoformat(timespec="milliseconds")


def read_moment(text: str) -> datetime:
    """A moment or a day that a client sent; without an offset it is Pacific. Raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        winter = moment.replace(tzinfo=timezone(timedelta(hours=-8)))
        offset = in_zone(winter, Zone.PACIFIC).utcoffset()
        return moment.replace(tzinfo=timezone(offset or timedelta()))
    return moment
