"""Periods of reports: the platform's date macros, fiscal years, and a period cut into months.

Source: the query parameters of the report entities in the platform's API reference, and recorded headers.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS_IN_YEAR, MONTHS_IN_QUARTER = 12, 3
_DAY = timedelta(days=1)
_WEEK_DAYS = 7
_SUNDAY_OFFSET = 1
_FOUR_WEEKS = timedelta(days=28)
_UNITS = {
    "month": 1,
    "fiscal quarter": MONTHS_IN_QUARTER,
    "calendar quarter": MONTHS_IN_QUARTER,
    "fiscal year": MONTHS_IN_YEAR,
    "calendar year": MONTHS_IN_YEAR,
}
"""Months in each unit that is made of months."""
_MACRO = re.compile(r"(this|last|next) (week|month|(?:fiscal|calendar) (?:quarter|year))(-to-date)?")


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` to `end`, both included."""

    start: date
    end: date


def macro_period(macro: str, today: date, fiscal_month: int) -> Period | None:
    """The days that a macro means, in whatever case it is written; None for one that does not exist.

    Weeks begin on Sunday. "Last … to date" is as far into the unit before as today is into this one.
    """
    name = macro.strip().lower()
    if name == "today":
        return Period(today, today)
    if name == "yesterday":
        return Period(today - _DAY, today - _DAY)
    if name == "next 4 weeks":
        start = _begin(today, "week", fiscal_month) + timedelta(days=_WEEK_DAYS)
        return Period(start, start + _FOUR_WEEKS - _DAY)
    found = _MACRO.fullmatch(name)
    if found is None or (found[1] == "next" and found[3]):
        return None
    which, unit, to_date = found.groups()
    begin = _begin(today, unit, fiscal_month)
    start = _move(begin, unit, {"this": 0, "last": -1, "next": 1}[which])
    end = _move(start, unit, 1) - _DAY
    if to_date and which == "this":
        end = today
    elif to_date:
        end = min(end, _as_far(start, begin, today, unit))
    return Period(start, end)


def shown_macro(macro: str, fiscal_month: int) -> str:
    """A macro as a header tells it: in lower case, and a fiscal year that is the calendar's as such (recorded)."""
    name = macro.strip().lower()
    return name.replace("fiscal", "calendar") if fiscal_month == 1 else name


def fiscal_year_start(day: date, month: int) -> date:
    """The first day of the fiscal year that a day is in."""
    return date(day.year if day.month >= month else day.year - 1, month, 1)


def months_of(period: Period) -> tuple[Period, ...]:
    """A period cut at the ends of months."""
    cut = []
    start = period.start
    while start <= period.end:
        end = min(_move(start.replace(day=1), "month", 1) - _DAY, period.end)
        cut.append(Period(start, end))
        start = end + _DAY
    return tuple(cut)


def month_title(period: Period) -> str:
    """What a column of a month, or of part of one, is called."""
    whole = months_of(Period(period.start.replace(day=1), _move(period.start.replace(day=1), "month", 1) - _DAY))
    if whole == (period,):
        return f"{period.start:%b} {period.start.year}"
    if period.start == period.end:
        return f"{period.start:%b} {period.start.day}, {period.start.year}"
    return f"{period.start:%b} {period.start.day} - {period.end.day}, {period.end.year}"


def _begin(day: date, unit: str, fiscal_month: int) -> date:
    """The first day of the unit that a day is in."""
    if unit == "week":
        return day - timedelta(days=(day.weekday() + _SUNDAY_OFFSET) % _WEEK_DAYS)
    if unit == "month":
        return day.replace(day=1)
    first = fiscal_month if unit.startswith("fiscal") else 1
    return add_months(date(day.year, day.month, 1), -((day.month - first) % _UNITS[unit]))


def _move(start: date, unit: str, by: int) -> date:
    if unit == "week":
        return start + timedelta(days=_WEEK_DAYS * by)
    return add_months(start, _UNITS[unit] * by)


def _as_far(start: date, begin: date, today: date, unit: str) -> date:
    """The day that lies as far after `start` as today lies after `begin`."""
    if unit == "week":
        return start + (today - begin)
    months = (today.year - begin.year) * MONTHS_IN_YEAR + today.month - begin.month
    return add_months(start, months, today.day)


def add_months(first: date, months: int, day: int = 1) -> date:
    """The given day of the month that lies so many months after a first of the month, or its last day if earlier."""
    count = first.year * MONTHS_IN_YEAR + first.month - 1 + months
    month = date(count // MONTHS_IN_YEAR, count % MONTHS_IN_YEAR + 1, 1)
    following = date((count + 1) // MONTHS_IN_YEAR, (count + 1) % MONTHS_IN_YEAR + 1, 1)
    return month.replace(day=min(day, (following - _DAY).day))
