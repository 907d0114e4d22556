"""Xero's validation messages about lists, money and forms, and what they mean to a person; see `validation`.

They are tried after those about documents, and the general ones come last.
"""

from typing import Final

from tieout.platforms.xero.knowing import known
from tieout.platforms.xero.menus import ACCOUNTS, BANK_ACCOUNTS, CONTACTS, ITEMS, TAX_RATES, TRACKING

KNOWN: Final = (
    known(
        r"to identify the contact|The Name is required",
        "name_missing",
        "What was to be made has no name.",
        "Give it a name here, then try again.",
        "name",
    ),
    known(
        r"unique (Name|Code)|name must be unique|name is already in use",
        "name_taken",
        "Something else of this list in Xero already has this name.",
        f"Give it another name; in Xero, lists are under {ACCOUNTS}, {TAX_RATES} and {TRACKING}.",
        "name",
    ),
    known(
        r"payment terms need",
        "payment_terms_refused",
        "Xero does not take the payment terms of the contact.",
        f"In Xero: {CONTACTS}, open the contact and set its due dates there.",
    ),
    known(
        r"can have up to \d+ contact persons|limit of \d+ contact groups|\d+ (active )?tracking categories at most"
        r"|one option of a tracking category",
        "too_many_entries",
        "There are as many of these in Xero as Xero takes.",
        f"In Xero, remove one: contact persons and groups under {CONTACTS}, categories under {TRACKING}.",
    ),
    known(
        r"tracking (category|option) '.*' does not exist or is not active",
        "tracking_unknown",
        "A tracking category or option that a line names is not in Xero, or archived.",
        f"In Xero: {TRACKING}, restore it, or choose another one.",
        "lines",
    ),
    known(
        r"system account or in use|System accounts cannot|System defined tax rates|deleted because it is used",
        "in_use",
        "It is in use in Xero, or a part of Xero itself, so it cannot be changed or deleted.",
        "In Xero: archive it instead, or leave it as it is.",
    ),
    known(
        r"currency of an account cannot|Only bank accounts can be in a foreign|not the currency of the bank account"
        r"|accounts in the base currency|account in its own currency",
        "currency_differs",
        "The account and the money that is booked through it are not in the same currency.",
        f"In Xero: {BANK_ACCOUNTS}, look at the account's currency; choose one in the currency of the document.",
        "account_id",
    ),
    known(
        r"is not a valid bank account|must be a bank account|A bank account must be|accounts of a transfer must",
        "account_type_wrong",
        "The ledger account is of a type that cannot be used here: a bank account is wanted.",
        f"In Xero: {ACCOUNTS} shows the types; choose a bank account here.",
        "account_id",
    ),
    known(
        r"COGSAccountCode|for the purchase of|inventory asset account|quantity of a tracked inventory",
        "stock_item_refused",
        "Xero does not take this of a product that it keeps in stock.",
        f"In Xero: {ITEMS}, open the product and correct its accounts or its quantity there.",
        "item_id",
    ),
    known(
        r"BrandingThemeID does not exist",
        "reference_unknown",
        "The branding theme that the record names is not in Xero.",
        "In Xero: Settings > Invoice settings shows the themes; choose one of them.",
    ),
    known(
        r"Tax components cannot|A tax component needs|A tax rate needs",
        "tax_code_refused",
        "Xero does not take the tax rate as it is.",
        f"In Xero: {TAX_RATES}, correct it there.",
        "tax_rate_id",
    ),
    known(
        r"transaction total must be greater|quantity must be greater than zero|unit amount must not equal zero",
        "amount_not_positive",
        "An amount is zero or below, where Xero takes only amounts above.",
        "Correct the amount here, then try again.",
        "amount",
    ),
    known(
        r"does not match the expected tax amount|total debits .* must equal",
        "total_differs",
        "Xero computes another amount than the record states.",
        "Correct the amounts or the tax of the lines here, then try again.",
        "lines",
    ),
    known(
        r"Batch payments can only|payments of a batch have to|batch payment cannot hold",
        "batch_payment_refused",
        "The payments of a batch do not belong together: its date, account, or side differs.",
        f"In Xero: {BANK_ACCOUNTS}, enter the batch payment there; or pay the documents singly.",
    ),
    known(
        r"Only an authorised (overpayment|prepayment)|not of valid status for creation",
        "status_forbids_change",
        "The record is in a state in Xero, or was to get one, that does not allow this.",
        "In Xero: open the record and check whether it is already paid, voided or deleted.",
    ),
    known(
        r"must be specified",
        "required_field_missing",
        "Something that Xero wants of such a record is not stated.",
        "Complete what Xero names here, then try again.",
    ),
    known(
        r"endpoint$|can only be changed together|ItemCode can only be used|Overpayments (can only have|cannot have)"
        r"|is not the one in the address|needs one of|needs from \d+ to \d+|included online",
        "form_not_accepted",
        "Xero takes such a record only in another form.",
        "Report this to whoever runs Tieout, with the trace id; enter the record in Xero by hand meanwhile.",
    ),
)
"""The first that fits decides."""
