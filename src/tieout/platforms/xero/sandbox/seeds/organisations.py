"""The organisations that exist when the simulator starts, and who may sign in to which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.kit.clock import Clock
from tieout.platforms.xero.sandbox.accounting.contacts import write_contact
from tieout.platforms.xero.sandbox.accounting.credit_notes import write_credit_note
from tieout.platforms.xero.sandbox.accounting.credits import allocate
from tieout.platforms.xero.sandbox.accounting.elements import Element
from tieout.platforms.xero.sandbox.accounting.invoices import write_invoice
from tieout.platforms.xero.sandbox.accounting.money.currencies import subscribe
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation, Profile
from tieout.platforms.xero.sandbox.accounting.payments import write_payment
from tieout.platforms.xero.sandbox.accounting.rows import CreditNote, Document
from tieout.platforms.xero.sandbox.accounting.writing import Writing
from tieout.platforms.xero.sandbox.ids import Ids
from tieout.platforms.xero.sandbox.seeds.charts import (
    AUSTRALIAN_TAX_RATES,
    GLOBAL_ACCOUNTS,
    GLOBAL_TAX_RATES,
    australian_accounts,
    seed_chart,
)
from tieout.platforms.xero.sandbox.seeds.items import DEMO_ITEMS, seed_items
from tieout.sandbox.visitors import User

_DEMO = Profile(
    name="Demo Company (Global)",
    version="GLOBAL",
    country="CA",
    currency="USD",
    timezone="EASTERNSTANDARDTIME",
    zone="America/New_York",
    created_at=datetime(2022, 8, 26, 7, 49, 46, 77000, tzinfo=UTC),
    short_code="!FR6KJ",
    year_end=(12, 31),
    tax_number="101-2-303",
    tax_number_name="Tax reg",
    demo=True,
    class_="DEMO",
)
_HARBOUR = Profile(
    name="Harbour Bridge Consulting",
    version="AU",
    country="AU",
    currency="AUD",
    timezone="AUSEASTERNSTANDARDTIME",
    zone="Australia/Sydney",
    created_at=datetime(2024, 2, 12, 3, 20, 11, 150000, tzinfo=UTC),
    short_code="!Qk7dR",
    year_end=(6, 30),
    tax_number="53 004 085 616",
    tax_number_name="ABN",
)
_EMPTY = Profile(
    name="Quiet Corner Bookshop",
    version="AU",
    country="AU",
    currency="AUD",
    timezone="AUSEASTERNSTANDARDTIME",
    zone="Australia/Sydney",
    created_at=datetime(2025, 5, 6, 1, 2, 3, 456000, tzinfo=UTC),
    short_code="!b82Lm",
    year_end=(6, 30),
)
DEMO_LOCK = date(2008, 9, 30)
"""The lock date of the recorded demo organisation."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What a new simulator holds."""

    users: Sequence[User]
    organisations: Mapping[str, Organisation]
    organisations_of: Mapping[str, Sequence[str]]
    """User id to the ids of the organisations where they may connect apps."""


def seed(clock: Clock, ids: Ids) -> Seeded:
    """Two organisations of one user, and an empty one of another."""
    users = (
        User(ids.uuid(), "jordan@example.com", "simulated", "Jordan Baker"),
        User(ids.uuid(), "robin@example.com", "simulated", "Robin Marsh"),
    )
    demo, harbour, empty = (Organisation(ids.uuid(), profile, clock, ids) for profile in (_DEMO, _HARBOUR, _EMPTY))
    for organisation in (demo, harbour, empty):
        _set_up(organisation)
    demo.period_lock = DEMO_LOCK
    at = clock.now() - timedelta(days=90)
    seed_items(demo, DEMO_ITEMS, on=(demo.today() - timedelta(days=90)), at=_whole(at))
    _trade(demo, GLOBAL_TRADE, customers=GLOBAL_CUSTOMERS, suppliers=GLOBAL_SUPPLIERS)
    _trade(harbour, HARBOUR_TRADE, customers=HARBOUR_CUSTOMERS, suppliers=HARBOUR_SUPPLIERS)
    return Seeded(
        users,
        {organisation.id: organisation for organisation in (demo, harbour, empty)},
        {users[0].id: (demo.id, harbour.id), users[1].id: (empty.id,)},
    )


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _set_up(organisation: Organisation) -> None:
    profile = organisation.profile
    subscribe(organisation, profile.currency)
    if profile.version == "GLOBAL":
        seed_chart(organisation, GLOBAL_ACCOUNTS, GLOBAL_TAX_RATES, profile.created_at)
    else:
        seed_chart(organisation, australian_accounts(), AUSTRALIAN_TAX_RATES, profile.created_at)


GLOBAL_CUSTOMERS = (
    "Ridgeway University", "Hamilton Smith Ltd", "Boom FM", "Rex Media Group", "Bayside Club",
    "DIISR - Small Business Services",
)  # fmt: skip
GLOBAL_SUPPLIERS = (
    "PowerDirect",
    "Net Connect",
    "Swanston Security",
    "PC Complete",
    "ABC Furniture",
    "Central Copiers",
)
HARBOUR_CUSTOMERS = ("Wattle Street Dental", "Northshore Rowing Club", "Kirribilli Kitchens")
HARBOUR_SUPPLIERS = ("Circular Quay Print", "Ironbark Energy")

