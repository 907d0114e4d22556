"""Lines of documents: defaults, checks and arithmetic.

Source: invoices page; arithmetic verified on 224 recorded documents (half-up on every line, no exception), rounding
guide (unit prices have two places unless `unitdp=4`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tieout.platforms.xero.sandbox.accounting.elements import Element, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Account, Item, Line
from tieout.platforms.xero.sandbox.accounting.tracking import plan_tracking
from tieout.platforms.xero.sandbox.wire import CENT, QUARTER_CENT, ZERO, half_up

AMOUNT_MAX = Decimal(10) ** 13
"""What an amount of a line stays below, so that sums and exchanges keep every digit."""
LINES_MAX = 1_000
"""The most lines of one document."""
AMOUNT_TYPES = ("Exclusive", "Inclusive", "NoTax")
WORDS = vocabulary(
    "LineItemID Description Quantity UnitAmount ItemCode AccountCode AccountID TaxType TaxAmount LineAmount"
    " DiscountRate DiscountAmount Tracking",
    "Item DiscountEnteredAsPercent IsDiscounted",
)
UNTAXED = ("NONE", "BASEXCLUDED")
"""What a line without tax has, by country: the first of these that the organisation knows."""
UNPOSTABLE = frozenset(
    {"DEBTORS", "CREDITORS", "BANKCURRENCYGAIN", "REALISEDCURRENCYGAIN", "UNREALISEDCURRENCYGAIN",
     "TRACKINGTRANSFERS", "UNPAIDEXPCLM", "HISTORICAL", "RETAINEDEARNINGS"}
)  # fmt: skip
"""System accounts that no line may name."""


@dataclass(frozen=True, slots=True)
class LineRules:
    """What the document says about its lines."""

    receivable: bool
    discounts: bool
    amount_types: str
    complete: bool
    """Whether the document is being authorised, so that every line needs its account."""
    unit_places: Decimal = CENT


@dataclass(frozen=True, slots=True)
class Totals:
    """The three totals of a document."""

    sub_total: Decimal
    total_tax: Decimal
    total: Decimal


def line_total(quantity: Decimal, unit_amount: Decimal, discount_rate: Decimal | None = None) -> Decimal:
    """round2(quantity × unit amount × (1 − discount / 100))."""
    return half_up(quantity * unit_amount * (1 - (discount_rate or Decimal(0)) / 100))


def line_tax(line_amount: Decimal, percent: Decimal, amount_types: str) -> Decimal:
    """The tax on, or in, a line, rounded half up; none under NoTax."""
    if amount_types == "NoTax":
        return ZERO
    if amount_types == "Inclusive":
        return half_up(line_amount * percent / (100 + percent))
    return half_up(line_amount * percent / 100)


def document_totals(lines: Iterable[Line], amount_types: str) -> Totals:
    """Add up a document."""
    amount = tax = ZERO
    for line in lines:
        amount += line.line_amount
        tax += line.tax_amount
    if amount_types == "Inclusive":
        return Totals(amount - tax, tax, amount)
    return Totals(amount, tax, amount + tax)


def plan_lines(
    organisation: Organisation, elements: Sequence[Element], known: Sequence[Line], rules: LineRules
) -> list[Line]:
    """The lines of a document after a write, which replaces them all.

    A line with the LineItemID of a known one changes it, one without is new, and known lines that are not sent are
    gone. Raises `InvalidError` with the messages of all lines.
    """
    if len(elements) > LINES_MAX:
        raise InvalidError(f"A document can have up to {LINES_MAX} line items")
    by_id = {line.id: line for line in known}
    planned: list[Line] = []
    messages: list[str] = []
    for element in elements:
        try:
            planned.append(_plan_line(organisation, element, by_id, rules))
        except InvalidError as error:
            messages.extend(message for message in error.messages if message not in messages)
    if messages:
        raise InvalidError(*messages)
    return planned


def recalculated(organisation: Organisation, lines: Sequence[Line], rules: LineRules) -> list[Line]:
    """Known lines under other rules: another amount type changes the tax, authorising needs accounts."""
    messages: list[str] = []
    result = []
    for line in lines:
        tax_type = line.tax_type
        if rules.complete and line.account_id is None and line.line_amount:
            messages.append("Account code must be specified")
        if rules.amount_types != "NoTax" and tax_type is None and line.account_id is not None:
            tax_type = organisation.accounts[line.account_id].tax_type
        tax = line_tax(line.line_amount, _percent(organisation, tax_type), rules.amount_types)
        result.append(replace(line, tax_type=tax_type, tax_amount=tax))
    if messages:
        raise InvalidError(*dict.fromkeys(messages))
    return result


def _plan_line(organisation: Organisation, element: Element, by_id: dict[str, Line], rules: LineRules) -> Line:
    element.check(WORDS)
    known = _known_line(element, by_id)
    item = _item(organisation, element, known)
    account = _account(organisation, element, item, known, rules)
    quantity, unit_amount = _quantities(element, item, known, rules)
    if abs(quantity) >= AMOUNT_MAX or abs(quantity * unit_amount) >= AMOUNT_MAX:
        raise InvalidError("The line total is too large")
    rate, discount = _discount(element, known, rules, quantity * unit_amount)
    amount = line_total(quantity, unit_amount, rate)
    if discount is not None:
        amount = half_up(quantity * unit_amount) - discount
    sent_amount = element.decimal("LineAmount")
    if sent_amount is not None and half_up(sent_amount) != amount:
        raise InvalidError(f"The line total {half_up(sent_amount)} does not match the expected line total {amount}")
    description = element.text("Description")
    if description is None:
        description = known.description if known else _item_text(item, rules)
    described_only = not amount and not element.has("UnitAmount") and not quantity
    if rules.complete and account is None and not described_only:
        raise InvalidError("Account code must be specified")
    if rules.complete and not description:
        raise InvalidError("Description must be specified")
    tax_type = _tax_type(organisation, element, item=item, account=account, known=known, rules=rules)
    tax = _tax(organisation, element, known=known, amount=amount, tax_type=tax_type, rules=rules)
    return Line(
        id=known.id if known else organisation.ids.uuid(),
        description=description,
        quantity=quantity,
        unit_amount=unit_amount,
        line_amount=amount,
        tax_amount=tax,
        account_id=account.id if account else None,
        tax_type=tax_type,
        item_id=item.id if item else None,
        discount_rate=rate,
        discount_amount=discount,
        tracking=plan_tracking(organisation, element, known),
    )


def _known_line(element: Element, by_id: dict[str, Line]) -> Line | None:
    line_id = element.text("LineItemID")
    if line_id is None:
        return None
    known = by_id.get(line_id.lower())
    if known is None:
        raise InvalidError("The LineItemID does not belong to this document")
    return known


def _item(organisation: Organisation, element: Element, known: Line | None) -> Item | None:
    code = element.text("ItemCode")
    if code is None:
        return organisation.items.get(known.item_id) if known and known.item_id else None
    if not code:
        return None
    item = next((one for one in organisation.items.values() if one.code.lower() == code.lower()), None)
    if item is None:
        raise InvalidError(f"Item code '{code}' is not valid")
    return item


def _item_text(item: Item | None, rules: LineRules) -> str | None:
    if item is None:
        return None
    return item.description if rules.receivable else item.purchase_description


def _account(
    organisation: Organisation, element: Element, item: Item | None, known: Line | None, rules: LineRules
) -> Account | None:
    """The account that a line names, or that its item or its former self had."""
    code, account_id = element.text("AccountCode"), element.text("AccountID")
    if item is not None and item.tracked and not rules.receivable:
        if code not in (None, "", item.inventory_account) or account_id:
            raise InvalidError(f"Account code '{code or account_id}' is not a valid code for a tracked inventory item.")
        code = item.inventory_account
    elif not code and not account_id and item is not None and (known is None or element.has("ItemCode")):
        code = (item.sales if rules.receivable else item.purchases).account_code
    if not code and not account_id:
        return organisation.accounts[known.account_id] if known and known.account_id else None
    account = organisation.accounts.get(account_id.lower()) if account_id else organisation.account_by_code(code or "")
    named = code or account_id
    if account is None or account.type == "BANK" or account.system in UNPOSTABLE:
        raise InvalidError(f"Account code '{named}' is not a valid code for this document.")
    if account.status != "ACTIVE":
        raise InvalidError(
            f"Account code '{named}' has been archived, or has been deleted. Each line item must reference a valid"
            " account."
        )
    return account


def _quantities(element: Element, item: Item | None, known: Line | None, rules: LineRules) -> tuple[Decimal, Decimal]:
    """Quantity and unit price. A line of words alone has neither; a line with an amount alone has one piece of it."""
    quantity, unit = element.decimal("Quantity"), element.decimal("UnitAmount")
    amount = element.decimal("LineAmount")
    if unit is None and item is not None and known is None:
        unit = (item.sales if rules.receivable else item.purchases).unit_price
    if known is not None:
        quantity = known.quantity if quantity is None else quantity
        unit = known.unit_amount if unit is None else unit
    if quantity is None:
        quantity = Decimal(0) if unit is None and amount is None else Decimal(1)
    quantity = half_up(quantity, QUARTER_CENT)
    if unit is None:
        unit = amount / quantity if amount is not None and quantity else Decimal(0)
    return quantity, half_up(unit, rules.unit_places)


def _discount(
    element: Element, known: Line | None, rules: LineRules, gross: Decimal
) -> tuple[Decimal | None, Decimal | None]:
    """The discount in percent or as an amount; only sales have one."""
    rate, amount = element.decimal("DiscountRate"), element.decimal("DiscountAmount")
    if rate is None and amount is None and known is not None:
        rate, amount = known.discount_rate, known.discount_amount
    rate, amount = rate or None, amount or None
    if (rate or amount) and not rules.discounts:
        raise InvalidError("Discounts can only be applied to ACCREC invoices")
    if rate is not None and amount is not None:
        raise InvalidError("Only one of DiscountRate and DiscountAmount can be specified")
    if rate is not None and not 0 <= rate <= 100:  # noqa: PLR2004 - a whole, in percent
        raise InvalidError("The discount rate must be between 0 and 100")
    if amount is not None and not 0 <= amount <= half_up(gross):
        raise InvalidError("The discount amount cannot exceed the line total")
    return rate, None if amount is None else half_up(amount)


def _tax_type(
    organisation: Organisation,
    element: Element,
    *,
    item: Item | None,
    account: Account | None,
    known: Line | None,
    rules: LineRules,
) -> str | None:
    """The tax type: as sent, as it was, the item's, the account's; checked against what it can apply to."""
    tax_type = element.text("TaxType") or None
    if tax_type is None and known is not None and not element.has("ItemCode") and not element.has("AccountCode"):
        tax_type = known.tax_type
    if tax_type is None and item is not None:
        tax_type = (item.sales if rules.receivable else item.purchases).tax_type
    if tax_type is None and account is not None:
        tax_type = account.tax_type
    if rules.amount_types == "NoTax":
        untaxed = next((one for one in UNTAXED if one in organisation.tax_rates), tax_type)
        tax_type = untaxed if account is not None else tax_type
    if tax_type is None:
        return None
    rate = organisation.tax_rates.get(tax_type.upper())
    if rate is None or rate.status != "ACTIVE":
        raise InvalidError(
            f"The TaxType code '{tax_type}' does not exist or cannot be used for this type of transaction."
        )
    if account is not None and account.class_ not in rate.classes:
        raise InvalidError(f"The TaxType code '{rate.id}' cannot be used with account code '{account.code}'.")
    return rate.id


def _tax(
    organisation: Organisation,
    element: Element,
    *,
    known: Line | None,
    amount: Decimal,
    tax_type: str | None,
    rules: LineRules,
) -> Decimal:
    """The tax of a line, or what was sent instead of it."""
    if rules.amount_types == "NoTax":
        return ZERO
    sent = element.decimal("TaxAmount")
    if sent is not None and abs(sent) >= AMOUNT_MAX:
        raise InvalidError("The tax amount is too large")
    if sent is not None:
        return half_up(sent)
    if known is not None and (known.line_amount, known.tax_type) == (amount, tax_type):
        return known.tax_amount
    return line_tax(amount, _percent(organisation, tax_type), rules.amount_types)


def _percent(organisation: Organisation, tax_type: str | None) -> Decimal:
    return organisation.tax_rates[tax_type].effective if tax_type else Decimal(0)
