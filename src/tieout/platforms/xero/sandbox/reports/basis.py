"""The two bases of a report: accruals, which the ledger says, and cash, which counts documents as they are paid.

On a cash basis an invoice or credit note stands nowhere until something settles it; every payment or allocation then
brings in that share of each of its lines, on its own day, rounded so that the last one brings the rest. Journals that
say so are left out. Source: paymentsOnly of the reports page; the shares are an assumption of the simulator.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.postings import control_account, document_lines
from tieout.platforms.xero.sandbox.accounting.rows import Credit, Document
from tieout.platforms.xero.sandbox.accounting.statuses import POSTED
from tieout.platforms.xero.sandbox.wire import half_up
from tieout.sandbox.ledger import ZERO

_ACCRUED = frozenset({"Invoice", "CreditNote"})


class Balances(Protocol):
    """What an account holds; the ledger is one, on the accruals basis."""

    def balance(self, account_id: str, *, until: date | None = None, since: date | None = None) -> Decimal:
        """Debits less credits within the days given, both included."""
        ...


class CashBalances:
    """What accounts hold on the cash basis, as of now."""

    def __init__(self, organisation: Organisation) -> None:
        """Go through the books once."""
        self._by_day: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
        accrual_only = {row.id for row in organisation.manual_journals.values() if not row.on_cash_basis}
        for entry in organisation.ledger.entries:
            if entry.document.kind not in _ACCRUED and entry.document.id not in accrual_only:
                for line in entry.lines:
                    self._by_day[line.account_id][entry.date] += line.net
        tables: Sequence[Iterable[Document]] = (
            organisation.invoices.values(),
            organisation.credit_notes.values(),
        )
        for document in (row for table in tables for row in table if row.status in POSTED and row.total):
            self._settle(organisation, document)

    def balance(self, account_id: str, *, until: date | None = None, since: date | None = None) -> Decimal:
        """Debits less credits within the days given, both included."""
        days = self._by_day.get(account_id, {})
        return sum(
            (
                amount
                for day, amount in days.items()
                if (until is None or day <= until) and (since is None or day >= since)
            ),
            ZERO,
        )

    def _settle(self, organisation: Organisation, document: Document) -> None:
        """Bring in the lines of a document as it was settled."""
        settlements = _settlements(organisation, document)
        if not settlements:
            return
        control, *lines = document_lines(organisation, document, control_account(organisation, document))
        settled, brought = ZERO, [ZERO] * len(lines)
        for day, amount in settlements:
            settled += amount
            for place, line in enumerate(lines):
                share = half_up(line.net * settled / document.total) - brought[place]
                brought[place] += share
                self._by_day[line.account_id][day] += share
                self._by_day[control.account_id][day] -= share


def _settlements(organisation: Organisation, document: Document) -> Sequence[tuple[date, Decimal]]:
    """What settled a document, by day: payments, and allocations of credits."""
    found = [
        (payment.on, payment.amount)
        for payment in organisation.payments_of.get(document.id, ())
        if payment.status == "AUTHORISED"
    ]
    if isinstance(document, Credit):
        found += [(allocation.on, allocation.amount) for allocation in document.allocations]
    else:
        found += [
            (allocation.on, allocation.amount)
            for credit_id in dict.fromkeys(organisation.credits_of.get(document.id, ()))
            if (credit := organisation.credit(credit_id)) is not None
            for allocation in credit.allocations
            if allocation.invoice_id == document.id
        ]
    return sorted(found)
