"""The days that a report is about: financial years, and the periods that it compares. Source: reports page."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from enum import IntEnum


class Timeframe(IntEnum):
    """How long a compared period is, in months."""

    MONTH = 1
    QUARTER = 3
    YEAR = 12


def year_start(day: date, year_end: tuple[int, int]) -> date:
    """The first day of the financial year that holds `day`; `year_end` is month and day."""
    month, last = year_end
    for year in (day.year, day.year - 1):
        end = date(year, month, min(last, monthrange(year, month)[1]))
        if month == 2:  # noqa: PLR2004 - February, whose last day differs
            end = month_end(end)
        if end < day:
            return end + timedelta(days=1)
    return date(day.year - 1, 1, 1)


def month_end(day: date) -> date:
    """The last day of the month that holds `day`."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def months_before(day: date, months: int, *, whole: bool = True) -> date:
    """So many months earlier. If `whole`, the last day of a month stays the last day of one."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, last if whole and day == month_end(day) else min(day.day, last))


def compared_days(day: date, periods: int, timeframe: Timeframe) -> Sequence[date]:
    """A day, and the same day in so many periods before it, latest first."""
    return [months_before(day, place * timeframe) for place in range(periods + 1)]


def compared_spans(
    start: date, end: date, periods: int, timeframe: Timeframe, *, whole: bool
) -> Sequence[tuple[date, date]]:
    """A span of days, and the same span in so many periods before it, latest first.

    A span that was asked for keeps its days: of 30 days in a month of 31 it stays the first 30 (`whole` is false).
    """
    return [
        (months_before(start, months, whole=False), months_before(end, months, whole=whole))
        for months in range(0, (periods + 1) * timeframe, timeframe)
    ]
