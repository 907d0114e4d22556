"""A company of a page: its lists and a few documents, as data. The countries' samples are made of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Profile
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.writing import create
from tieout.platforms.quickbooks.sandbox.seeds.setting_up import (
    SeedAccount,
    SeedCode,
    SeedRate,
    enter,
    put_accounts,
    put_company,
    put_opening,
    put_payment_methods,
    put_tax,
    put_terms,
)

FOUNDED_DAYS_AGO = 200
SaleLine = tuple[str, str, str, str | None]
"""Item, price, quantity, tax code."""


@dataclass(frozen=True, slots=True)
class SmallCompany:
    """What such a company starts with."""

    profile: Profile
    place: tuple[str, str, str, str]
    """City, region, postal code, country."""
    street: str
    accounts: tuple[SeedAccount, ...]
    agencies: tuple[tuple[int, str, str], ...]
    """Id, name, and the account that its tax is owed on."""
    rates: tuple[SeedRate, ...]
    codes: tuple[SeedCode, ...]
    items: tuple[tuple[int, str, str, str], ...]
    """Id, name, price, income account; all are services."""
    customers: tuple[str | Mapping[str, Any], ...]
    """Names, or more of them; their ids begin at 1."""
    vendors: tuple[str, ...]
    """Names; their ids follow the customers'."""
    opening: tuple[tuple[str, str], ...]
    """Accounts with what they start with."""
    history: tuple[tuple[int, str, dict[str, Any]], ...]
    """Days ago, kind, body."""

    def fill(self, books: Books) -> None:
        """Put everything into the company's books."""
        books.acting_at = books.clock.now() - timedelta(days=FOUNDED_DAYS_AGO)
        put_accounts(books, self.accounts)
        put_terms(books)
        put_payment_methods(books)
        put_tax(books, self.agencies, self.rates, self.codes)
        put_company(books, self.place, self.street)
        for account, amount in self.opening:
            put_opening(books, account, amount)
        for item_id, name, price, account in self.items:
            body = {"Name": name, "Type": "Service", "UnitPrice": price, "IncomeAccountRef": {"value": account}}
            enter(books, "Item", item_id, body)
        for place, customer in enumerate(self.customers, 1):
            enter(books, "Customer", place, _party(customer))
        for place, vendor in enumerate(self.vendors, len(self.customers) + 1):
            enter(books, "Vendor", place, _party(vendor))
        for days, kind, document in self.history:
            books.acting_at = books.clock.now() - timedelta(days=days)
            create(books, KINDS[kind], document)
        books.acting_at = None


def _party(told: str | Mapping[str, Any]) -> dict[str, Any]:
    return {"DisplayName": told, "CompanyName": told} if isinstance(told, str) else dict(told)


def sale(customer: str, lines: tuple[SaleLine, ...], mode: str | None = None) -> dict[str, Any]:
    """The body of a sales form."""
    told = []
    for item, price, quantity, code in lines:
        detail: dict[str, Any] = {"ItemRef": {"value": item}, "UnitPrice": price, "Qty": quantity}
        if code is not None:
            detail["TaxCodeRef"] = {"value": code}
        amount = Decimal(price) * Decimal(quantity)
        told.append({"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail})
    return {"CustomerRef": {"value": customer}, "Line": told} | _mode(mode)


def purchase(
    vendor: str, account: str, amount: str, code: str | None = None, mode: str | None = None
) -> dict[str, Any]:
    """The body of a bill with one line."""
    detail: dict[str, Any] = {"AccountRef": {"value": account}}
    if code is not None:
        detail["TaxCodeRef"] = {"value": code}
    kind = "AccountBasedExpenseLineDetail"
    return {"VendorRef": {"value": vendor}, "Line": [{"Amount": amount, "DetailType": kind, kind: detail}]} | _mode(
        mode
    )


def _mode(mode: str | None) -> dict[str, str]:
    return {} if mode is None else {"GlobalTaxCalculation": mode}
