"""The records of money: bank transactions and transfers, batches of payments, manual journals."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from tieout.platforms.xero.sandbox.accounting.rows import Document, Row, Tracked


@dataclass(slots=True, kw_only=True)
class BankTransaction(Document):
    """Money received or spent without an invoice, and the money leg of overpayments, prepayments and transfers."""

    account_id: str
    """The bank account."""
    reconciled: bool = False
    url: str | None = None
    credit_id: str | None = None
    """The overpayment or prepayment that it made."""

    @property
    def kind(self) -> str:
        """What follows the direction in its type: OVERPAYMENT, PREPAYMENT, TRANSFER or nothing."""
        return self.type.partition("-")[2]


@dataclass(slots=True, kw_only=True)
class BankTransfer(Row):
    """Money from one bank account to another; `amount` is in the currency of the first."""

    from_account_id: str
    to_account_id: str
    from_transaction_id: str
    to_transaction_id: str
    created_at: datetime
    on: date
    amount: Decimal
    rate: Decimal
    """Units of the second account's currency for one of the first's."""
    reference: str | None = None
    status: str = "AUTHORISED"


@dataclass(slots=True, kw_only=True)
class BatchPayment(Row):
    """Payments that went through the bank as one."""

    type: str
    """PAYBATCH or RECBATCH."""
    account_id: str
    on: date
    total: Decimal
    payment_ids: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    """Reference, Particulars, Code, Details and Narrative, as far as they were sent."""
    status: str = "AUTHORISED"
    reconciled: bool = False


@dataclass(frozen=True, slots=True)
class JournalItem:
    """A line of a manual journal in home currency: a debit is positive, a credit negative."""

    amount: Decimal
    tax_amount: Decimal
    account_id: str
    tax_type: str
    description: str | None = None
    tracking: tuple[Tracked, ...] = ()


@dataclass(slots=True, kw_only=True)
class ManualJournal(Row):
    """An entry that somebody wrote by hand."""

    narration: str
    on: date
    status: str
    amount_types: str
    items: list[JournalItem]
    url: str | None = None
    on_cash_basis: bool = True
