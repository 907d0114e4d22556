"""Which report is made where, and what each understands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.reports import (
    ageing,
    balances,
    general_ledger,
    statements,
    transaction_list,
    trial_balance,
)
from tieout.platforms.quickbooks.sandbox.reports.asking import Asked


@dataclass(frozen=True, slots=True)
class _Report:
    name: str
    make: Callable[[Asked], dict[str, Any]]
    options: frozenset[str]


_REPORTS = (
    _Report("TrialBalance", trial_balance.trial_balance, trial_balance.OPTIONS),
    _Report("ProfitAndLoss", statements.profit_and_loss, statements.PROFIT_OPTIONS),
    _Report("BalanceSheet", statements.balance_sheet, statements.BALANCE_OPTIONS),
    _Report("GeneralLedger", general_ledger.general_ledger, general_ledger.OPTIONS),
    _Report("AgedReceivables", ageing.receivables, ageing.RECEIVABLE_OPTIONS),
    _Report("AgedPayables", ageing.payables, ageing.PAYABLE_OPTIONS),
    _Report("AgedReceivableDetail", ageing.receivable_detail, ageing.RECEIVABLE_DETAIL_OPTIONS),
    _Report("AgedPayableDetail", ageing.payable_detail, ageing.PAYABLE_DETAIL_OPTIONS),
    _Report("TransactionList", transaction_list.transaction_list, transaction_list.OPTIONS),
    _Report("CustomerBalance", balances.customer_balance, balances.CUSTOMER_OPTIONS),
    _Report("VendorBalance", balances.vendor_balance, balances.VENDOR_OPTIONS),
)
_BY_NAME = {report.name.lower(): report for report in _REPORTS}
_LATER = frozenset(
    {
        "accountlist", "balancesheetdetail", "cashflow", "classsales", "customerbalancedetail", "customerincome",
        "customersales", "departmentsales", "feclist", "inventoryvaluationdetail", "inventoryvaluationsummary",
        "itemsales", "journalreport", "journalreportfr", "profitandlossdetail", "profitandlossfr", "taxsummary",
        "transactionlistbycustomer", "transactionlistbyvendor", "transactionlistwithsplits",
        "trialbalancefr", "vendorbalancedetail", "vendorexpenses",
    }
)  # fmt: skip
"""Reports of the real platform that are not made here."""


def answer_report(books: Books, name: str, wanted: Mapping[str, str]) -> dict[str, Any]:
    """`GET /reports/{name}`, the body without an envelope.

    Raises `Refusal`; a report or option of the real platform that is not made here, and an option that nobody knows,
    is `NotSimulatedError`.
    """
    report = _BY_NAME.get(name.lower())
    if report is None:
        if name.lower() in _LATER:
            raise refusals.NotSimulatedError(f"the report {name} is not simulated")
        raise refusals.unsupported(f"report {name}")
    asked = Asked(books, report.name, wanted)
    asked.check(report.options)
    return report.make(asked)
