"""Writes documents into the simulated books, and compares their totals in every place where they are told."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from tests.totals.companies import PAGES_MAX, ROWS, Books
from tests.totals.generating import SALES, Made, Maker

from tieout.books.records import Bill, CreditNote, Document, Invoice, Kind, Record, VendorCredit
from tieout.kit.money import from_minor
from tieout.platforms.errors import PlatformRefusal, WriteRefused
from tieout.platforms.port import Operation, Write
from tieout.sync.planning import plan_document
from tieout.sync.stand_ins import with_stand_ins

REFUSED_EVERY = 5
"""Every so many documents are also tried with wrong totals."""
APART = (Decimal("0.01"), Decimal(-100), Decimal("0.001"))
REFUSALS = frozenset({"total_differs", "total_would_differ", "amount_too_precise"})
WRONG_MAX = 20
"""How many differences are told."""
_QUICKBOOKS = {
    Kind.INVOICE: "Invoice",
    Kind.BILL: "Bill",
    Kind.CREDIT_NOTE: "CreditMemo",
    Kind.VENDOR_CREDIT: "VendorCredit",
}
_XERO = {
    Kind.INVOICE: ("Invoices", "InvoiceID"),
    Kind.BILL: ("Invoices", "InvoiceID"),
    Kind.CREDIT_NOTE: ("CreditNotes", "CreditNoteID"),
    Kind.VENDOR_CREDIT: ("CreditNotes", "CreditNoteID"),
}
_CONTROLS = re.compile(r"(Accounts Receivable|Accounts Payable|Debtors|Creditors)\b")
"""What the control accounts are called in all of these books."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a document comes to, somewhere; `home` is its total in the books' own currency."""

    total: Decimal
    tax: Decimal
    home: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A document that was taken: what was predicted of it, and what the answer to its write said."""

    made: Made
    predicted: Figures
    answered: Document


@dataclass
class Outcome:
    """What became of many documents of one company."""

    name: str
    tried: int = 0
    landed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Before anything was sent, by code."""
    wrong: list[str] = field(default_factory=list)

    def compare(self, number: str, what: str, ours: object, theirs: object) -> None:
        """Note a difference."""
        if ours != theirs and len(self.wrong) < WRONG_MAX:
            self.wrong.append(f"{self.name} {number}: {what} is {ours} in Tieout and {theirs} in the books")


async def run(books: Books, seed: int, numbers: Sequence[int]) -> Outcome:
    """Push documents one by one; then ask the books for all of them, and for what their ledger owes and is owed."""
    outcome, maker = Outcome(books.name), Maker(books, seed)
    sent: dict[Kind, dict[str, Sent]] = {}
    before = await _controls(books)
    for number in numbers:
        made = maker.make(number)
        outcome.tried += 1
        taken = await _push(books, made, outcome)
        if taken is not None:
            sent.setdefault(made.kind, {})[str(taken.answered.external_id)] = taken
    for kind, of_kind in sent.items():
        shown = await _shown(books, kind)
        for external_id, one in of_kind.items():
            _compare(books, outcome, one, shown.get(external_id))
            outcome.landed += 1
    everything = [one for of_kind in sent.values() for one in of_kind.values()]
    owed = sum((one.predicted.home or Decimal(0) for one in everything if _is_debit(one.made.kind)), Decimal(0))
    owed -= sum((one.predicted.home or Decimal(0) for one in everything if not _is_debit(one.made.kind)), Decimal(0))
    outcome.compare("all together", "what is owed and owing", owed, await _controls(books) - before)
    return outcome


def _is_debit(kind: Kind) -> bool:
    return kind in (Kind.INVOICE, Kind.VENDOR_CREDIT)


async def _push(books: Books, made: Made, outcome: Outcome) -> Sent | None:
    """Plan, predict and send, as a lane would; None for what was refused."""
    try:
        document = _plan(books, made)
        write = _write(books, made, document)
        request = books.platform.plan_write(books.company.external_id, write)
        prediction = books.platform.predict(write)
    except WriteRefused as refusal:
        outcome.refused[refusal.explanation.code] += 1
        return None
    assert prediction is not None
    if outcome.tried % REFUSED_EVERY == 0:
        _check_refusals(books, write, document, outcome)
    try:
        change = books.platform.read_written(write, await books.call(request))
    except PlatformRefusal as refusal:
        outcome.compare(made.number, str(made.kind), "sent", f"refused: {refusal.explanation.code} {refusal.native}")
        return None
    assert change is not None
    answered = change.record
    assert isinstance(answered, Document), answered
    if prediction.home_total is None:  # the platform took a rate of its own
        with_rate = replace(write, record=replace(document, exchange_rate=answered.exchange_rate))
        prediction = books.platform.predict(with_rate)
        assert prediction is not None
    return Sent(
        made,
        Figures(prediction.total, prediction.tax, prediction.home_total),
        replace(answered, external_id=change.ref.external_id),
    )


