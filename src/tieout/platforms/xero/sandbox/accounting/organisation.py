"""The books of one organisation: its records, their indexes, and its ledger."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tieout.kit.clock import Clock
from tieout.platforms.xero.sandbox.accounting.money.rows import (
    BankTransaction,
    BankTransfer,
    BatchPayment,
    ManualJournal,
)
from tieout.platforms.xero.sandbox.accounting.profile import Profile, Sequences, Settings
from tieout.platforms.xero.sandbox.accounting.rows import (
    Account,
    Contact,
    Credit,
    CreditNote,
    Currency,
    Document,
    Invoice,
    Item,
    Overpayment,
    Payment,
    Prepayment,
    Row,
    TaxRate,
)
from tieout.platforms.xero.sandbox.accounting.tables import Table
from tieout.platforms.xero.sandbox.ids import Ids
from tieout.platforms.xero.sandbox.wire import ZERO
from tieout.sandbox.companies import DocumentView, Side
from tieout.sandbox.ledger import DocumentRef, Ledger, Nature
from tieout.sandbox.people import People

if TYPE_CHECKING:
    from collections.abc import Callable

    from tieout.platforms.xero.sandbox.accounting.attachments import Attachment
    from tieout.platforms.xero.sandbox.accounting.history import HistoryRecord
    from tieout.platforms.xero.sandbox.accounting.offers.rows import PurchaseOrder, Quote
    from tieout.platforms.xero.sandbox.accounting.people import ContactGroup

_NATURES = {
    "ASSET": Nature.ASSET,
    "LIABILITY": Nature.LIABILITY,
    "EQUITY": Nature.EQUITY,
    "REVENUE": Nature.INCOME,
    "EXPENSE": Nature.EXPENSE,
}


class Organisation:
    """One tenant. Everything that changes it goes through the modules of this folder, and posts to `ledger`."""

    def __init__(self, organisation_id: str, profile: Profile, clock: Clock, ids: Ids) -> None:
        """An organisation without any record."""
        self.id = organisation_id
        self.profile = profile
        self.clock = clock
        self.ids = ids
        self.ledger = Ledger()
        self.people = People({})
        self.filler: Callable[[int, int], dict[str, object]] | None = None
        self.accounts: dict[str, Account] = {}
        self.tax_rates: dict[str, TaxRate] = {}
        self.items: dict[str, Item] = {}
        self.contacts: Table[Contact] = Table()
        self.invoices: Table[Invoice] = Table()
        self.credit_notes: Table[CreditNote] = Table()
        self.overpayments: Table[Overpayment] = Table()
        self.prepayments: Table[Prepayment] = Table()
        self.payments: Table[Payment] = Table()
        self.batch_payments: Table[BatchPayment] = Table()
        self.bank_transactions: Table[BankTransaction] = Table()
        self.bank_transfers: Table[BankTransfer] = Table()
        self.manual_journals: Table[ManualJournal] = Table()
        self.currencies: dict[str, Currency] = {}
        self.origin = ""
        """Where it is served, which the addresses of its files begin with."""
        self.settings = Settings()
        self.contact_groups: dict[str, ContactGroup] = {}
        self.quotes: Table[Quote] = Table()
        self.purchase_orders: Table[PurchaseOrder] = Table()
        self.attachments: dict[str, dict[str, Attachment]] = {}
        """By record id and file name in lower case."""
        self.history: dict[str, list[HistoryRecord]] = {}
        """By record id, oldest first."""
        self.sequences = Sequences()
        self.refused_actions: set[str] = set() if profile.multicurrency else {"UseMulticurrency"}
        """What `Organisation/Actions` says that apps may not do."""
        self.renames = 0
        """Rises when a name or code changes that other records show."""
        self.period_lock: date | None = None
        self.year_end_lock: date | None = None
        self.payments_of: dict[str, list[Payment]] = defaultdict(list)
        self.credits_of: dict[str, list[str]] = defaultdict(list)
        """Invoice id to the credits that were set against it, one entry per allocation."""
        self.documents_of: dict[str, list[Document]] = defaultdict(list)
        self._accounts_by: dict[tuple[str, str], Account] = {}
        self._contact_by_name: dict[str, str] = {}
        self._contact_by_number: dict[str, str] = {}
        self._document_by_number: dict[tuple[str, str], list[Document]] = defaultdict(list)
        self.on_change: Callable[[Row, str], None] | None = None
        """Is told that a contact or document was made (`CREATE`) or changed (`UPDATE`)."""
        self._zone = ZoneInfo(profile.zone)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.profile.name

    @property
    def country(self) -> str:
        """ISO 3166 alpha-2."""
        return self.profile.country

    @property
    def currency(self) -> str:
        """The base currency."""
        return self.profile.currency

    def now(self) -> datetime:
        """The present moment, in whole milliseconds as Xero keeps it."""
        at = self.clock.now()
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def today(self) -> date:
        """The calendar day where the organisation is."""
        return self.clock.now().astimezone(self._zone).date()

    def fill(self, documents: int, seed: int) -> dict[str, object]:
        """Make up so many documents with the contacts and items they need."""
        if self.filler is None:
            raise NotImplementedError("this organisation was made without a generator")
        return self.filler(documents, seed)

    def note(self, row: Row, verb: str) -> None:
        """Tell whoever listens of a change."""
        if self.on_change is not None:
            self.on_change(row, verb)

    def _take_in(self, row: Row, *, new: bool) -> None:
        if new:
            row.watch = self.note
            self.note(row, "CREATE")

    # Accounts ---------------------------------------------------------------------------------------------------

    def add_account(self, account: Account) -> None:
        """Open an account, or tell the ledger its new name; also where its status changed."""
        self.renames += account.id in self.accounts
        self.accounts[account.id] = account
        self._accounts_by = {}
        self.ledger.open_account(account.id, _ledger_name(account), _NATURES[account.class_])

    def account_by_code(self, code: str) -> Account | None:
        """The account of a code, in any case; not one that was deleted."""
        return self._account_named("code", code.lower())

    def system_account(self, system: str) -> Account:
        """The account that Xero itself posts to."""
        account = self._account_named("system", system)
        assert account is not None
        return account

    def _account_named(self, what: str, name: str) -> Account | None:
        if not self._accounts_by:
            for one in self.accounts.values():
                if one.code and one.status != "DELETED":
                    self._accounts_by["code", one.code.lower()] = one
                if one.system:
                    self._accounts_by["system", one.system] = one
        return self._accounts_by.get((what, name))

    # Contacts ---------------------------------------------------------------------------------------------------

    def index_contact(self, contact: Contact, *, old_name: str | None = None, old_number: str | None = None) -> None:
        """Add a contact, or bring its names up to date. Only active contacts own their name."""
        self._take_in(contact, new=contact.id not in self.contacts)
        self.contacts[contact.id] = contact
        self.renames += (old_name is not None and old_name != contact.name) or old_number != contact.number
        for names, old, new in (
            (self._contact_by_name, old_name, contact.name if contact.status == "ACTIVE" else None),
            (self._contact_by_number, old_number, contact.number),
        ):
            if old is not None and names.get(old.lower()) == contact.id:
                del names[old.lower()]
            if new:
                names[new.lower()] = contact.id

    def active_contact_named(self, name: str) -> Contact | None:
        """The active contact of a name, in any case."""
        contact_id = self._contact_by_name.get(name.strip().lower())
        return None if contact_id is None else self.contacts[contact_id]

    def contact_numbered(self, number: str) -> Contact | None:
        """The contact of a ContactNumber."""
        contact_id = self._contact_by_number.get(number.lower())
        return None if contact_id is None else self.contacts[contact_id]

    # Documents --------------------------------------------------------------------------------------------------

    def index_document(
        self, document: Document, *, old_number: str | None = None, old_contact: str | None = None
    ) -> None:
        """Add a document, or bring its number and contact up to date."""
        table = self._table_of(document)
        new = document.id not in table
        table[document.id] = document
        self._take_in(document, new=new)
        if old_number is not None and old_number != document.number:
            self.renames += 1
            self._document_by_number[document.type, old_number.lower()].remove(document)
        if new or (old_number is not None and old_number != document.number):
            self._document_by_number[document.type, document.number.lower()].append(document)
        if old_contact is not None and old_contact != document.contact_id:
            self.documents_of[old_contact].remove(document)
            self.contacts[old_contact].touch()
        if new or (old_contact is not None and old_contact != document.contact_id):
            self.documents_of[document.contact_id].append(document)

    def _table_of(self, document: Document) -> dict[str, Any]:
        match document:
            case CreditNote():
                return self.credit_notes
            case Overpayment():
                return self.overpayments
            case Prepayment():
                return self.prepayments
        return self.invoices

    def index_offer(self, offer: Document, *, old_number: str | None) -> None:
        """Bring the number of a quote or a purchase order up to date. It counts in no contact's balance."""
        if old_number != offer.number:
            if old_number is not None:
                self._document_by_number[offer.type, old_number.lower()].remove(offer)
            self._document_by_number[offer.type, offer.number.lower()].append(offer)

    def documents_numbered(self, number: str, *types: str) -> Sequence[Document]:
        """The documents of a number, oldest first, of these types."""
        return [one for type_ in types for one in self._document_by_number.get((type_, number.lower()), ())]

    def settled_changed(self, document: Document, at: datetime) -> None:
        """A payment or an allocation changed a document, which bumps it, and its contact's balances, which does not."""
        document.touch(at)
        self.contacts[document.contact_id].touch()

    def document(self, document_id: str) -> Document | None:
        """An invoice or a credit."""
        return self.invoices.get(document_id) or self.credit(document_id)

    def credit(self, credit_id: str) -> Credit | None:
        """A credit note, an overpayment or a prepayment."""
        return self.credit_notes.get(credit_id) or self.overpayments.get(credit_id) or self.prepayments.get(credit_id)

    def bank_currency(self, account: Account) -> str:
        """The currency of an account that takes payments."""
        return account.currency or self.currency

    # For the shared pages ---------------------------------------------------------------------------------------

    def documents(self, *, offset: int, limit: int, kind: str | None = None) -> tuple[int, Sequence[DocumentView]]:
        """How many documents there are, and a page of them, newest first."""
        rows: list[Document | Payment | ManualJournal] = [
            *self.invoices.values(),
            *self.credit_notes.values(),
            *self.payments.values(),
            *self.bank_transactions.values(),
            *self.manual_journals.values(),
        ]
        if kind is not None:
            rows = [row for row in rows if document_kind(row) == kind]
        total = len(rows)
        if not limit:
            return total, []
        rows.sort(key=lambda row: (row.on, row.updated_at, row.id), reverse=True)
        return total, [self._view(row) for row in rows[offset : offset + limit]]

    def _view(self, row: "Document | Payment | ManualJournal") -> DocumentView:
        if isinstance(row, Payment):
            document = self.document(row.document_id)
            assert document is not None
            number, party, currency, total = document.number, document.contact_id, document.currency, row.amount
        elif isinstance(row, ManualJournal):
            total = sum((item.amount for item in row.items if item.amount > 0), ZERO)
            number, party, currency = row.narration, "", self.currency
        else:
            number, party, currency, total = row.number, row.contact_id, row.currency, row.total
        settled = isinstance(row, Document) and not isinstance(row, BankTransaction)
        return DocumentView(
            ref=ref_of(row),
            kind=document_kind(row),
            number=number,
            on=row.on,
            due_on=row.due_on if isinstance(row, Document) else None,
            party=self.contacts[party].name if party else "",
            currency=currency,
            total=total,
            balance=row.due if settled and isinstance(row, Document) and row.live else None,
            status=row.status,
            payable=settled and isinstance(row, Document) and row.status == "AUTHORISED" and row.due > 0,
            side=_side(row),
            is_credit=not isinstance(row, Invoice),
        )


