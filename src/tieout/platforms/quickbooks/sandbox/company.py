"""A company as the shared room sees it: its documents for a page, its people, and the making up of more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import TRANSACTIONS
from tieout.platforms.quickbooks.sandbox.accounting.links import is_used_up
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.rendering import party_name
from tieout.platforms.quickbooks.sandbox.people.staff import Staff
from tieout.platforms.quickbooks.sandbox.refusals import Refusal
from tieout.platforms.quickbooks.sandbox.seeds.filling import fill
from tieout.sandbox.companies import DocumentView, Side
from tieout.sandbox.ledger import Ledger
from tieout.sandbox.people import ActionRefusedError, People

_WORDS = {
    "Invoice": "Invoice", "CreditMemo": "Credit memo", "Payment": "Payment", "Bill": "Bill",
    "Estimate": "Estimate", "PurchaseOrder": "Purchase order",
    "VendorCredit": "Vendor credit", "BillPayment": "Bill payment", "JournalEntry": "Journal entry",
    "SalesReceipt": "Sales receipt", "RefundReceipt": "Refund receipt", "Purchase": "Expense",
    "Transfer": "Transfer", "Deposit": "Deposit", "CreditCardPaymentTxn": "Credit card payment",
}  # fmt: skip
_PAYABLE = frozenset({"Invoice", "Bill"})
_ORDERS = frozenset({"Estimate", "PurchaseOrder"})
_CREDITS = frozenset({"CreditMemo", "VendorCredit"})
_SIDES = {
    "Invoice": Side.RECEIVABLE, "CreditMemo": Side.RECEIVABLE, "Bill": Side.PAYABLE, "VendorCredit": Side.PAYABLE,
}  # fmt: skip


@dataclass(slots=True)
class QuickBooksCompany:
    """One company."""

    books: Books
    staff: Staff

    @property
    def id(self) -> str:
        """The realm id."""
        return self.books.profile.id

    @property
    def name(self) -> str:
        """What the company is called."""
        return self.books.profile.name

    @property
    def country(self) -> str:
        """ISO 3166 alpha-2."""
        return self.books.profile.country

    @property
    def currency(self) -> str:
        """The home currency."""
        return self.books.profile.currency

    @property
    def ledger(self) -> Ledger:
        """The company's books."""
        return self.books.ledger

    @property
    def people(self) -> People:
        """Who works there."""
        return self.staff.people()

    def today(self) -> date:
        """The calendar day where the company is."""
        return self.books.today()

    def documents(self, *, offset: int, limit: int, kind: str | None = None) -> tuple[int, Sequence[DocumentView]]:
        """How many documents there are, and a page of them, newest first."""
        kinds = [one for one in TRANSACTIONS if kind in (None, one.name)]
        total = sum(len(self.books.shelf(one)) for one in kinds)
        if not limit:
            return total, ()
        records = [record for one in kinds for record in self.books.shelf(one)]
        records.sort(key=lambda record: (record.content["TxnDate"], record.created_at, int(record.id)), reverse=True)
        return total, [self._view(record) for record in records[offset : offset + limit]]

    def fill(self, documents: int, seed: int) -> dict[str, object]:
        """Make up documents."""
        try:
            return fill(self.books, documents, seed)
        except Refusal as refusal:
            raise ActionRefusedError(f"this seed was used already, or the books refuse: {refusal}") from refusal

    def _view(self, record: Record) -> DocumentView:
        content = record.content
        due = date.fromisoformat(content["DueDate"]) if "DueDate" in content else None
        is_open = record.kind.name in _PAYABLE or record.kind.name in _CREDITS
        return DocumentView(
            ref=record.ref,
            kind=_WORDS[record.kind.name],
            number=str(content.get("DocNumber", "")),
            on=date.fromisoformat(content["TxnDate"]),
            due_on=due,
            party=party_name(self.books, record.shaped.party),
            currency=content.get("CurrencyRef", {}).get("value", self.currency),
            total=record.shaped.total,
            balance=record.open if is_open else None,
            status=_status(record, due, self.today()),
            payable=record.kind.name in _PAYABLE and record.open > 0,
            side=_SIDES.get(record.kind.name),
            is_credit=record.kind.name in _CREDITS,
        )


def _status(record: Record, due: date | None, today: date) -> str:
    if record.shaped.voided:
        return "Voided"
    if record.kind.name in _ORDERS:
        return "Closed" if is_used_up(record) else str(record.content.get("TxnStatus") or record.content["POStatus"])
    if record.kind.name in _PAYABLE:
        if not record.open:
            return "Paid"
        return "Overdue" if due is not None and due < today else "Open"
    if record.kind.name in _CREDITS:
        return "Open" if record.open else "Closed"
    return "Unapplied" if record.kind.name == "Payment" and record.unapplied else "Closed"
