"""Journal entries: lines that debit and credit accounts at will, as long as both sides come to the same."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange import check_account, in_home, read_exchange
from tieout.platforms.quickbooks.sandbox.accounting.documents import (
    PURCHASE_SIDE,
    SALES_SIDE,
    charges_tax_by_document,
    document_content,
    grouped,
    identified,
    line_amount,
    rates_of,
    sent_lines,
    shown_detail,
    tax_account,
)
from tieout.platforms.quickbooks.sandbox.accounting.money.openings import named_party, opened, summed
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped
from tieout.platforms.quickbooks.sandbox.accounting.taxes.arithmetic import Rate, split
from tieout.platforms.quickbooks.sandbox.accounting.wishes import (
    Wish,
    check_lengths,
    pointer,
    refuse_unsimulated,
)
from tieout.platforms.quickbooks.sandbox.figures import ZERO, cents, figure, money
from tieout.sandbox.ledger import JournalLine, debit

_DETAIL = "JournalEntryLineDetail"
_SIGNS = {"Debit": 1, "Credit": -1}
_SIDES = {"Sales": SALES_SIDE, "Purchase": PURCHASE_SIDE}
_SIDES_LEAST = 2
_MADE_BY_THE_BOOKS = ("JournalEntryEx", "TotalAmt", "HomeTotalAmt")


@dataclass(frozen=True, slots=True)
class _Tax:
    """The tax on a line: what each rate of its code comes to, and on how much."""

    net: Decimal
    by_rate: tuple[tuple[Rate, Decimal], ...]

    @property
    def amount(self) -> Decimal:
        return sum((amount for _, amount in self.by_rate), ZERO)


_UNTAXED = _Tax(ZERO, ())


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line that posts. `amount` is a debit above zero, and a credit below."""

    account: Record
    party: Record | None
    amount: Decimal
    tax: _Tax = _UNTAXED

    @property
    def sign(self) -> int:
        return -1 if self.amount < 0 else 1


def shape_journal_entry(wish: Wish) -> Shaped:
    """A journal entry. Raises `Refusal`: 2020, 2300 when its sides differ, 6000."""
    refuse_unsimulated(wish.body, ["HomeCurrencyAdjustment", "EnteredInHomeCurrency"])
    exchange = read_exchange(wish)
    content = document_content(wish, exchange)
    for field in _MADE_BY_THE_BOOKS:
        content.pop(field, None)
    entries: list[_Entry] = []
    shown: list[dict[str, Any]] = []
    for line in sent_lines(wish):
        check_lengths(line, {"Description": 4000})
        if line["DetailType"] == _DETAIL:
            entry, told = _read_line(wish, line)
            entries.append(entry)
            shown.append(told)
        elif line["DetailType"] == "DescriptionOnly":
            shown.append({key: value for key, value in line.items() if key != "Amount"})
        else:
            raise refusals.NotSimulatedError(f"a line of type {line['DetailType']} in a journal entry")
    if len(entries) < _SIDES_LEAST:
        raise refusals.business("Fill out at least two detail lines to continue.")
    _check_balanced(entries)
    content.setdefault("Adjustment", False)
    content["Line"], line_ids = identified(wish, shown, first=0, in_order=False)
    content |= {"TotalAmt": 0, "TxnTaxDetail": _shown_tax(wish, entries)}
    if not charges_tax_by_document(wish.books) and any(one.tax is not _UNTAXED for one in entries):
        content["GlobalTaxCalculation"] = wish.need("GlobalTaxCalculation")
    for one in entries:
        check_account(wish.books, exchange, one.account)
    first, *others = _postings(wish, entries)
    return Shaped(
        content,
        openings=summed(opened(wish.books, exchange, one.account, one.party, one.amount) for one in entries),
        lines=grouped(in_home(wish.books, exchange, first, others)),
        exchange=exchange,
        line_ids=line_ids,
    )


def _read_line(wish: Wish, line: dict[str, Any]) -> tuple[_Entry, dict[str, Any]]:
    detail = dict(line.get(_DETAIL) or {})
    posting = detail.get("PostingType")
    if posting is None:
        raise refusals.missing("PostingType")
    if detail.get("AccountRef") is None:
        raise refusals.missing("AccountRef")
    stands = wish.standing is not None
    account = wish.books.resolve(detail["AccountRef"], "Account", inactive_too=stands)
    amount = line_amount(line)
    if amount < 0:
        raise refusals.business("The amount of a journal line cannot be negative: change its posting type")
    for field, kind in (("ClassRef", "Class"), ("DepartmentRef", "Department")):
        if detail.get(field) is not None:
            wish.books.resolve(detail[field], kind, inactive_too=stands)
    if detail.get("BillableStatus") == "Billable":
        raise refusals.NotSimulatedError("a billable journal line")
    party = _party(wish, detail.get("Entity"))
    tax = _tax(wish, detail, amount)
    told = {key: value for key, value in line.items() if key not in ("Amount", _DETAIL, "LinkedTxn")}
    entity = {"Type": party.kind.name, "EntityRef": pointer(party)} if party is not None else None
    told |= {"Amount": money(amount), _DETAIL: shown_detail(detail, AccountRef=pointer(account), Entity=entity)}
    return _Entry(account, party, _SIGNS[posting] * amount, tax), told


