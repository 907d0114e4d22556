"""Objects as they stand on the wire: names beside references, balances derived, bytes kept until something changes."""

from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange import account_currency
from tieout.platforms.quickbooks.sandbox.accounting.fields import entity_fields
from tieout.platforms.quickbooks.sandbox.accounting.links import CLOSED, is_used_up
from tieout.platforms.quickbooks.sandbox.accounting.lists.preferring import preferences
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.taxes.arithmetic import percent_on
from tieout.platforms.quickbooks.sandbox.accounting.taxes.rates import periods_of
from tieout.platforms.quickbooks.sandbox.accounting.time_activities import BILLED
from tieout.platforms.quickbooks.sandbox.attachments.shaping import derive_attachable
from tieout.platforms.quickbooks.sandbox.figures import ZERO, encode, figure, money
from tieout.platforms.quickbooks.sandbox.moments import stamp
from tieout.sandbox.ledger import DocumentRef

PERSON_ID_START = 9_341_453_000_000_000
"""The number of whoever works in the company itself; those for whom programs act follow. Recorded since 2024."""
_NAMED = {
    "CustomerRef": ("Customer",),
    "VendorRef": ("Vendor",),
    "ItemRef": ("Item",),
    "AccountRef": ("Account",),
    "ItemAccountRef": ("Account",),
    "DiscountAccountRef": ("Account",),
    "IncomeAccountRef": ("Account",),
    "ExpenseAccountRef": ("Account",),
    "AssetAccountRef": ("Account",),
    "APAccountRef": ("Account",),
    "ARAccountRef": ("Account",),
    "BankAccountRef": ("Account",),
    "CCAccountRef": ("Account",),
    "CreditCardAccountRef": ("Account",),
    "DepositToAccountRef": ("Account",),
    "FromAccountRef": ("Account",),
    "ToAccountRef": ("Account",),
    "EntityRef": ("Vendor", "Customer", "Employee"),
    "Entity": ("Vendor", "Customer", "Employee"),
    "PaymentMethodRef": ("PaymentMethod",),
    "SalesTermRef": ("Term",),
    "PrefVendorRef": ("Vendor",),
    "ClassRef": ("Class",),
    "DepartmentRef": ("Department",),
    "EmployeeRef": ("Employee",),
}
"""References that are shown with a name; the others show their value alone, as they were recorded."""
_TELL_WHO = frozenset({"Invoice", "Bill", "PurchaseOrder"})
"""Kinds that tell who changed them last. Recorded in May 2026; credit memos, estimates, payments, expenses, deposits
and journal entries of the same day do not."""
_LINES_SHOW_LINKS = frozenset({"Bill"})
"""Kinds whose lines have a list of links even when it is empty, as recorded."""
_NAME_FIELDS = ("DisplayName", "FullyQualifiedName", "Name")
_SHORT_NAMED = frozenset({"ItemRef", "SalesTermRef"})
"""References that show a plain name where a full path exists."""
_UNCACHED = frozenset({"Attachable", "Preferences", "TaxRate"})
_LINK_TYPES = {"Payment": "Payment", "BillPayment": "BillPaymentCheck", "Deposit": "Deposit"}
"""What a document calls what settles it or takes it to the bank: always a check, even when a card paid a bill."""


def wire(books: Books, record: Record) -> bytes:
    """The object in JSON. An account's figures move without the account being touched, so they are looked at."""
    figures = _derived_account(books, record) if record.kind.name == "Account" else None
    kept = record.wire
    if (
        kept is None
        or record.wire_epoch != books.epoch
        or record.wire_figures != figures
        or record.kind.name in _UNCACHED
    ):
        kept = record.wire = encode(rendered(books, record))
        record.wire_epoch, record.wire_figures = books.epoch, figures
    return kept


