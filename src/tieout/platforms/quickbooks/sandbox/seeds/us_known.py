"""How the sample company's transactions are written: many have the ids and numbers by which everybody knows them.

The ids, numbers and amounts are those of recordings of the public sample company, from 2015 to May 2026.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS, Family
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.accounting.writing import create

Line = tuple[int, str, str, str]
"""Item, price, quantity, TAX or NON."""
Act = Callable[[Books], None]
"""One thing somebody did."""
NEXT_SALES_NUMBER, NEXT_ORDER_NUMBER = 1038, 1005
"""What the next sales form and the next purchase order were numbered."""
_IDS = frozenset(
    {
        8, 11, 17, 21, 24, 36, 38, 41, 45, 46, 47, 48, 49, 50, 51, 57, 58, 59, 62, 66, 67, 70, 75, 99, 100, 103, 104,
        106, 109, 119, 122, 125, 126, 127, 130, 131, 133, 137, 139, 140, 142, 144,
    }
)  # fmt: skip
_NUMBERS = frozenset({1003, 1008, 1011, 1014, 1015, 1020, 1021, 1023, 1024, 1032, 1033, 1034, 1035, 1037})
_NUMBERED = ("Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt")


def write(books: Books, kind: str, body: Mapping[str, Any], known: tuple[int, str] | None = None) -> Record:
    """A transaction, under its known id and number or the next ones that nothing known has."""
    while int(books.coming_id(Family.TRANSACTION)) in _IDS:
        books.next_id(Family.TRANSACTION)
    following = int(books.coming_id(Family.TRANSACTION))
    number = known[1] if known is not None else _free_number(books) if kind in _NUMBERED else ""
    if known is not None:
        books.start_ids_at(Family.TRANSACTION, known[0])
    record = create(books, KINDS[kind], {**body, "DocNumber": number} if number else body)
    if known is not None:
        books.start_ids_at(Family.TRANSACTION, following)
    return record


def _free_number(books: Books) -> str:
    taken = {number for kind, number in books.numbers if kind in _NUMBERED}
    return next(str(number) for number in count(1001) if number not in _NUMBERS and str(number) not in taken)


def sale(customer: int | None, code: str | None, lines: Sequence[Line], **more: Any) -> dict[str, Any]:
    """The body of a sales form."""
    told: dict[str, Any] = {"Line": [_line(*line) for line in lines], **more}
    if customer is not None:
        told["CustomerRef"] = {"value": str(customer)}
    return told | ({"TxnTaxDetail": {"TxnTaxCodeRef": {"value": code}}} if code is not None else {})


def _line(item: int, price: str, quantity: str, code: str) -> dict[str, Any]:
    return {
        "Amount": Decimal(price) * Decimal(quantity),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {
            "ItemRef": {"value": str(item)},
            "UnitPrice": Decimal(price),
            "Qty": Decimal(quantity),
            "TaxCodeRef": {"value": code},
        },
    }


def discount(percent: int) -> dict[str, Any]:
    """The line of a discount."""
    return {
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": percent},
    }


def spent(account: str, amount: str) -> dict[str, Any]:
    """A line of something bought."""
    return {
        "Amount": amount,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": account}},
    }


def made_from(kind: str, record_id: int) -> dict[str, Any]:
    """The link to what a document is made from."""
    return {"LinkedTxn": [{"TxnId": str(record_id), "TxnType": kind}]}
