"""A company's preferences: they follow from its profile and its switches, so they are made when they are read."""

from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
CUSTOMER_MESSAGE = "Thank you for your business."
MAILS = {
    "InvoiceMessage": "Invoice", "EstimateMessage": "Estimate", "SalesReceiptMessage": "Sales Receipt",
    "StatementMessage": "Statement",
}  # fmt: skip


def preferences(books: Books) -> dict[str, Any]:
    """What the company's preferences say now. Source: Preferences in the API reference, and a recording of 2019."""
    profile, switches = books.profile, books.switches
    tax: dict[str, Any] = {"UsingSalesTax": switches.sales_tax_set_up}
    if profile.automated_tax:
        tax["PartnerTaxEnabled"] = switches.sales_tax_set_up
    if profile.default_tax_code is not None and switches.sales_tax_set_up:
        tax["TaxGroupCodeRef"] = {"value": profile.default_tax_code}
    accounting: dict[str, Any] = {
        "TrackDepartments": False,
        "DepartmentTerminology": "Location",
        "ClassTrackingPerTxn": False,
        "ClassTrackingPerTxnLine": False,
        "CustomerTerminology": "Customers",
        "FirstMonthOfFiscalYear": MONTHS[profile.fiscal_year_start_month - 1],
        "UseAccountNumbers": False,
    }
    if switches.books_closed_on is not None:
        accounting["BookCloseDate"] = switches.books_closed_on.isoformat()
    return {
        "AccountingInfoPrefs": accounting,
        "ProductAndServicesPrefs": {
            "ForSales": True, "ForPurchase": True, "QuantityWithPriceAndRate": True, "QuantityOnHand": True,
        },
        "SalesFormsPrefs": {
            "CustomField": [_flags("SalesFormsPrefs.UseSalesCustom", len(profile.custom_fields))],
            "CustomTxnNumbers": switches.custom_numbers,
            "AllowDeposit": False,
            "AllowDiscount": True,
            "AllowEstimates": True,
            "AllowServiceDate": False,
            "AllowShipping": False,
            "ETransactionEnabledStatus": "NotApplicable",
            "ETransactionAttachPDF": False,
            "ETransactionPaymentEnabled": False,
            "IPNSupportEnabled": False,
            "UsingPriceLevels": False,
            "DefaultCustomerMessage": CUSTOMER_MESSAGE,
        },
        "EmailMessagesPrefs": {name: _mail(title, profile.name) for name, title in MAILS.items()},
        "VendorAndPurchasesPrefs": {
            "TrackingByCustomer": True, "BillableExpenseTracking": False,
            "POCustomField": [_flags("PurchasePrefs.UsePurchaseCustom", 0)],
        },
        "TimeTrackingPrefs": {
            "UseServices": True, "BillCustomers": True, "ShowBillRateToAll": False, "WorkWeekStartDate": "Monday",
            "MarkTimeEntriesBillable": True,
        },
        "TaxPrefs": tax,
        "CurrencyPrefs": {"MultiCurrencyEnabled": profile.multi_currency, "HomeCurrency": {"value": profile.currency}},
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        "OtherPrefs": {"NameValue": [{"Name": "SalesFormsPrefs.DefaultCustomerMessage", "Value": CUSTOMER_MESSAGE}]},
    }  # fmt: skip


def _flags(name: str, shown: int) -> dict[str, Any]:
    """Which of the three own fields that a company may define its forms show."""
    flags = [
        {"Name": f"{name}{number}", "Type": "BooleanType", "BooleanValue": number <= shown} for number in (1, 2, 3)
    ]
    return {"CustomField": flags}


def _mail(title: str, company: str) -> dict[str, str]:
    return {"Subject": f"{title} from {company}", "Message": f"Please find your {title.lower()} attached.\n\n{company}"}
