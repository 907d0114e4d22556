"""Money received and spent without an invoice, and the overpayments and prepayments that it makes.

Amounts are inclusive of tax unless told otherwise. Money received and spent can be changed and deleted; overpayments
and prepayments can be created only, and a prepayment is in home currency. Source: bank-transactions page; help pages on
prepayments (no multi-currency) and overpayments.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NoReturn

from tieout.platforms.xero.sandbox.accounting.documents import ContactChoice, plan_contact_choice
from tieout.platforms.xero.sandbox.accounting.elements import Element, GoneError, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.invoices import URL_LENGTH_MAX, next_number
from tieout.platforms.xero.sandbox.accounting.lines import (
    AMOUNT_MAX,
    AMOUNT_TYPES,
    LineRules,
    Totals,
    document_totals,
    line_tax,
    line_total,
    plan_lines,
)
from tieout.platforms.xero.sandbox.accounting.money.currencies import (
    DOUBTFUL,
    check_subscribed,
    doubtful,
    rate_on,
    sent_rate,
)
from tieout.platforms.xero.sandbox.accounting.money.rows import BankTransaction
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation, ref_of
from tieout.platforms.xero.sandbox.accounting.postings import document_lines
from tieout.platforms.xero.sandbox.accounting.rows import Account, Line, Overpayment, Prepayment
from tieout.platforms.xero.sandbox.accounting.stock import check_stock, move_stock
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_length, check_locks
from tieout.platforms.xero.sandbox.wire import QUARTER_CENT, ZERO, ZERO_ID, half_up
from tieout.sandbox.ledger import Draft

KIND = "Bank Transaction"
WRITABLE_TYPES = (
    "RECEIVE", "SPEND", "RECEIVE-OVERPAYMENT", "SPEND-OVERPAYMENT", "RECEIVE-PREPAYMENT", "SPEND-PREPAYMENT",
)  # fmt: skip
TYPES = (*WRITABLE_TYPES, "RECEIVE-TRANSFER", "SPEND-TRANSFER")
STATUSES = ("AUTHORISED", "DELETED", "VOIDED")
WORDS = vocabulary(
    "Type BankTransactionID Contact LineItems BankAccount IsReconciled Date Reference CurrencyCode CurrencyRate Url"
    " Status LineAmountTypes SubTotal TotalTax Total",
    "DateString PrepaymentID OverpaymentID BatchPayment FullyPaidOnDate ExternalLinkProviderName",
)
NOT_MODIFIABLE = "Bank Transaction not of valid status for modification"
RECONCILED = "This Bank Transaction cannot be edited as it has been reconciled with a Bank Statement."
REFERENCE_LENGTH_MAX = 255


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a write settled before anything is changed."""

    contact: ContactChoice
    account: Account
    on: date
    amount_types: str
    lines: list[Line]
    totals: Totals
    currency: str
    rate: Decimal


def write_bank_transaction(writing: Writing, element: Element) -> Written:
    """Create a bank transaction, or change or delete one that is neither an overpayment nor a prepayment."""
    element.check(WORDS)
    known = _match(writing, element)
    return _create(writing, element) if known is None else _update(writing, element, known)


def _match(writing: Writing, element: Element) -> BankTransaction | None:
    if isinstance(writing.target, BankTransaction):
        return writing.target
    row_id = element.text("BankTransactionID")
    if not row_id or row_id == ZERO_ID or not writing.may_update:
        return None
    known = writing.organisation.bank_transactions.get(row_id.lower())
    if known is None:
        raise GoneError
    return known


def _create(writing: Writing, element: Element) -> Written:
    organisation = writing.organisation
    type_ = element.choice("Type", TYPES)
    if type_ is None:
        raise InvalidError("Bank Transaction Type must be specified")
    if type_ not in WRITABLE_TYPES:
        raise InvalidError("Bank transfers can only be created with the BankTransfers endpoint")
    if element.choice("Status", STATUSES) not in {None, "AUTHORISED"}:
        raise InvalidError("Bank Transaction not of valid status for creation")
    plan = _plan(writing, element, None, type_)
    receivable = type_.startswith("RECEIVE")
    check_stock(organisation, None, plan.lines, outward=receivable)
    transaction = BankTransaction(
        id=organisation.ids.uuid(),
        updated_at=writing.at,
        app_id=writing.app_id,
        type=type_,
        contact_id="",
        number="",
        on=plan.on,
        status="AUTHORISED",
        amount_types=plan.amount_types,
        lines=[],
        sub_total=ZERO,
        total_tax=ZERO,
        total=ZERO,
        currency=plan.currency,
        account_id=plan.account.id,
        reconciled=element.flag("IsReconciled") or False,
    )
    _save(writing, element, transaction, plan)
    if transaction.kind:
        _make_credit(writing, transaction)
    return Written(transaction, warnings=_warnings(organisation, element, plan))


