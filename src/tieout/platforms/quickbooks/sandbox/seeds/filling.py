"""Making up years of trade, for measuring and for crowded demonstrations: a seed repeats them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Regime, Role
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.writing import create, void
from tieout.platforms.quickbooks.sandbox.figures import ZERO, cents
from tieout.platforms.quickbooks.sandbox.seeds.planning import VOID, Party, Plan, Planned, plan_trade

LINES_MAX = 5
_ITEMS_LEAST, _ITEMS_MOST, _DOCUMENTS_PER_ITEM = 6, 40, 100
_WORDS = (
    "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ironwood", "Juniper", "Larch", "Maple",
    "Oak", "Poplar", "Rowan", "Sycamore", "Walnut", "Willow",
)  # fmt: skip
_TRADES = ("Bakery", "Builders", "Clinic", "Dental", "Electric", "Foods", "Garden", "Hotel", "Legal", "Motors")
_SUPPLIES = ("Fuel", "Hardware", "Insurance", "Office Supply", "Power", "Rentals", "Telecom", "Timber", "Water")
_WORK = ("Advice", "Care", "Delivery", "Design", "Inspection", "Installation", "Planting", "Repair", "Survey")
_PRICES = (1_200, 2_500, 4_500, 7_500, 9_900, 15_000)
"""In hundredths; every item is a little dearer than one of them."""
_NOON = time(20, tzinfo=UTC)
"""The hour of made-up work, which is on the same day from California to London."""
_SECONDS_BETWEEN = 7
_USED_BY = {"CreditMemo": "Payment", "VendorCredit": "BillPayment"}
_SALE, _EXPENSE = "SalesItemLineDetail", "AccountBasedExpenseLineDetail"


@dataclass(slots=True)
class _Filler:
    """One fill under way. `made` has what every happening of the plan became, if anything."""

    books: Books
    random: Random
    mark: str
    ends: datetime
    customers: list[str] = field(default_factory=list)
    vendors: list[str] = field(default_factory=list)
    items: list[tuple[str, Decimal]] = field(default_factory=list)
    expenses: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    made: list[Record | None] = field(default_factory=list)
    credits: dict[tuple[str, int], list[Record]] = field(default_factory=dict)
    """Open credits by what may use them and party."""
    counts: dict[str, int] = field(default_factory=dict)
    serial: int = 0

    def write(self, kind: str, body: dict[str, Any]) -> Record:
        return create(self.books, KINDS[kind], body)

    def happen(self, planned: Planned, parties: Mapping[str, tuple[Party, ...]]) -> None:
        """Write it. A payment that finds nothing open any more is another invoice, so that the count is kept."""
        record: Record | None
        if planned.what == VOID:
            record = self.void(planned)
        elif planned.what in ("Payment", "BillPayment"):
            record = self.pay(planned) or self.document("Invoice", 0, planned, parties)
        else:
            record = self.document(planned.what, planned.party, planned, parties)
        self.made.append(record)
        if record is not None and planned.what in _USED_BY:
            self.credits.setdefault((_USED_BY[planned.what], planned.party), []).append(record)
        if record is not None:
            kind = record.kind.name if planned.what != VOID else VOID
            self.counts[kind] = self.counts.get(kind, 0) + 1

    def document(self, kind: str, party: int, planned: Planned, parties: Mapping[str, tuple[Party, ...]]) -> Record:
        """An invoice, bill, or credit: a credit takes back a line or so."""
        body: dict[str, Any] = {"TxnDate": planned.day.isoformat()}
        sells = kind in ("Invoice", "CreditMemo")
        many = self.random.randint(1, LINES_MAX if kind in ("Invoice", "Bill") else 1)
        lines = [self.sale_line() if sells else self.expense_line(party) for _ in range(many)]
        body["Line"] = lines
        if sells:
            body["CustomerRef"] = {"value": self.customers[party]}
        else:
            self.serial += 1
            body |= {"VendorRef": {"value": self.vendors[party]}, "DocNumber": f"{self.mark}-{self.serial}"}
        if kind in parties:
            body["DueDate"] = (planned.day + timedelta(days=parties[kind][party].terms)).isoformat()
        return self.write(kind, body | self.tax(lines, sells=sells))

    def tax(self, lines: list[dict[str, Any]], *, sells: bool) -> dict[str, Any]:
        books = self.books
        if books.profile.regime is Regime.CODE_PER_LINE:
            return {"GlobalTaxCalculation": "TaxExcluded"}
        taxed = sells and any(line[_SALE]["TaxCodeRef"]["value"] == "TAX" for line in lines)
        if taxed and books.profile.default_tax_code is not None:
            return {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": books.profile.default_tax_code}}}
        return {}

    def sale_line(self) -> dict[str, Any]:
        item, price = self.random.choice(self.items)
        quantity = Decimal(self.random.choice((1, 1, 1, 2, 2, 3, 4, 5, 8, 12)))
        code = self.random.choice(self.codes) if self.codes else self.random.choice(("TAX", "NON"))
        detail = {"ItemRef": {"value": item}, "UnitPrice": price, "Qty": quantity, "TaxCodeRef": {"value": code}}
        return {
            "Amount": price * quantity,
            "Description": f"{self.random.choice(_WORDS)} {self.random.choice(_WORK).lower()}",
            "DetailType": _SALE,
            _SALE: detail,
        }

    def expense_line(self, vendor: int) -> dict[str, Any]:
        """Most of what a vendor sells goes to the same account."""
        usual = self.random.randrange(5) > 0
        account = self.expenses[vendor % len(self.expenses)] if usual else self.random.choice(self.expenses)
        detail: dict[str, Any] = {"AccountRef": {"value": account}}
        if self.codes:
            detail["TaxCodeRef"] = {"value": self.random.choice(self.codes)}
        amount = Decimal(self.random.randint(1_000, 60_000)).scaleb(-2)
        return {"Amount": amount, "DetailType": _EXPENSE, _EXPENSE: detail}

    def pay(self, planned: Planned) -> Record | None:
        """Settle what is open of some documents, all of it or a part, and use the credits that there are for them."""
        lines, total = [], ZERO
        for place in planned.of:
            document = self.made[place]
            amount = document.open if document is not None and not document.shaped.voided else ZERO
            if planned.share is not None:
                amount = cents(amount * planned.share)
            if document is not None and amount > 0:
                link = {"TxnId": document.id, "TxnType": document.kind.name}
                lines.append({"Amount": amount, "LinkedTxn": [link]})
                total += amount
        if not lines:
            return None
        for credit in self.usable(planned, total):
            lines.append({"Amount": credit.open, "LinkedTxn": [{"TxnId": credit.id, "TxnType": credit.kind.name}]})
            total -= credit.open
        body: dict[str, Any] = {"TxnDate": planned.day.isoformat(), "TotalAmt": total, "Line": lines}
        if planned.what == "Payment":
            body["CustomerRef"] = {"value": self.customers[planned.party]}
            if self.random.randrange(4):
                body["DepositToAccountRef"] = {"value": self.books.role(Role.CHECKING)}
        else:
            bank = {"BankAccountRef": {"value": self.books.role(Role.CHECKING)}}
            body |= {"VendorRef": {"value": self.vendors[planned.party]}, "PayType": "Check", "CheckPayment": bank}
        return self.write(planned.what, body)

    def usable(self, planned: Planned, total: Decimal) -> list[Record]:
        """The credits of the party that leave something to pay; a payment in part uses none."""
        waiting = self.credits.get((planned.what, planned.party), []) if planned.share is None else []
        used: list[Record] = []
        while waiting and waiting[0].open < total:
            total -= waiting[0].open
            used.append(waiting.pop(0))
        return used

    def void(self, planned: Planned) -> Record | None:
        record = self.made[planned.of[0]]
        if record is None or record.settlements:
            return None
        return void(self.books, record.kind, {"Id": record.id, "SyncToken": str(record.token)})


def fill(books: Books, documents: int, seed: int) -> dict[str, object]:
    """Make up so many documents; answers how many there are of each kind. A seed works once in a company.

    Every document is entered on the day that it has. Raises `Refusal`, before anything is made, where the books
    are closed or can only be read, and for a seed that was used.
    """
    random = Random(f"fill:{seed}")  # noqa: S311 - made-up documents have to be the same for the same seed
    plan = plan_trade(random, documents, books.today())
    if books.switches.subscription_ended:
        raise refusals.subscription_ended()
    if books.switches.books_closed_on is not None and books.switches.books_closed_on >= plan.starts_on:
        raise refusals.period_closed()
    filler = _Filler(books, random, f"F{seed}", books.clock.now())
    try:
        _prepare(filler, plan, documents)
        parties = {"Invoice": plan.customers, "Bill": plan.vendors}
        today, within = plan.starts_on, 0
        for planned in plan.happenings:
            today, within = planned.day, within + 1 if planned.day == today else 0
            moment = datetime.combine(today, _NOON) + timedelta(seconds=_SECONDS_BETWEEN * within)
            books.acting_at = min(moment, filler.ends)
            filler.happen(planned, parties)
    finally:
        books.acting_at = None
    voided = filler.counts.pop(VOID, 0)
    return {"documents": documents, "seed": seed, "kinds": filler.counts, "voided": voided}


def _prepare(filler: _Filler, plan: Plan, documents: int) -> None:
    """The parties and items of this fill, there before the first document, and the accounts that it uses."""
    books, random, mark = filler.books, filler.random, filler.mark
    books.acting_at = min(datetime.combine(plan.starts_on, _NOON) - timedelta(days=1), filler.ends)
    for kind, parties, trades, ids in (
        ("Customer", plan.customers, _TRADES, filler.customers),
        ("Vendor", plan.vendors, _SUPPLIES, filler.vendors),
    ):
        for place in range(len(parties)):
            name = f"{random.choice(_WORDS)} {random.choice(trades)} {mark}-{kind[0]}{place + 1}"
            ids.append(filler.write(kind, {"DisplayName": name}).id)
    for place in range(min(_ITEMS_MOST, max(_ITEMS_LEAST, documents // _DOCUMENTS_PER_ITEM))):
        price = Decimal(random.choice(_PRICES) + 25 * random.randrange(40)).scaleb(-2)
        body = {
            "Name": f"{random.choice(_WORK)} {mark}-{place + 1}",
            "Type": "Service",
            "UnitPrice": price,
            "IncomeAccountRef": {"value": books.role(Role.SALES)},
        }
        filler.items.append((filler.write("Item", body).id, price))
    accounts = [one for one in books.shelf("Account") if one.active and one.content["AccountType"] == "Expense"]
    filler.expenses = [account.id for account in accounts]
    if books.profile.regime is Regime.CODE_PER_LINE:
        sides = ("SalesTaxRateList", "PurchaseTaxRateList")
        filler.codes = [
            code.id for code in books.shelf("TaxCode") if code.active and all(side in code.content for side in sides)
        ]
