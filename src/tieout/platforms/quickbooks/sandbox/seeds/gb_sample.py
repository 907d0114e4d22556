"""A company in the United Kingdom: value added tax with a code on every line, on both sides of the books."""

from tieout.platforms.quickbooks.sandbox.accounting.books import Profile, Regime
from tieout.platforms.quickbooks.sandbox.moments import Zone
from tieout.platforms.quickbooks.sandbox.seeds.setting_up import SeedAccount, SeedCode, SeedRate, roles
from tieout.platforms.quickbooks.sandbox.seeds.small_company import SmallCompany, purchase, sale

GB_REALM = "9341452000000033"
_ACCOUNTS = (
    SeedAccount(1, "Sales", "Income", "SalesOfProductIncome"),
    SeedAccount(2, "Services", "Income", "ServiceFeeIncome"),
    SeedAccount(3, "Cost of sales", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    SeedAccount(4, "Current", "Bank", "Checking"),
    SeedAccount(5, "Undeposited Funds", "Other Current Asset", "UndepositedFunds"),
    SeedAccount(6, "Debtors", "Accounts Receivable", "AccountsReceivable"),
    SeedAccount(7, "Creditors", "Accounts Payable", "AccountsPayable"),
    SeedAccount(8, "VAT Control", "Other Current Liability", "GlobalTaxPayable"),
    SeedAccount(9, "Stock Asset", "Other Current Asset", "Inventory"),
    SeedAccount(10, "Opening Balance Equity", "Equity", "OpeningBalanceEquity"),
    SeedAccount(11, "Retained Earnings", "Equity", "RetainedEarnings"),
    SeedAccount(12, "Discounts given", "Income", "DiscountsRefundsGiven"),
    SeedAccount(13, "Rent or lease payments", "Expense", "RentOrLeaseOfBuildings"),
    SeedAccount(14, "Office expenses", "Expense", "OfficeGeneralAdministrativeExpenses"),
    SeedAccount(15, "Legal and professional fees", "Expense", "LegalProfessionalFees"),
    SeedAccount(16, "Company card", "Credit Card", "CreditCard"),
)
_RATES = (
    SeedRate(1, "20.0% S (Sales)", "20", 1, since="2011-01-04", before="17.5"),
    SeedRate(2, "20.0% S (Purchases)", "20", 1, since="2011-01-04", before="17.5"),
    SeedRate(3, "5.0% R (Sales)", "5", 1, since="1997-09-01"),
    SeedRate(4, "5.0% R (Purchases)", "5", 1, since="1997-09-01"),
    SeedRate(5, "0.0% Z (Sales)", "0", 1, since="1973-04-01"),
    SeedRate(6, "0.0% Z (Purchases)", "0", 1, since="1973-04-01"),
    SeedRate(7, "Exempt (Sales)", "0", 1, since="1973-04-01"),
    SeedRate(8, "Exempt (Purchases)", "0", 1, since="1973-04-01"),
    SeedRate(9, "20.0% RC (Purchases)", "20", 1, since="2011-01-04", special="REVERSE_CHARGE"),
    SeedRate(10, "20.0% RC (Output)", "-20", 1, since="2011-01-04", special="REVERSE_CHARGE"),
    SeedRate(11, "0.0% RC (Sales)", "0", 1, since="2011-01-04"),
)
_CODES = (
    SeedCode("1", "20.0% S", (1,), (2,)),
    SeedCode("2", "5.0% R", (3,), (4,)),
    SeedCode("3", "0.0% Z", (5,), (6,)),
    SeedCode("4", "Exempt", (7,), (8,)),
    SeedCode("5", "No VAT", (), (), taxable=False),
    SeedCode("6", "20.0% RC", (11,), (9, 10)),
)
_PROFILE = Profile(
    id=GB_REALM,
    name="Harbour Lane Studio Ltd",
    country="GB",
    currency="GBP",
    currency_name="British Pound Sterling",
    zone=Zone.LONDON,
    regime=Regime.CODE_PER_LINE,
    roles=roles(
        receivable="6", payable="7", undeposited="5", checking="4", discounts="12", inventory="9",
        cost_of_goods="3", opening="10", retained="11", sales="1",
    ),
    fiscal_year_start_month=4,
)  # fmt: skip
GB = SmallCompany(
    profile=_PROFILE,
    place=("Bristol", "England", "BS1 4QA", "GBR"),
    street="4 Harbour Lane",
    accounts=_ACCOUNTS,
    agencies=((1, "HM Revenue & Customs (VAT)", "8"),),
    rates=_RATES,
    codes=_CODES,
    items=((1, "Consulting", "80", "2"), (2, "Prints", "45.5", "1"), (3, "Books", "12", "1")),
    customers=("Ashford Interiors Ltd", "Bramley & Daughters", "Calder Valley Foods", "Dunmore Garage"),
    vendors=("Eastgate Properties", "Fenwick Paper Co", "Garrick Solicitors LLP"),
    opening=(("4", "8500.00"),),
    history=(
        (60, "Invoice", sale("1", (("1", "80", "12", "1"), ("3", "12", "5", "3")), "TaxExcluded")),
        (45, "Invoice", sale("2", (("2", "45.5", "4", "1"),), "TaxInclusive")),
        (20, "Invoice", sale("3", (("1", "80", "2", None),), "NotApplicable")),
        (50, "Bill", purchase("5", "13", "950.00", "4", "TaxExcluded")),
        (22, "Bill", purchase("6", "14", "118.37", "1", "TaxExcluded")),
    ),
)
"""The company."""