def _update(writing: Writing, element: Element, known: BankTransaction) -> Written:
    organisation = writing.organisation
    if known.kind or known.status != "AUTHORISED" or element.choice("Type", TYPES) not in {None, known.type}:
        raise InvalidError(NOT_MODIFIABLE)
    if known.reconciled and element.flag("IsReconciled") is not False:
        raise InvalidError(RECONCILED)
    status = element.choice("Status", STATUSES)
    if status == "VOIDED":
        raise InvalidError(NOT_MODIFIABLE)
    if status == "DELETED":
        check_locks(organisation, known.on)
        check_stock(organisation, known, (), outward=known.receivable)
        known.status = status
        move_stock(organisation, known, known.lines)
        organisation.ledger.reverse(ref_of(known), at=writing.at, memo="deleted")
        known.touch(writing.at)
        return Written(known)
    plan = _plan(writing, element, known, known.type)
    check_stock(organisation, known, plan.lines, outward=known.receivable)
    known.reconciled = element.flag("IsReconciled") or False
    known.account_id = plan.account.id
    _save(writing, element, known, plan)
    return Written(known, warnings=_warnings(organisation, element, plan))


def _plan(writing: Writing, element: Element, known: BankTransaction | None, type_: str) -> _Plan:
    organisation = writing.organisation
    account = _bank_account(organisation, element, known)
    contact = plan_contact_choice(writing, element, known)
    on = element.day("Date") or (known.on if known else organisation.today())
    check_locks(organisation, on, *([known.on] if known else []))
    check_length("Reference", element.text("Reference"), REFERENCE_LENGTH_MAX)
    check_length("Url", element.text("Url"), URL_LENGTH_MAX)
    currency, rate = _currency(writing, element, account, (type_, on))
    sent = element.inners("LineItems")
    if not sent and known is None:
        raise InvalidError("One or more line items must be specified")
    if type_.endswith("OVERPAYMENT"):
        return _overpayment_plan(organisation, (contact, account, on), sent or [], type_, (currency, rate))
    amount_types = element.choice("LineAmountTypes", AMOUNT_TYPES) or (known.amount_types if known else "Inclusive")
    rules = LineRules(
        receivable=type_.startswith("RECEIVE"),
        discounts=False,
        amount_types=amount_types,
        complete=True,
        unit_places=writing.unit_places,
    )
    lines = list(known.lines) if known else []
    if sent:
        lines = plan_lines(organisation, sent, lines, rules)
        _check_lines(organisation, lines, sent, amount_types, items=type_ in {"RECEIVE", "SPEND"})
    elif known is not None and amount_types != known.amount_types:
        raise InvalidError("LineAmountTypes can only be changed together with the line items")
    totals = document_totals(lines, amount_types)
    for name, amount in (("SubTotal", totals.sub_total), ("TotalTax", totals.total_tax), ("Total", totals.total)):
        stated = element.decimal(name) if sent else None
        if stated is not None and half_up(stated) != amount:
            raise InvalidError("The document total does not equal the sum of the lines.")
    if totals.total <= 0:
        raise InvalidError("The transaction total must be greater than zero")
    return _Plan(contact, account, on, amount_types, lines, totals, currency, rate)


def _check_lines(
    organisation: Organisation, lines: list[Line], sent: list[Element], amount_types: str, *, items: bool
) -> None:
    """What bank transactions ask of lines beyond documents: a quantity, a price, and the tax that follows from it."""
    for line, element in zip(lines, sent, strict=True):
        if line.quantity <= 0:
            raise InvalidError("The line item quantity must be greater than zero")
        if not line.unit_amount:
            raise InvalidError("The line item unit amount must not equal zero")
        if line.item_id and not items:
            raise InvalidError("ItemCode can only be used when the Bank Transaction Type is SPEND or RECEIVE")
        percent = organisation.tax_rates[line.tax_type].effective if line.tax_type else Decimal(0)
        expected = line_tax(line.line_amount, percent, amount_types)
        if element.has("TaxAmount") and line.tax_amount != expected:
            raise InvalidError(f"The tax amount {line.tax_amount} does not match the expected tax amount {expected}")


def _overpayment_plan(
    organisation: Organisation,
    where: tuple[ContactChoice, Account, date],
    sent: list[Element],
    type_: str,
    money: tuple[str, Decimal],
) -> _Plan:
    """The one line of an overpayment, which stands in the control account without tax."""
    if len(sent) != 1:
        raise InvalidError("Overpayments can only have a single line item")
    element = sent[0]
    element.check(
        vocabulary("Description Quantity UnitAmount LineAmount AccountCode TaxType TaxAmount LineItemID", "AccountID")
    )
    control = organisation.system_account("DEBTORS" if type_.startswith("RECEIVE") else "CREDITORS")
    code, description = element.text("AccountCode"), element.text("Description")
    if code and code.lower() != control.code.lower():
        raise InvalidError(f"Account code '{code}' is not a valid code for this document.")
    if not description:
        raise InvalidError("Description must be specified")
    if element.decimal("TaxAmount"):
        raise InvalidError("Overpayments cannot have tax")
    quantity = half_up(element.decimal("Quantity") or Decimal(1), QUARTER_CENT)
    unit, amount = element.decimal("UnitAmount"), element.decimal("LineAmount")
    if unit is None and amount is not None and quantity:
        unit = amount / quantity
    if abs(quantity) >= AMOUNT_MAX or abs(quantity * (unit or ZERO)) >= AMOUNT_MAX:
        raise InvalidError("The line total is too large")
    total = line_total(quantity, half_up(unit or ZERO))
    if total <= 0 or (amount is not None and half_up(amount) != total):
        raise InvalidError("The transaction total must be greater than zero")
    line = Line(
        id=organisation.ids.uuid(),
        description=description,
        quantity=quantity,
        unit_amount=half_up(unit or ZERO),
        line_amount=total,
        tax_amount=ZERO,
        account_id=control.id,
        tax_type="NONE" if "NONE" in organisation.tax_rates else "BASEXCLUDED",
    )
    contact, account, on = where
    return _Plan(contact, account, on, "NoTax", [line], Totals(total, ZERO, total), *money)


