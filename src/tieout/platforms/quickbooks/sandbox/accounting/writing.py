"""Writing to the books: create, update, delete, void. Everything is checked before anything changes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange_rates import (
    adopt_currency,
    shape_company_currency,
)
from tieout.platforms.quickbooks.sandbox.accounting.fields import read_entity
from tieout.platforms.quickbooks.sandbox.accounting.kinds import TRANSACTIONS, Family, Kind, Operation
from tieout.platforms.quickbooks.sandbox.accounting.lists.catalogue import shape_account, shape_item
from tieout.platforms.quickbooks.sandbox.accounting.lists.parties import shape_customer, shape_employee, shape_vendor
from tieout.platforms.quickbooks.sandbox.accounting.lists.plain import SHAPES as LIST_SHAPES
from tieout.platforms.quickbooks.sandbox.accounting.money.card_payments import shape_card_payment
from tieout.platforms.quickbooks.sandbox.accounting.money.deposits import shape_deposit
from tieout.platforms.quickbooks.sandbox.accounting.money.journal_entries import shape_journal_entry
from tieout.platforms.quickbooks.sandbox.accounting.money.openings import check_openings_stay
from tieout.platforms.quickbooks.sandbox.accounting.money.payments import shape_bill_payment, shape_payment
from tieout.platforms.quickbooks.sandbox.accounting.money.transfers import shape_transfer
from tieout.platforms.quickbooks.sandbox.accounting.orders import shape_estimate, shape_purchase_order
from tieout.platforms.quickbooks.sandbox.accounting.placing import place, remove, unlink
from tieout.platforms.quickbooks.sandbox.accounting.purchases.bills import shape_bill, shape_vendor_credit
from tieout.platforms.quickbooks.sandbox.accounting.purchases.expenses import shape_expense
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped, full_name, name_list
from tieout.platforms.quickbooks.sandbox.accounting.recurring import merged_template, shape_recurring, template_kind
from tieout.platforms.quickbooks.sandbox.accounting.sales.forms import shape_credit_memo, shape_invoice
from tieout.platforms.quickbooks.sandbox.accounting.sales.receipts import shape_refund_receipt, shape_sales_receipt
from tieout.platforms.quickbooks.sandbox.accounting.taxes.agencies import open_agency_account
from tieout.platforms.quickbooks.sandbox.accounting.time_activities import shape_time_activity
from tieout.platforms.quickbooks.sandbox.accounting.wishes import Wish
from tieout.platforms.quickbooks.sandbox.attachments.shaping import shape_attachable
from tieout.platforms.quickbooks.sandbox.figures import ZERO, money

VOIDED = "Voided"
_SHAPES: dict[str, Callable[[Wish], Shaped]] = {
    **LIST_SHAPES,
    "CompanyCurrency": shape_company_currency,
    "Account": shape_account,
    "Attachable": shape_attachable,
    "Customer": shape_customer,
    "Vendor": shape_vendor,
    "Employee": shape_employee,
    "Item": shape_item,
    "Invoice": shape_invoice,
    "CreditMemo": shape_credit_memo,
    "Payment": shape_payment,
    "Estimate": shape_estimate,
    "Bill": shape_bill,
    "PurchaseOrder": shape_purchase_order,
    "VendorCredit": shape_vendor_credit,
    "BillPayment": shape_bill_payment,
    "SalesReceipt": shape_sales_receipt,
    "RefundReceipt": shape_refund_receipt,
    "Purchase": shape_expense,
    "JournalEntry": shape_journal_entry,
    "Transfer": shape_transfer,
    "Deposit": shape_deposit,
    "CreditCardPaymentTxn": shape_card_payment,
    "TimeActivity": shape_time_activity,
}
_SHAPES["RecurringTransaction"] = partial(shape_recurring, dict(_SHAPES))
_OF_DOCUMENTS = frozenset(
    {
        "DocNumber", "TxnDate", "CurrencyRef", "PrintStatus", "EmailStatus", "DeliveryInfo", "CustomField",
        "ApplyTaxAfterDiscount",
        "AllowIPNPayment", "AllowOnlinePayment", "AllowOnlineCreditCardPayment", "AllowOnlineACHPayment",
        "ProcessPayment", "GlobalTaxCalculation", "TxnStatus", "POStatus",
    }
)  # fmt: skip
_OF_LISTS = frozenset({"Taxable", "PreferredDeliveryMethod", "CurrencyRef", "Active", "Vendor1099"})
_OF_ITEMS = frozenset({"Type", "Active", "InvStartDate", "TrackQtyOnHand"})
_OF_ACCOUNTS = frozenset({"AccountType", "AccountSubType", "Active", "CurrencyRef"})
_RETAINED = {
    Family.TRANSACTION: _OF_DOCUMENTS,
    Family.NAME: _OF_LISTS,
    Family.ITEM: _OF_ITEMS,
    Family.ACCOUNT: _OF_ACCOUNTS,
    Family.SETTING: frozenset({"Active"}),
}
"""What a full update keeps although it was not sent."""
_FOLLOWED: Mapping[str, Callable[[Books, Record], None]] = {
    "TaxAgency": open_agency_account,
    "CompanyCurrency": adopt_currency,
}
"""What a new object brings with it; nothing there can refuse."""
KEEP_HISTORY = "donotupdateaccountontxns"
"""The flag of an update of an item that leaves its past transactions on their accounts."""
_ALWAYS_NAMED = frozenset({"PaymentType"})
"""What some transactions have to name in every update."""
_NEVER_MERGED = frozenset({"Id", "SyncToken", "MetaData", "domain", "sparse", "status"})
_NAME_OWNERS = {
    "items": "Another product or service is already using this name. Please use a different name.",
    "accounts": "Another account is already using this name. Please use a different name.",
    "names": "Another customer, vendor or employee is already using this name. Please use a different name.",
    "classes": "Another class is already using this name. Please use a different name.",
    "locations": "Another location is already using this name. Please use a different name.",
    "terms": "Another term is already using this name. Please use a different name.",
    "payment methods": "Another payment method is already using this name. Please use a different name.",
    "tax agencies": "Another tax agency is already using this name. Please use a different name.",
}


def create(books: Books, kind: Kind, body: Mapping[str, Any], include: frozenset[str] = frozenset()) -> Record:
    """A new object. Raises `Refusal`, `NotSimulatedError`."""
    shape = _shape_of(kind, Operation.CREATE)
    check_subscription(books)
    sent = read_entity(kind.name, dict(body))
    merged = {name: value for name, value in sent.items() if value is not None and name not in _NEVER_MERGED}
    with books.sparing_ids():
        shaped = shape(Wish(books, kind, merged, frozenset(sent), None, include))
        _check_name(books, kind, shaped, None)
        _check_open_period(books, shaped.content.get("TxnDate"))
    record = books.add(
        kind,
        books.next_id(kind.sequence),
        replace(shaped, lines=(), applications=(), owed=ZERO, openings=(), stock=(), adjustments=(), sources=()),
    )
    place(books, record, shaped)
    follow = _FOLLOWED.get(kind.name)
    if follow is not None:
        follow(books, record)
    return record


def update(books: Books, kind: Kind, body: Mapping[str, Any], include: frozenset[str] = frozenset()) -> Record:
    """Change an object, in full or, with `sparse`, in what is sent. Raises `Refusal`, `NotSimulatedError`.

    An update that changes nothing leaves the object's token and time alone.
    """
    shape = _shape_of(kind, Operation.UPDATE)
    check_subscription(books)
    sent = read_entity(kind.name, dict(body))
    record, holder = _named(books, kind, sent)
    _check_not_deposited(record)
    merged = _merge(record, sent) if holder is None else merged_template(record, holder, sent[holder])
    with books.sparing_ids():
        shaped = shape(Wish(books, kind, merged, frozenset(sent), record, include))
        _check_name(books, kind, shaped, record)
        _check_settled(record, shaped)
        check_openings_stay(books, record, shaped)
        _check_deactivated(record, shaped)
        for day in (record.content.get("TxnDate"), shaped.content.get("TxnDate")):
            _check_open_period(books, day)
    if replace(shaped, stated_tax=record.shaped.stated_tax) == record.shaped:
        return record  # stating the tax that there is changes nothing
    before = record.content
    place(books, record, shaped)
    record.touch(books.now(), token=True)
    if kind.name == "Item" and KEEP_HISTORY not in include:
        _rewrite_history(books, record, before)
    return record


def _rewrite_history(books: Books, item: Record, before: Mapping[str, Any]) -> None:
    """Let what was bought and sold of an item stand on its new accounts, as it was reported that the platform does.

    Closed books stay, and so does a transaction that could not be written again as it stands.
    """
    if all(before.get(field) == item.content.get(field) for field in ("IncomeAccountRef", "ExpenseAccountRef")):
        return
    for kind in TRANSACTIONS:
        for record in tuple(books.shelf(kind)):
            if record.shaped.voided or not _names_item(record, item.id):
                continue
            try:
                _check_open_period(books, record.content["TxnDate"])
                wish = Wish(books, kind, _merge(record, {"sparse": True}), _ALWAYS_NAMED, record)
                shaped = _SHAPES[kind.name](wish)
            except refusals.Refusal:
                continue
            if shaped != record.shaped:
                place(books, record, shaped)
                record.touch(books.now(), token=True)


def _names_item(record: Record, item_id: str) -> bool:
    details = (line.get(line.get("DetailType", "")) for line in record.content.get("Line", ()))
    return any(isinstance(one, dict) and one.get("ItemRef", {}).get("value") == item_id for one in details)


def delete(books: Books, kind: Kind, body: Mapping[str, Any], *, unlinking: bool = False) -> str:
    """Delete a transaction or an attachable; what it settled is un-applied. Answers its id.

    Refused (6000) while a payment is applied to it, unless `unlinking` or the company's switch un-applies payments.
    """
    _shape_of(kind, Operation.DELETE)
    check_subscription(books)
    sent = read_entity(kind.name, dict(body))
    record, _ = _named(books, kind, sent, token_needed=not kind.deleted_by_id)
    _check_open_period(books, record.content.get("TxnDate"))
    _release(books, record, unlinking=unlinking)
    remove(books, record)
    if kind.name == "Attachable":
        books.files.forget(record.id)
    return record.id


def void(books: Books, kind: Kind, body: Mapping[str, Any]) -> Record:
    """Make a transaction worth nothing and keep its number.

    Refused (6000) while a payment is applied to it, unless payments are un-applied by the company's switch.
    """
    _shape_of(kind, Operation.VOID)
    check_subscription(books)
    record = standing_record(books, kind, read_entity(kind.name, dict(body)))
    _check_open_period(books, record.content.get("TxnDate"))
    _release(books, record, unlinking=False)
    if record.shaped.voided:
        return record
    place(books, record, _voided(record.shaped))
    record.touch(books.now(), token=True)
    books.note(record, "voided")
    return record


def _named(
    books: Books, kind: Kind, sent: Mapping[str, Any], *, token_needed: bool = True
) -> tuple[Record, str | None]:
    """The object that a request names and, of a template, the kind of transaction that it stands in."""
    holder = template_kind(sent) if kind.wraps else None
    record = standing_record(books, kind, sent if holder is None else sent[holder], token_needed=token_needed)
    if holder is not None and holder not in record.content:
        raise refusals.not_found()
    return record, holder


def standing_record(books: Books, kind: Kind, sent: Mapping[str, Any], *, token_needed: bool = True) -> Record:
    """The object that a request names, with its present token. Raises `Refusal`: 2020, 2030, 610, 5010."""
    record_id, token = sent.get("Id"), sent.get("SyncToken")
    if record_id is None:
        raise refusals.missing("Id")
    record = find(books, kind, str(record_id))
    if token is None and not token_needed:
        return record
    if token is None:
        raise refusals.missing("SyncToken")
    if token != str(record.token):
        raise refusals.stale(record.changed_by.name if record.changed_by is not None else books.profile.last_user)
    return record


def find(books: Books, kind: Kind, record_id: str) -> Record:
    """The object with that id. Raises `Refusal`: 2030 for what is no id, 610 for one that is not there."""
    record = books.shelf(kind).get(record_id)
    if record is not None:
        return record
    if not record_id.isascii() or not record_id.isdigit():
        raise refusals.invalid_id(record_id)
    raise refusals.deleted() if books.shelf(kind).was_deleted(record_id) else refusals.not_found()


def _shape_of(kind: Kind, operation: Operation) -> Callable[[Wish], Shaped]:
    """How a kind is shaped, when it can be written that way at all."""
    if not kind.closed and not kind.operations - {Operation.READ}:
        raise refusals.NotSimulatedError(f"writing {kind.name} is not simulated")
    if operation not in kind.operations:
        raise refusals.unsupported(f"{operation} on {kind.name}")
    return _SHAPES[kind.name]


def _merge(record: Record, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What the object would be: the standing fields that stay, and what was sent over them."""
    if sent.get("sparse"):
        merged = dict(record.content)
    else:
        retained = _RETAINED.get(record.kind.family, frozenset())
        merged = {name: value for name, value in record.content.items() if name in retained}
    if sent.get("sparse") and "TxnTaxDetail" in merged:
        merged["TxnTaxDetail"] = _standing_tax(record, sent)
    for name, value in sent.items():
        if name in _NEVER_MERGED:
            continue
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = value
    return merged


