"""A year of work in the sample company. It leaves the customers' and vendors' balances of the original."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.seeds.us_cash import cash_work, goods
from tieout.platforms.quickbooks.sandbox.seeds.us_known import Act, Line, discount, made_from, sale, spent, write

_OPEN_INVOICES: tuple[tuple[int, int, str | None, tuple[Line, ...]], ...] = (
    # days ago, customer, tax code, lines: each leaves the whole amount open
    (90, 2, None, ((6, "85", "1", "NON"),)),
    (88, 9, None, ((18, "35", "1", "NON"), (15, "10", "5", "NON"))),
    (75, 10, "2", ((5, "275", "1", "TAX"), (4, "75", "3.5", "TAX"), (11, "22.5", "2", "TAX"))),
    (70, 12, "2", ((4, "75", "1", "TAX"),)),
    (66, 13, None, ((4, "75", "6", "NON"),)),
    (60, 16, None, ((4, "75", "1", "NON"),)),
    (55, 17, "2", ((5, "275", "1", "TAX"), (16, "2", "8", "TAX"))),
    (45, 20, None, ((10, "35", "2", "NON"),)),
    (40, 20, None, ((6, "39", "4", "NON"),)),
    (38, 21, None, ((18, "39.3", "2", "NON"),)),
    (35, 23, None, ((7, "50", "4.5", "NON"), (15, "9.9", "5", "NON"))),
    (32, 24, "2", ((5, "275", "1", "TAX"), (11, "12.75", "1", "TAX"), (3, "9.5", "5", "TAX"))),
    (28, 25, None, ((6, "40", "4", "NON"),)),
    (25, 26, "2", ((13, "48", "8", "TAX"),)),
    (20, 29, None, ((4, "75", "5", "NON"),)),
    (12, 1, None, ((7, "50", "4", "NON"), (9, "39", "1", "NON"))),
)
_KNOWN = {
    75: (103, "1033"), 55: (119, "1035"), 45: (70, "1023"), 40: (75, "1024"), 38: (106, "1034"), 32: (130, "1037"),
    25: (99, "1032"), 12: (67, "1021"),
}  # fmt: skip
"""The ids and numbers of open invoices, by how many days ago they were written."""
_OFFERED = {75: 41, 45: 46, 32: 100}
"""The estimates that open invoices were made from."""
_PAID_INVOICES: tuple[tuple[int, int, str | None, tuple[Line, ...]], ...] = (
    (120, 1, "2", ((13, "50", "2", "TAX"),)),
    (118, 3, None, ((4, "75", "29", "NON"),)),
    (110, 5, "3", ((15, "10", "42.2", "TAX"),)),
    (100, 11, None, ((6, "24", "3", "NON"),)),
)
_OPEN_BILLS = (
    # days ago, vendor, account, amount, number
    (50, 31, "11", "241.23", "B-7653"),
    (42, 36, "55", "755.00", ""),
    (30, 48, "76", "86.44", ""),
    (24, 49, "69", "315.00", "2231"),
    (15, 40, "17", "900.00", "RENT-11"),
)
_PAID_BILLS = (
    # days ago, vendor, account, amount, number, how it was paid, ids of the bill and its payment
    (80, 32, "77", "74.36", "", "card", 21, 50),
    (78, 40, "17", "900.00", "RENT-09", "check", 24, 104),
)


def enter_history(books: Books) -> None:
    """Everything, in the order of its days, each document at noon of its own."""
    work: list[tuple[int, Act]] = [(row[0], _invoice(*row)) for row in _OPEN_INVOICES]
    work += [(row[0], _paid_invoice(*row[1:])) for row in _PAID_INVOICES]
    work += [(row[0], _bill(*row[1:])) for row in _OPEN_BILLS]
    work += [(row[0], _paid_bill(row)) for row in _PAID_BILLS]
    work += [(48, _estimate_with_discount), (95, _credit_taken), (27, _goods_bought), (18, _vendor_credit)]
    work += cash_work()
    for days, act in sorted(work, key=lambda one: -one[0]):
        books.acting_at = (books.clock.now() - timedelta(days=days)).replace(hour=20, minute=0, second=0)
        act(books)


def _invoice(days: int, customer: int, code: str | None, lines: Sequence[Line]) -> Act:
    def act(books: Books) -> None:
        links = made_from("Estimate", _OFFERED[days]) if days in _OFFERED else {}
        write(books, "Invoice", sale(customer, code, lines, **links), _KNOWN.get(days))

    return act


def _paid_invoice(customer: int, code: str | None, lines: Sequence[Line]) -> Act:
    def act(books: Books) -> None:
        invoice = write(books, "Invoice", sale(customer, code, lines))
        link = {"Amount": invoice.open, "LinkedTxn": [{"TxnId": invoice.id, "TxnType": "Invoice"}]}
        write(
            books,
            "Payment",
            {"CustomerRef": {"value": str(customer)}, "TotalAmt": invoice.open, "Line": [link]},
        )

    return act


def _expense(vendor: int, account: str, amount: str, number: str) -> dict[str, Any]:
    told = {"VendorRef": {"value": str(vendor)}, "Line": [spent(account, amount)]}
    return told | ({"DocNumber": number} if number else {})


def _bill(vendor: int, account: str, amount: str, number: str) -> Act:
    def act(books: Books) -> None:
        write(books, "Bill", _expense(vendor, account, amount, number))

    return act


def _paid_bill(row: tuple[int, int, str, str, str, str, int, int]) -> Act:
    _, vendor, account, amount, number, how, bill_id, paid_id = row

    def act(books: Books) -> None:
        bill = write(books, "Bill", _expense(vendor, account, amount, ""), (bill_id, number))
        paid: dict[str, Any] = (
            {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "35"}}}
            if how == "check"
            else {"PayType": "CreditCard", "CreditCardPayment": {"CCAccountRef": {"value": "41"}}}
        )
        link = {"Amount": bill.open, "LinkedTxn": [{"TxnId": bill.id, "TxnType": "Bill"}]}
        body = {"VendorRef": {"value": str(vendor)}, "TotalAmt": bill.open, "Line": [link], **paid}
        write(books, "BillPayment", body, (paid_id, "11" if how == "check" else "1"))

    return act


def _estimate_with_discount(books: Books) -> None:
    """Paulsen Medical Supplies: a sale of 1,005.00 less five percent."""
    lines = ((4, "75", "4", "NON"), (7, "50", "5", "NON"), (5, "275", "1", "NON"), (13, "22.5", "8", "NON"))
    told = sale(18, None, lines)
    more = {"SalesTermRef": {"value": "3"}, **made_from("Estimate", 48)}
    write(books, "Invoice", {**told, "Line": [*told["Line"], discount(5)], **more}, (49, "1015"))


def _credit_taken(books: Books) -> None:
    """Pye's Cakes: a credit that the books linked to a charge by a payment without money."""
    invoice = write(books, "Invoice", sale(15, None, ((6, "100", "1", "NON"),)))
    memo = write(books, "CreditMemo", sale(15, None, ((12, "100", "1", "NON"),)))
    links = [
        {"Amount": "100.00", "LinkedTxn": [{"TxnId": record.id, "TxnType": record.kind.name}]}
        for record in (invoice, memo)
    ]
    write(
        books,
        "Payment",
        {
            "CustomerRef": {"value": "15"},
            "TotalAmt": 0,
            "PrivateNote": "Created by QB Online to link credits to charges.",
            "Line": links,
        },
    )


def _goods_bought(books: Books) -> None:
    """Norton Lumber: fountains and pumps for the stock."""
    ordered = made_from("PurchaseOrder", 125)
    write(books, "Bill", {"VendorRef": {"value": "46"}, "Line": goods(), **ordered}, (126, ""))


def _vendor_credit(books: Books) -> None:
    """Books by Bessie took something back."""
    write(books, "VendorCredit", _expense(30, "19", "25.00", ""))
