"""What every document shares: its date and number, its lines' ids, and the tax codes it uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Regime
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange import require_home
from tieout.platforms.quickbooks.sandbox.accounting.currencies.rates import Exchange
from tieout.platforms.quickbooks.sandbox.accounting.links import check_links
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.taxes.arithmetic import (
    Basis,
    Outcome,
    Rate,
    TaxedLine,
    missing_rates,
    percent_on,
    plan_exclusive,
    plan_inclusive,
    plan_stated,
)
from tieout.platforms.quickbooks.sandbox.accounting.taxes.rates import periods_of
from tieout.platforms.quickbooks.sandbox.accounting.wishes import (
    DOCUMENT_NUMBER_MAX,
    ENVELOPE,
    LINES_MAX,
    LINES_TAXABLE_MAX,
    PRIVATE_NOTE_MAX,
    Wish,
    check_lengths,
    keep,
    refuse_unsimulated,
)
from tieout.platforms.quickbooks.sandbox.figures import ZERO, cents, figure, money
from tieout.sandbox.ledger import JournalLine

AUTO_NUMBER = "AUTO-GENERATE"
DERIVED = ENVELOPE | {
    "Balance", "HomeBalance", "HomeTotalAmt", "LinkedTxn", "RemainingCredit", "UnappliedAmt", "TxnTaxDetail",
}  # fmt: skip
"""Fields of documents that the books make themselves."""
_FIGURES_NOT_COMPUTED = ("Deposit", "DiscountRate", "DiscountAmt", "LessCIS", "ConvenienceFeeDetail", "RecurDataRef")
SALES_SIDE, PURCHASE_SIDE = "SalesTaxRateList", "PurchaseTaxRateList"
_CHECKS = {"BillPayment": "PayType", "Purchase": "PaymentType"}
"""What may be a check, and the field that says so."""
_OF_THE_LINE = frozenset({"Id", "LineNum", "CustomExtensions"})
"""Fields of a line that the books make themselves."""
_NO_TAX = "NotApplicable"
_INCLUSIVE = "TaxInclusive"


@dataclass(frozen=True, slots=True)
class Line:
    """A line that moves money: as it is shown, what it comes to, and what it means to the books."""

    content: dict[str, Any]
    detail: str
    amount: Decimal
    account_id: str
    tax_code: str | None
    item: Record | None = None
    quantity: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class DocumentTax:
    """The tax of a document, and how it is shown."""

    outcome: Outcome
    shown: dict[str, Any]
    stated: dict[str, Any] | None
    inclusive: bool = False


def document_content(wish: Wish, exchange: Exchange | None = None) -> dict[str, Any]:
    """The fields a document keeps as sent, its date and its notes. Raises `Refusal`.

    `exchange` is what `read_exchange` told; a document without one is in the home currency, or not simulated.
    """
    body = wish.body
    if exchange is None:
        require_home(wish)
    check_lengths(body, {"DocNumber": DOCUMENT_NUMBER_MAX, "PrivateNote": PRIVATE_NOTE_MAX})
    refuse_unsimulated(body, _FIGURES_NOT_COMPUTED)
    check_links(wish)
    for line in body.get("Line") or ():
        refuse_unsimulated(line, ["CustomExtensions"])
    for field, kind in (("ClassRef", "Class"), ("DepartmentRef", "Department")):
        wish.resolve(field, kind)
    content = keep(body, DERIVED)
    content["TxnDate"] = (wish.day("TxnDate") or wish.books.today()).isoformat()
    return content


def sent_lines(wish: Wish) -> list[dict[str, Any]]:
    """The lines that were sent, without the subtotal that the books add themselves; 2020 without any."""
    lines = wish.body.get("Line")
    if not lines:
        raise refusals.missing("Line")
    if len(lines) > LINES_MAX:
        raise refusals.business(f"A transaction can have at most {LINES_MAX} lines")
    for line in lines:
        if line.get("DetailType") is None:
            raise refusals.missing("DetailType")
    return [dict(line) for line in lines if line["DetailType"] != "SubTotalLineDetail"]


def identified(
    wish: Wish, lines: Sequence[dict[str, Any]], *, first: int = 1, in_order: bool = True
) -> tuple[list[dict[str, Any]], int]:
    """The lines with ids from `first` on and, `in_order`, their places, and the last id that was ever used.

    A line keeps the id of a standing line that it names; others get new ones.
    """
    standing = wish.standing
    free = {line.get("Id") for line in standing.content.get("Line", ())} if standing is not None else set()
    highest = standing.shaped.line_ids if standing is not None else first - 1
    told = []
    for number, line in enumerate(lines, 1):
        if line.get("Id") in free and line.get("Id") is not None:
            line_id = line["Id"]
            free.discard(line_id)
        else:
            highest += 1
            line_id = str(highest)
        place = {"LineNum": number} if in_order else {}
        told.append({"Id": line_id} | place | {k: v for k, v in line.items() if k not in _OF_THE_LINE})
    return told, highest


def line_detail(line: Mapping[str, Any]) -> dict[str, Any]:
    """What a line says of itself. A price and a quantity of zero together say nothing, as clients' defaults do."""
    detail = dict(line.get(line["DetailType"]) or {})
    if not detail.get("UnitPrice") and not detail.get("Qty"):
        detail.pop("UnitPrice", None)
        detail.pop("Qty", None)
    return detail


