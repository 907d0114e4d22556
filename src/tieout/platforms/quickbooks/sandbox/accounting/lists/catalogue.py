"""Items and accounts."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox import refusals
from tieout.platforms.quickbooks.sandbox.accounting.books import Role
from tieout.platforms.quickbooks.sandbox.accounting.currencies.exchange import party_currency, read_list_currency
from tieout.platforms.quickbooks.sandbox.accounting.kinds import Family
from tieout.platforms.quickbooks.sandbox.accounting.lists.account_types import DETAIL_TYPES, type_of
from tieout.platforms.quickbooks.sandbox.accounting.lists.hierarchy import listed_name, place_under_parent
from tieout.platforms.quickbooks.sandbox.accounting.own_accounts import is_needed, promised_account
from tieout.platforms.quickbooks.sandbox.accounting.records import (
    ADJUSTMENT,
    Adjustment,
    Record,
    Shaped,
    StockMove,
)
from tieout.platforms.quickbooks.sandbox.accounting.wishes import (
    ENVELOPE,
    Wish,
    check_characters,
    check_lengths,
    keep,
    pointer,
    refuse_unsimulated,
)
from tieout.platforms.quickbooks.sandbox.figures import ZERO, cents, figure
from tieout.sandbox.ledger import DocumentRef, JournalLine, credit, debit

UNIT_PRICE_MAX = Decimal(99_999_999_999)
_ITEM_LENGTHS = {"Name": 100, "Sku": 100, "Description": 4000, "PurchaseDesc": 1000}
_ITEM_TYPES = ("Service", "NonInventory", "Inventory", "Category")
_SALE_ACCOUNTS = ("Income", "Other Income", "Other Current Liability")
_COST_ACCOUNTS = ("Expense", "Other Expense", "Cost of Goods Sold", "Other Current Asset", "Fixed Asset")
_CLASSIFICATIONS = {
    "Bank": "Asset", "Accounts Receivable": "Asset", "Other Current Asset": "Asset", "Fixed Asset": "Asset",
    "Other Asset": "Asset", "Accounts Payable": "Liability", "Credit Card": "Liability",
    "Other Current Liability": "Liability", "Long Term Liability": "Liability", "Equity": "Equity",
    "Income": "Revenue", "Other Income": "Revenue", "Cost of Goods Sold": "Expense", "Expense": "Expense",
    "Other Expense": "Expense",
}  # fmt: skip
_FOREIGN_TOO = ("Asset", "Liability")
"""Classifications whose accounts may be kept in another currency."""
_SUB_TYPES = {
    "Bank": "CashOnHand", "Accounts Receivable": "AccountsReceivable", "Other Current Asset": "OtherCurrentAssets",
    "Fixed Asset": "FurnitureAndFixtures", "Other Asset": "OtherLongTermAssets", "Accounts Payable": "AccountsPayable",
    "Credit Card": "CreditCard", "Other Current Liability": "OtherCurrentLiabilities",
    "Long Term Liability": "OtherLongTermLiabilities", "Equity": "OwnersEquity", "Income": "ServiceFeeIncome",
    "Other Income": "OtherMiscellaneousIncome", "Cost of Goods Sold": "SuppliesMaterialsCogs",
    "Expense": "OtherMiscellaneousServiceCost", "Other Expense": "OtherMiscellaneousExpense",
}  # fmt: skip
"""The detail type that an account gets when only its type was given."""


def shape_item(wish: Wish) -> Shaped:
    """A product or service. Raises `Refusal`; groups are not simulated."""
    body = wish.body
    name = wish.need("Name")
    check_lengths(body, _ITEM_LENGTHS)
    check_characters(body, ["Name"], ":\t\n")
    kind = body.get("Type") or "Service"
    if kind not in _ITEM_TYPES:
        raise refusals.NotSimulatedError(f"items of type {kind} are not simulated")
    refuse_unsimulated(body, ["ItemGroupDetail", "ItemAssemblyDetail", "RatePercent", "DeferredRevenue"])
    content = keep(body, ENVELOPE | {"QtyOnHand", "AvgCost", "FullyQualifiedName", "Level"})
    content |= {"Name": listed_name(wish, "Name", str(name)), "Type": kind, "Active": body.get("Active", True)}
    level = place_under_parent(wish, content, "SubItem")
    if level:
        content["Level"] = level
    if kind == "Category":
        return Shaped(content)
    for field in ("UnitPrice", "PurchaseCost"):
        price = body.get(field) or ZERO
        if abs(price) > UNIT_PRICE_MAX:
            raise refusals.invalid_value(field, price, "java.math.BigDecimal")
        content[field] = figure(Decimal(price))
    content.setdefault("Taxable", False)
    content["TrackQtyOnHand"] = kind == "Inventory"
    _check_item_accounts(wish, content, kind)
    for field, target in (
        ("SalesTaxCodeRef", "TaxCode"),
        ("PurchaseTaxCodeRef", "TaxCode"),
        ("PrefVendorRef", "Vendor"),
    ):
        wish.resolve(field, target)
    if kind != "Inventory":
        content.pop("AssetAccountRef", None)
    _check_asset_stays(wish, content)
    if kind != "Inventory":
        return Shaped(content)
    return _with_stock(wish, content)


def _with_stock(wish: Wish, content: dict[str, Any]) -> Shaped:
    """An inventory item: what it starts with is posted against the opening balance, on its first day.

    A quantity that is written later, in whatever kind of update, sets the stock to it as of today.
    """
    start = date.fromisoformat(wish.need("InvStartDate"))
    content["InvStartDate"] = start.isoformat()
    quantity = wish.body.get("QtyOnHand")
    if wish.standing is not None:
        return _recounted(wish, content, wish.standing, quantity)
    if quantity is None:
        raise refusals.missing("QtyOnHand")
    value = cents(Decimal(quantity) * Decimal(content["PurchaseCost"]))
    lines: tuple[JournalLine, ...] = (
        debit(content["AssetAccountRef"]["value"], value, "Opening stock"),
        credit(wish.books.role(Role.OPENING), value, "Opening stock"),
    )
    move = _move(content, "", Decimal(quantity), content["ExpenseAccountRef"]["value"], value)
    return Shaped(content, lines=lines, stock=(move,))


def _recounted(wish: Wish, content: dict[str, Any], standing: Record, quantity: Decimal | None) -> Shaped:
    """An item that stands already, with an adjustment of its stock if another quantity is written."""
    if content["InvStartDate"] != standing.content["InvStartDate"]:
        first = min((one.on for one in standing.shaped.adjustments), default=None)
        moved = wish.books.stocks[standing.id].first_moved_on(standing.ref)
        days = [day for day in (first, moved) if day is not None]
        if days and min(days).isoformat() < content["InvStartDate"]:
            raise refusals.before_stock(content["Name"])
    shaped = replace(standing.shaped, content=content)
    if "QtyOnHand" not in wish.sent or quantity is None or Decimal(quantity) == standing.balance:
        return shaped
    books = wish.books
    ref = DocumentRef(ADJUSTMENT, books.next_id(Family.TRANSACTION))
    against = promised_account(books, Role.SHRINKAGE)
    move = _move(content, standing.id, Decimal(quantity) - standing.balance, against)
    return replace(shaped, adjustments=(*shaped.adjustments, Adjustment(ref, books.today(), move)))


def _move(
    content: dict[str, Any], item_id: str, quantity: Decimal, against: str, value: Decimal | None = None
) -> StockMove:
    asset, cost = content["AssetAccountRef"]["value"], Decimal(content["PurchaseCost"])
    return StockMove(item_id, quantity, asset, against, cost, value)


def _check_item_accounts(wish: Wish, content: dict[str, Any], kind: str) -> None:
    """The accounts an item needs, each of a fitting type."""
    sale, cost = wish.resolve("IncomeAccountRef", "Account"), wish.resolve("ExpenseAccountRef", "Account")
    asset = wish.resolve("AssetAccountRef", "Account")
    if sale is None and (kind == "Inventory" or cost is None):
        raise refusals.missing("IncomeAccountRef")
    if sale is not None:
        content["IncomeAccountRef"] = pointer(_of_type(wish, sale, "IncomeAccountRef", _SALE_ACCOUNTS))
    if cost is not None:
        wanted = ("Cost of Goods Sold",) if kind == "Inventory" else _COST_ACCOUNTS
        content["ExpenseAccountRef"] = pointer(_of_type(wish, cost, "ExpenseAccountRef", wanted))
    if kind != "Inventory":
        return
    if cost is None:
        raise refusals.missing("ExpenseAccountRef")
    if asset is None:
        raise refusals.missing("AssetAccountRef")
    content["AssetAccountRef"] = pointer(_of_type(wish, asset, "AssetAccountRef", ("Other Current Asset",)))


def _check_asset_stays(wish: Wish, content: dict[str, Any]) -> None:
    """Another asset account would move the stock that there is, which nothing here does."""
    standing = wish.standing
    if standing is not None and content.get("AssetAccountRef") != standing.content.get("AssetAccountRef"):
        raise refusals.NotSimulatedError("changing AssetAccountRef")


def _of_type(wish: Wish, account: Record, field: str, wanted: tuple[str, ...]) -> Record:
    if account.content["AccountType"] not in wanted:
        raise refusals.wrong_account(field, " or ".join(wanted))
    if party_currency(wish.books, account) != wish.books.profile.currency:
        raise refusals.business(f"{field} has to be an account in your own currency")
    return account


def shape_account(wish: Wish) -> Shaped:
    """An account. Raises `Refusal`."""
    body = wish.body
    name = wish.need("Name")
    check_lengths(body, {"Name": 100, "AcctNum": wish.books.profile.account_number_max, "Description": 100})
    check_characters(body, ["Name"], '":')
    check_characters(body, ["AcctNum"], ":")
    read_list_currency(wish)
    refuse_unsimulated(body, ["OpeningBalance", "OpeningBalanceDate"])
    kind, detail = body.get("AccountType") or type_of(body.get("AccountSubType")), body.get("AccountSubType")
    if kind not in _CLASSIFICATIONS:
        raise refusals.no_account_type()
    if "AccountType" in wish.sent and "AccountSubType" not in wish.sent and detail not in DETAIL_TYPES[kind]:
        detail = None
    if detail is not None and detail not in DETAIL_TYPES[kind]:
        raise refusals.invalid_choice("AccountSubType", detail)
    if body["CurrencyRef"]["value"] != wish.books.profile.currency and _CLASSIFICATIONS[kind] not in _FOREIGN_TOO:
        raise refusals.business("Accounts for equity, income and expenses are in your own currency")
    if body.get("Active") is False and wish.standing is not None and is_needed(wish.books, wish.standing.id):
        raise refusals.business("This account is used by the books themselves and cannot be made inactive")
    if wish.standing is not None and wish.standing.content["AccountType"] != kind:
        _check_reclassified(wish, str(kind))
    content = keep(body, ENVELOPE | {"CurrentBalance", "CurrentBalanceWithSubAccounts", "FullyQualifiedName"})
    content |= {
        "Name": listed_name(wish, "Name", str(name)),
        "AccountType": kind,
        "AccountSubType": detail or _SUB_TYPES[kind],
        "Classification": _CLASSIFICATIONS[kind],
        "Active": body.get("Active", True),
    }
    if place_under_parent(wish, content, "SubAccount"):
        _check_type_of_parent(wish, content)
    return Shaped(content, lines=wish.standing.shaped.lines if wish.standing is not None else ())


def _check_type_of_parent(wish: Wish, content: dict[str, Any]) -> None:
    above = wish.books.shelf("Account").records[content["ParentRef"]["value"]]
    if above.content["AccountType"] != content["AccountType"]:
        raise refusals.business("For subaccounts, you must select the same account type as their parent.")


def _check_reclassified(wish: Wish, kind: str) -> None:
    """An account with entries keeps its side of the books here."""
    standing = wish.standing
    if standing is None or _CLASSIFICATIONS[kind] == standing.content["Classification"]:
        return
    if wish.books.ledger.is_used(standing.id):
        raise refusals.business("The type of an account with transactions cannot change to another classification")