GLOBAL_TRADE = """\
sale|Ridgeway University|-75|-65|Retainer for consulting work;1;500.00;200|paid
sale|Ridgeway University|-45|-35|Retainer for consulting work;1;500.00;200,Onsite management;7;100.00;200|paid
sale|Hamilton Smith Ltd|-40|-30|@Support-M;1|paid
sale|Boom FM|-34|-24|@Train-MS;1|part
sale|Rex Media Group|-20|-6|@Support-M;1|open
sale|Bayside Club|-12|-2|@GB1-White;40,Courier charge;1;10.00;425|open
sale|DIISR - Small Business Services|-8|6|@PMBr;1,@PMDD;5|open
sale|Hamilton Smith Ltd|-3|12|@Support-M;1|draft
sale|Boom FM|-30|-20|Cancelled radio spots;2;310.50;200|void
credit|Bayside Club|-10||Golf balls - returned;6;5.60;200|allocated
credit|Rex Media Group|-4||Support credit;1;45.00;200|open
bill|PowerDirect|-62|-52|Monthly electricity;1;95.50;445|paid
bill|Net Connect|-24|-14|Cable internet;1;54.13;489|open
bill|Swanston Security|-18|-11|Our share of building security;1;59.54;453|paid
bill|PC Complete|-15|-5|Club subscription;1;1463.88;485,DVD writer for laptop;1;270.36;453|part
bill|ABC Furniture|-6|4|Coffee table for reception;1;1000.00;710|open
bill|Central Copiers|-2|8|Photocopier repair & drum replacement;1;1063.56;473|draft
"""
HARBOUR_TRADE = """\
sale|Wattle Street Dental|-50|-20|Practice review;12;185.00;200|paid
sale|Northshore Rowing Club|-16|14|Grant application;1;2400.00;200|open
sale|Kirribilli Kitchens|-5|25|Cash-flow forecast;3.5;160.00;200|open
bill|Circular Quay Print|-21|-7|Brochures;250;1.42;400|open
bill|Ironbark Energy|-11|10|Electricity;1;312.70;445|open
"""


def _trade(organisation: Organisation, table: str, *, customers: Sequence[str], suppliers: Sequence[str]) -> None:
    """Let people write the documents of a table: kind, contact, day, due day (from today), lines, what became of it."""
    today, now = organisation.today(), organisation.now()
    begun = now - timedelta(days=90)
    for name in (*customers, *suppliers):
        mail = f"accounts@{''.join(letter for letter in name.lower() if letter.isalnum())}.example"
        write_contact(_by_hand(organisation, begun), Element({"Name": name, "EmailAddress": mail}, "Contact"))
    for place, line in enumerate(table.splitlines()):
        kind, contact, day, due_day, lines, fate = line.split("|")
        on = today + timedelta(days=int(day))
        at = now + timedelta(days=int(day), seconds=place) - timedelta(hours=1)
        said: dict[str, Any] = {
            "Type": {"sale": "ACCREC", "bill": "ACCPAY", "credit": "ACCRECCREDIT"}[kind],
            "Contact": {"Name": contact},
            "Date": on.isoformat(),
            "Status": "DRAFT" if fate == "draft" else "AUTHORISED",
            "LineItems": [_line(one) for one in lines.split(",")],
        }
        if kind == "bill":
            said["InvoiceNumber"] = f"{contact[:3].upper()}-{1000 + place * 7}"
        if kind != "credit":
            said["DueDate"] = (today + timedelta(days=int(due_day))).isoformat()
        write = write_credit_note if kind == "credit" else write_invoice
        document = write(_by_hand(organisation, at), Element(said, "Document")).row
        assert isinstance(document, Document)
        document.rate = None
        _settle(organisation, document, fate, at + timedelta(days=1))


def _line(text: str) -> dict[str, Any]:
    """`@item;quantity`, or `description;quantity;price;account`."""
    parts = text.split(";")
    if text.startswith("@"):
        return {"ItemCode": parts[0][1:], "Quantity": Decimal(parts[1])}
    return {
        "Description": parts[0],
        "Quantity": Decimal(parts[1]),
        "UnitAmount": Decimal(parts[2]),
        "AccountCode": parts[3],
    }


def _settle(organisation: Organisation, document: Document, fate: str, at: datetime) -> None:
    writing = _by_hand(organisation, at)
    if fate in {"paid", "part"}:
        amount = document.total if fate == "paid" else Decimal("100.00")
        bank = organisation.account_by_code("090")
        assert bank is not None
        said = {
            "Invoice": {"InvoiceID": document.id},
            "Account": {"AccountID": bank.id},
            "Date": (document.on + timedelta(days=1)).isoformat(),
            "Amount": amount,
        }
        write_payment(writing, Element(said, "Payment"))
    elif fate == "void":
        write_invoice(writing, Element({"InvoiceID": document.id, "Status": "VOIDED"}, "Invoice"))
    elif fate == "allocated" and isinstance(document, CreditNote):
        open_ones = [
            one for one in organisation.documents_of[document.contact_id] if one.type == "ACCREC" and one.due > 0
        ]
        said = {"Invoice": {"InvoiceID": open_ones[0].id}, "Amount": document.total}
        allocate(writing, document, Element(said, "Allocation"))


def _by_hand(organisation: Organisation, at: datetime) -> Writing:
    return Writing(organisation, None, may_update=True, at=_whole(at))