def _bank_account(organisation: Organisation, element: Element, known: BankTransaction | None) -> Account:
    inner = element.inner("BankAccount")
    account_id, code = (inner.text("AccountID"), inner.text("Code")) if inner else (None, None)
    if not account_id and not code:
        if known is not None:
            return organisation.accounts[known.account_id]
        raise InvalidError("A bank account must be specified")
    account = organisation.accounts.get(account_id.lower()) if account_id else organisation.account_by_code(code or "")
    if account is None or account.type != "BANK":
        _refuse_account(account_id or code or "")
    if account.status != "ACTIVE":
        raise InvalidError(f"Account code '{account.code}' has been archived, or has been deleted.")
    return account


def _refuse_account(named: str) -> NoReturn:
    raise InvalidError(f"Account code '{named}' is not a valid bank account.")


def _currency(writing: Writing, element: Element, account: Account, what: tuple[str, date]) -> tuple[str, Decimal]:
    """A bank transaction is in the currency of its account. A rate that was once taken stays on the same day."""
    organisation, (type_, on) = writing.organisation, what
    known = _match(writing, element)
    bank = organisation.bank_currency(account)
    code = check_subscribed(organisation, element.text("CurrencyCode") or bank)
    if code != bank:
        raise InvalidError(f"The currency {code} is not the currency of the bank account")
    if type_.endswith("PREPAYMENT") and bank != organisation.currency:
        raise InvalidError("Prepayments can only be made in bank accounts in the base currency")
    kept = known.rate if known is not None and known.currency == code and known.on == on else None
    if code == organisation.currency:
        return code, Decimal(1)
    return code, sent_rate(element) or kept or rate_on(organisation, code, on)


def _warnings(organisation: Organisation, element: Element, plan: _Plan) -> tuple[str, ...]:
    return (DOUBTFUL,) if doubtful(organisation, plan.currency, sent_rate(element), plan.on) else ()


def _save(writing: Writing, element: Element, row: BankTransaction, plan: _Plan) -> None:
    organisation = writing.organisation
    contact = plan.contact.apply(writing)
    before = list(row.lines)
    row.contact_id, row.on, row.amount_types, row.lines = contact.id, plan.on, plan.amount_types, plan.lines
    row.sub_total, row.total_tax, row.total = plan.totals.sub_total, plan.totals.total_tax, plan.totals.total
    row.currency, row.rate = plan.currency, plan.rate
    reference, url = element.text("Reference"), element.text("Url")
    if reference is not None:
        row.reference = reference
    if url is not None:
        row.url = url or None
    move_stock(organisation, row, before)
    organisation.bank_transactions[row.id] = row
    post_bank_transaction(organisation, row)
    row.touch(writing.at)


def post_bank_transaction(organisation: Organisation, row: BankTransaction) -> None:
    """The bank account against the accounts of the lines."""
    lines = document_lines(organisation, row, row.account_id)
    row.home_total = abs(lines[0].net)
    name = organisation.contacts[row.contact_id].name
    draft = Draft(ref_of(row), row.on, lines, row.reference or "", name)
    organisation.ledger.repost(draft, at=organisation.now())


def _make_credit(writing: Writing, row: BankTransaction) -> None:
    """The overpayment or prepayment that a bank transaction makes; a prepayment received takes an invoice number."""
    organisation = writing.organisation
    prepaid = row.kind == "PREPAYMENT"
    kind = Prepayment if prepaid else Overpayment
    credit = kind(
        id=organisation.ids.uuid(),
        updated_at=writing.at,
        app_id=writing.app_id,
        type=row.type,
        contact_id=row.contact_id,
        number=next_number(organisation) if prepaid and row.receivable else "",
        on=row.on,
        status="AUTHORISED",
        amount_types=row.amount_types,
        lines=row.lines,
        sub_total=row.sub_total,
        total_tax=row.total_tax,
        total=row.total,
        currency=row.currency,
        rate=row.rate,
        reference=row.reference,
        home_total=row.home_total,
        bank_transaction_id=row.id,
    )
    row.credit_id = credit.id
    organisation.index_document(credit)
    organisation.contacts[row.contact_id].touch()