def rendered(books: Books, record: Record) -> dict[str, Any]:
    """The object as a value, with what is derived. A rate was recorded without id, token and mark."""
    told = {key: _named(books, key, value) for key, value in record.content.items()}
    derive = _DERIVED.get(record.kind.name)
    if derive is not None:
        told.update(derive(books, record))
    if books.profile.multi_currency and record.kind.is_transaction:
        told.update(_home_figures(record))
    if record.kind.name == "ExchangeRate":
        return told | {"MetaData": {"LastUpdatedTime": stamp(record.updated_at)}}
    if record.kind.wraps:
        told = {name: _with_line_marks(name, template) for name, template in told.items()}
    elif record.kind.is_transaction:
        told = _with_line_marks(record.kind.name, told)
    own = {
        "domain": "QBO",
        "sparse": False,
        "Id": record.id,
        "SyncToken": str(record.token),
        "MetaData": _marks(record),
    }
    if record.kind.wraps:
        return {name: template | own for name, template in told.items()}
    return told | own


def _with_line_marks(kind: str, told: dict[str, Any]) -> dict[str, Any]:
    """The empty lists that lines with ids carry: each one of extensions, those of bills also one of links."""
    if "Line" not in told:
        return told
    links: dict[str, Any] = {"LinkedTxn": []} if kind in _LINES_SHOW_LINKS else {}
    lines = [{**links, **line, "CustomExtensions": []} if "Id" in line else line for line in told["Line"]]
    return told | {"Line": lines}


def _marks(record: Record) -> dict[str, Any]:
    """When it was made and last changed, and of some transactions by whom."""
    made, changed = {"CreateTime": stamp(record.created_at)}, {"LastUpdatedTime": stamp(record.updated_at)}
    if record.kind.name not in _TELL_WHO:
        return made | changed
    by = record.changed_by.id if record.changed_by is not None else str(PERSON_ID_START)
    return made | {"LastModifiedByRef": {"value": by}} | changed


def display_name(record: Record) -> str:
    """What a reference to the object says."""
    return next((str(record.content[name]) for name in _NAME_FIELDS if name in record.content), record.id)


def account_balance(books: Books, record: Record) -> Decimal:
    """An account's balance as the account itself shows it.

    It has its natural sign, is in the account's own currency, and nothing for income and expenses.
    """
    if record.content["Classification"] in ("Revenue", "Expense"):
        return ZERO
    foreign = account_currency(books, record.id) != books.profile.currency
    net = books.ledger.foreign_balance(record.id) if foreign else books.ledger.balance(record.id)
    return net if record.content["Classification"] == "Asset" else -net


def balance_with_jobs(books: Books, record: Record) -> Decimal:
    """A customer's balance with those of its sub-customers."""
    return record.balance + sum((balance_with_jobs(books, child) for child in _children(books, record)), ZERO)


def _children(books: Books, record: Record) -> list[Record]:
    """Sub-customers and sub-accounts."""
    return [books.shelf(record.kind).records[child] for child in books.children.get(record.ref, ())]


def _derived_customer(books: Books, record: Record) -> dict[str, Any]:
    return {"Balance": money(record.balance), "BalanceWithJobs": money(balance_with_jobs(books, record))}


def _derived_vendor(_books: Books, record: Record) -> dict[str, Any]:
    return {"Balance": money(record.balance)}


def _derived_item(_books: Books, record: Record) -> dict[str, Any]:
    return {"QtyOnHand": figure(record.balance)} if record.content.get("TrackQtyOnHand") else {}


def _derived_account(books: Books, record: Record) -> dict[str, Any]:
    own = account_balance(books, record)
    code = account_currency(books, record.id)
    children = [one for one in _children(books, record) if account_currency(books, one.id) == code]
    below = sum((account_balance(books, child) for child in children), ZERO)
    return {"CurrentBalance": money(own), "CurrentBalanceWithSubAccounts": money(own + below)}


def _home_figures(record: Record) -> dict[str, Any]:
    """What a document is worth in the home currency, and what is open of it, where its kind shows that."""
    fields, exchange = entity_fields(record.kind.name), record.shaped.exchange
    told = {"HomeTotalAmt": exchange.home(record.shaped.total), "HomeBalance": exchange.home(record.open)}
    shown = fields.keys() & (told.keys() if record.kind.posts else {"HomeTotalAmt"})
    return {field: money(amount) for field, amount in told.items() if field in shown}


def _derived_invoice(_books: Books, record: Record) -> dict[str, Any]:
    return {"Balance": money(record.open), "LinkedTxn": _links(record)}


