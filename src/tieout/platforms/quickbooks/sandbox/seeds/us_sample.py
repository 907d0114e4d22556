"""The public United States sample company: its lists by the ids that tests and tutorials everywhere rely on.

Chart, tax and items stand in `us_lists.json` beside this, which names its columns; the parties are facts that
`condense_sample` made of recordings.
"""

import json
from collections.abc import Mapping, Sequence
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
from tieout.platforms.quickbooks.sandbox.seeds.us_cash import owe_from_the_start
from tieout.platforms.quickbooks.sandbox.seeds.us_history import enter_history
from tieout.platforms.quickbooks.sandbox.seeds.us_known import NEXT_ORDER_NUMBER, NEXT_SALES_NUMBER

SAMPLE_REALM, EMPTY_REALM = "9341452000000017", "9341452000000025"
_LISTS: dict[str, list[list[Any]]] = json.loads((Path(__file__).parent / "us_lists.json").read_text(encoding="utf-8"))
_PARTIES: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent.parent / "facts" / "us_parties.json").read_text(encoding="utf-8")
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
    _put_lists(books, [SeedAccount(*row) for row in _LISTS["accounts"]])
    for account_id, amount in (("35", "12000.00"), ("36", "600.00"), ("38", "13495.00")):
        put_opening(books, account_id, amount)
    for row in _LISTS["items"]:
        _enter_item(books, row)
    for customer in _PARTIES["customers"]:
        _enter_customer(books, customer)
    for vendor in _PARTIES["vendors"]:
        _enter_vendor(books, vendor)
    for employee_id, given, family in ((54, "John", "Johnson"), (55, "Emily", "Platt")):
        enter(books, "Employee", employee_id, {"GivenName": given, "FamilyName": family})
    settle_down(books, names_from=58, transactions_from=9)
    owe_from_the_start(books)
    enter_history(books)
    enter_abroad(books)
    settle_down(books, names_from=63, transactions_from=145)
    books.sales_number, books.order_numbers = NEXT_SALES_NUMBER, {"PurchaseOrder": NEXT_ORDER_NUMBER}
    books.acting_at = None


def fill_empty(books: Books) -> None:
    """A chart of accounts, tax and terms, one item, and nothing else."""
    _put_lists(books, [SeedAccount(*row) for row in _LISTS["accounts"] if row[0] in _STARTER_ACCOUNTS])
    enter(books, "Item", 1, {"Name": "Services", "Type": "Service", "IncomeAccountRef": {"value": "1"}})


def _put_lists(books: Books, accounts: Sequence[SeedAccount]) -> None:
    put_accounts(books, accounts)
    put_terms(books)
    put_payment_methods(books)
    agencies = [(int(row[0]), str(row[1]), str(row[2])) for row in _LISTS["agencies"]]
    put_tax(books, agencies, [SeedRate(*row) for row in _LISTS["rates"]], [_code(row) for row in _LISTS["codes"]])
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


def _enter_customer(books: Books, row: Mapping[str, Any]) -> None:
    body = _party(row) | {"Taxable": row["taxable"]} | _address(row, ["BillAddr", "ShipAddr"])
    if "email" in row:
        body["PrimaryEmailAddr"] = {"Address": row["email"]}
    if "parent" in row:
        body |= {"ParentRef": {"value": row["parent"]}, "Job": True}
    enter(books, "Customer", int(row["id"]), body)


def _enter_vendor(books: Books, row: Mapping[str, Any]) -> None:
    body = _party(row) | _address(row, ["BillAddr"])
    if "account_number" in row:
        body["AcctNum"] = row["account_number"]
    if "term" in row:
        body["TermRef"] = {"value": row["term"]}
    enter(books, "Vendor", int(row["id"]), body)


def _party(row: Mapping[str, Any]) -> dict[str, Any]:
    fields = {
        "DisplayName": "display_name", "GivenName": "given_name", "FamilyName": "family_name",
        "CompanyName": "company_name",
    }  # fmt: skip
    body: dict[str, Any] = {field: row[name] for field, name in fields.items() if name in row}
    return body | ({"PrimaryPhone": {"FreeFormNumber": row["telephone"]}} if "telephone" in row else {})


def _address(row: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    if "city" not in row:
        return {}
    names = {"Line1": "street", "City": "city", "CountrySubDivisionCode": "state", "PostalCode": "postal_code"}
    address = {field: row[name] for field, name in names.items() if name in row}
    return {field: dict(address) for field in fields}
