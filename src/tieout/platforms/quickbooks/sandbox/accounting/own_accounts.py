"""Accounts that the books open by themselves when they are first needed.

A control account for every foreign currency, a place for exchange gains and losses, and one for stock that is missing.
"""

from collections.abc import Container, Mapping

from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Role
from tieout.platforms.quickbooks.sandbox.accounting.currencies.rates import currency_name
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS, Family
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped

CONTROLS: Mapping[Role, str] = {Role.RECEIVABLE: "Accounts Receivable", Role.PAYABLE: "Accounts Payable"}
"""The account type of each control account."""
_FORMS: Mapping[Role, tuple[str, str, str, str]] = {
    # name, type, detail type, classification
    Role.RECEIVABLE: ("Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable", "Asset"),
    Role.PAYABLE: ("Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable", "Liability"),
    Role.EXCHANGE: ("Exchange Gain or Loss", "Other Expense", "ExchangeGainOrLoss", "Expense"),
    Role.SHRINKAGE: ("Inventory Shrinkage", "Cost of Goods Sold", "SuppliesMaterialsCogs", "Expense"),
}


def own_account(books: Books, role: Role, code: str = "") -> str:
    """The account that the books use for something in a currency, opened if there is none yet."""
    home = books.profile.currency
    if code in ("", home) and role in books.profile.roles:
        return books.profile.roles[role]
    known = books.own_accounts.get((role, code))
    if known is not None:
        return known
    found = _find(books, role, code or home)
    account_id = found.id if found is not None else _open(books, role, code or home)
    books.own_accounts[(role, code)] = account_id
    return account_id


def is_needed(books: Books, account_id: str) -> bool:
    """Whether the books themselves use an account, or owe a tax agency on it."""
    used = (books.profile.roles, books.own_accounts, books.tax_accounts)
    return any(account_id in accounts.values() for accounts in used)


def promised_account(books: Books, role: Role) -> str:
    """The same for a write that may still be refused: one that is not there yet is opened by `keep_promise`."""
    known = books.profile.roles.get(role) or books.own_accounts.get((role, ""))
    if known is not None:
        return known
    found = _find(books, role, books.profile.currency)
    if found is not None:
        return found.id
    account_id = books.coming_id(Family.ACCOUNT)
    books.promised_account = (account_id, role)
    return account_id


def keep_promise(books: Books, accounts: Container[str]) -> None:
    """Open the account that was promised, if it is among those that something is going to be booked on, by id."""
    if books.promised_account is None:
        return
    account_id, role = books.promised_account
    if account_id == books.coming_id(Family.ACCOUNT) and account_id in accounts:
        own_account(books, role)
    books.promised_account = None


def _find(books: Books, role: Role, code: str) -> Record | None:
    """An account that somebody opened for it: of the type, detail type and currency; by name where these are common."""
    name, kind, detail, _ = _FORMS[role]
    for account in books.shelf("Account"):
        content = account.content
        fits = content["AccountType"] == kind and content["AccountSubType"] == detail and account.active
        if fits and content["CurrencyRef"]["value"] == code and (role in CONTROLS or content["Name"] == name):
            return account
    return None


def _open(books: Books, role: Role, code: str) -> str:
    name, kind, detail, classification = _FORMS[role]
    name = f"{name} - {code}" if code != books.profile.currency else name
    while ("accounts", name.lower()) in books.names:
        name += " (1)"
    content = {
        "Name": name,
        "SubAccount": False,
        "FullyQualifiedName": name,
        "Active": True,
        "Classification": classification,
        "AccountType": kind,
        "AccountSubType": detail,
        "CurrencyRef": {"value": code, "name": currency_name(code) or code},
    }
    record = books.add(KINDS["Account"], books.next_id(Family.ACCOUNT), Shaped(content))
    books.names[("accounts", name.lower())] = record.ref
    books.open_ledger_account(record)
    return record.id
