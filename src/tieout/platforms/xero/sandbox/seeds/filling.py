"""Makes up years of plausible trade: contacts, sales, bills, credits, payments, voids and money without an invoice.

The same seed makes the same ones. More documents make more years; nothing is dated where the books are locked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tieout.platforms.xero.sandbox.accounting.contacts import write_contact
from tieout.platforms.xero.sandbox.accounting.credit_notes import write_credit_note
from tieout.platforms.xero.sandbox.accounting.credits import allocate
from tieout.platforms.xero.sandbox.accounting.elements import Element
from tieout.platforms.xero.sandbox.accounting.invoices import write_invoice
from tieout.platforms.xero.sandbox.accounting.money.bank_transactions import write_bank_transaction
from tieout.platforms.xero.sandbox.accounting.money.rows import BankTransaction
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.payments import write_payment
from tieout.platforms.xero.sandbox.accounting.rows import CreditNote, Document
from tieout.platforms.xero.sandbox.accounting.writing import Writing

DOCUMENTS_PER_CONTACT = 20
DOCUMENTS_PER_YEAR = 3_000
CONTACTS_MIN, YEARS_MAX = 4, 7
DAYS_PER_YEAR = 330
_FIRST = (
    "Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Granite", "Harbour", "Indigo", "Juniper", "Kelp", "Lark",
)  # fmt: skip
_SECOND = ("Bakery", "Builders", "Cinema", "Dental", "Electric", "Foods", "Gardens", "Holdings", "Interiors", "Joinery")
_SOLD = ("Consulting", "Workshop", "Support", "Design", "Delivery", "Licence", "Maintenance")
_BOUGHT = (("Electricity", "445"), ("Rent", "469"), ("Stationery", "461"), ("Advertising", "400"), ("Cleaning", "408"))
_KINDS = ("sales",) * 65 + ("bills",) * 30 + ("credit_notes",) * 5
"""A hundred documents."""
_FATES = ("paid",) * 45 + ("part",) * 10 + ("void",) * 2 + ("overpaid",) + ("open",) * 42
"""What becomes of a hundred approved sales and bills."""
_DRAFTS, _FOREIGN, _CASH = 4, 25, 3
"""How many of a hundred documents stay drafts, are in a foreign currency where there is one, are paid at the till."""


@dataclass(slots=True)
class _Filling:
    """One run of the generator."""

    organisation: Organisation
    seed: int
    span: tuple[date, date]
    random: Random
    currencies: tuple[str, ...] = ()
    banks: dict[str, str] = field(default_factory=dict)
    """Currency to the id of a bank account in it."""
    open_sales: dict[tuple[str, str], list[Document]] = field(default_factory=dict)
    """Contact and currency to what of theirs was left open."""
    made: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find what the organisation has."""
        home = self.organisation.currency
        self.currencies = tuple(sorted(code for code in self.organisation.currencies if code != home))
        for account in self.organisation.accounts.values():
            if account.type == "BANK" and account.status == "ACTIVE":
                self.banks.setdefault(self.organisation.bank_currency(account), account.id)
        names = ("sales", "bills", "credit_notes", "payments", "allocations", "voids", "bank_transactions")
        self.made = dict.fromkeys(("contacts", *names), 0)

    def of_a_hundred(self, share: int) -> bool:
        """Whether something happens that happens so many times of a hundred."""
        return int(self.random.random() * 100) < share

    def writing(self) -> Writing:
        """A write by hand."""
        return Writing(self.organisation, None, may_update=True, at=self.organisation.now())


