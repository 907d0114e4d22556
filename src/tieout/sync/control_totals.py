"""Control totals: pure. What the documents add up to, against what the books' own trial balance says. To the cent.

A difference is narrowed down to its side; the documents that make up our total are counted, so that a person knows
where to
look. Amounts are in the company's base currency: a foreign document counts at its own rate, as it was booked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tieout.books.arithmetic.rounding import home_amount
from tieout.books.records import (
    Account,
    Bill,
    Control,
    CreditNote,
    Document,
    DocumentStatus,
    Invoice,
    Kind,
    Payment,
    Record,
    VendorCredit,
)
from tieout.kit.money import exponent, rounded

_OPEN = (DocumentStatus.OPEN, DocumentStatus.PARTIALLY_PAID, DocumentStatus.PAID)
_OWED: Mapping[type[Document], tuple[Control, int]] = {
    Invoice: (Control.RECEIVABLE, 1),
    CreditNote: (Control.RECEIVABLE, -1),
    Bill: (Control.PAYABLE, 1),
    VendorCredit: (Control.PAYABLE, -1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTotal:
    """One side of the books: the control accounts' balance, the documents' sum, and how many documents are open."""

    control: Control
    in_the_books: Decimal
    in_the_documents: Decimal
    open_documents: int

    @property
    def difference(self) -> Decimal:
        """What the books have more than the documents explain."""
        return self.in_the_books - self.in_the_documents


def compare(
    accounts: Iterable[Account], balances: Mapping[str, Decimal], documents: Sequence[Record], *, base_currency: str
) -> tuple[ControlTotal, ...]:
    """Receivables and payables, each compared. `balances` are debit positive, by account id."""
    controls = list(accounts)
    return tuple(
        _total(control, controls, balances, documents, base_currency)
        for control in (Control.RECEIVABLE, Control.PAYABLE)
    )


def _total(
    control: Control,
    accounts: Sequence[Account],
    balances: Mapping[str, Decimal],
    documents: Sequence[Record],
    base_currency: str,
) -> ControlTotal:
    sign = 1 if control is Control.RECEIVABLE else -1
    booked = sum(
        (balances.get(account.external_id, Decimal(0)) for account in accounts if account.control is control),
        Decimal(0),
    )
    amounts = [amount for record in documents if (amount := _owed(record, control, base_currency))]
    return ControlTotal(
        control=control,
        in_the_books=_exactly(sign * booked, base_currency),
        in_the_documents=_exactly(sum(amounts, Decimal(0)), base_currency),
        open_documents=len(amounts),
    )


def _exactly(amount: Decimal, currency: str) -> Decimal:
    """The same amount with the currency's decimal places, if they hold it; a zero without a sign."""
    shown = rounded(amount, currency)
    return (shown if shown == amount else amount) + 0


def _owed(record: Record, control: Control, base_currency: str) -> Decimal:
    """What a record adds to a side, in base currency; zero for everything that does not concern it."""
    if isinstance(record, Payment):
        side = Control.PAYABLE if record.kind is Kind.BILL_PAYMENT else Control.RECEIVABLE
        counts = side is control and not (record.is_void or record.is_allocation_only or record.is_prepayment)
        return -_in_base(record.unapplied, record.exchange_rate, base_currency) if counts else Decimal(0)
    if isinstance(record, Document) and record.status in _OPEN:
        side, sign = _OWED[type(record)]
        if side is control:
            return sign * _in_base(record.balance, record.exchange_rate, base_currency)
    return Decimal(0)


def _in_base(amount: Decimal, rate: Decimal | None, base_currency: str) -> Decimal:
    return amount if rate is None else home_amount(amount, rate, places=exponent(base_currency))
