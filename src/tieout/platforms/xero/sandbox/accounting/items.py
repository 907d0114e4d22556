"""Items, tracked or not. Source: items page. What is in stock follows from documents and cannot be written."""

from typing import Any

from tieout.platforms.xero.sandbox.accounting.elements import Element, GoneError, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Item, ItemDetails
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_length
from tieout.platforms.xero.sandbox.gateway.dialects import unsupported
from tieout.platforms.xero.sandbox.wire import CENT, QUARTER_CENT, half_up

WORDS = vocabulary(
    "ItemID Code Name Description PurchaseDescription IsSold IsPurchased InventoryAssetAccountCode SalesDetails"
    " PurchaseDetails",
    "IsTrackedAsInventory QuantityOnHand TotalCostPool",
)
DETAIL_WORDS = vocabulary("UnitPrice AccountCode COGSAccountCode TaxType")


def find_item(organisation: Organisation, key: str) -> Item | None:
    """By ItemID or Code."""
    folded = key.lower()
    return organisation.items.get(folded) or next(
        (one for one in organisation.items.values() if one.code.lower() == folded), None
    )


def write_item(writing: Writing, element: Element) -> Written:
    """Create or change an item; POST finds it by ItemID, then by Code."""
    element.check(WORDS)
    organisation = writing.organisation
    item = _match(writing, element)
    asset = _asset_account(organisation, element, item)
    values = _item_values(organisation, element, item, tracked=asset is not None)
    if asset is not None and not values.get("purchases", item.purchases if item else ItemDetails()).account_code:
        raise InvalidError("A tracked inventory item needs a COGSAccountCode")
    if item is None:
        values["inventory_account"] = asset
    if item is None:
        item = Item(id=organisation.ids.uuid(), updated_at=writing.at, app_id=writing.app_id, code="")
        organisation.items[item.id] = item
    else:
        organisation.renames += 1
    for attribute, value in values.items():
        setattr(item, attribute, value)
    item.touch(writing.at)
    return Written(item)


def _asset_account(organisation: Organisation, element: Element, known: Item | None) -> str | None:
    """The code of the inventory account that makes an item a tracked one; it is said when the item is created."""
    code = element.text("InventoryAssetAccountCode")
    if known is not None:
        if code and not known.tracked:
            raise unsupported("tracking the stock of an item that was created without")
        if code and code.lower() != (known.inventory_account or "").lower():
            raise InvalidError("The inventory asset account of a tracked item cannot be changed")
        return known.inventory_account
    if not code:
        return None
    account = organisation.account_by_code(code)
    if account is None or account.type != "INVENTORY" or account.status != "ACTIVE":
        raise InvalidError(f"Account code '{code}' is not a valid code for a tracked inventory item.")
    return account.code


def _match(writing: Writing, element: Element) -> Item | None:
    """The item that a write is about; None for a new one."""
    organisation = writing.organisation
    item_id, code = element.text("ItemID"), element.text("Code")
    item = writing.target if isinstance(writing.target, Item) else None
    if item is None and item_id:
        item = organisation.items.get(item_id.lower())
        if item is None:
            raise GoneError
    namesake = find_item(organisation, code) if code else None
    taken = namesake is not None and namesake is not item and (item is not None or not writing.may_update)
    if taken:
        raise InvalidError(f"Price List Item with Code '{code}' already exists")
    item = item or namesake
    if item is None and not code:
        raise InvalidError("Item Code must be specified")
    return item


def _item_values(organisation: Organisation, element: Element, known: Item | None, *, tracked: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, attribute, length_max in (
        ("Code", "code", 30),
        ("Name", "name", 50),
        ("Description", "description", 4000),
        ("PurchaseDescription", "purchase_description", 4000),
    ):
        text = element.text(name)
        if text is not None:
            check_length(name, text, length_max)
            values[attribute] = text
    for name, attribute in (("IsSold", "sold"), ("IsPurchased", "purchased")):
        flag = element.flag(name)
        if flag is not None:
            values[attribute] = flag
    for name, attribute in (("SalesDetails", "sales"), ("PurchaseDetails", "purchases")):
        details = element.inner(name)
        if details is not None:
            before = getattr(known, attribute) if known else ItemDetails()
            values[attribute] = _details(organisation, details, before, cost=tracked and attribute == "purchases")
    return values


def _details(organisation: Organisation, element: Element, known: ItemDetails, *, cost: bool) -> ItemDetails:
    """One side of an item. `cost`: the account is that of the cost of goods sold, which only tracked items have."""
    element.check(DETAIL_WORDS)
    price, tax_type = element.decimal("UnitPrice"), element.text("TaxType")
    named, other = ("COGSAccountCode", "AccountCode") if cost else ("AccountCode", "COGSAccountCode")
    if element.text(other):
        kind = "a tracked" if cost else "an untracked"
        raise InvalidError(f"{other} cannot be specified for the purchase of {kind} inventory item")
    code = element.text(named)
    if code:
        account = organisation.account_by_code(code)
        if account is None or account.type == "BANK":
            raise InvalidError(f"Account code '{code}' is not a valid code for this document.")
        code = account.code
        if account.status != "ACTIVE":
            raise InvalidError(f"Account code '{code}' has been archived, or has been deleted.")
    if tax_type and tax_type.upper() not in organisation.tax_rates:
        raise InvalidError(f"The TaxType code '{tax_type}' does not exist.")
    if price is not None:
        price = half_up(price, QUARTER_CENT if half_up(price, QUARTER_CENT) % CENT else CENT)
    return ItemDetails(
        known.unit_price if price is None else price,
        known.account_code if code is None else code or None,
        known.tax_type if tax_type is None else tax_type.upper() or None,
    )


def delete_item(writing: Writing, item: Item) -> bool:
    """Delete an item, which leaves nothing behind."""
    if item.tracked:
        raise unsupported("deleting a tracked inventory item")
    del writing.organisation.items[item.id]
    writing.organisation.renames += 1
    return False
