"""A company in Canada: federal, provincial and harmonised sales tax, alone, side by side and one on the other.

Provincial sales tax of British Columbia cannot be had back: its code serves sales alone, since the real platform adds
such tax to the expense and the simulation does not.
"""

from tieout.platforms.quickbooks.sandbox.accounting.books import Profile, Regime
from tieout.platforms.quickbooks.sandbox.accounting.taxes.arithmetic import Basis
from tieout.platforms.quickbooks.sandbox.moments import Zone
from tieout.platforms.quickbooks.sandbox.seeds.setting_up import SeedAccount, SeedCode, SeedRate, SeedUse, roles
from tieout.platforms.quickbooks.sandbox.seeds.small_company import SmallCompany, purchase, sale

CA_REALM = "9341452000000058"
_FEDERAL = "2008-01-01"
_OLD_QST = SeedUse(9, Basis.AMOUNT_AND_TAX)
"""Until 2012 Quebec's tax was taken on the price with the federal tax."""
CA = SmallCompany(
    profile=Profile(
        id=CA_REALM,
        name="Maple Ridge Outfitters Inc.",
        country="CA",
        currency="CAD",
        currency_name="Canadian Dollar",
        zone=Zone.EASTERN,
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
    ),
    place=("Toronto", "ON", "M5V 2T6", "CAN"),
    street="88 Maple Ridge Road",
    accounts=(
        SeedAccount(1, "Sales", "Income", "SalesOfProductIncome"),
        SeedAccount(2, "Services", "Income", "ServiceFeeIncome"),
        SeedAccount(3, "Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
        SeedAccount(4, "Chequing", "Bank", "Checking"),
        SeedAccount(5, "Undeposited Funds", "Other Current Asset", "UndepositedFunds"),
        SeedAccount(6, "Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable"),
        SeedAccount(7, "Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable"),
        SeedAccount(8, "GST/HST Payable", "Other Current Liability", "GlobalTaxPayable"),
        SeedAccount(9, "Inventory Asset", "Other Current Asset", "Inventory"),
        SeedAccount(10, "Opening Balance Equity", "Equity", "OpeningBalanceEquity"),
        SeedAccount(11, "Retained Earnings", "Equity", "RetainedEarnings"),
        SeedAccount(12, "Discounts given", "Income", "DiscountsRefundsGiven"),
        SeedAccount(13, "Rent or lease of buildings", "Expense", "RentOrLeaseOfBuildings"),
        SeedAccount(14, "Office expenses", "Expense", "OfficeGeneralAdministrativeExpenses"),
        SeedAccount(15, "Freight", "Expense", "ShippingFreightDelivery"),
        SeedAccount(16, "PST Payable (BC)", "Other Current Liability", "GlobalTaxPayable"),
        SeedAccount(17, "QST Payable", "Other Current Liability", "GlobalTaxPayable"),
        SeedAccount(18, "Mastercard", "Credit Card", "CreditCard"),
    ),
    agencies=(
        (1, "Receiver General (Canada Revenue Agency)", "8"),
        (2, "Ministry of Finance (BC)", "16"),
        (3, "Revenu Quebec", "17"),
    ),
    rates=(
        SeedRate(1, "GST", "5", 1, since=_FEDERAL),
        SeedRate(2, "GST (ITC)", "5", 1, since=_FEDERAL),
        SeedRate(3, "HST (ON)", "13", 1, since="2010-07-01"),
        SeedRate(4, "HST (ON) (ITC)", "13", 1, since="2010-07-01"),
        SeedRate(5, "PST (BC)", "7", 2, since="2013-04-01"),
        SeedRate(6, "QST", "9.975", 3, since="2013-01-01"),
        SeedRate(7, "QST (ITR)", "9.975", 3, since="2013-01-01"),
        SeedRate(8, "GST/HST (zero-rated)", "0", 1, since=_FEDERAL),
        SeedRate(9, "QST 9.5% (to 2012)", "9.5", 3, since="2012-01-01"),
        SeedRate(10, "GST/HST (ITC) (zero-rated)", "0", 1, since=_FEDERAL),
        SeedRate(11, "GST (exempt)", "0", 1, since=_FEDERAL),
    ),
    codes=(
        SeedCode("1", "Exempt", (11,), (10,)),
        SeedCode("2", "Zero-rated", (8,), (10,)),
        SeedCode("3", "Out of scope", (), (), taxable=False),
        SeedCode("4", "HST ON", (3,), (4,)),
        SeedCode("5", "GST", (1,), (2,)),
        SeedCode("6", "GST/PST BC", (1, 5), None),
        SeedCode("7", "GST/QST QC - 9.975", (1, 6), (2, 7)),
        SeedCode("8", "GST/QST QC - 9.5", (1, _OLD_QST), None),
    ),
    items=((1, "Guided hike", "95", "2"), (2, "Trail boots", "189.99", "1"), (3, "Maps", "14.5", "1")),
    customers=("Algonquin Adventures", "Boreal Schools", "Cabot Trail Lodge", "Deschenes et Fils"),
    vendors=("Fundy Leather Works", "Great Lakes Realty", "Hudson Freight"),
    opening=(("4", "22100.00"),),
    history=(
        (64, "Invoice", sale("1", (("1", "95", "6", "4"), ("3", "14.5", "6", "4")), "TaxExcluded")),
        (40, "Invoice", sale("4", (("2", "189.99", "3", "7"),), "TaxExcluded")),
        (15, "Invoice", sale("3", (("2", "189.99", "1", "4"),), "TaxInclusive")),
        (58, "Bill", purchase("6", "13", "1800.00", "4", "TaxExcluded")),
        (26, "Bill", purchase("5", "3", "940.25", "4", "TaxExcluded")),
        (8, "Bill", purchase("7", "15", "133.10", "5", "TaxInclusive")),
    ),
)
"""The company."""
