"""Accounts, tax rates, items and currencies: what an organisation is set up with. Source: the page of each."""

from decimal import Decimal

from tieout.platforms.xero.sandbox.accounting.elements import Element, GoneError, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import (
    CLASS_OF_TYPE,
    Account,
    Item,
    ItemDetails,
    TaxComponent,
    TaxRate,
)
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_length
from tieout.platforms.xero.sandbox.gateway.dialects import unsupported
from tieout.platforms.xero.sandbox.wire import QUARTER_CENT, half_up

ACCOUNT_WORDS = vocabulary(
    "AccountID Code Name Type Status TaxType Description BankAccountNumber BankAccountType CurrencyCode"
    " EnablePaymentsToAccount ShowInExpenseClaims AddToWatchlist",
    "Class SystemAccount ReportingCode ReportingCodeName",
)
TAX_RATE_WORDS = vocabulary(
    "Name TaxType TaxComponents Status ReportTaxType",
    "CanApplyToAssets CanApplyToEquity CanApplyToExpenses CanApplyToLiabilities CanApplyToRevenue DisplayTaxRate"
    " EffectiveRate",
)
ITEM_WORDS = vocabulary(
    "ItemID Code Name Description PurchaseDescription IsSold IsPurchased InventoryAssetAccountCode SalesDetails"
    " PurchaseDetails",
    "IsTrackedAsInventory QuantityOnHand TotalCostPool",
)
DETAIL_WORDS = vocabulary("UnitPrice AccountCode COGSAccountCode TaxType")
SALES_TYPES = frozenset({"REVENUE", "SALES", "OTHERINCOME"})
ALL_CLASSES = frozenset({"ASSET", "EQUITY", "EXPENSE", "LIABILITY", "REVENUE"})


# Accounts -------------------------------------------------------------------------------------------------------


def find_account(organisation: Organisation, key: str) -> Account | None:
    """By AccountID; a deleted account is gone."""
    account = organisation.accounts.get(key.lower())
    return account if account is not None and account.status != "DELETED" else None


def write_account(writing: Writing, element: Element) -> Written:
    """Create or change an account."""
    element.check(ACCOUNT_WORDS)
    organisation = writing.organisation
    account = writing.target if isinstance(writing.target, Account) else None
    account_id = element.text("AccountID")
    if account is None and account_id and writing.may_update:
        account = find_account(organisation, account_id)
        if account is None:
            raise GoneError
    values = _account_values(organisation, element, account)
    if account is None:
        account = _new_account(writing, element, values)
    status = element.choice("Status", ("ACTIVE", "ARCHIVED"))
    if status is not None and status != account.status:
        if set(element.sent) - {"status", "accountid"}:
            raise InvalidError("The status of an account cannot be changed together with other properties")
        if status == "ARCHIVED" and account.system:
            raise InvalidError("System accounts cannot be archived")
        account.status = status
    for attribute, value in values.items():
        setattr(account, attribute, value)
    account.touch(writing.at)
    organisation.add_account(account)
    return Written(account)


def _new_account(writing: Writing, element: Element, values: dict[str, object]) -> Account:
    organisation = writing.organisation
    type_ = values.get("type")
    if not values.get("name") or not isinstance(type_, str):
        raise InvalidError("Account Name and Type must be specified")
    if not values.get("code") and type_ != "BANK":
        raise InvalidError("Account Code must be specified")
    if type_ == "BANK" and not element.text("BankAccountNumber"):
        raise InvalidError("Bank account number must be specified")
    default = organisation.account_by_code("200" if type_ in SALES_TYPES else "400")
    by_type = type_ in SALES_TYPES or CLASS_OF_TYPE[type_] == "EXPENSE"
    return Account(
        id=organisation.ids.uuid(),
        updated_at=writing.at,
        app_id=writing.app_id,
        code="",
        name="",
        type=type_,
        tax_type=default.tax_type if by_type and default else _untaxed(organisation),
        bank_account_type="BANK" if type_ == "BANK" else "",
        currency=organisation.currency if type_ == "BANK" else None,
        reporting_code=_REPORTING[CLASS_OF_TYPE[type_]][0],
        reporting_name=_REPORTING[CLASS_OF_TYPE[type_]][1],
    )


_REPORTING = {
    "ASSET": ("ASS", "Asset"),
    "EQUITY": ("EQU", "Equity"),
    "EXPENSE": ("EXP", "Expense"),
    "LIABILITY": ("LIA", "Liability"),
    "REVENUE": ("REV", "Revenue"),
}


def _untaxed(organisation: Organisation) -> str:
    return "NONE" if "NONE" in organisation.tax_rates else "BASEXCLUDED"