def _standing_tax(record: Record, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The tax detail that a sparse update keeps: its code, and stated amounts as long as the lines stay."""
    detail = record.content["TxnTaxDetail"]
    kept = {"TxnTaxCodeRef": detail["TxnTaxCodeRef"]} if "TxnTaxCodeRef" in detail else {}
    if "Line" not in sent and "GlobalTaxCalculation" not in sent and record.shaped.stated_tax is not None:
        kept |= record.shaped.stated_tax
    return kept


def _check_name(books: Books, kind: Kind, shaped: Shaped, record: Record | None) -> None:
    """6240 when somebody, or something, has the name."""
    names = name_list(kind)
    if names is None:
        return
    owner = books.names.get((names, full_name(shaped.content).lower()))
    if owner is None or (record is not None and owner == record.ref):
        return
    if books.switches.duplicate_names_tell_ids:
        raise refusals.duplicate_name(f"Id={owner.id}")
    raise refusals.duplicate_name("null" if owner.kind == kind.name and names == "names" else _NAME_OWNERS[names])


def _check_settled(record: Record, shaped: Shaped) -> None:
    """A document keeps its party, and stays worth what was settled of it."""
    settled: Decimal = sum(record.settlements.values(), ZERO)
    if not settled:
        return
    if shaped.party != record.shaped.party:
        raise refusals.business("The customer or vendor of a transaction with payments cannot change")
    if shaped.exchange.code != record.shaped.exchange.code:
        raise refusals.business("The currency of a transaction with payments cannot change")
    if not record.shaped.openings and shaped.total < settled:
        raise refusals.business("The total cannot be less than the payments that are applied")


def _check_not_deposited(record: Record) -> None:
    """6540 for money that a deposit has taken to the bank: it can be read, and nothing else."""
    if any(ref.kind == "Deposit" for ref in record.settlements):
        raise refusals.deposited()


def _release(books: Books, record: Record, *, unlinking: bool) -> None:
    """Un-apply the payments of a transaction that is about to go, or refuse because there are any."""
    _check_not_deposited(record)
    if record.made_into:
        raise refusals.business("You must unlink the transactions that are linked to this one before it can be deleted")
    if record.settlements and books.switches.keeps_settled_documents and not unlinking:
        raise refusals.business("You must unlink the payments before this transaction can be voided or deleted")
    for ref in tuple(record.settlements):
        unlink(books, books.record(ref), record.ref)


def _check_deactivated(record: Record, shaped: Shaped) -> None:
    """A party that owes or is owed stays active."""
    if record.kind.family is Family.NAME and record.active and not shaped.content["Active"] and record.balance:
        raise refusals.has_balance("The customer or vendor")


def _check_open_period(books: Books, day: str | None) -> None:
    closed = books.switches.books_closed_on
    if day is not None and closed is not None and date.fromisoformat(day) <= closed:
        raise refusals.period_closed("6200" if books.switches.closed_books_are_6200 else "6210")


def check_subscription(books: Books) -> None:
    """6190 for a company that nobody pays for any more."""
    if books.switches.subscription_ended:
        raise refusals.subscription_ended()


def _voided(shaped: Shaped) -> Shaped:
    """The same transaction worth nothing: amounts 0, note in front, number kept."""
    content = dict(shaped.content)
    note = content.get("PrivateNote")
    content["PrivateNote"] = f"{VOIDED} - {note}"[:4000] if note else VOIDED
    content["TotalAmt"] = money(ZERO)
    if "TxnTaxDetail" in content:
        content["TxnTaxDetail"] = {"TotalTax": 0}
    if shaped.applications or "PayType" in content or "ProcessPayment" in content:
        content["Line"] = []
    else:
        content["Line"] = [_voided_line(line) for line in content["Line"]]
    return Shaped(
        content,
        party=shaped.party,
        exchange=shaped.exchange,
        control=shaped.control,
        line_ids=shaped.line_ids,
        voided=True,
    )


def _voided_line(line: Mapping[str, Any]) -> dict[str, Any]:
    told = dict(line)
    if "Amount" in told:
        told["Amount"] = 0
    detail = told.get(told["DetailType"])
    if isinstance(detail, dict) and "Qty" in detail:
        told[told["DetailType"]] = {**detail, "Qty": 0}
    return told
