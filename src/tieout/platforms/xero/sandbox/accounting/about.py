"""What an organisation tells about itself: `Organisation` and `Organisation/Actions`."""

from collections.abc import Mapping
from typing import Any

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.wire import calendar_ms, ms_date_bare

ACTIONS = (
    "CreateApprovedInvoice", "CreateDraftPurchaseOrder", "CreateApprovedBill", "AttachFilesIntoInvoice",
    "UseMulticurrency", "CreateDraftInvoice", "CreateRepeatingInvoice", "CreateRepeatingBill", "CreateSentQuote",
    "CreateInvoicePayment", "CreateApprovedPurchaseOrder", "CreateDraftQuote", "CreateDraftBill",
)  # fmt: skip
"""The actions of the API description, in its order."""


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
