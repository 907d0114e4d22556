"""The items of the demo organisation, recorded in 2022: code, name, sales and purchase price, sales tax, stock.

The stock of tracked items stands in the inventory account against historical adjustment.
"""

from datetime import date, datetime
from decimal import Decimal

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Item, ItemDetails
from tieout.sandbox.ledger import DocumentRef, Draft, credit, debit

DEMO_ITEMS = """\
BOOK|Fish out of Water: Finding Your Brand|19.95||TAX001|
DevD|Development work - developer onsite per day|650.00||OUTPUT|
DevH|Development work - per hour rate|90.00||OUTPUT|
GB1-White|Golf balls - white single|5.60|4.20|TAX001|
GB3-White|Golf balls - white 3-pack|15.00|12.00|TAX001|
GB6-White|Golf balls - white 6-pack|24.99|20.00|TAX001|
GB9-White|Golf balls - white 9 pack|32.00|25.00|TAX001|
PMBr|Project management & implementation - branding|250.00||OUTPUT|
PMD|Project Management - onsite daily rate|700.00||OUTPUT|
PMDD|Project management & implementation due diligence|105.00||OUTPUT|
PMWe|Project management & implementation - website|300.00||OUTPUT|
Support-M|Desktop/network support via email & phone|500.00||OUTPUT|
Train-MS|Half day training - Microsoft Office|500.00||OUTPUT|
TSL - Black|T-Shirt Large Black|40.00|20.00|OUTPUT|5
TSM - Black|T-Shirt Medium Black|40.00|20.00|OUTPUT|4
TSS - Black|T-Shirt Small Black|40.00|20.00|OUTPUT|7
"""


def seed_items(organisation: Organisation, table: str, *, on: date, at: datetime) -> None:
    """Give an organisation its items, and the opening balance of what is in stock."""
    stock_value = Decimal(0)
    for line in table.splitlines():
        code, name, sale, cost, tax_type, stock = line.split("|")
        sales_tax = tax_type if tax_type in organisation.tax_rates else "OUTPUT"
        untaxed = "NONE" if "NONE" in organisation.tax_rates else "EXEMPTEXPENSES"
        item = Item(
            id=organisation.ids.uuid(),
            updated_at=at,
            code=code,
            name=name,
            description=name,
            purchase_description=name,
            sales=ItemDetails(Decimal(sale), "200", sales_tax),
        )
        if stock:
            item.inventory_account, item.quantity_on_hand = "630", Decimal(stock)
            item.cost_pool = Decimal(stock) * Decimal(cost)
            item.purchases = ItemDetails(Decimal(cost), "310", untaxed)
            stock_value += item.cost_pool
        elif cost:
            item.purchases = ItemDetails(Decimal(cost), "300", "INPUT")
        organisation.items[item.id] = item
    inventory, history = organisation.account_by_code("630"), organisation.system_account("HISTORICAL")
    if stock_value and inventory is not None:
        reference = DocumentRef("OpeningBalance", organisation.id)
        lines = (debit(inventory.id, stock_value), credit(history.id, stock_value))
        organisation.ledger.post(Draft(reference, on, lines, memo="stock on hand"), at=at)