def fill(organisation: Organisation, documents: int, seed: int) -> dict[str, object]:
    """Add so many sales, bills and credit notes, and what became of them; answers what was made.

    Payments, allocations, voids and bank transactions come on top of `documents`.
    """
    random = Random(f"xero-fill:{seed}")  # noqa: S311 - a simulation has to be repeatable
    filling = _Filling(organisation, seed, _span(organisation, documents), random)
    contacts = _contacts(filling, max(CONTACTS_MIN, documents // DOCUMENTS_PER_CONTACT))
    for place in range(documents):
        kind, contact_id = random.choice(_KINDS), random.choice(contacts)
        document = _document(filling, kind, contact_id, place)
        filling.made[kind] += 1
        if document.status == "AUTHORISED":
            _carry_on(filling, document)
        if filling.of_a_hundred(_CASH):
            _cash(filling, contact_id)
    return {"documents": documents, "seed": seed, **filling.made}


def _span(organisation: Organisation, documents: int) -> tuple[date, date]:
    """The days that documents are dated on."""
    today = organisation.today()
    years = min(1 + documents // DOCUMENTS_PER_YEAR, YEARS_MAX)
    first = today - timedelta(days=DAYS_PER_YEAR * years)
    locks = [lock + timedelta(days=1) for lock in (organisation.period_lock, organisation.year_end_lock) if lock]
    return min(max([first, *locks]), today), today


def _contacts(filling: _Filling, count: int) -> list[str]:
    random = filling.random
    ids = []
    for place in range(count):
        name = f"{random.choice(_FIRST)} {random.choice(_SECOND)} {filling.seed}-{place + 1}"
        said = {"Name": name, "EmailAddress": f"accounts@{filling.seed}-{place + 1}.example"}
        ids.append(write_contact(filling.writing(), Element(said, "Contact")).row.id)
    filling.made["contacts"] = count
    return ids


def _day(filling: _Filling, since: date | None = None, days_max: int | None = None) -> str:
    """Some day of the span; after a day and within so many if it follows from something."""
    first, last = filling.span
    begun = first if since is None else max(since, first)
    room = (last - begun).days
    return (begun + timedelta(days=filling.random.randint(0, min(room, days_max or room)))).isoformat()


def _document(filling: _Filling, kind: str, contact_id: str, place: int) -> Document:
    random, on = filling.random, _day(filling)
    said: dict[str, Any] = {
        "Contact": {"ContactID": contact_id},
        "Date": on,
        "Status": "DRAFT" if filling.of_a_hundred(_DRAFTS) else "AUTHORISED",
        "LineAmountTypes": random.choice(("Exclusive", "Exclusive", "Inclusive")),
        "LineItems": [_line(random, sold=kind != "bills") for _ in range(random.randint(1, 4))],
    }
    if filling.currencies and filling.of_a_hundred(_FOREIGN):
        said["CurrencyCode"] = random.choice(filling.currencies)
    if kind == "credit_notes":
        row = write_credit_note(filling.writing(), Element(said | {"Type": "ACCRECCREDIT"}, "CreditNote")).row
    else:
        said["DueDate"] = (date.fromisoformat(on) + timedelta(days=random.choice((7, 14, 30)))).isoformat()
        said["Type"] = "ACCREC" if kind == "sales" else "ACCPAY"
        if kind == "bills":
            said["InvoiceNumber"] = f"S-{filling.seed}-{place}"
        row = write_invoice(filling.writing(), Element(said, "Invoice")).row
    assert isinstance(row, Document)
    if row.currency == filling.organisation.currency:
        row.rate = None
    return row


def _line(random: Random, *, sold: bool) -> Mapping[str, Any]:
    description, account = (random.choice(_SOLD), "200") if sold else random.choice(_BOUGHT)
    return {
        "Description": description,
        "Quantity": Decimal(random.randint(1, 40)) / 4,
        "UnitAmount": Decimal(random.randint(500, 90_000)) / 100,
        "AccountCode": account,
    }


def _carry_on(filling: _Filling, document: Document) -> None:
    """What becomes of an approved document."""
    if isinstance(document, CreditNote):
        _apply(filling, document)
        return
    match filling.random.choice(_FATES):
        case "paid":
            _pay(filling, document, document.total)
        case "part":
            _pay(filling, document, (document.total / 2).quantize(Decimal("0.01")))
        case "void":
            said = {"InvoiceID": document.id, "Status": "VOIDED"}
            write_invoice(filling.writing(), Element(said, "Invoice"))
            filling.made["voids"] += 1
        case "overpaid":
            _pay(filling, document, document.total)
            _overpay(filling, document)
        case _ if document.receivable:
            filling.open_sales.setdefault((document.contact_id, document.currency), []).append(document)


def _pay(filling: _Filling, document: Document, amount: Decimal) -> None:
    bank = filling.banks.get(document.currency) or filling.banks[filling.organisation.currency]
    said = {
        "Invoice": {"InvoiceID": document.id},
        "Account": {"AccountID": bank},
        "Date": _day(filling, document.on, 40),
        "Amount": amount,
    }
    write_payment(filling.writing(), Element(said, "Payment"))
    filling.made["payments"] += 1


def _apply(filling: _Filling, note: CreditNote) -> None:
    """Set a credit note against the oldest sale that its customer left open, if there is one."""
    waiting = filling.open_sales.get((note.contact_id, note.currency))
    if not waiting:
        return
    sale = waiting[0]
    said = {"Invoice": {"InvoiceID": sale.id}, "Amount": min(note.due, sale.due)}
    allocate(filling.writing(), note, Element(said, "Allocation"))
    filling.made["allocations"] += 1
    if sale.status == "PAID":
        waiting.pop(0)


def _overpay(filling: _Filling, document: Document) -> None:
    """Pay what was paid already, and pay it back: in the end nobody owes anything."""
    bank = filling.banks.get(document.currency)
    if bank is None:
        return
    side = "RECEIVE" if document.receivable else "SPEND"
    line = {"Description": "Paid twice", "LineAmount": document.total}
    paid = _move(filling, document.contact_id, f"{side}-OVERPAYMENT", bank, line)
    said = {
        "Overpayment": {"OverpaymentID": paid.credit_id},
        "Account": {"AccountID": bank},
        "Date": _day(filling, paid.on, 10),
        "Amount": paid.total,
    }
    write_payment(filling.writing(), Element(said, "Payment"))
    filling.made["payments"] += 1


def _cash(filling: _Filling, contact_id: str) -> None:
    """Something sold or bought at the till."""
    sold = filling.of_a_hundred(50)
    line = dict(_line(filling.random, sold=sold))
    _move(filling, contact_id, "RECEIVE" if sold else "SPEND", filling.banks[filling.organisation.currency], line)


def _move(filling: _Filling, contact_id: str, type_: str, bank: str, line: Mapping[str, Any]) -> BankTransaction:
    said = {
        "Type": type_,
        "Contact": {"ContactID": contact_id},
        "BankAccount": {"AccountID": bank},
        "Date": _day(filling),
        "LineItems": [line],
    }
    row = write_bank_transaction(filling.writing(), Element(said, "BankTransaction")).row
    assert isinstance(row, BankTransaction)
    filling.made["bank_transactions"] += 1
    return row