def _account_values(organisation: Organisation, element: Element, known: Account | None) -> dict[str, object]:
    values: dict[str, object] = {}
    for name, attribute, length_max in (
        ("Code", "code", 10),
        ("Name", "name", 150),
        ("Description", "description", 4000),
        ("BankAccountNumber", "bank_account_number", 50),
    ):
        text = element.text(name)
        if text is not None:
            check_length(name, text, length_max)
            values[attribute] = text
    others = [one for one in organisation.accounts.values() if one is not known and one.status != "DELETED"]
    for attribute, message in (("name", "Please enter a unique Name."), ("code", "Please enter a unique Code.")):
        text = values.get(attribute)
        if text and any(getattr(one, attribute).lower() == str(text).lower() for one in others):
            raise InvalidError(message)
    type_ = element.choice("Type", tuple(CLASS_OF_TYPE))
    if type_ is not None and (known is None or known.type != type_):
        if known is not None and (known.system or CLASS_OF_TYPE[type_] != known.class_):
            raise unsupported("changing the class of an account")
        values["type"] = type_
    tax_type = element.text("TaxType")
    if tax_type:
        if tax_type.upper() not in organisation.tax_rates:
            raise InvalidError(f"The TaxType code '{tax_type}' does not exist.")
        values["tax_type"] = tax_type.upper()
    bank_type = element.choice("BankAccountType", ("BANK", "CREDITCARD", "PAYPAL", "NONE"))
    if bank_type is not None:
        values["bank_account_type"] = bank_type
    for name, attribute in (
        ("EnablePaymentsToAccount", "takes_payments"),
        ("ShowInExpenseClaims", "in_expense_claims"),
        ("AddToWatchlist", "watched"),
    ):
        flag = element.flag(name)
        if flag is not None:
            values[attribute] = flag
    currency = element.text("CurrencyCode")
    if currency and currency.upper() != organisation.currency:
        raise unsupported("bank accounts in a foreign currency")
    return values


def delete_account(writing: Writing, account: Account) -> None:
    """Delete an account that nothing uses."""
    organisation = writing.organisation
    used = any(line.account_id == account.id for entry in organisation.ledger.entries for line in entry.lines)
    drafted = any(
        line.account_id == account.id
        for table in (organisation.invoices, organisation.credit_notes)
        for document in table.values()
        for line in document.lines
    )
    if account.system or used or drafted:
        raise InvalidError("The account cannot be deleted because it is a system account or in use")
    account.status = "DELETED"
    account.touch(writing.at)


# Tax rates ------------------------------------------------------------------------------------------------------


def find_tax_rate(organisation: Organisation, key: str) -> TaxRate | None:
    """By TaxType."""
    return organisation.tax_rates.get(key.upper())


def write_tax_rate(writing: Writing, element: Element) -> Written:
    """Create a tax rate, or change one that people made. It is found by TaxType, then by name."""
    element.check(TAX_RATE_WORDS)
    organisation = writing.organisation
    tax_type, name = element.text("TaxType"), element.text("Name")
    rate = writing.target if isinstance(writing.target, TaxRate) else None
    if rate is None and tax_type:
        rate = find_tax_rate(organisation, tax_type)
    namesake = next(
        (one for one in organisation.tax_rates.values() if one.name == name and one.status != "DELETED"), None
    )
    rate = rate or namesake
    if rate is not None and not writing.may_update:
        raise InvalidError("Please enter a unique Name.")
    if rate is not None and rate.system:
        raise InvalidError("System defined tax rates cannot be updated")
    components = element.inners("TaxComponents")
    parts = None if components is None else tuple(_component(one) for one in components)
    if rate is None:
        return Written(_new_tax_rate(writing, element, parts))
    if parts is not None and {one.name for one in rate.components} - {one.name for one in parts}:
        raise InvalidError("Tax components cannot be removed or renamed")
    rate.name = name or rate.name
    rate.components = parts or rate.components
    rate.status = element.choice("Status", ("ACTIVE", "DELETED", "ARCHIVED")) or rate.status
    rate.touch(writing.at)
    return Written(rate)


def _component(element: Element) -> TaxComponent:
    element.check(vocabulary("Name Rate IsCompound IsNonRecoverable"))
    name, rate = element.text("Name"), element.decimal("Rate")
    if not name or rate is None or not 0 <= rate <= 100:  # noqa: PLR2004 - a whole, in percent
        raise InvalidError("A tax component needs a Name and a Rate between 0 and 100")
    if element.flag("IsNonRecoverable"):
        raise unsupported("tax components that cannot be recovered")
    return TaxComponent(name, half_up(rate, QUARTER_CENT), element.flag("IsCompound") or False)


