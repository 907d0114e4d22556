"""How records look on the wire, which differs with the way they are asked for.

Source: presence of fields per endpoint in recordings of April 2026; raw bodies of 2020 for the scale of numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from tieout.platforms.xero.sandbox.accounting.attachments import attachments_of, show_attachment
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import (
    Account,
    Item,
    ItemDetails,
    Row,
    TaxRate,
)
from tieout.platforms.xero.sandbox.wire import (
    CENT,
    QUARTER_CENT,
    half_up,
    ms_date,
    ms_date_bare,
)


class Shape(StrEnum):
    """The ways to ask."""

    LIST = "list"
    """All rows at once: documents without their lines."""
    PAGE = "page"
    SUMMARY = "summary"
    """`summaryOnly=true`."""
    SINGLE = "single"
    WRITTEN = "written"
    """The answer to PUT and POST."""


@dataclass(frozen=True, slots=True)
class View:
    """How rows are to be shown. `unit_places` is the scale of unit prices (`unitdp`)."""

    shape: Shape
    unit_places: Decimal = CENT


def scaled(amount: Decimal, step: Decimal) -> Decimal:
    """An amount printed with the places of `step`."""
    return half_up(amount, step)


def has_attachments(organisation: Organisation, row: Row) -> bool:
    """Whether a file is attached to a record."""
    return bool(organisation.attachments.get(row.id))


def inner_attachments(organisation: Organisation, endpoint: str, row: Row) -> list[Mapping[str, Any]]:
    """The files of a record inside that record when it is read alone."""
    return [
        show_attachment(organisation.origin, endpoint, row.id, file) for file in attachments_of(organisation, row.id)
    ]


def show_account(organisation: Organisation, account: Account, view: View) -> Mapping[str, Any]:
    """An account of the chart."""
    told: dict[str, Any] = {
        "AccountID": account.id,
        "Code": account.code,
        "Name": account.name,
        "Status": account.status,
        "Type": account.type,
        "TaxType": account.tax_type,
    }
    if account.description is not None:
        told["Description"] = account.description
    told["Class"] = account.class_
    if view.shape is not Shape.WRITTEN and account.system is not None:
        told["SystemAccount"] = account.system
    told["EnablePaymentsToAccount"] = account.takes_payments
    told["ShowInExpenseClaims"] = account.in_expense_claims
    if account.type == "BANK":
        told["BankAccountNumber"] = account.bank_account_number or ""
    if view.shape is not Shape.WRITTEN or account.type == "BANK":
        told["BankAccountType"] = account.bank_account_type
    if account.currency is not None:
        told["CurrencyCode"] = account.currency
    told["ReportingCode"], told["ReportingCodeName"] = account.reporting_code, account.reporting_name
    if view.shape is not Shape.WRITTEN:
        told["HasAttachments"] = has_attachments(organisation, account)
    if view.shape is Shape.SINGLE:
        told["Attachments"] = inner_attachments(organisation, "Accounts", account)
    return told | {"UpdatedDateUTC": ms_date(account.updated_at), "AddToWatchlist": account.watched}


def show_tax_rate(_organisation: Organisation, rate: TaxRate, _view: View) -> Mapping[str, Any]:
    """A tax rate. It has neither an id nor a date of change."""
    told: dict[str, Any] = {"Name": rate.name, "TaxType": rate.id}
    if rate.report_type is not None:
        told["ReportTaxType"] = rate.report_type
    for class_, word in (
        ("ASSET", "Assets"), ("EQUITY", "Equity"), ("EXPENSE", "Expenses"), ("LIABILITY", "Liabilities"),
        ("REVENUE", "Revenue"),
    ):  # fmt: skip
        told[f"CanApplyTo{word}"] = class_ in rate.classes
    return told | {
        "DisplayTaxRate": scaled(rate.displayed, QUARTER_CENT),
        "EffectiveRate": scaled(rate.effective, QUARTER_CENT),
        "Status": rate.status,
        "TaxComponents": [
            {
                "Name": part.name,
                "Rate": scaled(part.rate, QUARTER_CENT),
                "IsCompound": part.compound,
                "IsNonRecoverable": part.non_recoverable,
            }
            for part in rate.components
        ],
    }


def show_item(_organisation: Organisation, item: Item, view: View) -> Mapping[str, Any]:
    """An item. The answer to a write has its date without an offset."""
    told: dict[str, Any] = {"ItemID": item.id, "Code": item.code}
    if item.description is not None:
        told["Description"] = item.description
    if item.purchase_description is not None:
        told["PurchaseDescription"] = item.purchase_description
    written = view.shape is Shape.WRITTEN
    told["UpdatedDateUTC"] = ms_date_bare(item.updated_at) if written else ms_date(item.updated_at)
    told["PurchaseDetails"] = _show_details(item.purchases, view, tracked=item.tracked)
    told["SalesDetails"] = _show_details(item.sales, view, tracked=False)
    told |= {
        "Name": item.name,
        "IsTrackedAsInventory": item.tracked,
        "IsSold": item.sold,
        "IsPurchased": item.purchased,
    }
    if item.tracked:
        told |= {
            "InventoryAssetAccountCode": item.inventory_account,
            "TotalCostPool": scaled(item.cost_pool, CENT),
            "QuantityOnHand": scaled(item.quantity_on_hand, QUARTER_CENT),
        }
    if view.shape in {Shape.SINGLE, Shape.WRITTEN}:
        told["ValidationErrors"] = []
    return told


def _show_details(details: ItemDetails, view: View, *, tracked: bool) -> Mapping[str, Any]:
    told: dict[str, Any] = {}
    if details.unit_price is not None:
        told["UnitPrice"] = scaled(details.unit_price, view.unit_places)
    if details.account_code is not None:
        told["COGSAccountCode" if tracked else "AccountCode"] = details.account_code
    if details.tax_type is not None:
        told["TaxType"] = details.tax_type
    return told
