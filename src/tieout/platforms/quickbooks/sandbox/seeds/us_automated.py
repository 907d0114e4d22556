"""A United States company with automated sales tax: nobody picks codes, the engine does by where the goods go."""

from tieout.platforms.quickbooks.sandbox.accounting.books import Profile, Regime
from tieout.platforms.quickbooks.sandbox.accounting.taxes.places import AGENCIES, PLACES, Place, code_name
from tieout.platforms.quickbooks.sandbox.moments import Zone
from tieout.platforms.quickbooks.sandbox.seeds.setting_up import SeedAccount, SeedCode, SeedRate, roles
from tieout.platforms.quickbooks.sandbox.seeds.small_company import SmallCompany, purchase, sale

AUTOMATED_REALM = "9341452000000066"
_AGENCY_IDS = {state: number for number, state in enumerate(AGENCIES, 1)}
_RATE_IDS = {
    (place, name): number
    for number, (place, name) in enumerate(((place, name) for place in PLACES for name, _ in place.rates), 1)
}
_CODE_IDS = {place: str(number) for number, place in enumerate(PLACES, 2)}


def _rates() -> tuple[SeedRate, ...]:
    return tuple(
        SeedRate(_RATE_IDS[place, name], name, percent, _AGENCY_IDS[place.state])
        for place in PLACES
        for name, percent in place.rates
    )


def _rates_of(place: Place) -> tuple[int, ...]:
    """The state's rates, then the place's own."""
    above = [one for one in PLACES if one.state == place.state and one.city is None and one is not place]
    return tuple(_RATE_IDS[one, name] for one in (*above, place) for name, _ in one.rates)


def _codes() -> tuple[SeedCode, ...]:
    pseudo = (
        SeedCode("TAX", "TAX", None, None, group=False),
        SeedCode("NON", "NON", None, None, taxable=False, group=False),
        SeedCode("CustomSalesTax", "CustomSalesTax", None, None, group=False),
    )
    made = (
        SeedCode(_CODE_IDS[place], code_name(place.state, place.city), _rates_of(place), (), made_by_engine=True)
        for place in PLACES
    )
    return (*pseudo, *made)


def _customer(name: str, city: str, state: str, postal_code: str, *, taxable: bool = True) -> dict[str, object]:
    address = {"Line1": "1 Main Street", "City": city, "CountrySubDivisionCode": state, "PostalCode": postal_code}
    return {"DisplayName": name, "CompanyName": name, "BillAddr": address, "ShipAddr": address, "Taxable": taxable}


_HOME = next(place for place in PLACES if place.city == "Mountain View")
AUTOMATED = SmallCompany(
    profile=Profile(
        id=AUTOMATED_REALM,
        name="Redwood Supply Co.",
        country="US",
        currency="USD",
        currency_name="United States Dollar",
        zone=Zone.PACIFIC,
        regime=Regime.UNITED_STATES,
        roles=roles(
            receivable="6",
            payable="7",
            undeposited="5",
            checking="4",
            discounts="12",
            inventory="9",
            cost_of_goods="3",
            opening="10",
            retained="11",
            sales="1",
        ),
        default_tax_code=_CODE_IDS[_HOME],
        automated_tax=True,
    ),
    place=("Mountain View", "CA", "94043", "USA"),
    street="2700 Coast Avenue",
    accounts=(
        SeedAccount(1, "Sales of Product Income", "Income", "SalesOfProductIncome"),
        SeedAccount(2, "Services", "Income", "ServiceFeeIncome"),
        SeedAccount(3, "Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
        SeedAccount(4, "Checking", "Bank", "Checking"),
        SeedAccount(5, "Undeposited Funds", "Other Current Asset", "UndepositedFunds"),
        SeedAccount(6, "Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable"),
        SeedAccount(7, "Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable"),
        SeedAccount(9, "Inventory Asset", "Other Current Asset", "Inventory"),
        SeedAccount(10, "Opening Balance Equity", "Equity", "OpeningBalanceEquity"),
        SeedAccount(11, "Retained Earnings", "Equity", "RetainedEarnings"),
        SeedAccount(12, "Discounts given", "Income", "DiscountsRefundsGiven"),
        SeedAccount(13, "Rent or Lease", "Expense", "RentOrLeaseOfBuildings"),
        SeedAccount(14, "Office Expenses", "Expense", "OfficeGeneralAdministrativeExpenses"),
        SeedAccount(15, "Visa", "Credit Card", "CreditCard"),
    ),
    agencies=tuple((_AGENCY_IDS[state], name, "") for state, name in AGENCIES.items()),
    rates=_rates(),
    codes=_codes(),
    items=((1, "Planters", "60", "1"), (2, "Assembly", "85", "2"), (3, "Benches", "240", "1")),
    customers=(
        _customer("Bayview Gardens", "Mountain View", "CA", "94043"),
        _customer("Cactus Court", "Tucson", "AZ", "85704"),
        _customer("Drake Terrace", "New York", "NY", "10001"),
        _customer("Evergreen School District", "San Francisco", "CA", "94103", taxable=False),
        _customer("Fir Street Lofts", "Portland", "OR", "97201"),
    ),
    vendors=("Granite Works", "Hilltop Properties"),
    opening=(("4", "9200.00"),),
    history=(
        (66, "Invoice", sale("1", (("1", "60", "4", "TAX"), ("2", "85", "2", "NON")))),
        (41, "Invoice", sale("2", (("3", "240", "1", "TAX"),))),
        (16, "Invoice", sale("5", (("3", "240", "2", "TAX"),))),
        (50, "Bill", purchase("7", "13", "1600.00")),
        (24, "Bill", purchase("6", "3", "412.80")),
    ),
)
"""The company."""
