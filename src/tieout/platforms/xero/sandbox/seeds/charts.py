"""Charts of accounts, condensed: the Global demo organisation as recorded in 2022, and the other editions.

An account: code, name, type, tax type, system account (`-` for a key that the recording lacks), flags (`p` takes
payments, `x` shows in expense claims, `w` watched; a bank account has its currency here), reporting code and name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tieout.platforms.xero.sandbox.accounting.organisation import Organisation
from tieout.platforms.xero.sandbox.accounting.profile import Profile
from tieout.platforms.xero.sandbox.accounting.rows import Account, TaxComponent, TaxRate
from tieout.platforms.xero.sandbox.seeds.tax_tables import (
    AMERICAN_TAX_RATES,
    AUSTRALIAN_TAX_RATES,
    BRITISH_TAX_RATES,
    GLOBAL_TAX_RATES,
    NEW_ZEALAND_TAX_RATES,
    TRADING_TAX_RATES,
)

GLOBAL_ACCOUNTS = """\
090|Business Bank Account|BANK|NONE|-||ASS|Asset
091|Business Savings Account|BANK|NONE|-||ASS|Asset
200|Sales|REVENUE|OUTPUT||w|REV.TRA.GOO|Sale of goods
260|Other Revenue|REVENUE|OUTPUT|||REV.OTH|Other Revenue
270|Interest Income|REVENUE|NONE|||REV.INV.INT|Interest
300|Purchases|DIRECTCOSTS|INPUT|-||EXP|Expense
310|Cost of Goods Sold|DIRECTCOSTS|INPUT|-||EXP.COS|Cost of goods sold
400|Advertising|EXPENSE|INPUT||xw|EXP|Expense
404|Bank Fees|EXPENSE|NONE||x|EXP|Expense
408|Cleaning|EXPENSE|INPUT||x|EXP|Expense
412|Consulting & Accounting|EXPENSE|INPUT||x|EXP.LEG|Professional and consulting fees
416|Depreciation|EXPENSE|NONE|||EXP.DEP|Depreciation
420|Entertainment|EXPENSE|NONE||xw|EXP.ENT|Entertainment
425|Freight & Courier|EXPENSE|INPUT||x|EXP|Expense
429|General Expenses|EXPENSE|INPUT||x|EXP|Expense
433|Insurance|EXPENSE|INPUT||x|EXP.INS|Insurance
437|Interest Expense|EXPENSE|NONE||x|EXP.INT|Interest and finance charges
441|Legal expenses|EXPENSE|INPUT||x|EXP.LEG|Professional and consulting fees
445|Light, Power, Heating|EXPENSE|INPUT||x|EXP|Expense
449|Motor Vehicle Expenses|EXPENSE|INPUT||x|EXP.VEH|Vehicle expenses
453|Office Expenses|EXPENSE|INPUT||x|EXP|Expense
461|Printing & Stationery|EXPENSE|INPUT||x|EXP|Expense
469|Rent|EXPENSE|INPUT||x|EXP.REN|Rental and lease payments
473|Repairs and Maintenance|EXPENSE|INPUT||x|EXP.REP|Repairs and maintenance
477|Wages and Salaries|EXPENSE|NONE|||EXP.EMP|Employment costs
478|Superannuation|EXPENSE|NONE|||EXP.EMP.SUP|Superannuation expenses
485|Subscriptions|EXPENSE|INPUT||x|EXP|Expense
489|Telephone & Internet|EXPENSE|INPUT||x|EXP|Expense
493|Travel - National|EXPENSE|INPUT||x|EXP.TRA|Travel and accommodation
494|Travel - International|EXPENSE|NONE||x|EXP.TRA|Travel and accommodation
497|Bank Revaluations|EXPENSE|NONE|BANKCURRENCYGAIN||EXP.FOR|Foreign currency gains and losses
498|Unrealised Currency Gains|EXPENSE|NONE|UNREALISEDCURRENCYGAIN||EXP.FOR.UGL|Unrealised currency gains
499|Realised Currency Gains|EXPENSE|NONE|REALISEDCURRENCYGAIN||EXP.FOR.RGL|Realised currency gains
505|Income Tax Expense|EXPENSE|NONE|||EXP.INC|Income tax expense
610|Accounts Receivable|CURRENT|NONE|DEBTORS||ASS.CUR.REC.TRA|Trade receivables
620|Prepayments|CURRENT|NONE|||ASS.CUR.REC.PRE|Prepayments
630|Inventory|INVENTORY|NONE|-|w|ASS.CUR.INY|Inventories
710|Office Equipment|FIXED|INPUT||x|ASS.NCA.FIX.OWN.PLA|Plant and Machinery owned
711|Less Accumulated Depreciation on Office Equipment|FIXED|NONE|||ASS.NCA.FIX.OWN.PLA.ACC|Accumulated depreciation
720|Computer Equipment|FIXED|INPUT||x|ASS.NCA.FIX.OWN.PLA|Plant and Machinery owned
721|Less Accumulated Depreciation on Computer Equipment|FIXED|NONE|||ASS.NCA.FIX.OWN.PLA.ACC|Accumulated depreciation
800|Accounts Payable|CURRLIAB|NONE|CREDITORS||LIA.CUR.PAY.TRA|Trade payables
801|Unpaid Expense Claims|CURRLIAB|NONE|UNPAIDEXPCLM||LIA.CUR.PAY.EMP|Employee entitlements
820|Sales Tax|CURRLIAB|NONE|GST||LIA.CUR.TAX.VAT|Value added tax
825|Employee Tax Payable|CURRLIAB|NONE|||LIA.CUR.PAY.PAY|PAYE
826|Superannuation Payable|CURRLIAB|NONE|||LIA.CUR.PAY.EMP|Employee entitlements
830|Income Tax Payable|CURRLIAB|NONE|||LIA.CUR.TAX.INC|Income tax
835|Revenue Received in Advance|CURRLIAB|NONE|-||LIA|Liabilities
840|Historical Adjustment|CURRLIAB|NONE|HISTORICAL||LIA.CUR|Current liabilities
850|Suspense|CURRLIAB|NONE|||LIA.CUR|Current liabilities
855|Clearing Account|CURRLIAB|NONE|-|p|LIA|Liability
860|Rounding|CURRLIAB|NONE|ROUNDING||LIA.CUR|Current liabilities
877|Tracking Transfers|CURRLIAB|NONE|TRACKINGTRANSFERS||LIA.CUR|Current liabilities
880|Owner A Drawings|CURRLIAB|NONE||p|EQU.DRA|Owners/partners drawings
881|Owner A Funds Introduced|CURRLIAB|NONE||p|EQU.ADV|Owners/partners funds introduced
900|Loan|TERMLIAB|NONE|||LIA.NCL.LOA|Loans (non current)
960|Retained Earnings|EQUITY|NONE|RETAINEDEARNINGS||EQU.RET|Retained earnings
970|Owner A Share Capital|EQUITY|NONE||p|EQU.SHA|Share capital
"""
_CLASSES = {"A": "ASSET", "Q": "EQUITY", "X": "EXPENSE", "L": "LIABILITY", "R": "REVENUE"}
TRADING_BANKS = """\
091|US Dollar Account|BANK|NONE|-|USD|ASS|Asset
092|Euro Account|BANK|NONE|-|EUR|ASS|Asset
093|Sterling Account|BANK|NONE|-|GBP|ASS|Asset
"""


@dataclass(frozen=True, slots=True)
class Edition:
    """What an edition makes of the chart: its tax rates, its names, and which rate stands for which."""

    tax_rates: str
    sales_tax: str = "Sales Tax"
    taxes: Mapping[str, str] = field(default_factory=dict)
    by_type: Mapping[str, str] = field(default_factory=dict)
    untaxed_expenses: str | None = None


EDITIONS = {
    "GLOBAL": Edition(GLOBAL_TAX_RATES),
    "AU": Edition(
        AUSTRALIAN_TAX_RATES,
        "GST",
        {"NONE": "BASEXCLUDED"},
        {"FIXED": "CAPEXINPUT"},
        untaxed_expenses="EXEMPTEXPENSES",
    ),
    "NZ": Edition(NEW_ZEALAND_TAX_RATES, "GST", {"INPUT": "INPUT2", "OUTPUT": "OUTPUT2"}),
    "UK": Edition(BRITISH_TAX_RATES, "VAT", {"INPUT": "INPUT2", "OUTPUT": "OUTPUT2"}, {"FIXED": "CAPEXINPUT2"}),
    "US": Edition(AMERICAN_TAX_RATES, "Sales Tax", {"INPUT": "NONE", "OUTPUT": "TAX001"}),
}


def chart_of(profile: Profile) -> tuple[str, str]:
    """The accounts and the tax rates of an organisation. Only the demo organisation has those that were recorded."""
    edition = EDITIONS[profile.version]
    if profile.demo:
        return GLOBAL_ACCOUNTS, edition.tax_rates
    accounts = "\n".join(_of_edition(line, edition) for line in GLOBAL_ACCOUNTS.splitlines())
    if profile.version != "GLOBAL":
        return accounts, edition.tax_rates
    kept = [line for line in accounts.splitlines() if not line.startswith("091|")]
    return "\n".join([kept[0], *TRADING_BANKS.splitlines(), *kept[1:]]), TRADING_TAX_RATES


def _of_edition(line: str, edition: Edition) -> str:
    parts = line.split("|")
    if parts[3] == "NONE":
        ordinary = parts[2] == "EXPENSE" and not parts[4]
        untaxed = edition.untaxed_expenses if ordinary else None
        parts[3] = untaxed or edition.taxes.get("NONE", "NONE")
    else:
        parts[3] = edition.by_type.get(parts[2]) or edition.taxes.get(parts[3], parts[3])
    if parts[0] == "820":
        parts[1] = edition.sales_tax
    return "|".join(parts)


def seed_chart(organisation: Organisation, accounts: str, tax_rates: str, at: datetime) -> None:
    """Give an organisation its tax rates and accounts."""
    for rate in _tax_rates(tax_rates, at):
        organisation.tax_rates[rate.id] = rate
    for account in _accounts(organisation, accounts, at):
        organisation.add_account(account)


def _accounts(organisation: Organisation, table: str, at: datetime) -> Iterator[Account]:
    for place, line in enumerate(table.splitlines()):
        code, name, type_, tax_type, system, flags, reporting_code, reporting_name = line.split("|")
        bank = type_ == "BANK"
        yield Account(
            id=organisation.ids.uuid(),
            updated_at=at,
            code=code,
            name=name,
            type=type_,
            tax_type=tax_type,
            bank_account_number=f"{908007006543 + place * 11}" if bank else None,
            bank_account_type="BANK" if bank else "",
            currency=(flags or organisation.currency) if bank else None,
            takes_payments=not bank and "p" in flags,
            in_expense_claims="x" in flags,
            system=None if system == "-" else system,
            reporting_code=reporting_code,
            reporting_name=reporting_name,
            watched="w" in flags,
        )


def _tax_rates(table: str, at: datetime) -> Iterator[TaxRate]:
    for line in table.splitlines():
        tax_type, name, report_type, classes, components = line.split("|")
        parts = (part.split("=") for part in components.split(","))
        yield TaxRate(
            id=tax_type,
            updated_at=at,
            name=name,
            components=tuple(TaxComponent(part, Decimal(rate)) for part, rate in parts),
            classes=frozenset(_CLASSES[letter] for letter in classes),
            report_type=report_type or None,
            system=not tax_type.startswith("TAX0"),
        )
