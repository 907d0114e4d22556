"""A company in Australia: goods and services tax of one rate, with codes for what has none."""

from tieout.platforms.quickbooks.sandbox.accounting.books import Profile, Regime
from tieout.platforms.quickbooks.sandbox.moments import Zone
from tieout.platforms.quickbooks.sandbox.seeds.setting_up import SeedAccount, SeedCode, SeedRate, roles
from tieout.platforms.quickbooks.sandbox.seeds.small_company import SmallCompany, purchase, sale

AU_REALM = "9341452000000041"
_SINCE = "2000-07-01"
AU = SmallCompany(
    profile=Profile(
        id=AU_REALM,
        name="Wattle Creek Trading Pty Ltd",
        country="AU",
        currency="AUD",
        currency_name="Australian Dollar",
        zone=Zone.SYDNEY,
        regime=Regime.CODE_PER_LINE,
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
        account_number_max=20,
        fiscal_year_start_month=7,
    ),
    place=("Sydney", "NSW", "2010", "AUS"),
    street="12 Wattle Street",
    accounts=(
        SeedAccount(1, "Sales", "Income", "SalesOfProductIncome"),
        SeedAccount(2, "Services", "Income", "ServiceFeeIncome"),
        SeedAccount(3, "Cost of sales", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
        SeedAccount(4, "Business Cheque Account", "Bank", "Checking"),
        SeedAccount(5, "Undeposited Funds", "Other Current Asset", "UndepositedFunds"),
        SeedAccount(6, "Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable"),
        SeedAccount(7, "Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable"),
        SeedAccount(8, "GST Liabilities Payable", "Other Current Liability", "GlobalTaxPayable"),
        SeedAccount(9, "Inventory Asset", "Other Current Asset", "Inventory"),
        SeedAccount(10, "Opening Balance Equity", "Equity", "OpeningBalanceEquity"),
        SeedAccount(11, "Retained Earnings", "Equity", "RetainedEarnings"),
        SeedAccount(12, "Discounts given", "Income", "DiscountsRefundsGiven"),
        SeedAccount(13, "Rent or lease payments", "Expense", "RentOrLeaseOfBuildings"),
        SeedAccount(14, "Office expenses", "Expense", "OfficeGeneralAdministrativeExpenses"),
        SeedAccount(15, "Motor vehicle expenses", "Expense", "Auto"),
        SeedAccount(16, "Bank charges", "Expense", "BankCharges"),
        SeedAccount(17, "Plant and equipment", "Fixed Asset", "MachineryAndEquipment"),
        SeedAccount(18, "Company credit card", "Credit Card", "CreditCard"),
    ),
    agencies=((1, "Australian Taxation Office", "8"),),
    rates=(
        SeedRate(1, "GST (sales)", "10", 1, since=_SINCE),
        SeedRate(2, "GST (purchases)", "10", 1, since=_SINCE),
        SeedRate(3, "GST free (sales)", "0", 1, since=_SINCE),
        SeedRate(4, "GST-free purchases", "0", 1, since=_SINCE),
        SeedRate(5, "Export sales", "0", 1, since=_SINCE),
        SeedRate(6, "Input taxed sales", "0", 1, since=_SINCE),
        SeedRate(7, "Input taxed purchases", "0", 1, since=_SINCE),
        SeedRate(8, "GST on capital purchases", "10", 1, since=_SINCE),
    ),
    codes=(
        SeedCode("1", "GST", (1,), (2,)),
        SeedCode("2", "GST free", (3,), (4,)),
        SeedCode("3", "Exports", (5,), None),
        SeedCode("4", "Input taxed", (6,), (7,)),
        SeedCode("5", "GST on capital", None, (8,)),
        SeedCode("6", "Out of Scope", (), (), taxable=False),
    ),
    items=((1, "Garden design", "110", "2"), (2, "Native seedlings", "16.5", "1"), (3, "Delivery", "45", "2")),
    customers=("Banksia Cafe", "Coolibah Motors", "Dingo Hardware", "Emu Plains Nursery"),
    vendors=("Ferntree Supplies", "Great Southern Energy", "Harbour Real Estate"),
    opening=(("4", "15400.00"),),
    history=(
        (70, "Invoice", sale("1", (("1", "110", "8", "1"), ("3", "45", "1", "1")), "TaxExcluded")),
        (52, "Invoice", sale("2", (("2", "16.5", "40", "1"),), "TaxInclusive")),
        (18, "Invoice", sale("4", (("2", "16.5", "12", "2"),), "TaxExcluded")),
        (55, "Bill", purchase("7", "13", "2200.00", "1", "TaxInclusive")),
        (21, "Bill", purchase("6", "14", "187.42", "1", "TaxExcluded")),
        (9, "Bill", purchase("5", "17", "1250.00", "5", "TaxExcluded")),
    ),
)
"""The company."""
