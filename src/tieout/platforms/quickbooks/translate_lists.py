"""Company, accounts, tax rates, parties and items: Intuit's objects to the words of the books. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from tieout.books.records import (
    Account,
    AccountType,
    Address,
    Company,
    Control,
    Item,
    Kind,
    Party,
    TaxComponent,
    TaxRate,
)
from tieout.platforms.quickbooks import wire

PSEUDO_TAXED = "TAX"
"""A US line that is taxed; which rates apply stands on the transaction, or the engine decides."""
PSEUDO_UNTAXED = "NON"
"""A US line that is not taxed."""
PSEUDO_CUSTOM = "CustomSalesTax"
"""A US rate typed in by hand; nobody may send it."""

_PLAIN = "TaxOnAmount"
_SET_ASIDE = " (deleted)"
"""What QuickBooks appends to the name of a list entry that was made inactive (recorded): no part of its name."""
_HUNDRED = Decimal(100)
_ACCOUNT_TYPES = {
    "Asset": AccountType.ASSET,
    "Equity": AccountType.EQUITY,
    "Expense": AccountType.EXPENSE,
    "Liability": AccountType.LIABILITY,
    "Revenue": AccountType.INCOME,
}
_MONEY_SUBTYPES = ("UndepositedFunds",)
_UNITED_STATES = "US"
_COUNTRIES = {"USA": "US", "GBR": "GB", "UK": "GB", "CAN": "CA", "AUS": "AU", "FRA": "FR", "IND": "IN", "IRL": "IE"}
_HOME_CURRENCIES = {"US": "USD", "GB": "GBP", "CA": "CAD", "AU": "AUD", "FR": "EUR", "IE": "EUR", "IN": "INR"}


class UnreadableError(ValueError):
    """An object that has no meaning in the books' words; the message is the reason, for a person."""


def ref_id(ref: wire.Ref | None) -> str | None:
    """The id of a reference, None for a missing or empty one."""
    return (ref.value or None) if ref is not None else None


def own_name(name: str, *, active: bool) -> str:
    """A name as it was given: becoming inactive renames nothing."""
    return name if active else name.removesuffix(_SET_ASIDE)


def country_code(country: str | None) -> str | None:
    """A country as two letters; the three of ISO, which some fields use since October 2025, are shortened."""
    return _COUNTRIES.get(country or "", country) or None


def translate_company(
    company_id: str,
    info: wire.CompanyInfo,
    preferences: wire.Preferences,
    foreign: Iterable[wire.CompanyCurrency] | None = None,
) -> Company:
    """The company and the rules of its books; raises UnreadableError when its currency cannot be told."""
    country = country_code(info.country)
    currencies = preferences.currency_prefs or wire.CurrencyPrefs()
    home = ref_id(currencies.home_currency) or _HOME_CURRENCIES.get(country or "")
    if home is None:
        raise UnreadableError("the company has no home currency")
    taxes = preferences.tax_prefs or wire.TaxPrefs()
    forms = preferences.sales_forms_prefs or wire.SalesFormsPrefs()
    traits = {pair.name: pair.value for pair in info.name_value}
    return Company(
        external_id=company_id,
        name=info.company_name or info.legal_name or company_id,
        legal_name=info.legal_name or None,
        email=info.email.address if info.email else None,
        type=traits.get("CompanyType") or traits.get("IndustryType") or None,
        base_currency=home,
        country=country,
        time_zone=info.default_time_zone or None,
        multi_currency=currencies.multi_currency_enabled,
        currencies=() if foreign is None else _currencies(home, foreign),
        tax_is_computed_there=taxes.partner_tax_enabled,
        taxes_purchases=country != _UNITED_STATES,
        closed_until=_close_date(preferences.accounting_info_prefs),
        numbers_are_custom=forms.custom_txn_numbers,
        not_in_plan=_PURCHASES if _has_no_purchases(traits.get("OfferingSku") or "") else (),
    )


_PURCHASES = (Kind.BILL, Kind.VENDOR_CREDIT, Kind.BILL_PAYMENT)
_WITHOUT_PURCHASES = ("simple start", "easystart", "easy start", "self-employed")
"""Plans without bills, as the company's offering names them."""


