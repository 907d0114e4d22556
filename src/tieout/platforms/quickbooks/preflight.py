"""What is known before sending: the books would not take it, or would take it wrongly. Pure."""

from datetime import date

from tieout.books.records import Company, Document, DocumentStatus, Item, Kind, Party
from tieout.platforms.errors import PermissionMissing, WriteRefused
from tieout.platforms.port import Operation
from tieout.platforms.quickbooks import refusal_table as table
from tieout.platforms.quickbooks.business_rules import MULTICURRENCY_OFF
from tieout.platforms.quickbooks.errors import refused
from tieout.platforms.quickbooks.refusal_table import Rule

NUMBER_CHARS_MAX = 21
"""The longest DocNumber and PaymentRefNum (field reference)."""
KEY_CHARS_MAX = 50
"""The longest requestid."""

_MAPPING = "Choose one in the mapping settings of this connection."

NUMBER_TOO_LONG = Rule(
    WriteRefused,
    "number_too_long",
    f"QuickBooks keeps numbers of up to {NUMBER_CHARS_MAX} characters.",
    "Give the document a shorter number.",
    "number",
)
SEVERAL_TAX_CODES = Rule(
    WriteRefused,
    "several_tax_codes",
    "In US books, QuickBooks taxes a whole document by one code, but its lines name several.",
    "Use one tax rate for all taxed lines, or split the document.",
    "lines",
)
TAX_CODE_MISSING = Rule(
    WriteRefused, "tax_code_missing", "A line has no tax rate that QuickBooks knows.", _MAPPING, "tax_rate_id"
)
TAX_CODE_UNFIT = Rule(
    WriteRefused,
    "tax_code_unfit",
    "The tax rate of a line is not made for this kind of document in QuickBooks.",
    "In QuickBooks, under Taxes > Sales tax or VAT > Edit, give the rate a sales or purchase side; "
    "or choose another in the mapping settings.",
    "tax_rate_id",
)
TAX_DIFFERS = Rule(
    WriteRefused,
    "tax_differs",
    "The tax of the document is not what its tax rates come to in QuickBooks.",
    "Choose the QuickBooks tax rate that matches the document's rate in the mapping settings.",
    "tax_rate_id",
)
TOTAL_DIFFERS = Rule(
    WriteRefused,
    "total_differs",
    "The lines, discount and tax of the document do not come to its total.",
    "Correct the document's amounts.",
    "total",
)
AMOUNT_TOO_PRECISE = Rule(
    WriteRefused,
    "amount_too_precise",
    "An amount of the document has more than two decimal places, and QuickBooks keeps two in every currency.",
    "Make the amounts and taxes of the lines whole hundredths; or keep this document out of QuickBooks.",
    "lines",
)
ITEM_MISSING = Rule(
    WriteRefused, "item_missing", "A sales line has no QuickBooks product or service.", _MAPPING, "item_id"
)
ACCOUNT_MISSING = Rule(
    WriteRefused, "account_missing", "No QuickBooks ledger account is chosen for this.", _MAPPING, "account_id"
)
NAME_UNWRITABLE = Rule(
    WriteRefused,
    "text_not_accepted",
    "US books take only letters of Western European languages, and the name has others.",
    "Change the name to Latin letters.",
    "name",
)
STATUS_FORBIDS = Rule(
    WriteRefused,
    "status_forbids_change",
    "The document was voided or deleted in QuickBooks, and cannot be changed any more.",
    "In QuickBooks, look into Gear > Audit log to see who did it; issue the document anew if it is needed.",
)
PARTY_MISSING = Rule(
    WriteRefused, "party_missing", "The record names no customer or vendor of these books.", _MAPPING, "party_id"
)


def check_plan(company: Company, operation: Operation, kind: Kind) -> None:
    """Refuse to create what the company's plan is known not to have."""
    if operation is Operation.CREATE and kind in company.not_in_plan:
        raise PermissionMissing(refused(table.NOT_IN_PLAN).explanation)


def check_party(party: Party | None) -> None:
    """Refuse a customer or vendor that is known to be inactive."""
    if party is not None and not party.active:
        message = f"“{party.name}” was made inactive in QuickBooks."
        raise refused(table.REFERENCE_INACTIVE, message, field="party_id")


def check_item(item: Item | None) -> None:
    """Refuse a product or service that is known to be inactive."""
    if item is not None and not item.active:
        message = f"The product or service “{item.name}” was made inactive in QuickBooks."
        raise refused(table.REFERENCE_INACTIVE, message, field="item_id")


def check_open(company: Company, on: date) -> None:
    """Refuse what falls into the closed period: moving the date is for a person to decide."""
    if company.closed_until is not None and on <= company.closed_until:
        message = f"The books are closed until {company.closed_until}, and this record is dated {on}."
        raise refused(table.PERIOD_CLOSED, message)


def check_changeable(wanted: Document, standing: Document) -> None:
    """Refuse a change of what is over, and one that would detach what is applied to the document (writing rules)."""
    if standing.status in (DocumentStatus.VOID, DocumentStatus.DELETED):
        raise refused(STATUS_FORBIDS)
    applied = standing.total - standing.balance
    if applied and (
        (wanted.party_id, wanted.currency) != (standing.party_id, standing.currency) or wanted.total < applied
    ):
        message = f"{applied} {standing.currency} are applied to the document in QuickBooks, and would be detached."
        raise refused(table.PAYMENTS_APPLIED, message)


def check_unapplied(document: Document) -> None:
    """Refuse to take out what is settled, if only in part: voids of it were refused by the books, or detached money."""
    if document.status is not DocumentStatus.VOID and document.balance != document.total:
        raise refused(table.PAYMENTS_APPLIED)


def check_currency(company: Company, currency: str) -> None:
    """Refuse a foreign currency where the books keep only their own."""
    if currency != company.base_currency and not company.multi_currency:
        raise refused(
            MULTICURRENCY_OFF, f"The document is in {currency}, and these books keep only {company.base_currency}."
        )


def check_number(number: str | None, field: str = "number") -> str | None:
    """The number if it fits; never cut, because it is how the document is found again."""
    if number is not None and len(number) > NUMBER_CHARS_MAX:
        message = f"The number {number} has {len(number)} characters; QuickBooks keeps up to {NUMBER_CHARS_MAX}."
        raise refused(NUMBER_TOO_LONG, message, field=field)
    return number or None


def check_key(key: str) -> str:
    """An idempotency key that QuickBooks remembers as sent; raises ValueError."""
    if not 1 <= len(key) <= KEY_CHARS_MAX:
        raise ValueError(f"an idempotency key has 1 to {KEY_CHARS_MAX} characters")
    return key
