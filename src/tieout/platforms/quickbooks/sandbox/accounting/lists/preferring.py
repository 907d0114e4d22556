"""A company's preferences: they follow from its profile and its switches, so they are made when they are read."""

from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def preferences(books: Books) -> dict[str, Any]:
    """What the company's preferences say now."""
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
            "CustomTxnNumbers": switches.custom_numbers,
            "AllowDeposit": False,
            "AllowDiscount": True,
            "AllowEstimates": True,
            "AllowServiceDate": False,
            "AllowShipping": False,
            "IPNSupportEnabled": False,
            "UsingPriceLevels": False,
        },
        "VendorAndPurchasesPrefs": {"TrackingByCustomer": True, "BillableExpenseTracking": False},
        "TimeTrackingPrefs": {"UseServices": True, "BillCustomers": True, "WorkWeekStartDate": "Monday"},
        "TaxPrefs": tax,
        "CurrencyPrefs": {"MultiCurrencyEnabled": profile.multi_currency, "HomeCurrency": {"value": profile.currency}},
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        "OtherPrefs": {"NameValue": []},
    }  # fmt: skip