def _has_no_purchases(offering: str) -> bool:
    return any(plan in offering.lower() for plan in _WITHOUT_PURCHASES)


def _currencies(home: str, foreign: Iterable[wire.CompanyCurrency]) -> tuple[str, ...]:
    return (home, *sorted({each.code for each in foreign if each.active and each.code} - {home}))


def _close_date(prefs: wire.AccountingPrefs | None) -> date | None:
    if prefs is None or not prefs.book_close_date:
        return None
    return date.fromisoformat(prefs.book_close_date[:10])


_CONTROLS = {"Accounts Receivable": Control.RECEIVABLE, "Accounts Payable": Control.PAYABLE}


def translate_account(account: wire.Account) -> Account:
    """A ledger account, under its full name: sub-accounts share short ones."""
    is_bank = account.account_type == "Bank"
    return Account(
        external_id=account.id,
        name=own_name(account.fully_qualified_name or account.name, active=account.active),
        code=account.acct_num or None,
        type=_ACCOUNT_TYPES.get(account.classification or "", AccountType.UNKNOWN),
        subtype=account.account_sub_type or account.account_type,
        description=account.description or None,
        currency=ref_id(account.currency_ref),
        current_balance=account.current_balance,
        control=_CONTROLS.get(account.account_type or ""),
        is_bank=is_bank,
        takes_payments=is_bank or account.account_type == "Credit Card" or account.account_sub_type in _MONEY_SUBTYPES,
        active=account.active,
    )


def translate_tax_code(code: wire.TaxCode, rates: Mapping[str, wire.TaxRate]) -> TaxRate:
    """A tax code with the rates it names, resolved; `rates` are all of the company's, by id.

    The US pseudo codes have no rates. NON means none. TAX and a rate typed in by hand do not say which: they are kept,
    since documents name them, but are for no side of the books, since nobody can choose a tax by them.
    A code without any rate (No VAT) is for both sides, at nothing; one with rates is for the sides that have some.
    Raises UnreadableError when the code names a rate that the company does not have.
    """
    if code.id in (PSEUDO_TAXED, PSEUDO_UNTAXED, PSEUDO_CUSTOM):
        return TaxRate(
            external_id=code.id,
            name=code.name or code.id,
            code=code.id,
            effective_rate=Decimal(0),
            total_rate=Decimal(0),
            active=code.active,
            on_sales=code.id == PSEUDO_UNTAXED,
            on_purchases=code.id == PSEUDO_UNTAXED,
        )
    sales = _components(code.sales_tax_rate_list, rates)
    purchases = _components(code.purchase_tax_rate_list, rates)
    shown = sales or purchases
    details = (code.sales_tax_rate_list if sales else code.purchase_tax_rate_list) or wire.TaxRateList()
    return TaxRate(
        external_id=code.id,
        name=code.name,
        effective_rate=effective_rate(details, rates),
        total_rate=sum((component.rate for component in shown), Decimal(0)),
        components=sales,
        purchase_components=purchases,
        active=code.active,
        on_sales=bool(sales or not purchases),
        on_purchases=bool(purchases or not sales),
    )


def _components(rate_list: wire.TaxRateList | None, rates: Mapping[str, wire.TaxRate]) -> tuple[TaxComponent, ...]:
    if rate_list is None:
        return ()
    return tuple(
        TaxComponent(
            external_id=detail.tax_rate_ref.value,
            name=_rate_of(detail, rates).name or detail.tax_rate_ref.name or "",
            rate=_percent(_rate_of(detail, rates)),
            is_compound=detail.tax_type_applicable != _PLAIN,
            effective_rate=None if detail.tax_type_applicable == _PLAIN else percent,
        )
        for detail, percent in _of_net(rate_list, rates)
    )


def effective_rate(rate_list: wire.TaxRateList, rates: Mapping[str, wire.TaxRate]) -> Decimal:
    """What a net amount of 100 is taxed, in percent: rates on amounts that hold tax, or on tax alone, compounded."""
    return sum((percent for _, percent in _of_net(rate_list, rates)), Decimal(0))


