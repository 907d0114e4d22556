"""What the date macros of reports mean, and how a period is cut into months."""

from datetime import date

import pytest

from tieout.platforms.quickbooks.sandbox.reports.periods import Period, macro_period, months_of

TODAY = date(2026, 5, 6)


@pytest.mark.parametrize(
    ("macro", "fiscal_month", "start", "end"),
    [
        ("Today", 1, "2026-05-06", "2026-05-06"),
        ("Yesterday", 1, "2026-05-05", "2026-05-05"),
        ("This Week", 1, "2026-05-03", "2026-05-09"),
        ("This Week-to-date", 1, "2026-05-03", "2026-05-06"),
        ("Last Week", 1, "2026-04-26", "2026-05-02"),
        ("Last Week-to-date", 1, "2026-04-26", "2026-04-29"),
        ("Next Week", 1, "2026-05-10", "2026-05-16"),
        ("Next 4 Weeks", 1, "2026-05-10", "2026-06-06"),
        ("This Month", 1, "2026-05-01", "2026-05-31"),
        ("This Month-to-date", 1, "2026-05-01", "2026-05-06"),
        ("Last Month", 1, "2026-04-01", "2026-04-30"),
        ("Last Month-to-date", 1, "2026-04-01", "2026-04-06"),
        ("Next Month", 1, "2026-06-01", "2026-06-30"),
        ("This Fiscal Quarter", 1, "2026-04-01", "2026-06-30"),
        ("Last Fiscal Quarter-to-date", 1, "2026-01-01", "2026-02-06"),
        ("This Fiscal Quarter", 3, "2026-03-01", "2026-05-31"),
        ("This Calendar Quarter", 3, "2026-04-01", "2026-06-30"),
        ("This Fiscal Year", 4, "2026-04-01", "2027-03-31"),
        ("This Fiscal Year-to-date", 7, "2025-07-01", "2026-05-06"),
        ("Last Fiscal Year", 1, "2025-01-01", "2025-12-31"),
        ("Last Fiscal Year-to-date", 1, "2025-01-01", "2025-05-06"),
        ("Next Fiscal Year", 4, "2027-04-01", "2028-03-31"),
        ("last calendar year", 4, "2025-01-01", "2025-12-31"),
    ],
)
def test_a_macro_means_these_days(macro: str, fiscal_month: int, start: str, end: str) -> None:
    expected = Period(date.fromisoformat(start), date.fromisoformat(end))
    assert macro_period(macro, TODAY, fiscal_month) == expected


def test_as_far_into_a_shorter_month_is_its_last_day() -> None:
    last_month = macro_period("Last Month-to-date", date(2026, 3, 31), 1)
    assert last_month == Period(date(2026, 2, 1), date(2026, 2, 28))
    assert macro_period("Next Month-to-date", TODAY, 1) is None


def test_months_of_a_period_cover_it_without_a_gap() -> None:
    months = months_of(Period(date(2025, 11, 15), date(2026, 2, 3)))
    assert [one.start.isoformat() for one in months] == ["2025-11-15", "2025-12-01", "2026-01-01", "2026-02-01"]
    assert [one.end.isoformat() for one in months] == ["2025-11-30", "2025-12-31", "2026-01-31", "2026-02-03"]
