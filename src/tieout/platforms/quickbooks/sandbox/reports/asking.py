"""What a request for a report asks: its options, read and checked. One that is not understood is never ignored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.moments import read_day, stamp
from tieout.platforms.quickbooks.sandbox.refusals import NotSimulatedError
from tieout.platforms.quickbooks.sandbox.reports.periods import Period, macro_period, shown_macro

ACCRUAL, CASH = "Accrual", "Cash"
_ALWAYS = frozenset({"minorversion", "requestid"})
_HARMLESS = {"qzurl": "false", "sort_order": "ascend", "adjusted_gain_loss": "false"}
"""Documented options that pass with the value that changes nothing."""
_CUTS = (
    "Total", "Month", "Week", "Days", "Quarter", "Year", "Customers", "Vendors", "Classes", "Departments", "Employees",
    "ProductsAndServices",
)  # fmt: skip
"""How the platform can cut columns."""
_FILTERS = {"customer": "Customer", "vendor": "Vendor", "account": "Account"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for one report: `name` as the report spells itself."""

    books: Books
    name: str
    wanted: Mapping[str, str]

    def check(self, understood: frozenset[str]) -> None:
        """Refuse loudly what this report does not compute with."""
        for option, value in self.wanted.items():
            if option in understood or option in _ALWAYS or value.lower() == _HARMLESS.get(option):
                continue
            raise NotSimulatedError(f"the option {option}={value} of the report {self.name} is not simulated")

    def period(self, macro: str) -> tuple[Period, str | None]:
        """The days asked for and, where they came by a macro, its name for the header; `macro` where none are asked.

        With dates a macro is left aside. One date without the other: the report runs from the first of the month of
        the last day, or until today.
        """
        today = self.books.today()
        if "start_date" in self.wanted or "end_date" in self.wanted:
            end = self.day("end_date") or max(today, self.day("start_date") or today)
            start = self.day("start_date") or end.replace(day=1)
            if start > end:
                raise refusals.business("The start of a report cannot be after its end")
            return Period(start, end), None
        asked = self.wanted.get("date_macro", macro)
        fiscal_month = self.books.profile.fiscal_year_start_month
        found = macro_period(asked, today, fiscal_month)
        if found is None:
            raise refusals.invalid_choice("date_macro", asked)
        return found, shown_macro(asked, fiscal_month)

    def day(self, option: str) -> date | None:
        """A date, YYYY-MM-DD."""
        value = self.wanted.get(option)
        if value is None:
            return None
        try:
            return read_day(value, first_year=1)
        except ValueError:
            raise refusals.invalid_value(option, value, "java.util.Date") from None

    def number(self, option: str, otherwise: int, highest: int) -> int:
        """A whole number from 1 to `highest`."""
        value = self.wanted.get(option)
        if value is None:
            return otherwise
        if not value.isascii() or not value.isdigit() or not 1 <= int(value[:9]) <= highest:
            raise refusals.invalid_value(option, value, f"an Integer from 1 to {highest}")
        return int(value)

    def choice(self, option: str, otherwise: str, *choices: str) -> str:
        """One of a few words, in whatever case, as `choices` spell it."""
        value = self.wanted.get(option, otherwise)
        for one in choices:
            if one.lower() == value.lower():
                return one
        raise refusals.invalid_choice(option, value)

    def basis(self, *simulated: str) -> str:
        """Accrual or Cash; the company's preference is Accrual."""
        basis = self.choice("accounting_method", ACCRUAL, ACCRUAL, CASH)
        if basis not in simulated:
            raise NotSimulatedError(f"the report {self.name} on {basis.lower()} basis is not simulated")
        return basis

    def ids(self, option: str) -> frozenset[str] | None:
        """Ids of a filter, separated by commas; None without one. Raises `Refusal` 2500 for one that does not exist."""
        value = self.wanted.get(option)
        if not value:
            return None
        found = [part.strip() for part in value.split(",") if part.strip()]
        return frozenset(self.books.resolve({"value": one}, _FILTERS[option], inactive_too=True).id for one in found)

    def words(self, option: str, known: Mapping[str, str]) -> frozenset[str] | None:
        """What words of a list, separated by commas, mean by `known`; None without the option. Others are loud."""
        value = self.wanted.get(option)
        if not value:
            return None
        asked = [part.strip() for part in value.split(",") if part.strip()]
        for one in asked:
            if one not in known:
                raise NotSimulatedError(f"{option}={one} of the report {self.name} is not simulated")
        return frozenset(known[one] for one in asked)

    def summarized(self, *simulated: str) -> str:
        """How columns are cut; the first of `simulated` unless asked otherwise."""
        return self.one_of("summarize_column_by", _CUTS, *simulated)

    def one_of(self, option: str, documented: Sequence[str], *simulated: str) -> str:
        """One of the documented words, the first of `simulated` unless asked otherwise; the others of them are loud."""
        found = self.choice(option, simulated[0], *documented)
        if found not in simulated:
            raise NotSimulatedError(f"{option}={found} of the report {self.name} is not simulated")
        return found

    def header(
        self,
        period: Period | None,
        macro: str | None,
        *,
        basis: str | None = None,
        summarized: str | None = None,
    ) -> dict[str, Any]:
        """The header without its options: the days, how it was counted, the currency, and the filters asked for."""
        facts = {
            "Time": stamp(self.books.now()),
            "ReportName": self.name,
            "DateMacro": macro,
            "ReportBasis": basis,
            "StartPeriod": period.start.isoformat() if period is not None else None,
            "EndPeriod": period.end.isoformat() if period is not None else None,
            "SummarizeColumnsBy": summarized,
            "Currency": self.books.profile.currency,
            **{option.capitalize(): self.wanted.get(option) or None for option in ("customer", "vendor")},
        }
        return {name: value for name, value in facts.items() if value is not None}
