"""Makes up a busy year: contacts, sales, bills, credit notes and payments, the same ones for the same seed."""

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tieout.platforms.xero.sandbox.accounting.contacts import write_contact
from tieout.platforms.xero.sandbox.accounting.credit_notes import write_credit_note
from tieout.platforms.xero.sandbox.accounting.elements import Element
from tieout.platforms.xero.sandbox.accounting.invoices import write_invoice
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.payments import write_payment
from tieout.platforms.xero.sandbox.accounting.rows import Document
from tieout.platforms.xero.sandbox.accounting.writing import Writing

DOCUMENTS_PER_CONTACT = 20
CONTACTS_MIN = 4
SPAN_DAYS = 330
_FIRST = (
    "Amber",
    "Birch",
    "Cedar",
    "Delta",
    "Ember",
    "Fjord",
    "Granite",
    "Harbour",
    "Indigo",
    "Juniper",
    "Kelp",
    "Lark",
)
_SECOND = ("Bakery", "Builders", "Cinema", "Dental", "Electric", "Foods", "Gardens", "Holdings", "Interiors", "Joinery")
_SOLD = ("Consulting", "Workshop", "Support", "Design", "Delivery", "Licence", "Maintenance")
_BOUGHT = (("Electricity", "445"), ("Rent", "469"), ("Stationery", "461"), ("Advertising", "400"), ("Cleaning", "408"))


def fill(organisation: Organisation, documents: int, seed: int) -> dict[str, object]:
    """Add so many sales, bills and credit notes, and payments for about half of them; answers what was made."""
    random = Random(f"xero-fill:{seed}")  # noqa: S311 - a simulation has to be repeatable
    writing = Writing(organisation, None, may_update=True, at=organisation.now())
    contacts = [
        write_contact(writing, Element({"Name": _name(random, seed, place)}, "Contact")).row.id
        for place in range(max(CONTACTS_MIN, documents // DOCUMENTS_PER_CONTACT))
    ]
    made = {"contacts": len(contacts), "sales": 0, "bills": 0, "credit_notes": 0, "payments": 0}
    bank = next(account for account in organisation.accounts.values() if account.type == "BANK")
    for place in range(documents):
        kind = random.choices(("sales", "bills", "credit_notes"), (65, 30, 5))[0]
        document = _document(writing, random, kind, random.choice(contacts), f"{seed}-{place}")
        made[kind] += 1
        fate = random.random()
        if kind != "credit_notes" and document.status == "AUTHORISED" and fate < 0.55:  # noqa: PLR2004 - about half
            amount = document.total if fate < 0.45 else (document.total / 2).quantize(Decimal("0.01"))  # noqa: PLR2004 - most in full
            said = {
                "Invoice": {"InvoiceID": document.id},
                "Account": {"AccountID": bank.id},
                "Date": min(document.on + timedelta(days=random.randint(0, 40)), organisation.today()).isoformat(),
                "Amount": amount,
            }
            write_payment(writing, Element(said, "Payment"))
            made["payments"] += 1
    return {"documents": documents, "seed": seed, **made}


def _name(random: Random, seed: int, place: int) -> str:
    return f"{random.choice(_FIRST)} {random.choice(_SECOND)} {seed}-{place + 1}"


def _document(writing: Writing, random: Random, kind: str, contact_id: str, mark: str) -> Document:
    organisation = writing.organisation
    on = organisation.today() - timedelta(days=random.randint(0, SPAN_DAYS))
    said: dict[str, Any] = {
        "Contact": {"ContactID": contact_id},
        "Date": on.isoformat(),
        "Status": "DRAFT" if random.random() < 0.04 else "AUTHORISED",  # noqa: PLR2004 - a few are unfinished
        "LineAmountTypes": random.choice(("Exclusive", "Exclusive", "Inclusive")),
        "LineItems": [_line(random, sold=kind != "bills") for _ in range(random.randint(1, 4))],
    }
    if kind == "credit_notes":
        row = write_credit_note(writing, Element(said | {"Type": "ACCRECCREDIT"}, "CreditNote")).row
    else:
        said["DueDate"] = (on + timedelta(days=random.choice((7, 14, 30)))).isoformat()
        said["Type"] = "ACCREC" if kind == "sales" else "ACCPAY"
        if kind == "bills":
            said["InvoiceNumber"] = f"S-{mark}"
        row = write_invoice(writing, Element(said, "Invoice")).row
    assert isinstance(row, Document)
    row.rate = None
    return row


def _line(random: Random, *, sold: bool) -> dict[str, Any]:
    description, account = (random.choice(_SOLD), "200") if sold else random.choice(_BOUGHT)
    return {
        "Description": description,
        "Quantity": Decimal(random.randint(1, 40)) / 4,
        "UnitAmount": Decimal(random.randint(500, 90_000)) / 100,
        "AccountCode": account,
    }
