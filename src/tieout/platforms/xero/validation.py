"""Xero's validation messages and what they mean to a person: a stable code, and what to click.

Xero gives words, no codes. Known words are recognised by a part of them that has been recorded, documented or reported;
all others become `validation_failed` with Xero's own words.
"""

import re
from collections.abc import Sequence
from typing import Final

from tieout.platforms.errors import Explanation
from tieout.platforms.xero import validation_lists
from tieout.platforms.xero.knowing import known, known_as
from tieout.platforms.xero.menus import ACCOUNTS, CONTACTS, CURRENCIES, INVOICES, ITEMS, LOCK_DATES, TAX_RATES

PERIOD_CLOSED: Final = Explanation(
    code="period_closed",
    message="The date lies in a period that is locked in these books.",
    fix=f"In Xero: {LOCK_DATES}, move the lock date; or give the record a later date.",
    field="issued_on",
)
NUMBER_TAKEN: Final = Explanation(
    code="number_taken",
    message="Another document in these books already has this number.",
    fix=f"Give the document another number, or in Xero under {INVOICES} change or delete the one that has it.",
    field="number",
)
ACCOUNT_ARCHIVED: Final = Explanation(
    code="ledger_account_inactive",
    message="A ledger account that this record uses is archived in Xero.",
    fix=f"In Xero: {ACCOUNTS} > Archived, restore the account, or choose another one.",
    field="account_id",
)
CURRENCY_NOT_SUBSCRIBED: Final = Explanation(
    code="currency_not_subscribed",
    message="These books do not use the document's currency.",
    fix=f"In Xero: {CURRENCIES} > Add currency (the plan must include multiple currencies), then synchronise.",
    field="currency",
)
CONTACT_ARCHIVED: Final = Explanation(
    code="contact_archived",
    message="The contact is archived in Xero, and archived contacts cannot be used or changed.",
    fix=f"In Xero: {CONTACTS} > Archived, restore the contact, then try again.",
    field="party_id",
)
TAX_RATE_GONE: Final = Explanation(
    code="tax_rate_gone",
    message="A tax rate of one of the lines no longer exists in Xero.",
    fix=f"In Xero: {TAX_RATES}, check it; then choose one that is active.",
    field="tax_rate_id",
)
HAS_PAYMENTS: Final = Explanation(
    code="document_has_payments",
    message="The document has a payment or credit on it, and cannot be changed or voided until that is removed.",
    fix="In Xero: open the document, remove the payment or credit below its total, then try again.",
)
STATUS_FORBIDS: Final = Explanation(
    code="status_forbids_change",
    message="The document is in a state in Xero that does not allow this change.",
    fix="In Xero: open the document and check whether it is already paid, voided or deleted.",
)

