"""Tax agencies: each brings the liability account that its tax is owed on."""

from itertools import count

from tieout.platforms.quickbooks.sandbox.accounting.books import Books
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS
from tieout.platforms.quickbooks.sandbox.accounting.placing import place
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped


def open_agency_account(books: Books, agency: Record) -> None:
    """Open `<agency> Payable`, as it was recorded to be called; a taken name gets a number."""
    name = _free_name(books, f"{agency.content['DisplayName'][:80]} Payable")
    profile, kind = books.profile, KINDS["Account"]
    shaped = Shaped(
        {
            "Name": name,
            "SubAccount": False,
            "FullyQualifiedName": name,
            "Active": True,
            "Classification": "Liability",
            "AccountType": "Other Current Liability",
            "AccountSubType": "GlobalTaxPayable",
            "CurrencyRef": {"value": profile.currency, "name": profile.currency_name},
        }
    )
    account = books.add(kind, books.next_id(kind.sequence), shaped)
    place(books, account, shaped)
    books.tax_accounts[agency.id] = account.id


def _free_name(books: Books, wanted: str) -> str:
    names = (wanted if number == 1 else f"{wanted} {number}" for number in count(1))
    return next(name for name in names if ("accounts", name.lower()) not in books.names)
