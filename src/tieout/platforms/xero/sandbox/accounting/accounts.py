"""The chart of accounts. Source: accounts page; defaults by type recorded in April 2026."""

from tieout.platforms.xero.sandbox.accounting.elements import Element, GoneError, InvalidError, vocabulary
from tieout.platforms.xero.sandbox.accounting.money.currencies import check_subscribed
from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.rows import CLASS_OF_TYPE, Account
from tieout.platforms.xero.sandbox.accounting.writing import Writing, Written, check_length
from tieout.platforms.xero.sandbox.gateway.dialects import unsupported

WORDS = vocabulary(
    "AccountID Code Name Type Status TaxType Description BankAccountNumber BankAccountType CurrencyCode"
    " EnablePaymentsToAccount ShowInExpenseClaims AddToWatchlist",
    "Class SystemAccount ReportingCode ReportingCodeName",
)
SALES_TYPES = frozenset({"REVENUE", "SALES", "OTHERINCOME"})
_FLAGS = (
    ("EnablePaymentsToAccount", "takes_payments"),
    ("ShowInExpenseClaims", "in_expense_claims"),
    ("AddToWatchlist", "watched"),
)


def find_account(organisation: Organisation, key: str) -> Account | None:
    """By AccountID; a deleted account is gone."""
    account = organisation.accounts.get(key.lower())
    return account if account is not None and account.status != "DELETED" else None


def write_account(writing: Writing, element: Element) -> Written:
    """Create or change an account."""
    element.check(WORDS)
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
    _rename_in_items(organisation, account.code, values.get("code"))
    for attribute, value in values.items():
        setattr(account, attribute, value)
    account.touch(writing.at)
    organisation.add_account(account)
    return Written(account)


def _rename_in_items(organisation: Organisation, old: str, new: object) -> None:
    """Items name their accounts by code, and follow it."""
    if not old or not isinstance(new, str) or new == old:
        return
    for item in organisation.items.values():
        for details in (item.sales, item.purchases):
            if details.account_code == old:
                details.account_code = new
        if item.inventory_account == old:
            item.inventory_account = new


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
    """The attributes that are sent, converted and checked."""
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
            if not text.strip() and known is not None and getattr(known, attribute) and attribute in {"code", "name"}:
                raise InvalidError(f"Account {name} must be specified")
            values[attribute] = text
    _check_unique(organisation, values, known)
    tax_type = element.text("TaxType")
    if tax_type:
        if tax_type.upper() not in organisation.tax_rates:
            raise InvalidError(f"The TaxType code '{tax_type}' does not exist.")
        values["tax_type"] = tax_type.upper()
    flags = {attribute: element.flag(name) for name, attribute in _FLAGS}
    values |= {attribute: flag for attribute, flag in flags.items() if flag is not None}
    return values | _kind_values(organisation, element, known)


def _check_unique(organisation: Organisation, values: dict[str, object], known: Account | None) -> None:
    others = [one for one in organisation.accounts.values() if one is not known and one.status != "DELETED"]
    for attribute, message in (("name", "Please enter a unique Name."), ("code", "Please enter a unique Code.")):
        wanted = values.get(attribute)
        if wanted and any(getattr(one, attribute).lower() == str(wanted).lower() for one in others):
            raise InvalidError(message)


def _kind_values(organisation: Organisation, element: Element, known: Account | None) -> dict[str, object]:
    """What kind of account it is: its type, and for a bank account the kind of bank account."""
    values: dict[str, object] = {}
    type_ = element.choice("Type", tuple(CLASS_OF_TYPE))
    if type_ is not None and (known is None or known.type != type_):
        if known is not None and (known.system or CLASS_OF_TYPE[type_] != known.class_):
            raise unsupported("changing the class of an account")
        if known is not None and {known.type, type_} & {"BANK", "INVENTORY"}:
            raise unsupported("making another account a bank or inventory account, or one of those another")
        values["type"] = type_
    bank_type = element.choice("BankAccountType", ("BANK", "CREDITCARD", "PAYPAL", "NONE"))
    if bank_type is not None:
        values["bank_account_type"] = bank_type
    currency = element.text("CurrencyCode")
    if currency:
        values["currency"] = _currency(organisation, currency, known, type_)
    return values


def _currency(organisation: Organisation, code: str, known: Account | None, type_: str | None) -> str | None:
    """The currency of a bank account, which never changes; other accounts are in home currency."""
    code = check_subscribed(organisation, code)
    if known is not None and code != (known.currency or organisation.currency):
        raise InvalidError("The currency of an account cannot be changed")
    if (known.type if known is not None else type_) != "BANK":
        if code != organisation.currency:
            raise InvalidError("Only bank accounts can be in a foreign currency")
        return known.currency if known is not None else None
    return code


def delete_account(writing: Writing, account: Account) -> bool:
    """Delete an account that nothing uses; it is told once more."""
    organisation = writing.organisation
    used = organisation.ledger.is_used(account.id)
    drafted = any(
        line.account_id == account.id
        for table in (organisation.invoices, organisation.credit_notes, organisation.bank_transactions)
        for document in table.values()
        for line in document.lines
    )
    in_items = any(
        account.code in {item.sales.account_code, item.purchases.account_code, item.inventory_account}
        for item in organisation.items.values()
        if account.code
    )
    if account.system or used or drafted or in_items:
        raise InvalidError("The account cannot be deleted because it is a system account or in use")
    account.status = "DELETED"
    organisation.add_account(account)
    account.touch(writing.at)
    return True