def _new_tax_rate(writing: Writing, element: Element, parts: tuple[TaxComponent, ...] | None) -> TaxRate:
    organisation = writing.organisation
    name, report = element.text("Name"), element.text("ReportTaxType")
    if not name or not parts:
        raise InvalidError("A tax rate needs a Name and at least one tax component")
    if report is None and organisation.profile.version in {"AU", "NZ", "UK"}:
        raise InvalidError("ReportTaxType must be specified")
    number = 1
    while f"TAX{number:03d}" in organisation.tax_rates:
        number += 1
    classes = ALL_CLASSES
    if report is not None:
        classes = ALL_CLASSES - ({"REVENUE"} if "INPUT" in report.upper() else {"EXPENSE"})
    rate = TaxRate(
        id=f"TAX{number:03d}",
        updated_at=writing.at,
        app_id=writing.app_id,
        name=name,
        components=parts,
        classes=classes,
        report_type=report.upper() if report else None,
        system=False,
    )
    organisation.tax_rates[rate.id] = rate
    return rate


# Items ----------------------------------------------------------------------------------------------------------


def find_item(organisation: Organisation, key: str) -> Item | None:
    """By ItemID or Code."""
    folded = key.lower()
    return organisation.items.get(folded) or next(
        (one for one in organisation.items.values() if one.code.lower() == folded), None
    )


def write_item(writing: Writing, element: Element) -> Written:
    """Create or change an item; POST finds it by ItemID, then by Code."""
    element.check(ITEM_WORDS)
    organisation = writing.organisation
    item_id, code = element.text("ItemID"), element.text("Code")
    item = writing.target if isinstance(writing.target, Item) else None
    if item is None and item_id:
        item = organisation.items.get(item_id.lower())
        if item is None:
            raise GoneError
    namesake = find_item(organisation, code) if code else None
    if item is None and namesake is not None and not writing.may_update:
        raise InvalidError(f"Price List Item with Code '{code}' already exists")
    if item is not None and namesake is not None and namesake is not item:
        raise InvalidError(f"Price List Item with Code '{code}' already exists")
    item = item or namesake
    if item is None and not code:
        raise InvalidError("Item Code must be specified")
    if element.text("InventoryAssetAccountCode") and (item is None or not item.tracked):
        raise unsupported("creating tracked inventory items")
    values = _item_values(organisation, element, item)
    if item is None:
        item = Item(id=organisation.ids.uuid(), updated_at=writing.at, app_id=writing.app_id, code="")
        organisation.items[item.id] = item
    else:
        organisation.renames += 1
    for attribute, value in values.items():
        setattr(item, attribute, value)
    item.touch(writing.at)
    return Written(item)


def _item_values(organisation: Organisation, element: Element, known: Item | None) -> dict[str, object]:
    values: dict[str, object] = {}
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
            values[attribute] = _details(organisation, details, getattr(known, attribute) if known else ItemDetails())
    return values


def _details(organisation: Organisation, element: Element, known: ItemDetails) -> ItemDetails:
    element.check(DETAIL_WORDS)
    price, code, tax_type = element.decimal("UnitPrice"), element.text("AccountCode"), element.text("TaxType")
    if element.has("COGSAccountCode"):
        raise unsupported("tracked inventory items")
    if code:
        account = organisation.account_by_code(code)
        if account is None or account.type == "BANK":
            raise InvalidError(f"Account code '{code}' is not a valid code for this document.")
        if account.status != "ACTIVE":
            raise InvalidError(f"Account code '{code}' has been archived, or has been deleted.")
    if tax_type and tax_type.upper() not in organisation.tax_rates:
        raise InvalidError(f"The TaxType code '{tax_type}' does not exist.")
    return ItemDetails(
        known.unit_price
        if price is None
        else half_up(price, QUARTER_CENT if price % Decimal("0.01") else Decimal("0.01")),
        known.account_code if code is None else code or None,
        known.tax_type if tax_type is None else tax_type.upper() or None,
    )


# Currencies -----------------------------------------------------------------------------------------------------


def add_currency(organisation: Organisation, element: Element) -> str:
    """Subscribe an organisation to a currency. There is no way back."""
    element.check(vocabulary("Code", "Description"))
    code = (element.text("Code") or "").upper()
    name = CURRENCIES.get(code)
    if name is None:
        raise unsupported(f"the currency {code or 'without a code'}; there are {', '.join(CURRENCIES)}")
    organisation.currencies[code] = name
    return code


CURRENCIES = {
    "AUD": "Australian Dollar", "CAD": "Canadian Dollar", "CHF": "Swiss Franc", "EUR": "Euro",
    "GBP": "British Pound", "NZD": "New Zealand Dollar", "SGD": "Singapore Dollar",
    "USD": "United States Dollar",
}  # fmt: skip