KNOWN: Final = (
    known(
        r"contact name .* is already assigned to another contact|contact name must be unique",
        "name_taken",
        "Another contact in Xero already has this name.",
        f"In Xero: {CONTACTS}, rename that contact, or match the two here.",
        "name",
    ),
    known(
        r"ContactNumber .*(already|unique)|contact number .*(already|unique)",
        "contact_number_taken",
        "Another contact in Xero already carries this record's mark.",
        "Nothing to click: match this record with that contact here.",
    ),
    known_as(r"archived contact|contact .*archived", CONTACT_ARCHIVED),
    known_as(r"(#|number) must be unique", NUMBER_TAKEN),
    known_as(r"period lock date|end of year lock date|lock date|locked period", PERIOD_CLOSED),
    known_as(
        r"not subscribed to currency|not include multiple currencies|currency code .* is not valid"
        r"|currency .*(not|isn't) (been )?(added|enabled|subscribed)",
        CURRENCY_NOT_SUBSCRIBED,
    ),
    known(
        r"TaxType code .* cannot be used with account|tax (type|rate) .* (cannot|can't|can not) be (used|applied)",
        "tax_rate_not_allowed",
        "The tax rate may not be used on the ledger account of one of the lines.",
        f"In Xero: {TAX_RATES}, or choose another tax rate or ledger account for the line.",
        "tax_rate_id",
    ),
    known_as(r"TaxType .*(invalid|not valid|not a valid|does not exist)|tax rate .*(archived|deleted)", TAX_RATE_GONE),
    known_as(r"Account(ID)? .*archived|archived account|account .*(is not|isn't) active", ACCOUNT_ARCHIVED),
    known(
        r"Account(ID| code)? .*(not a valid code|does not exist|not found|not be found|must be a valid)"
        r"|account code must be specified",
        "account_unknown",
        "A ledger account that this record uses is not in Xero.",
        f"In Xero: {ACCOUNTS}, check it; then choose an account that is there.",
        "account_id",
    ),
    known(
        r"EnablePaymentsToAccount|account type is not valid|enable payments to this account",
        "account_takes_no_payments",
        "The ledger account cannot take payments.",
        f"In Xero: {ACCOUNTS}, open the account and tick 'Enable payments to this account', or choose a bank account.",
        "account_id",
    ),
    known(
        r"amount allocated exceeds the amount outstanding",
        "allocation_exceeds_balance",
        "The credit that is to be set against the document is larger than what is still owed on it.",
        "In Xero: open the document and look at its payments and credits; then correct the amount here.",
        "amount",
    ),
    known(
        r"amount allocated exceeds the remaining credit",
        "credit_exceeded",
        "The credit has less left than is to be set against the document.",
        "In Xero: open the credit note and look at what it was used for; then correct the amount here.",
        "amount",
    ),
    known(
        r"cannot be allocated to a document of this type|and the invoice must have the same",
        "allocation_not_possible",
        "The credit and the document do not belong together: their side, contact or currency differs.",
        "Choose a document of the same contact and currency as the credit.",
        "document_id",
    ),
    known(
        r"(document|resource) with the supplied id was not found",
        "reference_unknown",
        "The document that this record refers to is no longer in Xero.",
        "Check in Xero that the document still exists, then try again.",
        "document_id",
    ),
    known(
        r"attachment has no content",
        "file_empty",
        "The file is empty.",
        "Attach another file.",
        "file",
    ),
    known(
        r"file name is empty, too long|file name .*not allowed",
        "file_name_not_accepted",
        "Xero does not take the file's name.",
        "Give the file a plain name.",
        "file",
    ),
    known(
        r"maximum of \d+ attachments",
        "too_many_files",
        "The document has as many files in Xero as Xero takes.",
        "In Xero: open the document and remove a file, or leave this one out.",
        "file",
    ),
    known(
        r"attachment is larger than|attachment .*(too large|exceeds)",
        "file_too_large",
        "The file is larger than Xero takes.",
        "Attach a smaller file.",
        "file",
    ),
    known(
        r"exceeds the amount outstanding|amount .*exceed.* outstanding|greater than the (amount )?outstanding",
        "payment_exceeds_balance",
        "The payment is larger than what is still owed on the document.",
        "In Xero: open the document and look at its payments and credits; then correct the amount here.",
        "amount",
    ),
    known(
        r"only be made (against|between) Authorised documents|not been authorised|must be authorised",
        "document_not_authorised",
        "The document is not approved in Xero, or is settled already, and only approved ones can be paid or credited.",
        "In Xero: open the document and approve it, then try again.",
    ),
    known_as(r"payment or credit note allocated|has payments|has an allocation|payments? .*applied", HAS_PAYMENTS),
    known_as(
        r"not of valid status for modification|invalid status change|status .* cannot be changed"
        r"|cannot be updated",
        STATUS_FORBIDS,
    ),
    known(
        r"quantity .*on hand|not enough stock|inventory .*(negative|insufficient)",
        "stock_too_low",
        "There is not enough of a tracked item on hand.",
        f"In Xero: {ITEMS}, adjust the quantity on hand, then try again.",
        "lines",
    ),
    known(
        r"item code .*(not valid|does not exist|not found)|ItemCode .*(invalid|not valid)",
        "item_unknown",
        "A product of one of the lines is not in Xero any more.",
        f"In Xero: {ITEMS}, check it; then push the product again.",
        "item_id",
    ),
    known(
        r"(item code|code) .*(already exists|must be unique|already in use)",
        "item_code_taken",
        "Another product in Xero already has this code.",
        f"In Xero: {ITEMS}, change that product's code, or match the two here.",
        "code",
    ),
    known(
        r"line total .* does not match|document total does not equal",
        "total_differs",
        "Xero computes another amount for a line than this document states.",
        "Correct the quantity, the unit price or the discount of the line.",
        "lines",
    ),
    known(
        r"document total must be zero or greater",
        "negative_total",
        "Xero takes no document with a total below zero.",
        "Issue a credit note instead.",
        "total",
    ),
    known(
        r"line items? must be specified",
        "lines_missing",
        "The document has no lines.",
        "Add at least one line.",
        "lines",
    ),
    known(
        r"can have up to \d+ line items",
        "too_many_lines",
        "The document has more lines than Xero takes.",
        "Split the document, or join some of its lines.",
        "lines",
    ),
    known(
        r"Description must be specified",
        "description_missing",
        "A line has no description.",
        "Describe every line.",
        "lines",
    ),
    known(
        r"Contact must be specified",
        "party_missing",
        "The record names no contact of these books.",
        "Choose the counterpart again, then try again.",
        "party_id",
    ),
    known(
        r"payment account must be specified",
        "payment_account_missing",
        "There is no ledger account for payments.",
        "Choose the bank account that payments are booked to.",
        "account_id",
    ),
    known(
        r"(line total|tax amount|currency rate|quantity|amount) is too large",
        "amount_too_large",
        "One of the figures is larger than Xero takes.",
        "Correct the figure that Xero names.",
    ),
    known(
        r"currency rate must be greater|BankAmount",
        "exchange_rate_refused",
        "Xero does not take the exchange rate.",
        "Correct the exchange rate, or leave it out so that Xero takes its own of the day.",
        "exchange_rate",
    ),
    known(
        r"discount (rate|amount)|DiscountRate|Discounts can only",
        "discount_refused",
        "Xero does not take the discount of one of the lines.",
        "Correct the discount, or take it out of the price.",
        "lines",
    ),
    known(
        r"LineItemID does not belong",
        "lines_changed",
        "Somebody changed the lines of the document in Xero meanwhile.",
        "Nothing to click: synchronise, then push the document again.",
        "lines",
    ),
    known(
        r"printable ASCII",
        "number_not_printable",
        "Xero takes only plain letters, digits and signs in a number.",
        "Give the document another number.",
        "number",
    ),
    known(
        r"must be no longer than \d+ characters",
        "text_too_long",
        "One of the texts is longer than Xero takes.",
        "Shorten the text that Xero names.",
    ),
    known(
        r"amount must be greater than zero",
        "amount_not_positive",
        "Only amounts above zero can be paid or set against a document.",
        "Correct the amount.",
        "amount",
    ),
    known(
        r"created via batch payments",
        "payment_in_batch",
        "The payment is part of a batch payment in Xero, and only the whole batch can be deleted.",
        "In Xero: open the payment, open its batch payment, and delete that.",
    ),
    known(
        r"reconciled with a bank",
        "locked_by_bank",
        "The payment was reconciled with the bank statement, so it cannot be changed.",
        "In Xero: Accounting > Bank accounts, find the payment, and remove and redo the reconciliation.",
    ),
    known(
        r"email address must be valid|EmailAddress .*(invalid|not valid)|valid email",
        "email_invalid",
        "Xero does not accept the e-mail address.",
        "Correct the e-mail address here.",
        "email",
    ),
    known(
        r"organisation .*(expired|not active|suspended)|subscription (has )?(expired|ended|been cancelled)",
        "subscription_ended",
        "The Xero subscription of this organisation does not allow this.",
        "In Xero: Settings > Subscription and billing.",
    ),
)


GONE_WORDS: Final = re.compile(
    r"has already been deleted|existing [\w ]+ with the specified .* could not be found", re.IGNORECASE
)
"""Words of a refusal that say that the record itself is gone."""


def explain_validation(messages: Sequence[str]) -> Explanation:
    """What the messages of one refusal mean: the first that is known, or Xero's own words."""
    for message in messages:
        for each in (*KNOWN, *validation_lists.KNOWN):
            if each.pattern.search(message):
                return each.explanation
    words = " ".join(dict.fromkeys(message.strip() for message in messages if message.strip()))
    return Explanation(
        code="validation_failed",
        message=f"Xero did not accept the record: {words or 'no reason given'}",
        fix="Correct what Xero names, here or in Xero, then try again.",
    )
