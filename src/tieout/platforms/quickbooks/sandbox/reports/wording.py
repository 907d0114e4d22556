"""What reports call the kinds of documents."""

from tieout.platforms.quickbooks.sandbox.accounting.records import Record

SPLIT = "-Split-"
"""What stands for the other side of an entry that is booked in several places."""
_WORDS = {
    "BillPayment": "Bill Payment",
    "CreditCardPaymentTxn": "Credit Card Payment",
    "CreditMemo": "Credit Memo",
    "JournalEntry": "Journal Entry",
    "PurchaseOrder": "Purchase Order",
    "RefundReceipt": "Refund",
    "SalesReceipt": "Sales Receipt",
    "VendorCredit": "Vendor Credit",
    "Account": "Journal Entry",
    "InventoryAdjustment": "Inventory Qty Adjust",
    "Item": "Inventory Starting Value",
}
_BILL_PAYMENTS = {"Check": "Bill Payment (Check)", "CreditCard": "Bill Payment (Credit Card)"}
_PURCHASES = {"Check": "Check", "Cash": "Expense", "CreditCard": "Credit Card Expense"}


def transaction_words(record: Record, kind: str | None = None) -> str:
    """The type of a transaction as a report tells it; `kind` where it is not the record's own."""
    name = kind or record.kind.name
    if name == "BillPayment":
        return _BILL_PAYMENTS.get(record.content.get("PayType", ""), _WORDS[name])
    if name == "Purchase":
        credit = record.content.get("Credit") and record.content.get("PaymentType") == "CreditCard"
        return "Credit Card Credit" if credit else _PURCHASES.get(record.content.get("PaymentType", ""), "Expense")
    return _WORDS.get(name, name)
