"""What the sample company sold and bought for money, what it offered and ordered, and what it took to the bank."""

from collections.abc import Mapping
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.seeds.us_known import Act, discount, sale, spent, write

_CHECKING, _SAVINGS, _MASTERCARD = ({"value": value} for value in ("35", "36", "41"))
_GEETA = ((5, "275", "1", "NON"), (4, "75", "3.5", "NON"), (11, "22.5", "2", "NON"))
_PAULSEN = ((4, "75", "4", "NON"), (7, "50", "5", "NON"), (5, "275", "1", "NON"), (13, "22.5", "8", "NON"))
_SONNENSCHEIN = ((5, "275", "1", "TAX"), (11, "12.75", "1", "TAX"), (3, "9.5", "5", "TAX"))
_PURCHASES: tuple[tuple[int, int, str, str, int | None, str, str], ...] = (
    # days ago, id, number, how, vendor, account, amount
    (93, 109, "12", "Check", 30, "70", "55.00"),
    (77, 57, "4", "Check", 33, "56", "54.55"),
    (64, 58, "5", "Check", 33, "56", "62.01"),
    (44, 59, "1", "CreditCard", 33, "56", "65.00"),
    (37, 133, "70", "Check", 33, "72", "185.00"),
    (34, 36, "2", "Check", 43, "15", "18.08"),
    (33, 137, "", "Cash", 56, "13", "3.86"),
    (31, 51, "1", "CreditCard", 38, "29", "112.00"),
    (30, 131, "", "Cash", 33, "56", "63.15"),
    (29, 127, "76", "Cash", 47, "12", "75.00"),
    (29, 122, "1", "CreditCard", 33, "56", "52.56"),
    (22, 140, "", "CreditCard", 56, "13", "18.97"),
    (16, 142, "", "CreditCard", 57, "55", "19.99"),
    (3, 144, "", "CreditCard", None, "55", "34.00"),
)


def cash_work() -> list[tuple[int, Act]]:
    """Everything, each with how many days ago it was."""
    sales: list[tuple[int, str, tuple[int, str], Mapping[str, Any]]] = [
        (64, "SalesReceipt", (11, "1003"), _design(6, DepositToAccountRef=_CHECKING, **_by("2", "10264"))),
        (62, "SalesReceipt", (38, "1011"), _pests_less_ten_percent()),
        (61, "SalesReceipt", (47, "1014"), sale(4, None, [(6, "35", "4", "NON")])),
        (58, "RefundReceipt", (66, "1020"), sale(15, None, [(10, "35", "2.5", "NON")], DepositToAccountRef=_CHECKING)),
        (5, "SalesReceipt", (17, "1008"), _design(None)),
        (76, "Estimate", (41, "1001"), sale(10, None, _GEETA)),
        (49, "Estimate", (48, "1001"), sale(18, None, _PAULSEN)),
        (46, "Estimate", (46, "1001"), sale(20, None, [(10, "35", "2", "NON")])),
        (33, "Estimate", (100, "1001"), sale(24, "2", _SONNENSCHEIN)),
        (31, "PurchaseOrder", (45, "1002"), _order(51, [_ordered("17", "2.5", "50", "125.00")])),
        (28, "PurchaseOrder", (125, "1004"), _order(46, goods())),
    ]
    work = [(days, _written(kind, body, known)) for days, kind, known, body in sales]
    work += [(row[0], _purchase(row)) for row in _PURCHASES]
    paid_off = {"PaymentType": "CreditCard", "AccountRef": _MASTERCARD, "Credit": True, "Line": [spent("35", "60.00")]}
    work.append((13, _written("Purchase", {**paid_off, "PrivateNote": "Monthly Payment"}, (139, ""))))
    moved = {"FromAccountRef": _CHECKING, "ToAccountRef": _SAVINGS, "Amount": "200.00"}
    return [*work, (60, _to_the_bank), (52, _written("Transfer", moved, None))]


def owe_from_the_start(books: Books) -> None:
    """The entry with which the company's books began to show its notes payable."""
    kind = "JournalEntryLineDetail"
    lines = [
        {
            "Description": "Opening Balance",
            "Amount": "25000.00",
            "DetailType": kind,
            kind: {"PostingType": posting, "AccountRef": {"value": account}},
        }
        for posting, account in (("Credit", "44"), ("Debit", "34"))
    ]
    write(books, "JournalEntry", {"PrivateNote": "Opening Balance", "Line": lines}, (8, ""))


def goods() -> list[dict[str, Any]]:
    """Fountains and pumps for the stock, as they were ordered and billed."""
    return [_ordered("11", "10", "8", "80.00", "Fountain Pump"), _ordered("5", "125", "1", "125.00", "Rock Fountain")]


def _ordered(item: str, price: str, quantity: str, amount: str, text: str = "") -> dict[str, Any]:
    kind = "ItemBasedExpenseLineDetail"
    detail = {"ItemRef": {"value": item}, "UnitPrice": price, "Qty": quantity}
    return ({"Description": text} if text else {}) | {"Amount": amount, "DetailType": kind, kind: detail}


def _order(vendor: int, lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {"VendorRef": {"value": str(vendor)}, "APAccountRef": {"value": "33"}, "Line": lines}


def _written(kind: str, body: Mapping[str, Any], known: tuple[int, str] | None) -> Act:
    def act(books: Books) -> None:
        write(books, kind, body, known)

    return act


def _purchase(row: tuple[int, int, str, str, int | None, str, str]) -> Act:
    _, record_id, number, how, vendor, account, amount = row
    paid = {"PaymentType": how, "AccountRef": _MASTERCARD if how == "CreditCard" else _CHECKING}
    party = {"EntityRef": {"value": str(vendor), "type": "Vendor"}} if vendor is not None else {}
    return _written("Purchase", {**paid, **party, "Line": [spent(account, amount)]}, (record_id, number))


def _by(method: str, number: str = "") -> dict[str, Any]:
    return {"PaymentMethodRef": {"value": method}} | ({"PaymentRefNum": number} if number else {})


def _design(customer: int | None, **more: Any) -> dict[str, Any]:
    return sale(customer, None, [(4, "75", "4.5", "NON")], **more)


def _pests_less_ten_percent() -> dict[str, Any]:
    told = sale(15, None, [(10, "35", "2.5", "NON")], **_by("1"))
    return told | {"Line": [*told["Line"], discount(10)]}


def _to_the_bank(books: Books) -> None:
    """Two receipts leave undeposited funds."""
    lines = [
        {"Amount": amount, "LinkedTxn": [{"TxnId": receipt, "TxnType": "SalesReceipt", "TxnLineId": "0"}]}
        for receipt, amount in (("47", "140.00"), ("38", "78.75"))
    ]
    write(books, "Deposit", {"DepositToAccountRef": _CHECKING, "Line": lines}, (62, ""))
