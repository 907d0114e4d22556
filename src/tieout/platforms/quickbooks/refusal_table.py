"""What each of Intuit's error codes means here: which refusal, our stable code, and what a person clicks in QuickBooks.

Codes and meanings: Intuit's error catalogue and recorded answers. Menu paths are those of QuickBooks Online's
navigation; the gear is at the top right of every page.
"""

from dataclasses import dataclass

from tieout.platforms.errors import (
    CompanyEnded,
    Gone,
    Misuse,
    PermissionMissing,
    PlatformRefusal,
    StaleVersion,
    Throttled,
    TokenExpired,
    Unavailable,
    WriteRefused,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """How one of Intuit's codes is told. `field` is the record's field that it is about, if it is always the same."""

    refusal: type[PlatformRefusal]
    code: str
    message: str
    fix: str
    field: str | None = None


_ITSELF = "Nothing to do: Tieout tries again by itself."
_REPORT = "Report this to whoever runs Tieout, with the trace id."
_RECONNECT = (
    "Connect again, signed in as a user who is an admin of this company: in QuickBooks under Gear > Manage users."
)

TOKEN_EXPIRED = Rule(TokenExpired, "token_expired", "The access token has expired or was revoked.", _ITSELF)
THROTTLED = Rule(Throttled, "throttled", "QuickBooks allows no further calls for the moment.", _ITSELF)
UNAVAILABLE = Rule(Unavailable, "platform_unavailable", "QuickBooks failed on its side.", _ITSELF)
COMPANY_ENDED = Rule(
    CompanyEnded,
    "company_not_authorized",
    "This company does not accept the app: it was disconnected in QuickBooks, or belongs to the other environment.",
    "In QuickBooks, look under Apps > My apps whether the app is connected; then connect again here.",
)
ACCESS_LOST = Rule(
    CompanyEnded,
    "connecting_user_lost_access",
    "The user who connected QuickBooks may no longer use this company for the app.",
    _RECONNECT,
)
SHUT_FOR_NOW = Rule(
    Unavailable,
    "company_shut_for_now",
    "Intuit keeps everybody out of this company for the moment: it is under maintenance or locked.",
    "Nothing to do: Tieout tries again by itself. If it lasts, sign in to QuickBooks: it says why.",
)
NOT_PERMITTED = Rule(
    PermissionMissing,
    "not_permitted",
    "The user who connected QuickBooks may not do this.",
    "In QuickBooks, under Gear > Manage users, give that user full access; or connect again as an admin.",
)
REFUSED_UNEXPLAINED = Rule(
    PermissionMissing,
    "access_refused",
    "QuickBooks, or something on the way to it, refused the call without saying why.",
    "Nothing to do at first: Tieout tries again by itself. If it lasts, look at Intuit's status page and at the "
    "firewall or proxy of whoever runs Tieout.",
)
NOT_IN_PLAN = Rule(
    PermissionMissing,
    "not_in_plan",
    "The company's QuickBooks plan does not include this feature, or it is switched off.",
    "In QuickBooks, under Gear > Account and settings > Billing & subscription, look at the plan; "
    "features are switched on under Gear > Account and settings.",
)
SUBSCRIPTION_ENDED = Rule(
    PermissionMissing,
    "subscription_ended",
    "The QuickBooks subscription has ended or was not paid: the books can be read but not written.",
    "In QuickBooks, open Gear > Account and settings > Billing & subscription and resubscribe.",
)
GONE = Rule(
    Gone,
    "record_gone",
    "QuickBooks has no such record any more: it was deleted or made inactive.",
    "In QuickBooks, look into Gear > Audit log to see who deleted it; create it again if it is needed.",
)
REFERENCE_INACTIVE = Rule(
    WriteRefused,
    "reference_inactive",
    "A customer, vendor, item or account that the record names was made inactive in QuickBooks.",
    "In QuickBooks, open its list (Sales > Customers, Expenses > Vendors, Sales > Products & services, or "
    "Gear > Chart of accounts), switch on Include inactive, and choose Make active; or choose another here.",
)
REFERENCE_UNKNOWN = Rule(
    WriteRefused,
    "reference_unknown",
    "The record names something that these books do not have.",
    "Choose the customer, vendor, item, account or tax rate again in the mapping settings.",
)
STALE = Rule(StaleVersion, "stale_version", "Somebody changed the record in QuickBooks meanwhile.", _ITSELF)
NUMBER_TAKEN = Rule(
    WriteRefused,
    "number_taken",
    "Another document in QuickBooks already has this number.",
    "Give the document another number; or rename the other one in QuickBooks (find it with the search at the top); or "
    "switch off the warning under Gear > Account and settings > Advanced > Other preferences.",
    "number",
)
NAME_TAKEN = Rule(
    WriteRefused,
    "name_taken",
    "A customer, vendor, employee, item or account with this name already exists in QuickBooks.",
    "Match it with the existing one, or change the name: in QuickBooks under Sales > Customers, Expenses > Vendors, "
    "Payroll > Employees, or Sales > Products & services. A name may be used once across customers, vendors and "
    "employees.",
    "name",
)
PERIOD_CLOSED = Rule(
    WriteRefused,
    "period_closed",
    "The books are closed for the date of this record.",
    "In QuickBooks, move the closing date under Gear > Account and settings > Advanced > Accounting > Close the "
    "books; or change the date of the record.",
    "issued_on",
)
BUSINESS_RULE = Rule(
    WriteRefused,
    "refused_by_books",
    "QuickBooks does not take the record as it is.",
    "Correct what QuickBooks names, here or there, and try again.",
)
LINKED = Rule(
    WriteRefused,
    "linked_elsewhere",
    "The record is linked with others in QuickBooks, or cannot be linked like this.",
    "In QuickBooks, open the record, follow the links at its top (payments, deposits, orders), undo them, try again.",
)
IN_USE = Rule(
    WriteRefused,
    "in_use",
    "The record is in use in QuickBooks or has a balance, so it cannot be deleted.",
    "In QuickBooks, open the record and undo what uses it: payments under More > Transaction journal show which.",
)
LOCKED = Rule(
    WriteRefused,
    "locked_by_bank",
    "The payment is part of a bank deposit or was matched with the bank feed, so it cannot be changed.",
    "In QuickBooks, open the payment, follow its deposit and remove the payment there; or undo the match under "
    "Transactions > Bank transactions > Categorized.",
)
TAX_CODE = Rule(
    WriteRefused,
    "tax_code_refused",
    "QuickBooks does not take the tax code of one of the lines.",
    "In QuickBooks, check under Taxes that the code exists, is active and fits sales or purchases; "
    "then choose it again in the mapping settings.",
    "tax_rate_id",
)
ACCOUNT_TYPE = Rule(
    WriteRefused,
    "account_type_wrong",
    "The ledger account is of a type that cannot be used here.",
    "Choose another account in the mapping settings; types are shown in QuickBooks under Gear > Chart of accounts.",
    "account_id",
)
LEVELS = Rule(
    WriteRefused,
    "too_many_levels",
    "A sub-customer, class or account lies too deep: QuickBooks allows five levels.",
    "In QuickBooks, open the parent and move it up in its list.",
)
STOCK_DATE = Rule(
    WriteRefused,
    "before_stock_start",
    "The date lies before the day on which QuickBooks began to keep stock of one of the items.",
    "In QuickBooks, open the item under Sales > Products & services and set its starting date earlier; "
    "or change the date of the record.",
    "issued_on",
)
FILE_REFUSED = Rule(
    WriteRefused,
    "file_not_accepted",
    "QuickBooks does not take the file: it is empty, broken or too large.",
    "Attach another file, and try again.",
    "file",
)
NEGATIVE_TOTAL = Rule(
    WriteRefused,
    "negative_total",
    "QuickBooks takes no document with a total below zero.",
    "Issue a credit note instead.",
    "total",
)
PAYMENTS_APPLIED = Rule(
    WriteRefused,
    "document_has_payments",
    "Payments or credits are applied to the document in QuickBooks, and this would detach them.",
    "In QuickBooks, open the document, follow the payments or credits at its top and remove them; then try again.",
)
EXCEEDS_BALANCE = Rule(
    WriteRefused,
    "payment_exceeds_balance",
    "More would be settled, or more credit used, than there is.",
    "In QuickBooks, open the document and look at its payments and credits; correct the amount here, try again.",
    "amount",
)
AMOUNT = Rule(
    Misuse,
    "amount_not_price_times_quantity",
    "A line's amount is not its price times its quantity after rounding.",
    _REPORT,
)
TOO_LARGE = Rule(Misuse, "answer_too_large", "The report is too large for QuickBooks to answer.", _REPORT)
QUERY = Rule(Misuse, "query_refused", "QuickBooks does not understand the query.", _REPORT)
REQUEST = Rule(Misuse, "request_refused", "QuickBooks does not understand the request.", _REPORT)
NAME_MISSING = Rule(
    WriteRefused,
    "name_missing",
    "The counterpart has no name.",
    "Give it a name here, try again.",
    "name",
)
TEXT_LENGTH = Rule(
    WriteRefused,
    "text_too_long",
    "One of the texts is longer than QuickBooks takes.",
    "Shorten the text that is named here, try again.",
)
TEXT = Rule(
    WriteRefused,
    "text_not_accepted",
    "One of the texts has letters or signs that QuickBooks does not take there.",
    "Correct the text that is named here, try again.",
)
DATE = Rule(
    WriteRefused,
    "date_refused",
    "One of the dates is none that QuickBooks takes.",
    "Correct the date that is named here, try again.",
)
FIGURE = Rule(
    WriteRefused,
    "figure_refused",
    "One of the figures is too large, too precise, or none that QuickBooks takes there.",
    "Correct the figure that is named here, try again.",
)
CHOICE = Rule(
    Misuse,
    "choice_refused",
    "QuickBooks knows only some words there, and was given another.",
    _REPORT,
)
EMAIL = Rule(
    WriteRefused,
    "email_invalid",
    "QuickBooks does not accept the e-mail address.",
    "Correct the e-mail address here, try again.",
    "email",
)
EMAIL_MISSING = Rule(
    WriteRefused,
    "email_missing",
    "There is no e-mail address to send the document to.",
    "In QuickBooks, open the document and give its customer an e-mail address.",
    "email",
)
CURRENCY_UNKNOWN = Rule(
    WriteRefused,
    "currency_not_subscribed",
    "QuickBooks does not know the currency, or these books do not use it.",
    "In QuickBooks, add it under Gear > Currencies > Add currency; or correct the currency here.",
    "currency",
)

RULES: dict[str, Rule] = {
    **dict.fromkeys(("100", "120", "130"), ACCESS_LOST),
    **dict.fromkeys(("140", "150"), SHUT_FOR_NOW),
    **dict.fromkeys(
        ("500", "600", "1040", "2000", "2010", "2020", "2030", "2130", "2300", "2600", "6010", "6040", "6050"), REQUEST
    ),
    **dict.fromkeys(("620", "630"), LINKED),
    **dict.fromkeys(("800", "6220"), IN_USE),
    "610": GONE,
    "2040": TEXT,
    "2050": TEXT_LENGTH,
    **dict.fromkeys(("2060", "2070"), DATE),
    **dict.fromkeys(("2080", "2090", "2100", "2110"), FIGURE),
    "2170": CHOICE,
    "2210": EMAIL,
    "2220": CURRENCY_UNKNOWN,
    "2500": REFERENCE_UNKNOWN,
    "3001": THROTTLED,
    "3100": COMPANY_ENDED,
    "3200": TOKEN_EXPIRED,
    **dict.fromkeys(("4000", "4001", "4002"), QUERY),
    "5010": STALE,
    "5020": NOT_PERMITTED,
    "5030": NOT_IN_PLAN,
    "6000": BUSINESS_RULE,
    "6070": AMOUNT,
    **dict.fromkeys(("6100", "6160", "6170", "6230"), TAX_CODE),
    "6140": NUMBER_TAKEN,
    "6180": LEVELS,
    "6190": SUBSCRIPTION_ENDED,
    **dict.fromkeys(("6200", "6210"), PERIOD_CLOSED),
    "6240": NAME_TAKEN,
    **dict.fromkeys(("6030", "6041"), FILE_REFUSED),
    "6080": NAME_MISSING,
    "6270": STOCK_DATE,
    "6420": EMAIL_MISSING,
    **dict.fromkeys(("6430", "6440"), ACCOUNT_TYPE),
    **dict.fromkeys(("6480", "6540"), LOCKED),
    **dict.fromkeys(("10000", "10200"), UNAVAILABLE),
    "10100": TOO_LARGE,
}
"""Every code of Intuit's catalogue that can meet us."""

FIELDS = {
    "DocNumber": "number",
    "TxnDate": "issued_on",
    "DueDate": "due_on",
    "DisplayName": "name",
    "Name": "name",
    "CustomerRef": "party_id",
    "VendorRef": "party_id",
    "CurrencyRef": "currency",
    "PrimaryEmailAddr": "email",
    "Address": "email",
    "PrimaryPhone": "phone",
    "FreeFormNumber": "phone",
    "PrivateNote": "memo",
    "CustomerMemo": "memo",
    "PaymentRefNum": "reference",
    "DepositToAccountRef": "account_id",
    "BankAccountRef": "account_id",
    "TaxCodeRef": "tax_rate_id",
    "ItemRef": "item_id",
    "AccountRef": "account_id",
    "Line": "lines",
    "TotalAmt": "total",
}
"""Which field of a record an `element` of Intuit's speaks of."""

REFERENCED_LISTS = {"Names": "party_id", "Accounts": "account_id", "Items": "item_id", "TaxCodes": "tax_rate_id"}
"""Which field a refused reference (code 2500) was in, by the list that Intuit names."""