def _check_refusals(books: Books, write: Write, document: Document, outcome: Outcome) -> None:
    """The same document with another total than its lines make is never sent."""
    for apart in APART:
        wrong: Any = replace(document, total=document.total + apart)
        try:
            books.platform.plan_write(books.company.external_id, replace(write, record=wrong))
        except WriteRefused as refusal:
            told = refusal.explanation.code
        else:
            told = "sent"
        if told not in REFUSALS:
            outcome.compare(str(document.number), f"with {apart} more, it", "refused", told)


def _plan(books: Books, made: Made) -> Invoice | Bill | CreditNote | VendorCredit:
    draft = made.draft()
    if draft.is_sale and books.platform.sales_lines_need_items:
        draft = with_stand_ins(draft, books.chart, books.company_id)
    return replace(plan_document(draft, books.present, books.chart), exchange_rate=made.exchange_rate)


def _write(books: Books, made: Made, document: Record) -> Write:
    return Write(
        operation=Operation.CREATE,
        kind=made.kind,
        record=document,
        key=f"totals-{made.number}",
        company=books.company,
        tax_rates=books.tax_rates,
        accounts=books.accounts,
        items=books.items,
    )


def _compare(books: Books, outcome: Outcome, sent: Sent, there: Figures | None) -> None:
    """Tieout's own total, the predicted one, the answered one and the one in the books' own list."""
    made, predicted, answered = sent.made, sent.predicted, sent.answered
    if there is None:
        outcome.compare(made.number, str(made.kind), "there", "absent")
        return
    total, tax = (from_minor(figure, made.currency) for figure in (made.total_minor, made.tax_minor))
    outcome.compare(made.number, "the total", total, there.total)
    outcome.compare(made.number, "the predicted total", predicted.total, there.total)
    outcome.compare(made.number, "the predicted tax", predicted.tax, there.tax)
    outcome.compare(made.number, "the answered total", answered.total, there.total)
    if made.kind in SALES or books.company.taxes_purchases:
        outcome.compare(made.number, "the tax", tax, there.tax)
    if there.home is not None:
        outcome.compare(made.number, "the predicted total at home", predicted.home, there.home)


async def _shown(books: Books, kind: Kind) -> Mapping[str, Figures]:
    """All documents of a kind by id, as the platform's own list shows them."""
    found: dict[str, Figures] = {}
    for page in range(PAGES_MAX):
        if books.platform.name == "quickbooks":
            native = _QUICKBOOKS[kind]
            query = f"select * from {native} startposition {page * ROWS + 1} maxresults {ROWS}"  # noqa: S608 - Intuit's language
            answer = await books.ask(f"/v3/company/{books.company.external_id}/query", query=query)
            rows = answer.get("QueryResponse", {}).get(native, [])
            for row in rows:
                tax = row.get("TxnTaxDetail", {}).get("TotalTax", 0)
                home = row.get("HomeTotalAmt")
                shown = Figures(_money(row["TotalAmt"]), _money(tax), None if home is None else _money(home))
                found[row["Id"]] = shown
        else:
            plural, id_name = _XERO[kind]
            rows = (await books.ask(f"/api.xro/2.0/{plural}", page=page + 1, pageSize=ROWS))[plural]
            found |= {row[id_name]: Figures(_money(row["Total"]), _money(row["TotalTax"])) for row in rows}
        if len(rows) < ROWS:
            return found
    raise AssertionError("the list does not end")


async def _controls(books: Books) -> Decimal:
    """What the ledger's control accounts come to, receivable and payable together, debit positive."""
    told = await books.ask(f"/_sandbox/companies/{books.company.external_id}/trial-balance")
    rows = [row for row in told["accounts"] if _CONTROLS.match(row["name"])]
    return sum((_money(row["debit"]) - _money(row["credit"]) for row in rows), Decimal(0))


def _money(figure: object) -> Decimal:
    return Decimal(str(figure))
