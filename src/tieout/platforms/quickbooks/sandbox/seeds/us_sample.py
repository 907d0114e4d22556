"""The public United States sample company: its lists by the ids that tests and tutorials everywhere rely on.

Columns of the facts: account (id, name, type, detail type, parent) · agency (id, name, account) · rate (id, name,
percent, agency) · code (id, name, sales rates, purchase rates, taxable, group) · item (id, name, type, price, cost,
income account, expense account, stock, taxable) · customer (id, display name, given, family, company, parent, street,
city, state, postal code, telephone, e-mail, taxable) · vendor (the same without parent, e-mail and mark; then account
number and term).
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Profile, Regime, Role
from tieout.platforms.quickbooks.sandbox.moments import Zone
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
    roles,
    settle_down,
)
from tieout.platforms.quickbooks.sandbox.seeds.us_abroad import enter_abroad
from tieout.platforms.quickbooks.sandbox.seeds.us_history import enter_history

SAMPLE_REALM, EMPTY_REALM = "9341452000000017", "9341452000000025"
_FACTS: dict[str, list[list[Any]]] = json.loads(
    (Path(__file__).parent.parent / "facts" / "us_sample.json").read_text(encoding="utf-8")
)
_ROLES = roles(
    receivable="84", payable="33", undeposited="4", checking="35", discounts="86", inventory="81", cost_of_goods="80",
    opening="34", retained="2", sales="79",
)  # fmt: skip
_STARTER_ACCOUNTS = frozenset(
    {1, 2, 4, 7, 8, 11, 12, 15, 17, 20, 22, 24, 30, 31, 33, 34, 35, 36, 41, 79, 80, 81, 84, 86, 89, 90}
)
"""The accounts that the company without history begins with."""


def sample_profile() -> Profile:
    """The company with history."""
    return Profile(
        id=SAMPLE_REALM,
        name="Craig's Design and Landscaping Services",
        country="US",
        currency="USD",
        currency_name="United States Dollar",
        zone=Zone.PACIFIC,
        regime=Regime.UNITED_STATES,
        roles=_ROLES,
        default_tax_code="2",
        custom_fields=(("1", "Crew #"),),
        multi_currency=True,
    )


def empty_profile() -> Profile:
    """The company that nobody has worked in."""
    return Profile(
        id=EMPTY_REALM,
        name="Blank Slate Trading",
        country="US",
        currency="USD",
        currency_name="United States Dollar",
        zone=Zone.PACIFIC,
        regime=Regime.UNITED_STATES,
        roles=_ROLES,
        default_tax_code="2",
    )


def fill_sample(books: Books) -> None:
    """Every list, and a year of work that leaves the open balances of the original."""
    began = books.clock.now() - timedelta(days=400)
    books.acting_at = began
    _put_lists(books, [SeedAccount(*row) for row in _FACTS["accounts"]])
    for account_id, amount in (("35", "12000.00"), ("36", "800.00"), ("38", "13495.00"), ("44", "-25000.00")):
        put_opening(books, account_id, amount)
    for row in _FACTS["items"]:
        _enter_item(books, row)
    for row in _FACTS["customers"]:
        _enter_customer(books, row)
    for row in _FACTS["vendors"]:
        _enter_vendor(books, row)
    for employee_id, given, family in ((54, "John", "Johnson"), (55, "Emily", "Platt")):
        enter(books, "Employee", employee_id, {"GivenName": given, "FamilyName": family})
    settle_down(books, names_from=58, transactions_from=9)
    enter_history(books)
    enter_abroad(books)
    settle_down(books, names_from=63, transactions_from=145)
    books.acting_at = None


def fill_empty(books: Books) -> None:
    """A chart of accounts, tax and terms, one item, and nothing else."""
    _put_lists(books, [SeedAccount(*row) for row in _FACTS["accounts"] if row[0] in _STARTER_ACCOUNTS])
    enter(books, "Item", 1, {"Name": "Services", "Type": "Service", "IncomeAccountRef": {"value": "1"}})


def _put_lists(books: Books, accounts: Sequence[SeedAccount]) -> None:
    put_accounts(books, accounts)
    put_terms(books)
    put_payment_methods(books)
    agencies = [(int(row[0]), str(row[1]), str(row[2])) for row in _FACTS["agencies"]]
    put_tax(books, agencies, [SeedRate(*row) for row in _FACTS["rates"]], [_code(row) for row in _FACTS["codes"]])
    put_company(books, ("Mountain View", "CA", "94043", "USA"))


def _code(row: Sequence[Any]) -> SeedCode:
    code_id, name, sales, purchases, taxable, group = row
    sides = [None if side is None else tuple(side) for side in (sales, purchases)]
    return SeedCode(code_id, name, sides[0], sides[1], taxable, group)


def _enter_item(books: Books, row: Sequence[Any]) -> None:
    item_id, name, kind, price, cost, income, expense, stock, taxable = row
    body: dict[str, Any] = {
        "Name": name, "Type": kind, "UnitPrice": price, "PurchaseCost": cost, "Taxable": taxable,
        "IncomeAccountRef": {"value": str(income)},
    }  # fmt: skip
    if expense is not None:
        body["ExpenseAccountRef"] = {"value": str(expense)}
    if stock is not None:
        body |= {
            "AssetAccountRef": {"value": books.role(Role.INVENTORY)}, "TrackQtyOnHand": True, "QtyOnHand": stock,
            "InvStartDate": books.today().isoformat(),
        }  # fmt: skip
    enter(books, "Item", item_id, body)


def _enter_customer(books: Books, row: Sequence[Any]) -> None:
    customer_id, display, given, family, company, parent, street, city, state, postal, phone, email, taxable = row
    body = _party(display, given, family, company, phone) | {"Taxable": taxable}
    body |= _address(street, city, state, postal, ["BillAddr", "ShipAddr"])
    if email:
        body["PrimaryEmailAddr"] = {"Address": email}
    if parent:
        body |= {"ParentRef": {"value": parent}, "Job": True}
    enter(books, "Customer", customer_id, body)


def _enter_vendor(books: Books, row: Sequence[Any]) -> None:
    vendor_id, display, given, family, company, street, city, state, postal, phone, number, term = row
    body = _party(display, given, family, company, phone) | _address(street, city, state, postal, ["BillAddr"])
    if number:
        body["AcctNum"] = number
    if term:
        body["TermRef"] = {"value": term}
    enter(books, "Vendor", vendor_id, body)


def _party(display: str, given: str, family: str, company: str, phone: str) -> dict[str, Any]:
    names = {"DisplayName": display, "GivenName": given, "FamilyName": family, "CompanyName": company}
    body: dict[str, Any] = {field: value for field, value in names.items() if value}
    return body | ({"PrimaryPhone": {"FreeFormNumber": phone}} if phone else {})


def _address(street: str, city: str, state: str, postal: str, fields: Sequence[str]) -> dict[str, Any]:
    if not city:
        return {}
    address = {"Line1": street, "City": city, "CountrySubDivisionCode": state, "PostalCode": postal}
    return {field: dict(address) for field in fields}
