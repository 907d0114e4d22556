"""What the seeded organisations did in the last months, written by hand as people would."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.platforms.xero.sandbox.accounting.contacts import write_contact
from tieout.platforms.xero.sandbox.accounting.credit_notes import write_credit_note
from tieout.platforms.xero.sandbox.accounting.credits import allocate
from tieout.platforms.xero.sandbox.accounting.elements import Element
from tieout.platforms.xero.sandbox.accounting.invoices import write_invoice
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.payments import write_payment
from tieout.platforms.xero.sandbox.accounting.rows import CreditNote, Document
from tieout.platforms.xero.sandbox.accounting.writing import Writing

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


KAURI_TRADE = """\
sale|Tussock & Co|-60|-40|Brand guidelines;1;1800.00;200|paid
sale|Petrel Cafe|-14|6|Menu design;6;95.00;200,Printing at cost;1;240.00;260|open
credit|Petrel Cafe|-3||Misprint;1;40.00;200|allocated
bill|Harakeke Paper|-20|0|Card stock;500;0.38;300|part
bill|Southern Lines|-9|11|Broadband;1;99.00;489|open
"""
THORNBURY_TRADE = """\
sale|Wellmead Parish Council|-45|-15|Bedding plants;120;2.40;200|paid
sale|Fennick Estates|-12|18|Hedge planting;2;460.00;200,Delivery;1;35.00;425|open
sale|Fennick Estates|-4|26|Seed potatoes;20;3.10;200/ZERORATEDOUTPUT|open
bill|Marlow Nurseries|-25|5|Saplings;40;8.25;300|paid
bill|Kingsway Gas|-10|4|Heating of the glasshouse;1;286.40;445/RRINPUT|open
"""
MAPLE_TRADE = """\
sale|Prairie Office Park|-30|0|Coffee for meetings;15;22.00;200|paid
sale|Lakeview Weddings|-8|22|Coffee cart;1;640.00;200,Gift cards;10;25.00;260/NONE|open
bill|Great Plains Roasters|-18|12|Beans;25;11.20;300|part
bill|City Utilities|-6|14|Water;1;88.15;445|open
"""
MERIDIAN_TRADE = """\
sale|Bergen Maritime|-70|-40|Charter fees;1;12000.00;200/NONE|paid|EUR|092
sale|Bergen Maritime|-20|10|Charter fees;1;9000.00;200/NONE|part|EUR|090
sale|Delaware Freight|-33|-3|Handling;40;85.00;200/NONE|paid|USD|091
sale|Jurong Logistics|-15|15|Storage;3;700.00;200|open
sale|Delaware Freight|-5|25|Handling;12;85.00;200/NONE|open|USD
credit|Delaware Freight|-2||Rebate;1;120.00;200/NONE|allocated|USD
bill|Thames Insurance|-50|-20|Cover;1;2150.00;433/NONE|paid|GBP|093
bill|Brisbane Timber|-25|5|Crates;60;31.00;300/NONE|part|AUD|090
bill|Jurong Logistics|-11|19|Lorry hire;2;480.00;449|open
"""


def trade(organisation: Organisation, table: str, *, contacts: Sequence[str] = ()) -> None:
    """Let people write the documents of a table.

    A line of it: kind, contact, day, due day (from today), lines, what became of it, and as far as they differ from
    the usual ones the currency and the code of the account that it was paid through.
    """
    today, now = organisation.today(), organisation.now()
    begun = now - timedelta(days=90)
    for name in contacts or dict.fromkeys(line.split("|")[1] for line in table.splitlines()):
        mail = f"accounts@{''.join(letter for letter in name.lower() if letter.isalnum())}.example"
        write_contact(by_hand(organisation, begun), Element({"Name": name, "EmailAddress": mail}, "Contact"))
    for place, line in enumerate(table.splitlines()):
        kind, contact, day, due_day, lines, fate, *more = line.split("|")
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
        if more:
            said["CurrencyCode"] = more[0]
        if kind != "credit":
            said["DueDate"] = (today + timedelta(days=int(due_day))).isoformat()
        write = write_credit_note if kind == "credit" else write_invoice
        document = write(by_hand(organisation, at), Element(said, "Document")).row
        assert isinstance(document, Document)
        if document.currency == organisation.currency:
            document.rate = None
        _settle(organisation, document, fate, at + timedelta(days=1), more[1] if len(more) > 1 else "090")


def _line(text: str) -> dict[str, Any]:
    """`@item;quantity`, or `description;quantity;price;account`, with `/tax type` where it is not the account's."""
    parts = text.split(";")
    if text.startswith("@"):
        return {"ItemCode": parts[0][1:], "Quantity": Decimal(parts[1])}
    account, _, tax_type = parts[3].partition("/")
    return {
        "Description": parts[0],
        "Quantity": Decimal(parts[1]),
        "UnitAmount": Decimal(parts[2]),
        "AccountCode": account,
    } | ({"TaxType": tax_type} if tax_type else {})


def _settle(organisation: Organisation, document: Document, fate: str, at: datetime, through: str) -> None:
    writing = by_hand(organisation, at)
    if fate in {"paid", "part"}:
        amount = document.total if fate == "paid" else Decimal("100.00")
        bank = organisation.account_by_code(through)
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


def by_hand(organisation: Organisation, at: datetime) -> Writing:
    """A write by somebody in the organisation, for no app."""
    return Writing(organisation, None, may_update=True, at=whole(at))


def whole(at: datetime) -> datetime:
    """A moment in whole milliseconds, as Xero keeps it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
