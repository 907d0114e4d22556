"""Moments as QuickBooks writes them, in its servers' Pacific time, and the calendar days of companies.

The rules for summer time are written out, so that nothing depends on a time zone database being installed.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache, partial

STAMPS_KEPT = 10_000
"""How many written moments are kept: pages show the same ones again and again."""
_SUNDAY = 6
_FIRST_YEAR, _LAST_YEAR = 1900, 2999


class Zone(StrEnum):
    """Where a company's calendar is."""

    PACIFIC = "America/Los_Angeles"
    EASTERN = "America/Toronto"
    LONDON = "Europe/London"
    SYDNEY = "Australia/Sydney"


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
    """The moment on the clocks of a zone.

    Summer time: North America since 2007, United Kingdom since 1996, New South Wales since 2008.
    """
    year = moment.astimezone(UTC).year
    winter_h, starts, ends = _RULES[zone](year)
    is_summer = starts <= moment < ends if starts < ends else not ends <= moment < starts
    return moment.astimezone(timezone(timedelta(hours=winter_h + is_summer)))


def _american(winter_h: int, year: int) -> tuple[int, datetime, datetime]:
    """From two o'clock on the second Sunday of March to two o'clock on the first of November."""
    return winter_h, _at(_sunday(year, 3, 2), 2 - winter_h), _at(_sunday(year, 11, 1), 1 - winter_h)


def _british(year: int) -> tuple[int, datetime, datetime]:
    """From the last Sunday of March to the last of October, at one o'clock in Greenwich."""
    return 0, _at(_sunday(year, 3, -1), 1), _at(_sunday(year, 10, -1), 1)


def _australian(year: int) -> tuple[int, datetime, datetime]:
    """From two o'clock standard time on the first Sunday of October to the same on the first of April."""
    day = timedelta(days=1)
    return 10, _at(_sunday(year, 10, 1) - day, 16), _at(_sunday(year, 4, 1) - day, 16)


_RULES: dict[Zone, Callable[[int], tuple[int, datetime, datetime]]] = {
    Zone.PACIFIC: partial(_american, -8),
    Zone.EASTERN: partial(_american, -5),
    Zone.LONDON: _british,
    Zone.SYDNEY: _australian,
}
"""Of a zone and a year: the offset in winter in hours, when summer time starts and when it ends."""


@lru_cache(maxsize=STAMPS_KEPT)
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


def read_day(text: str, *, first_year: int = _FIRST_YEAR) -> date:
    """A calendar day that books can have, from 1900 to 2999; `ValueError` for any other."""
    day = date.fromisoformat(text)
    if not first_year <= day.year <= _LAST_YEAR:
        raise ValueError(text)
    return day
