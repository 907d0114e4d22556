"""What the details of code 6000 mean, which stands for every rule of bookkeeping.

Intuit gives these words and no codes. They are recognised by a part of them that was recorded, documented or reported;
all others are `refused_by_books` with Intuit's own words.
"""

from typing import Final

from tieout.platforms.errors import WriteRefused
from tieout.platforms.quickbooks import refusal_table as table
from tieout.platforms.quickbooks.refusal_table import Rule

_LOOK: Final = "In QuickBooks, open the record and look"

AMOUNT_NOT_POSITIVE: Final = Rule(
    WriteRefused,
    "amount_not_positive",
    "An amount is zero or below, where QuickBooks takes only amounts above.",
    "Correct the amount here, try again.",
    "amount",
)
ALLOCATION_NOT_POSSIBLE: Final = Rule(
    WriteRefused,
    "allocation_not_possible",
    "The payment or credit and the document do not belong together: their party or currency differs.",
    f"{_LOOK} whose it is and in which currency; choose a document of the same party and currency here.",
    "document_id",
)
TOO_MANY_LINES: Final = Rule(
    WriteRefused,
    "too_many_lines",
    "The document has more lines than QuickBooks takes: 10,000, or 750 with tax.",
    "Split the document, or join some of its lines; try again.",
    "lines",
)
LINES_MISSING: Final = Rule(
    WriteRefused, "lines_missing", "The record has too few lines.", "Add lines here, try again.", "lines"
)
PARTY_NEEDED: Final = Rule(
    WriteRefused,
    "party_missing",
    "A line names no customer or vendor, and QuickBooks wants one there.",
    "Choose the counterpart here, try again.",
    "party_id",
)
MULTICURRENCY_OFF: Final = Rule(
    WriteRefused,
    "multicurrency_off",
    "The record is in another currency than the books, and these books keep only one.",
    "In QuickBooks, switch on Gear > Account and settings > Advanced > Currency > Multicurrency (it cannot be "
    "switched off again; Simple Start does not have it); or issue the document in the books' currency.",
    "currency",
)
CURRENCY_DIFFERS: Final = Rule(
    WriteRefused,
    "currency_differs",
    "The document, its party and the accounts that it uses are not all in one currency, and a party's is set for good.",
    "In QuickBooks, look at the currency of the customer or vendor and of the account; create another customer or "
    "vendor for the other currency, or choose an account in this one here.",
    "currency",
)
EXCHANGE_RATE: Final = Rule(
    WriteRefused,
    "exchange_rate_refused",
    "QuickBooks does not take the exchange rate.",
    "Correct the exchange rate, or leave it out so that QuickBooks takes its own of the day; try again.",
    "exchange_rate",
)
ITEM_WITHOUT_ACCOUNT: Final = Rule(
    WriteRefused,
    "item_without_account",
    "A product or service has no account for this side: it cannot be sold, or not be bought.",
    "In QuickBooks, open it under Sales > Products & services, tick that you sell or buy it, and choose an account.",
    "item_id",
)
SALES_TAX_OFF: Final = Rule(
    WriteRefused,
    "sales_tax_off",
    "Sales tax is not set up in these books, and the document has some.",
    "In QuickBooks, set it up under Taxes > Sales tax > Set up sales tax (it cannot be done from outside).",
    "tax_rate_id",
)
TAX_NOT_TAKEN: Final = Rule(
    WriteRefused,
    "tax_not_taken",
    "QuickBooks takes no sales tax on this kind of record in these books.",
    "Leave the tax out here, or make it a part of the amounts.",
    "tax_rate_id",
)
PARENT: Final = Rule(
    WriteRefused,
    "parent_not_possible",
    "Something in a list cannot stand below the parent that is named.",
    "In QuickBooks, open it in its list and choose another parent.",
)
FIXED: Final = Rule(
    WriteRefused,
    "cannot_be_changed",
    "What was to be changed is set once and for all in QuickBooks.",
    "In QuickBooks, create a new one, and delete the old one or switch it to inactive.",
)
TIME_ENTRY: Final = Rule(
    WriteRefused,
    "time_entry_refused",
    "QuickBooks does not take the time activity.",
    "In QuickBooks, correct it under Time > Time entries.",
)
MAIL_LIMIT: Final = Rule(
    WriteRefused,
    "mail_limit_reached",
    "QuickBooks has sent as many e-mails today as it sends in a day.",
    "Send the document from QuickBooks tomorrow.",
)
WORDS: Final[tuple[tuple[str, Rule], ...]] = (
    (
        r"unlink the (payments|transactions)|less than the payments|with (payments|linked .*) cannot change",
        table.PAYMENTS_APPLIED,
    ),
    (r"more than (its balance|the payment)|more credit is used|what its bills come to", table.EXCEEDS_BALANCE),
    (r"trying to link does not exist", table.REFERENCE_UNKNOWN),
    (r"whole amount of one transaction", table.LINKED),
    (r"amount must be 0 or greater", table.NEGATIVE_TOTAL),
    (r"set a transaction amount|(applied|journal line) cannot be negative", AMOUNT_NOT_POSITIVE),
    (r"only be applied to documents in|only take money in its own currency|documents of its own party",
     ALLOCATION_NOT_POSSIBLE),
    (r"at most \d+ lines", TOO_MANY_LINES),
    (r"at least two detail lines", LINES_MISSING),
    (r"in the name field|billable line needs a customer", PARTY_NEEDED),
    (r"multi-?currency is not enabled", MULTICURRENCY_OFF),
    (r"exchange rate", EXCHANGE_RATE),
    (r"code of a currency cannot change|payment type of an expense|has one template", FIXED),
    (r"cannot be made inactive", table.IN_USE),
    (r"currency of (a|the|its) |another currency than|currency cannot be changed|in your own currency",
     CURRENCY_DIFFERS),
    (r"no (income|expense) account", ITEM_WITHOUT_ACCOUNT),
    (r"sales tax is not set up", SALES_TAX_OFF),
    (r"sales tax cannot be added", TAX_NOT_TAKEN),
    (r"calculating tax|invalid tax rate|tax (amounts?|code)|taxinclusiveamt", table.TAX_CODE),
    (r"its own parent|account type as their parent", PARENT),
    (r"another classification|from an account to itself|bank account for this deposit", table.ACCOUNT_TYPE),
    (r"nameof|worked by the hour|time (that work|becomes)|bill rate can only", TIME_ENTRY),
    (r"e-mails can be sent", MAIL_LIMIT),
    (r"start of a report", table.QUERY),
)  # fmt: skip
"""What some details mean: a part of their words, in any case. The first that fits decides."""
