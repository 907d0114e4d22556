"""The list of transactions: every document of the period with its amount, on the account it is about."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import TRANSACTIONS
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.rendering import party_name
from tieout.platforms.quickbooks.sandbox.figures import ZERO
from tieout.platforms.quickbooks.sandbox.moments import stamp
from tieout.platforms.quickbooks.sandbox.reports.asking import Asked
from tieout.platforms.quickbooks.sandbox.reports.chart import natural
from tieout.platforms.quickbooks.sandbox.reports.periods import Period
from tieout.platforms.quickbooks.sandbox.reports.sheets import Cell, Column, Row, Sheet, blank, cell, listed_amount
from tieout.platforms.quickbooks.sandbox.reports.wording import SPLIT, transaction_words

OPTIONS = frozenset(
    {"start_date", "end_date", "date_macro", "customer", "vendor", "docnum", "transaction_type", "group_by", "columns"}
)
_TYPES = {
    "Bill": "Bill",
    "BillPaymentCheck": "Bill Payment (Check)",
    "BillPaymentCreditCard": "Bill Payment (Credit Card)",
    "CashPurchase": "Expense",
    "Check": "Check",
    "CreditCardCharge": "Credit Card Expense",
    "CreditCardCredit": "Credit Card Credit",
    "CreditMemo": "Credit Memo",
    "CreditRefund": "Refund",
    "Deposit": "Deposit",
    "Estimate": "Estimate",
    "Invoice": "Invoice",
    "JournalEntry": "Journal Entry",
    "PurchaseOrder": "Purchase Order",
    "ReceivePayment": "Payment",
    "SalesReceipt": "Sales Receipt",
    "Transfer": "Transfer",
    "VendorCredit": "Vendor Credit",
}
"""The words of the filter by type."""
_NOT_POSTED = frozenset({"Estimate", "PurchaseOrder"})
_SOURCES = (
    ("DepositToAccountRef",),
    ("FromAccountRef",),
    ("BankAccountRef",),
    ("CheckPayment", "BankAccountRef"),
    ("CreditCardPayment", "CCAccountRef"),
    ("AccountRef",),
)
"""Where a document says the account it is about; the others are about their control account."""
_NO_GROUP, _BY_NAME, _BY_TYPE = "None", "Name", "Transaction Type"
_GROUPS = (
    "Name", "Account", "Transaction Type", "Customer", "Vendor", "Employee", "Location", "Payment Method", "Day",
    "Week", "Month", "Quarter", "Year", "Fiscal Year", "Fiscal Quarter", "None",
)  # fmt: skip
_AMOUNT = "subt_nat_amount"


@dataclass(frozen=True, slots=True)
class _Listed:
    """A document with the account it is about, where else it is booked, and by how much."""

    record: Record
    account: Record | None
    others: tuple[str, ...]
    amount: Decimal


@dataclass(frozen=True, slots=True)
class _Shown:
    title: str
    kind: str
    key: str
    show: Callable[[Books, _Listed], Cell]
    usual: bool = True


def _account_cell(account: Record | None) -> Cell:
    return cell("", "") if account is None else cell(str(account.content["FullyQualifiedName"]), account.id)


def _other_cell(books: Books, one: _Listed) -> Cell:
    if len(one.others) == 1:
        return _account_cell(books.shelf("Account").records[one.others[0]])
    return cell(SPLIT if one.others else "", "")


def _name_cell(books: Books, one: _Listed) -> Cell:
    party = one.record.shaped.party
    return cell(party_name(books, party), party.id if party is not None else "")


def _field(title: str, kind: str, key: str, field: str, *, usual: bool = True) -> _Shown:
    """A column that shows a field of the document as it is."""
    return _Shown(title, kind, key, lambda _books, one: cell(str(one.record.content.get(field, ""))), usual)


def _moment(title: str, key: str, moment: Callable[[Record], datetime]) -> _Shown:
    return _Shown(title, "Date", key, lambda _books, one: cell(stamp(moment(one.record))), usual=False)


def _type_cell(_books: Books, one: _Listed) -> Cell:
    return cell(transaction_words(one.record), one.record.id)


def _posting_cell(_books: Books, one: _Listed) -> Cell:
    return cell("No" if one.record.kind.name in _NOT_POSTED else "Yes")


_COLUMNS = (
    _field("Date", "Date", "tx_date", "TxnDate"),
    _Shown("Transaction Type", "String", "txn_type", _type_cell),
    _field("Num", "String", "doc_num", "DocNumber"),
    _Shown("Posting", "Boolean", "is_no_post", _posting_cell),
    _moment("Create Date", "create_date", lambda record: record.created_at),
    _moment("Last Modified", "last_mod_date", lambda record: record.updated_at),
    _field("Due Date", "Date", "due_date", "DueDate", usual=False),
    _Shown("Name", "String", "name", _name_cell),
    _field("Memo/Description", "String", "memo", "PrivateNote"),
    _Shown("Account", "String", "account_name", lambda _books, one: _account_cell(one.account)),
    _Shown("Split", "String", "other_account", _other_cell),
    _Shown("Amount", "Money", _AMOUNT, lambda _books, one: cell(listed_amount(one.amount))),
)
"""In the order in which they are always shown."""


def transaction_list(asked: Asked) -> dict[str, Any]:
    """`reports/TransactionList`; without dates it covers this month to date."""
    period, macro = asked.period("this month-to-date")
    keys = asked.words("columns", {one.key: one.key for one in _COLUMNS})
    columns = [one for one in _COLUMNS if (one.usual if keys is None else one.key in keys)]
    group = asked.one_of("group_by", _GROUPS, _NO_GROUP, _BY_NAME, _BY_TYPE)
    sheet = Sheet([Column(one.title, one.kind, one.key) for one in columns])
    listed = sorted(_listed(asked, period), key=lambda one: (one.record.content["TxnDate"], int(one.record.id)))
    groups: dict[tuple[str, str], list[_Listed]] = {}
    for one in listed:
        groups.setdefault(_group_of(asked.books, one, group), []).append(one)
    rows: list[Row] = []
    for heading, found in sorted(groups.items(), key=lambda one: (one[0][0].lower(), one[0][1])):
        data = [sheet.data(shown.show(asked.books, one) for shown in columns) for one in found]
        rows += data if group == _NO_GROUP else [_section(sheet, heading, data, columns, found)]
    return sheet.told(asked.header(period, macro), rows, empty=not listed)


def _group_of(books: Books, one: _Listed, group: str) -> tuple[str, str]:
    """Name and id of what a document is grouped by."""
    if group == _BY_NAME:
        named = _name_cell(books, one)
        return named["value"] or "Not Specified", named["id"]
    return (transaction_words(one.record), "") if group == _BY_TYPE else ("", "")


def _section(
    sheet: Sheet, heading: tuple[str, str], rows: list[Row], columns: list[_Shown], found: list[_Listed]
) -> Row:
    title, record_id = heading
    total = listed_amount(sum((one.amount for one in found), ZERO))
    sums = [cell(total) if shown.key == _AMOUNT else blank() for shown in columns]
    summary = [cell(f"Total for {title}"), *sums[1:]]
    return sheet.section(header=[cell(title, record_id or None)], rows=rows, summary=summary)


def _listed(asked: Asked, period: Period) -> Iterator[_Listed]:
    books = asked.books
    first, last = period.start.isoformat(), period.end.isoformat()
    parties = {"Customer": asked.ids("customer"), "Vendor": asked.ids("vendor")}
    types, number = asked.words("transaction_type", _TYPES), asked.wanted.get("docnum")
    for kind in TRANSACTIONS:
        for record in books.shelf(kind):
            content, party = record.content, record.shaped.party
            if not first <= content["TxnDate"] <= last or (number and content.get("DocNumber") != number):
                continue
            if any(parties.values()) and (party is None or party.id not in (parties[party.kind] or ())):
                continue
            if types is None or transaction_words(record) in types:
                yield _about(books, record)


def _about(books: Books, record: Record) -> _Listed:
    """A document as the account sees it that it is about; one that is not posted is about none."""
    entry = books.ledger.standing(record.ref)
    source = _source(record)
    if entry is None:
        account = books.shelf("Account").get(source or "")
        return _Listed(record, account, (), record.shaped.total)
    source = source or entry.lines[0].account_id
    account = books.shelf("Account").records[source]
    net = sum((line.net for line in entry.lines if line.account_id == source), ZERO)
    others = tuple(dict.fromkeys(line.account_id for line in entry.lines if line.account_id != source))
    return _Listed(record, account, others, natural(account, net))


def _source(record: Record) -> str | None:
    for path in _SOURCES:
        found: Any = record.content
        for step in path:
            found = found.get(step) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping):
            return str(found["value"])
    return record.shaped.control or None
