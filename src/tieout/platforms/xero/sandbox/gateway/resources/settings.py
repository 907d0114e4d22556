"""Accounts, tax rates, items and currencies."""

from collections.abc import Iterable

from tieout.platforms.xero.sandbox.accounting.accounts import delete_account, find_account, write_account
from tieout.platforms.xero.sandbox.accounting.items import delete_item, find_item, write_item
from tieout.platforms.xero.sandbox.accounting.money.currencies import show_currency, write_currency
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import Account
from tieout.platforms.xero.sandbox.accounting.shapes import show_account, show_item, show_tax_rate
from tieout.platforms.xero.sandbox.accounting.tax_rates import find_tax_rate, write_tax_rate
from tieout.platforms.xero.sandbox.gateway.filters import Fields
from tieout.platforms.xero.sandbox.gateway.resources.resource import Resource, flag, guid, number, text, updated
from tieout.platforms.xero.sandbox.identity.scopes import ITEMS, SETTINGS

ACCOUNT_FIELDS: Fields = {
    "accountid": guid(lambda a: a.id),
    "code": text(lambda a: a.code),
    "name": text(lambda a: a.name),
    "type": text(lambda a: a.type),
    "status": text(lambda a: a.status),
    "class": text(lambda a: a.class_),
    "taxtype": text(lambda a: a.tax_type),
    "systemaccount": text(lambda a: a.system or None),
    "description": text(lambda a: a.description),
    "bankaccountnumber": text(lambda a: a.bank_account_number),
    "enablepaymentstoaccount": flag(lambda a: a.takes_payments),
    "updateddateutc": updated(),
}
TAX_RATE_FIELDS: Fields = {
    "name": text(lambda t: t.name),
    "taxtype": text(lambda t: t.id),
    "status": text(lambda t: t.status),
    "reporttaxtype": text(lambda t: t.report_type),
    "displaytaxrate": number(lambda t: t.displayed),
    "effectiverate": number(lambda t: t.effective),
    "canapplytoassets": flag(lambda t: "ASSET" in t.classes),
    "canapplytoequity": flag(lambda t: "EQUITY" in t.classes),
    "canapplytoexpenses": flag(lambda t: "EXPENSE" in t.classes),
    "canapplytoliabilities": flag(lambda t: "LIABILITY" in t.classes),
    "canapplytorevenue": flag(lambda t: "REVENUE" in t.classes),
}
ITEM_FIELDS: Fields = {
    "itemid": guid(lambda i: i.id),
    "code": text(lambda i: i.code),
    "name": text(lambda i: i.name),
    "description": text(lambda i: i.description),
    "issold": flag(lambda i: i.sold),
    "ispurchased": flag(lambda i: i.purchased),
    "istrackedasinventory": flag(lambda i: i.tracked),
    "salesdetails.accountcode": text(lambda i: i.sales.account_code),
    "salesdetails.unitprice": number(lambda i: i.sales.unit_price),
    "purchasedetails.accountcode": text(lambda i: i.purchases.account_code),
    "purchasedetails.unitprice": number(lambda i: i.purchases.unit_price),
    "updateddateutc": updated(),
}


CURRENCY_FIELDS: Fields = {"code": text(lambda c: c.id), "description": text(lambda c: c.name)}


def _live_accounts(organisation: Organisation) -> Iterable[Account]:
    return (account for account in organisation.accounts.values() if account.status != "DELETED")


ENTRIES = (
    Resource(
        name="Accounts",
        plural="Accounts",
        type_name="Account",
        id_property="AccountID",
        access=SETTINGS,
        rows=_live_accounts,
        find=find_account,
        show=show_account,
        write=write_account,
        fields=lambda _: ACCOUNT_FIELDS,
        batch_max=1,
        delete=delete_account,
        default_order=lambda account: (account.code, account.name),
    ),
    Resource(
        name="TaxRates",
        plural="TaxRates",
        type_name="TaxRate",
        id_property="TaxType",
        access=SETTINGS,
        rows=lambda organisation: organisation.tax_rates.values(),
        find=find_tax_rate,
        show=show_tax_rate,
        write=write_tax_rate,
        fields=lambda _: TAX_RATE_FIELDS,
        modified_since=False,
        batch_max=1,
        parameters=frozenset({"taxtype"}),
        listings={"taxtype": lambda rate: rate.id},
        default_order=lambda rate: rate.name,
    ),
    Resource(
        name="Items",
        plural="Items",
        type_name="Item",
        id_property="ItemID",
        access=ITEMS,
        rows=lambda organisation: organisation.items.values(),
        find=find_item,
        show=show_item,
        write=write_item,
        fields=lambda _: ITEM_FIELDS,
        parameters=frozenset({"unitdp"}),
        delete=delete_item,
        default_order=lambda item: item.code,
    ),
    Resource(
        name="Currencies",
        plural="Currencies",
        type_name="Currency",
        id_property="Code",
        access=SETTINGS,
        rows=lambda organisation: organisation.currencies.values(),
        find=lambda _organisation, _key: None,
        show=show_currency,
        write=write_currency,
        fields=lambda _: CURRENCY_FIELDS,
        modified_since=False,
        default_order=lambda currency: currency.id,
        writes=frozenset({"PUT"}),
    ),
)
