"""Setting up a company: its accounts, terms, tax and own record, before anybody works in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tieout.platforms.quickbooks.sandbox.accounting.books import Books, Regime, Role
from tieout.platforms.quickbooks.sandbox.accounting.kinds import KINDS, Family
from tieout.platforms.quickbooks.sandbox.accounting.lists.preferring import MONTHS
from tieout.platforms.quickbooks.sandbox.accounting.placing import place
from tieout.platforms.quickbooks.sandbox.accounting.records import Record, Shaped
from tieout.platforms.quickbooks.sandbox.accounting.taxes.agencies import open_agency_account
from tieout.platforms.quickbooks.sandbox.accounting.taxes.arithmetic import Basis, Period
from tieout.platforms.quickbooks.sandbox.accounting.taxes.rates import code_content, rate_content, rate_detail
from tieout.platforms.quickbooks.sandbox.accounting.writing import create
from tieout.sandbox.ledger import credit, debit


@dataclass(frozen=True, slots=True)
class SeedAccount:
    """An account of a chart."""

    id: int
    name: str
    kind: str
    detail: str
    parent: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class SeedRate:
    """A tax rate; `agency` is the id of who it is owed to."""

    id: int
    name: str
    percent: str
    agency: int
    since: str | None = None
    """Since when it is that."""
    before: str | None = None
    """What it was before."""
    special: str | None = None


@dataclass(frozen=True, slots=True)
class SeedUse:
    """A rate in a code that is taken on the tax of others."""

    rate: int
    basis: Basis
    order: int = 1


@dataclass(frozen=True, slots=True)
class SeedCode:
    """A tax code with the ids of its rates on either side of the books; None is a side it does not serve."""

    id: str
    name: str
    sales: tuple[int | SeedUse, ...] | None = ()
    purchases: tuple[int | SeedUse, ...] | None = ()
    taxable: bool = True
    group: bool = True
    made_by_engine: bool = False


def put(books: Books, kind: str, record_id: int | str, content: dict[str, Any]) -> Record:
    """An object that nobody wrote: part of a company from the start."""
    shaped = Shaped(content)
    record = books.add(KINDS[kind], str(record_id), shaped)
    place(books, record, shaped)
    if record.id.isdigit():
        sequence = record.kind.sequence
        books.start_ids_at(sequence, max(int(books.next_id(sequence)), int(record.id) + 1))
    return record


def enter(books: Books, kind: str, record_id: int, body: Mapping[str, Any]) -> Record:
    """An object written like any other, under the id that it is known by."""
    sequence = KINDS[kind].sequence
    following = int(books.next_id(sequence))
    books.start_ids_at(sequence, record_id)
    record = create(books, KINDS[kind], body)
    books.start_ids_at(sequence, max(following, record_id + 1))
    return record


def put_accounts(books: Books, accounts: Iterable[SeedAccount]) -> None:
    """A chart of accounts. Parents come before their children; later accounts get long ids, as at the real one."""
    following = books.next_id(Family.ACCOUNT)
    for account in accounts:
        books.start_ids_at(Family.ACCOUNT, account.id)
        body: dict[str, Any] = {"Name": account.name, "AccountType": account.kind, "AccountSubType": account.detail}
        if account.parent is not None:
            body |= {"ParentRef": {"value": str(account.parent)}, "SubAccount": True}
        if account.currency is not None:
            body["CurrencyRef"] = {"value": account.currency}
        create(books, KINDS["Account"], body)
    books.start_ids_at(Family.ACCOUNT, int(following))


def put_opening(books: Books, account_id: str, amount: str) -> None:
    """What an account starts with, against the opening balance."""
    record = books.shelf("Account").records[account_id]
    opening = Decimal(amount)
    lines = (debit(account_id, opening), credit(books.role(Role.OPENING), opening))
    place(books, record, Shaped(record.content, lines=lines))


def put_terms(books: Books) -> None:
    """The usual terms."""
    for term_id, name, days in ((1, "Due on receipt", 0), (2, "Net 15", 15), (3, "Net 30", 30), (4, "Net 60", 60)):
        content = {"Name": name, "Active": True, "Type": "STANDARD", "DiscountPercent": 0, "DueDays": days}
        put(books, "Term", term_id, content)


def put_payment_methods(books: Books) -> None:
    """The usual ways to pay."""
    for method_id, name, kind in (
        (1, "Cash", "NON_CREDIT_CARD"),
        (2, "Check", "NON_CREDIT_CARD"),
        (3, "Visa", "CREDIT_CARD"),
        (4, "MasterCard", "CREDIT_CARD"),
    ):
        put(books, "PaymentMethod", method_id, {"Name": name, "Active": True, "Type": kind})


def put_tax(
    books: Books, agencies: Iterable[tuple[int, str, str]], rates: Iterable[SeedRate], codes: Iterable[SeedCode]
) -> None:
    """Tax agencies with the account each is owed on, rates, and codes. Without an account an agency brings its own."""
    purchases = books.profile.regime is Regime.CODE_PER_LINE
    for agency_id, name, account_id in agencies:
        content = {
            "DisplayName": name,
            "TaxTrackedOnSales": True,
            "TaxTrackedOnPurchases": purchases,
            "TaxAgencyConfig": "SYSTEM_GENERATED" if books.profile.automated_tax else "USER_DEFINED",
        }
        agency = put(books, "TaxAgency", agency_id, content)
        if account_id:
            books.tax_accounts[agency.id] = account_id
        else:
            open_agency_account(books, agency)
    for rate in rates:
        content = rate_content(
            books, rate.name, Decimal(rate.percent), str(rate.agency), periods=_periods(rate), special=rate.special
        )
        put(books, "TaxRate", rate.id, content)
    for code in codes:
        put(books, "TaxCode", code.id, _code_content(books, code))


def _periods(rate: SeedRate) -> list[Period]:
    if rate.since is None:
        return []
    since = date.fromisoformat(rate.since)
    now = Period(Decimal(rate.percent), since)
    if rate.before is None:
        return [now]
    return [Period(Decimal(rate.before), date(1991, 4, 1), since - timedelta(days=1)), now]


def _code_content(books: Books, code: SeedCode) -> dict[str, Any]:
    content = code_content(code.name, taxable=code.taxable, group=code.group, made_by_engine=code.made_by_engine)
    for field, rates in (("SalesTaxRateList", code.sales), ("PurchaseTaxRateList", code.purchases)):
        if rates is not None and (code.group or books.profile.regime is Regime.CODE_PER_LINE):
            content[field] = {"TaxRateDetail": [_rate_detail(books, rate) for rate in rates]}
    return content


def _rate_detail(books: Books, use: int | SeedUse) -> dict[str, Any]:
    rates = books.shelf("TaxRate").records
    if isinstance(use, int):
        return rate_detail(rates[str(use)])
    return rate_detail(rates[str(use.rate)], order=use.order, basis=use.basis)


def put_company(books: Books, place: tuple[str, str, str, str], street: str = "123 Sierra Way") -> None:
    """The company's own record and its preferences. `place`: city, region, postal code, country."""
    city, region, postal_code, country_name = place
    profile = books.profile
    address = {
        "Id": books.next_id("address"), "Line1": street, "City": city, "Country": country_name,
        "CountrySubDivisionCode": region, "PostalCode": postal_code,
    }  # fmt: skip
    put(
        books,
        "CompanyInfo",
        1,
        {
            "CompanyName": profile.name,
            "LegalName": profile.name,
            "CompanyAddr": address,
            "CustomerCommunicationAddr": dict(address),
            "LegalAddr": dict(address),
            "CompanyStartDate": books.today().isoformat(),
            "FiscalYearStartMonth": MONTHS[profile.fiscal_year_start_month - 1],
            "Country": profile.country,
            "Email": {"Address": "office@example.com"},
            "WebAddr": {},
            "SupportedLanguages": "en",
            "DefaultTimeZone": profile.zone.value,
            "NameValue": [
                {"Name": "SubscriptionStatus", "Value": "PAID"},
                {"Name": "OfferingSku", "Value": "QuickBooks Online Plus"},
            ],
        },
    )
    put(books, "Preferences", 1, {})


def settle_down(books: Books, *, names_from: int = 1, transactions_from: int = 1) -> None:
    """Let the sequences of ids go on where the seeds left room."""
    books.start_ids_at(Family.NAME, names_from)
    books.start_ids_at(Family.TRANSACTION, transactions_from)


def roles(**ids: str) -> dict[Role, str]:
    """Which accounts the books use for what, by role."""
    return {Role(name): account_id for name, account_id in ids.items()}