def _of_net(rate_list: wire.TaxRateList, rates: Mapping[str, wire.TaxRate]) -> list[tuple[wire.TaxRateDetail, Decimal]]:
    """Every rate of a code with what it comes to of the net amount, in percent, in the order of their bases."""
    total = Decimal(0)
    by_order: dict[int, Decimal] = {}
    found = []
    for detail in sorted(rate_list.tax_rate_detail, key=lambda detail: detail.tax_order):
        percent = _percent(_rate_of(detail, rates))
        below = total if detail.tax_on_tax_order is None else by_order.get(detail.tax_on_tax_order, Decimal(0))
        if detail.tax_type_applicable == "TaxOnTax":
            percent = percent * below / _HUNDRED
        elif detail.tax_type_applicable == "TaxOnAmountPlusTax":
            percent = percent * (_HUNDRED + below) / _HUNDRED
        by_order[detail.tax_order] = by_order.get(detail.tax_order, Decimal(0)) + percent
        total += percent
        found.append((detail, percent))
    return found


def _rate_of(detail: wire.TaxRateDetail, rates: Mapping[str, wire.TaxRate]) -> wire.TaxRate:
    rate = rates.get(detail.tax_rate_ref.value)
    if rate is None:
        raise UnreadableError(f"its rate {detail.tax_rate_ref.value} is not among the company's tax rates")
    return rate


def _percent(rate: wire.TaxRate) -> Decimal:
    """The rate that holds now: the plain value, else that of the open-ended span."""
    if rate.rate_value is not None:
        return rate.rate_value
    current = [span.rate_value for span in rate.effective_tax_rate if span.end_date is None]
    if not current:
        raise UnreadableError(f"its rate {rate.id} has no value")
    return current[-1]


def translate_customer(customer: wire.Customer) -> Party:
    """A customer."""
    return _party(customer, customer.primary_tax_identifier, is_customer=True)


def translate_vendor(vendor: wire.Vendor) -> Party:
    """A vendor."""
    return _party(vendor, vendor.tax_identifier, is_customer=False)


def _party(contact: wire.Contact, tax_number: str | None, *, is_customer: bool) -> Party:
    if not contact.display_name:
        raise UnreadableError("it has no display name")
    phone = contact.primary_phone or contact.mobile
    return Party(
        external_id=contact.id,
        name=own_name(contact.display_name, active=contact.active),
        first_name=contact.given_name or None,
        last_name=contact.family_name or None,
        email=(contact.primary_email_addr.address or None) if contact.primary_email_addr else None,
        phone=(phone.free_form_number or None) if phone else None,
        tax_number=_unmasked(tax_number),
        currency=ref_id(contact.currency_ref),
        address=_address(contact.bill_addr),
        is_customer=is_customer,
        is_vendor=not is_customer,
        active=contact.active,
    )


def _unmasked(tax_number: str | None) -> str | None:
    """A tax number is answered masked (XXXXXX9875): a mask is no number."""
    return None if not tax_number or tax_number.startswith("XX") else tax_number


def _address(address: wire.PhysicalAddress | None) -> Address | None:
    if address is None:
        return None
    further = (address.line2, address.line3, address.line4, address.line5)
    found = Address(
        line1=address.line1 or None,
        line2=", ".join(line for line in further if line) or None,
        city=address.city or None,
        state=address.country_sub_division_code or None,
        postal_code=address.postal_code or None,
        country=address.country or None,
    )
    return None if found == Address() else found


def translate_item(item: wire.Item) -> Item:
    """A product or service; raises UnreadableError for a heading, which has no price and no account."""
    if item.type == "Category":
        raise UnreadableError("a category is a heading, no product")
    return Item(
        external_id=item.id,
        name=own_name(item.name, active=item.active),
        code=item.sku or None,
        description=item.description or None,
        unit_price=item.unit_price,
        income_account_id=ref_id(item.income_account_ref),
        expense_account_id=ref_id(item.expense_account_ref),
        tax_rate_id=ref_id(item.sales_tax_code_ref),
        is_sold=item.income_account_ref is not None or item.expense_account_ref is None,
        is_purchased=item.expense_account_ref is not None,
        is_stock=item.type == "Inventory",
        active=item.active,
    )
