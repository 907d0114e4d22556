"""What an organisation tells about itself: `Organisation`, `Organisation/Actions` and `Currencies`."""

from collections.abc import Mapping
from typing import Any

from tieout.platforms.xero.sandbox.accounting.elements import Element, vocabulary
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.gateway.dialects import unsupported
from tieout.platforms.xero.sandbox.wire import calendar_ms, ms_date_bare

ACTIONS = (
    "CreateApprovedInvoice", "CreateDraftPurchaseOrder", "CreateApprovedBill", "AttachFilesIntoInvoice",
    "UseMulticurrency", "CreateDraftInvoice", "CreateRepeatingInvoice", "CreateRepeatingBill", "CreateSentQuote",
    "CreateInvoicePayment", "CreateApprovedPurchaseOrder", "CreateDraftQuote", "CreateDraftBill",
)  # fmt: skip
"""The actions of the API description, in its order."""
CURRENCIES = {"AUD": "Australian Dollar", "CAD": "Canadian Dollar", "CHF": "Swiss Franc", "EUR": "Euro",
    "GBP": "British Pound", "NZD": "New Zealand Dollar", "SGD": "Singapore Dollar",
    "USD": "United States Dollar",
}  # fmt: skip


def show_organisation(organisation: Organisation) -> Mapping[str, Any]:
    """The one element of `Organisations`."""
    profile = organisation.profile
    told: dict[str, Any] = {
        "Name": profile.name,
        "LegalName": profile.name,
        "PaysTax": True,
        "Version": profile.version,
        "OrganisationType": "COMPANY",
        "BaseCurrency": profile.currency,
        "CountryCode": profile.country,
        "IsDemoCompany": profile.demo,
        "OrganisationStatus": "ACTIVE",
    }
    if profile.tax_number is not None:
        told["TaxNumber"] = profile.tax_number
    month, day = profile.year_end
    told |= {
        "FinancialYearEndDay": day,
        "FinancialYearEndMonth": month,
        "SalesTaxBasis": profile.tax_basis,
        "SalesTaxPeriod": profile.tax_period,
        "DefaultSalesTax": "Remember previous",
        "DefaultPurchasesTax": "Remember previous",
    }
    if organisation.period_lock is not None:
        told["PeriodLockDate"] = calendar_ms(organisation.period_lock)
    if organisation.year_end_lock is not None:
        told["EndOfYearLockDate"] = calendar_ms(organisation.year_end_lock)
    told |= {
        "CreatedDateUTC": ms_date_bare(profile.created_at),
        "OrganisationEntityType": "COMPANY",
        "Timezone": profile.timezone,
        "ShortCode": profile.short_code,
        "OrganisationID": organisation.id,
        "Edition": "BUSINESS",
        "Class": profile.class_,
        "Addresses": [],
        "Phones": [],
        "ExternalLinks": [],
        "PaymentTerms": {},
    }
    if profile.tax_number_name is not None:
        told["TaxNumberName"] = profile.tax_number_name
    return told


def show_actions(organisation: Organisation) -> list[Mapping[str, str]]:
    """What the app may do here."""
    refused = organisation.refused_actions
    return [{"Name": name, "Status": "NOT-ALLOWED" if name in refused else "ALLOWED"} for name in ACTIONS]


def show_currencies(organisation: Organisation) -> list[Mapping[str, str]]:
    """The currencies that it is subscribed to."""
    return [{"Code": code, "Description": name} for code, name in sorted(organisation.currencies.items())]


def add_currency(organisation: Organisation, element: Element) -> str:
    """Subscribe an organisation to a currency. There is no way back."""
    element.check(vocabulary("Code", "Description"))
    code = (element.text("Code") or "").upper()
    name = CURRENCIES.get(code)
    if name is None:
        raise unsupported(f"the currency {code or 'without a code'}; there are {', '.join(CURRENCIES)}")
    organisation.currencies[code] = name
    return code