def line_amount(line: Mapping[str, Any]) -> Decimal:
    """A line's amount, rounded to the cent; 2020 without one."""
    amount = line.get("Amount")
    if amount is None:
        raise refusals.missing("Amount")
    return cents(Decimal(amount))


def shown_detail(detail: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A line's detail as it is shown: figures without idle zeros, and what the books filled in."""
    told = {key: figure(value) if isinstance(value, Decimal) else value for key, value in detail.items()}
    return {**told, **{key: value for key, value in changes.items() if value is not None}}


def numbered(wish: Wish, content: dict[str, Any]) -> None:
    """Give a sales form its number: what was sent, what it had, or the next one."""
    number = wish.body.get("DocNumber")
    automatic = number is None and wish.standing is None and not wish.books.switches.custom_numbers
    if number == AUTO_NUMBER or automatic:
        content["DocNumber"] = wish.books.next_number(wish.kind)
    elif number is None:
        content.pop("DocNumber", None)
    if wish.books.switches.warn_duplicate_sales_numbers:
        check_number_free(wish, content)


def check_number_free(wish: Wish, content: Mapping[str, Any]) -> None:
    """6140 when another document of the kind has the number and the client did not ask to allow that."""
    number = content.get("DocNumber")
    if number is None or "allowduplicatedocnum" in wish.include:
        return
    own = wish.standing.id if wish.standing is not None else None
    if wish.standing is not None and wish.standing.content.get("DocNumber") == number:
        return
    for other in wish.books.numbers.get((wish.kind.name, number), ()):
        if other != own:
            raise refusals.duplicate_number(number, wish.kind.name, other)


def check_check_number_free(wish: Wish, content: Mapping[str, Any]) -> None:
    """6140 when another check has the number: those that pay bills and those that pay at once are one series."""
    number = content.get("DocNumber")
    standing = wish.standing.content.get("DocNumber") if wish.standing is not None else None
    if number in (None, standing) or "allowduplicatedocnum" in wish.include:
        return
    for kind, field in _CHECKS.items():
        for other in wish.books.numbers.get((kind, str(number)), ()):
            if wish.books.shelf(kind).records[other].content[field] == "Check":
                raise refusals.duplicate_number(str(number), kind, other)


def check_stock_day(item: Record | None, on: date) -> None:
    """6270 for a movement of stock before the item's first day."""
    start = item.content.get("InvStartDate") if item is not None else None
    if item is not None and start is not None and on < date.fromisoformat(start):
        raise refusals.before_stock(item.content["Name"])


def rates_of(books: Books, code: Record, side: str, on: date) -> tuple[Rate, ...]:
    """The rates that a tax code brings on one side of the books, with what they are on a day."""
    return tuple(_rate(books, detail, on) for detail in code.content.get(side, {}).get("TaxRateDetail", ()))


def _rate(books: Books, detail: Mapping[str, Any], on: date) -> Rate:
    record = books.shelf("TaxRate").records[detail["TaxRateRef"]["value"]]
    basis = Basis(detail.get("TaxTypeApplicable", Basis.AMOUNT))
    percent = percent_on(periods_of(record), on)
    return Rate(record.id, percent, int(detail.get("TaxOrder", 0)), basis, detail.get("TaxOnTaxOrder"))


def tax_account(books: Books, rate: Rate) -> str:
    """The account that a rate is owed on."""
    return books.tax_accounts[books.shelf("TaxRate").records[rate.id].content["AgencyRef"]["value"]]


def stated_tax(wish: Wish) -> dict[str, Any] | None:
    """The amounts of tax that the client states, if it does."""
    detail = wish.body.get("TxnTaxDetail") or {}
    stated = {field: detail[field] for field in ("TotalTax", "TaxLine") if detail.get(field) not in (None, [])}
    return stated or None


def tax_by_line(wish: Wish, content: dict[str, Any], lines: Sequence[Line], side: str) -> DocumentTax:
    """Tax where every line names its code. Raises `Refusal`: 2020, 6160, 6170, 6230, 6000."""
    mode = wish.body.get("GlobalTaxCalculation")
    if not wish.books.switches.sales_tax_set_up:
        if mode not in (None, _NO_TAX):
            raise refusals.no_sales_tax()
        mode = _NO_TAX
    if mode is None:
        raise refusals.missing("GlobalTaxCalculation")
    content["GlobalTaxCalculation"] = mode
    stated = stated_tax(wish)
    if mode == _NO_TAX:
        if stated is not None and (stated.get("TaxLine") or stated.get("TotalTax")):
            raise refusals.tax_not_applicable()
        return DocumentTax(Outcome((), tuple(line.amount for line in lines)), {"TotalTax": 0}, None)
    on = day_of(content)
    taxed = [TaxedLine(line.amount, _line_rates(wish, line, side, on)) for line in lines]
    inclusive = mode == _INCLUSIVE
    outcome = plan_inclusive(taxed) if inclusive else plan_exclusive(taxed)
    if stated is not None and stated.get("TaxLine"):
        amounts = stated_rates(stated["TaxLine"], outcome)
        if missing_rates(taxed, amounts):
            raise refusals.business("An error occurred while calculating tax: every rate of the codes needs a tax line")
        outcome = plan_stated(outcome, amounts, inclusive=inclusive)
    else:
        stated = None
    if len(lines) > LINES_TAXABLE_MAX:
        raise refusals.business(f"A taxable transaction can have at most {LINES_TAXABLE_MAX} lines")
    return DocumentTax(outcome, shown_tax(outcome), stated, inclusive)


def _line_rates(wish: Wish, line: Line, side: str, on: date) -> tuple[Rate, ...]:
    if line.tax_code is None:
        raise refusals.tax_code_needed()
    code = wish.books.shelf("TaxCode").get(line.tax_code)
    if code is None or not code.active or side not in code.content:
        raise refusals.tax_code_invalid(line.tax_code)
    return rates_of(wish.books, code, side, on)


def stated_rates(tax_lines: Sequence[Mapping[str, Any]], computed: Outcome) -> dict[str, Decimal]:
    """Stated amounts by rate. Raises `Refusal` 6000 for a rate that the document does not use."""
    known = {one.rate.id for one in computed.amounts}
    amounts: dict[str, Decimal] = {}
    for line in tax_lines:
        rate_id = line.get("TaxLineDetail", {}).get("TaxRateRef", {}).get("value")
        if rate_id is None:
            raise refusals.missing("TaxRateRef")
        if rate_id not in known and line_amount(line):
            raise refusals.business(f"Invalid Tax Rate id {rate_id}")
        amounts[rate_id] = amounts.get(rate_id, ZERO) + line_amount(line)
    return amounts


def shown_tax(outcome: Outcome, code: Record | None = None) -> dict[str, Any]:
    """`TxnTaxDetail` as it is shown."""
    told: dict[str, Any] = {"TxnTaxCodeRef": {"value": code.id}} if code is not None else {}
    told["TotalTax"] = money(outcome.total)
    lines = [
        {
            "Amount": money(one.amount),
            "DetailType": "TaxLineDetail",
            "TaxLineDetail": {
                "TaxRateRef": {"value": one.rate.id},
                "PercentBased": True,
                "TaxPercent": figure(one.rate.percent),
                "NetAmountTaxable": money(one.net),
            },
        }
        for one in outcome.amounts
    ]
    return told | ({"TaxLine": lines} if lines else {})


def grouped(lines: Sequence[JournalLine]) -> tuple[JournalLine, ...]:
    """Journal lines with those of the same account, side and memo in one, in the order in which they came."""
    sums: dict[tuple[str, str, bool], tuple[Decimal, Decimal]] = {}
    for line in lines:
        key = (line.account_id, line.memo, line.debit != 0)
        amount, foreign = sums.get(key, (ZERO, ZERO))
        sums[key] = (amount + (line.debit or line.credit), foreign + line.foreign)
    return tuple(
        JournalLine(account_id, amount if is_debit else ZERO, ZERO if is_debit else amount, memo, foreign)
        for (account_id, memo, is_debit), (amount, foreign) in sums.items()
    )


def charges_tax_by_document(books: Books) -> bool:
    """Whether the company is one where the document, not the line, names the code."""
    return books.profile.regime is Regime.UNITED_STATES


def day_of(content: Mapping[str, Any]) -> date:
    """A document's date."""
    return date.fromisoformat(content["TxnDate"])


def name_value(name: str, value: str) -> dict[str, Any]:
    """A pair in the form in which the platform leaks its own extension objects."""
    return {
        "name": "{http://schema.intuit.com/finance/v3}NameValue",
        "declaredType": "com.intuit.schema.finance.v3.NameValue",
        "scope": "javax.xml.bind.JAXBElement$GlobalScope",
        "value": {"Name": name, "Value": value},
        "nil": False,
        "globalScope": True,
        "typeSubstituted": False,
    }