def _party(wish: Wish, entity: dict[str, Any] | None) -> Record | None:
    if not entity:
        return None
    if entity.get("EntityRef") is None:
        raise refusals.missing("EntityRef")
    return named_party(wish.books, entity["EntityRef"], entity.get("Type"), inactive_too=wish.standing is not None)


def _tax(wish: Wish, detail: dict[str, Any], amount: Decimal) -> _Tax:
    """The tax that a line states, spread over the rates of its code. Raises `Refusal`: 2020, 6000, 6160."""
    reference = detail.get("TaxCodeRef")
    if reference is None:
        if detail.get("TaxAmount"):
            raise refusals.tax_code_needed()
        return _UNTAXED
    if charges_tax_by_document(wish.books):
        raise refusals.business("Sales tax cannot be added to journal entries in this company")
    for field in ("TaxApplicableOn", "TaxAmount"):
        if detail.get(field) is None:
            raise refusals.missing(field)
    stated = cents(Decimal(detail["TaxAmount"]))
    if wish.body.get("GlobalTaxCalculation") == "TaxInclusive":
        _check_inclusive(detail, amount + stated)
    rates = _rates(wish, reference, _SIDES[detail["TaxApplicableOn"]])
    if stated and not any(rate.percent for rate in rates):
        raise refusals.business("A tax amount was given for a tax code without a rate")
    return _Tax(amount, tuple(zip(rates, split(stated, [rate.percent for rate in rates]), strict=True)))


def _check_inclusive(detail: dict[str, Any], gross: Decimal) -> None:
    if detail.get("TaxInclusiveAmt") is None:
        raise refusals.missing("TaxInclusiveAmt")
    if cents(Decimal(detail["TaxInclusiveAmt"])) != gross:
        raise refusals.business("TaxInclusiveAmt has to be the amount with its tax")


def _rates(wish: Wish, reference: dict[str, Any], side: str) -> tuple[Rate, ...]:
    code = wish.books.shelf("TaxCode").get(str(reference.get("value")))
    if code is None or not code.active or side not in code.content:
        raise refusals.tax_code_invalid(str(reference.get("value")))
    return rates_of(wish.books, code, side, wish.day("TxnDate") or wish.books.today())


def _check_balanced(entries: list[_Entry]) -> None:
    """2300 when the debits with their tax differ from the credits with theirs."""
    sides = {
        sign: sum((abs(one.amount) + one.tax.amount for one in entries if one.sign == sign), ZERO) for sign in (1, -1)
    }
    if sides[1] != sides[-1]:
        raise refusals.unbalanced(cents(sides[1]), cents(sides[-1]))


def _shown_tax(wish: Wish, entries: list[_Entry]) -> dict[str, Any]:
    """`TxnTaxDetail` by rate. Stated tax lines are not overridden, so they have to say the same; 6000 otherwise."""
    amounts: dict[Rate, tuple[Decimal, Decimal]] = {}
    for one in entries:
        for rate, amount in one.tax.by_rate:
            net, before = amounts.get(rate, (ZERO, ZERO))
            amounts[rate] = (net + one.tax.net, before + amount)
    stated = (wish.body.get("TxnTaxDetail") or {}).get("TaxLine") or []
    total = sum((amount for _, amount in amounts.values()), ZERO)
    if stated and sum((line_amount(line) for line in stated), ZERO) != total:
        raise refusals.business("The tax lines have to come to the tax amounts of the journal lines")
    lines = [
        {
            "Amount": money(amount),
            "DetailType": "TaxLineDetail",
            "TaxLineDetail": {
                "TaxRateRef": {"value": rate.id},
                "PercentBased": True,
                "TaxPercent": figure(rate.percent),
                "NetAmountTaxable": money(net),
            },
        }
        for rate, (net, amount) in amounts.items()
    ]
    return {"TotalTax": money(total), "TaxLine": lines} if lines else {}


def _postings(wish: Wish, entries: list[_Entry]) -> list[JournalLine]:
    """Each line on its account, and its tax on the same side of the accounts of its rates."""
    posted = []
    for one in entries:
        posted.append(debit(one.account.id, one.amount))
        posted += [debit(tax_account(wish.books, rate), one.sign * amount) for rate, amount in one.tax.by_rate]
    return posted
