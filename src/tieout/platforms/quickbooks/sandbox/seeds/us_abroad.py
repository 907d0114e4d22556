"""What the sample company does abroad: customers and vendors in other currencies, and a few weeks of work with them.

It comes after everything else, and its names after all others, so that the ids of the original stay what they are, and
its lists begin as they do there.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.records import Record
from tieout.platforms.quickbooks.sandbox.seeds.setting_up import SeedAccount, enter, put_accounts
from tieout.platforms.quickbooks.sandbox.seeds.us_known import write

_CURRENCIES = ("CAD", "EUR", "GBP")
_ACCOUNTS = (
    SeedAccount(93, "Accounts Receivable (A/R) - CAD", "Accounts Receivable", "AccountsReceivable", currency="CAD"),
    SeedAccount(94, "Accounts Receivable (A/R) - EUR", "Accounts Receivable", "AccountsReceivable", currency="EUR"),
    SeedAccount(95, "Accounts Receivable (A/R) - GBP", "Accounts Receivable", "AccountsReceivable", currency="GBP"),
    SeedAccount(96, "Accounts Payable (A/P) - CAD", "Accounts Payable", "AccountsPayable", currency="CAD"),
    SeedAccount(97, "Accounts Payable (A/P) - EUR", "Accounts Payable", "AccountsPayable", currency="EUR"),
    SeedAccount(98, "Exchange Gain or Loss", "Other Expense", "ExchangeGainOrLoss"),
    SeedAccount(99, "Euro Account", "Bank", "Checking", currency="EUR"),
)
_CUSTOMERS = (
    (58, "Whistler Ridge Gardens", "CAD", "Whistler", "BC", "V8E 0A1", "Canada"),
    (59, "Zonneveld Tuinen", "EUR", "Haarlem", "NH", "2011 AA", "Netherlands"),
    (60, "Yorkshire Terrace Gardens Ltd", "GBP", "Leeds", "West Yorkshire", "LS1 1AA", "United Kingdom"),
)
_VENDORS = (
    (61, "Vieux-Port Stone Supply", "CAD", "Laval", "QC", "H7A 0A1", "Canada"),
    (62, "Zeeland Bulb Traders", "EUR", "Goes", "ZE", "4461 AA", "Netherlands"),
)


def enter_abroad(books: Books) -> None:
    """Currencies, accounts and parties, and then the work."""
    for number, code in enumerate(_CURRENCIES, 1):
        enter(books, "CompanyCurrency", number, {"Code": code})
    put_accounts(books, _ACCOUNTS)
    for kind, rows in (("Customer", _CUSTOMERS), ("Vendor", _VENDORS)):
        for party_id, name, code, city, region, postal, country in rows:
            address = {"City": city, "CountrySubDivisionCode": region, "PostalCode": postal, "Country": country}
            enter(
                books,
                kind,
                party_id,
                {"DisplayName": name, "CompanyName": name, "CurrencyRef": {"value": code}, "BillAddr": address},
            )
    _work(books)


def _work(books: Books) -> None:
    _at(books, 11)
    paid = write(books, "Invoice", _sale("59", "4", "75", "12"))
    owed = write(books, "Bill", _expense("62", "66", "640.00", "ZB-2071"))
    write(books, "Invoice", _sale("60", "4", "60", "7.5"))
    _at(books, 9)
    write(books, "Invoice", _sale("58", "6", "95", "6"))
    write(books, "Bill", _expense("61", "66", "1180.50", "VP-3308"))
    _at(books, 6)
    credit = write(books, "CreditMemo", _sale("60", "12", "45", "1"))
    write(books, "Payment", _paid("59", paid, "900.00", DepositToAccountRef={"value": "99"}))
    _at(books, 4)
    bank = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "99"}}}
    line = {"Amount": "400.00", "LinkedTxn": [{"TxnId": owed.id, "TxnType": "Bill"}]}
    write(books, "BillPayment", {"VendorRef": {"value": "62"}, "TotalAmt": "400.00", "Line": [line], **bank})
    charge = write(books, "Invoice", _sale("60", "7", "50", "3"))
    write(books, "Payment", _paid("60", charge, "105.00", credit))


def _at(books: Books, days: int) -> None:
    books.acting_at = (books.clock.now() - timedelta(days=days)).replace(hour=21, minute=0, second=0)


def _sale(customer: str, item: str, price: str, quantity: str) -> dict[str, Any]:
    kind = "SalesItemLineDetail"
    detail = {"ItemRef": {"value": item}, "UnitPrice": price, "Qty": quantity}
    line = {"Amount": Decimal(price) * Decimal(quantity), "DetailType": kind, kind: detail}
    return {"CustomerRef": {"value": customer}, "Line": [line]}


def _expense(vendor: str, account: str, amount: str, number: str) -> dict[str, Any]:
    kind = "AccountBasedExpenseLineDetail"
    line = {"Amount": amount, "DetailType": kind, kind: {"AccountRef": {"value": account}}}
    return {"VendorRef": {"value": vendor}, "DocNumber": number, "Line": [line]}


def _paid(customer: str, invoice: Record, money: str, credit: Record | None = None, **more: Any) -> dict[str, Any]:
    """Money for an invoice, together with a credit if there is one."""
    used = credit.shaped.total if credit is not None else Decimal(0)
    links = [(invoice, Decimal(money) + used)] + ([(credit, used)] if credit is not None else [])
    lines = [{"Amount": amount, "LinkedTxn": [{"TxnId": one.id, "TxnType": one.kind.name}]} for one, amount in links]
    return {"CustomerRef": {"value": customer}, "TotalAmt": money, "Line": lines, **more}
