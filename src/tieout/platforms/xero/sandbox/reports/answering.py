"""`GET /Reports/{name}`: what each report may be asked, and how its dates default. Source: API description."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tieout.platforms.xero.sandbox.accounting.contacts import find_contact
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.gateway.dialects import VALIDATION, RefusedError, exception, unsupported
from tieout.platforms.xero.sandbox.gateway.query import Query
from tieout.platforms.xero.sandbox.ids import is_uuid
from tieout.platforms.xero.sandbox.reports.aged import Question, aged_by_contact
from tieout.platforms.xero.sandbox.reports.bank_summary import bank_summary
from tieout.platforms.xero.sandbox.reports.basis import Balances, CashBalances
from tieout.platforms.xero.sandbox.reports.periods import Timeframe, compared_days, compared_spans, month_end
from tieout.platforms.xero.sandbox.reports.statements import balance_sheet, profit_and_loss
from tieout.platforms.xero.sandbox.reports.trial_balance import trial_balance
from tieout.platforms.xero.sandbox.wire import BadValueError, read_day

PERIODS_MAX = 11
SPAN_DAYS_MAX = 366
"""The longest span of a profit and loss: one year, which may be a leap year."""
_COMPARING = frozenset({"periods", "timeframe", "standardlayout", "paymentsonly"})


@dataclass(frozen=True, slots=True)
class Report:
    """One report: the family of its scope, its parameters in lower case, and who makes it."""

    family: str
    parameters: frozenset[str] = frozenset()
    make: Callable[[Organisation, Query], Mapping[str, Any]] | None = None


def answer_report(organisation: Organisation, name: str, query: Query) -> Mapping[str, Any]:
    """The element of `Reports`. Raises `RefusedError`; `name` is a key of `REPORTS`."""
    known = REPORTS[name]
    if known.make is None:
        raise unsupported(f"the report {name}")
    query.only(known.parameters)
    return known.make(organisation, query)


def _trial_balance(organisation: Organisation, query: Query) -> Mapping[str, Any]:
    return trial_balance(organisation, _day(query, "date") or organisation.today(), _books(organisation, query))


def _balance_sheet(organisation: Organisation, query: Query) -> Mapping[str, Any]:
    """As of the end of the month of a day, today unless told, beside the same a year before unless told."""
    query.flag("standardlayout")
    day = month_end(_day(query, "date") or organisation.today())
    periods, timeframe = _compared(query) or (1, Timeframe.YEAR)
    return balance_sheet(organisation, compared_days(day, periods, timeframe), _books(organisation, query))


def _profit_and_loss(organisation: Organisation, query: Query) -> Mapping[str, Any]:
    """Of the current month unless told."""
    query.flag("standardlayout")
    start, end = _span(organisation, query)
    if (end - start).days + 1 > SPAN_DAYS_MAX:
        raise _refused("The date range of a ProfitAndLoss report cannot be longer than 365 days.")
    periods, timeframe = _compared(query) or (0, Timeframe.MONTH)
    whole = not {"fromdate", "todate"} & set(query.params)
    spans = compared_spans(start, end, periods, timeframe, whole=whole)
    return profit_and_loss(organisation, spans, _books(organisation, query))


def _bank_summary(organisation: Organisation, query: Query) -> Mapping[str, Any]:
    return bank_summary(organisation, *_span(organisation, query))


def _aged(*, receivable: bool) -> Callable[[Organisation, Query], Mapping[str, Any]]:
    def make(organisation: Organisation, query: Query) -> Mapping[str, Any]:
        contact_id = query.params.get("contactid", "").strip()
        contact = find_contact(organisation, contact_id) if is_uuid(contact_id.lower()) else None
        if contact is None:
            raise _refused("A valid contactId is required." if not contact_id else "The contactId is not valid.")
        as_of = _day(query, "date") or month_end(organisation.today())
        since, until = _day(query, "fromdate"), _day(query, "todate") or as_of
        if since is not None and since > until:
            raise _refused("The fromDate must be before the toDate.")
        return aged_by_contact(organisation, Question(contact, receivable, as_of, since, until))

    return make


def _books(organisation: Organisation, query: Query) -> Balances:
    """`paymentsOnly`: the cash basis."""
    return CashBalances(organisation) if query.flag("paymentsonly") else organisation.ledger


def _span(organisation: Organisation, query: Query) -> tuple[date, date]:
    """`fromDate` to `toDate`: from the beginning and to the end of the current month unless told."""
    today = organisation.today()
    start, end = _day(query, "fromdate") or today.replace(day=1), _day(query, "todate") or month_end(today)
    if start > end:
        raise _refused("The fromDate must be before the toDate.")
    return start, end


def _compared(query: Query) -> tuple[int, Timeframe] | None:
    """How many periods are compared, and how long they are; None unless told."""
    word = query.params.get("timeframe", "MONTH").upper()
    if word not in Timeframe.__members__:
        raise _refused(f"'{query.params['timeframe']}' is not a valid timeframe: MONTH, QUARTER or YEAR.")
    if "periods" not in query.params:
        return None
    text = query.params["periods"].strip()
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= PERIODS_MAX):
        raise _refused(f"The number of periods must be between 1 and {PERIODS_MAX}.")
    return int(text), Timeframe[word]


def _day(query: Query, name: str) -> date | None:
    if not query.params.get(name, "").strip():
        return None
    try:
        return read_day(query.params[name].strip())
    except BadValueError:
        raise _refused(f"'{query.params[name]}' is not a valid date for {name}.") from None


def _refused(message: str) -> RefusedError:
    return RefusedError(exception(VALIDATION, message))


_DATES = frozenset({"fromdate", "todate"})
_AGED_PARAMETERS = _DATES | {"contactid", "date"}
REPORTS: Mapping[str, Report] = {
    "trialbalance": Report("trialbalance", frozenset({"date", "paymentsonly"}), _trial_balance),
    "balancesheet": Report("balancesheet", _COMPARING | {"date"}, _balance_sheet),
    "profitandloss": Report("profitandloss", _COMPARING | _DATES, _profit_and_loss),
    "agedreceivablesbycontact": Report("aged", _AGED_PARAMETERS, _aged(receivable=True)),
    "agedpayablesbycontact": Report("aged", _AGED_PARAMETERS, _aged(receivable=False)),
    "banksummary": Report("banksummary", _DATES, _bank_summary),
    "budgetsummary": Report("budgetsummary"),
    "executivesummary": Report("executivesummary"),
    "tenninetynine": Report("tenninetynine"),
}
