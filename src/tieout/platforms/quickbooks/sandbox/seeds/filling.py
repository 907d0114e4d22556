"""Making up documents by the thousand, for measuring and for crowded demonstrations: a seed repeats them."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Regime, Role
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.writing import create

INVOICES_IN_100, BILLS_IN_100, PAYMENTS_IN_100 = 70, 15, 10
"""What a hundred documents are; the rest are bill payments."""
DOCUMENTS_PER_PARTY = 25
PARTIES_LEAST = 5
LINES_MAX = 5
BACK_DAYS = 365
"""How far back document dates reach. Times of creation run up to now, a second apart."""
_WORDS = (
    "Alder",
    "Birch",
    "Cedar",
    "Dogwood",
    "Elm",
    "Fir",
    "Ginkgo",
    "Hazel",
    "Ironwood",
    "Juniper",
    "Larch",
    "Maple",
)
_TRADES = ("Bakery", "Builders", "Clinic", "Dental", "Electric", "Foods", "Garden", "Hotel", "Legal", "Motors")


@dataclass(slots=True)
class _Filler:
    """One fill under way."""

    books: Books
    random: Random
    mark: str
    customers: list[str]
    vendors: list[str]
    items: list[str]
    expenses: list[str]
    open_invoices: list[Record]
    open_bills: list[Record]
    serial: int = 0

    def write(self, kind: str, body: dict[str, Any]) -> Record:
        return create(self.books, KINDS[kind], body)

    def document(self) -> str:
        """One document; a payment needs something open, and is an invoice where there is nothing."""
        draw = self.random.randrange(100)
        if draw >= INVOICES_IN_100 + BILLS_IN_100 + PAYMENTS_IN_100 and self.open_bills:
            return self.pay(self.open_bills, "BillPayment")
        if draw >= INVOICES_IN_100 + BILLS_IN_100 and self.open_invoices:
            return self.pay(self.open_invoices, "Payment")
        if INVOICES_IN_100 <= draw < INVOICES_IN_100 + BILLS_IN_100:
            return self.bill()
        return self.invoice()

    def invoice(self) -> str:
        lines = [self.sale_line() for _ in range(self.random.randint(1, LINES_MAX))]
        body: dict[str, Any] = {
            "CustomerRef": {"value": self.random.choice(self.customers)},
            "TxnDate": self.day(),
            "Line": lines,
        }
        record = self.write("Invoice", body | self.tax(lines))
        self.open_invoices.append(record)
        return record.kind.name

    def tax(self, lines: list[dict[str, Any]]) -> dict[str, Any]:
        if self.books.profile.regime is Regime.CODE_PER_LINE:
            return {"GlobalTaxCalculation": "TaxExcluded"}
        if any(line["SalesItemLineDetail"]["TaxCodeRef"]["value"] == "TAX" for line in lines):
            return {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": self.books.profile.default_tax_code}}}
        return {}

    def sale_line(self) -> dict[str, Any]:
        price = Decimal(self.random.randint(500, 40_000)).scaleb(-2)
        quantity = Decimal(self.random.randint(1, 8))
        code = self.random.choice(("TAX", "NON"))
        if self.books.profile.regime is Regime.CODE_PER_LINE:
            code = self.random.choice(self.codes())
        return {
            "Amount": price * quantity,
            "Description": f"{self.random.choice(_WORDS)} work",
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": self.random.choice(self.items)},
                "UnitPrice": price,
                "Qty": quantity,
                "TaxCodeRef": {"value": code},
            },
        }

    def bill(self) -> str:
        lines = []
        for _ in range(self.random.randint(1, LINES_MAX)):
            detail: dict[str, Any] = {"AccountRef": {"value": self.random.choice(self.expenses)}}
            if self.books.profile.regime is Regime.CODE_PER_LINE:
                detail["TaxCodeRef"] = {"value": self.random.choice(self.codes())}
            amount = Decimal(self.random.randint(1_000, 90_000)).scaleb(-2)
            kind = "AccountBasedExpenseLineDetail"
            lines.append({"Amount": amount, "DetailType": kind, kind: detail})
        self.serial += 1
        body: dict[str, Any] = {
            "VendorRef": {"value": self.random.choice(self.vendors)},
            "TxnDate": self.day(),
            "DocNumber": f"{self.mark}-{self.serial}",
            "Line": lines,
        }
        if self.books.profile.regime is Regime.CODE_PER_LINE:
            body["GlobalTaxCalculation"] = "TaxExcluded"
        record = self.write("Bill", body)
        self.open_bills.append(record)
        return record.kind.name

    def pay(self, waiting: list[Record], kind: str) -> str:
        """Pay a document in full, or every fourth time in part."""
        place = self.random.randrange(len(waiting))
        document = waiting[place]
        amount = document.open
        if self.random.randrange(4) == 0 and amount > 1:
            amount = (amount / 2).quantize(Decimal("0.01"))
        if amount == document.open:
            waiting[place] = waiting[-1]
            waiting.pop()
        link = {"Amount": amount, "LinkedTxn": [{"TxnId": document.id, "TxnType": document.kind.name}]}
        body: dict[str, Any] = {"TxnDate": self.day(), "TotalAmt": amount, "Line": [link]}
        if kind == "Payment":
            body["CustomerRef"] = document.content["CustomerRef"]
        else:
            bank = {"BankAccountRef": {"value": self.books.role(Role.CHECKING)}}
            body |= {"VendorRef": document.content["VendorRef"], "PayType": "Check", "CheckPayment": bank}
        return self.write(kind, body).kind.name

    def codes(self) -> list[str]:
        return [code.id for code in self.books.shelf("TaxCode") if code.active]

    def day(self) -> str:
        return (self.books.today() - timedelta(days=self.random.randrange(BACK_DAYS))).isoformat()


def fill(books: Books, documents: int, seed: int) -> dict[str, object]:
    """Make up so many documents; answers how many there are of each kind. A seed works once in a company."""
    random = Random(f"fill:{seed}")  # noqa: S311 - made-up documents have to be the same for the same seed
    mark = f"F{seed}"
    ends = books.clock.now()
    counts: dict[str, int] = {}
    try:
        books.acting_at = ends - timedelta(seconds=documents)
        filler = _begin(books, random, mark, documents)
        for place in range(documents):
            books.acting_at = ends - timedelta(seconds=documents - place - 1)
            kind = filler.document()
            counts[kind] = counts.get(kind, 0) + 1
    finally:
        books.acting_at = None
    return {"documents": documents, "seed": seed, "kinds": counts}


def _begin(books: Books, random: Random, mark: str, documents: int) -> _Filler:
    """The parties of this fill, and the items and accounts that it uses."""
    many = max(PARTIES_LEAST, documents // DOCUMENTS_PER_PARTY)
    names = [f"{random.choice(_WORDS)} {random.choice(_TRADES)} {mark}-{place + 1}" for place in range(many * 2)]
    customers = [create(books, KINDS["Customer"], {"DisplayName": name}).id for name in names[:many]]
    vendors = [create(books, KINDS["Vendor"], {"DisplayName": name}).id for name in names[many:]]
    items = [item.id for item in books.shelf("Item") if item.active and item.content["Type"] != "Inventory"]
    expenses = [
        account.id
        for account in books.shelf("Account")
        if account.active and account.content["AccountType"] == "Expense"
    ]
    return _Filler(books, random, mark, customers, vendors, items, expenses, [], [])