def _derived_bill(_books: Books, record: Record) -> dict[str, Any]:
    links = _links(record)
    return {"Balance": money(record.open)} | ({"LinkedTxn": links} if links else {})


def _derived_credit_memo(_books: Books, record: Record) -> dict[str, Any]:
    return {"RemainingCredit": money(record.open), "Balance": money(record.open)}


def _derived_vendor_credit(_books: Books, record: Record) -> dict[str, Any]:
    return {"Balance": money(record.open)}


def _derived_payment(_books: Books, record: Record) -> dict[str, Any]:
    return {"UnappliedAmt": money(record.unapplied)} | _derived_links(_books, record)


def _derived_receipt(_books: Books, record: Record) -> dict[str, Any]:
    return {"Balance": 0} | _derived_links(_books, record)


def _derived_links(_books: Books, record: Record) -> dict[str, Any]:
    links = _links(record)
    return {"LinkedTxn": links} if links else {}


def _derived_estimate(_books: Books, record: Record) -> dict[str, Any]:
    return _made_into(record) | ({"TxnStatus": CLOSED} if record.made_into else {})


def _derived_purchase_order(_books: Books, record: Record) -> dict[str, Any]:
    return _made_into(record) | ({"POStatus": CLOSED} if is_used_up(record) else {})


def _derived_time(_books: Books, record: Record) -> dict[str, Any]:
    return _made_into(record) | ({"BillableStatus": BILLED} if record.made_into else {})


def _made_into(record: Record) -> dict[str, Any]:
    links = [{"TxnId": ref.id, "TxnType": ref.kind} for ref in record.made_into]
    return {"LinkedTxn": links} if links else {}


def _derived_preferences(books: Books, _record: Record) -> dict[str, Any]:
    return preferences(books)


def _derived_tax_rate(books: Books, record: Record) -> dict[str, Any]:
    return {"RateValue": figure(percent_on(periods_of(record), books.today()))}


_DERIVED = {
    "Attachable": derive_attachable,
    "TaxRate": _derived_tax_rate,
    "Preferences": _derived_preferences,
    "Customer": _derived_customer,
    "Vendor": _derived_vendor,
    "Item": _derived_item,
    "Account": _derived_account,
    "Invoice": _derived_invoice,
    "Bill": _derived_bill,
    "CreditMemo": _derived_credit_memo,
    "VendorCredit": _derived_vendor_credit,
    "Payment": _derived_payment,
    "SalesReceipt": _derived_receipt,
    "RefundReceipt": _derived_receipt,
    "Estimate": _derived_estimate,
    "TimeActivity": _derived_time,
    "PurchaseOrder": _derived_purchase_order,
    "JournalEntry": _derived_links,
    "Transfer": _derived_links,
}
"""What is derived at reading, by kind."""


def _links(record: Record) -> list[dict[str, str]]:
    """What a document is made from, then what settles it, as recorded."""
    made_from = [{"TxnId": source.target.id, "TxnType": source.target.kind} for source in record.shaped.sources]
    return made_from + [{"TxnId": ref.id, "TxnType": _LINK_TYPES[ref.kind]} for ref in record.settlements]


def _named(books: Books, key: str, value: Any) -> Any:
    """A value with names beside the references in it."""
    if isinstance(value, dict):
        if (key.endswith("Ref") or key == "Entity") and "value" in value:
            return _reference(books, key, value)
        return {inner: _named(books, inner, one) for inner, one in value.items()}
    if isinstance(value, list):
        return [_named(books, "", one) for one in value]
    return value


def _reference(books: Books, key: str, value: dict[str, Any]) -> dict[str, Any]:
    for kind in _NAMED.get(key, ()):
        target = books.shelf(kind).get(value["value"])
        if target is not None:
            name = target.content["Name"] if key in _SHORT_NAMED else display_name(target)
            return {"value": value["value"], "name": name} | ({"type": value["type"]} if "type" in value else {})
    return value


def party_name(books: Books, party: DocumentRef | None) -> str:
    """What a document's party is called, or nothing."""
    return "" if party is None else display_name(books.record(party))