def _side(row: object) -> Side | None:
    """Which control account an approved document stands in."""
    if not isinstance(row, Document) or row.status != "AUTHORISED":
        return None
    return Side.RECEIVABLE if row.receivable else Side.PAYABLE


_KINDS = {
    "ACCREC": "Invoice", "ACCPAY": "Bill", "ACCRECCREDIT": "Credit note", "ACCPAYCREDIT": "Supplier credit note",
    "RECEIVE": "Receive money", "SPEND": "Spend money", "RECEIVE-OVERPAYMENT": "Overpayment received",
    "SPEND-OVERPAYMENT": "Overpayment made", "RECEIVE-PREPAYMENT": "Prepayment received",
    "SPEND-PREPAYMENT": "Prepayment made", "RECEIVE-TRANSFER": "Transfer in", "SPEND-TRANSFER": "Transfer out",
}  # fmt: skip


def document_kind(row: Document | Payment | ManualJournal) -> str:
    """What people call it."""
    match row:
        case Payment():
            return "Payment"
        case ManualJournal():
            return "Manual journal"
    return _KINDS[row.type]


def ref_of(row: Row) -> DocumentRef:
    """How the ledger names it."""
    return DocumentRef(type(row).__name__, row.id)


def _ledger_name(account: Account) -> str:
    return f"{account.name} ({account.code})" if account.code else account.name


def overdue(documents: Iterable[Document], today: date) -> tuple[Decimal, Decimal]:
    """What is outstanding in home currency on authorised documents, and how much of it is past its due date.

    A prepayment is not in the accounts receivable before it is applied (customer statements page), so not here either.
    """
    outstanding = late = ZERO
    for document in documents:
        if document.status != "AUTHORISED" or isinstance(document, Prepayment):
            continue
        signed = -document.home_due if isinstance(document, Credit) else document.home_due
        outstanding += signed
        if document.due_on is not None and document.due_on < today:
            late += signed
    return outstanding, late


def folded(names: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping by lower-case name."""
    return {name.lower(): value for name, value in names.items()}
